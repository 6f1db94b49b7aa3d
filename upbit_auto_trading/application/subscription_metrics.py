"""Figures that tell whether the live data can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from upbit_auto_trading.application.ports import MarketDataFeed
    from upbit_auto_trading.domain.subscription import ConnectionState


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """The feed as a whole at one moment.

    `messages_per_s` counts received frames over the last seconds; `last_swap_kind` and
    `last_swap_ms` are the newest change of subscription that has delivered, None before.
    """

    connection: ConnectionState
    messages_per_s: float
    messages_received: int
    last_swap_kind: str | None
    last_swap_ms: float | None
    reconnects: int


class SubscriptionMetricsService:
    """Reads the backbone's own measurements; computes none itself."""

    def __init__(self, feed: MarketDataFeed) -> None:
        self._feed = feed

    def performance_metrics(self) -> dict[str, Any]:
        """Everything measured, as the backbone gives it."""
        return self._feed.get_performance_metrics()

    def health(self) -> FeedHealth:
        """The few figures of the status strip."""
        metrics = self._feed.get_performance_metrics()
        streams, swaps = metrics["streams"], metrics["swaps"]
        last = swaps["last"] or {}
        return FeedHealth(
            connection=self._feed.connection_state,
            messages_per_s=float(streams["messages_per_s"]),
            messages_received=int(streams["messages_received"]),
            last_swap_kind=last.get("kind"),
            last_swap_ms=last.get("first_ms"),
            reconnects=int(streams["reconnects"]),
        )
