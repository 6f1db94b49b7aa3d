import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_auto_trading.domain.market_generator import REGIMES, GeneratedCandles, generated_candles


def history(name: str, minutes: int = 240, seed: int = 1) -> GeneratedCandles:
    return generated_candles(REGIMES[name], minutes, seed=seed, start_price=50_000_000.0)


@given(name=st.sampled_from(sorted(REGIMES)), seed=st.integers(0, 2**32), size=st.integers(1, 500))
def test_every_history_is_made_of_possible_candles_and_repeats_with_its_seed(
    name: str, seed: int, size: int
) -> None:
    candles = history(name, size, seed)
    again = history(name, size, seed)
    assert (candles.close == again.close).all()
    assert (candles.volume == again.volume).all()
    assert len(candles.minute) <= size
    assert (np.diff(candles.minute) > 0).all()
    assert (candles.low <= np.minimum(candles.open, candles.close)).all()
    assert (candles.high >= np.maximum(candles.open, candles.close)).all()
    assert (candles.low > 0).all()
    assert (candles.volume > 0).all()


@pytest.mark.parametrize(("name", "rate"), [("surge", 0.1), ("crash", -0.1)])
def test_a_surge_and_a_crash_move_ten_per_cent_a_minute_after_a_calm_beginning(
    name: str, rate: float
) -> None:
    for seed in range(10):
        closes = history(name, 100, seed).close
        calm = closes[:60]
        assert calm.max() / calm.min() < 1.05
        moved = closes[62] / closes[59]
        assert moved == pytest.approx((1.0 + rate) ** 3, rel=0.03)


def test_a_rising_market_rises_and_a_falling_one_falls() -> None:
    for seed in range(20):
        rising, falling = history("trend", seed=seed), history("decline", seed=seed)
        assert rising.close[-1] > rising.open[0] * 1.01
        assert falling.close[-1] < falling.open[0] * 0.99


def test_a_sideways_market_stays_where_it_is() -> None:
    for seed in range(20):
        candles = history("sideways", 500, seed)
        assert candles.high.max() / candles.low.min() < 1.02


def test_moving_averages_cross_down_and_then_up() -> None:
    for seed in range(20):
        closes = history("moving-average-cross", 240, seed).close
        short = np.convolve(closes, np.ones(5) / 5, "valid")[15:]
        long = np.convolve(closes, np.ones(20) / 20, "valid")
        above = short > long
        assert (~above[:-1] & above[1:]).any()
        assert (above[:-1] & ~above[1:]).any()


def test_a_listing_day_leaps_and_gives_most_of_it_back() -> None:
    for seed in range(10):
        candles = history("listing-day", 240, seed)
        first, peak, last = candles.open[0], candles.high.max(), candles.close[-1]
        assert peak > 1.6 * first
        assert 0.9 * first < last < 0.8 * peak
