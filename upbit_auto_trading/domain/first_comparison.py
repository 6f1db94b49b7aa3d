"""What a variable is first compared with when a trader takes it out of the palette."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from upbit_auto_trading.domain.compatibility import operand_for, usual_level
from upbit_auto_trading.domain.expression import (
    Comparator,
    Comparison,
    Constant,
    VariableOperand,
)
from upbit_auto_trading.domain.variable import Category, ParameterKind, Unit

if TYPE_CHECKING:
    from upbit_auto_trading.domain.variable import Variable, VariableRegistry

_BARS_RISING: Final = 3
_FLOORS: Final = frozenset({"window_low", "donchian_lower", "bollinger_lower"})


def placed_operand(variable: Variable, like: VariableOperand | None = None) -> VariableOperand:
    """Return the variable with its defaults; which rule it speaks of is still to be chosen."""
    operand = operand_for(variable, like)
    open_ones = tuple((p.name, "") for p in variable.parameters if p.kind is ParameterKind.RULE)
    if not open_ones:
        return operand
    return VariableOperand(operand.variable, open_ones, operand.timeframe, operand.bar)


def first_comparison(
    variable: Variable, registry: VariableRegistry, like: VariableOperand | None = None
) -> Comparison:
    """Return a comparison that makes sense at once: with a usual level, an average, a price.

    `like` is a variable beside it, whose candles are taken over.
    """
    operand = placed_operand(variable, like)
    comparator = _comparator(variable)
    level = usual_level(variable, comparator)
    if level is not None:
        return Comparison(operand, comparator, Constant(level))
    if variable.average is not None:
        average = placed_operand(registry[variable.average], operand)
        return Comparison(operand, Comparator.GREATER, average)
    averaged = next((v for v in registry if v.average == variable.id), None)
    if averaged is not None:
        return Comparison(placed_operand(averaged, operand), Comparator.GREATER, operand)
    if variable.unit is Unit.PRICE and variable.family == Unit.PRICE.value:
        return _with_price(variable, operand, registry, like)
    if variable.has_bars:
        return Comparison(operand, Comparator.RISING, span=_BARS_RISING)
    return Comparison(operand, Comparator.GREATER, Constant(0.0))


def _comparator(variable: Variable) -> Comparator:
    """Oscillators and losses are watched downwards, everything else upwards."""
    is_loss = variable.maximum is not None and variable.maximum <= 0
    is_index = variable.unit is Unit.INDEX
    return Comparator.LESS_EQUAL if is_loss or is_index else Comparator.GREATER_EQUAL


def _with_price(
    variable: Variable,
    operand: VariableOperand,
    registry: VariableRegistry,
    like: VariableOperand | None,
) -> Comparison:
    if variable.category is Category.PRICE and variable.has_bars:
        average = placed_operand(registry["sma"], operand)
        return Comparison(operand, Comparator.GREATER, average)
    name = "close" if variable.has_bars else "price"
    price = placed_operand(registry[name], operand if variable.has_bars else like)
    if variable.id in _FLOORS:
        return Comparison(price, Comparator.LESS_EQUAL, operand)
    # A price that reaches what it is part of can equal it, never exceed it.
    comparator = Comparator.GREATER if variable.has_bars else Comparator.GREATER_EQUAL
    return Comparison(price, comparator, operand)
