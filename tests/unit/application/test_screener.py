"""One trigger on many markets: in what order they are asked for, what is known, what isn't."""

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pytest

from tests.builders import START_MS, candle, market_info, origin, trade
from tests.fakes import FakeMarketDataFeed
from tests.waiting import until
from upbit_auto_trading.application.screener import Screener
from upbit_auto_trading.application.strategies import SEVEN_RULES, shipped_template
from upbit_auto_trading.domain.expression import (
    Comparator,
    Comparison,
    Constant,
    all_of,
    variable,
    with_ids,
)
from upbit_auto_trading.domain.failure import FailureCause, NotConnectedError
from upbit_auto_trading.domain.own_indicators import OwnIndicators
from upbit_auto_trading.domain.rsi import wilder_rsi
from upbit_auto_trading.domain.stream import Delivery, Stream
from upbit_auto_trading.domain.truth import Truth
from upbit_auto_trading.infrastructure.indicators import TaLibIndicators

MINUTE = 60_000
MARKETS = ("KRW-BTC", "KRW-ETH", "KRW-XRP", "KRW-SOL")
RSI = with_ids(Comparison(variable("rsi", "1m"), Comparator.LESS_EQUAL, Constant(30.0)))
CRASH = shipped_template(SEVEN_RULES).strategy.rule("crash").trigger


class Clock:
    """Time that passes only where somebody pauses."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    async def pause(self, seconds: float) -> None:
        self.now += seconds
        self.pauses.append(seconds)
        await asyncio.sleep(0)


def closes_of(place: int) -> list[float]:
    """A walk of a market that falls the more the later it stands in the list."""
    return [1000.0 + 7 * (n % 5) - place * n * 0.8 for n in range(200)]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def feed() -> FakeMarketDataFeed:
    made = FakeMarketDataFeed(listed=[market_info(m) for m in MARKETS], now=START_MS / 1000)
    for place, market in enumerate(MARKETS):
        made.history[market, "1m"] = [
            candle(market, "1m", START_MS - (200 - n) * MINUTE, close=close)
            for n, close in enumerate(closes_of(place))
        ]
    return made


@pytest.fixture
async def screener(feed: FakeMarketDataFeed, clock: Clock) -> AsyncIterator[Screener]:
    told: list[str] = []
    made = Screener(
        feed, OwnIndicators(TaLibIndicators()), told.append, lambda: clock.now, clock.pause
    )
    made.told = told  # type: ignore[attr-defined]
    yield made
    await made.close()


def traded(market: str, price: float, after_ms: int) -> object:
    return trade(
        market,
        price,
        trade_ms=START_MS + after_ms,
        origin=origin(START_MS / 1000, delivery=Delivery.REALTIME),
    )


async def all_known(screener: Screener) -> None:
    await until(lambda: screener.progress == (len(MARKETS), len(MARKETS)))


async def test_markets_are_asked_for_one_by_one_in_order_with_a_pause_after_each(
    screener: Screener, feed: FakeMarketDataFeed, clock: Clock
) -> None:
    screener.show(RSI)
    screener.want(("KRW-XRP", "KRW-BTC", "KRW-ETH"))
    await until(lambda: screener.progress == (3, 3))
    assert [request[0] for request in feed.candle_requests] == ["KRW-XRP", "KRW-BTC", "KRW-ETH"]
    assert all(pause >= 0.2 for pause in clock.pauses[:2])
    assert {stream.channel for stream in feed.held} == {"trade"}


async def test_figures_are_the_rsi_of_closed_candles_and_order_markets_by_distance(
    screener: Screener,
) -> None:
    screener.show(RSI)
    screener.want(MARKETS)
    await all_known(screener)
    distances: dict[str, float] = {}
    for place, market in enumerate(MARKETS):
        figure = screener.figure(market)
        assert figure is not None
        # The newest candle may still be running: nothing has shown that it is over.
        closes = closes_of(place)[:-1]
        expected = float(wilder_rsi(np.array(closes), 14)[-1])
        assert figure.record.left == pytest.approx(expected)  # type: ignore[union-attr]
        assert figure.distance == pytest.approx(max(0.0, expected - 30.0))
        distances[market] = figure.distance or 0.0
    assert distances["KRW-BTC"] > distances["KRW-SOL"]


async def test_prints_move_the_figures_and_close_candles(
    screener: Screener, feed: FakeMarketDataFeed
) -> None:
    screener.show(RSI)
    screener.want(MARKETS)
    await all_known(screener)
    before = screener.figure("KRW-BTC")
    assert before is not None
    feed.emit(traded("KRW-BTC", 990.0, 10 * MINUTE))  # type: ignore[arg-type]
    after = screener.figure("KRW-BTC")
    assert after is not None
    assert (after.price, after.exchange_ms) == (990.0, START_MS + 10 * MINUTE)
    assert after.record != before.record
    assert "KRW-BTC" in screener.told  # type: ignore[attr-defined]


async def test_a_trigger_on_prints_alone_needs_no_history_and_is_unknown_before_the_first(
    screener: Screener, feed: FakeMarketDataFeed
) -> None:
    screener.show(CRASH)
    screener.want(MARKETS)
    await all_known(screener)
    assert not feed.candle_requests
    figure = screener.figure("KRW-ETH")
    assert figure is not None
    assert (figure.truth, figure.distance) == (Truth.UNKNOWN, None)
    feed.emit(traded("KRW-ETH", 1000.0, 0), traded("KRW-ETH", 940.0, 1000))  # type: ignore[arg-type]
    figure = screener.figure("KRW-ETH")
    assert figure is not None
    assert (figure.truth, figure.distance) == (Truth.TRUE, 0.0)


async def test_prints_that_came_while_history_was_awaited_are_not_lost(
    screener: Screener, feed: FakeMarketDataFeed
) -> None:
    screener.show(RSI)
    screener.want(MARKETS)
    await until(lambda: Stream("trade", "KRW-SOL") in feed.held)
    feed.emit(traded("KRW-SOL", 777.0, 5 * MINUTE))  # type: ignore[arg-type]
    await all_known(screener)
    figure = screener.figure("KRW-SOL")
    assert figure is not None
    assert figure.price == 777.0


async def test_a_history_that_does_not_come_is_said_and_asked_for_again_later(
    screener: Screener, feed: FakeMarketDataFeed, clock: Clock
) -> None:
    feed.request_error = NotConnectedError("candles", "offline")
    screener.show(RSI)
    screener.want(MARKETS[:1])
    await until(lambda: screener.failure("KRW-BTC") is FailureCause.NOT_CONNECTED)
    assert screener.figure("KRW-BTC") is None
    feed.request_error = None
    before = clock.now
    await until(lambda: screener.figure("KRW-BTC") is not None)
    assert clock.now - before >= 9.0
    assert screener.failure("KRW-BTC") is None


async def test_triggers_on_positions_or_books_are_refused_instead_of_judged(
    screener: Screener, feed: FakeMarketDataFeed
) -> None:
    profit = Comparison(variable("profit_percent"), Comparator.GREATER, Constant(5.0))
    spread = Comparison(variable("spread_percent"), Comparator.LESS, Constant(0.1))
    for trigger in (profit, all_of(RSI, spread)):
        screener.show(with_ids(trigger))
        screener.want(MARKETS)
        await asyncio.sleep(0)
        assert not screener.is_possible
        assert not feed.held
        assert screener.figure("KRW-BTC") is None
    assert Screener.can_judge(RSI)


async def test_wanting_nothing_releases_every_stream(
    screener: Screener, feed: FakeMarketDataFeed
) -> None:
    screener.show(RSI)
    screener.want(MARKETS)
    await all_known(screener)
    assert screener.is_trusted("KRW-BTC") in (True, False)
    screener.want(())
    await until(lambda: not feed.held)
    assert screener.progress == (0, 0)


async def test_several_timeframes_are_judged_as_one(
    screener: Screener, feed: FakeMarketDataFeed
) -> None:
    feed.history["KRW-BTC", "5m"] = [
        candle("KRW-BTC", "5m", START_MS - (200 - n) * 5 * MINUTE, close=1000.0 + n % 7)
        for n in range(200)
    ]
    feed.past_trades["KRW-BTC"] = [trade("KRW-BTC", 1000.0, trade_ms=START_MS, sequential_id=1)]
    above = Comparison(variable("close", "5m"), Comparator.GREATER, Constant(1.0))
    screener.show(with_ids(all_of(RSI, above)))
    screener.want(MARKETS[:1])
    await until(lambda: screener.figure("KRW-BTC") is not None)
    figure = screener.figure("KRW-BTC")
    assert figure is not None
    assert figure.truth is not Truth.UNKNOWN
