"""Channel decision: what choosing WebSocket or REST adds to a request.

    python -m benchmarks.decision [--json] [--requests 20000] [--rest-url U --ws-url U]

Requests for tickers that flow are answered from the live store while all KRW tickers arrive at
1,000 messages/s. The backbone's own figure of a decision is told beside the whole request's time;
the floor is the same value read from a dictionary by a coroutine.
"""

import argparse
import asyncio
import statistics
import time

from benchmarks.result import Result, show, versions_of
from benchmarks.simulator_child import simulator
from upbit_auto_trading.domain.stream import Source, Stream
from upbit_auto_trading.infrastructure.market_data_backbone import MarketDataBackbone, Policy

GOAL_US = 50.0
PATIENCE_S = 30.0


async def measure(rest_url: str, ws_url: str, count: int) -> Result:
    """Ask for one market after the other, `count` times in all."""
    async with MarketDataBackbone(rest_url, ws_url, policy=Policy(predict=False)) as feed:
        listed = [info.market for info in (await feed.markets()).values]
        markets = [market for market in listed if market.startswith("KRW-")]
        newest: dict[str, object] = {}
        held = feed.subscribe(
            [Stream("ticker", market) for market in markets],
            lambda value: newest.__setitem__(value.market, value),
        )
        async with asyncio.timeout(PATIENCE_S):
            while len(newest) < len(markets):  # noqa: ASYNC110 -- many values, no event
                await asyncio.sleep(0.01)
        whole, bare = [], []
        live = 0

        async def looked_up(market: str) -> object:
            return newest[market]

        for number in range(count):
            market = markets[number % len(markets)]
            began = time.perf_counter()
            answer = await feed.ticker(market)
            whole.append(time.perf_counter() - began)
            live += answer.channel is Source.WEBSOCKET
            began = time.perf_counter()
            await looked_up(market)
            bare.append(time.perf_counter() - began)
            if not number % 100:
                await asyncio.sleep(0)  # frames go on arriving
        decisions = feed.get_performance_metrics()["decisions"]["overhead_us"]
        held.close()
    figures = {
        "requests": count,
        "answered_live": live,
        "decision_p50_us": decisions["p50"],
        "decision_p99_us": decisions["p99"],
        "request_p50_us": 1e6 * statistics.median(whole),
        "request_p99_us": 1e6 * statistics.quantiles(whole, n=100)[98],
    }
    floor = {"lookup_p50_us": 1e6 * statistics.median(bare)}
    ratio = {"decision_p99_of_goal": figures["decision_p99_us"] / GOAL_US}
    return Result("decision", figures, floor, ratio, versions_of("websockets"))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--rest-url", metavar="U", help="another exchange's (with --ws-url)")
    parser.add_argument("--ws-url", metavar="U")
    given = parser.parse_args()
    if given.rest_url and given.ws_url:
        result = asyncio.run(measure(given.rest_url, given.ws_url, given.requests))
        show(result, as_json=given.json)
        return
    with simulator("--rate", "1000", "--seed", "7") as (rest_url, ws_url):
        show(asyncio.run(measure(rest_url, ws_url, given.requests)), as_json=given.json)


if __name__ == "__main__":
    main()
