"""What the settings screen is made of: cards, rows with a choice, rows with a fact."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QIcon

    from upbit_auto_trading.presentation.theme import Theme

LABEL_WIDTH: Final = 190


class SettingsCard(QFrame):
    """A titled group of rows."""

    def __init__(self, theme: Theme, icon: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setObjectName("pane")
        head = QFrame()
        head.setObjectName("pane-head")
        head.setFixedHeight(30)
        row = QHBoxLayout(head)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(7)
        mark = Text(theme)
        mark.show_icon(icon, "text-2", 15)
        row.addWidget(mark)
        row.addWidget(Text(theme, "control-strong", "text-1", title))
        row.addStretch(1)
        self._rows = QVBoxLayout()
        self._rows.setContentsMargins(16, 10, 16, 12)
        self._rows.setSpacing(10)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(head)
        column.addLayout(self._rows)

    def add(self, part: QWidget) -> None:
        """Put a row below the others."""
        self._rows.addWidget(part)


class ChoiceRow(QWidget):
    """A label, one button for each value, and a sentence that says what it does."""

    chosen = pyqtSignal(str)

    def __init__(
        self,
        theme: Theme,
        label: str,
        choices: Sequence[tuple[str, str]],
        hint: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._values = [value for value, _words in choices]
        self._group = QButtonGroup(self)
        name = Text(theme, "body", "text-1", label)
        name.setFixedWidth(LABEL_WIDTH)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(name)
        for number, (_value, words) in enumerate(choices):
            button = QPushButton(words)
            button.setObjectName("choice")
            button.setCheckable(True)
            button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            button.setAccessibleName(f"{label}: {words}")
            self._group.addButton(button, number)
            row.addWidget(button)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(row)
        self._hint = Text(theme, "small", "text-3", hint)
        self._hint.setWordWrap(True)
        self._hint.setContentsMargins(LABEL_WIDTH + 6, 0, 0, 0)
        self._hint.setVisible(bool(hint))
        column.addWidget(self._hint)
        self._group.idClicked.connect(self._clicked)

    def show_icons(self, icons: Sequence[QIcon], size: QSize) -> None:
        """Put a picture before the words of each value."""
        for number, icon in enumerate(icons):
            button = self._group.button(number)
            if button is not None:
                button.setIcon(icon)
                button.setText(f" {button.text()}")
                button.setIconSize(size)

    def show_value(self, value: str) -> None:
        """Mark the value that holds."""
        button = self._group.button(self._values.index(value))
        if button is not None:
            button.setChecked(True)

    def show_hint(self, hint: str) -> None:
        """Say something else below the buttons."""
        self._hint.show_text(hint)
        self._hint.setVisible(bool(hint))

    def _clicked(self, number: int) -> None:
        self.chosen.emit(self._values[number])


class FactRow(QWidget):
    """A label and what is the case; the value can be marked and copied."""

    def __init__(self, theme: Theme, label: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label = Text(theme, "body", "text-2", label)
        self._label.setFixedWidth(LABEL_WIDTH)
        self._value = Text(theme, "body", "text-1")
        self._value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self._label)
        row.addWidget(self._value)
        row.addStretch(1)

    def show_fact(self, value: str, ink: str = "text-1", label: str | None = None) -> None:
        """Show another value."""
        self._value.show_text(value, ink)
        if label is not None:
            self._label.show_text(label)
