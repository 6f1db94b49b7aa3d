"""The ledger that trading keeps: the trading database behind a thread of its own."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from upbit_auto_trading.domain.recording import LedgerError
from upbit_auto_trading.infrastructure.ledger_copies import back_up, measure, restore
from upbit_auto_trading.infrastructure.persistence.database import (
    DatabaseTooNewError,
    DatabaseUnusableError,
)
from upbit_auto_trading.infrastructure.persistence.trading_store import TradingStore, error_code

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from upbit_auto_trading.domain.paper_account import LedgerUse
    from upbit_auto_trading.domain.recording import (
        Entry,
        Recording,
        RunState,
        Segment,
        Terms,
    )

T = TypeVar("T")
FILE_NAME: Final = "trading.sqlite3"
_log = logging.getLogger(__name__)


class TradingLedger:
    """An async context manager over one endpoint's trading database.

    Only one process at a time may have it; the other one is refused with `in_use`. `set_aside`
    names the file that was broken; `restored` the copy that took its place, None where it was
    begun anew.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="trading-store")
        self._store: TradingStore | None = None
        self.set_aside: list[Path] = []
        self.restored: Path | None = None
        self._lock: sqlite3.Connection | None = None

    async def __aenter__(self) -> Self:
        try:
            await self._in_thread(self._open)
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._close()

    async def open_run(
        self,
        market: str,
        strategy_id: str,
        terms: Terms,
        *,
        account: int | None = None,
        now_ms: int = 0,
    ) -> RunState:
        """Return the run of that market and strategy, begun with `terms` if there is none."""
        return await self.use(
            lambda store: store.open_run(market, strategy_id, terms, account=account, now_ms=now_ms)
        )

    async def close_run(self, run_id: int) -> None:
        """End a run for good; everything it did is kept."""
        await self.use(lambda store: store.close_run(run_id))

    async def begin_segment(self, run_id: int, segment: Segment) -> int:
        """Keep what this life of the process starts from; return the segment's number."""
        return await self.use(lambda store: store.begin_segment(run_id, segment))

    async def commit(
        self,
        run_id: int,
        segment: int,
        entries: Sequence[Entry],
        memory: Mapping[str, Any],
        told: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        """Keep entries, the memory after them and what is told, all or nothing, synced."""
        await self.use(lambda store: store.commit(run_id, segment, entries, memory, told))

    async def recordings(self, run_id: int) -> list[Recording]:
        """Return everything kept of a run, a recording per segment, oldest first."""
        return await self.use(lambda store: store.recordings(run_id))

    async def forget_ticks(self, before_ms: int) -> int:
        """Drop the ticks of segments begun before `before_ms`; return how many there were."""
        return await self.use(lambda store: store.forget_ticks(before_ms))

    async def back_up(self, now_ms: int) -> Path:
        """Copy the database as it is now; return the copy."""

        def copy(store: TradingStore) -> Path:
            moment = datetime.fromtimestamp(now_ms / 1000, UTC)
            try:
                return back_up(store.database, self._path, moment)
            except OSError as error:
                raise LedgerError("full", str(self._path), error.strerror or "no copy") from error

        return await self.use(copy)

    async def size(self) -> LedgerUse:
        """Return what the database and its copies take, and how many rows there are of a kind."""
        return await self.use(lambda store: measure(store.database, self._path))

    def _replace(self, broken: Path) -> None:
        self.set_aside.append(broken)
        self.restored = restore(self._path)

    def _open(self) -> None:
        # An exclusive transaction on a file of its own: it ends with the process, however that
        # ends, and says at once who came second.
        path = self._path.with_name(f"{self._path.name}.lock")
        self._lock = sqlite3.connect(path, isolation_level=None, timeout=0)
        try:
            self._lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            code = error_code(error)
            told = "another program trades here" if code == "locked" else str(error)
            raise LedgerError("in_use" if code == "locked" else code, str(path), told) from error
        self._store = TradingStore(self._path, self._replace)
        if os.name == "posix":
            self._path.chmod(0o600)

    async def _close(self) -> None:
        def close() -> None:
            if self._store is not None:
                self._store.close()
            if self._lock is not None:
                self._lock.close()

        await asyncio.get_running_loop().run_in_executor(self._executor, close)
        self._executor.shutdown(wait=True)

    async def use(self, work: Callable[[TradingStore], T]) -> T:
        """Return what `work` makes of the store, in its thread.

        Raises:
            LedgerError: the disk doesn't let it; besides what `work` itself raises.
        """
        store = self._store
        if store is None:
            raise LedgerError("closed", str(self._path), "it is closed")
        return await self._in_thread(lambda: work(self._present(store)))

    def _present(self, store: TradingStore) -> TradingStore:
        """Return the store, put back in its place where its file was taken away."""
        if store.is_gone:
            _log.warning(
                "E-LEDGER-GONE: %s was deleted while in use: it is written anew", self._path
            )
            try:
                store.put_back()
            except OSError as error:
                detail = error.strerror or "it can't be written anew"
                raise LedgerError("unusable", str(self._path), detail) from error
        return store

    async def _in_thread(self, work: Callable[[], T]) -> T:
        path = str(self._path)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, work)
        except DatabaseTooNewError as error:
            raise LedgerError("too_new", path, str(error)) from error
        except DatabaseUnusableError as error:
            raise LedgerError("unusable", path, error.detail) from error
        except sqlite3.Error as error:
            raise LedgerError(error_code(error), path, str(error)) from error
