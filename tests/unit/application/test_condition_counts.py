"""Each condition counted by itself: the engine's own word on it, beside the whole trigger's."""

import random
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from tests.random_strategies import random_expression
from upbit_auto_trading.application.preview_job import PreviewJob, PreviewResult, preview
from upbit_auto_trading.application.preview_scenarios import scenario_candles
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.candle_builder import CandleBuilder
from upbit_auto_trading.domain.compatibility import mismatch
from upbit_auto_trading.domain.expression import (
    Bar,
    Comparator,
    Comparison,
    Constant,
    Expression,
    all_of,
    any_of,
    comparisons,
    none_of,
    variable,
    with_ids,
)
from upbit_auto_trading.domain.own_indicators import OwnIndicators
from upbit_auto_trading.domain.rsi import RunningRsi, wilder_rsi
from upbit_auto_trading.domain.rule import Role
from upbit_auto_trading.domain.tick import Tick
from upbit_auto_trading.domain.tick_columns import ticks_of_candles
from upbit_auto_trading.domain.timeframe import parse_timeframe
from upbit_auto_trading.infrastructure.indicators import TaLibIndicators

MINUTE = 60_000
INDICATORS = OwnIndicators(TaLibIndicators())
MARKET = scenario_candles("normal", 1_500, 3)
LOW = Comparison(variable("rsi", "1m", period=14), Comparator.LESS_EQUAL, Constant(35))
FALLING = Comparison(variable("change", window=60.0), Comparator.LESS_EQUAL, Constant(-0.05))
GAIN = Comparison(variable("profit_percent"), Comparator.GREATER_EQUAL, Constant(0.1))


def previewed(trigger: Expression, role: Role = Role.ENTRY) -> PreviewResult:
    job = PreviewJob(with_ids(trigger), role, MARKET, MINUTE, INDICATORS)
    return preview(lambda _share: None, job)


def test_an_rsi_is_counted_where_the_candles_closes_say_it_is_low() -> None:
    result = previewed(all_of(LOW, FALLING))
    low = wilder_rsi(MARKET.close, 14)[:-1] <= 35  # the last close is proven by no later print
    count = result.conditions[comparisons(with_ids(all_of(LOW, FALLING)))[0].id]
    assert count.candles == int(low.sum()) > 0
    assert count.turns == int((low[1:] & ~low[:-1]).sum() + low[0]) > 0
    assert count.at_firings == result.fired > 0


@pytest.mark.parametrize("seed", range(12))
def test_every_condition_turns_true_as_often_as_it_would_fire_alone(seed: int) -> None:
    trigger = with_ids(random_expression(random.Random(seed), float(MARKET.close[0]), fixed=True))
    result = previewed(trigger)
    for condition in comparisons(trigger):
        if result.assumes_position and not previewed(condition).assumes_position:
            continue  # alone it is judged while flat, too
        alone = previewed(condition)
        if mismatch(condition, shipped_variables()) is not None:
            assert condition.id not in result.conditions
            assert not alone.firings
            continue
        count = result.conditions[condition.id]
        assert count.turns == alone.fired + sum(alone.suppressed.values())
        assert count.candles is None or 0 <= count.candles <= len(MARKET)
        assert count.candles is None or (count.candles > 0) == (count.turns > 0)


@pytest.mark.parametrize("seed", range(12))
def test_counting_changes_no_firing(seed: int) -> None:
    trigger = with_ids(random_expression(random.Random(seed), float(MARKET.close[0]), fixed=False))
    for role in (Role.ENTRY, Role.EXIT, Role.SCALE_IN):
        job = PreviewJob(trigger, role, MARKET, MINUTE, INDICATORS)
        counted = preview(lambda _share: None, job)
        bare = preview(lambda _share: None, replace(job, counts_conditions=False))
        assert list(counted.firings) == list(bare.firings)
        assert (counted.fired, counted.suppressed) == (bare.fired, bare.suppressed)
        assert bare.conditions == {}


def test_what_the_engine_alone_can_judge_is_counted_by_the_engine() -> None:
    result = previewed(all_of(GAIN))
    (count,) = result.conditions.values()
    assert count.turns == count.at_firings == result.fired > 0
    assert count.candles is None


def test_a_forming_candle_s_indicator_is_counted_print_by_print() -> None:
    forming = replace(LOW, left=replace(LOW.left, timeframe="5m", bar=Bar.FORMING))
    result = previewed(all_of(forming))
    ticks = ticks_of_candles(MARKET, MINUTE)
    builder, rsi, low = CandleBuilder(parse_timeframe("5m")), RunningRsi(14), []
    for ms, price in zip(ticks.ms.tolist(), ticks.price.tolist(), strict=True):
        closed = builder.take(Tick(ms, price))
        if closed is not None:
            rsi.push(closed.close)
        low.append(rsi.preview(price) <= 35)
    by_candle = np.array(low).reshape(-1, 4)
    turns = sum(now and not before for before, now in pairwise([False, *low]))
    (count,) = result.conditions.values()
    assert count.turns == count.at_firings == result.fired == turns > 0
    assert count.candles == int(by_candle.any(axis=1).sum())
    assert turns < count.candles < len(MARKET)


def test_a_condition_below_a_not_is_false_at_every_firing() -> None:
    result = previewed(all_of(LOW, none_of(FALLING)))
    low, falling = comparisons(with_ids(all_of(LOW, none_of(FALLING))))
    assert result.conditions[low.id].at_firings == result.fired > 0
    assert result.conditions[falling.id].at_firings == 0


def test_what_the_past_has_no_values_for_has_no_count() -> None:
    book = Comparison(variable("spread_percent"), Comparator.LESS_EQUAL, Constant(1))
    trigger = with_ids(any_of(book, LOW))
    result = previewed(trigger)
    first, second = comparisons(trigger)
    assert first.id not in result.conditions
    assert result.conditions[second.id].turns == result.fired
    assert result.lacking == ("spread_percent",)


def test_candles_that_only_lead_in_count_nowhere() -> None:
    trigger = with_ids(all_of(LOW, GAIN, FALLING))
    whole = PreviewJob(trigger, Role.EXIT, MARKET, MINUTE, INDICATORS)
    since = int(MARKET.start_ms[500])
    late = preview(lambda _share: None, replace(whole, from_ms=since))
    everything = preview(lambda _share: None, whole)
    assert late.bars == len(MARKET) - 500
    told = [one.ms for one in everything.firings if one.ms >= since]
    assert [one.ms for one in late.firings] == told
    assert [one.number for one in late.firings] == list(range(1, len(told) + 1))
    low = (wilder_rsi(MARKET.close, 14) <= 35)[498:-1]
    counts = late.conditions[comparisons(trigger)[0].id]
    assert counts.candles == int(low[1:].sum()) < everything.bars
    assert counts.turns == int((low[1:] & ~low[:-1]).sum()) > 0
    for node, count in late.conditions.items():
        assert count.turns <= everything.conditions[node].turns


def test_sides_that_can_t_be_compared_have_no_count() -> None:
    odd = Comparison(variable("rsi", "1m"), Comparator.GREATER, variable("close", "1m"))
    trigger = with_ids(all_of(LOW, odd))
    assert set(previewed(trigger).conditions) == {comparisons(trigger)[0].id}


def test_a_market_without_candles_counts_nothing() -> None:
    empty = scenario_candles("normal", 1, 3)
    job = PreviewJob(with_ids(all_of(LOW)), Role.ENTRY, empty, MINUTE, INDICATORS)
    result = preview(lambda _share: None, job)
    (count,) = result.conditions.values()
    assert (count.turns, count.candles, count.at_firings) == (0, 0, 0)
