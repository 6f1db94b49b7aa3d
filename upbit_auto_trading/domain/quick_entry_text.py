"""Comparisons written as the quick line reads them, and back to an equal comparison."""

from typing import Final

from upbit_auto_trading.domain.expression import (
    CHANGES,
    RANGES,
    SLOPES,
    TOLERANCES,
    Comparator,
    Comparison,
    Constant,
    Operand,
    ParameterValue,
)
from upbit_auto_trading.domain.variable import (
    Counted,
    ParameterKind,
    VariableRegistry,
)

_SPELLED: Final = {
    Comparator.CROSSES_UP: "crosses up",
    Comparator.CROSSES_DOWN: "crosses down",
    Comparator.RISES_BY: "rises",
    Comparator.FALLS_BY: "falls",
    Comparator.WITHIN: "within",
    Comparator.WITHIN_PERCENT: "within",
}


def entry_text(comparison: Comparison, registry: VariableRegistry) -> str:
    """Return the line that reads back as this comparison, every parameter spelled out.

    Raises:
        UnknownVariableError: an operand names no variable.
    """
    comparator = comparison.comparator
    words = [
        operand_text(comparison.left, registry),
        _SPELLED.get(comparator, comparator.value),
    ]
    if comparator in TOLERANCES:
        sign = "%" if comparator is Comparator.WITHIN_PERCENT else ""
        words.append(f"{number_text(comparison.tolerance)}{sign} of")
    if comparison.right is not None:
        words.append(operand_text(comparison.right, registry))
    if comparator in RANGES and comparison.upper is not None:
        words += ["and", operand_text(comparison.upper, registry)]
    if comparator in SLOPES:
        words.append(str(comparison.span))
    if comparator in CHANGES:
        words.append(f"in {comparison.span}")
    if comparison.for_bars > 1:
        words.append(f"for {comparison.for_bars}")
    return " ".join(words)


def operand_text(operand: Operand, registry: VariableRegistry) -> str:
    """Return one side of a line: `rsi(14) 1m closed [2] * 1.5`."""
    if isinstance(operand, Constant):
        return number_text(operand.value)
    variable = registry[operand.variable]
    values = dict(registry.parameters(operand))
    inside = [
        _parameter_text(parameter.kind, parameter.counts, values[parameter.name])
        for parameter in variable.parameters
    ]
    text = variable.id + (f"({', '.join(inside)})" if inside else "")
    if variable.has_bars:
        text += f" {operand.timeframe}"
        if len(variable.bars) > 1:
            text += f" {operand.bar.value}"
    if operand.offset:
        text += f" [{operand.offset}]"
    if operand.multiplier != 1.0:
        text += f" * {number_text(operand.multiplier)}"
    return text


def _parameter_text(kind: ParameterKind, counts: Counted, value: ParameterValue) -> str:
    if isinstance(value, str):
        return f'"{value}"' if kind is ParameterKind.RULE else value
    seconds = counts is Counted.SECONDS and value == int(value)
    return f"{number_text(value)}s" if seconds else number_text(value)


def number_text(value: float) -> str:
    """Return the shortest text that reads back as the same number."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))
