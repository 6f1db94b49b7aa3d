"""Results as plain data: thin curves that lose no extreme, figures and months of the report."""

from decimal import Decimal
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from upbit_auto_trading.application.backtest import Conditions, backtest_candles
from upbit_auto_trading.application.backtest_result import (
    calculate,
    thinned,
    without_each_rule,
)
from upbit_auto_trading.application.run_file import candle_columns
from upbit_auto_trading.application.strategies import SEVEN_RULES, shipped_template
from upbit_auto_trading.domain.candle_series import CandleColumns
from upbit_auto_trading.domain.equity import EquityCurve
from upbit_auto_trading.domain.own_indicators import OwnIndicators

STRATEGY = shipped_template(SEVEN_RULES).filled({"rsi_period": 2, "rsi_level": 40})
CONDITIONS = Conditions(Decimal(1_000_000))


def walk(count: int = 900, seed: int = 5) -> CandleColumns:
    rng = np.random.default_rng(seed)
    prices = np.round(1000 * np.exp(np.cumsum(rng.normal(0, 0.004, count))), 1).tolist()
    return candle_columns([[60.0 * n, p, p, p, p] for n, p in enumerate(prices)])


@given(st.integers(1, 400), st.integers(8, 64), st.integers(0, 2**32 - 1))
def test_a_thinned_curve_keeps_its_ends_and_extremes_in_order(
    count: int, points: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    equity, hold = rng.normal(100, 10, count), rng.normal(100, 10, count)
    ms = np.arange(count, dtype=np.int64) * 1000
    curves = thinned(EquityCurve(ms, equity, equity), hold, points)
    assert len(curves.ms) <= max(count if count <= points else 0, points + 2)
    assert (np.diff(curves.ms) > 0).all()
    assert (curves.ms[0], curves.ms[-1]) == (ms[0], ms[-1])
    assert (curves.equity.min(), curves.equity.max()) == (equity.min(), equity.max())
    assert (curves.hold.min(), curves.hold.max()) == (hold.min(), hold.max())
    falls = (equity / np.maximum.accumulate(equity) - 1) * 100
    assert np.array_equal(curves.drawdown, falls[np.searchsorted(ms, curves.ms)])


def test_a_result_says_what_the_report_of_the_same_run_says() -> None:
    candles = walk()
    told: list[float] = []
    result = calculate(
        told.append, STRATEGY, "KRW-BTC", "1m", 60_000, candles, CONDITIONS, OwnIndicators()
    )
    report = backtest_candles(STRATEGY, candles, 60_000, CONDITIONS).report()
    assert result.figures.profit == report.profit
    assert result.trips == report.trips
    assert result.figures.hold_percent == report.hold_percent
    assert [rule.rule for rule in result.rules] == [rule.id for rule in STRATEGY.rules]
    assert result.bars == 900
    assert result.empty == 0
    assert result.look_ahead.passed
    assert sum(month.profit for month in result.months) == np.float64(
        result.curves.equity[-1] - 1_000_000
    )
    hold = result.curves.hold[-1] - 1_000_000
    assert np.isclose(hold / 10_000, report.hold_percent)
    assert told == sorted(told)
    assert told[0] >= 0
    assert told[-1] == 1
    # The look-ahead check tells how far it is, too, so that a cancel reaches it.
    assert max(later - sooner for sooner, later in pairwise(told)) < 0.1


def test_slots_without_a_candle_are_counted_and_none_is_invented() -> None:
    candles = columns_without(walk(60), 20, 5)
    result = calculate(
        lambda _: None, STRATEGY, "KRW-BTC", "1m", 60_000, candles, CONDITIONS, OwnIndicators()
    )
    assert (result.bars, result.empty) == (55, 5)


def test_a_rule_turned_off_is_run_again_and_one_that_is_off_is_left_out() -> None:
    candles = walk()
    told: list[float] = []
    profits = without_each_rule(told.append, STRATEGY, 60_000, candles, CONDITIONS, OwnIndicators())
    assert told == sorted(told)
    assert told[-1] == 1
    assert len(told) > 50  # within each run, too
    assert set(profits) == {rule.id for rule in STRATEGY.rules if rule.enabled}
    assert profits["oversold_entry"] == 0.0


def columns_without(candles: CandleColumns, first: int, count: int) -> CandleColumns:
    keep = np.r_[0:first, first + count : len(candles)]
    return CandleColumns(*(getattr(candles, name)[keep] for name in CandleColumns.__slots__))
