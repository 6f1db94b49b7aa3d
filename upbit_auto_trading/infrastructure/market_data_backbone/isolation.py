"""Streams that Upbit rejects: left out for a while, then tried again. Sans-I/O.

One rejected stream costs every other one of the same request its data, so it is left out. What
rejects it may be a passing error, so it isn't left out for good.
"""

from typing import Final

from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.infrastructure.upbit.timings import Timings


class StreamIsolation:
    """A rejected stream is left out for `quarantine_length`; rejected again, for twice as long.

    A try costs the connection if it fails, so the time grows to 32 times the first.
    """

    _LONGEST: Final = 32

    def __init__(self, timings: Timings) -> None:
        self._length = timings.quarantine_length
        self._until: dict[Stream, float] = {}
        self._last: dict[Stream, tuple[float, float]] = {}

    @property
    def streams(self) -> frozenset[Stream]:
        """What is left out."""
        return frozenset(self._until)

    def begin(self, streams: frozenset[Stream], now: float) -> None:
        """Leave out `streams`; those rejected soon after their last time for longer."""
        for stream in streams:
            ended, length = self._last.get(stream, (float("-inf"), self._length))
            is_repeat = now - ended <= 2 * length
            length = min(2 * length, self._LONGEST * self._length) if is_repeat else self._length
            self._last[stream] = (now + length, length)
            self._until[stream] = now + length

    def ended(self, now: float) -> frozenset[Stream]:
        """Let streams in again whose time is over, and return them."""
        over = frozenset(stream for stream, until in self._until.items() if until <= now)
        for stream in over:
            del self._until[stream]
        for stream in [s for s, (until, length) in self._last.items() if now - until > 2 * length]:
            del self._last[stream]
        return over
