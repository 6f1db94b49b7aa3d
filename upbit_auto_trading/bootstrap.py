"""The composition root: the only module that knows every layer."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.application.alerts import AlertNotDeliveredError
from upbit_auto_trading.application.connection import (
    ConnectionNotice,
    EndpointKind,
    ExchangeEndpoint,
)
from upbit_auto_trading.application.diagnostics import DiagnosticsService
from upbit_auto_trading.application.ledger_upkeep import LedgerUpkeep
from upbit_auto_trading.application.market_data import MarketDataService
from upbit_auto_trading.application.paper_service import PaperTrading
from upbit_auto_trading.application.paper_trading import Desk
from upbit_auto_trading.application.services import Services
from upbit_auto_trading.application.settings import SettingsService
from upbit_auto_trading.application.simulation import SettledRun, SimulationWatch, settle
from upbit_auto_trading.application.subscription_metrics import SubscriptionMetricsService
from upbit_auto_trading.application.training import TrainingError, TrainingGround
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.failure import MarketDataError
from upbit_auto_trading.domain.own_indicators import OwnIndicators
from upbit_auto_trading.domain.recording import LedgerError
from upbit_auto_trading.infrastructure.alert_connections import AlertConnections
from upbit_auto_trading.infrastructure.candle_retention import CandleRetention
from upbit_auto_trading.infrastructure.clock import SYSTEM_CLOCK
from upbit_auto_trading.infrastructure.connection_probe import probe_endpoint
from upbit_auto_trading.infrastructure.data_folder import DataFolder, UnwritableFolderError
from upbit_auto_trading.infrastructure.diagnostic_bundle import DiagnosticFiles
from upbit_auto_trading.infrastructure.indicators import TaLibIndicators
from upbit_auto_trading.infrastructure.instance_lock import FolderInUseError, InstanceLock
from upbit_auto_trading.infrastructure.logging_setup import configure_logging
from upbit_auto_trading.infrastructure.market_data_backbone import MarketDataBackbone
from upbit_auto_trading.infrastructure.market_data_backbone.policy import Policy
from upbit_auto_trading.infrastructure.paper_books import PaperBooks
from upbit_auto_trading.infrastructure.paper_broker import PaperBroker
from upbit_auto_trading.infrastructure.persistence.settings_store import SettingsStore
from upbit_auto_trading.infrastructure.process_figures import read_process_figures
from upbit_auto_trading.infrastructure.secret_store import SecretStore
from upbit_auto_trading.infrastructure.simulation_run import SimulationRun
from upbit_auto_trading.infrastructure.simulator_control import SimulatorControl
from upbit_auto_trading.infrastructure.simulator_process import (
    SimulatorFailedError,
    SimulatorProcess,
)
from upbit_auto_trading.infrastructure.strategy_library import StrategyLibrary
from upbit_auto_trading.infrastructure.trading_ledger import TradingLedger
from upbit_auto_trading.infrastructure.trigger_shelf import SqliteTriggerShelf
from upbit_auto_trading.infrastructure.upbit.timings import Timings
from upbit_auto_trading.infrastructure.worker_process import WorkerProcess
from upbit_auto_trading.presentation.command_line import DesktopOptions, parse_options
from upbit_auto_trading.presentation.display import display_problem, library_problem
from upbit_auto_trading.presentation.options import RESTART, StartError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from upbit_auto_trading.application.ports import MarketDataFeed
    from upbit_auto_trading.infrastructure.logging_setup import LogFile

_log = logging.getLogger(__name__)

EXIT_FAILED: Final = 1
# How long a paper order takes to the exchange.
_LATENCY_S: Final = 0.05
# How much of the usual time is waited for an answer.
_PATIENCE: Final = {"short": 0.5, "usual": 1.0, "long": 2.5}


def main(arguments: Sequence[str]) -> int:
    """Run the desktop application; return its exit code (0 done, 1 failed, 2 wrong use)."""
    environment = dict(os.environ)
    options = parse_options(arguments, environment)
    try:
        folder = DataFolder.open(options.data_dir)
    except UnwritableFolderError as error:
        return _fail(f"{error}. Choose another one with --data-dir.")
    lock = InstanceLock(folder.path)
    try:
        lock.take()
    except FolderInUseError as error:
        return _fail(f"{error}. Use that one, or choose another folder with --data-dir.")
    log = configure_logging(folder.logs)
    settings_store = SettingsStore(folder.path)
    try:
        settings = SettingsService(settings_store.load(), settings_store, options.window.overrides)
        code = _show_window(options, folder, settings, log)
    finally:
        settings_store.close()
        lock.release()
    if code == RESTART:
        sys.stdout.flush()
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)  # noqa: S606
    return code


def _show_window(
    options: DesktopOptions, folder: DataFolder, settings: SettingsService, log: LogFile
) -> int:
    runtime = DesktopRuntime(options, folder, settings, log)
    if options.demo:
        runtime.launch_simulator()
    problem = display_problem() or library_problem()
    if problem is not None:
        runtime.abandon()
        return _fail(problem)
    from upbit_auto_trading.presentation.app import run  # noqa: PLC0415 -- needs Qt

    return run(options.window, runtime, settings, folder)


class DesktopRuntime:
    """Builds the services of one endpoint at a time and ends them in order."""

    def __init__(
        self,
        options: DesktopOptions,
        folder: DataFolder,
        settings: SettingsService | None = None,
        log: LogFile | None = None,
    ) -> None:
        self._options = options
        self._folder = folder
        self._settings = settings or SettingsService()
        self._log = log
        self._simulator: SimulatorProcess | None = None
        self._connection = AsyncExitStack()
        self._stores = AsyncExitStack()
        self._library: StrategyLibrary | None = None
        self._is_reconnecting = False
        self._worker = WorkerProcess("calculations")
        self._preview_worker = WorkerProcess("previews")
        self._indicators = OwnIndicators(TaLibIndicators())

    def _policy(self) -> Policy:
        """The backbone's settings, waiting as long for answers as the user wants it to."""
        usual, factor = Timings(), _PATIENCE[self._settings.settings.patience]
        return Policy(
            timings=replace(
                usual,
                connect_timeout=usual.connect_timeout * factor,
                pong_timeout=usual.pong_timeout * factor,
                rest_connect_timeout=usual.rest_connect_timeout * factor,
                rest_read_timeout=usual.rest_read_timeout * factor,
                rest_deadline=usual.rest_deadline * factor,
            )
        )

    def launch_simulator(self) -> None:
        """Start the simulated exchange's process now, so that it starts beside the window."""
        self._simulator = SimulatorProcess(self._folder.logs / "simulator.log")
        self._simulator.launch()

    def abandon(self) -> None:
        """End the process started by `launch_simulator` where no loop ever ran."""
        if self._simulator is not None:
            self._simulator.kill()

    async def start(self) -> Services:
        """Connect to the endpoint the options name, or to what takes its place."""
        if self._options.demo:
            return await self._with_simulator(ConnectionNotice.NONE)
        if not self._options.may_fall_back:
            return await self._connect(
                self._connection, self._options.endpoint, ConnectionNotice.NONE
            )
        loop = asyncio.get_running_loop()
        in_good_time = loop.call_later(self._options.timeout_s / 2, self.launch_simulator)
        try:
            self._connection, services = await self._upbit()
        except StartError as error:
            _log.warning("%s; the simulated exchange takes over", error)
            in_good_time.cancel()
            return await self._with_simulator(ConnectionNotice.UPBIT_UNREACHABLE)
        finally:
            in_good_time.cancel()
        await self._stop_simulator()
        return services

    async def reconnect(self) -> Services:
        """Try Upbit again; on success the simulated exchange ends and nothing of it stays."""
        upbit, services = await self._upbit()
        earlier, self._connection = self._connection, upbit
        await earlier.aclose()
        await self._stop_simulator()
        return services

    async def renew(self, services: Services) -> Services:
        """Connect to the same exchange from nothing: it isn't the one it was."""
        earlier, self._connection = self._connection, AsyncExitStack()
        await earlier.aclose()
        return await self._connect(self._connection, services.endpoint, services.notice)

    async def stop(self) -> None:
        """Close the connection and what is kept on disk, end the exchange, then calculations."""
        await self._connection.aclose()
        self._library = None
        await self._stores.aclose()
        await self._stop_simulator()
        await self._worker.close()
        await self._preview_worker.close()

    async def _stop_simulator(self) -> None:
        simulator, self._simulator = self._simulator, None
        if simulator is not None:
            await simulator.stop()

    async def _upbit(self) -> tuple[AsyncExitStack, Services]:
        """Connect to Upbit and hear from it; the connection is closed when that fails."""
        endpoint, timeout_s = self._options.endpoint, self._options.timeout_s
        async with AsyncExitStack() as connection:
            services = await self._connect(connection, endpoint, ConnectionNotice.NONE)
            try:
                async with asyncio.timeout(timeout_s):
                    await services.market_data.markets()
            except (MarketDataError, TimeoutError) as error:
                why = "no answer" if isinstance(error, TimeoutError) else str(error)
                raise StartError(
                    "E-UPBIT-UNREACHABLE",
                    f"Upbit can't be reached within {timeout_s:g} s ({endpoint.host}: {why})",
                ) from error
            return connection.pop_all(), services

    async def _with_simulator(self, notice: ConnectionNotice) -> Services:
        if self._simulator is None:
            self.launch_simulator()
        assert self._simulator is not None  # noqa: S101 -- launched above
        try:
            address = await self._simulator.ready()
        except SimulatorFailedError as error:
            raise StartError("E-SIMULATOR", str(error)) from error
        endpoint = ExchangeEndpoint(EndpointKind.SIMULATOR, address.rest_url, address.ws_url)
        return await self._connect(self._connection, endpoint, notice)

    async def _connect(
        self, connection: AsyncExitStack, endpoint: ExchangeEndpoint, notice: ConnectionNotice
    ) -> Services:
        folder = self._folder.of_exchange(endpoint.kind, endpoint.rest_url, endpoint.ws_url)
        memory, run = None, SettledRun(None)
        if endpoint.kind is not EndpointKind.UPBIT:
            memory = SimulationRun(endpoint.rest_url, folder)
            run = await settle(memory)
        backbone = await connection.enter_async_context(
            MarketDataBackbone(
                endpoint.rest_url, endpoint.ws_url, policy=self._policy(), data_dir=folder
            )
        )
        feed: MarketDataFeed = backbone
        metrics = await connection.enter_async_context(
            SubscriptionMetricsService(feed, read_process_figures)
        )
        library = await self._opened_library()
        trading, trading_trouble = await self._opened_trading(connection, folder, feed)
        training = None
        if endpoint.kind is EndpointKind.SIMULATOR:
            control = SimulatorControl(endpoint.rest_url, TrainingError)
            training = TrainingGround(await connection.enter_async_context(control))
        return Services(
            endpoint=endpoint,
            notice=notice,
            feed=feed,
            market_data=MarketDataService(feed),
            metrics=metrics,
            worker=self._worker,
            preview_worker=self._preview_worker,
            indicators=self._indicators,
            library=library,
            triggers=SqliteTriggerShelf(library, shipped_variables()) if library else None,
            trading=trading,
            trading_trouble=trading_trouble,
            simulation=SimulationWatch(feed, memory, run.run_id) if memory else None,
            simulation_change=run.change,
            log=None if self._log is None else self._log.ring,
            log_folder=self._folder.logs,
            diagnostics=self._diagnostics(endpoint, metrics),
            training=training,
        )

    def _diagnostics(
        self, endpoint: ExchangeEndpoint, metrics: SubscriptionMetricsService
    ) -> DiagnosticsService | None:
        if self._log is None:
            return None
        return DiagnosticsService(
            endpoint,
            metrics,
            self._log.ring,
            DiagnosticFiles(
                self._folder.path / "diagnostics", self._folder.logs, self._log.redactor.redact
            ),
            partial(probe_endpoint, endpoint.rest_url, endpoint.ws_url),
            lambda: self._settings.settings,
        )

    async def _opened_trading(
        self, connection: AsyncExitStack, place: Path, feed: MarketDataFeed
    ) -> tuple[PaperTrading | None, str]:
        """Return the exchange's paper account, or why there is none."""
        try:
            ledger = await connection.enter_async_context(TradingLedger(place))
            books = PaperBooks(ledger)
            desk = Desk(feed, ledger, PaperBroker(_LATENCY_S), self._indicators, SYSTEM_CLOCK.wall)
            upkeep = LedgerUpkeep(ledger, books, SYSTEM_CLOCK.wall, CandleRetention(place))
            connections = AlertConnections(SecretStore(), AlertNotDeliveredError)
            connection.callback(connections.close)
            trading = PaperTrading(desk, books, self._worker, upkeep, connections)
            connection.push_async_callback(trading.close)
            await trading.open()
        except LedgerError as error:
            _log.error("E-LEDGER: the paper account can't be opened: %s", error)
            return None, error.code
        return trading, ""

    async def _opened_library(self) -> StrategyLibrary | None:
        """Return the saved triggers and strategies: one file for every exchange."""
        if self._library is None:
            library = StrategyLibrary(self._folder.path, shipped_variables())
            try:
                self._library = await self._stores.enter_async_context(library)
            except LedgerError as error:
                _log.error("E-LIBRARY: saved strategies can't be opened: %s", error)
        return self._library


def _fail(text: str) -> int:
    sys.stderr.write(f"run_desktop_ui.py: {text}\n")
    return EXIT_FAILED
