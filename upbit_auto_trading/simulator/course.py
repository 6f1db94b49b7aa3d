"""The course of a market's price: which seeded paths make it, minute by minute.

Every base has one path in won: its own and a share of the whole market's. A BTC or USDT market is
its base's path less its quote's, so that rates across markets agree but for a small gap of its own.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

import numpy as np

from upbit_auto_trading.domain.market_minutes import Floats, MinuteDrive
from upbit_auto_trading.domain.market_path import (
    BLOCK,
    PathSlice,
    SeededPath,
    daily_rhythm,
)
from upbit_auto_trading.simulator.listing import ListedMarket, base_figures, recorded_minute

_WHOLE_SIGMA: Final = 0.022
_GAP_SIGMA: Final = 0.004
_ROOT_DAY: Final = 1440**0.5
_LONGEST: Final = 1 << 19
_PEGGED_LONGEST: Final = 1 << 9
_GAP_LONGEST: Final = 1 << 8
_MEAN_BUSINESS: Final = 0.78
_KEPT_SLICES: Final = 48


@dataclass(frozen=True, slots=True)
class _Weighted:
    path: SeededPath
    weight: float
    reference: float


class Courses:
    """Makes the course of every market of one exchange; paths are shared between markets."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._whole = SeededPath("whole", seed, _WHOLE_SIGMA / _ROOT_DAY, _LONGEST)
        self._bases: dict[str, tuple[_Weighted, ...]] = {}
        self._slices: OrderedDict[tuple[int, int, int], PathSlice] = OrderedDict()

    def course(self, listed: ListedMarket) -> "Course":
        """Return the course of a market."""
        parts = list(self._base(listed.base))
        level = float(np.log(listed.base_price_krw))
        if listed.quote != "KRW":
            gap = SeededPath(listed.market, self._seed, _GAP_SIGMA / _ROOT_DAY, _GAP_LONGEST)
            parts += [
                _Weighted(part.path, -part.weight, part.reference)
                for part in self._base(listed.quote)
            ]
            parts.append(_Weighted(gap, 1.0, 0.0))
            level -= float(np.log(base_figures(listed.quote).price_krw))
        return Course(self, tuple(parts), level)

    def slice(self, path: SeededPath, first_minute: int, count: int) -> PathSlice:
        """Return a path's minutes, remembering short stretches that several markets ask for."""
        if count > 2 * BLOCK:
            return path.minutes(first_minute, count)
        key = (id(path), first_minute, count)
        found = self._slices.get(key)
        if found is None:
            found = path.minutes(first_minute, count)
            self._slices[key] = found
            if len(self._slices) > _KEPT_SLICES:
                self._slices.popitem(last=False)
        else:
            self._slices.move_to_end(key)
        return found

    def _base(self, base: str) -> tuple[_Weighted, ...]:
        found = self._bases.get(base)
        if found is None:
            found = self._bases[base] = tuple(self._made(base))
        return found

    def _made(self, base: str) -> list[_Weighted]:
        figures = base_figures(base)
        sigma = figures.day_sigma
        if figures.pegged:
            return [self._part(SeededPath(base, self._seed, sigma / _ROOT_DAY, _PEGGED_LONGEST), 1)]
        share = min(1.0, 0.75 * sigma / _WHOLE_SIGMA)
        own = (sigma**2 - (share * _WHOLE_SIGMA) ** 2) ** 0.5
        path = SeededPath(base, self._seed, own / _ROOT_DAY, _LONGEST)
        return [self._part(path, 1.0), self._part(self._whole, share)]

    def _part(self, path: SeededPath, weight: float) -> _Weighted:
        reference = path.minutes(recorded_minute(), 1).log_price[0]
        return _Weighted(path, weight, float(reference))


class Course:
    """The price course of one market."""

    def __init__(self, courses: Courses, parts: tuple[_Weighted, ...], level: float) -> None:
        self._courses = courses
        self._parts = parts
        self._level = level

    def drive(self, first_minute: int, count: int) -> MinuteDrive:
        """Return what drives the trading of `count` minutes."""
        log_price, pace = self._combined(first_minute, count)
        minute = np.arange(first_minute, first_minute + count, dtype=np.int64)
        business = daily_rhythm(minute) * np.sqrt(pace) * np.minimum(pace, 4.0) ** 0.3
        business /= _MEAN_BUSINESS
        return MinuteDrive(minute, log_price[:-1], log_price[1:], pace, business)

    def _combined(self, first_minute: int, count: int) -> tuple[Floats, Floats]:
        log_price = np.full(count + 1, self._level)
        pace = np.zeros(count)
        total = 0.0
        for part in self._parts:
            piece = self._courses.slice(part.path, first_minute, count)
            log_price += part.weight * (piece.log_price - part.reference)
            share = part.path.volatility * abs(part.weight)
            pace += share * piece.pace
            total += share
        pace /= total
        return log_price, pace
