"""The whole window over a fake feed: what it shows, switches, loses and finds again."""

import asyncio
import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtWidgets import QAbstractButton, QLineEdit, QPushButton, QTableView, QWidget
from pytestqt.qtbot import QtBot

from tests.builders import START_MS, candle
from tests.fakes import FakeMarketDataFeed
from tests.gui.conftest import services_of, tick
from tests.waiting import until
from upbit_auto_trading.application.connection import ConnectionNotice, EndpointKind
from upbit_auto_trading.domain.failure import NoDataInTimeError
from upbit_auto_trading.domain.rsi import simple_moving_average
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.subscription import (
    ConnectionState,
    StreamHealth,
    StreamState,
    SwapKind,
)
from upbit_auto_trading.presentation.error_reporter import ErrorReport
from upbit_auto_trading.presentation.i18n import choose_language
from upbit_auto_trading.presentation.main_window import MainWindow
from upbit_auto_trading.presentation.smoke import SmokeRecord
from upbit_auto_trading.presentation.theme import Theme
from upbit_auto_trading.presentation.widgets.text import Text


async def opened(window: MainWindow, feed: FakeMarketDataFeed) -> None:
    """Attach `feed` and bring the first ticker."""
    window.attach(services_of(feed), "KRW-BTC")
    await shows(window, lambda: bool(Stream("ticker", "KRW-BTC") in feed.held))
    feed.emit(tick())
    await shows(window, lambda: window.chart_screen.chart.frames_painted > 0)


async def shows(window: MainWindow, condition: Callable[[], bool] = lambda: True) -> None:
    """Wait, then bring what depends on the time up to date."""
    await until(condition)
    window.chart_screen.refresh()
    window.refresh()


def texts(widget: QWidget) -> str:
    labels = widget.findChildren(Text)
    return " | ".join(label.text() for label in labels if label.isVisible() and label.text())


async def test_live_data_is_painted_and_worded(
    window: MainWindow, feed: FakeMarketDataFeed, qtbot: QtBot
) -> None:
    await opened(window, feed)
    screen = window.chart_screen
    header = texts(screen.header)
    assert "비트코인" in header
    assert "130,000" in header
    assert "가상" in header
    strip = texts(window.status_strip)
    assert "연결됨" in strip
    assert "초당 312" in strip
    assert "21 ms" in strip
    assert "훈련 — 가상 거래소" in window.mode_bar.accessibleName()
    assert "130,000" in window.windowTitle()
    assert "RSI(14) ≤ 20" in texts(screen.condition)


async def test_another_market_is_one_change_of_the_same_subscription(
    window: MainWindow, feed: FakeMarketDataFeed, qtbot: QtBot
) -> None:
    await opened(window, feed)
    swaps = len([swap for swap in feed.swaps if Stream("candle.1m", "KRW-ETH") in swap.added])
    window.chart_screen.list_pane.market_chosen.emit("KRW-ETH")
    await shows(window, lambda: Stream("candle.1m", "KRW-ETH") in feed.held)
    feed.emit(tick("KRW-ETH", 5_214.0))
    await shows(window, lambda: "5,214" in texts(window.chart_screen.header))
    added = [swap for swap in feed.swaps if Stream("candle.1m", "KRW-ETH") in swap.added]
    assert len(added) - swaps == 1
    assert added[-1].kind is SwapKind.SMART
    assert Stream("candle.1m", "KRW-BTC") not in feed.held


async def test_another_timeframe_loads_its_own_candles(
    window: MainWindow, feed: FakeMarketDataFeed, qtbot: QtBot
) -> None:
    await opened(window, feed)
    window.chart_screen.toolbar.timeframe_chosen.emit("5m")
    await shows(window, lambda: ("KRW-BTC", "5m", 600, None) in feed.candle_requests)
    chart = window.chart_screen.view_model
    assert chart is not None
    assert chart.timeframe is not None
    assert chart.timeframe.code == "5m"


async def test_a_market_the_exchange_refuses_leaves_the_one_before(
    window: MainWindow, feed: FakeMarketDataFeed, qtbot: QtBot
) -> None:
    await opened(window, feed)
    window.chart_screen.show_market("KRW-NOSUCH")
    await shows(window, lambda: window.chart_screen.market == "KRW-BTC")
    assert window.note.isVisible()
    assert "KRW-NOSUCH" in texts(window.note)


async def test_every_sentence_is_shown_whole_whatever_was_shown_before(
    window: MainWindow, feed: FakeMarketDataFeed
) -> None:
    await opened(window, feed)
    for sentence in ("short", "a sentence that is much longer than the one before it", "short"):
        window.tell(sentence)
        # Not after the layouts' next turn: it stays as wide as it is made here.
        assert window.note.width() == window.note.sizeHint().width()
        await shows(window)
        assert window.note.width() == window.note.sizeHint().width()


async def test_a_sentence_moves_nothing_and_lies_over_nothing_that_is_pressed(
    window: MainWindow, feed: FakeMarketDataFeed
) -> None:
    await opened(window, feed)
    parts = (window.body.rail, window.chart_screen.header, window.status_strip)
    places = [part.mapTo(window, part.rect().topLeft()) for part in parts]
    window.tell("the scenario begins")
    await shows(window)
    assert "the scenario begins" in texts(window.note)
    assert window.note.geometry().bottom() < window.status_strip.y()
    assert [part.mapTo(window, part.rect().topLeft()) for part in parts] == places
    middle = window.note.mapTo(window, window.note.rect().center())
    under = window.childAt(middle)
    assert under is not None
    assert not window.note.isAncestorOf(under)
    feed.connection_state = ConnectionState.RECONNECTING
    await shows(window)
    assert window.connection_banner.isVisible()
    assert window.note.isVisible()  # trouble doesn't take its place
    window.note.clear()
    assert not window.note.isVisible()


async def test_a_lost_connection_is_said_with_what_happens_next_and_taken_back(
    window: MainWindow, feed: FakeMarketDataFeed, qtbot: QtBot
) -> None:
    await opened(window, feed)
    assert not window.connection_banner.isVisible()
    feed.connection_state = ConnectionState.RECONNECTING
    await shows(window)
    said = texts(window.connection_banner)
    assert "연결이 끊겼어요" in said
    assert "E-WS-LOST" in said
    assert "다시 연결" in texts(window.status_strip)
    assert "판단 보류" in texts(window.chart_screen.condition)
    painted = window.chart_screen.chart.frames_painted
    window.chart_screen.chart.repaint()
    assert window.chart_screen.chart.frames_painted == painted
    feed.connection_state = ConnectionState.CONNECTED
    await shows(window)
    assert not window.connection_banner.isVisible()


async def test_an_exchange_that_never_answered_is_named(
    window: MainWindow, feed: FakeMarketDataFeed
) -> None:
    feed.connection_state = ConnectionState.CONNECTING
    window.attach(services_of(feed), "KRW-BTC")
    await shows(window)
    assert not window.connection_banner.isVisible()
    feed.connection_state = ConnectionState.RECONNECTING
    await shows(window, lambda: Stream("ticker", "KRW-BTC") in feed.held)
    assert "127.0.0.1:5000" in texts(window.connection_banner)
    assert "E-WS-CONNECT" in texts(window.connection_banner)
    assert "아직 데이터 없음" in texts(window.chart_screen.header)


async def test_stalled_data_never_looks_live(
    window: MainWindow, feed: FakeMarketDataFeed, qtbot: QtBot
) -> None:
    await opened(window, feed)
    feed.health[Stream("ticker", "KRW-BTC")] = StreamHealth(
        StreamState.STALLED, 12.3, complete=True
    )
    await shows(window)
    assert "E-WS-STALL" in texts(window.connection_banner)
    assert "12초 전" in texts(window.chart_screen.header)
    price = next(
        label
        for label in window.chart_screen.header.findChildren(Text)
        if label.text() == "130,000"
    )
    assert price.font().italic()


async def test_the_fall_back_is_said_and_can_be_undone(
    window: MainWindow, feed: FakeMarketDataFeed, qtbot: QtBot
) -> None:
    window.attach(services_of(feed, notice=ConnectionNotice.UPBIT_UNREACHABLE), "KRW-BTC")
    assert "오프라인" in texts(window.notice_banner)
    button = window.notice_banner.findChild(QAbstractButton)
    assert button is not None
    with qtbot.waitSignal(window.reconnect_requested):
        button.click()
    window.show_reconnecting(busy=True)
    assert not button.isEnabled()
    window.show_reconnecting(busy=False, refusal="still unreachable")
    assert button.isEnabled()
    assert "아직" in texts(window.notice_banner)


async def test_upbits_own_prices_have_another_look_than_simulated_ones(
    window: MainWindow, feed: FakeMarketDataFeed, qtbot: QtBot
) -> None:
    window.attach(services_of(feed, EndpointKind.UPBIT), "KRW-BTC")
    assert "업비트" in window.mode_bar.accessibleName()
    assert "훈련" not in window.mode_bar.accessibleName()
    await window.detach()
    window.attach(services_of(feed, EndpointKind.CUSTOM), "KRW-BTC")
    assert "훈련" in window.mode_bar.accessibleName()
    assert "127.0.0.1:5000" in window.mode_bar.accessibleName()


async def test_history_that_does_not_come_is_explained(
    window: MainWindow, feed: FakeMarketDataFeed, qtbot: QtBot
) -> None:
    feed.request_error = NoDataInTimeError("candles", 1.0)
    window.attach(services_of(feed), "KRW-BTC")
    await shows(window, lambda: bool(feed.candle_requests))
    await shows(window, lambda: "목록이 오지 않았어요" in texts(window.chart_screen.list_pane))


async def test_scrolling_back_loads_older_candles(
    window: MainWindow, feed: FakeMarketDataFeed, qtbot: QtBot
) -> None:
    page = feed.history["KRW-BTC", "1m"]
    feed.history["KRW-BTC", "1m"] = [
        dataclasses.replace(one, start_ms=one.start_ms - n * 300 * 60_000)
        for n in (3, 2, 1, 0)
        for one in page
    ]
    await opened(window, feed)
    chart = window.chart_screen.view_model
    assert chart is not None
    series = chart.series
    assert series is not None
    before = len(series)
    window.chart_screen.chart.viewport.pan(3000)
    window.chart_screen.chart.repaint_changes()
    await shows(window, lambda: len(series) > before)
    await shows(window, lambda: len(chart.lines.values[0]) == len(series))
    painted = window.chart_screen.chart.shown_candles()
    expected = simple_moving_average(series.columns.close, 20)
    at = np.searchsorted(series.columns.start_ms // 60_000, painted.slots)
    np.testing.assert_allclose(painted.lines[0], expected[at], rtol=1e-12)


async def test_an_uncaught_error_is_shown_and_counted_while_prices_go_on(
    window: MainWindow, feed: FakeMarketDataFeed, qtbot: QtBot
) -> None:
    await opened(window, feed)
    window.show_error(ErrorReport("ValueError: broken", "Traceback …", 3))
    assert "ValueError: broken" in texts(window.error_panel)
    assert "(3)" in texts(window.error_panel)
    painted = window.chart_screen.chart.frames_painted
    feed.emit(tick(price=131_000.0), candle(start_ms=START_MS, close=131_000.0))
    await shows(window, lambda: window.chart_screen.chart.frames_painted > painted)


async def test_closing_asks_first(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.close_requested):
        window.close()
    assert window.isVisible()


async def test_every_control_has_a_name_and_can_be_reached_by_keyboard(
    window: MainWindow, feed: FakeMarketDataFeed, qtbot: QtBot
) -> None:
    await opened(window, feed)
    window.notice_banner.show_look(None)
    controls = [
        control
        for kind in (QAbstractButton, QLineEdit, QTableView)
        for control in window.findChildren(kind)
        if control.isVisible() and not control.objectName().startswith("qt_")
    ]
    assert len(controls) >= 10
    unnamed = [c for c in controls if not (c.accessibleName() or getattr(c, "text", str)())]
    assert unnamed == []
    reachable, widget = set(), window.chart_screen.list_pane.findChild(QLineEdit)
    start = widget
    while widget is not None:
        reachable.add(widget)
        widget = widget.nextInFocusChain()  # type: ignore[assignment]  # a chain of widgets
        if widget is start:
            break
    assert {c for c in controls if isinstance(c, QLineEdit | QTableView)} <= reachable


@pytest.mark.parametrize("width", [960, 1280, 1600])
@pytest.mark.parametrize("chosen", ["ko", "en"])
async def test_no_text_is_cut_off(
    theme: Theme, feed: FakeMarketDataFeed, width: int, chosen: str
) -> None:
    choose_language(chosen)
    window = MainWindow(theme, lambda: START_MS / 1000)
    window.show()
    window.resize(width, 720)
    await opened(window, feed)
    for _ in range(20):  # layouts follow texts a few turns of the loop later
        await asyncio.sleep(0)
    worded: list[Text | QPushButton] = list(window.findChildren(Text))
    worded += window.findChildren(QPushButton)
    cut = [
        (part.text(), part.width(), part.sizeHint().width())
        for part in worded
        if part.isVisible() and part.text() and part.width() < part.sizeHint().width()
    ]
    await window.detach()
    window.stop_refreshing()
    window.close_now()
    window.deleteLater()
    assert cut == []


async def test_the_smoke_line_measures_what_was_painted(
    window: MainWindow, feed: FakeMarketDataFeed, qtbot: QtBot
) -> None:
    record = SmokeRecord(window)
    is_ok, line = record.line(None, [])
    assert not is_ok
    await opened(window, feed)
    record.lag.stop()
    services = services_of(feed)
    is_ok, line = record.line(services, [])
    told = json.loads(line)
    assert is_ok
    assert told["ok"] is True
    assert told["endpoint"] == "simulator"
    assert told["frames_painted"] >= 1
    assert told["first_paint_ms"] >= told["first_data_ms"] > 0
    assert told["messages"] == 9000
    assert not record.line(services, ["ValueError: x"])[0]


async def test_the_window_can_be_saved_as_a_picture(
    window: MainWindow, feed: FakeMarketDataFeed, qtbot: QtBot, tmp_path: Path
) -> None:
    await opened(window, feed)
    target = tmp_path / "window.png"
    assert window.grab().save(str(target), "PNG")
    assert target.stat().st_size > 20_000


async def test_the_chart_screen_rests_behind_another_one_and_is_right_when_it_comes_back(
    window: MainWindow, feed: FakeMarketDataFeed, qtbot: QtBot
) -> None:
    await opened(window, feed)
    screen = window.chart_screen
    window.body.show_screen("settings")
    await shows(window)
    before = all_texts(screen.header)
    feed.emit(tick("KRW-BTC", 131_500.0))
    chart = screen.view_model
    assert chart is not None
    await shows(window, lambda: chart.ticker is not None and chart.ticker.trade_price == 131_500.0)
    assert all_texts(screen.header) == before
    assert "131,500" in window.windowTitle()
    window.body.show_screen("chart")
    assert "131,500" in texts(screen.header)


def all_texts(widget: QWidget) -> list[str]:
    return [label.text() for label in widget.findChildren(Text)]


async def test_candles_that_came_while_nobody_looked_are_shown_with_their_lines(
    window: MainWindow, feed: FakeMarketDataFeed, qtbot: QtBot
) -> None:
    await opened(window, feed)
    model = window.chart_screen.view_model
    assert model is not None and model.series is not None  # noqa: PT018 -- opened
    window.body.show_screen("settings")
    feed.emit(candle(start_ms=START_MS + 60_000))
    session_series = model.series
    window.body.show_screen("chart")
    window.chart_screen.chart.grab()
    assert all(len(values) == len(session_series) for values in model.lines.values)
