"""`python -m upbit_auto_trading simulator`: options in, one line when ready, exit code out."""

import argparse
import asyncio
import json
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from upbit_auto_trading.simulator.exchange_clock import ExchangeClock
from upbit_auto_trading.simulator.market_model import MarketModel
from upbit_auto_trading.simulator.sent_log import SentLog
from upbit_auto_trading.simulator.server import ExchangeServer
from upbit_auto_trading.simulator.virtual_clock import VirtualClock


class StartError(Exception):
    """The exchange can't start; the text says why and what to do."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the `simulator` command."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=_port, default=0, help="port; 0 takes a free one")
    parser.add_argument("--seed", type=int, default=1, help="another seed, another market")
    parser.add_argument("--markets", type=_positive, help="list only the first N markets")
    parser.add_argument("--rtt-ms", type=_not_negative, default=0, help="simulated round trip")
    parser.add_argument("--speed", type=_speed, default=1, help="exchange time per real time")
    parser.add_argument("--history-days", type=_positive, help="days of candles before the start")
    parser.add_argument("--scenario", help="scenario to start with, in every market")
    parser.add_argument(
        "--snapshot-delay-ms", type=_not_negative, default=0, help="wait before snapshots"
    )
    parser.add_argument("--history-file", type=Path, help="write every frame sent to this file")
    parser.add_argument("--list-scenarios", action="store_true", help="name them and exit")
    parser.add_argument("--json", action="store_true", help="lists as JSON")
    parser.add_argument("--exit-with-parent", action="store_true", help=argparse.SUPPRESS)


async def run(args: argparse.Namespace) -> int:
    """Run the exchange until it is told to stop; return the exit code."""
    try:
        return await _run(args)
    except StartError as error:
        sys.stderr.write(f"simulator: {error}\n")
        return 1


async def _run(args: argparse.Namespace) -> int:
    model = _model(args)
    if args.list_scenarios:
        _write_names(list(model.scenario_names()), as_json=args.json)
        return 0
    clock = ExchangeClock(
        VirtualClock(
            exchange_ms=int(time.time() * 1000), monotonic_s=time.monotonic(), speed=args.speed
        ),
        time.monotonic,
        time.time,
    )
    if args.scenario is not None:
        if args.scenario not in model.scenario_names():
            names = ", ".join(model.scenario_names())
            sys.stderr.write(f"simulator: no scenario {args.scenario!r}; there are {names}\n")
            return 2
        model.start_scenario(args.scenario, None, clock.now_ms())
    log = SentLog(spill=_history_file(args.history_file))
    server = ExchangeServer(
        model,
        clock,
        log,
        one_way_s=args.rtt_ms / 2000,
        snapshot_delay_s=args.snapshot_delay_ms / 1000,
    )
    stop = asyncio.Event()
    failures: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: _failed(context, failures, stop))
    _stop_on_signals(loop, stop)
    if args.exit_with_parent:
        _stop_with_parent(loop, stop)
    try:
        port = await server.start(args.host, args.port)
    except OSError as error:
        reason = error.strerror or str(error)
        raise StartError(f"can't listen on {args.host}:{args.port}: {reason}") from error
    try:
        _announce(args.host, port)
        await stop.wait()
    finally:
        await server.stop()
    return 1 if failures else 0


def _model(args: argparse.Namespace) -> MarketModel:
    options: dict[str, Any] = {"seed": args.seed}
    if args.markets is not None:
        options["markets"] = args.markets
    if args.history_days is not None:
        options["history_days"] = args.history_days
    return MarketModel(**options)


def _announce(host: str, port: int) -> None:
    shown = f"[{host}]" if ":" in host else host
    line = {
        "ready": True,
        "rest": f"http://{shown}:{port}",
        "ws": f"ws://{shown}:{port}/websocket/v1",
    }
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _write_names(names: list[str], *, as_json: bool) -> None:
    text = json.dumps(names) if as_json else "\n".join(names)
    sys.stdout.write(text + "\n")


def _history_file(path: Path | None) -> TextIO | None:
    if path is None:
        return None
    try:
        return path.open("w", encoding="utf-8")
    except OSError as error:
        raise StartError(f"can't write {path}: {error.strerror}") from error


def _failed(context: dict[str, Any], failures: list[dict[str, Any]], stop: asyncio.Event) -> None:
    """End the program: an exchange that goes on after a bug in it would prove nothing."""
    failures.append(context)
    error = context.get("exception")
    sys.stderr.write(f"simulator: {context['message']}: {error!r}\n")
    stop.set()


def _stop_on_signals(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):
            loop.add_signal_handler(number, stop.set)
            continue
        # Windows has no signal handlers on the loop.
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))


def _stop_with_parent(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Stop when standard input ends: it is the parent's pipe, and ends with the parent."""

    def watch() -> None:
        # os.read instead of sys.stdin: a blocked stream would hold its lock at exit.
        with suppress(OSError):
            while os.read(0, 4096):
                pass
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError("must lie between 0 and 65535")
    return port


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _not_negative(text: str) -> float:
    number = float(text)
    if not 0 <= number < 1e7:
        raise argparse.ArgumentTypeError("must be 0 or more")
    return number


def _speed(text: str) -> float:
    speed = float(text)
    if not 1 <= speed <= 1000:
        raise argparse.ArgumentTypeError("must lie between 1 and 1000")
    return speed
