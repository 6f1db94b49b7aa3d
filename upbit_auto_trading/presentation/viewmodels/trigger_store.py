"""Saved triggers and drafts beside the loop: listed, opened, saved, kept every half second."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from uuid import uuid4

from PyQt6.QtCore import QObject, pyqtSignal

from upbit_auto_trading.domain.recording import LedgerError
from upbit_auto_trading.domain.trigger import TriggerListing
from upbit_auto_trading.presentation.viewmodels.draft_keeper import DraftKeeper
from upbit_auto_trading.tasks import TaskOwner

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence
    from typing import Any

    from upbit_auto_trading.application.trigger_ports import TriggerShelf
    from upbit_auto_trading.domain.trigger import Trigger, TriggerUse

_log = logging.getLogger(__name__)


class TriggerStore(QObject):
    """The triggers of the data folder; answers come as signals.

    `listed` tells that `listing` or `uses` changed, `saved` and `loaded` bring a trigger,
    `versions_known` an id with its versions, `failed` a LedgerError. `wall_clock` is in epoch
    seconds.
    """

    listed = pyqtSignal()
    saved = pyqtSignal(object)
    loaded = pyqtSignal(object)
    deleted = pyqtSignal(object)
    versions_known = pyqtSignal(str, object)
    failed = pyqtSignal(object)

    def __init__(
        self, shelf: TriggerShelf, wall_clock: Callable[[], float], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._shelf = shelf
        self._wall_clock = wall_clock
        self._tasks = TaskOwner("triggers")
        self._keeper: DraftKeeper[Trigger] = DraftKeeper(
            self._put_draft, shelf.drop_draft, self._write_drafts, self
        )
        self.listing = TriggerListing(())
        self.uses: Mapping[str, Sequence[TriggerUse]] = {}
        self.is_listed = False

    @property
    def drafts(self) -> Mapping[str, Trigger]:
        """What is edited and not saved, by the trigger's id."""
        return self._keeper.drafts

    @staticmethod
    def fresh_id() -> str:
        """Return an id that no trigger has."""
        return uuid4().hex[:12]

    def named(self, identity: str) -> Trigger | None:
        """Return a listed trigger."""
        return next((one for one in self.listing.triggers if one.id == identity), None)

    def draft_of(self, identity: str) -> Trigger | None:
        """Return a trigger's draft, None where there is none."""
        return self.drafts.get(identity)

    def refresh(self) -> None:
        """Read the list anew."""
        self._start("list", self._list)

    def save(self, trigger: Trigger) -> None:
        """Keep a trigger; its draft is dropped with it."""
        self._keeper.forget(trigger.id)
        self._start("save", self._save, trigger)

    def save_all(self, triggers: Sequence[Trigger]) -> None:
        """Keep several triggers, one after the other."""
        self._start("save-all", self._save_all, triggers)

    def load(self, identity: str, revision: int) -> None:
        """Bring one version of a trigger."""
        self._start("load", self._load, identity, revision)

    def ask_versions(self, identity: str) -> None:
        """Bring the versions of a trigger."""
        self._start("versions", self._versions, identity)

    def delete(self, trigger: Trigger) -> None:
        """Take a trigger out of the list; `restore` puts it back."""
        self._keeper.forget(trigger.id)
        self._start("delete", self._delete, trigger)

    def restore(self, trigger: Trigger) -> None:
        """Put a deleted trigger back, or the draft it was."""
        self._start("restore", self._restore, trigger)

    def drop_draft(self, identity: str) -> None:
        """Forget what was edited and not saved."""
        self._keeper.drop(identity)
        self._start("drop", self._drop)

    def keep(self, draft: Trigger) -> None:
        """Keep how far the editing has come, within half a second."""
        self._keeper.keep(draft.id, draft)

    async def close(self) -> None:
        """Keep what waits to be kept and end what is under way. Harmless when repeated."""
        await self._keeper.close()
        await self._tasks.close()

    def _write_drafts(self) -> None:
        self._start("drafts", self._keeper.flush)

    async def _put_draft(self, draft: Trigger) -> None:
        await self._shelf.keep_draft(draft, self._now())

    def _start(
        self, name: str, work: Callable[..., Coroutine[Any, Any, None]], *given: object
    ) -> None:
        self._tasks.start(self._guarded(work, given), name)

    async def _guarded(
        self, work: Callable[..., Coroutine[Any, Any, None]], given: Sequence[object]
    ) -> None:
        try:
            await work(*given)
        except (LedgerError, LookupError) as error:
            _log.warning("E-TRIGGERS: %s", error)
            self.failed.emit(error)

    async def _list(self) -> None:
        listing, uses = await self._shelf.listing(), await self._shelf.uses()
        self.listing, self.uses = listing, uses
        self._keeper.found({one.trigger.id: one.trigger for one in self.listing.drafts})
        self.is_listed = True
        self.listed.emit()

    async def _save(self, trigger: Trigger) -> None:
        try:
            saved = await self._shelf.save(trigger, self._now())
        except LedgerError:
            # What can't be saved now goes on as a draft.
            self.keep(trigger)
            raise
        self.saved.emit(saved)
        await self._list()

    async def _save_all(self, triggers: Sequence[Trigger]) -> None:
        for trigger in triggers:
            await self._shelf.save(trigger, self._now())
        await self._list()

    async def _load(self, identity: str, revision: int) -> None:
        self.loaded.emit(await self._shelf.load(identity, revision))

    async def _versions(self, identity: str) -> None:
        self.versions_known.emit(identity, await self._shelf.versions(identity))

    async def _delete(self, trigger: Trigger) -> None:
        if trigger.revision:
            await self._shelf.delete(trigger.id)
        else:
            await self._shelf.drop_draft(trigger.id)
        await self._list()
        self.deleted.emit(trigger)

    async def _restore(self, trigger: Trigger) -> None:
        if trigger.revision:
            await self._shelf.restore(trigger.id)
        else:
            await self._shelf.keep_draft(trigger, self._now())
        await self._list()

    async def _drop(self) -> None:
        await self._keeper.flush()
        await self._list()

    def _now(self) -> int:
        return int(self._wall_clock() * 1000)
