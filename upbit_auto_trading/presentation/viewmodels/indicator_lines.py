"""The chart's indicator lines, carried on from candle to candle instead of computed anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from upbit_auto_trading.domain.rsi import RunningRsi, simple_moving_average

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from upbit_auto_trading.domain.candle_series import CandleSeries

    Floats = NDArray[np.float64]

AVERAGE_PERIOD: Final = 20
RSI_PERIOD: Final = 14


class IndicatorLines:
    """MA and RSI at every candle of a series, NaN where unknown.

    `update` costs the same for any length of history as long as only the newest candle changed
    or new ones came after it.
    """

    def __init__(self) -> None:
        self._series: CandleSeries | None = None
        self._history_revision = -1
        self._length = 0
        self._average = np.empty(0)
        self._rsi = np.empty(0)
        self._closed = RunningRsi(RSI_PERIOD)

    @property
    def average(self) -> Floats:
        """The moving average of the last `AVERAGE_PERIOD` closes, one value a candle."""
        return self._average[: self._length]

    @property
    def rsi(self) -> Floats:
        """Wilder's RSI over `RSI_PERIOD`, one value a candle."""
        return self._rsi[: self._length]

    def update(self, series: CandleSeries) -> None:
        """Bring the lines up to the series' present state."""
        closes = series.columns.close
        length = len(closes)
        if series is self._series and series.history_revision == self._history_revision:
            first = max(0, self._length - 1)
        else:
            first = 0
            self._closed = RunningRsi(RSI_PERIOD)
            self._series, self._history_revision = series, series.history_revision
        if length > len(self._rsi):
            capacity = max(512, 2 * len(self._rsi), length)
            self._average = _grown(self._average, self._length, capacity)
            self._rsi = _grown(self._rsi, self._length, capacity)
        self._length = length
        self._extend_average(closes, first)
        self._extend_rsi(closes, first)

    def _extend_average(self, closes: Floats, first: int) -> None:
        if first == self._length - 1 >= AVERAGE_PERIOD - 1:  # a tick: one mean instead of windows
            self._average[first] = closes[first - AVERAGE_PERIOD + 1 :].sum() / AVERAGE_PERIOD
            return
        start = max(0, first - AVERAGE_PERIOD + 1)
        fresh = simple_moving_average(closes[start:], AVERAGE_PERIOD)
        self._average[first : self._length] = fresh[first - start :]

    def _extend_rsi(self, closes: Floats, first: int) -> None:
        last = self._length - 1
        if last < 0:
            return
        values = closes[first:].tolist()
        self._rsi[first:last] = [self._closed.push(close) for close in values[:-1]]
        self._rsi[last] = self._closed.preview(values[-1])


def _grown(column: Floats, used: int, capacity: int) -> Floats:
    grown = np.full(capacity, np.nan)
    grown[:used] = column[:used]
    return grown
