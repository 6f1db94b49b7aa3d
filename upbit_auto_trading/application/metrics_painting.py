"""From the feed to the pixels: what the window took in, what it painted, and how long that took."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from upbit_auto_trading.application.metrics_history import bucket_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class PaintMeter:
    """Told of every value a widget is to show, and of every painting of that widget.

    A value counts as painted with the first painting after it: its widget then shows a state
    that includes it, even if a newer value of the same stream came before that painting. What
    no painting followed is pending. Parts are named by what they show (`chart`, `trades`, …).
    `now` gives monotonic seconds.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._pending: Counter[str] = Counter()
        self._since: dict[str, float] = {}
        self._delays: Counter[float] = Counter()
        self.taken: Counter[str] = Counter()
        self.painted: Counter[str] = Counter()
        self.conflated = 0

    def take(self, part: str, count: int = 1) -> None:
        """Note `count` values that `part` is to show."""
        self.taken[part] += count
        if not self._pending[part]:
            self._since[part] = self._now()
        self._pending[part] += count

    def paint(self, part: str) -> None:
        """Note that `part` was painted with everything it had taken."""
        pending = self._pending[part]
        if not pending:
            return
        self._delays[bucket_of((self._now() - self._since[part]) * 1000)] += 1
        self._pending[part] = 0
        self.painted[part] += pending
        self.conflated += pending - 1

    def drop(self, parts: Iterable[str]) -> None:
        """Forget what is pending where a part is hidden: nobody waits for it to be painted."""
        for part in parts:
            self.taken[part] -= self._pending[part]
            self._pending[part] = 0

    def pending(self, part: str) -> int:
        """How many values `part` has taken and not painted yet."""
        return self._pending[part]

    def take_delays(self) -> Counter[float]:
        """Return the delays (ms, in buckets) since the last call: oldest unpainted to painted."""
        delays, self._delays = self._delays, Counter()
        return delays
