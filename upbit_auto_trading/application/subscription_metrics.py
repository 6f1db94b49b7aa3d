"""Figures that tell whether the live data can be trusted."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from upbit_auto_trading.application.metrics_grades import Grade
from upbit_auto_trading.application.metrics_history import MetricsHistory
from upbit_auto_trading.application.metrics_painting import PaintMeter
from upbit_auto_trading.application.metrics_reading import Readings, alarm, judge
from upbit_auto_trading.application.metrics_seconds import Second, measured_between
from upbit_auto_trading.domain.subscription import SwapKind
from upbit_auto_trading.tasks import TaskOwner

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from upbit_auto_trading.application.ports import MarketDataFeed
    from upbit_auto_trading.domain.feed_sample import FeedSample, StreamRow
    from upbit_auto_trading.domain.process_figures import ProcessFigures
    from upbit_auto_trading.domain.stream import Stream
    from upbit_auto_trading.domain.subscription import ConnectionState, SwapRecord

_SWAPS_KEPT: Final = 5000
_RATE_SPAN_S: Final = 5.0
_AS_NEW_S: Final = 0.5
_SAMPLES_RATED: Final = 6


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """The feed as a whole at one moment.

    `messages_per_s` counts received frames over the last seconds; `last_swap_kind` and
    `last_swap_ms` are the newest change of subscription that has delivered, None before.
    """

    connection: ConnectionState
    messages_per_s: float
    messages_received: int
    last_swap_kind: str | None
    last_swap_ms: float | None
    reconnects: int


class SubscriptionMetricsService:
    """Takes a sample of the feed every second, keeps the history, and judges it.

    An async context manager: the sampling runs inside. `process` reads what the program takes
    of the machine. How long things take isn't counted in the first `settling_s` seconds: a
    program that starts is slow, and its first subscription is no change of one.
    """

    def __init__(
        self,
        feed: MarketDataFeed,
        process: Callable[[], ProcessFigures] | None = None,
        now: Callable[[], float] = time.monotonic,
        settling_s: float = 10.0,
    ) -> None:
        self._feed = feed
        self._process = process
        self._now = now
        self._settled_at = now() + settling_s
        self._tasks = TaskOwner("subscription-metrics")
        self._last: Second | None = None
        self._rows_before: deque[tuple[float, dict[Stream, int]]] = deque()
        self._received: deque[tuple[float, int]] = deque(maxlen=_SAMPLES_RATED)
        self.history = MetricsHistory()
        self.painting = PaintMeter(now)
        self.swaps: deque[SwapRecord] = deque(maxlen=_SWAPS_KEPT)
        """Every change of subscription that asked for something, oldest first."""
        self.swap_ms: dict[Stream, float] = {}
        """What the change that added a stream took."""

    async def __aenter__(self) -> Self:
        self._tasks.start(self._sample_every_second(), "sample")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._tasks.close()

    def performance_metrics(self) -> dict[str, Any]:
        """Everything measured, as the backbone gives it."""
        return self._feed.get_performance_metrics()

    def health(self) -> FeedHealth:
        """The few figures of the status strip: of the newest sample where there are samples."""
        if len(self._received) > 1 and self._last is not None:
            return self._sampled_health(self._last.sample)
        metrics = self._feed.get_performance_metrics()
        streams, swaps = metrics["streams"], metrics["swaps"]
        last = swaps["last"] or {}
        return FeedHealth(
            connection=self._feed.connection_state,
            messages_per_s=float(streams["messages_per_s"]),
            messages_received=int(streams["messages_received"]),
            last_swap_kind=last.get("kind"),
            last_swap_ms=last.get("first_ms"),
            reconnects=int(streams["reconnects"]),
        )

    def _sampled_health(self, sample: FeedSample) -> FeedHealth:
        (began, first), (ended, last) = self._received[0], self._received[-1]
        delivered = [one for one in sample.newest_swaps if one.first_ms is not None]
        swap = delivered[-1] if delivered else None
        return FeedHealth(
            connection=self._feed.connection_state,
            messages_per_s=(last - first) / max(ended - began, 1e-3),
            messages_received=sample.received,
            last_swap_kind=None if swap is None else swap.kind.value,
            last_swap_ms=None if swap is None else swap.first_ms,
            reconnects=sample.reconnects,
        )

    @property
    def newest(self) -> Second | None:
        """The newest sample, None before the first."""
        return self._last

    def sample(self) -> Second:
        """Measure now and add it to the history."""
        sample = self._feed.sample()
        process = self._process() if self._process is not None else None
        second = Second(sample, self._now(), process)
        self._keep_swaps(sample)
        delays = self.painting.take_delays()
        measured = measured_between(self._last, second, delays)
        if second.taken_at < self._settled_at:
            measured.counts.clear()
        self.history.add(sample.at, measured)
        self._last = second
        self._received.append((second.taken_at, sample.received))
        return second

    @property
    def alarm(self) -> Grade:
        """How grave the newest sample alone is; NONE before the first."""
        return Grade.NONE if self._last is None else alarm(self._last.sample)

    def readings(self) -> Readings | None:
        """Every metric judged by what was measured up to now; None before the first sample.

        The connection is read now; the streams at most half a second ago.
        """
        last = self._last
        if last is None:
            return None
        sample = last.sample
        is_old = self._now() - last.taken_at > _AS_NEW_S
        if is_old or sample.connection is not self._feed.connection_state:
            sample = self._feed.sample()
        return judge(sample, self.history, self.swaps)

    def rows(self) -> tuple[list[StreamRow], dict[Stream, float]]:
        """Every held stream, and its frames a second over the last five."""
        now, rows = self._now(), self._feed.stream_rows()
        counts = {row.stream: row.received for row in rows}
        before = self._rows_before
        before.append((now, counts))
        while len(before) > 2 and before[1][0] <= now - _RATE_SPAN_S:
            before.popleft()
        began, counted = before[0]
        span = now - began
        if span <= 0:
            return rows, {}
        return rows, {
            stream: (count - counted[stream]) / span
            for stream, count in counts.items()
            if stream in counted
        }

    def way_of(self, stream: Stream) -> tuple[str, str]:
        """Which way a request for `stream` would take now, and why: the selector's two codes."""
        return self._feed.way_of(stream)

    def swaps_since(self, at: float) -> list[SwapRecord]:
        """The changes of subscription since `at` (wall-clock seconds), oldest first."""
        return [record for record in self.swaps if record.requested_at >= at]

    def fallbacks_between(self, seconds: float) -> Counter[str]:
        """How often REST or a cache stood in, by cause, in the last `seconds` (up to a day)."""
        newest = self._last
        if newest is None:
            return Counter()
        band = self.history.band_for(seconds)
        names = [f"fallback.{cause}" for cause in newest.sample.fallbacks]
        totals = band.total(names, newest.sample.at)
        return Counter({name.partition(".")[2]: int(n) for name, n in totals.items()})

    def _keep_swaps(self, sample: FeedSample) -> None:
        before = self._last.sample.swap_count if self._last is not None else 0
        fresh = min(sample.swap_count - before, len(sample.newest_swaps))
        for record in sample.newest_swaps[len(sample.newest_swaps) - fresh :]:
            if record.kind is SwapKind.NONE:
                continue
            if self._now() >= self._settled_at:
                self.swaps.append(record)
            if record.first_ms is not None:
                self.swap_ms |= dict.fromkeys(record.added - record.silent, record.first_ms)
            for stream in record.removed:
                self.swap_ms.pop(stream, None)

    async def _sample_every_second(self) -> None:
        while True:
            at = self.sample().sample.at
            # On the whole second, so that every bin of the last minute gets one sample.
            await asyncio.sleep(1.0 - at % 1.0)
