"""The saved strategies and drafts of them: listed, opened, saved, kept beside the loop."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal

from upbit_auto_trading.domain.document import InvalidDocumentError
from upbit_auto_trading.domain.recording import LedgerError
from upbit_auto_trading.presentation.viewmodels.draft_keeper import DraftKeeper
from upbit_auto_trading.tasks import TaskOwner

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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

    `listed` tells that `strategies` or `drafts` changed, `opened` and `saved` bring a strategy,
    `failed` a `ShelfProblem`. `wall_clock` is in epoch seconds.
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
        self._keeper: DraftKeeper[Strategy] = DraftKeeper(
            self._put_draft, self._take_draft, self._write_drafts, self
        )
        self.strategies: tuple[Strategy, ...] = ()
        self.versions: dict[str, tuple[SavedVersion, ...]] = {}
        self.is_listed = False

    @property
    def is_read_only(self) -> bool:
        """Whether a newer version of the program wrote the file."""
        return self._library.is_read_only

    @property
    def drafts(self) -> Mapping[str, Strategy]:
        """What is edited and not saved, by the strategy's id."""
        return self._keeper.drafts

    def named(self, identity: str) -> Strategy | None:
        """Return a listed strategy in its newest version."""
        return next((one for one in self.strategies if one.id == identity), None)

    def refresh(self) -> None:
        """Ask for every strategy in its newest version, and for every draft."""
        self._tasks.start(self._list(), "list")

    def open(self, identity: str, version: int) -> None:
        """Ask for a version of a strategy."""
        self._tasks.start(self._open(identity, version), f"open-{identity}")

    def save(self, strategy: Strategy) -> None:
        """Save a strategy as a new version, where it changed; its draft is dropped with it."""
        if not self.is_read_only:
            self._keeper.forget(strategy.id)
        self._tasks.start(self._save(strategy), f"save-{strategy.id}")

    def keep(self, draft: Strategy) -> None:
        """Keep how far the editing has come, within half a second."""
        self._keeper.keep(draft.id, draft)

    def drop_draft(self, identity: str) -> None:
        """Forget what was edited and not saved."""
        self._keeper.drop(identity)
        self._tasks.start(self._drop(), f"drop-{identity}")

    async def close(self) -> None:
        """Keep what waits to be kept and end what is under way. Harmless when repeated."""
        await self._keeper.close()
        await self._tasks.close()

    def _write_drafts(self) -> None:
        self._tasks.start(self._keeper.flush(), "drafts")

    async def _put_draft(self, draft: Strategy) -> None:
        now_ms = self._now()
        if not self.is_read_only:
            await self._library.use(lambda shelf: shelf.keep_draft(draft, now_ms))

    async def _take_draft(self, identity: str) -> None:
        if not self.is_read_only:
            await self._library.use(lambda shelf: shelf.drop_draft(identity))

    async def _drop(self) -> None:
        await self._keeper.flush()
        await self._list()

    async def _list(self) -> None:
        def read(
            shelf: Shelf,
        ) -> tuple[tuple[Strategy, ...], dict[str, tuple[SavedVersion, ...]], dict[str, Strategy]]:
            strategies, versions = [], {}
            for newest in shelf.versions("strategy"):
                try:
                    strategies.append(shelf.strategy(newest.id))
                except InvalidDocumentError as error:
                    _log.warning("E-STRATEGY: %s can't be read: %s", newest.id, error)
                    continue
                versions[newest.id] = tuple(shelf.versions("strategy", newest.id))
            return tuple(strategies), versions, {one.id: one for one in shelf.drafted()}

        try:
            self.strategies, self.versions, drafts = await self._library.use(read)
        except LedgerError as error:
            self._fail(error)
            return
        self._keeper.found(drafts)
        self.is_listed = True
        self.listed.emit()

    async def _open(self, identity: str, version: int) -> None:
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
        now_ms = self._now()
        try:
            saved = await self._library.use(lambda shelf: shelf.save_strategy(strategy, now_ms))
        except LedgerError as error:
            # What can't be saved now goes on as a draft.
            self.keep(strategy)
            self._fail(error)
            return
        self.saved.emit(saved)
        await self._list()

    def _now(self) -> int:
        return round(self._wall_clock() * 1000)

    def _fail(self, error: Exception) -> None:
        code = f"E-{error.code.upper()}" if isinstance(error, LedgerError) else "E-STRATEGY"
        _log.warning("%s: %s", code, error)
        self.failed.emit(ShelfProblem(code, str(error)))
