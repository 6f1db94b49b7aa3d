"""The highest and the lowest price of a long stretch without making all of its minutes.

A market's course is cheap to know at the ends of its blocks, and how far it can stray within one
is bounded. So blocks are made in the order of what they could hold, until no other can hold more.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from upbit_auto_trading.domain.market_minutes import (
    FARTHEST_OVERSHOOT,
    MINUTE_MS,
    Flags,
    Floats,
    Ints,
    MinuteDrive,
    MinuteExtents,
)
from upbit_auto_trading.domain.market_path import BLOCK
from upbit_auto_trading.domain.price_grid import E8
from upbit_auto_trading.simulator.market.course import CoarseCourse
from upbit_auto_trading.simulator.market.tape import Tape

_FIRST_BLOCKS: Final = 4
_GROWTH: Final = 5
_ROUNDING: Final = 1e-9
"""What logarithms may be off by."""


@dataclass(frozen=True, slots=True)
class Extremes:
    """Highest and lowest price as indexes of the market's grid, each with a minute it was in."""

    high: int
    high_minute: int
    low: int
    low_minute: int


def extremes(tape: Tape, begin_ms: int, end_ms: int) -> Extremes | None:
    """Return the extremes of whole minutes from `begin_ms` on and before `end_ms`.

    None where nothing was traded. Of equal prices any may be named.
    """
    first, last = begin_ms // MINUTE_MS, end_ms // MINUTE_MS
    if first >= last:
        return None
    search = _Search(tape, first, last)
    while len(places := search.promising()):
        search.look_into(places)
    return search.found


class _Search:
    def __init__(self, tape: Tape, first_minute: int, last_minute: int) -> None:
        self._tape = tape
        self._first, self._last = first_minute, last_minute
        self._coarse = tape.coarse(first_minute // BLOCK, (last_minute - 1) // BLOCK + 1)
        self._highest, self._lowest = _bounds(tape, self._coarse)
        self._open: Flags = np.ones(len(self._coarse.reach), dtype=np.bool_)
        self._must: Flags = self._coarse.bent.copy()
        self._must[[0, -1]] = True
        self._at_once = _FIRST_BLOCKS
        self.found: Extremes | None = None

    def promising(self) -> Ints:
        """Return the blocks to make next, by their places; none when the answer is known."""
        found = self.found
        high, low = (found.high, found.low) if found else (-1, np.iinfo(np.int64).max)
        above = np.flatnonzero(self._open & (self._highest > high))
        below = np.flatnonzero(self._open & (self._lowest < low))
        above = _first(above, -self._highest[above], self._at_once)
        below = _first(below, self._lowest[below], self._at_once)
        self._at_once *= _GROWTH
        must = np.flatnonzero(self._must & self._open)
        return np.unique(np.concatenate((must, above, below)))

    def look_into(self, places: Ints) -> None:
        """Make these blocks and keep their extremes."""
        self._open[places] = False
        extents = self._tape.extents(self._coarse, places, self._matters)
        inside = (extents.minute >= self._first) & (extents.minute < self._last)
        if inside.any():
            self.found = _wider(self.found, extents, inside)

    def _matters(self, drive: MinuteDrive) -> Flags:
        """Return which minutes could trade beyond what is found."""
        if self.found is None:
            return np.ones(len(drive.minute), dtype=np.bool_)
        indexes = np.array([self.found.high, self.found.low])
        high, low = np.log(self._tape.grid.e8(indexes) / E8)
        overshoot = FARTHEST_OVERSHOOT * self._tape.volatility * drive.pace + _ROUNDING
        above: Flags = np.maximum(drive.start, drive.end) + overshoot >= high
        below: Flags = np.minimum(drive.start, drive.end) - overshoot <= low
        return above | below


def _first(places: Ints, rank: Floats, count: int) -> Ints:
    """Return the `count` places of lowest rank, in any order."""
    if len(places) <= count:
        return places
    return places[np.argpartition(rank, count)[:count]]


def _wider(found: Extremes | None, extents: MinuteExtents, inside: Flags) -> Extremes:
    minutes, highs, lows = extents.minute[inside], extents.high[inside], extents.low[inside]
    top, bottom = int(np.argmax(highs)), int(np.argmin(lows))
    high, low = int(highs[top]), int(lows[bottom])
    high_minute, low_minute = int(minutes[top]), int(minutes[bottom])
    if found is not None and found.high >= high:
        high, high_minute = found.high, found.high_minute
    if found is not None and found.low <= low:
        low, low_minute = found.low, found.low_minute
    return Extremes(high, high_minute, low, low_minute)


def _bounds(tape: Tape, coarse: CoarseCourse) -> tuple[Floats, Floats]:
    """Return the grid indexes no trade of each block can be above or below."""
    ends = coarse.log_price
    slack = coarse.reach + FARTHEST_OVERSHOOT * tape.volatility * coarse.pace
    upper = np.exp(np.maximum(ends[:-1], ends[1:]) + slack)
    lower = np.exp(np.minimum(ends[:-1], ends[1:]) - slack)
    # Prices are rounded to the grid either way.
    highest: Floats = np.floor(tape.grid.position(upper)) + 1.0
    lowest: Floats = np.maximum(np.floor(tape.grid.position(lower)), 1.0)
    return highest, lowest
