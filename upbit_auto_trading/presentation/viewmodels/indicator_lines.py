"""The chart's indicator lines, carried on from candle to candle instead of computed anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from upbit_auto_trading.domain.indicator import CandleRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from upbit_auto_trading.domain.candle_series import CandleColumns, CandleSeries
    from upbit_auto_trading.domain.indicator import IndicatorPort, RunningIndicator
    from upbit_auto_trading.domain.variable import Reading

    Floats = NDArray[np.float64]

_LEAST_ROOM: Final = 512


class _Line:
    """One reading's values, and the indicator as it is after every candle but the newest."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.values = np.empty(0)
        self._running: RunningIndicator | None = None

    def compute(self, indicators: IndicatorPort, columns: CandleColumns) -> None:
        """Compute every value; the indicator then stands before the newest candle."""
        length = len(columns)
        self.reserve(length, 0)
        self.values[:length] = indicators.series(self.reading, columns)
        self._running = indicators.after(self.reading, _but_newest(columns))

    def follow(self, closed: Sequence[CandleRow], newest: CandleRow, place: int) -> None:
        """Take in candles that closed, and show the newest at `place`."""
        running = self._running
        if running is None:
            return
        first = place - len(closed)
        for number, candle in enumerate(closed):
            self.values[first + number] = running.push(candle)
        self.values[place] = running.preview(newest)

    def reserve(self, length: int, used: int) -> None:
        if length <= len(self.values):
            return
        grown = np.full(max(_LEAST_ROOM, 2 * len(self.values), length), np.nan)
        grown[:used] = self.values[:used]
        self.values = grown


class IndicatorLines:
    """One value a candle for each of several readings, NaN where unknown.

    `update` costs the same for any length of history as long as only the newest candle changed
    or new ones came after it. `revision` changes when other readings are shown.
    """

    def __init__(self, indicators: IndicatorPort, readings: Sequence[Reading] = ()) -> None:
        self._indicators = indicators
        self._lines = [_Line(reading) for reading in readings]
        self._series: CandleSeries | None = None
        self._history_revision = -1
        self._length = 0
        self.revision = 0

    @property
    def values(self) -> list[Floats]:
        """The lines in the order of their readings, one value a candle."""
        return [line.values[: self._length] for line in self._lines]

    def show(self, readings: Sequence[Reading]) -> None:
        """Show these readings from the next update on; those shown before keep their values."""
        if list(readings) == [line.reading for line in self._lines]:
            return
        known = {line.reading: line for line in self._lines}
        fresh = [_Line(reading) for reading in readings if reading not in known]
        made = {line.reading: line for line in fresh}
        self._lines = [known.get(reading) or made[reading] for reading in readings]
        self.revision += 1
        if self._series is not None and len(self._series) == self._length > 0:
            for line in fresh:
                line.compute(self._indicators, self._series.columns)
        else:
            self._history_revision = -1

    def update(self, series: CandleSeries) -> None:
        """Bring the lines up to the series' present state."""
        columns = series.columns
        length = len(columns)
        is_same = series is self._series and series.history_revision == self._history_revision
        before, self._length = self._length, length
        self._series, self._history_revision = series, series.history_revision
        if length == 0:
            return
        if not is_same or before == 0:
            for line in self._lines:
                line.compute(self._indicators, columns)
            return
        closed = [_row(columns, place) for place in range(before - 1, length - 1)]
        newest = _row(columns, length - 1)
        for line in self._lines:
            line.reserve(length, before)
            line.follow(closed, newest, length - 1)


def _row(columns: CandleColumns, place: int) -> CandleRow:
    return CandleRow(
        int(columns.start_ms[place]),
        float(columns.open[place]),
        float(columns.high[place]),
        float(columns.low[place]),
        float(columns.close[place]),
        float(columns.volume[place]),
        float(columns.turnover[place]),
    )


def _but_newest(columns: CandleColumns) -> CandleColumns:
    return type(columns)(
        columns.start_ms[:-1],
        columns.open[:-1],
        columns.high[:-1],
        columns.low[:-1],
        columns.close[:-1],
        columns.volume[:-1],
        columns.turnover[:-1],
    )
