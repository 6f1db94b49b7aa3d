"""Ticks as columns: a whole run's prints at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from upbit_auto_trading.domain.candle_series import CandleColumns


@dataclass(frozen=True, slots=True)
class TickColumns:
    """Prints in the order of their times: `ms` int64 epoch milliseconds, the others float64.

    `dropped` counts the prints that were older than their predecessor and are left out.
    """

    ms: NDArray[np.int64]
    price: NDArray[np.float64]
    volume: NDArray[np.float64]
    dropped: int = 0

    def __len__(self) -> int:
        return len(self.ms)

    def until(self, count: int) -> TickColumns:
        """Return the first `count` prints."""
        return TickColumns(self.ms[:count], self.price[:count], self.volume[:count], self.dropped)


def ticks_from(
    ms: NDArray[np.int64], price: NDArray[np.float64], volume: NDArray[np.float64]
) -> TickColumns:
    """Return prints as they came, those older than a predecessor dropped and counted."""
    if bool(np.all(ms[1:] >= ms[:-1])):
        return TickColumns(ms, price, volume)
    kept = ms >= np.maximum.accumulate(ms)
    dropped = len(ms) - int(np.count_nonzero(kept))
    return TickColumns(ms[kept], price[kept], volume[kept], dropped)


def ticks_of_candles(candles: CandleColumns, length_ms: int) -> TickColumns:
    """Return four prints a candle, at 0, ¼, ½ and ¾ of its length.

    Open, low, high, close where the close isn't below the open; open, high, low, close where it
    is. The candle's volume goes to its last print.
    """
    count = len(candles)
    ms = np.empty((count, 4), dtype=np.int64)
    price = np.empty((count, 4), dtype=np.float64)
    volume = np.zeros((count, 4), dtype=np.float64)
    for step in range(4):
        np.add(candles.start_ms, step * length_ms // 4, out=ms[:, step])
    rising = candles.close >= candles.open
    price[:, 0] = candles.open
    price[:, 1] = np.where(rising, candles.low, candles.high)
    price[:, 2] = np.where(rising, candles.high, candles.low)
    price[:, 3] = candles.close
    if candles.volume.any():
        volume[:, 3] = candles.volume
    return ticks_from(ms.reshape(-1), price.reshape(-1), volume.reshape(-1))
