"""A small field that chooses one market by name or code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QComboBox, QCompleter, QWidget

from upbit_auto_trading.presentation.i18n import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QResizeEvent

_WIDTH: Final = 190
_EDGES: Final = 36  # frame, padding and arrow beside the text


class MarketPicker(QComboBox):
    """Passive: shows a market, tells which other one is asked for."""

    market_chosen = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._market = ""
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setFixedWidth(_WIDTH)
        self.setMaxVisibleItems(14)
        self.setAccessibleName(_("Market"))
        completer = self.completer()
        if completer is not None:
            completer.setFilterMode(Qt.MatchFlag.MatchContains)
            completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        field = self.lineEdit()
        if field is not None:
            field.setAccessibleName(_("Market"))
            field.editingFinished.connect(self._restore)
        self.activated.connect(self._chosen)

    def show_markets(self, markets: Sequence[tuple[str, str]]) -> None:
        """Offer markets, each a code with its name."""
        self.clear()
        for market, name in markets:
            self.addItem(f"{market}  {name}", market)
        self._restore()

    def show_market(self, market: str) -> None:
        """Show which market holds."""
        self._market = market
        self._restore()

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 -- Qt's name
        """Show as much of the market as there is room for now."""
        super().resizeEvent(event)
        field = self.lineEdit()
        if field is None or not field.hasFocus():
            self._restore()

    def _chosen(self, row: int) -> None:
        market = self.itemData(row)
        if isinstance(market, str) and market != self._market:
            self._market = market
            self.market_chosen.emit(market)
        self._restore()

    def _restore(self) -> None:
        row = self.findData(self._market)
        if row >= 0:
            self.setCurrentIndex(row)
        words = self.itemText(row) if row >= 0 else self._market
        field = self.lineEdit()
        # A name that would be cut is left to the tool tip; the code tells the market, too.
        room = self.width() - _EDGES
        fits = field is None or field.fontMetrics().horizontalAdvance(words) <= room
        self.setEditText(words if fits else self._market)
        self.setToolTip(words)
        if field is not None:
            field.setCursorPosition(0)
