"""What went wrong inside the program, told without stopping the user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.widgets.elided_text import ElidedText
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from upbit_auto_trading.presentation.theme import Theme


class ErrorPanel(QFrame):
    """One line with the newest error, how many there were, and its details to copy."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("error-panel")
        self._details = ""
        icon = Text(theme)
        icon.show_icon("octagon-alert", "bad", 16)
        self._title = Text(theme, "control-strong", "bad")
        self._text = ElidedText(theme, "control", "text-1").shrink()
        copy = QPushButton(_("Copy details"))
        copy.setAccessibleName(_("Copy the error's details"))
        copy.clicked.connect(self._copy)
        close = QPushButton(_("Close"))
        close.setAccessibleName(_("Close the error message"))
        close.clicked.connect(self.hide)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 5, 8, 5)
        row.addWidget(icon)
        row.addWidget(self._title)
        row.addWidget(self._text, 1)
        row.addWidget(copy)
        row.addWidget(close)
        self.hide()

    def show_error(self, text: str, details: str, count: int) -> None:
        """Show an error that happened `count` times so far."""
        self._details = details
        title = _("Something went wrong inside the program")
        self._title.show_text(f"{title} ({count})" if count > 1 else title)
        self._text.show_text(_("{what}. The program goes on.").format(what=text))
        self._text.setToolTip(text)
        self.setAccessibleName(f"{title}. {text}")
        self.show()

    def show_notice(self, title: str, text: str, details: str) -> None:
        """Show a trouble that the program has dealt with, and how."""
        self._details = details
        self._title.show_text(title)
        self._text.show_text(text)
        self._text.setToolTip(details)
        self.setAccessibleName(f"{title}. {text}")
        self.show()

    def _copy(self) -> None:
        clipboard = QGuiApplication.clipboard()
        if clipboard is not None:
            clipboard.setText(self._details)
