"""A comparison as fields to be filled in, made from the registry."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.domain.compatibility import comparators_for
from upbit_auto_trading.domain.expression import (
    CHANGES,
    MAX_BARS,
    MAX_NUMBER,
    MAX_OFFSET,
    SPANS,
    TOLERANCES,
    Comparison,
    Constant,
    VariableOperand,
)
from upbit_auto_trading.domain.timeframe import TIMEFRAMES
from upbit_auto_trading.domain.variable import Parameter, ParameterKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from upbit_auto_trading.domain.expression import ParameterValue
    from upbit_auto_trading.domain.variable import VariableRegistry

FieldValue = float | str
SIDES: Final = ("left", "right", "upper")
CONSTANT: Final = "constant"
VARIABLE: Final = "variable"


class FieldKind(StrEnum):
    """VARIABLE, CHOICE and SOURCE have a list of values; RULE names a rule of a strategy.

    SOURCE says whether a side is a fixed number or a variable.
    """

    VARIABLE = "variable"
    CHOICE = "choice"
    SOURCE = "source"
    WHOLE = "whole"
    NUMBER = "number"
    RULE = "rule"


@dataclass(frozen=True, slots=True)
class Field:
    """One thing of a comparison that can be set. Bounds are inclusive.

    `key` is a path such as `left.parameters.period`; `parameter` is given for those. `usual`
    are values one press away.
    """

    key: str
    kind: FieldKind
    value: FieldValue
    choices: tuple[str, ...] = ()
    minimum: float = -MAX_NUMBER
    maximum: float = MAX_NUMBER
    parameter: Parameter | None = None
    usual: tuple[float, ...] = ()

    @property
    def side(self) -> str:
        """`left`, `right` or `upper`; empty for what belongs to the whole comparison."""
        first = self.key.partition(".")[0]
        return first if first in SIDES else ""


class FieldValueError(ValueError):
    """A value the field doesn't take; `nearest` is the one it would take, None if there is none.

    `reason` is `range`, `whole`, `number` or `choice`.
    """

    def __init__(self, field: Field, reason: str, nearest: float | None = None) -> None:
        super().__init__(f"{field.key}: {reason}")
        self.field = field
        self.reason = reason
        self.nearest = nearest


def fields_of(comparison: Comparison, registry: VariableRegistry) -> tuple[Field, ...]:
    """Return the comparison's fields in the order of a form: left side, comparator, right side.

    Raises:
        UnknownVariableError: an operand names no variable.
    """
    return tuple(_fields(comparison, registry))


def _fields(comparison: Comparison, registry: VariableRegistry) -> Iterator[Field]:
    left = registry[comparison.left.variable]
    yield from _operand_fields("left", comparison.left, registry)
    choices = tuple(c.value for c in comparators_for(left))
    yield Field("comparator", FieldKind.CHOICE, comparison.comparator.value, choices)
    if comparison.comparator in TOLERANCES:
        yield Field("tolerance", FieldKind.NUMBER, comparison.tolerance, minimum=0.0)
    for side, operand in (("right", comparison.right), ("upper", comparison.upper)):
        if operand is None:
            continue
        is_fixed = isinstance(operand, Constant)
        if side == "right" or not is_fixed:
            source = CONSTANT if is_fixed else VARIABLE
            yield Field(f"{side}.source", FieldKind.SOURCE, source, (CONSTANT, VARIABLE))
        if isinstance(operand, Constant):
            percent = comparison.comparator in CHANGES and left.is_proportional
            usual = () if percent else left.levels
            yield Field(f"{side}.constant", FieldKind.NUMBER, operand.value, usual=usual)
        else:
            yield from _operand_fields(side, operand, registry)
    if comparison.comparator in SPANS:
        yield Field("span", FieldKind.WHOLE, comparison.span, minimum=1, maximum=MAX_BARS)
    if left.has_bars:
        yield Field("for_bars", FieldKind.WHOLE, comparison.for_bars, minimum=1, maximum=MAX_BARS)


def _operand_fields(
    side: str, operand: VariableOperand, registry: VariableRegistry
) -> Iterator[Field]:
    variable = registry[operand.variable]
    names = tuple(one.id for one in registry)
    yield Field(f"{side}.variable", FieldKind.VARIABLE, variable.id, names)
    values = dict(registry.parameters(operand))
    for parameter in variable.parameters:
        key = f"{side}.parameters.{parameter.name}"
        yield _parameter_field(key, parameter, values[parameter.name])
    if variable.has_bars:
        timeframe = str(operand.timeframe)
        yield Field(f"{side}.timeframe", FieldKind.CHOICE, timeframe, tuple(TIMEFRAMES))
        if len(variable.bars) > 1:
            bars = tuple(bar.value for bar in variable.bars)
            yield Field(f"{side}.bar", FieldKind.CHOICE, operand.bar.value, bars)
        yield Field(
            f"{side}.offset", FieldKind.WHOLE, operand.offset, minimum=0, maximum=MAX_OFFSET
        )
    yield Field(f"{side}.multiplier", FieldKind.NUMBER, operand.multiplier)


def _parameter_field(key: str, parameter: Parameter, value: ParameterValue) -> Field:
    if parameter.kind is ParameterKind.CHOICE:
        choices = tuple(choice.value for choice in parameter.choices)
        return Field(key, FieldKind.CHOICE, value, choices, parameter=parameter)
    if parameter.kind is ParameterKind.RULE:
        return Field(key, FieldKind.RULE, value, parameter=parameter)
    whole = parameter.kind is ParameterKind.INTEGER
    kind = FieldKind.WHOLE if whole else FieldKind.NUMBER
    bounds = parameter.minimum, parameter.maximum
    return Field(key, kind, value, (), *bounds, parameter)
