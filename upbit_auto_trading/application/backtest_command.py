"""`backtest --run FILE`: a run file through the engine, from the command line."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from upbit_auto_trading.application.backtest import Backtest, check_look_ahead, run_backtest_file
from upbit_auto_trading.application.backtest_assumptions import assumptions
from upbit_auto_trading.domain.document import InvalidDocumentError

if TYPE_CHECKING:
    import argparse

    from upbit_auto_trading.domain.indicator import IndicatorPort

DONE: Final = 0
FAILED: Final = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options to its parser."""
    parser.add_argument("--run", type=Path, metavar="FILE", help="run file: params and candles")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")


def run(given: argparse.Namespace, indicators: IndicatorPort | None = None) -> int:
    """Run the file and print what came of it; return the exit code."""
    try:
        backtest = run_backtest_file(given.run.read_bytes(), indicators)
    except OSError as error:
        sys.stderr.write(f"{given.run}: {error.strerror or error}\n")
        return FAILED
    except InvalidDocumentError as error:
        sys.stderr.write(f"{given.run}: {error}\n")
        return FAILED
    if given.json:
        sys.stdout.write(json.dumps(result_of(backtest)) + "\n")
    else:
        sys.stdout.write(text_of(backtest, indicators))
    return DONE


def result_of(backtest: Backtest) -> dict[str, Any]:
    """Return the result as plain data: events and final exactly as in the run files."""
    return {
        "events": backtest.events,
        "final": backtest.final,
        "bars": backtest.bars,
        "seconds": round(backtest.seconds, 6),
        "judged_ticks": backtest.replay.judged,
        "assumptions": [
            {"code": assumption.code, **dict(assumption.facts)}
            for assumption in assumptions(backtest)
        ],
    }


def text_of(backtest: Backtest, indicators: IndicatorPort | None = None) -> str:
    """Return the result as lines of text for a terminal."""
    report = backtest.report()
    check = check_look_ahead(backtest, indicators)
    lines = [
        f"{_moment(event['t'])}  rule {event['rule']}  {event['side'] or 'mode'}  "
        f"{event['qty']} at {event['price']!r}"
        for event in backtest.events
    ]
    lines += [
        f"bars            {backtest.bars} in {backtest.seconds:.3f} s",
        f"final           cash {backtest.final['cash']}, quantity {backtest.final['qty']}",
        (
            f"profit          {report.profit:.0f} ({report.profit_percent:+.2f} %), "
            f"fees {report.fees:.0f}"
        ),
        f"buy and hold    {report.hold_percent:+.2f} %",
        f"max drawdown    {report.drawdown.percent:.2f} %",
        (
            f"round trips     {len(report.trips)}, won {_figure(report.win_percent)} %, "
            f"profit factor {_figure(report.profit_factor)}"
        ),
        f"sharpe, sortino {_figure(report.sharpe)}, {_figure(report.sortino)}",
        f"in the market   {report.exposure_percent:.1f} % of the time",
        (
            f"look-ahead      {'none found' if check.passed else 'DIFFERENT ON SHORTER DATA'} "
            f"({check.decisions_compared} decisions compared)"
        ),
    ]
    lines += [
        f"assumption      {assumption.code} "
        + ", ".join(f"{name} {value}" for name, value in assumption.facts)
        for assumption in assumptions(backtest)
    ]
    return "\n".join(lines) + "\n"


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _figure(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.2f}"
