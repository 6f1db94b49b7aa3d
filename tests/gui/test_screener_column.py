"""The screener on the market screen: choosing a trigger, hits only, the nearest first."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.builders import START_MS, origin, trade
from tests.fakes import FakeMarketDataFeed
from tests.gui.conftest import LISTED, services_of
from tests.waiting import until
from upbit_auto_trading.application.settings import SettingsService
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.expression import Comparator, Comparison, Constant, variable
from upbit_auto_trading.domain.rule import Role
from upbit_auto_trading.domain.stream import Delivery, Stream
from upbit_auto_trading.domain.trigger import Trigger
from upbit_auto_trading.infrastructure.strategy_library import StrategyLibrary
from upbit_auto_trading.infrastructure.trigger_shelf import SqliteTriggerShelf
from upbit_auto_trading.presentation.screens.market_screen import MarketScreen
from upbit_auto_trading.presentation.screens.screen import Navigation, ScreenContext
from upbit_auto_trading.presentation.theme import Theme
from upbit_auto_trading.presentation.viewmodels.screener_column import ScreenerColumn
from upbit_auto_trading.presentation.viewmodels.settings import SettingsViewModel
from upbit_auto_trading.presentation.widgets.screener_choice import ScreenerChoice

# Without a window system nobody is told how small a window may become.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints")

KRW = [info.market for info in LISTED if info.quote == "KRW"]
CRASH = "shipped:crash"
MINE = Comparison(variable("change", window=60.0), Comparator.LESS_EQUAL, Constant(-1.0))


@pytest.fixture
async def screen(
    theme: Theme, feed: FakeMarketDataFeed, tmp_path: Path, qtbot: QtBot
) -> AsyncIterator[MarketScreen]:
    settings = SettingsViewModel(SettingsService())
    made = MarketScreen(ScreenContext(theme, settings, lambda: START_MS / 1000, Navigation()))
    made.resize(1300, 700)
    made.show()
    async with StrategyLibrary(tmp_path, shipped_variables()) as library:
        shelf = SqliteTriggerShelf(library, shipped_variables())
        await shelf.save(Trigger("mine", "내 급락", MINE, Role.RISK), START_MS)
        made.attach(dataclasses.replace(services_of(feed), library=library, triggers=shelf))
        made.opened()
        await until(lambda: column_of(made).choices)
        yield made
        await made.detach()
    await settings.close()
    made.close()
    made.deleteLater()


def column_of(screen: MarketScreen) -> ScreenerColumn:
    return next(one for one in screen.board.additions if isinstance(one, ScreenerColumn))


def control_of(screen: MarketScreen) -> ScreenerChoice:
    return screen.findChildren(ScreenerChoice)[0]


async def choose(screen: MarketScreen, feed: FakeMarketDataFeed, key: str) -> ScreenerColumn:
    column = column_of(screen)
    control_of(screen).chosen.emit(key)
    column.want(KRW)
    wanted = {Stream("trade", market) for market in KRW}
    await until(lambda: wanted <= feed.held and column.progress == (len(KRW), len(KRW)))
    return column


async def until_first(screen: MarketScreen, market: str) -> None:
    """Wait for the next sorting: rows move once a second at most, and when something changes."""

    def is_first() -> bool:
        column_of(screen).changed.emit(frozenset(KRW))
        return screen.board.markets_shown[0] == market

    await until(is_first)


def fall(feed: FakeMarketDataFeed, market: str, percent: float) -> None:
    live = origin(START_MS / 1000, delivery=Delivery.REALTIME)
    for number, price in enumerate((1000.0, 1000.0 * (1 - percent / 100))):
        feed.emit(
            trade(market, price, trade_ms=START_MS + number, sequential_id=number, origin=live)
        )


async def test_saved_triggers_come_first_then_those_that_ship(screen: MarketScreen) -> None:
    box = control_of(screen).box
    offered = [box.itemText(row) for row in range(box.count())]
    assert offered[:2] == ["트리거 없음", "내 급락"]
    assert "기본: 급락 감지" in offered
    assert "기본: 수익 시 불타기" not in offered  # without a position it has no value
    assert not control_of(screen).only_true.isEnabled()


async def test_cells_tell_value_and_distance_and_order_the_rows_by_it(
    screen: MarketScreen, feed: FakeMarketDataFeed
) -> None:
    column = await choose(screen, feed, CRASH)
    for place, market in enumerate(KRW):
        fall(feed, market, 1.0 + place)
    column.refresh()
    assert column.cell("KRW-BTC").text == "○ −1.00% · 4.00%p 남음"
    last = KRW[-1]
    assert column.cell(last).text.startswith(f"○ −{len(KRW)}.00%")
    assert screen.board.order == ("trigger", True)
    await until_first(screen, last)
    assert "모두 실시간" in control_of(screen)._progress.text()


async def test_unknown_is_said_as_unknown_and_stands_last(
    screen: MarketScreen, feed: FakeMarketDataFeed
) -> None:
    column = await choose(screen, feed, CRASH)
    fall(feed, "KRW-ETH", 2.0)
    column.refresh()
    assert column.cell("KRW-BTC").text == "◌ 모름"
    assert column.cell("KRW-BTC").order is None
    await until_first(screen, "KRW-ETH")


async def test_hits_only_keeps_the_markets_on_which_the_trigger_holds_now(
    screen: MarketScreen, feed: FakeMarketDataFeed
) -> None:
    column = await choose(screen, feed, "mine")
    fall(feed, "KRW-XRP", 1.5)
    fall(feed, "KRW-BTC", 0.5)
    column.refresh()
    assert column.cell("KRW-XRP").text.startswith("●")
    control_of(screen).only_true.click()
    await until(lambda: list(screen.board.markets_shown) == ["KRW-XRP"])
    fall(feed, "KRW-BTC", 3.0)
    column.refresh()
    await until(lambda: set(screen.board.markets_shown) == {"KRW-XRP", "KRW-BTC"})


async def test_leaving_the_screen_releases_the_prints_and_no_trigger_asks_for_none(
    screen: MarketScreen, feed: FakeMarketDataFeed
) -> None:
    await choose(screen, feed, CRASH)
    screen.left()
    await until(lambda: not any(stream.channel == "trade" for stream in feed.held))
    control_of(screen).chosen.emit("")
    screen.opened()
    column_of(screen).want(KRW)
    await asyncio.sleep(0)
    assert not any(stream.channel == "trade" for stream in feed.held)


async def test_the_choice_goes_into_another_look(
    screen: MarketScreen, feed: FakeMarketDataFeed
) -> None:
    await choose(screen, feed, CRASH)
    state = screen.view_state()
    control_of(screen).chosen.emit("")
    screen.restore_view(state)
    assert column_of(screen).chosen == CRASH
