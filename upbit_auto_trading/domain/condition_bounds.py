"""Conditions no value can meet: limits outside a variable's range, or against each other."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.domain.expression import (
    Comparator,
    Comparison,
    Constant,
    Expression,
    Group,
    GroupKind,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from upbit_auto_trading.domain.variable import VariableRegistry

_LOWER: Final = frozenset({Comparator.GREATER, Comparator.GREATER_EQUAL, Comparator.CROSSES_UP})
_UPPER: Final = frozenset({Comparator.LESS, Comparator.LESS_EQUAL, Comparator.CROSSES_DOWN})
_STRICT: Final = frozenset(
    {Comparator.GREATER, Comparator.CROSSES_UP, Comparator.LESS, Comparator.CROSSES_DOWN}
)
_ANYTHING: Final = (float("-inf"), float("inf"))


def allowed(comparison: Comparison) -> tuple[float, float] | None:
    """Return the values of the left side that can hold, None where that isn't constant."""
    right, upper = comparison.right, comparison.upper
    if not isinstance(right, Constant):
        return None
    lowest, highest = _ANYTHING
    if comparison.comparator in _LOWER:
        return right.value, highest
    if comparison.comparator in _UPPER:
        return lowest, right.value
    if comparison.comparator is Comparator.EQUAL:
        return right.value, right.value
    if comparison.comparator is Comparator.INSIDE and isinstance(upper, Constant):
        return right.value, upper.value
    return None


def never_true(comparison: Comparison, registry: VariableRegistry) -> bool:
    """Whether no value in the variable's range meets the comparison."""
    found = allowed(comparison)
    factor = comparison.left.multiplier
    if found is None or factor <= 0:
        return False
    variable = registry[comparison.left.variable]
    lowest, highest = _ANYTHING
    if variable.minimum is not None:
        lowest = variable.minimum * factor - variable.tolerance
    if variable.maximum is not None:
        highest = variable.maximum * factor + variable.tolerance
    strict = comparison.comparator in _STRICT
    if comparison.comparator is Comparator.INSIDE and found[0] > found[1]:
        return True
    return (
        found[0] > highest
        or found[1] < lowest
        or (strict and (found[0] == highest or found[1] == lowest))
    )


def contradictions(expression: Expression) -> Iterator[tuple[Comparison, Comparison]]:
    """Yield pairs of conditions that must both hold and can't."""
    waiting = [expression]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, Group):
            continue
        waiting.extend(node.children)
        if node.kind is not GroupKind.ALL:
            continue
        lone = [child for child in node.children if isinstance(child, Comparison)]
        for first, second in combinations(lone, 2):
            if first.left != second.left:
                continue
            one, other = allowed(first), allowed(second)
            if one is not None and other is not None and _apart(one, other):
                yield first, second


def _apart(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return max(one[0], other[0]) > min(one[1], other[1])
