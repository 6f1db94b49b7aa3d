"""The backbone over real sockets against a scripted exchange."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.scripted_upbit import (
    SNAPSHOT_MS,
    ScriptedUpbit,
    frame,
    json_answer,
    ordered_streams_of,
    streams_of,
)
from upbit_auto_trading.domain.candle import Candle
from upbit_auto_trading.domain.failure import (
    ImpossibleCountError,
    NotUpbitError,
    ServerFailedError,
    UnknownMarketError,
)
from upbit_auto_trading.domain.market_value import MarketValue
from upbit_auto_trading.domain.orderbook import Orderbook
from upbit_auto_trading.domain.stream import Delivery, Source, Stream
from upbit_auto_trading.domain.subscription import ConnectionState, StreamState, SwapKind
from upbit_auto_trading.domain.ticker import Ticker
from upbit_auto_trading.domain.timeframe import InvalidTimeframeError
from upbit_auto_trading.domain.trade import Trade
from upbit_auto_trading.infrastructure.market_data_backbone import MarketDataBackbone, Policy
from upbit_auto_trading.infrastructure.upbit.timings import Timings

BTC = Stream("ticker", "KRW-BTC")
ETH = Stream("ticker", "KRW-ETH")
BTC_TRADE = Stream("trade", "KRW-BTC")
BTC_BOOK = Stream("orderbook", "KRW-BTC")
BTC_MINUTE = Stream("candle.1m", "KRW-BTC")
QUICK = replace(Timings(), backoff_first=0.02, first_frame_timeout=0.15, release_linger=0.02)


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


async def test_values_of_every_kind_reach_the_listener_with_their_origin(
    upbit: ScriptedUpbit, feed: MarketDataBackbone
) -> None:
    seen: list[MarketValue] = []
    subscription = feed.subscribe((), seen.append)

    swap = await subscription.replace([BTC, BTC_TRADE, BTC_BOOK, BTC_MINUTE])

    assert swap.silent == frozenset()
    assert {type(value) for value in seen} == {Ticker, Trade, Orderbook, Candle}
    assert {value.origin.source for value in seen} == {Source.WEBSOCKET}
    assert {value.origin.delivery for value in seen} == {Delivery.SNAPSHOT}
    assert {value.origin.epoch for value in seen} == {1}
    assert feed.connection_state is ConnectionState.CONNECTED
    assert feed.stream_health(BTC).state is StreamState.LIVE


async def test_a_change_of_markets_is_one_smart_frame_on_the_same_socket(
    upbit: ScriptedUpbit, feed: MarketDataBackbone
) -> None:
    subscription = feed.subscribe((), lambda _: None)
    await subscription.replace([BTC])

    swap = await subscription.replace([ETH])

    assert swap.kind is SwapKind.SMART
    assert swap.first_ms is not None
    assert swap.first_ms == swap.complete_ms
    assert (swap.added, swap.removed) == (frozenset({ETH}), frozenset({BTC}))
    assert [streams_of(request) for request in upbit.requests] == [
        {("ticker", "KRW-BTC")},
        {("ticker", "KRW-ETH")},
    ]
    assert len(upbit.connections) == 1


async def test_a_change_of_channels_is_full_and_what_is_new_is_named_first(
    upbit: ScriptedUpbit, feed: MarketDataBackbone
) -> None:
    watchlist = feed.subscribe([BTC, ETH], lambda _: None, holder="watchlist")
    chart = feed.subscribe((), lambda _: None, holder="chart")
    await upbit.until(lambda: len(upbit.requests) == 1)

    swap = await chart.replace([BTC_BOOK])

    assert swap.kind is SwapKind.FULL
    assert ordered_streams_of(upbit.requests[-1])[0] == ("orderbook", "KRW-BTC")
    assert upbit.subscribed == {
        ("orderbook", "KRW-BTC"),
        ("ticker", "KRW-BTC"),
        ("ticker", "KRW-ETH"),
    }
    assert watchlist.streams == {BTC, ETH}


async def test_what_flows_already_costs_no_frame_and_is_told_at_once(
    upbit: ScriptedUpbit, feed: MarketDataBackbone
) -> None:
    first = feed.subscribe((), lambda _: None)
    await first.replace([BTC])
    seen: list[MarketValue] = []
    second = feed.subscribe((), seen.append)

    swap = await second.replace([BTC])

    assert swap.kind is SwapKind.NONE
    assert swap.first_ms == 0.0
    assert len(upbit.requests) == 1
    assert [value.market for value in seen] == ["KRW-BTC"]


async def test_a_burst_of_changes_takes_few_frames_and_ends_with_the_last(
    upbit: ScriptedUpbit, feed: MarketDataBackbone
) -> None:
    subscription = feed.subscribe((), lambda _: None)
    await subscription.replace([BTC])
    changes = [subscription.change(frozenset({ETH if n % 2 else BTC_BOOK})) for n in range(49)]
    changes.append(subscription.change(frozenset({BTC_TRADE})))

    await asyncio.gather(*changes)

    assert upbit.subscribed == {("trade", "KRW-BTC")}
    assert len(upbit.requests) <= 4


async def test_unknown_markets_and_impossible_requests_are_refused_before_anything_is_sent(
    upbit: ScriptedUpbit, feed: MarketDataBackbone
) -> None:
    subscription = feed.subscribe((), lambda _: None)
    await subscription.replace([BTC])
    sent = len(upbit.requests), len(upbit.rest_log)

    with pytest.raises(UnknownMarketError) as refused:
        await subscription.replace([BTC, Stream("ticker", "KRW-GONE")])
    with pytest.raises(UnknownMarketError):
        await feed.ticker("KRW-GONE")
    with pytest.raises(ImpossibleCountError):
        await feed.candles("KRW-BTC", "1m", 0)
    with pytest.raises(InvalidTimeframeError):
        await feed.candles("KRW-BTC", "2m", 10)

    assert refused.value.markets == {"KRW-GONE"}
    assert subscription.streams == {BTC}
    assert (len(upbit.requests), len(upbit.rest_log)) == sent


async def test_a_market_held_before_the_list_is_known_is_kept_out_of_the_request(
    upbit: ScriptedUpbit,
) -> None:
    async with MarketDataBackbone(
        upbit.rest_url, upbit.ws_url, policy=Policy(timings=QUICK, standby=False)
    ) as feed:
        seen: list[MarketValue] = []
        feed.subscribe([BTC, Stream("ticker", "KRW-GONE")], seen.append)
        await upbit.until(lambda: bool(seen))

    assert upbit.subscribed == {("ticker", "KRW-BTC")}


async def test_duplicates_and_older_states_are_counted_and_not_told(
    upbit: ScriptedUpbit, feed: MarketDataBackbone
) -> None:
    seen: list[MarketValue] = []
    subscription = feed.subscribe((), seen.append)
    await subscription.replace([BTC_TRADE, BTC_BOOK])
    seen.clear()
    at = SNAPSHOT_MS
    frames = [
        frame("trade", "KRW-BTC", at + 500),
        frame("orderbook", "KRW-BTC", at + 500),
        frame("orderbook", "KRW-BTC", at + 400),
        frame("trade", "KRW-BTC", at + 400),
    ]

    await upbit.send(*(one for one in frames for _ in range(3)))
    await upbit.until(lambda: _streams(feed)["messages_received"] >= 14)

    assert [(type(v).__name__, v.exchange_ms - at) for v in seen] == [
        ("Trade", 500),
        ("Orderbook", 500),
        ("Trade", 400),
    ]
    assert _streams(feed)["duplicates"] == 6
    assert _streams(feed)["stale"] == 3


async def test_malformed_frames_are_dropped_with_their_reason_and_the_connection_stays(
    upbit: ScriptedUpbit, feed: MarketDataBackbone
) -> None:
    seen: list[MarketValue] = []
    subscription = feed.subscribe((), seen.append)
    await subscription.replace([BTC])
    seen.clear()
    good = frame("ticker", "KRW-BTC", SNAPSHOT_MS + 1000)

    await upbit.send(
        b'{"type":"ticker","code":"KRW-BTC"',
        b'{"type":"ticker","code":"KRW-BTC","trade_price":NaN}',
        b'{"type":"ticker","code":"KRW-BTC","trade_price":1e400}',
        b"\xff\xfe",
        b'{"type":"ticker","x":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
        frame("ticker", "KRW-BTC", SNAPSHOT_MS + 900, trade_price=None),
        {"type": "novelty", "code": "KRW-BTC"},
        {"status": "UP"},
        good,
    )
    await upbit.until(lambda: bool(seen))

    assert [value.exchange_ms for value in seen] == [good["timestamp"]]
    malformed = _streams(feed)["malformed"]
    assert sum(malformed.values()) == 7
    assert malformed["unknown_type"] == 1
    assert len(upbit.connections) == 1


async def test_a_frame_above_the_limit_costs_the_connection_and_is_named(
    upbit: ScriptedUpbit, feed: MarketDataBackbone
) -> None:
    subscription = feed.subscribe((), lambda _: None)
    await subscription.replace([BTC])

    await upbit.send(b" " * (5 * 2**20))
    await upbit.until(lambda: len(upbit.requests) == 2)

    timeline = feed.get_performance_metrics()["degradations"]["timeline"]
    assert "frame_too_large" in {entry.get("cause") for entry in timeline}


async def test_a_listener_that_raises_is_reported_and_the_others_are_told(
    upbit: ScriptedUpbit, feed: MarketDataBackbone
) -> None:
    reports: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, report: reports.append(report))
    seen: list[MarketValue] = []

    def broken(_: MarketValue) -> None:
        raise ValueError("a defect in a listener")

    feed.subscribe([BTC], broken)
    feed.subscribe([BTC], seen.append)
    await upbit.until(lambda: bool(seen))

    assert isinstance(reports[0]["exception"], ValueError)
    assert _streams(feed)["listener_errors"] == 1


async def test_closing_a_subscription_ends_its_streams_at_the_exchange(
    upbit: ScriptedUpbit, feed: MarketDataBackbone
) -> None:
    kept = feed.subscribe((), lambda _: None)
    gone = feed.subscribe((), lambda _: None)
    await kept.replace([BTC])
    await gone.replace([ETH])

    gone.close()
    gone.close()
    await upbit.until(lambda: upbit.subscribed == {("ticker", "KRW-BTC")})
    kept.close()
    await upbit.until(lambda: len(upbit.requests) == 4)

    assert upbit.subscribed == set()
    with pytest.raises(KeyError):
        feed.stream_health(ETH)


async def test_rest_answers_what_is_not_live_and_says_so(
    upbit: ScriptedUpbit, feed: MarketDataBackbone, payloads: Callable[[str], Any]
) -> None:
    upbit.rest["ticker"] = lambda _: json_answer(payloads("samples/rest_ticker.json"))

    answer = await feed.ticker("KRW-BTC")

    assert answer.channel is Source.REST
    assert answer.value.trade_price == 103_493_000.0
    assert answer.value.origin.source is Source.REST


async def test_a_page_that_is_not_upbits_is_recognised(
    upbit: ScriptedUpbit, feed: MarketDataBackbone
) -> None:
    upbit.rest["candles/minutes/1"] = lambda _: (200, "text/html", b"<html>Sign in</html>")
    with pytest.raises(NotUpbitError):
        await feed.candles("KRW-BTC", "1m", 10)

    upbit.rest["candles/minutes/1"] = lambda _: (503, "text/html", b"<html>maintenance</html>")
    with pytest.raises(ServerFailedError):
        await feed.candles("KRW-BTC", "1m", 10)


def _streams(feed: MarketDataBackbone) -> dict[str, Any]:
    figures: dict[str, Any] = feed.get_performance_metrics()["streams"]
    return figures
