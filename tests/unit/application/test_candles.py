import asyncio

import pytest

from tests.builders import START_MS, candle, market_info, orderbook, origin, ticker, trade
from tests.fakes import FakeMarketDataFeed
from upbit_auto_trading.application.candles import FIRST_PAGE, ChartSession, ChartState, ChartStatus
from upbit_auto_trading.domain.failure import (
    FailureCause,
    MarketDataError,
    RateLimitedError,
    UnknownMarketError,
)
from upbit_auto_trading.domain.market import InvalidMarketError
from upbit_auto_trading.domain.stream import Delivery, Stream
from upbit_auto_trading.domain.subscription import (
    ConnectionState,
    StreamHealth,
    StreamState,
    SwapKind,
)
from upbit_auto_trading.domain.timeframe import InvalidTimeframeError

MINUTE_MS = 60_000


class Chart:
    """A session over a fake feed that counts the changes it was told of."""

    def __init__(self, feed: FakeMarketDataFeed) -> None:
        self.changes = 0
        self.session = ChartSession(feed, self._changed, retry_delays_s=(0.0,))

    def _changed(self) -> None:
        self.changes += 1
        self.session.status()


def feed_with_history(count: int = 5) -> FakeMarketDataFeed:
    feed = FakeMarketDataFeed(listed=[market_info("KRW-BTC"), market_info("KRW-ETH")])
    feed.history["KRW-BTC", "1m"] = [
        candle(start_ms=START_MS - (count - place) * MINUTE_MS) for place in range(count)
    ]
    return feed


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_market_is_one_subscription_of_ticker_trades_book_and_candles() -> None:
    feed = feed_with_history()
    chart = Chart(feed).session
    record = await chart.show("krw-btc", "5m")
    assert feed.held == {
        Stream("ticker", "KRW-BTC"),
        Stream("trade", "KRW-BTC"),
        Stream("orderbook", "KRW-BTC"),
        Stream("candle.5m", "KRW-BTC"),
    }
    assert record.kind is SwapKind.FULL
    assert chart.last_swap is record
    assert len(feed.swaps) == 1
    await chart.close()
    assert feed.held == frozenset()


async def test_history_and_live_candles_join() -> None:
    feed = feed_with_history(5)
    chart = Chart(feed).session
    await chart.show("KRW-BTC", "1m")
    feed.emit(candle(start_ms=START_MS, close=120.0))
    await settle()
    assert chart.series is not None
    assert len(chart.series) == 6
    assert chart.series.columns.close[-1] == 120.0
    await chart.close()


async def test_it_is_loading_until_history_and_the_first_ticker_are_there() -> None:
    feed = feed_with_history()
    chart = Chart(feed).session
    assert chart.status().state is ChartState.EMPTY
    await chart.show("KRW-BTC", "1m")
    await settle()
    assert chart.status().state is ChartState.LOADING
    feed.emit(ticker())
    assert chart.status().state is ChartState.LIVE
    await chart.close()


@pytest.mark.parametrize(
    ("health", "state"),
    [
        (StreamHealth(StreamState.STALLED, 7.2, complete=True), ChartState.STALE),
        (StreamHealth(StreamState.DOWN, 7.2, complete=True), ChartState.STALE),
        (StreamHealth(StreamState.LIVE, 0.1, complete=False), ChartState.INCOMPLETE),
        (StreamHealth(StreamState.QUIET, 40.0, complete=True), ChartState.LIVE),
    ],
)
async def test_the_state_follows_the_streams_health(
    health: StreamHealth, state: ChartState
) -> None:
    feed = feed_with_history()
    chart = Chart(feed).session
    await chart.show("KRW-BTC", "1m")
    await settle()
    feed.emit(ticker())
    feed.health[Stream("ticker", "KRW-BTC")] = health
    assert chart.status().state is state
    assert chart.status().age_s == health.age_s
    await chart.close()


async def test_a_lost_connection_shows_at_once() -> None:
    feed = feed_with_history()
    chart = Chart(feed).session
    await chart.show("KRW-BTC", "1m")
    await settle()
    feed.emit(ticker())
    feed.connection_state = ConnectionState.RECONNECTING
    assert chart.status().state is ChartState.OFFLINE
    await chart.close()


async def test_failed_history_says_why_and_is_tried_again() -> None:
    feed = feed_with_history()
    feed.request_error = RateLimitedError("candle", 1.0)
    chart = Chart(feed).session
    await chart.show("KRW-BTC", "1m")
    await asyncio.sleep(0)
    assert chart.status().state is ChartState.FAILED
    assert chart.status().failure is FailureCause.RATE_LIMITED
    feed.request_error = None
    feed.emit(ticker())
    await settle()
    assert chart.status().state is ChartState.LIVE
    assert len(feed.candle_requests) >= 2
    await chart.close()


async def test_an_unknown_market_is_refused_and_what_was_shown_stays() -> None:
    feed = feed_with_history()
    chart = Chart(feed).session
    await chart.show("KRW-BTC", "1m")
    await settle()
    feed.emit(ticker())
    shown = chart.series
    with pytest.raises(MarketDataError) as refusal:
        await chart.show("KRW-NOPE", "1m")
    assert refusal.value.cause is FailureCause.UNKNOWN_MARKET
    await settle()
    assert chart.series is shown
    assert chart.status().state is ChartState.LIVE
    await chart.close()


@pytest.mark.parametrize("first", ["KRW-BTC", None])
async def test_before_the_list_is_known_the_history_tells_that_a_market_is_unknown(
    first: str | None,
) -> None:
    feed = feed_with_history()
    chart = Chart(feed).session
    if first is not None:
        await chart.show(first, "1m")
        await settle()
        feed.emit(ticker())
    held = feed.held
    feed.refuses_at_once = False
    with pytest.raises(UnknownMarketError):
        await chart.show("KRW-NOPE", "1m")
    assert chart.market == first
    assert feed.held == held
    assert chart.status().state is (ChartState.EMPTY if first is None else ChartState.LIVE)
    await chart.close()


@pytest.mark.parametrize(
    ("market", "timeframe", "error"),
    [("BTC", "1m", InvalidMarketError), ("KRW-BTC", "2m", InvalidTimeframeError)],
)
async def test_what_cannot_exist_is_refused_before_anything_changes(
    market: str, timeframe: str, error: type[Exception]
) -> None:
    feed = feed_with_history()
    chart = Chart(feed).session
    with pytest.raises(error):
        await chart.show(market, timeframe)
    assert feed.swaps == []
    assert chart.market is None
    await chart.close()


async def test_older_pages_come_until_the_first_candle_is_reached() -> None:
    feed = feed_with_history(FIRST_PAGE + 100)
    chart = Chart(feed).session
    assert await chart.load_older() == 0
    await chart.show("KRW-BTC", "1m")
    feed.emit(candle(start_ms=START_MS))
    assert not chart.can_load_older, "a live candle before its history"
    await settle()
    assert chart.can_load_older
    assert chart.series is not None
    assert len(chart.series) == FIRST_PAGE + 1
    assert not chart.reached_start
    first, second = await asyncio.gather(chart.load_older(), chart.load_older())
    assert (first, second) == (100, 0)
    assert len(chart.series) == FIRST_PAGE + 101
    assert chart.reached_start
    assert not chart.can_load_older
    assert await chart.load_older() == 0
    assert not chart.is_loading_older
    await chart.close()


async def test_the_running_day_is_drawn_from_the_ticker() -> None:
    feed = feed_with_history()
    chart = Chart(feed).session
    await chart.show("KRW-BTC", "1d")
    assert {stream.channel for stream in feed.held} == {"ticker", "trade", "orderbook"}
    live = ticker()
    feed.emit(live)
    assert chart.series is not None
    columns = chart.series.columns
    assert int(columns.start_ms[-1]) == START_MS // 86_400_000 * 86_400_000
    assert columns.close[-1] == live.trade_price
    assert columns.volume[-1] == live.volume_day
    await chart.close()


async def test_changing_the_market_forgets_the_old_price_but_changing_the_timeframe_keeps_it() -> (
    None
):
    feed = feed_with_history()
    counted = Chart(feed)
    chart = counted.session
    await chart.show("KRW-BTC", "1m")
    feed.emit(ticker(), trade())
    await chart.show("KRW-BTC", "5m")
    assert chart.ticker is not None
    assert chart.last_trade is not None
    await chart.show("KRW-ETH", "5m")
    assert chart.ticker is None
    assert chart.last_trade is None
    feed.emit(ticker())
    assert chart.ticker is None
    assert counted.changes > 0
    await chart.close()


async def test_the_running_candle_moves_with_each_live_trade() -> None:
    feed = feed_with_history()
    chart = Chart(feed).session
    await chart.show("KRW-BTC", "1m")
    await settle()
    assert chart.series is not None
    feed.emit(candle(start_ms=START_MS, close=100.0))
    feed.emit(trade(price=130.0, trade_ms=START_MS + 2000))
    assert chart.series.columns.close[-1] == 130.0
    old = origin(delivery=Delivery.SNAPSHOT)
    feed.emit(trade(price=90.0, trade_ms=START_MS + 3000, origin=old))
    assert chart.series.columns.close[-1] == 130.0
    await chart.close()


async def test_the_newest_book_is_kept_and_told_apart_from_what_the_chart_draws() -> None:
    feed = feed_with_history()
    told: list[str] = []
    chart = ChartSession(feed, lambda: told.append("chart"), lambda: told.append("book"))
    await chart.show("KRW-BTC", "1m")
    await settle()
    assert chart.orderbook is None
    assert chart.channel_status("orderbook", has_value=False).state is ChartState.LOADING
    told.clear()
    first, second = orderbook(), orderbook(exchange_ms=START_MS + 100)
    feed.emit(first, second, orderbook("KRW-ETH"))
    assert chart.orderbook is second
    assert told == ["book", "book"]
    await chart.show("KRW-BTC", "5m")
    assert chart.orderbook is second
    assert chart.channel_status("orderbook", has_value=True).state is ChartState.LIVE
    feed.health[Stream("orderbook", "KRW-BTC")] = StreamHealth(
        StreamState.STALLED, 7.0, complete=True
    )
    assert chart.channel_status("orderbook", has_value=True) == ChartStatus(ChartState.STALE, 7.0)
    await chart.show("KRW-ETH", "5m")
    assert chart.orderbook is None
    await chart.close()


async def test_a_market_change_with_its_book_is_one_swap() -> None:
    feed = feed_with_history()
    chart = Chart(feed).session
    await chart.show("KRW-BTC", "1m")
    record = await chart.show("KRW-ETH", "1m")
    assert len(feed.swaps) == 2
    assert record.kind is SwapKind.SMART
    assert {s.channel for s in record.added} == {"ticker", "trade", "orderbook", "candle.1m"}
    await chart.close()


async def test_the_tape_joins_past_trades_with_live_ones() -> None:
    feed = feed_with_history()
    past = [trade(trade_ms=START_MS - n * 1000) for n in range(150, 0, -1)]
    feed.past_trades["KRW-BTC"] = past
    chart = Chart(feed).session
    await chart.show("KRW-BTC", "1m")
    live = trade(trade_ms=START_MS)
    feed.emit(past[-1], live)
    await settle()
    assert chart.tape is not None
    assert list(chart.tape.trades) == [*past[-100:], live]
    assert chart.last_trade is live
    await chart.close()


async def test_a_refused_market_gives_the_trades_back_and_loads_what_was_missed() -> None:
    feed = feed_with_history()
    chart = Chart(feed).session
    await chart.show("KRW-BTC", "1m")
    feed.emit(trade(trade_ms=START_MS))
    tape = chart.tape
    missed = trade(trade_ms=START_MS + 1000)
    feed.past_trades["KRW-BTC"] = [missed]
    with pytest.raises(MarketDataError):
        await chart.show("KRW-NOPE", "1m")
    await settle()
    assert chart.tape is tape
    assert chart.last_trade == missed
    await chart.close()
