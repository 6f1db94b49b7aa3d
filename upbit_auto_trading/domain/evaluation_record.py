"""Why: every number behind a truth, how far it is from firing, and why it is unknown."""

from collections.abc import Callable
from dataclasses import dataclass
from math import isnan
from typing import Final

from upbit_auto_trading.domain.comparison_kernel import (
    Measure,
    Terms,
    Values,
    bar_test,
    excess_of,
    percent_change,
)
from upbit_auto_trading.domain.compatibility import MismatchCode
from upbit_auto_trading.domain.evaluation import ComparisonPlan, Input, Inputs, Plan
from upbit_auto_trading.domain.expression import (
    CHANGES,
    CROSSINGS,
    RANGES,
    Comparator,
)
from upbit_auto_trading.domain.truth import Truth, Unknown, UnknownReason

_MISMATCH_REASONS: Final = {
    MismatchCode.UNITS: UnknownReason.UNIT_MISMATCH,
    MismatchCode.NO_HISTORY: UnknownReason.NO_HISTORY,
}

UnknownOf = Callable[[Input], Unknown]


@dataclass(frozen=True, slots=True)
class ComparisonRecord:
    """One comparison at one moment; numbers that aren't known are None.

    `left`, `right` and `upper` are as compared, multipliers included; for changes `left` is the
    change itself. `distance` is how far the left side has to move until the comparison holds,
    in the left side's unit, and minus the margin while it holds. `bars_held` of `bars_needed`
    bars in a row hold up to now. `unknown` tells why, and may be filled while the truth is known.
    """

    node: str
    truth: Truth
    left: float | None
    right: float | None
    upper: float | None
    distance: float | None
    bars_held: int
    bars_needed: int
    unknown: tuple[Unknown, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupRecord:
    """One group at one moment: how many of its children are true, false, unknown."""

    node: str
    truth: Truth
    true: int
    needed: int
    children: tuple["Record", ...]
    unknown: tuple[Unknown, ...] = ()


Record = ComparisonRecord | GroupRecord


def not_supplied(_: Input) -> Unknown:
    """The reason where the supplier gives none."""
    return Unknown(UnknownReason.NOT_SUPPLIED)


def explain(
    plan: Plan, inputs: Inputs, values: Values, unknown_of: UnknownOf = not_supplied
) -> Record:
    """Return the record of `plan` on `values`; `unknown_of` says why an input has no value."""
    if isinstance(plan, ComparisonPlan):
        return _comparison(plan, inputs, values, unknown_of)
    children = tuple(explain(child, inputs, values, unknown_of) for child in plan.children)
    truth = plan.test(values)
    unknown: tuple[Unknown, ...] = ()
    if truth is Truth.UNKNOWN:
        undecided = (child for child in children if child.truth is Truth.UNKNOWN)
        unknown = tuple(dict.fromkeys(reason for child in undecided for reason in child.unknown))
        unknown = unknown or (Unknown(UnknownReason.EMPTY_GROUP),)
    true = sum(child.truth is Truth.TRUE for child in children)
    return GroupRecord(plan.group.id, truth, true, plan.needed, children, unknown)


def _comparison(
    plan: ComparisonPlan, inputs: Inputs, values: Values, unknown_of: UnknownOf
) -> ComparisonRecord:
    if plan.mismatch is not None:
        return _mismatched(plan, values, _MISMATCH_REASONS[plan.mismatch.code])
    newest = plan.bars[0]
    measure = plan.measure
    truth = plan.test(values)
    missing = [inputs.at(slot) for slot in plan.slots if isnan(values[slot])]
    unknown: tuple[Unknown, ...] = ()
    if missing:
        lacking = sorted((key for key in missing if isinstance(key, Input)), key=_reading_order)
        unknown = tuple(dict.fromkeys(map(unknown_of, lacking)))
    if truth is Truth.UNKNOWN and not unknown:
        unknown = (Unknown(UnknownReason.ZERO_DIVISION),)
    held = 0
    for test in plan.bar_tests:
        if test(values) is not Truth.TRUE:
            break
        held += 1
    left = newest.left.of(values)
    if measure.comparator in CHANGES:
        left = _changed(measure, newest, values)
    return ComparisonRecord(
        plan.comparison.id,
        truth,
        _known(left),
        _known(newest.right.of(values)),
        _known(newest.upper.of(values)) if measure.comparator in RANGES else None,
        _known(distance(measure, newest, values)),
        held,
        len(plan.bars),
        unknown,
    )


def _reading_order(wanted: Input) -> tuple[str, int]:
    return wanted.reading.variable, wanted.back


def _mismatched(plan: ComparisonPlan, values: Values, reason: UnknownReason) -> ComparisonRecord:
    newest = plan.bars[0]
    return ComparisonRecord(
        plan.comparison.id,
        Truth.UNKNOWN,
        _known(newest.left.of(values)),
        _known(newest.right.of(values)),
        None,
        None,
        0,
        len(plan.bars),
        (Unknown(reason),),
    )


def _known(value: float) -> float | None:
    return None if isnan(value) else value


def _changed(measure: Measure, terms: Terms, values: Values) -> float:
    new, old = terms.left.of(values), terms.history[0].of(values)
    return percent_change(new, old) if measure.proportional else new - old


def distance(measure: Measure, terms: Terms, values: Values) -> float:
    """Return how far the left side is from holding on this bar; minus the margin if it holds.

    A crossing that is already across must first come back: its distance is that way. A change
    and WITHIN_PERCENT are measured in percent. NaN is unknown.
    """
    comparator = measure.comparator
    left, right = terms.left.of(values), terms.right.of(values)
    if comparator in CROSSINGS:
        away = right - left if comparator is Comparator.CROSSES_UP else left - right
        crossed = bar_test(measure, terms)(values) is Truth.TRUE
        return away if crossed else abs(away)
    if comparator in (Comparator.LESS, Comparator.LESS_EQUAL, Comparator.FALLING):
        return left - right
    if comparator in (Comparator.GREATER, Comparator.GREATER_EQUAL, Comparator.RISING):
        return right - left
    if comparator in RANGES:
        beyond = max(right - left, left - terms.upper.of(values))
        return beyond if comparator is Comparator.INSIDE else -beyond
    return excess_of(measure, terms)(values)
