"""Paper trading as the window has it: runs, account, orders by hand, journal, parity, stop."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.application.alerts import AlertService
from upbit_auto_trading.application.emergency_stop import EmergencyStop
from upbit_auto_trading.application.order_tickets import OrderTickets
from upbit_auto_trading.application.paper_account import PaperAccount
from upbit_auto_trading.application.paper_runs import PaperRuns
from upbit_auto_trading.application.parity import check_parity
from upbit_auto_trading.application.trading_journal import TradingJournal
from upbit_auto_trading.domain.risk import RiskGuard
from upbit_auto_trading.tasks import TaskOwner

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upbit_auto_trading.application.alerts import SinkConnections
    from upbit_auto_trading.application.calculations import Worker
    from upbit_auto_trading.application.ledger_upkeep import LedgerUpkeep
    from upbit_auto_trading.application.paper_trading import Desk
    from upbit_auto_trading.application.paper_views import RunView, StopReport
    from upbit_auto_trading.application.parity import Parity
    from upbit_auto_trading.application.trading_ports import Books
    from upbit_auto_trading.domain.calculation import Report
    from upbit_auto_trading.domain.indicator import IndicatorPort
    from upbit_auto_trading.domain.recording import Recording

_AGAIN_S: Final = 10.0
_RENEW_S: Final = 600.0
_LONGEST_LIFE_MS: Final = 86_400_000


class PaperTrading:
    """Everything of one exchange's paper account. `open` first, `close` last.

    `recovered` are the runs that went on after the program's start, once `recovery` is over.
    """

    def __init__(
        self,
        desk: Desk,
        books: Books,
        worker: Worker,
        upkeep: LedgerUpkeep,
        connections: SinkConnections | None = None,
    ) -> None:
        guard = desk.guard or RiskGuard(desk.limits)
        self._desk, self._worker = desk, worker
        self.runs = PaperRuns(replace(desk, guard=guard), books)
        self.account = PaperAccount(self.runs, books, guard, desk.wall)
        self._stop = EmergencyStop(self.runs, self.account)
        self.tickets = OrderTickets(self.runs, desk.feed, books, time.monotonic)
        self.journal = TradingJournal(books, self.runs)
        self.alerts = AlertService(self.runs, books, desk.wall, connections)
        self.upkeep = upkeep
        self.recovered: tuple[RunView, ...] = ()
        self._is_recovered = asyncio.Event()
        self._tasks = TaskOwner("paper-trading")

    @property
    def is_recovering(self) -> bool:
        """Whether runs of the last start are still being gone on with."""
        return not self._is_recovered.is_set()

    async def open(self) -> None:
        """Take over the account; runs that were active go on by themselves, one by one.

        Raises:
            LedgerError: the disk doesn't let it.
        """
        await self.account.open()
        await self.alerts.open()
        self._tasks.start(self._recover(), "recover")
        self._tasks.start(self.upkeep.run(), "upkeep")
        self._tasks.start(self._renew(), "renew")

    async def close(self) -> None:
        """End every run in order, keep the account's worth. Harmless when repeated."""
        await self._tasks.close()
        await self.runs.close()
        await self.account.close()
        await self.alerts.close()

    async def recovery(self) -> tuple[RunView, ...]:
        """Wait until every run that was active is live again, or failed; return them."""
        await self._is_recovered.wait()
        return self.recovered

    async def stop_everything(self) -> StopReport:
        """Cancel open orders and suspend every run, at once and however often it is asked for.

        What couldn't be kept yet is in the report's `failed`; it is stopped all the same.
        """
        return await self._stop.stop()

    async def allow_again(self) -> None:
        """End the stop: rules of the live runs may order again.

        Raises:
            LedgerError: it can't be kept.
        """
        await self._stop.take_back()

    async def parity(self, run_id: int) -> Parity:
        """Judge a run's whole recording again, in the worker, and compare every decision.

        Raises:
            LedgerError: the recording can't be read.
            CalculationError: the worker's process is gone.
        """
        recordings = await self._desk.ledger.recordings(run_id)
        return await self._worker.run(_parity, recordings, self._desk.indicators)

    async def _renew(self) -> None:
        """Let no life last much longer than a day, and bring back one that couldn't begin."""
        while True:
            await asyncio.sleep(_RENEW_S)
            await self.runs.renew(round(self._desk.wall() * 1000) - _LONGEST_LIFE_MS)
            await self.runs.recover()

    async def _recover(self) -> None:
        """Go on with what was active; what the exchange kept from it is tried again."""
        try:
            while True:
                self.recovered = await self.runs.recover()
                self._is_recovered.set()
                if all(view.is_live for view in self.recovered):
                    return
                await asyncio.sleep(_AGAIN_S)
        finally:
            self._is_recovered.set()


def _parity(_report: Report, recordings: Sequence[Recording], indicators: IndicatorPort) -> Parity:
    return check_parity(recordings, indicators)
