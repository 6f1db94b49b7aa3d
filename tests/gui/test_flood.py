"""Ten times the traffic in the window: it goes on painting, and paints the newest."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from tests.builders import START_MS, orderbook, ticker, trade
from tests.fakes import FakeMarketDataFeed
from tests.gui.conftest import FakeRuntime, services_of
from tests.waiting import until
from upbit_auto_trading.application.ports import MarketValue
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.presentation.app import WindowLife
from upbit_auto_trading.presentation.error_reporter import ErrorReporter
from upbit_auto_trading.presentation.main_window import MainWindow
from upbit_auto_trading.presentation.options import WindowOptions
from upbit_auto_trading.presentation.theme import Theme
from upbit_auto_trading.presentation.viewmodels.coalescer import FRAME_MS

BATCH = 40
FRAMES = 5_000
PAINTED = 10


@pytest.fixture
def reporter() -> Iterator[ErrorReporter]:
    made = ErrorReporter()
    yield made
    made.deleteLater()


@asynccontextmanager
async def window_on(
    feed: FakeMarketDataFeed, theme: Theme, reporter: ErrorReporter
) -> AsyncIterator[MainWindow]:
    """Open the window, wait until it has painted a live price, and end it in order."""
    shown = MainWindow(theme, lambda: START_MS / 1000)
    options = WindowOptions(market="KRW-BTC", language="ko", theme="dark")
    life = WindowLife(options, FakeRuntime([services_of(feed)]), reporter, shown)
    running = asyncio.get_running_loop().create_task(life.run())
    await until(lambda: Stream("ticker", "KRW-BTC") in feed.held)
    feed.emit(values(0)[0])
    await until(lambda: shown.frames_painted > 0)
    yield shown
    life.end()
    async with asyncio.timeout(30):
        assert await running == 0


def values(number: int) -> tuple[MarketValue, ...]:
    """What a busy market sends at once; each has a price of its own."""
    price, at_ms = 100_000_000.0 + number, START_MS + number
    return (
        ticker("KRW-BTC", price, exchange_ms=at_ms),
        trade("KRW-BTC", price, trade_ms=at_ms, sequential_id=START_MS * 10_000 + number),
        orderbook("KRW-BTC", exchange_ms=at_ms),
    )


async def test_the_chart_is_painted_all_the_time_and_never_more_often_than_thirty_a_second(
    theme: Theme, reporter: ErrorReporter, feed: FakeMarketDataFeed
) -> None:
    async with window_on(feed, theme, reporter) as window:
        before, began = window.frames_painted, time.monotonic()
        offered = 0
        async with asyncio.timeout(60):
            while offered < FRAMES or window.frames_painted < before + PAINTED:
                for _ in range(BATCH):
                    feed.emit(*values(offered))
                    offered += 3
                await asyncio.sleep(0)
        painted = window.frames_painted - before
        passed_ms = (time.monotonic() - began) * 1000

        assert PAINTED <= painted <= passed_ms / (FRAME_MS - 1) + 2
        assert offered > 20 * painted


async def test_after_a_flood_the_newest_price_stands_on_the_chart(
    theme: Theme, reporter: ErrorReporter, feed: FakeMarketDataFeed
) -> None:
    async with window_on(feed, theme, reporter) as window:
        for number in range(1, FRAMES, 10):
            feed.emit(*values(number))
        newest = values(FRAMES)
        painted = window.frames_painted
        feed.emit(*newest)
        await until(lambda: window.frames_painted > painted)

        model = window.chart_screen.view_model
        assert model is not None
        assert model.ticker == newest[0]
        series = model.series
        assert series is not None
        assert float(series.columns.close[-1]) == 100_000_000.0 + FRAMES
