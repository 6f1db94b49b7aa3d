"""What trades come to: the figures of a ticker after each of them, and candles."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

from upbit_auto_trading.domain.timeframe import Timeframe
from upbit_auto_trading.domain.trade import Side
from upbit_auto_trading.simulator.market.candle_model import DAY_MS, CandleFigures
from upbit_auto_trading.simulator.market.tape import Print


@dataclass(frozen=True, slots=True)
class TradeFigures:
    """What a market's trades come to after one of them: of its UTC day, and of all."""

    opening: float
    high: Print
    low: Print
    volume: float
    turnover: float
    asks: float
    highest: Print
    lowest: Print
    all_volume: float
    all_turnover: float

    @classmethod
    def first(cls, trade: Print, before: "TradeFigures | None" = None) -> Self:
        """Return those of the first trade of a day."""
        total = trade.price * trade.volume
        return cls(
            opening=trade.price,
            high=trade,
            low=trade,
            volume=trade.volume,
            turnover=total,
            asks=_asked(trade),
            highest=trade if before is None else _higher(before.highest, trade),
            lowest=trade if before is None else _lower(before.lowest, trade),
            all_volume=trade.volume + (0.0 if before is None else before.all_volume),
            all_turnover=total + (0.0 if before is None else before.all_turnover),
        )

    def after(self, trade: Print) -> Self:
        """Return those after another trade of the same day."""
        total = trade.price * trade.volume
        return replace(
            self,
            high=_higher(self.high, trade),
            low=_lower(self.low, trade),
            volume=self.volume + trade.volume,
            turnover=self.turnover + total,
            asks=self.asks + _asked(trade),
            highest=_higher(self.highest, trade),
            lowest=_lower(self.lowest, trade),
            all_volume=self.all_volume + trade.volume,
            all_turnover=self.all_turnover + total,
        )


def candles_of(trades: Sequence[Print], timeframe: Timeframe) -> Iterator[CandleFigures]:
    """Yield candles of trades in the order of their times, oldest first."""
    running: CandleFigures | None = None
    for trade in sorted(trades, key=lambda trade: (trade.trade_ms, trade.sequential_id)):
        start_ms = timeframe.start_of_ms(trade.trade_ms)
        price, total = trade.price, trade.price * trade.volume
        if running is not None and running.start_ms == start_ms:
            running = replace(
                running,
                high=max(running.high, price),
                low=min(running.low, price),
                close=price,
                volume=running.volume + trade.volume,
                turnover=running.turnover + total,
                last_ms=trade.trade_ms,
            )
            continue
        previous = price
        if running is not None:
            previous = running.close
            yield running
        running = CandleFigures(
            *(start_ms, price, price, price, price),
            *(trade.volume, total, trade.trade_ms, previous),
        )
    if running is not None:
        yield running


def day_of(trade: Print) -> int:
    """Return the UTC day of a trade, counted from the epoch."""
    return trade.trade_ms // DAY_MS


def _asked(trade: Print) -> float:
    return trade.volume if trade.side is Side.ASK else 0.0


def _higher(one: Print, other: Print) -> Print:
    return other if other.price > one.price else one


def _lower(one: Print, other: Print) -> Print:
    return other if other.price < one.price else one
