"""Why market data couldn't be had: a cause that callers can tell apart, and the facts of it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class FailureCause(StrEnum):
    """The causes a request for market data can fail with."""

    NOT_CONNECTED = "not_connected"
    SUBSCRIBE_FAILED = "subscribe_failed"
    NO_DATA_IN_TIME = "no_data_in_time"
    RATE_LIMITED = "rate_limited"
    BANNED = "banned"
    BAD_DATA = "bad_data"
    UNKNOWN_MARKET = "unknown_market"
    INVALID_REQUEST = "invalid_request"
    EXCHANGE_ERROR = "exchange_error"


class MarketDataError(Exception):
    """No truthful answer could be given.

    `cause` tells what kind of failure it was, `facts` the particulars (market, status, limit,
    seconds); neither is prose, presentation words them.
    """

    def __init__(self, cause: FailureCause, **facts: str | float | None) -> None:
        self.cause = cause
        self.facts: Mapping[str, str | float | None] = facts
        told = ", ".join(f"{name}={value}" for name, value in facts.items())
        super().__init__(f"{cause}: {told}" if told else str(cause))
