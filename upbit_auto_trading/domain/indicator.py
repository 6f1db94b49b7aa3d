"""The port through which the engine asks for indicators.

All forms give the same bits on the same candles: each starts at the run's first candle, the
anchor, and goes on from there; no sliding window.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from upbit_auto_trading.domain.candle_series import CandleColumns
    from upbit_auto_trading.domain.forming_candles import FormingCandles
    from upbit_auto_trading.domain.variable import Reading


@dataclass(frozen=True, slots=True)
class CandleRow:
    """A candle as indicators read it: the prints from `start_ms` to the next slot.

    `volume` is in the base currency, `turnover` in the quote currency.
    """

    start_ms: int
    open: float
    high: float
    low: float
    close: float
    volume: float = 0.0
    turnover: float = 0.0


def candle_rows(
    columns: CandleColumns, first: int = 0, last: int | None = None
) -> tuple[CandleRow, ...]:
    """Return the candles from the place `first` to before `last`."""
    table = (
        columns.start_ms,
        columns.open,
        columns.high,
        columns.low,
        columns.close,
        columns.volume,
        columns.turnover,
    )
    rows = zip(*(column[first:last].tolist() for column in table), strict=True)
    return tuple(CandleRow(*row) for row in rows)


class RunningIndicator(Protocol):
    """One indicator, fed every closed candle of its timeframe once, oldest first."""

    def push(self, candle: CandleRow) -> float:
        """Take in a closed candle; return the value at its close, NaN where unknown."""
        ...

    def preview(self, candle: CandleRow) -> float:
        """Return what `push` would return for the forming candle, changing nothing."""
        ...


class IndicatorPort(Protocol):
    """Where indicator values come from. `reading.bar` doesn't matter to it."""

    def series(self, reading: Reading, candles: CandleColumns) -> NDArray[np.float64]:
        """Return the value at each candle's close, NaN where unknown."""
        ...

    def forming(self, reading: Reading, forming: FormingCandles) -> NDArray[np.float64]:
        """Return the forming candle's value after each print, NaN where unknown.

        Each is what `preview` of a running indicator says that took in the candles before.
        """
        ...

    def start(self, reading: Reading) -> RunningIndicator:
        """Return the indicator before its first candle."""
        ...

    def after(self, reading: Reading, candles: CandleColumns) -> RunningIndicator:
        """Return the indicator after these candles, as if each had been pushed."""
        ...
