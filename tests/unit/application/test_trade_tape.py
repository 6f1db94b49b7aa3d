import asyncio
from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tests.builders import START_MS, trade
from tests.fakes import FakeMarketDataFeed
from upbit_auto_trading.application.trade_tape import CAPACITY, SEED, TradeTape
from upbit_auto_trading.domain.failure import (
    FailureCause,
    RateLimitedError,
    UnknownMarketError,
)
from upbit_auto_trading.domain.trade import Trade

pairs = st.tuples(st.integers(0, 40), st.integers(0, 400))


def trade_of(pair: tuple[int, int]) -> Trade:
    second, number = pair
    return trade(trade_ms=START_MS + second * 1000, sequential_id=number)


@given(st.lists(pairs, max_size=500, unique_by=lambda pair: pair[1]), st.randoms())
def test_it_keeps_the_newest_trades_once_and_in_order(
    rows: list[tuple[int, int]], random: Random
) -> None:
    tape = TradeTape("KRW-BTC")
    arriving = rows + rows[::3]
    random.shuffle(arriving)
    for pair in arriving:
        tape.take([trade_of(pair)])
    kept = [(t.trade_ms, t.sequential_id) for t in tape.trades]
    assert all(a < b for a, b in pairwise(kept))
    newest = sorted((START_MS + second * 1000, number) for second, number in rows)[-CAPACITY:]
    assert kept == newest


def test_two_fills_of_one_millisecond_stand_in_the_order_of_their_numbers() -> None:
    tape = TradeTape("KRW-BTC")
    later, sooner = trade(sequential_id=2), trade(sequential_id=1)
    assert tape.take([later, sooner]) == 2
    assert list(tape.trades) == [sooner, later]
    assert tape.newest is later


def test_a_trade_that_is_known_changes_nothing() -> None:
    tape = TradeTape("KRW-BTC")
    tape.take([trade()])
    before = tape.revision
    assert tape.take([trade()]) == 0
    assert tape.revision == before


async def test_it_asks_again_until_the_past_trades_are_there() -> None:
    feed = FakeMarketDataFeed(request_error=RateLimitedError("trade", 1.0))
    feed.past_trades["KRW-BTC"] = [trade(trade_ms=START_MS + n) for n in range(SEED + 50)]
    tape = TradeTape("KRW-BTC")
    failures: list[FailureCause | None] = []

    def heard() -> None:
        failures.append(tape.failure)
        if len(failures) == 2:
            feed.request_error = None

    await asyncio.wait_for(tape.seed(feed, heard, (0.0,)), 5)
    assert failures == [FailureCause.RATE_LIMITED, FailureCause.RATE_LIMITED, None]
    assert tape.is_seeded
    assert len(tape.trades) == SEED


async def test_it_gives_up_on_a_market_that_does_not_exist() -> None:
    feed = FakeMarketDataFeed(request_error=UnknownMarketError(["KRW-NOPE"]))
    tape = TradeTape("KRW-NOPE")
    await asyncio.wait_for(tape.seed(feed, lambda: None, (0.0,)), 5)
    assert tape.failure is FailureCause.UNKNOWN_MARKET
    assert not tape.is_seeded
