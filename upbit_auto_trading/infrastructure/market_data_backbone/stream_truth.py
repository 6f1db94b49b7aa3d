"""What REST knows of streams that fell silent: the newest trades, and the newest books."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.domain.failure import UnknownMarketError
from upbit_auto_trading.domain.market import quote_of
from upbit_auto_trading.infrastructure.market_data_backbone.order_books import order_books
from upbit_auto_trading.infrastructure.upbit.rest_client import USUAL, UpbitRestClient

if TYPE_CHECKING:
    from collections.abc import Iterable

    from upbit_auto_trading.domain.orderbook import Orderbook
    from upbit_auto_trading.domain.stream import Stream
    from upbit_auto_trading.domain.ticker import Ticker
    from upbit_auto_trading.infrastructure.market_data_backbone.live_feed import LiveFeed

_MANY_MARKETS: Final = 20


class StreamTruth:
    """Asks in as few requests as there are: one for all markets as soon as there are many."""

    def __init__(self, feed: LiveFeed, client: UpbitRestClient) -> None:
        self._feed = feed
        self._client = client

    async def trades_of(self, streams: Iterable[Stream]) -> list[Ticker]:
        """Return tickers, which hold the newest trade's time, of the streams' markets.

        Raises:
            MarketDataError: they can't be had.
        """
        markets = {stream.market for stream in streams}
        if len(markets) > _MANY_MARKETS:
            return await self._client.tickers_of_quotes(sorted({quote_of(m) for m in markets}))
        return await self._tickers(markets)

    async def all_of(
        self, streams: Iterable[Stream], patience_s: float
    ) -> tuple[list[Ticker], list[Orderbook]]:
        """Return the tickers and, for books among `streams`, the books as they are now.

        A book changes many times between two trades, so an active one is judged by itself.

        Raises:
            MarketDataError: they can't be had.
            TimeoutError: not within `patience_s`.
        """
        wanted = tuple(streams)
        async with asyncio.timeout(patience_s):
            tickers = await self.trades_of(wanted)
            unknown = self._feed.listing.unknown({stream.market for stream in wanted})
            listed = [stream for stream in wanted if stream.market not in unknown]
            return tickers, await order_books(self._client, listed)

    async def _tickers(self, markets: set[str]) -> list[Ticker]:
        try:
            return await self._client.tickers(sorted(markets), USUAL)
        except UnknownMarketError:
            # One delisted market fails the whole request; a fresh list says which.
            self._feed.listings.take(await self._client.markets())
            known = sorted(markets - self._feed.listing.unknown(markets))
            return await self._client.tickers(known, USUAL) if known else []
