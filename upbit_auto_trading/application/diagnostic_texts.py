"""Names and units of what bundles and exports hold, and the text that explains a bundle."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Final

from upbit_auto_trading.application.metrics_grades import Metric

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from upbit_auto_trading.application.metrics_reading import Reading, Readings

_KST: Final = timezone(timedelta(hours=9))
FIGURES: Final = {
    "received": "messages",
    "delivered": "messages",
    "malformed": "messages",
    "latency_ms.p50": "ms",
    "latency_ms.p99": "ms",
    "screen_ms.p99": "ms",
    "loop_lag_ms.p99": "ms",
    "swap_ms.p50": "ms",
    "swap_ms.p95": "ms",
    "own_ms.p99": "ms",
    "fresh": "stream-seconds and answers",
    "judged": "stream-seconds and answers",
    "oldest_s": "s",
    "reconnects": "times",
    "gaps_found": "gaps",
    "gaps_filled": "gaps",
    "gaps_unfillable": "gaps",
    "refused": "answers 429",
    "banned": "s left",
    "differs": "0 or 1",
    "down": "0 or 1",
    "resident_mb": "MB",
    "cpu_share": "of one core",
    "threads": "count",
    "sockets": "count",
}
"""What a history holds, with the unit of each figure."""
VALUES: Final = {
    Metric.CONNECTION: ("rtt_ms",),
    Metric.SWAP: ("p50_ms", "p95_ms", "average_of_last_10_ms"),
    Metric.OWN_SHARE: ("p99_ms",),
    Metric.SUCCESS: ("share_last_minute", "share_last_day", "missed_last_day"),
    Metric.FRESHNESS: ("oldest_age_s", "usual_age_s", "limit_s"),
    Metric.EXCHANGE_DELAY: ("p50_ms", "p99_ms"),
    Metric.SCREEN_DELAY: ("p99_ms",),
    Metric.AGREEMENT: ("streams_wanted", "streams_sent", "streams_live_or_quiet"),
    Metric.WEBSOCKET_SHARE: ("share_last_minute",),
    Metric.RECONNECTS: ("times_last_hour",),
    Metric.GAPS: ("found_last_day", "filled_last_day", "unfillable_last_day", "open_now"),
    Metric.REST_BUDGET: ("greatest_share_used", "refused_last_minute", "banned_for_s"),
    Metric.MESSAGE_BUDGET: ("share_used",),
    Metric.PREDICTION: ("hit_share", "saved_ms"),
    Metric.LOOP_LAG: ("p99_ms",),
    Metric.MEMORY: ("resident_mb", "growth_per_hour"),
}
"""What the figures of a reading are, in their order; shares are 0 to 1."""
_FILES: Final = """\
readings.json    every metric as the screen judged it: grade, figures with their units, trouble
metrics.json     counters and distributions since the start
history.json     the last minute in seconds, ten minutes in steps of 10 s, day in steps of 10 min;
                 oldest first, null where nothing was measured; `units` says what each figure is
streams.json     every stream held: who holds it, its state, its age
events.json      what happened to the connection and the subscription; `at` is epoch seconds, UTC
diagnosis.json   name, TCP and TLS of the exchange's addresses, tried anew for this file
settings.json    language, look and market; no other setting is told
versions.json    the program, Python, the system, the libraries
log.txt          the newest lines of the log; logs/ has the ends of its files; times are UTC

Keys, tokens and addresses of alerts are taken out of every text. Prices and orders aren't in here.
"""


def readme(now: datetime, endpoint: str, version: str, readings: Readings | None) -> str:
    """Explain a bundle to somebody who has never seen one, what is wrong first."""
    kst = now.astimezone(_KST)
    lines = [
        f"Diagnostics of Upbit Auto Trading {version}, connected to: {endpoint}",
        f"Saved {now.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC ({kst:%H:%M:%S} KST)",
        "",
        *_verdict(readings),
        "",
        _FILES,
    ]
    return "\n".join(lines)


def _verdict(readings: Readings | None) -> Iterable[str]:
    if readings is None:
        return ["Nothing had been measured yet."]
    if not readings.troubles:
        return ["Nothing was wrong: every metric that was measured is good."]
    over = readings.over
    return [
        "What was wrong, the gravest first:",
        *(
            f"  {grade.name.lower():4}  {trouble.value} (seen in {metric.value}: "
            f"{_listed(values_of(metric, readings.by_metric[metric]))})"
            + (" - is over, still within the figure" if trouble in over else "")
            for trouble, metric, grade in readings.troubles
        ),
    ]


def _listed(values: Mapping[str, float | None]) -> str:
    known = [f"{name} {value:.4g}" for name, value in values.items() if value is not None]
    return ", ".join(known) or "nothing measured"


def values_of(metric: Metric, reading: Reading) -> dict[str, float | None]:
    """The figures of a reading by name."""
    return dict(zip(VALUES[metric], reading.values, strict=False))


def as_json(document: Any) -> str:
    """Return JSON to be read by people: a list of plain values stays on one line."""
    return json.dumps(document, ensure_ascii=False, indent=1, default=_plain)


def history_json(history: Mapping[str, Any]) -> str:
    """Return a history as JSON, a line a figure."""
    bands = []
    for name, band in history.items():
        rows = ",\n".join(
            f"   {json.dumps(figure)}: {json.dumps(values)}"
            for figure, values in band["figures"].items()
        )
        bands.append(f'  "{name}": {{"step_s": {band["step_s"]}, "figures": {{\n{rows}}}}}')
    return '{"units": ' + json.dumps(FIGURES) + ',\n "bands": {\n' + ",\n".join(bands) + "}}"


def rows_json(rows: Iterable[Any]) -> str:
    """Return a list as JSON, a line an entry."""
    lines = (json.dumps(row, ensure_ascii=False, default=_plain) for row in rows)
    return "[\n" + ",\n".join(lines) + "\n]"


def _plain(value: Any) -> Any:
    return sorted(map(str, value)) if isinstance(value, set | frozenset) else str(value)
