import timeit
from dataclasses import replace
from math import nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.expressions import REGISTRY, expressions
from tests.plain_evaluation import plain_truth
from upbit_auto_trading.domain.evaluation import (
    Input,
    Inputs,
    UnfinishedComparisonError,
    compile_expression,
    evaluate,
    fill,
)
from upbit_auto_trading.domain.evaluation_record import (
    ComparisonRecord,
    GroupRecord,
    explain,
)
from upbit_auto_trading.domain.expression import (
    Comparator,
    Comparison,
    Constant,
    Expression,
    Group,
    GroupKind,
    Operand,
    VariableOperand,
    all_of,
    any_of,
    none_of,
    variable,
    with_ids,
)
from upbit_auto_trading.domain.truth import Truth, Unknown, UnknownReason
from upbit_auto_trading.domain.variable import InvalidOperandError, UnknownVariableError

RSI = variable("rsi", "1m", period=14)
CLOSE = variable("close", "1m")
SMA = variable("sma", "1m", period=20)
PROFIT = variable("profit_percent")
TRUE = Comparison(RSI, Comparator.LESS, Constant(50))
FALSE = Comparison(RSI, Comparator.GREATER, Constant(50))
UNKNOWN = Comparison(PROFIT, Comparator.GREATER, Constant(0))
T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN


def known(*series: tuple[VariableOperand, list[float]]) -> dict[Input, float]:
    """Values by input; each list is newest first."""
    return {
        Input(REGISTRY.reading(operand), back): value
        for operand, values in series
        for back, value in enumerate(values)
    }


def truth_of(
    left: VariableOperand,
    comparator: Comparator,
    values: list[float],
    right: Operand | None = None,
    **more: object,
) -> Truth:
    comparison = replace(Comparison(left, comparator, right), **more)  # type: ignore[arg-type]
    return evaluate(comparison, REGISTRY, known((left, values)))


def record_of(expression: Expression, values: dict[Input, float]) -> ComparisonRecord:
    inputs = Inputs()
    plan = compile_expression(expression, REGISTRY, inputs)
    record = explain(plan, inputs, fill(inputs, values.get))
    assert isinstance(record, ComparisonRecord)
    return record


@pytest.mark.parametrize(
    ("comparator", "below", "at", "above"),
    [
        (Comparator.LESS, T, F, F),
        (Comparator.LESS_EQUAL, T, T, F),
        (Comparator.GREATER, F, F, T),
        (Comparator.GREATER_EQUAL, F, T, T),
        (Comparator.EQUAL, F, T, F),
        (Comparator.NOT_EQUAL, T, F, T),
    ],
)
def test_an_order_comparison_of_rsi_has_no_tolerance(
    comparator: Comparator, below: Truth, at: Truth, above: Truth
) -> None:
    answers = [truth_of(RSI, comparator, [v], Constant(20)) for v in (20 - 1e-12, 20, 20 + 1e-12)]
    assert answers == [below, at, above]


def test_a_percentage_that_misses_its_limit_by_rounding_fires() -> None:
    assert truth_of(PROFIT, Comparator.GREATER_EQUAL, [5 - 9e-10], Constant(5)) is T
    assert truth_of(PROFIT, Comparator.GREATER_EQUAL, [5 - 2e-9], Constant(5)) is F
    assert truth_of(PROFIT, Comparator.LESS_EQUAL, [-5 + 9e-10], Constant(-5)) is T
    assert truth_of(PROFIT, Comparator.LESS_EQUAL, [-5 + 2e-9], Constant(-5)) is F
    assert truth_of(PROFIT, Comparator.EQUAL, [5 - 9e-10], Constant(5)) is T
    assert truth_of(PROFIT, Comparator.NOT_EQUAL, [5 - 9e-10], Constant(5)) is F
    assert truth_of(PROFIT, Comparator.INSIDE, [5 + 9e-10], Constant(3), upper=Constant(5)) is T
    assert truth_of(PROFIT, Comparator.OUTSIDE, [5 + 2e-9], Constant(3), upper=Constant(5)) is T


def test_a_crossing_needs_the_bar_before_on_the_other_side_or_on_the_line() -> None:
    def up(*closes: float) -> Truth:
        return truth_of(CLOSE, Comparator.CROSSES_UP, list(closes), Constant(100))

    assert up(101, 99) is T
    assert up(101, 100) is T
    assert up(100, 99) is F
    assert up(102, 101) is F
    assert up(99, nan) is F
    assert up(101, nan) is U
    assert truth_of(CLOSE, Comparator.CROSSES_DOWN, [99, 100], Constant(100)) is T


def test_a_crossing_of_two_variables_moves_both_back_one_bar() -> None:
    crossing = Comparison(CLOSE, Comparator.CROSSES_UP, SMA)
    assert evaluate(crossing, REGISTRY, known((CLOSE, [10, 8]), (SMA, [9, 8.5]))) is T
    assert evaluate(crossing, REGISTRY, known((CLOSE, [10, 8]), (SMA, [9, 7.5]))) is F


def test_a_slope_looks_at_every_step_and_a_change_at_both_ends() -> None:
    assert truth_of(CLOSE, Comparator.RISING, [4, 3, 2, 9], span=2) is T
    assert truth_of(CLOSE, Comparator.RISING, [4, 3, 3], span=2) is F
    assert truth_of(CLOSE, Comparator.RISING, [4, nan, 5], span=2) is U
    assert truth_of(CLOSE, Comparator.FALLING, [3, 4, nan], span=1) is T
    assert truth_of(CLOSE, Comparator.RISES_BY, [105, 1, 100], Constant(5), span=2) is T
    assert truth_of(CLOSE, Comparator.RISES_BY, [104.99, 1, 100], Constant(5), span=2) is F
    assert truth_of(CLOSE, Comparator.FALLS_BY, [95, 100], Constant(5)) is T
    assert truth_of(RSI, Comparator.RISES_BY, [40, 30], Constant(10)) is T
    assert truth_of(RSI, Comparator.RISES_BY, [40, 31], Constant(10)) is F


def test_nearness_is_measured_in_points_or_in_percent_of_the_right_side() -> None:
    assert truth_of(RSI, Comparator.WITHIN, [52], Constant(50), tolerance=2.0) is T
    assert truth_of(RSI, Comparator.WITHIN, [52.1], Constant(50), tolerance=2.0) is F
    near = truth_of(CLOSE, Comparator.WITHIN_PERCENT, [101], Constant(100), tolerance=1.0)
    assert near is T
    assert truth_of(CLOSE, Comparator.WITHIN_PERCENT, [1], Constant(0), tolerance=1.0) is U


def test_a_condition_for_bars_must_hold_on_each_of_them() -> None:
    def held(*values: float) -> Truth:
        return truth_of(RSI, Comparator.LESS, list(values), Constant(30), for_bars=3)

    assert held(29, 28, 27, 99) is T
    assert held(29, 31, 27) is F
    assert held(29, nan, 27) is U
    assert held(29, nan, 31) is F


def test_offset_and_multiplier_belong_to_the_operand() -> None:
    volume = variable("volume", "1m")
    average = variable("volume_average", "1m", multiplier=2)
    older = variable("volume", "1m", offset=2)
    values = known((volume, [7, 5, 2]), (average, [3]))
    assert evaluate(Comparison(volume, Comparator.GREATER, average), REGISTRY, values) is T
    assert evaluate(Comparison(older, Comparator.EQUAL, Constant(2)), REGISTRY, values) is T


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        (all_of(TRUE, TRUE), T),
        (all_of(TRUE, UNKNOWN), U),
        (all_of(FALSE, UNKNOWN), F),
        (any_of(FALSE, FALSE), F),
        (any_of(FALSE, UNKNOWN), U),
        (any_of(TRUE, UNKNOWN), T),
        (none_of(TRUE), F),
        (none_of(FALSE), T),
        (none_of(UNKNOWN), U),
        (Group(GroupKind.AT_LEAST, (TRUE, FALSE, UNKNOWN), 1), T),
        (Group(GroupKind.AT_LEAST, (TRUE, FALSE, UNKNOWN), 2), U),
        (Group(GroupKind.AT_LEAST, (TRUE, FALSE, UNKNOWN), 3), F),
        (Group(GroupKind.ALL), U),
        (none_of(Group(GroupKind.ANY)), U),
    ],
)
def test_groups_join_three_values(group: Group, expected: Truth) -> None:
    assert evaluate(group, REGISTRY, known((RSI, [40]))) is expected


def test_a_comparison_of_different_units_is_never_known() -> None:
    senseless = Comparison(RSI, Comparator.LESS, CLOSE)
    record = record_of(senseless, known((RSI, [19.4]), (CLOSE, [141_284_000])))
    assert record.truth is U
    assert (record.left, record.right, record.distance) == (19.4, 141_284_000, None)
    assert record.unknown == (Unknown(UnknownReason.UNIT_MISMATCH),)


@pytest.mark.parametrize(
    ("comparison", "values", "distance"),
    [
        (Comparison(RSI, Comparator.LESS_EQUAL, Constant(20)), [19.4], -0.6),
        (Comparison(RSI, Comparator.LESS, Constant(20)), [28.4], 8.4),
        (Comparison(RSI, Comparator.GREATER, Constant(70)), [65], 5),
        (Comparison(RSI, Comparator.CROSSES_UP, Constant(30)), [28, 27], 2),
        (Comparison(RSI, Comparator.CROSSES_UP, Constant(30)), [33, 31], 3),
        (Comparison(RSI, Comparator.CROSSES_UP, Constant(30)), [33, 29], -3),
        (Comparison(RSI, Comparator.INSIDE, Constant(30), Constant(70)), [25], 5),
        (Comparison(RSI, Comparator.INSIDE, Constant(30), Constant(70)), [69], -1),
        (Comparison(RSI, Comparator.OUTSIDE, Constant(30), Constant(70)), [69], 1),
        (Comparison(RSI, Comparator.WITHIN, Constant(50), tolerance=2), [55], 3),
        (Comparison(RSI, Comparator.EQUAL, Constant(50)), [45], 5),
        (Comparison(RSI, Comparator.RISING), [45, 47], 2),
        (Comparison(CLOSE, Comparator.FALLS_BY, Constant(5)), [98, 100], 3),
    ],
)
def test_the_record_tells_the_distance_to_firing(
    comparison: Comparison, values: list[float], distance: float
) -> None:
    record = record_of(comparison, known((comparison.left, values)))
    assert record.distance == pytest.approx(distance)
    assert record.distance is not None
    assert (record.distance <= 0) is (record.truth is T)


def test_the_record_carries_why_a_value_is_unknown_up_to_the_root() -> None:
    tree = with_ids(all_of(TRUE, any_of(UNKNOWN, FALSE)))
    inputs = Inputs()
    plan = compile_expression(tree, REGISTRY, inputs)
    values = fill(inputs, known((RSI, [40])).get)
    record = explain(plan, inputs, values, lambda _: Unknown(UnknownReason.NO_POSITION))
    assert isinstance(record, GroupRecord)
    assert record.unknown == (Unknown(UnknownReason.NO_POSITION),)
    assert (record.node, record.true, record.needed) == ("n1", 1, 2)
    assert [child.node for child in record.children] == ["n2", "n3"]


def test_the_record_counts_the_bars_that_hold() -> None:
    comparison = Comparison(RSI, Comparator.LESS, Constant(30), for_bars=5)
    record = record_of(comparison, known((RSI, [29, 28, 31, 20, 20])))
    assert (record.truth, record.bars_held, record.bars_needed) == (F, 2, 5)


def test_a_division_by_zero_says_so() -> None:
    record = record_of(Comparison(CLOSE, Comparator.RISES_BY, Constant(5)), known((CLOSE, [5, 0])))
    assert record.unknown == (Unknown(UnknownReason.ZERO_DIVISION),)


def test_what_two_plans_read_is_supplied_once() -> None:
    inputs = Inputs()
    spelled_out = Comparison(variable("rsi", "1m"), Comparator.LESS, Constant(20))
    for expression in (TRUE, FALSE, spelled_out):
        compile_expression(expression, REGISTRY, inputs)
    assert list(inputs.wanted) == [Input(REGISTRY.reading(RSI))]


def test_an_operand_the_registry_refuses_is_not_compiled() -> None:
    for operand, error in (
        (variable("no_such", "1m"), UnknownVariableError),
        (variable("rsi", "1m", period=1), InvalidOperandError),
        (variable("rsi", "2m"), InvalidOperandError),
        (variable("rsi"), InvalidOperandError),
        (variable("profit_percent", "1m"), InvalidOperandError),
        (variable("profit_percent", offset=1), InvalidOperandError),
    ):
        with pytest.raises(error):
            compile_expression(
                Comparison(operand, Comparator.LESS, Constant(20)), REGISTRY, Inputs()
            )
    with pytest.raises(UnfinishedComparisonError):
        compile_expression(Comparison(RSI, Comparator.LESS), REGISTRY, Inputs())


SENSIBLE = ("rsi", "close", "sma", "profit_percent")
LEVELS = st.sampled_from([nan, 0.0, 1.0, 2.0, 2.0, 3.0, 30.0, 100.0])


@given(expressions(SENSIBLE), st.data())
def test_a_compiled_plan_is_what_a_plain_reading_of_the_definitions_gives(
    expression: Expression, data: st.DataObject
) -> None:
    inputs = Inputs()
    plan = compile_expression(expression, REGISTRY, inputs)
    values = {wanted: data.draw(LEVELS) for wanted in inputs.wanted}
    row = fill(inputs, values.get)
    expected = plain_truth(expression, values)
    assert plan.test(row) is expected
    record = explain(plan, inputs, row)
    assert record.truth is expected
    assert (expected is U) is bool(record.truth is U and record.unknown)


def test_fifty_rules_are_evaluated_well_within_half_a_millisecond() -> None:
    inputs = Inputs()
    rule = all_of(
        Comparison(RSI, Comparator.LESS, Constant(70)),
        any_of(Comparison(CLOSE, Comparator.CROSSES_UP, SMA), UNKNOWN),
        none_of(Comparison(PROFIT, Comparator.LESS_EQUAL, Constant(-5))),
        Comparison(RSI, Comparator.RISING, span=3),
    )
    plans = [compile_expression(rule, REGISTRY, inputs) for _ in range(50)]
    values = fill(inputs, {wanted: 40.0 - wanted.back for wanted in inputs.wanted}.get)

    def tick() -> None:
        for plan in plans:
            plan.test(values)

    best = min(timeit.repeat(tick, number=20, repeat=15)) / 20
    assert best < 0.5e-3
