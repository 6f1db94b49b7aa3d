"""What is wrong with a strategy before it runs: codes and facts a screen can word."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.domain.account import EXACT, Account
from upbit_auto_trading.domain.compatibility import mismatch
from upbit_auto_trading.domain.condition_bounds import contradictions, never_true
from upbit_auto_trading.domain.expression import (
    Bar,
    Comparator,
    Comparison,
    Constant,
    Expression,
    VariableOperand,
    comparisons,
    operands,
)
from upbit_auto_trading.domain.rule import BuyAmount, EnterMode, Firing, Role, Rule, Sell
from upbit_auto_trading.domain.variable import Need, VariableRegistry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from upbit_auto_trading.domain.strategy import Strategy
    from upbit_auto_trading.domain.truth import Fact


class Severity(StrEnum):
    """ERROR: mustn't be saved for trading. WARNING: likely a mistake. NOTICE: to be known."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


class FindingCode(StrEnum):
    """What was found."""

    NO_ENTRY = "no_entry"
    NO_EXIT = "no_exit"
    AMOUNT_BELOW_MINIMUM = "amount_below_minimum"
    CAPITAL_EXCEEDED = "capital_exceeded"
    UNLIMITED_ADDS = "unlimited_adds"
    MISMATCH = "mismatch"
    NEVER_TRUE = "never_true"
    CONTRADICTION = "contradiction"
    NEVER_KNOWN = "never_known"
    STOP_ABOVE_AVERAGING = "stop_above_averaging"
    TRAILING_BELOW_ENTRY = "trailing_below_entry"
    ARMS_WITHOUT_ARMING = "arms_without_arming"
    LEVEL_IGNORED = "level_ignored"
    RISK_NOT_FIRST = "risk_not_first"
    NEVER_ACTS = "never_acts"
    CAN_REPAINT = "can_repaint"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found, about `rule` or the whole strategy (empty).

    Facts by code: amounts `amount`, `minimum`, `needed`, `allocated`; conditions `node`;
    conflicts `other` and the levels `stop`, `level`, `worst`; `target` and `variable` by id.
    """

    code: FindingCode
    severity: Severity
    rule: str = ""
    facts: tuple[Fact, ...] = ()


_ERROR: Final = Severity.ERROR
_WARNING: Final = Severity.WARNING
_NOTICE: Final = Severity.NOTICE


def check_strategy(
    strategy: Strategy, registry: VariableRegistry, account: Account
) -> list[Finding]:
    """Return what is wrong with the strategy on such an account, errors first."""
    rules = [rule for rule in strategy.rules if rule.enabled]
    found = [*_whole(rules), *_capital(strategy, rules, account), *_conflicts(rules)]
    for rule in rules:
        found += _rule(rule, strategy, registry, account)
    order = list(Severity)
    return sorted(found, key=lambda finding: order.index(finding.severity))


def capital_needed(strategy: Strategy, account: Account) -> Decimal:
    """Return the most one position can spend with fees: the dearest entry and every add.

    Adds without a limit count once; a share of cash counts as that share.
    """
    entries, adds = [Decimal(0)], Decimal(0)
    for rule in strategy.rules:
        if not rule.enabled or not rule.buys:
            continue
        action = rule.action
        amount = (
            action.amount
            if isinstance(action, BuyAmount)
            else account.share(getattr(action, "percent", 0.0))
        )
        cost = account.with_fee(amount)
        if rule.role is Role.ENTRY:
            entries.append(cost)
        else:
            adds = EXACT.add(adds, cost * (1 if rule.limit is None else rule.limit))
    return EXACT.add(max(entries), adds)


def _whole(rules: list[Rule]) -> Iterator[Finding]:
    if not any(rule.role is Role.ENTRY and rule.buys for rule in rules):
        yield Finding(FindingCode.NO_ENTRY, _ERROR)
    if not any(isinstance(rule.action, Sell) for rule in rules):
        yield Finding(FindingCode.NO_EXIT, _WARNING)
    ordering = [rule for rule in rules if rule.buys or isinstance(rule.action, Sell)]
    for place, rule in enumerate(ordering):
        if rule.role is Role.RISK and any(r.role is not Role.RISK for r in ordering[:place]):
            other = next(r.id for r in ordering if r.role is not Role.RISK)
            yield Finding(FindingCode.RISK_NOT_FIRST, _WARNING, rule.id, (("other", other),))


def _capital(strategy: Strategy, rules: list[Rule], account: Account) -> Iterator[Finding]:
    allocated = account.cash if strategy.allocation is None else strategy.allocation
    needed = capital_needed(strategy, account)
    if needed > allocated:
        facts = (("needed", str(needed)), ("allocated", str(allocated)))
        yield Finding(FindingCode.CAPITAL_EXCEEDED, _ERROR, "", facts)
    for rule in rules:
        if rule.role is Role.SCALE_IN and rule.buys and rule.limit is None:
            yield Finding(FindingCode.UNLIMITED_ADDS, _WARNING, rule.id)


def _rule(
    rule: Rule, strategy: Strategy, registry: VariableRegistry, account: Account
) -> Iterator[Finding]:
    if isinstance(rule.action, BuyAmount) and rule.action.amount < account.minimum:
        facts = (("amount", str(rule.action.amount)), ("minimum", str(account.minimum)))
        yield Finding(FindingCode.AMOUNT_BELOW_MINIMUM, _ERROR, rule.id, facts)
    if rule.firing is Firing.LEVEL and not isinstance(rule.action, Sell):
        yield Finding(FindingCode.LEVEL_IGNORED, _NOTICE, rule.id)
    if rule.limit == 0:
        yield Finding(FindingCode.NEVER_ACTS, _NOTICE, rule.id)
    if isinstance(rule.action, EnterMode):
        for target in rule.action.arms:
            if strategy.rule(target).arming is None:
                facts_ = (("target", target),)
                yield Finding(FindingCode.ARMS_WITHOUT_ARMING, _WARNING, rule.id, facts_)
    yield from _conditions(rule, rule.trigger, strategy, registry)
    if rule.arming is not None:
        yield from _conditions(rule, rule.arming, strategy, registry)


def _conditions(
    rule: Rule, expression: Expression, strategy: Strategy, registry: VariableRegistry
) -> Iterator[Finding]:
    for comparison in comparisons(expression):
        node: tuple[Fact, ...] = (("node", comparison.id),)
        if mismatch(comparison, registry) is not None:
            yield Finding(FindingCode.MISMATCH, _ERROR, rule.id, node)
        elif never_true(comparison, registry):
            yield Finding(FindingCode.NEVER_TRUE, _WARNING, rule.id, node)
    for first, second in contradictions(expression):
        facts: tuple[Fact, ...] = (("node", first.id), ("other", second.id))
        yield Finding(FindingCode.CONTRADICTION, _WARNING, rule.id, facts)
    for operand in operands(expression):
        yield from _operand(rule, operand, strategy, registry)


def _operand(
    rule: Rule, operand: VariableOperand, strategy: Strategy, registry: VariableRegistry
) -> Iterator[Finding]:
    variable = registry[operand.variable]
    named: tuple[Fact, ...] = (("variable", variable.id),)
    if rule.role is Role.ENTRY and Need.POSITION in variable.needs:
        yield Finding(FindingCode.NEVER_KNOWN, _WARNING, rule.id, named)
    if operand.bar is Bar.FORMING and variable.has_bars and Bar.CLOSED in variable.bars:
        yield Finding(FindingCode.CAN_REPAINT, _NOTICE, rule.id, named)
    if variable.id == "times_left" and _is_unlimited(strategy, operand.parameter("rule")):
        yield Finding(FindingCode.NEVER_KNOWN, _WARNING, rule.id, named)


def _is_unlimited(strategy: Strategy, target: object) -> bool:
    return any(rule.id == target and rule.limit is None for rule in strategy.rules)


def _conflicts(rules: list[Rule]) -> Iterator[Finding]:
    adds = [(rule, level) for rule in rules if rule.buys for level in _loss_levels(rule.trigger)]
    for rule in rules:
        if not isinstance(rule.action, Sell):
            continue
        for stop in _loss_levels(rule.trigger):
            for add, level in adds:
                if stop >= level:
                    facts: tuple[Fact, ...] = (
                        ("other", add.id),
                        ("stop", stop),
                        ("level", level),
                    )
                    yield Finding(FindingCode.STOP_ABOVE_AVERAGING, _WARNING, rule.id, facts)
        worst = _worst_trailing(rule)
        if worst is not None and worst < 0:
            yield Finding(FindingCode.TRAILING_BELOW_ENTRY, _WARNING, rule.id, (("worst", worst),))


def _loss_levels(expression: Expression) -> list[float]:
    """Return the losses in percent (negative) from which a lone condition on profit holds."""
    return [level for level in _levels(expression, "profit_percent", falling=True) if level < 0]


def _levels(expression: Expression, variable: str, *, falling: bool) -> list[float]:
    wanted = (
        (Comparator.LESS, Comparator.LESS_EQUAL, Comparator.CROSSES_DOWN)
        if falling
        else (Comparator.GREATER, Comparator.GREATER_EQUAL, Comparator.CROSSES_UP)
    )
    if not isinstance(expression, Comparison) or expression.comparator not in wanted:
        return []
    if expression.left.variable != variable or not isinstance(expression.right, Constant):
        return []
    return [expression.right.value / expression.left.multiplier]


def _worst_trailing(rule: Rule) -> float | None:
    """Return the profit in percent at which a trailing stop sells at the earliest."""
    if rule.arming is None:
        return None
    armed = _levels(rule.arming, "profit_percent", falling=False)
    drops = _levels(rule.trigger, "drawdown_from_peak", falling=True)
    if not armed or not drops:
        return None
    return ((1 + min(armed) / 100) * (1 + min(drops) / 100) - 1) * 100
