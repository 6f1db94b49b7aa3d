"""One direction of a simulated network path: latency, jitter, bandwidth; order is preserved."""

import asyncio
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

# The event loop wakes on whole milliseconds, late by up to one. Taking what is due within half
# a millisecond makes the error symmetric, so that the mean delay is the one asked for.
SLACK_S = 0.0005

Item = TypeVar("Item")


@dataclass(slots=True)
class PathQuality:
    """Delay in seconds, random extra delay up to `jitter_s`, bytes per second (0: unlimited)."""

    latency_s: float = 0
    jitter_s: float = 0
    bytes_per_s: float = 0

    @property
    def is_perfect(self) -> bool:
        """Whether nothing is held back."""
        return not (self.latency_s or self.jitter_s or self.bytes_per_s)


class Link(Generic[Item]):
    """Hands every item pushed to `deliver`, in order, when the path has carried it."""

    def __init__(
        self, deliver: Callable[[Item], None], quality: PathQuality, rng: random.Random
    ) -> None:
        self._deliver = deliver
        self.quality = quality
        self._random = rng
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[tuple[float, Item, int]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._last_due = 0.0
        self._line_free_at = 0.0
        self.queued_bytes = 0
        self._empty = asyncio.Event()
        self._empty.set()

    async def emptied(self) -> None:
        """Wait until nothing is on the way."""
        await self._empty.wait()

    def push(self, item: Item, size: int) -> None:
        """Send `item`, which is `size` bytes long."""
        quality = self.quality
        if not self._waiting and quality.is_perfect:
            self._deliver(item)
            return
        now = self._loop.time()
        due = now + quality.latency_s
        if quality.jitter_s:
            due += self._random.random() * quality.jitter_s
        if quality.bytes_per_s:
            self._line_free_at = max(self._line_free_at, now) + size / quality.bytes_per_s
            due += self._line_free_at - now
        self._last_due = due = max(due, self._last_due)
        self._waiting.append((due, item, size))
        self.queued_bytes += size
        self._empty.clear()
        if self._timer is None:
            self._arm(due)

    def close(self) -> None:
        """Forget everything on the way. Harmless when repeated."""
        self._waiting.clear()
        self.queued_bytes = 0
        self._empty.set()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self, due: float) -> None:
        self._timer = self._loop.call_at(due - SLACK_S, self._run)

    def _run(self) -> None:
        self._timer = None
        horizon = self._loop.time() + SLACK_S
        while self._waiting and self._waiting[0][0] <= horizon:
            _, item, size = self._waiting.popleft()
            self.queued_bytes -= size
            self._deliver(item)
        if not self._waiting:
            self._empty.set()
        elif self._timer is None:
            self._arm(self._waiting[0][0])
