"""The plots of the metrics screen: which figures they draw, against which targets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from upbit_auto_trading.application import metrics_grades as grades
from upbit_auto_trading.domain.subscription import SwapKind
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens import metrics_words as words
from upbit_auto_trading.presentation.viewmodels.metrics_overview import Span
from upbit_auto_trading.presentation.widgets.metrics_plot import Line, PlotLook, round_top

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upbit_auto_trading.domain.subscription import SwapRecord
    from upbit_auto_trading.presentation.viewmodels.metrics_overview import MetricsOverview

_BINS: Final = 28
KIND_INKS: Final = {
    SwapKind.SMART: "entry",
    SwapKind.FULL: "acc",
    SwapKind.RECONNECT: "warn",
}
CACHE_INKS: Final = (
    ("live", "good"),
    ("fresh", "entry"),
    ("disk", "management"),
    ("transition", "scale-in"),
    ("stand_in", "warn"),
    ("miss", "line2"),
)
GAP_INKS: Final = (
    ("gaps_filled", "good"),
    ("gaps_unfillable", "bad"),
)


def span_word(span: Span) -> str:
    """A range, as its button says it."""
    return {
        Span.MINUTE: _("60 s"),
        Span.TEN_MINUTES: _("10 min"),
        Span.DAY: _("24 h"),
    }[span]


def cache_word(level: str) -> str:
    """A level of the caches."""
    return {
        "live": _("Live"),
        "fresh": _("Just asked"),
        "disk": _("On disk"),
        "transition": _("Interim"),
        "stand_in": _("Stand-in"),
        "miss": _("REST"),
    }[level]


def _labels(span: Span) -> list[tuple[float, str]]:
    texts = {
        Span.MINUTE: ["−60", "−45", "−30", "−15"],
        Span.TEN_MINUTES: ["−10", "−7.5", "−5", "−2.5"],
        Span.DAY: ["−24", "−18", "−12", "−6"],
    }[span]
    unit = {
        Span.MINUTE: _("{n} s"),
        Span.TEN_MINUTES: _("{n} min"),
        Span.DAY: _("{n} h"),
    }[span]
    first = unit.format(n=texts[0])
    return [
        (0.0, first),
        *((place / 4, text) for place, text in enumerate(texts[1:], 1)),
        (1.0, _("now")),
    ]


def shaded(overview: MetricsOverview) -> list[tuple[float, float]]:
    """Stretches without connection, with stopped data or with another subscription."""
    series = [overview.series(name) for name in ("down", "stalled", "differs")]
    bad = [any(values) for values in zip(*series, strict=True)]
    count, found, begin = len(bad), [], None
    for place, is_bad in enumerate([*bad, False]):
        if is_bad and begin is None:
            begin = place
        elif not is_bad and begin is not None:
            found.append((max(0.0, (begin - 0.5) / (count - 1)), min(1.0, place / (count - 1))))
            begin = None
    return found


def lines(
    overview: MetricsOverview,
    figures: Sequence[tuple[str, str]],
    *,
    target: float | None = None,
    target_text: str = "",
    least_top: float = 10.0,
    scale: float = 1.0,
    suffix: str = "",
) -> PlotLook:
    """Lines of figures (name, ink) over the range, times `scale`."""
    drawn = [
        Line(ink, [None if v is None else v * scale for v in overview.series(name)])
        for name, ink in figures
    ]
    return PlotLook(
        lines=drawn,
        labels=_labels(overview.span),
        target=target,
        target_text=target_text,
        shaded=shaded(overview),
        least_top=least_top,
        suffix=suffix,
        empty=_("Nothing measured in this time"),
    )


def exchange_delay(overview: MetricsOverview) -> PlotLook:
    """From the exchange to the program."""
    target = grades.EXCHANGE_P99_MS.good
    return lines(
        overview,
        (("latency_ms.p50", "entry"), ("latency_ms.p99", "acc")),
        target=target,
        target_text=_("p99 target {ms:.0f}").format(ms=target),
        least_top=100.0,
    )


def screen_delay(overview: MetricsOverview) -> PlotLook:
    """From the program to the screen."""
    target = grades.SCREEN_P99_MS.good
    return lines(
        overview,
        (("screen_ms.p50", "entry"), ("screen_ms.p99", "acc")),
        target=target,
        target_text=_("p99 target {ms:.0f}").format(ms=target),
        least_top=60.0,
    )


def loop_lag(overview: MetricsOverview) -> PlotLook:
    """How late the program's loop is."""
    target = grades.LOOP_LAG_MS.good
    return lines(
        overview,
        (("loop_lag_ms.p99", "acc"),),
        target=target,
        target_text=_("p99 target {ms:.0f}").format(ms=target),
        least_top=20.0,
    )


def swap_times(overview: MetricsOverview, rtt_ms: float | None) -> PlotLook:
    """Changes of subscription one by one in time, by kind; the bar's height is the duration."""
    now, span = overview.now, overview.span_s
    bars: list[list[tuple[float, str]]] = [[] for _ in range(60)]
    for record in overview.service.swaps_since(now - span):
        place = int((record.requested_at - (now - span)) / span * 60)
        if record.first_ms is not None and 0 <= place < 60:
            height, ink = record.first_ms, KIND_INKS.get(record.kind, "text-3")
            if not bars[place] or height > bars[place][0][0]:
                bars[place] = [(height, ink)]
    target = grades.swap_target_ms(rtt_ms)
    return PlotLook(
        bars=bars,
        labels=_labels(overview.span),
        target=target,
        target_text=_("target {ms:,.0f}").format(ms=target),
        shaded=shaded(overview),
        least_top=max(20.0, target * 1.4),
        empty=_("No market was switched in this time"),
    )


def swap_histogram(records: Sequence[SwapRecord], rtt_ms: float | None) -> PlotLook:
    """How long changes took, as a distribution; the last bar holds everything longer."""
    durations = [record.first_ms for record in records if record.first_ms is not None]
    target, bearable = grades.swap_target_ms(rtt_ms), grades.swap_bearable_ms(rtt_ms)
    longest = max(durations, default=0.0)
    usual = sorted(durations)[int(0.95 * (len(durations) - 1))] if durations else 0.0
    top = round_top(max(2.0 * target, 1.25 * usual, min(longest, 4.0 * bearable), 20.0))
    counts = [0] * _BINS
    for duration in durations:
        counts[min(_BINS - 1, int(duration / top * _BINS))] += 1
    bars = []
    for place, count in enumerate(counts):
        middle = (place + 0.5) * top / _BINS
        worst = grades.SWAP_WORST_MS
        grade = "good" if middle <= target else "warn" if middle <= worst else "bad"
        bars.append([(float(count), grade)])
    return PlotLook(
        bars=bars,
        labels=[
            (0.0, "0"),
            *((n / 4, f"{top * n / 4:,.0f}") for n in (1, 2)),
            (1.0, _("{ms:,.0f} ms and more").format(ms=top)),
        ],
        mark=(min(1.0, target / top), _("target {ms:,.0f}").format(ms=target)),
        least_top=4.0,
        empty=_("No market was switched yet"),
    )


def swap_note(records: Sequence[SwapRecord]) -> str:
    """How many changes are drawn, how many kept the channels, how many brought nothing."""
    drawn = [record for record in records if record.first_ms is not None]
    parts = []
    if drawn:
        smart = sum(record.kind is SwapKind.SMART for record in drawn)
        share = words.share(smart / len(drawn))
        parts.append(
            _("{n} times · {kind} {share}").format(n=len(drawn), kind=_("smart"), share=share)
        )
    silent = sum(record.first_ms is None and bool(record.added) for record in records)
    if silent:
        parts.append(_("{n} without a value").format(n=silent))
    return " · ".join(parts)


def caches(overview: MetricsOverview) -> PlotLook:
    """What answered requests, stacked to a whole."""
    levels = [(overview.series(f"cache.{level}"), ink) for level, ink in CACHE_INKS]
    bars = []
    for place in range(len(levels[0][0])):
        parts = [(values[place] or 0.0, ink) for values, ink in levels]
        total = sum(count for count, _ink in parts)
        bars.append([(100.0 * count / total, ink) for count, ink in parts] if total else [])
    return PlotLook(
        bars=bars,
        labels=_labels(overview.span),
        least_top=100.0,
        suffix="%",
        empty=_("No value was asked for in this time"),
    )


def reconnects_and_gaps(overview: MetricsOverview) -> PlotLook:
    """Reconnects, and the gaps that were found, filled and not to be filled."""
    reconnects = overview.series("reconnects")
    filled = overview.series("gaps_filled")
    lost = overview.series("gaps_unfillable")
    bars = [
        [(r or 0.0, "warn"), (f or 0.0, "good"), (u or 0.0, "bad")]
        for r, f, u in zip(reconnects, filled, lost, strict=True)
    ]
    return PlotLook(
        bars=bars,
        labels=_labels(overview.span),
        least_top=4.0,
        empty=_("No reconnect, no gap in this time"),
    )


def process(overview: MetricsOverview) -> PlotLook:
    """Processor and memory; memory in per cent of its highest value in the range."""
    memory = overview.series("resident_mb")
    highest = max((value for value in memory if value is not None), default=0.0)
    cpu = [None if v is None else 100.0 * v for v in overview.series("cpu_share")]
    grown = [None if v is None or not highest else 100.0 * v / highest for v in memory]
    return PlotLook(
        lines=[Line("acc", cpu), Line("entry", grown)],
        labels=_labels(overview.span),
        least_top=100.0,
        suffix="%",
        empty=_("Nothing measured in this time"),
    )
