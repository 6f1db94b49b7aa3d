"""What the eight tiles and the summary line of the metrics screen say."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.application import metrics_grades as grades
from upbit_auto_trading.application.metrics_grades import Grade, Metric
from upbit_auto_trading.domain.subscription import StreamState
from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens import metrics_words as words
from upbit_auto_trading.presentation.widgets.metrics_tile import TileLook

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from upbit_auto_trading.application.metrics_reading import Reading, Readings

TILES: Final = (
    Metric.SWAP,
    Metric.OWN_SHARE,
    Metric.SUCCESS,
    Metric.FRESHNESS,
    Metric.EXCHANGE_DELAY,
    Metric.SCREEN_DELAY,
    Metric.AGREEMENT,
    Metric.WEBSOCKET_SHARE,
)
SPARKS: Final = {
    Metric.SWAP: "swap_ms.p95",
    Metric.OWN_SHARE: "own_ms.p99",
    Metric.FRESHNESS: "oldest_s",
    Metric.EXCHANGE_DELAY: "latency_ms.p99",
    Metric.SCREEN_DELAY: "screen_ms.p99",
}
"""The figure of the last minute that a tile's line shows."""


def tile(
    metric: Metric,
    readings: Readings,
    name_of: Callable[[str], str],
    spark: Sequence[float | None],
) -> TileLook:
    """One tile."""
    reading = readings.by_metric[metric]
    label, value, detail, explanation = _TEXTS[metric](reading, readings, name_of)
    state = words.STATES[reading.grade]
    return TileLook(label, value, detail, state, tuple(spark), explanation)


def _swap(reading: Reading, readings: Readings, name_of: Callable[[str], str]) -> tuple[str, ...]:
    del name_of
    p50, p95, average = reading.values
    rtt = readings.sample.rtt_ms
    return (
        _("Subscription swap p95"),
        words.milliseconds(p95),
        _("average of the last 10: {ms}").format(ms=words.milliseconds(average)),
        _("From the request to the first value of what was added. Half within {target}.").format(
            target=words.milliseconds(grades.swap_target_ms(rtt))
        )
        + f" p50 {words.milliseconds(p50)}",
    )


def _own(reading: Reading, readings: Readings, name_of: Callable[[str], str]) -> tuple[str, ...]:
    del readings, name_of
    return (
        _("Our share p99"),
        words.milliseconds(reading.values[0]),
        _("target: at most {ms}").format(ms=words.milliseconds(grades.OWN_SHARE_MS.good)),
        _("How long a change waits inside the program before its request leaves."),
    )


def _success(
    reading: Reading, readings: Readings, name_of: Callable[[str], str]
) -> tuple[str, ...]:
    del readings, name_of
    recent, day, missed = reading.values
    detail = _("24 h {share} · missed {n:,.0f}").format(share=words.share(day), n=missed or 0)
    return (
        _("In time"),
        words.share(recent),
        detail,
        _(
            "The last minute: of every second of every stream, and of every value asked for, how "
            "many had a fresh value within the limit."
        ),
    )


def _freshness(
    reading: Reading, readings: Readings, name_of: Callable[[str], str]
) -> tuple[str, ...]:
    age, usual, limit = reading.values
    oldest = readings.sample.oldest
    explanation = _("The stream that is overdue most, of those that charts and triggers rely on.")
    if oldest is None:
        return _("Oldest value"), formatting.NOTHING, _("nothing is subscribed"), explanation
    what = f"{name_of(oldest.stream.market)} {words.kind(oldest.stream.channel)}"
    if usual is not None and limit is not None:
        bound = _("usually {s}").format(s=words.seconds(usual))
        if reading.grade is Grade.BAD:
            bound = _("limit {s}").format(s=words.seconds(limit))
        what = f"{what} · {bound}"
    stalled = readings.sample.streams.stalled
    if stalled and oldest.state is not StreamState.STALLED:
        # None of those that are relied on: their ages are no reason for the tile's red.
        what = f"{name_of(oldest.stream.market)} {words.kind(oldest.stream.channel)}"
        detail = f"{what} {words.seconds(age)}"
        return _("Oldest value"), _("{n} stopped").format(n=stalled), detail, explanation
    return _("Oldest value"), words.seconds(age), what, explanation


def _exchange(
    reading: Reading, readings: Readings, name_of: Callable[[str], str]
) -> tuple[str, ...]:
    del name_of
    p50, p99 = reading.values
    offset = readings.sample.clock_offset_ms
    is_live = bool(readings.sample.streams.live)
    detail = _("nothing measured yet") if is_live else _("no new messages")
    if p50 is not None:
        detail = (
            _("clocks agree")
            if offset is None or abs(offset) < 1
            else _("clock corrected by {ms:+.0f} ms").format(ms=offset)
        )
    value = f"{words.milliseconds(p50, unit=False)} / {words.milliseconds(p99)}"
    return (
        _("Exchange → app p50 / p99"),
        value,
        detail,
        _("From the exchange's time in a message to its arrival, the last minute."),
    )


def _screen(reading: Reading, readings: Readings, name_of: Callable[[str], str]) -> tuple[str, ...]:
    del readings, name_of
    return (
        _("App → screen p99"),
        words.milliseconds(reading.values[0]),
        _("target: at most {ms}").format(ms=words.milliseconds(grades.SCREEN_P99_MS.good)),
        _("From a value's arrival to the painting that shows it, the last minute."),
    )


def _agreement(
    reading: Reading, readings: Readings, name_of: Callable[[str], str]
) -> tuple[str, ...]:
    del name_of
    wanted, sent, live = (value or 0 for value in reading.values)
    sample = readings.sample
    if sample.differing_for_s > grades.DIFFERENCE_S:
        detail = _("different for {s}").format(s=words.seconds(sample.differing_for_s))
    elif sample.streams.stalled:
        detail = _("the list agrees, but data has stopped")
    elif sample.listed_at is not None:
        moment = formatting.clock(datetime.fromtimestamp(sample.listed_at, UTC))
        detail = _("asked the exchange at {time}").format(time=moment)
    else:
        detail = _("live {n:.0f}").format(n=live)
    return (
        _("Wanted = sent"),
        f"{wanted:,.0f} / {sent:,.0f}",
        detail,
        _("What is wanted, what the exchange was asked for, and what it delivers."),
    )


def _websocket(
    reading: Reading, readings: Readings, name_of: Callable[[str], str]
) -> tuple[str, ...]:
    del readings, name_of
    value = reading.values[0]
    rest = None if value is None else 1.0 - value
    return (
        _("Share of WS"),
        words.share(value),
        _("REST and caches {share}").format(share=words.share(rest)),
        _("How much of the data the socket carries, the last minute."),
    )


_TEXTS: Final = {
    Metric.SWAP: _swap,
    Metric.OWN_SHARE: _own,
    Metric.SUCCESS: _success,
    Metric.FRESHNESS: _freshness,
    Metric.EXCHANGE_DELAY: _exchange,
    Metric.SCREEN_DELAY: _screen,
    Metric.AGREEMENT: _agreement,
    Metric.WEBSOCKET_SHARE: _websocket,
}
