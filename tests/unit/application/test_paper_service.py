"""The paper account as the window has it, on a real ledger: runs, money, stop, restart, reset."""

from decimal import Decimal
from pathlib import Path

import pytest

from tests.builders import ticker
from tests.paper_child import HIGH, MARKET
from tests.paper_desk import LOW, OTHER, PaperRoom
from tests.paper_strategies import at_least, churning
from tests.waiting import until
from upbit_auto_trading.application.paper_service import PaperTrading
from upbit_auto_trading.application.paper_views import RunCondition, TradingRefusedError
from upbit_auto_trading.domain.order import OrderSide
from upbit_auto_trading.domain.paper_account import TimelineFilter
from upbit_auto_trading.domain.risk import RiskLimits
from upbit_auto_trading.domain.tick import Quality
from upbit_auto_trading.domain.truth import Truth

CASH = Decimal(1_000_000)


@pytest.fixture
def room(tmp_path: Path) -> PaperRoom:
    return PaperRoom(tmp_path)


async def hold(room: PaperRoom, trading: PaperTrading, market: str = MARKET) -> int:
    """Start the churning strategy and let it buy."""
    run = await trading.runs.start(churning(at_least(HIGH)), market, CASH)
    room.quote(HIGH, market)
    room.print_at(LOW, market)
    room.print_at(HIGH, market)
    await room.until_told("order", state="filled", market=market)
    return run.run_id


async def refused(action: object) -> TradingRefusedError:
    with pytest.raises(TradingRefusedError) as caught:
        await action  # type: ignore[misc]
    return caught.value


async def test_a_run_shows_where_it_stands_and_what_its_rules_think(room: PaperRoom) -> None:
    async with room.open() as trading:
        run_id = await hold(room, trading)
        run = trading.runs.view(run_id)
        assert run.condition is RunCondition.RUNNING
        assert (run.quality, run.price, run.given) == (Quality.LIVE, HIGH, CASH)
        assert run.position is not None
        assert run.position.counts == {"enter": 1}
        leave, enter = trading.runs.rules(run_id)
        assert (leave.rule.id, leave.truth) == ("leave", Truth.TRUE)
        assert (enter.fired, enter.fired_ever) == (1, 1)
        assert enter.suppression == "holding"
        (comparison,) = enter.comparisons
        assert (comparison.left, comparison.right) == (HIGH, HIGH)
        room.print_at(LOW)
        await room.until_told("order", id=2, state="filled")
        assert trading.runs.view(run_id).position is None
        _, enter = trading.runs.rules(run_id)
        assert enter.firing_price is not None
        assert enter.firing_price.price == HIGH
        nearest = trading.runs.view(run_id).nearest
        assert nearest is not None
        assert (nearest[0].id, nearest[1].from_below) == ("enter", True)


async def test_the_account_adds_up_whatever_runs_hold(room: PaperRoom) -> None:
    async with room.open() as trading:
        await hold(room, trading)
        await hold(room, trading, OTHER)
        view = trading.account.view()
        assert view.start_cash == 10_000_000
        assert view.free == view.start_cash - 2 * CASH
        assert view.cash + view.held == view.equity
        assert len(view.positions) == 2
        assert view.equity == view.start_cash + view.realised + view.unrealised
        fills = await room.books.fills_since(view.account_id, 0)
        spent = sum(fill.funds + fill.fee for _, _, fill in fills)
        assert view.cash == view.start_cash - spent
        assert view.fees == sum(fill.fee for _, _, fill in fills)
        assert view.orders_today.filled == 2
        points = await trading.account.equity()
        assert points.equity[-1] == pytest.approx(float(view.equity))
        assert points.ms[-1] == room.now_ms


async def test_orders_come_newest_first_with_their_history_and_fills(room: PaperRoom) -> None:
    async with room.open() as trading:
        await hold(room, trading)
        room.print_at(LOW)
        await room.until_told("order", id=2, state="filled")
        newest, first = await trading.account.orders()
        assert (newest.side, first.side) == (OrderSide.SELL, OrderSide.BUY)
        assert [state for state, _ in first.history] == ["intended", "filling", "filled"]
        assert len(first.fills) == 3
        assert first.filled_price is not None
        assert HIGH < first.filled_price <= HIGH + 3000
        assert first.fee == first.funds * Decimal("0.0005")
        assert await trading.account.orders(1) == [newest]
        assert await trading.account.orders(5, before=newest) == [first]
        assert await trading.account.orders(open_only=True) == []


async def test_a_restart_goes_on_with_positions_counters_and_money(room: PaperRoom) -> None:
    async with room.open() as trading:
        run_id = await hold(room, trading)
        stopped = await trading.runs.start(churning(at_least(HIGH)), OTHER, CASH)
        await trading.runs.stop(stopped.run_id)
        before = trading.account.view()
    async with room.open() as trading:
        (recovered,) = trading.recovered
        assert recovered.run_id == run_id
        assert recovered.condition is RunCondition.RUNNING
        assert trading.runs.view(stopped.run_id).condition is RunCondition.STOPPED
        after = trading.account.view()
        assert (after.cash, after.free, after.fees) == (before.cash, before.free, before.fees)
        assert after.orders_today == before.orders_today
        assert trading.runs.rules(run_id)[1].fired_ever == 1
        room.now_ms += 60_000
        room.quote(HIGH)
        room.print_at(LOW)
        await room.until_told("order", id=2, state="filled")


async def test_a_run_the_exchange_kept_from_going_on_says_why_and_is_tried_again(
    room: PaperRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("upbit_auto_trading.application.paper_service._AGAIN_S", 0.01)
    async with room.open() as trading:
        run_id = await hold(room, trading)
    listed, room.feed.listed = room.feed.listed, room.feed.listed[1:]
    async with room.open() as trading:
        failed = trading.runs.view(run_id)
        assert (failed.condition, failed.trouble) == (RunCondition.FAILED, "unknown_market")
        assert failed.position is not None
        room.feed.listed = listed
        await until(lambda: trading.runs.view(run_id).is_live)


async def test_what_a_stopped_run_holds_follows_the_markets_ticker(room: PaperRoom) -> None:
    async with room.open() as trading:
        run_id = await hold(room, trading)
        await trading.runs.stop(run_id)
        room.feed.emit(ticker(MARKET, HIGH * 2))
        position = trading.runs.view(run_id).position
        assert position is not None
        assert position.price == HIGH * 2
        assert position.profit > 0
        assert trading.account.view().held == position.value
        assert trading.account.view().unrealised == position.profit
        await trading.runs.start(churning(at_least(HIGH)), MARKET)
        assert trading.runs.view(run_id).is_live


async def test_stopping_everything_stops_all_orders_until_it_is_allowed_again(
    room: PaperRoom,
) -> None:
    async with room.open() as trading:
        run_id = await hold(room, trading)
        report = await trading.stop_everything()
        assert report.suspended == (run_id,)
        assert (await trading.stop_everything()).suspended == ()
        room.print_at(HIGH)
        kept = await room.until_told("decision", outcome="suppressed", rule="leave")
        assert kept["reason"] == "run_suspended"
        assert trading.account.view().is_stopped
        code = (await refused(trading.runs.start(churning(at_least(1.0)), OTHER))).code
        assert code == "everything_stopped"
    async with room.open() as trading:
        assert trading.account.view().is_stopped
        assert trading.runs.view(run_id).condition is RunCondition.SUSPENDED
        await trading.allow_again()
        room.quote(HIGH)
        room.print_at(LOW)
        await room.until_told("order", id=2, state="filled")
    states = [t["state"] for t in room.of("run") if t["run"] == run_id]
    assert states == ["started", "suspended", "ended", "recovered", "resumed", "ended"]


@pytest.mark.parametrize(
    ("market", "cash", "code", "field"),
    [
        ("BTC-ETH", CASH, "quote_not_offered", "market"),
        ("KRW-NONE", CASH, "market_not_listed", "market"),
        (MARKET, Decimal(10_000_001), "not_enough_cash", "cash"),
        (MARKET, Decimal(4_999), "below_minimum", "cash"),
        (MARKET, Decimal(50_000), "has_errors", "strategy"),
    ],
)
async def test_a_start_that_cannot_be_names_the_field(
    room: PaperRoom, market: str, cash: Decimal, code: str, field: str
) -> None:
    async with room.open() as trading:
        error = await refused(trading.runs.start(churning(at_least(HIGH)), market, cash))
        assert (error.code, error.field) == (code, field)
        assert trading.runs.views() == ()
        assert trading.account.view().free == 10_000_000


async def test_the_same_market_and_strategy_run_once(room: PaperRoom) -> None:
    async with room.open() as trading:
        run_id = await hold(room, trading)
        error = await refused(trading.runs.start(churning(at_least(HIGH)), MARKET))
        assert (error.code, error.facts) == ("already_running", {"run": run_id})
        assert (await refused(trading.runs.close_run(run_id))).code == "position_open"
        room.print_at(LOW)
        await room.until_told("order", id=2, state="filled")
        cash = trading.runs.view(run_id).cash
        await trading.runs.close_run(run_id)
        assert trading.runs.views() == ()
        assert trading.account.view().free == 10_000_000 - CASH + cash
        assert trading.account.view().cash == trading.account.view().equity


async def test_a_reset_begins_anew_and_keeps_what_was(room: PaperRoom) -> None:
    async with room.open() as trading:
        await hold(room, trading)
        before = trading.account.view()
        view = await trading.account.reset(Decimal(5_000_000))
        assert (view.equity, view.positions) == (Decimal(5_000_000), ())
        assert view.account_id != before.account_id
        assert trading.runs.views() == ()
        assert len(await room.books.orders(before.account_id, 10)) == 1
        assert await trading.account.orders() == []
        (kept,) = await trading.account.orders(with_earlier=True)
        assert kept.state == "filled"
        (told,) = await trading.journal.page(TimelineFilter(kinds=frozenset({"account"})))
        assert told.data["state"] == "reset"
        assert (await refused(trading.account.reset(Decimal(-1)))).field == "cash"
        await hold(room, trading)


async def test_another_version_of_the_strategy_takes_over_at_once_or_once_flat(
    room: PaperRoom,
) -> None:
    later = churning(at_least(HIGH + 1000), "200000")
    async with room.open() as trading:
        run_id = await hold(room, trading)
        await trading.runs.change_strategy(run_id, later, when_flat=True)
        assert trading.runs.view(run_id).pending == later
        room.print_at(LOW)
        await until(lambda: trading.runs.view(run_id).strategy == later)
        await until(lambda: trading.runs.view(run_id).is_live)
        assert trading.runs.view(run_id).pending is None
        room.quote(HIGH)
        room.print_at(HIGH)
        room.print_at(HIGH + 1000)
        await room.until_told("order", id=3, state="filled")
        assert trading.runs.view(run_id).position is not None
        await trading.runs.change_strategy(run_id, churning(at_least(HIGH)))
        assert trading.runs.view(run_id).strategy == churning(at_least(HIGH))
        assert trading.runs.view(run_id).position is not None
        told = await trading.journal.page(TimelineFilter(kinds=frozenset({"run"})))
        assert [entry.data["state"] for entry in told] == [
            *("changed", "ended") * 2,
            "started",
        ]


async def test_a_life_of_more_than_a_day_ends_while_nothing_is_held(
    room: PaperRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("upbit_auto_trading.application.paper_service._RENEW_S", 0.01)
    async with room.open() as trading:
        run_id = await hold(room, trading)
        room.now_ms += 86_400_001
        room.quote(HIGH)
        room.print_at(LOW)
        await room.until_told("run", state="ended")
        await until(lambda: trading.runs.view(run_id).is_live)
        # It was sold first: a life that holds something goes on.
        events = [told["event"] for told in room.told if told.get("state") in ("filled", "ended")]
        assert events == ["order", "order", "run"]
        assert len(await room.ledger.recordings(run_id)) >= 2
        assert trading.runs.rules(run_id)[1].fired_ever == 1


async def test_limits_hold_across_runs_and_survive_a_restart(room: PaperRoom) -> None:
    async with room.open() as trading:
        limits = RiskLimits(orders_a_minute=1000, largest_exposure=Decimal(150_000))
        await trading.account.set_limits(limits)
    async with room.open() as trading:
        assert trading.account.limits == limits
        await hold(room, trading)
        await trading.runs.start(churning(at_least(HIGH)), OTHER, CASH)
        room.quote(HIGH, OTHER)
        room.print_at(LOW, OTHER)
        room.print_at(HIGH, OTHER)
        told = await room.until_told("order", state="refused", market=OTHER)
        assert told["reason"] == "exposure_too_large"
        bad = await refused(trading.account.set_limits(RiskLimits(daily_loss=Decimal(0))))
        assert (bad.code, bad.field) == ("out_of_range", "daily_loss")


async def test_what_was_lost_today_counts_after_a_restart_and_not_after_a_reset(
    room: PaperRoom,
) -> None:
    async with room.open() as trading:
        await hold(room, trading)
        room.quote(LOW)
        room.print_at(LOW)
        await room.until_told("order", id=2, state="filled")
        lost = -trading.account.view().realised
        assert lost > 0
    async with room.open() as trading:
        await trading.account.set_limits(RiskLimits(orders_a_minute=1000, daily_loss=lost))
        room.quote(HIGH)
        room.print_at(LOW)
        room.print_at(HIGH)
        told = await room.until_told("order", id=3, state="refused")
        assert told["reason"] == "daily_loss"
        await trading.account.reset()
        room.told.clear()
        await hold(room, trading)


async def test_a_finished_run_agrees_with_itself_when_judged_again(room: PaperRoom) -> None:
    async with room.open() as trading:
        run_id = await hold(room, trading)
        await trading.runs.suspend(run_id)
        room.print_at(LOW)
        await room.until_told("decision", outcome="suppressed")
        await trading.runs.suspend(run_id, is_suspended=False)
        room.print_at(LOW)
        await room.until_told("order", id=2, state="filled")
        await trading.runs.stop(run_id)
        parity = await trading.parity(run_id)
        assert parity.holds
        assert parity.segments == 1
        assert parity.compared == len(room.of("decision"))
