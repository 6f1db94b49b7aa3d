"""Sends what is wanted as soon as connection and budget allow, and isolates what is refused."""

import asyncio
import uuid
from collections.abc import Callable
from typing import Final

from upbit_auto_trading.domain.failure import NotConnectedError
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.subscription import SwapKind
from upbit_auto_trading.infrastructure.clock import Clock
from upbit_auto_trading.infrastructure.market_data_backbone import (
    subscription_performance_monitor as performance,
)
from upbit_auto_trading.infrastructure.market_data_backbone.socket_pair import SocketPair
from upbit_auto_trading.infrastructure.market_data_backbone.subscription_manager import (
    SubscriptionManager,
)
from upbit_auto_trading.infrastructure.market_data_backbone.swap_tracker import SwapTracker
from upbit_auto_trading.infrastructure.upbit.subscribe_message import (
    silence_text,
    subscription_text,
)
from upbit_auto_trading.tasks import TaskOwner

_REFUSALS: Final = frozenset({"WRONG_FORMAT", "NO_TYPE", "NO_CODES", "INVALID_PARAM"})


class RequestSender:
    """One task that sends the manager's set whenever it differs from what was sent.

    `on_sent(streams)` is called before the bytes go: the first frame may arrive while the
    socket still writes.
    """

    def __init__(
        self,
        manager: SubscriptionManager,
        swaps: SwapTracker,
        sockets: SocketPair,
        monitor: performance.SubscriptionPerformanceMonitor,
        clock: Clock,
        on_sent: Callable[[frozenset[Stream]], None],
    ) -> None:
        self.last_kind = SwapKind.FULL
        self._manager = manager
        self._swaps = swaps
        self._sockets = sockets
        self._monitor = monitor
        self._clock = clock
        self._on_sent = on_sent
        self._tasks = TaskOwner("subscription-sender")
        self._wake = asyncio.Event()
        self._connected = asyncio.Event()
        self._last_added: frozenset[Stream] = frozenset()
        self._suspects: frozenset[Stream] = frozenset()

    def start(self, ready: asyncio.Event) -> None:
        """Begin to send once `ready` is set."""
        self._tasks.start(self._send_wanted(ready), "sender")

    async def close(self) -> None:
        """Send nothing any more. Harmless when repeated."""
        await self._tasks.close()

    def wake(self) -> None:
        """Look again: something wanted may have changed."""
        self._wake.set()

    @property
    def is_connected(self) -> bool:
        """Whether the last told change was a connection."""
        return self._connected.is_set()

    def connected(self) -> None:
        """Note a connection that knows nothing yet."""
        self._connected.set()
        self._wake.set()

    def disconnected(self) -> None:
        """Note that there is nothing to send over."""
        self._connected.clear()

    def refused(self, name: str) -> frozenset[Stream]:
        """Return what to isolate after Upbit refused with error `name`, for the others' data.

        Upbit closes after a refusal, and everything is asked again; after a second one it is
        what was new in the refused request. What has delivered since isn't refused.
        """
        if name not in _REFUSALS:
            return frozenset()
        wanted = self._manager.wanted
        suspects = self._suspects & wanted
        suspects = frozenset(s for s in suspects if not self._manager.is_live(s))
        if suspects and suspects != wanted:
            self._suspects = frozenset()
            return suspects
        self._suspects = self._last_added
        return frozenset()

    def tries(self, streams: frozenset[Stream]) -> None:
        """Note that isolated `streams` go into the next request: one refusal is enough then."""
        self._suspects |= streams

    async def _send_wanted(self, ready: asyncio.Event) -> None:
        await ready.wait()
        while True:
            await self._connected.wait()
            self._wake.clear()
            now = self._clock.monotonic()
            due = self._manager.due_at(now)
            if due is None:
                await self._wake.wait()
            elif due > now:
                await self._woken_or_after(due - now)
            else:
                await self._send(self._manager.wanted)

    async def _send(self, streams: frozenset[Stream]) -> None:
        request = self._manager.request_for(streams)
        ticket = uuid.uuid4().hex
        text = (
            subscription_text(streams, ticket, self._manager.most_urgent(request.added))
            if streams
            else silence_text(ticket)
        )
        now = self._clock.monotonic()
        if request.added != streams:
            self._last_added = request.added
        self.last_kind = request.kind
        self._manager.mark_sent(streams, now)
        self._swaps.sent(streams, request.kind, now)
        self._on_sent(streams)
        try:
            await self._sockets.active.send(text)
        except NotConnectedError:
            return  # the loss is told by the socket itself and everything is asked again

    async def _woken_or_after(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return
