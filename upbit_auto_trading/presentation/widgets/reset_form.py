"""Begins the paper account anew: how much cash, said twice that it is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QWidget

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from upbit_auto_trading.presentation.theme import Theme


class ResetForm(QWidget):
    """Passive: `confirmed` has what was typed."""

    confirmed = pyqtSignal(str)
    cancelled = pyqtSignal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cash = QLineEdit("10,000,000")
        self.cash.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.cash.setAccessibleName(_("Cash of the new account"))
        self.cash.setFixedWidth(150)
        self._words = Text(
            theme,
            "control",
            "text-2",
            _("Every run ends and positions are given up. What happened stays in the journal."),
        ).shrink()
        self.begin = QPushButton(_("Begin anew"))
        self.back = QPushButton(_("Keep the account"))
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 8, 10, 8)
        row.setSpacing(6)
        row.addWidget(Text(theme, "small", "text-3", _("Cash")))
        row.addWidget(self.cash)
        row.addWidget(self._words, 1)
        row.addWidget(self.back)
        row.addWidget(self.begin)
        self.begin.clicked.connect(lambda: self.confirmed.emit(self.cash.text()))
        self.back.clicked.connect(self.cancelled)

    def show_problem(self, text: str) -> None:
        """Say what is wrong with the sum."""
        self._words.show_text(text, "bad")
