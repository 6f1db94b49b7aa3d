"""What the public market offers our orders: the book's levels, each sold or bought once."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from upbit_auto_trading.domain.money import exact
from upbit_auto_trading.domain.trade import Side
from upbit_auto_trading.simulator.account.accounts import ZERO
from upbit_auto_trading.simulator.market.market_source import Book, Print

LEVELS = 30


class MarketView(Protocol):
    """The simulated market as the matching sees it."""

    def prints(self, market: str, since_ms: int, until_ms: int) -> Sequence[Print]: ...
    def newest_prints(self, market: str, before_ms: int, count: int) -> Sequence[Print]: ...
    def book(self, market: str, at_ms: int) -> Book | None: ...


@dataclass(slots=True)
class Level:
    """One price of the public book with the size nobody of ours has taken yet."""

    price: Decimal
    size: Decimal


class PublicDepth:
    """The levels of one market's book, less what our orders took since its last change.

    The public stream doesn't show what our orders take: it is a function of time alone.
    """

    def __init__(self, market: str, view: MarketView) -> None:
        self._market = market
        self._view = view
        self._changed_ms: int | None = None
        self._sides: dict[Side, list[Level]] = {Side.ASK: [], Side.BID: []}

    def levels(self, side: Side, at_ms: int) -> Sequence[Level]:
        """Return the levels offered on `side` (`ask`: what a buyer can take), best first."""
        book = self._view.book(self._market, at_ms)
        if book is None:
            return ()
        if book.exchange_ms != self._changed_ms:
            self._changed_ms = book.exchange_ms
            self._sides = {
                Side.ASK: _levels(book.ask_prices, book.ask_sizes),
                Side.BID: _levels(book.bid_prices, book.bid_sizes),
            }
        return [level for level in self._sides[side] if level.size > ZERO]

    def best(self, side: Side, at_ms: int) -> Decimal | None:
        """Return the best price offered on `side`, None for an empty side."""
        levels = self.levels(side, at_ms)
        return levels[0].price if levels else None

    def queue_at(self, side: Side, price: Decimal, at_ms: int) -> Decimal:
        """Return the volume a newcomer at `price` on `side` stands behind.

        A price deeper than the 30 shown levels is taken to hold their mean size.
        """
        levels = self.levels(side, at_ms)
        if not levels:
            return ZERO
        deepest = levels[-1].price
        if price < deepest if side is Side.BID else price > deepest:
            return sum((level.size for level in levels), ZERO) / len(levels)
        return next((level.size for level in levels if level.price == price), ZERO)


def _levels(prices: Sequence[float], sizes: Sequence[float]) -> list[Level]:
    return [
        Level(exact(price), exact(size))
        for price, size in zip(prices, sizes, strict=True)
        if price > 0 and size > 0
    ][:LEVELS]
