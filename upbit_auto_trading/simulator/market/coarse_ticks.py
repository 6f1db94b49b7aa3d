"""Stretches of time in which a market's price unit is a multiple of the usual one.

A coarse unit's prices are prices of the usual grid too, so trades are moved down to it and
everything else follows from them.
"""

from dataclasses import dataclass, replace

import numpy as np

from upbit_auto_trading.domain.market_minutes import MINUTE_MS, Flags, Ints
from upbit_auto_trading.domain.market_prints import PrintColumns
from upbit_auto_trading.domain.price_grid import PriceGrid

_FOR_EVER_MS = 1 << 52


@dataclass(frozen=True, slots=True)
class _Stretch:
    factor: int
    start_ms: int
    end_ms: int


class CoarseTicks:
    """When the price unit was how many times the usual one; later changes end earlier ones."""

    def __init__(self, grid: PriceGrid) -> None:
        self._grid = grid
        self._stretches: list[_Stretch] = []

    def __bool__(self) -> bool:
        """Whether there ever was another unit than the usual one."""
        return bool(self._stretches)

    def change(self, factor: int, start_ms: int) -> None:
        """Take `factor` times the usual unit from `start_ms` on; 1 is the usual one."""
        if self._stretches:
            last = self._stretches[-1]
            ended = replace(last, end_ms=max(last.start_ms, min(last.end_ms, start_ms)))
            self._stretches[-1] = ended
        if factor > 1:
            self._stretches.append(_Stretch(factor, start_ms, _FOR_EVER_MS))

    def factor(self, at_ms: int) -> int:
        """Return the factor in force at a moment."""
        for stretch in self._stretches:
            if stretch.start_ms <= at_ms < stretch.end_ms:
                return stretch.factor
        return 1

    def among(self, minutes: Ints) -> Flags:
        """Return which minutes have a moment with another unit."""
        found: Flags = np.zeros(len(minutes), dtype=np.bool_)
        for stretch in self._stretches:
            begin = minutes * MINUTE_MS
            found |= (begin < stretch.end_ms) & (begin + MINUTE_MS > stretch.start_ms)
        return found

    def moved(self, prints: PrintColumns) -> PrintColumns:
        """Return the trades with their prices on the unit in force when they happened."""
        for stretch in self._stretches:
            begin, end = np.searchsorted(prints.trade_ms, (stretch.start_ms, stretch.end_ms))
            if begin < end:
                price_e8 = prints.price_e8.copy()
                price_e8[begin:end] = self._down(price_e8[begin:end], stretch.factor)
                prints = replace(prints, price_e8=price_e8)
        return prints

    def _down(self, price_e8: Ints, factor: int) -> Ints:
        """Return prices moved down to multiples of the coarse unit, at least one of it."""
        step = self._grid.ticks_e8(price_e8) * factor
        down: Ints = np.maximum(price_e8 // step * step, step)
        return down
