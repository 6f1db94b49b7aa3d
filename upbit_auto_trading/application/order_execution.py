"""From an order on disk to what became of it: checked once more, executed, its end told."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.domain.account import EXACT
from upbit_auto_trading.domain.money import exact
from upbit_auto_trading.domain.order import OrderSide
from upbit_auto_trading.domain.recording import OrderEnd, OrderEnded, OrderFilled
from upbit_auto_trading.domain.risk import Surroundings

if TYPE_CHECKING:
    from collections.abc import Callable

    from upbit_auto_trading.application.trading_ports import Broker
    from upbit_auto_trading.domain.engine_state import EngineState
    from upbit_auto_trading.domain.order import Order
    from upbit_auto_trading.domain.orderbook import Orderbook
    from upbit_auto_trading.domain.risk import RiskGuard

LONGEST_WAIT_S: Final = 2.0
"""How long an order may wait for the disk; a later one would act on another market."""

KEPT_TOO_LATE: Final = "kept_too_late"
SUSPENDED: Final = "run_suspended"
_CANCELLED: Final = "cancelled"


class OrderExecution:
    """Executes one run's orders, one at a time.

    `held_elsewhere` is the value of the account's other positions, for the exposure limit.
    """

    def __init__(
        self,
        broker: Broker,
        guard: RiskGuard,
        book: Callable[[], Orderbook | None],
        held_elsewhere: Callable[[], Decimal],
    ) -> None:
        self.guard = guard
        self._broker, self._book, self._held_elsewhere = broker, book, held_elsewhere

    async def execute(
        self, order: Order, state: EngineState, waited_s: float
    ) -> list[OrderFilled | OrderEnded]:
        """Return what became of an order that is on disk, `waited_s` after it was decided."""
        if order.id in state.cancelling:
            return [OrderEnded(order.id, OrderEnd.CANCELLED, _CANCELLED)]
        if waited_s > LONGEST_WAIT_S:
            return [OrderEnded(order.id, OrderEnd.REFUSED, KEPT_TOO_LATE)]
        if state.is_suspended and order.rule:
            return [OrderEnded(order.id, OrderEnd.CANCELLED, SUSPENDED)]
        refused = self.guard.check(order, order.ms, self._around(order, state))
        if refused is not None:
            return [OrderEnded(order.id, OrderEnd.REFUSED, refused.guard.value)]
        if order.side is OrderSide.BUY:
            self.guard.sent(order.ms)
        executed = await self._broker.execute(
            order, state.account, self._book, lambda: _is_withdrawn(order, state)
        )
        fills = [OrderFilled(fill, part) for part, fill in enumerate(executed.fills)]
        last_ms = max((fill.ms for fill in executed.fills), default=0)
        return [*fills, OrderEnded(order.id, executed.end, executed.detail, last_ms)]

    def _around(self, order: Order, state: EngineState) -> Surroundings:
        position, book = state.position, self._book()
        held = Decimal(0) if position is None else position.quantity
        value = EXACT.multiply(held, exact(order.price))
        elsewhere = self._held_elsewhere()
        if book is None or not book.levels:
            return Surroundings(value, 0.0, order.ms, elsewhere)
        best = book.levels[0]
        middle = (best.ask_price + best.bid_price) / 2
        return Surroundings(value, middle, order.ms, elsewhere)


def _is_withdrawn(order: Order, state: EngineState) -> bool:
    return order.id in state.cancelling or (state.is_suspended and bool(order.rule))
