"""Backtests for the window: history from the feed, the run in the worker, results remembered."""

from __future__ import annotations

import asyncio
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.application.backtest_result import (
    BacktestResult,
    calculate,
    without_each_rule,
)
from upbit_auto_trading.application.history import closed_candles
from upbit_auto_trading.application.sweep import SweepData, SweepResult, Values, sweep
from upbit_auto_trading.domain.timeframe import parse_timeframe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from upbit_auto_trading.application.backtest import Conditions
    from upbit_auto_trading.application.calculations import Worker
    from upbit_auto_trading.application.ports import MarketDataFeed
    from upbit_auto_trading.domain.candle_series import CandleColumns
    from upbit_auto_trading.domain.indicator import IndicatorPort
    from upbit_auto_trading.domain.strategy import Strategy

MOST_CANDLES: Final = 2_000_000
_MOST_PROCESSES: Final = 8


class Stage(StrEnum):
    """What a backtest is doing."""

    HISTORY = "history"
    RUN = "run"


class NoCandlesError(Exception):
    """The period has no candle of the market."""

    def __init__(self, market: str) -> None:
        super().__init__(f"{market} has no candle in the period")
        self.market = market


class PeriodTooLongError(ValueError):
    """A period with more candles than `MOST_CANDLES`."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} candles are more than {MOST_CANDLES}")
        self.count = count


@dataclass(frozen=True, slots=True)
class BacktestRequest:
    """One strategy on one market; `start` and `end` are aware, the end is exclusive."""

    strategy: Strategy
    market: str
    timeframe: str
    start: datetime
    end: datetime
    conditions: Conditions

    @property
    def expected(self) -> int:
        """How many candles the period has when every slot had a trade."""
        length = parse_timeframe(self.timeframe).seconds
        return max(1, int((self.end - self.start).total_seconds() // length))


class BacktestService:
    """Runs backtests one at a time; history once fetched is kept for the next run of the same.

    Close it at the end: a sweep waits in a thread of its own for its processes.
    """

    def __init__(self, feed: MarketDataFeed, worker: Worker, indicators: IndicatorPort) -> None:
        self._feed = feed
        self._worker = worker
        self._indicators = indicators
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="sweep")
        self._kept: tuple[tuple[str, str, datetime, datetime], CandleColumns] | None = None

    async def run(
        self,
        request: BacktestRequest,
        on_progress: Callable[[Stage, float], None] = lambda _stage, _fraction: None,
    ) -> BacktestResult:
        """Run it; cancelling the task ends history and calculation alike.

        Raises:
            PeriodTooLongError: more than `MOST_CANDLES` could be in the period.
            NoCandlesError: there is none in it.
            MarketDataError: history couldn't be had.
            UnknownVariableError, InvalidOperandError, UnfinishedComparisonError,
                NoIndicatorError: a trigger that can't be compiled.
            CalculationError: the worker's process is gone.
        """
        candles = await self._candles(request, on_progress)
        length_ms = parse_timeframe(request.timeframe).seconds * 1000
        return await self._worker.run(
            calculate,
            request.strategy,
            request.market,
            request.timeframe,
            length_ms,
            candles,
            request.conditions,
            self._indicators,
            on_progress=lambda fraction: on_progress(Stage.RUN, fraction),
        )

    async def without_each_rule(
        self,
        request: BacktestRequest,
        on_progress: Callable[[Stage, float], None] = lambda _stage, _fraction: None,
    ) -> dict[str, float]:
        """Return the profit of the same run with each enabled rule off, by rule; see `run`."""
        candles = await self._candles(request, on_progress)
        return await self._worker.run(
            without_each_rule,
            request.strategy,
            parse_timeframe(request.timeframe).seconds * 1000,
            candles,
            request.conditions,
            self._indicators,
            on_progress=lambda fraction: on_progress(Stage.RUN, fraction),
        )

    async def sweep(
        self,
        request: BacktestRequest,
        combinations: Sequence[tuple[Values, Strategy]],
        on_progress: Callable[[Stage, float], None] = lambda _stage, _fraction: None,
    ) -> list[SweepResult]:
        """Run every combination over the machine's processors; see `run` and `sweep.sweep`.

        Cancelling the task ends the processes.
        """
        candles = await self._candles(request, on_progress)
        length_ms = parse_timeframe(request.timeframe).seconds * 1000
        loop = asyncio.get_running_loop()
        is_cancelled = threading.Event()

        def tell(done: int, count: int) -> None:
            loop.call_soon_threadsafe(on_progress, Stage.RUN, done / count)

        work = partial(
            sweep,
            combinations,
            SweepData(candles, length_ms, request.conditions, self._indicators),
            processes=max(1, min(_MOST_PROCESSES, os.cpu_count() or 1)),
            progress=tell,
            cancelled=is_cancelled.is_set,
        )
        running = loop.run_in_executor(self._threads, work)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            is_cancelled.set()
            await asyncio.wait([running])
            raise

    def close(self) -> None:
        """Let go of the thread. Cancel what is underway before."""
        self._threads.shutdown(wait=False)

    async def _candles(
        self, request: BacktestRequest, on_progress: Callable[[Stage, float], None]
    ) -> CandleColumns:
        expected = request.expected
        if expected > MOST_CANDLES:
            raise PeriodTooLongError(expected)
        key = (request.market, request.timeframe, request.start, request.end)
        if self._kept is None or self._kept[0] != key:
            on_progress(Stage.HISTORY, 0.0)
            candles = await closed_candles(
                self._feed,
                request.market,
                request.timeframe,
                request.start,
                request.end,
                progress=lambda count: on_progress(Stage.HISTORY, min(1.0, count / expected)),
            )
            self._kept = (key, candles)
        candles = self._kept[1]
        if not len(candles):
            raise NoCandlesError(request.market)
        return candles
