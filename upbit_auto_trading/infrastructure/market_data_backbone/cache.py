"""Answers kept for a while, and which level served. Sans-I/O.

Levels: the live store; answers at most `fresh_s` old, which spare a request; answers up to
`ttl_s` old, which stand in, marked, while nothing fresher can be had; and, only while a
subscription is changing, values up to `transition_s` old.
"""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T")


class Level(StrEnum):
    """What served an answer."""

    LIVE = "live"
    FRESH = "fresh"
    TRANSITION = "transition"
    STAND_IN = "stand_in"
    DISK = "disk"
    MISS = "miss"


@dataclass(slots=True)
class CacheCounters:
    """Answers by the level that served them."""

    by_level: dict[Level, int] = field(default_factory=lambda: dict.fromkeys(Level, 0))

    def count(self, level: Level) -> None:
        """Count one answer."""
        self.by_level[level] += 1


class AnswerCache(Generic[T]):
    """The newest answer per key, at most `capacity` keys and `ttl_s` old."""

    def __init__(self, ttl_s: float, capacity: int = 4096) -> None:
        self._ttl = ttl_s
        self._capacity = capacity
        self._kept: OrderedDict[Hashable, tuple[T, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def put(self, key: Hashable, value: T, at: float) -> None:
        """Keep `value`, had at `at` (monotonic seconds); the longest unused key gives way."""
        self._kept[key] = (value, at)
        self._kept.move_to_end(key)
        if len(self._kept) > self._capacity:
            self._kept.popitem(last=False)

    def get(self, key: Hashable, now: float) -> tuple[T, float] | None:
        """Return (value, age in seconds), or None where it is missing or too old."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        value, at = kept
        age = now - at
        if age > self._ttl:
            del self._kept[key]
            return None
        self._kept.move_to_end(key)
        return value, age
