from decimal import Decimal
from itertools import pairwise

import numpy as np

from upbit_auto_trading.application.backtest import Conditions, backtest_candles
from upbit_auto_trading.application.preview import preview_strategy, preview_trigger
from upbit_auto_trading.application.run_file import candle_columns
from upbit_auto_trading.application.strategies import SEVEN_RULES, shipped_template
from upbit_auto_trading.domain.candle_series import CandleColumns
from upbit_auto_trading.domain.evaluation_record import ComparisonRecord
from upbit_auto_trading.domain.expression import Comparator, Comparison, Constant, variable
from upbit_auto_trading.domain.rsi import wilder_rsi
from upbit_auto_trading.infrastructure.indicators import TaLibIndicators

OVERSOLD = Comparison(variable("rsi", "1m", period=5), Comparator.LESS_EQUAL, Constant(25.0))


def market(count: int = 1000) -> CandleColumns:
    rng = np.random.default_rng(2)
    prices = np.round(1000 * np.exp(np.cumsum(rng.normal(0, 0.003, count))), 1).tolist()
    return candle_columns([[60.0 * n, p, p, p, p] for n, p in enumerate(prices)])


def test_a_trigger_fires_where_its_rsi_falls_below_and_shows_the_value() -> None:
    candles = market()
    preview = preview_trigger(OVERSOLD, candles, 60_000)
    low = wilder_rsi(candles.close, 5) <= 25.0
    rises = np.flatnonzero(low[1:] & ~low[:-1]) + 1
    expected = [60_000 * (int(n) + 1) for n in rises if n + 1 < len(candles)]
    assert [firing.ms for firing in preview.firings] == expected
    assert (preview.fired, preview.warm_up, preview.needs_position) == (len(expected), 6, False)
    record = preview.firings[0].record()
    assert isinstance(record, ComparisonRecord)
    assert record.left == wilder_rsi(candles.close, 5)[rises[0]]


def test_a_cooldown_suppresses_and_says_so() -> None:
    preview = preview_trigger(OVERSOLD, market(), 60_000, cooldown_ms=3_600_000)
    assert {firing.suppressed for firing in preview.firings} == {"", "cooling_down"}
    fired = [firing.ms for firing in preview.firings if not firing.suppressed]
    assert all(later - earlier >= 3_600_000 for earlier, later in pairwise(fired))


def test_a_crossing_of_an_average_is_previewed_where_it_happened() -> None:
    crossing = Comparison(
        variable("close", "1m"), Comparator.CROSSES_UP, variable("sma", "1m", period=20)
    )
    candles = market()
    preview = preview_trigger(crossing, candles, 60_000, TaLibIndicators())
    closes = candles.close
    means = np.convolve(closes, np.ones(20) / 20, mode="valid")
    above = closes[19:] > means
    places = np.flatnonzero(above[1:] & ~above[:-1]) + 20
    assert [firing.ms for firing in preview.firings] == [
        60_000 * (int(place) + 1) for place in places if place + 1 < len(candles)
    ]


def test_a_strategys_preview_is_its_backtest_rule_by_rule() -> None:
    strategy = shipped_template(SEVEN_RULES).filled(
        {"rsi_level": 40, "down_pct": 0.5, "trail_arm_pct": 0.3, "trail_drop_pct": 0.3}
    )
    conditions = Conditions(Decimal(1_000_000))
    previews = preview_strategy(strategy, market(), 60_000, conditions)
    events = backtest_candles(strategy, market(), 60_000, conditions).events
    fired = [
        (firing.ms / 1000, strategy.rule(rule).number)
        for rule, preview in previews.items()
        for firing in preview.firings
        if not firing.suppressed
    ]
    assert sorted(fired) == sorted((event["t"], event["rule"]) for event in events)
    assert len(events) > 4
    assert previews["average_down"].needs_position
