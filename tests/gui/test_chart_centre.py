"""The chart in its screen: moments other screens ask for, gaps, live lines, pictures."""

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QGuiApplication, QImage
from PyQt6.QtWidgets import QMainWindow

from tests.builders import START_MS, orderbook
from tests.fakes import FakeMarketDataFeed
from tests.gui.charts import Hands
from tests.gui.conftest import services_of, tick
from tests.waiting import until
from upbit_auto_trading.application.settings import SettingsService
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.subscription import ConnectionState
from upbit_auto_trading.presentation.screens.chart_screen import ChartScreen
from upbit_auto_trading.presentation.theme import Theme
from upbit_auto_trading.presentation.viewmodels.settings import SettingsViewModel
from upbit_auto_trading.presentation.widgets.file_dialog import FileDialog

MINUTE_MS = 60_000


@pytest.fixture
async def screen(theme: Theme, feed: FakeMarketDataFeed) -> AsyncIterator[ChartScreen]:
    page = feed.history["KRW-BTC", "1m"]
    feed.history["KRW-BTC", "1m"] = [
        dataclasses.replace(one, start_ms=one.start_ms - n * 300 * MINUTE_MS)
        for n in (7, 6, 5, 4, 3, 2, 1, 0)
        for one in page
    ]
    settings = SettingsViewModel(SettingsService())
    made = ChartScreen(theme, lambda: START_MS / 1000, settings=settings)
    window = QMainWindow()
    window.setFixedSize(1600, 900)
    made.setParent(window)
    made.resize(1600, 900)
    window.show()
    made.attach(services_of(feed), "KRW-BTC")
    await until(lambda: Stream("ticker", "KRW-BTC") in feed.held)
    feed.emit(tick())
    await until(lambda: len(made.chart.shown_candles()) > 0)
    yield made
    await made.detach()
    await settings.close()
    window.close()
    window.deleteLater()


async def test_a_moment_before_the_loaded_candles_is_paged_to_and_brought_to_the_middle(
    screen: ChartScreen, feed: FakeMarketDataFeed
) -> None:
    moment = START_MS - 1800 * MINUTE_MS
    screen.show_moment("KRW-BTC", moment)
    chart = screen.view_model
    assert chart is not None
    series = chart.series
    assert series is not None

    def is_there() -> bool:
        middle = screen.chart.viewport.slot_at(screen.chart.viewport.width / 2)
        is_loaded = int(series.columns.start_ms[0]) <= moment
        return is_loaded and abs(middle - moment // MINUTE_MS) < 2

    await until(is_there)
    assert not screen.chart.viewport.follows
    assert len(feed.candle_requests) >= 3


async def test_a_moment_of_another_market_switches_to_it(screen: ChartScreen) -> None:
    moment = START_MS - 200 * MINUTE_MS
    screen.show_moment("KRW-ETH", moment)
    assert screen.market == "KRW-ETH"
    viewport = screen.chart.viewport
    await until(lambda: abs(viewport.slot_at(viewport.width / 2) - moment // MINUTE_MS) < 2)


async def test_a_lost_connection_is_hatched_since_it_was_lost_and_clears_by_itself(
    screen: ChartScreen, feed: FakeMarketDataFeed
) -> None:
    screen.refresh()
    assert screen.chart.plot.gaps.is_empty
    feed.connection_state = ConnectionState.RECONNECTING
    screen.refresh()
    assert not screen.chart.plot.gaps.is_empty
    feed.connection_state = ConnectionState.CONNECTED
    screen.refresh()
    assert screen.chart.plot.gaps.is_empty


async def test_the_best_bid_is_a_live_line_while_it_is_known(
    screen: ChartScreen, feed: FakeMarketDataFeed
) -> None:
    screen.centre.indicators.add("best_bid")
    screen.refresh()
    assert not screen.chart.plot.levels.levels
    feed.emit(orderbook())
    screen.refresh()
    (line,) = screen.chart.plot.levels.levels
    assert line.value == 109_870_000.0


@pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints")
async def test_the_chart_is_copied_and_saved_as_a_picture(
    screen: ChartScreen, tmp_path: Path
) -> None:
    said: list[str] = []
    screen.told.connect(said.append)
    screen.centre.act("copy")
    clipboard = QGuiApplication.clipboard()
    assert clipboard is not None
    assert clipboard.image().width() == screen.centre.width()
    screen.centre.act("save")
    dialog = screen.centre.findChild(FileDialog)
    assert dialog is not None
    path = tmp_path / "chart.png"
    dialog.chosen.emit(str(path))
    dialog.close()
    assert QImage(str(path)).width() == screen.centre.width()
    assert len(said) == 2
    assert str(path) in said[1]


async def test_figures_of_the_chart_tell_where_they_come_from(screen: ChartScreen) -> None:
    screen.refresh()
    chart = screen.chart
    Hands.mouseMove(chart, QPoint(40, 18))
    history = chart.toolTip()
    assert "REST" in history
    newest = int(chart.viewport.x_of(chart.viewport.last_slot))
    Hands.mouseMove(chart, QPoint(newest, 200))
    assert chart.toolTip() == ""
    assert "거래소 시각" in screen.header._price.toolTip()


async def test_every_action_of_the_palette_can_be_done(screen: ChartScreen) -> None:
    for action in ("indicators", "horizontal", "trend", "log", "fit"):
        screen.centre.act(action)
    assert screen.toolbar.trend.isChecked()
    assert screen.toolbar.log.isChecked()
    assert screen.centre.indicators.picker.isVisible()
    Hands.keyClick(screen.chart, Qt.Key.Key_Escape)
    assert not screen.toolbar.trend.isChecked()


async def test_the_header_stars_the_market_and_shows_what_the_exchange_warns_of(
    screen: ChartScreen, feed: FakeMarketDataFeed
) -> None:
    settings = screen.centre._settings
    assert settings is not None
    await until(lambda: screen.table is not None and screen.table.row_named("KRW-BTC") is not None)
    screen.refresh()
    Hands.mouseClick(screen.header.star, Qt.MouseButton.LeftButton)
    assert settings.settings.favourites == ("KRW-BTC",)
    screen.set_favourites(settings.settings.favourites)
    screen.refresh()
    assert screen.header.star.accessibleName() == "관심 종목에서 빼기"
    info = dataclasses.replace(
        next(one for one in feed.listed if one.market == "KRW-BTC"),
        warning=True,
        cautions=frozenset({"TRADING_VOLUME_SOARING"}),
    )
    assert screen.table is not None
    screen.table.set_markets([info])
    screen.refresh()
    assert screen.header._badges.accessibleName() == "유의, 거래량"
    assert "유의" in screen.header._badges.toolTip()
