"""Highest, lowest and oldest price of a moving stretch of time, for a whole run at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from upbit_auto_trading.domain.tick_columns import TickColumns

# Up to this many prints in the widest window they are compared one shift after the other.
_FEW: Final = 24


def window_column(ticks: TickColumns, length_ms: int, edge: str) -> NDArray[np.float64]:
    """Return per print the `high`, `low` or `first` price of [its time − length, its time].

    Only prints up to and including itself count, in the data's order.
    """
    if not len(ticks):
        return np.empty(0)
    if edge == "first":
        return ticks.price[_oldest(ticks, length_ms)]
    extreme = np.maximum if edge == "high" else np.minimum
    if len(ticks) <= _FEW or _fits(ticks.ms, length_ms):
        return _by_shifts(ticks, length_ms, extreme)
    return _by_doubling(ticks, length_ms, extreme)


def _oldest(ticks: TickColumns, length_ms: int) -> NDArray[np.intp]:
    return np.searchsorted(ticks.ms, ticks.ms - length_ms, side="left")


def _fits(ms: NDArray[np.int64], length_ms: int) -> bool:
    return bool(np.all(ms[_FEW:] - ms[:-_FEW] > length_ms))


def _by_shifts(ticks: TickColumns, length_ms: int, extreme: np.ufunc) -> NDArray[np.float64]:
    result = ticks.price.copy()
    for shift in range(1, len(ticks)):
        inside = ticks.ms[shift:] - ticks.ms[:-shift] <= length_ms
        if inside.all():
            extreme(result[shift:], ticks.price[:-shift], out=result[shift:])
        elif inside.any():
            extreme(result[shift:], ticks.price[:-shift], out=result[shift:], where=inside)
        else:
            break
    return result


def _by_doubling(ticks: TickColumns, length_ms: int, extreme: np.ufunc) -> NDArray[np.float64]:
    """Cover each window by two overlapping stretches of a power of two of prints."""
    places = np.arange(len(ticks))
    oldest = _oldest(ticks, length_ms)
    counts = places - oldest + 1
    levels = np.floor(np.log2(counts)).astype(np.int64)
    result = np.empty(len(ticks))
    stretch = ticks.price.copy()  # at a place: the extreme of the 2**level prints that end there
    for level in range(int(levels.max()) + 1):
        rows = np.flatnonzero(levels == level)
        reach = (1 << level) - 1
        result[rows] = extreme(stretch[rows], stretch[oldest[rows] + reach])
        longer = stretch.copy()
        step = 1 << level
        extreme(stretch[step:], stretch[:-step], out=longer[step:])
        stretch = longer
    return result
