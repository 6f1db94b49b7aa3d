"""Silence of some streams while others flow: only what is proven is called stalled."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.scripted_upbit import (
    SNAPSHOT_MS,
    Query,
    RestAnswer,
    ScriptedUpbit,
    frame,
    json_answer,
)
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.subscription import StreamState
from upbit_auto_trading.infrastructure.clock import Clock
from upbit_auto_trading.infrastructure.market_data_backbone import MarketDataBackbone, Policy
from upbit_auto_trading.infrastructure.upbit.timings import Timings

TRADES = Stream("trade", "KRW-BTC")
TICKER = Stream("ticker", "KRW-BTC")
OTHER = Stream("ticker", "KRW-ETH")
QUICK = replace(
    Timings(),
    first_frame_timeout=0.15,
    release_linger=0.02,
    rest_retry_delays=(0.01, 0.03),
    rest_outage_delays=(0.01, 0.03),
    watch_interval=0.02,
    stall_lowest=0.5,
    stall_grace=0.4,
    quiet_probe_interval=1000.0,
)
ACTIVE = 12


@pytest.fixture
async def upbit() -> AsyncIterator[ScriptedUpbit]:
    async with ScriptedUpbit() as server:
        yield server


@pytest.fixture
async def feed(upbit: ScriptedUpbit) -> AsyncIterator[MarketDataBackbone]:
    async with MarketDataBackbone(
        upbit.rest_url, upbit.ws_url, policy=Policy(timings=QUICK, standby=False)
    ) as backbone:
        yield backbone


def rest_knows(upbit: ScriptedUpbit, trade_ms: int) -> None:
    """Let REST answer that the newest trade was at `trade_ms`."""

    def answer(query: Query) -> RestAnswer:
        rows = []
        for market in query["markets"].split(","):
            live = frame("ticker", market, trade_ms + 40)
            rows.append({k: v for k, v in live.items() if k != "type"} | {"market": market})
        return json_answer(rows)

    upbit.rest["ticker"] = answer


def rest_fails(upbit: ScriptedUpbit) -> None:
    upbit.rest["ticker"] = lambda _: json_answer({"error": {"name": "busy"}}, 500)


def events(feed: MarketDataBackbone, what: str) -> list[dict[str, Any]]:
    timeline = feed.get_performance_metrics()["degradations"]["timeline"]
    return [entry for entry in timeline if entry["what"] == what]


def received(feed: MarketDataBackbone, stream: Stream) -> int:
    by_stream = feed.get_performance_metrics()["streams"]["by_stream"]
    return int(by_stream[str(stream)]["received"])


async def made_active(upbit: ScriptedUpbit, feed: MarketDataBackbone) -> None:
    """Let the trades flow until their silence means something."""
    await feed.subscribe((), lambda _: None).replace([TRADES, TICKER, OTHER])
    before = received(feed, TRADES)
    for number in range(1, ACTIVE):
        await upbit.send(frame("trade", "KRW-BTC", SNAPSHOT_MS + number))
    await upbit.until(lambda: received(feed, TRADES) == before + ACTIVE - 1)


async def with_tickers_flowing(upbit: ScriptedUpbit, holds: Callable[[], object]) -> None:
    """Wait until something holds, frames of another stream arriving all the time."""
    async with asyncio.timeout(20):
        for number in itertools.count(1):
            if holds():
                return
            await upbit.send(frame("ticker", "KRW-ETH", SNAPSHOT_MS + number, price=number))
            await asyncio.sleep(0.001)


async def test_rest_that_is_ahead_of_the_socket_for_a_moment_is_no_stall(
    upbit: ScriptedUpbit, feed: MarketDataBackbone
) -> None:
    rest_knows(upbit, SNAPSHOT_MS)
    await made_active(upbit, feed)
    late = SNAPSHOT_MS + 5000
    rest_knows(upbit, late)
    asked = len(upbit.rest_log)
    await upbit.until(lambda: len(upbit.rest_log) > asked)

    for stream in (TRADES, TICKER, OTHER):
        await upbit.send(frame(stream.channel, stream.market, late + 40))
    await upbit.until(lambda: received(feed, TRADES) == ACTIVE + 1)
    rest_knows(upbit, SNAPSHOT_MS)
    asked = len(upbit.rest_log)
    await upbit.until(lambda: len(upbit.rest_log) > asked)  # the next silence: that probe is over

    assert events(feed, "streams_stalled") == []
    assert len(upbit.requests) == 1


async def test_what_rest_knows_and_the_socket_never_tells_is_a_stall(
    upbit: ScriptedUpbit, feed: MarketDataBackbone
) -> None:
    rest_knows(upbit, SNAPSHOT_MS)
    await made_active(upbit, feed)
    upbit.silent.add(("trade", "KRW-BTC"))
    rest_knows(upbit, SNAPSHOT_MS + 5000)

    await upbit.until(lambda: feed.stream_health(TRADES).state is StreamState.STALLED)

    assert "trade KRW-BTC" in events(feed, "streams_stalled")[0]["streams"]


async def test_a_probe_without_an_answer_says_nothing_of_a_stream_that_answers_itself(
    upbit: ScriptedUpbit, feed: MarketDataBackbone
) -> None:
    rest_fails(upbit)
    await made_active(upbit, feed)

    await with_tickers_flowing(upbit, lambda: len(upbit.requests) >= 3)

    assert len(events(feed, "probe_failed")) >= 2
    assert events(feed, "streams_stalled") == []
    assert feed.stream_health(TRADES).state is StreamState.LIVE


async def test_a_stream_that_answers_neither_itself_nor_over_rest_is_stalled(
    upbit: ScriptedUpbit, feed: MarketDataBackbone
) -> None:
    rest_fails(upbit)
    await made_active(upbit, feed)
    upbit.silent.add(("trade", "KRW-BTC"))

    await with_tickers_flowing(upbit, lambda: bool(events(feed, "streams_stalled")))

    assert events(feed, "streams_stalled")[0]["streams"] == ["trade KRW-BTC"]
    assert feed.stream_health(TRADES).state is StreamState.STALLED
    assert feed.stream_health(OTHER).state is StreamState.LIVE


async def test_after_a_new_connection_that_brings_nothing_no_old_value_counts_as_awaited(
    upbit: ScriptedUpbit,
) -> None:
    """REST's word may take long, or never come; until then nothing may look live."""
    ahead = [0.0]
    clock = Clock(lambda: time.perf_counter() + ahead[0], lambda: time.time() + ahead[0])
    policy = Policy(timings=replace(QUICK, first_frame_timeout=20.0), standby=False, clock=clock)
    async with MarketDataBackbone(upbit.rest_url, upbit.ws_url, policy=policy) as feed:
        feed.subscribe([TRADES, TICKER], lambda _: None)
        await upbit.until(lambda: received(feed, TICKER) == 1)
        upbit.silent |= {(stream.channel, stream.market) for stream in (TRADES, TICKER)}
        await upbit.connections[-1].close(1011)
        await upbit.until(lambda: len(upbit.requests) == 2)
        await upbit.until(lambda: feed.stream_health(TICKER).state is StreamState.SENT)
        ahead[0] += 41.0
        assert feed.stream_health(TICKER).state is StreamState.STALLED
        assert feed.sample().streams.stalled == 2


async def test_when_nothing_arrives_by_any_way_everything_is_stalled(
    upbit: ScriptedUpbit, feed: MarketDataBackbone
) -> None:
    rest_fails(upbit)
    await made_active(upbit, feed)
    upbit.silent |= {(stream.channel, stream.market) for stream in (TRADES, TICKER, OTHER)}

    await upbit.until(lambda: feed.stream_health(OTHER).state is StreamState.STALLED)

    assert feed.stream_health(TRADES).state is StreamState.STALLED


async def test_an_exchange_that_is_slow_with_its_snapshots_is_not_asked_again(
    upbit: ScriptedUpbit,
) -> None:
    """Asked again it would begin from the start, and never come to the end."""
    ahead = [0.0]
    clock = Clock(lambda: time.perf_counter() + ahead[0], lambda: time.time() + ahead[0])
    timings = replace(QUICK, first_frame_timeout=20.0)
    policy = Policy(timings=timings, standby=False, clock=clock)
    upbit.markets = [f"KRW-M{number}" for number in range(6)]
    upbit.silent |= {("ticker", market) for market in upbit.markets}
    rest_fails(upbit)
    async with MarketDataBackbone(upbit.rest_url, upbit.ws_url, policy=policy) as feed:
        feed.subscribe([Stream("ticker", market) for market in upbit.markets], lambda _: None)
        await upbit.until(lambda: bool(upbit.requests))
        for market in upbit.markets[:-1]:
            await upbit.send(frame("ticker", market, SNAPSHOT_MS, stream_type="SNAPSHOT"))
            await upbit.until(lambda m=market: received(feed, Stream("ticker", m)) == 1)  # type: ignore[misc]
            await watched(upbit, feed)
            ahead[0] += 12.0
            await watched(upbit, feed)
        assert len(upbit.requests) == 1
        assert events(feed, "streams_stalled") == []

        ahead[0] += 12.0
        await upbit.until(lambda: len(upbit.requests) == 2)  # now the last one is overdue


async def watched(upbit: ScriptedUpbit, feed: MarketDataBackbone) -> None:
    """Wait until the feed was looked after twice more."""
    turns = feed.get_performance_metrics()["loop"]["lag_ms"]["count"]
    await upbit.until(
        lambda: feed.get_performance_metrics()["loop"]["lag_ms"]["count"] >= turns + 2
    )
