"""What a chart shows, asked for over REST while its socket brings nothing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.domain.failure import MarketDataError
from upbit_auto_trading.domain.stream import Source

if TYPE_CHECKING:
    from collections.abc import Callable

    from upbit_auto_trading.application.ports import MarketDataFeed, MarketValue
    from upbit_auto_trading.domain.candle_series import CandleSeries

PAUSE_S: Final = 2.0
_CANDLES: Final = 20
_TRADES: Final = 100
_TRUSTED: Final = frozenset({Source.REST, Source.WEBSOCKET})


class RestUpdates:
    """Asks for ticker, book, trades and newest candles of a series again and again while needed.

    `age_s` is the time since the last answer, None while REST isn't needed or doesn't answer.
    """

    def __init__(self, feed: MarketDataFeed, pause_s: float = PAUSE_S) -> None:
        self._feed = feed
        self._pause_s = pause_s
        self._answered_at: float | None = None

    @property
    def age_s(self) -> float | None:
        if self._answered_at is None:
            return None
        return asyncio.get_running_loop().time() - self._answered_at

    def forget(self) -> None:
        """Another series is shown."""
        self._answered_at = None

    async def follow(
        self,
        needed: Callable[[], CandleSeries | None],
        take: Callable[[MarketValue], None],
        told: Callable[[], None],
    ) -> None:
        """Ask for the series that `needed` names, hand on what comes; `told` of every change."""
        while True:
            await asyncio.sleep(self._pause_s)
            series = needed()
            had_answer = self._answered_at is not None
            values = await self._ask(series) if series is not None else []
            if values and needed() is series:
                self._answered_at = asyncio.get_running_loop().time()
                for value in values:
                    take(value)
            else:
                self._answered_at = None
            if had_answer or self._answered_at is not None:
                told()

    async def _ask(self, series: CandleSeries) -> list[MarketValue]:
        """Return what REST knows, nothing unless all of it comes."""
        feed, market = self._feed, series.market
        try:
            ticker = await feed.ticker(market)
            candles = await feed.candles(market, series.timeframe.code, _CANDLES)
            book = await feed.orderbook(market)
            trades = await feed.trades(market, _TRADES)
        except MarketDataError:
            return []
        if not {ticker.channel, candles.channel, book.channel, trades.channel} <= _TRUSTED:
            return []
        return [*candles.values, *trades.values, ticker.value, book.value]
