"""The grammar of WebSocket requests: text in, request values or Upbit's error out.

Accepts every spelling seen in the field: camelCase flags, the format object in any position,
repeated types (their union counts), numeric levels as text, `.N` suffixes of order book codes.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from upbit_auto_trading.simulator.socket.ws_error import (
    StreamRequestError,
    unsupported_type,
    unsupported_value,
)
from upbit_auto_trading.simulator.wire.ws_stream import (
    BOOK_DEPTHS,
    FULL_DEPTH,
    PUBLIC_TYPES,
    Endpoint,
    Format,
    PublicStream,
    Want,
)

_PRIVATE_TYPES: Final = frozenset({"myOrder", "myAsset", "announcement"})
_INFO_TYPES: Final = frozenset({"indicator", "indicator_signal"})
_TYPES: Final = {
    Endpoint.PUBLIC: PUBLIC_TYPES,
    Endpoint.PRIVATE: _PRIVATE_TYPES,
    Endpoint.INFO: _INFO_TYPES,
}
_ANNOUNCEMENT_CATEGORIES: Final = frozenset(
    {
        *("notice", "trade", "wallet", "maintenance", "digital_asset", "nft", "service", "event"),
        *("note", "trading", "airdrop", "feature", "disclosure"),
    }
)
_NUMBER: Final = re.compile(r"[-+]?[0-9]{1,30}(\.[0-9]{1,30})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class TypeEntry:
    """One type object of a request, checked for its grammar.

    `codes` is empty where the type has none; `fields` is the object as received.
    """

    type: str
    codes: tuple[str, ...]
    level: float
    snapshot: bool
    realtime: bool
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Replaces the connection's whole subscription."""

    ticket: str
    entries: tuple[TypeEntry, ...]
    format: Format


@dataclass(frozen=True, slots=True)
class ListSubscriptions:
    """Asks what is subscribed; its format becomes that of the running streams."""

    ticket: str
    format: Format


@dataclass(frozen=True, slots=True)
class StatusPing:
    """The text `PING`: asks for a status frame on every tick of the server's timer."""


Request = Subscribe | ListSubscriptions | StatusPing


def parse_request(text: str, endpoint: Endpoint) -> Request:
    """Return the request in `text`.

    Raises:
        StreamRequestError: Upbit refuses the whole request.
    """
    if text == "PING":
        return StatusPing()
    objects = _objects(text)
    ticket = _ticket(objects)
    wire_format = _format(objects)
    for item in objects:
        if "method" in item:
            if item["method"] != "LIST_SUBSCRIPTIONS":
                raise StreamRequestError("WRONG_FORMAT")
            return ListSubscriptions(ticket, wire_format)
    entries = tuple(
        _entry(item, endpoint)
        for item in objects
        if "type" in item or not ("ticket" in item or "format" in item)
    )
    if not entries:
        raise StreamRequestError("NO_TYPE")
    return Subscribe(ticket, entries, wire_format)


def _objects(text: str) -> Sequence[dict[str, Any]]:
    try:
        document = json.loads(text, parse_constant=_refuse_constant)
        if "\\u" in text:
            # Half a character can be spelled in JSON, but no answer could repeat it.
            json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise StreamRequestError("WRONG_FORMAT") from None
    if not isinstance(document, list) or not all(isinstance(item, dict) for item in document):
        raise StreamRequestError("WRONG_FORMAT")
    return document


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(text)


def _ticket(objects: Sequence[Mapping[str, Any]]) -> str:
    for item in objects:
        ticket = item.get("ticket")
        if isinstance(ticket, str) and ticket:
            return ticket
    raise StreamRequestError("NO_TICKET")


def _format(objects: Sequence[Mapping[str, Any]]) -> Format:
    chosen = Format.DEFAULT
    for item in objects:
        if "format" in item:
            try:
                chosen = Format(item["format"])
            except ValueError:
                raise StreamRequestError("WRONG_FORMAT") from None
    return chosen


def _entry(item: Mapping[str, Any], endpoint: Endpoint) -> TypeEntry:
    kind = item.get("type")
    if kind is None:
        raise StreamRequestError("NO_TYPE")
    if not isinstance(kind, str) or kind not in _TYPES[endpoint]:
        raise unsupported_type(kind)
    if kind == "announcement":
        _check_announcement(item)
    return TypeEntry(
        type=kind,
        codes=_codes(item, kind),
        level=_level(item.get("level")),
        snapshot=not _flag(item, "is_only_realtime", "isOnlyRealtime"),
        realtime=not _flag(item, "is_only_snapshot", "isOnlySnapshot"),
        fields=item,
    )


def _codes(item: Mapping[str, Any], kind: str) -> tuple[str, ...]:
    codes = item.get("codes")
    if kind in ("myAsset", "announcement"):
        if codes is not None:
            raise StreamRequestError("WRONG_FORMAT")
        return ()
    if codes is None:
        if kind == "myOrder":
            return ()
        raise StreamRequestError("NO_CODES")
    if not isinstance(codes, list) or not all(isinstance(code, str) for code in codes):
        raise StreamRequestError("WRONG_FORMAT")
    if not codes and kind != "myOrder":
        raise StreamRequestError("INVALID_PARAM", "codes 는 비어 있을 수 없습니다.")
    return tuple(codes)


def _level(value: object) -> float:
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise StreamRequestError("WRONG_FORMAT")
    if isinstance(value, str) and _NUMBER.fullmatch(value) is None:
        raise StreamRequestError("WRONG_FORMAT")
    try:
        level = float(value)
    except OverflowError:
        raise StreamRequestError("WRONG_FORMAT") from None
    if not math.isfinite(level):
        raise StreamRequestError("WRONG_FORMAT")
    return int(level) if level.is_integer() else level


def _flag(item: Mapping[str, Any], *names: str) -> bool:
    for name in names:
        value = item.get(name)
        if value is None:
            continue
        if not isinstance(value, bool):
            raise StreamRequestError("WRONG_FORMAT")
        return value
    return False


def _check_announcement(item: Mapping[str, Any]) -> None:
    categories = item.get("categories", [])
    if not isinstance(categories, list) or not all(isinstance(one, str) for one in categories):
        raise StreamRequestError("WRONG_FORMAT")
    for category in categories:
        if category not in _ANNOUNCEMENT_CATEGORIES:
            raise unsupported_value(category)
    if not isinstance(item.get("include_body", False), bool):
        raise StreamRequestError("WRONG_FORMAT")


def public_wants(entries: Sequence[TypeEntry]) -> tuple[Want, ...]:
    """Return the union of the entries' streams in request order, suffixes resolved.

    Unknown codes are kept: only the exchange knows what it lists, and it ignores them silently.
    """
    wants: dict[PublicStream, Want] = {}
    for entry in entries:
        for code in entry.codes:
            stream = _stream(entry, code)
            earlier = wants.get(stream)
            wants[stream] = Want(
                stream,
                snapshot=entry.snapshot or (earlier is not None and earlier.snapshot),
                realtime=entry.realtime or (earlier is not None and earlier.realtime),
            )
    return tuple(wants.values())


def _stream(entry: TypeEntry, code: str) -> PublicStream:
    if entry.type != "orderbook":
        return PublicStream(entry.type, code)
    market, dot, suffix = code.partition(".")
    depth = int(suffix) if dot and suffix.isdecimal() and len(suffix) < 4 else FULL_DEPTH
    return PublicStream(
        "orderbook", market, depth if depth in BOOK_DEPTHS else FULL_DEPTH, entry.level
    )
