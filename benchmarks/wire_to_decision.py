"""Wire to decision: from a frame's arrival to the end of its judgement, with the window drawing.

    python -m benchmarks.wire_to_decision [--json] [--seconds 20] [--rest-url U --ws-url U]

The seven rules run on twenty markets of fifty that send 2,000 messages a second, five times as
fast as life so that there are prints enough. They are begun without a window, which is the floor;
then the whole program goes on with them. Every print's time from the socket to the end of its
judgement is kept by its run and read from the timeline; the slowest run is reported.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.result import Result, show, versions_of
from benchmarks.simulator_child import simulator
from upbit_auto_trading.application.ledger_upkeep import LedgerUpkeep
from upbit_auto_trading.application.paper_service import PaperTrading
from upbit_auto_trading.application.paper_trading import Desk
from upbit_auto_trading.application.strategies import SEVEN_RULES, shipped_template
from upbit_auto_trading.domain.own_indicators import OwnIndicators
from upbit_auto_trading.domain.paper_account import TimelineEntry, TimelineFilter
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.infrastructure.clock import SYSTEM_CLOCK
from upbit_auto_trading.infrastructure.data_folder import DataFolder
from upbit_auto_trading.infrastructure.indicators import TaLibIndicators
from upbit_auto_trading.infrastructure.market_data_backbone import MarketDataBackbone, Policy
from upbit_auto_trading.infrastructure.paper_books import PaperBooks
from upbit_auto_trading.infrastructure.paper_broker import PaperBroker
from upbit_auto_trading.infrastructure.trading_ledger import TradingLedger
from upbit_auto_trading.infrastructure.worker_process import WorkerProcess

MARKETS = 50
TRADED = 20
SPEED = 5
RATE = 2000
LIMIT_MS = 10.0
ROOT = Path(__file__).resolve().parents[1]


async def without_a_window(place: Path, rest_url: str, ws_url: str, seconds: float) -> None:
    """Begin the runs and let them work; they are left active."""
    policy = Policy(predict=False)
    async with (
        MarketDataBackbone(rest_url, ws_url, policy=policy, data_dir=place) as feed,
        TradingLedger(place) as ledger,
    ):
        books = PaperBooks(ledger)
        worker = WorkerProcess("benchmark")
        desk = Desk(
            feed, ledger, PaperBroker(0.05), OwnIndicators(TaLibIndicators()), SYSTEM_CLOCK.wall
        )
        trading = PaperTrading(desk, books, worker, LedgerUpkeep(ledger, books, SYSTEM_CLOCK.wall))
        await trading.open()
        listed = [info.market for info in (await feed.markets()).values]
        markets = [market for market in listed if market.startswith("KRW-")]
        held = feed.subscribe(streams_of(markets[:MARKETS]), lambda _: None)
        strategy = shipped_template(SEVEN_RULES).filled({"entry_krw": "50000"})
        for market in markets[:TRADED]:
            await trading.runs.start(strategy, market)
        await asyncio.sleep(seconds)
        held.close()
        await trading.close()
        await worker.close()


def streams_of(markets: list[str]) -> list[Stream]:
    """Everything of the markets, so that all of the load arrives."""
    return [Stream(kind, each) for each in markets for kind in ("ticker", "trade", "orderbook")]


def with_the_window(folder: Path, rest_url: str, ws_url: str, seconds: float) -> None:
    """Run the program, which goes on with the runs."""
    options = ["--rest-url", rest_url, "--ws-url", ws_url, "--data-dir", str(folder)]
    done = subprocess.run(
        [sys.executable, str(ROOT / "run_desktop_ui.py"), *options, "--smoke", str(seconds)],
        env=os.environ | {"QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen")},
        capture_output=True,
        text=True,
        timeout=seconds + 120,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"the window failed: {done.stdout[-300:]}{done.stderr[-1000:]}")


async def lives(place: Path) -> list[TimelineEntry]:
    """Return the ended lives, newest first."""
    async with TradingLedger(place) as ledger:
        wanted = TimelineFilter(kinds=frozenset({"run"}), text='"ended"')
        return await PaperBooks(ledger).timeline(wanted, 1_000)


def slowest(entries: list[TimelineEntry], name: str) -> dict[str, Any]:
    """Return the worst run's percentiles and everybody's prints."""
    told = [entry.data["latency_ms"] for entry in entries]
    known = [each for each in told if each["count"]]
    return {
        f"{name}_prints": sum(each["count"] for each in told),
        f"{name}_slowest_run_p50_ms": max(each["p50"] for each in known),
        f"{name}_slowest_run_p99_ms": max(each["p99"] for each in known),
        f"{name}_max_ms": max(each["max"] for each in known),
    }


def measure(rest_url: str, ws_url: str, seconds: float) -> Result:
    """Run both, one after the other."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = DataFolder.open(Path(scratch))
        place = folder.of_exchange("custom", rest_url, ws_url)
        asyncio.run(without_a_window(place, rest_url, ws_url, seconds))
        with_the_window(folder.path, rest_url, ws_url, seconds)
        entries = asyncio.run(lives(place))
    figures = slowest(entries[:TRADED], "window")
    floor = slowest(entries[TRADED:], "headless")
    ratio = {
        "p99_of_limit": figures["window_slowest_run_p99_ms"] / LIMIT_MS,
        "p99_of_headless": figures["window_slowest_run_p99_ms"]
        / floor["headless_slowest_run_p99_ms"],
    }
    return Result("wire_to_decision", figures, floor, ratio, versions_of("websockets", "PyQt6"))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each half")
    parser.add_argument("--rest-url", metavar="U", help="another exchange's (with --ws-url)")
    parser.add_argument("--ws-url", metavar="U")
    given = parser.parse_args()
    if given.rest_url and given.ws_url:
        show(measure(given.rest_url, given.ws_url, given.seconds), as_json=given.json)
        return
    options = {"--markets": MARKETS, "--rate": RATE, "--seed": 7, "--speed": SPEED}
    with simulator(*(str(part) for pair in options.items() for part in pair)) as addresses:
        show(measure(*addresses, given.seconds), as_json=given.json)


if __name__ == "__main__":
    main()
