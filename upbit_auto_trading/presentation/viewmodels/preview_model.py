"""Previews of one trigger: data fetched, work done beside the loop, the latest edit wins."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from upbit_auto_trading.application.preview_history import PreviewHistory
from upbit_auto_trading.application.preview_job import (
    CANT_BE_JUDGED,
    PreviewJob,
    answer,
    base_timeframe,
    settling_ms,
)
from upbit_auto_trading.application.preview_scenarios import NO_CANDLES, SCENARIOS, answer_scenarios
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.calculation import CalculationError
from upbit_auto_trading.domain.expression import comparisons
from upbit_auto_trading.domain.failure import MarketDataError
from upbit_auto_trading.domain.formula import spelled
from upbit_auto_trading.domain.quick_entry_text import entry_text
from upbit_auto_trading.domain.rule import Role
from upbit_auto_trading.domain.timeframe import parse_timeframe
from upbit_auto_trading.presentation.viewmodels.coalescer import Coalescer
from upbit_auto_trading.tasks import TaskOwner

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping

    from upbit_auto_trading.application.preview_job import PreviewResult
    from upbit_auto_trading.application.preview_scenarios import ScenarioResult
    from upbit_auto_trading.application.services import Services
    from upbit_auto_trading.domain.candle_series import CandleColumns, CandleSeries
    from upbit_auto_trading.domain.expression import Expression
    from upbit_auto_trading.domain.failure import FailureCause

_log = logging.getLogger(__name__)

SLOW_MS: Final = 300
"""Progress is shown once something takes longer."""

SEED: Final = 20_240_711
"""The first seed of the scenarios' paths: the same trigger always meets the same prices."""

_DAY_MS: Final = 86_400_000
PERIODS_MS: Final[Mapping[str, int]] = {
    "1000": 0,
    "1d": _DAY_MS,
    "7d": 7 * _DAY_MS,
    "30d": 30 * _DAY_MS,
}
"""How far back, by name; 1000 candles of whatever length is read."""

_MOST_LEAD_IN: Final = 1_000
_CANDLES: Final = 1_000


class PreviewState(StrEnum):
    """What the preview is worth. UNFINISHED: the trigger can't be judged as it is."""

    NOTHING = "nothing"
    UNFINISHED = "unfinished"
    LOADING = "loading"
    COMPUTING = "computing"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class PreviewSubject:
    """What is previewed, and where."""

    trigger: Expression
    role: Role
    market: str
    period: str


class PreviewModel(QObject):
    """Answers every change of trigger, role, market or period with at most one preview at a time.

    `changed` tells that state, progress or results changed; `candles_changed` that the newest
    candle did. Results stay on screen until newer ones come; `is_outdated` says so.
    """

    changed = pyqtSignal()
    candles_changed = pyqtSignal()

    def __init__(self, services: Services, market: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._indicators = services.indicators
        self._worker = services.preview_worker or services.worker
        self._tasks = TaskOwner("preview")
        self._history = PreviewHistory(services.feed, self._candle_came)
        self._running: asyncio.Task[None] | None = None
        self._trying: asyncio.Task[None] | None = None
        self._trigger: Expression | None = None
        self._role = Role.ENTRY
        self._closed_ms = 0
        self.market = market
        self.period = "1d"
        self.state = PreviewState.NOTHING
        self.failure: FailureCause | None = None
        self.progress = 0.0
        self.is_slow = False
        self.is_outdated = False
        self.result: PreviewResult | None = None
        self._result_of: Expression | None = None
        self.tried: dict[str, ScenarioResult] = {}
        self.trying = ""
        self.scenario = ""
        self._slow = QTimer(self)
        self._slow.setSingleShot(True)
        self._slow.setInterval(SLOW_MS)
        self._slow.timeout.connect(self._became_slow)
        self._coalescer = Coalescer(self, 200)
        self._coalescer.flushed.connect(self._follow)

    @property
    def trigger(self) -> Expression | None:
        """What is previewed."""
        return self._trigger

    @property
    def series(self) -> CandleSeries | None:
        """The market's candles, the running one included."""
        return self._history.series

    @property
    def exchange_ms(self) -> int:
        """The newest exchange time seen."""
        return self._history.exchange_ms

    @property
    def is_complete(self) -> bool:
        """Whether no live candle is known to be missing."""
        return self._history.is_complete

    @property
    def reached_start(self) -> bool:
        """Whether the market is younger than the period."""
        return self._history.reached_start

    @property
    def shown(self) -> PreviewResult | None:
        """The result on screen: a scenario's first path, or that on the market."""
        tried = self.tried.get(self.scenario)
        return self.result if tried is None else tried.first

    @property
    def shown_of(self) -> Expression | None:
        """The trigger that the result on screen is of."""
        return self._result_of if self.scenario not in self.tried else self._trigger

    @property
    def scenario_candles(self) -> CandleColumns | None:
        """The made-up candles on screen, None where the market's are."""
        tried = self.tried.get(self.scenario)
        return None if tried is None else tried.candles

    def show_trigger(self, trigger: Expression | None, role: Role) -> None:
        """Preview another trigger, or none."""
        if (trigger, role) == (self._trigger, self._role) and self.state is not PreviewState.FAILED:
            self._trigger = trigger
            return
        self._trigger, self._role = trigger, role
        self.tried = {}
        self._restart()
        if self.scenario:
            self.try_scenarios((self.scenario,))

    def show_market(self, market: str) -> None:
        """Preview on another market."""
        if market != self.market:
            self.market = market
            self.scenario = ""
            self.result = None
            self._restart()

    def show_period(self, period: str) -> None:
        """Preview on a longer or shorter past."""
        if period != self.period:
            self.period = period
            self.scenario = ""
            self._restart()

    def show_scenario(self, name: str) -> None:
        """Show a scenario's first path, trying it first where it wasn't; none for the market."""
        self.scenario = name
        if name and name not in self.tried:
            self.try_scenarios((name,))
        self.changed.emit()

    def try_scenarios(self, names: tuple[str, ...] = SCENARIOS) -> None:
        """Try the trigger on seeded paths."""
        if self._trigger is None:
            return
        if self._trying is not None:
            self._trying.cancel()
        self.trying = names[0] if len(names) == 1 else "all"
        self._trying = self._tasks.start(self._try(self._trigger, self._role, names), "scenarios")
        self.changed.emit()

    def reload(self) -> None:
        """Ask again for what didn't come."""
        self._restart()

    async def close(self) -> None:
        """End what is under way and release the stream."""
        self._slow.stop()
        self._coalescer.stop()
        await self._tasks.close()
        self._history.close()

    def _length_ms(self, timeframe: str) -> int:
        step_ms = parse_timeframe(timeframe).seconds * 1000
        return PERIODS_MS[self.period] or _CANDLES * step_ms

    def _restart(self) -> None:
        """Drop what is under way and begin anew with what is wanted now."""
        if self._running is not None:
            self._running.cancel()
            self._running = None
        self._slow.stop()
        self.is_slow, self.progress, self.failure = False, 0.0, None
        trigger = self._trigger
        self.is_outdated = self.result is not None
        if trigger is None or not comparisons(trigger):
            self.state, self.result = PreviewState.NOTHING, None
            self.changed.emit()
            return
        self.state = PreviewState.LOADING
        self._slow.start()
        self._running = self._tasks.start(self._run(trigger, self._role), "run")
        self.changed.emit()

    async def _run(self, trigger: Expression, role: Role) -> None:
        """Fetch and compute; what a later `_restart` cancels leaves no trace."""
        history = self._history
        try:
            timeframe = base_timeframe(trigger)
            settling = settling_ms(trigger)
        except CANT_BE_JUDGED:
            self._end(PreviewState.UNFINISHED)
            return
        history.show(self.market, timeframe)
        step_ms = parse_timeframe(timeframe).seconds * 1000
        wanted_ms = self._length_ms(timeframe)
        lead_ms = min(settling, _MOST_LEAD_IN * step_ms)
        try:
            await history.follow()
            await history.load(wanted_ms + lead_ms, self._loaded)
        except MarketDataError as error:
            self.failure = error.cause
            self._end(PreviewState.FAILED)
            return
        await self._compute(trigger, role, (wanted_ms, lead_ms), step_ms)
        self._note(trigger, timeframe)

    def _note(self, trigger: Expression, timeframe: str) -> None:
        """Leave in the log what was answered, and on which candles."""
        result = self.result
        if self.state is not PreviewState.READY or result is None:
            return
        registry = shipped_variables()
        _log.info(
            "preview market=%s timeframe=%s first=%d last=%d candles=%d fired=%d suppressed=%d"
            " trigger=%s",
            self.market,
            timeframe,
            result.first_ms,
            result.last_ms,
            result.bars,
            result.fired,
            sum(result.suppressed.values()),
            spelled(trigger, lambda one: entry_text(one, registry)),
        )

    async def _compute(
        self, trigger: Expression, role: Role, lengths_ms: tuple[int, int], step_ms: int
    ) -> None:
        """Compute on as much as is wanted, and on what lies before it and is only led in by."""
        wanted_ms, lead_ms = lengths_ms
        columns = self._history.closed(wanted_ms + lead_ms)
        if columns is None:
            self.result = None
            self._end(PreviewState.READY)
            return
        self.state, self.progress = PreviewState.COMPUTING, 0.0
        self._closed_ms = int(columns.start_ms[-1])
        from_ms = self._closed_ms + step_ms - wanted_ms
        job = PreviewJob(trigger, role, columns, step_ms, self._indicators, from_ms=from_ms)
        try:
            result = await self._worker.run(answer, job, on_progress=self._loaded)
        except CalculationError:
            self._end(PreviewState.FAILED)
            return
        if result is None:
            self._end(PreviewState.UNFINISHED)
            return
        self.result, self.is_outdated = result, False
        self._result_of = trigger
        self._end(PreviewState.READY)

    def _end(self, state: PreviewState) -> None:
        self._slow.stop()
        self.state, self.is_slow = state, False
        self.changed.emit()

    def _loaded(self, share: float) -> None:
        self.progress = share
        if self.is_slow:
            self.changed.emit()

    def _became_slow(self) -> None:
        self.is_slow = True
        self.changed.emit()

    async def _try(self, trigger: Expression, role: Role, names: tuple[str, ...]) -> None:
        job = PreviewJob(trigger, role, NO_CANDLES, 60_000, self._indicators)
        tried: tuple[ScenarioResult, ...] = ()
        with suppress(CalculationError):
            tried = await self._worker.run(answer_scenarios, job, names, SEED)
        self.tried |= {one.name: one for one in tried}
        if self.scenario not in self.tried:
            self.scenario = ""
        self.trying = ""
        self.changed.emit()

    def _candle_came(self) -> None:
        self._coalescer.mark()

    def _follow(self) -> None:
        """Show the newest candle; preview again once another one has closed."""
        self.candles_changed.emit()
        series, trigger = self._history.series, self._trigger
        if series is None or trigger is None or self.state is not PreviewState.READY:
            return
        closed = series.closed_columns(self._history.exchange_ms)
        if len(closed) and int(closed.start_ms[-1]) > self._closed_ms:
            step_ms = series.timeframe.seconds * 1000
            lead_ms = min(settling_ms(trigger), _MOST_LEAD_IN * step_ms)
            wanted_ms = self._length_ms(series.timeframe.code)
            self._closed_ms = int(closed.start_ms[-1])
            work = self._compute(trigger, self._role, (wanted_ms, lead_ms), step_ms)
            self._running = self._tasks.start(work, "again")
