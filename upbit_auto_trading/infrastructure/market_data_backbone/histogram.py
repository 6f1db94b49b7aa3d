"""Histograms with logarithmic buckets: constant size, percentiles to about 5 %. Sans-I/O."""

from collections.abc import Sequence
from math import exp2, log2
from typing import Final

import numpy as np

_PER_DOUBLING: Final = 8
_LOWEST: Final = 2.0**-10
_BUCKETS: Final = 32 * _PER_DOUBLING


class LogHistogram:
    """Counts values from 0.001 to four million (milliseconds, usually)."""

    __slots__ = ("count", "counts", "highest", "lowest", "total")

    def __init__(self) -> None:
        self.counts = [0] * _BUCKETS
        self.count = 0
        self.total = 0.0
        self.lowest = float("inf")
        self.highest = float("-inf")

    def add(self, value: float) -> None:
        """Count one value; what is below the lowest bucket counts in it."""
        index = int((log2(value) + 10) * _PER_DOUBLING) if value > _LOWEST else 0
        self.counts[index if index < _BUCKETS else _BUCKETS - 1] += 1
        self.count += 1
        self.total += value
        if value < self.lowest:  # noqa: PLR1730 - a call of min() costs more, and this is hot
            self.lowest = value
        if value > self.highest:  # noqa: PLR1730
            self.highest = value

    def add_all(self, values: Sequence[float]) -> None:
        """Count many values, at a fraction of what `add` costs for each."""
        if not values:
            return
        column = np.array(values)
        low = column <= _LOWEST
        column_of = np.where(low, 1.0, column)
        index = np.where(low, 0, (np.log2(column_of) + 10) * _PER_DOUBLING).astype(np.int64)
        counted = np.bincount(np.minimum(index, _BUCKETS - 1), minlength=_BUCKETS)
        self.counts = [had + int(more) for had, more in zip(self.counts, counted, strict=True)]
        self.count += len(column)
        self.total += float(column.sum())
        self.lowest = min(self.lowest, float(column.min()))
        self.highest = max(self.highest, float(column.max()))

    def percentile(self, share: float) -> float | None:
        """Return the value that `share` (0 to 1) of all values don't exceed; None when empty."""
        if not self.count:
            return None
        rank = share * self.count
        seen = 0
        for index, counted in enumerate(self.counts):
            seen += counted
            if seen >= rank and counted:
                middle = exp2((index + 0.5) / _PER_DOUBLING - 10)
                return min(max(middle, self.lowest), self.highest)
        return self.highest

    def buckets(self) -> dict[float, int]:
        """Return how many values fell into each bucket, by its middle; empty ones are left out."""
        return {
            exp2((index + 0.5) / _PER_DOUBLING - 10): counted
            for index, counted in enumerate(self.counts)
            if counted
        }

    def figures(self) -> dict[str, float | int | None]:
        """Return count, mean and percentiles as plain data."""
        return {
            "count": self.count,
            "mean": self.total / self.count if self.count else None,
            "p50": self.percentile(0.50),
            "p95": self.percentile(0.95),
            "p99": self.percentile(0.99),
            "max": self.highest if self.count else None,
        }
