"""Wilder's moving average over a whole series, exact to the bit and fast on long ones.

The average forgets: two runs that started from different values come so close that rounding makes
them equal, after some dozens of periods. So a long series is cut into blocks that all run at once,
each warmed up on what lies before it. A block whose start isn't, bit for bit, where the block
before it ended is run again one value after the other, until it meets what was computed. What
comes out is the plain loop's result, always.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BLOCKS: Final = 512
_WARM_UP_PERIODS: Final = 64
# Below this many values for each one of a block's warm-up, blocks don't pay.
_WORTH_IT: Final = 64


def wilder_average(values: NDArray[np.float64], period: int) -> NDArray[np.float64]:
    """Return the averages from the first full period on.

    The first is the plain mean of `period` values, added from left to right; each next one is
    `((period - 1) * previous + newest) / period`. The series must have a full period.
    """
    # The built-in `sum` isn't used: from Python 3.12 on it rounds differently.
    first = 0.0
    for value in values[:period].tolist():
        first += value
    first /= float(period)
    rest = values[period:]
    if len(rest) < _WORTH_IT * _WARM_UP_PERIODS * period:
        return _plain(rest.tolist(), first, period)
    return _in_blocks(rest, first, period)


def _plain(rest: list[float], first: float, period: int) -> NDArray[np.float64]:
    kept, whole = float(period - 1), float(period)
    averages = accumulate(
        rest, lambda average, newest: (kept * average + newest) / whole, initial=first
    )
    return np.fromiter(averages, dtype=np.float64, count=len(rest) + 1)


def _in_blocks(rest: NDArray[np.float64], first: float, period: int) -> NDArray[np.float64]:
    kept, whole = float(period - 1), float(period)
    warm_up = _WARM_UP_PERIODS * period
    length = -(-len(rest) // _BLOCKS)
    padded = np.zeros(warm_up + _BLOCKS * length)
    padded[warm_up : warm_up + len(rest)] = rest
    # Row by row what each block takes next: `warm_up` values from before it, then its own.
    rows = np.lib.stride_tricks.sliding_window_view(padded, warm_up + length)[::length].T
    rows = np.ascontiguousarray(rows)
    state = np.zeros(_BLOCKS)
    for row in rows[:warm_up]:
        np.multiply(state, kept, out=state)
        np.add(state, row, out=state)
        np.divide(state, whole, out=state)
    state[0] = first
    started = state.copy()
    table = np.empty((length, _BLOCKS))
    for row, result in zip(rows[warm_up:], table, strict=True):
        np.multiply(state, kept, out=state)
        np.add(state, row, out=state)
        np.divide(state, whole, out=result)
        state[:] = result
    averages = np.empty(len(rest) + 1)
    averages[0] = first
    averages[1:] = table.T.reshape(-1)[: len(rest)]
    _mend(averages, rest, started, length, period)
    return averages


def _mend(
    averages: NDArray[np.float64],
    rest: NDArray[np.float64],
    started: NDArray[np.float64],
    length: int,
    period: int,
) -> None:
    """Run blocks again that began elsewhere than the one before ended, in their order."""
    kept, whole = float(period - 1), float(period)
    for block in range(1, len(started)):
        begin = block * length
        if begin >= len(rest) or started[block] == averages[begin]:
            continue
        average = float(averages[begin])
        for place, newest in enumerate(rest[begin : begin + length].tolist(), begin + 1):
            average = (kept * average + newest) / whole
            if averages[place] == average:
                break
            averages[place] = average
