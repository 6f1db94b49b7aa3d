"""Which trades came already, in little memory however many came. Sans-I/O."""

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
        self._fresh: dict[int, None] = {}
        self._batches = np.empty((-(-capacity // _BATCH), 0), dtype=np.int64)
        self._first = self._last = np.empty(0, dtype=np.int64)
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
        return self._batches.nbytes + self._first.nbytes + self._last.nbytes

    def _is_settled(self, number: int) -> bool:
        """Ids rise nearly always, so that hardly more than one batch can hold it."""
        for place in np.flatnonzero((self._first <= number) & (number <= self._last)):
            batch = self._batches[place]
            if batch[np.searchsorted(batch, number)] == number:
                return True
        return False

    def _settle(self) -> None:
        if not self._count:
            rows = len(self._batches)
            self._batches = np.empty((rows, _BATCH), dtype=np.int64)
            self._first = np.full(rows, _BITS, dtype=np.int64)
            self._last = np.full(rows, -1, dtype=np.int64)
        place = self._count % len(self._batches)
        batch = sorted(self._fresh)
        self._batches[place] = batch
        self._first[place], self._last[place] = batch[0], batch[-1]
        self._count += 1
        self._greatest = max(self._greatest, batch[-1])
        self._fresh.clear()
