"""A strategy being edited: every change is a new value, so that all of them can be undone."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QObject, pyqtSignal

from upbit_auto_trading.application.strategies import SEVEN_RULES, shipped_template
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.account import Account
from upbit_auto_trading.domain.expression import operands, with_ids
from upbit_auto_trading.domain.rule import EnterMode
from upbit_auto_trading.domain.rule_numbers import NumberOutOfRangeError, RuleNumber, with_number
from upbit_auto_trading.domain.strategy import Strategy
from upbit_auto_trading.domain.strategy_check import (
    Finding,
    Severity,
    capital_needed,
    check_strategy,
)
from upbit_auto_trading.domain.variable import ParameterKind, Words

if TYPE_CHECKING:
    from collections.abc import Callable

    from upbit_auto_trading.domain.expression import Expression
    from upbit_auto_trading.domain.rule import Rule

ALLOCATION: Final = Decimal(1_000_000)
"""What a new strategy is given, in the quote currency."""

_FEE: Final = Decimal("0.0005")
_MINIMUM: Final = Decimal(5000)
_MOST_UNDONE: Final = 1_000


class RuleInUseError(Exception):
    """A rule can't go while others name it: `users` are their ids."""

    def __init__(self, rule: str, users: tuple[str, ...]) -> None:
        super().__init__(f"{rule} is named by {', '.join(users)}")
        self.rule = rule
        self.users = users


class StrategyEditor(QObject):
    """Holds one strategy and the one it was saved as.

    `changed` is told after every change. Numbers that are refused stand in `refused` by rule
    and path until a good one is typed.
    """

    changed = pyqtSignal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.strategy: Strategy | None = None
        self._begun: Strategy | None = None
        self._saved: dict[str, Strategy] = {}
        self.account = Account(ALLOCATION, _FEE, _MINIMUM)
        self.findings: tuple[Finding, ...] = ()
        self.needed = Decimal(0)
        self.refused: dict[tuple[str, str], RuleNumber] = {}
        self._undone: list[Strategy] = []
        self._done: list[Strategy] = []
        self._last_edit: tuple[str, str] | None = None

    @property
    def saved(self) -> Strategy | None:
        """The open strategy as it was saved last, None where it never was."""
        return None if self.strategy is None else self._saved.get(self.strategy.id)

    @property
    def is_changed(self) -> bool:
        """Whether anything differs from what is saved."""
        return self.strategy is not None and self.strategy != self.saved

    @property
    def is_touched(self) -> bool:
        """Whether anything differs from what was opened."""
        return self.strategy != self._begun

    @property
    def can_be_saved(self) -> bool:
        """Whether nothing forbids saving: no error found, no number refused."""
        is_sound = all(finding.severity is not Severity.ERROR for finding in self.findings)
        return self.strategy is not None and is_sound and not self.refused

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to take back."""
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        """Whether there is a change that was taken back."""
        return bool(self._undone)

    @property
    def allocated(self) -> Decimal:
        """The capital set aside."""
        given = None if self.strategy is None else self.strategy.allocation
        return self.account.cash if given is None else given

    def use_account(self, account: Account) -> None:
        """Check against another account."""
        if account != self.account:
            self.account = account
            self._judge()
            self.changed.emit()

    def open(
        self, strategy: Strategy | None, *, is_saved: bool = True, edited: Strategy | None = None
    ) -> None:
        """Edit a strategy, or none; an unsaved one that was open comes back with undo.

        `edited` is how far its editing had come: the step from the strategy to there can be undone.
        """
        before = self.strategy if self.is_changed else None
        self.strategy = self._begun = None if strategy is None else _with_node_ids(strategy)
        if self.strategy is not None and is_saved:
            self._saved[self.strategy.id] = self.strategy
        self._done, self._undone = [] if before is None or strategy is None else [before], []
        if self.strategy is not None and edited is not None and edited != self.strategy:
            self._done.append(self.strategy)
            self.strategy = _with_node_ids(edited)
        self._last_edit = None
        self.refused = {}
        self._judge()
        self.changed.emit()

    def open_template(self, identity: str, name: Words) -> None:
        """Begin with the seven rules under an id and a name of their own."""
        template = shipped_template(SEVEN_RULES).strategy
        fresh = replace(template, id=identity, name=name, allocation=ALLOCATION)
        self.open(fresh, is_saved=False)

    def open_empty(self, identity: str, name: Words) -> None:
        """Begin without a rule."""
        self.open(Strategy(identity, name, (), ALLOCATION), is_saved=False)

    def mark_saved(self, saved: Strategy) -> None:
        """Note what was saved; later changes stay."""
        known = _with_node_ids(saved)
        if self.strategy is not None and replace(self.strategy, revision=known.revision) == known:
            self.strategy = known
        self._saved[known.id] = known
        self.changed.emit()

    def set_number(self, rule: str, path: str, value: float) -> None:
        """Change one number; typing on in the same one is one change to undo.

        A number out of its range is noted in `refused`, and nothing else changes.
        """
        strategy = self._open()
        try:
            changed = with_number(strategy.rule(rule), path, value, shipped_variables())
        except NumberOutOfRangeError as error:
            self.refused[rule, path] = error.number
            self.changed.emit()
            return
        self.refused.pop((rule, path), None)
        self._change(strategy.with_rule(changed), edit=(rule, path))

    def refuse(self, rule: str, number: RuleNumber) -> None:
        """Note that what is typed for a number is no number."""
        self.refused[rule, number.path] = number
        self.changed.emit()

    def revert_edit(self, rule: str, path: str) -> None:
        """Bring back the number that stood there before its typing began."""
        self.refused.pop((rule, path), None)
        if self._last_edit == (rule, path) and self._done:
            self._show(self._done.pop())
        else:
            self.changed.emit()

    def end_edit(self) -> None:
        """The next change of a number is one of its own."""
        self._last_edit = None

    def set_enabled(self, rule: str, *, is_enabled: bool) -> None:
        """Switch a rule on or off."""
        strategy = self._open()
        self._change(strategy.with_rule(replace(strategy.rule(rule), enabled=is_enabled)))

    def set_allocation(self, amount: Decimal) -> None:
        """Set capital aside."""
        self._change(replace(self._open(), allocation=amount), edit=("", "allocation"))

    def set_limit(self, rule: str, limit: int) -> None:
        """Let a rule act that often in one position."""
        strategy = self._open()
        self._change(strategy.with_rule(replace(strategy.rule(rule), limit=limit)))

    def replace(self, strategy: Strategy) -> None:
        """Put another value of the same strategy in the place of this one."""
        self._change(_with_node_ids(strategy))

    def restore_defaults(self, template: Strategy) -> None:
        """Put the template's rules in the place of those of the same ids; others stay."""
        strategy = self._open()
        shipped = {rule.id: rule for rule in template.rules}
        known = {rule.id for rule in strategy.rules}
        kept = tuple(rule for rule in strategy.rules if rule.id not in shipped)
        if known.isdisjoint(shipped):
            return
        self._change(_with_node_ids(replace(strategy, rules=(*template.rules, *kept))))

    def rename(self, name: str) -> None:
        """Give the strategy another name, the same in both languages."""
        self._change(replace(self._open(), name=Words(name, name)))

    def move(self, rule: str, place: int) -> None:
        """Put a rule to a place in the acting order."""
        strategy = self._open()
        moved = strategy.rule(rule)
        others = [each for each in strategy.rules if each.id != rule]
        rules = (*others[:place], moved, *others[place:])
        if rules != strategy.rules:
            self._change(replace(strategy, rules=rules), edit=("move", rule))

    def remove(self, rule: str) -> None:
        """Take a rule out; a mode that suspends or arms it lets go of it.

        Raises:
            RuleInUseError: a condition of another rule counts this one.
        """
        strategy = self._open()
        users = tuple(each.id for each in strategy.rules if each.id != rule and _reads(each, rule))
        if users:
            raise RuleInUseError(rule, users)
        rules = tuple(_without(each, rule) for each in strategy.rules if each.id != rule)
        self.refused = {key: number for key, number in self.refused.items() if key[0] != rule}
        self._change(replace(strategy, rules=rules))

    def add(self, make: Callable[[str, int], Rule]) -> str:
        """Add the rule that `make` gives for an id and a number; return the id."""
        strategy = self._open()
        number = max((each.number for each in strategy.rules), default=0) + 1
        taken = {each.id for each in strategy.rules}
        identity = next(f"rule-{n}" for n in range(number, 10_000) if f"rule-{n}" not in taken)
        rule = make(identity, number)
        self._change(replace(strategy, rules=(*strategy.rules, _node_ids_of(rule))))
        return identity

    def undo(self) -> None:
        """Take the newest change back."""
        if self._done and self.strategy is not None:
            self._undone.append(self.strategy)
            self._show(self._done.pop())

    def redo(self) -> None:
        """Make the change again that was taken back last."""
        if self._undone and self.strategy is not None:
            self._done.append(self.strategy)
            self._show(self._undone.pop())

    def _show(self, strategy: Strategy) -> None:
        self.strategy, self._last_edit, self.refused = strategy, None, {}
        self._judge()
        self.changed.emit()

    def _open(self) -> Strategy:
        if self.strategy is None:
            raise LookupError("no strategy is open")
        return self.strategy

    def _change(self, changed: Strategy, edit: tuple[str, str] | None = None) -> None:
        before = self._open()
        if changed != before:
            if edit is None or edit != self._last_edit:
                self._done = [*self._done[-_MOST_UNDONE:], before]
            self._last_edit = edit
            self._undone = []
            self.strategy = changed
            self._judge()
        self.changed.emit()

    def _judge(self) -> None:
        strategy = self.strategy
        if strategy is None:
            self.findings, self.needed = (), Decimal(0)
            return
        account = replace(self.account, cash=self.allocated)
        self.findings = tuple(check_strategy(strategy, shipped_variables(), account))
        self.needed = capital_needed(strategy, account)


def _with_node_ids(strategy: Strategy) -> Strategy:
    return replace(strategy, rules=tuple(map(_node_ids_of, strategy.rules)))


def _node_ids_of(rule: Rule) -> Rule:
    """Give every condition an id, which is no part of what it means."""
    arming = None if rule.arming is None else with_ids(rule.arming)
    return replace(rule, trigger=with_ids(rule.trigger), arming=arming)


def _reads(rule: Rule, target: str) -> bool:
    return any(
        _names(expression, target)
        for expression in (rule.trigger, rule.arming)
        if expression is not None
    )


def _names(expression: Expression, target: str) -> bool:
    registry = shipped_variables()
    return any(
        parameter.kind is ParameterKind.RULE and operand.parameter(parameter.name) == target
        for operand in operands(expression)
        for parameter in registry[operand.variable].parameters
    )


def _without(rule: Rule, target: str) -> Rule:
    if not isinstance(rule.action, EnterMode):
        return rule
    action = replace(
        rule.action,
        suspends=tuple(each for each in rule.action.suspends if each != target),
        arms=tuple(each for each in rule.action.arms if each != target),
    )
    return replace(rule, action=action)
