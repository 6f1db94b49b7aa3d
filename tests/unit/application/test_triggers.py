import asyncio

import pytest

from tests.builders import START_MS, candle, market_info, ticker
from tests.fakes import FakeMarketDataFeed
from upbit_auto_trading.application.candles import ChartSession
from upbit_auto_trading.application.triggers import RsiCondition
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.subscription import ConnectionState, StreamHealth, StreamState
from upbit_auto_trading.domain.truth import Truth, UnknownReason

MINUTE_MS = 60_000


def feed_of(closes: list[float]) -> FakeMarketDataFeed:
    """History whose last candle, at START_MS, is the running one."""
    feed = FakeMarketDataFeed(listed=[market_info("KRW-BTC")])
    last = len(closes) - 1
    feed.history["KRW-BTC", "1m"] = [
        candle(start_ms=START_MS + (place - last) * MINUTE_MS, close=close)
        for place, close in enumerate(closes)
    ]
    return feed


async def condition_on(feed: FakeMarketDataFeed) -> tuple[ChartSession, RsiCondition]:
    chart = ChartSession(feed, lambda: None)
    await chart.show("KRW-BTC", "1m")
    for _ in range(5):
        await asyncio.sleep(0)
    feed.emit(ticker(exchange_ms=START_MS + 1000))
    return chart, RsiCondition(chart)


async def test_a_falling_market_is_oversold() -> None:
    chart, condition = await condition_on(feed_of([1000.0 - n for n in range(30)]))
    view = condition.evaluate()
    assert view.truth is Truth.TRUE
    assert view.value == 0.0
    assert view.distance == -20.0
    assert view.candle_start_ms == START_MS - MINUTE_MS
    await chart.close()


async def test_a_rising_market_is_not_and_says_how_far_it_is() -> None:
    chart, condition = await condition_on(feed_of([1000.0 + n for n in range(30)]))
    view = condition.evaluate()
    assert (view.truth, view.value, view.distance) == (Truth.FALSE, 100.0, 80.0)
    await chart.close()


async def test_the_running_candle_does_not_count_until_time_proves_it_closed() -> None:
    closes = [1000.0 + n for n in range(30)]
    closes[-1] = 1.0
    feed = feed_of(closes)
    chart, condition = await condition_on(feed)
    assert condition.evaluate().value == 100.0
    feed.emit(ticker(exchange_ms=START_MS + MINUTE_MS))
    crashed = condition.evaluate()
    assert crashed.truth is Truth.TRUE
    assert crashed.candle_start_ms == START_MS
    await chart.close()


@pytest.mark.parametrize(
    ("closes", "reason"),
    [
        ([1000.0 + n for n in range(15)], UnknownReason.WARMING_UP),
        ([1000.0] * 40, UnknownReason.FLAT_MARKET),
    ],
)
async def test_what_has_no_rsi_is_unknown_and_says_why(
    closes: list[float], reason: UnknownReason
) -> None:
    chart, condition = await condition_on(feed_of(closes))
    view = condition.evaluate()
    assert (view.truth, view.reason, view.value) == (Truth.UNKNOWN, reason, None)
    await chart.close()


@pytest.mark.parametrize(
    ("health", "reason"),
    [
        (StreamHealth(StreamState.STALLED, 9.0, complete=True), UnknownReason.STALE),
        (StreamHealth(StreamState.LIVE, 0.1, complete=False), UnknownReason.GAP),
    ],
)
async def test_data_that_cannot_be_trusted_makes_it_unknown(
    health: StreamHealth, reason: UnknownReason
) -> None:
    feed = feed_of([1000.0 - n for n in range(30)])
    chart, condition = await condition_on(feed)
    feed.health[Stream("ticker", "KRW-BTC")] = health
    assert condition.evaluate().reason is reason
    del feed.health[Stream("ticker", "KRW-BTC")]
    assert condition.evaluate().truth is Truth.TRUE
    feed.connection_state = ConnectionState.DISCONNECTED
    assert condition.evaluate().reason is UnknownReason.DISCONNECTED
    await chart.close()


async def test_before_anything_is_shown_it_is_unknown() -> None:
    chart = ChartSession(FakeMarketDataFeed(), lambda: None)
    assert RsiCondition(chart).evaluate().reason is UnknownReason.LOADING
    await chart.close()
