"""The order book as a ladder: real levels only, added up from the spread outwards, maybe grouped.

Sizes stay exact: they are added as `Decimal`, so that a sum reads as the exchange's own total.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final

from upbit_auto_trading.domain.money import exact, tick_size
from upbit_auto_trading.domain.orderbook import Orderbook

BOOK_LEVELS: Final = 30
"""How many levels a side the exchange sends; what lies beyond is unknown."""
GROUPINGS: Final = (1, 5, 10, 100, 1000)
"""How many price steps a row may stand for, 1 for the book as it is."""


@dataclass(frozen=True, slots=True)
class LadderLevel:
    """One row of a side.

    `price` is in the quote currency, `size` and `cumulative` (this row and every better one)
    in the base currency. `is_partial` tells that levels the exchange doesn't send may belong
    to the group, so that its size is a lower bound.
    """

    price: float
    size: Decimal
    cumulative: Decimal
    is_partial: bool = False


@dataclass(frozen=True, slots=True)
class Ladder:
    """Both sides, best level first, and what they amount to.

    `step` is what prices are grouped by, None where they aren't. The best prices are those of
    the book itself, however it is grouped; None for an empty side.
    """

    market: str
    asks: Sequence[LadderLevel]
    bids: Sequence[LadderLevel]
    best_ask: float | None
    best_bid: float | None
    step: Decimal | None

    @property
    def ask_total(self) -> Decimal:
        """Everything offered on the rows of the ladder."""
        return self.asks[-1].cumulative if self.asks else Decimal(0)

    @property
    def bid_total(self) -> Decimal:
        """Everything asked for on the rows of the ladder."""
        return self.bids[-1].cumulative if self.bids else Decimal(0)

    @property
    def ask_share(self) -> float | None:
        """The asks' part of both totals, 0 to 1; None for an empty book."""
        total = self.ask_total + self.bid_total
        return float(self.ask_total / total) if total else None

    @property
    def spread(self) -> float | None:
        """Best ask less best bid, negative while the book is crossed."""
        if self.best_ask is None or self.best_bid is None:
            return None
        return float(exact(self.best_ask) - exact(self.best_bid))

    @property
    def spread_share(self) -> float | None:
        """The spread as a fraction of the price in the middle."""
        spread = self.spread
        if spread is None or self.best_ask is None or self.best_bid is None:
            return None
        return spread / ((self.best_ask + self.best_bid) / 2)


def ladder_of(book: Orderbook, depth: int, grouping: int = 1) -> Ladder:
    """Lay `book` out with at most `depth` rows a side, each of `grouping` price steps.

    An ask belongs to the next multiple at or above its price, a bid to the next at or below,
    so that no row promises a better price than the book has. The step is the one valid at
    the best bid, or at the best ask where nobody bids.
    """
    asks = _real((row.ask_price, row.ask_size) for row in book.levels)
    bids = _real((row.bid_price, row.bid_size) for row in book.levels)
    best_ask = asks[0][0] if asks else None
    best_bid = bids[0][0] if bids else None
    near = best_bid if best_bid is not None else best_ask
    step = None
    if grouping > 1 and near is not None:
        step = tick_size(book.market, exact(near)) * grouping
    return Ladder(
        market=book.market,
        asks=_side(asks, depth, step, ROUND_CEILING),
        bids=_side(bids, depth, step, ROUND_FLOOR),
        best_ask=best_ask,
        best_bid=best_bid,
        step=step,
    )


def grouped_ladder(grouped: Orderbook, plain: Orderbook | None, depth: int) -> Ladder:
    """Lay out a book the exchange grouped, with the best prices of the plain book beside it."""
    asks = _real((row.ask_price, row.ask_size) for row in grouped.levels)
    bids = _real((row.bid_price, row.bid_size) for row in grouped.levels)
    best = plain.levels[0] if plain is not None and plain.levels else None
    return Ladder(
        market=grouped.market,
        asks=_side(asks, depth, None, ROUND_CEILING),
        bids=_side(bids, depth, None, ROUND_FLOOR),
        best_ask=(best.ask_price or None) if best is not None else None,
        best_bid=(best.bid_price or None) if best is not None else None,
        step=exact(grouped.grouping),
    )


def level_groupings(market: str, price: float, levels: Sequence[float]) -> list[int]:
    """The exchange's levels at `price` as numbers of price steps, 1 for the book as it is."""
    tick, limit = tick_size(market, exact(price)), exact(price) / 100
    steps = [exact(level) / tick for level in levels if 0 < exact(level) <= limit]
    return [1, *(int(step) for step in steps if step > 1 and step == step.to_integral_value())]


def grouping_step(market: str, price: float, grouping: int) -> Decimal:
    """What rows of `grouping` price steps are apart at `price`, in the quote currency."""
    return tick_size(market, exact(price)) * grouping


def useful_groupings(market: str, price: float) -> list[int]:
    """The groupings whose rows are at most a hundredth of `price` apart."""
    limit = exact(price) / 100
    wider = [n for n in GROUPINGS if n > 1 and grouping_step(market, price, n) <= limit]
    return [1, *wider]


def _real(levels: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Drop the zeros a side with fewer levels is padded with."""
    return [(price, size) for price, size in levels if price > 0]


def _side(
    levels: Sequence[tuple[float, float]], depth: int, step: Decimal | None, rounding: str
) -> tuple[LadderLevel, ...]:
    grouped: list[tuple[float, Decimal, bool]] = []
    if step is None:
        grouped = [(price, exact(size), False) for price, size in levels[:depth]]
    else:
        sums: dict[Decimal, Decimal] = {}
        for price, size in levels:
            edge = (exact(price) / step).to_integral_value(rounding) * step
            sums[edge] = sums.get(edge, Decimal(0)) + exact(size)
        outermost = next(reversed(sums), None)
        is_open = len(levels) >= BOOK_LEVELS and exact(levels[-1][0]) != outermost
        grouped = [
            (float(edge), size, is_open and edge == outermost) for edge, size in sums.items()
        ][:depth]
    rows = []
    cumulative = Decimal(0)
    for price, amount, is_partial in grouped:
        cumulative += amount
        rows.append(LadderLevel(price, amount, cumulative, is_partial))
    return tuple(rows)
