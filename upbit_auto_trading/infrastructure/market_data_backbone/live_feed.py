"""The socket's side of the backbone: sends what is wanted, takes what arrives, repairs."""

import asyncio
import itertools
import uuid
from collections.abc import Callable, Iterable, Sequence

from upbit_auto_trading.domain.failure import MarketDataError, NotConnectedError
from upbit_auto_trading.domain.market import MarketInfo
from upbit_auto_trading.domain.market_value import MarketValue
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.subscription import (
    ConnectionState,
    StreamHealth,
    StreamState,
    SwapKind,
)
from upbit_auto_trading.infrastructure.market_data_backbone import backfill
from upbit_auto_trading.infrastructure.market_data_backbone import (
    subscription_performance_monitor as performance,
)
from upbit_auto_trading.infrastructure.market_data_backbone.frame_intake import FrameIntake
from upbit_auto_trading.infrastructure.market_data_backbone.gap_detector import GapDetector
from upbit_auto_trading.infrastructure.market_data_backbone.market_listing import MarketListing
from upbit_auto_trading.infrastructure.market_data_backbone.policy import Policy
from upbit_auto_trading.infrastructure.market_data_backbone.store import (
    Listener,
    LiveStore,
    LiveStream,
)
from upbit_auto_trading.infrastructure.market_data_backbone.subscription_manager import (
    SubscriptionManager,
)
from upbit_auto_trading.infrastructure.market_data_backbone.swap_tracker import Swap, SwapTracker
from upbit_auto_trading.infrastructure.upbit.decode import (
    Control,
    ServerError,
    ServerStatus,
)
from upbit_auto_trading.infrastructure.upbit.rest_client import USUAL, UpbitRestClient
from upbit_auto_trading.infrastructure.upbit.subscribe_message import (
    silence_text,
    subscription_text,
)
from upbit_auto_trading.infrastructure.upbit.websocket_client import (
    ConnectionChange,
    WebSocketClient,
)
from upbit_auto_trading.tasks import TaskOwner


class LiveFeed:
    """Holds the socket, the manager and the store together.

    Everything happens on the loop; the parts decide, this class carries their decisions out.
    """

    def __init__(
        self,
        ws_url: str,
        client: UpbitRestClient,
        listing: MarketListing,
        monitor: performance.SubscriptionPerformanceMonitor,
        policy: Policy,
    ) -> None:
        self.listing = listing
        self.monitor = monitor
        self.store = LiveStore()
        self.manager = SubscriptionManager(policy)
        self.swaps = SwapTracker(policy.timings.first_frame_timeout)
        self.gaps = GapDetector()
        self._policy = policy
        self.clock = policy.clock
        self._client = client
        self._tasks = TaskOwner("market-data")
        self._wake = asyncio.Event()
        self._connected = asyncio.Event()
        self._listed = asyncio.Event()
        self._epochs = itertools.count(1)
        self._repairs: set[Stream] = set()
        self._listeners: dict[Stream, list[Listener]] = {}
        self._lost_at: float | None = None
        self.intake = FrameIntake(
            self.store,
            monitor,
            policy.clock,
            on_first=self._first_frame,
            on_control=self._control,
            on_listener_error=self._listener_failed,
            on_defect=self._defect,
        )
        self.socket = WebSocketClient(
            ws_url,
            self.intake.take,
            self._changed,
            timings=policy.timings,
            clock=policy.clock,
            next_epoch=self._epochs.__next__,
            blocked_s=lambda: client.banned_for_s,
        )

    @property
    def usable(self) -> bool:
        """Whether the socket can carry data right now."""
        return self.socket.usable

    @property
    def connection_state(self) -> ConnectionState:
        """What the socket can do; never CONNECTED while it can't carry data."""
        state = self.socket.state
        if state is ConnectionState.CONNECTED and not self.socket.usable:
            return ConnectionState.RECONNECTING
        return state

    def start(self) -> None:
        """Connect and begin to work."""
        self.socket.start()
        self._tasks.start(self._keep_listing(), "listing")
        self._tasks.start(self._send_wanted(), "sender")
        self._tasks.start(self._watch(), "watch")

    async def close(self) -> None:
        """End everything. Harmless when repeated."""
        await self._tasks.close()
        await self.socket.close()

    # What callers hold

    def hold(self, holder: str, streams: frozenset[Stream], priority: int) -> None:
        """Make `streams` everything `holder` holds."""
        for stream in streams:
            if self.store.get(stream) is None:
                self._restore_listeners(self.store.open(stream))
        self.manager.hold(*streams, holder=holder, priority=priority, now=self._now())
        self._drop_unheld()
        self._wake.set()

    def release(self, holder: str) -> None:
        """Let go of what `holder` holds."""
        self.manager.release(holder, now=self._now())
        self._drop_unheld()
        self._wake.set()

    def listen(self, streams: Iterable[Stream], listener: Listener) -> None:
        """Tell `listener` every value of `streams`, beginning with those that flow already."""
        for stream in streams:
            self._listeners.setdefault(stream, []).append(listener)
            live = self.store.get(stream)
            if live is not None:
                self._restore_listeners(live)

    def unlisten(self, streams: Iterable[Stream], listener: Listener) -> None:
        """Tell `listener` nothing of `streams` any more."""
        for stream in streams:
            listeners = self._listeners.get(stream)
            if listeners is None or listener not in listeners:
                continue
            listeners.remove(listener)
            if not listeners:
                del self._listeners[stream]
            live = self.store.get(stream)
            if live is not None:
                self._restore_listeners(live)

    def flowing(self, streams: Iterable[Stream]) -> list[MarketValue]:
        """Return the newest values of those of `streams` that deliver at present."""
        values = []
        for stream in streams:
            live = self.store.get(stream)
            if live is not None and live.value is not None and self.manager.is_live(stream):
                values.append(live.value)
        return values

    def track(self, swap: Swap) -> None:
        """Follow a change of subscription until its added streams deliver."""
        swap.waiting = {s for s in swap.waiting if not (self.usable and self.manager.is_live(s))}
        if not self.usable and self.socket.connects:
            swap.kind = SwapKind.RECONNECT
        swap.is_counted = self.socket.connects > 0
        self.intake.awaited |= swap.waiting
        self.swaps.begin(swap)
        self._wake.set()

    def health(self, stream: Stream) -> StreamHealth:
        """Return state, age and completeness of a held stream.

        Raises:
            KeyError: nobody holds it.
        """
        if stream not in self.manager.held:
            raise KeyError(stream)
        live = self.store.open(stream)
        age = None if live.last_at is None else self._now() - live.last_at
        return StreamHealth(self.state_of(stream), age, live.complete)

    def state_of(self, stream: Stream) -> StreamState:
        """Return how far `stream` is."""
        if not self.usable:
            return StreamState.DOWN
        if self.manager.is_live(stream):
            return StreamState.LIVE
        return StreamState.SENT if self.manager.is_sent(stream) else StreamState.HELD

    def _restore_listeners(self, live: LiveStream) -> None:
        live.listeners = tuple(self._listeners.get(live.stream, ()))

    def _drop_unheld(self) -> None:
        for live in list(self.store):
            # What is still being sent stays: releasing and holding again costs nothing then.
            if live.stream not in self.manager.held and not self.manager.is_sent(live.stream):
                self.store.drop(live.stream)
                self.gaps.forget(live.stream)

    # What the socket does

    def _changed(self, change: ConnectionChange) -> None:
        now = change.at
        self.monitor.happened(
            self.clock.wall(),
            f"connection_{change.state.value}",
            epoch=change.epoch,
            cause=change.cause.value if change.cause else None,
            close_code=change.close_code,
        )
        if change.state is ConnectionState.CONNECTED:
            if change.epoch > 1:
                self.monitor.reconnects += 1
            self.intake.begin_epoch(change.epoch)
            self._connected.set()
            self._wake.set()
            return
        if self._connected.is_set():
            self._connected.clear()
            self._lost_at = now
            self.gaps.lost(live for live in self.store if self.manager.is_live(live.stream))
            self.manager.connection_lost()
            self.swaps.connection_lost()
            if change.cause is not None:
                self.monitor.degraded(f"connection_{change.cause.value}", 0.0)

    def _first_frame(self, live: LiveStream, now: float) -> None:
        if not self.manager.first_frame(live.stream):
            return
        self.swaps.first_frame(live.stream, now)
        if not live.complete:
            self._repair(live.stream)

    def _control(self, message: Control) -> None:
        if isinstance(message, ServerStatus):
            self.monitor.intake.statuses += 1
        elif isinstance(message, ServerError):
            self.monitor.intake.server_errors[message.name] += 1
            self.monitor.happened(self.clock.wall(), "server_error", name=message.name)

    def _listener_failed(self, error: Exception, listener: Callable[..., None]) -> None:
        asyncio.get_running_loop().call_exception_handler(
            {"message": f"listener {listener!r} failed", "exception": error}
        )

    def _defect(self, error: Exception) -> None:
        asyncio.get_running_loop().call_exception_handler(
            {"message": "a frame couldn't be taken in", "exception": error}
        )

    # Tasks

    async def _keep_listing(self) -> None:
        """Keep the list of markets fresh: it decides which codes may be sent."""
        timings = self._policy.timings
        while True:
            try:
                self.take_listing(await self._client.markets())
                delay = timings.market_list_ttl
            except MarketDataError:
                delay = (
                    timings.backoff_first if not self.listing.is_known else timings.ping_interval
                )
            self._listed.set()
            self._wake.set()
            await asyncio.sleep(delay)

    def take_listing(self, infos: Sequence[MarketInfo]) -> None:
        """Take a fresh list of markets; what Upbit doesn't list leaves every request."""
        self.listing.take(infos, self._now())
        held = self.manager.held
        unknown = self.listing.unknown({stream.market for stream in held})
        gone = {stream for stream in held if stream.market in unknown}
        back = self.manager.refused - gone
        if gone - self.manager.refused:
            self.monitor.happened(self.clock.wall(), "markets_refused", markets=sorted(unknown))
        self.manager.refuse(gone)
        self.manager.allow(back)

    async def _send_wanted(self) -> None:
        await self._listed.wait()
        while True:
            await self._connected.wait()
            self._wake.clear()
            now = self._now()
            due = self.manager.due_at(now)
            if due is None:
                await self._wake.wait()
                continue
            if due > now:
                await self._woken_or_after(due - now)
                continue
            await self._send(self.manager.wanted)

    async def _send(self, streams: frozenset[Stream]) -> None:
        request = self.manager.request_for(streams)
        ticket = uuid.uuid4().hex
        text = (
            subscription_text(streams, ticket, sorted(request.added))
            if streams
            else silence_text(ticket)
        )
        # Marked before the bytes go: the first frame may arrive while `send` still waits.
        now = self._now()
        self.manager.mark_sent(streams, now)
        self.swaps.sent(streams, request.kind, now)
        self.intake.awaited = {s for s in streams if not self.manager.is_live(s)}
        self._drop_unheld()
        try:
            await self.socket.send(text)
        except NotConnectedError:
            return  # the loss is told by the socket itself and everything is asked again

    async def _woken_or_after(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _watch(self) -> None:
        step = self._policy.timings.watch_interval
        while True:
            before = self._now()
            await asyncio.sleep(step)
            now = self._now()
            self.monitor.loop_lag.add(max(0.0, now - before - step) * 1000)
            self.monitor.sample(now)
            self.swaps.expire(now)
            self._ask_again(now)

    def _ask_again(self, now: float) -> None:
        """Repeat a request whose streams stay silent: once, then they are left to probing."""
        if self.usable and any(n == 0 for n in self.manager.silent(now).values()):
            self.manager.repeat()
            self._wake.set()

    def _repair(self, stream: Stream) -> None:
        if stream not in self._repairs:
            self._repairs.add(stream)
            self._tasks.start(self._fill_gap(stream), f"repair {stream}")

    async def _fill_gap(self, stream: Stream) -> None:
        try:
            while (gap := self.gaps.of(stream)) is not None and stream in self.manager.held:
                started = self._now()
                try:
                    count = await backfill.fill(gap, self._client, self.intake.deliver, USUAL)
                except MarketDataError as error:
                    self.monitor.happened(
                        self.clock.wall(), "backfill_failed", stream=str(stream), cause=error.cause
                    )
                    await asyncio.sleep(self._policy.timings.backoff_first)
                    continue
                self.gaps.closed(stream)
                live = self.store.get(stream)
                if live is not None:
                    live.complete = True
                self.monitor.happened(
                    self.clock.wall(),
                    "backfilled",
                    stream=str(stream),
                    values=count,
                    ms=(self._now() - started) * 1000,
                )
        finally:
            self._repairs.discard(stream)

    def _now(self) -> float:
        return self.clock.monotonic()
