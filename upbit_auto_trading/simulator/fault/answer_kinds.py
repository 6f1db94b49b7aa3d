"""Faults of REST answers."""

from typing import Final

from upbit_auto_trading.simulator.fault.fault_kind import Argument, FaultKind
from upbit_auto_trading.simulator.fault.fault_scopes import GROUP, REQUESTS, SECONDS

ANSWER_KINDS: Final = (
    FaultKind(
        "too_many_requests",
        "rest",
        "Answer 429",
        "answers 429, with or without Remaining-Req",
        (33,),
        {**REQUESTS, "header": Argument(default=True, meaning="whether Remaining-Req is there")},
    ),
    FaultKind(
        "blocked",
        "rest",
        "Answer 418",
        "answers 418",
        (34,),
        {
            "group": GROUP,
            "seconds": Argument(60.0, "how long", unit="s"),
        },
    ),
    FaultKind(
        "server_error",
        "rest",
        "Answer 5xx",
        "answers a status of 5xx with an HTML page",
        (35, 37),
        {**REQUESTS, "status": Argument(500, "500, 502, 503 or 504", low=500, high=599)},
    ),
    FaultKind(
        "hang",
        "rest",
        "Late answers",
        "answers late",
        (35,),
        {**REQUESTS, "delay_s": Argument(30.0, "time before the answer", high=3600, unit="s")},
    ),
    FaultKind(
        "slow_body",
        "rest",
        "Trickling answers",
        "the answer's body trickles",
        (35,),
        {**REQUESTS, "bytes_per_s": Argument(1.0, "speed of the body", low=0.01, unit="B/s")},
    ),
    FaultKind(
        "cut_body",
        "rest",
        "Cut answers short",
        "the connection is cut in the middle of the body",
        (35,),
        {**REQUESTS, "bytes": Argument(20, "sent before the cut", high=1e6, unit="B")},
    ),
    FaultKind(
        "overlapping_pages",
        "rest",
        "Candle pages overlap",
        "a page of candles repeats the oldest ones of the page before it",
        (27,),
        {
            "candles": Argument(1, "how many are repeated", low=1, high=200),
            "seconds": SECONDS,
        },
    ),
    FaultKind(
        "shared_quota",
        "rest",
        "Another program uses the budget",
        "another program uses a share of the budget",
        (36,),
        {
            "group": GROUP,
            "share": Argument(0.5, "share it uses", high=1),
            "seconds": SECONDS,
        },
    ),
)
