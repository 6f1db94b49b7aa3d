import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_auto_trading.domain.candle import Candle
from upbit_auto_trading.domain.candle_series import CandleSeries
from upbit_auto_trading.domain.stream import Delivery, Origin, Source
from upbit_auto_trading.domain.timeframe import parse_timeframe
from upbit_auto_trading.domain.trade import Side, Trade

MINUTE = parse_timeframe("1m")
LIVE = Origin(Source.WEBSOCKET, Delivery.REALTIME, received_at=0.0, epoch=1)
HISTORY = Origin(Source.REST, Delivery.SNAPSHOT, received_at=0.0)


def candle(
    slot: int,
    *,
    close: float = 100.0,
    volume: float = 1.0,
    traded_s: float = 1.0,
    origin: Origin = HISTORY,
) -> Candle:
    start_ms = slot * 60_000
    return Candle(
        market="KRW-BTC",
        timeframe=MINUTE,
        start_ms=start_ms,
        open=100.0,
        high=max(100.0, close),
        low=min(100.0, close),
        close=close,
        volume=volume,
        turnover=volume * close,
        exchange_ms=start_ms + int(traded_s * 1000),
        origin=origin,
    )


def series(*candles: Candle) -> CandleSeries:
    made = CandleSeries("KRW-BTC", MINUTE)
    made.merge(candles)
    return made


def trade(slot: int, second: float, price: float, volume: float = 1.0) -> Trade:
    moment = slot * 60_000 + int(second * 1000)
    return Trade("KRW-BTC", price, volume, Side.BID, moment, moment + 40, moment * 10_000, LIVE)


def slots(of: CandleSeries) -> list[int]:
    return [int(ms) // 60_000 for ms in of.columns.start_ms]


def test_history_and_live_updates_join_without_gap_or_duplicate() -> None:
    joined = series()
    joined.apply(candle(10, close=101, traded_s=30, origin=LIVE))
    joined.apply(candle(11, close=102, traded_s=5, origin=LIVE))
    joined.merge([candle(8), candle(9), candle(10, close=100.5, traded_s=20)])
    assert slots(joined) == [8, 9, 10, 11]
    assert joined.columns.close.tolist() == [100.0, 100.0, 101.0, 102.0]


def test_a_late_page_never_undoes_a_newer_live_candle() -> None:
    joined = series(candle(10, close=105, volume=3, traded_s=40, origin=LIVE))
    assert joined.merge([candle(10, close=103, volume=2, traded_s=20)]) == 0
    assert joined.columns.close[-1] == 105


def test_history_with_more_volume_up_to_the_same_trade_stands() -> None:
    joined = series(candle(10, close=105, volume=3, traded_s=40, origin=LIVE))
    assert joined.merge([candle(10, close=105, volume=4, traded_s=40)]) == 1
    assert joined.merge([candle(10, close=105, volume=1, traded_s=40)]) == 0
    assert joined.columns.volume[-1] == 4


def test_a_live_correction_after_the_next_candle_started_is_taken() -> None:
    joined = series(candle(10), candle(11))
    assert joined.apply(candle(10, close=99, traded_s=59, origin=LIVE))
    assert joined.columns.close.tolist() == [99.0, 100.0]


def test_a_minute_without_trades_stays_absent() -> None:
    assert slots(series(candle(1), candle(4))) == [1, 4]


def test_the_last_candle_is_closed_only_when_time_proves_it() -> None:
    joined = series(candle(1), candle(2))
    assert joined.closed_length(2 * 60_000 + 59_999) == 1
    assert joined.closed_length(3 * 60_000) == 2
    assert len(joined.closed_columns(0)) == 1
    assert series().closed_length(10**15) == 0


def test_every_change_raises_the_revision_and_nothing_else_does() -> None:
    joined = series(candle(1))
    before = joined.revision
    joined.apply(candle(1, traded_s=0.5))
    assert joined.revision == before
    joined.apply(candle(2))
    assert joined.revision == before + 1


def test_the_running_candle_follows_trades_and_the_exchange_has_the_last_word() -> None:
    joined = series(candle(10, close=100, volume=2, traded_s=5))
    assert joined.apply_trade(trade(10, 6, 104))
    assert joined.apply_trade(trade(10, 7, 98))
    columns = joined.columns
    assert (columns.high[-1], columns.low[-1], columns.close[-1]) == (104, 98, 98)
    assert columns.volume[-1] == 4
    joined.apply(candle(10, close=98, volume=4.5, traded_s=7, origin=LIVE))
    assert joined.columns.volume[-1] == 4.5


def test_a_trade_of_the_next_slot_starts_its_candle() -> None:
    joined = series(candle(10, traded_s=5))
    assert joined.apply_trade(trade(12, 1, 103, 0.5))
    assert slots(joined) == [10, 12]
    columns = joined.columns
    assert columns.open[-1] == columns.high[-1] == columns.low[-1] == columns.close[-1] == 103
    assert (columns.volume[-1], columns.turnover[-1]) == (0.5, 51.5)
    joined.apply(candle(12, close=103, volume=0.5, traded_s=0.5, origin=LIVE))
    assert joined.columns.open[-1] == 103


def test_a_trade_that_a_candle_already_counts_changes_nothing() -> None:
    joined = series(candle(9), candle(10, traded_s=5))
    assert not joined.apply_trade(trade(10, 5, 104))
    assert not joined.apply_trade(trade(9, 59, 104))
    assert not series().apply_trade(trade(9, 59, 104))
    with pytest.raises(ValueError, match="doesn't belong"):
        CandleSeries("KRW-ETH", MINUTE).apply_trade(trade(9, 59, 104))


@pytest.mark.parametrize("other", ["market", "timeframe"])
def test_a_foreign_candle_is_refused(other: str) -> None:
    foreign = CandleSeries("KRW-ETH" if other == "market" else "KRW-BTC", parse_timeframe("5m"))
    with pytest.raises(ValueError, match="doesn't belong"):
        foreign.apply(candle(1))


@given(
    candles=st.lists(
        st.tuples(st.integers(0, 40), st.integers(0, 59), st.floats(50, 150)), max_size=60
    ),
    seed=st.integers(0, 2**16),
)
def test_any_order_of_arrival_gives_the_same_series(
    candles: list[tuple[int, int, float]], seed: int
) -> None:
    newest: dict[int, Candle] = {}
    made = []
    for slot, second, close in candles:
        one = candle(slot, close=close, volume=second + 1.0, traded_s=second)
        made.append(one)
        if slot not in newest or one.exchange_ms > newest[slot].exchange_ms:
            newest[slot] = one
    shuffled = list(newest.values()) + [
        one for one in made if one.exchange_ms < newest[one.start_ms // 60_000].exchange_ms
    ]
    random.Random(seed).shuffle(shuffled)
    cuts = random.Random(seed + 1)
    joined = series()
    while shuffled:
        count = cuts.randint(1, len(shuffled))
        joined.merge(shuffled[:count])
        del shuffled[:count]
    assert slots(joined) == sorted(newest)
    assert joined.columns.close.tolist() == [newest[slot].close for slot in sorted(newest)]
    assert np.all(np.diff(joined.columns.start_ms) > 0)


def test_many_pages_back_keep_every_candle() -> None:
    joined = series(*(candle(slot) for slot in range(5000, 5100)))
    for first in range(4900, -1, -100):
        assert joined.merge([candle(slot) for slot in range(first, first + 100)]) == 100
    assert slots(joined) == list(range(5100))
