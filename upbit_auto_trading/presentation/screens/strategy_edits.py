"""What the user does to rules on their cards, done to the strategy that is open."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QObject, pyqtSignal

from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.rule_numbers import rule_numbers
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens.strategy_sentences import (
    parsed_number,
    range_problem,
    rule_names,
)
from upbit_auto_trading.presentation.viewmodels.strategy_editor import RuleInUseError

if TYPE_CHECKING:
    from upbit_auto_trading.domain.rule_numbers import RuleNumber
    from upbit_auto_trading.domain.strategy import Strategy
    from upbit_auto_trading.presentation.viewmodels.strategy_editor import StrategyEditor
    from upbit_auto_trading.presentation.widgets.rule_list import RuleList

_REPAIR_LIMIT: Final = 3


class StrategyEdits(QObject):
    """Joins the list of rules to the editor; `told` says what the user should know."""

    told = pyqtSignal(str)

    def __init__(self, rules: RuleList, editor: StrategyEditor, parent: QObject) -> None:
        super().__init__(parent)
        self._rules, self._editor = rules, editor
        rules.edited.connect(self._number_edited)
        rules.committed.connect(self._number_committed)
        rules.reverted.connect(self._number_reverted)
        rules.number_chosen.connect(self._number_chosen)
        rules.switched.connect(self._switched)
        rules.moved.connect(self._moved)
        rules.removal_asked.connect(self._removal_asked)

    def show_refused(self, strategy: Strategy) -> None:
        """Mark the numbers that were typed and aren't taken."""
        for rule in strategy.rules:
            for number in rule_numbers(rule, shipped_variables()):
                refused = self._editor.refused.get((rule.id, number.path))
                problem = "" if refused is None else range_problem(refused)
                self._rules.show_problem(rule.id, number.path, problem)

    def _number(self, rule: str, path: str) -> RuleNumber | None:
        strategy = self._editor.strategy
        if strategy is None:
            return None
        numbers = rule_numbers(strategy.rule(rule), shipped_variables())
        return next((number for number in numbers if number.path == path), None)

    def _number_edited(self, rule: str, path: str, text: str) -> None:
        number, value = self._number(rule, path), parsed_number(text)
        if number is None:
            return
        if value is None:
            self._editor.refuse(rule, number)
        else:
            self._editor.set_number(rule, path, value)

    def _number_committed(self, rule: str, path: str) -> None:
        """Keep what was typed, unless it ends as something that isn't taken."""
        refused = self._editor.refused.get((rule, path))
        if refused is not None:
            self._editor.revert_edit(rule, path)
            self.told.emit(
                _("That number isn't taken: {limits}. The one before stays.").format(
                    limits=range_problem(refused)
                )
            )
        self._end(rule, path)

    def _number_reverted(self, rule: str, path: str) -> None:
        self._editor.revert_edit(rule, path)
        self._end(rule, path)

    def _end(self, rule: str, path: str) -> None:
        self._editor.end_edit()
        self._rules.reset_field(rule, path)

    def _switched(self, rule: str, is_on: bool) -> None:
        self._editor.set_enabled(rule, is_enabled=is_on)

    def _moved(self, rule: str, place: int) -> None:
        self._editor.move(rule, place)
        self._rules.focus_rule(rule)

    def _removal_asked(self, rule: str) -> None:
        strategy = self._editor.strategy
        if strategy is None:
            return
        names = rule_names(strategy)
        try:
            self._editor.remove(rule)
        except RuleInUseError as error:
            users = ", ".join(f"‘{names[user]}’" for user in error.users)
            self.told.emit(
                _("‘{rule}’ is counted by {users}. Change that rule first, or switch this one off.")
                .format(rule=names[rule], users=users)
            )  # fmt: skip
            return
        self.told.emit(_("‘{rule}’ is deleted. Ctrl+Z brings it back.").format(rule=names[rule]))

    def repair(self, repair: str) -> None:
        """Do what a finding's button offers."""
        kind, _colon, rest = repair.partition(":")
        rule, _colon, value = rest.rpartition(":")
        if kind == "allocate":
            self._editor.set_allocation(Decimal(rest))
        elif kind == "amount":
            self._editor.set_number(rule, "amount", float(value))
        elif kind == "first":
            self._editor.move(rest, 0)
        elif kind == "limit":
            self._editor.set_limit(rest, _REPAIR_LIMIT)
        self._editor.end_edit()

    def _number_chosen(self, rule: str, path: str, value: float) -> None:
        self._editor.end_edit()
        self._editor.set_number(rule, path, value)
        self._editor.end_edit()
