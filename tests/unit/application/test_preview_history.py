"""The candles of a preview: fetched once, page by page, whole, and followed live."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.builders import START_MS, candle, market_info
from tests.fakes import FakeMarketDataFeed
from upbit_auto_trading.application.preview_history import PreviewHistory
from upbit_auto_trading.domain.failure import NotConnectedError
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.subscription import StreamHealth, StreamState

MARKET = "KRW-BTC"
MINUTE = 60_000
COUNT = 1_000
FIRST_MS = START_MS // MINUTE * MINUTE - COUNT * MINUTE
STREAM = Stream("candle.1m", MARKET)


@pytest.fixture
def feed() -> FakeMarketDataFeed:
    made = FakeMarketDataFeed(listed=[market_info(MARKET)], now=START_MS / 1000)
    made.history[MARKET, "1m"] = [
        candle(MARKET, "1m", FIRST_MS + n * MINUTE, close=1000.0 + n) for n in range(COUNT)
    ]
    return made


@pytest.fixture
def changes() -> list[int]:
    return []


@pytest.fixture
def history(feed: FakeMarketDataFeed, changes: list[int]) -> Iterator[PreviewHistory]:
    made = PreviewHistory(feed, lambda: changes.append(1))
    made.show(MARKET, "1m")
    yield made
    made.close()


async def load(history: PreviewHistory, minutes: int) -> list[float]:
    told: list[float] = []
    await history.follow()
    await history.load(minutes * MINUTE, told.append)
    return told


async def test_a_period_is_fetched_newest_first_and_progress_grows(
    history: PreviewHistory, feed: FakeMarketDataFeed
) -> None:
    told = await load(history, 500)
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(feed.candle_requests) == 3
    closed = history.closed(500 * MINUTE)
    assert closed is not None
    assert len(closed) == 500
    assert closed.close[-1] == 1000.0 + COUNT - 2  # the newest one may still be running


async def test_what_is_there_and_followed_is_not_asked_for_again(
    history: PreviewHistory, feed: FakeMarketDataFeed
) -> None:
    await load(history, 500)
    feed.emit(candle(MARKET, "1m", FIRST_MS + COUNT * MINUTE, close=5.0))
    feed.candle_requests.clear()
    await load(history, 400)
    assert not feed.candle_requests
    await load(history, 700)
    assert [request[3] is None for request in feed.candle_requests] == [False]


async def test_after_a_gap_everything_is_asked_for_anew(
    history: PreviewHistory, feed: FakeMarketDataFeed
) -> None:
    await load(history, 300)
    feed.health[STREAM] = StreamHealth(StreamState.LIVE, 0.1, complete=False)
    feed.candle_requests.clear()
    await load(history, 300)
    assert feed.candle_requests[0][3] is None
    assert len(feed.candle_requests) == 2


async def test_a_page_that_does_not_come_keeps_what_came_before_it(
    history: PreviewHistory, feed: FakeMarketDataFeed
) -> None:
    await load(history, 300)
    feed.candle_requests.clear()
    feed.request_error = NotConnectedError("candles", "offline")
    with pytest.raises(NotConnectedError):
        await load(history, 900)
    feed.request_error = None
    await load(history, 900)
    series = history.series
    assert series is not None
    starts = series.columns.start_ms
    assert ((starts[1:] - starts[:-1]) == MINUTE).all()
    assert len(starts) >= 900


async def test_a_market_younger_than_the_period_is_said_and_not_asked_for_again(
    history: PreviewHistory, feed: FakeMarketDataFeed
) -> None:
    await load(history, 5_000)
    assert history.reached_start
    asked = len(feed.candle_requests)
    await load(history, 5_000)
    assert len(feed.candle_requests) == asked


async def test_live_candles_join_and_only_closed_ones_are_previewed(
    history: PreviewHistory, feed: FakeMarketDataFeed, changes: list[int]
) -> None:
    await load(history, 300)
    running = FIRST_MS + COUNT * MINUTE
    feed.emit(candle(MARKET, "1m", running, close=7.0))
    assert changes
    closed = history.closed(300 * MINUTE)
    assert closed is not None
    assert int(closed.start_ms[-1]) == running - MINUTE
    assert len(closed) == 300
    feed.emit(candle(MARKET, "1m", running + MINUTE, close=8.0))
    closed = history.closed(300 * MINUTE)
    assert closed is not None
    assert float(closed.close[-1]) == 7.0


async def test_another_market_drops_what_was_there_even_while_it_loads(
    history: PreviewHistory, feed: FakeMarketDataFeed
) -> None:
    loading = asyncio.get_running_loop().create_task(history.load(900 * MINUTE, lambda _: None))
    await asyncio.sleep(0)
    history.show(MARKET, "5m")
    await loading
    assert history.series is not None
    assert len(history.series) == 0
    assert feed.candle_requests
