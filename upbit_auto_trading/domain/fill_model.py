"""How a backtest fills orders: whole, at once, at the tick's price or a little worse.

Where fills are to lie on the market's price grid, a price between two steps moves to the one that
is worse for us: what a resting order's price could have been.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from upbit_auto_trading.domain.money import ceil_to_tick, floor_to_tick
from upbit_auto_trading.domain.order import Fill, Order, OrderSide

if TYPE_CHECKING:
    from upbit_auto_trading.domain.account import Account


@dataclass(frozen=True, slots=True)
class FillModel:
    """Fills on the tick the order was decided on, `slippage_percent` against us.

    `grid_of` is the market whose price steps fills keep to, None for any price.
    """

    slippage_percent: float = 0.0
    grid_of: str | None = None

    def fill(self, order: Order, account: Account) -> Fill:
        """Return the order's only fill."""
        worse = self.slippage_percent / 100
        if order.side is OrderSide.BUY:
            price = Decimal(repr(order.price * (1 + worse)))
            if self.grid_of is not None:
                price = ceil_to_tick(self.grid_of, price)
            return account.fill_buy(order.id, order.ms, order.amount, price)
        price = Decimal(repr(order.price * (1 - worse)))
        if self.grid_of is not None:
            price = floor_to_tick(self.grid_of, price)
        return account.fill_sell(order.id, order.ms, order.quantity, price)
