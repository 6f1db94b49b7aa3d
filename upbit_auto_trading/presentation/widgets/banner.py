"""A line across the window that says what is wrong and what happens next. Never a dialog."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QPainter
from PyQt6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from upbit_auto_trading.presentation.widgets.mode_bar import hatch
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from PyQt6.QtGui import QPaintEvent

    from upbit_auto_trading.presentation.theme import Theme


@dataclass(frozen=True, slots=True)
class BannerLook:
    """What a banner says: an icon, a word that leads, a sentence, a code, and a button's text.

    `tone` is the token of its colour: `acc`, `warn` or `bad`; `is_training` puts it on the training
    hatch. `action` is empty where the user has nothing to press; `action_icon` stands before it.
    """

    icon: str
    lead: str
    text: str
    code: str = ""
    action: str = ""
    tone: str = "warn"
    is_training: bool = False
    action_icon: str = "refresh-cw"


class Banner(QWidget):
    """Shows one look, or nothing."""

    action_pressed = pyqtSignal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._look: BannerLook | None = None
        self.setFixedHeight(36)
        self._icon = Text(theme)
        self._lead = Text(theme, "control-strong", "warn")
        self._text = Text(theme, "control", "text-1")
        self._code = Text(theme, "small", "text-3")
        self._action = QPushButton()
        self._action.clicked.connect(self.action_pressed)
        words = QWidget(self)
        words.setObjectName("banner-words")
        inner = QHBoxLayout(words)
        inner.setContentsMargins(10, 4, 10, 4)
        inner.setSpacing(6)
        for part in (self._icon, self._lead, self._text, self._code):
            inner.addWidget(part)
        self._words = words
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 8, 4)
        row.addWidget(words)
        row.addStretch(1)
        row.addWidget(self._action)
        self.hide()

    def show_look(self, look: BannerLook | None, *, busy: bool = False) -> None:
        """Show a banner; None takes it away. While `busy` the button can't be pressed again."""
        self._action.setEnabled(not busy)
        if look == self._look:
            return
        self._look = look
        self.setVisible(look is not None)
        if look is None:
            return
        self._icon.show_icon(look.icon, look.tone, 16)
        self._lead.show_text(look.lead, look.tone)
        self._text.show_text(f"— {look.text}" if look.text else "")
        self._code.show_text(look.code)
        self._code.setVisible(bool(look.code))
        self._action.setText(f" {look.action}")
        self._action.setIcon(self._theme.icon(look.action_icon, "text-1", 14))
        self._action.setAccessibleName(look.action)
        self._action.setVisible(bool(look.action))
        self.setAccessibleName(f"{look.lead}. {look.text}")
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 -- Qt's name
        del event
        if self._look is None:
            return
        theme, painter = self._theme, QPainter(self)
        if self._look.is_training:
            tile = hatch(theme.colour("training-bar"), theme.colour("training-bar-hatch"))
            painter.drawTiledPixmap(self.rect(), tile)
        else:
            painter.fillRect(self.rect(), theme.colour(f"{self._look.tone}-bg"))
        painter.fillRect(self._words.geometry(), theme.colour(f"{self._look.tone}-bg"))
        painter.setPen(theme.pen(f"{self._look.tone}-line"))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()
