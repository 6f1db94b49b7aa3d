"""Closed candles of a stretch of the past, page by page, as columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from upbit_auto_trading.domain.candle_series import CandleColumns, CandleSeries
from upbit_auto_trading.domain.timeframe import from_epoch_ms, parse_timeframe, to_epoch_ms

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from upbit_auto_trading.application.ports import MarketDataFeed

_PAGE: Final = 200


async def closed_candles(
    feed: MarketDataFeed,
    market: str,
    timeframe: str,
    start: datetime,
    end: datetime,
    *,
    progress: Callable[[int], None] = lambda _: None,
) -> CandleColumns:
    """Return the candles that start at `start` or later and are over by `end` (both aware).

    Slots without trades have none. `progress` is told how many there are after each page.

    Raises:
        MarketDataError: a page couldn't be had.
        InvalidTimeframeError: Upbit has no such timeframe.
    """
    length = parse_timeframe(timeframe)
    start_ms, end_ms = to_epoch_ms(start), to_epoch_ms(end)
    series = CandleSeries(market, length)
    to = end
    while True:
        page = (await feed.candles(market, timeframe, _PAGE, to)).values
        series.merge(
            candle
            for candle in page
            if candle.start_ms >= start_ms and length.next_start_ms(candle.start_ms) <= end_ms
        )
        progress(len(series))
        if not page or page[0].start_ms <= start_ms or from_epoch_ms(page[0].start_ms) >= to:
            return series.columns
        to = from_epoch_ms(page[0].start_ms)
