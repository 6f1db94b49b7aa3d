"""Grouped order books through the backbone, against the simulated exchange."""

import asyncio
from decimal import Decimal

import pytest

from tests.faults.harness import NEVER, Scene, exchange, scene, squeezed, until
from upbit_auto_trading.domain.failure import UnknownLevelError
from upbit_auto_trading.domain.orderbook import Orderbook
from upbit_auto_trading.domain.stream import Source, Stream

MARKET = "KRW-BTC"
PLAIN = Stream("orderbook", MARKET)


async def _levels(one: Scene) -> tuple[float, ...]:
    return (await one.feed.instrument(MARKET)).value.levels


def _books(one: Scene, level: float) -> list[Orderbook]:
    return [v for v in one.values if isinstance(v, Orderbook) and v.grouping == level]


def _asks(book: Orderbook) -> dict[Decimal, float]:
    return {Decimal(repr(row.ask_price)): row.ask_size for row in book.levels if row.ask_size}


async def test_a_book_flows_at_two_levels_at_once_and_each_listener_gets_its_own() -> None:
    async with exchange() as upbit, scene(upbit, (PLAIN,)) as one:
        level = (await _levels(one))[1]
        grouped: list[object] = []
        watch = one.feed.subscribe((), grouped.append, holder="chart")

        swap = await watch.replace([Stream("orderbook", MARKET, level)])
        assert await until(lambda: len(grouped) >= 3 and len(_books(one, 0.0)) >= 3, 20) < NEVER

        assert swap.kind.value == "smart"
        assert swap.silent == frozenset()
        assert {book.grouping for book in grouped if isinstance(book, Orderbook)} == {level}
        assert {book.grouping for book in one.values if isinstance(book, Orderbook)} == {0.0}
        assert await upbit.subscribed() == {PLAIN, Stream("orderbook", MARKET, level)}
        assert one.reconnects == 0
        assert one.metrics("streams")["unheld"] == 0


async def test_a_grouped_row_is_the_sum_of_the_plain_rows_it_covers() -> None:
    async with exchange() as upbit, scene(upbit, (PLAIN,)) as one:
        level = (await _levels(one))[1]
        watch = one.feed.subscribe((), one.take, holder="chart")
        await watch.replace([Stream("orderbook", MARKET, level)])

        def same_moment() -> tuple[Orderbook, Orderbook] | None:
            plain = {book.exchange_ms: book for book in _books(one, 0.0)}
            pairs = [(plain.get(g.exchange_ms), g) for g in _books(one, level)]
            return next(((p, g) for p, g in pairs if p is not None), None)

        assert await until(same_moment, 20) < NEVER
        found = same_moment()
        assert found is not None
        plain, grouped = found
        best = min(_asks(grouped))
        step = Decimal(str(level))
        covered = [size for price, size in _asks(plain).items() if best - step < price <= best]
        assert _asks(grouped)[best] == pytest.approx(sum(covered), abs=1e-8)


async def test_answers_are_kept_by_level() -> None:
    async with exchange() as upbit, scene(upbit, ()) as one:
        level = (await _levels(one))[2]

        first = await one.feed.orderbook(MARKET, level)
        plain = await one.feed.orderbook(MARKET)
        again = await one.feed.orderbook(MARKET, level)

        assert (first.channel, plain.channel, again.channel) == (
            Source.REST,
            Source.REST,
            Source.CACHE,
        )
        assert first.value.grouping == again.value.grouping == level
        assert plain.value.grouping == 0.0
        assert again.value == first.value


async def test_a_level_known_not_to_be_offered_is_refused_before_anything_is_sent() -> None:
    async with exchange() as upbit, scene(upbit, (PLAIN,)) as one:
        await _levels(one)
        sent = one.metrics("budgets")["socket_requests"]
        asked = one.metrics("requests")["rest_sent"]

        with pytest.raises(UnknownLevelError):
            await one.subscription.replace([PLAIN, Stream("orderbook", MARKET, 7.0)])
        with pytest.raises(UnknownLevelError):
            await one.feed.orderbook(MARKET, 7.0)

        assert one.metrics("budgets")["socket_requests"] == sent
        assert one.metrics("requests")["rest_sent"] == asked
        assert one.subscription.streams == {PLAIN}


async def test_a_level_taken_on_trust_is_refused_once_the_instruments_are_known() -> None:
    async with exchange() as upbit, scene(upbit, (PLAIN,)) as one:
        watch = one.feed.subscribe((), lambda _: None, holder="chart")

        with pytest.raises(UnknownLevelError) as caught:
            await watch.replace([Stream("orderbook", MARKET, 7.0)])

        assert caught.value.streams == {Stream("orderbook", MARKET, 7.0)}
        assert watch.streams == frozenset()
        assert one.happened("levels_refused")
        assert one.reconnects == 0
        assert await one.next_data(10) < NEVER


async def test_held_levels_are_asked_for_anew_before_they_are_too_old_to_be_believed() -> None:
    squeeze = 25
    options = ("--speed", str(squeeze), "--limits-speed", str(squeeze))
    async with exchange(*options) as upbit, scene(upbit, (PLAIN,), squeezed(squeeze)) as one:
        level = (await _levels(one))[1]
        watch = one.feed.subscribe((), lambda _: None, holder="chart")
        await watch.replace([Stream("orderbook", MARKET, level)])
        asked = one.metrics("requests")["rest_sent"]
        oldest = 0.0
        async with asyncio.timeout(20):
            while one.metrics("requests")["rest_sent"] < asked + 3:
                known = await one.feed.instrument(MARKET)
                assert known.channel is Source.CACHE
                oldest = max(oldest, known.age_ms / 1000 * squeeze)
                await one.next_data(1)
        assert oldest <= 50
