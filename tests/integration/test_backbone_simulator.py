"""The backbone against the simulated exchange in its own process, with its faults."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from tests.faults.harness import NEVER, Exchange, beside, exchange, until
from upbit_auto_trading.domain.market_value import MarketValue
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.subscription import StreamState, SwapKind
from upbit_auto_trading.domain.trade import Trade
from upbit_auto_trading.infrastructure.market_data_backbone import MarketDataBackbone

MARKETS = ("KRW-BTC", "KRW-ETH", "KRW-XRP")
BUSY = [Stream(channel, market) for channel in ("ticker", "trade") for market in MARKETS]
SPEED = 5
PATIENCE_S = 40.0


@pytest.fixture
async def upbit() -> AsyncIterator[Exchange]:
    async with exchange("--speed", str(SPEED)) as running:
        yield running


@pytest.fixture
async def feed(upbit: Exchange) -> AsyncIterator[MarketDataBackbone]:
    policy = replace(beside(SPEED), standby=False)
    async with MarketDataBackbone(upbit.rest_url, upbit.ws_url, policy=policy) as backbone:
        yield backbone


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
        ("malformed", {"seconds": 60, "kind": "invalid_utf8", "channel": "trade", "every": 3}),
        ("reorder", {"seconds": 60, "window": 50}),
        ("format_switch", {"format": "SIMPLE_LIST"}),
    ],
)
async def test_no_trade_is_lost_or_doubled_by(
    upbit: Exchange, feed: MarketDataBackbone, fault: str, args: dict[str, Any]
) -> None:
    seen: list[Trade] = []

    def listen(value: MarketValue) -> None:
        if isinstance(value, Trade):
            seen.append(value)

    await feed.subscribe((), listen).replace(BUSY)
    assert await until(lambda: len(seen) > 10, PATIENCE_S) < NEVER
    begun = len(seen)
    await upbit.fault(fault, **args)
    if "seconds" in args and fault != "outage":
        assert await until(lambda: len(seen) >= begun + 12, PATIENCE_S) < NEVER
        await upbit.clear(fault)
    assert await until(lambda: len(seen) >= begun + 24, PATIENCE_S) < NEVER
    assert await until(lambda: not _streams(feed)["incomplete"], PATIENCE_S) < NEVER

    for market in MARKETS:
        first = next(trade for trade in seen if trade.market == market)
        page = await feed._client.trades(market, 500)
        missing = {one.sequential_id for one in page if one.trade_ms > first.trade_ms}

        def all_told(ids: set[int] = missing) -> bool:
            ids.difference_update(trade.sequential_id for trade in seen)
            return not ids

        # What REST knew before the socket told it has its time; what was lost never comes.
        assert await until(all_told, PATIENCE_S) < NEVER, missing
        told = [trade.sequential_id for trade in seen if trade.market == market]
        assert len(told) == len(set(told))


async def test_a_burst_of_changes_takes_few_frames_and_ends_right(
    upbit: Exchange, feed: MarketDataBackbone
) -> None:
    subscription = feed.subscribe((), lambda _: None)
    await subscription.replace([Stream("ticker", "KRW-BTC")])
    before = _requests(feed)
    books = [Stream("orderbook", market) for market in MARKETS]
    turns = list(itertools.islice(itertools.cycle(books), 50))
    changes = []
    for book in turns:
        changes.append(subscription.change(frozenset({book})))
        await asyncio.sleep(0)
    await changes[-1]
    assert await until(lambda: feed._feed.manager.sent == {turns[-1]}, PATIENCE_S) < NEVER

    assert await upbit.subscribed() == {turns[-1]}
    assert _requests(feed) - before <= 3
    assert _streams(feed)["reconnects"] == 0
    assert _streams(feed)["server_errors"] == {}


async def test_a_request_the_exchange_ignores_is_found_and_repaired(
    upbit: Exchange, feed: MarketDataBackbone
) -> None:
    seen: list[MarketValue] = []
    subscription = feed.subscribe((), seen.append)
    await subscription.replace([Stream("ticker", "KRW-BTC")])
    await upbit.fault("keep_old_set", count=1)

    swap = await subscription.replace([Stream("ticker", "KRW-ETH")])
    came = await until(lambda: any(value.market == "KRW-ETH" for value in seen), PATIENCE_S)
    assert came < NEVER

    assert swap.kind is SwapKind.SMART
    assert _streams(feed)["reconnects"] == 0


async def test_a_market_that_stops_is_flagged_and_the_others_are_left_alone(
    upbit: Exchange, feed: MarketDataBackbone
) -> None:
    await feed.subscribe((), lambda _: None).replace(BUSY)
    btc = Stream("trade", "KRW-BTC")
    live = feed._feed.store.open(btc)
    assert await until(lambda: live.arrivals >= 12, PATIENCE_S) < NEVER
    await upbit.fault("stall", market="KRW-BTC", seconds=60)

    stalled = await until(lambda: feed.stream_health(btc).state is StreamState.STALLED, PATIENCE_S)
    assert stalled < NEVER
    assert _streams(feed)["reconnects"] == 0
    assert not feed.stream_health(btc).complete
    assert feed.stream_health(Stream("trade", "KRW-XRP")).state is not StreamState.STALLED


def _streams(feed: MarketDataBackbone) -> dict[str, Any]:
    found: dict[str, Any] = feed.get_performance_metrics()["streams"]
    return found


def _requests(feed: MarketDataBackbone) -> int:
    return feed._feed.manager.counters.requests
