"""A result's tables and curve: trades, what each rule earned, months, worth over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from upbit_auto_trading.domain.rule import Role
from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens.backtest_words import (
    direction,
    minute,
    rule_name,
    signed,
)
from upbit_auto_trading.presentation.widgets.data_table import Cell, Column, MadeRows, Row
from upbit_auto_trading.presentation.widgets.equity_plot import Curve, EquityLook

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from upbit_auto_trading.application.backtest_result import BacktestResult, Month
    from upbit_auto_trading.domain.round_trip import RoundTrip, RuleContribution
    from upbit_auto_trading.domain.strategy import Strategy
    from upbit_auto_trading.presentation.viewmodels.backtest import FinishedRun

ROLE_INKS: Final = {
    Role.ENTRY: "entry",
    Role.SCALE_IN: "scale-in",
    Role.EXIT: "exit",
    Role.RISK: "risk",
    Role.MANAGEMENT: "management",
}
_OTHER_INKS: Final = ("average-20", "average-60", "rsi", "scale-in", "entry")
_MONTH_STEPS: Final = (0.02, 0.05, 0.1)


def trade_columns() -> list[Column]:
    """The heads of the table of trades."""
    return [
        Column("#", 52, is_number=True),
        Column(_("Opened"), 94, explanation=_("Korean time")),
        Column(_("Closed"), 94, explanation=_("Korean time")),
        Column(_("Average price"), 100, is_number=True),
        Column(_("Exit price"), 100, is_number=True),
        Column(_("Buys"), 42, is_number=True),
        Column(_("Closed by")),
        Column(_("Profit"), 76, is_number=True, explanation=_("Fees included")),
        Column("%", 76, is_number=True),
    ]


def trade_rows(result: BacktestResult, search: str = "") -> MadeRows:
    """Trades, newest first; those whose rules or dates hold `search`."""
    wanted = search.casefold().strip()
    numbers: Sequence[int] = range(len(result.trips), 0, -1)
    if wanted:
        names = {rule.id: rule_name(result.strategy, rule.id) for rule in result.strategy.rules}
        numbers = [number for number in numbers if _fits(result.trips[number - 1], names, wanted)]
    return MadeRows(numbers, lambda number: _trade_row(result, number, result.trips[number - 1]))


def _fits(trip: RoundTrip, names: Mapping[str, str], wanted: str) -> bool:
    if wanted in minute(trip.opened_ms):
        return True
    if trip.closed_by is None:
        return wanted in _("still open").casefold()
    return wanted in names[trip.closed_by].casefold() or wanted in minute(trip.closed_ms)


def _trade_row(result: BacktestResult, number: int, trip: RoundTrip) -> Row:
    market, ink = result.market, direction(trip.profit)
    closed_by = trip.closed_by
    closing = Cell(_("still open"), "text-3")
    if closed_by is not None:
        rule = result.strategy.rule(closed_by)
        closing = Cell(
            rule_name(result.strategy, closed_by),
            badge=str(rule.number),
            badge_ink=ROLE_INKS[rule.role],
        )
    return Row(
        number,
        (
            Cell(str(number), "text-3"),
            Cell(minute(trip.opened_ms), "text-2"),
            Cell(formatting.NOTHING if closed_by is None else minute(trip.closed_ms), "text-2"),
            Cell(_price(market, float(trip.average_price))),
            Cell(_price(market, float(trip.exit_price))),
            Cell(str(trip.buys), "text-2"),
            closing,
            Cell(signed(trip.profit), ink, "control-strong"),
            Cell(
                f"{formatting.arrow(trip.profit_percent)} "
                f"{formatting.percent(trip.profit_percent / 100)}",
                ink,
            ),
        ),
    )


def _price(market: str, value: float) -> str:
    return formatting.number(value, formatting.decimals_of(market, value))


def rule_columns() -> list[Column]:
    """The heads of the table of rules."""
    return [
        Column(_("Rule")),
        Column(_("Orders"), 56, is_number=True),
        Column(_("Held back"), 70, is_number=True),
        Column(_("Closed with"), 84, explanation=_("Profit of the trades this rule closed")),
        Column("", 72, is_number=True),
        Column(
            _("Without it"),
            92,
            is_number=True,
            explanation=_("How much the whole profit changes when this rule is off"),
        ),
    ]


def rule_rows(run: FinishedRun) -> list[Row]:
    """What each rule earned, in acting order; the fees below."""
    result = run.result
    largest = max((abs(float(rule.closed_profit)) for rule in result.rules), default=0.0)
    rows = [_rule_row(run, rule, largest) for rule in result.rules]
    fees = -result.figures.fees
    blank = Cell()
    rows.append(
        Row(
            "fees",
            (
                Cell(_("Fees, included above"), "text-2"),
                blank,
                blank,
                blank,
                Cell(signed(fees), direction(fees), "control-strong"),
                blank,
            ),
        )
    )
    return rows


def _rule_row(run: FinishedRun, made: RuleContribution, largest: float) -> Row:
    strategy: Strategy = run.result.strategy
    rule = strategy.rule(made.rule)
    share = float(made.closed_profit) / largest if largest else 0.0
    return Row(
        made.rule,
        (
            Cell(
                rule_name(strategy, made.rule),
                "text-1" if rule.enabled else "text-3",
                badge=str(rule.number),
                badge_ink=ROLE_INKS[rule.role],
            ),
            Cell(str(made.fills), "text-2"),
            Cell(str(made.suppressed + made.refused), "text-2"),
            Cell(bar=share),
            Cell(
                signed(made.closed_profit) if made.closed_profit else formatting.NOTHING,
                direction(made.closed_profit),
                "control-strong",
            ),
            _without(run, made.rule),
        ),
    )


def _without(run: FinishedRun, rule: str) -> Cell:
    if run.without is None:
        return Cell("…", "text-3", explanation=_("Being calculated"))
    profit = run.without.get(rule)
    if profit is None:
        return Cell(_("off"), "text-3")
    change = profit - float(run.result.figures.profit)
    return Cell(signed(change), direction(change) if round(change) else "text-3")


def month_columns() -> list[Column]:
    """The heads of the table of months."""
    return [
        Column(_("Month"), 76),
        Column(_("Profit"), None, is_number=True),
        Column(_("Holding"), None, is_number=True),
    ]


def month_rows(result: BacktestResult) -> list[Row]:
    """The profit of each month in Korea beside that of holding."""
    cash = float(result.conditions.cash)
    return [
        Row(
            month.name,
            (
                Cell(month.name, "text-2"),
                Cell(
                    signed(month.profit),
                    direction(month.profit),
                    "control-strong",
                    ground=_month_ground(month, cash),
                ),
                Cell(signed(month.hold_profit), direction(month.hold_profit)),
            ),
        )
        for month in result.months
    ]


def _month_ground(month: Month, cash: float) -> str:
    share = abs(month.profit) / cash if cash else 0.0
    step = 1 + int(np.searchsorted(_MONTH_STEPS, share))
    side = "up" if month.profit > 0 else "down"
    return f"gain-{side}-{step}" if round(month.profit) else ""


def equity_look(run: FinishedRun, others: Sequence[FinishedRun] = ()) -> EquityLook:
    """The run's worth with holding beside it, other runs, and where trades were closed."""
    result, curves = run.result, run.result.curves
    compared = [
        Curve(other.result.curves.ms, other.result.curves.equity, ink, 1.5)
        for other, ink in zip(others, _OTHER_INKS, strict=False)
    ]
    inks = {rule.id: ROLE_INKS[rule.role] for rule in result.strategy.rules}
    closed = [(trip.closed_ms, trip.closed_by) for trip in result.trips if trip.closed_by]
    times = [ms for ms, _ in closed]
    worth = np.interp(times, curves.ms, curves.equity).tolist() if closed else []
    marks = [(ms, value, inks[rule]) for (ms, rule), value in zip(closed, worth, strict=True)]
    return EquityLook(
        Curve(curves.ms, curves.equity, "acc", 1.75),
        [Curve(curves.ms, curves.hold, "text-3"), *compared],
        curves.drawdown,
        float(result.conditions.cash),
        marks,
    )


def run_columns() -> list[Column]:
    """The heads of the table of runs."""
    return [
        Column("", 26, explanation=_("Drawn beside the run shown")),
        Column(_("Run")),
        Column(_("Profit"), 64, is_number=True),
        Column(_("Drawdown"), 64, is_number=True),
    ]
