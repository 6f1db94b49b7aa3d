"""Faults and scenarios of the simulated exchange, for whoever wants to watch the program survive.

There is none for any other exchange: what isn't offered can't be pressed.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from upbit_auto_trading.domain.training import (
        ArgumentValue,
        FaultOffer,
        RunningFault,
        RunningScenario,
        ScenarioOffer,
    )

_log = logging.getLogger(__name__)


class TrainingError(Exception):
    """The simulated exchange couldn't be asked, or refused; `reason` is its own word."""

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(f"{what}: {reason}")
        self.what = what
        self.reason = reason


class SimulatedExchange(Protocol):
    """The exchange's control side. Every method raises `TrainingError` where it has no answer."""

    async def faults(self) -> Sequence[FaultOffer]:
        """Return every fault it can show."""
        ...

    async def scenarios(self) -> Sequence[ScenarioOffer]:
        """Return every scenario it can play."""
        ...

    async def running(self) -> Sequence[RunningFault]:
        """Return the faults in force."""
        ...

    async def playing(self) -> Sequence[RunningScenario]:
        """Return the scenarios that are being played."""
        ...

    async def bring(self, name: str, arguments: Mapping[str, ArgumentValue]) -> None:
        """Put a fault in force."""
        ...

    async def end(self, name: str) -> None:
        """End a fault."""
        ...

    async def play(self, name: str, market: str | None) -> None:
        """Begin a scenario, for one market or for all."""
        ...


class TrainingGround:
    """What the window offers; each step is logged, so that the log tells cause and effect."""

    def __init__(self, exchange: SimulatedExchange) -> None:
        self._exchange = exchange
        self.faults: Sequence[FaultOffer] = ()
        self.scenarios: Sequence[ScenarioOffer] = ()
        self.running: Sequence[RunningFault] = ()
        self.playing: Sequence[RunningScenario] = ()

    async def load(self) -> None:
        """Learn what the exchange offers.

        Raises:
            TrainingError: it can't be asked.
        """
        self.faults = await self._exchange.faults()
        self.scenarios = await self._exchange.scenarios()
        await self.look()

    async def look(self) -> None:
        """Learn which faults are in force and what is being played.

        Raises:
            TrainingError: the exchange can't be asked.
        """
        self.running = await self._exchange.running()
        self.playing = await self._exchange.playing()

    async def bring(self, name: str, arguments: Mapping[str, ArgumentValue]) -> None:
        """Put a fault in force.

        Raises:
            TrainingError: the exchange refuses it.
        """
        await self._exchange.bring(name, arguments)
        given = ", ".join(f"{key}={value}" for key, value in arguments.items())
        _log.info("W-TRAINING: fault %s begins (%s)", name, given or "usual")
        await self.look()

    async def end(self, name: str) -> None:
        """End a fault.

        Raises:
            TrainingError: the exchange can't be asked.
        """
        await self._exchange.end(name)
        _log.info("W-TRAINING: fault %s ends", name)
        await self.look()

    async def end_all(self) -> None:
        """End every fault in force.

        Raises:
            TrainingError: the exchange can't be asked.
        """
        for fault in tuple(self.running):
            await self._exchange.end(fault.name)
            _log.info("W-TRAINING: fault %s ends", fault.name)
        await self.look()

    async def play(self, name: str, market: str | None) -> None:
        """Begin a scenario.

        Raises:
            TrainingError: the exchange refuses it.
        """
        await self._exchange.play(name, market)
        _log.info("W-TRAINING: scenario %s begins (%s)", name, market or "every market")
        await self.look()
