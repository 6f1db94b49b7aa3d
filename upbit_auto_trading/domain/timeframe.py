"""Timeframes: the lengths a candle can have, and where each candle starts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_MONDAY: Final = datetime(1970, 1, 5, tzinfo=UTC)


class InvalidTimeframeError(ValueError):
    """A timeframe Upbit doesn't have."""

    def __init__(self, text: str) -> None:
        known = ", ".join(TIMEFRAMES)
        super().__init__(f"{text!r} is not a timeframe; Upbit has {known}")
        self.text = text


class TimeframeUnit(StrEnum):
    """What a candle's length is counted in."""

    SECOND = "second"
    MINUTE = "minute"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Timeframe:
    """A candle length. `code` is its short name: `1s 1m 3m … 1h 4h 1d 1w 1M 1y`.

    `seconds` is the length of every candle, or the longest one for months and years.
    """

    code: str
    unit: TimeframeUnit
    count: int
    seconds: int

    def __str__(self) -> str:
        return self.code

    @property
    def is_fixed(self) -> bool:
        """Whether every candle has the same length (false for months and years)."""
        return self.unit not in (TimeframeUnit.MONTH, TimeframeUnit.YEAR)

    @property
    def websocket_channel(self) -> str | None:
        """Upbit's stream type, `candle.1m`; None where only REST has the timeframe."""
        if self.unit is TimeframeUnit.SECOND:
            return f"candle.{self.count}s"
        if self.unit is TimeframeUnit.MINUTE:
            return f"candle.{self.count}m"
        return None

    def start_of(self, moment: datetime) -> datetime:
        """Return the start of the candle that holds `moment` (aware; result in UTC).

        A moment at exactly a candle's end belongs to the next candle.
        """
        moment = moment.astimezone(UTC)
        if self.unit is TimeframeUnit.YEAR:
            return moment.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
        if self.unit is TimeframeUnit.MONTH:
            return moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        anchor = _FIRST_MONDAY if self.unit is TimeframeUnit.WEEK else _EPOCH
        step = timedelta(seconds=self.seconds)
        return anchor + (moment - anchor) // step * step

    def next_start(self, start: datetime) -> datetime:
        """Return the start of the candle after the one that starts at `start`."""
        if self.unit is TimeframeUnit.YEAR:
            return start.replace(year=start.year + 1)
        if self.unit is TimeframeUnit.MONTH:
            if start.month == 12:
                return start.replace(year=start.year + 1, month=1)
            return start.replace(month=start.month + 1)
        return start + timedelta(seconds=self.seconds)

    def start_of_ms(self, moment_ms: int) -> int:
        """`start_of` in epoch milliseconds."""
        if self.is_fixed:
            anchor_ms = 345_600_000 if self.unit is TimeframeUnit.WEEK else 0
            step_ms = self.seconds * 1000
            return anchor_ms + (moment_ms - anchor_ms) // step_ms * step_ms
        return to_epoch_ms(self.start_of(from_epoch_ms(moment_ms)))

    def next_start_ms(self, start_ms: int) -> int:
        """`next_start` in epoch milliseconds."""
        if self.is_fixed:
            return start_ms + self.seconds * 1000
        return to_epoch_ms(self.next_start(from_epoch_ms(start_ms)))


def from_epoch_ms(moment_ms: int) -> datetime:
    """Return epoch milliseconds as an aware UTC moment, exactly."""
    return _EPOCH + timedelta(milliseconds=moment_ms)


def to_epoch_ms(moment: datetime) -> int:
    """Return an aware moment as epoch milliseconds, exactly."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def _minutes(code: str, count: int) -> Timeframe:
    return Timeframe(code, TimeframeUnit.MINUTE, count, count * 60)


TIMEFRAMES: Final[dict[str, Timeframe]] = {
    timeframe.code: timeframe
    for timeframe in (
        Timeframe("1s", TimeframeUnit.SECOND, 1, 1),
        _minutes("1m", 1),
        _minutes("3m", 3),
        _minutes("5m", 5),
        _minutes("10m", 10),
        _minutes("15m", 15),
        _minutes("30m", 30),
        _minutes("1h", 60),
        _minutes("4h", 240),
        Timeframe("1d", TimeframeUnit.DAY, 1, 86_400),
        Timeframe("1w", TimeframeUnit.WEEK, 1, 7 * 86_400),
        Timeframe("1M", TimeframeUnit.MONTH, 1, 31 * 86_400),
        Timeframe("1y", TimeframeUnit.YEAR, 1, 366 * 86_400),
    )
}


def parse_timeframe(text: str) -> Timeframe:
    """Return the timeframe with that code.

    Raises:
        InvalidTimeframeError: Upbit has no such timeframe.
    """
    try:
        return TIMEFRAMES[text]
    except KeyError:
        raise InvalidTimeframeError(text) from None
