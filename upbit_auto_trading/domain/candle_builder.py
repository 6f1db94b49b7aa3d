"""Candles built from ticks: a candle is closed when a print of a later slot proves it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upbit_auto_trading.domain.indicator import CandleRow

if TYPE_CHECKING:
    from upbit_auto_trading.domain.tick import Tick
    from upbit_auto_trading.domain.timeframe import Timeframe


class CandleBuilder:
    """The forming candle of one timeframe. Slots without prints have no candle.

    A print at exactly a candle's end belongs to the next one.
    """

    def __init__(self, timeframe: Timeframe) -> None:
        self.timeframe = timeframe
        self._end_ms: int | None = None
        self._start_ms = 0
        self._open = self._high = self._low = self._close = 0.0
        self._volume = self._turnover = 0.0
        self._last_backfilled = False

    @property
    def forming(self) -> CandleRow | None:
        """The candle so far, None before the first print."""
        if self._end_ms is None:
            return None
        return CandleRow(
            self._start_ms,
            self._open,
            self._high,
            self._low,
            self._close,
            self._volume,
            self._turnover,
        )

    @property
    def ends_backfilled(self) -> bool:
        """Whether the newest print of the forming candle came by backfill."""
        return self._last_backfilled

    def take(self, tick: Tick, *, backfilled: bool = False) -> CandleRow | None:
        """Take in a print; return the candle it proves closed, None if none."""
        ms, price = tick.ms, tick.price
        closed: CandleRow | None = None
        if self._end_ms is None or ms >= self._end_ms:
            closed = self.forming
            self._start_ms = self.timeframe.start_of_ms(ms)
            self._end_ms = self.timeframe.next_start_ms(self._start_ms)
            self._open = self._high = self._low = price
            self._volume = self._turnover = 0.0
        elif price > self._high:
            self._high = price
        elif price < self._low:
            self._low = price
        self._close = price
        self._volume += tick.volume
        self._turnover += tick.volume * price
        self._last_backfilled = backfilled
        return closed
