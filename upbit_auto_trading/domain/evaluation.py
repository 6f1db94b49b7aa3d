"""Evaluation: an expression compiled once to closures over one flat list of numbers.

Whoever evaluates numbers the values it needs through `Inputs`, keeps one list with a float for
each (NaN where unknown), and asks every plan about that list.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from upbit_auto_trading.domain.comparison_kernel import (
    Measure,
    Term,
    Terms,
    Test,
    Values,
    bar_test,
    joined,
    negated,
)
from upbit_auto_trading.domain.compatibility import Mismatch, mismatch
from upbit_auto_trading.domain.expression import (
    CHANGES,
    CROSSINGS,
    RANGES,
    SLOPES,
    Comparator,
    Comparison,
    Constant,
    Expression,
    Group,
    GroupKind,
    Operand,
    VariableOperand,
)
from upbit_auto_trading.domain.truth import Truth
from upbit_auto_trading.domain.variable import PERCENT_TOLERANCE, Reading, VariableRegistry

_NAN: Final = float("nan")


@dataclass(frozen=True, slots=True)
class Input:
    """One number to be supplied: a series `back` bars before its newest value (0 = newest)."""

    reading: Reading
    back: int = 0


class Inputs:
    """Numbers what expressions read, so that one list of values serves any number of plans."""

    def __init__(self) -> None:
        self._slots: dict[Input | float, int] = {}
        self._keys: list[Input | float] = []

    def __len__(self) -> int:
        return len(self._slots)

    def slot(self, wanted: Input | float) -> int:
        """Return the place of an input, or of a constant, in the list of values."""
        place = self._slots.setdefault(wanted, len(self._keys))
        if place == len(self._keys):
            self._keys.append(wanted)
        return place

    def at(self, slot: int) -> Input | float:
        """Return the input, or the constant, at that place."""
        return self._keys[slot]

    @property
    def wanted(self) -> dict[Input, int]:
        """Every input with its place, in the order of their places."""
        return {key: slot for key, slot in self._slots.items() if isinstance(key, Input)}

    def blank(self) -> list[float]:
        """Return a fresh list: constants in place, everything else unknown (NaN)."""
        return [_NAN if isinstance(key, Input) else key for key in self._slots]


class UnfinishedComparisonError(ValueError):
    """A comparison without a side its comparator needs. `missing` is `right` or `upper`."""

    def __init__(self, node: str, missing: str) -> None:
        super().__init__(f"comparison {node or '?'} has no {missing} side")
        self.node = node
        self.missing = missing


@dataclass(frozen=True, slots=True)
class ComparisonPlan:
    """A comparison ready to be evaluated.

    `bars` and `bar_tests` have one entry per bar it must hold on; `slots` are the places in the
    list of values that it reads, constants included. With a `mismatch` it is never anything but
    unknown.
    """

    comparison: Comparison
    measure: Measure
    bars: tuple[Terms, ...]
    bar_tests: tuple[Test, ...]
    test: Test
    slots: frozenset[int]
    mismatch: Mismatch | None = None


@dataclass(frozen=True, slots=True)
class GroupPlan:
    """A group ready to be evaluated: true with `needed` true children (0 for NOT and empty)."""

    group: Group
    children: tuple["Plan", ...]
    needed: int
    test: Test

    @property
    def slots(self) -> frozenset[int]:
        """The places in the list of values that it reads, constants included."""
        return frozenset[int]().union(*(child.slots for child in self.children))


Plan = ComparisonPlan | GroupPlan


def compile_expression(expression: Expression, registry: VariableRegistry, inputs: Inputs) -> Plan:
    """Return the plan of `expression`; what it reads is added to `inputs`.

    `plan.test(values)` is the fast question. The list must have `len(inputs)` entries.

    Raises:
        UnknownVariableError: an operand names no variable.
        InvalidOperandError: an operand its variable doesn't allow.
        UnfinishedComparisonError: a side is missing.
    """
    if isinstance(expression, Comparison):
        return _compile_comparison(expression, registry, inputs)
    children = tuple(compile_expression(c, registry, inputs) for c in expression.children)
    tests = tuple(child.test for child in children)
    if not tests:
        return GroupPlan(expression, (), 0, _never_known)
    if expression.kind is GroupKind.NOT:
        return GroupPlan(expression, children, 0, negated(joined(1, tests)))
    needed = {GroupKind.ALL: len(tests), GroupKind.ANY: 1}.get(expression.kind)
    needed = max(1, expression.needed) if needed is None else needed
    return GroupPlan(expression, children, needed, joined(needed, tests))


def _compile_comparison(
    comparison: Comparison, registry: VariableRegistry, inputs: Inputs
) -> ComparisonPlan:
    _require_sides(comparison)
    measure = _measure(comparison, registry)
    comparator = comparison.comparator

    def term(operand: Operand, back: int) -> Term:
        if isinstance(operand, Constant):
            return Term(inputs.slot(float(operand.value)))
        place = inputs.slot(Input(registry.reading(operand), operand.offset + back))
        return Term(place, float(operand.multiplier))

    def terms(back: int, *, crossing: bool) -> Terms:
        left = term(comparison.left, back)
        history: tuple[Term, ...] = ()
        if comparator in SLOPES:
            steps = range(back + 1, back + comparison.span + 1)
            history = tuple(term(comparison.left, step) for step in steps)
        elif comparator in CHANGES:
            history = (term(comparison.left, back + comparison.span),)
        right = history[0] if comparison.right is None else term(comparison.right, back)
        return Terms(
            left,
            right,
            right if comparison.upper is None else term(comparison.upper, back),
            history,
            terms(back + 1, crossing=False) if crossing else None,
        )

    bars = tuple(
        terms(back, crossing=comparator in CROSSINGS) for back in range(comparison.for_bars)
    )
    found = mismatch(comparison, registry)
    tests = tuple(bar_test(measure, bar) for bar in bars)
    return ComparisonPlan(
        comparison,
        measure,
        bars,
        tests,
        joined(len(tests), tests) if found is None else _never_known,
        frozenset[int]().union(*(bar.slots for bar in bars)),
        found,
    )


def _never_known(_: Values) -> Truth:
    return Truth.UNKNOWN


def _require_sides(comparison: Comparison) -> None:
    if comparison.right is None and comparison.comparator not in SLOPES:
        raise UnfinishedComparisonError(comparison.id, "right")
    if comparison.upper is None and comparison.comparator in RANGES:
        raise UnfinishedComparisonError(comparison.id, "upper")


def _measure(comparison: Comparison, registry: VariableRegistry) -> Measure:
    tolerance = 0.0
    for operand in comparison.operands:
        if isinstance(operand, VariableOperand):
            registry.check(operand)
            tolerance = max(tolerance, registry[operand.variable].tolerance)
    proportional = registry[comparison.left.variable].is_proportional
    in_percent = comparison.comparator is Comparator.WITHIN_PERCENT
    if in_percent or (proportional and comparison.comparator in CHANGES):
        tolerance = PERCENT_TOLERANCE
    return Measure(comparison.comparator, tolerance, comparison.tolerance, proportional)


def evaluate(
    expression: Expression, registry: VariableRegistry, known: Mapping[Input, float]
) -> Truth:
    """Evaluate once from the values known; for repeated use compile a plan instead."""
    inputs = Inputs()
    plan = compile_expression(expression, registry, inputs)
    return plan.test(fill(inputs, known.get))


def fill(inputs: Inputs, lookup: Callable[[Input], float | None]) -> list[float]:
    """Return the list of values with every input looked up; None or NaN means unknown."""
    values = inputs.blank()
    for wanted, slot in inputs.wanted.items():
        value = lookup(wanted)
        values[slot] = _NAN if value is None else value
    return values
