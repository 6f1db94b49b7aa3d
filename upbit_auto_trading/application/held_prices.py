"""Prices of markets in which something is held without a run taking in their prints."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from upbit_auto_trading.domain.failure import MarketDataError
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.ticker import Ticker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from upbit_auto_trading.application.ports import (
        FeedSubscription,
        MarketDataFeed,
        MarketValue,
    )


class HeldPrices:
    """Holds the tickers of a set of markets; `told` gets each market's newest price."""

    def __init__(self, feed: MarketDataFeed, told: Callable[[str, float], None]) -> None:
        self._feed, self._told = feed, told
        self._held: list[FeedSubscription] = []

    def watch(self, markets: Iterable[str]) -> None:
        """Watch exactly these from now on; one that isn't listed any more has no price."""
        self.close()
        for market in sorted(set(markets)):
            with suppress(MarketDataError):
                streams = [Stream("ticker", market)]
                self._held.append(self._feed.subscribe(streams, self._take, holder="account"))

    def close(self) -> None:
        """Watch nothing. Harmless when repeated."""
        for held in self._held:
            held.close()
        self._held.clear()

    def _take(self, value: MarketValue) -> None:
        if isinstance(value, Ticker):
            self._told(value.market, value.trade_price)
