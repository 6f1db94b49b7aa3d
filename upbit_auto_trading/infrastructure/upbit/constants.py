"""Upbit's addresses, limits and page sizes, as documented on 2026-10-07."""

from dataclasses import dataclass
from typing import Final

REST_URL: Final = "https://api.upbit.com"
WS_URL: Final = "wss://api.upbit.com/websocket/v1"

CANDLE_PAGE: Final = 200
"""Most candles one request returns; larger counts are cut silently."""

TRADE_PAGE: Final = 500
"""Most past trades one request returns."""

TRADE_DAYS: Final = 7
"""How many UTC days back past trades can be asked for."""

SOCKET_MESSAGES_PER_SECOND: Final = 5
SOCKET_MESSAGES_PER_MINUTE: Final = 100
SOCKET_CONNECTS_PER_SECOND: Final = 5


@dataclass(frozen=True, slots=True)
class RateGroup:
    """Requests that share a budget. `header` is the name in `Remaining-Req`."""

    header: str
    per_second: float


MARKET: Final = RateGroup("market", 10)
CANDLES: Final = RateGroup("candles", 10)
TRADES: Final = RateGroup("crix-trades", 10)
TICKER: Final = RateGroup("ticker", 10)
ORDERBOOK: Final = RateGroup("orderbook", 10)
QUOTATION_GROUPS: Final = (MARKET, CANDLES, TRADES, TICKER, ORDERBOOK)
