"""What the engine remembers between ticks, and how fills change it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from upbit_auto_trading.domain.order import Fill, Order, OrderSide
from upbit_auto_trading.domain.position import Position

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upbit_auto_trading.domain.account import Account


class UnknownOrderError(LookupError):
    """A fill or a closing of an order the engine never placed."""

    def __init__(self, order_id: int) -> None:
        super().__init__(f"order {order_id} isn't one of this engine's")
        self.order_id = order_id


@dataclass(slots=True)
class EngineState:
    """Account, position, the rules' memory, the open order.

    `true` holds per rule whether its trigger was true at its previous evaluation; `held_ms` the
    exchange time of the last tick on which it was; `trying` the rules whose sell is tried again
    on each tick while their trigger holds; `reported` what was said about a rule since then.
    `turned_ms` is when each rule that is only counted turned true, by rule.
    `acted_ms` is when each rule acted last; the other times are those of the newest position's
    opening, the newest buy and the newest closing. `cancelling` are orders whose cancelling was
    decided. `limits` are the rules' limits per position. `profit_fee_rate` is the fee that a
    position's profit counts in, 0 for none. While `is_suspended` no rule orders anything.
    """

    account: Account
    limits: Mapping[str, int | None]
    true: list[bool]
    held_ms: list[int | None]
    position: Position | None = None
    trying: set[int] = field(default_factory=set)
    reported: dict[int, str] = field(default_factory=dict)
    acted_ms: dict[str, int] = field(default_factory=dict)
    orders: dict[int, Order] = field(default_factory=dict)
    open_order: int | None = None
    cancelling: set[int] = field(default_factory=set)
    opened_ms: int | None = None
    bought_ms: int | None = None
    closed_ms: int | None = None
    profit_fee_rate: float = 0.0
    is_suspended: bool = False
    turned_ms: dict[str, list[int]] = field(default_factory=dict)
    _orders_placed: int = 0
    _acted_before: int | None = None
    _filled: set[int] = field(default_factory=set)

    def place(self, order: Order) -> None:
        """Note an order as placed and open."""
        self.orders[order.id] = order
        self.open_order = order.id
        self._orders_placed = order.id
        self._acted_before = self.acted_ms.get(order.rule)
        self.acted_ms[order.rule] = order.ms

    def unplace(self, order: Order) -> None:
        """Forget an order the broker refused, as if it had never been placed."""
        self.forget(order.id)
        if self.acted_ms.get(order.rule) == order.ms:
            if self._acted_before is None:
                del self.acted_ms[order.rule]
            else:
                self.acted_ms[order.rule] = self._acted_before

    @property
    def next_order_id(self) -> int:
        """The number of the next order."""
        return self._orders_placed + 1

    def has_filled(self, order_id: int) -> bool:
        """Whether any of an order was filled."""
        return order_id in self._filled

    def resume_orders(
        self, placed: int, open_order: Order | None, *, filled: bool, cancelling: bool
    ) -> None:
        """Go on counting after `placed` orders, with the one that is still open."""
        self._orders_placed = placed
        if open_order is not None:
            self.orders[open_order.id] = open_order
            self.open_order = open_order.id
            if filled:
                self._filled.add(open_order.id)
            if cancelling:
                self.cancelling.add(open_order.id)

    def order(self, order_id: int) -> Order:
        """Return an order of this engine.

        Raises:
            UnknownOrderError: there is no such order.
        """
        try:
            return self.orders[order_id]
        except KeyError:
            raise UnknownOrderError(order_id) from None

    def fill(self, fill: Fill) -> bool:
        """Take in one execution; return whether it opened or closed the position.

        Raises:
            UnknownOrderError: the order isn't one of this engine's.
            OversoldError: it sells more than is held.
        """
        order = self.order(fill.order_id)
        changed = False
        if order.side is OrderSide.BUY:
            self.account = self.account.bought(fill)
            self.bought_ms = fill.ms
            if self.position is None:
                self.position = Position(fill, order.price, self.profit_fee_rate)
                self.opened_ms = fill.ms
                changed = True
            else:
                if fill.order_id not in self._filled:
                    self.position.note_add(order.price)
                self.position.add(fill)
        else:
            self.account = self.account.sold(fill)
            if self.position is None:
                raise UnknownOrderError(fill.order_id)
            self.position.reduce(fill)
        if fill.order_id not in self._filled:
            self._filled.add(fill.order_id)
            self.position.count(order.rule)
        if not self.position.quantity:
            self.position = None
            self.closed_ms = fill.ms
            changed = True
        return changed

    def forget(self, order_id: int) -> None:
        """Drop an order that is filled, cancelled or refused."""
        self.order(order_id)
        if self.open_order == order_id:
            self.open_order = None
        self.cancelling.discard(order_id)
