"""One comparison on one bar, as a closure from a flat list of numbers to a truth.

NaN is unknown. A tolerance moves a limit in favour of firing, whatever the comparator.
"""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from upbit_auto_trading.domain.expression import CROSSINGS, RANGES, SLOPES, Comparator
from upbit_auto_trading.domain.truth import Truth

Values = Sequence[float]
Test = Callable[[Values], Truth]

_TRUE: Final = Truth.TRUE
_FALSE: Final = Truth.FALSE
_UNKNOWN: Final = Truth.UNKNOWN
_OPPOSITE: Final = {_TRUE: _FALSE, _FALSE: _TRUE, _UNKNOWN: _UNKNOWN}
ORDER: Final[dict[Comparator, tuple[Callable[[Any, Any], Any], float]]] = {
    Comparator.LESS: (operator.lt, 1.0),
    Comparator.LESS_EQUAL: (operator.le, 1.0),
    Comparator.GREATER: (operator.gt, -1.0),
    Comparator.GREATER_EQUAL: (operator.ge, -1.0),
    Comparator.CROSSES_UP: (operator.gt, -1.0),
    Comparator.CROSSES_DOWN: (operator.lt, 1.0),
    Comparator.RISING: (operator.gt, 0.0),
    Comparator.FALLING: (operator.lt, 0.0),
}
"""How two numbers, or two columns of them, are ordered, and which way a tolerance moves the right
one."""


@dataclass(frozen=True, slots=True)
class Term:
    """Where a comparison finds a number: a place in the list, and what to multiply it by."""

    slot: int
    factor: float = 1.0

    def of(self, values: Values) -> float:
        """Return the number, NaN where unknown."""
        return values[self.slot] * self.factor


@dataclass(frozen=True, slots=True)
class Terms:
    """The numbers of a comparison on one bar.

    `right` is the lower end of a range and, for a slope, the bar before; `upper` equals `right`
    but for ranges. `history` is the left side on earlier bars, newest first: as many as a slope
    spans, or the one a change is measured from. `before` are the terms one bar earlier, for
    crossings.
    """

    left: Term
    right: Term
    upper: Term
    history: tuple[Term, ...] = ()
    before: "Terms | None" = None

    @property
    def slots(self) -> frozenset[int]:
        """Every place read, the bar before included."""
        own = {term.slot for term in (self.left, self.right, self.upper, *self.history)}
        return frozenset(own) | (self.before.slots if self.before else frozenset())


@dataclass(frozen=True, slots=True)
class Measure:
    """How a comparison measures.

    `tolerance` works in favour of firing (NOT_EQUAL stays the opposite of EQUAL); `allowance` is
    the trader's own, of WITHIN; `proportional` tells a change in percent of the older value.
    """

    comparator: Comparator
    tolerance: float = 0.0
    allowance: float = 0.0
    proportional: bool = False


def percent_change(new: float, old: float) -> float:
    """Return (new / old − 1) × 100; NaN where `old` is zero."""
    return (new / old - 1) * 100 if old else float("nan")


def joined(needed: int, tests: Sequence[Test]) -> Test:
    """Return the test that is true when at least `needed` of `tests` are (Kleene)."""
    if len(tests) == needed:
        return tests[0] if needed == 1 else _every(tests)
    return _some(tests) if needed == 1 else _enough(needed, tests)


def _every(tests: Sequence[Test]) -> Test:
    def every(values: Values) -> Truth:
        result = _TRUE
        for test in tests:
            truth = test(values)
            if truth is _FALSE:
                return _FALSE
            if truth is _UNKNOWN:
                result = _UNKNOWN
        return result

    return every


def _some(tests: Sequence[Test]) -> Test:
    def some(values: Values) -> Truth:
        result = _FALSE
        for test in tests:
            truth = test(values)
            if truth is _TRUE:
                return _TRUE
            if truth is _UNKNOWN:
                result = _UNKNOWN
        return result

    return some


def _enough(needed: int, tests: Sequence[Test]) -> Test:
    spare = len(tests) - needed

    def enough(values: Values) -> Truth:
        true = false = 0
        for test in tests:
            truth = test(values)
            if truth is _TRUE:
                true += 1
            elif truth is _FALSE:
                false += 1
        if true >= needed:
            return _TRUE
        return _FALSE if false > spare else _UNKNOWN

    return enough


def negated(test: Test) -> Test:
    """Return the opposite test; unknown stays unknown."""
    return lambda values: _OPPOSITE[test(values)]


def bar_test(measure: Measure, terms: Terms) -> Test:
    """Return the test of one comparison on one bar."""
    comparator = measure.comparator
    if comparator in SLOPES:
        steps = pairwise((terms.left, *terms.history))
        return joined(len(terms.history), [_order(comparator, n, o, 0.0) for n, o in steps])
    if comparator in ORDER:
        now = _order(comparator, terms.left, terms.right, measure.tolerance)
        if comparator not in CROSSINGS or terms.before is None:
            return now
        then = _order(comparator, terms.before.left, terms.before.right, measure.tolerance)
        return joined(2, (now, negated(then)))
    if comparator in RANGES:
        return _range(measure, terms)
    return _excess(measure, terms)


def _order(comparator: Comparator, left_term: Term, right_term: Term, tolerance: float) -> Test:
    holds, sign = ORDER[comparator]
    shift = sign * tolerance
    left_slot, left_factor = left_term.slot, left_term.factor
    right_slot, right_factor = right_term.slot, right_term.factor

    def test(values: Values) -> Truth:
        left = values[left_slot] * left_factor
        right = values[right_slot] * right_factor + shift
        if holds(left, right):
            return _TRUE
        return _FALSE if left == left and right == right else _UNKNOWN  # noqa: PLR0124 - NaN

    return test


def _range(measure: Measure, terms: Terms) -> Test:
    tolerance = measure.tolerance
    left_of, low_of, high_of = terms.left.of, terms.right.of, terms.upper.of

    def inside(values: Values) -> Truth:
        left, low, high = left_of(values), low_of(values), high_of(values)
        if left < low - tolerance or left > high + tolerance:
            return _FALSE
        return _TRUE if left == left and low == low and high == high else _UNKNOWN  # noqa: PLR0124

    def outside(values: Values) -> Truth:
        left, low, high = left_of(values), low_of(values), high_of(values)
        if left < low + tolerance or left > high - tolerance:
            return _TRUE
        return _FALSE if left == left and low == low and high == high else _UNKNOWN  # noqa: PLR0124

    return inside if measure.comparator is Comparator.INSIDE else outside


def _excess(measure: Measure, terms: Terms) -> Test:
    excess_in = excess_of(measure, terms)
    different = measure.comparator is Comparator.NOT_EQUAL
    limit = -measure.tolerance if different else measure.tolerance

    def test(values: Values) -> Truth:
        excess = excess_in(values)
        if excess < limit or (excess == limit and not different):
            return _TRUE
        return _FALSE if excess == excess else _UNKNOWN  # noqa: PLR0124 - NaN

    return test


def excess_of(measure: Measure, terms: Terms) -> Callable[[Values], float]:
    """Return how far the left side is beyond where a nearness or change starts to hold.

    At most the tolerance means that it holds; for NOT_EQUAL it is minus the difference, and
    more than the tolerance away means that it holds. NaN is unknown.
    """
    left_of, right_of = terms.left.of, terms.right.of
    allowance = measure.allowance
    comparator = measure.comparator
    if comparator is Comparator.WITHIN_PERCENT:
        return lambda v: abs(percent_change(left_of(v), right_of(v))) - allowance
    if comparator is Comparator.WITHIN:
        return lambda v: abs(left_of(v) - right_of(v)) - allowance
    if comparator is Comparator.EQUAL:
        return lambda v: abs(left_of(v) - right_of(v))
    if comparator is Comparator.NOT_EQUAL:
        return lambda v: -abs(left_of(v) - right_of(v))
    old_of = terms.history[0].of
    sign = 1.0 if comparator is Comparator.RISES_BY else -1.0
    if measure.proportional:
        return lambda v: right_of(v) - sign * percent_change(left_of(v), old_of(v))
    return lambda v: right_of(v) - sign * (left_of(v) - old_of(v))
