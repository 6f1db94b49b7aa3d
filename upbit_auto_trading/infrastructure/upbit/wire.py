"""Shapes of Upbit's public WebSocket messages, in the DEFAULT and the SIMPLE spelling.

Fields this product doesn't use aren't declared: they cost nothing, and their changes can't
break the decoding. A field without a default is one no value can do without.
"""

from typing import Annotated, Any, Final

import msgspec

_CODE: Final = {"market": "code"}
"""The socket calls code what REST calls market; everything else has one name."""

Long = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
"""A time in ms or an id: what Upbit sends fits 63 bits, what doesn't is no such thing."""


class WireTicker(msgspec.Struct, gc=False, frozen=True, rename=_CODE):
    """A `ticker` message."""

    market: str
    trade_price: float
    opening_price: float
    high_price: float
    low_price: float
    prev_closing_price: float
    signed_change_price: float
    signed_change_rate: float
    acc_trade_price: float
    acc_trade_volume: float
    acc_trade_price_24h: float
    acc_trade_volume_24h: float
    trade_timestamp: int
    timestamp: int
    stream_type: str = "REALTIME"
    delisting_date: Any = None
    market_state: Any = "ACTIVE"
    is_trading_suspended: Any = False


class WireTrade(msgspec.Struct, gc=False, frozen=True, rename=_CODE):
    """A `trade` message."""

    market: str
    trade_price: float
    trade_volume: float
    ask_bid: str
    trade_timestamp: Long
    timestamp: Long
    sequential_id: Long
    stream_type: str = "REALTIME"


class WireLevel(msgspec.Struct, gc=False, frozen=True):
    """One row of a book; the domain's `OrderbookLevel` by shape."""

    ask_price: float
    bid_price: float
    ask_size: float
    bid_size: float


class WireOrderbook(msgspec.Struct, gc=False, frozen=True, rename=_CODE):
    """An `orderbook` message."""

    market: str
    total_ask_size: float
    total_bid_size: float
    orderbook_units: tuple[WireLevel, ...]
    timestamp: int
    stream_type: str = "REALTIME"
    level: float = 0.0


class WireCandle(msgspec.Struct, gc=False, frozen=True, rename=_CODE):
    """A `candle.*` message; `type` tells the timeframe."""

    type: str
    market: str
    candle_date_time_utc: str
    opening_price: float
    high_price: float
    low_price: float
    trade_price: float
    candle_acc_trade_volume: float
    candle_acc_trade_price: float
    timestamp: int
    stream_type: str = "REALTIME"


class WireErrorBody(msgspec.Struct, frozen=True):
    """What an error frame says."""

    name: str | int
    message: str = ""


class WireListed(msgspec.Struct, frozen=True):
    """One entry of a LIST_SUBSCRIPTIONS answer."""

    type: str
    codes: tuple[str, ...] = ()
    level: float = 0.0


class WirePeek(msgspec.Struct, frozen=True):
    """What tells the messages apart, whatever their spelling and key order."""

    type: str | None = None
    ty: str | None = None
    error: WireErrorBody | None = None
    status: str | None = None
    method: str | None = None
    mthd: str | None = None


class WireSubscriptions(msgspec.Struct, frozen=True):
    """A LIST_SUBSCRIPTIONS answer."""

    result: tuple[WireListed, ...]
    ticket: str = ""


SIMPLE_NAMES: Final = {
    "type": "ty",
    "market": "cd",
    "trade_price": "tp",
    "opening_price": "op",
    "high_price": "hp",
    "low_price": "lp",
    "prev_closing_price": "pcp",
    "signed_change_price": "scp",
    "signed_change_rate": "scr",
    "acc_trade_price": "atp",
    "delisting_date": "dd",
    "market_state": "ms",
    "is_trading_suspended": "its",
    "acc_trade_volume": "atv",
    "acc_trade_price_24h": "atp24h",
    "acc_trade_volume_24h": "atv24h",
    "trade_timestamp": "ttms",
    "timestamp": "tms",
    "stream_type": "st",
    "trade_volume": "tv",
    "ask_bid": "ab",
    "sequential_id": "sid",
    "total_ask_size": "tas",
    "total_bid_size": "tbs",
    "orderbook_units": "obu",
    "level": "lv",
    "ask_price": "ap",
    "bid_price": "bp",
    "ask_size": "as",
    "bid_size": "bs",
    "candle_date_time_utc": "cdttmu",
    "candle_acc_trade_volume": "catv",
    "candle_acc_trade_price": "catp",
    "codes": "cds",
    "result": "rslt",
    "ticket": "tckt",
}


def simple_spelling(struct: type[msgspec.Struct], **replaced: Any) -> type[msgspec.Struct]:
    """Return the struct with the same attributes and SIMPLE's names on the wire.

    `replaced` gives the types of fields that hold a struct with a SIMPLE spelling of its own.
    """
    return _spelt("Simple", struct, SIMPLE_NAMES, replaced)


def rest_spelling(struct: type[msgspec.Struct]) -> type[msgspec.Struct]:
    """Return the struct with the same attributes and REST's names on the wire."""
    return _spelt("Rest", struct, {}, {})


def _spelt(
    prefix: str, struct: type[msgspec.Struct], names: dict[str, str], replaced: dict[str, Any]
) -> type[msgspec.Struct]:
    fields: list[Any] = []
    for known in msgspec.structs.fields(struct):
        kind = replaced.get(known.name, known.type)
        if known.default is msgspec.NODEFAULT:
            fields.append((known.name, kind))
        else:
            fields.append((known.name, kind, known.default))
    name = f"{prefix}{struct.__name__.removeprefix('Wire')}"
    return msgspec.defstruct(name, fields, rename=names, frozen=True, gc=False)
