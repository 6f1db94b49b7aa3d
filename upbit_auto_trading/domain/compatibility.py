"""Which comparisons make sense, why others don't, and how to put those right with one press."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from upbit_auto_trading.domain.expression import (
    CHANGES,
    CROSSINGS,
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
from upbit_auto_trading.domain.truth import Fact
from upbit_auto_trading.domain.variable import Unit, Variable, VariableRegistry

_DOWNWARD: Final = frozenset(
    {Comparator.LESS, Comparator.LESS_EQUAL, Comparator.CROSSES_DOWN, Comparator.FALLS_BY}
)
_WITHOUT_HISTORY: Final = {
    Comparator.CROSSES_UP: Comparator.GREATER_EQUAL,
    Comparator.CROSSES_DOWN: Comparator.LESS_EQUAL,
}


class MismatchCode(StrEnum):
    """Why a comparison can't be made.

    UNITS: the sides count different things. NO_HISTORY: the comparator or `for_bars` looks at
    earlier bars and a side has none.
    """

    UNITS = "units"
    NO_HISTORY = "no_history"


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Why a comparison can't be made.

    Facts of UNITS: `left`, `right` (variable ids), `left_unit`, `right_unit`; of NO_HISTORY:
    `variable`.
    """

    code: MismatchCode
    facts: tuple[Fact, ...]

    def fact(self, name: str) -> float | str:
        """Return one of the facts."""
        return dict(self.facts)[name]


class RepairCode(StrEnum):
    """What a repair does.

    CONSTANT: compare with a usual level. AVERAGE: with the variable's own moving average.
    AS_CHANGE: with, or as, a change in percent. WITHOUT_HISTORY: compare the newest values.
    """

    CONSTANT = "constant"
    AVERAGE = "average"
    AS_CHANGE = "as_change"
    WITHOUT_HISTORY = "without_history"


@dataclass(frozen=True, slots=True)
class Repair:
    """A comparison that makes sense in place of one that doesn't."""

    code: RepairCode
    comparison: Comparison


class Side(StrEnum):
    """A place of a comparison that an operand can be dropped on."""

    LEFT = "left"
    RIGHT = "right"
    UPPER = "upper"


def comparable(one: Variable, other: Variable) -> bool:
    """Whether the numbers of two variables can be held against each other."""
    return one.unit is other.unit and one.family == other.family


def mismatch(comparison: Comparison, registry: VariableRegistry) -> Mismatch | None:
    """Return why the comparison makes no sense, None where it does.

    Raises:
        UnknownVariableError: an operand names no variable.
    """
    left = registry[comparison.left.variable]
    for operand in (comparison.right, comparison.upper):
        if not isinstance(operand, VariableOperand):
            continue
        right = registry[operand.variable]
        if not _fits_right(left, right, comparison.comparator):
            facts = (
                ("left", left.id),
                ("right", right.id),
                ("left_unit", left.unit.value),
                ("right_unit", right.unit.value),
            )
            return Mismatch(MismatchCode.UNITS, facts)
    for operand in comparison.operands:
        if isinstance(operand, VariableOperand) and _misses_history(comparison, operand, registry):
            return Mismatch(MismatchCode.NO_HISTORY, (("variable", operand.variable),))
    return None


def _fits_right(left: Variable, right: Variable, comparator: Comparator) -> bool:
    if comparator in CHANGES and left.is_proportional:
        return right.unit is Unit.PERCENT and right.family == Unit.PERCENT.value
    return comparable(left, right)


def _misses_history(
    comparison: Comparison, operand: VariableOperand, registry: VariableRegistry
) -> bool:
    looks_back = comparison.comparator in CROSSINGS or comparison.for_bars > 1
    if operand is comparison.left:
        looks_back = looks_back or comparison.comparator in SPANS
    return looks_back and not registry[operand.variable].has_bars


def comparators_for(variable: Variable) -> tuple[Comparator, ...]:
    """Return the comparators that fit a variable on the left, in the order of their names."""
    if variable.has_bars:
        return tuple(Comparator)
    return tuple(c for c in Comparator if c not in CROSSINGS | SPANS)


def fitting(comparison: Comparison, side: Side, registry: VariableRegistry) -> tuple[Variable, ...]:
    """Return the variables that may be dropped on a side, in palette order.

    On the left everything may go that fits what stands on the right.
    """

    def fits(candidate: Variable) -> bool:
        operand = operand_for(candidate, like=comparison.left)
        if side is Side.LEFT:
            changed = replace(comparison, left=operand)
        elif side is Side.UPPER and comparison.comparator in RANGES:
            changed = replace(comparison, upper=operand)
        elif side is Side.RIGHT and comparison.comparator not in SLOPES:
            changed = replace(comparison, right=operand)
        else:
            return False
        return mismatch(changed, registry) is None

    return tuple(variable for variable in registry if fits(variable))


def operand_for(variable: Variable, like: VariableOperand | None = None) -> VariableOperand:
    """Return an operand of the variable with its defaults, on the timeframe and bar of `like`."""
    if not variable.has_bars:
        return VariableOperand(variable.id)
    timeframe = (like.timeframe if like else None) or "1m"
    bar = like.bar if like and like.bar in variable.bars else variable.bars[0]
    return VariableOperand(variable.id, (), timeframe, bar)


def repairs(comparison: Comparison, registry: VariableRegistry) -> tuple[Repair, ...]:
    """Return what to offer instead of a comparison that makes no sense, most usual first."""
    found = mismatch(comparison, registry)
    if found is None:
        return ()
    if found.code is MismatchCode.NO_HISTORY:
        candidates = _newest_values(comparison)
    else:
        candidates = _other_sides(comparison, registry)
    return tuple(
        repair
        for repair in dict.fromkeys(candidates)
        if mismatch(repair.comparison, registry) is None
    )


def _newest_values(comparison: Comparison) -> Iterator[Repair]:
    plain = _WITHOUT_HISTORY.get(comparison.comparator, comparison.comparator)
    if plain not in SPANS:
        changed = replace(comparison, comparator=plain, for_bars=1)
        yield Repair(RepairCode.WITHOUT_HISTORY, changed)


def _other_sides(comparison: Comparison, registry: VariableRegistry) -> Iterator[Repair]:
    left = registry[comparison.left.variable]
    level = usual_level(left, comparison.comparator)
    if level is not None and comparison.comparator not in RANGES:
        yield Repair(RepairCode.CONSTANT, replace(comparison, right=Constant(level)))
    if left.average is not None:
        average = _carried(comparison.left, registry[left.average], registry)
        yield Repair(RepairCode.AVERAGE, replace(comparison, right=average, upper=None))
    yield from _as_changes(comparison, registry)


def _as_changes(comparison: Comparison, registry: VariableRegistry) -> Iterator[Repair]:
    left = registry[comparison.left.variable]
    changed_left = _change_of(comparison.left, registry)
    changed_right = _change_of(comparison.right, registry)
    if left.unit is Unit.PERCENT and changed_right is not None:
        yield Repair(RepairCode.AS_CHANGE, replace(comparison, right=changed_right))
    elif changed_left is not None:
        yield Repair(RepairCode.AS_CHANGE, replace(comparison, left=changed_left))
    elif changed_right is not None and comparison.comparator not in RANGES | CHANGES:
        level = usual_level(registry[changed_right.variable], comparison.comparator)
        if level is not None:
            changed = replace(comparison, left=changed_right, right=Constant(level))
            yield Repair(RepairCode.AS_CHANGE, changed)


def _change_of(operand: Operand | None, registry: VariableRegistry) -> VariableOperand | None:
    if not isinstance(operand, VariableOperand):
        return None
    link = registry[operand.variable].as_change
    return None if link is None else _carried(operand, registry[link], registry)


def _carried(operand: VariableOperand, to: Variable, registry: VariableRegistry) -> VariableOperand:
    """Return `to` with the timeframe, the bar and the parameters of `operand` it also has."""
    names = {parameter.name: parameter for parameter in to.parameters}
    source = registry[operand.variable]
    shared = tuple(
        (name, value)
        for name, value in operand.parameters
        if name in names and names[name].accepts(value) and source.average == to.id
    )
    target = operand_for(to, like=operand)
    offset = operand.offset if to.has_bars else 0
    return replace(target, parameters=shared, offset=offset)


def usual_level(variable: Variable, comparator: Comparator) -> float | None:
    """Return the level nearest the middle on the comparator's side: 30 for RSI below, 70 above."""
    levels = sorted(variable.levels)
    if not levels:
        return None
    half = len(levels) // 2
    if comparator in _DOWNWARD:
        return levels[max(half - 1, 0)]
    return levels[min(len(levels) - half, len(levels) - 1)]


def reads_forming_bar(comparison: Comparison, registry: VariableRegistry) -> bool:
    """Whether the comparison can still turn before its candle closes (it repaints)."""
    return any(
        isinstance(operand, VariableOperand)
        and registry[operand.variable].has_bars
        and operand.bar is Bar.FORMING
        for operand in comparison.operands
    )
