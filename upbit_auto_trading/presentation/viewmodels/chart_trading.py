"""What the paper account does in one market: its runs as they are, and what happened."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QObject, pyqtSignal

from upbit_auto_trading.application.paper_views import TradingRefusedError
from upbit_auto_trading.domain.paper_account import TimelineFilter
from upbit_auto_trading.domain.recording import LedgerError
from upbit_auto_trading.tasks import TaskOwner

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from upbit_auto_trading.application.paper_service import PaperTrading
    from upbit_auto_trading.application.paper_views import RuleView, RunView
    from upbit_auto_trading.application.run_journal import Told
    from upbit_auto_trading.domain.paper_account import TimelineEntry

_KINDS: Final = frozenset({"decision", "fill"})
_MOST: Final = 400
_SETTLE_S: Final = 0.2


class ChartTradingViewModel(QObject):
    """`changed` tells that other things happened in the market shown.

    Runs and their rules are read as they are when they are asked for.
    """

    changed = pyqtSignal()

    def __init__(self, trading: PaperTrading, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._trading = trading
        self._tasks = TaskOwner("chart-trading")
        self._is_due = asyncio.Event()
        self._market = ""
        self.entries: Sequence[TimelineEntry] = ()
        self._stop_listening: Callable[[], None] = trading.runs.listen_to_events(self._told)
        self._tasks.start(self._follow(), "follow")

    @property
    def runs(self) -> tuple[RunView, ...]:
        """The open runs of the market."""
        return tuple(run for run in self._trading.runs.views() if run.market == self._market)

    def rules(self, run: RunView) -> tuple[RuleView, ...]:
        """The rules of a live run in acting order; none while it isn't live."""
        try:
            return self._trading.runs.rules(run.run_id)
        except TradingRefusedError:
            return ()

    def show_market(self, market: str) -> None:
        """Read what happened in another market."""
        if market != self._market:
            self._market = market
            self.entries = ()
            self.changed.emit()
            self._is_due.set()

    async def close(self) -> None:
        """Stop reading. Harmless when repeated."""
        self._stop_listening()
        self._stop_listening = lambda: None
        await self._tasks.close()

    def _told(self, told: Told) -> None:
        if told["event"] in _KINDS and told.get("market") == self._market:
            self._is_due.set()

    async def _follow(self) -> None:
        while True:
            await self._is_due.wait()
            self._is_due.clear()
            market = self._market
            try:
                entries = await self._trading.journal.page(
                    TimelineFilter(kinds=_KINDS, market=market), _MOST
                )
            except LedgerError:
                entries = ()  # the account's own screens say what is wrong with the disk
            if market == self._market:
                self.entries = entries
                self.changed.emit()
            await asyncio.sleep(_SETTLE_S)
