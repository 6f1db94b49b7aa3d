"""A finished backtest as plain data: what a screen draws, a file exports and a process sends."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from upbit_auto_trading.application.backtest import (
    Backtest,
    Conditions,
    LookAheadCheck,
    backtest_candles,
    check_look_ahead,
)
from upbit_auto_trading.application.backtest_assumptions import Assumption, assumptions
from upbit_auto_trading.domain.decision import Outcome
from upbit_auto_trading.domain.equity import EquityCurve, monthly_profit
from upbit_auto_trading.domain.rule_plan import UNEXPLAINED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from numpy.typing import NDArray

    from upbit_auto_trading.application.backtest_report import BacktestReport
    from upbit_auto_trading.domain.calculation import Report
    from upbit_auto_trading.domain.candle_series import CandleColumns
    from upbit_auto_trading.domain.indicator import IndicatorPort
    from upbit_auto_trading.domain.replay import Progress
    from upbit_auto_trading.domain.round_trip import RoundTrip, RuleContribution
    from upbit_auto_trading.domain.strategy import Strategy

# How many points of a curve are kept: more than a wide screen has columns.
_POINTS: Final = 4_000
# How much of the progress the run itself is; the rest is the look-ahead check.
_RUN_SHARE: Final = 0.4
# Each cut is a run of its own up to it; somebody waits for this one.
_CUTS: Final = 3


@dataclass(frozen=True, slots=True)
class Curves:
    """Worth over time, thinned to about 4,000 points that keep every extreme of its stretch.

    `equity` and `hold` (all cash in coins from the first price on) in the quote currency,
    `drawdown` in percent below the peak before, ≤ 0.
    """

    ms: NDArray[np.int64]
    equity: NDArray[np.float64]
    hold: NDArray[np.float64]
    drawdown: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Figures:
    """The report's figures; see `BacktestReport` for what each means."""

    final_equity: Decimal
    profit: Decimal
    profit_percent: float
    hold_percent: float
    drawdown_percent: float
    drawdown_from_ms: int
    drawdown_to_ms: int
    win_percent: float | None
    profit_factor: float | None
    sharpe: float | None
    sortino: float | None
    exposure_percent: float
    fees: Decimal
    slippage: float


@dataclass(frozen=True, slots=True)
class Month:
    """Profit of a month in Korea (`2025-06`): the strategy's, and that of buying and holding."""

    name: str
    profit: float
    hold_profit: float


@dataclass(frozen=True, slots=True)
class BacktestResult:
    """One backtest on one market, with everything its report shows.

    `bars` are candles of `timeframe` between `start_ms` and `end_ms`, `empty` the slots without
    trades between them; `seconds` is what run and report took.
    """

    strategy: Strategy
    market: str
    timeframe: str
    conditions: Conditions
    start_ms: int
    end_ms: int
    bars: int
    empty: int
    seconds: float
    figures: Figures
    curves: Curves
    trips: list[RoundTrip]
    rules: list[RuleContribution]
    months: list[Month]
    assumptions: list[Assumption]
    look_ahead: LookAheadCheck
    suppressed: int

    @property
    def closed_trips(self) -> list[RoundTrip]:
        """The positions that were closed by a rule."""
        return [trip for trip in self.trips if trip.closed_by is not None]


def calculate(
    report: Report,
    strategy: Strategy,
    market: str,
    timeframe: str,
    length_ms: int,
    candles: CandleColumns,
    conditions: Conditions,
    indicators: IndicatorPort,
) -> BacktestResult:
    """Run a backtest and its report; the work of a worker process.

    Raises:
        UnknownVariableError, InvalidOperandError, UnfinishedComparisonError, NoIndicatorError:
            a trigger that can't be compiled.
    """
    done = backtest_candles(
        strategy,
        candles,
        length_ms,
        conditions,
        indicators,
        telling=UNEXPLAINED,
        progress=_share(report, 0.0, _RUN_SHARE),
    )
    figures = done.report()
    report(_RUN_SHARE)
    rest = _share(report, _RUN_SHARE, 1.0)
    check = check_look_ahead(done, indicators, _CUTS, progress=rest)
    slots = int(candles.start_ms[-1] - candles.start_ms[0]) // length_ms + 1 if len(candles) else 0
    hold = _hold(done)
    return BacktestResult(
        strategy,
        market,
        timeframe,
        conditions,
        figures.start_ms,
        figures.end_ms,
        done.bars,
        slots - done.bars,
        done.seconds,
        _figures(figures, done),
        thinned(figures.equity, hold),
        figures.trips,
        list(figures.rules.values()),
        _months(figures, hold, float(conditions.cash)),
        assumptions(done),
        check,
        sum(one.outcome is Outcome.SUPPRESSED for one in done.replay.decisions),
    )


def without_each_rule(
    report: Report,
    strategy: Strategy,
    length_ms: int,
    candles: CandleColumns,
    conditions: Conditions,
    indicators: IndicatorPort,
) -> dict[str, float]:
    """Return, for each enabled rule, the profit of the same run with that rule off."""
    profits: dict[str, float] = {}
    enabled = [rule for rule in strategy.rules if rule.enabled]
    for place, rule in enumerate(enabled):
        other = strategy.with_rule(replace(rule, enabled=False))
        done = backtest_candles(
            other,
            candles,
            length_ms,
            conditions,
            indicators,
            telling=UNEXPLAINED,
            progress=_share(report, place / len(enabled), (place + 1) / len(enabled)),
        )
        profits[rule.id] = float(done.report().profit)
    return profits


def _share(report: Report, begin: float, end: float) -> Progress:
    """Return what reports a run's progress as the part from `begin` to `end` of the whole."""
    return lambda part, whole: report(begin + (end - begin) * part / max(1, whole))


def thinned(curve: EquityCurve, hold: NDArray[np.float64], points: int = _POINTS) -> Curves:
    """Return the curve with at most about `points` points, each stretch's extremes kept."""
    count = len(curve.ms)
    peaks = np.maximum.accumulate(curve.equity) if count else curve.equity
    drawdown = (curve.equity / peaks - 1) * 100 if count else curve.equity
    if count <= points:
        return Curves(curve.ms, curve.equity, hold, drawdown)
    keep = {0, count - 1}
    edges = np.linspace(0, count, points // 4 + 1).astype(np.int64)
    for begin, end in pairwise(edges):
        for column in (curve.equity, hold):
            part = column[begin:end]
            keep.update((int(begin + part.argmin()), int(begin + part.argmax())))
    places = np.array(sorted(keep))
    return Curves(curve.ms[places], curve.equity[places], hold[places], drawdown[places])


def _hold(done: Backtest) -> NDArray[np.float64]:
    """What all cash, put into coins at the first price with its fee, is worth after each tick."""
    price = done.replay.market.ticks.price
    if not len(price):
        return np.empty(0)
    quantity = float(done.conditions.cash) / (1 + float(done.conditions.fee_rate)) / price[0]
    worth: NDArray[np.float64] = quantity * price
    return worth


def _figures(report: BacktestReport, done: Backtest) -> Figures:
    share = done.conditions.slippage_percent / 100
    slippage = sum(float(filled.fill.funds) for filled in done.replay.fills) * share
    return Figures(
        report.final_equity,
        report.profit,
        report.profit_percent,
        report.hold_percent,
        report.drawdown.percent,
        report.drawdown.from_ms,
        report.drawdown.to_ms,
        report.win_percent,
        report.profit_factor,
        report.sharpe,
        report.sortino,
        report.exposure_percent,
        report.fees,
        slippage,
    )


def _months(report: BacktestReport, hold: NDArray[np.float64], cash: float) -> list[Month]:
    holding: Sequence[tuple[str, float]] = monthly_profit(
        EquityCurve(report.equity.ms, hold, hold), cash
    )
    return [
        Month(name, profit, other)
        for (name, profit), (_, other) in zip(report.months, holding, strict=True)
    ]
