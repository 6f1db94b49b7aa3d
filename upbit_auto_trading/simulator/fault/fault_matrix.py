"""How each row of the fault matrix is brought about: by which faults, or by what else.

Rows 1 to 37 are those a market data client has to survive. Some come from outside the exchange
(names, the computer's clock) or from what the client does itself: those say how.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from upbit_auto_trading.simulator.fault.fault_catalogue import FAULTS


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One row: `faults` of the exchange that serve it, `scenarios`, and `how` where more is needed.

    `how` is what a client, a test or an option of the command adds; empty where a fault is enough.
    """

    number: int
    title: str
    faults: tuple[str, ...]
    scenarios: tuple[str, ...] = ()
    how: str = ""


_TITLES: Final = (
    "server closes the connection",
    "TCP reset in the handshake",
    "TLS reset, wrong or expired certificate",
    "names can't be resolved for a while",
    "black hole: packets dropped, no FIN",
    "half-open after the computer slept",
    "handshake answered by 429, 503 or 403",
    "flapping: dropped every few seconds",
    "reconnect forced by the server",
    "captive portal answers 200 with HTML",
    "all data stops, pongs go on",
    "one market of many stops",
    "markets truly quiet",
    "status frames stop, data flows",
    "late pongs",
    "many swaps with other streams beside",
    "burst of swaps",
    "request lost or answered by an error",
    "server keeps the old subscription",
    "streams change their format",
    "every market at once",
    "unknown or delisted market in the set",
    "duplicates of every message",
    "reordering",
    "realtime before snapshot, snapshot of the previous candle",
    "gap at the reconnect",
    "pages overlap, more than 200 candles, missing slots",
    "malformed frames",
    "exchange times are wrong",
    "the computer's clock is wrong or is set",
    "price unit changes, caution flag, halt",
    "burst of traffic",
    "429 with and without Remaining-Req",
    "418 for a minute",
    "5xx, hanging, slow and cut answers",
    "another program uses the quota",
    "WebSocket and REST down",
)

_SCENARIOS: Final[Mapping[int, tuple[str, ...]]] = {13: ("quiet",)}

_HOW: Final[Mapping[int, str]] = {
    3: "certificates: --tls-cert with one of another name or out of date, or trusted by nobody",
    4: "the client's resolver fails; outage shows the same from the socket on",
    6: "the client's clock jumps an hour while black_hole is in force",
    12: "with market=M",
    13: "a fifth of the markets is silent for half a minute without it",
    16: "the client swaps, with --rtt-ms 20 and all KRW tickers held on the same connection",
    17: "the client changes what it wants 50 times in a second; the message limits are Upbit's",
    22: "unknown and lower-case codes: the client asks for them, the answer is silence",
    27: "minutes without trades leave slots out; the client asks for more than 200",
    30: "the client's wall clock is set; the exchange's own stays right",
}


def matrix() -> tuple[MatrixRow, ...]:
    """Return rows 1 to 37."""
    return tuple(
        MatrixRow(
            number,
            title,
            tuple(kind.name for kind in FAULTS.values() if number in kind.rows),
            _SCENARIOS.get(number, ()),
            _HOW.get(number, ""),
        )
        for number, title in enumerate(_TITLES, start=1)
    )
