"""The ticker: last price and daily figures of a market."""

from dataclasses import dataclass
from datetime import date

from upbit_auto_trading.domain.stream import Origin


@dataclass(frozen=True, slots=True)
class Ticker:
    """State of a market at `exchange_ms`.

    Prices and turnover are in the quote currency, volume in the base currency;
    `change_rate` is a signed fraction of `prev_closing_price`. The day starts at 00:00 UTC
    (09:00 KST): `turnover_day` and `volume_day` count from there; `turnover_24h` and
    `volume_24h` roll. `last_day` is when trading ends, where that is announced. A halted
    market can't be traded now; only the socket tells.
    """

    market: str
    trade_price: float
    opening_price: float
    high_price: float
    low_price: float
    prev_closing_price: float
    change_price: float
    change_rate: float
    turnover_day: float
    volume_day: float
    turnover_24h: float
    volume_24h: float
    trade_ms: int
    exchange_ms: int
    origin: Origin
    last_day: date | None = None
    is_halted: bool = False
