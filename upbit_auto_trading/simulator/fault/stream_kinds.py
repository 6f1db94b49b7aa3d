"""Faults of streams: what becomes of requests and frames."""

from typing import Final

from upbit_auto_trading.simulator.fault.fault_kind import Argument, FaultKind
from upbit_auto_trading.simulator.fault.fault_scopes import (
    CHANNEL,
    COUNT,
    FRAMES,
    MARKET,
    SECONDS,
    SOCKET,
)

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

STREAM_KINDS: Final = (
    FaultKind(
        "stall", "stream", "Data stops", "data stops, pongs go on", (11, 12, 26), dict(FRAMES)
    ),
    FaultKind(
        "no_status",
        "stream",
        "Status frames stop",
        "status frames stop, data goes on",
        (14,),
        {"seconds": SECONDS},
    ),
    FaultKind(
        "lost_request",
        "stream",
        "Lose subscription requests",
        "WebSocket requests never arrive",
        (18,),
        {**SOCKET, "count": COUNT, "seconds": SECONDS},
    ),
    FaultKind(
        "keep_old_set",
        "stream",
        "Ignore subscription requests",
        "WebSocket requests are taken but the old subscription stays",
        (19,),
        {**SOCKET, "count": COUNT, "seconds": SECONDS},
    ),
    FaultKind(
        "refuse_request",
        "stream",
        "Refuse subscription requests",
        "requests that name the market or type are answered by an error and close 1000",
        (18,),
        {
            **SOCKET,
            "name": Argument(
                "WRONG_FORMAT",
                "Upbit's error name",
                choices=(
                    *("WRONG_FORMAT", "NO_CODES", "NO_TYPE", "NO_TICKET", "INVALID_PARAM"),
                    *("INVALID_AUTH", "TOO_MANY_REQUEST"),
                ),
            ),
            "market": MARKET,
            "channel": CHANNEL,
            "count": COUNT,
            "seconds": SECONDS,
        },
    ),
    FaultKind(
        "format_switch",
        "stream",
        "Switch the format of streams",
        "running streams change to another format until the next request",
        (20,),
        {
            **SOCKET,
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
        "stream",
        "Send frames several times",
        "frames are sent several times",
        (23,),
        {**FRAMES, "copies": Argument(3, "times each frame is sent", low=2, high=100)},
    ),
    FaultKind(
        "reorder",
        "stream",
        "Shuffle frames",
        "frames are shuffled within a window",
        (24,),
        {
            **FRAMES,
            "window": Argument(50, "frames that are held and shuffled", low=2, high=10_000),
            "hold_ms": Argument(250, "longest time a frame is held", low=1, high=60_000, unit="ms"),
        },
    ),
    FaultKind(
        "lose",
        "stream",
        "Lose frames",
        "frames are lost at random",
        (26,),
        {**FRAMES, "share": Argument(0.1, "share of frames lost", high=1)},
    ),
    FaultKind(
        "no_snapshot",
        "stream",
        "Lose snapshots",
        "snapshots never come, realtime frames do",
        (18, 25),
        dict(FRAMES),
    ),
    FaultKind(
        "realtime_first",
        "stream",
        "Realtime before snapshot",
        "a realtime frame comes before its snapshot",
        (25,),
        {"seconds": SECONDS},
    ),
    FaultKind(
        "stale_snapshot",
        "stream",
        "Old candle as snapshot",
        "candle snapshots show the previous candle",
        (25,),
        {"seconds": SECONDS},
    ),
    FaultKind(
        "malformed",
        "stream",
        "Damage frames",
        "frames that can't be read, or not as expected",
        (28,),
        {
            **FRAMES,
            "kind": Argument("truncated", "what is wrong", choices=MALFORMATIONS),
            "every": Argument(1, "every N-th frame", low=1, high=1e6),
        },
    ),
    FaultKind(
        "wrong_time",
        "stream",
        "Wrong times in frames",
        "timestamps in frames are wrong; dates and candles' starts are not",
        (29,),
        {
            **FRAMES,
            "shift_ms": Argument(
                3_600_000, "added to every timestamp", low=-1e12, high=1e12, unit="ms"
            ),
        },
    ),
    FaultKind(
        "burst",
        "stream",
        "Burst of messages",
        "current books and tickers are sent again and again, on top of what happens",
        (21, 32),
        {
            "rate": Argument(20_000, "additional frames", low=1, high=1e6, unit="1/s"),
            "factor": Argument(
                0, "instead: this many times what happens; 0 for the rate", high=1000
            ),
            "seconds": Argument(30.0, "how long", unit="s"),
        },
    ),
)
