"""Frames that can't be used: the socket's are dropped, REST carries on, nothing is told wrong."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.scripted_upbit import SNAPSHOT_MS, Query, RestAnswer, ScriptedUpbit, frame, json_answer
from upbit_auto_trading.domain.stream import Source, Stream
from upbit_auto_trading.domain.subscription import StreamState
from upbit_auto_trading.infrastructure.market_data_backbone import MarketDataBackbone, Policy
from upbit_auto_trading.infrastructure.upbit.timings import Timings

if TYPE_CHECKING:
    from upbit_auto_trading.domain.market_value import MarketValue

BTC = Stream("ticker", "KRW-BTC")
BTC_BOOK = Stream("orderbook", "KRW-BTC")
BTC_TRADE = Stream("trade", "KRW-BTC")
TIMINGS = replace(Timings(), watch_interval=0.02, carry_interval=0.05, release_linger=0.02)


def _ticker_over_rest(upbit: ScriptedUpbit) -> None:
    def answer(query: Query) -> RestAnswer:
        upbit.now_ms += 100
        return json_answer(
            [frame("ticker", market, upbit.now_ms) | {"market": market} for market in upbit.markets]
            if "markets" not in query
            else [
                frame("ticker", market, upbit.now_ms) | {"market": market}
                for market in query["markets"].split(",")
            ]
        )

    upbit.rest["ticker"] = answer
    upbit.rest["ticker/all"] = answer


@pytest.fixture
async def upbit() -> AsyncIterator[ScriptedUpbit]:
    async with ScriptedUpbit() as server:
        _ticker_over_rest(server)
        yield server


def _streams(feed: MarketDataBackbone) -> dict[str, Any]:
    found: dict[str, Any] = feed.get_performance_metrics()["streams"]
    return found


async def test_an_unreadable_channel_leaves_the_subscription_and_comes_over_rest_meanwhile(
    upbit: ScriptedUpbit,
) -> None:
    policy = Policy(timings=replace(TIMINGS, quarantine_length=0.8), standby=False)
    seen: list[MarketValue] = []
    async with MarketDataBackbone(upbit.rest_url, upbit.ws_url, policy=policy) as feed:
        await feed.subscribe((), seen.append).replace([BTC, BTC_BOOK])
        spoilt = frame("ticker", "KRW-BTC", SNAPSHOT_MS + 1, price="dear")  # type: ignore[arg-type]

        await upbit.send(*[spoilt] * 5)
        await upbit.until(lambda: upbit.subscribed == {("orderbook", "KRW-BTC")})

        assert _streams(feed)["quarantined"] == ["ticker"]
        assert feed.stream_health(BTC).state is StreamState.STALLED
        assert feed.stream_health(BTC_BOOK).state is StreamState.LIVE
        await upbit.until(lambda: seen[-1].origin.source is Source.REST)
        assert (await feed.ticker("KRW-BTC")).channel is Source.REST
        await upbit.until(lambda: len(upbit.subscribed) == 2)
        await upbit.until(lambda: feed.stream_health(BTC).state is StreamState.LIVE)
        assert _streams(feed)["quarantined"] == []
        assert _streams(feed)["quarantines"] == {"ticker": 1}
        assert len(upbit.connections) == 1


async def test_four_unreadable_frames_leave_the_subscription_as_it_is(upbit: ScriptedUpbit) -> None:
    policy = Policy(timings=TIMINGS, standby=False)
    async with MarketDataBackbone(upbit.rest_url, upbit.ws_url, policy=policy) as feed:
        await feed.subscribe((), lambda _: None).replace([BTC])
        spoilt = frame("ticker", "KRW-BTC", SNAPSHOT_MS + 1, price="dear")  # type: ignore[arg-type]
        await upbit.send(*[spoilt] * 4, frame("ticker", "KRW-BTC", SNAPSHOT_MS + 2))
        await upbit.until(lambda: _streams(feed)["delivered"] == 2)
        assert _streams(feed)["malformed"] == {"wrong_fields": 4}
        assert _streams(feed)["quarantined"] == []
        assert len(upbit.requests) == 1


async def test_a_stream_whose_times_are_an_hour_off_is_marked_and_never_told_wrong(
    upbit: ScriptedUpbit,
) -> None:
    policy = Policy(timings=TIMINGS, standby=False)
    seen: list[MarketValue] = []
    async with MarketDataBackbone(upbit.rest_url, upbit.ws_url, policy=policy) as feed:
        await feed.subscribe((), seen.append).replace([BTC, BTC_BOOK])
        now_ms = SNAPSHOT_MS
        for _ in range(12):
            now_ms += 10
            await upbit.send(
                frame("ticker", "KRW-BTC", now_ms), frame("orderbook", "KRW-BTC", now_ms)
            )
        await upbit.until(lambda: _streams(feed)["latency_ms"]["count"] == 24)
        worst = _streams(feed)["latency_ms"]["max"]
        await upbit.until(lambda: feed._feed.exchange_time.low < float("inf"))

        await upbit.send(
            frame("ticker", "KRW-BTC", now_ms + 3_600_000), frame("orderbook", "KRW-BTC", now_ms)
        )
        await upbit.until(lambda: _streams(feed)["mistimed"] == 1)

        assert _streams(feed)["mistimed_streams"] == ["ticker KRW-BTC"]
        assert feed.stream_health(BTC).state is StreamState.STALLED
        assert feed.stream_health(BTC_BOOK).state is StreamState.LIVE
        assert (await feed.ticker("KRW-BTC")).channel is Source.REST
        await upbit.until(lambda: seen[-1].origin.source is Source.REST)
        assert max(value.exchange_ms for value in seen) < SNAPSHOT_MS + 1_000_000

        await upbit.send(frame("ticker", "KRW-BTC", upbit.now_ms + 1000))
        await upbit.until(lambda: feed.stream_health(BTC).state is StreamState.LIVE)
        assert _streams(feed)["latency_ms"]["max"] <= worst * 1.01
