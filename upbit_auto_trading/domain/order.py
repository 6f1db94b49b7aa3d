"""Orders: what the engine asks for, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class OrderSide(StrEnum):
    """Which way an order of ours goes."""

    BUY = "buy"
    SELL = "sell"


class Refusal(StrEnum):
    """Why an order was not placed."""

    BELOW_MINIMUM = "below_minimum"
    NOT_ENOUGH_CASH = "not_enough_cash"
    TOO_LITTLE = "too_little"
    BROKER = "broker"


@dataclass(frozen=True, slots=True)
class Order:
    """An order of a rule, at the market; `rule` is empty for one placed by hand.

    A buy has an `amount` to spend (quote currency, fee on top), a sell a `quantity` (base
    currency); the other one is zero. `price` is the tick price it was decided on. `cancels` is
    the open order that must be cancelled first.
    """

    id: int
    ms: int
    rule: str
    side: OrderSide
    price: float
    amount: Decimal = Decimal(0)
    quantity: Decimal = Decimal(0)
    cancels: int | None = None


@dataclass(frozen=True, slots=True)
class Fill:
    """One execution of an order.

    `funds` is what changes hands without the fee, in the quote currency. A buy's funds may
    exceed quantity × price by what cutting the quantity to 8 decimals leaves over.
    """

    order_id: int
    ms: int
    price: Decimal
    quantity: Decimal
    funds: Decimal
    fee: Decimal
