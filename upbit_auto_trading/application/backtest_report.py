"""A backtest's figures: equity, drawdown, round trips, what each rule earned, assumptions."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from upbit_auto_trading.domain.decision import Outcome
from upbit_auto_trading.domain.equity import (
    Drawdown,
    EquityCurve,
    daily_returns,
    deepest_drawdown,
    equity_curve,
    exposure_percent,
    monthly_profit,
    sharpe_ratio,
    sortino_ratio,
)
from upbit_auto_trading.domain.round_trip import (
    RoundTrip,
    RuleContribution,
    contributions,
    round_trips,
)

if TYPE_CHECKING:
    from upbit_auto_trading.domain.replay import Replay
    from upbit_auto_trading.domain.strategy import Strategy


@dataclass(frozen=True, slots=True)
class Run:
    """What is reported on: a finished replay, and the cash it began with."""

    strategy: Strategy
    replay: Replay
    cash: Decimal


@dataclass(frozen=True, slots=True)
class BacktestReport:
    """Figures in the quote currency and in percent; None where a ratio isn't defined.

    Closed trips alone count for `win_percent` (won with fees) and `profit_factor` (gains ÷
    losses). Sharpe and Sortino are yearly, from daily changes of worth. `hold_percent` is what
    buying everything at the first price and holding would have brought, the buy's fee included.
    """

    start_ms: int
    end_ms: int
    equity: EquityCurve
    final_equity: Decimal
    profit: Decimal
    profit_percent: float
    hold_percent: float
    drawdown: Drawdown
    trips: list[RoundTrip]
    rules: dict[str, RuleContribution]
    win_percent: float | None
    profit_factor: float | None
    sharpe: float | None
    sortino: float | None
    exposure_percent: float
    fees: Decimal
    months: list[tuple[str, float]]


def report_on(run: Run) -> BacktestReport:
    """Return the figures of a finished run."""
    replay, ticks = run.replay, run.replay.market.ticks
    state = replay.engine.state
    count = len(ticks)
    last_price = Decimal(repr(float(ticks.price[-1]))) if count else Decimal(0)
    end_ms = int(ticks.ms[-1]) if count else 0
    curve = equity_curve(ticks, replay.fills, float(run.cash))
    trips = round_trips(replay.fills, end_ms, last_price)
    closed = [trip for trip in trips if trip.closed_by is not None]
    quantity = Decimal(0) if state.position is None else state.position.quantity
    final = state.account.cash + quantity * last_price
    returns = daily_returns(curve, float(run.cash))
    return BacktestReport(
        start_ms=int(ticks.ms[0]) if count else 0,
        end_ms=end_ms,
        equity=curve,
        final_equity=final,
        profit=final - run.cash,
        profit_percent=float((final - run.cash) / run.cash * 100) if run.cash else 0.0,
        hold_percent=_hold_percent(run),
        drawdown=deepest_drawdown(curve),
        trips=trips,
        rules=_rules(run, last_price),
        win_percent=_win_percent(closed),
        profit_factor=_profit_factor(closed),
        sharpe=sharpe_ratio(returns),
        sortino=sortino_ratio(returns),
        exposure_percent=exposure_percent(curve),
        fees=sum((filled.fill.fee for filled in replay.fills), Decimal(0)),
        months=monthly_profit(curve, float(run.cash)),
    )


def _hold_percent(run: Run) -> float:
    price = run.replay.market.ticks.price
    if not len(price):
        return 0.0
    fee_rate = float(run.replay.engine.state.account.fee_rate)
    return (float(price[-1]) / float(price[0]) / (1 + fee_rate) - 1) * 100


def _win_percent(closed: list[RoundTrip]) -> float | None:
    return sum(trip.profit > 0 for trip in closed) / len(closed) * 100 if closed else None


def _profit_factor(closed: list[RoundTrip]) -> float | None:
    gains = sum((trip.profit for trip in closed if trip.profit > 0), Decimal(0))
    losses = -sum((trip.profit for trip in closed if trip.profit < 0), Decimal(0))
    return float(gains / losses) if losses else None


def _rules(run: Run, last_price: Decimal) -> dict[str, RuleContribution]:
    names = [rule.id for rule in run.strategy.rules]
    table = contributions(run.replay.fills, last_price, names)
    for decision in run.replay.decisions:
        if decision.outcome is Outcome.SUPPRESSED:
            table[decision.rule].suppressed += 1
        elif decision.outcome is Outcome.REFUSED:
            table[decision.rule].refused += 1
    return table
