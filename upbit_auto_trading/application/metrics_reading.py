"""Every metric with its figures and its grade, and what is wrong, the gravest first."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.application import metrics_grades as grades
from upbit_auto_trading.application.metrics_grades import Grade, Metric
from upbit_auto_trading.application.metrics_history import (
    DAY,
    TEN_MINUTES,
    MetricsHistory,
    percentile,
)
from upbit_auto_trading.domain.subscription import ConnectionState, StreamState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from upbit_auto_trading.application.metrics_history import Bin
    from upbit_auto_trading.domain.feed_sample import FeedSample, StreamCounts
    from upbit_auto_trading.domain.subscription import SwapRecord

_SWAPS_JUDGED: Final = 50
_HOUR_BINS: Final = 6
_SETTLED_BINS: Final = 3
_ENOUGH_GUESSES: Final = 5
_MOST_STREAMS: Final = 0.5
_PRESENT_S: Final = 3.0
"""What a figure of the last minute is compared with, to tell whether its trouble goes on."""
_REST_LATELY_S: Final = 10.0
_REST_SILENT: Final = ("rest_not_connected", "rest_no_data_in_time")


class Trouble(StrEnum):
    """What can be wrong, the gravest first."""

    LOST = "lost"
    BANNED = "banned"
    STALLED = "stalled"
    STREAM_STALLED = "stream_stalled"
    DIFFERS = "differs"
    UNFILLABLE = "unfillable"
    FILLING = "filling"
    REFUSED = "refused"
    UNREADABLE = "unreadable"
    LATE = "late"
    SLOW_APP = "slow_app"
    SLOW_SCREEN = "slow_screen"
    SLOW_SWAP = "slow_swap"
    UNANSWERED = "unanswered"
    RECONNECTING = "reconnecting"
    BUDGET = "budget"
    GROWING = "growing"
    OLD_VALUE = "old_value"
    POOR_GUESSES = "poor_guesses"
    ON_REST = "on_rest"


@dataclass(frozen=True, slots=True)
class Reading:
    """One metric: its grade, its figures (None where nothing was measured), and what is wrong.

    `is_over`: what was wrong has ended; the figure tells of the minute or hour it was in.
    """

    grade: Grade
    values: tuple[float | None, ...] = ()
    trouble: Trouble | None = None
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class Readings:
    """Everything judged at one moment."""

    sample: FeedSample
    by_metric: Mapping[Metric, Reading] = field(default_factory=dict)
    is_rest_silent: bool = False
    """Whether REST, asked in place of the socket, didn't answer either of late."""

    @property
    def over(self) -> frozenset[Trouble]:
        """What was wrong and still shows in a figure, though it has ended."""
        found = [one for one in self.by_metric.values() if one.trouble is not None]
        ended = {one.trouble for one in found if one.is_over}
        lasting = {one.trouble for one in found if not one.is_over}
        return frozenset(trouble for trouble in ended - lasting if trouble is not None)

    @property
    def troubles(self) -> list[tuple[Trouble, Metric, Grade]]:
        """What is wrong: what has ended last, bad before bearable, then the gravest first."""
        order = list(Trouble)
        found: dict[Trouble, tuple[Trouble, Metric, Grade]] = {}
        for metric, reading in self.by_metric.items():
            trouble, known = reading.trouble, found.get(reading.trouble or Trouble.LOST)
            if trouble is not None and (known is None or reading.grade > known[2]):
                found[trouble] = (trouble, metric, reading.grade)
        over = self.over
        return sorted(
            found.values(), key=lambda one: (one[0] in over, -one[2], order.index(one[0]))
        )

    def count(self, grade: Grade) -> int:
        """How many metrics have that grade."""
        return sum(reading.grade is grade for reading in self.by_metric.values())


def judge(sample: FeedSample, history: MetricsHistory, swaps: Sequence[SwapRecord]) -> Readings:
    """Judge every metric by the sample of now and what was measured before."""
    minute, present = history.last_minute(), history.newest(_PRESENT_S)
    found = {
        Metric.CONNECTION: _connection(sample),
        Metric.SUCCESS: _success(minute, present, history, sample.at),
        Metric.FRESHNESS: _freshness(sample),
        Metric.EXCHANGE_DELAY: _exchange_delay(sample, minute, present),
        Metric.SCREEN_DELAY: _screen_delay(minute, present, history, sample.at),
        Metric.AGREEMENT: _agreement(sample),
        Metric.WEBSOCKET_SHARE: _websocket_share(minute, present),
        Metric.RECONNECTS: _reconnects(minute, history, sample.at),
        Metric.GAPS: _gaps(sample, history),
        Metric.REST_BUDGET: _rest_budget(sample, minute),
        Metric.MESSAGE_BUDGET: _message_budget(sample),
        Metric.PREDICTION: _prediction(sample),
        Metric.LOOP_LAG: _loop_lag(minute, present),
        Metric.MEMORY: _memory(history, sample.at),
    }
    newest = [record for record in swaps if record.requested_at > sample.at - 600.0]
    found |= _swaps(newest[-_SWAPS_JUDGED:], sample.rtt_ms)
    lately = history.newest(_REST_LATELY_S).sums
    is_rest_silent = any(lately.get(f"fallback.{cause}", 0.0) > 0 for cause in _REST_SILENT)
    return Readings(sample, {metric: found[metric] for metric in Metric}, is_rest_silent)


def alarm(sample: FeedSample) -> Grade:
    """How grave a sample alone is: what the window shows wherever the user is, at no cost."""
    is_lost = sample.connection is not ConnectionState.CONNECTED and sample.epoch > 0
    differs = sample.differing_for_s > grades.DIFFERENCE_S or sample.listing_agreed is False
    if is_lost or sample.streams.stalled or sample.banned_for_s > 0 or differs:
        return Grade.BAD
    return Grade.WARN if sample.gaps.open else Grade.GOOD


def percentile_of(values: Iterable[float], share: float) -> float | None:
    """The value that `share` of `values` don't exceed; None of none."""
    ordered = sorted(values)
    if not ordered:
        return None
    return ordered[min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))]


def _reading(
    grade: Grade, trouble: Trouble, *values: float | None, now: Grade | None = None
) -> Reading:
    """Return a reading; `now` is the present's own grade where the figure reaches back."""
    if grade < Grade.WARN:
        return Reading(grade, values)
    return Reading(grade, values, trouble, now is not None and now < Grade.WARN)


def _connection(sample: FeedSample) -> Reading:
    is_up = sample.connection is ConnectionState.CONNECTED
    if not is_up and sample.connection is ConnectionState.CONNECTING and not sample.epoch:
        return Reading(Grade.NONE)
    return _reading(Grade.GOOD if is_up else Grade.BAD, Trouble.LOST, sample.rtt_ms)


def _swaps(records: Sequence[SwapRecord], rtt_ms: float | None) -> dict[Metric, Reading]:
    first = [one.first_ms for one in records if one.first_ms is not None]
    own = [one.own_ms for one in records if one.own_ms is not None]
    p50, p95 = percentile_of(first, 0.5), percentile_of(first, 0.95)
    own_p99 = percentile_of(own, 0.99)
    newest = first[-10:]
    average = sum(newest) / len(newest) if newest else None
    return {
        Metric.SWAP: _reading(
            grades.grade_swap(p50, p95, rtt_ms), Trouble.SLOW_SWAP, p50, p95, average
        ),
        Metric.OWN_SHARE: _reading(grades.OWN_SHARE_MS.grade(own_p99), Trouble.SLOW_SWAP, own_p99),
    }


def _success(minute: Bin, present: Bin, history: MetricsHistory, now: float) -> Reading:
    day = history.bands[DAY].total(("fresh", "judged"), now)
    recent, newest = (
        _share(part.sums.get("fresh", 0.0), part.sums.get("judged", 0.0))
        for part in (minute, present)
    )
    whole = _share(day["fresh"], day["judged"])
    missed = day["judged"] - day["fresh"]
    return _reading(
        grades.SUCCESS.grade(recent),
        Trouble.UNANSWERED,
        *(recent, whole, missed),
        now=grades.SUCCESS.grade(newest),
    )


def _freshness(sample: FeedSample) -> Reading:
    streams, oldest = sample.streams, sample.oldest
    if oldest is None:
        return Reading(Grade.GOOD if streams.judged else Grade.NONE, (None, None, None))
    values = oldest.age_s, oldest.usual_s, oldest.limit_s
    if streams.stalled:
        trouble = Trouble.STALLED if _most_are_stalled(streams) else Trouble.STREAM_STALLED
        return Reading(Grade.BAD, values, trouble)
    is_quiet = oldest.state is StreamState.QUIET
    grade = grades.grade_age(oldest.age_s, oldest.usual_s, oldest.limit_s, is_quiet=is_quiet)
    if oldest.state is StreamState.DOWN:
        return Reading(Grade.BAD, values, Trouble.LOST)
    return _reading(grade, Trouble.OLD_VALUE, *values)


def _most_are_stalled(streams: StreamCounts) -> bool:
    """Whether most of what should flow stands; of quiet streams it is known that nothing came."""
    flowing = streams.judged - streams.quiet
    return streams.stalled > 0 and streams.stalled >= _MOST_STREAMS * flowing


def _exchange_delay(sample: FeedSample, minute: Bin, present: Bin) -> Reading:
    """Judge the last minute; while nothing arrives there is no delay to tell."""
    is_up = sample.connection is ConnectionState.CONNECTED
    if not is_up or _most_are_stalled(sample.streams):
        return Reading(Grade.NONE, (None, None))
    (p50, p99, grade), (*_rest, now) = _delays(minute), _delays(present)
    return _reading(grade, Trouble.LATE, p50, p99, now=now)


def _delays(measured: Bin) -> tuple[float | None, float | None, Grade]:
    counted: Mapping[float, int] = measured.counts.get("latency_ms", {})
    p50, p99 = percentile(counted, 0.5), percentile(counted, 0.99)
    return p50, p99, max(grades.EXCHANGE_P50_MS.grade(p50), grades.EXCHANGE_P99_MS.grade(p99))


def _loop_lag(minute: Bin, present: Bin) -> Reading:
    p99, newest = (
        percentile(part.counts.get("loop_lag_ms", {}), 0.99) for part in (minute, present)
    )
    limits = grades.LOOP_LAG_MS
    return _reading(limits.grade(p99), Trouble.SLOW_APP, p99, now=limits.grade(newest))


def _screen_delay(minute: Bin, present: Bin, history: MetricsHistory, now: float) -> Reading:
    """Judge the last minute; while no chart is in sight, the newest one that was."""
    newest = percentile(present.counts.get("screen_ms", {}), 0.99)
    p99 = percentile(minute.counts.get("screen_ms", {}), 0.99)
    if p99 is None:
        earlier = history.bands[DAY].series("screen_ms.p99", now)
        p99 = next((value for value in reversed(earlier) if value is not None), None)
    limits = grades.SCREEN_P99_MS
    return _reading(limits.grade(p99), Trouble.SLOW_SCREEN, p99, now=limits.grade(newest))


def _agreement(sample: FeedSample) -> Reading:
    streams = sample.streams
    values = float(streams.wanted), float(streams.sent), float(streams.live + streams.quiet)
    if not streams.wanted or sample.connection is not ConnectionState.CONNECTED:
        return Reading(Grade.NONE, values)
    if sample.differing_for_s > grades.DIFFERENCE_S or sample.listing_agreed is False:
        return Reading(Grade.BAD, values, Trouble.DIFFERS)
    if streams.stalled:
        return Reading(Grade.WARN, values, Trouble.STREAM_STALLED)
    return Reading(Grade.GOOD, values)


def _websocket_share(minute: Bin, present: Bin) -> Reading:
    share, newest = (_carried(part) for part in (minute, present))
    limits = grades.WEBSOCKET_SHARE
    return _reading(limits.grade(share), Trouble.ON_REST, share, now=limits.grade(newest))


def _carried(measured: Bin) -> float | None:
    by_socket = measured.sums.get("ways.websocket", 0.0)
    return _share(by_socket, by_socket + measured.sums.get("ways.other", 0.0))


def _reconnects(minute: Bin, history: MetricsHistory, now: float) -> Reading:
    """Judge the last hour; a connection that held for a minute breaks no more."""
    by_bin = history.bands[DAY].series("reconnects", now)[-_HOUR_BINS:]
    known = [value for value in by_bin if value is not None]
    count = sum(known) if known else None
    limits = grades.RECONNECTS_PER_H
    lately = limits.grade(minute.sums.get("reconnects", 0.0) * 60.0)
    return _reading(limits.grade(count), Trouble.RECONNECTING, count, now=lately)


def _gaps(sample: FeedSample, history: MetricsHistory) -> Reading:
    names = ("gaps_found", "gaps_filled", "gaps_unfillable")
    day = history.bands[DAY].total(names, sample.at)
    values = day["gaps_found"], day["gaps_filled"], day["gaps_unfillable"], float(sample.gaps.open)
    if day["gaps_unfillable"]:
        return Reading(Grade.BAD, values, Trouble.UNFILLABLE)
    return _reading(Grade.WARN if sample.gaps.open else Grade.GOOD, Trouble.FILLING, *values)


def _rest_budget(sample: FeedSample, minute: Bin) -> Reading:
    use = minute.greatest.get("rest_use")
    refused = minute.sums.get("refused", 0.0)
    values = use, refused, sample.banned_for_s
    if sample.banned_for_s > 0:
        return Reading(Grade.BAD, values, Trouble.BANNED)
    if refused:
        return Reading(Grade.BAD, values, Trouble.REFUSED)
    return _reading(min(Grade.WARN, grades.BUDGET.grade(use)), Trouble.BUDGET, *values)


def _message_budget(sample: FeedSample) -> Reading:
    use = sample.messages
    share = max(use.used_second / use.per_second, use.used_minute / use.per_minute)
    return _reading(grades.BUDGET.grade(share), Trouble.BUDGET, share)


def _prediction(sample: FeedSample) -> Reading:
    guesses = sample.guesses
    values = guesses.recent_rate, guesses.saved_ms
    if guesses.is_off:
        return Reading(Grade.BAD, values, Trouble.POOR_GUESSES)
    if guesses.judged < _ENOUGH_GUESSES:
        return Reading(Grade.NONE, values)
    return _reading(grades.PREDICTION.grade(guesses.recent_rate), Trouble.POOR_GUESSES, *values)


def _memory(history: MetricsHistory, now: float) -> Reading:
    """Judge growth an hour, once the first twenty minutes are over."""
    known = [v for v in history.bands[DAY].series("resident_mb", now) if v is not None]
    minute = history.bands[TEN_MINUTES].series("resident_mb", now)
    newest = next((value for value in reversed(minute) if value is not None), None)
    if len(known) <= _SETTLED_BINS or newest is None:
        return Reading(Grade.NONE, (newest, None))
    earlier = known[1:][-_HOUR_BINS - 1 :]
    hours = (len(earlier) - 1) * DAY[0] / 3600.0
    growth = (newest / earlier[0] - 1.0) / hours if hours else None
    return _reading(grades.GROWTH_PER_H.grade(growth), Trouble.GROWING, newest, growth)


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None
