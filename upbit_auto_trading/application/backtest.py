"""Backtests: a strategy on history, with its report, its assumptions and a look-ahead check."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import zip_longest
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from upbit_auto_trading.application.backtest_report import BacktestReport, Run, report_on
from upbit_auto_trading.application.run_file import read_run_file
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.account import Account
from upbit_auto_trading.domain.decision import Decision, Outcome
from upbit_auto_trading.domain.fill_model import FillModel
from upbit_auto_trading.domain.own_indicators import OwnIndicators
from upbit_auto_trading.domain.prepared_market import PreparedMarket
from upbit_auto_trading.domain.replay import Progress, Replay, replay
from upbit_auto_trading.domain.rule_plan import TELL_ALL, UNEXPLAINED, Telling
from upbit_auto_trading.domain.tick_columns import TickColumns, ticks_of_candles

if TYPE_CHECKING:
    from upbit_auto_trading.application.run_file import RunFile
    from upbit_auto_trading.domain.candle_series import CandleColumns
    from upbit_auto_trading.domain.indicator import IndicatorPort
    from upbit_auto_trading.domain.strategy import Strategy

_KRW_MINIMUM: Final = Decimal(5000)
# How many shorter runs the look-ahead check makes.
_CUTS: Final = 6


@dataclass(frozen=True, slots=True)
class Conditions:
    """Under which conditions orders fill. `minimum` is the exchange's smallest order.

    `grid_of` is the market whose price steps fills keep to, None for any price.
    """

    cash: Decimal
    fee_rate: Decimal = Decimal("0.0005")
    slippage_percent: float = 0.0
    minimum: Decimal = _KRW_MINIMUM
    grid_of: str | None = None

    @property
    def account(self) -> Account:
        """The account a run starts with."""
        return Account(self.cash, self.fee_rate, self.minimum)


@dataclass(frozen=True, slots=True)
class Backtest:
    """A finished backtest. `bars` counts candles, `seconds` is how long the run took."""

    strategy: Strategy
    conditions: Conditions
    replay: Replay
    bars: int
    length_ms: int | None
    seconds: float

    @property
    def events(self) -> list[dict[str, Any]]:
        """Filled orders and modes entered, as the run files' `events`."""
        fills = {filled.fill.order_id: filled.fill for filled in self.replay.fills}
        events = []
        for decision in self.replay.decisions:
            if decision.outcome is Outcome.ORDERED and decision.order is not None:
                fill = fills[decision.order.id]
                side, price = decision.order.side.value, float(fill.price)
                events.append(_event(decision, side, price, format(fill.quantity, "f")))
            elif decision.outcome is Outcome.ENTERED_MODE:
                events.append(_event(decision, None, decision.price, "0"))
        return events

    @property
    def final(self) -> dict[str, str]:
        """Cash and quantity at the end, exact decimals as text."""
        state = self.replay.engine.state
        quantity = Decimal(0) if state.position is None else state.position.quantity
        return {"cash": format(state.account.cash, "f"), "qty": format(quantity, "f")}

    def report(self) -> BacktestReport:
        """Return the run's figures."""
        run = Run(self.strategy, self.replay, self.conditions.cash)
        return report_on(run)


def _event(decision: Decision, side: str | None, price: float, quantity: str) -> dict[str, Any]:
    return {
        "t": decision.ms / 1000,
        "rule": decision.number,
        "side": side,
        "price": price,
        "qty": quantity,
    }


def backtest_candles(
    strategy: Strategy,
    candles: CandleColumns,
    length_ms: int,
    conditions: Conditions,
    indicators: IndicatorPort | None = None,
    *,
    telling: Telling = TELL_ALL,
    progress: Progress | None = None,
) -> Backtest:
    """Run a strategy on candles, four ticks a candle.

    Without `indicators` only candle prices and the RSI can be read.

    Raises:
        UnknownVariableError, InvalidOperandError, UnfinishedComparisonError: a trigger that
            can't be compiled.
        NoIndicatorError: nobody computes a variable.
    """
    started = perf_counter()
    ticks = ticks_of_candles(candles, length_ms)
    done = _replay(strategy, ticks, conditions, indicators, telling=telling, progress=progress)
    return Backtest(strategy, conditions, done, len(candles), length_ms, perf_counter() - started)


def backtest_ticks(
    strategy: Strategy,
    ticks: TickColumns,
    conditions: Conditions,
    indicators: IndicatorPort | None = None,
    *,
    progress: Progress | None = None,
) -> Backtest:
    """Run a strategy on trade prints; `bars` is then the number of prints."""
    started = perf_counter()
    done = _replay(strategy, ticks, conditions, indicators, progress=progress)
    return Backtest(strategy, conditions, done, len(ticks), None, perf_counter() - started)


def run_backtest_file(document: bytes, indicators: IndicatorPort | None = None) -> Backtest:
    """Run what a run file describes.

    Raises:
        InvalidDocumentError: a field is missing, unknown or out of its limits.
    """
    return run_backtest(read_run_file(document), indicators)


def run_backtest(run: RunFile, indicators: IndicatorPort | None = None) -> Backtest:
    """Run a run file that was read."""
    conditions = Conditions(run.cash, run.fee_rate, run.slippage_percent, grid_of=run.grid_of)
    return backtest_candles(run.strategy, run.candles, run.length_ms, conditions, indicators)


@dataclass(frozen=True, slots=True)
class LookAheadCheck:
    """Whether runs on shorter data said the same; `first_difference_ms` where one didn't."""

    cuts: int
    decisions_compared: int
    first_difference_ms: int | None

    @property
    def passed(self) -> bool:
        """Whether nothing later than a tick could have been seen on it."""
        return self.first_difference_ms is None


def check_look_ahead(
    backtest: Backtest,
    indicators: IndicatorPort | None = None,
    cuts: int = _CUTS,
    *,
    progress: Progress | None = None,
) -> LookAheadCheck:
    """Run again on data that ends with the tick of a decision, for at most `cuts` of them.

    Whatever was said up to then must be said again. The first and the last order are among them.
    `progress` is told the ticks done of those to do in all.
    """
    ticks = backtest.replay.market.ticks
    told = backtest.replay.decisions
    compared = done = 0
    moments = _cuts(told, cuts)
    counts = [int(np.searchsorted(ticks.ms, ms, side="right")) for ms in moments]
    whole = sum(counts)
    for ms, count in zip(moments, counts, strict=True):
        before = done
        done += count
        again = _replay(
            backtest.strategy,
            ticks.until(count),
            backtest.conditions,
            indicators,
            telling=UNEXPLAINED,
            progress=_after(before, whole, progress),
        ).decisions
        expected = [decision for decision in told if decision.ms <= ms]
        compared += len(expected)
        if again != expected:
            pairs = zip_longest(expected, again)
            one, other = next(pair for pair in pairs if pair[0] != pair[1])
            return LookAheadCheck(len(moments), compared, (one or other).ms)
    return LookAheadCheck(len(moments), compared, None)


def _after(before: int, whole: int, progress: Progress | None) -> Progress | None:
    """Return what tells the progress of a run that follows others."""
    return None if progress is None else lambda part, _count: progress(before + part, whole)


def _cuts(told: list[Decision], most: int) -> list[int]:
    """Return the times of a few orders, spread over the run; of decisions where none ordered."""
    ordered = [decision.ms for decision in told if decision.outcome is Outcome.ORDERED]
    moments = sorted(set(ordered or [decision.ms for decision in told]))
    if len(moments) <= most:
        return moments
    return [moments[round(n * (len(moments) - 1) / (most - 1))] for n in range(most)]


def _replay(
    strategy: Strategy,
    ticks: TickColumns,
    conditions: Conditions,
    indicators: IndicatorPort | None,
    *,
    telling: Telling = TELL_ALL,
    progress: Progress | None = None,
) -> Replay:
    return replay(
        strategy,
        shipped_variables(),
        PreparedMarket(ticks, OwnIndicators(indicators)),
        conditions.account,
        fill_model=FillModel(conditions.slippage_percent, conditions.grid_of),
        telling=telling,
        progress=progress,
    )
