"""An order by hand in two steps: typed and looked at, then confirmed with the mouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QStringListModel, Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QCompleter,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.widgets.segmented import Segmented
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upbit_auto_trading.presentation.theme import Theme

BUY, SELL = "buy", "sell"


class TicketForm(QWidget):
    """Passive. Enter in a field only prepares; an order needs a press on the second button.

    `changed` tells that what was prepared no longer is what stands in the fields.
    """

    prepare_pressed = pyqtSignal()
    confirm_pressed = pyqtSignal()
    changed = pyqtSignal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.side_value = BUY
        self.side = Segmented(_("Side"), [(BUY, _("▲ Buy")), (SELL, _("▼ Sell"))])
        self.side.show_value(BUY)
        self.market = QLineEdit()
        self.market.setAccessibleName(_("Market of the order"))
        self._offers = QStringListModel(self)
        completer = QCompleter(self._offers, self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.market.setCompleter(completer)
        self.amount = QLineEdit()
        self.amount.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._amount_label = Text(theme, "small", "text-3")
        self.prepare = QPushButton(_("Look at it"))
        self.confirm = QPushButton(_("Place this order"))
        self.confirm.setObjectName("primary")
        # Space and Enter never place an order.
        self.confirm.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.lines = Text(theme, "control", "text-1")
        self.lines.setWordWrap(True)
        self._assemble(theme)
        self.side.chosen.connect(self._side_chosen)
        self.market.textChanged.connect(self._typed)
        self.amount.textChanged.connect(self._typed)
        self.market.returnPressed.connect(self.prepare_pressed)
        self.amount.returnPressed.connect(self.prepare_pressed)
        self.prepare.clicked.connect(self.prepare_pressed)
        self.confirm.clicked.connect(self.confirm_pressed)
        self._side_chosen(BUY)

    def show_offers(self, offers: Sequence[str]) -> None:
        """Offer these lines, each beginning with a market's code."""
        if list(offers) != self._offers.stringList():
            self._offers.setStringList(list(offers))

    def code(self) -> str:
        """The market that stands in the form."""
        return self.market.text().strip().partition(" ")[0].upper()

    def show_prepared(self, lines: str) -> None:
        """Show what was prepared; it can be confirmed now."""
        self.lines.show_text(lines, "text-1")
        self.confirm.setEnabled(True)

    def show_message(self, text: str, ink: str = "text-2") -> None:
        """Say something; nothing can be confirmed."""
        self.lines.show_text(text, ink)
        self.confirm.setEnabled(False)

    def show_problem(self, field: str, text: str) -> None:
        """Mark `market`, or the number, and say what is wrong with it."""
        self._mark(field)
        self.show_message(text, "bad")

    def _mark(self, field: str) -> None:
        for name, part in (("market", self.market), ("amount", self.amount)):
            is_marked = name == field or (name == "amount" and field == "quantity")
            part.setProperty("problem", "true" if is_marked else "false")
            style = part.style()
            if style is not None:
                style.polish(part)

    def _side_chosen(self, side: str) -> None:
        self.side_value = side
        self.side.show_value(side)
        is_buy = side == BUY
        words = _("Sum to spend") if is_buy else _("Quantity, empty: all of it")
        self._amount_label.show_text(words)
        self.amount.setAccessibleName(words)
        self._typed()

    def _typed(self) -> None:
        self._mark("")
        self.show_message("")
        self.changed.emit()

    def _assemble(self, theme: Theme) -> None:
        top = QHBoxLayout()
        top.setSpacing(6)
        top.addWidget(self.side)
        top.addWidget(Text(theme, "small", "text-3", _("Market to trade")))
        top.addWidget(self.market, 2)
        top.addWidget(self._amount_label)
        top.addWidget(self.amount, 1)
        top.addWidget(self.prepare)
        below = QHBoxLayout()
        below.setSpacing(6)
        below.addWidget(self.lines, 1)
        below.addWidget(self.confirm)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 8)
        column.setSpacing(6)
        column.addLayout(top)
        column.addLayout(below)
