"""Which simulated exchange is behind an address, and what follows when it is another one.

A simulated market is a pure function of its run: what was received under one run is false under
another. Its market data goes then; paper accounts are the user's and stay.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from upbit_auto_trading.domain.subscription import ConnectionState

if TYPE_CHECKING:
    from upbit_auto_trading.application.ports import MarketDataFeed

_LOOK_S: Final = 0.5
_log = logging.getLogger(__name__)


class SimulationMemory(Protocol):
    """Tells an exchange's run, and keeps the one its market data on disk belongs to."""

    async def current(self) -> str | None:
        """Return the run the exchange names now; None where it names none or can't be asked."""
        ...

    def known(self) -> str | None:
        """Return the run the kept market data belongs to; None before the first."""
        ...

    def begin(self, run_id: str) -> None:
        """Drop the market data kept of earlier runs and remember this one.

        Raises:
            OSError: what is kept can't be changed.
        """
        ...


@dataclass(frozen=True, slots=True)
class SimulationChange:
    """Another simulated exchange is behind the address; run ids before and now."""

    before: str
    now: str


@dataclass(frozen=True, slots=True)
class SettledRun:
    """The run that is connected to, None where none is known; `change` if it is another one."""

    run_id: str | None
    change: SimulationChange | None = None


async def settle(memory: SimulationMemory) -> SettledRun:
    """Drop what belongs to another run, before anything of it is read; tell whether it did.

    Where the exchange names no run everything stays as it is.
    """
    now = await memory.current()
    before = memory.known()
    if now is None or now == before:
        return SettledRun(before)
    try:
        memory.begin(now)
    except OSError as error:
        _log.error("E-SIMULATION-DATA: market data of another run can't be dropped: %s", error)
    if before is None:
        return SettledRun(now)
    _log.warning(
        "E-SIMULATION-CHANGED: the simulated exchange's run was %s and is %s: its market data was "
        "dropped, paper accounts are kept",
        before,
        now,
    )
    return SettledRun(now, SimulationChange(before, now))


class SimulationWatch:
    """Asks for the run again after each new connection: a restart may bring another exchange."""

    def __init__(self, feed: MarketDataFeed, memory: SimulationMemory, run_id: str | None) -> None:
        self._feed = feed
        self._memory = memory
        self._run_id = run_id
        self._epoch: int | None = None

    async def changed(self) -> None:
        """Return when the exchange is another one than when it was connected to."""
        while True:
            if await self._is_another():
                return
            await asyncio.sleep(_LOOK_S)

    async def _is_another(self) -> bool:
        """Compare once a connection, when the exchange has answered."""
        if self._feed.connection_state is not ConnectionState.CONNECTED:
            return False
        epoch = self._feed.connection_epoch
        if epoch == self._epoch:
            return False
        run_id = await self._memory.current()
        if run_id is None:
            return False
        self._epoch = epoch
        return run_id != self._run_id
