from typing import TYPE_CHECKING

from tests.builders import market_info, ticker, trade
from tests.fakes import FakeMarketDataFeed
from upbit_auto_trading.application.market_data import MarketDataService
from upbit_auto_trading.application.subscription_metrics import SubscriptionMetricsService
from upbit_auto_trading.domain.feed_sample import FeedSample
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.subscription import ConnectionState, SwapKind, SwapRecord

if TYPE_CHECKING:
    from upbit_auto_trading.domain.ticker import Ticker


async def test_watching_markets_delivers_their_tickers_only() -> None:
    feed = FakeMarketDataFeed(listed=[market_info("KRW-BTC"), market_info("KRW-ETH")])
    seen: list[Ticker] = []
    service = MarketDataService(feed)
    assert [info.market for info in (await service.markets()).values] == ["KRW-BTC", "KRW-ETH"]
    watch = service.watch_tickers(["KRW-BTC"], seen.append)
    feed.emit(ticker("KRW-BTC"), ticker("KRW-ETH"), trade("KRW-BTC"))
    assert [one.market for one in seen] == ["KRW-BTC"]
    await watch.replace(["KRW-ETH"])
    assert feed.held == {Stream("ticker", "KRW-ETH")}
    watch.close()
    assert feed.held == frozenset()


def test_the_strips_figures_are_the_backbones_own() -> None:
    feed = FakeMarketDataFeed(connection_state=ConnectionState.RECONNECTING)
    feed.metrics = {
        "streams": {"messages_per_s": 12.5, "messages_received": 400, "reconnects": 2},
        "swaps": {"last": {"kind": "smart", "first_ms": 21.4, "complete_ms": 25.0}},
    }
    health = SubscriptionMetricsService(feed).health()
    assert health.connection is ConnectionState.RECONNECTING
    assert (health.messages_per_s, health.messages_received, health.reconnects) == (12.5, 400, 2)
    assert (health.last_swap_kind, health.last_swap_ms) == ("smart", 21.4)


def test_with_samples_the_strip_needs_no_further_reading() -> None:
    feed = FakeMarketDataFeed()
    times = iter((10.0, 10.0, 12.0))
    service = SubscriptionMetricsService(feed, now=lambda: next(times))
    swap = SwapRecord(SwapKind.SMART, frozenset(), frozenset(), 9.0, 21.4, 25.0)
    silent = SwapRecord(SwapKind.FULL, frozenset(), frozenset(), 9.5, None, None)
    for received in (400, 700):
        feed.measured = FeedSample(
            at=0.0, received=received, reconnects=2, newest_swaps=(swap, silent)
        )
        service.sample()
    health = service.health()
    assert (health.messages_per_s, health.messages_received, health.reconnects) == (150.0, 700, 2)
    assert (health.last_swap_kind, health.last_swap_ms) == ("smart", 21.4)


def test_before_the_first_swap_there_is_no_duration() -> None:
    feed = FakeMarketDataFeed()
    feed.metrics = {
        "streams": {"messages_per_s": 0.0, "messages_received": 0, "reconnects": 0},
        "swaps": {"last": None},
    }
    health = SubscriptionMetricsService(feed).health()
    assert (health.last_swap_kind, health.last_swap_ms) == (None, None)
