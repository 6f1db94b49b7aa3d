"""Orders by hand: two steps, every limit named, money given and taken back."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.builders import ticker
from tests.paper_child import HIGH, MARKET
from tests.paper_desk import LOW, PaperRoom
from tests.paper_strategies import at_least, churning
from upbit_auto_trading.application.order_tickets import BY_HAND, VALID_S, Ticket
from upbit_auto_trading.application.paper_service import PaperTrading
from upbit_auto_trading.application.paper_views import TradingRefusedError
from upbit_auto_trading.domain.order import OrderSide
from upbit_auto_trading.domain.paper_account import TimelineFilter
from upbit_auto_trading.domain.stream import Stream

BUY, SELL = OrderSide.BUY, OrderSide.SELL
AMOUNT = Decimal(100_000)


@pytest.fixture
def room(tmp_path: Path) -> PaperRoom:
    room = PaperRoom(tmp_path)
    room.quote(HIGH)
    return room


async def refused(action: object) -> TradingRefusedError:
    with pytest.raises(TradingRefusedError) as caught:
        await action  # type: ignore[misc]
    return caught.value


async def bought(room: PaperRoom, trading: PaperTrading) -> Ticket:
    """Buy by hand."""
    ticket = await trading.tickets.prepare(MARKET, BUY, amount=AMOUNT)
    room.quote(HIGH)
    order = await trading.tickets.confirm(ticket.token)
    assert order.state == "filled"
    return ticket


async def test_a_ticket_says_what_the_book_gives_and_orders_nothing(room: PaperRoom) -> None:
    async with room.open() as trading:
        ticket = await trading.tickets.prepare(MARKET, BUY, amount=AMOUNT)
        # Two whole levels of 0.0004 and a part of the third.
        first, second, third = (Decimal(HIGH + 1000 * n) for n in (1, 2, 3))
        size = Decimal("0.0004")
        rest = AMOUNT - size * (first + second)
        expected = size + size + (rest / third).quantize(Decimal("0.00000001"), "ROUND_DOWN")
        assert ticket.quantity_expected == expected
        assert ticket.funds == AMOUNT
        assert ticket.fee == Decimal(50)
        assert ticket.depth_missing == 0
        assert ticket.slippage_percent > 0
        assert trading.runs.views() == ()
        assert await trading.account.orders() == []


async def test_nothing_is_ordered_in_a_halted_market_and_again_once_it_trades(
    room: PaperRoom,
) -> None:
    stream = Stream("ticker", MARKET)
    async with room.open() as trading:
        room.feed.latest[stream] = replace(ticker(MARKET, HIGH), is_halted=True)
        for asked in ({"side": BUY, "amount": AMOUNT}, {"side": SELL}):
            error = await refused(trading.tickets.prepare(MARKET, **asked))
            assert (error.code, error.field) == ("market_suspended", "market")
        room.feed.latest[stream] = ticker(MARKET, HIGH)
        await bought(room, trading)


async def test_a_buy_and_a_sell_by_hand_move_the_account_and_leave_no_run(room: PaperRoom) -> None:
    async with room.open() as trading:
        ticket = await bought(room, trading)
        view = trading.account.view()
        (position,) = view.positions
        assert (position.strategy_id, position.quantity) == (BY_HAND.id, ticket.quantity_expected)
        assert view.free == view.start_cash - AMOUNT - Decimal(50)
        assert view.cash == view.free
        room.quote(HIGH)
        ticket = await trading.tickets.prepare(MARKET, SELL)
        assert ticket.quantity == position.quantity
        order = await trading.tickets.confirm(ticket.token)
        assert order.funds == ticket.funds
        view = trading.account.view()
        assert view.positions == ()
        assert trading.runs.views() == ()
        assert view.free == view.equity == view.start_cash + view.realised
        assert view.realised == order.funds - order.fee - AMOUNT - Decimal(50)
        kinds = {entry.kind for entry in await trading.journal.page()}
        assert {"order", "fill", "cash", "run"} <= kinds


async def test_the_account_is_worth_the_same_at_every_moment_of_an_order_by_hand(
    room: PaperRoom,
) -> None:
    async with room.open() as trading:
        worth: list[Decimal] = []

        async def watch() -> None:
            while True:
                worth.append(trading.account.view().equity)
                await asyncio.sleep(0)

        watching = asyncio.ensure_future(watch())
        await bought(room, trading)
        room.quote(HIGH)
        ticket = await trading.tickets.prepare(MARKET, SELL)
        await trading.tickets.confirm(ticket.token)
        watching.cancel()
        points = await trading.account.equity()
        start = float(trading.account.view().start_cash)
        # The spread of the book, the fees of both ways, and nothing that was on its way.
        assert all(abs(float(one) - start) < 2_500 for one in worth), (min(worth), max(worth))
        assert all(abs(one - start) < 2_500 for one in points.equity.tolist())


async def test_a_run_is_worth_the_same_while_it_ends(room: PaperRoom) -> None:
    async with room.open() as trading:
        run = await trading.runs.start(churning(at_least(HIGH)), MARKET)
        room.print_at(LOW)
        room.print_at(HIGH)
        await room.until_told("order", state="filled")
        worth = [trading.account.view().equity]
        ending = asyncio.ensure_future(trading.runs.stop(run.run_id))
        while not ending.done():
            worth.append(trading.account.view().equity)
            await asyncio.sleep(0)
        assert set(worth) == {worth[0]}


async def test_a_position_by_hand_survives_a_restart(room: PaperRoom) -> None:
    async with room.open() as trading:
        await bought(room, trading)
        before = trading.account.view()
    async with room.open() as trading:
        after = trading.account.view()
        assert (after.cash, after.free) == (before.cash, before.free)
        assert after.positions[0].quantity == before.positions[0].quantity
        room.quote(HIGH)
        ticket = await trading.tickets.prepare(MARKET, SELL)
        assert (await trading.tickets.confirm(ticket.token)).state == "filled"
        run = (await room.books.runs(after.account_id))[0]
        assert (await trading.parity(run.id)).holds


async def test_a_runs_position_can_be_sold_by_hand_while_everything_is_stopped(
    room: PaperRoom,
) -> None:
    async with room.open() as trading:
        run = await trading.runs.start(churning(at_least(HIGH)), MARKET, Decimal(1_000_000))
        room.quote(HIGH)
        room.print_at(LOW)
        room.print_at(HIGH)
        await room.until_told("order", state="filled")
        await trading.stop_everything()
        room.quote(HIGH)
        half = Decimal("0.0004")
        ticket = await trading.tickets.prepare(MARKET, SELL, quantity=half, run_id=run.run_id)
        order = await trading.tickets.confirm(ticket.token)
        assert (order.rule, order.filled_quantity) == ("", half)
        ticket = await trading.tickets.prepare(MARKET, BUY, amount=AMOUNT, run_id=run.run_id)
        assert (await refused(trading.tickets.confirm(ticket.token))).code == "everything_stopped"
        assert (await trading.parity(run.run_id)).holds


@pytest.mark.parametrize(
    ("order", "code", "field"),
    [
        ({"side": BUY}, "out_of_range", "amount"),
        ({"side": BUY, "amount": Decimal(-5)}, "out_of_range", "amount"),
        ({"side": BUY, "amount": Decimal("NaN")}, "out_of_range", "amount"),
        ({"side": BUY, "amount": Decimal(4_999)}, "below_minimum", "amount"),
        ({"side": BUY, "amount": Decimal(10_000_000)}, "not_enough_cash", "amount"),
        ({"side": SELL}, "nothing_held", "quantity"),
        ({"side": BUY, "amount": AMOUNT, "market": "KRW-NONE"}, "market_not_listed", "market"),
        ({"side": BUY, "amount": AMOUNT, "market": "USDT-BTC"}, "quote_not_offered", "market"),
        ({"side": BUY, "amount": AMOUNT, "run_id": 99}, "unknown_run", ""),
    ],
)
async def test_an_order_that_cannot_be_names_field_and_limit(
    room: PaperRoom, order: dict[str, Any], code: str, field: str
) -> None:
    async with room.open() as trading:
        asked = {"market": MARKET} | order
        error = await refused(trading.tickets.prepare(**asked))
        assert (error.code, error.field) == (code, field)


@pytest.mark.parametrize(
    ("quantity", "code"),
    [("1", "more_than_held"), ("0.000000001", "out_of_range"), ("0.00001", "below_minimum")],
)
async def test_a_sell_beyond_its_limits_is_refused(
    room: PaperRoom, quantity: str, code: str
) -> None:
    async with room.open() as trading:
        await bought(room, trading)
        error = await refused(trading.tickets.prepare(MARKET, SELL, quantity=Decimal(quantity)))
        assert (error.code, error.field) == (code, "quantity")


async def test_a_token_counts_once_and_not_for_ever(
    room: PaperRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    async with room.open() as trading:
        monkeypatch.setattr(trading.tickets, "_clock", lambda: now[0])
        ticket = await bought(room, trading)
        assert (await refused(trading.tickets.confirm(ticket.token))).code == "ticket_unknown"
        late = await trading.tickets.prepare(MARKET, BUY, amount=AMOUNT)
        now[0] = VALID_S + 0.1
        assert (await refused(trading.tickets.confirm(late.token))).code == "ticket_expired"
        cancelled = await trading.tickets.prepare(MARKET, BUY, amount=AMOUNT)
        trading.tickets.cancel(cancelled.token)
        assert (await refused(trading.tickets.confirm(cancelled.token))).code == "ticket_unknown"
        assert len(await trading.account.orders()) == 1


async def test_depth_that_is_not_enough_is_said_before_and_after(room: PaperRoom) -> None:
    async with room.open() as trading:
        ticket = await trading.tickets.prepare(MARKET, BUY, amount=Decimal(500_000))
        assert ticket.depth_missing > 0
        assert ticket.funds + ticket.depth_missing == 500_000
        order = await trading.tickets.confirm(ticket.token)
        assert (order.state, order.detail) == ("partly_filled", "no_depth")
        assert order.funds == ticket.funds
        assert trading.account.view().cash == trading.account.view().free


async def test_an_order_a_limit_forbids_is_refused_and_its_money_comes_back(
    room: PaperRoom,
) -> None:
    async with room.open() as trading:
        limits = replace(trading.account.limits, largest_order=Decimal(50_000))
        await trading.account.set_limits(limits)
        ticket = await trading.tickets.prepare(MARKET, BUY, amount=AMOUNT)
        order = await trading.tickets.confirm(ticket.token)
        assert (order.state, order.detail) == ("refused", "order_too_large")
        view = trading.account.view()
        assert view.free == view.equity == view.start_cash
        (told,) = await trading.journal.page(
            TimelineFilter(text="order_too_large", kinds=frozenset({"order"}))
        )
        assert told.correlation == order.correlation
