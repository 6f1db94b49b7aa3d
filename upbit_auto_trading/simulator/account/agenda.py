"""What the exchange has put off to a later time."""

import heapq
from collections.abc import Callable, Iterator


class Agenda:
    """Actions by the time they are due; those of the same time in the order they were added.

    `on_added` is called whenever something was put off.
    """

    def __init__(self) -> None:
        self._rows: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0
        self.on_added: Callable[[], None] | None = None

    def add(self, due_ms: int, action: Callable[[], None]) -> None:
        """Put `action` off to `due_ms`."""
        self._count += 1
        heapq.heappush(self._rows, (due_ms, self._count, action))
        if self.on_added is not None:
            self.on_added()

    def due(self, now_ms: int) -> Iterator[tuple[int, Callable[[], None]]]:
        """Yield what is due by `now_ms` with its time, also what is added meanwhile."""
        while self._rows and self._rows[0][0] <= now_ms:
            due_ms, _, action = heapq.heappop(self._rows)
            yield due_ms, action

    def next_ms(self) -> int | None:
        """Return when the next action is due, None without any."""
        return self._rows[0][0] if self._rows else None
