"""What a ticker says of today and of the last 24 hours, minute by minute, and no minute more."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from upbit_auto_trading.domain.market_minutes import MINUTE_MS, Floats, Ints
from upbit_auto_trading.domain.market_path import BLOCK
from upbit_auto_trading.simulator.market.candle_model import (
    DAY_MS,
    CandleModel,
    CandleRows,
    joined,
)

_DAY_MINUTES: Final = 1440


@dataclass(frozen=True, slots=True)
class DayFigures:
    """Figures of a day up to each of its minutes (1,441 entries); prices 0 where none was.

    `turnover_left` is that from each minute on, added up from the day's end: whatever is known
    of its beginning, it is the same number.
    """

    volume: Ints
    turnover: Floats
    turnover_left: Floats
    ask_volume: Ints
    high: Ints
    low: Ints
    opening: int
    closing: int
    first_minute: int


@dataclass(frozen=True, slots=True)
class TwoDays:
    """Today so far and what counts of yesterday.

    `rows` are today's candles of its first `end` minutes, yesterday is known from its minute
    `begin` on: of the minutes of two days half are in the last 24 hours.
    """

    day: int
    since_ms: int
    rows: CandleRows
    end: int
    begin: int
    today: DayFigures
    yesterday: DayFigures


class DayKeeper:
    """Remembers today and yesterday of one market; makes only the minutes that are asked about."""

    def __init__(self, candles: CandleModel) -> None:
        self._candles = candles
        self._known: TwoDays | None = None

    def forget(self) -> None:
        """Drop what is remembered."""
        self._known = None

    def known(self, day: int, since_ms: int) -> TwoDays | None:
        """Return what is remembered of a day, None if it is another's."""
        known = self._known
        return (
            known if known is not None and (known.day, known.since_ms) == (day, since_ms) else None
        )

    def days(self, at_ms: int, since_ms: int) -> TwoDays:
        """Return today's figures up to `at_ms` or later, yesterday's from 24 hours before on."""
        day, place = divmod(at_ms // MINUTE_MS, _DAY_MINUTES)
        found = self._known
        if found is None or (found.day, found.since_ms) != (day, since_ms) or place < found.begin:
            found = self._known = self._made_days(day, place, since_ms, found)
        elif place > found.end:
            end = _horizon(place)
            more = self._rows(day, found.end, end, since_ms)
            rows = joined((found.rows, more))
            found = self._known = replace(found, rows=rows, end=end, today=_day_of(rows, day))
        return found

    def _made_days(self, day: int, place: int, since_ms: int, earlier: TwoDays | None) -> TwoDays:
        end, begin = _horizon(place), place
        follows = earlier is not None and earlier.day == day - 1 and since_ms <= (day - 1) * DAY_MS
        if earlier is not None and follows:
            begin = 0
            rows = self._rows(day - 1, earlier.end, _DAY_MINUTES + end, since_ms)
            rows = joined((earlier.rows, rows))
        else:
            rows = self._rows(day - 1, begin, _DAY_MINUTES + end, since_ms)
        midnight = int(np.searchsorted(rows.start_ms, day * DAY_MS))
        yesterday, rows = rows[:midnight], rows[midnight:]
        return TwoDays(
            *(day, since_ms, rows, end, begin),
            today=_day_of(rows, day),
            yesterday=_day_of(yesterday, day - 1),
        )

    def _rows(self, day: int, first: int, end: int, since_ms: int) -> CandleRows:
        """Return the candles of minutes from `first` on and before `end`, counted from a day's."""
        begin_ms, end_ms = (day * DAY_MS + minute * MINUTE_MS for minute in (first, end))
        return self._candles.between(min(max(begin_ms, since_ms), end_ms), end_ms)


def _horizon(place: int) -> int:
    """Return up to which minute of the day to look when the one at `place` is asked about."""
    return min(_DAY_MINUTES, (place // BLOCK + 1) * BLOCK)


def _day_of(rows: CandleRows, day: int) -> DayFigures:
    place = rows.start_ms // MINUTE_MS - day * _DAY_MINUTES
    volume = np.zeros(_DAY_MINUTES + 1, dtype=np.int64)
    asks, high, low = volume.copy(), volume.copy(), volume + np.iinfo(np.int64).max
    turnover = np.zeros(_DAY_MINUTES + 1)
    volume[place + 1], asks[place + 1] = rows.volume, rows.ask_volume
    turnover[place + 1] = rows.turnover
    high[place + 1], low[place + 1] = rows.high, rows.low
    low = np.minimum.accumulate(low)
    first = int(place[0]) if len(rows) else _DAY_MINUTES
    low[: first + 1] = 0
    return DayFigures(
        np.cumsum(volume),
        np.cumsum(turnover),
        np.append(np.cumsum(turnover[:0:-1])[::-1], 0.0),
        np.cumsum(asks),
        np.maximum.accumulate(high),
        low,
        int(rows.open[0]) if len(rows) else 0,
        int(rows.close[-1]) if len(rows) else 0,
        first,
    )
