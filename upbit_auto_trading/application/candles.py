"""The chart's data: one market at a time, history joined with what arrives live."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.application.book_levels import BookLevels
from upbit_auto_trading.application.chart_status import (
    SILENT,
    ChartState,
    ChartStatus,
    state_of,
)
from upbit_auto_trading.application.chart_streams import day_candle, streams_of
from upbit_auto_trading.application.data_loss import DataLoss
from upbit_auto_trading.application.rest_updates import PAUSE_S, RestUpdates
from upbit_auto_trading.application.trade_tape import TradeTape
from upbit_auto_trading.domain.candle import Candle
from upbit_auto_trading.domain.candle_series import CandleSeries
from upbit_auto_trading.domain.failure import FailureCause, MarketDataError, UnknownMarketError
from upbit_auto_trading.domain.market import parse_market
from upbit_auto_trading.domain.orderbook import Orderbook
from upbit_auto_trading.domain.stream import Delivery, Stream
from upbit_auto_trading.domain.subscription import (
    StreamHealth,
    StreamState,
)
from upbit_auto_trading.domain.ticker import Ticker
from upbit_auto_trading.domain.timeframe import from_epoch_ms, parse_timeframe
from upbit_auto_trading.domain.trade import Trade
from upbit_auto_trading.tasks import TaskOwner

if TYPE_CHECKING:
    from collections.abc import Callable

    from upbit_auto_trading.application.ports import MarketDataFeed, MarketValue
    from upbit_auto_trading.domain.stream import Source
    from upbit_auto_trading.domain.subscription import SwapRecord
    from upbit_auto_trading.domain.timeframe import Timeframe

__all__ = ["FIRST_PAGE", "OLDER_PAGE", "ChartSession", "ChartState", "ChartStatus"]

FIRST_PAGE: Final = 600
OLDER_PAGE: Final = 600
RETRY_DELAYS_S: Final = (0.5, 1.0, 2.0, 5.0)


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a refused change goes back to."""

    series: CandleSeries | None
    ticker: Ticker | None
    orderbook: Orderbook | None
    levels: BookLevels | None
    tape: TradeTape | None
    loaded: bool
    reached_start: bool


class ChartSession:
    """Candles, ticker, order book and newest trades of the market on the chart.

    Changing the market or timeframe is one change of the subscription on the same socket.
    `on_change` is called on the loop after every change of what is readable here; a new order
    book alone calls `on_orderbook` instead, so that a chart needn't follow books.
    """

    def __init__(
        self,
        feed: MarketDataFeed,
        on_change: Callable[[], None],
        on_orderbook: Callable[[], None] | None = None,
        *,
        retry_delays_s: tuple[float, ...] = RETRY_DELAYS_S,
        rest_pause_s: float = PAUSE_S,
    ) -> None:
        self._feed = feed
        self._on_change = on_change
        self._on_orderbook = on_orderbook or on_change
        self._retry_delays_s = retry_delays_s
        self._tasks = TaskOwner("chart")
        self._subscription = feed.subscribe((), self._receive, holder="chart")
        self.on_value: Callable[[MarketValue], None] = lambda _: None
        """Told of every value of the market shown, before `on_change`."""
        self._loaded = False
        self._failure: FailureCause | None = None
        self._loading_older = False
        self._history_answered = asyncio.Event()
        self._seeding: tuple[asyncio.Task[None], ...] = ()
        self.series: CandleSeries | None = None
        self.ticker: Ticker | None = None
        self.orderbook: Orderbook | None = None
        self.levels: BookLevels | None = None
        self.tape: TradeTape | None = None
        self.last_swap: SwapRecord | None = None
        self.reached_start = False
        self.history_way: tuple[Source, str] | None = None
        self.exchange_ms = 0
        self._loss = DataLoss()
        self._rest = RestUpdates(feed, rest_pause_s)
        self._asking: asyncio.Task[None] | None = None

    @property
    def market(self) -> str | None:
        """The market shown, None before the first `show`."""
        return None if self.series is None else self.series.market

    @property
    def last_trade(self) -> Trade | None:
        """The newest trade of the market, None before the first."""
        return None if self.tape is None else self.tape.newest

    @property
    def timeframe(self) -> Timeframe | None:
        """The timeframe shown, None before the first `show`."""
        return None if self.series is None else self.series.timeframe

    async def show(self, market: str, timeframe: str) -> SwapRecord:
        """Show another market or timeframe; return how the subscription was changed.

        History is loaded beside it and tried again until it is there.

        Raises:
            InvalidMarketError, InvalidTimeframeError: before anything is changed.
            MarketDataError: the exchange doesn't list the market; what was shown stays.
        """
        series = CandleSeries(parse_market(market), parse_timeframe(timeframe))
        shown = self._keep()
        if series.market != self.market:
            self.ticker = None
            self.orderbook = None
            self._show_depth(TradeTape(series.market), BookLevels(series.market))
        self.series = series
        self._loaded = False
        self._failure = None
        self._loss = DataLoss()
        self._rest.forget()
        self.reached_start = False
        if self._asking is None:
            asking = self._rest.follow(self._unserved, self._receive, self._on_change)
            self._asking = self._tasks.start(asking, "rest")
        self._on_change()
        self._history_answered = asyncio.Event()
        self._tasks.start(self._load(series), f"history-{series.market}-{series.timeframe}")
        try:
            swap = await self._subscription.replace(streams_of(series, self.levels))
            if swap.silent and swap.silent == swap.added:
                # Before the market list is known only the history's answer tells.
                await self._history_answered.wait()
            if self.series is series and self._failure is FailureCause.UNKNOWN_MARKET:
                await self._subscription.replace(streams_of(shown.series, shown.levels))
                raise UnknownMarketError([series.market])
        except MarketDataError:
            if self.series is series:
                self._restore(shown)
            self._on_change()
            raise
        self.last_swap = swap
        self._on_change()
        return swap

    async def group_book(self, level: float) -> None:
        """Have the book grouped by `level` won beside the plain one, 0 for the plain one alone.

        Raises:
            MarketDataError: the exchange refuses it; the plain book goes on.
        """
        series, levels = self.series, self.levels
        if series is None or levels is None or not levels.choose(level):
            return
        self._on_orderbook()
        try:
            await self._subscription.replace(streams_of(series, levels))
        except MarketDataError:
            levels.choose(0.0)
            self._on_orderbook()
            raise

    async def load_older(self) -> int:
        """Load the page before the oldest candle; return how many candles came.

        Returns 0 while a page is under way, before the first page, and once the market's
        first candle is reached.

        Raises:
            MarketDataError: the page can't be had now.
        """
        series = self.series
        if series is None or not self.can_load_older:
            return 0
        self._loading_older = True
        try:
            oldest = from_epoch_ms(int(series.columns.start_ms[0]))
            answers = await self._feed.candles(
                series.market, series.timeframe.code, OLDER_PAGE, oldest
            )
        finally:
            self._loading_older = False
        if series is not self.series:
            return 0
        self.reached_start = len(answers.values) < OLDER_PAGE
        came = series.merge(answers.values)
        self._on_change()
        return came

    @property
    def can_load_older(self) -> bool:
        """Whether asking for the page before the oldest candle would do anything now."""
        is_ready = self._loaded and not self._loading_older and not self.reached_start
        return is_ready and self.series is not None and len(self.series) > 0

    @property
    def is_loading_older(self) -> bool:
        """Whether a page of history is under way."""
        return self._loading_older

    def status(self) -> ChartStatus:
        """What the data is worth at this moment, read from the connection itself."""
        has_value = self._loaded and self.ticker is not None
        status = self.channel_status("ticker", has_value=has_value)
        if self._failure is not None:
            return ChartStatus(ChartState.FAILED, status.age_s, self._failure)
        return status

    def missing(self, now_ms: int) -> tuple[int, int] | None:
        """The stretch of exchange time whose candles may lack trades, None while none does.

        It begins with the last moment that was live; it goes on until `now_ms` while nothing
        comes, and ends where values came back while what lies between is still being filled.
        """
        state = self.status().state
        if state in (ChartState.LIVE, ChartState.REST):
            self._loss.trusted(self.exchange_ms)
        elif state in SILENT:
            return self._loss.silent(now_ms)
        elif state is ChartState.INCOMPLETE:
            return self._loss.returned(self.exchange_ms)
        return None

    def channel_status(self, channel: str, *, has_value: bool, level: float = 0.0) -> ChartStatus:
        """What one channel of the market is worth, `has_value` telling whether anything came.

        `level` is the grouping of the order book it is about.
        """
        if self.series is None:
            return ChartStatus(ChartState.EMPTY, None)
        health = self._health(Stream(channel, self.series.market, level))
        state = state_of(health, self._feed.connection_state, has_value=has_value)
        by_rest = self._rest.age_s
        if by_rest is not None and state in SILENT:
            return ChartStatus(ChartState.REST, by_rest)
        return ChartStatus(state, health.age_s)

    def _unserved(self) -> CandleSeries | None:
        """The series shown while its socket brings nothing."""
        series = self.series
        if series is None or not self._loaded:
            return None
        health = self._health(Stream("ticker", series.market))
        return (
            series
            if state_of(health, self._feed.connection_state, has_value=True) in SILENT
            else None
        )

    def _keep(self) -> _Shown:
        return _Shown(
            self.series,
            self.ticker,
            self.orderbook,
            self.levels,
            self.tape,
            self._loaded,
            self.reached_start,
        )

    def _restore(self, shown: _Shown) -> None:
        self.series = shown.series
        self.ticker = shown.ticker
        self.orderbook = shown.orderbook
        if shown.tape is not self.tape:
            self._show_depth(shown.tape, shown.levels)
        self.reached_start = shown.reached_start
        self._loaded = shown.loaded
        self._failure = None
        if shown.series is not None and not shown.loaded:
            self._tasks.start(self._load(shown.series), f"history-{shown.series.market}")

    def _show_depth(self, tape: TradeTape | None, levels: BookLevels | None) -> None:
        """Show other trades and books, and load what their streams don't tell."""
        for task in self._seeding:
            task.cancel()
        self._seeding = ()
        self.tape, self.levels = tape, levels
        if tape is not None and levels is not None:
            trades = tape.seed(self._feed, self._on_change, self._retry_delays_s)
            grouping = levels.load(self._feed, self._on_orderbook, self._retry_delays_s)
            self._seeding = (
                self._tasks.start(trades, f"trades-{tape.market}"),
                self._tasks.start(grouping, f"levels-{tape.market}"),
            )

    def _health(self, stream: Stream) -> StreamHealth:
        if stream not in self._subscription.streams:
            return StreamHealth(StreamState.HELD, None, complete=True)
        return self._feed.stream_health(stream)

    async def close(self) -> None:
        """Release the streams and end what is under way. Harmless when repeated."""
        self._subscription.close()
        await self._tasks.close()

    def _receive(self, value: MarketValue) -> None:
        series = self.series
        if series is None or value.market != series.market:
            return
        self.on_value(value)
        self.exchange_ms = max(self.exchange_ms, value.exchange_ms)
        if isinstance(value, Orderbook):
            self._take_book(value)
            return
        if isinstance(value, Ticker):
            self.ticker = value
            if series.timeframe.code == "1d":
                series.apply(day_candle(value, series.timeframe))
        elif isinstance(value, Trade):
            if self.tape is not None:
                self.tape.take((value,))
            if self._loaded and value.origin.delivery is Delivery.REALTIME:
                self._follow(value)
        elif isinstance(value, Candle):
            if value.timeframe != series.timeframe:
                return
            series.apply(value)
        self._on_change()

    def _take_book(self, book: Orderbook) -> None:
        if not book.grouping:
            self.orderbook = book
            self._on_orderbook()
        elif self.levels is not None and self.levels.take(book):
            self._on_orderbook()

    def _follow(self, trade: Trade) -> None:
        """Move the running candle at once: Upbit sends candles only once a second."""
        series = self.series
        if series is not None and series.timeframe.websocket_channel is not None:
            series.apply_trade(trade)

    async def _load(self, series: CandleSeries) -> None:
        answered = self._history_answered
        try:
            await self._load_until_there(series, answered)
        finally:
            answered.set()

    async def _load_until_there(self, series: CandleSeries, answered: asyncio.Event) -> None:
        attempt = 0
        while series is self.series:
            try:
                answers = await self._feed.candles(
                    series.market, series.timeframe.code, FIRST_PAGE, None
                )
            except MarketDataError as error:
                if series is not self.series:
                    return
                self._failure = error.cause
                answered.set()
                self._on_change()
                if error.cause in (FailureCause.UNKNOWN_MARKET, FailureCause.REFUSED):
                    return
                delays = self._retry_delays_s
                await asyncio.sleep(delays[min(attempt, len(delays) - 1)])
                attempt += 1
                continue
            if series is self.series:
                series.merge(answers.values)
                self.history_way = answers.channel, answers.reason
                self.reached_start = len(answers.values) < FIRST_PAGE
                self._loaded = True
                self._failure = None
                self._on_change()
            return
