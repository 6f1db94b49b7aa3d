"""The paper account on screen: figures as they move, orders and worth as they are kept."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QObject, pyqtSignal

from upbit_auto_trading.application.paper_views import TradingRefusedError
from upbit_auto_trading.domain.calculation import CalculationError
from upbit_auto_trading.domain.failure import MarketDataError
from upbit_auto_trading.domain.order import OrderSide
from upbit_auto_trading.domain.recording import LedgerError
from upbit_auto_trading.tasks import TaskOwner

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from decimal import Decimal

    from upbit_auto_trading.application.paper_service import PaperTrading
    from upbit_auto_trading.application.paper_views import AccountView, RunView
    from upbit_auto_trading.application.parity import Parity
    from upbit_auto_trading.domain.market import MarketInfo
    from upbit_auto_trading.domain.paper_account import EquityPoints, OrderRecord

Refusal = TradingRefusedError | LedgerError | MarketDataError | CalculationError
PAGE: Final = 200
_RELOADED: Final = frozenset({"order", "fill", "account", "cash", "run", "stop"})
_SETTLE_S: Final = 0.2
_OLD_S: Final = 20.0
"""After how long the worth shown is read again though nothing was ordered."""

_MOST_ORDERS: Final = 10_000
_DAY_MS: Final = 86_400_000
SPANS: Final = {"day": 1, "fortnight": 14, "all": 0}


@dataclass(frozen=True, slots=True)
class Proof:
    """A run judged again, and in percent how much worse each order filled than its tick's price.

    The price of the tick an order was decided on is what a backtest fills at.
    """

    run_id: int
    parity: Parity
    price_differences: tuple[float, ...]


def price_differences(orders: Sequence[OrderRecord]) -> list[float]:
    """Return, for each filled order, its price against its tick's in percent; plus is worse."""
    found = []
    for order in orders:
        filled = order.filled_price
        if filled is not None and order.price > 0:
            change = (filled / order.price - 1) * 100
            found.append(change if order.side is OrderSide.BUY else -change)
    return found


class AccountViewModel(QObject):
    """`moved` tells of figures that change with prices, at any rate; `kept` of orders and worth.

    `told` says what an action came to, an error that kept it from happening.
    """

    moved = pyqtSignal()
    kept = pyqtSignal()
    refused = pyqtSignal(object)
    proven = pyqtSignal(object)

    def __init__(
        self,
        trading: PaperTrading,
        names: Mapping[str, MarketInfo],
        wall_clock: Callable[[], float],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._trading = trading
        self._wall_clock = wall_clock
        self._tasks = TaskOwner("account")
        self._is_due = asyncio.Event()
        self._read_s = float("-inf")
        self.names = names
        self.orders: Sequence[OrderRecord] = ()
        self.equity: EquityPoints | None = None
        self.orders_shown = "all"
        self.span = "day"
        self.trouble: LedgerError | None = None
        self._stop_listening: tuple[Callable[[], None], ...] = (
            trading.runs.listen(self.moved.emit),
            trading.runs.listen_to_events(self._told),
        )
        self._tasks.start(self._follow(), "follow")
        self._is_due.set()

    @property
    def view(self) -> AccountView:
        """The account at this moment."""
        return self._trading.account.view()

    @property
    def runs(self) -> tuple[RunView, ...]:
        """Every open run."""
        return self._trading.runs.views()

    @property
    def is_recovering(self) -> bool:
        """Whether runs of the last start are still being gone on with."""
        return self._trading.is_recovering

    def show_span(self, span: str) -> None:
        """Show the worth of another stretch of time: one of `SPANS`."""
        self.span = span
        self._is_due.set()

    def show_orders(self, which: str) -> None:
        """Show `open` orders, `all` of this account, or `earlier` ones (before a reset), too."""
        self.orders_shown = which
        self._is_due.set()

    def reload(self) -> None:
        """Read orders and worth again."""
        self._is_due.set()

    def reload_old(self) -> None:
        """Read them again where the last time is long ago: worth moves with every price."""
        if self._wall_clock() - self._read_s >= _OLD_S:
            self._read_s = self._wall_clock()
            self._is_due.set()

    def reset(self, cash: Decimal) -> None:
        """Begin another account with that cash; what was stays in the journal."""
        self._act(self._trading.account.reset(cash), "reset")

    def stop_run(self, run_id: int) -> None:
        """Judge nothing more in a run."""
        self._act(self._trading.runs.stop(run_id), "stop-run")

    def suspend_run(self, run_id: int, *, is_suspended: bool) -> None:
        """Let a run's rules order nothing, or again."""
        self._act(self._trading.runs.suspend(run_id, is_suspended=is_suspended), "suspend-run")

    def prove(self, run_id: int) -> None:
        """Judge a run's recording again; `proven` has the `Proof`."""
        self._tasks.start(self._prove(run_id), "prove")

    def allow_again(self) -> None:
        """End the stop of everything."""
        self._act(self._trading.allow_again(), "allow-again")

    async def close(self) -> None:
        """Follow nothing any more."""
        for stop in self._stop_listening:
            stop()
        self._stop_listening = ()
        await self._tasks.close()

    def _act(self, work: Awaitable[object], name: str) -> None:
        self._tasks.start(self._acted(work), name)

    async def _prove(self, run_id: int) -> None:
        try:
            parity = await self._trading.parity(run_id)
            orders = await self._trading.account.orders(_MOST_ORDERS)
        except (LedgerError, CalculationError) as error:
            self.refused.emit(error)
            return
        mine = [order for order in orders if order.run == run_id]
        self.proven.emit(Proof(run_id, parity, tuple(price_differences(mine))))

    async def _acted(self, work: Awaitable[object]) -> None:
        try:
            await work
        except (TradingRefusedError, LedgerError, MarketDataError) as error:
            self.refused.emit(error)
        self.moved.emit()
        self._is_due.set()

    def _told(self, told: Mapping[str, object]) -> None:
        if told["event"] in _RELOADED:
            self._is_due.set()

    async def _follow(self) -> None:
        while True:
            await self._is_due.wait()
            self._is_due.clear()
            await self._read()
            self.kept.emit()
            # What follows one another within a moment is read once.
            await asyncio.sleep(_SETTLE_S)

    async def _read(self) -> None:
        self._read_s = self._wall_clock()
        days = SPANS[self.span]
        since = round(self._wall_clock() * 1000) - days * _DAY_MS if days else 0
        try:
            self.orders = await self._trading.account.orders(
                PAGE,
                open_only=self.orders_shown == "open",
                with_earlier=self.orders_shown == "earlier",
            )
            self.equity = await self._trading.account.equity(since)
        except LedgerError as error:
            self.trouble = error
        else:
            self.trouble = None
