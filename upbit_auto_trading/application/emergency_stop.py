"""Stopping everything: no rule orders any more, what is open is cancelled, a restart knows."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.application.paper_views import StopReport
from upbit_auto_trading.domain.recording import LedgerError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upbit_auto_trading.application.paper_account import PaperAccount
    from upbit_auto_trading.application.paper_runs import PaperRuns
    from upbit_auto_trading.domain.paper_account import OrderRecord

_NEWEST: Final = 200
_log = logging.getLogger(__name__)


class EmergencyStop:
    """Suspends every live run; nothing is started or ordered by rules until it is taken back."""

    def __init__(self, runs: PaperRuns, account: PaperAccount) -> None:
        self._runs, self._account = runs, account

    async def stop(self) -> StopReport:
        """Suspend every live run, which cancels what is open. Repeated it does what is left.

        What couldn't be kept yet is in the report's `failed`; it is stopped all the same.
        """
        self._runs.is_stopped = True
        suspended, failed = [], dict[int, str]()
        orders = {
            (slot.record.id, order.id)
            for slot in self._runs.slots
            if slot.run is not None
            and (order := slot.run.recorded.live.engine.open_order) is not None
        }
        for slot in self._runs.slots:
            try:
                if await slot.suspend(is_suspended=True):
                    suspended.append(slot.record.id)
            except LedgerError as error:
                suspended.append(slot.record.id)
                failed[slot.record.id] = error.code
        try:
            await self._account.set_stopped(is_stopped=True, suspended=len(suspended))
            cancelled = await self._ended(orders)
        except LedgerError as error:
            _log.error("E-LEDGER: a restart won't know that everything was stopped: %s", error)
            cancelled = ()
        return StopReport(tuple(suspended), tuple(cancelled), failed)

    async def take_back(self) -> None:
        """Let rules order again in every live run.

        Raises:
            LedgerError: it can't be kept.
        """
        await self._account.set_stopped(is_stopped=False, suspended=0)
        self._runs.is_stopped = False
        for slot in self._runs.slots:
            await slot.suspend(is_suspended=False)

    async def _ended(self, orders: set[tuple[int, int]]) -> Sequence[OrderRecord]:
        newest = await self._account.orders(_NEWEST) if orders else ()
        return [order for order in newest if (order.run, order.number) in orders]
