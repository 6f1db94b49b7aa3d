"""Seeded log-price paths that are defined for every minute at once.

A path is a sum of lattices, one per power of two of minutes, each a linear interpolation of
bounded noise whose size grows with the square root of its spacing, so that it wanders like
a market on every scale from a minute to a year without being stepped through. Its volatility is
a slower lattice of the same kind: calm and wild stretches cluster, returns have fat tails.
The coarse lattices meet the fine ones every `BLOCK` minutes.
"""

from dataclasses import dataclass
from itertools import accumulate
from typing import Final

import numpy as np
from numpy.typing import NDArray

from upbit_auto_trading.domain.seeded_noise import keys_from, stream_key, uniforms

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
_STEPS: Final = np.arange(BLOCK + 1) / BLOCK
_FINE: Final = tuple(BLOCK >> level for level in range(_BLOCK_LEVEL - 1, -1, -1))
"""In how many parts each of the fine lattices divides a block."""
_FINE_PARTS: Final = np.repeat(_FINE, np.array(_FINE) + 1)
_FINE_POINTS: Final = np.concatenate([np.arange(parts + 1) for parts in _FINE])
_FINE_STEPS: Final = _FINE_POINTS * (BLOCK // _FINE_PARTS)
"""Of every point of the fine lattices of a block: the parts, its number, its minute."""


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


@dataclass(frozen=True, slots=True)
class _Lattices:
    """Lattices of a spacing of blocks or more, the widest first."""

    levels: tuple[int, ...]
    shifts: tuple[int, ...]
    keys: NDArray[np.uint64]
    sizes: NDArray[np.float64]


def _lattices(key: int, levels: range, sizes: list[float]) -> _Lattices:
    return _Lattices(
        tuple(levels),
        tuple(level - _BLOCK_LEVEL for level in levels),
        keys_from(key, np.array(levels)),
        np.array(sizes),
    )


class SeededPath:
    """One path. `volatility` is the usual size of a minute's move, in log price.

    `longest_minutes` bounds the swings: a pegged price has no slow lattices.
    """

    def __init__(self, name: str, seed: int, volatility: float, longest_minutes: int) -> None:
        self.volatility = volatility
        price_key = stream_key("price", seed, name)
        top = min(_TOP_LEVEL, max(_BLOCK_LEVEL, longest_minutes.bit_length() - 1))
        # A shift of whole blocks keeps the slow lattices of two paths from turning together.
        self._shift = (stream_key("shift", seed, name) >> 40) & 0xFFFF
        unit = volatility / 6.0**0.5 * _SPREAD
        self._sizes: list[float] = [unit * _size(level) for level in range(top + 1)]
        self._sizes[0] *= 2.0**0.25
        slow = range(top, _BLOCK_LEVEL - 1, -1)
        self._slow = _lattices(price_key, slow, [self._sizes[level] for level in slow])
        calm = range(_CALM_TO, _CALM_FROM - 1, -1)
        pace_key = stream_key("pace", seed, name)
        self._calm = _lattices(pace_key, calm, [_CALM_STEP * _SPREAD] * len(calm))
        fine = _BLOCK_LEVEL - 1 - np.repeat(np.arange(_BLOCK_LEVEL), np.array(_FINE) + 1)
        self._fine_keys = keys_from(price_key, fine)
        self._fine_sizes = np.array(self._sizes)[fine]

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
        calm = self._lattice(self._calm, first - _MARGIN, last + _MARGIN, None)
        pace = calm - 0.66 * len(self._calm.levels) * _CALM_STEP**2
        np.exp(pace, out=pace)
        values = self._lattice(self._slow, first, last, pace)
        return CoarsePath(first_block, values, pace[_MARGIN : _MARGIN + last - first + 1])

    @staticmethod
    def _lattice(
        lattices: "_Lattices", first: int, last: int, pace: NDArray[np.float64] | None
    ) -> NDArray[np.float64]:
        """Return the sum of lattices at block boundaries; `pace` begins `_MARGIN` before them.

        The noise of all levels is made at once: what a short stretch costs is how often numpy is
        called.
        """
        lows = [first >> shift for shift in lattices.shifts]
        sizes = [
            (last >> shift) - low + 2 for shift, low in zip(lattices.shifts, lows, strict=True)
        ]
        ends = list(accumulate(sizes))
        offsets = np.array(lows, dtype=np.int64) - np.array([0, *ends[:-1]], dtype=np.int64)
        indexes = np.arange(ends[-1], dtype=np.int64) + np.repeat(offsets, sizes)
        every = uniforms(np.repeat(lattices.keys, sizes), indexes)
        every -= 0.5
        every *= np.repeat(lattices.sizes, sizes)
        values, before = every[:0], 0
        for level, low, size, end in zip(lattices.levels, lows, sizes, ends, strict=True):
            noise = every[end - size : end]
            if pace is not None and level <= _WILD_LEVEL:
                shift = level - _BLOCK_LEVEL
                start = (low << shift) - (first - _MARGIN)
                noise *= pace[start :: 1 << shift][:size]
            if values.size:
                skip = low - 2 * before
                noise += _doubled(values)[skip : skip + size]
            values, before = noise, low
        return values[: last - first + 1]

    def refined(
        self, coarse: CoarsePath, places: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the minutes of picked blocks, by their places in `coarse`, a row for each.

        Log prices at `BLOCK` + 1 boundaries, paces in `BLOCK` minutes.
        """
        number = places + (coarse.first_block + self._shift)
        start, stop = coarse.pace[places, None], coarse.pace[places + 1, None]
        pace = start + (stop - start) * _STEPS
        values = np.stack((coarse.log_price[places], coarse.log_price[places + 1]), axis=1)
        every = uniforms(self._fine_keys, number[:, None] * _FINE_PARTS + _FINE_POINTS)
        every -= 0.5
        every *= self._fine_sizes
        every *= pace[:, _FINE_STEPS]
        end = 0
        for parts in _FINE:
            noise = every[:, end : end + parts + 1]
            end += parts + 1
            noise[:, ::2] += values
            noise[:, 1::2] += (values[:, :-1] + values[:, 1:]) * 0.5
            values = noise
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
