import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from upbit_auto_trading.domain.failure import NotConnectedError, UnknownLevelError
from upbit_auto_trading.domain.instrument import Instrument
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.infrastructure.clock import Clock
from upbit_auto_trading.infrastructure.market_data_backbone.instrument_keeper import (
    InstrumentKeeper,
)
from upbit_auto_trading.infrastructure.market_data_backbone.policy import Policy
from upbit_auto_trading.infrastructure.upbit.rest_client import URGENT
from upbit_auto_trading.infrastructure.upbit.timings import Timings

BTC = "KRW-BTC"


class Upbit:
    """Answers with the levels it was given, or fails as often as told."""

    def __init__(self) -> None:
        self.levels: tuple[float, ...] = (0.0, 10_000.0)
        self.asked: list[Sequence[str]] = []
        self.failures = 0

    async def instruments(self, markets: Sequence[str], priority: int) -> list[Instrument]:
        assert priority == URGENT
        self.asked.append(markets)
        if self.failures:
            self.failures -= 1
            raise NotConnectedError("upbit", "reset")
        return [Instrument(market, Decimal(1000), self.levels) for market in markets]


class Keeper:
    """A keeper on a clock that the test sets."""

    def __init__(self, timings: Timings | None = None) -> None:
        self.now = 100.0
        self.upbit = Upbit()
        self.taken = asyncio.Event()
        clock = Clock(lambda: self.now, lambda: self.now)
        policy = replace(Policy(), clock=clock, timings=timings or Timings())
        client: Any = self.upbit
        self.keeper = InstrumentKeeper(client, policy, self.taken.set)

    def refuses(self, *streams: Stream) -> frozenset[Stream]:
        return self.keeper.unoffered(streams)


def book(level: float) -> Stream:
    return Stream("orderbook", BTC, level)


def tickers(markets: Iterable[str]) -> list[Stream]:
    return [Stream("ticker", market) for market in markets]


async def test_levels_are_taken_on_trust_until_they_are_known() -> None:
    one = Keeper()
    assert one.refuses(book(7)) == frozenset()
    await one.keeper.ask([BTC])
    assert one.refuses(book(0), book(10_000), book(7)) == {book(7)}
    with pytest.raises(UnknownLevelError):
        one.keeper.check([book(10_000), book(7)])


async def test_what_is_known_is_believed_no_longer_than_a_market_list() -> None:
    one = Keeper()
    await one.keeper.ask([BTC])
    one.now += 50
    assert one.keeper.of(BTC) == (Instrument(BTC, Decimal(1000), (0.0, 10_000.0)), 50.0)
    one.now += 0.1
    assert one.keeper.of(BTC) is None
    assert one.refuses(book(7)) == frozenset()


async def test_a_level_that_leaves_with_the_price_band_is_refused_and_one_that_comes_let_in() -> (
    None
):
    one = Keeper()
    await one.keeper.ask([BTC])
    one.upbit.levels = (0.0, 1000.0)
    await one.keeper.ask([BTC])
    assert one.refuses(book(10_000), book(1000)) == {book(10_000)}


async def test_nothing_is_asked_while_nobody_groups() -> None:
    one = Keeper(Timings().scaled(1e-6))
    one.keeper.watch([book(0), *tickers([BTC])])
    for _ in range(10):
        await asyncio.sleep(0)
    assert one.upbit.asked == []
    await one.keeper.close()


async def test_a_held_level_is_asked_for_again_before_it_is_forgotten_and_after_a_failure() -> None:
    one = Keeper(replace(Timings().scaled(1e-6), market_list_ttl=50.0))
    one.upbit.failures = 1
    one.keeper.watch([book(10_000)])
    async with asyncio.timeout(10):
        await one.taken.wait()
        assert len(one.upbit.asked) == 2
        one.now += 25
        one.taken.clear()
        await one.taken.wait()
    assert one.upbit.asked == [[BTC]] * 3
    one.keeper.watch(())
    await one.keeper.close()
