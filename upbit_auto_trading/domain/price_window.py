"""Highest and lowest price over the last stretch of exchange time."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_NAN: Final = float("nan")


class PriceWindow:
    """Extremes and the oldest price of the prints in [now − length, now], both ends included.

    A queue per edge that is read keeps only what can still be that edge, so a print costs
    amortised O(1). Readers are asked for before the first print.
    """

    def __init__(self, length_ms: int) -> None:
        self.length_ms = length_ms
        self._highs: deque[tuple[int, float]] | None = None
        self._lows: deque[tuple[int, float]] | None = None
        self._all: deque[tuple[int, float]] | None = None

    def take(self, ms: int, price: float) -> None:
        """Move on to the print at `ms`, which is never older than the one before."""
        since, newest = ms - self.length_ms, (ms, price)
        highs, lows, every = self._highs, self._lows, self._all
        if highs is not None:
            while highs and highs[-1][1] <= price:
                highs.pop()
            highs.append(newest)
            while highs[0][0] < since:
                highs.popleft()
        if lows is not None:
            while lows and lows[-1][1] >= price:
                lows.pop()
            lows.append(newest)
            while lows[0][0] < since:
                lows.popleft()
        if every is not None:
            every.append(newest)
            while every[0][0] < since:
                every.popleft()

    def restart(self) -> None:
        """Forget every print: the next one is alone in the window."""
        for queue in (self._highs, self._lows, self._all):
            if queue is not None:
                queue.clear()

    def reader(self, edge: str) -> Callable[[], float]:
        """Return what reads the `high`, the `low` or the `first` price; NaN before a print."""
        name = {"high": "_highs", "low": "_lows", "first": "_all"}[edge]
        queue = getattr(self, name)
        if queue is None:
            queue = deque()
            setattr(self, name, queue)
        return lambda: queue[0][1] if queue else _NAN
