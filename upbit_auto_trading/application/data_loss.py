"""Since when, and until when, values of a market may be missing."""

from __future__ import annotations


class DataLoss:
    """Remembers the last moment that could be trusted. Times are exchange times in ms."""

    def __init__(self) -> None:
        self._trusted_ms: int | None = None
        self._back_ms: int | None = None

    def trusted(self, newest_ms: int) -> None:
        """Everything up to the newest value is there."""
        self._trusted_ms, self._back_ms = newest_ms, None

    def silent(self, now_ms: int) -> tuple[int, int] | None:
        """Nothing comes: return what may be missing until now, None if nothing ever came."""
        self._back_ms = None
        if self._trusted_ms is None:
            return None
        return self._trusted_ms, max(now_ms, self._trusted_ms)

    def returned(self, newest_ms: int) -> tuple[int, int] | None:
        """Values come again: return what may be missing until they did."""
        if self._trusted_ms is None:
            return None
        if self._back_ms is None:
            self._back_ms = max(newest_ms, self._trusted_ms)
        return self._trusted_ms, self._back_ms
