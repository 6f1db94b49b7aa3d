"""Paper trading: a strategy on live data against the live book, with money that isn't real."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from upbit_auto_trading.application.order_execution import OrderExecution
from upbit_auto_trading.application.recorded_run import RecordedRun, engine_for
from upbit_auto_trading.application.run_journal import RunJournal, RunPlace
from upbit_auto_trading.application.strategy_runner import StrategyRunner
from upbit_auto_trading.application.warm_up import warm_up
from upbit_auto_trading.domain.engine_snapshot import snapshot
from upbit_auto_trading.domain.recording import Segment
from upbit_auto_trading.domain.risk import RiskGuard, RiskLimits
from upbit_auto_trading.domain.strategy_json import strategy_to_json

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from upbit_auto_trading.application.ports import MarketDataFeed
    from upbit_auto_trading.application.run_journal import Told
    from upbit_auto_trading.application.trading_ports import Broker, Ledger
    from upbit_auto_trading.domain.indicator import IndicatorPort
    from upbit_auto_trading.domain.recording import Terms
    from upbit_auto_trading.domain.strategy import Strategy


@dataclass(frozen=True, slots=True)
class Desk:
    """What paper runs work with. `wall` is the clock in epoch seconds.

    Runs of one account share a `guard`; without one each run has its own, with `limits`.
    `held_elsewhere` is the value of an account's positions outside the run of that number. REST
    brings prints every `carry_s` while the socket doesn't. `account` is the paper account whose
    money runs work with, None for money of their own.
    """

    feed: MarketDataFeed
    ledger: Ledger
    broker: Broker
    indicators: IndicatorPort
    wall: Callable[[], float]
    limits: RiskLimits = field(default_factory=RiskLimits)
    guard: RiskGuard | None = None
    held_elsewhere: Callable[[int], Decimal] = lambda _: Decimal(0)
    carry_s: float = 1.0
    account: int | None = None


class PaperRun:
    """A run that is live. `run_id` finds it in the ledger."""

    def __init__(
        self, run_id: int, runner: StrategyRunner, recorded: RecordedRun, journal: RunJournal
    ) -> None:
        self.run_id = run_id
        self.runner = runner
        self.recorded = recorded
        self.journal = journal

    def life(self) -> dict[str, Any]:
        """Return what this life of the run did, and how fast."""
        return {"counts": dict(self.journal.counts), "latency_ms": self.runner.latency.data()}

    def summary(self) -> dict[str, Any]:
        """Return where the run stands, decimals as text."""
        live = self.recorded.live
        state, price = live.engine.state, live.market.price
        return {
            "event": "summary",
            "run": self.run_id,
            "market": self.runner.market,
            "price": None if price != price else price,  # noqa: PLR0124 - NaN before a print
            "cash": format(state.account.cash, "f"),
            "position": _position(live.engine.state.position),
            "orders_placed": state.next_order_id - 1,
            "dropped": live.market.dropped,
            "counts": dict(self.journal.counts),
            "latency_ms": self.runner.latency.data(),
        }


def _position(position: Any) -> dict[str, Any] | None:
    if position is None:
        return None
    told: dict[str, Any] = position.data()
    return told | {"average": position.average}


@asynccontextmanager
async def paper_run(
    desk: Desk,
    strategy: Strategy,
    market: str,
    terms: Terms,
    tell: Callable[[Told], None],
    on_change: Callable[[], None] = lambda: None,
) -> AsyncIterator[PaperRun]:
    """Begin the run of that market and strategy, or go on with it where it was left.

    It is live inside the context and ends in order with it. `terms` count for a new run only.
    `on_change` is called after everything that moved its engine.

    Raises:
        LedgerError: the run can't be kept.
        MarketDataError: the market isn't listed, or its history can't be had.
    """
    now_ms = round(desk.wall() * 1000)
    state = await desk.ledger.open_run(
        market, strategy.id, terms, account=desk.account, now_ms=now_ms
    )
    fresh = engine_for(strategy, state.terms, desk.indicators)
    runner = StrategyRunner(
        market, desk.feed, wall=desk.wall, carry_s=desk.carry_s, on_change=on_change
    )
    execution = OrderExecution(
        desk.broker,
        desk.guard or RiskGuard(desk.limits),
        runner.trusted_book,
        lambda: desk.held_elsewhere(state.run_id),
    )
    try:
        warm = await warm_up(desk.feed, market, fresh.market.timeframes, state.anchors)
        segment = Segment(
            strategy_to_json(strategy),
            state.terms,
            warm.anchors,
            state.memory if state.memory is not None else snapshot(fresh.engine),
            round(desk.wall() * 1000),
        )
        recorded = RecordedRun(segment, desk.indicators)
        number = await desk.ledger.begin_segment(state.run_id, segment)
        journal = RunJournal(desk.ledger, RunPlace(state.run_id, number, market, strategy.id), tell)
        tell(_started(state.run_id, market, strategy, recorded, is_new=state.is_new))
        await runner.begin(recorded, journal, execution, warm.ticks, warm.prints)
        yield PaperRun(state.run_id, runner, recorded, journal)
    finally:
        await runner.close()


def _started(
    run_id: int, market: str, strategy: Strategy, recorded: RecordedRun, *, is_new: bool
) -> Told:
    state = recorded.live.engine.state
    return {
        "event": "started",
        "run": run_id,
        "resumed": not is_new,
        "market": market,
        "strategy": strategy.id,
        "revision": strategy.revision,
        "cash": format(state.account.cash, "f"),
        "position": _position(state.position),
        "orders_placed": state.next_order_id - 1,
    }
