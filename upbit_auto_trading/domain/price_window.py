"""Highest and lowest price over the last stretch of exchange time."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class PriceWindow:
    """Extremes and the oldest price of the prints in [now − length, now], both ends included.

    Three queues keep only what can still be an extreme, so a print costs amortised O(1).
    """

    def __init__(self, length_ms: int) -> None:
        self.length_ms = length_ms
        self._highs: deque[tuple[int, float]] = deque()
        self._lows: deque[tuple[int, float]] = deque()
        self._all: deque[tuple[int, float]] = deque()

    def take(self, ms: int, price: float) -> None:
        """Move on to the print at `ms`, which is never older than the one before."""
        since = ms - self.length_ms
        for queue in (self._highs, self._lows, self._all):
            while queue and queue[0][0] < since:
                queue.popleft()
        while self._highs and self._highs[-1][1] <= price:
            self._highs.pop()
        while self._lows and self._lows[-1][1] >= price:
            self._lows.pop()
        self._highs.append((ms, price))
        self._lows.append((ms, price))
        self._all.append((ms, price))

    def restart(self) -> None:
        """Forget every print: the next one is alone in the window."""
        self._highs.clear()
        self._lows.clear()
        self._all.clear()

    def reader(self, edge: str) -> Callable[[], float]:
        """Return what reads the `high`, the `low` or the `first` price; NaN before a print."""
        queue = {"high": self._highs, "low": self._lows, "first": self._all}[edge]
        return lambda: queue[0][1] if queue else float("nan")
