"""A backtest's report as files: one HTML page that stands alone, trades as CSV."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING, Final

import numpy as np

from upbit_auto_trading.application.csv_text import csv_text
from upbit_auto_trading.presentation.i18n import _, language
from upbit_auto_trading.presentation.screens import backtest_rows, backtest_words
from upbit_auto_trading.presentation.screens.assumption_words import assumption_looks
from upbit_auto_trading.presentation.tokens import DirectionScheme, ThemeName, resolve

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from upbit_auto_trading.presentation.viewmodels.backtest import FinishedRun
    from upbit_auto_trading.presentation.widgets.data_table import Column, Row

_WIDTH: Final = 1000
_HEIGHT: Final = 240


def trades_csv(run: FinishedRun) -> str:
    """Every round trip with exact figures; times in UTC as ISO 8601."""
    head = (
        "number",
        "market",
        "opened_utc",
        "closed_utc",
        "buys",
        "quantity",
        "average_price",
        "exit_price",
        "spent",
        "fees",
        "profit",
        "profit_percent",
        "closed_by",
    )
    rows = [
        (
            number,
            run.result.market,
            _utc(trip.opened_ms),
            _utc(trip.closed_ms) if trip.closed_by is not None else "",
            trip.buys,
            trip.quantity,
            trip.average_price,
            trip.exit_price,
            trip.spent,
            trip.fees,
            trip.profit,
            trip.profit_percent,
            trip.closed_by or "",
        )
        for number, trip in enumerate(run.result.trips, 1)
    ]
    return csv_text(head, rows)


def report_html(run: FinishedRun, scheme: DirectionScheme = DirectionScheme.KOREAN) -> str:
    """The whole report as one page, assumptions first."""
    result = run.result
    inks = resolve(ThemeName.LIGHT, scheme)
    title = backtest_words.run_title(run)
    assumptions = "".join(
        f'<tr class="{look.tone}"><th>{escape(look.label)}</th><td>{escape(look.text)}</td></tr>'
        for look in assumption_looks(result)
    )
    tiles = "".join(
        f"<div><small>{escape(tile.label)}</small>"
        f'<b style="color:{inks[tile.ink]}">{escape(tile.value)}</b>'
        f"<small>{escape(tile.detail)}</small></div>"
        for tile in backtest_words.metrics(result)
    )
    parts = [
        f"<h1>{escape(title)}</h1>",
        f"<h2>{escape(_('Assumptions'))}</h2><table>{assumptions}</table>",
        f'<div class="tiles">{tiles}</div>',
        f"<h2>{escape(_('Worth and drawdown'))}</h2>{_picture(run, inks)}",
        f"<h2>{escape(_('What each rule did'))}</h2>",
        _table(backtest_rows.rule_columns(), backtest_rows.rule_rows(run), inks, skip=3),
        f"<h2>{escape(_('Months'))}</h2>",
        _table(backtest_rows.month_columns(), backtest_rows.month_rows(result), inks),
        f"<h2>{escape(_('Round trips'))}</h2>",
        _table(backtest_rows.trade_columns(), backtest_rows.trade_rows(result), inks),
    ]
    return (
        f'<!doctype html><html lang="{language()}"><meta charset="utf-8">'
        f"<title>{escape(title)}</title><style>{_style(inks)}</style><body>"
        f"{''.join(parts)}</body></html>\n"
    )


def _utc(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds")


def _style(colours: Mapping[str, str]) -> str:
    return (
        "body{font:14px/1.5 Pretendard,'Noto Sans KR',sans-serif;max-width:1040px;margin:24px auto;"
        f"color:{colours['text-1']};font-variant-numeric:tabular-nums}}"
        "table{border-collapse:collapse;width:100%}"
        f"td,th{{border-bottom:1px solid {colours['line']};padding:4px 8px;text-align:left}}"
        "td.n{text-align:right}"
        f".warn{{background:{colours['warn-bg']}}}.bad{{background:{colours['bad-bg']}}}"
        ".tiles{display:flex;gap:8px;margin:16px 0}.tiles div{flex:1;padding:8px;"
        f"border:1px solid {colours['line']};display:flex;flex-direction:column}}"
        ".tiles b{font-size:18px}h2{margin:24px 0 4px;font-size:16px}"
    )


def _table(
    columns: Sequence[Column],
    rows: Sequence[Row],
    colours: Mapping[str, str],
    skip: int | None = None,
) -> str:
    """A table of the screen; `skip` is a column that only a screen can draw."""
    places = [place for place in range(len(columns)) if place != skip]
    head = "".join(f"<th>{escape(columns[place].title)}</th>" for place in places)
    lines = []
    for row in rows:
        cells = "".join(
            f'<td class="{"n" if columns[place].is_number else ""}" '
            f'style="color:{colours[row.cells[place].ink]}">'
            f"{escape((row.cells[place].badge + ' ' + row.cells[place].text).strip())}</td>"
            for place in places
        )
        lines.append(f"<tr>{cells}</tr>")
    return f"<table><tr>{head}</tr>{''.join(lines)}</table>"


def _picture(run: FinishedRun, colours: Mapping[str, str]) -> str:
    curves = run.result.curves
    if not len(curves.ms):
        return ""
    both = np.concatenate((curves.equity, curves.hold))
    low, high = float(both.min()), float(both.max())
    lines = "".join(
        f'<polyline fill="none" stroke="{colours[ink]}" '
        f'points="{_points(curves.ms, values, low, high)}"/>'
        for values, ink in ((curves.hold, "text-3"), (curves.equity, "acc"))
    )
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="100%" role="img" '
        f'aria-label="{escape(_("Worth and drawdown"))}">{lines}</svg>'
    )


def _points(ms: NDArray[np.int64], values: NDArray[np.float64], low: float, high: float) -> str:
    span = max(1, int(ms[-1] - ms[0]))
    x = (ms - ms[0]) / span * _WIDTH
    y = (1 - (values - low) / max(high - low, 1e-12)) * _HEIGHT
    return " ".join(f"{one:.1f},{other:.1f}" for one, other in zip(x, y, strict=True))
