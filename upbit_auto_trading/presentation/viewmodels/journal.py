"""The journal on screen: entries that match, newest first, more as one scrolls, live."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QObject, pyqtSignal

from upbit_auto_trading.domain.paper_account import TimelineFilter
from upbit_auto_trading.domain.recording import LedgerError
from upbit_auto_trading.tasks import TaskOwner

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upbit_auto_trading.application.trading_journal import TradingJournal
    from upbit_auto_trading.domain.paper_account import TimelineEntry

PAGE: Final = 100
_SETTLE_S: Final = 0.2


class JournalViewModel(QObject):
    """`changed` tells of entries, `exported` of the text that was asked for."""

    changed = pyqtSignal()
    exported = pyqtSignal(str)

    def __init__(self, journal: TradingJournal, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._journal = journal
        self._tasks = TaskOwner("journal")
        self._is_due = asyncio.Event()
        self._wanted_count = PAGE
        self.wanted = TimelineFilter()
        self.entries: list[TimelineEntry] = []
        self.is_complete = False
        self.is_loading = True
        self.trouble: LedgerError | None = None
        self._stop_listening = journal.listen(self._told)
        self._tasks.start(self._follow(), "follow")
        self._is_due.set()

    def show(self, **changes: object) -> None:
        """Show entries that match another filter: fields of `TimelineFilter`."""
        wanted = replace(self.wanted, **changes)  # type: ignore[arg-type]
        if wanted != self.wanted:
            self.wanted = wanted
            self._wanted_count = PAGE
            self.is_loading = True
            self._is_due.set()
            self.changed.emit()

    def load_more(self) -> None:
        """Read older entries."""
        if not self.is_complete and not self.is_loading:
            self._wanted_count = len(self.entries) + PAGE
            self.is_loading = True
            self._is_due.set()

    def export(self) -> None:
        """Make a CSV of every entry that matches; `exported` has it."""
        self._tasks.start(self._export(), "export")

    async def close(self) -> None:
        """Follow nothing any more."""
        self._stop_listening()
        self._stop_listening = _nothing
        await self._tasks.close()

    def _told(self, told: Mapping[str, object]) -> None:
        del told
        self._is_due.set()

    async def _follow(self) -> None:
        while True:
            await self._is_due.wait()
            self._is_due.clear()
            wanted, count = self.wanted, self._wanted_count
            try:
                entries = list(await self._journal.page(wanted, count))
            except LedgerError as error:
                self.trouble = error
            else:
                if wanted != self.wanted:
                    continue
                self.trouble = None
                self.entries = entries
                self.is_complete = len(entries) < count
            self.is_loading = False
            self.changed.emit()
            # What follows one another within a moment is read once.
            await asyncio.sleep(_SETTLE_S)

    async def _export(self) -> None:
        try:
            text = await self._journal.csv(self.wanted)
        except LedgerError as error:
            self.trouble = error
            self.changed.emit()
        else:
            self.exported.emit(text)


def _nothing() -> None:
    """End nothing: it has been ended."""
