"""What keeps the trading database well: a copy an hour, old ticks dropped, sizes told."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final, Protocol

from upbit_auto_trading.domain.recording import LedgerError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from upbit_auto_trading.application.trading_ports import Books
    from upbit_auto_trading.domain.paper_account import LedgerUse

TICK_DAYS: Final = 7
"""How long the prints a run was judged on are kept; decisions, orders and fills stay."""

CANDLE_DAYS: Final = 400
"""How long candles of minutes are kept."""

BACKUP_S: Final = 3600.0
_DAY_MS: Final = 86_400_000
_log = logging.getLogger(__name__)


class KeptLedger(Protocol):
    """The trading database; every method raises LedgerError."""

    @property
    def set_aside(self) -> list[Path]:
        """The file that was broken when it was opened."""
        ...

    @property
    def restored(self) -> Path | None:
        """The copy that took its place."""
        ...

    async def back_up(self, now_ms: int) -> Path:
        """Copy the database as it is now; return the copy."""
        ...

    async def forget_ticks(self, before_ms: int) -> int:
        """Drop the ticks of segments begun before `before_ms`; return how many there were."""
        ...

    async def size(self) -> LedgerUse:
        """Return what the database and its copies take."""
        ...


class KeptCandles(Protocol):
    """The candles on disk."""

    async def forget_minutes(self, before_ms: int) -> int:
        """Drop candles of minutes that began before; raises LedgerError."""
        ...


class LedgerUpkeep:
    """Runs until it is cancelled. `wall` is the clock in epoch seconds."""

    def __init__(
        self,
        ledger: KeptLedger,
        books: Books,
        wall: Callable[[], float],
        candles: KeptCandles | None = None,
    ) -> None:
        self._ledger, self._books, self._wall, self._candles = ledger, books, wall, candles
        self.trouble: LedgerError | None = None

    @property
    def was_restored(self) -> bool:
        """Whether the database was broken at the start and a copy took its place."""
        return self._ledger.restored is not None

    @property
    def was_lost(self) -> bool:
        """Whether the database was broken at the start and there was no copy of it."""
        return bool(self._ledger.set_aside) and self._ledger.restored is None

    async def run(self) -> None:
        """Tell what became of a broken database; then copy and tidy up every hour."""
        await self.tell_broken()
        while True:
            await self.tidy()
            await asyncio.sleep(BACKUP_S)

    async def tidy(self) -> None:
        """Copy the database and drop what is too old; what fails is tried again in an hour."""
        now_ms = round(self._wall() * 1000)
        try:
            await self._ledger.back_up(now_ms)
            dropped = await self._ledger.forget_ticks(now_ms - TICK_DAYS * _DAY_MS)
            if self._candles is not None:
                dropped += await self._candles.forget_minutes(now_ms - CANDLE_DAYS * _DAY_MS)
        except LedgerError as error:
            self.trouble = error
            _log.error("E-LEDGER-BACKUP: the trading database isn't backed up: %s", error)
            return
        self.trouble = None
        if dropped:
            _log.info("%d ticks and minute candles that are too old were dropped", dropped)

    async def size(self) -> LedgerUse:
        """Return what the database and its copies take on disk.

        Raises:
            LedgerError: the disk doesn't let it.
        """
        return await self._ledger.size()

    async def tell_broken(self) -> None:
        """Put into the timeline what became of a database that was broken at the start."""
        if not self._ledger.set_aside:
            return
        broken, copy = self._ledger.set_aside[-1], self._ledger.restored
        told = {"event": "ledger", "t": round(self._wall() * 1000), "broken": broken.name}
        told["state"] = "begun_anew" if copy is None else "restored"
        if copy is not None:
            told["from"] = copy.name
        try:
            await self._books.tell([told])
        except LedgerError as error:
            self.trouble = error
