"""A strategy on the live feed: ticks in, decisions out, orders executed once they are on disk."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.application.latency import Latency
from upbit_auto_trading.application.tick_intake import TickIntake, quality_of
from upbit_auto_trading.domain.account import EXACT
from upbit_auto_trading.domain.decision import Outcome
from upbit_auto_trading.domain.money import exact
from upbit_auto_trading.domain.orderbook import Orderbook
from upbit_auto_trading.domain.orderbook_variables import orderbook_values, untrusted_orderbook
from upbit_auto_trading.domain.recording import OrderEnd, OrderEnded, OrderFilled, TickTaken
from upbit_auto_trading.domain.risk import Surroundings
from upbit_auto_trading.domain.stream import Delivery, Stream
from upbit_auto_trading.domain.tick import Quality
from upbit_auto_trading.domain.trade import Trade
from upbit_auto_trading.domain.truth import Unknown, UnknownReason
from upbit_auto_trading.tasks import TaskOwner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from upbit_auto_trading.application.ports import MarketDataFeed, MarketValue
    from upbit_auto_trading.application.recorded_run import Moving, RecordedRun
    from upbit_auto_trading.application.run_journal import RunJournal
    from upbit_auto_trading.application.trading_ports import Broker
    from upbit_auto_trading.domain.order import Order
    from upbit_auto_trading.domain.risk import RiskGuard

FLUSH_S: Final = 0.25
"""How long ticks that led to nothing may wait until they are on disk."""

INTERRUPTED: Final = "interrupted"
_NOT_SUPPLIED: Final = Unknown(UnknownReason.NOT_SUPPLIED)


class StrategyRunner:
    """Feeds one recorded run, executes its orders, notes everything in the journal.

    Holds the market's streams from the start, and collects until `begin`. `wall` is the clock
    in epoch seconds that received times come from. When the ledger fails nothing more is judged
    and nothing ordered; `wait` raises its error.
    """

    def __init__(
        self,
        market: str,
        feed: MarketDataFeed,
        broker: Broker,
        guard: RiskGuard,
        *,
        wall: Callable[[], float],
    ) -> None:
        self.market = market
        self.latency = Latency()
        self._feed, self._broker, self._guard, self._wall = feed, broker, guard, wall
        self._trades = Stream("trade", market)
        self._books = Stream("orderbook", market)
        self._intake = TickIntake()
        self._book: Orderbook | None = None
        self._run: RecordedRun | None = None
        self._journal: RunJournal | None = None
        self._orders: deque[Order] = deque()
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
        ticks: Iterable[TickTaken],
        prints: Iterable[Trade],
    ) -> None:
        """Settle what a crash left open, take in what warming up brought, and go live."""
        self._run, self._journal = run, journal
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
        finally:
            self._subscription.close()
            await self._tasks.close()

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
        decisions = run.apply(entry)
        if isinstance(entry, TickTaken):
            journal.took(entry)
        elif isinstance(entry, OrderFilled):
            journal.filled(entry)
            if was_holding and state.position is None:
                profit = EXACT.subtract(state.account.cash, self._cash_when_flat)
                self._guard.closed(entry.fill.ms, profit)
                self._cash_when_flat = state.account.cash
        else:
            journal.ended(entry)
        for decision in decisions:
            journal.decided(decision)
            if decision.outcome is Outcome.ORDERED and decision.order is not None:
                journal.intends(decision.order)
                self._orders.append(decision.order)
            self._wake.set()

    def _outside(self, run: RecordedRun) -> tuple[float | str, ...]:
        """Return what the order book says to the readings that rules ask for."""
        readings = run.outside
        if not readings:
            return ()
        book = self._trusted_book()
        if book is not None:
            values = orderbook_values(book, readings)
        else:
            is_stale = self._quality(self._books) is Quality.STALE
            reason = UnknownReason.STALE if is_stale else UnknownReason.GAP
            values = untrusted_orderbook(reason, readings)
        told = (values.get(reading, _NOT_SUPPLIED) for reading in readings)
        return tuple(value.reason.value if isinstance(value, Unknown) else value for value in told)

    def _trusted_book(self) -> Orderbook | None:
        is_good = self._book is not None and self._quality(self._books) is Quality.LIVE
        return self._book if is_good else None

    async def _watch(self) -> None:
        """Ask for the feed's health where no print does."""
        try:
            while not self._over.is_set():
                self._judge(self._intake.check(self._quality(self._trades)))
                await asyncio.sleep(FLUSH_S)
        finally:
            self.stop()

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
        finally:
            self.stop()

    async def _settle(self, run: RecordedRun, journal: RunJournal) -> None:
        async with self._settling:
            await self._keep(run, journal)
            while self._orders and journal.failure is None:
                order = self._orders.popleft()
                for entry in await self._execute(run, order):
                    self._apply(run, journal, entry)
                await self._keep(run, journal)

    async def _keep(self, run: RecordedRun, journal: RunJournal) -> None:
        await journal.keep(run.memory)
        if journal.failure is not None:
            self.stop()

    async def _execute(self, run: RecordedRun, order: Order) -> list[OrderFilled | OrderEnded]:
        """Check the order once more, execute it; return what became of it."""
        state = run.live.engine.state
        if order.id in state.cancelling:
            return [OrderEnded(order.id, OrderEnd.CANCELLED, "cancelled")]
        refused = self._guard.check(order, order.ms, self._around(run, order))
        if refused is not None:
            return [OrderEnded(order.id, OrderEnd.REFUSED, refused.guard.value)]
        self._guard.sent(order.ms)
        executed = await self._broker.execute(
            order, state.account, self._trusted_book, lambda: order.id in state.cancelling
        )
        fills = [OrderFilled(fill, part) for part, fill in enumerate(executed.fills)]
        return [*fills, OrderEnded(order.id, executed.end, executed.detail)]

    def _around(self, run: RecordedRun, order: Order) -> Surroundings:
        position, book = run.live.engine.state.position, self._trusted_book()
        held = Decimal(0) if position is None else position.quantity
        value = EXACT.multiply(held, exact(order.price))
        if book is None or not book.levels:
            return Surroundings(value, 0.0, order.ms)
        best = book.levels[0]
        return Surroundings(value, (best.ask_price + best.bid_price) / 2, order.ms)
