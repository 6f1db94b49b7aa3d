"""What a chart subscribes to, and what it makes of a ticker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upbit_auto_trading.domain.candle import Candle
from upbit_auto_trading.domain.stream import Stream

if TYPE_CHECKING:
    from upbit_auto_trading.application.book_levels import BookLevels
    from upbit_auto_trading.domain.candle_series import CandleSeries
    from upbit_auto_trading.domain.ticker import Ticker
    from upbit_auto_trading.domain.timeframe import Timeframe


def streams_of(series: CandleSeries | None, levels: BookLevels | None) -> list[Stream]:
    """Return what a chart of the series subscribes to."""
    if series is None:
        return []
    streams = [Stream(channel, series.market) for channel in ("ticker", "trade", "orderbook")]
    channel = series.timeframe.websocket_channel
    if channel is not None:
        streams.append(Stream(channel, series.market))
    return [*streams, *(levels.streams if levels is not None else ())]


def day_candle(ticker: Ticker, day: Timeframe) -> Candle:
    """Return the running day as the ticker tells it: no stream carries days."""
    return Candle(
        market=ticker.market,
        timeframe=day,
        start_ms=day.start_of_ms(ticker.trade_ms),
        open=ticker.opening_price,
        high=ticker.high_price,
        low=ticker.low_price,
        close=ticker.trade_price,
        volume=ticker.volume_day,
        turnover=ticker.turnover_day,
        exchange_ms=ticker.trade_ms,
        origin=ticker.origin,
    )
