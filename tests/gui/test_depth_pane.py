"""Ladder and tape over a fake feed: what they show, switch, lose and find again."""

import dataclasses
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from PyQt6.QtWidgets import QAbstractButton, QMainWindow, QPushButton
from pytestqt.qtbot import QtBot

from tests.builders import START_MS, orderbook, ticker, trade
from tests.fakes import FakeMarketDataFeed
from tests.waiting import until
from upbit_auto_trading.application.connection import EndpointKind
from upbit_auto_trading.domain.failure import NoDataInTimeError
from upbit_auto_trading.domain.instrument import Instrument
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.subscription import ConnectionState, StreamHealth, StreamState
from upbit_auto_trading.infrastructure.indicators import TaLibIndicators
from upbit_auto_trading.presentation.screens.depth_pane import (
    COMPACT_WIDTH,
    WIDTH,
    DepthPane,
)
from upbit_auto_trading.presentation.theme import Theme
from upbit_auto_trading.presentation.viewmodels.chart import ChartViewModel

BOOK = Stream("orderbook", "KRW-BTC")


class Shown:
    """The pane in a window, joined to a chart that shows `KRW-BTC`."""

    def __init__(self, theme: Theme, feed: FakeMarketDataFeed, qtbot: QtBot) -> None:
        self.now = 0.0
        self.feed = feed
        self.pane = DepthPane(theme, lambda: self.now)
        self.window = QMainWindow()
        qtbot.addWidget(self.window)
        self.window.setFixedSize(WIDTH, 800)
        self.pane.setParent(self.window)
        self.pane.resize(WIDTH, 800)
        self.window.show()
        self.chart = ChartViewModel(feed, TaLibIndicators(), lambda: START_MS / 1000)
        self.chart.changed.connect(self.pane.refresh)
        self.pane.attach(self.chart, EndpointKind.UPBIT)
        self.show("KRW-BTC")

    def show(self, market: str) -> None:
        self.chart.show(market, "1m")
        self.pane.show_market(market)

    @property
    def prices(self) -> list[str]:
        """The prices of the ladder, dearest first."""
        look = self.pane.ladder.view.look
        return [row.price_text for row in (*reversed(look.asks), *look.bids)]

    @property
    def messages(self) -> list[str]:
        return [self.pane.ladder.message, self.pane.tape.message]


@pytest.fixture
async def shown(theme: Theme, feed: FakeMarketDataFeed, qtbot: QtBot) -> AsyncIterator[Shown]:
    made = Shown(theme, feed, qtbot)
    await until(lambda: BOOK in feed.held)
    yield made
    await made.chart.close()
    made.chart.deleteLater()


async def test_book_and_trades_of_the_market_are_shown(shown: Shown) -> None:
    shown.feed.emit(ticker(), orderbook(), trade())
    await until(lambda: len(shown.prices) == 4)
    assert shown.prices == ["109,872,000", "109,871,000", "109,870,000", "109,868,000"]
    await until(lambda: len(shown.pane.tape.view.look.rows) == 1)
    assert shown.pane.ladder.source.text == "WS 0.0초 전"
    assert shown.messages == ["", ""]


async def test_another_market_takes_nothing_over(shown: Shown) -> None:
    shown.feed.emit(ticker(), orderbook(), trade())
    await until(lambda: len(shown.prices) == 4)
    shown.show("KRW-ETH")
    assert shown.prices == []
    assert shown.pane.tape.view.look.rows == ()
    assert shown.pane.ladder.view.look.is_loading
    await until(lambda: Stream("orderbook", "KRW-ETH") in shown.feed.held)
    shown.feed.emit(orderbook("KRW-ETH", asks=[(2_600_000.0, 1.0)], bids=[(2_599_000.0, 1.0)]))
    await until(lambda: shown.prices == ["2,600,000", "2,599,000"])


async def test_what_the_chart_still_has_of_the_market_before_isnt_shown_under_the_new_name(
    shown: Shown,
) -> None:
    shown.feed.emit(ticker(), orderbook(), trade())
    await until(lambda: len(shown.prices) == 4 and bool(shown.pane.tape.view.look.rows))
    shown.pane.show_market("KRW-ETH")
    shown.pane.refresh()
    assert (shown.prices, shown.pane.tape.view.look.rows) == ([], ())
    assert shown.pane.ladder.view.look.is_loading


async def test_waiting_is_told_after_a_second(shown: Shown) -> None:
    shown.pane.refresh()
    assert shown.messages == ["", ""]
    shown.now = 1.1
    shown.pane.refresh()
    assert ["KRW-BTC" in message for message in shown.messages] == [True, True]
    shown.feed.connection_state = ConnectionState.RECONNECTING
    shown.pane.refresh()
    assert all("연결" in message for message in shown.messages)


async def test_an_empty_book_says_that_nobody_bids(shown: Shown) -> None:
    shown.feed.emit(orderbook(asks=[], bids=[]))
    await until(lambda: shown.messages[0] == "지금은 주문이 하나도 없어요.")


@pytest.mark.parametrize("lost", ["stall", "connection"])
async def test_a_stalled_book_looks_old_at_the_next_pulse_and_heals(
    shown: Shown, lost: str
) -> None:
    shown.feed.emit(ticker(), orderbook(), trade())
    await until(lambda: len(shown.prices) == 4)
    if lost == "stall":
        shown.feed.health[BOOK] = StreamHealth(StreamState.STALLED, 7.2, complete=True)
    else:
        shown.feed.connection_state = ConnectionState.RECONNECTING
    shown.pane.refresh()
    assert shown.pane.ladder.view.look.is_stale
    assert shown.pane.tape.view.look.is_stale is (lost == "connection")
    assert "전" in shown.pane.ladder.source.text or "—" in shown.pane.ladder.source.text
    shown.feed.health.clear()
    shown.feed.connection_state = ConnectionState.CONNECTED
    shown.feed.emit(orderbook(exchange_ms=START_MS + 500))
    await until(lambda: not shown.pane.ladder.view.look.is_stale)


async def test_depth_and_grouping_lay_the_same_book_out_again(shown: Shown) -> None:
    asks = [(109_870_000.0 + n * 1000, 0.5) for n in range(1, 31)]
    shown.feed.emit(orderbook(asks=asks))
    await until(lambda: len(shown.prices) == 17)
    shown.pane.ladder.depth_chosen.emit(30)
    await until(lambda: len(shown.prices) == 32)
    shown.pane.ladder.grouping_chosen.emit(10)
    await until(lambda: shown.prices[:3] == ["109,900,000", "109,890,000", "109,880,000"])
    assert shown.pane.ladder.grouping_choice.text() == "모아보기 10,000 ▾"
    shown.show("KRW-ETH")
    await until(lambda: Stream("orderbook", "KRW-ETH") in shown.feed.held)
    cheap = orderbook("KRW-ETH", asks=[(101.0, 1.0), (102.0, 1.0)], bids=[(100.0, 1.0)])
    shown.feed.emit(cheap)
    await until(lambda: shown.prices == ["102", "101", "100"])


async def test_the_exchange_groups_the_book_where_it_can(
    theme: Theme, feed: FakeMarketDataFeed, qtbot: QtBot
) -> None:
    feed.instruments["KRW-BTC"] = Instrument(
        "KRW-BTC", Decimal(1000), (0.0, 10_000.0, 100_000.0, 1_000_000.0, 10_000_000.0)
    )
    shown = Shown(theme, feed, qtbot)
    await until(lambda: BOOK in feed.held)
    asks = [(109_870_000.0 + n * 1000, 0.5) for n in range(1, 31)]
    shown.feed.emit(orderbook(asks=asks))
    await until(lambda: shown.chart.orderbook.groupings == [1, 10, 100, 1000])
    shown.pane.ladder.grouping_chosen.emit(100)
    grouped = Stream("orderbook", "KRW-BTC", 100_000.0)
    await until(lambda: grouped in shown.feed.held)
    assert "이 화면에서" in shown.pane.ladder.grouping_choice.toolTip()
    rows = [(109_900_000.0, 15.0), (110_000_000.0, 20.0)]
    book = orderbook(asks=rows, bids=[(109_800_000.0, 7.0)])
    shown.feed.emit(dataclasses.replace(book, grouping=100_000.0))
    await until(lambda: shown.prices == ["110,000,000", "109,900,000", "109,800,000"])
    assert "이 화면에서" not in shown.pane.ladder.grouping_choice.toolTip()
    assert shown.pane.ladder.view.look.spread.startswith("스프레드 1,000")
    shown.pane.ladder.grouping_chosen.emit(1)
    await until(lambda: grouped not in shown.feed.held)
    await until(lambda: len(shown.prices) == 17)
    await shown.chart.close()
    shown.chart.deleteLater()


async def test_the_layout_chosen_stays_with_another_exchange(shown: Shown) -> None:
    shown.pane.ladder.depth_chosen.emit(30)
    shown.pane.ladder.grouping_chosen.emit(10)
    shown.pane.clear()
    chart = ChartViewModel(shown.feed, TaLibIndicators(), lambda: START_MS / 1000)
    shown.pane.attach(chart, EndpointKind.SIMULATOR)
    assert (chart.orderbook.depth, chart.orderbook.grouping) == (30, 10)
    await chart.close()
    chart.deleteLater()


async def test_a_narrow_window_shows_them_as_tabs(shown: Shown) -> None:
    pane = shown.pane
    assert not pane.ladder.isHidden()
    assert not pane.tape.isHidden()
    pane.set_compact(compact=True)
    assert pane.width() == COMPACT_WIDTH
    assert (pane.ladder.isHidden(), pane.tape.isHidden()) == (False, True)
    tab = next(button for button in pane.findChildren(QPushButton) if button.text() == "체결")
    shown.feed.emit(trade())
    tab.click()
    assert (pane.ladder.isHidden(), pane.tape.isHidden()) == (True, False)
    assert len(pane.tape.view.look.rows) == 1
    pane.set_compact(compact=False)
    assert (pane.ladder.isHidden(), pane.tape.isHidden()) == (False, False)


async def test_past_trades_that_failed_are_there_once_they_come(
    theme: Theme, feed: FakeMarketDataFeed, qtbot: QtBot
) -> None:
    feed.past_trades["KRW-BTC"] = [trade(trade_ms=START_MS - n * 1000) for n in range(30, 0, -1)]
    feed.request_error = NoDataInTimeError("trades", 1.0)
    shown = Shown(theme, feed, qtbot)
    await until(lambda: BOOK in feed.held)
    feed.request_error = None
    await until(lambda: len(shown.pane.tape.view.look.rows) == 30)
    await shown.chart.close()
    shown.chart.deleteLater()


async def test_every_control_has_a_name(shown: Shown) -> None:
    nameless = [
        button
        for button in shown.pane.findChildren(QAbstractButton)
        if not (button.accessibleName() or button.text())
    ]
    assert nameless == []
