import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import START_MS, candle, ticker, trade
from upbit_auto_trading.domain.candle import Candle
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.ticker import Ticker
from upbit_auto_trading.infrastructure.market_data_backbone.store import (
    LiveStore,
    TradeStream,
    Verdict,
)

TICKER = Stream("ticker", "KRW-BTC")
TRADE = Stream("trade", "KRW-BTC")
MINUTE = Stream("candle.1m", "KRW-BTC")


def test_a_ticker_never_goes_back_in_time() -> None:
    live = LiveStore().open(TICKER)
    newer = ticker(exchange_ms=START_MS + 100)

    assert live.accept(newer) is Verdict.NEW
    assert live.accept(ticker(exchange_ms=START_MS)) is Verdict.STALE
    assert live.value is newer


def test_of_two_states_with_one_time_the_later_arrival_wins() -> None:
    live = LiveStore().open(TICKER)
    live.accept(ticker(price=100.0))

    assert live.accept(ticker(price=101.0)) is Verdict.NEW
    assert isinstance(live.value, Ticker)
    assert live.value.trade_price == 101.0


def test_a_repeated_state_refreshes_its_arrival_and_is_no_news() -> None:
    live = LiveStore().open(TICKER)
    live.accept(ticker())
    again = ticker()

    assert live.accept(again) is Verdict.DUPLICATE
    assert live.value is again


@pytest.mark.parametrize(
    "news",
    [
        {"trade_price": 1.0},
        {"volume_day": 1.0},
        {"volume_24h": 1.0},
        {"trade_ms": START_MS - 1},
        {"is_halted": True},
    ],
)
def test_whatever_a_ticker_of_the_same_time_says_else_is_news(news: dict[str, Any]) -> None:
    live = LiveStore().open(TICKER)
    live.accept(ticker())

    assert live.accept(replace(ticker(), **news)) is Verdict.NEW


@given(st.integers(0, 2**32), st.integers(1, 4))
def test_shuffled_and_repeated_trades_come_out_once_and_in_order(seed: int, repeats: int) -> None:
    trades = [trade(trade_ms=START_MS + n // 2, sequential_id=START_MS * 10 + n) for n in range(60)]
    arriving = trades * repeats
    random.Random(seed).shuffle(arriving)
    live = LiveStore().open(TRADE)
    assert isinstance(live, TradeStream)

    told = [one for one in arriving if live.accept(one) is Verdict.NEW]

    assert sorted(one.sequential_id for one in told) == [one.sequential_id for one in trades]
    assert live.newest(100) == trades
    assert live.newest(3) == trades[-3:]
    assert live.value == trades[-1]


def test_a_late_snapshot_of_the_previous_candle_doesnt_replace_the_running_one() -> None:
    live = LiveStore().open(MINUTE)
    previous, running = candle(volume=1.0), candle(start_ms=START_MS + 60_000, volume=0.1)
    live.accept(previous)
    live.accept(running)

    assert live.accept(previous) is Verdict.DUPLICATE
    assert live.accept(replace(previous, volume=2.0)) is Verdict.NEW
    assert live.value is running


def test_an_older_state_of_a_candle_is_not_news() -> None:
    live = LiveStore().open(MINUTE)
    live.accept(candle(volume=2.0))
    older = replace(candle(volume=1.0), exchange_ms=START_MS)

    assert live.accept(older) is Verdict.STALE
    assert isinstance(live.value, Candle)
    assert live.value.volume == 2.0


def test_an_earlier_state_of_a_candle_with_the_same_volume_is_not_news() -> None:
    live = LiveStore().open(MINUTE)
    newest = candle(close=101.0)
    live.accept(newest)

    assert live.accept(replace(candle(close=100.0), exchange_ms=START_MS)) is Verdict.STALE
    assert live.value is newest


def test_of_many_candles_the_newest_are_remembered() -> None:
    live = LiveStore().open(MINUTE)
    candles = [candle(start_ms=START_MS + n * 60_000) for n in range(600)]
    for one in candles:
        assert live.accept(one) is Verdict.NEW

    assert {live.accept(one) for one in candles[-500:]} == {Verdict.DUPLICATE}


def test_the_usual_gap_between_frames_is_learnt() -> None:
    live = LiveStore().open(TICKER)
    for number in range(50):
        live.arrived(number * 0.5)

    assert live.gap_s == 0.5
    assert live.last_at == 24.5
    assert live.arrivals == 50
