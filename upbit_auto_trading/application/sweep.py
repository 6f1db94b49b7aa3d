"""Parameter sweeps: one backtest per combination of values, spread over processes."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.application.backtest import Conditions, backtest_candles
from upbit_auto_trading.domain.rule_plan import UNEXPLAINED

if TYPE_CHECKING:
    from multiprocessing.synchronize import Event

    from upbit_auto_trading.application.strategies import StrategyTemplate
    from upbit_auto_trading.domain.candle_series import CandleColumns
    from upbit_auto_trading.domain.indicator import IndicatorPort
    from upbit_auto_trading.domain.strategy import Strategy

MAX_COMBINATIONS: Final = 10_000
# Backtests handed to the pool ahead of the results, per process: few, so that a cancel is quick.
_AHEAD: Final = 2
_ASKED_EVERY_S: Final = 0.1

Values = tuple[tuple[str, float], ...]
Progress = Callable[[int, int], None]


class TooManyCombinationsError(ValueError):
    """A grid with more combinations than `MAX_COMBINATIONS`."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} combinations are more than {MAX_COMBINATIONS}")
        self.count = count


@dataclass(frozen=True, slots=True)
class SweepResult:
    """What one combination came to; percentages but for `trips`, None where undefined."""

    values: Values
    profit_percent: float
    drawdown_percent: float
    trips: int
    win_percent: float | None
    profit_factor: float | None
    exposure_percent: float


@dataclass(frozen=True, slots=True)
class SweepData:
    """What every backtest of a sweep runs on. It is sent to each process once."""

    candles: CandleColumns
    length_ms: int
    conditions: Conditions
    indicators: IndicatorPort | None = None


def combinations(
    template: StrategyTemplate, grid: Mapping[str, Sequence[float]]
) -> list[tuple[Values, Strategy]]:
    """Return the template filled with every combination of the grid's values.

    Raises:
        TooManyCombinationsError: there are more than `MAX_COMBINATIONS`.
        InvalidDocumentError: a name isn't a parameter's, or a value is out of its bounds.
    """
    count = 1
    for values in grid.values():
        count *= len(values)
    if count > MAX_COMBINATIONS:
        raise TooManyCombinationsError(count)
    chosen = (tuple(zip(grid, values, strict=True)) for values in product(*grid.values()))
    return [(values, template.filled(dict(values), path="grid")) for values in chosen]


def sweep(
    runs: Sequence[tuple[Values, Strategy]],
    data: SweepData,
    *,
    processes: int = 1,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> list[SweepResult]:
    """Run them all and return the results in the order of `runs`; when cancelled, those there are.

    It blocks until all are done; `progress` is told (done, all) after each, and `cancelled` is
    asked ten times a second: backtests underway then end at their next report. The processes end
    with it in any case.
    """
    results: dict[int, SweepResult] = {}
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    with ProcessPoolExecutor(
        processes, mp_context=context, initializer=_receive, initargs=(data, stop)
    ) as pool:
        waiting = iter(enumerate(runs))
        running: dict[Future[SweepResult], int] = {}
        _hand_out(pool, running, waiting, processes * _AHEAD)
        while running:
            done, _ = wait(running, timeout=_ASKED_EVERY_S, return_when=FIRST_COMPLETED)
            for future in done:
                results[running.pop(future)] = future.result()
            if done and progress is not None:
                progress(len(results), len(runs))
            if cancelled():
                stop.set()
                for future in running:
                    future.cancel()
                break
            _hand_out(pool, running, waiting, processes * _AHEAD)
    return [results[place] for place in sorted(results)]


def _hand_out(
    pool: ProcessPoolExecutor,
    running: dict[Future[SweepResult], int],
    waiting: Iterator[tuple[int, tuple[Values, Strategy]]],
    most: int,
) -> None:
    while len(running) < most:
        following = next(waiting, None)
        if following is None:
            return
        place, (values, strategy) = following
        running[pool.submit(_run, values, strategy)] = place


class _Worker:
    """What a process of the pool was given when it started."""

    data: SweepData | None = None
    stop: Event | None = None


def _receive(data: SweepData, stop: Event) -> None:
    _Worker.data, _Worker.stop = data, stop


def _run(values: Values, strategy: Strategy) -> SweepResult:
    data = _Worker.data
    if data is None:
        raise RuntimeError("a sweep's process was started without its data")
    stop = _Worker.stop
    return run_one(values, strategy, data, lambda: stop is not None and stop.is_set())


class SweepStoppedError(Exception):
    """A combination was given up because the sweep was cancelled."""


def run_one(
    values: Values,
    strategy: Strategy,
    data: SweepData,
    cancelled: Callable[[], bool] = lambda: False,
) -> SweepResult:
    """Run one combination in this process.

    Raises:
        SweepStoppedError: `cancelled` said so while it ran.
    """

    def go_on(_done: int, _all: int) -> None:
        if cancelled():
            raise SweepStoppedError

    backtest = backtest_candles(
        strategy,
        data.candles,
        data.length_ms,
        data.conditions,
        data.indicators,
        telling=UNEXPLAINED,
        progress=go_on,
    )
    report = backtest.report()
    return SweepResult(
        values,
        report.profit_percent,
        report.drawdown.percent,
        len(report.trips),
        report.win_percent,
        report.profit_factor,
        report.exposure_percent,
    )
