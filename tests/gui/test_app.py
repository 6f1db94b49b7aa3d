"""The window's life: start, failure and second try, change of exchange, ordered end."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from PyQt6.QtWidgets import QAbstractButton

from tests.builders import START_MS, market_info
from tests.fakes import FakeMarketDataFeed
from tests.gui.conftest import FakeRuntime, services_of, tick
from tests.waiting import until
from upbit_auto_trading.application.connection import ConnectionNotice, EndpointKind
from upbit_auto_trading.application.simulation import SimulationChange, SimulationWatch
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.presentation import app
from upbit_auto_trading.presentation.app import WindowLife
from upbit_auto_trading.presentation.error_reporter import ErrorReporter
from upbit_auto_trading.presentation.main_window import MainWindow
from upbit_auto_trading.presentation.options import StartError, WindowOptions
from upbit_auto_trading.presentation.quit_signals import QuitSignals
from upbit_auto_trading.presentation.screens.registry import screen_modules
from upbit_auto_trading.presentation.theme import Theme

UNREACHABLE = StartError("E-UPBIT-UNREACHABLE", "Upbit can't be reached")


@pytest.fixture
def reporter() -> Iterator[ErrorReporter]:
    made = ErrorReporter()
    yield made
    made.deleteLater()


class Life:
    """A window's life that a test drives."""

    def __init__(
        self, theme: Theme, reporter: ErrorReporter, runtime: FakeRuntime, options: WindowOptions
    ) -> None:
        self.window = MainWindow(theme, lambda: START_MS / 1000)
        self.runtime = runtime
        self.life = WindowLife(options, runtime, reporter, self.window)
        self.task: asyncio.Task[int] | None = None

    async def start(self, condition: Callable[[], bool]) -> None:
        self.task = asyncio.get_running_loop().create_task(self.life.run())
        await until(condition)

    async def end(self) -> int:
        assert self.task is not None
        self.life.end()
        async with asyncio.timeout(30):
            return await self.task


@pytest.fixture
def options() -> WindowOptions:
    return WindowOptions(market="KRW-BTC", language="ko", theme="dark")


async def test_the_window_opens_shows_the_exchange_and_ends_in_order(
    theme: Theme, reporter: ErrorReporter, feed: FakeMarketDataFeed, options: WindowOptions
) -> None:
    runtime = FakeRuntime([services_of(feed)])
    life = Life(theme, reporter, runtime, options)
    await life.start(lambda: Stream("ticker", "KRW-BTC") in feed.held)
    assert life.window.isVisible()
    assert await life.end() == 0
    assert runtime.stopped == 1
    assert feed.held == frozenset()


async def test_closing_the_window_is_an_ordered_end(
    theme: Theme, reporter: ErrorReporter, feed: FakeMarketDataFeed, options: WindowOptions
) -> None:
    runtime = FakeRuntime([services_of(feed)])
    life = Life(theme, reporter, runtime, options)
    await life.start(lambda: Stream("ticker", "KRW-BTC") in feed.held)
    life.window.close()
    assert life.task is not None
    async with asyncio.timeout(30):
        assert await life.task == 0
    assert runtime.stopped == 1


async def test_a_failed_start_is_explained_and_can_be_tried_again(
    theme: Theme, reporter: ErrorReporter, feed: FakeMarketDataFeed, options: WindowOptions
) -> None:
    broken = StartError("E-SIMULATOR", "the simulated exchange didn't start: port in use")
    life = Life(theme, reporter, FakeRuntime([broken, services_of(feed)]), options)
    banner = life.window.notice_banner
    await life.start(banner.isVisible)
    assert "port in use" in banner.accessibleName()
    again = banner.findChild(QAbstractButton)
    assert again is not None
    again.click()
    await until(lambda: Stream("ticker", "KRW-BTC") in feed.held)
    assert not banner.isVisible()
    assert await life.end() == 0


async def test_reconnecting_replaces_every_value_of_the_simulated_exchange(
    theme: Theme, reporter: ErrorReporter, feed: FakeMarketDataFeed, options: WindowOptions
) -> None:
    upbit = FakeMarketDataFeed(listed=[market_info("KRW-BTC", "비트코인")], metrics=feed.metrics)
    runtime = FakeRuntime(
        [services_of(feed, notice=ConnectionNotice.UPBIT_UNREACHABLE)],
        [UNREACHABLE, services_of(upbit, EndpointKind.UPBIT)],
    )
    life = Life(theme, reporter, runtime, options)
    await life.start(lambda: Stream("ticker", "KRW-BTC") in feed.held)
    feed.emit(tick(price=77_777.0))
    screen = life.window.chart_screen
    await until(lambda: screen.chart.frames_painted > 0)
    button = life.window.notice_banner.findChild(QAbstractButton)
    assert button is not None
    button.click()
    await until(lambda: "아직" in life.window.notice_banner.accessibleName())
    assert Stream("ticker", "KRW-BTC") in feed.held
    button.click()
    await until(lambda: Stream("ticker", "KRW-BTC") in upbit.held)
    assert feed.held == frozenset()
    assert not life.window.notice_banner.isVisible()
    assert "업비트" in life.window.mode_bar.accessibleName()
    chart = screen.view_model
    assert chart is not None
    assert chart.ticker is None
    assert "77,777" not in screen.header.accessibleName()
    assert await life.end() == 0


async def test_what_other_screens_are_made_of_is_imported_once_prices_are_shown(
    theme: Theme,
    reporter: ErrorReporter,
    feed: FakeMarketDataFeed,
    options: WindowOptions,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    names = ["ahead_first_of_all", "ahead_second_of_all"]
    for name in names:
        (tmp_path / f"{name}.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(app, "screen_modules", lambda: names)
    monkeypatch.setattr(app, "_IMPORT_AFTER_S", 0.0)
    life = Life(theme, reporter, FakeRuntime([services_of(feed)]), options)
    await life.start(lambda: Stream("ticker", "KRW-BTC") in feed.held)
    assert not sys.modules.keys() & set(names)
    feed.emit(tick())
    await until(lambda: sys.modules.keys() >= set(names))
    assert await life.end() == 0
    for name in names:
        del sys.modules[name]


def test_every_screen_is_among_what_is_imported_ahead_and_comes_after_what_it_shows() -> None:
    names = screen_modules()
    base = "upbit_auto_trading.presentation"
    for screen in ("market", "trigger", "strategy", "backtest", "account", "metrics", "log"):
        assert f"{base}.screens.{screen}_screen" in names
    assert names.index(f"{base}.widgets.metrics_plot") < names.index(f"{base}.screens.log_screen")


async def test_smoke_without_live_data_is_a_failure_and_says_so(
    theme: Theme,
    reporter: ErrorReporter,
    feed: FakeMarketDataFeed,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    picture = tmp_path / "window.png"
    options = WindowOptions("KRW-BTC", "ko", "dark", smoke_s=0.01, screenshot=picture)
    life = Life(theme, reporter, FakeRuntime([services_of(feed)]), options)
    await life.start(lambda: True)
    assert life.task is not None
    async with asyncio.timeout(30):
        assert await life.task == 1
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is False
    assert told["frames_painted"] == 0
    assert picture.exists()


async def test_an_end_that_hangs_is_cut_short(
    theme: Theme,
    reporter: ErrorReporter,
    feed: FakeMarketDataFeed,
    options: WindowOptions,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("upbit_auto_trading.presentation.app.SHUTDOWN_S", 0.05)
    runtime = FakeRuntime([services_of(feed)])
    hangs = asyncio.Event()

    async def stop() -> None:
        await hangs.wait()

    monkeypatch.setattr(runtime, "stop", stop)
    life = Life(theme, reporter, runtime, options)
    await life.start(lambda: Stream("ticker", "KRW-BTC") in feed.held)
    assert await life.end() == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_signals_end_in_order(number: signal.Signals) -> None:
    ended = asyncio.Event()
    before = signal.getsignal(number)
    with QuitSignals(ended.set):
        os.kill(os.getpid(), number)
        async with asyncio.timeout(30):
            await ended.wait()
    assert signal.getsignal(number) is before


class Replaced:
    """A simulated exchange that another one replaces when the test says so."""

    def __init__(self) -> None:
        self.happened = asyncio.Event()

    async def changed(self) -> None:
        await self.happened.wait()


async def test_another_simulation_replaces_every_value_and_the_window_says_so(
    theme: Theme, reporter: ErrorReporter, feed: FakeMarketDataFeed, options: WindowOptions
) -> None:
    replaced = Replaced()
    other = FakeMarketDataFeed(listed=feed.listed, metrics=feed.metrics)
    before = replace(services_of(feed), simulation=cast("SimulationWatch", replaced))
    after = replace(services_of(other), simulation_change=SimulationChange("a", "b"))
    life = Life(theme, reporter, FakeRuntime([before], renewed=[after]), options)
    await life.start(lambda: Stream("ticker", "KRW-BTC") in feed.held)
    banner = life.window.notice_banner
    assert not banner.isVisible()
    feed.emit(tick(price=77_777.0))
    screen = life.window.chart_screen
    await until(lambda: screen.chart.frames_painted > 0)
    replaced.happened.set()
    await until(lambda: Stream("ticker", "KRW-BTC") in other.held)
    assert feed.held == frozenset()
    assert "77,777" not in screen.header.accessibleName()
    assert banner.isVisible()
    assert "모의투자 계좌" in banner.accessibleName()
    read = banner.findChild(QAbstractButton)
    assert read is not None
    read.click()
    assert not banner.isVisible()
    life.window.refresh()
    assert not banner.isVisible()
    assert await life.end() == 0
