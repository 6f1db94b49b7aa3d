"""The status strip: what it tells of the feed, what gives way, where a click leads."""

import dataclasses

import pytest
from PyQt6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from tests.builders import START_MS
from tests.fakes import FakeMarketDataFeed
from tests.gui.conftest import services_of
from upbit_auto_trading.application.candles import ChartState, ChartStatus
from upbit_auto_trading.application.metrics_grades import Metric
from upbit_auto_trading.domain.feed_sample import (
    FeedSample,
    MessageBudgetUse,
    RequestBudget,
    StreamAge,
)
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.subscription import StreamState
from upbit_auto_trading.presentation.main_window import MainWindow
from upbit_auto_trading.presentation.screens.strip_words import status_items
from upbit_auto_trading.presentation.theme import Theme
from upbit_auto_trading.presentation.widgets.status_strip import StatusItem, StatusStrip

# Without a window system nobody is told how small a window may become.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints")

SAMPLE = FeedSample(
    at=START_MS / 1000,
    clock_offset_ms=-12.4,
    oldest=StreamAge(Stream("trade", "KRW-XRP"), StreamState.LIVE, 2.4, 0.8, 30.0),
    budgets=(RequestBudget("ticker", 1, 10, 9), RequestBudget("candles", 9, 10, 9)),
    messages=MessageBudgetUse(1, 5, 12, 100),
)


def items(feed: FakeMarketDataFeed, sample: FeedSample) -> dict[str, StatusItem]:
    services = services_of(feed)
    feed.measured = sample
    services.metrics.sample()
    status = ChartStatus(ChartState.LIVE, 0.1)
    made = status_items(services, services.metrics.health(), "KRW-BTC", status)
    return {item.label: item for item in made}


def test_every_figure_that_says_whether_data_can_be_trusted_is_there(
    feed: FakeMarketDataFeed,
) -> None:
    told = items(feed, SAMPLE)
    assert told["KRW-BTC"].value == "0.1초 전"
    assert told["가장 오래된 스트림"].value == "2.4초 전"
    assert "KRW-XRP" in told["가장 오래된 스트림"].explanation
    assert told["남은 REST"].value == "1/10"
    assert told["남은 REST"].ink == "warn"
    assert told["남은 WS 메시지"].value == "4/5 · 88/100"
    assert told["시계 차이"].value == "−12 ms"
    assert told["최근 구독 교체"].value == "21 ms"


@pytest.mark.parametrize(
    ("changed", "label", "value", "ink"),
    [
        ({"banned_for_s": 42.0}, "남은 REST", "차단됨, 42초", "bad"),
        ({"clock_offset_ms": None}, "시계 차이", "—", "text-3"),
        ({"clock_offset_ms": 4_000.0}, "시계 차이", "+4,000 ms", "warn"),
        (
            {"oldest": StreamAge(Stream("trade", "KRW-XRP"), StreamState.STALLED, 40.0)},
            "가장 오래된 스트림",
            "40초 전",
            "bad",
        ),
        (
            {"oldest": StreamAge(Stream("trade", "KRW-XRP"), StreamState.LIVE, 40.0, 1.0, 30.0)},
            "가장 오래된 스트림",
            "40초 전",
            "warn",
        ),
    ],
)
def test_trouble_is_told_in_its_figure(
    feed: FakeMarketDataFeed, changed: dict[str, object], label: str, value: str, ink: str
) -> None:
    sample = dataclasses.replace(SAMPLE, **changed)  # type: ignore[arg-type]  # named above
    told = items(feed, sample)[label]
    assert (told.value, told.ink) == (value, ink)


def test_the_least_important_figures_give_way_to_a_narrow_window(
    theme: Theme, qtbot: QtBot
) -> None:
    strip = StatusStrip(theme)
    qtbot.addWidget(strip)
    strip.show_items(
        [StatusItem(f"label {n}", "a value", rank=rank) for n, rank in enumerate((0, 3, 1, 2))]
    )
    strip.resize(2000, strip.height())
    strip.show()
    assert [cell.isVisible() for cell in strip.findChildren(QPushButton)] == [True] * 4
    width = sum(cell.sizeHint().width() for cell in strip.findChildren(QPushButton))
    strip.resize(width + 60, strip.height())
    shown = [cell.accessibleName() for cell in strip.findChildren(QPushButton) if cell.isVisible()]
    assert "label 1 a value" not in shown
    assert "label 0 a value" in shown


async def test_a_click_on_a_figure_opens_what_is_behind_it(
    window: MainWindow, feed: FakeMarketDataFeed
) -> None:
    window.attach(services_of(feed), "KRW-BTC")
    asked: list[object] = []
    window.status_strip.asked.connect(asked.append)
    cells = [one for one in window.status_strip.findChildren(QPushButton) if one.isVisible()]
    cells[1].click()
    assert asked == ["KRW-BTC"]
    assert window.body.screen_shown == "metrics"
    cells[0].click()
    assert asked[-1] is Metric.CONNECTION
