"""How long frames took from the socket to the end of their judgement."""

from __future__ import annotations

from math import ceil
from typing import Any, Final

_KEPT: Final = 100_000


class Latency:
    """The newest 100,000 durations; percentiles are of those, the count and maximum of all."""

    def __init__(self) -> None:
        self.count = 0
        self.longest_s = 0.0
        self._kept: list[float] = []

    def add(self, seconds: float) -> None:
        """Take in one duration."""
        if len(self._kept) < _KEPT:
            self._kept.append(seconds)
        else:
            self._kept[self.count % _KEPT] = seconds
        self.count += 1
        self.longest_s = max(self.longest_s, seconds)

    def data(self) -> dict[str, Any]:
        """Return the figures in ms, None where nothing was measured."""
        ordered = sorted(self._kept)
        figures: dict[str, Any] = {"count": self.count}
        for name, share in (("p50", 0.5), ("p99", 0.99), ("p999", 0.999)):
            place = ceil(share * len(ordered)) - 1
            figures[name] = round(ordered[place] * 1000, 3) if ordered else None
        figures["max"] = round(self.longest_s * 1000, 3) if self.count else None
        return figures
