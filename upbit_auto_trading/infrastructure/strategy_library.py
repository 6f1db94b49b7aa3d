"""The strategy database behind a thread of its own."""

from __future__ import annotations

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, Self, TypeVar

from upbit_auto_trading.domain.recording import LedgerError
from upbit_auto_trading.infrastructure.persistence.database import DatabaseUnusableError
from upbit_auto_trading.infrastructure.persistence.strategy_store import StrategyStore
from upbit_auto_trading.infrastructure.persistence.trading_store import error_code

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

    from upbit_auto_trading.domain.variable import VariableRegistry

T = TypeVar("T")
FILE_NAME: Final = "strategies.sqlite3"


class StrategyLibrary:
    """An async context manager; `use` runs work on the store, in its thread.

    `set_aside` names the file that was broken and has been begun anew.
    """

    def __init__(self, folder: Path, registry: VariableRegistry) -> None:
        self._path = folder / FILE_NAME
        self._registry = registry
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="strategy-store")
        self._store: StrategyStore | None = None
        self.set_aside: list[Path] = []

    async def __aenter__(self) -> Self:
        def opened() -> StrategyStore:
            told = self.set_aside.append
            return StrategyStore(self._path, self._registry, on_set_aside=told)

        try:
            self._store = await self._in_thread(opened)
        except BaseException:
            self._executor.shutdown(wait=True)
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._store is not None:
            await self._in_thread(self._store.close)
        self._executor.shutdown(wait=True)

    @property
    def is_read_only(self) -> bool:
        """Whether a newer version of the program wrote the file."""
        return self._store is not None and self._store.is_read_only

    async def use(self, work: Callable[[StrategyStore], T]) -> T:
        """Return what `work` makes of the store.

        Raises:
            LedgerError: the disk doesn't let it; besides what `work` itself raises.
        """
        store = self._store
        if store is None:
            raise LedgerError("unusable", str(self._path), "it is closed")
        return await self._in_thread(lambda: work(store))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        path = str(self._path)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, work)
        except DatabaseUnusableError as error:
            raise LedgerError("unusable", path, error.detail) from error
        except sqlite3.Error as error:
            raise LedgerError(error_code(error), path, str(error)) from error
