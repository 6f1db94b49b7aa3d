"""The market screen: rows, order, search, keyboard, additions, and what it asks the feed for."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from typing import Any

import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.builders import START_MS, candle, market_info
from tests.fakes import FakeMarketDataFeed
from tests.gui.conftest import LISTED, services_of, tick
from tests.waiting import until
from upbit_auto_trading.application.settings import SettingsService
from upbit_auto_trading.domain.failure import NotConnectedError
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.subscription import (
    ConnectionState,
    StreamHealth,
    StreamState,
)
from upbit_auto_trading.presentation.market_row import FAVOURITES, MarketCell
from upbit_auto_trading.presentation.screens import market_additions, market_screen
from upbit_auto_trading.presentation.screens.market_additions import AddedPart
from upbit_auto_trading.presentation.screens.market_screen import MarketScreen
from upbit_auto_trading.presentation.screens.screen import Navigation, ScreenContext
from upbit_auto_trading.presentation.theme import Theme
from upbit_auto_trading.presentation.viewmodels.market_addition import MarketAddition
from upbit_auto_trading.presentation.viewmodels.settings import SettingsViewModel
from upbit_auto_trading.presentation.widgets.text import Text

Hands: Any = QTest  # its stubs declare static functions as methods

# Without a window system nobody is told how small a window may become.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints")


class Fired(MarketAddition):
    """An addition as a screener would be one: a figure of two markets and a filter."""

    def __init__(self) -> None:
        super().__init__("fired", 90)
        self.counts = {"KRW-BTC": 2.0, "KRW-XRP": 5.0}
        self.wanted: list[list[str]] = []
        self.only: frozenset[str] | None = None

    @property
    def heading(self) -> str:
        return "진입"

    @property
    def kept(self) -> frozenset[str] | None:
        return self.only

    def cell(self, market: str) -> MarketCell:
        count = self.counts.get(market)
        return MarketCell("—" if count is None else f"{count:.0f}/3", order=count)

    def want(self, markets: Any) -> None:
        self.wanted.append(list(markets))


@pytest.fixture
def context(theme: Theme, qtbot: QtBot) -> ScreenContext:
    settings = SettingsViewModel(SettingsService())
    return ScreenContext(theme, settings, lambda: START_MS / 1000, Navigation())


@pytest.fixture
async def screen(context: ScreenContext, qtbot: QtBot) -> AsyncIterator[MarketScreen]:
    made = MarketScreen(context)
    made.resize(1300, 700)
    made.show()
    yield made
    await made.detach()
    await context.settings.close()
    made.close()
    made.deleteLater()


async def opened(screen: MarketScreen, feed: FakeMarketDataFeed) -> None:
    screen.attach(services_of(feed))
    screen.opened()
    await until(lambda: screen.board.rowCount() == 4)
    sums = {"KRW-BTC": 9.0, "KRW-ETH": 5.0, "KRW-XRP": 1.0, "KRW-BCH": 3.0}
    for number, (market, turnover) in enumerate(sums.items()):
        feed.emit(
            dataclasses.replace(
                tick(market, 1000.0 + number), turnover_24h=turnover, change_rate=0.01 * number
            )
        )
    screen.board.order_by("turnover", largest_first=True)


def shown(screen: MarketScreen) -> list[str]:
    return list(screen.board.markets_shown)


def cell(screen: MarketScreen, market: str, column: str) -> str:
    place = screen.board.index(
        screen.board.row_of(market) or 0, screen.board.column_names.index(column)
    )
    return str(screen.board.data(place))


async def test_every_market_of_the_quote_currency_has_a_row_with_its_figures(
    screen: MarketScreen, feed: FakeMarketDataFeed
) -> None:
    await opened(screen, feed)
    assert shown(screen) == ["KRW-BTC", "KRW-ETH", "KRW-BCH", "KRW-XRP"]
    assert Stream("ticker", "KRW-XRP") in feed.held
    assert cell(screen, "KRW-ETH", "price") == "1,001"
    assert cell(screen, "KRW-ETH", "rate") == "▲ +1.00%"
    await until(lambda: screen.frames_painted > 0)


async def test_a_heading_orders_by_its_column_and_turns_it_round(
    screen: MarketScreen, feed: FakeMarketDataFeed
) -> None:
    await opened(screen, feed)
    head = screen.table.horizontalHeader()
    assert head is not None
    price = screen.board.column_names.index("price")
    head.sectionClicked.emit(price)
    assert shown(screen) == ["KRW-BCH", "KRW-XRP", "KRW-ETH", "KRW-BTC"]
    assert str(screen.board.headerData(price, Qt.Orientation.Horizontal)).endswith("↓")
    head.sectionClicked.emit(price)
    assert shown(screen) == ["KRW-BTC", "KRW-ETH", "KRW-XRP", "KRW-BCH"]
    head.sectionClicked.emit(0)
    assert shown(screen) == ["KRW-BTC", "KRW-BCH", "KRW-XRP", "KRW-ETH"]


async def test_markets_without_a_figure_come_last_whichever_way_round(
    screen: MarketScreen, feed: FakeMarketDataFeed
) -> None:
    screen.attach(services_of(feed))
    await until(lambda: screen.board.rowCount() == 4)
    feed.emit(tick("KRW-XRP", 700.0))
    for largest_first in (True, False):
        screen.board.order_by("price", largest_first=largest_first)
        assert shown(screen)[0] == "KRW-XRP"
    assert cell(screen, "KRW-BTC", "price") == "—"


async def test_initial_consonants_arrow_keys_and_enter_open_a_chart(
    screen: MarketScreen, feed: FakeMarketDataFeed, context: ScreenContext, qtbot: QtBot
) -> None:
    await opened(screen, feed)
    screen.begin_search()
    Hands.keyClicks(screen.search, "bch")
    Hands.keyClick(screen.search, Qt.Key.Key_Escape)
    assert len(shown(screen)) == 4
    screen.search.setText("ㅂㅌㅋ")
    assert shown(screen) == ["KRW-BTC", "KRW-BCH"]
    Hands.keyClick(screen.search, Qt.Key.Key_Down)
    with qtbot.waitSignal(context.navigation.market_asked) as asked:
        Hands.keyClick(screen.search, Qt.Key.Key_Return)
    assert asked.args == ["KRW-BCH"]


async def test_a_star_is_set_by_click_and_by_key_and_has_a_tab(
    screen: MarketScreen, feed: FakeMarketDataFeed, context: ScreenContext
) -> None:
    await opened(screen, feed)
    cell_of_btc = screen.table.visualRect(screen.board.index(0, 0))
    star = QPoint(cell_of_btc.left() + 12, cell_of_btc.center().y())
    Hands.mouseClick(screen.table.viewport(), Qt.MouseButton.LeftButton, pos=star)
    assert list(context.settings.settings.favourites) == ["KRW-BTC"]
    screen.table.show_row(1)
    Hands.keyClick(screen.table, Qt.Key.Key_S)
    assert list(context.settings.settings.favourites) == ["KRW-BTC", "KRW-ETH"]
    screen.tabs.chosen.emit(FAVOURITES)
    assert set(shown(screen)) == {"KRW-BTC", "KRW-ETH"}


async def test_the_pointer_resting_on_a_row_is_told_to_the_feed(
    screen: MarketScreen, feed: FakeMarketDataFeed, qtbot: QtBot
) -> None:
    await opened(screen, feed)
    screen.table.entered.emit(screen.board.index(1, 2))
    await until(lambda: feed.hints == ["KRW-ETH"])


async def test_the_rsi_of_the_rows_in_sight_is_asked_for_and_only_while_in_front(
    screen: MarketScreen, feed: FakeMarketDataFeed
) -> None:
    step = 900_000
    closes = [1000.0 + 5 * (n % 4) for n in range(40)]
    for market in ("KRW-BTC", "KRW-ETH", "KRW-XRP", "KRW-BCH"):
        first = START_MS // step * step - len(closes) * step
        feed.history[market, "15m"] = [
            candle(market, "15m", first + n * step, close=close) for n, close in enumerate(closes)
        ]
    await opened(screen, feed)
    assert cell(screen, "KRW-BTC", "rsi") == "—"
    await until(lambda: cell(screen, "KRW-BTC", "rsi") not in ("—", "…"))
    assert 0 < float(cell(screen, "KRW-BTC", "rsi")) < 100
    screen.left()
    asked = len(feed.candle_requests)
    screen.refresh()
    await asyncio.sleep(0)
    assert len(feed.candle_requests) <= asked + 1


async def test_a_hidden_board_tells_its_view_nothing(
    screen: MarketScreen, feed: FakeMarketDataFeed
) -> None:
    await opened(screen, feed)
    screen.left()
    told: list[int] = []
    screen.board.dataChanged.connect(lambda first, _last: told.append(first.row()))
    feed.emit(tick("KRW-BTC", 2000.0))
    for _ in range(20):
        await asyncio.sleep(0)
    assert told == []
    screen.opened()
    assert cell(screen, "KRW-BTC", "price") == "2,000"


async def test_an_addition_has_a_column_that_orders_and_filters(
    context: ScreenContext, feed: FakeMarketDataFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    fired = Fired()
    monkeypatch.setattr(market_screen, "market_additions", lambda _context: [AddedPart(fired)])
    screen = MarketScreen(context)
    screen.resize(1300, 700)
    screen.show()
    await opened(screen, feed)
    assert cell(screen, "KRW-XRP", "fired") == "5/3"
    screen.table.order_chosen.emit("fired", True)
    assert shown(screen)[:2] == ["KRW-XRP", "KRW-BTC"]
    await until(lambda: bool(fired.wanted) and len(fired.wanted[-1]) == 4)
    fired.counts["KRW-ETH"] = 9.0
    fired.only = frozenset({"KRW-ETH"})
    fired.kept_changed.emit()
    assert shown(screen) == ["KRW-ETH"]
    fired.only = frozenset()
    fired.kept_changed.emit()
    assert "필터" in " ".join(one.text() for one in screen.table.findChildren(Text))
    await screen.detach()
    await context.settings.close()
    screen.close()
    screen.deleteLater()


async def test_another_look_shows_what_was_chosen(
    screen: MarketScreen, feed: FakeMarketDataFeed, context: ScreenContext
) -> None:
    await opened(screen, feed)
    screen.tabs.chosen.emit("BTC")
    screen.table.order_chosen.emit("high", False)
    screen.search.setText("eth")
    other = MarketScreen(context)
    other.attach(services_of(feed))
    other.restore_view(screen.view_state())
    await until(lambda: other.board.rowCount() == 1)
    assert other.board.quote == "BTC"
    assert other.board.order == ("high", False)
    assert other.search.text() == "eth"
    await other.detach()
    other.deleteLater()


async def test_a_lost_connection_greys_every_figure_and_a_missing_list_says_why(
    screen: MarketScreen, feed: FakeMarketDataFeed
) -> None:
    await opened(screen, feed)
    feed.connection_state = ConnectionState.RECONNECTING
    screen.refresh()
    assert screen.board.row(0).is_stale
    await screen.detach()
    assert screen.board.rowCount() == 0
    feed.request_error = NotConnectedError("127.0.0.1", "refused")
    screen.attach(services_of(feed))
    message = screen.table.findChildren(Text)[0]
    await until(lambda: "다시 시도" in message.text())


async def test_a_tooltip_says_where_a_figure_comes_from(
    screen: MarketScreen, feed: FakeMarketDataFeed
) -> None:
    feed.listed = (
        *LISTED[:3],
        dataclasses.replace(
            market_info("KRW-BCH"), warning=True, cautions=frozenset({"PRICE_FLUCTUATIONS"})
        ),
    )
    await opened(screen, feed)
    place = screen.board.index(screen.board.row_of("KRW-BCH") or 0, 1)
    words = screen._explain(place)
    assert "유의" in words
    assert "WS" in words
    assert "KST" in words


def test_every_addition_has_a_name_of_its_own(context: ScreenContext) -> None:
    parts = market_additions.market_additions(context)
    names = [part.addition.name for part in parts]
    assert len(set(names)) == len(names)
    for part in parts:
        assert part.control is None or part.control.accessibleName()
        part.addition.deleteLater()


@pytest.mark.parametrize("state", [StreamState.STALLED, StreamState.DOWN])
async def test_a_market_whose_ticker_has_stopped_looks_stale_while_the_others_stay_live(
    screen: MarketScreen, feed: FakeMarketDataFeed, state: StreamState
) -> None:
    await opened(screen, feed)
    screen.table.tell_visible_rows()

    def stale() -> list[str]:
        screen.refresh()
        rows = [screen.board.row(place) for place in range(screen.board.rowCount())]
        return [row.market for row in rows if row.is_stale]

    assert stale() == []
    feed.health[Stream("ticker", "KRW-ETH")] = StreamHealth(state, 9.0, complete=True)
    assert stale() == ["KRW-ETH"]
    del feed.health[Stream("ticker", "KRW-ETH")]
    assert stale() == []
