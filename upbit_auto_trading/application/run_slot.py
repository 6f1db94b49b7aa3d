"""One open run of a paper account: on disk always, live while it is begun."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from math import isnan
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.application.paper_trading import Desk, PaperRun, paper_run
from upbit_auto_trading.application.paper_views import (
    PositionView,
    RuleView,
    RunCondition,
    RunView,
    TradingRefusedError,
)
from upbit_auto_trading.application.run_watch import position_view, rule_views, run_view
from upbit_auto_trading.domain.document import InvalidDocumentError
from upbit_auto_trading.domain.evaluation import UnfinishedComparisonError
from upbit_auto_trading.domain.failure import MarketDataError
from upbit_auto_trading.domain.own_indicators import NoIndicatorError
from upbit_auto_trading.domain.position import Position
from upbit_auto_trading.domain.recording import CashMoved, LedgerError, Suspended
from upbit_auto_trading.domain.variable import InvalidOperandError, UnknownVariableError

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from upbit_auto_trading.application.run_journal import Told
    from upbit_auto_trading.application.trading_ports import Books
    from upbit_auto_trading.domain.paper_account import RunRecord, RunStanding
    from upbit_auto_trading.domain.strategy import Strategy
    from upbit_auto_trading.tasks import TaskOwner

_ACTED: Final = frozenset({"ordered", "entered_mode", "notified"})
_CANT_RUN: Final = (
    UnknownVariableError,
    InvalidOperandError,
    UnfinishedComparisonError,
    NoIndicatorError,
    InvalidDocumentError,
)


class RunSlot:
    """Begins, watches and ends one run.

    `changed` is called after everything that moved it, `tell` with everything that happened.
    `price` is the newest price of the market, for a run that isn't live; `now_ms` the clock in
    epoch milliseconds.
    """

    def __init__(
        self,
        record: RunRecord,
        strategy: Strategy,
        books: Books,
        tasks: TaskOwner,
        changed: Callable[[], None],
        tell: Callable[[Told], None],
        now_ms: Callable[[], int],
    ) -> None:
        self.record, self.strategy = record, strategy
        self.fired: dict[str, int] = {}
        self.pending: Strategy | None = None
        self.run: PaperRun | None = None
        self.price: float | None = None
        self.is_failure_told = False
        self.begun_ms = 0
        self._lifecycle = asyncio.Lock()
        self._stack: AsyncExitStack | None = None
        self._condition, self._trouble = RunCondition.STOPPED, ""
        self._books, self._tasks, self._changed, self._tell = books, tasks, changed, tell
        self._now_ms = now_ms

    def view(self) -> RunView:
        """Return where the run stands."""
        if self.run is not None:
            return run_view(self.record, self.run, self.strategy, self.pending)
        memory = self.record.memory or {}
        return RunView(
            self.record.id,
            self.record.market,
            self.strategy,
            self._condition,
            None,
            None,
            self.price,
            0,
            self.cash,
            self.record.given,
            self.position_view(),
            None,
            int(memory.get("orders_placed", 0)),
            self.record.opened_ms,
            trouble=self._trouble,
        )

    def rules(self) -> tuple[RuleView, ...]:
        """Return every rule in acting order; empty while the run isn't live."""
        return () if self.run is None else rule_views(self.run, self.fired)

    @property
    def position(self) -> Position | None:
        """What it holds."""
        if self.run is not None:
            return self.run.recorded.live.engine.state.position
        data = None if self.record.memory is None else self.record.memory.get("position")
        return None if data is None else Position.from_data(data)

    @property
    def has_open_order(self) -> bool:
        """Whether an order is under way."""
        return self.run is not None and self.run.recorded.live.engine.open_order is not None

    @property
    def cash(self) -> Decimal:
        """The cash it has."""
        if self.run is not None:
            return self.run.recorded.live.engine.state.account.cash
        return self.record.cash

    def position_view(self) -> PositionView | None:
        """Return what it holds at the newest price; at the average price where none is known."""
        position, price = self.position, self.price
        if position is None:
            return None
        if self.run is not None:
            live_price = self.run.recorded.live.market.price
            price = price if isnan(live_price) else live_price
        known = position.average if price is None else price
        return position_view(self.record, position, known, self.record.terms.fee_rate)

    async def begin(self, desk: Desk) -> None:
        """Go live where it was left. Harmless while it is live.

        Raises:
            TradingRefusedError: `unusable_strategy`.
            MarketDataError: history can't be had.
            LedgerError: it can't be kept.
        """
        async with self._lifecycle:
            if self.run is None:
                await self._begin(desk)

    async def end(self, condition: RunCondition, trouble: str = "") -> None:
        """Judge nothing more; everything is kept. Harmless when repeated.

        Raises:
            LedgerError: it ended, and what it did last isn't kept.
        """
        async with self._lifecycle:
            await self._end(condition, trouble)

    async def change(self, desk: Desk, strategy: Strategy) -> None:
        """Follow another version of the strategy from now on; see `begin`."""
        async with self._lifecycle:
            await self._end(RunCondition.STOPPED)
            before, self.strategy = self.strategy, strategy
            await self._begin(desk)
            if strategy != before:
                with suppress(LedgerError):
                    await self._say("changed", {"revision": strategy.revision})

    async def suspend(self, *, is_suspended: bool) -> bool:
        """Let rules order nothing, or let them go on; return whether that is a change.

        Raises:
            LedgerError: it is so, but couldn't be kept yet.
        """
        run = self.run
        if run is None or run.recorded.live.engine.state.is_suspended is is_suspended:
            return False
        await run.runner.act(Suspended(run.recorded.live.market.ms, is_suspended))
        return True

    async def stand(self, standing: RunStanding, state: str) -> None:
        """Note on disk what is to become of it, and tell so.

        Raises:
            LedgerError: it can't be kept.
        """
        told = self._of_run(state, {"revision": self.strategy.revision})
        await self._books.stand(self.record.id, standing, [told])
        self.record = replace(self.record, standing=standing)
        self._tell(told)
        self._changed()

    async def tell_failure(self, code: str) -> None:
        """Tell that the run ended by itself; in the timeline, too, where that can be written."""
        self.is_failure_told = True
        with suppress(LedgerError):
            await self._say("failed", {"reason": code})

    async def move_cash(self, amount: Decimal) -> None:
        """Give the live run some of the account's cash, or take some back.

        Raises:
            LedgerError: it is so, but couldn't be kept yet.
        """
        run = self.run
        if run is None:
            raise TradingRefusedError("not_running", run=self.record.id)
        # The run has it with the first step of `act`: at no moment it is in both places, or none.
        self.record = replace(self.record, moved=self.record.moved + amount)
        await run.runner.act(CashMoved(run.recorded.live.market.ms, amount))

    async def _begin(self, desk: Desk) -> None:
        record = self.record
        self._condition, self._trouble = RunCondition.STARTING, ""
        self._changed()
        stack = AsyncExitStack()
        try:
            context = paper_run(
                desk, self.strategy, record.market, record.terms, self._told, self._changed
            )
            run = await stack.enter_async_context(context)
        except _CANT_RUN as error:
            self._failed("unusable_strategy")
            raise TradingRefusedError("unusable_strategy", why=str(error)) from error
        except MarketDataError as error:
            self._failed(error.cause.value)
            raise
        except LedgerError as error:
            self._failed(error.code)
            raise
        self.run, self._stack, self._condition = run, stack, RunCondition.RUNNING
        self.is_failure_told, self.begun_ms = False, self._now_ms()
        self._tasks.start(self._watch(run), f"watch {record.id}")
        self._changed()

    async def _end(self, condition: RunCondition, trouble: str = "") -> None:
        stack, self._stack = self._stack, None
        if stack is None:
            return
        self._condition, self._trouble, self.pending = condition, trouble, None
        run, self.run = self.run, None
        if run is not None:
            # Until the disk says how it ended, what it has is known from here.
            self.record = replace(self.record, memory=run.recorded.memory)
            price = run.recorded.live.market.price
            self.price = self.price if isnan(price) else price
        try:
            await stack.aclose()
            self.record = await self._books.run(self.record.id)
            if run is not None:
                # What this life did is worth knowing, not worth failing for.
                with suppress(LedgerError):
                    await self._say("ended", run.life())
        finally:
            self._changed()
        if run is not None and run.journal.failure is not None:
            raise run.journal.failure

    async def _say(self, state: str, facts: Told) -> None:
        told = self._of_run(state, facts)
        try:
            await self._books.tell([told])
        finally:
            self._tell(told)

    def _of_run(self, state: str, facts: Told) -> Told:
        record = self.record
        told: Told = {"event": "run", "t": self._now_ms(), "state": state}
        told |= {"market": record.market, "strategy": record.strategy_id, "run": record.id}
        return told | facts

    async def _watch(self, run: PaperRun) -> None:
        """Wait for the end of the live run; one that ends by itself has failed."""
        try:
            await run.runner.wait()
        except LedgerError as error:
            await self._fail(run, error.code)
        finally:
            await self._fail(run, "defect")

    async def _fail(self, run: PaperRun, code: str) -> None:
        """Take the end of a live run that nobody asked for as its failure."""
        async with self._lifecycle:
            if self.run is not run:
                return
            try:
                await self._end(RunCondition.FAILED, code)
            except LedgerError:
                self._failed(code)
        await self.tell_failure(code)

    def _failed(self, code: str) -> None:
        self._condition, self._trouble = RunCondition.FAILED, code
        self._changed()

    def _told(self, told: Told) -> None:
        if told["event"] == "decision" and told["outcome"] in _ACTED:
            self.fired[told["rule"]] = self.fired.get(told["rule"], 0) + 1
        self._tell(told)
