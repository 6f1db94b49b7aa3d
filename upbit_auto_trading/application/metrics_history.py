"""What was measured over the last minute, ten minutes and day, in bins of growing length."""

from __future__ import annotations

from collections import Counter, deque
from math import isnan, log2
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MINUTE: Final = (1.0, 60)
TEN_MINUTES: Final = (10.0, 60)
DAY: Final = (600.0, 144)
"""Length of a bin in seconds, and how many are kept."""

_PER_DOUBLING: Final = 8
_FIGURES: Final = 96
"""Figures there is room for from the start."""


def bucket_of(value: float) -> float:
    """The bucket (its middle) that a duration in ms is counted in, about 9 % wide."""
    if value <= 0.001:
        return 0.001
    return float(2.0 ** (round(log2(value) * _PER_DOUBLING) / _PER_DOUBLING))


def percentile(counts: Mapping[float, int], share: float) -> float | None:
    """The bucket that `share` (0 to 1) of everything counted doesn't exceed; None if nothing is."""
    total = sum(counts.values())
    if total <= 0:
        return None
    rank, seen = share * total, 0
    for middle in sorted(counts):
        seen += counts[middle]
        if seen >= rank:
            return middle
    return max(counts)


class Bin:
    """One stretch of time: sums, greatest values, newest values and counted durations."""

    __slots__ = ("counts", "greatest", "newest", "sums")

    def __init__(self) -> None:
        self.sums: dict[str, float] = {}
        self.greatest: dict[str, float] = {}
        self.newest: dict[str, float] = {}
        self.counts: dict[str, Counter[float]] = {}

    def add(self, other: Bin) -> None:
        """Take in a later stretch."""
        for name, value in other.sums.items():
            self.sums[name] = self.sums.get(name, 0.0) + value
        for name, value in other.greatest.items():
            self.greatest[name] = max(self.greatest.get(name, value), value)
        self.newest |= other.newest
        for name, counted in other.counts.items():
            self.counts.setdefault(name, Counter()).update(counted)

    def values(self) -> dict[str, float]:
        """Every figure by name; of counted durations the percentiles, as `name.p50`."""
        found = self.sums | self.greatest | self.newest
        for name, counted in self.counts.items():
            for label, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99)):
                value = percentile(counted, share)
                if value is not None:
                    found[f"{name}.{label}"] = value
        return found


class Band:
    """The newest bins of one length. Closed bins keep their figures alone.

    Their place is there from the start, a row a bin and a column a figure, NaN where there is
    none: a day's history takes no more memory than its first minute.
    """

    def __init__(self, step_s: float, count: int) -> None:
        self.step_s = step_s
        self.count = count
        self._open: Bin | None = None
        self._index = 0
        self._columns: dict[str, int] = {}
        self._figures = np.full((count, _FIGURES), np.nan)
        self._indices = np.full(count, -1, dtype=np.int64)
        self._shown: dict[str, float] | None = None

    def add(self, at: float, measured: Bin) -> None:
        """Take in what was measured at `at` (wall-clock seconds); earlier than before is now."""
        index = int(at // self.step_s)
        if self._open is None or index > self._index:
            if self._open is not None:
                self._keep(self._open.values())
            self._open, self._index = Bin(), index
        self._open.add(measured)
        self._shown = None

    def series(self, name: str, now: float) -> list[float | None]:
        """The figure in every bin, oldest first, ending with that of `now`; None where none is."""
        last = max(int(now // self.step_s), self._index)
        found: list[float | None] = [None] * self.count
        column = self._columns.get(name)
        if column is not None:
            indices = np.arange(last - self.count + 1, last + 1)
            rows = indices % self.count
            is_known = self._indices[rows] == indices
            figures = np.where(is_known, self._figures[rows, column], np.nan).tolist()
            found = [None if isnan(value) else value for value in figures]
        place = self.count - 1 - (last - self._index)
        if self._open is not None and place >= 0:
            if self._shown is None:
                self._shown = self._open.values()
            found[place] = self._shown.get(name)
        return found

    def total(self, names: Iterable[str], now: float) -> dict[str, float]:
        """The sums of figures over every bin kept."""
        return {name: sum(v for v in self.series(name, now) if v is not None) for name in names}

    @property
    def size_bytes(self) -> int:
        """What the closed bins take."""
        return self._figures.nbytes + self._indices.nbytes

    def _keep(self, values: Mapping[str, float]) -> None:
        """Close the open bin; the oldest gives way."""
        row = self._index % self.count
        self._indices[row] = self._index
        self._figures[row] = np.nan
        for name, value in values.items():
            column = self._columns.setdefault(name, len(self._columns))
            if column >= self._figures.shape[1]:
                more = np.full(self._figures.shape, np.nan)
                self._figures = np.concatenate((self._figures, more), axis=1)
            self._figures[row, column] = value


class MetricsHistory:
    """The three bands, and the last minute's durations as they were counted."""

    def __init__(self) -> None:
        self.bands = {length: Band(*length) for length in (MINUTE, TEN_MINUTES, DAY)}
        self._minute: deque[tuple[float, Bin]] = deque()
        self._together: Bin | None = None

    def add(self, at: float, measured: Bin) -> None:
        """Take in one second."""
        for band in self.bands.values():
            band.add(at, measured)
        self._together = None
        self._minute.append((at, measured))
        while self._minute and self._minute[0][0] <= at - 60.0:
            self._minute.popleft()

    def minute_series(self, name: str, now: float) -> list[float | None]:
        """A figure in every second of the last minute, oldest first."""
        return self.bands[MINUTE].series(name, now)

    def band_for(self, seconds: float) -> Band:
        """The band that reaches `seconds` back with the shortest bins."""
        for length in (MINUTE, TEN_MINUTES):
            if seconds <= length[0] * length[1]:
                return self.bands[length]
        return self.bands[DAY]

    def newest(self, seconds: float) -> Bin:
        """Everything measured in the last `seconds`, at most a minute, together."""
        found = Bin()
        for at, measured in self._minute:
            if at > self._minute[-1][0] - seconds:
                found.add(measured)
        return found

    def last_minute(self) -> Bin:
        """Everything measured in the minute that ended with the newest second, together."""
        if self._together is None:
            self._together = Bin()
            for _at, measured in self._minute:
                self._together.add(measured)
        return self._together
