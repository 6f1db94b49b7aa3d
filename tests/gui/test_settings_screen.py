"""The settings screen, and a window that changes its look while data goes on."""

import asyncio
import functools
import gc
import itertools
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from PyQt6.QtCore import QCoreApplication, QEvent
from PyQt6.QtWidgets import QApplication, QLineEdit, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from tests.builders import START_MS, candle
from tests.fakes import FakeMarketDataFeed
from tests.gui.conftest import FakeRuntime, services_of, tick
from tests.waiting import until
from upbit_auto_trading.application.settings import SettingsService
from upbit_auto_trading.domain.settings import (
    START_SCREENS,
    FolderUse,
    KeptSettings,
    SettingsProblem,
    SettingsTrouble,
    WindowPlace,
)
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.presentation.app import WindowLife
from upbit_auto_trading.presentation.appearance import Appearance
from upbit_auto_trading.presentation.error_reporter import ErrorReporter
from upbit_auto_trading.presentation.main_window import MainWindow
from upbit_auto_trading.presentation.options import RESTART, WindowOptions
from upbit_auto_trading.presentation.screens.registry import screen_entries
from upbit_auto_trading.presentation.theme import Theme
from upbit_auto_trading.presentation.tokens import ThemeName
from upbit_auto_trading.presentation.viewmodels.settings import SettingsViewModel
from upbit_auto_trading.presentation.widgets.text import Text

# Without a window system nobody is told how small a window may become.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints")


class Folder:
    """A data folder whose size is known."""

    path = Path("folder-of-the-user")

    async def measure(self) -> list[FolderUse]:
        return [FolderUse("simulator", 12_345_678), FolderUse("custom-1a2b", 999), FolderUse("", 0)]


class Running:
    """A window in its whole life, over a fake feed."""

    def __init__(
        self, qapp: QApplication, feed: FakeMarketDataFeed, service: SettingsService
    ) -> None:
        self.feed = feed
        self.styles = qapp.styleSheet
        self.reporter = ErrorReporter()
        appearance = Appearance(qapp)
        theme = appearance.dress(service.settings)
        view_model = SettingsViewModel(service, Folder())
        self.window = MainWindow(theme, lambda: START_MS / 1000, view_model)
        self.runtime = FakeRuntime([services_of(feed)])
        self.life = WindowLife(
            WindowOptions(), self.runtime, self.reporter, self.window, appearance
        )
        self.task: asyncio.Task[int] | None = None

    async def open(self) -> MainWindow:
        self.task = asyncio.get_running_loop().create_task(self.life.run())
        await until(lambda: Stream("ticker", "KRW-BTC") in self.feed.held)
        self.feed.emit(tick())
        await until(lambda: self.window.frames_painted > 0)
        return self.window

    async def end(self) -> int:
        assert self.task is not None
        self.life.end()
        code = await self.task
        self.reporter.deleteLater()
        return code


def in_a_window(test: Callable[[Running], Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """Run a test beside an open window, which ends on the same run of the loop."""

    async def run(qapp: QApplication, theme: Theme, feed: FakeMarketDataFeed) -> None:
        running = Running(qapp, feed, SettingsService())
        await running.open()
        try:
            await test(running)
        finally:
            assert running.task is not None
            if not running.task.done():
                await running.end()
            theme.apply(qapp)

    return run


def press(parent: QWidget, name: str) -> None:
    for kind in (QPushButton, QToolButton):
        for button in parent.findChildren(kind):
            if button.accessibleName() == name or button.text().strip() == name:
                button.click()
                return
    raise AssertionError(f"no button {name}")


def new_look(window: MainWindow) -> Callable[[], bool]:
    """Whether another body has taken the place of the present one, which has ended."""
    before = window.body
    return lambda: window.body is not before and not window._retired


def is_wide(window: MainWindow, width: int) -> bool:
    return window.body.rail.width() == width


def texts(widget: QWidget) -> str:
    return " | ".join(label.text() for label in widget.findChildren(Text) if label.text())


def widgets() -> int:
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    gc.collect()
    return len(QApplication.allWidgets())


@in_a_window
async def test_language_theme_and_colours_change_at_once_and_are_kept(running: Running) -> None:
    window = running.window
    press(window, "설정")
    assert window.settings_screen.isVisible()
    changed = new_look(window)
    press(window.settings_screen, "테마: 밝게")
    await until(changed)
    assert f"background: {Theme(ThemeName.LIGHT).hex('bg0')}" in running.styles()
    changed = new_look(window)
    press(window.settings_screen, "언어: English")
    await until(changed)
    assert window.settings_screen.isVisible()
    assert "Settings" in texts(window.settings_screen)
    assert "Training" in window.mode_bar.accessibleName()
    changed = new_look(window)
    press(window.settings_screen, "Rising and falling: Green / red")
    await until(changed)
    kept = window.settings.settings
    assert (kept.theme, kept.language, kept.scheme) == ("light", "en", "western")


@in_a_window
async def test_a_dozen_changes_under_data_leak_no_widget_and_lose_no_stream(
    running: Running,
) -> None:
    window, feed = running.window, running.feed
    looks = itertools.cycle(
        itertools.product(("light", "dark"), ("ko", "en"), ("korean", "western"))
    )

    async def change(times: int) -> None:
        for theme, language, scheme in itertools.islice(looks, times):
            changed = new_look(window)
            window.settings.change(theme=theme, language=language, scheme=scheme)
            feed.emit(tick(price=130_100.0), candle(start_ms=START_MS, close=130_100.0))
            assert Stream("ticker", "KRW-BTC") in feed.held
            await until(changed)

    await change(4)
    before, tasks = widgets(), len(asyncio.all_tasks())
    held = feed.held
    await change(12)
    assert widgets() == before
    assert len(asyncio.all_tasks()) <= tasks
    assert feed.held == held
    feed.emit(tick(price=130_200.0))
    await until(lambda: "130,200" in texts(window.chart_screen.header))


@in_a_window
async def test_what_the_user_looks_at_survives_a_change_of_look(running: Running) -> None:
    window = running.window
    window.chart_screen.show_market("KRW-ETH")
    window.chart_screen.show_timeframe("5m")
    await until(lambda: Stream("candle.5m", "KRW-ETH") in running.feed.held)
    search = window.chart_screen.list_pane.findChild(QLineEdit)
    assert search is not None
    search.setText("ㅂㅌㅋ")
    changed = new_look(window)
    window.settings.change(theme="light")
    await until(changed)
    assert (window.chart_screen.market, window.chart_screen.timeframe) == ("KRW-ETH", "5m")
    table = window.chart_screen.table
    assert table is not None
    shown = {row.market: row.price for row in map(table.row, range(table.rowCount()))}
    assert shown["KRW-BTC"] == 130_000.0
    again = window.chart_screen.list_pane.findChild(QLineEdit)
    assert again is not None
    assert again.text() == "ㅂㅌㅋ"
    assert window.settings.settings.market == "KRW-ETH"


@in_a_window
async def test_quick_changes_end_in_the_last_one(running: Running) -> None:
    window = running.window
    for theme, language in (("light", "en"), ("dark", "ko"), ("light", "ko"), ("dark", "en")):
        window.settings.change(theme=theme, language=language)
    await until(lambda: "Training" in window.mode_bar.accessibleName())
    await until(lambda: not window._retired)
    assert "Training" in window.mode_bar.accessibleName()


@in_a_window
async def test_the_data_folder_and_the_connection_are_told(running: Running) -> None:
    window = running.window
    window.body.show_screen("settings")
    await until(lambda: "12.3 MB" in texts(window.settings_screen))
    window.refresh()
    told = texts(window.settings_screen)
    assert "folder-of-the-user" in told
    assert "custom-1a2b | 999 B" in told
    assert "ws://127.0.0.1:5000/websocket/v1" in told
    assert "연결됨" in told
    painted = window.frames_painted
    await until(lambda: window.settings_screen.facts.frames_painted > 0)
    assert window.frames_painted > painted - 1


def test_every_screen_can_be_the_first_one() -> None:
    assert set(START_SCREENS) == {entry.name for entry in screen_entries()}


@in_a_window
async def test_levels_start_screen_and_patience_are_chosen_and_kept(running: Running) -> None:
    window = running.window
    window.body.show_screen("settings")
    for words in ("호가 단계 수: 30", "시작 화면: 시장", "응답 대기: 길게"):
        press(window, words)
    settings = window.settings.settings
    chosen = settings.book_levels, settings.start_screen, settings.patience
    assert chosen == (30, "market", "long")
    chart = window.chart_screen.view_model
    assert chart is not None
    assert chart.orderbook.depth == 30
    window.chart_screen.depth_pane.ladder.depth_chosen.emit(15)
    assert window.settings.settings.book_levels == 15


@in_a_window
async def test_another_size_offers_a_new_start(running: Running) -> None:
    screen = running.window.settings_screen
    running.window.body.show_screen("settings")
    press(screen, "전체 크기: 150 %")
    assert running.window.settings.settings.scale == 150
    assert "다음 시작" in texts(screen)
    press(screen, "고른 크기로 프로그램 다시 시작")
    assert running.task is not None
    assert await running.task == RESTART
    running.reporter.deleteLater()


@in_a_window
async def test_reduced_motion_ends_the_flash_of_prices(running: Running) -> None:
    table = running.window.chart_screen.table
    assert table is not None
    running.window.settings.change(reduced_motion=True)
    running.feed.emit(tick(price=131_000.0))
    running.feed.emit(tick(price=132_000.0))
    row = table.row_of("KRW-BTC")
    assert row is not None
    await until(lambda: table.row(row).price == 132_000.0)
    assert table.row(row).flash == ""
    running.window.settings.change(reduced_motion=False)
    running.feed.emit(tick(price=133_000.0))
    assert table.row(row).flash == "up"


async def test_damaged_settings_are_told_in_the_error_panel_and_the_window_opens(
    qapp: QApplication, theme: Theme, feed: FakeMarketDataFeed
) -> None:
    problem = SettingsProblem(SettingsTrouble.DAMAGED, "settings.sqlite3.corrupt-1")
    running = Running(qapp, feed, SettingsService(KeptSettings({}, (problem,))))
    window = await running.open()
    assert window.error_panel.isVisible()
    assert "settings.sqlite3.corrupt-1" in texts(window.error_panel)
    changed = new_look(window)
    window.settings.change(language="en")
    await until(changed)
    assert "damaged" in texts(window.error_panel)
    assert await running.end() == 0
    theme.apply(qapp)


async def test_a_market_of_last_time_that_is_gone_gives_way_to_the_usual_one(
    qapp: QApplication, theme: Theme, feed: FakeMarketDataFeed
) -> None:
    running = Running(qapp, feed, SettingsService(KeptSettings({"market": "KRW-GONE"})))
    running.task = asyncio.get_running_loop().create_task(running.life.run())
    await until(lambda: Stream("ticker", "KRW-BTC") in feed.held)
    assert running.window.chart_screen.market == "KRW-BTC"
    assert await running.end() == 0


async def test_the_window_comes_back_where_it_stood(
    qapp: QApplication, theme: Theme, feed: FakeMarketDataFeed
) -> None:
    service = SettingsService(
        KeptSettings({"window": {"x": 20, "y": 30, "width": 1300, "height": 760}})
    )
    running = Running(qapp, feed, service)
    window = await running.open()
    assert (window.width(), window.height()) == (1300, 760)
    window.resize(1280, 720)
    assert await running.end() == 0
    kept = service.settings.window
    assert isinstance(kept, WindowPlace)
    assert (kept.width, kept.height) == (1280, 720)


async def test_a_place_on_a_screen_that_is_gone_is_not_used(
    qapp: QApplication, theme: Theme, qtbot: QtBot
) -> None:
    service = SettingsService(
        KeptSettings({"window": {"x": 9000, "y": 30, "width": 1300, "height": 760}})
    )
    window = MainWindow(theme, lambda: START_MS / 1000, SettingsViewModel(service))
    assert (window.width(), window.height()) == (1600, 1000)
    window.stop_refreshing()
    window.close_now()
    window.deleteLater()


@in_a_window
async def test_the_rail_gives_way_to_a_narrow_window(running: Running) -> None:
    for width, expected in ((1600, 76), (1439, 48), (1280, 48), (1600, 76)):
        running.window.resize(width, 800)
        await until(functools.partial(is_wide, running.window, expected))


@in_a_window
async def test_the_user_can_fold_the_rail_and_it_stays_folded(running: Running) -> None:
    window = running.window
    window.resize(1600, 900)
    press(window.body.rail, "아이콘만 보기")
    await until(lambda: window.body.rail.width() == 48)
    changed = new_look(window)
    window.settings.change(theme="light")
    await until(changed)
    await until(lambda: window.body.rail.width() == 48)
