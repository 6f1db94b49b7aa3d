"""From the feed to the pixels: what the window took in, what it painted, and how long that took."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from upbit_auto_trading.application.metrics_history import bucket_of

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(slots=True)
class _Part:
    """A part's values on their way: taken and not given to its widget, given and not painted."""

    taken: int = 0
    taken_at: float = 0.0
    given: int = 0
    given_at: float = 0.0


class PaintMeter:
    """Counts values through a part of the window: taken in, given to its widget, painted.

    A value is painted with the first painting after its part's widget was given a state that
    includes it, even if a newer value of the same stream came before. Parts are named by what
    they show (`chart`, `orderbook`); only those in sight tell. `now` gives monotonic seconds.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._parts: dict[str, _Part] = {}
        self._delays: Counter[float] = Counter()
        self.taken: Counter[str] = Counter()
        self.painted: Counter[str] = Counter()
        self.conflated = 0
        """Values that were painted together with a newer one of the same part."""

    def take(self, part: str) -> None:
        """Note a value that `part` is to show."""
        known = self._part(part)
        self.taken[part] += 1
        if not known.taken:
            known.taken_at = self._now()
        known.taken += 1

    def give(self, part: str) -> None:
        """Note that the widget of `part` was given a state with everything taken so far."""
        known = self._part(part)
        if not known.taken:
            return
        if not known.given:
            known.given_at = known.taken_at
        known.given += known.taken
        known.taken = 0

    def paint(self, part: str) -> None:
        """Note that the widget of `part` painted the state it was given last."""
        known = self._part(part)
        if not known.given:
            return
        self._delays[bucket_of((self._now() - known.given_at) * 1000)] += 1
        self.painted[part] += known.given
        self.conflated += known.given - 1
        known.given = 0

    def pending(self, part: str) -> int:
        """How many values `part` has taken in and not painted yet."""
        known = self._part(part)
        return known.taken + known.given

    def take_delays(self) -> Counter[float]:
        """Return the delays (ms, in buckets) since the last call: oldest taken to painted."""
        delays, self._delays = self._delays, Counter()
        return delays

    def _part(self, name: str) -> _Part:
        return self._parts.setdefault(name, _Part())
