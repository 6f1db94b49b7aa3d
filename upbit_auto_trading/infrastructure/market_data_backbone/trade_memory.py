"""Which trades came already, in little memory however many came. Sans-I/O."""

from array import array
from bisect import bisect_left
from typing import Final

import numpy as np

_BATCH: Final = 125
_BITS: Final = 0x7FFF_FFFF_FFFF_FFFF


class TradeMemory:
    """The ids of the newest trades in the order they came; at least `capacity` of them.

    The last few stand in a set, the others in sorted batches of eight bytes each, one of which
    replaces the oldest: a set of all would take six times as much, and a busy market would fill
    it for an hour.
    """

    __slots__ = ("_batches", "_count", "_first", "_fresh", "_greatest", "_last")

    def __init__(self, capacity: int) -> None:
        rows = -(-capacity // _BATCH)
        self._fresh: dict[int, None] = {}
        self._batches: list[array[int]] = []
        self._first = np.full(rows, _BITS, dtype=np.int64)
        self._last = np.full(rows, -1, dtype=np.int64)
        self._count = 0
        self._greatest = -1

    def add(self, number: int) -> bool:
        """Remember a trade's id; return whether it is new."""
        number &= _BITS
        fresh = self._fresh
        if number in fresh or (number <= self._greatest and self._is_settled(number)):
            return False
        fresh[number] = None
        if len(fresh) >= _BATCH:
            self._settle()
        return True

    @property
    def size_bytes(self) -> int:
        """What the ids take apart from the last few."""
        ids = sum(batch.itemsize * len(batch) for batch in self._batches)
        return ids + self._first.nbytes + self._last.nbytes

    def _is_settled(self, number: int) -> bool:
        """Ids rise nearly always, so that hardly more than one batch can hold it."""
        for place in np.flatnonzero((self._first <= number) & (number <= self._last)):
            batch = self._batches[place]
            if batch[bisect_left(batch, number)] == number:
                return True
        return False

    def _settle(self) -> None:
        place = self._count % len(self._first)
        batch = array("q", sorted(self._fresh))
        # A batch's memory is taken when it comes: most markets trade too seldom for all of it.
        self._batches[place : place + 1] = [batch]
        self._first[place], self._last[place] = batch[0], batch[-1]
        self._count += 1
        self._greatest = max(self._greatest, batch[-1])
        self._fresh.clear()
