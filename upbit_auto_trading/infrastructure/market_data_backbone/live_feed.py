"""The socket's side of the backbone: sends what is wanted, takes what arrives, stays truthful."""

import asyncio
from collections.abc import Callable, Iterable

from upbit_auto_trading.domain.failure import (
    MarketDataError,
    UnknownLevelError,
    UnknownMarketError,
)
from upbit_auto_trading.domain.market_value import MarketValue
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.subscription import ConnectionState, StreamHealth, SwapKind
from upbit_auto_trading.infrastructure.market_data_backbone import feed_log
from upbit_auto_trading.infrastructure.market_data_backbone import (
    subscription_performance_monitor as performance,
)
from upbit_auto_trading.infrastructure.market_data_backbone.exchange_time import ExchangeTime
from upbit_auto_trading.infrastructure.market_data_backbone.frame_intake import (
    FrameIntake,
    IntakeEvents,
)
from upbit_auto_trading.infrastructure.market_data_backbone.instrument_keeper import (
    InstrumentKeeper,
)
from upbit_auto_trading.infrastructure.market_data_backbone.listing_keeper import ListingKeeper
from upbit_auto_trading.infrastructure.market_data_backbone.market_listing import MarketListing
from upbit_auto_trading.infrastructure.market_data_backbone.policy import Policy
from upbit_auto_trading.infrastructure.market_data_backbone.request_sender import RequestSender
from upbit_auto_trading.infrastructure.market_data_backbone.socket_pair import SocketPair
from upbit_auto_trading.infrastructure.market_data_backbone.store import (
    LiveStore,
    LiveStream,
    Verdict,
)
from upbit_auto_trading.infrastructure.market_data_backbone.subscription_manager import (
    SubscriptionManager,
)
from upbit_auto_trading.infrastructure.market_data_backbone.swap_tracker import Swap, SwapTracker
from upbit_auto_trading.infrastructure.market_data_backbone.untrusted_frames import UntrustedFrames
from upbit_auto_trading.infrastructure.upbit.decode import (
    Control,
    ServerError,
    ServerStatus,
    SubscriptionList,
)
from upbit_auto_trading.infrastructure.upbit.reconnect import LossCause
from upbit_auto_trading.infrastructure.upbit.rest_client import UpbitRestClient
from upbit_auto_trading.infrastructure.upbit.websocket_client import (
    ConnectionChange,
    WebSocketClient,
)


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
        self.clock = policy.clock
        self.listing = listing
        self.monitor = monitor
        self.store = LiveStore()
        self.manager = SubscriptionManager(policy)
        self.swaps = SwapTracker(policy.timings.first_frame_timeout, feed_log.log_swap)
        self.on_dropped: Callable[[Stream, MarketValue, float], None] = lambda *_: None
        self._was_connected = False
        self._refused: frozenset[Stream] = frozenset()
        self._epoch_began_at = policy.clock.monotonic()
        self.on_listed: Callable[[frozenset[Stream]], None] = lambda _: None
        self._policy = policy
        self._client = client
        self.exchange_time = ExchangeTime(policy.clock, policy.timings.stall_highest)
        client.on_date = self.exchange_time.http_date
        self.untrusted = UntrustedFrames(
            self.store,
            self.manager,
            client,
            monitor,
            policy,
            is_usable=lambda: self.usable,
            deliver=self._deliver,
            on_change=self._want_anew,
        )
        events = IntakeEvents(
            self._first_frame,
            self._control,
            self.untrusted.unreadable,
            self.untrusted.mistimed,
            self.untrusted.timed_again,
            self._defect,
        )
        self.intake = FrameIntake(self.store, monitor, policy.clock, self.exchange_time, events)
        self.repair = self.untrusted.repair
        self.states = self.untrusted.states
        self.intake.mistimed = self.states.mistimed
        self.stalled = self.states.stalled
        self.quiet = self.states.quiet
        self.listings = ListingKeeper(listing, client, policy, self._refuse_unknown)
        self.instruments = InstrumentKeeper(client, policy, self._refuse_unknown)
        self.sockets = SocketPair(
            ws_url,
            self.intake.take,
            self._changed,
            self._standby_changed,
            policy,
            blocked_s=lambda: client.banned_for_s,
        )
        self.sender = RequestSender(
            self.manager, self.swaps, self.sockets, monitor, policy.clock, self._requested
        )

    @property
    def usable(self) -> bool:
        """Whether the active socket can carry data right now."""
        return self.socket.usable

    @property
    def socket(self) -> WebSocketClient:
        """The active socket."""
        return self.sockets.active

    @property
    def connection_state(self) -> ConnectionState:
        """What the socket can do; never CONNECTED while it can't carry data."""
        return self.sockets.state

    def start(self) -> None:
        """Connect and begin to work."""
        self.sockets.start()
        self.listings.start()
        self.sender.start(self.listings.first)

    async def close(self) -> None:
        """End everything. Harmless when repeated."""
        await self.sender.close()
        await self.listings.close()
        await self.instruments.close()
        # The sockets first: nothing arrives any more that could begin a repair.
        await self.sockets.close()
        await self.untrusted.close()

    # What callers hold

    def hold(self, holder: str, streams: frozenset[Stream], priority: int) -> None:
        """Make `streams` everything `holder` holds."""
        for stream in streams:
            self.store.open(stream)
        self.manager.hold(*streams, holder=holder, priority=priority, now=self.now())
        self.instruments.watch(self.manager.held)
        self._drop_unheld()
        self.sender.wake()

    def release(self, holder: str) -> None:
        """Let go of what `holder` holds."""
        self.manager.release(holder, now=self.now())
        self.instruments.watch(self.manager.held)
        self._drop_unheld()
        self.sender.wake()

    def check(self, streams: frozenset[Stream]) -> None:
        """Refuse what Upbit is known not to have, before anything is changed.

        Raises:
            UnknownMarketError: it doesn't list a market.
            UnknownLevelError: it doesn't group a book so.
        """
        self.listing.check(stream.market for stream in streams)
        self.instruments.check(streams)

    def refusal_of(self, streams: frozenset[Stream]) -> MarketDataError:
        """Return why nothing of `streams` will ever come."""
        unknown = self.listing.unknown({stream.market for stream in streams})
        return UnknownMarketError(unknown) if unknown else UnknownLevelError(streams)

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
        if not self.usable and self.sockets.connects:
            swap.kind = SwapKind.RECONNECT
        elif swap.waiting and swap.waiting <= self.manager.sent:
            swap.kind = self.sender.last_kind  # the request under way for others brings it
            swap.sent_at = swap.requested_at
        swap.is_counted = swap.is_counted and self.sockets.connects > 0
        self.intake.awaited |= swap.waiting
        self.swaps.begin(swap)
        self.sender.wake()

    def ask_again(self) -> None:
        """Send the whole subscription once more."""
        self.manager.repeat()
        self.sender.wake()

    def health(self, stream: Stream) -> StreamHealth:
        """Return state, age and completeness of a held stream.

        Raises:
            KeyError: nobody holds it.
        """
        return self.states.health(stream, self.now())

    def now(self) -> float:
        """Return the monotonic time in seconds."""
        return self.clock.monotonic()

    def _drop_unheld(self) -> None:
        for live in list(self.store):
            # What is still being sent stays: releasing and holding again costs nothing then.
            if live.stream not in self.manager.held and not self.manager.is_sent(live.stream):
                if live.value is not None and live.last_at is not None:
                    self.on_dropped(live.stream, live.value, live.last_at)
                self.store.drop(live.stream)
                self.repair.forget(live.stream)
                self.states.forget(live.stream)

    def _changed(self, change: ConnectionChange) -> None:
        self._note("connection", change)
        if change.state is ConnectionState.CONNECTED:
            if self._was_connected:
                self.monitor.reconnects += 1
            self._was_connected = True
            self._epoch_began_at = change.at
            self.intake.begin_epoch(change.epoch, keep_others=self.sockets.is_handing_over)
            self.sender.connected()
        elif self.sender.is_connected:
            self.sender.disconnected()
            if not self.sockets.is_handing_over:
                self.repair.gaps.lost(
                    live for live in self.store if self.manager.is_live(live.stream)
                )
                self.swaps.connection_lost()
            self.manager.connection_lost()
            self.monitor.listing_agreed = None
            self.states.connection_lost()
            if change.cause is LossCause.CLOCK_JUMP:
                self.exchange_time.reset()
            if change.cause is not None:
                self.monitor.degraded(f"connection_{change.cause.value}", self.now() - change.at)

    def _standby_changed(self, change: ConnectionChange) -> None:
        self._note("standby", change)

    def _note(self, which: str, change: ConnectionChange) -> None:
        self.monitor.happened(
            self.clock.wall(),
            f"{which}_{change.state.value}",
            epoch=change.epoch,
            cause=change.cause.value if change.cause else None,
            close_code=change.close_code,
            connects=self.sockets.connects,
        )

    def renew_connection(self) -> None:
        """Hand over to the standby before the connection is old enough to be ended by Upbit.

        The old connection goes on delivering until the new one does, or its time is over.
        """
        now = self.now()
        timings = self._policy.timings
        age = now - self._epoch_began_at
        if self.sockets.is_handing_over:
            proven = self.manager.sent and not self.manager.silent_streams
            if proven or age > timings.handover_timeout:
                self.intake.begin_epoch(self.socket.epoch)
                self.sockets.end_handover()
        elif age > timings.connection_lifetime:
            self.sockets.begin_handover()

    def _first_frame(self, live: LiveStream, now: float) -> None:
        if not self.manager.first_frame(live.stream):
            return
        self.swaps.first_frame(live.stream, now)
        self.states.forget(live.stream)
        if not live.complete:
            self.repair.begin(live.stream, urgent=self.manager.priority_of(live.stream) <= 1)

    def _control(self, message: Control) -> None:
        if isinstance(message, ServerStatus):
            self.monitor.intake.statuses += 1
        elif isinstance(message, SubscriptionList):
            self.on_listed(message.streams)
        elif isinstance(message, ServerError):
            self.monitor.intake.server_errors[message.name] += 1
            self.monitor.happened(self.clock.wall(), "server_error", name=message.name)
            if isolated := self.sender.refused(message.name):
                self.untrusted.isolate(isolated, message.name)

    def _deliver(self, value: MarketValue) -> Verdict | None:
        return self.intake.deliver(value)

    def _want_anew(self) -> None:
        self.sender.wake()

    def _defect(self, what: str, error: Exception) -> None:
        asyncio.get_running_loop().call_exception_handler({"message": what, "exception": error})

    def _refuse_unknown(self) -> None:
        """Keep what Upbit doesn't have out of every request, and let in what is back."""
        held = self.manager.held
        unknown = self.listing.unknown({stream.market for stream in held})
        unlisted = frozenset(stream for stream in held if stream.market in unknown)
        unoffered = self.instruments.unoffered(held)
        if unlisted - self._refused:
            self.monitor.happened(self.clock.wall(), "markets_refused", markets=sorted(unknown))
        if unoffered - self._refused:
            streams = sorted(map(str, unoffered))
            self.monitor.happened(self.clock.wall(), "levels_refused", streams=streams)
        gone = unlisted | unoffered
        self.manager.allow(self._refused - gone)
        self.manager.refuse(gone)
        self._refused = gone
        self.swaps.refuse(gone)
        self.sender.wake()

    def _requested(self, streams: frozenset[Stream]) -> None:
        """Wait for the first frames of what is about to be requested."""
        self.intake.awaited = {s for s in streams if not self.manager.is_live(s)}
        self._drop_unheld()
