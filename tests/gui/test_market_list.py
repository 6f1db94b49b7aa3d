"""The market list: what views are told, searching, choosing by keyboard."""

from collections.abc import Iterator
from typing import Any

import pytest
from PyQt6.QtCore import QModelIndex, Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QLineEdit, QMainWindow, QPushButton, QTableView
from pytestqt.qtbot import QtBot

from tests.builders import market_info
from tests.gui.conftest import LISTED, tick
from upbit_auto_trading.presentation.market_row import ROW_ROLE
from upbit_auto_trading.presentation.theme import Theme
from upbit_auto_trading.presentation.viewmodels.market_table import FLASH_S, MarketTable, SortKey
from upbit_auto_trading.presentation.widgets.market_list_pane import MarketListPane

Hands: Any = QTest  # its stubs declare static functions as methods


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def table(clock: Clock, qtbot: QtBot) -> Iterator[MarketTable]:
    made = MarketTable(now=clock)
    made.set_markets(LISTED)
    yield made
    made.deleteLater()


@pytest.fixture
def pane(theme: Theme, table: MarketTable, qtbot: QtBot) -> Iterator[MarketListPane]:
    made = MarketListPane(theme, [("turnover", "거래대금순"), ("name", "이름순")])
    window = QMainWindow()
    window.setMinimumSize(290, 400)
    window.setCentralWidget(made)
    qtbot.addWidget(window)
    made.show_model(table)
    made.show_quotes(table.quotes, table.quote, table.count_of("KRW"))
    window.resize(320, 700)
    window.show()
    qtbot.waitExposed(window)
    yield made
    window.close()


def shown(table: MarketTable) -> list[str]:
    return [table.row(row).market for row in range(table.rowCount())]


def test_only_the_chosen_quote_currency_is_shown(table: MarketTable) -> None:
    assert table.quotes == ["KRW", "BTC"]
    assert all(market.startswith("KRW-") for market in shown(table))
    table.show_quote("BTC")
    assert shown(table) == ["BTC-ETH"]


def test_searching_puts_the_best_fit_first(table: MarketTable) -> None:
    table.search("ㅂㅌㅋ")
    assert shown(table) == ["KRW-BTC", "KRW-BCH"]
    table.search("bch")
    assert shown(table) == ["KRW-BCH"]
    table.search("없는종목")
    assert shown(table) == []
    table.search("")
    assert len(shown(table)) == 4


def test_rows_without_a_ticker_show_no_number(table: MarketTable) -> None:
    row = table.row(0)
    assert (row.price, row.change_rate, row.turnover_24h) == (None, None, None)
    assert table.data(table.index(0, 1)) == "—"


def test_views_hear_only_of_rows_they_can_see(table: MarketTable, qtbot: QtBot) -> None:
    table.sort_by(SortKey.NAME)
    table.set_visible_rows(0, 1)
    seen, unseen = shown(table)[1], shown(table)[3]
    told: list[tuple[int, int]] = []
    table.dataChanged.connect(lambda first, last: told.append((first.row(), last.row())))
    table.take(tick(unseen))
    table.take(tick(seen))
    qtbot.waitUntil(lambda: bool(told))
    assert told == [(1, 1)]
    assert table.row(3).price == 130_000.0


def test_any_number_of_tickers_is_one_change_for_the_view(table: MarketTable, qtbot: QtBot) -> None:
    table.sort_by(SortKey.NAME)
    told: list[QModelIndex] = []
    table.dataChanged.connect(lambda first, _last: told.append(first))
    for number in range(1000):
        table.take(tick("KRW-BTC", 130_000.0 + number))
    qtbot.waitUntil(lambda: bool(told))
    assert len(told) == 1
    assert table.row(table.row_of("KRW-BTC") or 0).price == 130_999.0


def test_a_changed_price_flashes_for_a_moment(
    table: MarketTable, clock: Clock, qtbot: QtBot
) -> None:
    place = table.row_of("KRW-BTC") or 0
    table.take(tick(price=100.0))
    assert table.row(place).flash == ""
    table.take(tick(price=100.0))
    assert table.row(place).flash == ""
    table.take(tick(price=101.0))
    assert table.row(place).flash == "up"
    clock.now += FLASH_S / 2
    table.take(tick(price=99.0))
    assert table.row(place).flash == "up"
    clock.now += FLASH_S
    assert table.row(place).flash == ""
    with qtbot.waitSignal(table.dataChanged):
        pass


def test_the_largest_turnover_comes_first_and_order_follows(
    table: MarketTable, clock: Clock, qtbot: QtBot
) -> None:
    import dataclasses

    sums = {"KRW-BTC": 3.0, "KRW-ETH": 5.0, "KRW-XRP": 4.0}
    with qtbot.waitSignal(table.dataChanged):
        for market, turnover in sums.items():
            table.take(dataclasses.replace(tick(market), turnover_24h=turnover))
    clock.now += 10
    with qtbot.waitSignal(table.layoutChanged):
        table.take(tick("KRW-BCH", 1.0))
    assert shown(table) == ["KRW-BCH", "KRW-ETH", "KRW-XRP", "KRW-BTC"]


def test_stale_rows_say_so(table: MarketTable) -> None:
    table.take(tick())
    table.mark_stale(is_stale=True)
    assert all(table.row(row).is_stale for row in range(table.rowCount()))


def test_another_exchanges_list_takes_nothing_over(table: MarketTable) -> None:
    table.take(tick())
    table.clear()
    table.set_markets([market_info("KRW-BTC")])
    assert table.row(0).price is None


def test_arrow_keys_and_enter_in_the_search_field_choose_a_market(
    pane: MarketListPane, table: MarketTable, qtbot: QtBot
) -> None:
    table.sort_by(SortKey.NAME)
    pane.show_market(0)
    search = pane.findChild(QLineEdit)
    assert search is not None
    pane.focus_search()
    Hands.keyClick(search, Qt.Key.Key_Down)
    with qtbot.waitSignal(pane.market_chosen) as chosen:
        Hands.keyClick(search, Qt.Key.Key_Return)
    assert chosen.args == [shown(table)[1]]


def test_typing_searches_and_escape_clears(pane: MarketListPane, qtbot: QtBot) -> None:
    search = pane.findChild(QLineEdit)
    assert search is not None
    with qtbot.waitSignal(pane.search_changed) as typed:
        Hands.keyClicks(search, "bt")
    assert typed.args == ["b"]
    Hands.keyClick(search, Qt.Key.Key_Escape)
    assert search.text() == ""


def test_a_click_chooses_the_market_under_it(
    pane: MarketListPane, table: MarketTable, qtbot: QtBot
) -> None:
    view = pane.findChild(QTableView)
    assert view is not None
    viewport = view.viewport()
    assert viewport is not None
    with qtbot.waitSignal(pane.market_chosen) as chosen:
        centre = view.visualRect(table.index(2, 0)).center()
        Hands.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=centre)
    assert chosen.args == [table.index(2, 0).data(ROW_ROLE).market]


def test_arrow_keys_in_the_list_switch_the_chart_where_they_come_to_rest(
    pane: MarketListPane, table: MarketTable, qtbot: QtBot
) -> None:
    table.sort_by(SortKey.NAME)
    pane.show_market(0)
    view = pane.findChild(QTableView)
    assert view is not None
    chosen: list[str] = []
    pane.market_chosen.connect(chosen.append)
    Hands.keyClick(view, Qt.Key.Key_Down)
    Hands.keyClick(view, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: bool(chosen), timeout=10_000)
    assert chosen == [shown(table)[2]]


def test_a_pointer_at_rest_on_a_row_is_told(
    pane: MarketListPane, table: MarketTable, qtbot: QtBot
) -> None:
    view = pane.findChild(QTableView)
    assert view is not None
    with qtbot.waitSignal(pane.market_rested, timeout=10_000) as rested:
        view.entered.emit(table.index(1, 0))
        view.entered.emit(table.index(2, 0))
    assert rested.args == [shown(table)[2]]


def test_tabs_choose_the_quote_currency(pane: MarketListPane, qtbot: QtBot) -> None:
    tab = next(button for button in pane.findChildren(QPushButton) if button.text() == "BTC")
    with qtbot.waitSignal(pane.quote_chosen) as chosen:
        Hands.mouseClick(tab, Qt.MouseButton.LeftButton)
    assert chosen.args == ["BTC"]
