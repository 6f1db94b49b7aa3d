"""The simulated exchange's faults and scenarios for the window, asked without blocking it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QObject, pyqtSignal

from upbit_auto_trading.application.training import TrainingError
from upbit_auto_trading.tasks import TaskOwner

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence

    from upbit_auto_trading.application.training import TrainingGround
    from upbit_auto_trading.domain.training import (
        ArgumentValue,
        FaultOffer,
        RunningFault,
        RunningScenario,
        ScenarioOffer,
    )

LOOK_S: Final = 1.0


class FaultBoard(QObject):
    """`changed` follows every answer; `failed` carries what the exchange said instead of one."""

    changed = pyqtSignal()
    failed = pyqtSignal(str)
    played = pyqtSignal(str)

    def __init__(
        self, training: TrainingGround, now: Callable[[], float], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._training = training
        self._now = now
        self._tasks = TaskOwner("fault-board")
        self._looked_at = float("-inf")
        self._is_asking = False

    @property
    def faults(self) -> Sequence[FaultOffer]:
        """Every fault that can be brought."""
        return self._training.faults

    @property
    def scenarios(self) -> Sequence[ScenarioOffer]:
        """Every scenario that can be played."""
        return self._training.scenarios

    @property
    def running(self) -> Sequence[RunningFault]:
        """The faults in force when the exchange was asked last."""
        return self._training.running

    @property
    def playing(self) -> Sequence[RunningScenario]:
        """What was being played when the exchange was asked last."""
        return self._training.playing

    def load(self) -> None:
        """Learn what there is."""
        self._start(self._training.load(), "load")

    def look(self) -> None:
        """Learn what is in force, at most once a second."""
        if self._is_asking or self._now() - self._looked_at < LOOK_S:
            return
        self._start(self._training.look(), "look")

    def bring(self, name: str, arguments: Mapping[str, ArgumentValue]) -> None:
        """Put a fault in force."""
        self._start(self._training.bring(name, arguments), f"bring {name}")

    def end(self, name: str) -> None:
        """End a fault."""
        self._start(self._training.end(name), f"end {name}")

    def end_all(self) -> None:
        """End every fault."""
        self._start(self._training.end_all(), "end all")

    def play(self, name: str, market: str | None) -> None:
        """Begin a scenario; `played` tells when it has begun."""
        self._tasks.start(self._play(name, market), f"play {name}")

    async def close(self) -> None:
        """Ask nothing any more. Harmless when repeated."""
        await self._tasks.close()

    async def _play(self, name: str, market: str | None) -> None:
        if await self._do(self._training.play(name, market)):
            self.played.emit(name)

    def _start(self, work: Coroutine[object, object, None], name: str) -> None:
        self._tasks.start(self._do(work), name)

    async def _do(self, work: Coroutine[object, object, None]) -> bool:
        """Wait for an answer and show it; return whether the exchange did it."""
        self._is_asking = True
        reason = None
        try:
            await work
        except TrainingError as error:
            reason = error.reason
        finally:
            self._is_asking = False
            self._looked_at = self._now()
        self.changed.emit()
        if reason is not None:
            self.failed.emit(reason)
        return reason is None
