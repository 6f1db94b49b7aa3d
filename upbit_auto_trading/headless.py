"""The composition root of the commands without a window. Knows neither Qt nor presentation."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import signal
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.application import backtest_command, diagnosis_text, run_command
from upbit_auto_trading.application.connection import (
    EndpointKind,
    ExchangeEndpoint,
    InvalidEndpointError,
    checked_url,
)
from upbit_auto_trading.application.paper_trading import Desk
from upbit_auto_trading.application.simulation import SimulationWatch, settle
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.evaluation import UnfinishedComparisonError
from upbit_auto_trading.domain.failure import MarketDataError
from upbit_auto_trading.domain.own_indicators import OwnIndicators
from upbit_auto_trading.domain.recording import LedgerError
from upbit_auto_trading.domain.risk import RiskLimits
from upbit_auto_trading.domain.strategy_json import strategy_to_json
from upbit_auto_trading.domain.variable import InvalidOperandError, UnknownVariableError
from upbit_auto_trading.infrastructure.clock import SYSTEM_CLOCK
from upbit_auto_trading.infrastructure.data_folder import DataFolder, UnwritableFolderError
from upbit_auto_trading.infrastructure.indicators import NoIndicatorError, TaLibIndicators
from upbit_auto_trading.infrastructure.market_data_backbone import MarketDataBackbone, Policy
from upbit_auto_trading.infrastructure.market_data_backbone.live_monitor import (
    line_of,
    reports,
    table_head,
)
from upbit_auto_trading.infrastructure.market_data_backbone.websocket_diagnostics import diagnose
from upbit_auto_trading.infrastructure.paper_broker import PaperBroker
from upbit_auto_trading.infrastructure.simulation_run import SimulationRun
from upbit_auto_trading.infrastructure.strategy_library import StrategyLibrary
from upbit_auto_trading.infrastructure.trading_ledger import TradingLedger
from upbit_auto_trading.infrastructure.upbit.constants import REST_URL, WS_URL
from upbit_auto_trading.tasks import TaskOwner

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from upbit_auto_trading.domain.strategy import Strategy

DONE: Final = 0
FAILED: Final = 1
_LONGEST_S: Final = 31_536_000.0
_SHORTEST_S: Final = 0.001
_HEAD_EVERY: Final = 20
"""Lines of the monitor's table under one head."""
_CANT_BE_COMPILED: Final = (
    UnknownVariableError,
    InvalidOperandError,
    UnfinishedComparisonError,
    NoIndicatorError,
)


class WrongUseError(ValueError):
    """Options that don't go together; the text says which."""


class CannotRunError(Exception):
    """The command can't do its work; the text says why in one line."""


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands that speak to an exchange, or run a strategy, to the command line."""
    backtest = commands.add_parser("backtest", help="run a strategy on history")
    backtest_command.add_arguments(backtest)
    _add_exchange(backtest)
    live = commands.add_parser("run", help="run a strategy on live data with paper money")
    run_command.add_arguments(live, seconds)
    _add_exchange(live)
    diagnosis = commands.add_parser("diagnose", help="find out whether the exchange can be reached")
    diagnosis.add_argument("--json", action="store_true", help="print one line of JSON")
    _add_exchange(diagnosis)
    monitor = commands.add_parser("monitor", help="watch the connection's figures")
    monitor.add_argument(
        "--seconds", type=seconds, default=10.0, metavar="N", help="how long (%(default)g)"
    )
    monitor.add_argument("--json", action="store_true", help="print a line of JSON a second")
    _add_exchange(monitor)


def seconds(text: str) -> float:
    """Return a number of seconds above 0 and at most a year; for argparse."""
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds") from None
    if not 0 < value <= _LONGEST_S:
        raise argparse.ArgumentTypeError(f"{text} is not above 0 and at most {_LONGEST_S:.0f}")
    return value


async def run(given: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Run the command that was chosen; return its exit code.

    Raises:
        WrongUseError: options don't go together.
    """
    work = {"backtest": _backtest, "run": _run, "diagnose": _diagnose, "monitor": _monitor}
    # What goes wrong and is tried again is in the figures; standard error has the reason of a
    # failure and nothing else.
    logging.getLogger("upbit_auto_trading").addHandler(logging.NullHandler())
    try:
        return await work[given.command](given, environment)
    except (
        CannotRunError,
        MarketDataError,
        UnwritableFolderError,
        LedgerError,
        run_command.UnreadableStrategyError,
    ) as error:
        sys.stderr.write(f"{given.command}: {error}\n")
        return FAILED


async def _backtest(given: argparse.Namespace, environment: Mapping[str, str]) -> int:
    indicators = OwnIndicators(TaLibIndicators())
    if not backtest_command.needs_history(given):
        return backtest_command.run(given, indicators)
    if given.start is None or given.end is None:
        raise WrongUseError("--strategy needs --from and --to")
    if given.start >= given.end:
        raise WrongUseError("--from must be before --to")
    if not given.strategy.is_file():
        raise CannotRunError(f"{given.strategy}: there is no such file")
    endpoint, folder = _exchange(given, environment)
    async with _backbone(endpoint, folder) as feed:
        try:
            return await backtest_command.run_on_history(given, feed, indicators)
        except _CANT_BE_COMPILED as error:
            raise CannotRunError(f"{given.strategy}: {error}") from error


async def _run(given: argparse.Namespace, environment: Mapping[str, str]) -> int:
    refused = run_command.refuse_real_money(given)
    if refused is not None:
        return refused
    strategy = run_command.read_strategy_file(given.strategy)
    endpoint, folder = _exchange(given, environment)
    place = folder.of_exchange(endpoint.kind, endpoint.rest_url, endpoint.ws_url)
    broker = PaperBroker(given.latency_ms / 1000)
    async with (
        StrategyLibrary(folder.path, shipped_variables()) as library,
        TradingLedger(place) as ledger,
    ):
        for broken in (*library.set_aside, *ledger.set_aside):
            sys.stderr.write(f"run: a database was broken; it lies at {broken} now\n")
        strategy = await _remembered(library, strategy)
        limits = RiskLimits(orders_a_minute=given.orders_a_minute)
        indicators = OwnIndicators(TaLibIndicators())
        started_ms = round(SYSTEM_CLOCK.wall() * 1000)
        until = None if given.seconds is None else SYSTEM_CLOCK.monotonic() + given.seconds
        is_replaced = True
        while is_replaced:
            async with _backbone(endpoint, folder) as feed:
                desk = Desk(feed, ledger, broker, indicators, SYSTEM_CLOCK.wall, limits)
                life = _Life(endpoint, place, feed)
                try:
                    facts = await run_command.run(given, strategy, desk, life.begun)
                except _CANT_BE_COMPILED as error:
                    raise CannotRunError(f"{given.strategy}: {error}") from error
                finally:
                    await life.close()
            is_replaced = life.is_replaced
            if is_replaced:
                sys.stderr.write(
                    "run: another simulated exchange took the place of the one before: its market "
                    "data is gone, the run goes on with its account\n"
                )
            if is_replaced and until is not None:
                given.seconds = max(_SHORTEST_S, until - SYSTEM_CLOCK.monotonic())
        if not library.is_read_only:
            await library.use(
                lambda store: store.add_run("paper", strategy, given.market, started_ms, facts)
            )
    return DONE


class _Life:
    """One life of a run: ended by the user, by the time, or when the exchange is another one."""

    def __init__(self, endpoint: ExchangeEndpoint, place: Path, feed: MarketDataBackbone) -> None:
        self.is_replaced = False
        self._tasks = TaskOwner("run-life")
        self._watch: SimulationWatch | None = None
        if endpoint.kind is not EndpointKind.UPBIT:
            memory = SimulationRun(endpoint.rest_url, place)
            self._watch = SimulationWatch(feed, memory, memory.known())

    def begun(self, stop: Callable[[], None]) -> None:
        """Let signals and another exchange call `stop`."""
        _call_on_signals(stop)
        if self._watch is not None:
            self._tasks.start(self._follow(self._watch, stop), "follow-simulation")

    async def close(self) -> None:
        """Watch no more."""
        await self._tasks.close()

    async def _follow(self, watch: SimulationWatch, stop: Callable[[], None]) -> None:
        await watch.changed()
        self.is_replaced = True
        stop()


async def _remembered(library: StrategyLibrary, strategy: Strategy) -> Strategy:
    """Keep the strategy as one from elsewhere; return it with its version."""
    if library.is_read_only:
        sys.stderr.write("run: a newer program wrote the strategies; this one isn't kept\n")
        return strategy
    now_ms = round(SYSTEM_CLOCK.wall() * 1000)
    document = strategy_to_json(strategy)
    return await library.use(lambda store: store.import_strategy(document, now_ms))


def _call_on_signals(stop: Callable[[], None]) -> None:
    """Call `stop` on Ctrl+C and on a request to end."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop)
        except NotImplementedError:
            # Windows' loop has no signal handlers.
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop))


async def _diagnose(given: argparse.Namespace, environment: Mapping[str, str]) -> int:
    endpoint, folder = _exchange(given, environment)
    place = folder.of_exchange(endpoint.kind, endpoint.rest_url, endpoint.ws_url)
    found = await diagnose(endpoint.rest_url, endpoint.ws_url, data_dir=place)
    told = found.data()
    if given.json:
        sys.stdout.write(json.dumps(told) + "\n")
    else:
        for step in told["steps"]:
            sys.stdout.write(diagnosis_text.step_line(step) + "\n")
        sys.stdout.write(diagnosis_text.verdict_line(told) + "\n")
    if not found.ok:
        reason = f"{diagnosis_text.verdict_line(told)} [{diagnosis_text.failure_line(told)}]"
        sys.stderr.write(f"diagnose: {endpoint.host}: {reason}\n")
    return DONE if found.ok else FAILED


async def _monitor(given: argparse.Namespace, environment: Mapping[str, str]) -> int:
    endpoint, folder = _exchange(given, environment)
    received = told = 0
    async with _backbone(endpoint, folder) as feed:
        async for metrics in reports(feed, given.seconds):
            if not given.json and told % _HEAD_EVERY == 0:
                sys.stdout.write(table_head() + "\n")
            line = json.dumps(metrics) if given.json else line_of(metrics, feed.sample())
            sys.stdout.write(line + "\n")
            told += 1
            sys.stdout.flush()
            received = metrics["streams"]["messages_received"]
    if not received:
        raise CannotRunError(f"{endpoint.host}: nothing was received in {given.seconds:g} s")
    return DONE


@asynccontextmanager
async def _backbone(
    endpoint: ExchangeEndpoint, folder: DataFolder
) -> AsyncIterator[MarketDataBackbone]:
    place = folder.of_exchange(endpoint.kind, endpoint.rest_url, endpoint.ws_url)
    if endpoint.kind is not EndpointKind.UPBIT:
        await settle(SimulationRun(endpoint.rest_url, place))
    # Nobody opens charts here, so nothing is worth being subscribed to ahead.
    policy = Policy(predict=False)
    rest_url, ws_url = endpoint.rest_url, endpoint.ws_url
    async with MarketDataBackbone(rest_url, ws_url, policy=policy, data_dir=place) as backbone:
        yield backbone


def _add_exchange(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--rest-url", metavar="U", help="another exchange's REST address (with --ws-url)"
    )
    parser.add_argument(
        "--ws-url", metavar="U", help="another exchange's WebSocket address (with --rest-url)"
    )
    parser.add_argument(
        "--data-dir",
        type=Path,
        metavar="D",
        help="folder of databases and logs (default: the platform's user data folder)",
    )


def _exchange(
    given: argparse.Namespace, environment: Mapping[str, str]
) -> tuple[ExchangeEndpoint, DataFolder]:
    rest_url = given.rest_url or environment.get("UPBIT_REST_URL")
    ws_url = given.ws_url or environment.get("UPBIT_WS_URL")
    if (rest_url is None) != (ws_url is None):
        missing = "--ws-url" if ws_url is None else "--rest-url"
        raise WrongUseError(f"an exchange needs both addresses: {missing} is missing")
    kind = EndpointKind.UPBIT if rest_url is None else EndpointKind.CUSTOM
    rest_url = rest_url or environment.get("UPBIT_DEFAULT_REST_URL", REST_URL)
    ws_url = ws_url or environment.get("UPBIT_DEFAULT_WS_URL", WS_URL)
    try:
        rest_url = checked_url("--rest-url", rest_url, ("http", "https")).removesuffix("/v1")
        ws_url = checked_url("--ws-url", ws_url, ("ws", "wss"))
    except InvalidEndpointError as error:
        raise WrongUseError(str(error)) from None
    return ExchangeEndpoint(kind, rest_url, ws_url), DataFolder.open(given.data_dir)
