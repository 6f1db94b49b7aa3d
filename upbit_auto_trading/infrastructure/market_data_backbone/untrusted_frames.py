"""What becomes of frames that can't be used: lost to their form, or with impossible times.

Neither may be told to anybody, and each may have been a trade; so what they said is looked for
over REST, and a channel that goes on like that is put aside.
"""

from collections.abc import Callable, Iterable

from upbit_auto_trading.domain.market_value import MarketValue
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.infrastructure.market_data_backbone import (
    subscription_performance_monitor as performance,
)
from upbit_auto_trading.infrastructure.market_data_backbone.gap_repair import GapRepair
from upbit_auto_trading.infrastructure.market_data_backbone.isolation import StreamIsolation
from upbit_auto_trading.infrastructure.market_data_backbone.policy import Policy
from upbit_auto_trading.infrastructure.market_data_backbone.quarantine import ChannelQuarantine
from upbit_auto_trading.infrastructure.market_data_backbone.rest_carrier import RestCarrier
from upbit_auto_trading.infrastructure.market_data_backbone.store import (
    LiveStore,
    LiveStream,
    Verdict,
)
from upbit_auto_trading.infrastructure.market_data_backbone.stream_states import StreamStates
from upbit_auto_trading.infrastructure.market_data_backbone.subscription_manager import (
    SubscriptionManager,
)
from upbit_auto_trading.infrastructure.upbit.decode import named_stream
from upbit_auto_trading.infrastructure.upbit.rest_client import UpbitRestClient


class UntrustedFrames:
    """Notes gaps, puts channels aside and lets REST carry them.

    `all_suspected` is set when an unreadable frame doesn't say whose it was. `on_change` is
    called when another set of streams is to be subscribed to.
    """

    def __init__(
        self,
        store: LiveStore,
        manager: SubscriptionManager,
        client: UpbitRestClient,
        monitor: performance.SubscriptionPerformanceMonitor,
        policy: Policy,
        *,
        is_usable: Callable[[], bool],
        deliver: Callable[[MarketValue], Verdict | None],
        on_change: Callable[[], None],
    ) -> None:
        self.all_suspected = False
        self.quarantine = ChannelQuarantine(policy.timings)
        self._isolation = StreamIsolation(policy.timings)
        self.states = StreamStates(
            store, manager, self.quarantine, is_usable, policy.clock, policy.timings
        )
        self.repair = GapRepair(store, client, monitor, policy, deliver)
        self.carrier = RestCarrier(
            store,
            manager,
            client,
            policy,
            which=self._carried,
            deliver=deliver,
            suspect=self.suspect,
        )
        self._store = store
        self._manager = manager
        self._monitor = monitor
        self._clock = policy.clock
        self._on_change = on_change

    async def close(self) -> None:
        """End what is under way. Harmless when repeated."""
        await self.carrier.close()
        await self.repair.close()

    def unreadable(self, data: bytes) -> None:
        """Take a frame that can't be decoded."""
        stream = named_stream(data)
        if stream is None:
            self.all_suspected = True  # the supervisor looks for what is missing
            self.repair.gaps.lost_by_anybody(self._store)
        elif self.quarantine.unreadable(stream.channel, self._clock.monotonic()):
            self._put_aside(stream.channel)
        elif stream.channel not in self.quarantine.channels:
            self.suspect([stream])

    def mistimed(self, live: LiveStream, off_ms: float) -> None:
        """Take a frame of `live` whose time is off by `off_ms`; it was dropped."""
        self.repair.gaps.lost([live])
        if live.stream in self.states.mistimed:
            return
        self.states.mistimed.add(live.stream)
        self._monitor.degraded("stream_mistimed", 0.0)
        self._happened("stream_mistimed", stream=str(live.stream), off_ms=round(off_ms))
        self.carrier.wake()

    def timed_again(self, live: LiveStream) -> None:
        """Take note that the times of `live` are right again."""
        self.states.mistimed.discard(live.stream)
        self._happened("recovered", stream=str(live.stream))
        self.repair.begin(live.stream, urgent=False)

    def suspect(self, streams: Iterable[Stream]) -> None:
        """Note that `streams` may miss something; what flows is repaired at once."""
        found = [live for stream in streams if (live := self._store.get(stream)) is not None]
        self.repair.gaps.lost(found)
        for live in found:
            if live.stream not in self.states.stalled:
                self.repair.begin(live.stream, urgent=False)

    def isolate(self, streams: frozenset[Stream], name: str) -> None:
        """Leave out `streams`, rejected with error `name`, and let REST carry them for a while."""
        self._isolation.begin(streams, self._clock.monotonic())
        self._monitor.degraded("streams_isolated", 0.0)
        self._happened("streams_isolated", name=name, streams=sorted(map(str, streams)))
        self.repair.gaps.lost(live for live in self._store if live.stream in streams)
        for stream in streams:
            self.states.forget(stream)
        self._manager.isolate(self._isolation.streams)
        self.carrier.wake()

    def end_quarantines(self) -> frozenset[Stream]:
        """Try channels and streams again whose time is over; return those streams."""
        for channel in self.quarantine.ended(self._clock.monotonic()):
            self._happened("quarantine_ended", channel=channel)
            self._manager.suspend(self.quarantine.channels)
            self._on_change()
        over = self._isolation.ended(self._clock.monotonic()) & self._manager.held
        if over:
            self._happened("isolation_ended", streams=sorted(map(str, over)))
            self._manager.isolate(self._isolation.streams)
            self._on_change()
        return over

    def _put_aside(self, channel: str) -> None:
        """Leave `channel` out of the subscription and let REST carry it."""
        self._monitor.degraded("channel_quarantined", 0.0)
        self._happened("channel_quarantined", channel=channel)
        self.repair.gaps.lost(live for live in self._store if live.stream.channel == channel)
        for live in self._store:
            if live.stream.channel == channel:
                self.states.forget(live.stream)
        self._manager.suspend(self.quarantine.channels)
        self.carrier.wake()
        self._on_change()

    def _carried(self) -> list[Stream]:
        """Return the held streams that REST has to carry at present."""
        aside, mistimed = self.quarantine.channels, self.states.mistimed
        isolated = self._manager.isolated
        return [
            s for s in self._manager.held if s.channel in aside or s in mistimed or s in isolated
        ]

    def _happened(self, what: str, **facts: object) -> None:
        self._monitor.happened(self._clock.wall(), what, **facts)
