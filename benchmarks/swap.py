"""Subscription swap: from the request to the first frame of the added stream, in milliseconds.

    python -m benchmarks.swap [--json] [--swaps N] [--rounds N] [--rest-url U --ws-url U]

The floor is a bare `websockets` client on the same server in the same run, sending the same
frames for the same set: every KRW ticker is held beside, and one order book is swapped. The two
take turns, a round each, so that the machine's moods hit both. Both send a frame every 0.61 s,
the pace Upbit's 100 messages a minute allow; a round begins with one swap that isn't counted.
"""

import argparse
import asyncio
import statistics
import time
from typing import Any

from websockets.asyncio.client import connect

from benchmarks.result import Result, show, versions_of
from benchmarks.simulator_child import simulator
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.infrastructure.market_data_backbone import MarketDataBackbone, Policy
from upbit_auto_trading.infrastructure.upbit.subscribe_message import subscription_text

PACE_S = 0.61
BOOKS = ("KRW-BTC", "KRW-ETH", "KRW-XRP", "KRW-SOL", "KRW-DOGE")


async def bare(ws_url: str, tickers: list[Stream], swaps: int) -> list[float]:
    """Send a frame, wait for the first frame of the new stream; nothing else."""
    took: list[float] = []
    async with connect(ws_url, compression=None, max_queue=4096, proxy=None) as socket:
        for number in range(swaps + 1):
            book = Stream("orderbook", BOOKS[number % len(BOOKS)])
            text = subscription_text(frozenset([*tickers, book]), f"swap-{number}", [book])
            mark = f'"code":"{book.market}"'.encode()
            started = time.perf_counter()
            await socket.send(text)
            while True:
                data = await socket.recv(decode=False)
                if data.startswith(b'{"type":"orderbook"') and mark in data[:80]:
                    break
            if number:
                took.append((time.perf_counter() - started) * 1000)
            rest = started + PACE_S
            while (left := rest - time.perf_counter()) > 0:
                try:
                    async with asyncio.timeout(left):
                        await socket.recv(decode=False)
                except TimeoutError:
                    break
    return took


async def backbone(
    rest_url: str, ws_url: str, tickers: list[Stream], swaps: int
) -> tuple[list[float], list[str], dict[str, Any]]:
    """The same through the whole backbone; the clock runs until the listener was told."""
    took: list[float] = []
    kinds: list[str] = []
    told_at = 0.0
    awaited = ""

    def listen(value: Any) -> None:
        nonlocal told_at
        if not told_at and value.market == awaited:
            told_at = time.perf_counter()

    # Without prediction: a guessed swap takes no time at all and would flatter the figure.
    async with MarketDataBackbone(rest_url, ws_url, policy=Policy(predict=False)) as feed:
        feed.subscribe(tickers, lambda _: None, holder="watchlist")
        chart = feed.subscribe((), listen, holder="chart")
        for number in range(swaps + 1):
            awaited, told_at = BOOKS[number % len(BOOKS)], 0.0
            started = time.perf_counter()
            record = await chart.replace([Stream("orderbook", awaited)])
            if number:
                took.append((told_at - started) * 1000)
                kinds.append(record.kind.value)
            await asyncio.sleep(max(0.0, started + PACE_S - time.perf_counter()))
        return took, kinds, feed.get_performance_metrics()


def figures(took: list[float]) -> dict[str, float]:
    """Return p50, p99 and the maximum."""
    cuts = statistics.quantiles(took, n=100, method="inclusive")
    return {"p50_ms": statistics.median(took), "p99_ms": cuts[98], "max_ms": max(took)}


def measure(rest_url: str, ws_url: str, swaps: int, rounds: int) -> Result:
    """Measure both in turn."""

    async def both() -> Result:
        async with MarketDataBackbone(rest_url, ws_url, policy=Policy(predict=False)) as feed:
            listed = [info for info in (await feed.markets()).values if info.quote == "KRW"]
        tickers = [Stream("ticker", info.market) for info in listed]
        bare_took: list[float] = []
        took: list[float] = []
        kinds: list[str] = []
        told: list[dict[str, Any]] = []
        for _ in range(rounds):
            each = max(1, swaps // rounds)
            bare_took += await bare(ws_url, tickers, each)
            ours_took, ours_kinds, metrics = await backbone(rest_url, ws_url, tickers, each)
            took += ours_took
            kinds += ours_kinds
            told.append(metrics)
        floor, ours = figures(bare_took), figures(took)
        lags = [metrics["loop"]["lag_ms"]["p99"] for metrics in told]
        rates = [metrics["streams"]["messages_per_s"] for metrics in told]
        return Result(
            "swap",
            {
                **ours,
                "swaps": len(took),
                "kinds": {kind: kinds.count(kind) for kind in sorted(set(kinds))},
                "reconnects": sum(metrics["streams"]["reconnects"] for metrics in told),
                "messages_per_s": statistics.fmean(rates),
                "loop_lag_p99_ms": max(lags),
                "held_beside": len(tickers),
            },
            floor,
            {
                "p50_above_floor_ms": ours["p50_ms"] - floor["p50_ms"],
                "p99_above_floor_ms": ours["p99_ms"] - floor["p99_ms"],
                "p50_of_floor": ours["p50_ms"] / floor["p50_ms"],
                "p99_of_floor": ours["p99_ms"] / floor["p99_ms"],
            },
            versions_of("websockets", "msgspec", "requests"),
        )

    return asyncio.run(both())


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    parser.add_argument("--swaps", type=int, default=100, help="of each of the two")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--rest-url", help="another server (with --ws-url)")
    parser.add_argument("--ws-url", help="another server (with --rest-url)")
    given = parser.parse_args()
    if bool(given.rest_url) != bool(given.ws_url):
        parser.error("--rest-url and --ws-url go together")
    if given.ws_url:
        result = measure(given.rest_url, given.ws_url, given.swaps, given.rounds)
        show(result, as_json=given.json)
        return
    with simulator("--rtt-ms", "20", "--rate", "1000") as (rest_url, ws_url):
        show(measure(rest_url, ws_url, given.swaps, given.rounds), as_json=given.json)


if __name__ == "__main__":
    main()
