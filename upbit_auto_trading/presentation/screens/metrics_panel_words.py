"""The panels of the metrics screen: heat map, budgets, day's strips, causes, guesses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from upbit_auto_trading.application import metrics_grades as grades
from upbit_auto_trading.application.metrics_grades import Grade, Metric
from upbit_auto_trading.domain.market import base_of
from upbit_auto_trading.domain.subscription import StreamState
from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens import metrics_words as words
from upbit_auto_trading.presentation.viewmodels.metrics_overview import freshest_columns
from upbit_auto_trading.presentation.widgets.data_table import Cell, Row
from upbit_auto_trading.presentation.widgets.gauge import GaugeLook
from upbit_auto_trading.presentation.widgets.heat_map import HeatCell, HeatLook
from upbit_auto_trading.presentation.widgets.metrics_causes import CauseLook
from upbit_auto_trading.presentation.widgets.timeline_strip import StripLook

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from upbit_auto_trading.application.metrics_history import Band
    from upbit_auto_trading.application.metrics_reading import Readings
    from upbit_auto_trading.domain.feed_sample import FeedSample, GuessedMarket
    from upbit_auto_trading.presentation.viewmodels.metrics_overview import StreamView

_GROUNDS: Final = {
    Grade.NONE: "bg3",
    Grade.GOOD: "heat-good-1",
    Grade.WARN: "heat-warn",
    Grade.BAD: "heat-bad",
}
_JUST_NOW_S: Final = 1.0


def heat(views: Sequence[StreamView], columns: int, name_of: Callable[[str], str]) -> HeatLook:
    """Ages by channel and market."""
    channels, markets, streams = freshest_columns(views, columns)
    return HeatLook(
        [words.kind(channel) for channel in channels],
        [base_of(market) for market in markets],
        {place: _heat_cell(view, name_of) for place, view in streams.items()},
    )


def _heat_cell(view: StreamView, name_of: Callable[[str], str]) -> HeatCell:
    age = view.row.age
    is_quiet = age.state is StreamState.QUIET
    text = formatting.NOTHING
    if is_quiet:
        text = _("quiet")
    elif age.age_s is not None:
        text = f"{age.age_s:.1f}" if age.age_s < 100 else f"{age.age_s:.0f}"
        text += "!" if view.grade is Grade.BAD else ""
    ground = _GROUNDS[view.grade]
    if view.grade is Grade.GOOD and not is_quiet and (age.age_s or 0.0) <= _JUST_NOW_S:
        ground = "heat-good-2"
    stream = view.row.stream
    said = f"{name_of(stream.market)} {words.kind(stream.channel)}: {words.seconds(age.age_s)}"
    state, _ink = words.state(view)
    return HeatCell(text, ground, view.grade >= Grade.WARN, f"{said} · {state}")


def budgets(sample: FeedSample) -> list[GaugeLook]:
    """Upbit's limits and how much of them is used."""
    second, minute = _("per s"), _("per min")
    looks = [
        _gauge(words.rest_group(one.group), one.used, one.limit, second) for one in sample.budgets
    ]
    use = sample.messages
    looks.append(_gauge(_("WS messages"), use.used_second, use.per_second, second))
    looks.append(_gauge(_("WS messages"), use.used_minute, use.per_minute, minute))
    refused = sum(one.refused for one in sample.budgets)
    if sample.banned_for_s > 0:
        left = words.seconds(sample.banned_for_s)
        looks.append(GaugeLook(_("Block"), _("{left} left").format(left=left), value_ink="bad"))
    else:
        ink = "warn" if refused else "good"
        detail = _("429: {n}").format(n=refused)
        looks.append(GaugeLook(_("Block"), _("none"), detail, value_ink=ink))
    return looks


def _gauge(label: str, used: int, limit: int, unit: str) -> GaugeLook:
    share = used / limit if limit else 0.0
    ink = words.STATES[grades.BUDGET.grade(share)]
    value_ink = "text-1" if ink == "good" else ink
    return GaugeLook(label, f"{used}/{limit}", unit, share, ink, value_ink)


def strips(day: Band, readings: Readings) -> list[StripLook]:
    """The last day in boxes of ten minutes."""
    now = readings.sample.at
    fresh, judged = day.series("fresh", now), day.series("judged", now)
    success = [
        None if not whole else (part or 0.0) / whole
        for part, whole in zip(fresh, judged, strict=True)
    ]
    differs = day.series("differs", now)
    reconnects = day.series("reconnects", now)
    whole_day = readings.by_metric[Metric.SUCCESS].values[1]
    agreed = [None if value is None else 1.0 - value for value in differs]
    known = [value for value in agreed if value is not None]
    breaks = sum(value for value in reconnects if value is not None)
    return [
        StripLook(
            _("In time"),
            ["" if v is None else words.STATES[grades.SUCCESS.grade(v)] for v in success],
            words.share(whole_day),
        ),
        StripLook(
            _("Wanted = sent"),
            ["" if v is None else "good" if v else "bad" for v in agreed],
            words.share(sum(known) / len(known) if known else None),
        ),
        StripLook(
            _("Reconnects"),
            [
                "" if v is None else "good" if not v else "warn" if v < 10 else "bad"
                for v in reconnects
            ],
            _("{n:.0f} times").format(n=breaks),
        ),
    ]


def day_note(readings: Readings) -> str:
    """Gaps of the last day."""
    found, filled, lost, now_open = readings.by_metric[Metric.GAPS].values
    text = _("gaps {found:.0f} · filled {filled:.0f} · unfillable {lost:.0f}").format(
        found=found or 0, filled=filled or 0, lost=lost or 0
    )
    if now_open:
        text = _("{text} · open {n:.0f}").format(text=text, n=now_open)
    return text


def cause(code: str) -> str:
    """Why REST or a cache had to answer."""
    return {
        "no_data_in_time": _("Not in time"),
        "not_connected": _("Not connected"),
        "stalled": _("Stalled"),
        "quarantined": _("Unreadable data"),
        "rest_rate_limited": _("REST limit"),
        "rest_banned": _("REST blocked"),
        "rest_server_error": _("Exchange's error"),
        "rest_no_data_in_time": _("REST not in time"),
        "rest_not_connected": _("REST not reached"),
        "rest_bad_data": _("REST unreadable"),
        "rest_not_upbit": _("Not Upbit's answer"),
        "not_sent_yet": _("Not subscribed yet"),
    }.get(code, code)


def causes(counts: Mapping[str, int]) -> list[CauseLook]:
    """Fallbacks by cause; the usual causes stand there with 0 as well."""
    usual = ("no_data_in_time", "stalled", "not_connected", "quarantined", "rest_rate_limited")
    order = sorted({*usual, *counts}, key=lambda code: (-counts.get(code, 0), code))
    return [
        CauseLook(
            cause(code),
            counts.get(code, 0),
            f"{counts.get(code, 0):,}",
            ink="good" if counts.get(code, 0) < 100 else "bad",
        )
        for code in order
    ]


def degradations(counts: Mapping[str, int]) -> list[CauseLook]:
    """What went wrong and was acted on, since the start."""
    found = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return [CauseLook(degradation(code), n, f"{n:,}", ink="warn") for code, n in found]


def degradation(code: str) -> str:
    """A degradation the feed noticed."""
    return {
        "streams_stalled": _("Streams stopped"),
        "streams_missed": _("Missed something"),
        "streams_unanswered": _("Never began"),
        "request_unanswered": _("Request unanswered"),
        "subscription_differs": _("Other subscription"),
        "connection_closed_by_server": _("Closed by the exchange"),
        "connection_reset": _("Connection reset"),
        "connection_pong_missing": _("No pong"),
        "connection_clock_jump": _("Computer slept"),
        "connection_frame_too_large": _("Message too large"),
        "connection_dns": _("No address found"),
        "connection_refused": _("Connection refused"),
        "connection_timeout": _("No answer in time"),
        "connection_certificate_expired": _("Certificate expired"),
        "connection_certificate_wrong_host": _("Certificate of another"),
        "connection_certificate_untrusted": _("Certificate untrusted"),
        "connection_tls": _("No secure connection"),
        "connection_rate_limited": _("Too many connections"),
        "connection_banned": _("Blocked"),
        "connection_forbidden": _("Forbidden"),
        "connection_server_error": _("Exchange's error"),
        "connection_not_upbit": _("Not Upbit's answer"),
        "connection_bad_address": _("Wrong address"),
        "connection_unreachable": _("Network unreachable"),
        "streams_isolated": _("Rejected streams"),
        "stream_mistimed": _("Impossible times"),
        "channel_quarantined": _("Unreadable data"),
        "connection_data_stalled": _("Renewed: data stopped"),
        "connection_replaced": _("Renewed on purpose"),
    }.get(code, code.removeprefix("connection_").replace("_", " "))


def decisions(counts: Mapping[str, int]) -> list[CauseLook]:
    """The ways requests took, with the selector's reason."""
    found = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    looks = []
    for code, n in found:
        way, _colon, reason = code.partition(":")
        badge, ink = words.way(way)
        is_usual = ink.startswith("text") or reason in ("only_rest_has_it", "not_held")
        looks.append(
            CauseLook(
                f"{badge} · {words.reason(reason)}", n, f"{n:,}", ink="entry" if is_usual else ink
            )
        )
    return looks


def guesses(
    rows: Sequence[GuessedMarket], *, is_off: bool, name_of: Callable[[str], str]
) -> list[Row]:
    """Markets subscribed ahead, with what came of it."""
    return [_guess_row(one, is_off=is_off, name_of=name_of) for one in rows]


def _guess_row(one: GuessedMarket, *, is_off: bool, name_of: Callable[[str], str]) -> Row:
    rate = one.hits / one.guesses if one.guesses else None
    ink = "text-3" if rate is None else words.STATES[grades.PREDICTION.grade(rate)]
    if one.rank is not None:
        state, state_ink = _("held"), "good"
    elif is_off:
        state, state_ink = _("guessing is off"), "text-3"
    else:
        state, state_ink = _("let go"), "text-3"
    return Row(
        one.market,
        [
            Cell(name_of(one.market), font="control-strong"),
            Cell(formatting.NOTHING if one.rank is None else f"{one.rank}"),
            Cell(words.share(rate), ink, "control-strong"),
            Cell(f"{one.hits}/{one.guesses}", "text-2"),
            Cell(words.milliseconds(one.saved_ms) if one.hits else formatting.NOTHING, "text-2"),
            Cell(state, state_ink),
        ],
    )
