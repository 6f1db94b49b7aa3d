"""The backtest screen's life: strategies to choose from, one job at a time, runs to compare."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QObject, pyqtSignal

from upbit_auto_trading.application.backtest_service import (
    NoCandlesError,
    PeriodTooLongError,
    Stage,
)
from upbit_auto_trading.application.library import newest_strategies
from upbit_auto_trading.application.strategies import SEVEN_RULES, shipped_template
from upbit_auto_trading.domain.calculation import CalculationError
from upbit_auto_trading.domain.evaluation import UnfinishedComparisonError
from upbit_auto_trading.domain.failure import MarketDataError
from upbit_auto_trading.domain.own_indicators import NoIndicatorError
from upbit_auto_trading.domain.recording import LedgerError
from upbit_auto_trading.domain.variable import InvalidOperandError, UnknownVariableError
from upbit_auto_trading.tasks import TaskOwner

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from upbit_auto_trading.application.backtest_result import BacktestResult
    from upbit_auto_trading.application.backtest_service import BacktestRequest, BacktestService
    from upbit_auto_trading.application.library import Library
    from upbit_auto_trading.application.services import Services
    from upbit_auto_trading.domain.market import MarketInfo
    from upbit_auto_trading.domain.strategy import Strategy

TEMPLATE: Final = f"template:{SEVEN_RULES}"
EDITED: Final = "edited"
_KEPT_RUNS: Final = 12
_CANT_BE_COMPILED: Final = (
    UnknownVariableError,
    InvalidOperandError,
    UnfinishedComparisonError,
    NoIndicatorError,
)
Refusal = (
    MarketDataError
    | NoCandlesError
    | PeriodTooLongError
    | CalculationError
    | UnknownVariableError
    | InvalidOperandError
    | UnfinishedComparisonError
    | NoIndicatorError
)


@dataclass(frozen=True, slots=True)
class StrategyChoice:
    """A strategy one can run: a template's, a saved one in its newest version, or one as edited."""

    key: str
    strategy: Strategy


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """A run of this window; `without` is each rule's profit when it is off, None until known.

    `changed` says in words what was changed for it in the strategy's version.
    """

    number: int
    request: BacktestRequest
    result: BacktestResult
    without: dict[str, float] | None = None
    changed: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """What is underway: which market of how many, what is being done, how much of it is done."""

    market: str
    place: int
    count: int
    stage: Stage
    fraction: float


class BacktestViewModel(QObject):
    """`changed` tells of everything but progress, which `progressed` tells of."""

    changed = pyqtSignal()
    progressed = pyqtSignal()

    def __init__(
        self, services: Services, service: BacktestService, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._library: Library | None = services.library
        self._market_data = services.market_data
        self._service = service
        self._tasks = TaskOwner("backtest")
        self._running: asyncio.Task[None] | None = None
        self._numbers = 0
        self._saved: list[StrategyChoice] = []
        self._edited: StrategyChoice | None = None
        self.is_loaded = False
        self.markets: Sequence[MarketInfo] = ()
        self.runs: list[FinishedRun] = []
        self.shown: FinishedRun | None = None
        self.compared: frozenset[int] = frozenset()
        self.job: Job | None = None
        self.refusal: Refusal | None = None

    @property
    def choices(self) -> list[StrategyChoice]:
        """What can be run: as it is being edited, saved ones (the last saved first), template."""
        if not self.is_loaded:
            return []
        edited = [] if self._edited is None else [self._edited]
        template = StrategyChoice(TEMPLATE, shipped_template(SEVEN_RULES).strategy)
        return [*edited, *self._saved, template]

    def offer(self, strategy: Strategy) -> str:
        """Offer a strategy as another screen shows it; return the key of that choice."""
        same = next((one.key for one in self._saved if one.strategy == strategy), None)
        self._edited = None if same is not None else StrategyChoice(EDITED, strategy)
        self.changed.emit()
        return same or EDITED

    def load(self) -> None:
        """Read what there is to choose from, again."""
        self._tasks.start(self._load(), "load")

    def run(self, requests: Sequence[BacktestRequest], changed: str = "") -> None:
        """Run these one after the other, in place of what is underway.

        `changed` says what was changed for them in the strategy's version.
        """
        self.cancel()
        self.refusal = None
        self.job = Job(requests[0].market, 0, len(requests), Stage.HISTORY, 0.0)
        self.progressed.emit()
        self._running = self._tasks.start(self._run(requests, changed), "run")
        self.changed.emit()

    def cancel(self) -> None:
        """End what is underway; runs finished before stay."""
        if self._running is not None:
            self._running.cancel()
        if self.job is not None:
            self.job = None
            self.changed.emit()

    def show(self, number: int) -> None:
        """Show another finished run."""
        self.shown = next(run for run in self.runs if run.number == number)
        self.compared -= {number}
        self.changed.emit()

    def compare(self, number: int) -> None:
        """Draw a finished run beside the one shown, or no longer."""
        self.compared ^= {number}
        self.changed.emit()

    def name_of(self, market: str) -> MarketInfo | None:
        """What the exchange lists under that code."""
        return next((info for info in self.markets if info.market == market), None)

    async def close(self) -> None:
        """End what is underway."""
        await self._tasks.close()

    async def _load(self) -> None:
        if self._library is not None:
            try:
                saved = await self._library.use(newest_strategies)
            except LedgerError:
                saved = []
            self._saved = [StrategyChoice(one.id, one) for one in saved]
        self.is_loaded = True
        self.changed.emit()
        try:
            self.markets = (await self._market_data.markets()).values
        except MarketDataError:
            self.markets = ()
        self.changed.emit()

    async def _run(self, requests: Sequence[BacktestRequest], changed: str) -> None:
        for place, request in enumerate(requests):
            self.job = Job(request.market, place, len(requests), Stage.HISTORY, 0.0)
            self.progressed.emit()
            try:
                result = await self._service.run(request, self._progress)
            except (
                MarketDataError,
                NoCandlesError,
                PeriodTooLongError,
                CalculationError,
                *_CANT_BE_COMPILED,
            ) as error:
                self.refusal, self.job = error, None
                self.changed.emit()
                return
            self._finished(request, result, changed)
            await self._run_without_each_rule()
        self.job = None
        self.changed.emit()

    async def _run_without_each_rule(self) -> None:
        """Run again with each rule off: what the report says of rules comes after the report."""
        run = self.runs[0]
        try:
            profits = await self._service.without_each_rule(run.request)
        except CalculationError:
            return
        known = replace(run, without=profits)
        self.runs = [known if one is run else one for one in self.runs]
        if self.shown is run:
            self.shown = known
        self.changed.emit()

    def _finished(self, request: BacktestRequest, result: BacktestResult, changed: str) -> None:
        self._numbers += 1
        run = FinishedRun(self._numbers, request, result, changed=changed)
        self.runs = [run, *self.runs[: _KEPT_RUNS - 1]]
        self.compared &= {one.number for one in self.runs}
        self.shown = run
        self.changed.emit()

    def _progress(self, stage: Stage, fraction: float) -> None:
        if self.job is not None:
            self.job = replace(self.job, stage=stage, fraction=fraction)
            self.progressed.emit()
