"""What the status strip says: can the data be trusted, and how much may still be asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from upbit_auto_trading.application.candles import ChartState, ChartStatus
from upbit_auto_trading.application.connection import EndpointKind
from upbit_auto_trading.application.metrics_grades import Metric
from upbit_auto_trading.domain.subscription import ConnectionState, StreamState
from upbit_auto_trading.presentation import formatting, wording
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens import metrics_words
from upbit_auto_trading.presentation.widgets.status_strip import StatusItem

if TYPE_CHECKING:
    from upbit_auto_trading.application.services import Services
    from upbit_auto_trading.application.subscription_metrics import FeedHealth
    from upbit_auto_trading.domain.feed_sample import FeedSample, StreamAge

CONNECTION_INKS: Final = {
    ConnectionState.CONNECTED: "good",
    ConnectionState.CONNECTING: "warn",
    ConnectionState.RECONNECTING: "bad",
    ConnectionState.DISCONNECTED: "bad",
    ConnectionState.CLOSED: "off",
}
_OFF_BY_MS: Final = 1000.0
_TIGHT: Final = 0.2


def status_items(
    services: Services, health: FeedHealth, market: str, status: ChartStatus | None
) -> list[StatusItem]:
    """The strip's figures, left to right; in a narrow window those of the highest `rank` go."""
    newest = services.metrics.newest
    sample = newest.sample if newest is not None else None
    items = [_connection(services, health), _market(market, status)]
    if sample is not None:
        if sample.oldest is not None:
            items.append(_oldest(sample.oldest))
        items += [_requests(sample), _messages(sample), _clock(sample)]
    items.append(
        StatusItem(
            _("Messages"),
            _("{n:,.0f}/s").format(n=health.messages_per_s),
            "text-1",
            _("{n:,} received since the start").format(n=health.messages_received),
            rank=5,
        )
    )
    if health.last_swap_kind is not None and health.last_swap_ms is not None:
        words = wording.swap(health.last_swap_kind)
        items.append(
            StatusItem(
                _("Last swap"),
                f"{health.last_swap_ms:,.0f} ms",
                "text-1",
                _("From the request to the first value of a stream that was added: {kind}").format(
                    kind=words
                ),
                target=Metric.SWAP,
                rank=4,
            )
        )
    if health.reconnects:
        items.append(
            StatusItem(
                _("Reconnects"),
                f"{health.reconnects}",
                "text-1",
                _("Since the start"),
                target=Metric.RECONNECTS,
                rank=3,
            )
        )
    return items


def stopped_item() -> StatusItem:
    """The status strip when no exchange could be started."""
    return StatusItem(_("Exchange"), _("not started"), "bad", dot="bad")


def _connection(services: Services, health: FeedHealth) -> StatusItem:
    name = {
        EndpointKind.UPBIT: _("Upbit"),
        EndpointKind.SIMULATOR: _("Simulated exchange"),
        EndpointKind.CUSTOM: services.endpoint.host,
    }[services.endpoint.kind]
    ink = CONNECTION_INKS[health.connection]
    return StatusItem(
        name,
        wording.connection(health.connection),
        ink if ink in ("bad", "warn") else "text-1",
        "\n".join((services.endpoint.ws_url, _("Public data; no key is used"))),
        dot=ink,
        target=Metric.CONNECTION,
    )


def _market(market: str, status: ChartStatus | None) -> StatusItem:
    is_old = status is not None and status.state in (ChartState.STALE, ChartState.OFFLINE)
    return StatusItem(
        market,
        formatting.age(status.age_s if status else None),
        "warn" if is_old else "text-1",
        _("Time since the newest value of this market arrived"),
        target=market,
    )


def _oldest(age: StreamAge) -> StatusItem:
    is_late = age.limit_s is not None and age.age_s is not None and age.age_s > age.limit_s
    ink = "bad" if age.state is StreamState.STALLED else "warn" if is_late else "text-1"
    lines = [
        _("The stream that has been silent for the longest time."),
        f"{age.stream.market} · {metrics_words.kind(age.stream.channel)}",
    ]
    if age.usual_s is not None:
        lines.append(_("Usually a value every {n:.1f} s").format(n=age.usual_s))
    return StatusItem(
        _("Oldest stream"),
        formatting.age(age.age_s),
        ink,
        "\n".join(lines),
        target=age.stream.market,
        rank=1,
    )


def _requests(sample: FeedSample) -> StatusItem:
    """What is left of the REST group that has the least left."""
    label = _("REST left")
    if sample.banned_for_s > 0:
        words = _("blocked, {n:.0f} s").format(n=sample.banned_for_s)
        return StatusItem(label, words, "bad", target=Metric.REST_BUDGET, rank=1)
    lines = [_("Requests left in this second, by group of the exchange:")]
    lines += [
        f"{metrics_words.rest_group(one.group)}  {max(0, one.limit - one.used)}/{one.limit}"
        for one in sample.budgets
    ]
    tightest = min(
        sample.budgets, key=lambda one: (one.limit - one.used) / max(1, one.limit), default=None
    )
    if tightest is None:
        return StatusItem(label, formatting.NOTHING, "text-3", target=Metric.REST_BUDGET, rank=1)
    left = max(0, tightest.limit - tightest.used)
    ink = "warn" if left < _TIGHT * tightest.limit else "text-1"
    return StatusItem(
        label,
        f"{left}/{tightest.limit}",
        ink,
        "\n".join(lines),
        target=Metric.REST_BUDGET,
        rank=1,
    )


def _messages(sample: FeedSample) -> StatusItem:
    use = sample.messages
    second = max(0, use.per_second - use.used_second)
    minute = max(0, use.per_minute - use.used_minute)
    return StatusItem(
        _("WS left"),
        f"{second}/{use.per_second} · {minute}/{use.per_minute}",
        "warn" if minute < _TIGHT * use.per_minute else "text-1",
        _("Messages the socket may still send in this second and in this minute"),
        target=Metric.MESSAGE_BUDGET,
        rank=3,
    )


def _clock(sample: FeedSample) -> StatusItem:
    label = _("Clock")
    words = _(
        "How far this computer's clock is from the exchange's; every delay is corrected by it"
    )
    offset = sample.clock_offset_ms
    if offset is None:
        return StatusItem(label, formatting.NOTHING, "text-3", words, rank=2)
    sign = "+" if offset >= 0 else formatting.MINUS
    size = abs(offset)
    value = f"{sign}{size:,.0f} ms" if size < 10_000 else f"{sign}{size / 1000:,.0f} s"
    ink = "warn" if size > _OFF_BY_MS else "text-1"
    return StatusItem(label, value, ink, words, target=Metric.EXCHANGE_DELAY, rank=2)
