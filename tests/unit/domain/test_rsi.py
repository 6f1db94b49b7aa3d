import numpy as np
import pytest
import talib
from hypothesis import given
from hypothesis import strategies as st

from upbit_auto_trading.domain.rsi import (
    RunningRsi,
    forming_rsi,
    simple_moving_average,
    wilder_rsi,
)

walks = st.lists(st.floats(min_value=-0.05, max_value=0.05), min_size=20, max_size=200).map(
    lambda steps: 1000.0 * np.exp(np.cumsum(np.array(steps)))
)


@given(closes=walks, period=st.integers(min_value=2, max_value=30))
def test_the_rsi_equals_the_independent_library_on_moving_markets(
    closes: np.ndarray[tuple[int], np.dtype[np.float64]], period: int
) -> None:
    ours = wilder_rsi(closes, period)
    oracle = talib.RSI(closes, timeperiod=period)
    known = ~np.isnan(ours)
    assert np.allclose(ours[known], oracle[known], rtol=1e-9, atol=1e-9)
    assert not known[:period].any()


def test_a_dead_market_is_unknown_and_not_oversold() -> None:
    assert np.isnan(wilder_rsi(np.full(40, 5000.0), 14)).all()


def test_a_market_that_only_rose_is_at_100_and_one_that_only_fell_at_0() -> None:
    rising = np.arange(1.0, 40.0)
    assert wilder_rsi(rising, 14)[-1] == 100.0
    assert wilder_rsi(rising[::-1].copy(), 14)[-1] == 0.0


def test_the_first_value_uses_plain_means() -> None:
    closes = np.array([10.0, 11.0, 10.5, 11.5])
    gains, losses = (1.0 + 1.0) / 3, 0.5 / 3
    assert wilder_rsi(closes, 3)[3] == 100.0 * gains / (gains + losses)


def test_fewer_closes_than_needed_are_unknown() -> None:
    assert np.isnan(wilder_rsi(np.arange(14.0), 14)).all()
    assert len(wilder_rsi(np.array([]), 14)) == 0


@given(closes=walks, period=st.integers(min_value=1, max_value=40))
def test_the_moving_average_is_the_plain_mean(
    closes: np.ndarray[tuple[int], np.dtype[np.float64]], period: int
) -> None:
    averages = simple_moving_average(closes, period)
    for place in range(len(closes)):
        if place < period - 1:
            assert np.isnan(averages[place])
        else:
            mean = sum(closes[place - period + 1 : place + 1]) / period
            assert averages[place] == pytest.approx(mean, rel=1e-12)


@pytest.mark.parametrize(("count", "period"), [(9_000, 2), (40, 14), (16, 14), (15, 14), (3, 14)])
def test_a_forming_close_has_the_bits_of_the_rsi_taken_in_close_by_close(
    count: int, period: int
) -> None:
    rng = np.random.default_rng(count)
    closes = 1000.0 + np.cumsum(rng.integers(-3, 4, count)).astype(np.float64)
    prices = np.repeat(closes, 2)
    prices[::2] += rng.integers(-2, 3, count)
    found = forming_rsi(closes, prices, np.repeat(np.arange(count), 2), period)
    running, expected = RunningRsi(period), []
    for price, close in prices.reshape(-1, 2):
        expected += [running.preview(price), running.preview(close)]
        running.push(close)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(found[1::2], wilder_rsi(closes, period))


def test_a_forming_close_of_a_period_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="period 0 is below 1"):
        forming_rsi(np.arange(5.0), np.arange(5.0), np.arange(5), 0)


@pytest.mark.parametrize("function", [wilder_rsi, simple_moving_average])
def test_a_period_below_one_is_refused(function: object) -> None:
    assert callable(function)
    with pytest.raises(ValueError, match="period 0 is below 1"):
        function(np.arange(5.0), 0)
