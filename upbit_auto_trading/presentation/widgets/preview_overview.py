"""The whole period in one strip: every firing, and which part of it the chart shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from PyQt6.QtCore import QPointF, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QPainter, QPixmap, QPolygonF
from PyQt6.QtWidgets import QWidget

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.theme import font

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PyQt6.QtGui import QMouseEvent, QPaintEvent

    from upbit_auto_trading.presentation.theme import Theme

_HEIGHT: Final = 20
_LABEL: Final = 56
_HALF: Final = 4.5
_STAMP: Final = 14


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
        self._stamps: dict[tuple[bool, str, float], QPixmap] = {}
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
            self._marks(painter, look)
        painter.end()

    def _marks(self, painter: QPainter, look: OverviewLook) -> None:
        """Stamp one triangle every three pixels at most, held back ones over those that fired."""
        ms = np.array([ms for ms, _ in look.firings], dtype=np.int64)
        held_back = np.array([is_suppressed for _, is_suppressed in look.firings], dtype=bool)
        for is_suppressed in (False, True):
            xs = self._xs(ms[held_back == is_suppressed])
            _columns, firsts = np.unique(np.round(xs / 3), return_index=True)
            stamp = self._stamp(is_suppressed=is_suppressed)
            for x in np.round(xs[firsts]).astype(np.int64).tolist():
                painter.drawPixmap(x - _STAMP // 2, 0, stamp)

    def _stamp(self, *, is_suppressed: bool) -> QPixmap:
        key = is_suppressed, self._look.ink, self.devicePixelRatioF()
        found = self._stamps.get(key)
        if found is None:
            found = self._stamps[key] = self._drawn_stamp(key)
        return found

    def _drawn_stamp(self, key: tuple[bool, str, float]) -> QPixmap:
        is_suppressed, ink, ratio = key
        stamp = QPixmap(round(_STAMP * ratio), round(_HEIGHT * ratio))
        stamp.setDevicePixelRatio(ratio)
        stamp.fill(Qt.GlobalColor.transparent)
        painter = QPainter(stamp)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if is_suppressed:
            painter.setPen(self._theme.pen("warn", 1.4))
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.colour(ink))
        x = _STAMP // 2
        painter.drawPolygon(
            QPolygonF([QPointF(x, 5.5), QPointF(x + _HALF, 14.0), QPointF(x - _HALF, 14.0)])
        )
        painter.end()
        return stamp

    def _x(self, ms: int) -> float:
        return float(self._xs(np.array([ms]))[0])

    def _xs(self, ms: NDArray[np.int64]) -> NDArray[np.float64]:
        look = self._look
        shares = (ms - look.from_ms) / max(1, look.to_ms - look.from_ms)
        xs: NDArray[np.float64] = np.clip(shares, 0.0, 1.0) * (self.width() - _LABEL - _HALF)
        return xs + _LABEL
