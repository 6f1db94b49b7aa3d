"""The window's life: hooks first, then Qt and its loop, an ordered end within two seconds."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Final

import qasync
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import QApplication

from upbit_auto_trading.presentation.appearance import Appearance, looks_differ
from upbit_auto_trading.presentation.error_reporter import ErrorReporter
from upbit_auto_trading.presentation.main_window import MainWindow
from upbit_auto_trading.presentation.options import (
    DEFAULT_MARKET,
    RESTART,
    Runtime,
    StartError,
    WindowOptions,
)
from upbit_auto_trading.presentation.quit_signals import QuitSignals
from upbit_auto_trading.presentation.screens.registry import screen_modules
from upbit_auto_trading.presentation.smoke import SmokeRecord
from upbit_auto_trading.presentation.strategy_file import StrategyFileError, take_in
from upbit_auto_trading.presentation.theme import ThemeError, load_fonts
from upbit_auto_trading.presentation.viewmodels.settings import SettingsViewModel
from upbit_auto_trading.tasks import TaskOwner

if TYPE_CHECKING:
    from pathlib import Path

    from upbit_auto_trading.application.services import Services
    from upbit_auto_trading.application.settings import DataFolderUse, SettingsService
    from upbit_auto_trading.application.simulation import SimulationWatch
    from upbit_auto_trading.domain.settings import Settings

_log = logging.getLogger(__name__)

SHUTDOWN_S: Final = 2.0
_SCREENSHOT_AFTER_S: Final = 10.0
_IMPORT_AFTER_S: Final = 20.0
"""So long after the first price the start's own work is over."""
_IMPORT_APART_S: Final = 0.25


def run(
    options: WindowOptions, runtime: Runtime, settings: SettingsService, folder: DataFolderUse
) -> int:
    """Open the window and stay until it is closed; return the exit code, or `RESTART`.

    Sets `QT_SCALE_FACTOR`, which Qt reads only once, from the settings' size.
    """
    if settings.settings.scale != 100:
        os.environ["QT_SCALE_FACTOR"] = f"{settings.settings.scale / 100:g}"
    reporter = ErrorReporter()
    reporter.install()
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(
        Qt.HighDpiScaleFactorRoundingPolicy.PassThrough
    )
    application = QApplication(sys.argv[:1])
    application.setApplicationName("upbit-auto-trading")
    application.setQuitOnLastWindowClosed(False)
    application.setStyle("Fusion")
    loop = qasync.QEventLoop(application)
    loop.set_exception_handler(reporter.loop_error)
    asyncio.set_event_loop(loop)
    try:
        with loop:
            life = _lifetime(application, options, runtime, reporter, settings, folder)
            return int(loop.run_until_complete(life))
    finally:
        asyncio.set_event_loop(None)
        reporter.uninstall()


async def _lifetime(
    application: QApplication,
    options: WindowOptions,
    runtime: Runtime,
    reporter: ErrorReporter,
    settings: SettingsService,
    folder: DataFolderUse,
) -> int:
    appearance = Appearance(application)
    try:
        load_fonts()
        theme = appearance.dress(settings.settings)
    except (ThemeError, FileNotFoundError) as error:
        sys.stderr.write(f"run_desktop_ui.py: {error}\n")
        await runtime.stop()
        return 1
    window = MainWindow(theme, settings=SettingsViewModel(settings, folder))
    life = WindowLife(options, runtime, reporter, window, appearance)
    with QuitSignals(life.end):
        return await life.run()


class WindowLife:
    """One window from its opening to the end of everything below it."""

    def __init__(
        self,
        options: WindowOptions,
        runtime: Runtime,
        reporter: ErrorReporter,
        window: MainWindow,
        appearance: Appearance | None = None,
    ) -> None:
        self._options = options
        self._runtime = runtime
        self._reporter = reporter
        self._window = window
        self._services: Services | None = None
        self._following: asyncio.Task[None] | None = None
        self._switching = asyncio.Lock()
        self._tasks = TaskOwner("window")
        self._ended = asyncio.Event()
        self._is_ok = True
        self._has_shown_data = False
        self._wants_restart = False
        self._appearance = appearance
        self._look = window.settings.settings
        self._is_changing_look = False
        self._smoke = SmokeRecord(window) if options.smoke_s is not None else None

    async def run(self) -> int:
        """Show the window until it is told to end; return the exit code."""
        window = self._window
        self._reporter.reported.connect(window.show_error)
        window.close_requested.connect(self.end)
        window.reconnect_requested.connect(self._reconnect_pressed)
        window.restart_requested.connect(self._restart_pressed)
        window.unlisted.connect(self._unlisted)
        window.data_arrived.connect(self._data_arrived)
        window.settings.changed.connect(self._settings_changed)
        window.settings.troubled.connect(window.show_settings_problem)
        for problem in window.settings.problems:
            window.show_settings_problem(problem)
        settings = window.settings.settings
        window.body.show_screen(self._options.screen or settings.start_screen)
        window.show()
        self._tasks.start(self._start(), "start")
        if self._options.smoke_s is not None or self._options.screenshot is not None:
            self._tasks.start(self._end_in_time(), "end-in-time")
        await self._ended.wait()
        self._take_screenshot()
        if self._smoke is not None:
            self._smoke.lag.stop()
            is_painted, line = self._smoke.line(self._services, self._reporter.texts)
            self._is_ok = self._is_ok and is_painted
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
        is_in_time = await self._shut_down()
        if self._wants_restart and is_in_time:
            return RESTART
        return 0 if self._is_ok and is_in_time else 1

    def end(self) -> None:
        """Begin the ordered end. Harmless when repeated."""
        self._ended.set()

    async def _start(self) -> None:
        settings = self._window.settings.settings
        self._window.show_starting(settings.market)
        try:
            services = await self._runtime.start()
        except StartError as error:
            _log.error("%s: %s", error.code, error)
            self._window.show_failure(str(error), error.code)
            self._reporter.texts.append(f"{error.code}: {error}")
            return
        self._show(services, settings.market, settings.timeframe)
        if self._options.strategy is not None:
            await self._open_strategy(services, self._options.strategy)

    async def _open_strategy(self, services: Services, path: Path) -> None:
        try:
            strategy = await take_in(services.library, path)
        except StrategyFileError as error:
            _log.error("E-STRATEGY-FILE: %s", error)
            self._reporter.texts.append(f"E-STRATEGY-FILE: {error}")
            self._window.tell(str(error))
            return
        self._window.body.go_to("strategy", strategy)

    def _show(self, services: Services, market: str, timeframe: str | None = None) -> None:
        self._services = services
        self._window.attach(services, market, timeframe)
        if self._following is not None and self._following is not asyncio.current_task():
            self._following.cancel()
        self._following = None
        if services.simulation is not None:
            follow = self._follow_simulation(services, services.simulation)
            self._following = self._tasks.start(follow, "follow-simulation")

    async def _follow_simulation(self, services: Services, simulation: SimulationWatch) -> None:
        """Show the exchange anew when another simulated one has taken its place."""
        await simulation.changed()
        window = self._window
        async with self._switching:
            market, timeframe = window.chart_screen.market, window.chart_screen.timeframe
            await window.detach()
            self._show(await self._runtime.renew(services), market, timeframe)

    def _data_arrived(self) -> None:
        if not self._has_shown_data:
            self._tasks.start(self._import_ahead(), "import-ahead")
        self._has_shown_data = True

    async def _import_ahead(self) -> None:
        """Import what screens are made of, so that opening one first doesn't hold up the loop."""
        await asyncio.sleep(_IMPORT_AFTER_S)
        for name in screen_modules():
            if name not in sys.modules:
                await asyncio.sleep(_IMPORT_APART_S)
                import_module(name)

    def _unlisted(self, market: str) -> None:
        """End where the command line named a market that doesn't exist; else show the default.

        A market may be listed by one exchange and not by the next one connected to, or have been
        listed when it was looked at last.
        """
        is_ordered = market == self._options.market and not self._has_shown_data
        if not is_ordered and market != DEFAULT_MARKET:
            self._window.chart_screen.show_market(DEFAULT_MARKET)
            return
        problem = f"--market: {market} isn't listed by this exchange; choose another one"
        sys.stderr.write(f"run_desktop_ui.py: {problem}\n")
        self._reporter.texts.append(problem)
        self._is_ok = False
        self.end()

    def _settings_changed(self, before: Settings, after: Settings) -> None:
        del before
        is_new = self._appearance is not None and looks_differ(self._look, after)
        if is_new and not self._is_changing_look and not self._ended.is_set():
            self._is_changing_look = True
            self._tasks.start(self._change_look(), "change-look")

    async def _change_look(self) -> None:
        """Follow the settings' look until it is the one shown, however often it changes."""
        assert self._appearance is not None  # noqa: S101 -- asked before
        try:
            while looks_differ(self._look, self._window.settings.settings):
                self._look = self._window.settings.settings
                await self._window.change_look(self._appearance.dress(self._look))
        finally:
            self._is_changing_look = False

    def _restart_pressed(self) -> None:
        self._wants_restart = True
        self.end()

    def _reconnect_pressed(self) -> None:
        if self._services is None:
            self._tasks.start(self._start(), "start")
        else:
            self._tasks.start(self._reconnect(), "reconnect")

    async def _reconnect(self) -> None:
        window = self._window
        market = window.chart_screen.market
        window.show_reconnecting(busy=True)
        async with self._switching:
            try:
                services = await self._runtime.reconnect()
            except StartError as error:
                window.show_reconnecting(busy=False, refusal=str(error))
                return
            await window.detach()
            self._show(services, market)
        window.show_reconnecting(busy=False)

    async def _end_in_time(self) -> None:
        seconds = self._options.smoke_s
        await asyncio.sleep(_SCREENSHOT_AFTER_S if seconds is None else seconds)
        self.end()

    def _take_screenshot(self) -> None:
        path = self._options.screenshot
        if path is not None and not self._window.grab().save(str(path), "PNG"):
            self._is_ok = False
            self._reporter.texts.append(f"the screenshot can't be saved to {path}")

    async def _shut_down(self) -> bool:
        """End everything in order; return whether it ended in time."""
        window = self._window
        window.keep_place()
        window.setEnabled(False)
        window.stop_refreshing()
        try:
            async with asyncio.timeout(SHUTDOWN_S):
                await self._tasks.close()
                await window.detach()
                await window.settings.close()
                await self._runtime.stop()
        except TimeoutError:
            _log.error("the end took longer than %g s and was cut short", SHUTDOWN_S)
            return False
        finally:
            window.close_now()
            window.deleteLater()
        return True
