"""The small pictures of a rule: its number, its role's badge, how far it is from firing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QFontMetricsF, QPainter
from PyQt6.QtWidgets import QSizePolicy, QWidget

from upbit_auto_trading.presentation.theme import font

if TYPE_CHECKING:
    from PyQt6.QtGui import QPaintEvent

    from upbit_auto_trading.presentation.theme import Theme

_BADGE: Final = 20
_KNOB: Final = 4.0


class NumberBadge(QWidget):
    """A rule's number in a round badge of its role's colour."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._told = ("", "entry", True)
        self.setFixedSize(QSize(_BADGE, _BADGE))

    def show_number(self, text: str, role: str, *, is_on: bool) -> None:
        if (text, role, is_on) != self._told:
            self._told = (text, role, is_on)
            self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 -- Qt's name
        del event
        text, role, is_on = self._told
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.colour(f"{role}-bg" if is_on else "bg3"))
        painter.drawEllipse(QRectF(self.rect()))
        painter.setPen(self._theme.colour(role if is_on else "text-3"))
        painter.setFont(font("small-strong"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, text)
        painter.end()


class RoleBadge(QWidget):
    """A role's word in a frame of its colour."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._told = ("", "entry", True)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_role(self, word: str, role: str, *, is_on: bool) -> None:
        if (word, role, is_on) != self._told:
            self._told = (word, role, is_on)
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 -- Qt's name
        width = QFontMetricsF(font("small-strong")).horizontalAdvance(self._told[0])
        return QSize(round(width) + 12, 18)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 -- Qt's name
        del event
        word, role, is_on = self._told
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self._theme.pen(f"{role}-line" if is_on else "line2", 1))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        painter.setPen(self._theme.colour(role if is_on else "text-3"))
        painter.setFont(font("small-strong"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, word)
        painter.end()


class DistanceTrack(QWidget):
    """Where a value stands against its threshold, both as shares of a line from 0 to 1."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._told: tuple[float, float, str] | None = None
        self.setFixedHeight(16)
        self.setMinimumWidth(60)
        self.setMaximumWidth(120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_place(self, place: tuple[float, float] | None, role: str) -> None:
        """Show value and threshold in a role's colour; None shows nothing."""
        told = None if place is None else (*place, role)
        if told != self._told:
            self._told = told
            self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 -- Qt's name
        del event
        if self._told is None:
            return
        share, threshold, role = self._told
        theme, width = self._theme, self.width() - 2 * _KNOB
        value_x = _KNOB + width * min(max(share, 0.0), 1.0)
        tick_x = _KNOB + width * min(max(threshold, 0.0), 1.0)
        painter = QPainter(self)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.fillRect(QRectF(_KNOB, 7, width, 2), theme.colour("line2"))
        first, last = sorted((value_x, tick_x))
        painter.fillRect(QRectF(first, 7, last - first, 2), theme.colour(role))
        painter.fillRect(QRectF(tick_x - 1, 2, 2, 12), theme.colour("text-1"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme.pen("bg1", 1.5))
        painter.setBrush(theme.colour(role))
        painter.drawEllipse(QPointF(value_x, 8), _KNOB, _KNOB)
        painter.end()
