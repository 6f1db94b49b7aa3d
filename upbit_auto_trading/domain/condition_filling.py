"""Filling in the fields of a comparison: what depends on a field follows it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from upbit_auto_trading.domain.compatibility import comparable, comparators_for, usual_level
from upbit_auto_trading.domain.condition_fields import (
    CONSTANT,
    Field,
    FieldKind,
    FieldValue,
    FieldValueError,
    fields_of,
)
from upbit_auto_trading.domain.expression import (
    CHANGES,
    RANGES,
    SLOPES,
    SPANS,
    Bar,
    Comparator,
    Comparison,
    Constant,
    Operand,
    VariableOperand,
)
from upbit_auto_trading.domain.first_comparison import placed_operand
from upbit_auto_trading.domain.variable import ParameterKind

if TYPE_CHECKING:
    from upbit_auto_trading.domain.variable import Variable, VariableRegistry


def with_field(
    comparison: Comparison, key: str, value: FieldValue, registry: VariableRegistry
) -> Comparison:
    """Return the comparison with one field set; what depends on it follows.

    Another variable keeps the candles; a right side that had the left one's candles stays with
    them; another comparator finds the sides it needs.

    Raises:
        FieldValueError: the field doesn't take the value.
        KeyError: the comparison has no such field.
    """
    field = next((one for one in fields_of(comparison, registry) if one.key == key), None)
    if field is None:
        raise KeyError(key)
    value = _checked(field, value)
    if key == "comparator":
        return with_comparator(comparison, Comparator(str(value)), registry)
    if key in ("span", "for_bars"):
        count: dict[str, Any] = {key: int(float(value))}
        return replace(comparison, **count)
    if key == "tolerance":
        return replace(comparison, tolerance=float(value))
    side, _, rest = key.partition(".")
    operand: Operand | None = getattr(comparison, side)
    if rest == "source":
        return _with_source(comparison, side, str(value), registry)
    if isinstance(operand, Constant):
        return with_operand(comparison, side, Constant(float(value)), registry)
    assert operand is not None  # noqa: S101 -- fields are made for sides that are there
    changed = _changed(operand, rest, value, registry)
    result = with_operand(comparison, side, changed, registry)
    if side == "left" and rest in ("timeframe", "bar"):
        result = _followed(comparison, result, registry)
    return result


def with_operand(
    comparison: Comparison, side: str, operand: Operand, registry: VariableRegistry
) -> Comparison:
    """Return the comparison with another operand on a side.

    A constant on the right gives way to a usual level where the left side's unit changes.
    """
    if side != "left" or not isinstance(operand, VariableOperand):
        return _with_side(comparison, side, operand)
    before, after = registry[comparison.left.variable], registry[operand.variable]
    changed = replace(comparison, left=operand)
    if changed.comparator not in comparators_for(after):
        changed = with_comparator(changed, Comparator.GREATER_EQUAL, registry)
    if comparable(before, after):
        return changed
    sides: dict[str, Any] = {
        name: Constant(_level(after, changed.comparator))
        for name in ("right", "upper")
        if isinstance(getattr(changed, name), Constant)
    }
    return replace(changed, **sides)


def with_comparator(
    comparison: Comparison, comparator: Comparator, registry: VariableRegistry
) -> Comparison:
    """Return the comparison with another comparator and the sides that one needs."""
    left = registry[comparison.left.variable]
    right, upper = comparison.right, comparison.upper
    was_change, is_change = comparison.comparator in CHANGES, comparator in CHANGES
    if comparator not in SLOPES and right is None:
        right = Constant(1.0 if is_change else _level(left, comparator))
    if left.is_proportional and was_change is not is_change:
        # A change is told in percent, the variable itself isn't.
        right = Constant(1.0 if is_change else _level(left, comparator))
    if comparator in RANGES and upper is None:
        highest = max(left.levels, default=0.0)
        upper = right if isinstance(right, VariableOperand) else Constant(highest)
        if isinstance(right, Constant) and right.value >= highest:
            right = Constant(min(left.levels, default=right.value))
    span = comparison.span if comparator in SPANS else 1
    tolerance = comparison.tolerance or 1.0
    return replace(
        comparison, comparator=comparator, right=right, upper=upper, span=span, tolerance=tolerance
    )


def _checked(field: Field, value: FieldValue) -> FieldValue:
    if field.kind in (FieldKind.WHOLE, FieldKind.NUMBER):
        if isinstance(value, str):
            raise FieldValueError(field, "number")
        nearest = min(max(value, field.minimum), field.maximum)
        if field.kind is FieldKind.WHOLE:
            nearest = round(nearest)
        if not field.minimum <= value <= field.maximum:
            raise FieldValueError(field, "range", nearest)
        if field.kind is FieldKind.WHOLE and value != int(value):
            raise FieldValueError(field, "whole", nearest)
        return int(value) if field.kind is FieldKind.WHOLE else value
    if field.kind is not FieldKind.RULE and value not in field.choices:
        raise FieldValueError(field, "choice")
    return value


def _changed(
    operand: VariableOperand, rest: str, value: FieldValue, registry: VariableRegistry
) -> VariableOperand:
    if rest == "variable":
        return placed_operand(registry[str(value)], operand)
    if rest.startswith("parameters."):
        name = rest.removeprefix("parameters.")
        kept = tuple(pair for pair in operand.parameters if pair[0] != name)
        parameter = next(p for p in registry[operand.variable].parameters if p.name == name)
        is_default = parameter.kind is not ParameterKind.RULE and value == parameter.default
        return replace(operand, parameters=kept if is_default else (*kept, (name, value)))
    if rest == "bar":
        return replace(operand, bar=Bar(str(value)))
    if rest == "offset":
        return replace(operand, offset=int(float(value)))
    if rest == "multiplier":
        return replace(operand, multiplier=float(value))
    return replace(operand, timeframe=str(value))


def _followed(before: Comparison, after: Comparison, registry: VariableRegistry) -> Comparison:
    """Let sides that had the left one's candles stay with them."""
    sides: dict[str, Any] = {}
    for side in ("right", "upper"):
        operand = getattr(after, side)
        if not isinstance(operand, VariableOperand):
            continue
        same = (operand.timeframe, operand.bar) == (before.left.timeframe, before.left.bar)
        if same and after.left.bar in registry[operand.variable].bars:
            sides[side] = replace(operand, timeframe=after.left.timeframe, bar=after.left.bar)
    return replace(after, **sides)


def _with_source(
    comparison: Comparison, side: str, source: str, registry: VariableRegistry
) -> Comparison:
    """Turn a side into a fixed number, or into the variable that fits best."""
    left = registry[comparison.left.variable]
    if source == CONSTANT:
        operand: Operand = Constant(_level(left, comparison.comparator))
    else:
        operand = placed_operand(_partner(left, comparison, registry), comparison.left)
    return _with_side(comparison, side, operand)


def _partner(left: Variable, comparison: Comparison, registry: VariableRegistry) -> Variable:
    if comparison.comparator in CHANGES and left.is_proportional:
        return registry["bar_change"]
    if left.average is not None:
        return registry[left.average]
    others = (v for v in registry if v.id != left.id and comparable(left, v))
    return next(others, left)


def _level(variable: Variable, comparator: Comparator) -> float:
    level = usual_level(variable, comparator)
    return 0.0 if level is None else level


def _with_side(comparison: Comparison, side: str, operand: Operand) -> Comparison:
    sides: dict[str, Any] = {side: operand}
    return replace(comparison, **sides)
