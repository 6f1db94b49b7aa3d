"""A strategy on the live feed: ticks in, decisions out, orders executed once they are on disk."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.application.latency import Latency
from upbit_auto_trading.application.tick_fallback import TickFallback
from upbit_auto_trading.application.tick_intake import TickIntake, quality_of
from upbit_auto_trading.domain.account import EXACT
from upbit_auto_trading.domain.decision import Outcome
from upbit_auto_trading.domain.orderbook import Orderbook
from upbit_auto_trading.domain.orderbook_variables import orderbook_values, untrusted_orderbook
from upbit_auto_trading.domain.recording import (
    CashMoved,
    OrderByHand,
    OrderEnd,
    OrderEnded,
    OrderFilled,
    TickTaken,
    UserAction,
)
from upbit_auto_trading.domain.stream import Delivery, Stream
from upbit_auto_trading.domain.tick import Quality
from upbit_auto_trading.domain.trade import Trade
from upbit_auto_trading.domain.truth import Unknown, UnknownReason
from upbit_auto_trading.tasks import TaskOwner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from upbit_auto_trading.application.order_execution import OrderExecution
    from upbit_auto_trading.application.ports import MarketDataFeed, MarketValue
    from upbit_auto_trading.application.recorded_run import Moving, RecordedRun
    from upbit_auto_trading.application.run_journal import RunJournal
    from upbit_auto_trading.domain.order import Order

FLUSH_S: Final = 0.25
"""How long ticks that led to nothing may wait until they are on disk."""

RETRY_S: Final = 1.0
"""How often a disk that refuses is tried again."""

INTERRUPTED: Final = "interrupted"
_NOT_SUPPLIED: Final = Unknown(UnknownReason.NOT_SUPPLIED)


class StrategyRunner:
    """Feeds one recorded run, has its orders executed, notes everything in the journal.

    Holds the market's streams from the start, and collects until `begin`. While the feed can't
    bring prints REST is asked every `carry_s`. `wall` is the clock in epoch seconds that received
    times come from. While the ledger can't keep anything nothing is judged and nothing ordered;
    prints wait. One that won't recover ends the run, and `wait` raises its error. `on_change` is
    called after everything that moved the engine.
    """

    def __init__(
        self,
        market: str,
        feed: MarketDataFeed,
        *,
        wall: Callable[[], float],
        carry_s: float = 1.0,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self.market = market
        self.latency = Latency()
        self._feed, self._wall, self._carry_s, self._changed = feed, wall, carry_s, on_change
        self._trades = Stream("trade", market)
        self._books = Stream("orderbook", market)
        self._intake = TickIntake()
        self._now = asyncio.get_running_loop().time
        self._fallback = TickFallback(feed, market, self._intake, self._now)
        self._book: Orderbook | None = None
        self._run: RecordedRun | None = None
        self._journal: RunJournal | None = None
        self._execution: OrderExecution | None = None
        self._orders: deque[tuple[Order, float]] = deque()
        self._wake, self._over, self._settling = asyncio.Event(), asyncio.Event(), asyncio.Lock()
        self._cash_when_flat = Decimal(0)
        self._tasks = TaskOwner(f"runner-{market}")
        self._workers: list[asyncio.Task[None]] = []
        streams = (self._trades, self._books)
        self._subscription = feed.subscribe(streams, self._take, holder="trigger")

    async def begin(
        self,
        run: RecordedRun,
        journal: RunJournal,
        execution: OrderExecution,
        ticks: Iterable[TickTaken],
        prints: Iterable[Trade],
    ) -> None:
        """Settle what a crash left open, take in what warming up brought, and go live."""
        self._run, self._journal, self._execution = run, journal, execution
        engine = run.live.engine
        self._cash_when_flat = engine.state.account.cash
        left = engine.open_order
        if left is not None:
            filled = engine.state.has_filled(left.id)
            end = OrderEnd.CANCELLED if filled else OrderEnd.REFUSED
            self._apply(run, journal, OrderEnded(left.id, end, INTERRUPTED))
        self._judge([*ticks, *self._intake.begin(prints)])
        await self._keep(run, journal)
        self._workers = [
            self._tasks.start(self._work(run, journal), "work"),
            self._tasks.start(self._watch(), "watch"),
            self._tasks.start(self._carry(), "carry"),
        ]

    async def wait(self, seconds: float | None = None) -> None:
        """Return after `seconds`, or when it was stopped.

        Raises:
            LedgerError: the run can't be kept any more; it has stopped. Likewise anything a
                listener or the broker raised.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._over.wait()
        if self._journal is not None and self._journal.failure is not None:
            raise self._journal.failure
        for worker in self._workers:
            if worker.done() and not worker.cancelled():
                worker.result()

    async def act(self, action: UserAction) -> None:
        """Do what the user wants done in the run; return once it is kept, an order executed.

        Raises:
            OrderOpenError: an order by hand while another one is open.
            LedgerError: it can't be kept now; it will be once the disk allows it.
        """
        run, journal = self._run, self._journal
        if run is None or journal is None:
            return
        self._apply(run, journal, action)
        if isinstance(action, OrderByHand):
            self._orders.append((action.order, self._now()))
        await self._settle(run, journal)
        if journal.trouble is not None:
            raise journal.trouble

    def stop(self) -> None:
        """Judge nothing more; `close` then ends in order."""
        self._over.set()
        self._wake.set()

    async def close(self) -> None:
        """Let an order under way end, keep everything, release the streams."""
        self.stop()
        try:
            if self._run is not None and self._journal is not None:
                await self._settle(self._run, self._journal)
                self._journal.give_up()
        finally:
            self._subscription.close()
            await self._tasks.close()

    def trusted_book(self) -> Orderbook | None:
        """Return the newest book if it can be traded against, over whichever way it came."""
        if self._book is not None and self._quality(self._books) is Quality.LIVE:
            return self._book
        return self._fallback.book()

    @property
    def quality(self) -> Quality:
        """What the market's data is worth at this moment."""
        is_carried = self._needs_rest() and self._intake.is_carried
        return Quality.REST if is_carried else self._quality(self._trades)

    @property
    def age_s(self) -> float | None:
        """How old the newest print is known to be, None before the first."""
        if self._fallback.age_s is not None:
            return self._fallback.age_s
        return self._feed.stream_health(self._trades).age_s

    def _take(self, value: MarketValue) -> None:
        """Take in one value of the market's streams."""
        if self._over.is_set():
            return
        if isinstance(value, Orderbook):
            self._book = value
        elif isinstance(value, Trade):
            self._judge(self._intake.take(value, self._quality(self._trades)))
            if value.origin.delivery is Delivery.REALTIME and self._run is not None:
                self.latency.add(self._wall() - value.origin.received_at)

    def _quality(self, stream: Stream) -> Quality:
        if self._journal is not None and self._journal.trouble is not None:
            return Quality.UNKEPT
        return quality_of(self._feed.connection_state, self._feed.stream_health(stream))

    def _judge(self, ticks: Iterable[TickTaken]) -> None:
        if self._run is None or self._journal is None:
            return
        for taken in ticks:
            outside = self._outside(self._run)
            entry = TickTaken(taken.tick, taken.print_id, outside) if outside else taken
            self._apply(self._run, self._journal, entry)

    def _apply(self, run: RecordedRun, journal: RunJournal, entry: Moving) -> None:
        """Move the engine on; note the entry and what the engine says to it."""
        state = run.live.engine.state
        was_holding = state.position is not None
        if isinstance(entry, OrderEnded):
            ended_ms = max(entry.ms, run.live.market.ms, state.order(entry.order_id).ms)
            entry = replace(entry, ms=ended_ms)
        decisions = run.apply(entry)
        if isinstance(entry, TickTaken):
            journal.took(entry, None if entry.tick.quality is Quality.LIVE else self.age_s)
        elif isinstance(entry, OrderFilled):
            journal.filled(entry, state.order(entry.fill.order_id))
            if was_holding and state.position is None:
                self._closed(entry.fill.ms, state.account.cash)
        elif isinstance(entry, OrderEnded):
            journal.ended(entry, state.order(entry.order_id))
        else:
            journal.acted(entry, run.live.market.ms)
            if isinstance(entry, CashMoved):
                self._cash_when_flat = EXACT.add(self._cash_when_flat, entry.amount)
        for decision in decisions:
            journal.decided(decision)
            if decision.outcome is Outcome.ORDERED and decision.order is not None:
                self._orders.append((decision.order, self._now()))
            self._wake.set()
        self._changed()

    def _closed(self, ms: int, cash: Decimal) -> None:
        if self._execution is not None:
            self._execution.guard.closed(ms, EXACT.subtract(cash, self._cash_when_flat))
        self._cash_when_flat = cash

    def _outside(self, run: RecordedRun) -> tuple[float | str, ...]:
        """Return what the order book says to the readings that rules ask for."""
        readings = run.outside
        if not readings:
            return ()
        book = self.trusted_book()
        if book is not None:
            values = orderbook_values(book, readings)
        else:
            is_stale = self._quality(self._books) is Quality.STALE
            reason = UnknownReason.STALE if is_stale else UnknownReason.GAP
            values = untrusted_orderbook(reason, readings)
        told = (values.get(reading, _NOT_SUPPLIED) for reading in readings)
        return tuple(value.reason.value if isinstance(value, Unknown) else value for value in told)

    async def _watch(self) -> None:
        """Ask for the feed's health where no print does."""
        try:
            while not self._over.is_set():
                self._judge(self._intake.check(self._quality(self._trades)))
                await asyncio.sleep(FLUSH_S)
        finally:
            self.stop()

    async def _carry(self) -> None:
        """Let REST bring the prints while the feed can't."""
        try:
            while not self._over.is_set():
                await asyncio.sleep(self._carry_s)
                if not self._needs_rest():
                    self._fallback.rest()
                else:
                    if self._run is not None and self._run.outside:
                        await self._refresh_book()
                    self._judge(await self._fallback.prints(self._needs_rest))
        finally:
            self.stop()

    def _needs_rest(self) -> bool:
        return self._quality(self._trades) not in (Quality.LIVE, Quality.UNKEPT)

    async def _refresh_book(self) -> None:
        if self.trusted_book() is None:
            await self._fallback.refresh_book()

    async def _work(self, run: RecordedRun, journal: RunJournal) -> None:
        """Keep what came and execute what was ordered until the end.

        A defect in here ends the run: nothing may be judged that can't be kept or executed.
        """
        try:
            while not self._over.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(FLUSH_S):
                        await self._wake.wait()
                self._wake.clear()
                await self._settle(run, journal)
                if journal.trouble is not None:
                    await asyncio.sleep(RETRY_S)
        finally:
            self.stop()

    async def _settle(self, run: RecordedRun, journal: RunJournal) -> None:
        async with self._settling:
            await self._keep(run, journal)
            while self._orders and self._execution is not None and journal.trouble is None:
                order, decided_at = self._orders.popleft()
                await self._refresh_book()
                state = run.live.engine.state
                waited_s = self._now() - decided_at
                for entry in await self._execution.execute(order, state, waited_s):
                    self._apply(run, journal, entry)
                await self._keep(run, journal)

    async def _keep(self, run: RecordedRun, journal: RunJournal) -> None:
        await journal.keep(run.memory)
        if journal.failure is not None:
            self.stop()
