"""A chart whose socket brings nothing goes on over REST, and says so."""

import asyncio
from dataclasses import replace

from tests.builders import START_MS, candle, orderbook, origin, ticker, trade
from tests.fakes import FakeMarketDataFeed
from tests.unit.application.test_candles import feed_with_history, settle
from tests.waiting import until
from upbit_auto_trading.application.candles import ChartSession, ChartState
from upbit_auto_trading.domain.failure import NoDataInTimeError
from upbit_auto_trading.domain.stream import Source, Stream
from upbit_auto_trading.domain.subscription import ConnectionState, StreamHealth, StreamState

TICKER, BOOK = Stream("ticker", "KRW-BTC"), Stream("orderbook", "KRW-BTC")
BY_REST = origin(source=Source.REST)


async def live(feed: FakeMarketDataFeed) -> ChartSession:
    session = ChartSession(feed, lambda: None, retry_delays_s=(0.0,), rest_pause_s=0.001)
    await session.show("KRW-BTC", "1m")
    await settle()
    feed.emit(ticker(), orderbook())
    assert session.status().state is ChartState.LIVE
    return session


def rest_knows(feed: FakeMarketDataFeed, price: float, minutes: int) -> None:
    moment = START_MS + minutes * 60_000
    feed.latest[TICKER] = ticker(price=price, exchange_ms=moment, origin=BY_REST)
    feed.latest[BOOK] = replace(orderbook(exchange_ms=moment), origin=BY_REST)
    feed.history["KRW-BTC", "1m"].append(candle(start_ms=moment, close=price))
    feed.past_trades["KRW-BTC"] = [trade(price=price, trade_ms=moment, origin=BY_REST)]


async def test_prices_and_candles_come_over_rest_while_the_connection_is_lost() -> None:
    feed = feed_with_history()
    session = await live(feed)
    feed.connection_state = ConnectionState.RECONNECTING
    assert session.status().state is ChartState.OFFLINE
    rest_knows(feed, 777_000.0, 1)
    await until(lambda: session.status().state is ChartState.REST)
    assert session.ticker is not None
    assert session.ticker.trade_price == 777_000.0
    assert session.ticker.origin.source is Source.REST
    assert session.series is not None
    assert session.series.columns.close[-1] == 777_000.0
    assert session.channel_status("orderbook", has_value=True).state is ChartState.REST
    assert session.channel_status("trade", has_value=True).state is ChartState.REST
    assert session.last_trade is not None
    assert session.last_trade.price == 777_000.0
    assert session.missing(START_MS + 200_000) is None
    age = session.status().age_s
    assert age is not None
    assert age >= 0
    feed.connection_state = ConnectionState.CONNECTED
    assert session.status().state is ChartState.LIVE
    await session.close()


async def test_a_stalled_stream_is_served_by_rest_too() -> None:
    feed = feed_with_history()
    session = await live(feed)
    feed.health[TICKER] = StreamHealth(StreamState.STALLED, 9.0, complete=True)
    rest_knows(feed, 555_000.0, 1)
    await until(lambda: session.status().state is ChartState.REST)
    await session.close()


async def test_where_rest_does_not_answer_either_the_chart_stays_offline() -> None:
    feed = feed_with_history()
    session = await live(feed)
    feed.connection_state = ConnectionState.RECONNECTING
    await until(lambda: session.status().state is ChartState.REST)
    feed.request_error = NoDataInTimeError("ticker", 1.0)
    await until(lambda: session.status().state is ChartState.OFFLINE)
    await session.close()


async def test_rest_is_not_asked_while_the_socket_serves() -> None:
    feed = feed_with_history()
    session = await live(feed)
    asked = len(feed.candle_requests)
    for _ in range(20):
        await asyncio.sleep(0.001)
    assert len(feed.candle_requests) == asked
    await session.close()
