"""`backtest`: a run file, or a strategy on a market's history, from the command line."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from upbit_auto_trading.application.backtest import (
    Backtest,
    Conditions,
    backtest_candles,
    check_look_ahead,
    run_backtest,
)
from upbit_auto_trading.application.backtest_assumptions import assumptions
from upbit_auto_trading.application.history import closed_candles
from upbit_auto_trading.application.run_file import read_run_file
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.document import InvalidDocumentError
from upbit_auto_trading.domain.failure import MarketDataError
from upbit_auto_trading.domain.market import InvalidMarketError, parse_market
from upbit_auto_trading.domain.money import minimum_total
from upbit_auto_trading.domain.strategy_json import strategy_from_json
from upbit_auto_trading.domain.timeframe import TIMEFRAMES, parse_timeframe

if TYPE_CHECKING:
    from upbit_auto_trading.application.ports import MarketDataFeed
    from upbit_auto_trading.application.run_file import RunFile
    from upbit_auto_trading.domain.indicator import IndicatorPort
    from upbit_auto_trading.domain.strategy import Strategy

DONE: Final = 0
FAILED: Final = 1
_KST: Final = timezone(timedelta(hours=9))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options to its parser."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--run", type=Path, metavar="FILE", help="run file: params and candles")
    what.add_argument("--strategy", type=Path, metavar="FILE", help="strategy to run on history")
    parser.add_argument("--market", type=_market, default="KRW-BTC", metavar="CODE")
    fixed = [timeframe.code for timeframe in TIMEFRAMES.values() if timeframe.is_fixed]
    parser.add_argument("--timeframe", choices=fixed, default="1m")
    parser.add_argument(
        "--from", dest="start", type=_moment, metavar="T", help="ISO 8601, Korean time by default"
    )
    parser.add_argument("--to", dest="end", type=_moment, metavar="T")
    parser.add_argument("--cash", type=_cash, default=Decimal(1_000_000), metavar="AMOUNT")
    parser.add_argument(
        "--slippage-percent", type=_percent, default=0.0, metavar="P", help="against us (0)"
    )
    parser.add_argument(
        "--tick-sizes", action="store_true", help="fill on the market's price steps, against us"
    )
    parser.add_argument(
        "--profit-with-fees", action="store_true", help="rules read profit after fees"
    )
    parser.add_argument("--json", action="store_true", help="print one line of JSON")


def _market(text: str) -> str:
    try:
        return parse_market(text)
    except InvalidMarketError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no ISO 8601 date or time") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=_KST)


def _cash(text: str) -> Decimal:
    try:
        cash = Decimal(text)
    except InvalidOperation:
        raise argparse.ArgumentTypeError(f"{text!r} is no amount") from None
    if not cash.is_finite() or cash < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no amount of cash")
    return cash


def _percent(text: str) -> float:
    percent = float(_cash(text))
    if percent >= 100:
        raise argparse.ArgumentTypeError(f"{text} is not below 100")
    return percent


def needs_history(given: argparse.Namespace) -> bool:
    """Whether `run_on_history` is to be called, with a feed, instead of `run`."""
    return given.strategy is not None


def run(given: argparse.Namespace, indicators: IndicatorPort | None = None) -> int:
    """Run the run file and print what came of it; return the exit code.

    The file says under which conditions orders fill; options may add to them.
    """
    try:
        run_file = read_run_file(given.run.read_bytes())
        backtest = run_backtest(_with_options(run_file, given), indicators)
    except OSError as error:
        return _failed(f"{given.run}: {error.strerror or error}")
    except InvalidDocumentError as error:
        return _failed(f"{given.run}: {error}")
    return _print(backtest, indicators, as_json=given.json)


async def run_on_history(
    given: argparse.Namespace, feed: MarketDataFeed, indicators: IndicatorPort
) -> int:
    """Run the strategy on the market's candles and print what came of it; return the exit code."""
    if given.start is None or given.end is None or given.start >= given.end:
        return _failed("--strategy needs --from and a later --to")
    try:
        strategy = strategy_from_json(given.strategy.read_bytes(), shipped_variables())
        candles = await closed_candles(feed, given.market, given.timeframe, given.start, given.end)
    except OSError as error:
        return _failed(f"{given.strategy}: {error.strerror or error}")
    except InvalidDocumentError as error:
        return _failed(f"{given.strategy}: {error}")
    except MarketDataError as error:
        return _failed(f"{given.market}: {error}")
    if not len(candles):
        return _failed(f"{given.market}: no candles between {given.start} and {given.end}")
    conditions = Conditions(
        given.cash,
        slippage_percent=given.slippage_percent,
        minimum=minimum_total(given.market),
        grid_of=given.market if given.tick_sizes else None,
    )
    strategy = _counting_fees(strategy, given)
    length_ms = parse_timeframe(given.timeframe).seconds * 1000
    backtest = backtest_candles(strategy, candles, length_ms, conditions, indicators)
    return _print(backtest, indicators, as_json=given.json)


def _with_options(run_file: RunFile, given: argparse.Namespace) -> RunFile:
    return replace(
        run_file,
        strategy=_counting_fees(run_file.strategy, given),
        slippage_percent=given.slippage_percent or run_file.slippage_percent,
        grid_of=given.market if given.tick_sizes else run_file.grid_of,
    )


def _counting_fees(strategy: Strategy, given: argparse.Namespace) -> Strategy:
    return replace(strategy, profit_includes_fees=True) if given.profit_with_fees else strategy


def _failed(reason: str) -> int:
    sys.stderr.write(reason + "\n")
    return FAILED


def _print(backtest: Backtest, indicators: IndicatorPort | None, *, as_json: bool) -> int:
    if as_json:
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
        f"{_shown(event['t'])}  rule {event['rule']}  {event['side'] or 'mode'}  "
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


def _shown(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _figure(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.2f}"
