"""The real feed and its fake keep the same promises."""

from collections.abc import AsyncIterator
from typing import Any, Protocol

import pytest

from tests.builders import candle, market_info, ticker
from tests.fakes import FakeMarketDataFeed
from tests.scripted_upbit import SNAPSHOT_MS, ScriptedUpbit, frame, json_answer
from upbit_auto_trading.application.ports import MarketDataFeed, MarketValue
from upbit_auto_trading.domain.failure import MarketDataError, UnknownMarketError
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.subscription import ConnectionState, StreamState, SwapKind
from upbit_auto_trading.domain.timeframe import InvalidTimeframeError, from_epoch_ms
from upbit_auto_trading.infrastructure.market_data_backbone import MarketDataBackbone, Policy

BTC = Stream("ticker", "KRW-BTC")
ETH = Stream("ticker", "KRW-ETH")
MINUTE = 60_000
START = SNAPSHOT_MS // MINUTE * MINUTE


class World(Protocol):
    """What both feeds are driven by in these tests."""

    feed: MarketDataFeed

    async def send(self, market: str, at_ms: int, price: float) -> None: ...


class FakeWorld:
    def __init__(self) -> None:
        self.fake = FakeMarketDataFeed(
            listed=[market_info("KRW-BTC"), market_info("KRW-ETH")],
            history={
                ("KRW-BTC", "1m"): [candle(start_ms=START - back * MINUTE) for back in (3, 2, 1, 0)]
            },
        )
        self.feed: MarketDataFeed = self.fake

    async def send(self, market: str, at_ms: int, price: float) -> None:
        self.fake.emit(ticker(market, price, exchange_ms=at_ms))


class RealWorld:
    def __init__(self, upbit: ScriptedUpbit, feed: MarketDataBackbone) -> None:
        self.upbit = upbit
        self.feed: MarketDataFeed = feed
        upbit.rest["candles/minutes/1"] = lambda query: json_answer(
            [self._row(back) for back in range(4)][: int(query["count"])]
        )

    async def send(self, market: str, at_ms: int, price: float) -> None:
        seen: list[MarketValue] = []
        watch = self.feed.subscribe([Stream("ticker", market)], seen.append)
        await self.upbit.send(frame("ticker", market, at_ms, price=price))
        await self.upbit.until(lambda: any(value.exchange_ms == at_ms for value in seen))
        watch.close()

    @staticmethod
    def _row(back: int) -> dict[str, Any]:
        live = frame("candle.1m", "KRW-BTC", START - back * MINUTE + 30_000)
        return {k: v for k, v in live.items() if k not in ("type", "code")} | {"market": "KRW-BTC"}


@pytest.fixture(params=["fake", "real"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    if request.param == "fake":
        yield FakeWorld()
        return
    async with (
        ScriptedUpbit(["KRW-BTC", "KRW-ETH"]) as upbit,
        MarketDataBackbone(upbit.rest_url, upbit.ws_url, policy=Policy(standby=False)) as feed,
    ):
        yield RealWorld(upbit, feed)


async def test_an_added_stream_that_is_new_is_a_swap_and_a_covered_one_is_none(
    world: World,
) -> None:
    first = world.feed.subscribe((), lambda _: None)
    await first.replace([BTC])
    changed = await first.replace([ETH])
    second = world.feed.subscribe((), lambda _: None)
    covered = await second.replace([ETH])

    assert changed.kind is SwapKind.SMART
    assert changed.first_ms is not None
    assert (changed.added, changed.removed) == (frozenset({ETH}), frozenset({BTC}))
    assert (covered.kind, covered.first_ms) == (SwapKind.NONE, 0.0)
    assert first.streams == {ETH}


async def test_each_value_is_told_once_to_each_who_holds_it(world: World) -> None:
    seen: list[MarketValue] = []
    holder = world.feed.subscribe((), seen.append)
    await holder.replace([BTC])
    seen.clear()

    await world.send("KRW-BTC", SNAPSHOT_MS + 1000, 1.0)
    await world.send("KRW-BTC", SNAPSHOT_MS + 2000, 2.0)
    holder.close()
    holder.close()

    assert [value.exchange_ms - SNAPSHOT_MS for value in seen] == [1000, 2000]


async def test_health_is_known_of_what_is_held_only(world: World) -> None:
    holder = world.feed.subscribe((), lambda _: None)
    await holder.replace([BTC])
    await world.send("KRW-BTC", SNAPSHOT_MS + 1000, 1.0)

    assert world.feed.stream_health(BTC).state is StreamState.LIVE
    assert world.feed.connection_state is ConnectionState.CONNECTED
    with pytest.raises(KeyError):
        world.feed.stream_health(ETH)


async def test_what_cannot_be_is_refused(world: World) -> None:
    holder = world.feed.subscribe((), lambda _: None)
    await holder.replace([BTC])
    await world.feed.markets()

    with pytest.raises(UnknownMarketError):
        await holder.replace([Stream("ticker", "KRW-GONE")])
    with pytest.raises(UnknownMarketError):
        world.feed.subscribe([Stream("ticker", "KRW-GONE")], lambda _: None)
    with pytest.raises(UnknownMarketError):
        await world.feed.candles("KRW-GONE", "1m", 10)
    with pytest.raises(InvalidTimeframeError):
        await world.feed.candles("KRW-BTC", "2m", 10)
    assert holder.streams == {BTC}


async def test_history_is_oldest_first_and_its_bound_exclusive(world: World) -> None:
    whole = await world.feed.candles("KRW-BTC", "1m", 3)
    starts = [one.start_ms for one in whole.values]

    assert starts == [START - 2 * MINUTE, START - MINUTE, START]
    if isinstance(world, FakeWorld):  # the scripted exchange doesn't read `to`
        bounded = await world.feed.candles("KRW-BTC", "1m", 2, from_epoch_ms(START))
        assert [one.start_ms for one in bounded.values] == starts[:2]


async def test_markets_are_given_as_listed(world: World) -> None:
    answer = await world.feed.markets()

    assert [info.market for info in answer.values] == ["KRW-BTC", "KRW-ETH"]


async def test_a_failure_is_an_error_with_its_cause(world: World) -> None:
    with pytest.raises(MarketDataError) as told:
        await world.feed.orderbook("KRW-BTC")

    assert told.value.cause
