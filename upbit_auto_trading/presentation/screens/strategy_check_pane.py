"""The right side of the strategy screen: what the capital is for, and what a check found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens import strategy_findings_words, strategy_words
from upbit_auto_trading.presentation.widgets.capital_bar import CapitalBar
from upbit_auto_trading.presentation.widgets.pane import Pane
from upbit_auto_trading.presentation.widgets.strategy_amount import AmountRow
from upbit_auto_trading.presentation.widgets.strategy_findings import FindingLook, StrategyFindings

if TYPE_CHECKING:
    from decimal import Decimal

    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.viewmodels.strategy_editor import StrategyEditor


class StrategyCheckPane(QWidget):
    """Shows what the editor holds; tells which repair and which rule are asked for."""

    repair_asked = pyqtSignal(str)
    rule_asked = pyqtSignal(str)

    def __init__(self, theme: Theme, editor: StrategyEditor) -> None:
        super().__init__()
        self._editor = editor
        self.capital = CapitalBar(theme)
        self.allocation = AmountRow(theme, _("Allocation"))
        self.findings = StrategyFindings(theme)
        capital = Pane(theme, "wallet", _("Capital"), _("at worst"))
        capital.body.setContentsMargins(4, 4, 4, 8)
        capital.body.addWidget(self.capital, 1)
        capital.body.addWidget(self.allocation)
        self._check = Pane(theme, "shield-check", _("Check"))
        self._check.body.addWidget(self.findings, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(capital, 4)
        column.addWidget(self._check, 5)
        self.findings.repair_asked.connect(self.repair_asked)
        self.findings.rule_asked.connect(self.rule_asked)
        self.allocation.amount_changed.connect(self._allocation_edited)
        self.allocation.committed.connect(editor.end_edit)

    def show_strategy(self, quote: str) -> None:
        """Show what the strategy needs and what is wrong with it."""
        editor, strategy = self._editor, self._editor.strategy
        self.allocation.setVisible(strategy is not None)
        if strategy is None:
            self.capital.show_look(None)
            nothing = FindingLook("note", _("Nothing to check yet: open a strategy first"))
            self.findings.show_findings([nothing])
            self._check.show_detail("")
            return
        self.capital.show_look(
            strategy_words.capital_look(
                strategy, editor.account, editor.needed, editor.allocated, quote
            )
        )
        self.allocation.show_amount(editor.allocated, strategy_words.money_unit(quote))
        found = strategy_findings_words.finding_looks(strategy, editor.findings, quote)
        self.findings.show_findings(found)
        errors = sum(look.tone == "bad" for look in found)
        warnings = sum(look.tone == "warn" for look in found)
        passed = sum(look.tone == "good" for look in found)
        self._check.show_detail(strategy_words.check_summary(passed, warnings, errors))

    def _allocation_edited(self, amount: Decimal) -> None:
        if self._editor.strategy is not None:
            self._editor.set_allocation(amount)
