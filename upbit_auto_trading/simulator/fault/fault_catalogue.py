"""Every fault the exchange can be told to show: names, arguments, what each one does.

The numbers name the rows of the fault matrix a fault serves.
"""

from collections.abc import Mapping
from typing import Final

from upbit_auto_trading.simulator.account.order_faults import ORDER_FAULTS
from upbit_auto_trading.simulator.fault.fault_kind import (
    Argument,
    FaultError,
    FaultKind,
    FaultValue,
)

_SECONDS: Final = Argument(0.0, "ends by itself after so long; 0 lasts until cleared")
_COUNT: Final = Argument(0, "ends after acting so often; 0 lasts until cleared", high=1e6)
_ENDPOINT: Final = Argument("", "only this endpoint", choices=("", "public", "private", "info"))
_CONNECTION: Final = Argument(0, "only this connection's number; 0 means all")
_MARKET: Final = Argument("", "only this market")
_CHANNEL: Final = Argument("", "only this stream type, such as trade or candle.1m")
_GROUP: Final = Argument("", "only this rate group, as named in Remaining-Req")
_TARGET: Final = Argument("all", "what it hits", choices=("all", "ws", "rest"))
_SOCKET: Final = {"endpoint": _ENDPOINT, "connection": _CONNECTION}
_FRAMES: Final = {**_SOCKET, "market": _MARKET, "channel": _CHANNEL, "seconds": _SECONDS}
_REQUESTS: Final = {"group": _GROUP, "seconds": _SECONDS, "count": _COUNT}
_CODE: Final = Argument(1006, "close code; 1006 cuts without a close frame", low=1000, high=4999)

MALFORMATIONS: Final = (
    "truncated",
    "nan",
    "huge_number",
    "huge_frame",
    "nested",
    "invalid_utf8",
    "null_fields",
    "missing_fields",
    "html",
    "empty",
    "text_frame",
)

_KINDS: Final = (
    FaultKind(
        "close",
        "closes open sockets at once",
        (1, 26),
        {**_SOCKET, "code": _CODE},
        is_momentary=True,
    ),
    FaultKind(
        "flap",
        "closes every socket some time after it was opened",
        (8, 9),
        {
            **_SOCKET,
            "every_s": Argument(3.0, "age at which a socket is closed", low=0.01),
            "code": _CODE,
            "seconds": _SECONDS,
        },
    ),
    FaultKind(
        "handshake_reset",
        "answers new requests with a TCP reset",
        (2, 3),
        {"target": _TARGET, "count": _COUNT, "seconds": _SECONDS},
    ),
    FaultKind(
        "handshake_status",
        "answers WebSocket handshakes with an HTTP error; 503 is an HTML page",
        (7,),
        {
            "status": Argument(429, "429, 503, 403 or another status", low=400, high=599),
            "endpoint": _ENDPOINT,
            "count": _COUNT,
            "seconds": _SECONDS,
        },
    ),
    FaultKind(
        "captive_portal",
        "answers with status 200 and a login page in HTML",
        (10,),
        {"target": _TARGET, "count": _COUNT, "seconds": _SECONDS},
    ),
    FaultKind(
        "outage",
        "cuts what is open and resets what is tried until it ends",
        (1, 26, 37),
        {"target": _TARGET, "seconds": _SECONDS},
    ),
    FaultKind(
        "black_hole",
        "takes everything and answers nothing, without closing; new requests hang too",
        (5, 6),
        {**_SOCKET, "target": _TARGET, "seconds": _SECONDS},
    ),
    FaultKind("stall", "data stops, pongs go on", (11, 12, 26), dict(_FRAMES)),
    FaultKind("no_status", "status frames stop, data goes on", (14,), {"seconds": _SECONDS}),
    FaultKind(
        "slow_pong",
        "pongs come late",
        (15,),
        {**_SOCKET, "ms": Argument(4000, "delay in milliseconds"), "seconds": _SECONDS},
    ),
    FaultKind(
        "slow_path",
        "adds latency, jitter or a bandwidth limit to frames sent",
        (15, 21),
        {
            **_SOCKET,
            "ms": Argument(0, "latency added one way, in milliseconds", high=60_000),
            "jitter_ms": Argument(0, "random delay up to this, order kept", high=60_000),
            "bytes_per_s": Argument(0, "bandwidth; 0 means unlimited"),
            "seconds": _SECONDS,
        },
    ),
    FaultKind(
        "lost_request",
        "WebSocket requests never arrive",
        (18,),
        {**_SOCKET, "count": _COUNT, "seconds": _SECONDS},
    ),
    FaultKind(
        "keep_old_set",
        "WebSocket requests are taken but the old subscription stays",
        (19,),
        {**_SOCKET, "count": _COUNT, "seconds": _SECONDS},
    ),
    FaultKind(
        "refuse_request",
        "requests that name the market or type are answered by an error and close 1000",
        (18,),
        {
            **_SOCKET,
            "name": Argument(
                "WRONG_FORMAT",
                "Upbit's error name",
                choices=(
                    *("WRONG_FORMAT", "NO_CODES", "NO_TYPE", "NO_TICKET", "INVALID_PARAM"),
                    *("INVALID_AUTH", "TOO_MANY_REQUEST"),
                ),
            ),
            "market": _MARKET,
            "channel": _CHANNEL,
            "count": _COUNT,
            "seconds": _SECONDS,
        },
    ),
    FaultKind(
        "format_switch",
        "running streams change to another format until the next request",
        (20,),
        {
            **_SOCKET,
            "format": Argument(
                "SIMPLE",
                "the new format",
                choices=("DEFAULT", "SIMPLE", "JSON_LIST", "SIMPLE_LIST"),
            ),
        },
        is_momentary=True,
    ),
    FaultKind(
        "duplicate",
        "frames are sent several times",
        (23,),
        {**_FRAMES, "copies": Argument(3, "times each frame is sent", low=2, high=100)},
    ),
    FaultKind(
        "reorder",
        "frames are shuffled within a window",
        (24,),
        {
            **_FRAMES,
            "window": Argument(50, "frames that are held and shuffled", low=2, high=10_000),
            "hold_ms": Argument(250, "longest time a frame is held", low=1, high=60_000),
        },
    ),
    FaultKind(
        "lose",
        "frames are lost at random",
        (26,),
        {**_FRAMES, "share": Argument(0.1, "share of frames lost", high=1)},
    ),
    FaultKind(
        "realtime_first", "a realtime frame comes before its snapshot", (25,), {"seconds": _SECONDS}
    ),
    FaultKind(
        "stale_snapshot", "candle snapshots show the previous candle", (25,), {"seconds": _SECONDS}
    ),
    FaultKind(
        "malformed",
        "frames that can't be read, or not as expected",
        (28,),
        {
            **_FRAMES,
            "kind": Argument("truncated", "what is wrong", choices=MALFORMATIONS),
            "every": Argument(1, "every N-th frame", low=1, high=1e6),
        },
    ),
    FaultKind(
        "wrong_time",
        "times in frames are wrong",
        (29,),
        {
            **_FRAMES,
            "shift_ms": Argument(3_600_000, "added to every time", low=-1e12, high=1e12),
        },
    ),
    FaultKind(
        "delist",
        "the market is gone from every list; its streams are silent, REST says 404",
        (22,),
        {"market": Argument("KRW-BTC", "the market"), "seconds": _SECONDS},
    ),
    FaultKind(
        "delisting_notice",
        "tickers announce the market's end",
        (22,),
        {
            "market": Argument("KRW-BTC", "the market"),
            "date": Argument("2026-12-31", "last day, yyyy-MM-dd"),
            "seconds": _SECONDS,
        },
    ),
    FaultKind(
        "caution",
        "the market's warning or caution flags are set",
        (31,),
        {
            "market": Argument("KRW-BTC", "the market"),
            "flag": Argument(
                "PRICE_FLUCTUATIONS",
                "which one",
                choices=(
                    *("WARNING", "PRICE_FLUCTUATIONS", "TRADING_VOLUME_SOARING"),
                    *("DEPOSIT_AMOUNT_SOARING", "GLOBAL_PRICE_DIFFERENCES"),
                    "CONCENTRATION_OF_SMALL_ACCOUNTS",
                ),
            ),
            "seconds": _SECONDS,
        },
    ),
    FaultKind(
        "tick_change",
        "the price unit the exchange reports is another one",
        (31,),
        {
            "market": Argument("KRW-BTC", "the market"),
            "factor": Argument(10, "times the true unit", low=2, high=1000),
            "seconds": _SECONDS,
        },
    ),
    FaultKind(
        "halt",
        "trading in the market is suspended: no frames, orders answer market_offline",
        (31,),
        {"market": Argument("KRW-BTC", "the market"), "seconds": _SECONDS},
    ),
    FaultKind(
        "maintenance",
        "streams freeze, quotation answers 503 in HTML, orders answer market_offline",
        (31,),
        {"seconds": _SECONDS},
    ),
    FaultKind(
        "burst",
        "current books and tickers are sent again and again, on top of what happens",
        (21, 32),
        {
            "rate": Argument(20_000, "additional frames a second", low=1, high=1e6),
            "seconds": Argument(30.0, "how long"),
        },
    ),
    FaultKind(
        "too_many_requests",
        "answers 429, with or without Remaining-Req",
        (33,),
        {**_REQUESTS, "header": Argument(default=True, meaning="whether Remaining-Req is there")},
    ),
    FaultKind(
        "blocked",
        "answers 418",
        (34,),
        {
            "group": _GROUP,
            "seconds": Argument(60.0, "how long"),
        },
    ),
    FaultKind(
        "server_error",
        "answers a status of 5xx with an HTML page",
        (35, 37),
        {**_REQUESTS, "status": Argument(500, "500, 502, 503 or 504", low=500, high=599)},
    ),
    FaultKind(
        "hang",
        "answers late",
        (35,),
        {**_REQUESTS, "delay_s": Argument(30.0, "seconds before the answer", high=3600)},
    ),
    FaultKind(
        "slow_body",
        "the answer's body trickles",
        (35,),
        {**_REQUESTS, "bytes_per_s": Argument(1.0, "speed of the body", low=0.01)},
    ),
    FaultKind(
        "cut_body",
        "the connection is cut in the middle of the body",
        (35,),
        {**_REQUESTS, "bytes": Argument(20, "bytes sent before the cut", high=1e6)},
    ),
    FaultKind(
        "shared_quota",
        "another program uses a share of the budget",
        (36,),
        {
            "group": _GROUP,
            "share": Argument(0.5, "share it uses", high=1),
            "seconds": _SECONDS,
        },
    ),
)

FAULTS: Final[Mapping[str, FaultKind]] = {kind.name: kind for kind in _KINDS}


def parse_arguments(name: str, given: Mapping[str, object]) -> Mapping[str, FaultValue]:
    """Return every argument of the fault, given ones checked, the others at their default.

    Raises:
        FaultError: no such fault or argument, or a value it can't have.
    """
    kind = FAULTS.get(name)
    if kind is None:
        raise FaultError(f"there is no fault {name!r}; there are {', '.join(fault_names())}")
    values = {key: argument.default for key, argument in kind.arguments.items()}
    for key, value in given.items():
        argument = kind.arguments.get(key)
        if argument is None:
            known = ", ".join(kind.arguments)
            raise FaultError(f"{name} has no argument {key!r}; it has {known}")
        try:
            values[key] = argument.parse(value_text(value))
        except FaultError as error:
            raise FaultError(f"{name}: {key} {error}") from None
    return values


def check_fault(name: str, given: Mapping[str, object]) -> None:
    """Refuse a fault nobody knows; arguments of order faults are checked where those are set.

    Raises:
        FaultError: no such fault or argument, or a value it can't have.
    """
    if name not in ORDER_FAULTS:
        parse_arguments(name, given)


def value_text(value: object) -> str:
    """Return an argument that may come from JSON as the text it would be on the command line."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def fault_names() -> tuple[str, ...]:
    """Return the names of every fault, those round orders last."""
    return (*FAULTS, *ORDER_FAULTS)


def parse_fault(text: str) -> tuple[str, dict[str, str]]:
    """Return name and arguments of `NAME` or `NAME:key=value,key=value`.

    Raises:
        FaultError: not of that form.
    """
    name, _, rest = text.partition(":")
    arguments: dict[str, str] = {}
    for part in filter(None, rest.split(",")):
        key, equals, value = part.partition("=")
        if not equals or not key:
            raise FaultError(f"{part!r} must be key=value")
        arguments[key] = value
    return name, arguments
