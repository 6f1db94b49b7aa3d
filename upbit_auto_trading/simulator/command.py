"""`python -m upbit_auto_trading simulator`: one line when ready, exit code when it ends."""

import argparse
import asyncio
import json
import os
import signal
import ssl
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from upbit_auto_trading.simulator.account.account_file import (
    AccountBook,
    AccountFileError,
    default_accounts,
    load_accounts,
)
from upbit_auto_trading.simulator.exchange_clock import ExchangeClock
from upbit_auto_trading.simulator.fault.fault_kind import FaultError
from upbit_auto_trading.simulator.market.virtual_clock import VirtualClock
from upbit_auto_trading.simulator.options import add_arguments, fault_list, scenario_list
from upbit_auto_trading.simulator.server import ExchangeServer, ServerSettings
from upbit_auto_trading.simulator.socket.sent_log import SentLog
from upbit_auto_trading.simulator.world import World, WorldError, make_world

__all__ = ["add_arguments", "run"]


class StartError(Exception):
    """The exchange can't start; the text says why."""


class UseError(StartError):
    """An option is wrong; the text says which and what it may be."""


async def run(args: argparse.Namespace) -> int:
    """Run the exchange until it is told to stop; return the exit code.

    0 when stopped in order, 1 when it couldn't start or failed, 2 for wrong use.
    """
    if args.list_faults:
        sys.stdout.write(fault_list(as_json=args.json) + "\n")
        return 0
    if args.list_scenarios:
        sys.stdout.write(scenario_list(as_json=args.json) + "\n")
        return 0
    try:
        return await _serve(args)
    except StartError as error:
        sys.stderr.write(f"simulator: {error}\n")
        return 2 if isinstance(error, UseError) else 1


async def _serve(args: argparse.Namespace) -> int:
    tls = _tls(args.tls_cert, args.tls_key)
    accounts = _accounts(args.account)
    started_ms = int(time.time() * 1000)
    limits = VirtualClock(
        exchange_ms=started_ms, monotonic_s=time.monotonic(), speed=args.limits_speed
    )
    wall_s = (
        (lambda: limits.now_ms(time.monotonic()) / 1000) if args.limits_speed > 1 else time.time
    )
    world = _world(args, started_ms)
    clock = ExchangeClock(world.time_map, time.monotonic, wall_s)
    settings = ServerSettings(
        one_way_s=args.rtt_ms / 2000,
        snapshot_delay_s=args.snapshot_delay_ms / 1000,
        rate=args.rate,
    )
    log = SentLog(spill=_history_file(args.history_file))
    server = ExchangeServer(world.source, accounts, clock, log, settings, world.replay)
    stop = asyncio.Event()
    failures = _watch(stop, with_parent=args.exit_with_parent)
    try:
        for name, arguments in args.fault:
            _set_fault(server, name, arguments)
        port = await _listen(server, args.host, args.port, tls)
        _announce(args.host, port, "s" if tls else "")
        await stop.wait()
    finally:
        await server.stop()
    return 1 if failures else 0


def _world(args: argparse.Namespace, started_ms: int) -> World:
    try:
        return make_world(args, started_ms)
    except WorldError as error:
        raise UseError(str(error)) from None


async def _listen(server: ExchangeServer, host: str, port: int, tls: ssl.SSLContext | None) -> int:
    try:
        return await server.start(host, port, tls)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise StartError(f"can't listen on {host}:{port}: {reason}") from error


def _set_fault(server: ExchangeServer, name: str, arguments: dict[str, str]) -> None:
    try:
        server.faults.set(name, arguments)
    except FaultError as error:
        raise UseError(f"--fault: {error}") from None


def _announce(host: str, port: int, secure: str) -> None:
    shown = f"[{host}]" if ":" in host else host
    line = {
        "ready": True,
        "rest": f"http{secure}://{shown}:{port}",
        "ws": f"ws{secure}://{shown}:{port}/websocket/v1",
    }
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _accounts(path: Path | None) -> AccountBook:
    now_ms = int(time.time() * 1000)
    if path is None:
        return default_accounts(now_ms)
    try:
        return load_accounts(path, now_ms)
    except AccountFileError as error:
        raise UseError(f"--account {path}: {error}") from None


def _tls(certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    if certificate is None and key is None:
        return None
    if certificate is None:
        raise UseError("--tls-key needs --tls-cert")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key)
    except OSError as error:
        raise UseError(f"--tls-cert {certificate}: {error.strerror or error}") from None
    return context


def _history_file(path: Path | None) -> TextIO | None:
    if path is None:
        return None
    try:
        return path.open("w", encoding="utf-8")
    except OSError as error:
        raise StartError(f"can't write {path}: {error.strerror}") from error


def _watch(stop: asyncio.Event, *, with_parent: bool) -> list[dict[str, Any]]:
    """Set `stop` on a signal, on a failed task, or with the parent; return what failed."""
    loop = asyncio.get_running_loop()
    failures: list[dict[str, Any]] = []

    def failed(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        sys.stderr.write(f"simulator: {context['message']}: {error!r}\n")
        if isinstance(error, OSError):
            # Something a client or the system did to a socket.
            return
        # An exchange that goes on after a bug in it would prove nothing: end the program.
        failures.append(context)
        stop.set()

    loop.set_exception_handler(failed)
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:
            # Windows' loop has no signal handlers.
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
    if with_parent:
        _stop_with_parent(loop, stop)
    return failures


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
