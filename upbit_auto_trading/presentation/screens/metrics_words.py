"""What the metrics screen says of streams: kinds, holders, states, ways and their reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from upbit_auto_trading.application.metrics_grades import Grade
from upbit_auto_trading.domain.subscription import StreamState
from upbit_auto_trading.domain.timeframe import TIMEFRAMES
from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.widgets.metrics_streams import StreamLook

if TYPE_CHECKING:
    from collections.abc import Callable

    from upbit_auto_trading.domain.feed_sample import FeedSample, StreamRow
    from upbit_auto_trading.presentation.viewmodels.metrics_overview import StreamView

STATES: Final = {Grade.NONE: "off", Grade.GOOD: "good", Grade.WARN: "warn", Grade.BAD: "bad"}
_CANDLES: Final = {
    channel: timeframe
    for timeframe in TIMEFRAMES.values()
    if (channel := timeframe.websocket_channel) is not None
}


def grade_word(grade: Grade) -> str:
    """A grade in a word."""
    return {
        Grade.NONE: _("not measured yet"),
        Grade.GOOD: _("good"),
        Grade.WARN: _("watch"),
        Grade.BAD: _("bad"),
    }[grade]


def rest_group(group: str) -> str:
    """A group of requests that Upbit limits together."""
    names = {
        "market": _("REST markets"),
        "ticker": _("REST prices"),
        "candles": _("REST candles"),
        "orderbook": _("REST books"),
        "crix-trades": _("REST trades"),
    }
    return names.get(group, group)


def kind(channel: str) -> str:
    """A channel in the user's words: `체결`, `캔들 1분`."""
    timeframe = _CANDLES.get(channel)
    if timeframe is not None:
        return _("Candle {length}").format(length=formatting.timeframe_name(timeframe))
    return {"ticker": _("Price"), "trade": _("Trades"), "orderbook": _("Order book")}[channel]


def holder(name: str) -> str:
    """Who holds a stream; a name of its own follows in quotes."""
    what, _colon, own = name.partition(":")
    word = {
        "chart": _("Chart"),
        "watchlist": _("Market list"),
        "trigger": _("Trigger"),
        "prediction": _("Prediction"),
        "account": _("Account"),
    }.get(what, _("Program"))
    return f"{word} “{own}”" if own else word


def reason(code: str) -> str:
    """Why the channel selector would take its way now."""
    return {
        "only_rest_has_it": _("Only REST has it"),
        "live": _("Live, and the fastest"),
        "asked_just_now": _("Asked a moment ago"),
        "subscription_changing": _("Being subscribed: earlier value, not for trading"),
        "first_frame_due": _("Waiting for the first value"),
        "rest_blocked": _("REST is blocked: earlier value"),
        "quarantined": _("WS data can't be read: REST instead"),
        "stalled": _("WS has stalled: REST instead"),
        "not_connected": _("No connection: REST instead"),
        "not_sent_yet": _("About to be subscribed: REST until then"),
        "not_held": _("Nobody has it subscribed"),
    }.get(code, code)


def way(code: str) -> tuple[str, str]:
    """Where a value would come from now: a badge and its token."""
    return {
        "live": ("WS", "good"),
        "wait": ("WS", "text-2"),
        "rest": ("REST", "warn"),
        "cache": (_("Cache"), "text-2"),
        "transition": (_("Interim"), "text-2"),
    }[code]


def state(view: StreamView) -> tuple[str, str]:
    """How far a stream is, in a word and its token."""
    row = view.row
    if row.age.state is StreamState.LIVE:
        if view.grade >= Grade.WARN:
            return _("Late"), STATES[view.grade]
        if not row.is_complete:
            return _("Filling"), "warn"
        if row.received <= 1:
            return _("Snapshot"), "text-2"
        return _("Live"), "text-2"
    return {
        StreamState.HELD: (_("Waiting"), "text-3"),
        StreamState.SENT: (_("Requested"), "warn"),
        StreamState.QUIET: (_("Quiet"), "text-2"),
        StreamState.STALLED: (_("Stalled"), "bad"),
        StreamState.DOWN: (_("Cut off"), "bad"),
    }[row.age.state]


def stream_look(
    view: StreamView, taken: tuple[str, str], name_of: Callable[[str], str]
) -> StreamLook:
    """One row of the table; `taken` is the way a value would take now, and its reason."""
    row, age = view.row, view.row.age
    word, ink = state(view)
    way_code, reason_code = taken
    badge, badge_ink = way(way_code)
    is_silent = age.state in (StreamState.STALLED, StreamState.DOWN)
    if age.state is StreamState.QUIET:
        why = _("Same as REST: a quiet market")
    elif is_silent and row.stream.channel == "trade" and way_code == "rest":
        why = _("REST fills the trades in; not judged until then")
    elif age.state is StreamState.LIVE and view.grade >= Grade.WARN and age.usual_s:
        why = _("Quieter than its {usual}; REST is asked after {limit}").format(
            usual=seconds(age.usual_s), limit=seconds(age.limit_s)
        )
    else:
        why = reason(reason_code)
    return StreamLook(
        texts=(
            name_of(row.stream.market),
            kind(row.stream.channel),
            " · ".join(holder(one) for one in row.holders),
            word,
            seconds(age.age_s),
            formatting.NOTHING if view.per_s is None else f"{view.per_s:,.1f}",
            formatting.NOTHING if view.swap_ms is None else milliseconds(view.swap_ms, unit=False),
            badge,
            why,
        ),
        dots=_dots(row, view.grade),
        state_ink=ink,
        age_ink=STATES[view.grade] if view.grade >= Grade.WARN else "text-1",
        is_stale=is_silent,
        source_ink="bad" if is_silent and way_code == "live" else badge_ink,
        ground={Grade.WARN: "warn-bg", Grade.BAD: "bad-bg"}.get(view.grade, "")
        if _stands_out(row)
        else "",
        explanation=_explained(row),
    )


def counts(sample: FeedSample) -> str:
    """The table's head: how many streams are how far."""
    streams = sample.streams
    text = _("wanted {wanted} → sent {sent} → live {live}").format(
        wanted=streams.wanted, sent=streams.sent, live=streams.live + streams.quiet
    )
    parts = [text]
    if streams.quiet:
        parts.append(_("quiet {n}").format(n=streams.quiet))
    if streams.stalled:
        parts.append(_("stalled {n}").format(n=streams.stalled))
    if streams.incomplete:
        parts.append(_("being filled {n}").format(n=streams.incomplete))
    parts.append(_("sockets {n}/2").format(n=sample.sockets))
    return " · ".join(parts)


def seconds(value: float | None) -> str:
    """A duration: `0.1초`, `18.4초`, `116초`, `12분`."""
    if value is None:
        return formatting.NOTHING
    if value < 99.95:
        return _("{n:.1f} s").format(n=max(0.0, value))
    if value < 600:
        return _("{n:.0f} s").format(n=value)
    if value < 7200:
        return _("{n:.0f} min").format(n=value / 60)
    return _("{n:.0f} h").format(n=value / 3600)


def milliseconds(value: float | None, *, unit: bool = True) -> str:
    """A duration in ms: `1.8 ms`, `212 ms`, `1,840 ms`."""
    if value is None:
        return formatting.NOTHING
    text = f"{value:.1f}" if value < 9.95 else f"{value:,.0f}"
    return f"{text} ms" if unit else text


def share(value: float | None) -> str:
    """A share in percent, with as many decimals as tell it from 100."""
    if value is None:
        return formatting.NOTHING
    percent = value * 100
    if percent >= 99.995 or percent == 0:
        return f"{percent:.0f} %"
    return f"{percent:.2f} %" if percent > 99 else f"{percent:.1f} %"


def _dots(row: StreamRow, grade: Grade) -> tuple[str, str, str]:
    wanted = "good" if row.is_wanted else "off"
    sent = "good" if row.is_sent else "off"
    if row.age.state in (StreamState.STALLED, StreamState.DOWN):
        return wanted, sent, "bad"
    if row.age.state is StreamState.SENT:
        return wanted, "warn", "off"
    if row.age.state is StreamState.HELD:
        return wanted, "off", "off"
    return wanted, sent, "warn" if grade is Grade.WARN else "bad" if grade is Grade.BAD else "good"


def _stands_out(row: StreamRow) -> bool:
    """Whether a row in trouble is tinted: one somebody relies on, or one that has stopped."""
    is_held_for_use = any(one.startswith(("chart", "trigger")) for one in row.holders)
    return is_held_for_use or row.age.state is StreamState.STALLED


def _explained(row: StreamRow) -> str:
    parts = [str(row.stream), _("{n:,} frames received").format(n=row.received)]
    if row.age.usual_s is not None and row.age.limit_s is not None:
        parts.append(
            _("usually within {usual}, suspicious after {limit}").format(
                usual=seconds(row.age.usual_s), limit=seconds(row.age.limit_s)
            )
        )
    if not row.is_complete:
        parts.append(_("a gap is being filled"))
    return "\n".join(parts)
