"""The paper broker: market orders against the live book, level by level, never better than it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from upbit_auto_trading.domain.account import EXACT, cut_exact
from upbit_auto_trading.domain.money import exact
from upbit_auto_trading.domain.order import Fill, Order, OrderSide
from upbit_auto_trading.domain.recording import OrderEnd

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from upbit_auto_trading.domain.account import Account
    from upbit_auto_trading.domain.orderbook import Orderbook

NO_ORDERBOOK = "no_orderbook"
NO_DEPTH = "no_depth"
CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class PaperExecution:
    """What became of a paper order. `detail` is a code, empty for a complete fill."""

    fills: tuple[Fill, ...]
    end: OrderEnd
    detail: str = ""


@dataclass(frozen=True, slots=True)
class _Level:
    price: Decimal
    size: Decimal


class PaperBroker:
    """Fills orders from the newest book once `latency_s` has passed.

    Every level is a fill of its own. What one order took is gone for the next one until the
    market's book changes. Where the depth isn't enough the rest is cancelled, as a market
    order's is.
    """

    def __init__(self, latency_s: float = 0.0) -> None:
        self._latency_s = latency_s
        self._seen: dict[str, Orderbook] = {}
        self._taken: dict[str, dict[Decimal, Decimal]] = {}

    async def execute(
        self,
        order: Order,
        account: Account,
        book: Callable[[], Orderbook | None],
        is_cancelled: Callable[[], bool],
    ) -> PaperExecution:
        """Return once the order has ended."""
        if self._latency_s:
            await asyncio.sleep(self._latency_s)
        if is_cancelled():
            return PaperExecution((), OrderEnd.CANCELLED, CANCELLED)
        newest = book()
        if newest is None:
            return PaperExecution((), OrderEnd.REFUSED, NO_ORDERBOOK)
        return self.match(order, account, newest)

    def match(self, order: Order, account: Account, book: Orderbook) -> PaperExecution:
        """Return what the book gives for the order."""
        if book is not self._seen.get(book.market):
            self._seen[book.market] = book
            self._taken[book.market] = {}
        ms = max(order.ms, book.exchange_ms)
        if order.side is OrderSide.BUY:
            fills, is_whole = self._buy(order, account, ms, book)
        else:
            fills, is_whole = self._sell(order, account, ms, book)
        if not fills:
            return PaperExecution((), OrderEnd.REFUSED, NO_DEPTH)
        if is_whole:
            return PaperExecution(fills, OrderEnd.FILLED)
        return PaperExecution(fills, OrderEnd.PARTLY_FILLED, NO_DEPTH)

    def _levels(self, book: Orderbook, side: OrderSide) -> Iterator[_Level]:
        """Yield what is left of the side an order takes from; padded rows are no levels."""
        taken = self._taken[book.market]
        for row in book.levels:
            buys = side is OrderSide.BUY
            price, size = (row.ask_price, row.ask_size) if buys else (row.bid_price, row.bid_size)
            if price > 0 and size > 0:
                level = exact(price)
                left = EXACT.subtract(exact(size), taken.get(level, Decimal(0)))
                if left > 0:
                    yield _Level(level, cut_exact(left))

    def _buy(
        self, order: Order, account: Account, ms: int, book: Orderbook
    ) -> tuple[tuple[Fill, ...], bool]:
        fills: list[Fill] = []
        left = order.amount
        for level in self._levels(book, order.side):
            room = EXACT.multiply(level.price, level.size)
            if left <= room:
                quantity = cut_exact(EXACT.divide(left, level.price))
                if quantity or not fills:
                    fills.append(self._fill(order, account, ms, book, level.price, quantity, left))
                return tuple(fill for fill in fills if fill.quantity), True
            fills.append(self._fill(order, account, ms, book, level.price, level.size, room))
            left = EXACT.subtract(left, room)
        return tuple(fills), False

    def _sell(
        self, order: Order, account: Account, ms: int, book: Orderbook
    ) -> tuple[tuple[Fill, ...], bool]:
        fills: list[Fill] = []
        left = order.quantity
        for level in self._levels(book, order.side):
            quantity = min(left, level.size)
            funds = EXACT.multiply(quantity, level.price)
            fills.append(self._fill(order, account, ms, book, level.price, quantity, funds))
            left = EXACT.subtract(left, quantity)
            if not left:
                return tuple(fills), True
        return tuple(fills), False

    def _fill(
        self,
        order: Order,
        account: Account,
        ms: int,
        book: Orderbook,
        price: Decimal,
        quantity: Decimal,
        funds: Decimal,
    ) -> Fill:
        taken = self._taken[book.market]
        taken[price] = EXACT.add(taken.get(price, Decimal(0)), quantity)
        fee = EXACT.multiply(funds, account.fee_rate)
        return Fill(order.id, ms, price, quantity, funds, fee)
