"""The whole period in one strip: every firing, and which part of it the chart shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QPointF, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QPainter, QPolygonF
from PyQt6.QtWidgets import QWidget

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.theme import font

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QMouseEvent, QPaintEvent

    from upbit_auto_trading.presentation.theme import Theme

_HEIGHT: Final = 20
_LABEL: Final = 56
_HALF: Final = 4.5


@dataclass(frozen=True, slots=True)
class OverviewLook:
    """Exchange times in ms; `firings` are each a time and whether it was suppressed."""

    label: str = ""
    from_ms: int = 0
    to_ms: int = 0
    firings: tuple[tuple[int, bool], ...] = ()
    ink: str = "entry"


class PreviewOverview(QWidget):
    """Passive; `moment_asked` tells where the user pressed."""

    moment_asked = pyqtSignal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._look = OverviewLook()
        self._shown = (0, 0)
        self.setFixedHeight(_HEIGHT)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(_("Every firing of the period"))

    def show_look(self, look: OverviewLook) -> None:
        """Show a period."""
        if look != self._look:
            self._look = look
            self.update()

    def show_window(self, shown: tuple[int, int]) -> None:
        """Show which times the chart shows."""
        if shown != self._shown:
            self._shown = shown
            self.update()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 -- Qt's name
        assert event is not None  # noqa: S101 -- Qt always passes one
        look = self._look
        if look.to_ms > look.from_ms:
            share = (event.position().x() - _LABEL) / max(1, self.width() - _LABEL)
            share = min(max(share, 0.0), 1.0)
            self.moment_asked.emit(round(look.from_ms + share * (look.to_ms - look.from_ms)))

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 -- Qt's name
        del event
        theme, look = self._theme, self._look
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("bg0"))
        painter.setFont(font("small"))
        painter.setPen(theme.colour("text-3"))
        painter.drawText(
            QRectF(10, 0, _LABEL - 10, _HEIGHT), Qt.AlignmentFlag.AlignVCenter, look.label
        )
        if look.to_ms > look.from_ms:
            left, right = sorted((self._x(self._shown[0]), self._x(self._shown[1])))
            if self._shown[1] > self._shown[0]:
                window = QRectF(left, 1, max(4.0, right - left), _HEIGHT - 2)
                painter.fillRect(window, theme.colour("acc-bg"))
                painter.setPen(theme.pen("acc", 1))
                painter.drawRect(window.adjusted(0.5, 0.5, -0.5, -0.5))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._marks(painter, look.firings)
        painter.end()

    def _marks(self, painter: QPainter, firings: Sequence[tuple[int, bool]]) -> None:
        theme = self._theme
        drawn: set[tuple[int, bool]] = set()
        for ms, is_suppressed in firings:
            x = self._x(ms)
            place = (round(x / 3), is_suppressed)
            if place in drawn:
                continue
            drawn.add(place)
            triangle = QPolygonF(
                [QPointF(x, 5.5), QPointF(x + _HALF, 14.0), QPointF(x - _HALF, 14.0)]
            )
            if is_suppressed:
                painter.setPen(theme.pen("warn", 1.4))
                painter.setBrush(Qt.BrushStyle.NoBrush)
            else:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme.colour(self._look.ink))
            painter.drawPolygon(triangle)

    def _x(self, ms: int) -> float:
        look = self._look
        share = (ms - look.from_ms) / max(1, look.to_ms - look.from_ms)
        return _LABEL + min(max(share, 0.0), 1.0) * (self.width() - _LABEL - _HALF)
