import pytest

from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.evaluation_record import ComparisonRecord, GroupRecord, Record
from upbit_auto_trading.domain.expression import (
    Comparator,
    Comparison,
    Constant,
    Expression,
    Group,
    GroupKind,
    all_of,
    any_of,
    none_of,
    variable,
)
from upbit_auto_trading.domain.firing_distance import firing_distance
from upbit_auto_trading.domain.truth import Truth

REGISTRY = shipped_variables()
RSI = Comparison(variable("rsi", "1m"), Comparator.LESS_EQUAL, Constant(20.0))
FALL = Comparison(variable("change", window=60.0), Comparator.LESS_EQUAL, Constant(-5.0))
ABOVE = Comparison(variable("close", "1m"), Comparator.GREATER, variable("sma", "1m"))


def leaf(left: float | None, right: float | None, *, falling: bool = True) -> ComparisonRecord:
    if left is None or right is None:
        return ComparisonRecord("", Truth.UNKNOWN, left, right, None, None, 0, 1)
    distance = left - right if falling else right - left
    truth = Truth.TRUE if distance <= 0 else Truth.FALSE
    return ComparisonRecord("", truth, left, right, None, distance, int(distance <= 0), 1)


def group(*children: Record, truth: Truth = Truth.FALSE, needed: int = 1) -> GroupRecord:
    true = sum(child.truth is Truth.TRUE for child in children)
    return GroupRecord("", truth, true, needed, children)


def distance(trigger: Expression, record: Record) -> float | None:
    return firing_distance(trigger, record, REGISTRY)


@pytest.mark.parametrize(
    ("trigger", "record", "expected"),
    [
        (RSI, leaf(35.0, 20.0), 15.0),
        (RSI, leaf(19.0, 20.0), 0.0),
        (RSI, leaf(None, 20.0), None),
        (FALL, leaf(-1.25, -5.0), 3.75),
        (ABOVE, leaf(980.0, 1000.0, falling=False), 20 / 980 * 100),
    ],
)
def test_a_lone_condition_is_as_far_as_its_value_has_to_go(
    trigger: Expression, record: Record, expected: float | None
) -> None:
    assert distance(trigger, record) == expected


def test_of_conditions_that_must_all_hold_the_farthest_counts() -> None:
    both = all_of(RSI, FALL)
    assert distance(both, group(leaf(26.0, 20.0), leaf(-1.0, -5.0))) == 6.0
    assert distance(both, group(leaf(19.0, 20.0), leaf(-1.0, -5.0))) == 4.0
    unknown = group(leaf(None, 20.0), leaf(-6.0, -5.0), truth=Truth.UNKNOWN)
    assert distance(both, unknown) is None


def test_of_alternatives_the_nearest_counts_and_of_several_the_last_one_needed() -> None:
    record = group(leaf(26.0, 20.0), leaf(-1.0, -5.0), leaf(90.0, 20.0))
    assert distance(any_of(RSI, FALL, RSI), record) == 4.0
    two = Group(GroupKind.AT_LEAST, (RSI, FALL, RSI), needed=2)
    of_two = GroupRecord("", Truth.FALSE, 0, 2, record.children)
    assert distance(two, of_two) == 6.0


def test_a_denied_condition_is_as_far_as_it_holds_beyond_its_limit() -> None:
    denied = none_of(RSI)
    assert distance(denied, group(leaf(12.0, 20.0))) == 8.0
    assert distance(denied, group(leaf(25.0, 20.0), truth=Truth.TRUE)) == 0.0
