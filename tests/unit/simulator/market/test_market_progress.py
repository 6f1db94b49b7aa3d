"""Publishing a market: nothing missed, nothing twice, candles once a second at most."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upbit_auto_trading.domain.timeframe import TIMEFRAMES
from upbit_auto_trading.simulator.market.listing_state import ListingState
from upbit_auto_trading.simulator.market.market_model import MarketModel
from upbit_auto_trading.simulator.market.market_progress import MarketProgress, publish_lag_ms
from upbit_auto_trading.simulator.socket.frame_maker import REALTIME, SNAPSHOT, FrameMaker
from upbit_auto_trading.simulator.socket.market_desk import MarketDesk
from upbit_auto_trading.simulator.wire.ws_stream import Format, PublicStream

MODEL = MarketModel(seed=7, markets=24, history_days=10)
NOW_MS = 1_787_731_683_000
BITCOIN = "KRW-BTC"


@settings(max_examples=40)
@given(st.lists(st.integers(1, 4000), min_size=1, max_size=40))
def test_every_print_is_published_once_however_irregularly_it_is_asked(steps: list[int]) -> None:
    progress = MarketProgress(MODEL, BITCOIN, NOW_MS)
    now_ms, published = NOW_MS, []
    for step in steps:
        now_ms += step
        published += [trade.sequential_id for trade in progress.advance(now_ms).prints]
    lag_ms = publish_lag_ms(BITCOIN)
    made = MODEL.prints(BITCOIN, NOW_MS - lag_ms + 1, now_ms - lag_ms + 1)
    assert published == [trade.sequential_id for trade in made]


def test_waking_when_due_publishes_each_event_when_its_lag_has_passed() -> None:
    progress = MarketProgress(MODEL, BITCOIN, NOW_MS)
    lag_ms = publish_lag_ms(BITCOIN)
    for _ in range(200):
        due_ms = progress.due_ms()
        assert due_ms > progress.seen_ms + lag_ms
        for trade in progress.advance(due_ms).prints:
            assert due_ms - trade.trade_ms == lag_ms


def test_candles_are_due_at_most_once_a_second_and_only_after_trades() -> None:
    progress = MarketProgress(MODEL, BITCOIN, NOW_MS)
    sent, touched = [], set()
    while progress.seen_ms < NOW_MS + 30_000:
        due_ms = progress.due_ms()
        happened = progress.advance(due_ms)
        if happened.candles_due:
            sent.append(due_ms)
            touched |= set(progress.touched(TIMEFRAMES["1s"]))
            progress.candles_sent()
    assert all(later - earlier >= 1000 for earlier, later in pairwise(sent))
    traded = {
        trade.trade_ms // 1000 * 1000
        for trade in MODEL.prints(BITCOIN, NOW_MS, sent[-1] - publish_lag_ms(BITCOIN))
    }
    assert traded <= touched


def test_what_happened_in_a_stop_is_taken_a_minute_at_a_time() -> None:
    progress, lag_ms = MarketProgress(MODEL, BITCOIN, NOW_MS), publish_lag_ms(BITCOIN)
    now_ms, published, candles = NOW_MS + 500_000, [], set()
    while progress.due_ms() <= now_ms:
        since_ms = progress.seen_ms
        happened = progress.advance(now_ms)
        assert progress.seen_ms <= since_ms + 60_001
        published += [trade.sequential_id for trade in happened.prints]
        if happened.candles_due:
            candles |= set(progress.touched(TIMEFRAMES["1m"]))
            progress.candles_sent()
    made = MODEL.prints(BITCOIN, NOW_MS - lag_ms + 1, now_ms - lag_ms + 1)
    assert published == [trade.sequential_id for trade in made]
    assert len(candles) >= 8


def test_a_long_stop_leaves_out_what_nobody_could_take_in() -> None:
    progress = MarketProgress(MODEL, BITCOIN, NOW_MS)
    prints = progress.advance(NOW_MS + 3 * 3_600_000).prints
    assert prints[0].trade_ms >= NOW_MS + 3 * 3_600_000 - 601_000


@pytest.mark.parametrize("channel", ["ticker", "orderbook", "candle.1m"])
def test_a_state_is_encoded_once_until_an_event_makes_it_old(channel: str) -> None:
    listing = ListingState(MODEL.listing)
    desk = MarketDesk(MarketProgress(MODEL, BITCOIN, NOW_MS), FrameMaker(MODEL, listing))
    stream = PublicStream(channel, BITCOIN, 30 if channel == "orderbook" else 0)
    first = desk.state(stream, REALTIME, (Format.DEFAULT,))
    assert desk.state(stream, REALTIME, (Format.DEFAULT,)) is first
    snapshot = desk.state(stream, SNAPSHOT, (Format.DEFAULT,))[Format.DEFAULT]
    assert snapshot.payload == first[Format.DEFAULT].payload.replace(b"REALTIME", b"SNAPSHOT")
    now_ms = NOW_MS
    while not desk.advance(now_ms).prints:
        now_ms += 50
    assert desk.state(stream, REALTIME, (Format.DEFAULT,)) is not first
