"""What stands where there is nothing yet: why, and what to press."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from upbit_auto_trading.presentation.theme import Theme

_WIDTH: Final = 460


class EmptyState(QFrame):
    """An icon, a title, a sentence, and one or two buttons; the first is what one wants most."""

    action_pressed = pyqtSignal()
    second_pressed = pyqtSignal()

    def __init__(
        self,
        theme: Theme,
        icon: str,
        title: str,
        detail: str,
        action: str = "",
        second: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("pane")
        mark = Text(theme)
        mark.show_icon(icon, "text-3", 32)
        self._title = Text(theme, "title", "text-1", title)
        self._detail = Text(theme, "body", "text-2", detail)
        self._detail.setWordWrap(True)
        self._detail.setFixedWidth(_WIDTH)
        for part in (mark, self._title, self._detail):
            part.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        self.action, self.second = QPushButton(action), QPushButton(second)
        self.action.setObjectName("primary")
        self.action.setVisible(bool(action))
        self.second.setVisible(bool(second))
        self.action.clicked.connect(self.action_pressed)
        self.second.clicked.connect(self.second_pressed)
        buttons.addWidget(self.action)
        buttons.addWidget(self.second)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setSpacing(10)
        column.addStretch(1)
        column.addWidget(mark)
        column.addWidget(self._title)
        # A layout of its own: an aligned label would get the height of one line only.
        sentence = QHBoxLayout()
        sentence.addStretch(1)
        sentence.addWidget(self._detail)
        sentence.addStretch(1)
        column.addLayout(sentence)
        column.addSpacing(4)
        column.addLayout(buttons)
        column.addStretch(2)

    def show_words(self, title: str, detail: str) -> None:
        """Say something else."""
        self._title.show_text(title)
        self._detail.show_text(detail)
