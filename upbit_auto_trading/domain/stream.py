"""Streams, and where a value came from."""

from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from typing import Final

from upbit_auto_trading.domain.market import parse_market, quote_of
from upbit_auto_trading.domain.timeframe import TIMEFRAMES

CANDLE_CHANNELS: Final = frozenset(
    channel for t in TIMEFRAMES.values() if (channel := t.websocket_channel) is not None
)
CHANNELS: Final = frozenset({"ticker", "trade", "orderbook"}) | CANDLE_CHANNELS


class InvalidLevelError(ValueError):
    """A grouping where Upbit has none: it groups the books of KRW markets alone."""

    def __init__(self, channel: str, market: str, level: float) -> None:
        super().__init__(f"{channel} {market} can't be grouped by {level}")
        self.channel = channel
        self.market = market
        self.level = level


class InvalidStreamError(ValueError):
    """A stream whose channel Upbit doesn't have."""

    def __init__(self, channel: str) -> None:
        super().__init__(f"{channel!r} is not a channel; Upbit has {', '.join(sorted(CHANNELS))}")
        self.channel = channel


@dataclass(frozen=True, slots=True, order=True)
class Stream:
    """One channel of one market, in Upbit's spelling: `Stream("candle.1m", "KRW-BTC")`.

    `level` is the won size the levels of an order book are grouped by, 0 for none; the book
    grouped by each level is a stream of its own.

    Raises:
        InvalidStreamError: Upbit has no such channel.
        InvalidMarketError: the market isn't an upper-case code (Upbit silently ignores others).
        InvalidLevelError: `level` is none, or isn't of a KRW market's book.
    """

    channel: str
    market: str
    level: float = 0.0

    def __post_init__(self) -> None:
        if self.channel not in CHANNELS:
            raise InvalidStreamError(self.channel)
        if parse_market(self.market) != self.market:
            raise InvalidStreamError(f"{self.channel} of {self.market}")
        if self.level and not self._may_be_grouped():
            raise InvalidLevelError(self.channel, self.market, self.level)

    def _may_be_grouped(self) -> bool:
        is_krw_book = self.channel == "orderbook" and quote_of(self.market) == "KRW"
        return is_krw_book and isfinite(self.level) and self.level > 0

    def __str__(self) -> str:
        name = f"{self.channel} {self.market}"
        return f"{name} level {self.level:.8f}".rstrip("0").rstrip(".") if self.level else name


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
