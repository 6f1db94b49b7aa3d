"""Blocks that run at once give what the plain loop gives, bit for bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from upbit_auto_trading.domain import wilder_average as module
from upbit_auto_trading.domain.rsi import RunningRsi, wilder_rsi
from upbit_auto_trading.domain.wilder_average import wilder_average

closes = st.lists(st.integers(90, 110).map(float), min_size=1, max_size=80)


def plain(values: NDArray[np.float64], period: int) -> list[float]:
    average = 0.0
    for value in values[:period].tolist():
        average += value
    average /= period
    averages = [average]
    for value in values[period:].tolist():
        average = ((period - 1) * average + value) / period
        averages.append(average)
    return averages


def gains(seed: int, count: int) -> NDArray[np.float64]:
    """Gains as markets have them: many zeros, long flat stretches, sizes far apart."""
    rng = np.random.default_rng(seed)
    values = np.maximum(rng.normal(0, 1, count), 0) * 10.0 ** rng.integers(-8, 8)
    for _ in range(3):
        begin = int(rng.integers(0, count))
        values[begin : begin + int(rng.integers(0, count // 5))] = 0.0
    return values


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("period", [1, 2, 5, 14])
def test_long_series_equal_the_plain_loop(seed: int, period: int) -> None:
    values = gains(seed, 64 * 64 * period + period + seed * 137)
    assert wilder_average(values, period).tolist() == plain(values, period)


def test_blocks_without_enough_warm_up_are_mended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_WARM_UP_PERIODS", 1)
    values = gains(3, 20_000)
    assert wilder_average(values, 14).tolist() == plain(values, 14)


@given(closes=closes, period=st.integers(1, 20))
def test_the_running_rsi_gives_the_batchs_bits_and_its_preview_foresees_them(
    closes: list[float], period: int
) -> None:
    running = RunningRsi(period)
    foreseen, values = [], []
    for close in closes:
        foreseen.append(running.preview(close))
        values.append(running.push(close))
    batch = wilder_rsi(np.array(closes), period)
    assert np.array(values).tobytes() == batch.tobytes()
    assert np.array(foreseen).tobytes() == batch.tobytes()
