"""What a chart's data is worth at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.domain.subscription import ConnectionState, StreamHealth, StreamState

if TYPE_CHECKING:
    from upbit_auto_trading.domain.failure import FailureCause


class ChartState(StrEnum):
    """What the chart's data is worth right now."""

    EMPTY = "empty"
    LOADING = "loading"
    LIVE = "live"
    REST = "rest"
    INCOMPLETE = "incomplete"
    STALE = "stale"
    OFFLINE = "offline"
    FAILED = "failed"


SILENT: Final = (ChartState.OFFLINE, ChartState.STALE)


@dataclass(frozen=True, slots=True)
class ChartStatus:
    """The chart's state with its facts.

    `age_s` is the time since the last live value of the market, None before the first;
    `failure` is the cause of the last failed history request while it is being tried again.
    """

    state: ChartState
    age_s: float | None
    failure: FailureCause | None = None


def state_of(health: StreamHealth, connection: ConnectionState, *, has_value: bool) -> ChartState:
    """Return what a stream's values are worth, `has_value` telling whether any came."""
    if connection is not ConnectionState.CONNECTED:
        return ChartState.OFFLINE
    if not has_value:
        return ChartState.LOADING
    if health.state in (StreamState.STALLED, StreamState.DOWN):
        return ChartState.STALE
    return ChartState.LIVE if health.complete else ChartState.INCOMPLETE
