"""Finds out whether silent streams miss something, before anybody calls them stalled.

A false alarm is a lie too. REST may be ahead of the socket for a moment, and frames may lie unread
while the machine is busy: so what REST knows is evidence only when it hasn't come `stall_grace`
later either. Where REST doesn't answer while other streams flow, the socket itself is asked: a
subscription that is sent again is answered by a snapshot of every stream that works.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.domain.failure import MarketDataError
from upbit_auto_trading.infrastructure.market_data_backbone.stream_truth import StreamTruth
from upbit_auto_trading.tasks import TaskOwner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from upbit_auto_trading.domain.orderbook import Orderbook
    from upbit_auto_trading.domain.stream import Stream
    from upbit_auto_trading.domain.ticker import Ticker
    from upbit_auto_trading.infrastructure.market_data_backbone.live_feed import LiveFeed
    from upbit_auto_trading.infrastructure.market_data_backbone.policy import Policy
    from upbit_auto_trading.infrastructure.market_data_backbone.store import LiveStream
    from upbit_auto_trading.infrastructure.market_data_backbone.stream_watchdog import (
        StreamWatchdog,
    )
    from upbit_auto_trading.infrastructure.upbit.rest_client import UpbitRestClient

STALLED: Final = "stalled"
UNANSWERED: Final = "unanswered"
MISSED: Final = "missed"
_MARGINS_MS: Final = {STALLED: 500.0, UNANSWERED: 500.0, MISSED: 3000.0}


class SilenceProbe:
    """One probe at a time. `on_stalled(streams, why, started)` is told what is proven."""

    def __init__(
        self,
        feed: LiveFeed,
        client: UpbitRestClient,
        policy: Policy,
        watchdog: StreamWatchdog,
        on_stalled: Callable[[frozenset[Stream], str, float], None],
    ) -> None:
        self._feed = feed
        self._clock = policy.clock
        self._timings = policy.timings
        self._watchdog = watchdog
        self._truth = StreamTruth(feed, client)
        self._on_stalled = on_stalled
        self._tasks = TaskOwner("silence-probe")
        self._task: asyncio.Task[None] | None = None
        self._next_ask_at = float("-inf")
        self._ask_wait = policy.timings.stall_lowest

    async def close(self) -> None:
        """End the probe under way. Harmless when repeated."""
        await self._tasks.close()

    def begin(self, streams: Iterable[Stream], why: str) -> None:
        """Look into the silence of `streams`, unless another probe is under way."""
        if self._task is None or self._task.done():
            self._task = self._tasks.start(self._look(frozenset(streams), why), f"probe {why}")

    async def _look(self, streams: frozenset[Stream], why: str) -> None:
        started = self._clock.monotonic()
        try:
            truth, books = await self._ask_rest(streams, why)
        except (MarketDataError, TimeoutError) as error:
            cause = error.cause.value if isinstance(error, MarketDataError) else "slow"
            self._feed.monitor.happened(self._clock.wall(), "probe_failed", why=why, cause=cause)
            await self._do_without_rest(streams, why, started)
            return
        self._ask_wait = self._timings.stall_lowest
        silent = self._still_silent(streams, started)
        behind = self._watchdog.behind(silent, truth, _MARGINS_MS[why], books) - self._feed.stalled
        if why != MISSED:
            self._proven_quiet({live.stream for live in silent} - behind)
        if not behind:
            return
        await asyncio.sleep(self._timings.stall_grace)
        late = self._still_silent(behind, started)
        self._tell(self._watchdog.behind(late, truth, _MARGINS_MS[why], books), why, started)

    async def _ask_rest(
        self, streams: frozenset[Stream], why: str
    ) -> tuple[list[Ticker], list[Orderbook]]:
        if why != STALLED:
            return await self._truth.trades_of(streams), []
        return await self._truth.all_of(streams, self._timings.stall_lowest / 3)

    async def _do_without_rest(self, streams: frozenset[Stream], why: str, started: float) -> None:
        if why != STALLED:
            await asyncio.sleep(self._timings.stall_lowest / 3)
        elif self._is_mute(started):
            # Neither the socket nor REST: nobody can say that these are only quiet.
            silent = self._still_silent(streams, started)
            self._tell(frozenset(live.stream for live in silent), why, started)
        elif started >= self._next_ask_at:
            self._next_ask_at = started + self._ask_wait
            self._ask_wait = min(2 * self._ask_wait, self._timings.quiet_probe_interval)
            await self._ask_the_socket(streams, why, started)

    def _is_mute(self, now: float) -> bool:
        """Whether nothing at all arrived for as long as any stream may be silent."""
        arrivals = (live.last_at for live in self._feed.store if live.last_at is not None)
        silent_since = max(arrivals, default=float("-inf"))
        return now - silent_since > self._timings.stall_lowest - self._timings.stall_grace

    async def _ask_the_socket(self, streams: frozenset[Stream], why: str, started: float) -> None:
        """Subscribe once more; streams that send no snapshot then aren't served."""
        self._feed.ask_again()
        await asyncio.sleep(self._timings.first_frame_timeout + self._timings.stall_grace)
        asked_at = self._feed.manager.requested_at
        if started <= asked_at <= self._clock.monotonic() - self._timings.first_frame_timeout:
            silent = self._still_silent(streams, started)
            self._tell(frozenset(live.stream for live in silent), why, started)

    def _proven_quiet(self, streams: set[Stream]) -> None:
        feed = self._feed
        feed.quiet |= streams
        self._watchdog.proven_quiet(streams, self._clock.monotonic())
        feed.manager.forgive(streams)

    def _tell(self, streams: frozenset[Stream], why: str, started: float) -> None:
        if streams := streams - self._feed.stalled:
            self._on_stalled(streams, why, started)

    def _still_silent(self, streams: Iterable[Stream], since: float) -> list[LiveStream]:
        """Return those of `streams` that delivered nothing since `since`."""
        return [
            live
            for stream in streams
            if (live := self._feed.store.get(stream)) is not None
            and (live.last_at is None or live.last_at < since)
        ]
