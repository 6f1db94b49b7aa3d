"""Conditions judged live while they are built say what the engine would, or why they can't."""

import asyncio
import math
from collections.abc import AsyncIterator, Callable

import numpy as np
import pytest

from tests.builders import START_MS, candle, market_info, orderbook, origin, trade
from tests.fakes import FakeMarketDataFeed
from upbit_auto_trading.application.live_conditions import ConditionsNow, LiveConditions
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.evaluation_record import ComparisonRecord, GroupRecord
from upbit_auto_trading.domain.expression import (
    Comparator,
    Comparison,
    Constant,
    Expression,
    Group,
    GroupKind,
    all_of,
    any_of,
    variable,
    with_ids,
)
from upbit_auto_trading.domain.failure import FailureCause, NoDataInTimeError
from upbit_auto_trading.domain.own_indicators import OwnIndicators
from upbit_auto_trading.domain.rsi import wilder_rsi
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.subscription import ConnectionState, StreamHealth, StreamState
from upbit_auto_trading.domain.truth import Truth, UnknownReason
from upbit_auto_trading.infrastructure.indicators import TaLibIndicators

MARKET = "KRW-BTC"
MINUTE_MS = 60_000
REGISTRY = shipped_variables()


def close_of(minute: int) -> float:
    return 100_000.0 + 400.0 * round(10 * math.sin(minute / 5)) + minute


CLOSES = np.array([close_of(n) for n in range(-400, 0)])


@pytest.fixture
def feed() -> FakeMarketDataFeed:
    """400 closed minutes and their quarter hours; the print of the running minute."""
    made = FakeMarketDataFeed(now=START_MS / 1000)
    made.history[MARKET, "1m"] = [
        candle(start_ms=START_MS + n * MINUTE_MS, close=close_of(n)) for n in range(-400, 0)
    ]
    quarter = 15 * MINUTE_MS
    start = START_MS // quarter * quarter
    made.history[MARKET, "15m"] = [
        candle(timeframe="15m", start_ms=start + n * quarter, close=close_of(n))
        for n in range(-300, 0)
    ]
    made.past_trades[MARKET] = [trade(price=close_of(0), trade_ms=START_MS + 1, sequential_id=1)]
    return made


class Watched:
    """Live conditions that can be waited for."""

    def __init__(self, feed: FakeMarketDataFeed) -> None:
        self.feed = feed
        self.changes = 0
        indicators = OwnIndicators(TaLibIndicators())
        self.live = LiveConditions(feed, indicators, REGISTRY, self._changed, retry_delays_s=(0.0,))
        self._prints = 1

    async def until(self, condition: Callable[[ConditionsNow], bool]) -> ConditionsNow:
        async with asyncio.timeout(10):
            while not condition(self.live.now()):  # noqa: ASYNC110 -- a state, not an event
                await asyncio.sleep(0)
        return self.live.now()

    async def known(self) -> ConditionsNow:
        return await self.until(lambda now: now.record is not None)

    def print(self, price: float, after_ms: int) -> None:
        self._prints += 1
        at_ms = START_MS + after_ms
        self.feed.emit(
            trade(
                MARKET,
                price,
                trade_ms=at_ms,
                sequential_id=self._prints,
                origin=origin(at_ms / 1000),
            )
        )

    def _changed(self) -> None:
        self.changes += 1


@pytest.fixture
async def watched(feed: FakeMarketDataFeed) -> AsyncIterator[Watched]:
    made = Watched(feed)
    yield made
    await made.live.close()
    assert feed.held == frozenset()


def named(*conditions: Expression) -> Group:
    made = with_ids(all_of(*conditions))
    assert isinstance(made, Group)
    return made


def of(now: ConditionsNow, place: int) -> ComparisonRecord:
    assert isinstance(now.record, GroupRecord)
    record = now.record.children[place]
    assert isinstance(record, ComparisonRecord)
    return record


RSI = Comparison(variable("rsi", "1m", period=14), Comparator.LESS_EQUAL, Constant(30.0))
WINDOW = Comparison(
    variable("change", window=60, origin="high"), Comparator.LESS_EQUAL, Constant(-5)
)


async def test_values_are_those_of_the_closed_candles(watched: Watched) -> None:
    watched.live.show(MARKET, named(RSI))
    watched.print(close_of(0), 1000)
    now = await watched.known()
    expected = wilder_rsi(CLOSES, 14)[-1]
    assert of(now, 0).left == pytest.approx(expected)
    assert of(now, 0).truth is (Truth.TRUE if expected <= 30 else Truth.FALSE)
    assert of(now, 0).distance == pytest.approx(expected - 30)
    assert now.held_back is None
    assert now.closed == {"1m": START_MS - MINUTE_MS}


async def test_a_print_of_the_next_minute_proves_the_candle_closed(watched: Watched) -> None:
    watched.live.show(MARKET, named(RSI))
    watched.print(50_000.0, 1000)
    before = of(await watched.known(), 0).left
    watched.print(50_000.0, MINUTE_MS + 1)
    after = of(watched.live.now(), 0).left
    assert before is not None
    assert after is not None
    assert after < before
    assert watched.live.now().closed == {"1m": START_MS}


async def test_another_parameter_is_judged_at_once_without_asking_again(watched: Watched) -> None:
    watched.live.show(MARKET, named(RSI))
    watched.print(close_of(0), 1000)
    await watched.known()
    asked = len(watched.feed.candle_requests)
    for period in range(2, 60):
        faster = Comparison(
            variable("rsi", "1m", period=period), Comparator.LESS, Constant(30), for_bars=3
        )
        watched.live.show(MARKET, named(faster))
        expected = wilder_rsi(CLOSES, period)[-1]
        assert of(watched.live.now(), 0).left == pytest.approx(expected)
        assert of(watched.live.now(), 0).bars_needed == 3
    assert len(watched.feed.candle_requests) == asked


async def test_a_window_read_late_has_the_prints_it_would_have_had(watched: Watched) -> None:
    watched.live.show(MARKET, named(RSI))
    await watched.known()
    watched.print(100_000.0, 2000)
    watched.print(94_000.0, 30_000)
    watched.live.show(MARKET, named(RSI, WINDOW))
    assert of(watched.live.now(), 1).left == pytest.approx(-6.0)
    assert of(watched.live.now(), 1).truth is Truth.TRUE


async def test_another_timeframe_waits_for_its_history(watched: Watched) -> None:
    watched.live.show(MARKET, named(RSI))
    watched.print(close_of(0), 1000)
    await watched.known()
    quarter = Comparison(variable("rsi", "15m"), Comparator.LESS, Constant(30))
    watched.live.show(MARKET, named(RSI, quarter))
    assert watched.live.now().held_back is UnknownReason.LOADING
    now = await watched.known()
    assert of(now, 0).left is not None
    assert of(now, 1).left is not None


async def test_history_that_can_not_be_had_is_asked_for_again(watched: Watched) -> None:
    watched.feed.request_error = NoDataInTimeError("trades", 1.0)
    watched.live.show(MARKET, named(RSI))
    now = await watched.until(lambda now: now.failure is not None)
    assert (now.record, now.held_back) == (None, UnknownReason.LOADING)
    watched.feed.request_error = None
    assert (await watched.known()).failure is None


@pytest.mark.parametrize(
    ("health", "reason"),
    [
        (StreamHealth(StreamState.STALLED, 9.0, complete=True), UnknownReason.STALE),
        (StreamHealth(StreamState.LIVE, 0.1, complete=False), UnknownReason.GAP),
        (StreamHealth(StreamState.DOWN, None, complete=True), UnknownReason.DISCONNECTED),
        (StreamHealth(StreamState.QUIET, 60.0, complete=True), None),
    ],
)
async def test_untrusted_data_holds_everything_back_and_says_why(
    watched: Watched, health: StreamHealth, reason: UnknownReason | None
) -> None:
    watched.live.show(MARKET, named(RSI))
    watched.print(close_of(0), 1000)
    await watched.known()
    watched.feed.health[Stream("trade", MARKET)] = health
    now = watched.live.now()
    assert now.held_back is reason
    assert of(now, 0).left is not None
    del watched.feed.health[Stream("trade", MARKET)]
    assert watched.live.now().held_back is None


async def test_a_lost_connection_is_said_at_once(watched: Watched) -> None:
    watched.live.show(MARKET, named(RSI))
    watched.print(close_of(0), 1000)
    await watched.known()
    watched.feed.connection_state = ConnectionState.RECONNECTING
    assert watched.live.now().held_back is UnknownReason.DISCONNECTED


async def test_the_order_book_is_held_only_while_it_is_read(watched: Watched) -> None:
    spread = Comparison(variable("spread"), Comparator.GREATER, Constant(0))
    book = Stream("orderbook", MARKET)
    watched.live.show(MARKET, named(RSI))
    watched.print(close_of(0), 1000)
    await watched.known()
    assert book not in watched.feed.held
    watched.live.show(MARKET, named(RSI, spread))
    await watched.until(lambda _: book in watched.feed.held)
    assert of(watched.live.now(), 1).unknown[0].reason is UnknownReason.LOADING
    watched.feed.emit(orderbook(MARKET, asks=((101.0, 1.0),), bids=((100.0, 1.0),)))
    assert of(watched.live.now(), 1).left == 1.0
    watched.live.show(MARKET, named(RSI))
    await watched.until(lambda _: book not in watched.feed.held)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("profit_percent", UnknownReason.NO_POSITION),
        ("cash", UnknownReason.NO_ACCOUNT),
        ("minutes_since", UnknownReason.NO_EVENT),
    ],
)
async def test_what_only_a_run_knows_is_unknown_with_its_reason(
    watched: Watched, name: str, reason: UnknownReason
) -> None:
    watched.live.show(MARKET, named(Comparison(variable(name), Comparator.GREATER, Constant(0))))
    watched.print(close_of(0), 1000)
    record = of(await watched.known(), 0)
    assert record.truth is Truth.UNKNOWN
    assert [unknown.reason for unknown in record.unknown] == [reason]


async def test_unfinished_and_mismatched_trees_break_nothing(watched: Watched) -> None:
    watched.live.show(MARKET, with_ids(Group(GroupKind.ALL)))
    watched.print(close_of(0), 1000)
    await watched.until(lambda now: now.held_back is None)
    unknown = named(Comparison(variable("nothing"), Comparator.LESS, Constant(1)))
    watched.live.show(MARKET, unknown)
    assert watched.live.now().record is None
    mixed = named(Comparison(variable("rsi", "1m"), Comparator.LESS, variable("close", "1m")))
    watched.live.show(MARKET, mixed)
    now = await watched.known()
    assert of(now, 0).unknown[0].reason is UnknownReason.UNIT_MISMATCH
    watched.live.show(MARKET, named(any_of(RSI, RSI)))
    assert (await watched.known()).record is not None


async def test_another_market_is_followed_alone(watched: Watched) -> None:
    watched.feed.history["KRW-ETH", "1m"] = [
        candle("KRW-ETH", start_ms=START_MS + n * MINUTE_MS, close=close_of(n))
        for n in range(-99, 0)
    ]
    watched.live.show(MARKET, named(RSI))
    watched.print(close_of(0), 1000)
    await watched.known()
    watched.live.show("KRW-ETH", named(RSI))
    assert watched.live.now().record is None
    await watched.until(lambda _: watched.feed.held == {Stream("trade", "KRW-ETH")})
    await watched.until(lambda now: now.market == "KRW-ETH" and now.held_back is not None)
    changes = watched.changes
    watched.print(close_of(0), 2000)
    assert watched.changes == changes


async def test_many_edits_leave_no_series_behind(watched: Watched) -> None:
    watched.live.show(MARKET, named(RSI))
    watched.print(close_of(0), 1000)
    await watched.known()
    asked = len(watched.feed.candle_requests)
    for period in range(2, 300):
        slow = Comparison(variable("sma", "1m", period=period), Comparator.LESS, Constant(1))
        watched.live.show(MARKET, named(slow))
        await watched.known()
    assert asked < len(watched.feed.candle_requests) <= asked + 4


async def test_a_market_the_exchange_does_not_list_is_said(watched: Watched) -> None:
    watched.feed.listed = [market_info(MARKET)]
    watched.live.show("KRW-GONE", named(RSI))
    now = await watched.until(lambda now: now.failure is not None)
    assert (now.record, now.failure) == (None, FailureCause.UNKNOWN_MARKET)
    watched.live.show(MARKET, named(RSI))
    watched.print(close_of(0), 1000)
    await watched.known()


async def test_resting_holds_no_stream_and_the_next_tree_is_judged_again(watched: Watched) -> None:
    low = named(Comparison(variable("rsi", "1m", period=14), Comparator.LESS_EQUAL, Constant(50)))
    watched.live.show(MARKET, low)
    before = await watched.known()
    watched.live.rest()
    assert watched.feed.held == frozenset()
    assert watched.live.now().record is None
    watched.live.rest()
    watched.live.show(MARKET, low)
    assert (await watched.known()).record == before.record
