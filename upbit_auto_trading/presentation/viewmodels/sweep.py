"""A sweep over two parameters: what is tried, how far it is, what came of each pair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal

from upbit_auto_trading.application.backtest_service import NoCandlesError, PeriodTooLongError
from upbit_auto_trading.domain.evaluation import UnfinishedComparisonError
from upbit_auto_trading.domain.failure import MarketDataError
from upbit_auto_trading.domain.own_indicators import NoIndicatorError
from upbit_auto_trading.domain.variable import InvalidOperandError, UnknownVariableError
from upbit_auto_trading.tasks import TaskOwner

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from upbit_auto_trading.application.backtest_service import (
        BacktestRequest,
        BacktestService,
        Stage,
    )
    from upbit_auto_trading.application.sweep import SweepResult, Values
    from upbit_auto_trading.domain.strategy import Strategy
    from upbit_auto_trading.presentation.viewmodels.backtest import Refusal

Pair = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Sweep:
    """Two parameters with the values tried, and what is known; `strategies` fills each pair."""

    request: BacktestRequest
    names: tuple[str, str]
    columns: tuple[float, ...]
    rows: tuple[float, ...]
    strategies: dict[Pair, Strategy]
    results: dict[Pair, SweepResult]


class SweepViewModel(QObject):
    """`changed` tells of results and ends, `progressed` of progress."""

    changed = pyqtSignal()
    progressed = pyqtSignal()

    def __init__(self, service: BacktestService, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._service = service
        self._tasks = TaskOwner("sweep")
        self._running: asyncio.Task[None] | None = None
        self.shown: Sweep | None = None
        self.progress: tuple[Stage, float] | None = None
        self.is_running = False
        self.refusal: Refusal | None = None

    def run(
        self,
        request: BacktestRequest,
        names: tuple[str, str],
        runs: Sequence[tuple[Values, Strategy]],
    ) -> None:
        """Try these combinations, in place of what is underway."""
        self.cancel()
        pairs = [(dict(values)[names[0]], dict(values)[names[1]]) for values, _ in runs]
        self.shown = Sweep(
            request,
            names,
            tuple(dict.fromkeys(pair[0] for pair in pairs)),
            tuple(dict.fromkeys(pair[1] for pair in pairs)),
            {pair: strategy for pair, (_, strategy) in zip(pairs, runs, strict=True)},
            {},
        )
        self.refusal, self.progress, self.is_running = None, None, True
        self._running = self._tasks.start(self._run(request, runs), "run")
        self.changed.emit()

    def cancel(self) -> None:
        """End what is underway."""
        if self._running is not None:
            self._running.cancel()
        if self.is_running:
            self.is_running = False
            self.changed.emit()

    async def close(self) -> None:
        """End what is underway."""
        await self._tasks.close()

    async def _run(self, request: BacktestRequest, runs: Sequence[tuple[Values, Strategy]]) -> None:
        shown = self.shown
        try:
            results = await self._service.sweep(request, runs, self._told)
        except (
            MarketDataError,
            NoCandlesError,
            PeriodTooLongError,
            UnknownVariableError,
            InvalidOperandError,
            UnfinishedComparisonError,
            NoIndicatorError,
        ) as error:
            self.refusal = error
        else:
            if shown is not None:
                for result in results:
                    values = dict(result.values)
                    shown.results[values[shown.names[0]], values[shown.names[1]]] = result
        self.is_running = False
        self.changed.emit()

    def _told(self, stage: Stage, fraction: float) -> None:
        self.progress = stage, fraction
        self.progressed.emit()
