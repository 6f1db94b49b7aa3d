"""What the simulated exchange itself can bear: one fast client, twenty at once, every market.

    python -m benchmarks.exchange [--json] [--seconds 10] [--minutes 60]

The clients look at nothing but frame lengths. `one` asks for more than can be sent and counts
what comes, tickers and books of all KRW markets, every frame news. `twenty` clients hold the same
streams at 2,500 frames a second each. `market` has all markets' tickers, trades and books as they
happen, without any rate, and says what share of a core that costs. The floor of `one` is a server
that replays frames made beforehand. With `--minutes` it is `market` alone, for so long, and how
the memory moved: at a tenth, the half and the end, and the slope over the second half.
"""

import argparse
import json
import os
import selectors
import sys
import time
from pathlib import Path
from typing import Any, Final

import requests

from benchmarks.process_use import cpu_share, growth_of, use_of
from benchmarks.raw_reader import FrameCounter, frames_per_s, text_frame, upgraded
from benchmarks.replay_server import MARKETS
from benchmarks.result import Result, show, versions_of
from benchmarks.simulator_child import simulator
from benchmarks.throughput import replaying

_AT_ONCE: Final = 1 << 18
_CLIENTS: Final = 20
_BETWEEN_HANDSHAKES_S: Final = 0.25  # five a second from one address, as at Upbit
_RATE_EACH: Final = 2_500
_MORE_THAN_CAN_BE: Final = 500_000
_FRAMES: Final = 300_000


class Crowd:
    """Clients that hold the same streams and count their frames."""

    def __init__(self, ws_url: str, request: str, count: int) -> None:
        self._waiting = selectors.DefaultSelector()
        self.counters = [FrameCounter() for _ in range(count)]
        for counter in self.counters:
            time.sleep(_BETWEEN_HANDSHAKES_S)
            client = upgraded(ws_url)
            client.sendall(text_frame(request))
            client.setblocking(False)
            self._waiting.register(client, selectors.EVENT_READ, counter)

    def read(self, seconds: float) -> list[int]:
        """Read for so long; return how many frames came to each."""
        before = [counter.frames for counter in self.counters]
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for key, _ in self._waiting.select(0.1):
                client: Any = key.fileobj
                data = client.recv(_AT_ONCE)
                if not data:
                    raise RuntimeError("the exchange closed a connection")
                key.data.feed(data)
        return [counter.frames - had for counter, had in zip(self.counters, before, strict=True)]

    def close(self) -> None:
        """Close every connection."""
        for key in list(self._waiting.get_map().values()):
            client: Any = key.fileobj
            client.close()
        self._waiting.close()


def request_for(markets: list[str], *channels: str) -> str:
    """Return a subscription to those channels of all `markets`."""
    parts = [{"type": channel, "codes": markets} for channel in channels]
    return json.dumps([{"ticket": "benchmark"}, *parts])


def listed(rest_url: str) -> list[str]:
    """Return the exchange's markets."""
    rows = requests.get(f"{rest_url}/v1/market/all", timeout=30).json()
    return [row["market"] for row in rows]


def child() -> int:
    """Return the process id of this process's only child."""
    tasks = Path("/proc/self/task").glob("*/children")
    (found,) = [int(pid) for path in tasks for pid in path.read_text().split()]
    return found


def one_client() -> float:
    """Return the frames a second one client can have."""
    with simulator("--rate", str(_MORE_THAN_CAN_BE), "--seed", "7") as (rest_url, ws_url):
        markets = [market for market in listed(rest_url) if market.startswith("KRW-")]
        return frames_per_s(ws_url, request_for(markets, "ticker", "orderbook"), _FRAMES)


def twenty_clients(seconds: float) -> dict[str, float]:
    """Return the frames a second of the slowest and of all, and the share of a core."""
    with simulator("--rate", str(_RATE_EACH), "--seed", "7") as (rest_url, ws_url):
        markets = [market for market in listed(rest_url) if market.startswith("KRW-")]
        crowd = Crowd(ws_url, request_for(markets, "ticker", "orderbook"), _CLIENTS)
        try:
            crowd.read(3.0)
            before, began = use_of(child()), time.monotonic()
            counts = crowd.read(seconds)
            took, after = time.monotonic() - began, use_of(child())
        finally:
            crowd.close()
    return {
        "twenty_slowest_per_s": min(counts) / took,
        "twenty_all_per_s": sum(counts) / took,
        "twenty_cpu_share": cpu_share([before, after]),
    }


def every_market(seconds: float) -> dict[str, float]:
    """Return frames a second, the share of a core and MB with every market as it happens."""
    with simulator("--seed", "7") as (rest_url, ws_url):
        markets = listed(rest_url)
        request = request_for(markets, "ticker", "trade", "orderbook")
        crowd = Crowd(ws_url, request, 1)
        try:
            crowd.read(10.0)
            before, began = use_of(child()), time.monotonic()
            (count,) = crowd.read(seconds)
            took, after = time.monotonic() - began, use_of(child())
        finally:
            crowd.close()
    return {
        "markets": len(markets),
        "market_per_s": count / took,
        "market_cpu_share": cpu_share([before, after]),
        "market_rss_mb": after.rss_mb,
    }


def memory_of_every_market(minutes: float) -> dict[str, float]:
    """Return the MB over time with every market as it happens, read without a pause."""
    with simulator("--seed", "7") as (rest_url, ws_url):
        request = request_for(listed(rest_url), "ticker", "trade", "orderbook")
        crowd = Crowd(ws_url, request, 1)
        began, pid = time.monotonic(), child()
        uses = [use_of(pid)]
        try:
            while time.monotonic() < began + minutes * 60:
                crowd.read(5.0)
                uses.append(use_of(pid))
        finally:
            crowd.close()
    half = len(uses) // 2
    return {
        "minutes": (uses[-1].at - began) / 60,
        "tenth_rss_mb": uses[len(uses) // 10].rss_mb,
        "half_rss_mb": uses[half].rss_mb,
        "end_rss_mb": uses[-1].rss_mb,
        "most_rss_mb": max(use.rss_mb for use in uses),
        "growth_mb_per_h": growth_of(uses[half:]),
        "cpu_share": cpu_share(uses),
    }


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.exchange")
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each part (10)")
    parser.add_argument("--minutes", type=float, help="only the memory, over so long")
    given = parser.parse_args(arguments)
    if given.minutes is not None:
        over_time = memory_of_every_market(given.minutes)
        show(Result("exchange_memory", over_time, {}, {}, versions_of()), as_json=given.json)
        return 0
    with replaying(_FRAMES) as replay:
        floor = frames_per_s(replay.ws_url, replay.request, _FRAMES)
    one = one_client()
    figures: dict[str, Any] = {"one_per_s": one}
    figures |= twenty_clients(given.seconds) | every_market(given.seconds)
    result = Result(
        "exchange",
        figures,
        {"replayed_per_s": floor, "replayed_markets": len(MARKETS), "cores": os.cpu_count()},
        {"of_replayed": one / floor},
        versions_of(),
    )
    show(result, as_json=given.json)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
