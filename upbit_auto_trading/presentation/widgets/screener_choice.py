"""Which trigger the market table looks for, whether only hits stay, and how far it has come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QWidget

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upbit_auto_trading.presentation.theme import Theme

_WIDTH: Final = 190


class ScreenerChoice(QWidget):
    """Passive: tells which trigger is chosen, by its key, empty for none."""

    chosen = pyqtSignal(str)
    only_true_chosen = pyqtSignal(bool)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(_("Trigger to look for"))
        self.box = QComboBox()
        self.box.setFixedWidth(_WIDTH)
        self.box.setAccessibleName(_("Trigger to look for"))
        self.only_true = QPushButton(_("Hits only"))
        self.only_true.setObjectName("segment")
        self.only_true.setCheckable(True)
        self.only_true.setAccessibleName(_("Show only markets on which the trigger holds"))
        self._progress = Text(theme, "small", "text-3")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for part in (self.box, self.only_true, self._progress):
            row.addWidget(part)
        self.box.activated.connect(self._activated)
        self.only_true.clicked.connect(self.only_true_chosen)

    def show_choices(self, choices: Sequence[tuple[str, str]], chosen: str) -> None:
        """Offer triggers, each a key with its name."""
        self.box.clear()
        self.box.addItem(_("no trigger"), "")
        for key, name in choices:
            self.box.addItem(name, key)
        self.box.setCurrentIndex(max(0, self.box.findData(chosen)))
        self.only_true.setEnabled(bool(chosen))

    def show_chosen(self, chosen: str, *, only_true: bool) -> None:
        """Mark what holds."""
        self.box.setCurrentIndex(max(0, self.box.findData(chosen)))
        self.only_true.setEnabled(bool(chosen))
        self.only_true.setChecked(only_true)

    def show_progress(self, text: str) -> None:
        """Say how many markets are judged."""
        self._progress.show_text(text)

    def _activated(self, row: int) -> None:
        key = self.box.itemData(row)
        self.chosen.emit(key if isinstance(key, str) else "")
