"""Faults of connections: closed, refused, swallowed, slowed."""

from typing import Final

from upbit_auto_trading.simulator.fault.fault_kind import Argument, FaultKind
from upbit_auto_trading.simulator.fault.fault_scopes import COUNT, ENDPOINT, SECONDS, SOCKET, TARGET

_CODE: Final = Argument(1006, "close code; 1006 cuts without a close frame", low=1000, high=4999)

CONNECTION_KINDS: Final = (
    FaultKind(
        "close",
        "connection",
        "Close connections",
        "closes open sockets at once",
        (1, 26),
        {**SOCKET, "code": _CODE},
        is_momentary=True,
    ),
    FaultKind(
        "flap",
        "connection",
        "Drop connections again and again",
        "closes every socket some time after it was opened",
        (8, 9),
        {
            **SOCKET,
            "every_s": Argument(3.0, "age at which a socket is closed", low=0.01, unit="s"),
            "code": _CODE,
            "seconds": SECONDS,
        },
    ),
    FaultKind(
        "handshake_reset",
        "connection",
        "Reset new requests",
        "answers new requests with a TCP reset",
        (2, 3),
        {"target": TARGET, "count": COUNT, "seconds": SECONDS},
    ),
    FaultKind(
        "handshake_status",
        "connection",
        "Refuse WebSocket handshakes",
        "answers WebSocket handshakes with an HTTP error; 503 is an HTML page",
        (7,),
        {
            "status": Argument(429, "429, 503, 403 or another status", low=400, high=599),
            "endpoint": ENDPOINT,
            "count": COUNT,
            "seconds": SECONDS,
        },
    ),
    FaultKind(
        "captive_portal",
        "connection",
        "Login page instead of answers",
        "answers with status 200 and a login page in HTML",
        (10,),
        {"target": TARGET, "count": COUNT, "seconds": SECONDS},
    ),
    FaultKind(
        "outage",
        "connection",
        "Nothing can be reached",
        "cuts what is open and resets what is tried until it ends",
        (1, 26, 37),
        {"target": TARGET, "seconds": SECONDS},
    ),
    FaultKind(
        "black_hole",
        "connection",
        "Swallow everything silently",
        "takes everything and answers nothing, without closing; new requests hang too",
        (5, 6),
        {**SOCKET, "target": TARGET, "seconds": SECONDS},
    ),
    FaultKind(
        "slow_pong",
        "connection",
        "Late pongs",
        "pongs come late",
        (15,),
        {**SOCKET, "ms": Argument(4000, "delay", unit="ms"), "seconds": SECONDS},
    ),
    FaultKind(
        "slow_path",
        "connection",
        "Slow network",
        "adds latency, jitter or a bandwidth limit to frames sent",
        (15, 21),
        {
            **SOCKET,
            "ms": Argument(0, "latency added one way", high=60_000, unit="ms"),
            "jitter_ms": Argument(0, "random delay up to this, order kept", high=60_000, unit="ms"),
            "bytes_per_s": Argument(0, "bandwidth; 0 means unlimited", unit="B/s"),
            "seconds": SECONDS,
        },
    ),
)
