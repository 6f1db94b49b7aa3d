"""What happened, counted and timed; the source of `get_performance_metrics`. Sans-I/O."""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from upbit_auto_trading.domain.subscription import SwapKind, SwapRecord
from upbit_auto_trading.infrastructure.market_data_backbone.histogram import LogHistogram
from upbit_auto_trading.infrastructure.market_data_backbone.swap_tracker import SwapFigures

_RATE_SPAN_S: Final = 5.0
_TIMELINE: Final = 500


@dataclass(frozen=True, slots=True)
class Happening:
    """One entry of the timeline: wall-clock seconds, a code, and its facts."""

    at: float
    what: str
    facts: dict[str, Any]


@dataclass(slots=True)
class IntakeCounters:
    """Frames, by what became of them."""

    received: int = 0
    delivered: int = 0
    duplicates: int = 0
    stale: int = 0
    unheld: int = 0
    other_format: int = 0
    old_epoch: int = 0
    listener_errors: int = 0
    mistimed: int = 0
    malformed: Counter[str] = field(default_factory=Counter)
    server_errors: Counter[str] = field(default_factory=Counter)
    statuses: int = 0


class SubscriptionPerformanceMonitor:
    """Collects the figures of one backbone; `on_happening` is told what goes on the timeline."""

    def __init__(self, on_happening: Callable[[Happening], None] = lambda _: None) -> None:
        self._on_happening = on_happening
        self.intake = IntakeCounters()
        self.lags: list[float] = []
        """Latencies in ms not yet in the histogram: frames have no time to compute buckets."""
        self._latency = LogHistogram()
        self.loop_lag = LogHistogram()
        self.decisions: Counter[tuple[str, str]] = Counter()
        self.decision_us = LogHistogram()
        self.disagreements = 0
        self.requests: Counter[str] = Counter()
        self.request_ms = LogHistogram()
        self.fallback_added_ms = LogHistogram()
        self.degradations: Counter[str] = Counter()
        self.reaction_ms = LogHistogram()
        self.reconnects = 0
        self.timeline: deque[Happening] = deque(maxlen=_TIMELINE)
        self.happenings = 0
        self.gaps_filled = 0
        self.gaps_unfillable = 0
        self.listed_at: float | None = None
        """When Upbit last listed the subscription (wall clock), and whether it was the one sent."""
        self.listing_agreed: bool | None = None
        self._samples: deque[tuple[float, int]] = deque()

    def happened(self, at: float, what: str, **facts: Any) -> None:
        """Put an entry on the timeline."""
        self.happenings += 1
        happening = Happening(at, what, facts)
        self.timeline.append(happening)
        self._on_happening(happening)

    @property
    def latency(self) -> LogHistogram:
        """From the exchange's own time to the arrival, of everything new and realtime."""
        self._latency.add_all(self.lags)
        self.lags.clear()
        return self._latency

    def sample(self, now: float) -> None:
        """Note the present count of frames, to tell their rate from; call it regularly."""
        self._latency.add_all(self.lags)
        self.lags.clear()
        samples = self._samples
        samples.append((now, self.intake.received))
        while len(samples) > 2 and samples[1][0] <= now - _RATE_SPAN_S:
            samples.popleft()

    def messages_per_s(self, now: float) -> float:
        """Return the frames per second over the last five seconds."""
        if not self._samples:
            return 0.0
        begin, counted = self._samples[0]
        span = now - begin
        return (self.intake.received - counted) / span if span > 0 else 0.0

    def degraded(self, what: str, reaction_s: float) -> None:
        """Count a degradation and how long it took from the evidence to acting on it."""
        self.degradations[what] += 1
        self.reaction_ms.add(reaction_s * 1000)

    def stream_figures(self, now: float) -> dict[str, Any]:
        """Return what is counted over all streams."""
        intake = self.intake
        return {
            "messages_received": intake.received,
            "messages_per_s": self.messages_per_s(now),
            "delivered": intake.delivered,
            "duplicates": intake.duplicates,
            "stale": intake.stale,
            "unheld": intake.unheld,
            "other_format": intake.other_format,
            "old_epoch": intake.old_epoch,
            "mistimed": intake.mistimed,
            "malformed": dict(intake.malformed),
            "server_errors": dict(intake.server_errors),
            "listener_errors": intake.listener_errors,
            "reconnects": self.reconnects,
            "latency_ms": self.latency.figures(),
        }

    def decision_figures(self) -> dict[str, Any]:
        """Return the channel decisions by channel and reason."""
        return {
            "count": sum(self.decisions.values()),
            "by_reason": {
                f"{channel}:{reason}": n for (channel, reason), n in self.decisions.items()
            },
            "disagreements": self.disagreements,
            "overhead_us": self.decision_us.figures(),
        }


def swap_figures(figures: SwapFigures) -> dict[str, Any]:
    """Return the swaps as plain data; averages leave out swaps of kind none."""
    last = figures.last
    newest = figures.durations(10)
    histogram = LogHistogram()
    for duration in figures.durations(len(figures.newest)):
        histogram.add(duration)
    kinds = figures.by_kind
    return {
        "count": sum(kind.count for kind in kinds.values()),
        "by_kind": {
            name.value: {
                "count": kind.count,
                "succeeded": kind.succeeded,
                "success_rate": kind.succeeded / kind.count if kind.count else None,
                "average_ms": kind.total_ms / kind.count
                if kind.count and name is not SwapKind.NONE
                else None,
            }
            for name, kind in kinds.items()
        },
        "last": None if last is None else swap_data(last),
        "last_10_average_ms": sum(newest) / len(newest) if newest else None,
        "first_ms": histogram.figures(),
    }


def swap_data(record: SwapRecord) -> dict[str, Any]:
    """Return one swap as plain data."""
    return {
        "kind": record.kind.value,
        "first_ms": record.first_ms,
        "complete_ms": record.complete_ms,
        "added": len(record.added),
        "removed": len(record.removed),
        "silent": [str(stream) for stream in sorted(record.silent)],
        "requested_at": record.requested_at,
    }
