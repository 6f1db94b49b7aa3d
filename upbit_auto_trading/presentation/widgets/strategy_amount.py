"""A label, an amount of money to be typed, and its unit."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QWidget

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.widgets.rule_sentence import NumberEdit
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from upbit_auto_trading.presentation.theme import Theme

_MOST: Final = Decimal(10) ** 15


class AmountRow(QWidget):
    """Tells each good amount as it is typed; another text is marked, with what would be taken."""

    amount_changed = pyqtSignal(object)
    committed = pyqtSignal()

    def __init__(self, theme: Theme, label: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._amount = Decimal(0)
        self.field = NumberEdit(self)
        self.field.setAccessibleName(label)
        self._unit = Text(theme, "control", "text-2")
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 8, 0)
        row.setSpacing(6)
        row.addWidget(Text(theme, "control", "text-2", label))
        row.addStretch(1)
        self.field.setFixedWidth(120)
        row.addWidget(self.field)
        row.addWidget(self._unit)
        self.field.textEdited.connect(self._edited)
        self.field.editingFinished.connect(self._finished)
        self.field.reverted.connect(self._finished)

    def show_amount(self, amount: Decimal, unit: str) -> None:
        """Show an amount; what is being typed stays."""
        self._amount = amount
        self._unit.show_text(unit)
        if not self.field.hasFocus() or not self.field.isModified():
            self._restore()

    def _restore(self) -> None:
        self.field.setText(f"{self._amount:,f}")
        self.field.show_refused(refused=False)
        self.field.setToolTip("")

    def _edited(self, text: str) -> None:
        try:
            amount = Decimal(text.replace(",", "").replace(" ", ""))
        except InvalidOperation:
            amount = Decimal(-1)
        is_good = amount.is_finite() and 0 <= amount <= _MOST
        self.field.show_refused(refused=not is_good)
        self.field.setToolTip("" if is_good else _("An amount from 0 to 1,000,000,000,000,000"))
        if is_good:
            self.amount_changed.emit(amount)

    def _finished(self) -> None:
        self.field.setModified(False)
        self._restore()
        self.committed.emit()
