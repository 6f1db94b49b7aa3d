"""What happened between two samples of the feed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.application.metrics_history import Bin, bucket_of
from upbit_auto_trading.domain.subscription import ConnectionState, SwapKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upbit_auto_trading.domain.feed_sample import FeedSample
    from upbit_auto_trading.domain.process_figures import ProcessFigures

_COUNTED: Final = ("received", "delivered", "duplicates", "dropped", "malformed", "reconnects")
_DURATIONS: Final = ("latency_ms", "loop_lag_ms", "decision_ms", "reaction_ms")
_ON_PURPOSE: Final = frozenset({"only_rest_has_it", "not_held"})
"""Reasons to ask REST that are no fallback: the socket was never meant to answer."""


@dataclass(frozen=True, slots=True)
class Second:
    """One sample, when it was taken (monotonic s), and what the program took then."""

    sample: FeedSample
    taken_at: float
    process: ProcessFigures | None = None


def measured_between(before: Second | None, after: Second, painting_ms: Mapping[float, int]) -> Bin:
    """Return what was counted after `before` (from the start where it is None)."""
    found = Bin()
    sample = after.sample
    earlier = before.sample if before is not None else None
    for name in _COUNTED:
        found.sums[name] = getattr(sample, name) - (getattr(earlier, name) if earlier else 0)
    for name in _DURATIONS:
        found.counts[name] = _grown(getattr(sample, name), getattr(earlier, name, {}))
    found.counts["screen_ms"] = Counter(painting_ms)
    _add_swaps(found, sample, earlier)
    _add_streams(found, sample)
    _add_answers(found, sample, earlier)
    _add_limits(found, sample, earlier)
    _add_process(found, before, after)
    return found


def _add_swaps(found: Bin, sample: FeedSample, earlier: FeedSample | None) -> None:
    fresh = sample.swap_count - (earlier.swap_count if earlier else 0)
    newest = sample.newest_swaps
    first, own = Counter[float](), Counter[float]()
    for record in newest[len(newest) - min(fresh, len(newest)) :]:
        if record.kind is SwapKind.NONE:
            continue
        if record.first_ms is not None:
            first[bucket_of(record.first_ms)] += 1
        if record.own_ms is not None and record.kind is not SwapKind.RECONNECT:
            own[bucket_of(record.own_ms)] += 1
    found.counts["swap_ms"], found.counts["own_ms"] = first, own
    for kind, count in sample.swaps.items():
        known = earlier.swaps.get(kind) if earlier else None
        found.sums[f"swaps.{kind.value}"] = count.count - (known.count if known else 0)
        found.sums[f"swapped.{kind.value}"] = count.succeeded - (known.succeeded if known else 0)


def _add_streams(found: Bin, sample: FeedSample) -> None:
    streams = sample.streams
    carried = streams.live + streams.quiet
    found.sums["fresh"], found.sums["judged"] = streams.fresh, streams.judged
    found.sums["ways.websocket"] = carried
    found.sums["ways.other"] = streams.judged - carried
    if sample.oldest is not None and sample.oldest.age_s is not None:
        found.greatest["oldest_s"] = sample.oldest.age_s
    differs = sample.differing_for_s > 2.0 or sample.listing_agreed is False
    found.greatest["differs"] = float(differs)
    is_up = sample.connection is ConnectionState.CONNECTED
    found.greatest["down"] = float(not is_up and sample.epoch > 0)
    found.greatest["stalled"] = streams.stalled
    found.greatest["gaps_open"] = sample.gaps.open


def _add_answers(found: Bin, sample: FeedSample, earlier: FeedSample | None) -> None:
    for kind, name in (("requests", "request"), ("fallbacks", "fallback"), ("caches", "cache")):
        known = getattr(earlier, kind, {})
        for key, count in getattr(sample, kind).items():
            found.sums[f"{name}.{key}"] = count - known.get(key, 0)
    known = earlier.decisions if earlier else {}
    for key, count in sample.decisions.items():
        way, _, reason = key.partition(":")
        grown = count - known.get(key, 0)
        if way in ("live", "wait"):
            found.sums["ways.websocket"] += grown
        elif reason not in _ON_PURPOSE and reason != "asked_just_now":
            found.sums["ways.other"] += grown
    outcomes = {name: n for name, n in found.sums.items() if name.startswith("request.")}
    found.sums["fresh"] += outcomes.get("request.fresh", 0)
    found.sums["judged"] += sum(outcomes.values())


def _add_limits(found: Bin, sample: FeedSample, earlier: FeedSample | None) -> None:
    refused = sum(one.refused for one in sample.budgets)
    found.sums["refused"] = refused - (
        sum(one.refused for one in earlier.budgets) if earlier else 0
    )
    found.greatest["banned"] = sample.banned_for_s
    found.greatest["rest_use"] = max((one.used / one.limit for one in sample.budgets), default=0.0)
    use = sample.messages
    found.greatest["message_use"] = max(
        use.used_second / use.per_second, use.used_minute / use.per_minute
    )
    gaps, known = sample.gaps, earlier.gaps if earlier else None
    found.sums["gaps_found"] = gaps.found - (known.found if known else 0)
    found.sums["gaps_filled"] = gaps.filled - (known.filled if known else 0)
    found.sums["gaps_unfillable"] = gaps.unfillable - (known.unfillable if known else 0)


def _add_process(found: Bin, before: Second | None, after: Second) -> None:
    process = after.process
    if process is None:
        return
    found.newest["threads"] = process.threads
    if process.resident_mb is not None:
        found.newest["resident_mb"] = process.resident_mb
    if process.sockets is not None:
        found.newest["sockets"] = process.sockets
    known = before.process if before is not None else None
    if before is not None and known is not None and after.taken_at > before.taken_at:
        spent = process.cpu_s - known.cpu_s
        found.newest["cpu_share"] = spent / (after.taken_at - before.taken_at)


def _grown(now: Mapping[float, int], before: Mapping[float, int]) -> Counter[float]:
    return Counter(
        {middle: grown for middle, n in now.items() if (grown := n - before.get(middle, 0))}
    )
