"""What a WebSocket client can ask for, once the grammar is resolved."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from upbit_auto_trading.domain.timeframe import TIMEFRAMES, Timeframe


class Endpoint(StrEnum):
    """The three WebSocket paths."""

    PUBLIC = "public"
    PRIVATE = "private"
    INFO = "info"


class Format(StrEnum):
    """Spelling of keys and envelope of every frame of a connection."""

    DEFAULT = "DEFAULT"
    SIMPLE = "SIMPLE"
    JSON_LIST = "JSON_LIST"
    SIMPLE_LIST = "SIMPLE_LIST"

    @property
    def is_simple(self) -> bool:
        """Whether keys are abbreviated."""
        return self in (Format.SIMPLE, Format.SIMPLE_LIST)

    @property
    def is_list(self) -> bool:
        """Whether each frame is an array."""
        return self in (Format.JSON_LIST, Format.SIMPLE_LIST)


CANDLE_TIMEFRAMES: Final[dict[str, Timeframe]] = {
    timeframe.websocket_channel: timeframe
    for timeframe in TIMEFRAMES.values()
    if timeframe.websocket_channel is not None
}
PUBLIC_TYPES: Final = frozenset({"ticker", "trade", "orderbook", *CANDLE_TIMEFRAMES})
BOOK_DEPTHS: Final = frozenset({1, 5, 15, 30})
FULL_DEPTH: Final = 30


@dataclass(frozen=True, slots=True)
class PublicStream:
    """One stream of one market. `depth` and `level` (won) are 0 except for order books."""

    channel: str
    market: str
    depth: int = 0
    level: float = 0


@dataclass(frozen=True, slots=True)
class Want:
    """A stream as requested: with a snapshot first, with what happens later, or both."""

    stream: PublicStream
    snapshot: bool
    realtime: bool
