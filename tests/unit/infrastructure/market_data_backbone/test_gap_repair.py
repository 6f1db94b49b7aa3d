"""When an answer over REST holds what was lost at a seam, and when it was asked for too early."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest

from tests.builders import START_MS, trade
from tests.waiting import until
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.trade import Trade
from upbit_auto_trading.infrastructure.market_data_backbone import (
    subscription_performance_monitor as performance,
)
from upbit_auto_trading.infrastructure.market_data_backbone.gap_repair import GapRepair
from upbit_auto_trading.infrastructure.market_data_backbone.policy import Policy
from upbit_auto_trading.infrastructure.market_data_backbone.store import LiveStore

TRADES = Stream("trade", "KRW-BTC")


class _Rest:
    """Answers when it is let; every answer is what was known when it was asked."""

    def __init__(self) -> None:
        self.known: list[Trade] = []
        self.asked = 0
        self.is_let = asyncio.Event()
        self.was_asked = asyncio.Event()

    async def trades(self, *_: object, **__: object) -> list[Trade]:
        self.asked += 1
        answer = list(self.known)
        self.was_asked.set()
        await self.is_let.wait()
        return answer


class _Bench:
    def __init__(self) -> None:
        self.rest = _Rest()
        self.store = LiveStore()
        self.live = self.store.open(TRADES)
        self.told: list[object] = []
        self.policy = Policy()
        self.repair = GapRepair(
            self.store,
            cast("Any", self.rest),
            performance.SubscriptionPerformanceMonitor(),
            self.policy,
            self.told.append,
        )

    def now(self) -> float:
        return self.policy.clock.monotonic()

    async def filled(self) -> None:
        await until(lambda: not self.repair.gaps.open)


@pytest.fixture
async def bench() -> AsyncIterator[_Bench]:
    made = _Bench()
    made.live.accept(printed(0))
    yield made
    made.rest.is_let.set()
    await made.repair.close()


def printed(number: int) -> Trade:
    return trade(trade_ms=START_MS + number, sequential_id=START_MS * 10_000 + number)


async def test_nothing_asked_for_reaches_nothing(bench: _Bench) -> None:
    assert not bench.repair.reaches(TRADES, START_MS, bench.now())


async def test_a_gap_still_to_be_asked_for_reaches_every_seam_after_its_beginning(
    bench: _Bench,
) -> None:
    bench.repair.gaps.lost([bench.live])
    assert bench.repair.reaches(TRADES, START_MS, bench.now())
    assert not bench.repair.reaches(TRADES, START_MS - 1, bench.now())


async def test_an_answer_asked_for_before_the_seam_is_asked_for_again(bench: _Bench) -> None:
    bench.rest.known = [printed(0), printed(1)]
    bench.repair.gaps.lost([bench.live])
    bench.repair.begin(TRADES, urgent=False)
    await bench.rest.was_asked.wait()
    bench.rest.known.append(printed(2))  # lost at a seam while the answer is under way
    seam_at = bench.now()
    assert not bench.repair.reaches(TRADES, START_MS + 1, seam_at)
    bench.repair.gaps.missing_since(bench.live, START_MS + 1)
    bench.repair.begin(TRADES, urgent=False)
    bench.rest.is_let.set()
    await bench.filled()
    assert bench.rest.asked == 2
    assert printed(2) in bench.told
    assert bench.live.complete
    assert bench.repair.reaches(TRADES, START_MS + 1, seam_at)


async def test_a_gap_noted_after_a_seam_does_not_hide_what_the_seam_lost(bench: _Bench) -> None:
    """The newest trade known is then the seam's own; those before it are still missing."""
    seam_at = bench.now()
    bench.live.accept(printed(5))
    bench.repair.gaps.lost([bench.live])
    assert not bench.repair.reaches(TRADES, START_MS, seam_at)
    bench.repair.gaps.missing_since(bench.live, START_MS)
    bench.rest.known = [printed(number) for number in range(6)]
    bench.rest.is_let.set()
    bench.repair.begin(TRADES, urgent=True)
    await bench.filled()
    assert {one for one in bench.told if isinstance(one, Trade)} >= set(bench.rest.known[1:5])


async def test_what_nobody_holds_is_forgotten(bench: _Bench) -> None:
    bench.rest.known = [printed(0)]
    bench.rest.is_let.set()
    bench.repair.gaps.lost([bench.live])
    began = bench.now()
    bench.repair.begin(TRADES, urgent=False)
    await bench.filled()
    assert bench.repair.reaches(TRADES, START_MS, began)
    bench.repair.forget(TRADES)
    assert not bench.repair.reaches(TRADES, START_MS, began)
