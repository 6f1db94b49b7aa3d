"""The market list, and the tickers of many markets at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.subscription import StreamState
from upbit_auto_trading.domain.ticker import Ticker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from upbit_auto_trading.application.ports import (
        FeedSubscription,
        MarketDataFeed,
        MarketValue,
    )
    from upbit_auto_trading.domain.answer import Answers
    from upbit_auto_trading.domain.market import MarketInfo
    from upbit_auto_trading.domain.subscription import SwapRecord


class TickerWatch:
    """Tickers of a set of markets, held until closed."""

    def __init__(self, subscription: FeedSubscription) -> None:
        self._subscription = subscription

    async def replace(self, markets: Iterable[str]) -> SwapRecord:
        """Watch exactly `markets` from now on."""
        return await self._subscription.replace(_tickers_of(markets))

    def close(self) -> None:
        """Stop watching. Harmless when repeated."""
        self._subscription.close()


class MarketDataService:
    """What screens ask about markets as a whole."""

    def __init__(self, feed: MarketDataFeed) -> None:
        self._feed = feed

    async def markets(self) -> Answers[MarketInfo]:
        """Every market the exchange lists.

        Raises:
            MarketDataError: the list can't be had; its cause says why.
        """
        return await self._feed.markets()

    def hint(self, market: str) -> None:
        """Say that the user may open `market` next, so that it can be made ready."""
        self._feed.hint(market)

    def stopped(self, markets: Iterable[str]) -> list[str]:
        """Those of `markets` whose ticker is held and has stopped coming."""
        return [market for market in markets if self._has_stopped(market)]

    def watch_tickers(
        self, markets: Iterable[str], listener: Callable[[Ticker], None]
    ) -> TickerWatch:
        """Call `listener` with every ticker of `markets` from now on."""

        def only_tickers(value: MarketValue) -> None:
            if isinstance(value, Ticker):
                listener(value)

        streams = _tickers_of(markets)
        return TickerWatch(self._feed.subscribe(streams, only_tickers, holder="watchlist"))

    def _has_stopped(self, market: str) -> bool:
        try:
            health = self._feed.stream_health(Stream("ticker", market))
        except KeyError:
            return False  # not held yet, or no longer
        return health.state in (StreamState.STALLED, StreamState.DOWN)


def _tickers_of(markets: Iterable[str]) -> list[Stream]:
    return [Stream("ticker", market) for market in markets]
