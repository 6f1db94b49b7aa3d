"""A year of minutes backtested for the screen: sent to the warm worker, its report painted.

Two strategies: the seven rules as they ship, and entering whenever flat at an RSI of 50, whose
report has thousands of trades. The floor is the run alone in this process, without report,
look-ahead check, crossing or painting. Painting is Qt's own, into memory.
"""

import argparse
import asyncio
import os
import statistics
import time
from decimal import Decimal
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PyQt6.QtWidgets import QApplication

from benchmarks.backtest import MINUTE_MS, YEAR, market
from benchmarks.result import Result, show, versions_of
from upbit_auto_trading.application.backtest import Conditions, backtest_candles
from upbit_auto_trading.application.backtest_result import BacktestResult, calculate
from upbit_auto_trading.application.backtest_service import BacktestRequest
from upbit_auto_trading.application.strategies import SEVEN_RULES, shipped_template
from upbit_auto_trading.domain.candle_series import CandleColumns
from upbit_auto_trading.domain.own_indicators import OwnIndicators
from upbit_auto_trading.domain.strategy import Strategy
from upbit_auto_trading.domain.timeframe import from_epoch_ms
from upbit_auto_trading.infrastructure.indicators import TaLibIndicators
from upbit_auto_trading.infrastructure.worker_process import WorkerProcess
from upbit_auto_trading.presentation.screens.backtest_report import BacktestReportView
from upbit_auto_trading.presentation.theme import Theme, load_fonts
from upbit_auto_trading.presentation.viewmodels.backtest import FinishedRun

MARKET = "KRW-BTC"
STRATEGIES: dict[str, dict[str, Any]] = {
    "seven_rules": {},
    "always_in_market": {"rsi_level": 50.0},
}
CONDITIONS = Conditions(Decimal(10**12), slippage_percent=0.02, grid_of=MARKET)


async def in_worker(
    worker: WorkerProcess, strategy: Strategy, candles: CandleColumns
) -> tuple[float, BacktestResult]:
    """Return the seconds until the result is back, and the result."""
    began = time.perf_counter()
    result = await worker.run(
        calculate,
        strategy,
        MARKET,
        "1m",
        MINUTE_MS,
        candles,
        CONDITIONS,
        OwnIndicators(TaLibIndicators()),
    )
    return time.perf_counter() - began, result


def painted(view: BacktestReportView, run: FinishedRun) -> float:
    """Return the seconds until the report is painted."""
    began = time.perf_counter()
    view.show_run(run, (), (run,))
    view.grab()
    return time.perf_counter() - began


async def measure(bars: int, rounds: int, view: BacktestReportView) -> Result:
    """Run everything in turn; the worker is warm, as it is from the second run on."""
    candles = market(bars)
    figures: dict[str, Any] = {"bars": bars}
    floor: dict[str, Any] = {}
    async with WorkerProcess("benchmark") as worker:
        await in_worker(worker, shipped_template(SEVEN_RULES).strategy, market(1_000))
        for name, values in STRATEGIES.items():
            strategy = shipped_template(SEVEN_RULES).filled(values)
            seconds: dict[str, list[float]] = {"worker": [], "paint": [], "alone": []}
            for number in range(rounds):
                alone = backtest_candles(strategy, candles, MINUTE_MS, CONDITIONS)
                seconds["alone"].append(alone.seconds)
                took, result = await in_worker(worker, strategy, candles)
                seconds["worker"].append(took)
                ends = (from_epoch_ms(result.start_ms), from_epoch_ms(result.end_ms))
                request = BacktestRequest(strategy, MARKET, "1m", *ends, CONDITIONS)
                seconds["paint"].append(painted(view, FinishedRun(number, request, result)))
                figures[f"{name}_trades"] = len(result.trips)
            medians = {key: statistics.median(values) for key, values in seconds.items()}
            figures[f"{name}_worker_s"] = medians["worker"]
            figures[f"{name}_paint_s"] = medians["paint"]
            figures[f"{name}_s"] = medians["worker"] + medians["paint"]
            floor[f"{name}_run_alone_s"] = medians["alone"]
    ratio = {name: figures[f"{name}_s"] / floor[f"{name}_run_alone_s"] for name in STRATEGIES}
    return Result(
        "backtest_screen", figures, floor, ratio, versions_of("numpy", "PyQt6", "pyqtgraph")
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bars", type=int, default=YEAR)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    application = QApplication([])
    load_fonts()
    theme = Theme()
    theme.apply(application)
    view = BacktestReportView(theme)
    view.resize(1600, 900)
    show(asyncio.run(measure(given.bars, given.rounds, view)), as_json=given.json)


if __name__ == "__main__":
    main()
