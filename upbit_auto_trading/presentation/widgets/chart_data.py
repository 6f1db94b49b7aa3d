"""The chart's own copy of what it draws, so that a series may change while nothing is painted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from upbit_auto_trading.presentation.widgets.chart_viewport import slots_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from upbit_auto_trading.domain.candle_series import CandleColumns
    from upbit_auto_trading.domain.timeframe import Timeframe

    Floats = NDArray[np.float64]
    Slots = NDArray[np.int64]

_COLUMNS = ("open", "high", "low", "close", "volume")


class CandleSource(Protocol):
    """Candles a chart can show: a `CandleSeries`, or `FixedCandles`.

    `history_revision` changes with any candle but the newest.
    """

    @property
    def market(self) -> str: ...

    @property
    def timeframe(self) -> Timeframe: ...

    @property
    def history_revision(self) -> int: ...

    @property
    def columns(self) -> CandleColumns: ...


@dataclass(frozen=True, slots=True, eq=False)
class FixedCandles:
    """Candles that don't change any more, such as those of a backtest."""

    market: str
    timeframe: Timeframe
    columns: CandleColumns
    history_revision: int = 0


@dataclass(frozen=True, slots=True)
class CandleSlice:
    """A stretch of candles as columns of one length. Views: valid until the next update.

    `lines` has a row for each indicator line.
    """

    slots: Slots
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    lines: Floats

    def __len__(self) -> int:
        return len(self.slots)


class ChartData:
    """Candles and indicator lines of one series.

    `settled` counts changes of anything but the newest candle: what is drawn of the older ones
    stays right while it stands.
    """

    def __init__(self) -> None:
        self._series: CandleSource | None = None
        self._revisions = -1, -1
        self._length = 0
        self._slots = np.empty(0, dtype=np.int64)
        self._rows = np.empty((len(_COLUMNS), 0))
        self._last = self._last_two = self._slice(0, 0)
        self.settled = 0

    def __len__(self) -> int:
        return self._length

    def clear(self) -> None:
        """Forget everything."""
        self._series = None
        self.drop_values()

    def drop_values(self) -> None:
        """Forget every value; the same series' next update brings them back."""
        self._revisions = -1, -1
        self._length = 0
        self._last = self._last_two = self._slice(0, 0)
        self.settled += 1

    def update(self, series: CandleSource, lines: Sequence[Floats], revision: int = 0) -> bool:
        """Copy what changed since the last call; return whether the series is another one.

        `revision` changes with any value of the lines but their newest.

        Raises:
            ValueError: a line hasn't one value for each candle.
        """
        is_other = series is not self._series
        columns = series.columns
        length = len(columns)
        if any(len(line) != length for line in lines):
            raise ValueError(f"{length} candles, but lines of {[len(line) for line in lines]}")
        revisions = series.history_revision, revision
        is_same = (
            not is_other
            and revisions == self._revisions
            and len(self._rows) == len(_COLUMNS) + len(lines)
        )
        if is_same and length == self._length > 0:
            self._take_newest(columns, lines)
            return False
        first = max(0, self._length - 1) if is_same else 0
        if not is_same or length != self._length:
            self.settled += 1
        self._reserve(length, len(_COLUMNS) + len(lines), keep=first)
        part = slice(first, length)
        self._slots[part] = slots_of(columns.start_ms[part], series.timeframe)
        sources = (
            columns.open, columns.high, columns.low, columns.close, columns.volume, *lines,
        )  # fmt: skip
        for row, source in zip(self._rows, sources, strict=True):
            row[part] = source[part]
        self._series, self._revisions = series, revisions
        self._length = length
        self._last = self._slice(max(0, length - 1), length)
        self._last_two = self._slice(max(0, length - 2), length)
        return is_other

    def _take_newest(self, columns: CandleColumns, lines: Sequence[Floats]) -> None:
        """Copy the newest candle alone: what a tick changes."""
        last = self._length - 1
        self._rows[:, last] = [
            columns.open[last],
            columns.high[last],
            columns.low[last],
            columns.close[last],
            columns.volume[last],
            *[line[last] for line in lines],
        ]

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

    def extremes_at(self, slots: Slots) -> tuple[Floats, Floats]:
        """The lows and highs of the candles of slots, NaN where nothing was traded."""
        if not self._length:
            nothing = np.full(len(slots), np.nan)
            return nothing, nothing
        known = self._slots[: self._length]
        places = np.minimum(np.searchsorted(known, slots), self._length - 1)
        is_there = known[places] == slots
        lows, highs = self._rows[2, places], self._rows[1, places]
        return np.where(is_there, lows, np.nan), np.where(is_there, highs, np.nan)

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
        opened, high, low, close, volume = self._rows[:5, first:last]
        lines = self._rows[5:, first:last]
        return CandleSlice(self._slots[first:last], opened, high, low, close, volume, lines)

    def _reserve(self, length: int, rows_count: int, keep: int) -> None:
        if length <= len(self._slots) and rows_count == len(self._rows):
            return
        capacity = max(length, len(self._slots), 1024)
        if length > len(self._slots):
            capacity = max(capacity, 2 * len(self._slots))
        slots = np.empty(capacity, dtype=np.int64)
        slots[:keep] = self._slots[:keep]
        rows = np.empty((rows_count, capacity))
        if keep:
            rows[:, :keep] = self._rows[:, :keep]
        self._slots, self._rows = slots, rows
