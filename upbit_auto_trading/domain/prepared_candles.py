"""The candles of a whole run, built from its prints at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from upbit_auto_trading.domain.candle_series import CandleColumns
from upbit_auto_trading.domain.timeframe import TimeframeUnit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from upbit_auto_trading.domain.tick_columns import TickColumns
    from upbit_auto_trading.domain.timeframe import Timeframe


class PreparedCandles:
    """Candles of one timeframe in the order of their prints.

    `first` is the place of each candle's first print, `opens` says of each print whether it is
    one. On the print at place `i` the candles before `candle_at(i)` are proven closed.
    """

    def __init__(self, ticks: TickColumns, timeframe: Timeframe) -> None:
        self._ticks = ticks
        starts = _starts(ticks.ms, timeframe)
        self.opens: NDArray[np.bool_] = np.empty(len(ticks), dtype=bool)
        self.opens[:1] = True
        np.not_equal(starts[1:], starts[:-1], out=self.opens[1:])
        self.first: NDArray[np.intp] = np.flatnonzero(self.opens)
        self.start_ms = starts[self.first]
        self._columns: CandleColumns | None = None
        self._ordinals: NDArray[np.intp] | None = None

    def candle_at(self, place: int) -> int:
        """Return which candle the print at `place` belongs to."""
        if self._ordinals is not None:
            return int(self._ordinals[place])
        return int(self.first.searchsorted(place, side="right")) - 1

    def candles_at(self, places: slice | NDArray[np.intp]) -> NDArray[np.intp]:
        """Return which candles the prints at `places` belong to."""
        if isinstance(places, slice):
            return self.ordinals[places]
        return self.first.searchsorted(places, side="right") - 1

    @property
    def ordinals(self) -> NDArray[np.intp]:
        """Which candle each print belongs to."""
        if self._ordinals is None:
            lengths = np.diff(self.first, append=len(self._ticks))
            self._ordinals = np.repeat(np.arange(len(self.first)), lengths)
        return self._ordinals

    @property
    def columns(self) -> CandleColumns:
        """Every candle, the last one perhaps not whole. Turnover and volume add up in order."""
        if self._columns is None:
            ticks, first = self._ticks, self.first
            last = np.append(first[1:], len(ticks))[: len(first)] - 1
            self._columns = CandleColumns(
                self.start_ms,
                ticks.price[first],
                np.maximum.reduceat(ticks.price, first),
                np.minimum.reduceat(ticks.price, first),
                ticks.price[last],
                self._sums(ticks.volume),
                self._sums(ticks.volume, ticks.price),
            )
        return self._columns

    def _sums(
        self, volume: NDArray[np.float64], price: NDArray[np.float64] | None = None
    ) -> NDArray[np.float64]:
        """Return the volumes of the candles, or their turnovers, added print by print."""
        sums: NDArray[np.float64] = np.zeros(len(self.first))
        if volume.any():
            values = volume if price is None else volume * price
            sums += np.bincount(self.ordinals, weights=values, minlength=len(sums))
        return sums


def _starts(ms: NDArray[np.int64], timeframe: Timeframe) -> NDArray[np.int64]:
    if not timeframe.is_fixed:
        days = ms // 86_400_000
        known = {day: timeframe.start_of_ms(day * 86_400_000) for day in np.unique(days).tolist()}
        return np.array([known[day] for day in days.tolist()], dtype=np.int64)
    anchor = timeframe.start_of_ms(0) if timeframe.unit is TimeframeUnit.WEEK else 0
    step = timeframe.seconds * 1000
    starts = (ms - anchor if anchor else ms) // step
    starts *= step
    if anchor:
        starts += anchor
    return starts
