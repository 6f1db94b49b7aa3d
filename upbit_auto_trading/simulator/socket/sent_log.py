"""What the exchange really sent: one record per frame, in a bounded ring.

A checker compares it with what a client took in, to prove frames lost, doubled or reordered.
Records are made after every fault was applied, at the moment the frame goes to the socket.
"""

import json
from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple, TextIO


class SentRecord(NamedTuple):
    """One frame to one connection.

    `sequence` counts the connection's frames from 1. `key` tells frames of a stream apart: a
    trade's sequential id, the start of a candle, the timestamp of a ticker or book. `time_ms` is
    the exchange's wall clock; `delivery` the frame's stream type (empty for answers).
    """

    serial: int
    connection: int
    sequence: int
    type: str
    code: str
    key: str
    delivery: str
    time_ms: int


class SentLog:
    """Keeps the newest `capacity` records; spills all of them to `spill` when given."""

    def __init__(self, capacity: int = 200_000, spill: TextIO | None = None) -> None:
        self._records: deque[SentRecord] = deque(maxlen=capacity)
        self._spill = spill
        self._count = 0

    @property
    def count(self) -> int:
        """Number of records ever made; the newest record's serial number."""
        return self._count

    @property
    def oldest(self) -> int:
        """Serial number of the oldest record still held, or 0 when there is none."""
        return self._records[0].serial if self._records else 0

    def add(
        self, connection: int, sequence: int, what: tuple[str, str, str, str], time_ms: int
    ) -> None:
        """Record a frame; `what` is (type, code, key, delivery)."""
        self._count += 1
        record = SentRecord(self._count, connection, sequence, *what, time_ms)
        self._records.append(record)
        if self._spill is not None:
            self._spill.write(json.dumps(record._asdict(), separators=(",", ":")) + "\n")

    def since(
        self, serial: int = 0, connection: int | None = None, limit: int = 10_000
    ) -> Iterator[SentRecord]:
        """Yield up to `limit` records after `serial`, oldest first, of one connection or all."""
        skip = max(serial - self.oldest + 1, 0) if self._records else 0
        chosen = (
            record
            for record in islice(self._records, skip, None)
            if connection is None or record.connection == connection
        )
        return islice(chosen, limit)

    def close(self) -> None:
        """Flush and close the spill file. Harmless when repeated."""
        if self._spill is not None:
            self._spill.close()
            self._spill = None
