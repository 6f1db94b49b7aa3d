"""A paper run on a real ledger whose disk is full, locked or broken: held, told, nothing lost."""

import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from tests.paper_child import HIGH, MARKET
from tests.paper_desk import LOW, PaperRoom
from tests.paper_strategies import at_least, churning
from tests.waiting import until
from upbit_auto_trading.application import strategy_runner
from upbit_auto_trading.application.paper_service import PaperTrading
from upbit_auto_trading.application.paper_views import RunCondition
from upbit_auto_trading.domain.order import OrderSide
from upbit_auto_trading.domain.tick import Quality

CASH = Decimal(1_000_000)


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PaperRoom:
    monkeypatch.setattr(strategy_runner, "RETRY_S", 0.01)
    return PaperRoom(tmp_path)


async def holding(room: PaperRoom, trading: PaperTrading) -> int:
    run = await trading.runs.start(churning(at_least(HIGH)), MARKET, CASH)
    room.quote(HIGH)
    room.print_at(LOW)
    room.print_at(HIGH)
    await room.until_told("order", id=1, state="filled")
    return run.run_id


async def pragma(room: PaperRoom, text: str) -> None:
    await room.ledger.use(lambda store: store.database.execute(f"PRAGMA {text}").fetchone())


async def check_books(room: PaperRoom, trading: PaperTrading, run_id: int) -> None:
    """What is on disk, what was told and what the account says are the same."""
    orders = await trading.account.orders(10_000)
    assert {order.state for order in orders} <= {"filled", "partly_filled", "refused"}
    fills = [(order, fill) for order in orders for fill in order.fills]
    assert len(room.of("fill")) == len(fills)
    view = trading.account.view()
    cash = view.start_cash
    for order, fill in fills:
        cash += (fill.funds if order.side is OrderSide.SELL else -fill.funds) - fill.fee
    assert view.cash == cash
    assert (await trading.parity(run_id)).holds


async def until_held(room: PaperRoom, trading: PaperTrading, run_id: int) -> None:
    await until(lambda: trading.runs.view(run_id).condition is RunCondition.HELD)
    held = trading.runs.view(run_id)
    assert held.quality is Quality.UNKEPT
    assert "ledger_failing" in {alert.code for alert in trading.alerts.newest}


async def until_kept(room: PaperRoom, trading: PaperTrading, run_id: int) -> None:
    await until(lambda: room.of("ledger", state="kept"))
    await until(lambda: trading.runs.view(run_id).condition is RunCondition.RUNNING)
    await until(lambda: trading.runs.view(run_id).open_order is None)


async def test_a_full_disk_holds_the_run_until_there_is_room(room: PaperRoom) -> None:
    async with room.open() as trading:
        run_id = await holding(room, trading)
        await pragma(room, "max_page_count=1")
        for _ in range(3_000):
            room.print_at(HIGH)
        await until_held(room, trading, run_id)
        await pragma(room, "max_page_count=1000000")
        await until_kept(room, trading, run_id)
        await check_books(room, trading, run_id)


async def test_a_lock_of_another_program_holds_the_run_until_it_is_gone(room: PaperRoom) -> None:
    async with room.open() as trading:
        run_id = await holding(room, trading)
        await pragma(room, "busy_timeout=1")
        with closing(sqlite3.connect(room.folder / "trading.sqlite3")) as scanner:
            scanner.execute("BEGIN IMMEDIATE")
            room.print_at(LOW)
            await until_held(room, trading, run_id)
            room.print_at(LOW)
            assert not room.of("order", id=2)
        await until_kept(room, trading, run_id)
        room.quote(HIGH)
        room.print_at(LOW)
        await until(lambda: trading.runs.view(run_id).position is None)
        await until(lambda: trading.runs.view(run_id).open_order is None)
        await check_books(room, trading, run_id)


async def test_a_kill_during_the_fault_loses_nothing_that_was_told(room: PaperRoom) -> None:
    async with room.open() as trading:
        run_id = await holding(room, trading)
        await pragma(room, "max_page_count=1")
        for _ in range(3_000):
            room.print_at(LOW)
        await until_held(room, trading, run_id)
        told = len(room.of("fill"))
        # The program ends here with the disk still full.
    async with room.open() as trading:
        view = trading.runs.view(run_id)
        assert view.condition is RunCondition.RUNNING
        orders = await trading.account.orders(10_000)
        assert sum(len(order.fills) for order in orders) == told
        assert "intended" not in {order.state for order in orders}
