"""Strategies at work on paper: started, suspended, stopped, gone on with after a restart."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from upbit_auto_trading.application.held_prices import HeldPrices
from upbit_auto_trading.application.listeners import subscribed, tell_all
from upbit_auto_trading.application.paper_views import (
    PositionView,
    RuleView,
    RunCondition,
    RunView,
    TradingRefusedError,
)
from upbit_auto_trading.application.run_slot import RunSlot
from upbit_auto_trading.application.run_terms import (
    FEE_RATE,
    check_market,
    refuse_errors,
    terms_for,
)
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.document import InvalidDocumentError
from upbit_auto_trading.domain.failure import MarketDataError
from upbit_auto_trading.domain.money import minimum_total
from upbit_auto_trading.domain.paper_account import RunStanding
from upbit_auto_trading.domain.recording import LedgerError, Terms
from upbit_auto_trading.domain.strategy_json import strategy_from_json, strategy_to_json
from upbit_auto_trading.tasks import TaskOwner

if TYPE_CHECKING:
    from collections.abc import Callable

    from upbit_auto_trading.application.paper_trading import Desk, PaperRun
    from upbit_auto_trading.application.run_journal import Told
    from upbit_auto_trading.application.trading_ports import Books
    from upbit_auto_trading.domain.paper_account import AccountRecord, RunRecord
    from upbit_auto_trading.domain.strategy import Strategy

_log = logging.getLogger(__name__)


class PaperRuns:
    """The runs of one paper account, one per market and strategy.

    `listen` is told after everything that moved one of them, which can be a thousand times a
    second: a listener only notes that there is something to show.
    """

    def __init__(self, desk: Desk, books: Books) -> None:
        self._desk, self._books = replace(desk, held_elsewhere=self._held_elsewhere), books
        self._slots: dict[int, RunSlot] = {}
        self._listeners: list[Callable[[], None]] = []
        self._tellers: list[Callable[[Told], None]] = []
        self._tasks = TaskOwner("paper-runs")
        self._prices = HeldPrices(desk.feed, self._priced)
        self._starting = asyncio.Lock()
        self._account: AccountRecord | None = None
        self._returned = Decimal(0)
        self.is_stopped = False

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` after every change; return what ends that."""
        return subscribed(self._listeners, listener)

    def listen_to_events(self, teller: Callable[[Told], None]) -> Callable[[], None]:
        """Call `teller` with everything the runs do from now on; return what ends that."""
        return subscribed(self._tellers, teller)

    def tell(self, told: Told) -> None:
        """Tell those who listen to events of something that is in the timeline."""
        tell_all(self._tellers, told)

    def views(self) -> tuple[RunView, ...]:
        """Return every open run, oldest first."""
        return tuple(slot.view() for slot in self._slots.values())

    def positions(self) -> tuple[PositionView, ...]:
        """Return every open position, oldest run first."""
        found = (slot.position_view() for slot in self._slots.values())
        return tuple(position for position in found if position is not None)

    def view(self, run_id: int) -> RunView:
        """Return one open run.

        Raises:
            TradingRefusedError: `unknown_run`.
        """
        return self._of(run_id).view()

    def find(self, market: str, strategy_id: str) -> RunView | None:
        """Return the open run of a market and strategy, None where there is none."""
        slot = self._find(market, strategy_id)
        return None if slot is None else slot.view()

    def rules(self, run_id: int) -> tuple[RuleView, ...]:
        """Return every rule of a live run in acting order; empty while it isn't live.

        Raises:
            TradingRefusedError: `unknown_run`.
        """
        return self._of(run_id).rules()

    def live(self, run_id: int) -> PaperRun:
        """Return a live run.

        Raises:
            TradingRefusedError: `unknown_run`, `not_running`.
        """
        run = self._of(run_id).run
        if run is None:
            raise TradingRefusedError("not_running", run=run_id)
        return run

    @property
    def slots(self) -> tuple[RunSlot, ...]:
        """The open runs themselves, oldest first."""
        return tuple(self._slots.values())

    async def open(self, account: AccountRecord, *, is_stopped: bool) -> None:
        """Take over an account's open runs as they stand on disk; nothing is started.

        Raises:
            LedgerError: the disk doesn't let it.
        """
        self._desk = replace(self._desk, account=account.id)
        self._account, self._returned = account, Decimal(0)
        self.is_stopped = is_stopped
        self._slots = {}
        for record in await self._books.runs(account.id):
            if record.standing is RunStanding.CLOSED:
                self._returned += record.cash - record.given
            elif record.strategy:
                await self._take_over(record)
        self._watch_prices()
        self._changed()

    async def recover(self) -> tuple[RunView, ...]:
        """Go on with every run that was active when the program ended; return them.

        One that can't go on is FAILED, with the reason as its `trouble`.
        """
        slots = [s for s in self._slots.values() if s.record.standing is RunStanding.ACTIVE]
        for slot in slots:
            if slot.run is not None:
                continue
            try:
                await slot.begin(self._desk)
                await slot.stand(RunStanding.ACTIVE, "recovered")
            except (TradingRefusedError, MarketDataError, LedgerError) as error:
                _log.warning("run %s can't go on: %s", slot.record.id, error)
                if not slot.is_failure_told:
                    await slot.tell_failure(slot.view().trouble)
        self._watch_prices()
        return tuple(slot.view() for slot in slots)

    async def start(self, strategy: Strategy, market: str, cash: Decimal | None = None) -> RunView:
        """Run a strategy on a market, or go on with the stopped run of the same two.

        A new run gets `cash`, by default the strategy's allocation or the capital it needs, out
        of the account's free cash. One that is gone on with keeps its own and follows the
        strategy as it is now.

        Raises:
            TradingRefusedError: `everything_stopped`, `already_running`, `quote_not_offered`,
                `market_not_listed`, `has_errors`, `below_minimum`, `not_enough_cash`,
                `unusable_strategy`.
            MarketDataError: the market list or history can't be had.
            LedgerError: it can't be kept.
        """
        if self.is_stopped:
            raise TradingRefusedError("everything_stopped")
        await check_market(self._desk.feed, market)
        async with self._starting:
            slot = self._find(market, strategy.id)
            if slot is None:
                terms = terms_for(strategy, market, cash, self.free())
                slot = await self._opened(strategy, market, terms)
            elif slot.run is not None:
                raise TradingRefusedError("already_running", run=slot.record.id)
            slot.strategy = strategy
            await self._go(slot)
        return slot.view()

    async def start_by_hand(self, strategy: Strategy, market: str) -> RunView:
        """Return the live run that takes orders by hand on a market, begun where there is none.

        It has no money of its own. Raises as `start` does.
        """
        async with self._starting:
            slot = self._find(market, strategy.id)
            if slot is None:
                await check_market(self._desk.feed, market)
                terms = Terms(Decimal(0), FEE_RATE, minimum_total(market))
                slot = await self._opened(strategy, market, terms)
            if slot.run is None:
                await self._go(slot)
        return slot.view()

    async def stop(self, run_id: int) -> None:
        """Judge nothing more in a run; what it holds stays, and it can be started again.

        Raises:
            TradingRefusedError: `unknown_run`.
            LedgerError: it has stopped, but what it did last isn't kept, or it will be started
                again with the program.
        """
        slot = self._of(run_id)
        await slot.end(RunCondition.STOPPED)
        await slot.stand(RunStanding.STOPPED, "stopped")
        self._watch_prices()

    async def close_run(self, run_id: int) -> None:
        """End a run for good and give its cash back to the account.

        Raises:
            TradingRefusedError: `unknown_run`, `position_open`.
            LedgerError: it can't be kept.
        """
        slot = self._of(run_id)
        if slot.position is not None:
            raise TradingRefusedError("position_open", run=run_id)
        await slot.end(RunCondition.STOPPED)
        await slot.stand(RunStanding.CLOSED, "closed")
        self._returned += slot.record.cash - slot.record.given
        del self._slots[run_id]
        self._changed()

    async def suspend(self, run_id: int, *, is_suspended: bool = True) -> None:
        """Let a run's rules order nothing, or let them go on; repeated it changes nothing.

        Raises:
            TradingRefusedError: `unknown_run`, `not_running`, `everything_stopped`.
            LedgerError: it is so, but couldn't be kept yet.
        """
        if self.is_stopped and not is_suspended:
            raise TradingRefusedError("everything_stopped")
        self.live(run_id)
        await self._of(run_id).suspend(is_suspended=is_suspended)

    async def change_strategy(
        self, run_id: int, strategy: Strategy, *, when_flat: bool = False
    ) -> None:
        """Let a live run follow another version of its strategy: now, or once it holds nothing.

        Position, cash and what rules of the same id did stay.

        Raises:
            TradingRefusedError: `unknown_run`, `not_running`, `has_errors`, `unusable_strategy`.
            MarketDataError, LedgerError: it couldn't be begun again; it is FAILED then.
        """
        slot = self._of(run_id)
        self.live(run_id)
        refuse_errors(strategy, slot.record.terms)
        if when_flat and slot.position is not None:
            slot.pending = strategy
            self._changed()
        else:
            await slot.change(self._desk, strategy)

    async def renew(self, older_than_ms: int) -> None:
        """Begin lives anew that began before that and hold nothing.

        Only ticks of ended lives can be dropped, and a life may last for weeks.
        """
        for slot in self.slots:
            is_old = slot.run is not None and slot.begun_ms < older_than_ms
            if not is_old or slot.position is not None or slot.has_open_order:
                continue
            try:
                await slot.change(self._desk, slot.strategy)
            except (TradingRefusedError, MarketDataError, LedgerError) as error:
                _log.warning("run %s couldn't be begun anew: %s", slot.record.id, error)

    async def close(self) -> None:
        """End every live run in order; those that were active go on with the next start."""
        self._prices.close()
        for slot in list(self._slots.values()):
            try:
                await slot.end(RunCondition.STOPPED)
            except LedgerError as error:
                _log.error("E-LEDGER: what run %s did last is lost: %s", slot.record.id, error)
        await self._tasks.close()

    def free(self) -> Decimal:
        """Return the account's cash that no run has."""
        if self._account is None:
            return Decimal(0)
        given = sum((slot.record.given for slot in self._slots.values()), Decimal(0))
        return self._account.cash + self._returned - given

    async def move_cash(self, run_id: int, amount: Decimal) -> None:
        """Give a live run some of the account's cash, or take some back.

        Raises:
            TradingRefusedError: `unknown_run`, `not_running`.
            LedgerError: it is so, but couldn't be kept yet.
        """
        await self._of(run_id).move_cash(amount)

    def cash_in_runs(self) -> Decimal:
        """Return the cash that open runs have."""
        return sum((slot.cash for slot in self._slots.values()), Decimal(0))

    async def _go(self, slot: RunSlot) -> None:
        await slot.begin(self._desk)
        await slot.stand(RunStanding.ACTIVE, "started")

    async def _take_over(self, record: RunRecord) -> None:
        try:
            strategy = strategy_from_json(record.strategy, shipped_variables())
        except InvalidDocumentError as error:
            # Its money stays where it is; its orders and fills can still be read.
            self._returned -= record.given
            _log.error("E-RUN: run %s follows a strategy nobody can read: %s", record.id, error)
            return
        slot = self._slot(record, strategy)
        slot.fired = await self._books.rule_counts(record.id)

    async def _opened(self, strategy: Strategy, market: str, terms: Terms) -> RunSlot:
        account, now_ms = self._desk.account, self._now_ms()
        ledger = self._desk.ledger
        state = await ledger.open_run(market, strategy.id, terms, account=account, now_ms=now_ms)
        record = replace(await self._books.run(state.run_id), strategy=strategy_to_json(strategy))
        return self._slot(record, strategy)

    def _slot(self, record: RunRecord, strategy: Strategy) -> RunSlot:
        slot = RunSlot(
            record, strategy, self._books, self._tasks, self._changed, self._told, self._now_ms
        )
        self._slots[record.id] = slot
        return slot

    def _told(self, told: Told) -> None:
        if told["event"] == "fill":
            slot = self._slots.get(told["run"])
            if slot is not None and slot.pending is not None and slot.position is None:
                pending, slot.pending = slot.pending, None
                self._tasks.start(slot.change(self._desk, pending), f"change {slot.record.id}")
        self.tell(told)

    def _changed(self) -> None:
        tell_all(self._listeners)

    def _held_elsewhere(self, run_id: int) -> Decimal:
        values = (p.value for p in self.positions() if p.run_id != run_id)
        return sum(values, Decimal(0))

    def _watch_prices(self) -> None:
        """Hold the tickers of what is held in runs that aren't live."""
        self._prices.watch(
            slot.record.market
            for slot in self._slots.values()
            if slot.run is None and slot.position is not None
        )

    def _priced(self, market: str, price: float) -> None:
        for slot in self._slots.values():
            if slot.record.market == market:
                slot.price = price
        self._changed()

    def _find(self, market: str, strategy_id: str) -> RunSlot | None:
        for slot in self._slots.values():
            if (slot.record.market, slot.record.strategy_id) == (market, strategy_id):
                return slot
        return None

    def _of(self, run_id: int) -> RunSlot:
        try:
            return self._slots[run_id]
        except KeyError:
            raise TradingRefusedError("unknown_run", run=run_id) from None

    def _now_ms(self) -> int:
        return round(self._desk.wall() * 1000)
