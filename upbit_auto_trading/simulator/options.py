"""The options of the `simulator` command: what each may be, and the lists it can print."""

import argparse
import json
from pathlib import Path
from typing import Any

from upbit_auto_trading.simulator.fault.fault_catalogue import (
    FAULTS,
    parse_arguments,
    parse_fault,
)
from upbit_auto_trading.simulator.fault.fault_kind import FaultError
from upbit_auto_trading.simulator.fault.fault_matrix import MatrixRow, matrix
from upbit_auto_trading.simulator.market.scenarios import SCENARIO_NAMES
from upbit_auto_trading.simulator.market.virtual_clock import FASTEST, SLOWEST


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the `simulator` command."""
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on")
    add("--port", type=_port, default=0, help="port; 0 takes a free one")
    add("--seed", type=int, default=1, help="another seed makes another market")
    add("--markets", type=_positive, metavar="N", help="list only the first N markets")
    add(
        *("--rate",),
        type=_rate,
        metavar="MSG_PER_S",
        help="total frames a second over all subscribed streams (default: as the market goes)",
    )
    add("--rtt-ms", type=_not_negative, default=0, metavar="N", help="simulated round trip")
    add("--speed", type=_speed, default=1.0, metavar="X", help="exchange time per real time")
    add(
        *("--limits-speed",),
        type=_speed,
        default=1.0,
        metavar="X",
        help="how much faster than real the seconds of all limits pass",
    )
    add("--history-days", type=_positive, metavar="N", help="days of trades before today")
    add(
        *("--replay",),
        type=Path,
        metavar="FILE",
        help="play this recorded WebSocket session, --speed times as fast as it was",
    )
    add("--scenario", choices=SCENARIO_NAMES, help="start with this scenario in every market")
    add(
        *("--fault",),
        type=_fault,
        action="append",
        default=[],
        metavar="NAME[:k=v,…]",
        help="start with this fault; may be given more than once",
    )
    add("--snapshot-delay-ms", type=_not_negative, default=0, metavar="N", help="before snapshots")
    add("--account", type=Path, metavar="FILE", help="accounts and keys (JSON)")
    add("--history-file", type=Path, metavar="FILE", help="write a record of every frame sent")
    add("--tls-cert", type=Path, metavar="FILE", help="serve TLS with this certificate chain")
    add("--tls-key", type=Path, metavar="FILE", help="the certificate's private key")
    add("--list-faults", action="store_true", help="explain the faults and exit")
    add("--list-scenarios", action="store_true", help="name the scenarios and exit")
    add("--json", action="store_true", help="print lists as JSON")
    add("--exit-with-parent", action="store_true", help=argparse.SUPPRESS)


def fault_list(*, as_json: bool) -> str:
    """Return the catalogue of faults as text; the text ends with the rows of the fault matrix."""
    rows = [kind.described() for kind in FAULTS.values()]
    if as_json:
        return json.dumps(rows, ensure_ascii=False)
    lines = [line for row in rows for line in _fault_lines(row)]
    lines += ["", "Rows of the fault matrix, and what brings each about:"]
    return "\n".join(lines + [_matrix_line(row) for row in matrix()])


def scenario_list(*, as_json: bool) -> str:
    """Return the names of the scenarios as text."""
    return json.dumps(list(SCENARIO_NAMES)) if as_json else "\n".join(SCENARIO_NAMES)


def _fault_lines(row: dict[str, Any]) -> list[str]:
    lines = [f"{row['name']}: {row['summary']}"]
    for argument in row["args"]:
        choices = [choice for choice in argument.get("choices", ()) if choice]
        listed = f" ({', '.join(choices)})" if choices else ""
        default = "" if argument["default"] in ("", 0) else f"={argument['default']}"
        unit = f" [{argument['unit']}]" if argument["unit"] else ""
        lines.append(f"    {argument['name']}{default}{unit}: {argument['meaning']}{listed}")
    return lines


def _matrix_line(row: MatrixRow) -> str:
    scenarios = [f"scenario {name}" for name in row.scenarios]
    means = ", ".join([*row.faults, *scenarios])
    return f"{row.number:>4} {row.title}: " + "; ".join(filter(None, (means, row.how)))


def _fault(text: str) -> tuple[str, dict[str, str]]:
    try:
        name, arguments = parse_fault(text)
        parse_arguments(name, arguments)
    except FaultError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return name, arguments


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a number, not {text!r}") from None


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"must lie between 0 and 65535, not {text!r}")
    return int(text)


def _positive(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 100_000:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1, not {text!r}")
    return int(text)


def _not_negative(text: str) -> float:
    number = _number(text)
    if not 0 <= number <= 600_000:
        raise argparse.ArgumentTypeError(f"must lie between 0 and 600000, not {text!r}")
    return number


def _rate(text: str) -> float:
    number = _number(text)
    if not 0 < number <= 1_000_000:
        raise argparse.ArgumentTypeError(f"must be above 0 and at most 1000000, not {text!r}")
    return number


def _speed(text: str) -> float:
    number = _number(text)
    if not SLOWEST <= number <= FASTEST:
        raise argparse.ArgumentTypeError(
            f"must lie between {SLOWEST:g} and {FASTEST:g}, not {text!r}"
        )
    return number
