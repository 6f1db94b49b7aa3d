"""Asks for a name over the window, without holding anything else up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from PyQt6.QtGui import QKeyEvent
    from PyQt6.QtWidgets import QWidget

    from upbit_auto_trading.presentation.theme import Theme

_WIDTH: Final = 380
_TOP: Final = 56


class NamePrompt(QFrame):
    """A title, a field, two buttons. Enter takes the name, Esc takes none."""

    named = pyqtSignal(str)

    def __init__(self, theme: Theme, longest: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("overlay")
        self.setFixedWidth(_WIDTH)
        self._before: QWidget | None = None
        self._title = Text(theme, "card", "text-1")
        self._field = QLineEdit()
        self._field.setMaxLength(longest)
        self._field.returnPressed.connect(self._take)
        self._refusal = Text(theme, "small", "bad")
        self._refusal.setWordWrap(True)
        self._refusal.hide()
        save = QPushButton(_("Save"))
        save.clicked.connect(self._take)
        cancel = QPushButton(_("Cancel"))
        cancel.clicked.connect(self.close_prompt)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(save)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 12)
        column.setSpacing(10)
        for part in (self._title, self._field, self._refusal):
            column.addWidget(part)
        column.addLayout(buttons)
        self.hide()

    def ask(self, title: str, name: str) -> None:
        """Ask, with a name to begin with."""
        if not self.isVisible():
            window = self.window()
            self._before = window.focusWidget() if window is not None else None
        self._title.show_text(title)
        self._field.setAccessibleName(title)
        self._field.setText(name)
        self._refusal.hide()
        self.place()
        self.show()
        self.raise_()
        self._field.setFocus(Qt.FocusReason.PopupFocusReason)
        self._field.selectAll()

    def show_refusal(self, why: str) -> None:
        """Say why a name can't be taken; the field stays."""
        self._refusal.show_text(why)
        self._refusal.show()
        self.adjustSize()

    def close_prompt(self) -> None:
        """Ask no longer; the keyboard goes back to where it was."""
        self.hide()
        if self._before is not None and self._before.isVisible():
            self._before.setFocus(Qt.FocusReason.OtherFocusReason)
        self._before = None

    def place(self) -> None:
        """Stand below the middle of the top edge."""
        parent = self.parentWidget()
        if parent is not None:
            self.adjustSize()
            self.move((parent.width() - self.width()) // 2, _TOP)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 -- Qt's name
        if event is not None and event.key() == Qt.Key.Key_Escape:
            self.close_prompt()
            return
        super().keyPressEvent(event)

    def _take(self) -> None:
        self.named.emit(self._field.text().strip())
