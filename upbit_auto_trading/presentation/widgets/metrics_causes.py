"""Counted causes as bars, the most frequent as long as there is room."""

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

_ROW: Final = 24
_PAD: Final = 10
_LABEL_SHARE: Final = 0.4
_VALUE: Final = 88
_BAR: Final = 8


@dataclass(frozen=True, slots=True)
class CauseLook:
    """One cause: how often, and a detail beside the number."""

    label: str
    count: int
    value: str
    detail: str = ""
    ink: str = "good"


class CauseBars(QWidget):
    """Passive: one row a cause; what doesn't fit is left out from the end."""

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._causes: tuple[CauseLook, ...] = ()
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def sizeHint(self) -> QSize:  # noqa: N802 -- Qt's name
        return QSize(300, 5 * _ROW + 10)

    def show_causes(self, causes: Sequence[CauseLook]) -> None:
        """Show other counts."""
        found = tuple(causes)
        if found == self._causes:
            return
        self._causes = found
        self.setAccessibleDescription(", ".join(f"{one.label} {one.value}" for one in found))
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 -- Qt's name
        del event
        theme, painter = self._theme, QPainter(self)
        painter.fillRect(self.rect(), theme.colour("bg1"))
        most = max((one.count for one in self._causes), default=0)
        label_width = _LABEL_SHARE * (self.width() - 2 * _PAD - _VALUE)
        metrics = QFontMetrics(font("control"))
        middle = Qt.AlignmentFlag.AlignVCenter
        for row, one in enumerate(self._causes):
            top = 5 + row * _ROW
            if top + _ROW > self.height():
                break
            painter.setFont(font("control"))
            painter.setPen(theme.colour("text-2"))
            shown = metrics.elidedText(one.label, Qt.TextElideMode.ElideRight, int(label_width) - 8)
            area = QRectF(_PAD, top, label_width, _ROW)
            painter.drawText(area, Qt.AlignmentFlag.AlignLeft | middle, shown)
            left = _PAD + label_width
            room = self.width() - left - _VALUE - _PAD
            width = room * one.count / most if most else 0.0
            bar = QRectF(left, top + (_ROW - _BAR) / 2, max(1.0, width), _BAR)
            painter.fillRect(bar, theme.colour(one.ink if one.count else "bg3"))
            painter.setFont(font("control-strong"))
            painter.setPen(theme.colour(one.ink if one.ink == "bad" else "text-1"))
            value = QRectF(left + room, top, _VALUE - 46, _ROW)
            painter.drawText(value, Qt.AlignmentFlag.AlignRight | middle, one.value)
            painter.setFont(font("small"))
            painter.setPen(theme.colour("text-3"))
            detail = QRectF(value.right(), top, 46, _ROW)
            painter.drawText(detail, Qt.AlignmentFlag.AlignRight | middle, one.detail)
        painter.end()
