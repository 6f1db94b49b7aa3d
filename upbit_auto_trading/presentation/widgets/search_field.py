"""A field to search in: its arrow keys and Enter may work on what it searches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QLineEdit, QToolButton

from upbit_auto_trading.presentation.i18n import _

if TYPE_CHECKING:
    from PyQt6.QtGui import QKeyEvent
    from PyQt6.QtWidgets import QWidget

    from upbit_auto_trading.presentation.theme import Theme

_WORKING_KEYS = (
    Qt.Key.Key_Down,
    Qt.Key.Key_Up,
    Qt.Key.Key_PageDown,
    Qt.Key.Key_PageUp,
    Qt.Key.Key_Return,
    Qt.Key.Key_Enter,
)


class SearchField(QLineEdit):
    """Esc clears it; `row_key` carries the keys that are for the rows below."""

    row_key = pyqtSignal(object)

    def __init__(self, theme: Theme, name: str, hint: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setPlaceholderText(hint)
        self.setClearButtonEnabled(True)
        self.addAction(theme.icon("search", "text-3", 14), QLineEdit.ActionPosition.LeadingPosition)
        names = (_("Clear the search"), name)
        for button, words in zip(self.findChildren(QToolButton), names, strict=False):
            button.setAccessibleName(words)

    def take_focus(self) -> None:
        """Take the keyboard, with what was typed before ready to be typed over."""
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.selectAll()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 -- Qt's name
        if event is not None and event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
            return
        if event is not None and event.key() in _WORKING_KEYS:
            self.row_key.emit(event)
            return
        super().keyPressEvent(event)
