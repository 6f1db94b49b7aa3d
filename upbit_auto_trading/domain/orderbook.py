"""The order book: a whole book per frame, best level first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from upbit_auto_trading.domain.stream import Origin


class OrderbookLevel(Protocol):
    """One row of the book: the n-th best ask beside the n-th best bid.

    A side with fewer levels than the other is padded with price 0 and size 0.
    """

    @property
    def ask_price(self) -> float: ...
    @property
    def bid_price(self) -> float: ...
    @property
    def ask_size(self) -> float: ...
    @property
    def bid_size(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Orderbook:
    """The book of a market at `exchange_ms`, the time of its last change.

    `grouping` is the won size levels are grouped by, 0 for none.
    """

    market: str
    levels: Sequence[OrderbookLevel]
    total_ask_size: float
    total_bid_size: float
    grouping: float
    exchange_ms: int
    origin: Origin
