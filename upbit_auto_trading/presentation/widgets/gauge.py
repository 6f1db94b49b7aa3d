"""Budgets as bars: how much of a limit is used, with marks where it becomes tight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QRectF, QSize, Qt
from PyQt6.QtGui import QFontMetrics, QPainter
from PyQt6.QtWidgets import QSizePolicy, QWidget

from upbit_auto_trading.presentation.theme import font

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QPaintEvent

    from upbit_auto_trading.presentation.theme import Theme

_ROW: Final = 21
_LABEL: Final = 92
_VALUE: Final = 52
_UNIT: Final = 40
_PAD: Final = 10
_BAR: Final = 8
_MARKS: Final = (0.6, 0.9)


@dataclass(frozen=True, slots=True)
class GaugeLook:
    """One budget: `share` (0 to 1) of it is used; without one `value` stands alone."""

    label: str
    value: str
    unit: str = ""
    share: float | None = None
    ink: str = "good"
    value_ink: str = "text-1"


class GaugeGrid(QWidget):
    """Passive: budgets in two columns, the left one first from top to bottom."""

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._looks: tuple[GaugeLook, ...] = ()
        self._name = name
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setFixedHeight(4 * _ROW + 12)

    def sizeHint(self) -> QSize:  # noqa: N802 -- Qt's name
        return QSize(420, self.height())

    def show_looks(self, looks: Sequence[GaugeLook]) -> None:
        """Show other figures."""
        found = tuple(looks)
        if found == self._looks:
            return
        if len(found) != len(self._looks):
            self.setFixedHeight((len(found) + 1) // 2 * _ROW + 12)
        self._looks = found
        said = ", ".join(f"{one.label} {one.value} {one.unit}".strip() for one in found)
        self.setAccessibleDescription(said)
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 -- Qt's name
        del event
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.colour("bg1"))
        rows = (len(self._looks) + 1) // 2
        half = (self.width() - 3 * _PAD) / 2
        for place, look in enumerate(self._looks):
            column, row = divmod(place, rows)
            start = _PAD + column * (half + _PAD)
            self._paint(painter, QRectF(start, 6 + row * _ROW, half, _ROW), look)
        painter.end()

    def _paint(self, painter: QPainter, area: QRectF, look: GaugeLook) -> None:
        theme = self._theme
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        label = QRectF(area.left(), area.top(), _LABEL, area.height())
        painter.setFont(font("small"))
        painter.setPen(theme.colour("text-2"))
        metrics = QFontMetrics(font("small"))
        shown = metrics.elidedText(look.label, Qt.TextElideMode.ElideRight, _LABEL - 4)
        painter.drawText(label, left, shown)
        if look.share is None:
            rest = area.adjusted(_LABEL, 0, 0, 0)
            painter.setFont(font("control-strong"))
            painter.setPen(theme.colour(look.value_ink))
            painter.drawText(rest, left, look.value)
            taken = QFontMetrics(font("control-strong")).horizontalAdvance(look.value)
            painter.setFont(font("small"))
            painter.setPen(theme.colour("text-3"))
            painter.drawText(rest.adjusted(taken + 8, 0, 0, 0), left, look.unit)
            return
        width = max(30.0, area.width() - _LABEL - _VALUE - _UNIT)
        track = QRectF(area.left() + _LABEL, area.center().y() - _BAR / 2, width, _BAR)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("bg3"))
        painter.drawRoundedRect(track, 2, 2)
        if look.share > 0:
            filled = QRectF(track)
            filled.setWidth(max(3.0, width * min(1.0, look.share)))
            painter.setBrush(theme.colour(look.ink))
            painter.drawRoundedRect(filled, 2, 2)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        for mark in _MARKS:
            x = round(track.left() + mark * width)
            painter.fillRect(QRectF(x, track.top(), 1, _BAR), theme.colour("bg1"))
        value = QRectF(track.right(), area.top(), _VALUE - 4, area.height())
        painter.setFont(font("control-strong"))
        painter.setPen(theme.colour(look.value_ink))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(value, right, look.value)
        painter.setFont(font("small"))
        painter.setPen(theme.colour("text-3"))
        painter.drawText(
            QRectF(value.right() + 5, area.top(), _UNIT, area.height()), left, look.unit
        )
