"""`run`: a strategy on live data from the command line."""

from __future__ import annotations

import argparse
import json
import os
import sys
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from upbit_auto_trading.application.paper_trading import paper_run
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.document import InvalidDocumentError
from upbit_auto_trading.domain.market import InvalidMarketError, parse_market
from upbit_auto_trading.domain.money import minimum_total
from upbit_auto_trading.domain.recording import Terms
from upbit_auto_trading.domain.strategy_json import strategy_from_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from upbit_auto_trading.application.paper_trading import Desk
    from upbit_auto_trading.application.run_journal import Told
    from upbit_auto_trading.domain.strategy import Strategy

WRONG_USE: Final = 2
_HIGHEST_FEE_PERCENT: Final = 10
_LONGEST_LATENCY_MS: Final = 60_000


class UnreadableStrategyError(Exception):
    """The strategy's file can't be read, or isn't a strategy; the text says where."""


def add_arguments(parser: argparse.ArgumentParser, seconds: Callable[[str], float]) -> None:
    """Add the command's options to its parser."""
    add = parser.add_argument
    add("--strategy", type=Path, metavar="FILE", required=True, help="strategy to run")
    add("--market", type=_market, metavar="CODE", required=True, help="market to trade")
    add("--paper", action="store_true", help="with paper money, which is all there is")
    add("--seconds", type=seconds, metavar="N", help="how long (default: until interrupted)")
    add("--json", action="store_true", help="print a line of JSON for everything that happens")
    add(
        *("--cash",),
        type=_decimal,
        default=Decimal(1_000_000),
        metavar="AMOUNT",
        help="cash of a new run (%(default)s); one that is gone on with keeps its own",
    )
    add(
        *("--fee-percent",),
        type=_fee,
        default=Decimal("0.0005"),
        metavar="P",
        help="fee of a new run (0.05)",
    )
    add(
        *("--orders-a-minute",),
        type=_whole,
        default=10,
        metavar="N",
        help="most buys within a minute (%(default)s)",
    )
    add(
        *("--latency-ms",),
        type=_latency,
        default=50.0,
        metavar="N",
        help="how long an order takes to the exchange (%(default)g)",
    )


def refuse_real_money(given: argparse.Namespace) -> int | None:
    """Return the exit code where paper wasn't asked for, having said so; None where it was."""
    if given.paper:
        return None
    sys.stderr.write("run: trading real money isn't offered; add --paper\n")
    return WRONG_USE


def read_strategy_file(path: Path) -> Strategy:
    """Return the strategy of a file.

    Raises:
        UnreadableStrategyError: naming the file, and the field that is wrong.
    """
    try:
        return strategy_from_json(path.read_bytes(), shipped_variables())
    except OSError as error:
        raise UnreadableStrategyError(f"{path}: {error.strerror or error}") from error
    except InvalidDocumentError as error:
        raise UnreadableStrategyError(f"{path}: {error}") from error


async def run(
    given: argparse.Namespace,
    strategy: Strategy,
    desk: Desk,
    on_stop: Callable[[Callable[[], None]], None],
) -> Told:
    """Run until the time is over or `on_stop`'s callback is called; return the summary told.

    Raises:
        LedgerError, MarketDataError: the run can't begin, or can't be kept any more.
    """
    output = Output(as_json=given.json)
    terms = Terms(given.cash, given.fee_percent, minimum_total(given.market))
    async with paper_run(desk, strategy, given.market, terms, output.write) as live:
        on_stop(live.runner.stop)
        output.when_closed(live.runner.stop)
        await live.runner.wait(given.seconds)
    await live.runner.wait(0)
    summary = live.summary()
    output.write(summary)
    return summary


class Output:
    """Standard output, until nobody reads it any more; that ends the run in order."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._closed = False
        self._then: Callable[[], None] = lambda: None

    def when_closed(self, then: Callable[[], None]) -> None:
        """Call `then` once nobody reads any more, or at once if that is so already."""
        self._then = then
        if self._closed:
            then()

    def write(self, told: Told) -> None:
        """Write one thing that happened as a line."""
        if self._closed:
            return
        try:
            sys.stdout.write((json.dumps(told) if self._as_json else text_of(told)) + "\n")
            sys.stdout.flush()
        except BrokenPipeError:
            self._closed = True
            # What the stream still holds would be written once more when the program ends.
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, sys.stdout.fileno())
            os.close(nowhere)
            self._then()


def text_of(told: Told) -> str:
    """Return one thing that happened as a line for a terminal."""
    when = "" if "t" not in told else _shown(told["t"]) + "  "
    return when + _TEXTS[told["event"]](told)


def _shown(ms: int) -> str:
    moment = datetime.fromtimestamp(ms / 1000, UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{ms % 1000:03d}"


def _decision(told: Told) -> str:
    rule = f"rule {told['number']} {told['rule']}" if told["rule"] else "all rules"
    parts = [f"{rule:<24} {told['outcome']}"]
    if told["reason"]:
        parts.append(told["reason"])
    parts += [f"{name} {value}" for name, value in told["facts"].items()]
    if "why" in told:
        parts.append("because " + _why(told["why"]))
    return "  ".join(parts)


def _why(record: dict[str, Any]) -> str:
    if "children" in record:
        return "(" + "; ".join(_why(child) for child in record["children"]) + ")"
    if record["left"] is None or record["right"] is None:
        return f"{record['node']} {record['truth']}"
    return f"{record['node']} {record['left']:.10g} against {record['right']:.10g}"


def _order(told: Told) -> str:
    if told["state"] != "intended":
        return f"order {told['id']} {told['state']} {told['reason']}".rstrip()
    amount = told["amount"] if told["side"] == "buy" else told["quantity"]
    return f"order {told['id']} {told['side']} {amount}, decided at {told['price']:.10g}"


def _data(told: Told) -> str:
    age_ms = told["age_ms"]
    return f"data is {told['quality']}" + ("" if age_ms is None else f", {age_ms} ms old")


def _started(told: Told) -> str:
    how = "goes on" if told["resumed"] else "begins"
    held = told["position"]
    holding = "flat" if held is None else f"holding {held['quantity']} at {held['average']:.10g}"
    return f"run {told['run']} of {told['strategy']} on {told['market']} {how}: {holding}"


def _summary(told: Told) -> str:
    held, counts, latency = told["position"], told["counts"], told["latency_ms"]
    return (
        f"run {told['run']}: cash {told['cash']}, quantity {held['quantity'] if held else 0}, "
        f"{counts['ticks']} ticks, {counts['decisions']} decisions, {counts['orders']} orders, "
        f"{counts['fills']} fills, decided after {latency['p50']} ms (p50), "
        f"{latency['p99']} ms (p99)"
    )


_TEXTS: Final[dict[str, Callable[[Told], str]]] = {
    "started": _started,
    "data": _data,
    "ledger": lambda told: (
        f"nothing can be kept on disk ({told['code']}): rules wait"
        if told["state"] == "failing"
        else "the disk can be written again"
    ),
    "run": lambda told: f"the run is {told['state']}",
    "cash": lambda told: f"cash moved: {told['amount']}",
    "decision": _decision,
    "order": _order,
    "fill": lambda told: (
        f"order {told['order']} filled {told['quantity']} at {told['price']}, fee {told['fee']}"
    ),
    "summary": _summary,
}


def _market(text: str) -> str:
    try:
        return parse_market(text)
    except InvalidMarketError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _decimal(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from None
    if not number.is_finite() or not 0 <= number <= 10**15:
        raise argparse.ArgumentTypeError(f"{text!r} is not between 0 and 1000000000000000")
    return number


def _fee(text: str) -> Decimal:
    percent = _decimal(text)
    if percent > _HIGHEST_FEE_PERCENT:
        raise argparse.ArgumentTypeError(f"{text} is above {_HIGHEST_FEE_PERCENT}")
    return percent / 100


def _whole(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 10_000:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 to 10000")
    return int(text)


def _latency(text: str) -> float:
    latency_ms = _decimal(text)
    if latency_ms > _LONGEST_LATENCY_MS:
        raise argparse.ArgumentTypeError(f"{text} is above {_LONGEST_LATENCY_MS}")
    return float(latency_ms)
