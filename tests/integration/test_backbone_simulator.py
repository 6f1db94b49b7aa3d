"""The backbone against the simulated exchange in its own process, with its faults."""

import asyncio
import json
import urllib.request
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from tests.simulator_process import SimulatorProcess
from upbit_auto_trading.domain.market_value import MarketValue
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.subscription import StreamState, SwapKind
from upbit_auto_trading.domain.trade import Trade
from upbit_auto_trading.infrastructure.market_data_backbone import MarketDataBackbone, Policy

MARKETS = ("KRW-BTC", "KRW-ETH", "KRW-XRP")
BUSY = [Stream(channel, market) for channel in ("ticker", "trade") for market in MARKETS]


class Exchange:
    """A running simulator and its controls."""

    def __init__(self, process: SimulatorProcess) -> None:
        self.rest_url = process.rest_url
        self.ws_url = process.ws_url

    async def fault(self, name: str, **args: Any) -> None:
        await asyncio.to_thread(
            self._call, "POST", "/simulator/fault", {"name": name, "args": args}
        )

    async def subscriptions(self) -> Any:
        return await asyncio.to_thread(self._call, "GET", "/simulator/subscriptions", None)

    def _call(self, method: str, path: str, body: Any) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - a loopback address
            self.rest_url + path,
            data,
            {"Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            text = answer.read()
        return json.loads(text) if text else None


@pytest.fixture
def exchange(simulator_process: Callable[..., SimulatorProcess]) -> Exchange:
    return Exchange(simulator_process("--seed", "7"))


@pytest.fixture
async def feed(exchange: Exchange) -> AsyncIterator[MarketDataBackbone]:
    async with MarketDataBackbone(
        exchange.rest_url, exchange.ws_url, policy=Policy(standby=False)
    ) as backbone:
        yield backbone


async def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - the other process can't set an event here
            await asyncio.sleep(0.02)


async def test_every_channel_of_a_busy_market_flows(feed: MarketDataBackbone) -> None:
    seen: list[MarketValue] = []
    channels = ("ticker", "trade", "orderbook", "candle.1s", "candle.1m", "candle.240m")
    wanted = [Stream(channel, "KRW-BTC") for channel in channels]
    subscription = feed.subscribe((), seen.append)

    swap = await subscription.replace(wanted)
    history = await feed.candles("KRW-BTC", "1m", 450)

    assert swap.silent == frozenset()
    assert {feed.stream_health(stream).state for stream in wanted} == {StreamState.LIVE}
    starts = [candle.start_ms for candle in history.values]
    assert len(starts) == 450
    assert starts == sorted(set(starts))
    assert feed.get_performance_metrics()["streams"]["malformed"] == {}


@pytest.mark.parametrize(
    ("fault", "args"),
    [
        ("close", {"code": 1006}),
        ("outage", {"seconds": 1.5, "target": "ws"}),
        ("malformed", {"seconds": 2, "kind": "invalid_utf8", "channel": "trade"}),
        ("reorder", {"seconds": 2, "window": 50}),
        ("format_switch", {"format": "SIMPLE_LIST"}),
    ],
)
async def test_no_trade_is_lost_or_doubled_by(
    exchange: Exchange, feed: MarketDataBackbone, fault: str, args: dict[str, Any]
) -> None:
    seen: list[Trade] = []

    def listen(value: MarketValue) -> None:
        if isinstance(value, Trade):
            seen.append(value)

    await feed.subscribe((), listen).replace(BUSY)
    await until(lambda: len(seen) > 10)
    await exchange.fault(fault, **args)
    await asyncio.sleep(args.get("seconds", 0) + 1.0)
    begun = len(seen)
    await until(lambda: len(seen) >= begun + 6)
    await until(lambda: not feed.get_performance_metrics()["streams"]["incomplete"])

    for market in MARKETS:
        ours = [trade for trade in seen if trade.market == market]
        told = {trade.sequential_id for trade in ours}
        first, last = ours[0], max(ours, key=lambda trade: (trade.trade_ms, trade.sequential_id))
        truth = {
            trade.sequential_id
            for trade in (await feed._client.trades(market, 500))
            if first.trade_ms < trade.trade_ms < last.trade_ms
        }
        assert len(told) == len(ours)
        assert truth - told == set()


async def test_a_burst_of_changes_takes_five_frames_and_ends_right(
    exchange: Exchange, feed: MarketDataBackbone
) -> None:
    subscription = feed.subscribe((), lambda _: None)
    await subscription.replace([Stream("ticker", "KRW-BTC")])
    before = feed.get_performance_metrics()["budgets"]["socket_requests"]
    await asyncio.sleep(1.1)
    loop = asyncio.get_running_loop()
    changes = []
    for number in range(50):
        market = MARKETS[number % 3]
        changes.append(subscription.change(frozenset({Stream("orderbook", market)})))
        await asyncio.sleep(0.02)
    ended = loop.time()
    await changes[-1]

    assert loop.time() - ended <= 1.2
    metrics = feed.get_performance_metrics()
    assert metrics["budgets"]["socket_requests"] - before <= 5
    assert metrics["streams"]["reconnects"] == 0
    assert metrics["streams"]["server_errors"] == {}


async def test_a_request_the_exchange_ignores_is_found_and_repaired(
    exchange: Exchange, feed: MarketDataBackbone
) -> None:
    seen: list[MarketValue] = []
    subscription = feed.subscribe((), seen.append)
    await subscription.replace([Stream("ticker", "KRW-BTC")])
    await exchange.fault("keep_old_set", count=1)

    swap = await subscription.replace([Stream("ticker", "KRW-ETH")])
    await until(lambda: any(value.market == "KRW-ETH" for value in seen), 3.0)

    assert swap.kind is SwapKind.SMART
    assert feed.get_performance_metrics()["streams"]["reconnects"] == 0


async def test_a_market_that_stops_is_flagged_and_the_others_are_left_alone(
    exchange: Exchange, feed: MarketDataBackbone
) -> None:
    await feed.subscribe((), lambda _: None).replace(BUSY)
    btc = Stream("trade", "KRW-BTC")
    await until(lambda: _arrivals(feed, btc) >= 12, 60)
    await exchange.fault("stall", market="KRW-BTC", seconds=60)

    await until(lambda: feed.stream_health(btc).state is StreamState.STALLED, 20)

    metrics = feed.get_performance_metrics()["streams"]
    assert metrics["reconnects"] == 0
    assert not feed.stream_health(btc).complete
    assert feed.stream_health(Stream("trade", "KRW-XRP")).state is not StreamState.STALLED


def _arrivals(feed: MarketDataBackbone, stream: Stream) -> int:
    figures = feed.get_performance_metrics()["streams"]["by_stream"]
    return int(figures[str(stream)]["received"])
