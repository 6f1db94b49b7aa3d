"""Every variable can be taken out of the palette, filled in, saved and read back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.expressions import EVERY_NAME, REGISTRY, parameter_values, random_comparisons
from upbit_auto_trading.domain.compatibility import mismatch
from upbit_auto_trading.domain.condition_fields import (
    Field,
    FieldKind,
    FieldValue,
    FieldValueError,
    fields_of,
)
from upbit_auto_trading.domain.condition_filling import with_field
from upbit_auto_trading.domain.expression import (
    CHANGES,
    RANGES,
    SLOPES,
    Comparator,
    Comparison,
    Constant,
    VariableOperand,
    variable,
    with_ids,
)
from upbit_auto_trading.domain.expression_check import Check, CheckCode, check_expression
from upbit_auto_trading.domain.expression_json import expression_from_json, expression_to_json
from upbit_auto_trading.domain.first_comparison import first_comparison
from upbit_auto_trading.domain.variable import ParameterKind

RSI = Comparison(variable("rsi", "1m"), Comparator.LESS_EQUAL, Constant(30))


def blocking(comparison: Comparison) -> list[Check]:
    return [check for check in check_expression(comparison, REGISTRY) if not check.is_remark]


@pytest.mark.parametrize("name", EVERY_NAME)
def test_a_variable_placed_first_makes_sense_and_speaks_of_itself(name: str) -> None:
    placed = first_comparison(REGISTRY[name], REGISTRY)
    assert not blocking(placed)
    read = [side.variable for side in placed.operands if isinstance(side, VariableOperand)]
    assert name in read
    foregone = {CheckCode.ALWAYS_FALSE, CheckCode.ALWAYS_TRUE, CheckCode.SAME_SIDES}
    assert not {check.code for check in check_expression(placed, REGISTRY)} & foregone


@pytest.mark.parametrize("name", EVERY_NAME)
def test_a_variable_takes_over_the_candles_of_what_it_is_placed_beside(name: str) -> None:
    placed = first_comparison(REGISTRY[name], REGISTRY, variable("rsi", "15m"))
    for side in placed.operands:
        if isinstance(side, VariableOperand) and REGISTRY[side.variable].has_bars:
            assert side.timeframe == "15m"


@pytest.mark.parametrize("name", EVERY_NAME)
@settings(max_examples=5)
@given(data=st.data())
def test_every_field_of_every_variable_is_filled_saved_and_read_back(
    name: str, data: st.DataObject
) -> None:
    comparison = first_comparison(REGISTRY[name], REGISTRY)
    for key in [field.key for field in fields_of(comparison, REGISTRY)]:
        field = next((one for one in fields_of(comparison, REGISTRY) if one.key == key), None)
        if field is None or field.kind in (FieldKind.VARIABLE, FieldKind.SOURCE):
            continue
        value = data.draw(fitting_values(field), label=key)
        comparison = with_field(comparison, key, value, REGISTRY)
        now = {one.key: one.value for one in fields_of(comparison, REGISTRY)}
        assert now.get(key, value) == value
    named = with_ids(comparison)
    assert expression_from_json(expression_to_json(named), REGISTRY) == comparison


def fitting_values(field: Field) -> st.SearchStrategy[FieldValue]:
    if field.parameter is not None:
        return parameter_values(field.parameter)
    if field.kind is FieldKind.CHOICE:
        return st.sampled_from(field.choices)
    low, high = int(max(field.minimum, -1e12)), int(min(field.maximum, 1e12))
    return st.integers(low, high)


@given(comparison=random_comparisons(), data=st.data())
def test_whatever_is_filled_in_the_comparison_stays_whole(
    comparison: Comparison, data: st.DataObject
) -> None:
    """Another comparator, variable or source finds the sides it needs; mismatches are allowed."""
    field = data.draw(st.sampled_from(fields_of(comparison, REGISTRY)))
    value = data.draw(
        fitting_values(field) if not field.choices else st.sampled_from(field.choices)
    )
    changed = with_field(comparison, field.key, value, REGISTRY)
    assert (changed.right is None) == (changed.comparator in SLOPES)
    assert (changed.upper is None) == (changed.comparator not in RANGES)
    assert changed.comparator not in CHANGES or changed.span >= 1
    fields = fields_of(changed, REGISTRY)
    assert len({one.key for one in fields}) == len(fields)
    codes = {check.code for check in blocking(changed)}
    assert not codes & {CheckCode.UNFINISHED, CheckCode.UNKNOWN_VARIABLE}


@pytest.mark.parametrize(
    ("key", "value", "reason", "nearest"),
    [
        ("left.parameters.period", 1, "range", 2),
        ("left.parameters.period", 500, "range", 200),
        ("left.parameters.period", 14.5, "whole", 14),
        ("left.parameters.period", "x", "number", None),
        ("left.offset", -1, "range", 0),
        ("for_bars", 0, "range", 1),
        ("right.constant", 1e19, "range", 1e18),
        ("left.timeframe", "7m", "choice", None),
        ("comparator", "is", "choice", None),
    ],
)
def test_a_value_outside_is_refused_with_the_nearest_one_that_fits(
    key: str, value: FieldValue, reason: str, nearest: float | None
) -> None:
    with pytest.raises(FieldValueError) as caught:
        with_field(RSI, key, value, REGISTRY)
    assert (caught.value.reason, caught.value.nearest) == (reason, nearest)
    if nearest is not None:
        with_field(RSI, key, nearest, REGISTRY)


def test_a_field_that_is_not_there_is_no_field() -> None:
    with pytest.raises(KeyError):
        with_field(RSI, "upper.constant", 1, REGISTRY)


def test_the_right_side_follows_the_candles_it_shared_with_the_left_one() -> None:
    cross = Comparison(variable("close", "1m"), Comparator.GREATER, variable("sma", "1m"))
    assert with_field(cross, "left.timeframe", "1h", REGISTRY).right == variable("sma", "1h")
    other = Comparison(variable("close", "1m"), Comparator.GREATER, variable("sma", "1d"))
    assert with_field(other, "left.timeframe", "1h", REGISTRY).right == variable("sma", "1d")


def test_a_number_gives_way_when_the_left_side_counts_something_else() -> None:
    changed = with_field(RSI, "left.variable", "macd", REGISTRY)
    assert changed.right == Constant(0)
    kept = with_field(RSI, "left.variable", "stochastic_k", REGISTRY)
    assert kept.right == Constant(30)


def test_a_variable_of_another_unit_is_taken_and_shown_as_a_mismatch() -> None:
    forced = with_field(RSI, "right.source", "variable", REGISTRY)
    forced = with_field(forced, "right.variable", "close", REGISTRY)
    assert mismatch(forced, REGISTRY) is not None


def test_a_comparator_the_new_variable_has_not_gives_way() -> None:
    crossing = Comparison(variable("rsi", "1m"), Comparator.CROSSES_UP, Constant(30))
    changed = with_field(crossing, "left.variable", "spread", REGISTRY)
    assert changed.comparator is Comparator.GREATER_EQUAL
    assert not blocking(changed)


def test_rules_are_named_freely() -> None:
    fired = first_comparison(REGISTRY["times_fired"], REGISTRY)
    rule = next(one for one in REGISTRY["times_fired"].parameters if one.kind is ParameterKind.RULE)
    filled = with_field(fired, f"left.parameters.{rule.name}", "pyramid", REGISTRY)
    assert filled.left.parameter(rule.name) == "pyramid"
