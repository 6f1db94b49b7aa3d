"""Seeded log-price paths that are defined for every minute at once.

A path is a sum of lattices, one per power of two of minutes, each a linear interpolation of
bounded noise whose size grows with the square root of its spacing, so that it wanders like
a market on every scale from a minute to a year without being stepped through. Its volatility is
a slower lattice of the same kind: calm and wild stretches cluster, returns have fat tails.
The coarse lattices meet the fine ones every `BLOCK` minutes.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from upbit_auto_trading.domain.seeded_noise import stream_key, uniforms

BLOCK: Final = 64
"""Minutes between the points the coarse lattices are kept at."""

_BLOCK_LEVEL: Final = 6
_TOP_LEVEL: Final = 19
_WILD_LEVEL: Final = 10
_SQRT_TIME_LEVEL: Final = 13
_CALM_FROM, _CALM_TO = 6, 15
_CALM_STEP: Final = 0.24
_SPREAD: Final = 12.0**0.5
_MARGIN: Final = 1 << (_WILD_LEVEL - _BLOCK_LEVEL)
_DAY: Final = 1440


@dataclass(frozen=True, slots=True)
class PathSlice:
    """A path over minutes: `log_price` at every boundary (count + 1), `pace` in every minute.

    `pace` is the local volatility relative to the path's usual one, about 1.
    """

    log_price: NDArray[np.float64]
    pace: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CoarsePath:
    """A path at block boundaries, first to last inclusive."""

    first_block: int
    log_price: NDArray[np.float64]
    pace: NDArray[np.float64]


class SeededPath:
    """One path. `volatility` is the usual size of a minute's move, in log price.

    `longest_minutes` bounds the swings: a pegged price has no slow lattices.
    """

    def __init__(self, name: str, seed: int, volatility: float, longest_minutes: int) -> None:
        self.volatility = volatility
        self._price_key = stream_key("price", seed, name)
        self._pace_key = stream_key("pace", seed, name)
        top = min(_TOP_LEVEL, max(_BLOCK_LEVEL, longest_minutes.bit_length() - 1))
        self._top = top
        # A shift of whole blocks keeps the slow lattices of two paths from turning together.
        self._shift = (stream_key("shift", seed, name) >> 40) & 0xFFFF
        unit = volatility / 6.0**0.5 * _SPREAD
        self._sizes: list[float] = [unit * _size(level) for level in range(top + 1)]
        self._sizes[0] *= 2.0**0.25

    def minutes(self, first_minute: int, count: int) -> PathSlice:
        """Return the path over `count` minutes from the epoch minute `first_minute` on."""
        first = first_minute // BLOCK
        last = (first_minute + count - 1) // BLOCK + 1
        coarse = self.coarse(first, last)
        points, pace = self.refined(coarse, np.arange(last - first))
        skip = first_minute - first * BLOCK
        flat = np.append(points[:, :-1], points[-1, -1])
        return PathSlice(flat[skip : skip + count + 1], pace.ravel()[skip : skip + count])

    def coarse(self, first_block: int, last_block: int) -> CoarsePath:
        """Return the path at the boundaries of the blocks `first_block` … `last_block` - 1."""
        first, last = first_block + self._shift, last_block + self._shift
        pace = self._pace(first - _MARGIN, last + _MARGIN)
        values = np.zeros(0)
        low = 0
        for level in range(self._top, _BLOCK_LEVEL - 1, -1):
            shift = level - _BLOCK_LEVEL
            next_low, high = first >> shift, (last >> shift) + 1
            indexes = np.arange(next_low, high + 1, dtype=np.int64)
            noise = uniforms(self._price_key + level, indexes)
            noise -= 0.5
            noise *= self._sizes[level]
            if level <= _WILD_LEVEL:
                start = (next_low << shift) - (first - _MARGIN)
                noise *= pace[start :: 1 << shift][: len(indexes)]
            if values.size:
                skip = next_low - 2 * low
                noise += _doubled(values)[skip : skip + len(indexes)]
            values, low = noise, next_low
        size = last - first + 1
        return CoarsePath(first_block, values[:size], pace[_MARGIN : _MARGIN + size])

    def _pace(self, first: int, last: int) -> NDArray[np.float64]:
        values = np.zeros(0)
        low = 0
        for level in range(_CALM_TO, _CALM_FROM - 1, -1):
            shift = level - _BLOCK_LEVEL
            next_low, high = first >> shift, (last >> shift) + 1
            indexes = np.arange(next_low, high + 1, dtype=np.int64)
            noise = uniforms(self._pace_key + level, indexes)
            noise -= 0.5
            noise *= _CALM_STEP * _SPREAD
            if values.size:
                skip = next_low - 2 * low
                noise += _doubled(values)[skip : skip + len(indexes)]
            values, low = noise, next_low
        levels = _CALM_TO - _CALM_FROM + 1
        calm = values[: last - first + 1] - 0.66 * levels * _CALM_STEP**2
        np.exp(calm, out=calm)
        return calm

    def refined(
        self, coarse: CoarsePath, places: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the minutes of picked blocks, by their places in `coarse`, a row for each.

        Log prices at `BLOCK` + 1 boundaries, paces in `BLOCK` minutes.
        """
        blocks = len(places)
        number = places + (coarse.first_block + self._shift)
        steps = np.arange(BLOCK + 1) / BLOCK
        start, stop = coarse.pace[places, None], coarse.pace[places + 1, None]
        pace = start + (stop - start) * steps
        values = np.stack((coarse.log_price[places], coarse.log_price[places + 1]), axis=1)
        for level in range(_BLOCK_LEVEL - 1, -1, -1):
            parts = BLOCK >> level
            doubled = np.empty((blocks, parts + 1))
            doubled[:, ::2] = values
            doubled[:, 1::2] = (values[:, :-1] + values[:, 1:]) * 0.5
            indexes = number[:, None] * parts + np.arange(parts + 1, dtype=np.int64)
            noise = uniforms(self._price_key + level, indexes)
            noise -= 0.5
            noise *= self._sizes[level]
            noise *= pace[:, :: 1 << level]
            doubled += noise
            values = doubled
        return values, pace[:, :-1]

    def reach(self) -> float:
        """Return how far minutes of a block can be off the line between its ends, at pace 1."""
        return 0.5 * sum(self._sizes[:_BLOCK_LEVEL], 0.0)


def daily_rhythm(minute: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how busy each epoch minute's time of day is, about 1: a U over the UTC day."""
    place = np.abs((minute % _DAY) * (2.0 / _DAY) - 1.0)
    rhythm: NDArray[np.float64] = 0.66 + 1.05 * place * place
    return rhythm


def _size(level: int) -> float:
    if level <= _SQRT_TIME_LEVEL:
        return float(2.0 ** (level / 2))
    return float(2.0 ** (_SQRT_TIME_LEVEL / 2 + 0.35 * (level - _SQRT_TIME_LEVEL)))


def _doubled(values: NDArray[np.float64]) -> NDArray[np.float64]:
    full = np.empty(2 * len(values) - 1)
    full[::2] = values
    full[1::2] = (values[:-1] + values[1:]) * 0.5
    return full
