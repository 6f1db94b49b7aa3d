"""Answers when the socket can't give them, over real sockets and HTTP."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from tests.scripted_upbit import SNAPSHOT_MS, Query, RestAnswer, ScriptedUpbit, frame, json_answer
from upbit_auto_trading.domain.failure import BannedError, NotConnectedError, ServerFailedError
from upbit_auto_trading.domain.stream import Source, Stream
from upbit_auto_trading.domain.subscription import ConnectionState, StreamState
from upbit_auto_trading.infrastructure.market_data_backbone import MarketDataBackbone, Policy
from upbit_auto_trading.infrastructure.upbit.timings import Timings

BTC = Stream("ticker", "KRW-BTC")
ETH = Stream("ticker", "KRW-ETH")
QUICK = replace(
    Timings(),
    backoff_first=0.02,
    first_frame_timeout=0.15,
    release_linger=0.02,
    rest_retry_delays=(0.01, 0.03),
    rest_outage_delays=(0.01, 0.03),
    answer_timeouts=(0.06, 0.1, 0.2),
)


@pytest.fixture
async def upbit() -> AsyncIterator[ScriptedUpbit]:
    async with ScriptedUpbit() as server:
        server.rest["ticker"] = lambda query: tickers(server, query)
        yield server


@pytest.fixture
async def feed(upbit: ScriptedUpbit) -> AsyncIterator[MarketDataBackbone]:
    async with MarketDataBackbone(
        upbit.rest_url, upbit.ws_url, policy=Policy(timings=QUICK, standby=False)
    ) as backbone:
        yield backbone


def tickers(upbit: ScriptedUpbit, query: Query) -> RestAnswer:
    return json_answer(
        [rest_ticker(market, upbit.now_ms) for market in query["markets"].split(",")]
    )


def asked_of(upbit: ScriptedUpbit) -> int:
    """Return the requests for tickers; the list of markets is asked for at any time."""
    return [path for path, _ in upbit.rest_log].count("ticker")


def rest_ticker(market: str, at_ms: int) -> dict[str, Any]:
    live = frame("ticker", market, at_ms, price=77.0)
    return {key: value for key, value in live.items() if key not in ("type", "code")} | {
        "market": market
    }


async def test_the_live_value_answers_without_a_request(
    upbit: ScriptedUpbit, feed: MarketDataBackbone
) -> None:
    await feed.subscribe((), lambda _: None).replace([BTC])
    asked = asked_of(upbit)

    answer = await feed.ticker("KRW-BTC")

    assert (answer.channel, answer.reason) == (Source.WEBSOCKET, "live")
    assert answer.age_ms < 1000
    assert asked_of(upbit) == asked


async def test_rest_answers_while_the_socket_is_gone_and_the_socket_again_afterwards(
    upbit: ScriptedUpbit, feed: MarketDataBackbone, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "upbit_auto_trading")
    await feed.subscribe((), lambda _: None).replace([BTC])
    upbit.handshakes = [(503, "text/html", b"")] * 200
    await upbit.cut()
    await upbit.until(lambda: feed.connection_state is not ConnectionState.CONNECTED)

    during = await feed.ticker("KRW-BTC")
    upbit.handshakes.clear()
    feed.reconnect_now()
    await upbit.until(lambda: feed.stream_health(BTC).state is StreamState.LIVE)
    after = await feed.ticker("KRW-BTC")

    assert (during.channel, during.value.trade_price) == (Source.REST, 77.0)
    assert during.reason == "not_connected"
    assert after.channel is Source.WEBSOCKET
    fallbacks = feed.get_performance_metrics()["fallbacks"]
    assert fallbacks["by_cause"] == {"not_connected": 1}
    assert fallbacks["returns_to_websocket"] == 1
    assert fallbacks["added_ms"]["count"] == 1
    await feed.subscribe((), lambda _: None).replace([ETH])
    told = [record.getMessage() for record in caplog.records]
    assert "fallback began stream=ticker KRW-BTC cause=not_connected" in told
    assert "fallback ended stream=ticker KRW-BTC returns=1" in told
    assert sum(line.startswith("swap kind=") for line in told) == 1
    assert any(line.startswith("connection reconnecting") for line in told)
    assert {record.levelno for record in caplog.records} == {logging.INFO}


async def test_a_repeated_question_is_answered_from_the_cache_and_marked(
    upbit: ScriptedUpbit, feed: MarketDataBackbone
) -> None:
    await feed.ticker("KRW-BTC")
    asked = asked_of(upbit)

    again = await feed.ticker("KRW-BTC")

    assert (again.channel, again.reason) == (Source.CACHE, "asked_just_now")
    assert asked_of(upbit) == asked


async def test_the_same_question_at_the_same_time_is_asked_once(
    upbit: ScriptedUpbit, feed: MarketDataBackbone
) -> None:
    await feed.markets()
    asked = asked_of(upbit)

    answers = await asyncio.gather(*(feed.ticker("KRW-BTC") for _ in range(20)))

    assert {answer.value.trade_price for answer in answers} == {77.0}
    assert asked_of(upbit) == asked + 1


async def test_a_first_frame_that_is_due_is_awaited_and_given_the_instant_it_comes(
    upbit: ScriptedUpbit, feed: MarketDataBackbone
) -> None:
    upbit.silent.add(("ticker", "KRW-BTC"))
    feed.subscribe([BTC], lambda _: None)
    await upbit.until(lambda: bool(upbit.requests))

    waiting = asyncio.ensure_future(feed.ticker("KRW-BTC"))
    await asyncio.sleep(0)
    await upbit.send(frame("ticker", "KRW-BTC", SNAPSHOT_MS))
    answer = await waiting

    assert (answer.channel, answer.reason) == (Source.WEBSOCKET, "first_frame")


async def test_rest_wins_the_race_when_the_first_frame_stays_out(
    upbit: ScriptedUpbit, feed: MarketDataBackbone
) -> None:
    upbit.silent.add(("ticker", "KRW-BTC"))
    feed.subscribe([BTC], lambda _: None)
    await upbit.until(lambda: bool(upbit.requests))

    answer = await feed.ticker("KRW-BTC")

    assert (answer.channel, answer.reason) == (Source.REST, "no_data_in_time")
    assert feed.get_performance_metrics()["fallbacks"]["hedges_won_by_rest"] == 1
    assert BTC in feed.subscribe([BTC], lambda _: None).streams


async def test_with_both_ways_down_the_last_value_is_given_marked_and_with_its_age(
    upbit: ScriptedUpbit, feed: MarketDataBackbone
) -> None:
    await feed.subscribe((), lambda _: None).replace([BTC])
    await upbit.stop()
    await upbit.until(lambda: feed.connection_state is not ConnectionState.CONNECTED)

    answer = await feed.ticker("KRW-BTC")

    assert answer.channel is Source.CACHE
    assert answer.reason == "rest_not_connected"
    assert answer.value.origin.source is Source.WEBSOCKET
    assert feed.get_performance_metrics()["requests"]["by_outcome"] == {"stand_in": 1}
    with pytest.raises(NotConnectedError):
        await feed.ticker("KRW-ETH")


async def test_while_a_subscription_changes_rest_is_asked_before_an_earlier_value_stands_in(
    upbit: ScriptedUpbit, feed: MarketDataBackbone
) -> None:
    await feed.subscribe((), lambda _: None).replace([BTC])
    upbit.silent.add(("ticker", "KRW-BTC"))
    asked = len(upbit.requests)
    await upbit.cut()
    await upbit.until(lambda: len(upbit.requests) > asked)

    fresh = await feed.ticker("KRW-BTC")

    assert (fresh.channel, fresh.reason) == (Source.REST, "no_data_in_time")


async def test_while_a_subscription_changes_and_rest_fails_the_earlier_value_stands_in_marked(
    upbit: ScriptedUpbit, feed: MarketDataBackbone
) -> None:
    await feed.subscribe((), lambda _: None).replace([BTC])
    upbit.silent.add(("ticker", "KRW-BTC"))
    upbit.rest["ticker"] = lambda _: (502, "text/html", b"<html>bad gateway</html>")
    asked = len(upbit.requests)
    await upbit.cut()
    await upbit.until(lambda: len(upbit.requests) > asked)

    earlier = await feed.ticker("KRW-BTC")

    assert (earlier.channel, earlier.reason) == (Source.TRANSITION_CACHE, "subscription_changing")
    assert earlier.value.origin.source is Source.WEBSOCKET
    assert feed.get_performance_metrics()["caches"]["by_level"]["transition"] == 1


async def test_a_first_frame_that_comes_after_rest_has_failed_is_still_given(
    upbit: ScriptedUpbit, feed: MarketDataBackbone
) -> None:
    upbit.silent.add(("ticker", "KRW-BTC"))
    upbit.rest["ticker"] = lambda _: (404, "application/json", b"{}")
    feed.subscribe([BTC], lambda _: None)
    await upbit.until(lambda: bool(upbit.requests))

    waiting = asyncio.ensure_future(feed.ticker("KRW-BTC"))
    await upbit.until(lambda: asked_of(upbit) == 1)
    await upbit.send(frame("ticker", "KRW-BTC", SNAPSHOT_MS))

    assert (await waiting).channel is Source.WEBSOCKET


async def test_errors_of_the_server_are_tried_twice_more_and_then_told(
    upbit: ScriptedUpbit, feed: MarketDataBackbone
) -> None:
    upbit.rest["ticker"] = lambda _: (502, "text/html", b"<html>bad gateway</html>")

    with pytest.raises(ServerFailedError) as told:
        await feed.ticker("KRW-BTC")

    assert told.value.status == 502
    assert asked_of(upbit) == 3


async def test_a_429_stops_the_group_and_is_not_repeated_before_its_time(
    upbit: ScriptedUpbit, feed: MarketDataBackbone
) -> None:
    await feed.markets()
    answers = [(429, "text/plain", b"Too many API requests.")]
    upbit.rest["ticker"] = lambda query: answers.pop() if answers else tickers(upbit, query)
    loop = asyncio.get_running_loop()
    started = loop.time()

    answer = await feed.ticker("KRW-BTC")

    assert answer.value.trade_price == 77.0
    assert loop.time() - started >= 1.0
    assert feed.get_performance_metrics()["budgets"]["rest"]["ticker"]["limited"] == 1


async def test_a_block_ends_every_request_and_outlives_a_restart(
    upbit: ScriptedUpbit, tmp_path: Any
) -> None:
    upbit.rest["ticker"] = lambda _: (418, "application/json", b'{"error":{"message":"60 sec"}}')
    policy = Policy(timings=QUICK, standby=False)
    async with MarketDataBackbone(
        upbit.rest_url, upbit.ws_url, policy=policy, data_dir=tmp_path
    ) as feed:
        await feed.subscribe((), lambda _: None).replace([BTC])
        with pytest.raises(BannedError):
            await feed.ticker("KRW-ETH")
        asked = len(upbit.rest_log)
        with pytest.raises(BannedError):
            await feed.orderbook("KRW-ETH")
        assert feed.connection_state is ConnectionState.CONNECTED
    handshakes = upbit.handshake_count

    async with MarketDataBackbone(
        upbit.rest_url, upbit.ws_url, policy=policy, data_dir=tmp_path
    ) as feed:
        with pytest.raises(BannedError) as told:
            await feed.ticker("KRW-BTC")
        assert 50 < told.value.retry_after_s <= 60

    assert len(upbit.rest_log) == asked
    assert upbit.handshake_count == handshakes


async def test_a_stream_that_stays_silent_lets_upbit_list_what_it_sends_once(
    upbit: ScriptedUpbit,
) -> None:
    timings = replace(QUICK, watch_interval=0.02)
    upbit.silent.add(("ticker", "KRW-ETH"))
    upbit.listed = [{"type": "ticker", "codes": ["KRW-BTC"]}]
    async with MarketDataBackbone(
        upbit.rest_url, upbit.ws_url, policy=Policy(timings=timings, standby=False)
    ) as feed:
        feed.subscribe([BTC, ETH], lambda _: None)

        def differences() -> list[dict[str, Any]]:
            timeline = feed.get_performance_metrics()["degradations"]["timeline"]
            return [entry for entry in timeline if entry["what"] == "subscription_differs"]

        await upbit.until(lambda: bool(differences()))

        assert differences()[0]["missing"] == ["ticker KRW-ETH"]
        assert sum(any("method" in part for part in one) for one in upbit.requests) == 1
        assert feed.stream_health(ETH).state in (StreamState.SENT, StreamState.STALLED)


async def test_a_stream_that_stops_is_told_from_a_quiet_market_and_asked_again(
    upbit: ScriptedUpbit,
) -> None:
    timings = replace(QUICK, stall_lowest=0.2, watch_interval=0.02)
    async with MarketDataBackbone(
        upbit.rest_url, upbit.ws_url, policy=Policy(timings=timings, standby=False)
    ) as feed:
        await feed.subscribe((), lambda _: None).replace([BTC, ETH])
        await upbit.until(lambda: "ticker" in [path for path, _ in upbit.rest_log])
        upbit.silent |= {("ticker", "KRW-BTC"), ("ticker", "KRW-ETH")}
        for number in range(1, 20):
            for market in ("KRW-BTC", "KRW-ETH"):
                await upbit.send(frame("ticker", market, SNAPSHOT_MS + number))
        received = 2 * 20
        await upbit.until(
            lambda: feed.get_performance_metrics()["streams"]["messages_received"] >= received
        )
        truth = {"KRW-BTC": SNAPSHOT_MS + 60_000, "KRW-ETH": SNAPSHOT_MS + 19}
        upbit.rest["ticker"] = lambda query: json_answer(
            [rest_ticker(market, truth[market]) for market in query["markets"].split(",")]
        )

        await upbit.until(lambda: feed.stream_health(BTC).state is StreamState.STALLED)
        await upbit.until(lambda: feed.stream_health(ETH).state is StreamState.QUIET)
        await upbit.until(lambda: len(upbit.requests) == 2)
        during = await feed.ticker("KRW-BTC")
        upbit.silent.clear()
        upbit.now_ms = SNAPSHOT_MS + 61_000
        await upbit.until(lambda: feed.stream_health(BTC).state is StreamState.LIVE)

        assert (during.channel, during.reason) == (Source.REST, "stalled")
