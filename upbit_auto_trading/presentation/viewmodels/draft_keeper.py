"""What is being edited, kept within half a second of every change."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from PyQt6.QtCore import QTimer

from upbit_auto_trading.domain.recording import LedgerError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from PyQt6.QtCore import QObject

T = TypeVar("T")
_log = logging.getLogger(__name__)

DRAFT_MS: Final = 500
"""How long an edit may wait until it is on disk."""


class DraftKeeper(Generic[T]):
    """The newest draft of everything edited, by its id.

    `put` brings one to the disk, `drop` takes one from there; what the disk refuses is logged and
    tried again with the next edit, and at the end. Of each id only the newest state is written,
    one after the other, so the disk ends with the last word whatever happened how fast. `due` is
    called when `flush` should be awaited.
    """

    def __init__(
        self,
        put: Callable[[T], Awaitable[None]],
        drop: Callable[[str], Awaitable[None]],
        due: Callable[[], object],
        parent: QObject,
    ) -> None:
        self._put, self._drop = put, drop
        self._pending: dict[str, T | None] = {}
        self._lock = asyncio.Lock()
        self._timer = QTimer(parent)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DRAFT_MS)
        self._timer.timeout.connect(due)
        self.drafts: dict[str, T] = {}

    def keep(self, identity: str, draft: T) -> None:
        """Have a draft written soon, in place of the one before."""
        self.drafts[identity] = draft
        self._pending[identity] = draft
        if not self._timer.isActive():
            self._timer.start()

    def drop(self, identity: str) -> None:
        """Have a draft taken from the disk with the next flush."""
        self.drafts.pop(identity, None)
        self._pending[identity] = None

    def forget(self, identity: str) -> None:
        """Write a draft no more; what is on disk is the caller's to drop."""
        self.drafts.pop(identity, None)
        self._pending.pop(identity, None)

    def found(self, kept: Mapping[str, T]) -> None:
        """Take over what the disk held; what isn't written yet is newer."""
        newest: dict[str, T | None] = {**kept, **self._pending}
        self.drafts = {identity: draft for identity, draft in newest.items() if draft is not None}

    async def flush(self) -> None:
        """Write everything that waits; what comes meanwhile is due later."""
        async with self._lock:
            for identity in tuple(self._pending):
                if identity not in self._pending:
                    continue
                draft = self._pending[identity]
                try:
                    await (self._drop(identity) if draft is None else self._put(draft))
                except LedgerError as error:
                    _log.warning("E-DRAFT: the last edits can't be kept yet: %s", error)
                    continue
                if identity in self._pending and self._pending[identity] is draft:
                    del self._pending[identity]

    async def close(self) -> None:
        """Write everything that waits, for the last time. Harmless when repeated."""
        self._timer.stop()
        await self.flush()
