from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_auto_trading.domain.price_grid import E8
from upbit_auto_trading.simulator.market.replay import (
    RecordedCandle,
    UnformableCandleError,
    minutes_from,
    price_step_e8,
    shipped_candles,
    trades_of,
)


def test_every_recorded_candle_is_formed_exactly_by_its_trades() -> None:
    candles = shipped_candles()
    step_e8 = price_step_e8(candles)
    assert step_e8 == 1000 * E8
    for candle in candles:
        trades = trades_of(candle, step_e8, seed=1)
        price, volume = trades.price_e8.tolist(), trades.volume.tolist()
        assert (price[0], price[-1]) == (candle.open_e8, candle.close_e8)
        assert (max(price), min(price)) == (candle.high_e8, candle.low_e8)
        assert sum(volume) == candle.volume_e8
        assert min(volume) > 0
        assert sum(p * v for p, v in zip(price, volume, strict=True)) == candle.turnover_e16
        assert all(p % step_e8 == 0 for p in price)
        assert (np.diff(trades.sequential_id) > 0).all()
        assert trades.trade_ms[0] >= candle.start_ms
        assert trades.trade_ms[-1] < candle.start_ms + candle.length_ms


def test_the_shipped_candles_are_the_recorded_ones(payloads: Callable[[str], Any]) -> None:
    rows = [
        *payloads("recorded/upbit_1m_20200220_170000-20200220_202000.json"),
        *payloads("recorded/upbit_1m_20200220_202000-20200220_210000.json"),
    ]
    recorded = {
        (
            round(row["opening_price"]) * E8,
            round(row["trade_price"]) * E8,
            int(Decimal(repr(row["candle_acc_trade_volume"])) * E8),
            row["timestamp"],
        )
        for row in rows
    }
    shipped = {
        (candle.open_e8, candle.close_e8, candle.volume_e8, candle.last_ms)
        for candle in shipped_candles()
    }
    assert shipped == recorded


@given(
    lots=st.lists(st.tuples(st.integers(-20, 20), st.integers(1, 10**9)), min_size=1, max_size=40),
    seed=st.integers(0, 2**32),
)
def test_any_candle_that_trades_once_formed_can_be_formed_again(
    lots: list[tuple[int, int]], seed: int
) -> None:
    step_e8 = 1000 * E8
    trades = [(11_500_000 * E8 + away * step_e8, volume + 10) for away, volume in lots]
    prices = [price for price, _ in trades]
    candle = RecordedCandle(
        1_582_185_600_000,
        60_000,
        prices[0],
        max(prices),
        min(prices),
        prices[-1],
        sum(volume for _, volume in trades),
        sum(price * volume for price, volume in trades),
        1_582_185_659_000,
    )
    again = trades_of(candle, step_e8, seed)
    price, volume = again.price_e8.tolist(), again.volume.tolist()
    assert (price[0], price[-1]) == (candle.open_e8, candle.close_e8)
    assert (max(price), min(price)) == (candle.high_e8, candle.low_e8)
    assert sum(volume) == candle.volume_e8
    assert sum(p * v for p, v in zip(price, volume, strict=True)) == candle.turnover_e16


def test_a_candle_whose_turnover_cant_be_is_refused() -> None:
    whole = shipped_candles()[0]
    wrong = RecordedCandle(
        whole.start_ms,
        whole.length_ms,
        whole.open_e8,
        whole.high_e8,
        whole.low_e8,
        whole.close_e8,
        whole.volume_e8,
        whole.turnover_e16 * 2,
        whole.last_ms,
    )
    with pytest.raises(UnformableCandleError) as caught:
        trades_of(wrong, 1000 * E8, seed=1)
    assert caught.value.start_ms == whole.start_ms


def test_candles_moved_to_another_time_keep_their_minutes() -> None:
    candles = shipped_candles()
    minutes = minutes_from(candles, 30_000_000, seed=1)
    assert list(minutes) == list(range(30_000_000, 30_000_000 + len(candles)))
    for (minute, trades), candle in zip(minutes.items(), candles, strict=True):
        assert (trades.trade_ms // 60_000 == minute).all()
        assert (trades.sequential_id // 10_000 == trades.trade_ms).all()
        assert trades.volume.sum() == candle.volume_e8
