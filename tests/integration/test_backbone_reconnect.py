"""What the backbone does when its connection goes, over real sockets."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.scripted_upbit import SNAPSHOT_MS, ScriptedUpbit, frame, json_answer
from upbit_auto_trading.domain.candle import Candle
from upbit_auto_trading.domain.stream import Delivery, Stream
from upbit_auto_trading.domain.subscription import ConnectionState, StreamState, SwapKind
from upbit_auto_trading.domain.trade import Trade
from upbit_auto_trading.infrastructure.market_data_backbone import MarketDataBackbone, Policy
from upbit_auto_trading.infrastructure.upbit.timings import Timings

if TYPE_CHECKING:
    from upbit_auto_trading.domain.market_value import MarketValue

BTC = Stream("ticker", "KRW-BTC")
BTC_TRADE = Stream("trade", "KRW-BTC")
BTC_MINUTE = Stream("candle.1m", "KRW-BTC")
ETH = Stream("ticker", "KRW-ETH")
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


async def test_a_lost_connection_is_seen_at_once_and_everything_is_asked_again(
    upbit: ScriptedUpbit, feed: MarketDataBackbone
) -> None:
    seen: list[MarketValue] = []
    subscription = feed.subscribe((), seen.append)
    await subscription.replace([BTC, ETH])
    seen.clear()

    await upbit.cut()
    await upbit.until(lambda: feed.connection_state is not ConnectionState.CONNECTED)
    assert feed.stream_health(BTC).state is StreamState.DOWN
    upbit.now_ms += 5000
    await upbit.until(lambda: len(seen) == 2)

    assert upbit.subscribed == {("ticker", "KRW-BTC"), ("ticker", "KRW-ETH")}
    assert {value.origin.epoch for value in seen} == {2}
    assert feed.get_performance_metrics()["streams"]["reconnects"] == 1


@pytest.mark.parametrize("code", [1000, 1001, 1011, 1012])
async def test_every_way_the_server_closes_ends_in_a_new_connection(
    upbit: ScriptedUpbit, feed: MarketDataBackbone, code: int
) -> None:
    seen: list[MarketValue] = []
    subscription = feed.subscribe((), seen.append)
    await subscription.replace([BTC])

    await upbit.connections[-1].close(code)
    upbit.now_ms += 1000
    await upbit.until(lambda: len(seen) == 2)

    timeline = feed.get_performance_metrics()["degradations"]["timeline"]
    assert code in {entry.get("close_code") for entry in timeline}


async def test_the_feed_outlives_a_server_that_is_gone_for_a_while(
    upbit: ScriptedUpbit, feed: MarketDataBackbone
) -> None:
    seen: list[MarketValue] = []
    subscription = feed.subscribe((), seen.append)
    await subscription.replace([BTC])

    await upbit.stop()
    await upbit.until(lambda: feed.connection_state is ConnectionState.RECONNECTING)
    late = asyncio.ensure_future(subscription.replace([BTC, ETH]))
    upbit.now_ms += 1000
    await upbit.restart()
    feed.reconnect_now()
    swap = await late

    assert swap.kind is SwapKind.RECONNECT
    assert upbit.subscribed == {("ticker", "KRW-BTC"), ("ticker", "KRW-ETH")}


async def test_a_gap_in_trades_and_candles_is_filled_over_rest_through_the_same_listener(
    upbit: ScriptedUpbit, feed: MarketDataBackbone
) -> None:
    seen: list[MarketValue] = []
    subscription = feed.subscribe((), seen.append)
    await subscription.replace([BTC_TRADE, BTC_MINUTE])
    last_trade = next(value for value in seen if isinstance(value, Trade))
    seen.clear()
    later = SNAPSHOT_MS + 3 * 60_000
    missed = [last_trade.trade_ms + step for step in (0, 1000, 90_000, later - SNAPSHOT_MS)]
    upbit.rest["trades/ticks"] = lambda _: json_answer(
        [_rest_trade(moment) for moment in reversed(missed)]
    )
    upbit.rest["candles/minutes/1"] = lambda _: json_answer(
        [_rest_candle(later - back * 60_000) for back in range(4)]
    )

    upbit.now_ms = later
    await upbit.cut()
    await upbit.until(lambda: feed.get_performance_metrics()["streams"]["reconnects"] == 1)
    await upbit.until(
        lambda: (
            len(upbit.rest_log) >= 3
            and feed.stream_health(BTC_TRADE).complete
            and feed.stream_health(BTC_MINUTE).complete
        )
    )

    trades = [value for value in seen if isinstance(value, Trade)]
    assert sorted(trade.trade_ms for trade in trades) == sorted(missed[1:])
    assert {t.origin.delivery for t in trades} == {Delivery.SNAPSHOT, Delivery.BACKFILL}
    candles = {value.start_ms for value in seen if isinstance(value, Candle)}
    # The fourth, the one the connection was lost in, hasn't changed and isn't told again.
    assert candles == {(later - back * 60_000) // 60_000 * 60_000 for back in range(3)}


async def test_a_stream_stays_incomplete_until_its_gap_is_filled(
    upbit: ScriptedUpbit, feed: MarketDataBackbone
) -> None:
    subscription = feed.subscribe((), lambda _: None)
    await subscription.replace([BTC_TRADE])
    upbit.rest["trades/ticks"] = lambda _: (500, "application/json", b"{}")

    upbit.now_ms += 60_000
    await upbit.cut()
    await upbit.until(lambda: feed.get_performance_metrics()["streams"]["reconnects"] == 1)
    await upbit.until(lambda: feed.stream_health(BTC_TRADE).state is StreamState.LIVE)
    assert not feed.stream_health(BTC_TRADE).complete
    assert feed.get_performance_metrics()["streams"]["incomplete"] == ["trade KRW-BTC"]

    upbit.rest["trades/ticks"] = lambda _: json_answer(
        [_rest_trade(upbit.now_ms - 40), _rest_trade(SNAPSHOT_MS - 40)]
    )
    await upbit.until(lambda: feed.stream_health(BTC_TRADE).complete)


async def test_a_request_that_was_lost_is_repeated_on_the_same_connection(
    upbit: ScriptedUpbit, feed: MarketDataBackbone
) -> None:
    subscription = feed.subscribe((), lambda _: None)
    await subscription.replace([BTC])
    upbit.ignored_requests = 1
    seen: list[MarketValue] = []
    other = feed.subscribe([ETH], seen.append)

    await upbit.until(lambda: bool(seen))

    assert other.streams == {ETH}
    assert len(upbit.requests) == 3
    assert len(upbit.connections) == 1


async def test_a_handshake_that_is_refused_is_classed_and_tried_again(
    upbit: ScriptedUpbit,
) -> None:
    upbit.handshakes = [
        (429, "text/plain", b"Too many API requests."),
        (503, "text/html", b"<html></html>"),
        (200, "text/html", b"<html>portal</html>"),
    ]
    timings = replace(QUICK, refused_delay=0.01)
    async with MarketDataBackbone(
        upbit.rest_url, upbit.ws_url, policy=Policy(timings=timings, standby=False)
    ) as feed:
        await upbit.until(lambda: feed.connection_state is ConnectionState.CONNECTED)
        timeline = feed.get_performance_metrics()["degradations"]["timeline"]

    causes = [entry["cause"] for entry in timeline if entry.get("cause")]
    assert list(dict.fromkeys(causes)) == ["rate_limited", "server_error", "not_upbit"]


async def test_a_standby_takes_over_at_once_and_the_lost_socket_stands_by(
    upbit: ScriptedUpbit,
) -> None:
    async with MarketDataBackbone(
        upbit.rest_url, upbit.ws_url, policy=Policy(timings=QUICK)
    ) as feed:
        seen: list[MarketValue] = []
        subscription = feed.subscribe((), seen.append)
        await subscription.replace([BTC])
        await upbit.until(lambda: len(upbit.connections) == 2)
        await upbit.until(lambda: _streams(feed)["standby"] == "connected")
        assert len(upbit.requests) == 1

        upbit.now_ms += 1000
        await upbit.cut(0)
        await upbit.until(lambda: len(seen) == 2)

        assert len(upbit.requests) == 2
        assert seen[-1].origin.epoch == 2
        assert feed.connection_state is ConnectionState.CONNECTED
        await upbit.until(lambda: _streams(feed)["standby"] == "connected")
        assert len(upbit.connections) == 3
        assert _streams(feed)["promotions"] == 1


async def test_an_old_connection_is_replaced_without_a_missing_trade(upbit: ScriptedUpbit) -> None:
    timings = replace(QUICK, connection_lifetime=0.3, watch_interval=0.02, handover_timeout=30.0)
    async with MarketDataBackbone(
        upbit.rest_url, upbit.ws_url, policy=Policy(timings=timings)
    ) as feed:
        seen: list[MarketValue] = []
        subscription = feed.subscribe((), seen.append)
        await subscription.replace([BTC_TRADE])
        sent = 0
        while _streams(feed)["promotions"] < 2:
            sent += 1
            trade = frame("trade", "KRW-BTC", SNAPSHOT_MS + sent)
            for connection in list(upbit.subscribers):
                await upbit.send_to(connection, trade)
            await asyncio.sleep(0)
            await upbit.until(lambda: True)

        ids = [value.sequential_id for value in seen if isinstance(value, Trade)]
        assert len(ids) == len(set(ids))
        await upbit.until(lambda: len({v.exchange_ms for v in seen}) == sent + 1)
        assert feed.stream_health(BTC_TRADE).complete


async def test_a_stream_that_upbit_refuses_is_isolated_after_one_more_try(
    upbit: ScriptedUpbit, feed: MarketDataBackbone
) -> None:
    seen: list[MarketValue] = []
    subscription = feed.subscribe((), seen.append)
    await subscription.replace([BTC])
    upbit.refused.add(("trade", "KRW-BTC"))
    seen.clear()

    feed.subscribe([BTC_TRADE], lambda _: None)
    await upbit.until(lambda: len(upbit.connections) == 3)
    upbit.now_ms += 1000
    await upbit.send(frame("ticker", "KRW-BTC", upbit.now_ms))
    await upbit.until(lambda: any(value.exchange_ms == upbit.now_ms for value in seen))

    assert upbit.subscribed == {("ticker", "KRW-BTC")}
    assert feed.get_performance_metrics()["streams"]["refused"] == ["trade KRW-BTC"]


async def test_what_was_refused_for_a_while_comes_over_rest_and_is_then_asked_for_again(
    upbit: ScriptedUpbit,
) -> None:
    timings = replace(QUICK, quarantine_length=1.0, carry_interval=0.05, watch_interval=0.02)
    policy = Policy(timings=timings, standby=False)
    async with MarketDataBackbone(upbit.rest_url, upbit.ws_url, policy=policy) as feed:
        await feed.subscribe((), lambda _: None).replace([BTC])
        upbit.refused.add(("trade", "KRW-BTC"))
        feed.subscribe([BTC_TRADE], lambda _: None)
        await upbit.until(lambda: _streams(feed)["refused"] == ["trade KRW-BTC"])
        await upbit.until(lambda: feed.stream_health(BTC_TRADE).state is StreamState.STALLED)
        assert feed.way_of(BTC_TRADE)[0] == "rest"
        assert feed.sample().streams.stalled == 1

        connections = len(upbit.connections)
        await upbit.until(lambda: len(upbit.connections) > connections)  # one more try, in vain
        await upbit.until(lambda: _streams(feed)["refused"] == ["trade KRW-BTC"])
        await upbit.until(lambda: feed.stream_health(BTC).state is StreamState.LIVE)
        assert len(upbit.connections) == connections + 1

        upbit.refused.clear()
        await upbit.until(lambda: feed.stream_health(BTC_TRADE).state is StreamState.LIVE)
        assert _streams(feed)["refused"] == []


async def test_a_pong_that_does_not_come_ends_the_connection(upbit: ScriptedUpbit) -> None:
    timings = replace(QUICK, ping_interval=0.05, pong_timeout=0.1)
    async with MarketDataBackbone(
        upbit.rest_url, upbit.ws_url, policy=Policy(timings=timings, standby=False)
    ) as feed:
        seen: list[MarketValue] = []
        feed.subscribe([BTC], seen.append)
        await upbit.until(lambda: bool(seen))
        upbit.connections[0].transport.pause_reading()  # a black hole: no pong, no FIN
        upbit.now_ms += 1000
        await upbit.until(lambda: len(upbit.connections) == 2 and len(seen) == 2)

        causes = feed.get_performance_metrics()["degradations"]["by_kind"]
    upbit.connections[0].transport.abort()
    assert causes == {"connection_pong_missing": 1}


def _streams(feed: MarketDataBackbone) -> dict[str, Any]:
    figures: dict[str, Any] = feed.get_performance_metrics()["streams"]
    return figures


def _rest_trade(moment_ms: int) -> dict[str, Any]:
    return {
        "market": "KRW-BTC",
        "timestamp": moment_ms,
        "trade_price": 109_756_000.0,
        "trade_volume": 0.01,
        "ask_bid": "BID",
        "sequential_id": moment_ms * 10_000,
    }


def _rest_candle(moment_ms: int) -> dict[str, Any]:
    live = frame("candle.1m", "KRW-BTC", moment_ms)
    return {key: value for key, value in live.items() if key not in ("type", "code")} | {
        "market": "KRW-BTC"
    }
