"""Tabs for the quote currencies and the favourites."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QSizePolicy, QWidget

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.market_row import FAVOURITES

if TYPE_CHECKING:
    from collections.abc import Sequence


class QuoteTabs(QWidget):
    """Passive: shows which tab is open, tells which one is asked for."""

    chosen = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._quotes: list[str] = []
        self._group = QButtonGroup(self)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(2)
        self._group.idClicked.connect(self._clicked)

    def show_quotes(self, quotes: Sequence[str], chosen: str) -> None:
        """Show a tab for each of `quotes`, one of them open."""
        if list(quotes) != self._quotes:
            for button in self._group.buttons():
                self._group.removeButton(button)
                button.deleteLater()
            self._quotes = list(quotes)
            for number, quote in enumerate(quotes):
                is_starred = quote == FAVOURITES
                tab = QPushButton(_("Starred") if is_starred else quote)
                tab.setObjectName("segment")
                tab.setCheckable(True)
                tab.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
                tab.setAccessibleName(
                    _("Favourite markets")
                    if is_starred
                    else _("Markets in {quote}").format(quote=quote)
                )
                self._group.addButton(tab, number)
                self._row.addWidget(tab)
        for number, quote in enumerate(self._quotes):
            shown = self._group.button(number)
            if shown is not None:
                shown.setChecked(quote == chosen)

    def _clicked(self, number: int) -> None:
        self.chosen.emit(self._quotes[number])
