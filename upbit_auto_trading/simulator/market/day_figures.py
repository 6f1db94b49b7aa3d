"""What a ticker says of today and of the last 24 hours, and no more than it needs for that.

Of every traded minute of the last 24 hours volume and turnover are kept, for they leave one by
one. Everything else is added up as the day goes on, and known for the last minutes alone.
"""

from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from upbit_auto_trading.domain.market_minutes import MINUTE_MS, Floats, Ints
from upbit_auto_trading.domain.market_path import BLOCK
from upbit_auto_trading.simulator.market.candle_model import DAY_MS, CandleModel, CandleRows

_DAY_MINUTES: Final = 1440
_SLACK: Final = 16
"""Minutes before the newest one asked about that can be asked about again."""
_NO_LOW: Final = np.iinfo(np.int64).max


class DayTotals(NamedTuple):
    """What a day has come to: volumes in lots, prices in 1e-8 and 0 where there were none."""

    volume: int
    ask_volume: int
    high: int
    low: int
    turnover: float


@dataclass(frozen=True, slots=True)
class DayFigures:
    """A day's totals before each of its minutes from `begin` on: a column each in `totals`.

    `first_minute` is the first that was traded in; `opening` and `closing` are 0 where none was.
    """

    begin: int
    totals: Ints
    turnover: Floats
    opening: int = 0
    closing: int = 0
    first_minute: int = _DAY_MINUTES

    def before(self, minute: int) -> DayTotals:
        """Return the totals of everything before a minute of the day."""
        place = minute - self.begin
        volume, asks, high, low = self.totals[:, place].tolist()
        return DayTotals(volume, asks, high, low, float(self.turnover[place]))

    def onward(self, rows: CandleRows, day: int, end: int, begin: int) -> Self:
        """Return the figures up to minute `end`, kept from `begin` on; `rows` are new candles."""
        last = self.begin + len(self.turnover) - 1
        place = rows.start_ms // MINUTE_MS - day * _DAY_MINUTES
        totals = np.zeros((4, end - last + 1), dtype=np.int64)
        turnover = np.zeros(end - last + 1)
        totals[3] = _NO_LOW
        totals[:, 0], turnover[0] = self.totals[:, -1], self.turnover[-1]
        if not totals[3, 0]:
            totals[3, 0] = _NO_LOW
        totals[:, place - last + 1] = rows.volume, rows.ask_volume, rows.high, rows.low
        turnover[place - last + 1] = rows.turnover
        np.cumsum(totals[:2], axis=1, out=totals[:2])
        np.maximum.accumulate(totals[2], out=totals[2])
        np.minimum.accumulate(totals[3], out=totals[3])
        totals[3][totals[3] == _NO_LOW] = 0
        np.cumsum(turnover, out=turnover)
        begin = max(begin, self.begin)
        kept = slice(max(0, begin - self.begin), -1)
        new = slice(max(0, begin - last), None)
        is_first = len(rows) > 0 and not self.opening
        return type(self)(
            begin,
            np.concatenate((self.totals[:, kept], totals[:, new]), axis=1),
            np.concatenate((self.turnover[kept], turnover[new])),
            int(rows.open[0]) if is_first else self.opening,
            int(rows.close[-1]) if len(rows) else self.closing,
            int(place[0]) if is_first else self.first_minute,
        )


_NEW_DAY: Final = DayFigures(0, np.zeros((4, 1), dtype=np.int64), np.zeros(1))


@dataclass(frozen=True, slots=True)
class TradedMinutes:
    """Traded minutes of one day by their numbers in it: volume in lots and turnover of each."""

    minute: NDArray[np.int16]
    volume: Ints
    turnover: Floats

    def and_rows(self, rows: CandleRows, day: int) -> Self:
        """Return these and the minutes of later candles."""
        minute = (rows.start_ms // MINUTE_MS - day * _DAY_MINUTES).astype(np.int16)
        return type(self)(
            _joined(self.minute, minute),
            _joined(self.volume, rows.volume),
            _joined(self.turnover, rows.turnover),
        )


_NO_MINUTES: Final = TradedMinutes(np.zeros(0, np.int16), np.zeros(0, np.int64), np.zeros(0))


@dataclass(frozen=True, slots=True)
class RestOfDay:
    """What a day that is over traded from each of its minutes on.

    It is added up from the day's end: whatever is known of its beginning, it is the same number.
    """

    minute: NDArray[np.int16]
    volume: Ints
    turnover: Floats
    closing: int

    @classmethod
    def of(cls, minutes: TradedMinutes, closing: int) -> Self:
        """Return what is left of a whole day, or of its end, from each of these minutes on."""
        return cls(
            minutes.minute,
            np.cumsum(minutes.volume[::-1])[::-1].copy(),
            np.cumsum(minutes.turnover[::-1])[::-1].copy(),
            closing,
        )

    def since(self, minute: int) -> tuple[int, float]:
        """Return volume and turnover from a minute on."""
        place = int(np.searchsorted(self.minute, np.int16(minute)))
        if place == len(self.minute):
            return 0, 0.0
        return int(self.volume[place]), float(self.turnover[place])

    def without(self, minute: int) -> Self:
        """Return it without the minutes before one."""
        place = int(np.searchsorted(self.minute, np.int16(minute)))
        return type(self)(
            self.minute[place:].copy(),
            self.volume[place:].copy(),
            self.turnover[place:].copy(),
            self.closing,
        )


@dataclass(frozen=True, slots=True)
class TwoDays:
    """Today up to its minute `end` and what counts of yesterday, both from minute `begin` on.

    `minutes` are all of today's: tomorrow they are yesterday's.
    """

    day: int
    since_ms: int
    begin: int
    end: int
    today: DayFigures
    minutes: TradedMinutes
    yesterday: RestOfDay


class DayKeeper:
    """Remembers the last 24 hours of one market; makes only the minutes that are asked about."""

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
        found = self.known(day, since_ms)
        if found is None or place < found.begin:
            found = self._known = self._made_days(day, place, since_ms)
        elif place > found.end:
            found = self._known = self._gone_on(found, place)
        return found

    def _gone_on(self, known: TwoDays, place: int) -> TwoDays:
        """Return what is known of a day with the minutes up to `place` or later."""
        day, begin, end = known.day, max(0, place - _SLACK), _horizon(known.day, place)
        rows = self._rows(day, known.end, end, known.since_ms)
        return TwoDays(
            *(day, known.since_ms, begin, end),
            known.today.onward(rows, day, end, begin),
            known.minutes.and_rows(rows, day),
            known.yesterday.without(begin),
        )

    def _made_days(self, day: int, place: int, since_ms: int) -> TwoDays:
        begin, end = max(0, place - _SLACK), _horizon(day, place)
        minutes, closing, known_to = _NO_MINUTES, 0, begin
        earlier = self._known
        if earlier is not None and earlier.day == day - 1 and since_ms <= (day - 1) * DAY_MS:
            minutes, closing, known_to = earlier.minutes, earlier.today.closing, earlier.end
        rows = self._rows(day - 1, known_to, _DAY_MINUTES + end, since_ms)
        midnight = int(np.searchsorted(rows.start_ms, day * DAY_MS))
        late, rows = rows[:midnight], rows[midnight:]
        yesterday = RestOfDay.of(
            minutes.and_rows(late, day - 1), int(late.close[-1]) if len(late) else closing
        )
        return TwoDays(
            *(day, since_ms, begin, end),
            _NEW_DAY.onward(rows, day, end, begin),
            _NO_MINUTES.and_rows(rows, day),
            yesterday.without(begin),
        )

    def _rows(self, day: int, first: int, end: int, since_ms: int) -> CandleRows:
        """Return the candles of minutes from `first` on and before `end`, counted from a day's."""
        begin_ms, end_ms = (day * DAY_MS + minute * MINUTE_MS for minute in (first, end))
        return self._candles.between(min(max(begin_ms, since_ms), end_ms), end_ms)


def _horizon(day: int, place: int) -> int:
    """Return up to which minute of the day to look when the one at `place` is asked about."""
    block = (day * _DAY_MINUTES + place) // BLOCK
    return min(_DAY_MINUTES, (block + 1) * BLOCK - day * _DAY_MINUTES)


def _joined(before: NDArray[Any], after: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate((before, after))
