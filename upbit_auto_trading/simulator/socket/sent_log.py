"""What the exchange really sent: one record per frame, in a bounded ring.

A checker compares it with what a client took in, to prove frames lost, doubled or reordered.
Records are made after every fault was applied, at the moment the frame goes to the socket.
"""

import json
import struct
from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple, TextIO

_ROW: Final = struct.Struct("<qqqII")
"""A record in the ring: its key as a number, time, sequence, connection, place of its names."""

_LONGEST_NUMBER: Final = 18
_SPELLED: Final = -1
Names = tuple[str, str, str]


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
    """Keeps the newest `capacity` records; spills all of them to `spill` when given.

    The ring has its full size from the start, and type, code and delivery are kept once: what the
    log takes doesn't depend on how much was sent.
    """

    def __init__(self, capacity: int = 200_000, spill: TextIO | None = None) -> None:
        self._capacity = capacity
        self._ring = bytearray(b"\0") * (capacity * _ROW.size)
        self._names: dict[Names, int] = {}
        self._named: list[Names] = []
        self._spelled: dict[int, str] = {}
        self._spill = spill
        self._count = 0

    @property
    def count(self) -> int:
        """Number of records ever made; the newest record's serial number."""
        return self._count

    @property
    def oldest(self) -> int:
        """Serial number of the oldest record still held, or 0 when there is none."""
        return max(self._count - self._capacity, 0) + 1 if self._count else 0

    def add(
        self, connection: int, sequence: int, what: tuple[str, str, str, str], time_ms: int
    ) -> None:
        """Record a frame; `what` is (type, code, key, delivery)."""
        type_, code, key, delivery = what
        place = self._count % self._capacity
        self._count += 1
        names = (type_, code, delivery)
        name = self._names.get(names)
        if name is None:
            name = self._names[names] = len(self._named)
            self._named.append(names)
        number = _number(key)
        if number == _SPELLED:
            self._spelled[place] = key
        elif self._spelled:
            self._spelled.pop(place, None)
        _ROW.pack_into(self._ring, place * _ROW.size, number, time_ms, sequence, connection, name)
        if self._spill is not None:
            record = self._record(self._count)
            self._spill.write(json.dumps(record._asdict(), separators=(",", ":")) + "\n")

    def since(
        self, serial: int = 0, connection: int | None = None, limit: int = 10_000
    ) -> Iterator[SentRecord]:
        """Yield up to `limit` records after `serial`, oldest first, of one connection or all."""
        records = map(self._record, range(max(serial + 1, self.oldest), self._count + 1))
        chosen = (
            record for record in records if connection is None or record.connection == connection
        )
        return islice(chosen, limit)

    def close(self) -> None:
        """Flush and close the spill file. Harmless when repeated."""
        if self._spill is not None:
            self._spill.close()
            self._spill = None

    def _record(self, serial: int) -> SentRecord:
        place = (serial - 1) % self._capacity
        row = _ROW.unpack_from(self._ring, place * _ROW.size)
        number, time_ms, sequence, connection, name = row
        type_, code, delivery = self._named[name]
        key = self._spelled[place] if number == _SPELLED else str(number)
        return SentRecord(serial, connection, sequence, type_, code, key, delivery, time_ms)


def _number(key: str) -> int:
    """Return the number a key spells the way numbers are spelled, or `_SPELLED`."""
    if key.isdecimal() and len(key) <= _LONGEST_NUMBER and key.isascii():
        return int(key) if key[0] != "0" or key == "0" else _SPELLED
    return _SPELLED
