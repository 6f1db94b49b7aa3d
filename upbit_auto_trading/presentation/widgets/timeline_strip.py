"""Strips of small boxes along time: what was good, bearable or bad, and when."""

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
_LABEL: Final = 78
_VALUE: Final = 66
_PAD: Final = 10
_BOX: Final = 11


@dataclass(frozen=True, slots=True)
class StripLook:
    """One strip: a token for each box, oldest first (empty: nothing was measured), and a sum."""

    label: str
    boxes: Sequence[str]
    value: str
    value_ink: str = "text-1"


class TimelineStrips(QWidget):
    """Passive: strips below each other, newest at the right."""

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._strips: tuple[StripLook, ...] = ()
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setFixedHeight(3 * _ROW + 10)

    def sizeHint(self) -> QSize:  # noqa: N802 -- Qt's name
        return QSize(420, self.height())

    def show_strips(self, strips: Sequence[StripLook]) -> None:
        """Show other strips."""
        found = tuple(strips)
        if found == self._strips:
            return
        if len(found) != len(self._strips):
            self.setFixedHeight(len(found) * _ROW + 10)
        self._strips = found
        self.setAccessibleDescription(", ".join(f"{one.label} {one.value}" for one in found))
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 -- Qt's name
        del event
        theme, painter = self._theme, QPainter(self)
        painter.fillRect(self.rect(), theme.colour("bg1"))
        metrics = QFontMetrics(font("small"))
        for row, strip in enumerate(self._strips):
            top = 5 + row * _ROW
            painter.setFont(font("small"))
            painter.setPen(theme.colour("text-2"))
            label = metrics.elidedText(strip.label, Qt.TextElideMode.ElideRight, _LABEL - 4)
            middle = Qt.AlignmentFlag.AlignVCenter
            painter.drawText(
                QRectF(_PAD, top, _LABEL, _ROW), Qt.AlignmentFlag.AlignLeft | middle, label
            )
            self._paint_boxes(painter, strip, top)
            painter.setFont(font("control-strong"))
            painter.setPen(theme.colour(strip.value_ink))
            value = QRectF(self.width() - _PAD - _VALUE, top, _VALUE, _ROW)
            painter.drawText(value, Qt.AlignmentFlag.AlignRight | middle, strip.value)
        painter.end()

    def _paint_boxes(self, painter: QPainter, strip: StripLook, top: int) -> None:
        left = _PAD + _LABEL
        width = self.width() - left - _VALUE - _PAD - 6
        count = max(1, len(strip.boxes))
        y = top + (_ROW - _BOX) / 2
        for place, ink in enumerate(strip.boxes):
            begin = round(left + width * place / count)
            end = round(left + width * (place + 1) / count)
            box = QRectF(begin, y, max(1, end - begin - 1), _BOX)
            painter.fillRect(box, self._theme.colour(ink or "bg2"))
