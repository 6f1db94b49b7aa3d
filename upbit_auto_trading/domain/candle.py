"""The candle: what was traded in one slot of a timeframe. A slot without trades has none."""

from dataclasses import dataclass

from upbit_auto_trading.domain.stream import Origin
from upbit_auto_trading.domain.timeframe import Timeframe


@dataclass(frozen=True, slots=True)
class Candle:
    """Prices and volume of the trades from `start_ms` to the start of the next slot.

    `volume` is in the base currency, `turnover` in the quote currency; `exchange_ms` is the
    time of its last trade. Whether it is closed is not part of it: only later data or time
    proves that.
    """

    market: str
    timeframe: Timeframe
    start_ms: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    turnover: float
    exchange_ms: int
    origin: Origin
