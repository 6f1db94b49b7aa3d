"""How a backtest fills orders: whole, at once, at the tick's price or a little worse."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from upbit_auto_trading.domain.order import Fill, Order, OrderSide

if TYPE_CHECKING:
    from upbit_auto_trading.domain.account import Account


@dataclass(frozen=True, slots=True)
class FillModel:
    """Fills on the tick the order was decided on, `slippage_percent` against us."""

    slippage_percent: float = 0.0

    def fill(self, order: Order, account: Account) -> Fill:
        """Return the order's only fill."""
        worse = self.slippage_percent / 100
        if order.side is OrderSide.BUY:
            price = Decimal(repr(order.price * (1 + worse)))
            return account.fill_buy(order.id, order.ms, order.amount, price)
        price = Decimal(repr(order.price * (1 - worse)))
        return account.fill_sell(order.id, order.ms, order.quantity, price)
