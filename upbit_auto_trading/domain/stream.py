"""Streams, and where a value came from."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from upbit_auto_trading.domain.market import parse_market
from upbit_auto_trading.domain.timeframe import TIMEFRAMES

CANDLE_CHANNELS: Final = frozenset(
    channel for t in TIMEFRAMES.values() if (channel := t.websocket_channel) is not None
)
CHANNELS: Final = frozenset({"ticker", "trade", "orderbook"}) | CANDLE_CHANNELS


class InvalidStreamError(ValueError):
    """A stream whose channel Upbit doesn't have."""

    def __init__(self, channel: str) -> None:
        super().__init__(f"{channel!r} is not a channel; Upbit has {', '.join(sorted(CHANNELS))}")
        self.channel = channel


@dataclass(frozen=True, slots=True, order=True)
class Stream:
    """One channel of one market, in Upbit's spelling: `Stream("candle.1m", "KRW-BTC")`.

    Raises:
        InvalidStreamError: Upbit has no such channel.
        InvalidMarketError: the market isn't an upper-case code (Upbit silently ignores others).
    """

    channel: str
    market: str

    def __post_init__(self) -> None:
        if self.channel not in CHANNELS:
            raise InvalidStreamError(self.channel)
        if parse_market(self.market) != self.market:
            raise InvalidStreamError(f"{self.channel} of {self.market}")

    def __str__(self) -> str:
        return f"{self.channel} {self.market}"


class Source(StrEnum):
    """The way a value took to us."""

    WEBSOCKET = "websocket"
    REST = "rest"
    CACHE = "cache"
    TRANSITION_CACHE = "transition_cache"
    SIMULATED = "simulated"


class Delivery(StrEnum):
    """Why a value was sent: state at subscription, something new, or a gap being closed."""

    SNAPSHOT = "snapshot"
    REALTIME = "realtime"
    BACKFILL = "backfill"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value came from.

    `received_at` is the wall clock in epoch seconds when the bytes arrived; `epoch` numbers
    the connection that brought it (0 for REST).
    """

    source: Source
    delivery: Delivery
    received_at: float
    epoch: int = 0
