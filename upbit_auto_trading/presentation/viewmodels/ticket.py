"""An order by hand: prepared, looked at, confirmed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal

from upbit_auto_trading.application.paper_views import TradingRefusedError
from upbit_auto_trading.domain.failure import MarketDataError
from upbit_auto_trading.domain.recording import LedgerError
from upbit_auto_trading.tasks import TaskOwner

if TYPE_CHECKING:
    import asyncio
    from decimal import Decimal

    from upbit_auto_trading.application.order_tickets import OrderTickets, Ticket
    from upbit_auto_trading.domain.order import OrderSide
    from upbit_auto_trading.domain.paper_account import OrderRecord
    from upbit_auto_trading.presentation.viewmodels.account import Refusal


class TicketViewModel(QObject):
    """One order at a time. `changed` tells of what is prepared, placed or refused."""

    changed = pyqtSignal()

    def __init__(self, tickets: OrderTickets, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tickets = tickets
        self._tasks = TaskOwner("ticket")
        self._working: asyncio.Task[None] | None = None
        self.prepared: Ticket | None = None
        self.placed: OrderRecord | None = None
        self.refusal: Refusal | None = None
        self.is_placing = False

    def prepare(
        self,
        market: str,
        side: OrderSide,
        amount: Decimal | None,
        quantity: Decimal | None,
    ) -> None:
        """Ask what the order would cost and bring."""
        self.forget()
        self._working = self._tasks.start(self._prepare(market, side, amount, quantity), "prepare")

    def confirm(self) -> None:
        """Place what was prepared, once."""
        ticket, self.prepared = self.prepared, None
        if ticket is not None:
            self.is_placing = True
            self._tasks.start(self._confirm(ticket), "confirm")
            self.changed.emit()

    def forget(self) -> None:
        """Drop what was prepared; an order being placed goes on."""
        if self._working is not None:
            self._working.cancel()
            self._working = None
        if self.prepared is not None:
            self._tickets.cancel(self.prepared.token)
        self.prepared = self.placed = self.refusal = None

    async def close(self) -> None:
        """End what is underway."""
        await self._tasks.close()

    async def _prepare(
        self,
        market: str,
        side: OrderSide,
        amount: Decimal | None,
        quantity: Decimal | None,
    ) -> None:
        try:
            self.prepared = await self._tickets.prepare(
                market, side, amount=amount, quantity=quantity
            )
        except (TradingRefusedError, LedgerError, MarketDataError) as error:
            self.refusal = error
        self.changed.emit()

    async def _confirm(self, ticket: Ticket) -> None:
        try:
            self.placed = await self._tickets.confirm(ticket.token)
        except (TradingRefusedError, LedgerError, MarketDataError) as error:
            self.refusal = error
        self.is_placing = False
        self.changed.emit()
