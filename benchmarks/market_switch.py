"""Market switch: from choosing another market to its whole chart on screen, in the real window.

    python -m benchmarks.market_switch [--json] [--markets 12] [--rest-url U --ws-url U]

The window walks through the markets once (cold: nothing of them is stored) and once more (warm:
their candles lie on disk). A switch is over when the chart says that it is live, has all its
candles and has been painted since. The simulated exchange answers after 20 ms. The floor is what
no client can do without: one request for 200 candles over a connection that stands.
"""

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import qasync
import requests
from PyQt6.QtWidgets import QApplication

from benchmarks.result import Result, show, versions_of
from benchmarks.simulator_child import simulator
from upbit_auto_trading.application.candles import ChartState
from upbit_auto_trading.bootstrap import DesktopRuntime
from upbit_auto_trading.infrastructure.data_folder import DataFolder
from upbit_auto_trading.presentation.command_line import parse_options
from upbit_auto_trading.presentation.main_window import MainWindow
from upbit_auto_trading.presentation.theme import Theme, load_fonts

GOAL_MS = 400.0
CANDLES = 200
"""How many candles a chart must have to be whole; every market listed here is older."""
PATIENCE_S = 30.0
REQUESTS = 20
APART_S = 0.15


async def shown(window: MainWindow, market: str) -> float:
    """Switch to `market`; return the seconds until its chart is whole, live and painted."""
    screen = window.chart_screen
    began = time.perf_counter()
    screen.show_market(market)
    painted_before: int | None = None
    async with asyncio.timeout(PATIENCE_S):
        while True:
            model = screen.view_model
            series = model.series if model is not None else None
            if (
                model is not None
                and series is not None
                and model.market == market
                and model.status.state is ChartState.LIVE
                and len(series) >= CANDLES
            ):
                painted = screen.chart.frames_painted
                if painted_before is None:
                    painted_before = painted
                elif painted > painted_before:
                    return time.perf_counter() - began
            await asyncio.sleep(0.001)


async def walk(rest_url: str, ws_url: str, count: int) -> dict[str, Any]:
    """Walk twice through the markets; return the figures."""
    with tempfile.TemporaryDirectory() as folder:
        options = parse_options(["--rest-url", rest_url, "--ws-url", ws_url], {})
        runtime = DesktopRuntime(options, DataFolder.open(Path(folder)))
        load_fonts()
        window = MainWindow(Theme())
        window.resize(1600, 1000)
        window.show()
        try:
            services = await runtime.start()
            listed = [info.market for info in (await services.market_data.markets()).values]
            markets = [market for market in listed if market.startswith("KRW-")][: count + 1]
            window.attach(services, markets[0])
            await shown(window, markets[0])
            cold: list[float] = []
            warm: list[float] = []
            for seconds in (cold, warm):
                for market in (*markets[1:], markets[0]):
                    seconds.append(1000 * await shown(window, market))
                    await asyncio.sleep(APART_S)  # as fast as a hand; the exchange allows five
        finally:
            await window.detach()
            window.stop_refreshing()
            window.close_now()
            await runtime.stop()
    return spread("cold", cold) | spread("warm", warm)


def spread(name: str, milliseconds: list[float]) -> dict[str, float]:
    """Return the middle and the longest."""
    return {
        f"{name}_ms": statistics.median(milliseconds),
        f"{name}_slowest_ms": max(milliseconds),
    }


def bare_requests(rest_url: str) -> dict[str, float]:
    """Time one request for a page of candles after the other."""
    seconds = []
    with requests.Session() as session:
        for _ in range(REQUESTS + 1):
            began = time.perf_counter()
            answer = session.get(
                f"{rest_url}/v1/candles/minutes/1",
                params={"market": "KRW-BTC", "count": str(CANDLES)},
                timeout=10,
            )
            answer.raise_for_status()
            seconds.append(1000 * (time.perf_counter() - began))
            time.sleep(APART_S)
    return spread("one_request", seconds[1:])


def measure(rest_url: str, ws_url: str, count: int) -> Result:
    """Measure the floor, then the window."""
    floor = bare_requests(rest_url)
    application = QApplication.instance() or QApplication([])
    QApplication.setStyle("Fusion")
    QApplication.setQuitOnLastWindowClosed(False)
    with qasync.QEventLoop(application) as loop:
        figures = loop.run_until_complete(walk(rest_url, ws_url, count))
    ratio = {
        "warm_of_goal": figures["warm_ms"] / GOAL_MS,
        "warm_of_one_request": figures["warm_ms"] / floor["one_request_ms"],
    }
    return Result("market_switch", figures, floor, ratio, versions_of("PyQt6", "requests"))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    parser.add_argument("--markets", type=int, default=12, help="how many to walk through")
    parser.add_argument("--rest-url", metavar="U", help="another exchange's (with --ws-url)")
    parser.add_argument("--ws-url", metavar="U")
    given = parser.parse_args()
    if given.rest_url and given.ws_url:
        show(measure(given.rest_url, given.ws_url, given.markets), as_json=given.json)
        return
    with simulator("--seed", "7", "--rtt-ms", "20", "--rate", "1000") as (rest_url, ws_url):
        show(measure(rest_url, ws_url, given.markets), as_json=given.json)


if __name__ == "__main__":
    main()
