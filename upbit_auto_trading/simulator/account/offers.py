"""What an arriving order can take: public levels and resting orders, in price-time order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from upbit_auto_trading.domain.trade import Side
from upbit_auto_trading.simulator.account.accounts import ZERO
from upbit_auto_trading.simulator.account.orders import ExchangeOrder
from upbit_auto_trading.simulator.account.public_depth import Level


@dataclass(slots=True)
class Resting:
    """An order in the book and the public volume still before it at its price."""

    order: ExchangeOrder
    price: Decimal
    ahead: Decimal


@dataclass(slots=True)
class Offer:
    """Volume at one price, of a public level or of a resting order (the other one is None)."""

    price: Decimal
    volume: Decimal
    level: Level | None
    maker: Resting | None


def is_better(side: Side, price: Decimal, other: Decimal) -> bool:
    """Whether an order of `side` at `price` goes before one at `other`."""
    return price > other if side is Side.BID else price < other


def offers_for(
    order: ExchangeOrder, side: Side, levels: Sequence[Level], resting: Sequence[Resting]
) -> Iterator[Offer]:
    """Yield what `order` may take of `side`, best price first and oldest first at a price."""
    by_price = {level.price: level for level in levels}
    makers: dict[Decimal, list[Resting]] = {}
    for row in resting:
        makers.setdefault(row.price, []).append(row)
    for price in sorted(by_price.keys() | makers.keys(), reverse=side is Side.BID):
        if not order.accepts(price):
            return
        yield from _queue(price, by_price.get(price), makers.get(price, ()))


def _queue(price: Decimal, level: Level | None, makers: Sequence[Resting]) -> Iterator[Offer]:
    """Yield one price's volume in time order: public volume and our orders between it."""
    public = level.size if level is not None else ZERO
    used = ZERO
    for maker in makers:
        before = min(public, maker.ahead) - used
        if before > ZERO:
            yield Offer(price, before, level, None)
            used += before
        yield Offer(price, maker.order.wants(price), None, maker)
    if public > used:
        yield Offer(price, public - used, level, None)
