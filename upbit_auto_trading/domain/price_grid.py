"""The ladder of prices a market may trade at, as whole numbers, for arrays of prices.

A price's index counts ticks from zero across all price bands, so neighbouring indexes are
neighbouring prices even where the tick changes.
"""

from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from upbit_auto_trading.domain.money import tick_bands

E8: Final = 100_000_000
_MANY: Final = 64


class PriceGrid:
    """Prices of one quote currency. `e8` prices are whole numbers of 1e-8 of the currency."""

    def __init__(self, quote: str) -> None:
        bands = tick_bands(quote)
        self._lows = np.array([int(low * E8) for low, _ in bands], dtype=np.int64)
        self._ticks = np.array([int(tick * E8) for _, tick in bands], dtype=np.int64)
        steps = np.diff(self._lows) // self._ticks[:-1]
        self._first = np.concatenate(([0], np.cumsum(steps))).astype(np.int64)
        self._low_prices = self._lows / E8
        self._tick_prices = self._ticks / E8

    def position(self, price: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return each price's index with its fraction of a tick; prices are in the currency."""
        if len(self._lows) == 1:
            return price / float(self._tick_prices[0])
        band = _bands(self._low_prices, price)
        position: NDArray[np.float64] = (
            self._first[band] + (price - self._low_prices[band]) / self._tick_prices[band]
        )
        return position

    def e8(self, index: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the price of each index, exactly."""
        band = _bands(self._first, index)
        exact: NDArray[np.int64] = (
            self._lows[band] + (index - self._first[band]) * self._ticks[band]
        )
        return exact

    def band(self, index: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the number of each index's price band, cheapest first."""
        return np.searchsorted(self._first, index, side="right") - 1

    def tick_e8(self, index: int) -> int:
        """Return the step from this index up to the next."""
        return int(self._ticks[int(np.searchsorted(self._first, index, side="right")) - 1])

    def ticks_e8(self, price_e8: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the step of each price's band."""
        steps: NDArray[np.int64] = self._ticks[
            np.searchsorted(self._lows, price_e8, side="right") - 1
        ]
        return steps

    def index_of_e8(self, price_e8: int) -> int:
        """Return the highest index whose price is at most `price_e8`."""
        band = int(np.searchsorted(self._lows, price_e8, side="right")) - 1
        return int(self._first[band]) + (price_e8 - int(self._lows[band])) // int(self._ticks[band])

    def index_above_e8(self, price_e8: int) -> int:
        """Return the lowest index whose price is at least `price_e8`."""
        index = self.index_of_e8(price_e8)
        exact = int(self.e8(np.array([index], dtype=np.int64))[0])
        return index if exact == price_e8 else index + 1


def _bands(lows: NDArray[Any], values: NDArray[Any]) -> NDArray[np.intp]:
    """Return the number of the last of `lows` that isn't above each value.

    A market's values lie in very few bands: counting those is much quicker than a search each.
    """
    if values.size < _MANY:
        return np.searchsorted(lows, values, side="right") - 1
    first, last = np.searchsorted(lows, (values.min(), values.max()), side="right").tolist()
    band = np.full(values.shape, first - 1, dtype=np.intp)
    for low in lows[first:last]:
        band += values >= low
    return band


@cache
def price_grid(quote: str) -> PriceGrid:
    """Return the grid of a quote currency."""
    return PriceGrid(quote)
