"""The forming candle after each print of a run, as columns."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from upbit_auto_trading.domain.candle_series import CandleColumns
    from upbit_auto_trading.domain.prepared_candles import PreparedCandles
    from upbit_auto_trading.domain.tick_columns import TickColumns

# Candles of up to this many prints are worked on together, print by print; longer ones singly.
_FEW: Final = 64


class FormingCandles:
    """One row per print: its candle as far as it had formed with it.

    Row `i` belongs to candle `ordinals[i]` of `candles`; `first` has the row of each candle's
    first print. A column is computed when it is first read; volume and turnover add up print by
    print.
    """

    def __init__(self, ticks: TickColumns, whole: PreparedCandles) -> None:
        self._ticks = ticks
        self._whole = whole

    def __len__(self) -> int:
        return len(self._ticks)

    @property
    def candles(self) -> CandleColumns:
        """The candles as all their prints made them, the last one perhaps not whole."""
        return self._whole.columns

    @property
    def first(self) -> NDArray[np.intp]:
        return self._whole.first

    @property
    def ordinals(self) -> NDArray[np.intp]:
        return self._whole.ordinals

    @property
    def close(self) -> NDArray[np.float64]:
        """The newest price."""
        return self._ticks.price

    @cached_property
    def start_ms(self) -> NDArray[np.int64]:
        return self.candles.start_ms[self.ordinals]

    @cached_property
    def open(self) -> NDArray[np.float64]:
        return self.candles.open[self.ordinals]

    @cached_property
    def high(self) -> NDArray[np.float64]:
        return self._so_far(np.maximum, self._ticks.price)

    @cached_property
    def low(self) -> NDArray[np.float64]:
        return self._so_far(np.minimum, self._ticks.price)

    @cached_property
    def volume(self) -> NDArray[np.float64]:
        return self._so_far(np.add, self._ticks.volume)

    @cached_property
    def turnover(self) -> NDArray[np.float64]:
        return self._so_far(np.add, self._ticks.volume * self._ticks.price)

    def _so_far(self, join: np.ufunc, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Join each candle's values from its first print up to each of its prints."""
        result = values.copy()
        lengths = np.diff(self.first, append=len(values))
        short = lengths <= _FEW
        first, lengths_left = self.first[short], lengths[short]
        for step in range(1, int(lengths_left.max(initial=1))):
            longer = lengths_left > step
            first, lengths_left = first[longer], lengths_left[longer]
            places = first + step
            result[places] = join(result[places - 1], values[places])
        for place in np.flatnonzero(~short).tolist():
            begin, end = int(self.first[place]), int(self.first[place] + lengths[place])
            join.accumulate(values[begin:end], out=result[begin:end])
        return result
