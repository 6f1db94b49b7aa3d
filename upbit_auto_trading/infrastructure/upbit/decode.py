"""From the socket's bytes to the domain's values. Sans-I/O.

Upbit sends one JSON document per frame: an object, or in the list formats an array of them.
The spelling may change while a connection is open (LIST_SUBSCRIPTIONS in another format does
that), so every frame is told apart by itself.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from types import GenericAlias
from typing import Any, Final

import msgspec

from upbit_auto_trading.domain.candle import Candle
from upbit_auto_trading.domain.market_value import MarketValue
from upbit_auto_trading.domain.orderbook import Orderbook
from upbit_auto_trading.domain.stream import Delivery, Origin, Source, Stream
from upbit_auto_trading.domain.ticker import Ticker
from upbit_auto_trading.domain.timeframe import TIMEFRAMES, Timeframe, to_epoch_ms
from upbit_auto_trading.domain.trade import Side, Trade
from upbit_auto_trading.infrastructure.upbit.wire import (
    WireCandle,
    WireLevel,
    WireListed,
    WireOrderbook,
    WirePeek,
    WireSubscriptions,
    WireTicker,
    WireTrade,
    simple_spelling,
)


class BadFrameError(Exception):
    """A frame that can't be decoded.

    `reason` is one of `not_json`, `wrong_fields`, `unknown_type`, `too_deep`.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """Upbit's `{"status":"UP"}`: the server lives; it says nothing about data."""

    status: str


@dataclass(frozen=True, slots=True)
class ServerError:
    """An error frame; the server closes the socket about 150 ms later."""

    name: str
    message: str


@dataclass(frozen=True, slots=True)
class SubscriptionList:
    """Upbit's answer to LIST_SUBSCRIPTIONS."""

    ticket: str
    streams: frozenset[Stream]


@dataclass(frozen=True, slots=True)
class ArrivalOrigins:
    """The two origins a frame that arrived now can have; shared by the frames of one instant."""

    snapshot: Origin
    realtime: Origin

    @classmethod
    def at(cls, received_at: float, epoch: int) -> "ArrivalOrigins":
        """Origins of frames that arrived at `received_at` (epoch s) over connection `epoch`."""
        return cls(
            Origin(Source.WEBSOCKET, Delivery.SNAPSHOT, received_at, epoch),
            Origin(Source.WEBSOCKET, Delivery.REALTIME, received_at, epoch),
        )

    def of(self, stream_type: str) -> Origin:
        """Return the origin of a frame of Upbit's `stream_type`."""
        return self.realtime if stream_type == "REALTIME" else self.snapshot


Control = ServerStatus | ServerError | SubscriptionList
Message = MarketValue | Control | tuple[MarketValue | Control, ...]

_FRAME_ERRORS: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_TIMEFRAMES: Final[dict[str, Timeframe]] = {
    channel: timeframe
    for timeframe in TIMEFRAMES.values()
    if (channel := timeframe.websocket_channel) is not None
}
SIDES: Final = {"BID": Side.BID, "ASK": Side.ASK}


@lru_cache(maxsize=512)
def start_ms_of(text: str) -> int:
    """Return Upbit's zoneless UTC moment `yyyy-MM-ddTHH:mm:ss` as epoch milliseconds."""
    return to_epoch_ms(datetime.fromisoformat(text).replace(tzinfo=UTC))


def ticker_value(wire: WireTicker, origin: Origin) -> Ticker:
    """Build the domain's ticker."""
    return Ticker(
        wire.market,
        wire.trade_price,
        wire.opening_price,
        wire.high_price,
        wire.low_price,
        wire.prev_closing_price,
        wire.signed_change_price,
        wire.signed_change_rate,
        wire.acc_trade_price,
        wire.acc_trade_volume,
        wire.acc_trade_price_24h,
        wire.acc_trade_volume_24h,
        wire.trade_timestamp,
        wire.timestamp,
        origin,
        None if wire.delisting_date is None else _day_of(wire.delisting_date),
        # Said on the socket alone.
        wire.is_trading_suspended is True or wire.market_state != "ACTIVE",
    )


def _day_of(announced: Any) -> date | None:
    """Return the day trading ends; None where it is said in no form known of Upbit.

    Known are an object of `year`, `month` and `day`, and `yyyy-MM-dd`.
    """
    try:
        if isinstance(announced, str):
            return date.fromisoformat(announced[:10])
        return date(announced["year"], announced["month"], announced["day"])
    except (KeyError, TypeError, ValueError):
        return None


def trade_value(wire: WireTrade, origin: Origin) -> Trade:
    """Build the domain's trade."""
    return Trade(
        wire.market,
        wire.trade_price,
        wire.trade_volume,
        SIDES[wire.ask_bid],
        wire.trade_timestamp,
        wire.timestamp,
        wire.sequential_id,
        origin,
    )


def orderbook_value(wire: WireOrderbook, origin: Origin) -> Orderbook:
    """Build the domain's book; its levels are the decoded rows themselves."""
    return Orderbook(
        wire.market,
        wire.orderbook_units,
        wire.total_ask_size,
        wire.total_bid_size,
        wire.level,
        wire.timestamp,
        origin,
    )


def candle_value(wire: WireCandle, origin: Origin) -> Candle:
    """Build the domain's candle."""
    return Candle(
        wire.market,
        _TIMEFRAMES[wire.type],
        start_ms_of(wire.candle_date_time_utc),
        wire.opening_price,
        wire.high_price,
        wire.low_price,
        wire.trade_price,
        wire.candle_acc_trade_volume,
        wire.candle_acc_trade_price,
        wire.timestamp,
        origin,
    )


_Reading = tuple[Callable[[bytes], Any], Callable[[Any, Origin], MarketValue]]


def _readings(spelling: Callable[[type[msgspec.Struct]], Any]) -> dict[str, _Reading]:
    candle: _Reading = (msgspec.json.Decoder(spelling(WireCandle)).decode, candle_value)
    readings: dict[str, _Reading] = {
        "ticker": (msgspec.json.Decoder(spelling(WireTicker)).decode, ticker_value),
        "trade": (msgspec.json.Decoder(spelling(WireTrade)).decode, trade_value),
        "orderbook": (msgspec.json.Decoder(spelling(WireOrderbook)).decode, orderbook_value),
    }
    return readings | dict.fromkeys(_TIMEFRAMES, candle)


def _simple(struct: type[msgspec.Struct]) -> type[msgspec.Struct]:
    if struct is WireOrderbook:
        level = simple_spelling(WireLevel)
        return simple_spelling(struct, orderbook_units=GenericAlias(tuple, (level, ...)))
    return simple_spelling(struct)


_DEFAULT: Final = _readings(lambda struct: struct)
_SIMPLE: Final = _readings(_simple)
# The three letters after `{"type":"` tell Upbit's usual frames apart without decoding them.
_BY_LETTERS: Final[dict[bytes, _Reading]] = {
    channel[:3].encode(): reading for channel, reading in _DEFAULT.items()
}
_START: Final = b'{"type":"'
_LETTERS: Final = slice(len(_START), len(_START) + 3)

_NAMED: Final = re.compile(
    rb'"(?:type|ty)"\s*:\s*"([a-zA-Z0-9.]+)".{0,40}?"(?:code|cd)"\s*:\s*"([A-Z0-9-]+)"', re.DOTALL
)

_peek: Final = msgspec.json.Decoder(WirePeek).decode
_elements: Final = msgspec.json.Decoder(tuple[msgspec.Raw, ...]).decode
_subscriptions: Final = msgspec.json.Decoder(WireSubscriptions).decode
_subscriptions_simple: Final = msgspec.json.Decoder(
    simple_spelling(
        WireSubscriptions, result=GenericAlias(tuple, (simple_spelling(WireListed), ...))
    )
).decode


def decode(data: bytes, origins: ArrivalOrigins) -> Message:
    """Return what a frame holds; a tuple for the list formats.

    Raises:
        BadFrameError: it holds nothing usable.
    """
    reading = _BY_LETTERS.get(data[_LETTERS]) if data.startswith(_START) else None
    try:
        if reading is None:
            return _decode_unusual(data, origins)
        read, build = reading
        wire = read(data)
        return build(wire, origins.realtime if wire.stream_type == "REALTIME" else origins.snapshot)
    except msgspec.ValidationError as error:
        raise BadFrameError("wrong_fields", str(error)) from error
    except RecursionError as error:
        raise BadFrameError("too_deep", "nested too deeply") from error
    except _FRAME_ERRORS as error:
        raise BadFrameError("not_json", str(error)) from error
    except (KeyError, ValueError) as error:
        raise BadFrameError("wrong_fields", repr(error)) from error


def named_stream(data: bytes) -> Stream | None:
    """Return the stream an unreadable frame seems to belong to; None when it doesn't say."""
    found = _NAMED.search(data[:300])
    if found is None:
        return None
    try:
        return Stream(found[1].decode(), found[2].decode())
    except ValueError:
        return None


def _decode_unusual(data: bytes, origins: ArrivalOrigins) -> Message:
    if data.lstrip()[:1] == b"[":
        return tuple(_decode_object(bytes(raw), origins) for raw in _elements(data))
    return _decode_object(data, origins)


def _decode_object(data: bytes, origins: ArrivalOrigins) -> MarketValue | Control:
    seen = _peek(data)
    if seen.error is not None:
        return ServerError(str(seen.error.name), seen.error.message)
    if seen.method is not None or seen.mthd is not None:
        if seen.method is not None:
            return _subscription_list(_subscriptions(data))
        return _subscription_list(_subscriptions_simple(data))
    reading = _DEFAULT.get(seen.type or "") or _SIMPLE.get(seen.ty or "")
    if reading is not None:
        wire = reading[0](data)
        return reading[1](wire, origins.of(wire.stream_type))
    if seen.status is not None:
        return ServerStatus(seen.status)
    raise BadFrameError("unknown_type", str(seen.type or seen.ty))


def _subscription_list(wire: Any) -> SubscriptionList:
    return SubscriptionList(
        wire.ticket,
        frozenset(
            Stream(listed.type, code.partition(".")[0], listed.level)
            for listed in wire.result
            for code in listed.codes
        ),
    )
