"""The runner on a feed from the test: what it judges, orders and keeps, and what stops it."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from tests.builders import START_MS, origin, trade
from tests.paper_child import HIGH, MARKET, book_at, market_at
from tests.paper_strategies import SPREAD, always, at_least, churning
from tests.waiting import until
from upbit_auto_trading.application import order_execution, strategy_runner
from upbit_auto_trading.application.paper_trading import Desk, PaperRun, paper_run
from upbit_auto_trading.application.parity import check_parity
from upbit_auto_trading.application.run_command import text_of
from upbit_auto_trading.application.strategies import SEVEN_RULES, shipped_template
from upbit_auto_trading.domain.failure import NoDataInTimeError
from upbit_auto_trading.domain.own_indicators import OwnIndicators
from upbit_auto_trading.domain.recording import (
    Entry,
    LedgerError,
    Recording,
    RunState,
    Segment,
    Terms,
)
from upbit_auto_trading.domain.risk import RiskLimits
from upbit_auto_trading.domain.strategy import Strategy
from upbit_auto_trading.domain.stream import Delivery, Stream
from upbit_auto_trading.domain.subscription import ConnectionState, StreamHealth, StreamState
from upbit_auto_trading.infrastructure.paper_broker import PaperBroker

TERMS = Terms(Decimal(1_000_000), Decimal("0.0005"), Decimal(5000))
TRADES, BOOKS = Stream("trade", MARKET), Stream("orderbook", MARKET)
LOW = HIGH - 1000.0
NOT_LIVE = StreamHealth(StreamState.LIVE, 0.1, complete=False)


@dataclass
class MemoryLedger:
    """Keeps runs in memory as the ledger keeps them on disk; fails once told to."""

    failure: LedgerError | None = None
    segments: list[Segment] = field(default_factory=list)
    entries: list[list[Entry]] = field(default_factory=list)
    memory: Mapping[str, Any] | None = None

    async def open_run(
        self,
        market: str,  # noqa: ARG002
        strategy_id: str,  # noqa: ARG002
        terms: Terms,
        **_: Any,
    ) -> RunState:
        anchors = self.segments[-1].anchors if self.segments else {}
        starts = {name: rows[0].start_ms for name, rows in anchors.items() if rows}
        return RunState(1, terms, self.memory, starts, is_new=not self.segments)

    async def begin_segment(self, run_id: int, segment: Segment) -> int:  # noqa: ARG002
        self.segments.append(segment)
        self.entries.append([])
        return len(self.segments)

    async def commit(
        self,
        run_id: int,  # noqa: ARG002
        segment: int,
        entries: Sequence[Entry],
        memory: Mapping[str, Any],
        told: Sequence[Mapping[str, Any]] = (),  # noqa: ARG002
    ) -> None:
        await asyncio.sleep(0)
        if self.failure is not None:
            raise self.failure
        self.entries[segment - 1].extend(entries)
        self.memory = memory

    async def recordings(self, run_id: int) -> list[Recording]:  # noqa: ARG002
        pairs = zip(self.segments, self.entries, strict=True)
        return [Recording(segment, tuple(entries)) for segment, entries in pairs]


class Trading:
    """A paper run with everything it told."""

    def __init__(self, strategy: Strategy, ledger: MemoryLedger, **settings: Any) -> None:
        self.feed = market_at(START_MS, LOW)
        self.ledger = ledger
        self.strategy = strategy
        self.terms = settings.get("terms", TERMS)
        self.told: list[dict[str, Any]] = []
        self.now_ms = START_MS
        limits = settings.get("limits", RiskLimits(orders_a_minute=1000))
        self.desk = Desk(
            self.feed,
            ledger,
            PaperBroker(),
            OwnIndicators(),
            lambda: self.now_ms / 1000,
            limits,
            carry_s=0.001,
        )

    @asynccontextmanager
    async def live(self) -> AsyncIterator[PaperRun]:
        async with paper_run(self.desk, self.strategy, MARKET, self.terms, self.told.append) as run:
            yield run

    def quote(self, price: float) -> None:
        self.feed.emit(book_at(price, self.now_ms))

    def print_at(self, price: float, delivery: Delivery = Delivery.REALTIME) -> None:
        self.now_ms += 10
        self.feed.emit(
            trade(
                price=price,
                trade_ms=self.now_ms,
                origin=origin(self.now_ms / 1000, delivery=delivery),
            )
        )

    def print_over_rest(self, price: float) -> None:
        """Let a print happen that the socket doesn't bring."""
        self.now_ms += 10
        self.feed.past_trades[MARKET].append(trade(price=price, trade_ms=self.now_ms))

    def of(self, event: str, **wanted: Any) -> list[dict[str, Any]]:
        return [
            told for told in self.told if told["event"] == event and wanted.items() <= told.items()
        ]

    async def until_told(self, event: str, **wanted: Any) -> dict[str, Any]:
        await until(lambda: self.of(event, **wanted))
        return self.of(event, **wanted)[-1]


@pytest.fixture
def trading() -> Trading:
    return Trading(churning(at_least(HIGH)), MemoryLedger())


async def buy(trading: Trading) -> None:
    trading.print_at(LOW)
    trading.print_at(HIGH)
    trading.now_ms += 31
    trading.quote(HIGH)
    await trading.until_told("order", state="filled")


async def test_an_order_is_filled_from_the_book_and_told_in_order(trading: Trading) -> None:
    async with trading.live() as run:
        await buy(trading)
        position = run.recorded.live.engine.state.position
        assert position is not None
        assert len(trading.of("fill")) == 3
        assert position.quantity == sum(Decimal(f["quantity"]) for f in trading.of("fill"))
        trading.print_at(HIGH)
        await trading.until_told("order", id=2, state="filled")
        assert run.recorded.live.engine.state.position is None
    events = [told["event"] for told in trading.told]
    first = events.index("decision")
    assert events[first : first + 6] == ["decision", "order", "fill", "fill", "fill", "order"]
    times = [told["t"] for told in trading.told[first : first + 6]]
    assert times == sorted(times)


async def test_a_new_life_goes_on_with_position_and_counters(trading: Trading) -> None:
    async with trading.live():
        await buy(trading)
    again = Trading(churning(at_least(HIGH)), trading.ledger)
    async with again.live() as run:
        (started,) = again.of("started")
        assert started["resumed"]
        assert started["orders_placed"] == 1
        assert started["position"]["counts"] == {"enter": 1}
        again.now_ms += 60_000
        again.quote(HIGH)
        again.print_at(LOW)
        await again.until_told("order", id=2, state="filled")
        assert run.recorded.live.engine.state.position is None
    parity = check_parity(await trading.ledger.recordings(1), OwnIndicators())
    assert parity.holds
    assert parity.compared == 2


async def test_an_order_left_by_a_crash_is_refused_and_never_sent_again(trading: Trading) -> None:
    async with trading.live():
        trading.quote(HIGH)
        trading.print_at(LOW)
        trading.print_at(HIGH)
        await trading.until_told("order", state="intended")
        crashed = trading.ledger.memory
    assert crashed is not None
    assert crashed["open_order"]["id"] == 1
    ledger = MemoryLedger(memory=crashed, segments=trading.ledger.segments, entries=[[]])
    again = Trading(churning(at_least(HIGH)), ledger)
    async with again.live() as run:
        ended = await again.until_told("order", id=1)
        assert (ended["state"], ended["reason"]) == ("refused", "interrupted")
        assert not again.of("fill")
        assert run.recorded.live.engine.open_order is None
        again.quote(HIGH)
        again.print_at(LOW)
        again.print_at(HIGH)
        await again.until_told("order", id=2, state="filled")


async def test_a_gap_in_the_middle_of_a_position_holds_everything_back(trading: Trading) -> None:
    async with trading.live() as run:
        await buy(trading)
        trading.feed.health[TRADES] = NOT_LIVE
        trading.print_at(HIGH)
        await trading.until_told("data", quality="missing")
        assert (await trading.until_told("decision", outcome="held_back"))["reason"] == "missing"
        trading.print_at(HIGH, Delivery.BACKFILL)
        assert len(trading.of("order", state="intended")) == 1
        del trading.feed.health[TRADES]
        await trading.until_told("data", quality="backfilled")
        assert run.recorded.live.engine.open_order is None
        trading.print_at(HIGH)
        await trading.until_told("order", id=2, state="filled")
    assert check_parity(await trading.ledger.recordings(1), OwnIndicators()).holds


async def test_prints_over_rest_fire_rules_while_the_socket_is_down(trading: Trading) -> None:
    async with trading.live() as run:
        trading.print_at(LOW)
        trading.quote(HIGH)
        trading.feed.connection_state = ConnectionState.RECONNECTING
        trading.print_over_rest(HIGH)
        # Nobody knows how late the first answer's prints are: they fire nothing.
        await trading.until_told("data", quality="backfilled", t=trading.now_ms)
        trading.print_over_rest(LOW)
        carried = await trading.until_told("data", quality="rest")
        assert carried["age_ms"] is not None
        trading.print_over_rest(HIGH)
        await trading.until_told("order", id=1, state="filled")
        ticks = run.journal.counts["ticks"]
        trading.feed.connection_state = ConnectionState.CONNECTED
        # What the socket sends once more after its return is no second print.
        trading.feed.emit(*trading.feed.past_trades[MARKET][-2:])
        trading.print_at(HIGH)
        await trading.until_told("order", id=2, state="filled")
        assert trading.of("data")[-1]["quality"] == "live"
        assert run.journal.counts["ticks"] == ticks + 1
    assert check_parity(await trading.ledger.recordings(1), OwnIndicators()).holds


async def test_nothing_fires_while_neither_way_brings_prints(trading: Trading) -> None:
    async with trading.live():
        trading.print_at(LOW)
        trading.quote(HIGH)
        trading.feed.connection_state = ConnectionState.RECONNECTING
        trading.feed.request_error = NoDataInTimeError("trades", 1.0)
        trading.print_at(HIGH)
        await trading.until_told("data", quality="missing")
    assert not trading.of("order")


async def test_stale_data_fires_nothing(trading: Trading) -> None:
    async with trading.live():
        trading.quote(HIGH)
        trading.print_at(LOW)
        trading.feed.health[TRADES] = StreamHealth(StreamState.STALLED, 9.0, complete=True)
        trading.print_at(HIGH)
        await trading.until_told("data", quality="stale")
    assert not trading.of("order")


async def test_an_order_against_a_stale_book_is_refused(trading: Trading) -> None:
    async with trading.live():
        trading.quote(HIGH)
        trading.feed.health[BOOKS] = StreamHealth(StreamState.STALLED, 9.0, complete=True)
        trading.feed.request_error = NoDataInTimeError("orderbook", 1.0)
        trading.print_at(LOW)
        trading.print_at(HIGH)
        refused = await trading.until_told("order", state="refused")
    assert refused["reason"] == "no_fresh_price"
    assert trading.of("decision", outcome="refused")
    assert not trading.of("fill")


@pytest.mark.parametrize(
    ("cash", "amount", "reason"),
    [("100000", "100000", "not_enough_cash"), ("1000000", "4999", "below_minimum")],
)
async def test_an_impossible_order_is_refused_before_it_is_one(
    cash: str, amount: str, reason: str
) -> None:
    terms = Terms(Decimal(cash), Decimal("0.0005"), Decimal(5000))
    trading = Trading(churning(at_least(HIGH), amount), MemoryLedger(), terms=terms)
    async with trading.live():
        trading.quote(HIGH)
        trading.print_at(LOW)
        trading.print_at(HIGH)
        refused = await trading.until_told("decision", outcome="refused")
    assert refused["reason"] == reason
    assert not trading.of("order")


async def test_more_orders_than_a_minute_may_have_are_refused() -> None:
    limits = RiskLimits(orders_a_minute=1)
    trading = Trading(churning(at_least(HIGH)), MemoryLedger(), limits=limits)
    async with trading.live():
        await buy(trading)
        trading.print_at(LOW)
        await trading.until_told("order", id=2, state="filled")
        trading.print_at(LOW)
        trading.print_at(HIGH)
        refused = await trading.until_told("order", id=3, state="refused")
    assert refused["reason"] == "too_many_orders"


@pytest.mark.parametrize("code", ["locked", "full", "read_only", "unusable"])
async def test_a_disk_that_refuses_holds_the_run_until_it_can_be_written_again(
    code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strategy_runner, "RETRY_S", 0.01)
    ledger = MemoryLedger()
    trading = Trading(churning(at_least(HIGH)), ledger)
    async with trading.live() as run:
        ledger.failure = LedgerError(code, "trading.sqlite3", "injected")
        trading.quote(HIGH)
        trading.print_at(LOW)
        trading.print_at(HIGH)
        failing = await trading.until_told("ledger")
        assert (failing["state"], failing["code"]) == ("failing", code)
        trading.print_at(HIGH)
        trading.print_at(LOW)
        assert not trading.of("order")
        assert not trading.of("fill")
        ledger.failure = None
        # The order that was decided before is still in time, and the prints come late.
        await trading.until_told("order", id=1, state="filled")
        assert [told["state"] for told in trading.of("ledger")] == ["failing", "kept"]
        await trading.until_told("data", quality="unkept")
        await trading.until_told("data", quality="backfilled")
        held = [told["reason"] for told in trading.of("decision", outcome="held_back")]
        assert held == ["unkept"]
        trading.print_at(LOW)
        await trading.until_told("order", id=2, state="filled")
        assert run.journal.counts["ticks"] == 6
    kept = await ledger.recordings(1)
    assert check_parity(kept, OwnIndicators()).holds
    # The command line has a line for everything that was told.
    assert all(text_of(told) for told in trading.told)


async def test_an_order_that_waited_for_the_disk_too_long_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(strategy_runner, "RETRY_S", 0.01)
    monkeypatch.setattr(order_execution, "LONGEST_WAIT_S", -1.0)
    trading = Trading(churning(at_least(HIGH)), MemoryLedger())
    async with trading.live():
        trading.quote(HIGH)
        trading.print_at(LOW)
        trading.print_at(HIGH)
        refused = await trading.until_told("order", id=1, state="refused")
    assert refused["reason"] == "kept_too_late"
    assert not trading.of("fill")


async def test_a_run_that_ends_while_the_disk_refuses_says_what_it_could_not_keep() -> None:
    ledger = MemoryLedger()
    trading = Trading(churning(at_least(HIGH)), ledger)
    async with trading.live() as run:
        ledger.failure = LedgerError("full", "trading.sqlite3", "injected")
        trading.print_at(LOW)
    with pytest.raises(LedgerError) as caught:
        await run.runner.wait(0)
    assert caught.value.code == "full"


@pytest.mark.parametrize("code", ["corrupt", "closed"])
async def test_a_ledger_that_will_not_recover_ends_the_run_before_the_order_is_placed(
    code: str,
) -> None:
    ledger = MemoryLedger()
    trading = Trading(churning(at_least(HIGH)), ledger)
    with pytest.raises(LedgerError) as caught:  # noqa: PT012
        async with trading.live() as run:
            ledger.failure = LedgerError(code, "trading.sqlite3", "injected")
            trading.quote(HIGH)
            trading.print_at(LOW)
            trading.print_at(HIGH)
            await run.runner.wait(10)
    assert caught.value.code == code
    assert not trading.of("order")
    assert not trading.of("fill")


async def test_a_defect_in_who_is_told_ends_the_run(
    trading: Trading, monkeypatch: pytest.MonkeyPatch
) -> None:
    reported: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))
    async with trading.live() as run:
        monkeypatch.setattr(run.journal, "_tell", lambda told: {}[told["event"]])
        trading.quote(HIGH)
        trading.print_at(LOW)
        trading.print_at(HIGH)
        with pytest.raises(KeyError):
            await run.runner.wait(10)
        ticks = run.journal.counts["ticks"]
        trading.print_at(HIGH)
        assert run.journal.counts["ticks"] == ticks
        monkeypatch.undo()
    assert len(reported) == 1


async def test_rules_on_the_book_are_unknown_while_it_is_stale_and_replay_alike() -> None:
    trading = Trading(churning(always(SPREAD)), MemoryLedger())
    async with trading.live():
        trading.quote(HIGH)
        trading.feed.health[BOOKS] = StreamHealth(StreamState.STALLED, 9.0, complete=True)
        trading.print_at(HIGH)
        await until(lambda: trading.of("data", quality="live"))
        assert not trading.of("order")
        del trading.feed.health[BOOKS]
        trading.print_at(HIGH)
        await trading.until_told("order", state="filled")
    parity = check_parity(await trading.ledger.recordings(1), OwnIndicators())
    assert (parity.holds, parity.compared) == (True, 1)


async def test_parity_lists_what_differs(trading: Trading) -> None:
    async with trading.live():
        await buy(trading)
    (recording,) = await trading.ledger.recordings(1)
    without_fills = tuple(
        entry for entry in recording.entries if type(entry).__name__ != "TickTaken"
    )
    tampered = Recording(recording.segment, without_fills[:1])
    parity = check_parity([tampered], OwnIndicators())
    assert not parity.holds
    assert parity.agreement_percent == 0
    assert parity.differences[0].replayed is None
    assert parity.differences[0].recorded is not None


async def test_the_seven_rules_warm_up_on_the_market_s_history() -> None:
    trading = Trading(shipped_template(SEVEN_RULES).strategy, MemoryLedger())
    async with trading.live() as run:
        (segment,) = trading.ledger.segments
        # The newest minute isn't proven closed by any print: it is the running one.
        assert len(segment.anchors["1m"]) == 59
        assert run.recorded.live.market.price == LOW
        assert trading.of("data")[0]["quality"] == "backfilled"
    assert trading.feed.subscriptions == []
