"""What a run of trades amounts to: who pushed, and which prints were large."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from upbit_auto_trading.domain.market import quote_of
from upbit_auto_trading.domain.money import exact
from upbit_auto_trading.domain.trade import Side, Trade

LARGE_WON: Final = 10_000_000.0
"""From this value on a print of a won market is large, whatever the others are."""
LARGE_SHARE: Final = 0.02
"""The largest part of the trades that counts as large."""
ENOUGH_TO_RANK: Final = 50
"""Fewer trades than this aren't ranked."""


@dataclass(frozen=True, slots=True)
class TradeFlow:
    """Volumes taken from each side, in the base currency."""

    bought: Decimal
    sold: Decimal

    @property
    def strength(self) -> float | None:
        """Bought ÷ sold × 100, as Upbit counts 체결강도; None while nothing was sold."""
        return float(self.bought / self.sold * 100) if self.sold else None


def flow_of(trades: Sequence[Trade]) -> TradeFlow:
    """Add up who took what."""
    sums = {Side.BID: Decimal(0), Side.ASK: Decimal(0)}
    for trade in trades:
        sums[trade.side] += exact(trade.volume)
    return TradeFlow(sums[Side.BID], sums[Side.ASK])


def large_from(market: str, trades: Sequence[Trade]) -> float | None:
    """The value (price × volume, quote currency) from which a print of `trades` is large.

    The smaller of two limits: `LARGE_WON` in won markets, and the value that `LARGE_SHARE` of
    the trades reach once there are enough to rank. None where neither can be told.
    """
    limits = [LARGE_WON] if quote_of(market) == "KRW" else []
    if len(trades) >= ENOUGH_TO_RANK:
        values = sorted((trade.price * trade.volume for trade in trades), reverse=True)
        limits.append(values[int(len(values) * LARGE_SHARE) - 1])
    return min(limits, default=None)
