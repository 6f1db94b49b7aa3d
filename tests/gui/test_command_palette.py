"""The palette, the list of keys and favourites, by keyboard and mouse, in the whole window."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QLineEdit, QListWidget, QTableView

from tests.builders import START_MS
from tests.fakes import FakeMarketDataFeed
from tests.gui.conftest import services_of
from tests.waiting import until
from upbit_auto_trading.application.connection import ConnectionNotice
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.presentation.main_window import MainWindow
from upbit_auto_trading.presentation.market_row import FAVOURITES
from upbit_auto_trading.presentation.screens.account_screen import AccountScreen
from upbit_auto_trading.presentation.screens.strategy_screen import StrategyScreen
from upbit_auto_trading.presentation.screens.trigger_screen import TriggerScreen
from upbit_auto_trading.presentation.theme import Theme

Hands: Any = QTest  # its stubs declare static functions as methods


@pytest.fixture
async def window(theme: Theme) -> AsyncIterator[MainWindow]:
    made = MainWindow(theme, lambda: START_MS / 1000)
    made.show()
    made.activateWindow()
    yield made
    await made.detach()
    made.stop_refreshing()
    made.close_now()
    made.deleteLater()


async def opened(window: MainWindow, feed: FakeMarketDataFeed) -> None:
    window.attach(services_of(feed), "KRW-BTC")
    await until(lambda: Stream("ticker", "KRW-ETH") in feed.held)
    await until(lambda: Stream("candle.1m", "KRW-BTC") in feed.held)


def typed(window: MainWindow, text: str) -> list[str]:
    """Open the palette, type, and return what it offers."""
    palette = window.body.commands.palette
    if not palette.isVisible():
        Hands.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    field, rows = palette.findChild(QLineEdit), palette.findChild(QListWidget)
    assert field is not None
    assert rows is not None
    field.setText(text)
    items = [rows.item(n) for n in range(rows.count())]
    return [item.text() for item in items if item is not None]


def enter(window: MainWindow, *keys: Qt.Key) -> None:
    field = window.body.commands.palette.findChild(QLineEdit)
    for key in (*keys, Qt.Key.Key_Return):
        Hands.keyClick(field, key)


async def test_a_market_is_found_by_every_form_of_search_and_shown(
    window: MainWindow, feed: FakeMarketDataFeed
) -> None:
    await opened(window, feed)
    for text in ("이더", "ㅇㄷㄹㅇ", "ethereum", "ETH", "krw-eth"):
        assert typed(window, text)[0] == "이더리움", text
    enter(window)
    assert not window.body.commands.palette.isVisible()
    await until(lambda: Stream("candle.1m", "KRW-ETH") in feed.held)
    assert window.chart_screen.market == "KRW-ETH"


async def test_markets_of_other_quote_currencies_are_offered_too(
    window: MainWindow, feed: FakeMarketDataFeed
) -> None:
    await opened(window, feed)
    typed(window, "eth")
    enter(window, Qt.Key.Key_Down)
    await until(lambda: window.chart_screen.market == "BTC-ETH")


async def test_timeframe_screen_theme_and_language_are_chosen_by_typing(
    window: MainWindow, feed: FakeMarketDataFeed
) -> None:
    await opened(window, feed)
    assert typed(window, "5m")[0] == "5분 봉"
    enter(window)
    assert window.chart_screen.timeframe == "5m"
    assert typed(window, "설정")[0] == "설정"
    enter(window)
    assert window.body.screen_shown == "settings"
    assert typed(window, "밝게") == ["밝게"]
    enter(window)
    assert window.settings.settings.theme == "light"
    assert typed(window, "english")[0] == "English"
    enter(window)
    assert window.settings.settings.language == "en"


# Without a window system nobody is told how small a window may become.
@pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints")
async def test_what_screens_offer_is_done_from_the_palette(
    window: MainWindow, feed: FakeMarketDataFeed
) -> None:
    await opened(window, feed)
    told: list[str] = []
    window.body.guard.told.connect(told.append)
    for text in ("정지", "stop"):
        assert typed(window, text)[0] == "전체 정지"
        enter(window)
        assert "멈출 것이 없어요" in told.pop()
    assert typed(window, "7규칙")[0] == "기본 7규칙 불러오기"
    enter(window)
    strategy = window.body.screen_named("strategy")
    assert window.body.screen_shown == "strategy"
    assert isinstance(strategy, StrategyScreen)
    assert strategy.editor.strategy is not None
    assert typed(window, "새 트리거")[0] == "새 트리거 만들기"
    enter(window)
    trigger = window.body.screen_named("trigger")
    assert window.body.screen_shown == "trigger"
    assert isinstance(trigger, TriggerScreen)
    assert trigger.editor.trigger.id
    assert typed(window, "직접 주문")[0] == "직접 주문"
    enter(window)
    account = window.body.screen_named("account")
    assert isinstance(account, AccountScreen)
    assert not account.body.ticket_pane.isHidden()


async def test_scenarios_are_found_by_what_they_bring(window: MainWindow) -> None:
    window.body.commands.offer_training(is_offered=True)
    for text in ("급락", "crash", "급등"):
        assert typed(window, text) == ["장애와 시나리오"], text


async def test_nothing_that_fits_is_said_and_escape_closes(
    window: MainWindow, feed: FakeMarketDataFeed
) -> None:
    await opened(window, feed)
    palette = window.body.commands.palette
    assert typed(window, "zzzz") == []
    enter(window)
    assert palette.isVisible()
    Hands.keyClick(palette.findChild(QLineEdit), Qt.Key.Key_Escape)
    assert not palette.isVisible()


async def test_the_list_of_keys_opens_and_closes_by_its_key(window: MainWindow) -> None:
    keys = window.body.commands.keys
    Hands.keyClick(window, Qt.Key.Key_Question)
    assert keys.isVisible()
    Hands.keyClick(keys, Qt.Key.Key_Escape)
    assert not keys.isVisible()


async def test_the_list_of_keys_fits_a_small_window(window: MainWindow) -> None:
    window.resize(1280, 720)
    sheet = window.body.commands.keys
    window.body.commands.toggle_keys()
    assert window.body.rect().contains(sheet.geometry())
    window.resize(960, 600)
    assert window.body.rect().contains(sheet.geometry())


async def test_the_search_key_works_from_the_settings_screen(
    window: MainWindow, feed: FakeMarketDataFeed
) -> None:
    await opened(window, feed)
    Hands.keyClick(window, Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    assert window.body.screen_shown == "settings"
    Hands.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert window.body.screen_shown == "chart"
    search = window.chart_screen.list_pane.findChild(QLineEdit)
    assert search is not None
    assert QApplication.focusWidget() is search


async def test_f5_loads_the_chart_anew(window: MainWindow, feed: FakeMarketDataFeed) -> None:
    await opened(window, feed)
    asked = len(feed.candle_requests)
    Hands.keyClick(window, Qt.Key.Key_F5)
    await until(lambda: len(feed.candle_requests) > asked)
    assert feed.candle_requests[-1][:2] == ("KRW-BTC", "1m")


async def test_f5_tries_upbit_again_while_the_simulated_exchange_stands_in(
    window: MainWindow, feed: FakeMarketDataFeed
) -> None:
    window.attach(services_of(feed, notice=ConnectionNotice.UPBIT_UNREACHABLE), "KRW-BTC")
    asked: list[bool] = []
    window.reconnect_requested.connect(lambda: asked.append(True))
    Hands.keyClick(window, Qt.Key.Key_F5)
    assert asked == [True]
    window.show_reconnecting(busy=True)
    Hands.keyClick(window, Qt.Key.Key_F5)
    assert asked == [True]
    await until(lambda: Stream("candle.1m", "KRW-BTC") in feed.held)


async def test_a_star_is_set_by_mouse_and_key_and_shown_in_its_own_tab(
    window: MainWindow, feed: FakeMarketDataFeed
) -> None:
    await opened(window, feed)
    table = window.chart_screen.table
    view = window.chart_screen.list_pane.findChild(QTableView)
    assert table is not None
    assert view is not None
    row = table.row_of("KRW-ETH")
    assert row is not None
    cell = view.visualRect(table.index(row, 0))
    Hands.mouseClick(
        view.viewport(),
        Qt.MouseButton.LeftButton,
        pos=QPoint(cell.right() - 8, cell.center().y()),
    )
    assert window.settings.settings.favourites == ("KRW-ETH",)
    assert window.chart_screen.market == "KRW-BTC"
    other = table.row_of("KRW-XRP")
    assert other is not None
    view.setCurrentIndex(table.index(other, 0))
    Hands.keyClick(view, Qt.Key.Key_S)
    window.settings.toggle_favourite("BTC-ETH")
    window.chart_screen.list_pane.quote_chosen.emit(FAVOURITES)
    shown = [table.row(place).market for place in range(table.rowCount())]
    assert sorted(shown) == ["BTC-ETH", "KRW-ETH", "KRW-XRP"]
    await until(lambda: Stream("ticker", "BTC-ETH") in feed.held)
    window.settings.toggle_favourite("KRW-XRP")
    assert table.count_of(FAVOURITES) == 2
    for market in ("KRW-ETH", "BTC-ETH"):
        window.settings.toggle_favourite(market)
    await until(lambda: table.rowCount() == 0)
