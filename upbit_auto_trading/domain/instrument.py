"""What prices and books of a market are made of, as the exchange says for its present price."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Instrument:
    """A market's price step and the won sizes its book can be grouped by.

    Both follow the price: a market that leaves its price band gets others. `levels` begins
    with 0, the book as it is, and holds nothing else outside KRW markets.
    """

    market: str
    tick_size: Decimal
    levels: tuple[float, ...]
