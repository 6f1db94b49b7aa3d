"""Prints over REST: what may fire, what only completes, what isn't trusted."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.builders import START_MS, origin, trade
from upbit_auto_trading.application.tick_fallback import FRESH_S, TickFallback
from upbit_auto_trading.application.tick_intake import TickIntake
from upbit_auto_trading.domain.answer import Answers
from upbit_auto_trading.domain.failure import NoDataInTimeError
from upbit_auto_trading.domain.stream import Delivery, Source
from upbit_auto_trading.domain.tick import Quality
from upbit_auto_trading.domain.trade import Trade

MARKET = "KRW-BTC"


def printed(second: float) -> Trade:
    ms = START_MS + round(second * 1000)
    return trade(trade_ms=ms, sequential_id=ms, origin=origin(delivery=Delivery.BACKFILL))


@dataclass
class Rest:
    """Answers with the newest of `prints`."""

    prints: list[Trade]
    channel: Source = Source.REST
    fails: bool = False
    counts: list[int] = field(default_factory=list)

    async def trades(self, market: str, count: int = 1) -> Answers[Trade]:
        assert market == MARKET
        self.counts.append(count)
        if self.fails:
            raise NoDataInTimeError("trades", 1.0)
        page = self.prints[-count:]
        return Answers(page, self.channel, "not_connected", 0.0)


class Down:
    """A market whose socket is down since a print at second 0."""

    def __init__(self) -> None:
        self.now = 100.0
        self.intake = TickIntake()
        self.intake.begin([printed(0)])
        self.rest = Rest([printed(0)])
        feed: Any = self.rest
        self.fallback = TickFallback(feed, MARKET, self.intake, lambda: self.now)
        self.intake.check(Quality.MISSING)

    async def ask(self, *seconds: float, after_s: float = 1.0) -> list[tuple[float, Quality]]:
        self.now += after_s
        self.rest.prints += [printed(second) for second in seconds]
        ticks = await self.fallback.prints(lambda: True)
        return [((t.tick.ms - START_MS) / 1000, t.tick.quality) for t in ticks]


async def test_the_first_answer_completes_and_the_next_ones_fire() -> None:
    down = Down()
    assert await down.ask(1, 2) == [(1, Quality.BACKFILLED), (2, Quality.BACKFILLED)]
    assert down.fallback.age_s is None
    assert await down.ask(3) == [(3, Quality.REST)]
    assert down.fallback.age_s == 1.0
    assert await down.ask() == []
    assert down.intake.check(Quality.MISSING) == []


async def test_a_print_that_may_be_old_fires_nothing() -> None:
    down = Down()
    await down.ask(1)
    assert await down.ask(2, after_s=FRESH_S + 0.1) == [(2, Quality.BACKFILLED)]
    assert await down.ask(3, after_s=FRESH_S) == [(3, Quality.REST)]


async def test_missing_data_is_told_again_once_rest_fails_for_too_long() -> None:
    down = Down()
    await down.ask(1)
    down.rest.fails = True
    assert await down.ask(after_s=FRESH_S) == []
    assert down.intake.check(Quality.MISSING) == []
    assert await down.ask(after_s=0.1) == []
    (word,) = down.intake.check(Quality.MISSING)
    assert word.tick.quality is Quality.MISSING
    down.rest.fails = False
    assert await down.ask(2) == [(2, Quality.BACKFILLED)]


async def test_more_is_asked_for_until_nothing_can_lie_between() -> None:
    down = Down()
    many = [n / 100 for n in range(1, 301)]
    assert len(await down.ask(*many)) == 300
    assert down.rest.counts == [50, 500]


async def test_where_too_much_is_missing_nothing_is_carried() -> None:
    down = Down()
    assert await down.ask(*(n / 100 for n in range(1, 2_501))) == []
    assert not down.intake.is_carried
    # The repair brings what lay between; then the way is open.
    down.intake.take(printed(25.0), Quality.MISSING)
    down.intake.check(Quality.LIVE)
    down.intake.check(Quality.MISSING)
    assert await down.ask(26) == [(26, Quality.BACKFILLED)]


@pytest.mark.parametrize("channel", [Source.CACHE, Source.TRANSITION_CACHE])
async def test_an_answer_from_a_cache_is_not_the_market(channel: Source) -> None:
    down = Down()
    down.rest.channel = channel
    assert await down.ask(1) == []
    assert not down.intake.is_carried


async def test_an_answer_that_came_after_the_sockets_return_is_left_to_the_socket() -> None:
    down = Down()
    down.rest.prints.append(printed(1))
    assert await down.fallback.prints(lambda: False) == []
    assert not down.intake.is_carried
