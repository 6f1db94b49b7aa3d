"""Where a number comes from: its channel, why it came that way, the exchange's time, its age."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upbit_auto_trading.application.connection import EndpointKind
from upbit_auto_trading.domain.stream import Delivery, Source
from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens import metrics_words

if TYPE_CHECKING:
    from upbit_auto_trading.application.ports import MarketValue
    from upbit_auto_trading.domain.stream import Origin


def channel(kind: EndpointKind, source: Source) -> str:
    """The way a value took, in a word; everything of a simulated exchange is simulated."""
    words = {
        Source.WEBSOCKET: _("WS"),
        Source.REST: _("REST"),
        Source.CACHE: _("Cache"),
        Source.TRANSITION_CACHE: _("Cache"),
        Source.SIMULATED: _("Simulated"),
    }[source]
    if kind is EndpointKind.UPBIT:
        return words
    return f"{_('Simulated')} · {words}" if source is not Source.SIMULATED else words


def of_value(kind: EndpointKind, value: MarketValue, age_s: float | None) -> str:
    """Everything known of a live value's way, a line each."""
    lines = [
        *_way(kind, value.origin),
        _("Exchange time: {time}").format(time=formatting.moment(value.exchange_ms)),
        _("Arrived: {age}").format(age=formatting.age(age_s)),
    ]
    return "\n".join(lines)


def of_origin(kind: EndpointKind, origin: Origin) -> str:
    """How a value came that is listed with its time."""
    return "\n".join(_way(kind, origin))


def of_history(kind: EndpointKind, source: Source, reason: str) -> str:
    """How the candles before the running one came."""
    return "\n".join(
        (
            _("Channel: {channel}").format(channel=channel(kind, source)),
            _("Reason: {why}").format(why=metrics_words.reason(reason)),
            _("A candle that is over doesn't change any more."),
        )
    )


def _way(kind: EndpointKind, origin: Origin) -> tuple[str, str]:
    why = {
        Delivery.SNAPSHOT: _("the state when the stream began"),
        Delivery.REALTIME: _("sent when it changed"),
        Delivery.BACKFILL: _("asked for to close a gap or as history"),
    }[origin.delivery]
    return (
        _("Channel: {channel}").format(channel=channel(kind, origin.source)),
        _("Reason: {why}").format(why=why),
    )
