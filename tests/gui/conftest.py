"""A themed application in a chosen language, a feed with history, and windows on it."""

import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.builders import START_MS, candle, market_info, origin, ticker
from tests.fakes import FakeMarketDataFeed, FakeWorker
from tests.paper_desk import PaperRoom
from upbit_auto_trading.application.connection import (
    ConnectionNotice,
    EndpointKind,
    ExchangeEndpoint,
)
from upbit_auto_trading.application.market_data import MarketDataService
from upbit_auto_trading.application.paper_service import PaperTrading
from upbit_auto_trading.application.services import Services
from upbit_auto_trading.application.subscription_metrics import SubscriptionMetricsService
from upbit_auto_trading.domain.instrument import Instrument
from upbit_auto_trading.domain.own_indicators import OwnIndicators
from upbit_auto_trading.domain.ticker import Ticker
from upbit_auto_trading.infrastructure.indicators import TaLibIndicators
from upbit_auto_trading.presentation.i18n import choose_language, language
from upbit_auto_trading.presentation.main_window import MainWindow
from upbit_auto_trading.presentation.options import StartError
from upbit_auto_trading.presentation.theme import Theme, load_fonts
from upbit_auto_trading.presentation.tokens import ThemeName

LISTED = (
    market_info("KRW-BTC", "비트코인", "Bitcoin"),
    market_info("KRW-ETH", "이더리움", "Ethereum"),
    market_info("KRW-XRP", "엑스알피(리플)", "XRP"),
    market_info("KRW-BCH", "비트코인캐시", "Bitcoin Cash"),
    market_info("BTC-ETH", "이더리움", "Ethereum"),
)


@pytest.fixture(scope="session")
def _fonts(qapp: QApplication) -> None:
    load_fonts()


@pytest.fixture(params=[ThemeName.DARK])
def theme(qapp: QApplication, _fonts: None, request: pytest.FixtureRequest) -> Theme:
    chosen = Theme(request.param)
    qapp.setStyle("Fusion")
    chosen.apply(qapp)
    return chosen


@pytest.fixture(autouse=True)
def in_korean() -> Iterator[None]:
    before = language()
    choose_language("ko")
    yield
    choose_language(before)


@pytest.fixture
def feed() -> FakeMarketDataFeed:
    """300 minutes of history of every market; metrics as the backbone gives them."""
    metrics = {
        "streams": {"messages_per_s": 312.0, "messages_received": 9000, "reconnects": 0},
        "swaps": {"last": {"kind": "smart", "first_ms": 21.3}, "count": 2},
    }
    made = FakeMarketDataFeed(listed=LISTED, metrics=metrics, now=START_MS / 1000)
    for info in LISTED:
        made.instruments[info.market] = Instrument(info.market, Decimal(1000), (0.0,))
        for code, step in (("1m", 60_000), ("5m", 300_000)):
            made.history[info.market, code] = [
                candle(
                    info.market,
                    code,
                    START_MS // step * step - (300 - n) * step,
                    close=100_000.0 + n * 100 + 500 * (n % 7),
                )
                for n in range(1, 301)
            ]
    return made


@pytest.fixture
def room(tmp_path: Path) -> PaperRoom:
    """Where paper trading lives; `open` it as often as a test starts the program."""
    return PaperRoom(tmp_path)


@pytest.fixture
async def trading(room: PaperRoom) -> AsyncIterator[PaperTrading]:
    async with room.open() as opened:
        yield opened


@pytest.fixture
async def window(theme: Theme, qtbot: QtBot) -> AsyncIterator[MainWindow]:
    """The window as it starts, before it has services."""
    made = MainWindow(theme, lambda: START_MS / 1000)
    made.show_starting("KRW-BTC")
    made.show()
    yield made
    await made.detach()
    made.stop_refreshing()
    made.close_now()
    made.deleteLater()


def within_the_loop(test: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """End the screen with the test: its timers begin tasks, which need the loop to run."""

    @functools.wraps(test)
    async def run(**given: Any) -> None:
        try:
            await test(**given)
        finally:
            await given["screen"].detach()

    return run


def tick(market: str = "KRW-BTC", price: float = 130_000.0, at_ms: int = START_MS) -> Ticker:
    return ticker(market, price, exchange_ms=at_ms, origin=origin(at_ms / 1000))


def services_of(
    feed: FakeMarketDataFeed,
    kind: EndpointKind = EndpointKind.SIMULATOR,
    notice: ConnectionNotice = ConnectionNotice.NONE,
) -> Services:
    endpoint = ExchangeEndpoint(kind, "http://127.0.0.1:5000", "ws://127.0.0.1:5000/websocket/v1")
    return Services(
        endpoint,
        notice,
        feed,
        MarketDataService(feed),
        SubscriptionMetricsService(feed),
        FakeWorker(),
        OwnIndicators(TaLibIndicators()),
    )


@dataclass
class FakeRuntime:
    """Gives prepared services, one after the other; an error among them is raised."""

    results: list[Services | StartError]
    reconnects: list[Services | StartError] = field(default_factory=list)
    renewed: list[Services | StartError] = field(default_factory=list)
    stopped: int = 0

    async def start(self) -> Services:
        return self._next(self.results)

    async def reconnect(self) -> Services:
        return self._next(self.reconnects)

    async def renew(self, _services: Services) -> Services:
        return self._next(self.renewed)

    async def stop(self) -> None:
        self.stopped += 1

    def _next(self, results: list[Services | StartError]) -> Services:
        result = results.pop(0)
        if isinstance(result, StartError):
            raise result
        return result
