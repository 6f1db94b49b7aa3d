"""The metrics screen before a real simulated exchange: what it says is what happened, at once."""

import asyncio
import contextlib
import json
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from tests.gui.conftest import services_of
from tests.simulator_process import SimulatorProcess
from upbit_auto_trading.application.candles import ChartSession
from upbit_auto_trading.application.market_data import MarketDataService
from upbit_auto_trading.application.metrics_grades import Grade, Metric
from upbit_auto_trading.application.metrics_reading import Trouble
from upbit_auto_trading.application.subscription_metrics import SubscriptionMetricsService
from upbit_auto_trading.domain.failure import MarketDataError
from upbit_auto_trading.domain.market_value import MarketValue
from upbit_auto_trading.domain.stream import Delivery, Stream
from upbit_auto_trading.domain.subscription import ConnectionState
from upbit_auto_trading.domain.trade import Trade
from upbit_auto_trading.infrastructure.market_data_backbone import MarketDataBackbone, Policy
from upbit_auto_trading.infrastructure.upbit.timings import Timings
from upbit_auto_trading.presentation.main_window import MainWindow
from upbit_auto_trading.presentation.screens.metrics_screen import MetricsScreen
from upbit_auto_trading.presentation.screens.metrics_trouble_words import CODES
from upbit_auto_trading.presentation.theme import Theme
from upbit_auto_trading.presentation.widgets.text import Text

WITHIN_S = 30.0
PULSES_A_SECOND = 5
CHART = [Stream(c, "KRW-BTC") for c in ("ticker", "trade", "orderbook", "candle.1m")]
QUICK = Policy(predict=False, timings=replace(Timings(), stall_lowest=1.0, active_gap=5.0))


class Truth:
    """A window on a real exchange, and the exchange's control."""

    def __init__(self, rest_url: str, feed: MarketDataBackbone, window: MainWindow) -> None:
        self.rest_url = rest_url
        self.feed = feed
        self.window = window
        self.service = SubscriptionMetricsService(feed)

    @property
    def screen(self) -> MetricsScreen:
        found = self.window.body.screen_named("metrics")
        assert isinstance(found, MetricsScreen)
        return found

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(WITHIN_S):
            while not condition():
                self.service.sample()
                await asyncio.sleep(0.05)

    def pulse(self) -> None:
        """What the program does in a second: one sample, and the window's pulses."""
        self.service.sample()
        for _ in range(PULSES_A_SECOND):
            self.screen.refresh()

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        return await asyncio.to_thread(self._call, method, path, body)

    async def fault(self, name: str, **arguments: Any) -> None:
        await self.call("POST", "/simulator/fault", {"name": name, "args": arguments})

    def live(self) -> set[Stream]:
        """The streams that have delivered."""
        return {row.stream for row in self.feed.stream_rows() if row.is_live and row.received}

    def knows_rhythms(self) -> bool:
        """Whether it is known after how long the chart's silence is too long."""
        known = {row.stream for row in self.feed.stream_rows() if row.age.limit_s is not None}
        return Stream("orderbook", "KRW-BTC") in known

    def said(self) -> str:
        """Everything that the trouble panel says."""
        panel = self.screen.trouble
        return " | ".join(label.text() for label in panel.findChildren(Text) if label.text())

    def says(self, *troubles: Trouble) -> bool:
        """Whether the panel is there and tells one of `troubles`."""
        said = self.said()
        return self.screen.trouble.isVisible() and any(CODES[one] in said for one in troubles)

    def _call(self, method: str, path: str, body: Any) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.rest_url + path, data, method=method)  # noqa: S310
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 -- loopback
            return json.loads(answer.read())


@pytest.fixture(scope="module")
def exchange() -> Iterator[SimulatorProcess]:
    """One simulated exchange for all of these tests; each ends the faults it brought."""
    with SimulatorProcess("--seed", "7", "--markets", "12") as process:
        yield process


@pytest.fixture
async def window(theme: Theme, qtbot: QtBot) -> AsyncIterator[MainWindow]:
    made = MainWindow(theme, time.time)
    yield made
    made.stop_refreshing()
    made.close_now()
    made.deleteLater()


@asynccontextmanager
async def looking(window: MainWindow, process: SimulatorProcess) -> AsyncIterator[Truth]:
    async with MarketDataBackbone(process.rest_url, process.ws_url, policy=QUICK) as feed:
        truth = Truth(process.rest_url, feed, window)
        services = replace(
            services_of(feed),  # type: ignore[arg-type]  # the real feed in the fake's place
            market_data=MarketDataService(feed),
            metrics=truth.service,
        )
        window.attach(services, "KRW-BTC", "1m")
        window.resize(1500, 900)
        window.show()
        try:
            await truth.until(lambda: all(stream in truth.live() for stream in CHART))
            yield truth
        finally:
            for fault in await truth.call("GET", "/simulator/fault"):
                await truth.call("DELETE", f"/simulator/fault/{fault['name']}")
            await window.detach()


async def test_data_that_stops_is_on_the_screen_in_the_next_second_and_gone_when_it_flows(
    window: MainWindow, exchange: SimulatorProcess
) -> None:
    async with looking(window, exchange) as truth:
        stopped = Trouble.STALLED, Trouble.STREAM_STALLED
        truth.window.body.show_screen("metrics")
        await truth.until(lambda: truth.service.readings() is not None)
        truth.pulse()
        assert not truth.says(*stopped)
        await truth.until(truth.knows_rhythms)
        await truth.fault("stall")
        await truth.until(lambda: truth.feed.sample().streams.stalled > 0)
        truth.pulse()
        assert truth.says(*stopped)
        assert "판단을 보류" in truth.said()
        await truth.call("DELETE", "/simulator/fault/stall")
        await truth.until(lambda: truth.feed.sample().streams.stalled == 0)
        await truth.until(lambda: truth.feed.sample().gaps.open == 0)
        truth.pulse()
        assert not truth.says(*stopped)


async def test_a_lost_connection_is_on_the_screen_in_the_next_second(
    window: MainWindow, exchange: SimulatorProcess
) -> None:
    async with looking(window, exchange) as truth:
        truth.window.body.show_screen("metrics")
        truth.service.sample()
        await truth.fault("handshake_status", status=503)
        await truth.fault("close")
        await truth.until(lambda: truth.feed.connection_state is not ConnectionState.CONNECTED)
        truth.pulse()
        assert truth.says(Trouble.LOST)
        await truth.call("DELETE", "/simulator/fault/handshake_status")
        await truth.until(lambda: truth.feed.connection_state is ConnectionState.CONNECTED)
        await truth.until(lambda: all(stream in truth.live() for stream in CHART))
        truth.pulse()
        readings = truth.service.readings()
        assert readings is not None
        assert readings.by_metric[Metric.CONNECTION].grade is Grade.GOOD
        assert truth.feed.sample().reconnects >= 1


@pytest.mark.parametrize(
    ("fault", "arguments", "trouble"),
    [
        ("too_many_requests", {"group": "ticker", "count": 1}, Trouble.REFUSED),
        ("blocked", {"group": "ticker", "seconds": 20}, Trouble.BANNED),
    ],
)
async def test_a_refusal_of_rest_is_on_the_screen_in_the_next_second(
    window: MainWindow,
    exchange: SimulatorProcess,
    fault: str,
    arguments: dict[str, Any],
    trouble: Trouble,
) -> None:
    async with looking(window, exchange) as truth:
        truth.window.body.show_screen("metrics")
        truth.service.sample()
        await truth.fault(fault, **arguments)
        with contextlib.suppress(MarketDataError):  # a refusal may be tried again
            await truth.feed.tickers("KRW")
        truth.service.sample()
        truth.pulse()
        assert truth.says(trouble)


async def test_every_frame_the_exchange_sent_is_counted_at_the_socket(
    window: MainWindow, exchange: SimulatorProcess
) -> None:
    async with looking(window, exchange) as truth:
        sessions = await truth.call("GET", "/simulator/subscriptions")
        connections = {session["connection"] for session in sessions}

        async def agrees() -> bool:
            sent = await truth.call("GET", "/simulator/sent")
            count = sum(frame["connection"] in connections for frame in sent["frames"])
            return count > 40 and truth.service.sample().sample.received == count

        async with asyncio.timeout(WITHIN_S):
            while not await agrees():  # noqa: ASYNC110 -- asked over HTTP
                await asyncio.sleep(0.02)


def _told(truth: Truth) -> int:
    """Frames of the chart's streams that told something new, as the store counted them."""
    figures = truth.feed.get_performance_metrics()["streams"]["by_stream"]
    rows = [figures[str(stream)] for stream in CHART]
    return sum(row["received"] - row["duplicates"] - row["stale"] for row in rows)


@pytest.mark.parametrize("lost", [0, 2])
async def test_what_is_received_is_painted_and_what_is_lost_between_is_missing_exactly(
    window: MainWindow,
    exchange: SimulatorProcess,
    monkeypatch: pytest.MonkeyPatch,
    lost: int,
) -> None:
    usual = ChartSession._receive
    left = backfilled = 0

    def lossy(session: ChartSession, value: MarketValue) -> None:
        nonlocal left, backfilled
        backfilled += value.origin.delivery is Delivery.BACKFILL  # came by REST, not by frame
        if left and isinstance(value, Trade):
            left -= 1
            return
        usual(session, value)

    monkeypatch.setattr(ChartSession, "_receive", lossy)
    async with looking(window, exchange) as truth:
        painting = truth.service.painting
        told, taken, backfilled = _told(truth), painting.taken.total(), 0
        left = lost
        await truth.until(lambda: left == 0 and _told(truth) - told > 15)
        await truth.until(lambda: not any(map(painting.pending, ("chart", "orderbook"))))
        assert painting.painted.total() == painting.taken.total()
        received = _told(truth) - told + backfilled
        assert received - (painting.painted.total() - taken) == lost
