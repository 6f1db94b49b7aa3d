"""A switch that is on or off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QPainter
from PyQt6.QtWidgets import QAbstractButton, QWidget

if TYPE_CHECKING:
    from PyQt6.QtGui import QPaintEvent

    from upbit_auto_trading.presentation.theme import Theme

_WIDTH: Final = 30
_HEIGHT: Final = 16
_HIT: Final = 24


class ToggleSwitch(QAbstractButton):
    """30 × 16 pixels in a hit area of 24; Space switches it."""

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setCheckable(True)
        self.setAccessibleName(name)
        self.setFixedSize(QSize(_WIDTH + 4, _HIT))
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 -- Qt's name
        del event
        theme, is_on = self._theme, self.isChecked()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        track = QRectF(2, (_HIT - _HEIGHT) / 2, _WIDTH, _HEIGHT)
        painter.setPen(theme.pen("acc-fill" if is_on else "text-3", 1))
        painter.setBrush(theme.colour("acc-fill" if is_on else "bg3"))
        painter.drawRoundedRect(track.adjusted(0.5, 0.5, -0.5, -0.5), _HEIGHT / 2, _HEIGHT / 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("on-fill" if is_on else "text-3"))
        x = track.right() - _HEIGHT / 2 if is_on else track.left() + _HEIGHT / 2
        painter.drawEllipse(QPointF(x, track.center().y()), 5.5, 5.5)
        painter.end()
