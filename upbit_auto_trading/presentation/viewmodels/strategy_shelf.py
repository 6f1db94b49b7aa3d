"""The saved strategies: listed, opened and saved beside the loop."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal

from upbit_auto_trading.domain.document import InvalidDocumentError
from upbit_auto_trading.domain.recording import LedgerError
from upbit_auto_trading.tasks import TaskOwner

if TYPE_CHECKING:
    from collections.abc import Callable

    from upbit_auto_trading.application.library import Library, SavedVersion, Shelf
    from upbit_auto_trading.domain.strategy import Strategy

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ShelfProblem:
    """Why nothing was saved or opened: a code for search and the store's own words."""

    code: str
    detail: str


class StrategyShelf(QObject):
    """The strategies of the data folder; answers come as signals.

    `listed` tells that `strategies` changed, `opened` and `saved` bring a strategy, `failed` a
    `ShelfProblem`. `wall_clock` is in epoch seconds.
    """

    listed = pyqtSignal()
    opened = pyqtSignal(object)
    saved = pyqtSignal(object)
    failed = pyqtSignal(object)

    def __init__(
        self, library: Library, wall_clock: Callable[[], float], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._wall_clock = wall_clock
        self._tasks = TaskOwner("strategies")
        self.strategies: tuple[Strategy, ...] = ()
        self.versions: dict[str, tuple[SavedVersion, ...]] = {}
        self.is_listed = False

    @property
    def is_read_only(self) -> bool:
        """Whether a newer version of the program wrote the file."""
        return self._library.is_read_only

    def refresh(self) -> None:
        """Ask for every strategy in its newest version."""
        self._tasks.start(self._list(), "list")

    def open(self, identity: str, version: int | None = None) -> None:
        """Ask for a strategy, in its newest version if none is given."""
        self._tasks.start(self._open(identity, version), f"open-{identity}")

    def save(self, strategy: Strategy) -> None:
        """Save a strategy as a new version, where it changed."""
        self._tasks.start(self._save(strategy), f"save-{strategy.id}")

    async def close(self) -> None:
        """End what is under way."""
        await self._tasks.close()

    async def _list(self) -> None:
        def read(shelf: Shelf) -> tuple[tuple[Strategy, ...], dict[str, tuple[SavedVersion, ...]]]:
            strategies, versions = [], {}
            for newest in shelf.versions("strategy"):
                try:
                    strategies.append(shelf.strategy(newest.id))
                except InvalidDocumentError as error:
                    _log.warning("E-STRATEGY: %s can't be read: %s", newest.id, error)
                    continue
                versions[newest.id] = tuple(shelf.versions("strategy", newest.id))
            return tuple(strategies), versions

        try:
            self.strategies, self.versions = await self._library.use(read)
        except LedgerError as error:
            self._fail(error)
            return
        self.is_listed = True
        self.listed.emit()

    async def _open(self, identity: str, version: int | None) -> None:
        try:
            strategy = await self._library.use(lambda shelf: shelf.strategy(identity, version))
        except (LedgerError, InvalidDocumentError, LookupError) as error:
            self._fail(error)
            return
        self.opened.emit(strategy)

    async def _save(self, strategy: Strategy) -> None:
        if self.is_read_only:
            self.failed.emit(ShelfProblem("E-STRATEGIES-READ-ONLY", ""))
            return
        now_ms = round(self._wall_clock() * 1000)
        try:
            saved = await self._library.use(lambda shelf: shelf.save_strategy(strategy, now_ms))
        except LedgerError as error:
            self._fail(error)
            return
        self.saved.emit(saved)
        await self._list()

    def _fail(self, error: Exception) -> None:
        code = f"E-{error.code.upper()}" if isinstance(error, LedgerError) else "E-STRATEGY"
        _log.warning("%s: %s", code, error)
        self.failed.emit(ShelfProblem(code, str(error)))
