"""The numbers of a rule that a user edits in its sentence: where they are, what they may be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.domain.expression import (
    CHANGES,
    MAX_NUMBER,
    Comparison,
    Constant,
    Expression,
    Group,
    comparisons,
)
from upbit_auto_trading.domain.rule import BuyAmount, BuyPercent, Role, Rule, Sell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from upbit_auto_trading.domain.variable import VariableRegistry

_MOST_KRW: Final = 1e15
_MOST_TIMES: Final = 1_000
_LONGEST_MINUTES: Final = 366 * 1440
_MINUTE_MS: Final = 60_000
_SECOND_MS: Final = 1_000


@dataclass(frozen=True, slots=True)
class RuleNumber:
    """One number of a rule.

    `path` addresses it: `trigger.0.right`, `arming.0.upper`, `amount`, `percent`, `limit`,
    `blocks_entry` (minutes), `cooldown` (seconds). `comparison` is the condition it stands in,
    None elsewhere. `whole`: it has no decimals.
    """

    path: str
    value: float
    lowest: float
    highest: float
    whole: bool = False
    comparison: Comparison | None = None


class NumberOutOfRangeError(ValueError):
    """A number that its place doesn't take."""

    def __init__(self, number: RuleNumber, given: float) -> None:
        super().__init__(f"{number.path}: {given:g} isn't in {number.lowest:g}…{number.highest:g}")
        self.number = number
        self.given = given


def rule_numbers(rule: Rule, registry: VariableRegistry) -> tuple[RuleNumber, ...]:
    """Return every number of the rule, in the order its sentence tells them."""
    found: list[RuleNumber] = []
    if rule.arming is not None:
        found += _of_expression("arming", rule.arming, registry)
    found += _of_expression("trigger", rule.trigger, registry)
    action = rule.action
    if isinstance(action, BuyAmount):
        found.append(RuleNumber("amount", float(action.amount), 0.0, _MOST_KRW))
    elif isinstance(action, BuyPercent) or (isinstance(action, Sell) and action.percent < 100):
        found.append(RuleNumber("percent", action.percent, 0.01, 100.0))
    if rule.blocks_entry_ms:
        minutes = rule.blocks_entry_ms / _MINUTE_MS
        found.append(RuleNumber("blocks_entry", minutes, 0.0, _LONGEST_MINUTES))
    if rule.limit is not None and rule.role is not Role.ENTRY:
        found.append(RuleNumber("limit", rule.limit, 0, _MOST_TIMES, whole=True))
    if rule.cooldown_ms:
        seconds = rule.cooldown_ms / _SECOND_MS
        found.append(RuleNumber("cooldown", seconds, 0.0, _LONGEST_MINUTES * 60))
    return tuple(found)


def with_number(rule: Rule, path: str, value: float, registry: VariableRegistry) -> Rule:
    """Return the rule with another number at `path`.

    Raises:
        LookupError: the rule has no such number.
        NumberOutOfRangeError: its place doesn't take it.
    """
    number = next((each for each in rule_numbers(rule, registry) if each.path == path), None)
    if number is None:
        raise LookupError(path)
    if not number.lowest <= value <= number.highest or (number.whole and value != int(value)):
        raise NumberOutOfRangeError(number, value)
    action = rule.action
    if path == "amount":
        return replace(rule, action=BuyAmount(_amount(value)))
    if path == "percent" and isinstance(action, BuyPercent | Sell):
        return replace(rule, action=replace(action, percent=value))
    if path == "blocks_entry":
        return replace(rule, blocks_entry_ms=round(value * _MINUTE_MS))
    if path == "limit":
        return replace(rule, limit=int(value))
    if path == "cooldown":
        return replace(rule, cooldown_ms=round(value * _SECOND_MS))
    part, place, side = path.split(".")
    if part == "trigger":
        return replace(rule, trigger=_put(rule.trigger, int(place), side, value))
    assert rule.arming is not None  # noqa: S101 -- its numbers were found above
    return replace(rule, arming=_put(rule.arming, int(place), side, value))


def _amount(value: float) -> Decimal:
    """Return a typed amount as the decimal that was typed."""
    text = repr(value)
    amount = Decimal(text)
    return amount.quantize(Decimal(1)) if amount == amount.to_integral_value() else amount


def _of_expression(
    part: str, expression: Expression, registry: VariableRegistry
) -> Iterator[RuleNumber]:
    for place, comparison in enumerate(comparisons(expression)):
        lowest, highest = _bounds(comparison, registry)
        for side in ("right", "upper"):
            operand = getattr(comparison, side)
            if isinstance(operand, Constant):
                yield RuleNumber(
                    f"{part}.{place}.{side}",
                    operand.value,
                    lowest,
                    highest,
                    comparison=comparison,
                )


def _bounds(comparison: Comparison, registry: VariableRegistry) -> tuple[float, float]:
    if comparison.comparator in CHANGES:
        return 0.0, MAX_NUMBER
    variable = registry[comparison.left.variable]
    lowest = -MAX_NUMBER if variable.minimum is None else variable.minimum
    highest = MAX_NUMBER if variable.maximum is None else variable.maximum
    factor = comparison.left.multiplier
    ends = sorted((lowest * factor, highest * factor))
    return max(ends[0], -MAX_NUMBER), min(ends[1], MAX_NUMBER)


def _put(expression: Expression, place: int, side: str, value: float) -> Expression:
    """Return the tree with a constant of its `place`th comparison replaced."""
    at = -1

    def changed(node: Expression) -> Expression:
        nonlocal at
        if isinstance(node, Group):
            return replace(node, children=tuple(map(changed, node.children)))
        at += 1
        if at != place:
            return node
        constant = Constant(float(value))
        return replace(node, right=constant) if side == "right" else replace(node, upper=constant)

    return changed(expression)
