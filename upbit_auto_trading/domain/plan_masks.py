"""Plans evaluated on many ticks at once: the same arithmetic, the same bits, on columns.

`values` is laid out like the plain evaluation's list; each entry is a number or a column. NaN is
unknown: such a place is neither in the true mask nor in the false one.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from upbit_auto_trading.domain.comparison_kernel import ORDER
from upbit_auto_trading.domain.evaluation import ComparisonPlan, GroupPlan, Plan
from upbit_auto_trading.domain.expression import RANGES, SLOPES, Comparator, GroupKind

if TYPE_CHECKING:
    from upbit_auto_trading.domain.comparison_kernel import Measure, Term, Terms

Number = Any  # a float, or a float64 column
Mask = NDArray[np.bool_]
ColumnValues = Sequence[Number]


def true_mask(plan: Plan, values: ColumnValues) -> Mask | bool:
    """Return where the plan is true; one truth where it is the same everywhere."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        mask: Mask | bool = _mask(plan, values, wanted=True)
    return mask


def _mask(plan: Plan, values: ColumnValues, *, wanted: bool) -> Any:
    """Return where the plan is definitely `wanted`."""
    if isinstance(plan, GroupPlan):
        return _group(plan, values, wanted=wanted)
    return _comparison(plan, values, wanted=wanted)


def _group(plan: GroupPlan, values: ColumnValues, *, wanted: bool) -> Any:
    if not plan.children:
        return False
    if plan.group.kind is GroupKind.NOT:
        children = [_mask(child, values, wanted=not wanted) for child in plan.children]
        return _enough(children, len(children) if wanted else 1)
    children = [_mask(child, values, wanted=wanted) for child in plan.children]
    return _enough(children, plan.needed if wanted else len(children) - plan.needed + 1)


def _enough(masks: list[Any], needed: int) -> Any:
    if needed >= len(masks):
        return _all(masks) if needed == len(masks) else False
    if needed == 1:
        result = masks[0]
        for mask in masks[1:]:
            result = np.logical_or(result, mask)
        return result
    return sum(np.asarray(mask, dtype=np.int64) for mask in masks) >= needed


def _all(masks: list[Any]) -> Any:
    result = masks[0]
    for mask in masks[1:]:
        result = np.logical_and(result, mask)
    return result


def _comparison(plan: ComparisonPlan, values: ColumnValues, *, wanted: bool) -> Any:
    if plan.mismatch is not None:
        return False
    bars = [_bar(plan.measure, terms, values, wanted=wanted) for terms in plan.bars]
    return _enough(bars, len(bars) if wanted else 1)


def _bar(measure: Measure, terms: Terms, values: ColumnValues, *, wanted: bool) -> Any:
    comparator = measure.comparator
    if comparator in SLOPES:
        steps = pairwise((terms.left, *terms.history))
        masks = [_order(comparator, new, old, 0.0, values, wanted=wanted) for new, old in steps]
        return _enough(masks, len(masks) if wanted else 1)
    if comparator in ORDER:
        tolerance = measure.tolerance
        now = _order(comparator, terms.left, terms.right, tolerance, values, wanted=wanted)
        before = terms.before
        if before is None:
            return now
        then = _order(comparator, before.left, before.right, tolerance, values, wanted=not wanted)
        return np.logical_and(now, then) if wanted else np.logical_or(now, then)
    if comparator in RANGES:
        return _range(measure, terms, values, wanted=wanted)
    return _excess(measure, terms, values, wanted=wanted)


def _of(term: Term, values: ColumnValues) -> Number:
    return values[term.slot] * term.factor


def _known(*numbers: Number) -> Any:
    return _all([number == number for number in numbers])  # noqa: PLR0124 - NaN


def _order(
    comparator: Comparator,
    left_term: Term,
    right_term: Term,
    tolerance: float,
    values: ColumnValues,
    *,
    wanted: bool,
) -> Any:
    holds, sign = ORDER[comparator]
    left = _of(left_term, values)
    right = _of(right_term, values) + sign * tolerance
    true = holds(left, right)
    return true if wanted else np.logical_and(np.logical_not(true), _known(left, right))


def _range(measure: Measure, terms: Terms, values: ColumnValues, *, wanted: bool) -> Any:
    left, low, high = (_of(term, values) for term in (terms.left, terms.right, terms.upper))
    inside = measure.comparator is Comparator.INSIDE
    shift = measure.tolerance if inside else -measure.tolerance
    beyond = np.logical_or(left < low - shift, left > high + shift)
    if wanted is inside:
        return np.logical_and(np.logical_not(beyond), _known(left, low, high))
    return beyond


def _excess(measure: Measure, terms: Terms, values: ColumnValues, *, wanted: bool) -> Any:
    excess = _excess_of(measure, terms, values)
    if measure.comparator is Comparator.NOT_EQUAL:
        true = excess < -measure.tolerance
    else:
        true = excess <= measure.tolerance
    return true if wanted else np.logical_and(np.logical_not(true), _known(excess))


def _excess_of(measure: Measure, terms: Terms, values: ColumnValues) -> Number:
    left, right = _of(terms.left, values), _of(terms.right, values)
    if measure.comparator is Comparator.WITHIN_PERCENT:
        return abs(_percent_change(left, right)) - measure.allowance
    if measure.comparator is Comparator.WITHIN:
        return abs(left - right) - measure.allowance
    if measure.comparator is Comparator.EQUAL:
        return abs(left - right)
    if measure.comparator is Comparator.NOT_EQUAL:
        return -abs(left - right)
    old = _of(terms.history[0], values)
    sign = 1.0 if measure.comparator is Comparator.RISES_BY else -1.0
    change = _percent_change(left, old) if measure.proportional else left - old
    return right - sign * change


def _percent_change(new: Number, old: Number) -> Number:
    return np.where(np.equal(old, 0), np.nan, (np.divide(new, old) - 1) * 100)
