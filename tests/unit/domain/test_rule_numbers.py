from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.expressions import expressions
from upbit_auto_trading.application.strategies import SEVEN_RULES, shipped_template
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.expression import Comparison, Constant, comparisons
from upbit_auto_trading.domain.rule import BuyAmount, BuyPercent, Sell
from upbit_auto_trading.domain.rule_numbers import (
    NumberOutOfRangeError,
    rule_numbers,
    with_number,
)

REGISTRY = shipped_variables()
STRATEGY = shipped_template(SEVEN_RULES).strategy


def told(rule: str) -> dict[str, float]:
    return {each.path: each.value for each in rule_numbers(STRATEGY.rule(rule), REGISTRY)}


def test_each_rule_of_the_template_has_the_numbers_of_its_sentence() -> None:
    assert told("crash") == {"trigger.0.right": -5.0, "blocks_entry": 30.0}
    assert told("trailing_stop") == {"arming.0.right": 5.0, "trigger.0.right": -3.0}
    assert told("take_profit") == {"trigger.0.right": 0.0, "trigger.1.right": 5.0}
    assert told("surge") == {"trigger.0.right": 5.0}
    assert told("average_down") == {"trigger.0.right": -5.0, "amount": 100_000.0, "limit": 2}
    assert told("oversold_entry") == {"trigger.0.right": 20.0, "amount": 100_000.0}


def test_a_number_is_changed_where_it_stands_and_nothing_else() -> None:
    rule = STRATEGY.rule("take_profit")
    changed = with_number(rule, "trigger.1.right", 7.5, REGISTRY)
    first, second = comparisons(changed.trigger)
    assert second.right == Constant(7.5)
    assert first == comparisons(rule.trigger)[0]
    assert replace(changed, trigger=rule.trigger) == rule


def test_amounts_stay_the_decimals_that_were_typed() -> None:
    rule = STRATEGY.rule("oversold_entry")
    assert with_number(rule, "amount", 12_345.1, REGISTRY).action == BuyAmount(Decimal("12345.1"))
    assert with_number(rule, "amount", 2e6, REGISTRY).action == BuyAmount(Decimal(2_000_000))


def test_minutes_seconds_shares_and_counts_go_to_their_fields() -> None:
    crash = replace(STRATEGY.rule("crash"), cooldown_ms=5_000, action=Sell(50.0))
    changed = with_number(crash, "blocks_entry", 12.5, REGISTRY)
    changed = with_number(changed, "cooldown", 90.0, REGISTRY)
    changed = with_number(changed, "percent", 25.0, REGISTRY)
    assert (changed.blocks_entry_ms, changed.cooldown_ms) == (750_000, 90_000)
    assert changed.action == Sell(25.0)
    share = replace(STRATEGY.rule("pyramid"), action=BuyPercent(10.0))
    assert with_number(share, "percent", 20.0, REGISTRY).action == BuyPercent(20.0)
    assert with_number(share, "limit", 7, REGISTRY).limit == 7


@pytest.mark.parametrize(
    ("rule", "path", "value"),
    [
        ("oversold_entry", "trigger.0.right", 100.1),
        ("oversold_entry", "trigger.0.right", -0.1),
        ("oversold_entry", "amount", -1.0),
        ("pyramid", "limit", 1.5),
        ("pyramid", "limit", 1001.0),
        ("crash", "blocks_entry", -1.0),
    ],
)
def test_a_number_out_of_its_range_is_refused_with_the_range(
    rule: str, path: str, value: float
) -> None:
    with pytest.raises(NumberOutOfRangeError) as refused:
        with_number(STRATEGY.rule(rule), path, value, REGISTRY)
    number = refused.value.number
    assert number.path == path
    assert number.whole or not number.lowest <= value <= number.highest


def test_a_number_the_rule_does_not_have_is_unknown() -> None:
    with pytest.raises(LookupError):
        with_number(STRATEGY.rule("surge"), "amount", 1.0, REGISTRY)


@given(expressions(), st.data())
def test_every_number_of_any_trigger_can_be_put_back_where_it_was(
    expression: object, data: st.DataObject
) -> None:
    rule = replace(STRATEGY.rule("surge"), trigger=expression)  # type: ignore[arg-type]
    numbers = [each for each in rule_numbers(rule, REGISTRY) if each.path != "limit"]
    for number in numbers:
        assert isinstance(number.comparison, Comparison)
        if not number.lowest <= number.value <= number.highest:
            continue
        assert with_number(rule, number.path, number.value, REGISTRY) == rule
        other = data.draw(st.floats(max(number.lowest, -1e9), min(number.highest, 1e9)))
        changed = with_number(rule, number.path, other, REGISTRY)
        now = {each.path: each.value for each in rule_numbers(changed, REGISTRY)}
        assert now == {each.path: each.value for each in numbers} | {number.path: other}
