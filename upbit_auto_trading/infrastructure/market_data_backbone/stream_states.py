"""How far every held stream is, and what is held against it. Sans-I/O."""

from collections.abc import Callable
from typing import Final

from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.subscription import StreamHealth, StreamState
from upbit_auto_trading.infrastructure.clock import Clock
from upbit_auto_trading.infrastructure.market_data_backbone.quarantine import ChannelQuarantine
from upbit_auto_trading.infrastructure.market_data_backbone.store import LiveStore
from upbit_auto_trading.infrastructure.market_data_backbone.subscription_manager import (
    SubscriptionManager,
)
from upbit_auto_trading.infrastructure.upbit.timings import Timings

_FIRST_FRAMES: Final = 2.0
"""How many times as long as first frames usually take is waited for them."""


class StreamStates:
    """Sets of streams that can't be relied on, each for another reason.

    `stalled`: silent although there is something. `quiet`: silent, and rightly so. `mistimed`:
    its frames' times are impossible, so they are dropped. Channels in `quarantine` aren't
    subscribed to at all. `is_usable` asks the socket itself.
    """

    def __init__(
        self,
        store: LiveStore,
        manager: SubscriptionManager,
        quarantine: ChannelQuarantine,
        is_usable: Callable[[], bool],
        clock: Clock,
        timings: Timings,
    ) -> None:
        self.stalled: set[Stream] = set()
        self.quiet: set[Stream] = set()
        self.mistimed: set[Stream] = set()
        self._store = store
        self._manager = manager
        self._quarantine = quarantine
        self._is_usable = is_usable
        self._clock = clock
        self._waits_s = _FIRST_FRAMES * timings.first_frame_timeout
        self._silent_s = timings.stall_lowest

    def of(self, stream: Stream) -> StreamState:
        """Return how far `stream` is."""
        if not self._is_usable():
            return StreamState.DOWN
        if self.needs_rest(stream):
            return StreamState.STALLED
        if stream in self.quiet:
            return StreamState.QUIET
        if self._manager.is_live(stream):
            return StreamState.LIVE
        since = self._manager.waiting_since(stream)
        if since is None:
            return StreamState.HELD
        return StreamState.STALLED if self._is_overdue(stream, since) else StreamState.SENT

    def needs_rest(self, stream: Stream) -> bool:
        """Whether the socket can't be relied on for `stream` even while it works."""
        return (
            stream in self.stalled
            or stream in self.mistimed
            or stream.channel in self._quarantine.channels
            or stream in self._manager.isolated
        )

    def _is_overdue(self, stream: Stream, since: float) -> bool:
        """Whether a stream that delivered before has been asked for in vain for too long.

        What never delivered is waited for until REST was asked about it.
        """
        live, now = self._store.get(stream), self._clock.monotonic()
        last_at = None if live is None else live.last_at
        return (
            last_at is not None and now - since > self._waits_s and now - last_at > self._silent_s
        )

    def health(self, stream: Stream, now: float) -> StreamHealth:
        """Return state, age and completeness of a held stream.

        Raises:
            KeyError: nobody holds it.
        """
        if stream not in self._manager.held:
            raise KeyError(stream)
        live = self._store.open(stream)
        age = None if live.last_at is None else now - live.last_at
        return StreamHealth(self.of(stream), age, live.complete)

    def forget(self, stream: Stream) -> None:
        """Note that nobody holds `stream` any more."""
        for streams in (self.stalled, self.quiet, self.mistimed):
            streams.discard(stream)

    def connection_lost(self) -> None:
        """Judge by the new connection alone."""
        for streams in (self.stalled, self.quiet, self.mistimed):
            streams.clear()
