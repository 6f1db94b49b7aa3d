"""The chart's own copy of what it draws, so that a series may change while nothing is painted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from upbit_auto_trading.presentation.widgets.chart_viewport import slots_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from upbit_auto_trading.domain.candle_series import CandleSeries

    Floats = NDArray[np.float64]
    Slots = NDArray[np.int64]

_ROWS = ("open", "high", "low", "close", "volume", "average", "rsi")


@dataclass(frozen=True, slots=True)
class CandleSlice:
    """A stretch of candles as columns of one length. Views: valid until the next update."""

    slots: Slots
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    average: Floats
    rsi: Floats

    def __len__(self) -> int:
        return len(self.slots)


class ChartData:
    """Candles and indicator lines of one series.

    `settled` counts changes of anything but the newest candle: what is drawn of the older ones
    stays right while it stands.
    """

    def __init__(self) -> None:
        self._series: CandleSeries | None = None
        self._history_revision = -1
        self._length = 0
        self._slots = np.empty(0, dtype=np.int64)
        self._rows = np.empty((len(_ROWS), 0))
        self._last = self._last_two = self._slice(0, 0)
        self.settled = 0

    def __len__(self) -> int:
        return self._length

    def clear(self) -> None:
        """Forget everything."""
        self._series = None
        self._length = 0
        self.settled += 1

    def update(self, series: CandleSeries, average: Floats, rsi: Floats) -> bool:
        """Copy what changed since the last call; return whether the series is another one.

        Raises:
            ValueError: a line hasn't one value for each candle.
        """
        is_other = series is not self._series
        columns = series.columns
        length = len(columns)
        if not len(average) == len(rsi) == length:
            raise ValueError(f"{length} candles, but lines of {len(average)} and {len(rsi)}")
        same = not is_other and series.history_revision == self._history_revision
        first = max(0, self._length - 1) if same else 0
        if not same or length != self._length:
            self.settled += 1
        self._reserve(length, keep=first)
        part = slice(first, length)
        self._slots[part] = slots_of(columns.start_ms[part], series.timeframe)
        sources = (
            columns.open, columns.high, columns.low, columns.close, columns.volume, average, rsi,
        )  # fmt: skip
        for row, source in zip(self._rows, sources, strict=True):
            row[part] = source[part]
        self._series, self._history_revision = series, series.history_revision
        self._length = length
        self._last = self._slice(max(0, length - 1), length)
        self._last_two = self._slice(max(0, length - 2), length)
        return is_other

    @property
    def first_slot(self) -> int:
        return int(self._slots[0])

    @property
    def last_slot(self) -> int:
        return int(self._slots[self._length - 1])

    def between(self, left: float, right: float) -> CandleSlice:
        """The candles but the newest whose slots touch the stretch from `left` to `right`."""
        return self._slice(*self._places(left, right, self._length - 1))

    def last(self) -> CandleSlice:
        """The newest candle."""
        return self._last

    def last_two(self) -> CandleSlice:
        """The newest candle and the one before it, if there is one."""
        return self._last_two

    def at(self, slot: int) -> CandleSlice | None:
        """The candle of a slot, None where nothing was traded."""
        place = int(np.searchsorted(self._slots[: self._length], slot))
        if place < self._length and self._slots[place] == slot:
            return self._slice(place, place + 1)
        return None

    def close_before(self, slot: int) -> float | None:
        """The close of the last candle before a slot, None where there is none."""
        place = int(np.searchsorted(self._slots[: self._length], slot))
        return float(self._rows[3, place - 1]) if place else None

    def _places(self, left: float, right: float, length: int) -> tuple[int, int]:
        slots = self._slots[: max(0, length)]
        first = int(np.searchsorted(slots, int(np.floor(left)) - 1))
        last = int(np.searchsorted(slots, int(np.ceil(right)) + 1))
        # One more on each side, so that lines run on to the edges.
        return max(0, first - 1), min(len(slots), last + 1)

    def _slice(self, first: int, last: int) -> CandleSlice:
        return CandleSlice(self._slots[first:last], *(row[first:last] for row in self._rows))

    def _reserve(self, length: int, keep: int) -> None:
        if length <= len(self._slots):
            return
        capacity = max(length, 2 * len(self._slots), 1024)
        slots = np.empty(capacity, dtype=np.int64)
        slots[:keep] = self._slots[:keep]
        rows = np.empty((len(_ROWS), capacity))
        rows[:, :keep] = self._rows[:, :keep]
        self._slots, self._rows = slots, rows
