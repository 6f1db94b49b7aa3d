"""What the backbone tells of itself every second: streams, holders, ways, budgets, changes."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from tests.scripted_upbit import SNAPSHOT_MS, ScriptedUpbit, frame
from tests.waiting import until
from upbit_auto_trading.domain.failure import NoDataInTimeError
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.subscription import ConnectionState, StreamState, SwapKind
from upbit_auto_trading.infrastructure.market_data_backbone import MarketDataBackbone, Policy
from upbit_auto_trading.infrastructure.upbit.timings import Timings

BTC, ETH = Stream("trade", "KRW-BTC"), Stream("ticker", "KRW-ETH")


@pytest.fixture
async def upbit() -> AsyncIterator[ScriptedUpbit]:
    async with ScriptedUpbit() as scripted:
        yield scripted


@pytest.fixture
async def feed(upbit: ScriptedUpbit) -> AsyncIterator[MarketDataBackbone]:
    policy = Policy(standby=False, predict=False)
    async with MarketDataBackbone(upbit.rest_url, upbit.ws_url, policy=policy) as backbone:
        yield backbone


async def held(feed: MarketDataBackbone) -> None:
    """Hold a stream by a chart and a trigger, another one by the watchlist."""
    await feed.subscribe((), lambda _: None, holder="watchlist").replace([ETH])
    await feed.subscribe((), lambda _: None, holder="trigger:RSI 14").replace([BTC])
    await feed.subscribe((), lambda _: None, holder="chart").replace([BTC])


async def test_before_anything_is_held_there_are_no_streams(feed: MarketDataBackbone) -> None:
    sample = feed.sample()
    assert sample.streams.held == 0
    assert sample.oldest is None
    assert feed.stream_rows() == []


async def test_each_stream_is_told_with_its_holders_the_most_urgent_first(
    feed: MarketDataBackbone,
) -> None:
    await held(feed)
    rows = {row.stream: row for row in feed.stream_rows()}
    assert set(rows) == {BTC, ETH}
    assert rows[BTC].holders == ("chart", "trigger:RSI 14")
    assert rows[ETH].holders == ("watchlist",)
    for row in rows.values():
        assert (row.is_wanted, row.is_sent, row.is_live) == (True, True, True)
        assert row.age.state is StreamState.LIVE
    # Each request brings a snapshot of everything it names: there were two of them.
    assert {row.stream: row.received for row in rows.values()} == {ETH: 2, BTC: 1}
    assert feed.way_of(BTC) == ("live", "live")
    assert feed.way_of(Stream("ticker", "KRW-XRP")) == ("rest", "not_held")


async def test_looking_at_the_way_counts_no_decision(feed: MarketDataBackbone) -> None:
    await held(feed)
    feed.way_of(BTC)
    assert feed.get_performance_metrics()["decisions"]["count"] == 0


async def test_a_sample_counts_streams_frames_changes_and_messages(
    feed: MarketDataBackbone, upbit: ScriptedUpbit
) -> None:
    await held(feed)
    sample = feed.sample()
    streams = sample.streams
    assert (streams.held, streams.wanted, streams.sent, streams.live) == (2, 2, 2, 2)
    assert (streams.fresh, streams.judged) == (2, 2)
    assert sample.received == 3
    assert sample.connection is ConnectionState.CONNECTED
    assert sample.swap_count == sum(kind.count for kind in sample.swaps.values())
    assert sample.swaps[SwapKind.NONE].count == 1
    changed = [record for record in sample.newest_swaps if record.kind is not SwapKind.NONE]
    assert all(record.own_ms is not None and record.own_ms >= 0 for record in changed)
    assert sample.messages.used_minute == len(upbit.requests)
    assert {budget.group for budget in sample.budgets} >= {"ticker", "candles"}
    assert sample.differing_for_s == 0.0


async def test_events_are_numbered_and_told_once_each(feed: MarketDataBackbone) -> None:
    await held(feed)
    first = feed.sample().events
    assert [event.serial for event in first] == list(range(1, len(first) + 1))
    assert "connection_connected" in [event.what for event in first]
    assert feed.sample().events == first


async def test_a_candle_tells_no_delay_because_its_time_is_its_last_trade_s(
    feed: MarketDataBackbone, upbit: ScriptedUpbit
) -> None:
    candle = Stream("candle.1m", "KRW-BTC")
    await feed.subscribe((), lambda _: None, holder="chart").replace([BTC, candle])
    before = feed.sample().delivered
    late = frame("candle.1m", "KRW-BTC", SNAPSHOT_MS + 100)
    await upbit.send(late, frame("trade", "KRW-BTC", SNAPSHOT_MS + 1000))
    await until(lambda: feed.sample().delivered == before + 2)
    assert sum(feed.sample().latency_ms.values()) == 1


async def test_a_lost_connection_takes_every_stream_down(
    feed: MarketDataBackbone, upbit: ScriptedUpbit
) -> None:
    await held(feed)
    upbit.handshakes = [(503, "text/html", b"no")] * 100
    await upbit.connections[-1].close(1011)
    await until(lambda: feed.connection_state is not ConnectionState.CONNECTED)
    sample = feed.sample()
    assert sample.streams.down == sample.streams.judged == 2
    assert sample.streams.fresh == 0
    assert sample.gaps.found == sample.gaps.open == 1
    assert {row.age.state for row in feed.stream_rows()} == {StreamState.DOWN}
    assert feed.way_of(ETH)[0] == "rest"


async def test_asking_again_sends_the_same_set_over_the_same_socket(
    feed: MarketDataBackbone, upbit: ScriptedUpbit
) -> None:
    await held(feed)
    before, sockets = len(upbit.requests), len(upbit.connections)
    feed.ask_again()
    await until(lambda: len(upbit.requests) > before)
    assert len(upbit.connections) == sockets
    assert feed.sample().reconnects == 0


async def test_renewing_takes_another_connection_and_asks_for_everything(
    feed: MarketDataBackbone, upbit: ScriptedUpbit
) -> None:
    await held(feed)
    feed.renew_connection()
    await until(lambda: feed.sample().reconnects == 1)
    await until(lambda: feed.sample().streams.live == 2)
    assert len(upbit.connections) == 2


async def test_upbit_s_own_list_is_compared_with_what_was_sent(
    feed: MarketDataBackbone, upbit: ScriptedUpbit
) -> None:
    await held(feed)
    upbit.listed = [
        {"type": "trade", "codes": ["KRW-BTC"]},
        {"type": "ticker", "codes": ["KRW-ETH"]},
    ]
    found = await feed.check_subscription(5.0)
    assert (found.sent, found.listed, found.agrees) == (2, 2, True)
    assert feed.sample().listing_agreed is True
    upbit.listed = [{"type": "trade", "codes": ["KRW-BTC"]}]
    found = await feed.check_subscription(5.0)
    assert (found.sent, found.listed, found.agrees) == (2, 1, False)
    assert feed.sample().listing_agreed is False


async def test_a_list_that_differed_is_asked_for_again_so_that_what_is_over_is_over(
    upbit: ScriptedUpbit,
) -> None:
    timings = replace(Timings(), stall_lowest=0.2, first_frame_timeout=0.1, watch_interval=0.02)
    policy = Policy(timings=timings, standby=False, predict=False)
    async with MarketDataBackbone(upbit.rest_url, upbit.ws_url, policy=policy) as feed:
        await held(feed)
        found = await feed.check_subscription(5.0)
        assert not found.agrees
        upbit.listed = [
            {"type": "trade", "codes": ["KRW-BTC"]},
            {"type": "ticker", "codes": ["KRW-ETH"]},
        ]
        await until(lambda: feed.sample().listing_agreed is True)
        await upbit.connections[-1].close(1011)
        await until(lambda: feed.sample().listing_agreed is None)


async def test_a_list_that_doesnt_come_is_an_error(
    feed: MarketDataBackbone, upbit: ScriptedUpbit
) -> None:
    await held(feed)
    upbit.ignored_requests = 1
    with pytest.raises(NoDataInTimeError):
        await feed.check_subscription(0.5)
