"""Which trades came already, in little memory however many came. Sans-I/O."""

from typing import Final

import numpy as np

_BATCH: Final = 125
_BITS: Final = 0x7FFF_FFFF_FFFF_FFFF


class TradeMemory:
    """The ids of the newest trades in the order they came; at least `capacity` of them.

    The last few stand in a set, the others as sorted numbers of eight bytes: a set of all of
    them would take six times as much, and a busy market would fill it for an hour.
    """

    __slots__ = ("_capacity", "_count", "_fresh", "_greatest", "_is_unsorted", "_ring", "_sorted")

    def __init__(self, capacity: int) -> None:
        # Of whole batches, so that one batch replaces another.
        self._capacity = -(-capacity // _BATCH) * _BATCH
        self._fresh: dict[int, None] = {}
        self._ring = np.empty(0, dtype=np.int64)
        self._sorted = self._ring
        self._count = 0
        self._is_unsorted = False
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
        return self._ring.nbytes + self._sorted.nbytes

    def _is_settled(self, number: int) -> bool:
        if self._is_unsorted:
            self._sorted = np.sort(self._ring[: min(self._count, self._capacity)])
            self._is_unsorted = False
        place = int(np.searchsorted(self._sorted, number))
        return place < len(self._sorted) and int(self._sorted[place]) == number

    def _settle(self) -> None:
        """Sorting waits for a question: ids rise nearly always, so that there is hardly any."""
        if not len(self._ring):
            self._ring = np.empty(self._capacity, dtype=np.int64)
        place = self._count % self._capacity
        self._ring[place : place + _BATCH] = list(self._fresh)
        self._count += _BATCH
        self._greatest = max(self._greatest, *self._fresh)
        self._is_unsorted = True
        self._fresh.clear()
