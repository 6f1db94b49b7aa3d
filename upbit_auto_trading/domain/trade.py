"""The trade: one print of the exchange."""

from dataclasses import dataclass
from enum import StrEnum

from upbit_auto_trading.domain.stream import Origin


class Side(StrEnum):
    """Which side took the trade: `bid` bought, `ask` sold."""

    BID = "bid"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Trade:
    """One exchange print. `(market, sequential_id)` is unique; the id is not an order.

    `trade_ms` is when it happened, `exchange_ms` when Upbit sent it (equal over REST).
    """

    market: str
    price: float
    volume: float
    side: Side
    trade_ms: int
    exchange_ms: int
    sequential_id: int
    origin: Origin
