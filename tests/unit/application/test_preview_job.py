"""Previews as one calculation: the same as a backtest, on a market and on made-up ones."""

import pickle
import random
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from tests.random_strategies import random_expression
from upbit_auto_trading.application.backtest import Conditions, backtest_candles
from upbit_auto_trading.application.preview_job import (
    PreviewJob,
    PreviewResult,
    answer,
    base_timeframe,
    needs_position,
    preview,
    settling_ms,
)
from upbit_auto_trading.application.preview_scenarios import (
    NO_CANDLES,
    PATHS,
    SCENARIOS,
    answer_scenarios,
    scenario_candles,
    scenarios,
)
from upbit_auto_trading.application.strategies import SEVEN_RULES, shipped_template
from upbit_auto_trading.domain.calculation import CalculationCancelled
from upbit_auto_trading.domain.candle_series import CandleColumns
from upbit_auto_trading.domain.decision import Outcome
from upbit_auto_trading.domain.expression import (
    Comparator,
    Comparison,
    Constant,
    Expression,
    all_of,
    variable,
)
from upbit_auto_trading.domain.own_indicators import OwnIndicators
from upbit_auto_trading.domain.rule import BuyAmount, Role, Rule
from upbit_auto_trading.domain.strategy import Strategy
from upbit_auto_trading.domain.truth import Truth
from upbit_auto_trading.domain.variable import Words
from upbit_auto_trading.infrastructure.indicators import TaLibIndicators

MINUTE = 60_000
INDICATORS = OwnIndicators(TaLibIndicators())
TEMPLATE = shipped_template(SEVEN_RULES).strategy
MARKET = scenario_candles("normal", 3_000, 3)


def silent(_fraction: float) -> None: ...


def job(
    trigger: Expression, role: Role = Role.ENTRY, candles: CandleColumns = MARKET
) -> PreviewJob:
    return PreviewJob(trigger, role, candles, MINUTE, INDICATORS)


def backtested(trigger: Expression) -> list[tuple[int, float]]:
    """What a backtest says of the trigger as a strategy's entry, acted on or held back."""
    rule = Rule("entry", 1, Words("", ""), Role.ENTRY, trigger, BuyAmount(Decimal(100_000)))
    done = backtest_candles(
        Strategy("lone", Words("", ""), (rule,)),
        MARKET,
        MINUTE,
        Conditions(Decimal(10**9)),
        INDICATORS,
    )
    return [(decision.ms, decision.price) for decision in done.replay.decisions]


def of_the_market(seed: int) -> Expression:
    """A random trigger that reads neither a position nor an account."""
    rng = random.Random(seed)
    while True:
        trigger = random_expression(rng, float(MARKET.close[0]), fixed=True)
        if not needs_position(trigger, Role.ENTRY):
            return trigger


def sent(value: Any) -> Any:
    """The value as it arrives in another process."""
    return pickle.loads(pickle.dumps(value))  # noqa: S301 -- our own


def told(result: PreviewResult) -> list[tuple[int, float]]:
    return [(firing.ms, firing.price) for firing in result.firings]


@pytest.mark.parametrize("seed", range(60))
def test_a_preview_fires_where_a_backtest_would_whatever_the_trigger(seed: int) -> None:
    trigger = of_the_market(seed)
    result = preview(silent, job(trigger))
    expected = backtested(trigger)
    assert result.fired == len(expected)
    assert told(result) == (expected[-len(result.firings) :] if expected else [])


def test_random_triggers_do_fire() -> None:
    fired = [preview(silent, job(of_the_market(seed))).fired for seed in range(60)]
    assert sum(count > 0 for count in fired) > 20


@pytest.mark.parametrize("rule", [rule.id for rule in TEMPLATE.rules])
def test_a_rule_of_the_template_is_previewed_with_every_number_and_can_be_sent(rule: str) -> None:
    chosen = TEMPLATE.rule(rule)
    result = preview(silent, sent(job(chosen.trigger, chosen.role)))
    arrived = sent(result)
    assert list(arrived.firings) == list(result.firings)
    assert replace(arrived, firings=result.firings) == result
    assert result.bars == len(MARKET)
    assert all(firing.record.truth is Truth.TRUE for firing in result.firings)
    assert [firing.number for firing in result.firings] == list(range(1, len(result.firings) + 1))


def test_the_entry_fires_at_the_same_moments_as_the_template_does_in_a_backtest() -> None:
    entry = TEMPLATE.rule("oversold_entry")
    done = backtest_candles(TEMPLATE, MARKET, MINUTE, Conditions(Decimal(10**7)), INDICATORS)
    said = [one for one in done.replay.decisions if one.rule == entry.id]
    result = preview(silent, job(entry.trigger))
    assert said
    assert told(result) == [(one.ms, one.price) for one in said]
    ordered = [one.ms for one in said if one.outcome is Outcome.ORDERED]
    events = [event for event in done.events if event["rule"] == entry.number]
    assert [event["t"] * 1000 for event in events] == ordered


def test_a_rule_on_a_position_is_previewed_on_one_bought_first_and_again_after_each_sale() -> None:
    closes = [100.0, 103.0, 106.0, 107.0, 101.0, 107.1, 90.0, 95.5]
    start = np.arange(len(closes), dtype=np.int64) * MINUTE
    prices = np.array(closes)
    flat = CandleColumns(start, prices, prices, prices, prices, prices * 0, prices * 0)
    profit = Comparison(
        variable("profit_percent"), Comparator.GREATER_EQUAL, Constant(5.0), id="n1"
    )
    result = preview(silent, job(profit, Role.EXIT, flat))
    # Bought at 100, sold at 106; bought again on the next tick, at 106; bought at 106 it takes
    # 111.3, which never comes.
    assert result.assumes_position
    assert told(result) == [(2 * MINUTE, 106.0)]
    again = preview(silent, job(profit, Role.SCALE_IN, flat))
    # What is added at 106 lifts the average, so that 107.1 is no 5 % above it any more.
    assert told(again) == [(2 * MINUTE, 106.0)]
    told_only = preview(silent, job(profit, Role.MANAGEMENT, flat))
    assert told(told_only) == [(2 * MINUTE, 106.0), (5 * MINUTE, 107.1)]


def test_what_cannot_be_judged_is_no_result_and_no_error() -> None:
    unfinished = Comparison(variable("rsi", "1m"), Comparator.LESS)
    unknown = Comparison(variable("nothing_like_it", "1m"), Comparator.LESS, Constant(1.0))
    for trigger in (unfinished, unknown):
        assert answer(silent, job(trigger)) is None
        assert answer_scenarios(silent, job(trigger), SCENARIOS, 1) == ()


def test_variables_that_the_past_lacks_are_named() -> None:
    spread = Comparison(variable("spread_percent"), Comparator.LESS, Constant(0.1))
    result = preview(silent, job(all_of(spread, TEMPLATE.rule("oversold_entry").trigger)))
    assert (result.lacking, result.fired) == (("spread_percent",), 0)


def test_scenarios_are_the_same_every_time_and_bring_about_what_they_are_called() -> None:
    found = {}
    for rule in ("crash", "surge", "oversold_entry"):
        chosen = TEMPLATE.rule(rule)
        tried = scenarios(silent, job(chosen.trigger, chosen.role, NO_CANDLES), SCENARIOS, 7)
        again = scenarios(silent, job(chosen.trigger, chosen.role, NO_CANDLES), SCENARIOS, 7)
        assert [one.fired for one in tried] == [one.fired for one in again]
        assert all(one.paths == PATHS for one in tried)
        found[rule] = {one.name: one.paths_fired for one in tried}
    assert {name for name, fired in found["crash"].items() if fired} == {"crash"}
    assert {name for name, fired in found["surge"].items() if fired} == {"surge"}
    assert found["oversold_entry"]["decline"] == PATHS
    assert found["oversold_entry"]["trend"] < PATHS


def test_a_scenario_is_long_enough_for_its_indicators_to_settle() -> None:
    slow = Comparison(variable("rsi", "1h"), Comparator.LESS, Constant(30.0))
    tried = scenarios(silent, job(slow, candles=NO_CANDLES), ("crash",), 1)
    first = tried[0]
    span = int(first.candles.start_ms[-1] - first.candles.start_ms[0])
    assert settling_ms(slow) < 0.6 * span


def test_work_that_nobody_waits_for_ends() -> None:
    def stop(_fraction: float) -> None:
        raise CalculationCancelled

    with pytest.raises(CalculationCancelled):
        answer_scenarios(stop, job(TEMPLATE.rule("crash").trigger), SCENARIOS, 1)


@pytest.mark.parametrize(
    ("operands", "expected"),
    [
        ((variable("rsi", "15m"),), "15m"),
        ((variable("rsi", "15m"), variable("sma", "1h")), "15m"),
        ((variable("rsi", "1d"),), "1h"),
        ((variable("rsi", "3m"), variable("sma", "1h")), "1m"),
        ((variable("rsi", "1h"), variable("change", window=60.0)), "1m"),
        ((variable("profit_percent"),), "1m"),
    ],
)
def test_a_trigger_is_previewed_on_the_longest_candles_that_hide_nothing(
    operands: tuple[object, ...], expected: str
) -> None:
    parts = [Comparison(one, Comparator.LESS, Constant(1.0)) for one in operands]  # type: ignore[arg-type]
    assert base_timeframe(all_of(*parts)) == expected
