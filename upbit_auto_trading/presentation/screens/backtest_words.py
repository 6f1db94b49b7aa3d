"""What the backtest screen says of a result."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from upbit_auto_trading.application.backtest_service import (
    NoCandlesError,
    PeriodTooLongError,
    Stage,
)
from upbit_auto_trading.domain.calculation import CalculationError
from upbit_auto_trading.domain.failure import MarketDataError
from upbit_auto_trading.domain.market import quote_of
from upbit_auto_trading.domain.timeframe import parse_timeframe
from upbit_auto_trading.presentation import formatting, wording
from upbit_auto_trading.presentation.i18n import _, language
from upbit_auto_trading.presentation.viewmodels.backtest import EDITED, TEMPLATE
from upbit_auto_trading.presentation.widgets.metric_tile import Metric

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from upbit_auto_trading.application.backtest_result import BacktestResult
    from upbit_auto_trading.domain.strategy import Strategy
    from upbit_auto_trading.presentation.viewmodels.backtest import (
        FinishedRun,
        Job,
        Refusal,
        StrategyChoice,
    )


def strategy_name(strategy: Strategy) -> str:
    """The strategy's name in the user's language, with its version."""
    words = strategy.name
    name = words.korean if language() == "ko" else words.english
    return _("{name} v{version}").format(name=name or strategy.id, version=strategy.revision)


def choice_name(choice: StrategyChoice) -> str:
    """A strategy to choose: its name, and whether it is a saved one."""
    name = strategy_name(choice.strategy)
    if choice.key == TEMPLATE:
        return _("template: {name}").format(name=name)
    return _("as edited: {name}").format(name=name) if choice.key == EDITED else name


def rule_name(strategy: Strategy, identity: str) -> str:
    """A rule's name in the user's language."""
    words = strategy.rule(identity).name
    return (words.korean if language() == "ko" else words.english) or identity


def day(ms: int) -> str:
    """A day in Korea."""
    return datetime.fromtimestamp(ms / 1000, formatting.KST).strftime("%Y-%m-%d")


def minute(ms: int) -> str:
    """A minute in Korea, without its year."""
    return datetime.fromtimestamp(ms / 1000, formatting.KST).strftime("%m-%d %H:%M")


def signed(value: Decimal | float) -> str:
    """A sum of the quote currency with its sign, whole."""
    number = float(value)
    text = formatting.number(abs(number), 0)
    if text == "0":
        return text
    return f"{'+' if number > 0 else formatting.MINUS}{text}"


def direction(value: Decimal | float | None) -> str:
    """The ink of a gain or loss."""
    return "text-1" if value is None or not value else "up" if value > 0 else "down"


def progress(job: Job) -> tuple[float, str]:
    """How far a job is, and in words."""
    share = {Stage.HISTORY: 0.0, Stage.RUN: 0.6}[job.stage]
    part = 0.6 if job.stage is Stage.HISTORY else 0.4
    whole = (job.place + share + part * job.fraction) / job.count
    percent = formatting.number(job.fraction * 100, 0)
    if job.stage is Stage.HISTORY:
        text = _("{market}: fetching history, {percent} %")
    else:
        text = _("{market}: running, {percent} %")
    return whole, text.format(market=job.market, percent=percent)


def refusal(error: Refusal) -> str:
    """Why a run didn't come about, and what can be done."""
    if isinstance(error, MarketDataError):
        return _("History didn't come: {why}. Nothing was run; try again.").format(
            why=wording.failure(error.cause)
        )
    if isinstance(error, NoCandlesError):
        return _("{market} has no candle in the period. Choose another period.").format(
            market=error.market
        )
    if isinstance(error, PeriodTooLongError):
        return _("The period is too long: {n} candles.").format(n=formatting.number(error.count, 0))
    if isinstance(error, CalculationError):
        return _("The calculation was ended from outside, perhaps for want of memory. Try again.")
    return _("The strategy can't be run: {why}.").format(why=error)


def metrics(result: BacktestResult) -> list[Metric]:
    """The tiles above the curve."""
    figures, market = result.figures, result.market
    unit = formatting.unit_behind(quote_of(market))
    closed = result.closed_trips
    won = sum(trip.profit > 0 for trip in closed)
    hold = float(result.conditions.cash) * figures.hold_percent / 100
    held = [trip.closed_ms - trip.opened_ms for trip in closed]
    win = figures.win_percent
    return [
        Metric(
            _("Net profit"),
            f"{signed(figures.profit)}{unit}",
            _("{arrow} {percent}").format(
                arrow=formatting.arrow(figures.profit_percent),
                percent=formatting.percent(figures.profit_percent / 100),
            ),
            direction(figures.profit),
            explanation=_("Cash and coins at the end less the cash at the start, fees paid."),
        ),
        Metric(
            _("Buy and hold"),
            f"{signed(hold)}{unit}",
            f"{formatting.arrow(hold)} {formatting.percent(figures.hold_percent / 100)}",
            direction(hold),
            explanation=_("All cash into coins at the first price, its fee paid, and held."),
        ),
        Metric(
            _("Deepest drawdown"),
            formatting.percent(figures.drawdown_percent / 100),
            f"{day(figures.drawdown_from_ms)} ~ {day(figures.drawdown_to_ms)}"
            if figures.drawdown_percent
            else _("never below its peak"),
            direction(figures.drawdown_percent),
        ),
        Metric(
            _("Round trips"),
            formatting.number(len(result.trips), 0),
            _("won {won} · lost {lost} · open {open}").format(
                won=won, lost=len(closed) - won, open=len(result.trips) - len(closed)
            ),
        ),
        Metric(
            _("Win rate"),
            formatting.NOTHING if win is None else f"{formatting.number(win, 1)} %",
            _("profit factor {factor}").format(factor=ratio(figures.profit_factor)),
        ),
        Metric(
            _("Time in the market"),
            f"{formatting.number(figures.exposure_percent, 1)} %",
            _("on average {time}").format(time=length(sum(held) / len(held)))
            if held
            else _("no closed trade"),
        ),
        Metric(
            _("Fees"),
            f"{signed(-figures.fees)}{unit}",
            _("Sharpe {sharpe} · Sortino {sortino}").format(
                sharpe=ratio(figures.sharpe), sortino=ratio(figures.sortino)
            ),
            direction(-figures.fees),
            explanation=_("Slippage besides: {sum}").format(sum=signed(-figures.slippage)),
        ),
    ]


def ratio(value: float | None) -> str:
    """A ratio with two decimals, a dash where it isn't defined."""
    return formatting.NOTHING if value is None else formatting.number(value, 2)


def length(ms: float) -> str:
    """How long something took: minutes, hours or days."""
    minutes = ms / 60_000
    if minutes < 120:
        return _("{n} min").format(n=formatting.number(minutes, 0))
    if minutes < 2880:
        return _("{n} h").format(n=formatting.number(minutes / 60, 1))
    return _("{n} days").format(n=formatting.number(minutes / 1440, 1))


def run_title(run: FinishedRun) -> str:
    """A run among the others; what tells it apart comes first, for the end may be cut off."""
    parts = (run.changed, run.result.market, strategy_name(run.result.strategy))
    return f"{run.number}. " + " · ".join(part for part in parts if part)


def run_titles(runs: Sequence[FinishedRun]) -> list[str]:
    """Every run's title for a narrow list: first what differs among them, then what they share."""
    parts = [
        (
            strategy_name(run.result.strategy),
            run.result.market,
            _period(run.result),
            formatting.timeframe_name(parse_timeframe(run.result.timeframe)),
            _("slippage {percent} %").format(percent=f"{run.result.conditions.slippage_percent:g}"),
        )
        for run in runs
    ]
    shared = [len(set(column)) == 1 for column in zip(*parts, strict=True)]
    titles = []
    for run, words in zip(runs, parts, strict=True):
        ordered = sorted(range(len(words)), key=lambda place: shared[place])
        told = [run.changed, *(words[place] for place in ordered)]
        titles.append(f"{run.number}. " + " · ".join(part for part in told if part))
    return titles


def _period(result: BacktestResult) -> str:
    first, last = day(result.start_ms), day(result.end_ms - 1)
    return f"{first} ~ {last if last[:4] != first[:4] else last[5:]}"


def run_figures(run: FinishedRun) -> tuple[str, str, str]:
    """What a run is compared by: profit, drawdown, trades."""
    figures = run.result.figures
    return (
        formatting.percent(figures.profit_percent / 100),
        formatting.percent(figures.drawdown_percent / 100),
        formatting.number(len(run.result.trips), 0),
    )
