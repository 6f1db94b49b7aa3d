"""Closes the gaps that losses of the connection leave, one task per stream."""

import asyncio
from collections.abc import Callable
from math import inf

from upbit_auto_trading.domain.failure import MarketDataError
from upbit_auto_trading.domain.market_value import MarketValue
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.infrastructure.market_data_backbone import backfill
from upbit_auto_trading.infrastructure.market_data_backbone import (
    subscription_performance_monitor as performance,
)
from upbit_auto_trading.infrastructure.market_data_backbone.gap_detector import Gap, GapDetector
from upbit_auto_trading.infrastructure.market_data_backbone.policy import Policy
from upbit_auto_trading.infrastructure.market_data_backbone.store import LiveStore
from upbit_auto_trading.infrastructure.upbit.constants import TRADE_DAYS
from upbit_auto_trading.infrastructure.upbit.rest_client import URGENT, USUAL, UpbitRestClient
from upbit_auto_trading.tasks import TaskOwner


class GapRepair:
    """Fills gaps over REST and tells the values through the same listeners as live ones."""

    def __init__(
        self,
        store: LiveStore,
        client: UpbitRestClient,
        monitor: performance.SubscriptionPerformanceMonitor,
        policy: Policy,
        deliver: Callable[[MarketValue], object],
    ) -> None:
        self.gaps = GapDetector()
        self._store = store
        self._client = client
        self._monitor = monitor
        self._timings = policy.timings
        self._clock = policy.clock
        self._deliver = deliver
        self._tasks = TaskOwner("gap-repair")
        self._under_way: set[Stream] = set()
        self._asked: dict[Stream, tuple[int, float]] = {}

    async def close(self) -> None:
        """Stop every repair. Harmless when repeated."""
        await self._tasks.close()

    def begin(self, stream: Stream, *, urgent: bool) -> None:
        """Repair `stream` now that its frames flow again, so that nothing can fall between."""
        if stream not in self._under_way and self.gaps.of(stream) is not None:
            self._under_way.add(stream)
            self._tasks.start(self._fill(stream, URGENT if urgent else USUAL), f"fill {stream}")

    def reaches(self, stream: Stream, since_ms: int, at: float) -> bool:
        """Whether what came after `since_ms`, known to be missing `at` that moment, is seen to.

        An answer that was asked for before may be older than the loss; one that was asked for
        since, or is still to be asked for, holds everything.
        """
        asked_since_ms, asked_at = self._asked.get(stream, (since_ms, -inf))
        if asked_since_ms <= since_ms and asked_at >= at:
            return True
        gap = self.gaps.of(stream)
        return gap is not None and gap.since_ms <= since_ms and stream not in self._under_way

    def forget(self, stream: Stream) -> None:
        """Note that nobody holds `stream` any more."""
        self.gaps.forget(stream)
        self._asked.pop(stream, None)

    async def _fill(self, stream: Stream, priority: int) -> None:
        delay = self._timings.backoff_first
        try:
            while (gap := self.gaps.of(stream)) is not None:
                started = self._clock.monotonic()
                self._asked[stream] = gap.since_ms, started
                suspicions = self.gaps.suspicions
                try:
                    count = await backfill.fill(gap, self._client, self._deliver, priority)
                except MarketDataError as error:
                    self._happened("backfill_failed", stream, cause=error.cause.value)
                    await asyncio.sleep(delay)
                    delay = min(2 * delay, self._timings.backoff_highest)
                    continue
                if self.gaps.of(stream) is not gap:
                    continue  # lost once more meanwhile; the gap begins where it began
                if self.gaps.suspicions != suspicions:
                    await asyncio.sleep(self._timings.backoff_first)
                    continue  # perhaps lost once more
                self._complete(stream)
                if self._reaches_too_far(gap):
                    self._monitor.gaps_unfillable += 1
                self._happened(
                    "backfilled",
                    stream,
                    values=count,
                    ms=(self._clock.monotonic() - started) * 1000,
                )
        finally:
            self._under_way.discard(stream)

    def _complete(self, stream: Stream) -> None:
        self._monitor.gaps_filled += 1
        self.gaps.closed(stream)
        live = self._store.get(stream)
        if live is not None:
            live.complete = True

    def _reaches_too_far(self, gap: Gap) -> bool:
        """Whether the gap began before what Upbit still gives out."""
        age_ms = self._clock.wall() * 1000 - gap.since_ms
        return gap.stream.channel == "trade" and age_ms > TRADE_DAYS * 86_400_000

    def _happened(self, what: str, stream: Stream, **facts: object) -> None:
        self._monitor.happened(self._clock.wall(), what, stream=str(stream), **facts)
