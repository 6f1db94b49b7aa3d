"""Highest, lowest and oldest price of a moving stretch of time, for a whole run at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from upbit_auto_trading.domain.tick_columns import TickColumns

# Up to this many prints in the widest window they are compared one shift after the other.
_FEW: Final = 24
# Prints worked on at a time, so that they stay in the processor's cache.
_BLOCK: Final = 1 << 15


def window_column(ticks: TickColumns, length_ms: int, edge: str) -> NDArray[np.float64]:
    """Return per print the `high`, `low` or `first` price of [its time − length, its time].

    Only prints up to and including itself count, in the data's order.
    """
    if not len(ticks):
        return np.empty(0)
    if edge == "first":
        return ticks.price[_oldest(ticks, length_ms)]
    extreme = np.maximum if edge == "high" else np.minimum
    if _holds_few(ticks.ms, length_ms):
        return _by_shifts(ticks, length_ms, extreme)
    return _by_doubling(ticks, length_ms, extreme)


def _holds_few(ms: NDArray[np.int64], length_ms: int) -> bool:
    """Whether no window holds more than `_FEW` prints beside the newest."""
    for start in range(0, len(ms) - _FEW, _BLOCK):
        newer = ms[start + _FEW : start + _FEW + _BLOCK]
        if np.any(newer - ms[start : start + len(newer)] <= length_ms):
            return False
    return True


def _oldest(ticks: TickColumns, length_ms: int) -> NDArray[np.intp]:
    return np.searchsorted(ticks.ms, ticks.ms - length_ms, side="left")


def _by_shifts(ticks: TickColumns, length_ms: int, extreme: np.ufunc) -> NDArray[np.float64]:
    ms, price = ticks.ms, ticks.price
    result = price.copy()
    for start in range(0, len(ticks), _BLOCK):
        end = min(start + _BLOCK, len(ticks))
        for shift in range(1, min(_FEW, end - 1) + 1):
            first = max(start, shift)
            inside = ms[first:end] - ms[first - shift : end - shift] <= length_ms
            block = result[first:end]
            if inside.all():
                extreme(block, price[first - shift : end - shift], out=block)
            elif inside.any():
                extreme(block, price[first - shift : end - shift], out=block, where=inside)
            else:
                break
    return result


def _by_doubling(ticks: TickColumns, length_ms: int, extreme: np.ufunc) -> NDArray[np.float64]:
    """Cover each window by two overlapping stretches of a power of two of prints."""
    oldest = _oldest(ticks, length_ms)
    counts = np.arange(1, len(ticks) + 1) - oldest
    levels = np.frexp(counts)[1] - 1
    result = np.empty(len(ticks))
    stretch = ticks.price.copy()  # at a place: the extreme of the 2**level prints that end there
    for level in range(int(levels.max()) + 1):
        step = 1 << level
        rows = np.flatnonzero(levels == level)
        result[rows] = extreme(stretch[rows], stretch[oldest[rows] + step - 1])
        longer = stretch.copy()
        extreme(stretch[step:], stretch[:-step], out=longer[step:])
        stretch = longer
    return result
