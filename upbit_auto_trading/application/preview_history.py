"""The candles a preview runs on: fetched page by page once, then kept up to date live."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from upbit_auto_trading.domain.candle import Candle
from upbit_auto_trading.domain.candle_series import CandleColumns, CandleSeries
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.timeframe import from_epoch_ms, parse_timeframe

if TYPE_CHECKING:
    from collections.abc import Callable

    from upbit_auto_trading.application.ports import MarketDataFeed, MarketValue

_PAGE: Final = 200


class PreviewHistory:
    """The candles of one market and timeframe at a time.

    `on_change` is called on the loop after a live candle changed the series. `exchange_ms` is the
    newest exchange time seen. `reached_start`: the market is no older than what is there.
    """

    def __init__(self, feed: MarketDataFeed, on_change: Callable[[], None]) -> None:
        self._feed = feed
        self._on_change = on_change
        self._subscription = feed.subscribe((), self._receive, holder="trigger")
        self.series: CandleSeries | None = None
        self._whole_from_ms: int | None = None
        self.exchange_ms = 0
        self.reached_start = False

    @property
    def stream(self) -> Stream | None:
        """The stream of live candles, None where the timeframe has none or nothing is shown."""
        series = self.series
        channel = None if series is None else series.timeframe.websocket_channel
        return None if series is None or channel is None else Stream(channel, series.market)

    @property
    def is_complete(self) -> bool:
        """Whether no live candle is known to be missing."""
        stream = self.stream
        if stream is None or stream not in self._subscription.streams:
            return True
        return self._feed.stream_health(stream).complete

    @property
    def is_followed(self) -> bool:
        """Whether live candles join what is there without a gap."""
        stream = self.stream
        held = stream is not None and stream in self._subscription.streams
        return held and self.is_complete

    def close(self) -> None:
        """Release the stream. Harmless when repeated."""
        self._subscription.close()

    def show(self, market: str, timeframe: str) -> None:
        """Turn to another market or timeframe; what was there before is dropped."""
        series = self.series
        if series is not None and (series.market, series.timeframe.code) == (market, timeframe):
            return
        self.series = CandleSeries(market, parse_timeframe(timeframe))
        self._whole_from_ms = None
        self.exchange_ms = 0
        self.reached_start = False

    async def follow(self) -> None:
        """Hold the live candles of what is shown.

        Raises:
            MarketDataError: the exchange doesn't list the market.
        """
        stream = self.stream
        await self._subscription.replace(() if stream is None else (stream,))

    async def load(self, length_ms: int, progress: Callable[[float], None]) -> None:
        """Fetch what is missing of the last `length_ms`, newest first.

        Nothing is asked for while live candles have followed what is there without a gap.
        `progress` is told the share that is there, 0 to 1.

        Raises:
            MarketDataError: a page couldn't be had; the pages before it stay.
        """
        series = self.series
        if series is None:
            return
        step_ms = series.timeframe.seconds * 1000
        if not self.is_followed:
            self._whole_from_ms = None
        while True:
            wanted_ms = None
            if len(series):
                wanted_ms = int(series.columns.start_ms[-1]) - length_ms + step_ms
            whole_ms = self._whole_from_ms
            if whole_ms is not None and wanted_ms is not None:
                missing_ms = max(0, whole_ms - wanted_ms)
                progress(1.0 - min(1.0, missing_ms / max(length_ms, 1)))
                if not missing_ms or self.reached_start:
                    return
            to = None if whole_ms is None else from_epoch_ms(whole_ms)
            page = (
                await self._feed.candles(series.market, series.timeframe.code, _PAGE, to)
            ).values
            if series is not self.series:
                return
            series.merge(page)
            if not page:
                self.reached_start = True
                if whole_ms is None:
                    return
                continue
            self.exchange_ms = max(self.exchange_ms, page[-1].exchange_ms)
            self._whole_from_ms = page[0].start_ms

    def closed(self, length_ms: int) -> CandleColumns | None:
        """Return copies of the closed candles of the last `length_ms`, None while there is none."""
        series = self.series
        if series is None or not len(series):
            return None
        columns = series.closed_columns(self.exchange_ms)
        if not len(columns):
            return None
        first = int(columns.start_ms[-1]) - length_ms + series.timeframe.seconds * 1000
        start = int(columns.start_ms.searchsorted(first))
        return CandleColumns(
            columns.start_ms[start:].copy(),
            columns.open[start:].copy(),
            columns.high[start:].copy(),
            columns.low[start:].copy(),
            columns.close[start:].copy(),
            columns.volume[start:].copy(),
            columns.turnover[start:].copy(),
        )

    def _receive(self, value: MarketValue) -> None:
        series = self.series
        if not isinstance(value, Candle) or series is None:
            return
        if value.market != series.market or value.timeframe != series.timeframe:
            return
        self.exchange_ms = max(self.exchange_ms, value.exchange_ms)
        if len(series) and series.apply(value):
            self._on_change()
