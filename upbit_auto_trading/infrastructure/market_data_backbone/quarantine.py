"""Channels whose frames can't be read any more: left out for a while, then tried again. Sans-I/O.

A change of Upbit's format hits every frame of a channel. Going on would lose each of them and
look for each over REST; so the channel leaves the subscription and REST carries it meanwhile.
"""

from collections import deque
from typing import Final

from upbit_auto_trading.infrastructure.upbit.timings import Timings

_FRAMES: Final = 5


class ChannelQuarantine:
    """Five unreadable frames of a channel within `quarantine_window` put it aside.

    It stays so for `quarantine_length`; each time that follows the one before within twice its
    length lasts twice as long, eight times at most.
    """

    _LONGEST: Final = 8

    def __init__(self, timings: Timings) -> None:
        self._window = timings.quarantine_window
        self._length = timings.quarantine_length
        self._seen: dict[str, deque[float]] = {}
        self._until: dict[str, float] = {}
        self._last: dict[str, tuple[float, float]] = {}
        self.channels: frozenset[str] = frozenset()
        self.counts: dict[str, int] = {}
        """How often each channel was put aside."""

    def unreadable(self, channel: str, now: float) -> bool:
        """Note an unreadable frame of `channel`; tell whether that puts it aside."""
        if channel in self.channels:
            return False
        seen = self._seen.setdefault(channel, deque(maxlen=_FRAMES))
        seen.append(now)
        if len(seen) < _FRAMES or now - seen[0] > self._window:
            return False
        seen.clear()
        ended, length = self._last.get(channel, (float("-inf"), self._length / 2))
        is_repeat = now - ended <= 2 * length
        length = min(2 * length, self._LONGEST * self._length) if is_repeat else self._length
        self._last[channel] = (now + length, length)
        self._until[channel] = now + length
        self.channels = frozenset(self._until)
        self.counts[channel] = self.counts.get(channel, 0) + 1
        return True

    def ended(self, now: float) -> frozenset[str]:
        """Let channels in again whose time is over, and return them."""
        over = frozenset(channel for channel, until in self._until.items() if until <= now)
        for channel in over:
            del self._until[channel]
        if over:
            self.channels = frozenset(self._until)
        return over
