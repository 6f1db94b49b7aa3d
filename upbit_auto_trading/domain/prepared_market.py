"""The market of a whole run, prepared at once: a view that can be moved to any of its ticks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np

from upbit_auto_trading.domain.expression import Bar
from upbit_auto_trading.domain.forming_candles import FormingCandles
from upbit_auto_trading.domain.market_view import writer_of
from upbit_auto_trading.domain.position_variables import STATE_SUPPLIERS
from upbit_auto_trading.domain.prepared_candles import PreparedCandles
from upbit_auto_trading.domain.tick_variables import (
    CLOCK,
    WINDOWED,
    hour_kst,
    weekday_kst,
    window_edge,
    window_ms,
)
from upbit_auto_trading.domain.timeframe import parse_timeframe
from upbit_auto_trading.domain.truth import Unknown, UnknownReason
from upbit_auto_trading.domain.window_columns import window_column

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from upbit_auto_trading.domain.evaluation import Input, Inputs
    from upbit_auto_trading.domain.indicator import IndicatorPort
    from upbit_auto_trading.domain.market_view import Writer
    from upbit_auto_trading.domain.tick_columns import TickColumns
    from upbit_auto_trading.domain.variable import Reading

Column = Callable[["slice | NDArray[np.intp]"], "NDArray[np.float64]"]
_NAN: Final = float("nan")
_NOTHING: Final[frozenset[str]] = frozenset()


class PreparedMarket:
    """A market view over all ticks of a run. Every tick is a live print.

    Each series, and each forming candle's value, is computed once over the whole run and read at
    or before the tick the view stands on; a running indicator would give the same bits.
    """

    backfilled: Final = False
    closed_late: Final = _NOTHING
    untrusted: Final = _NOTHING

    def __init__(self, ticks: TickColumns, indicators: IndicatorPort) -> None:
        self.ticks = ticks
        self.place = -1
        self.ms = 0
        self.price = _NAN
        self._indicators = indicators
        self._candles: dict[str, PreparedCandles] = {}
        self._opens: list[tuple[frozenset[str], NDArray[np.bool_]]] = []
        self._forming_candles: dict[str, FormingCandles] = {}
        self._series: dict[tuple[object, ...], NDArray[np.float64]] = {}
        self._formed: dict[tuple[object, ...], NDArray[np.float64]] = {}
        self._windows: dict[Reading, NDArray[np.float64]] = {}

    def seek(self, place: int) -> None:
        """Stand on the tick at `place`."""
        self.place = place
        self.ms = int(self.ticks.ms[place])
        self.price = float(self.ticks.price[place])

    @property
    def closed(self) -> frozenset[str]:
        place, closed = self.place, _NOTHING
        if place:
            for name, opens in self._opens:
                if opens[place]:
                    closed = closed | name if closed else name
        return closed

    def attach(self, inputs: Inputs) -> Writer:
        return writer_of(inputs, self._reader)

    def unknown_of(self, wanted: Input) -> Unknown:
        reading = wanted.reading
        if reading.timeframe is None:
            supplied = reading.variable not in WINDOWED
            reason = UnknownReason.NOT_SUPPLIED if supplied else UnknownReason.NO_TRADE
            return Unknown(reason)
        have = self.candles(reading.timeframe).candle_at(self.place)
        if not have:
            return Unknown(UnknownReason.NO_CANDLE)
        if np.isnan(self._values(reading)[:have]).all():
            return Unknown(UnknownReason.WARMING_UP, (("have", float(have)),))
        return Unknown(UnknownReason.FLAT_MARKET)

    def candles(self, timeframe: str) -> PreparedCandles:
        """Return the candles of a timeframe, built once."""
        if timeframe not in self._candles:
            candles = PreparedCandles(self.ticks, parse_timeframe(timeframe))
            self._candles[timeframe] = candles
            self._opens.append((frozenset({timeframe}), candles.opens))
        return self._candles[timeframe]

    def column(self, wanted: Input) -> Column | None:
        """Return what reads an input on many ticks at once.

        None where the market has no values: the engine's own variables, and what a run doesn't
        have, as the order book.
        """
        reading = wanted.reading
        if reading.timeframe is not None:
            return self._candle_column(wanted)
        if reading.variable in WINDOWED:
            return self._window(reading).__getitem__
        if reading.variable in CLOCK:
            of = hour_kst if reading.variable == "hour_kst" else weekday_kst
            return lambda places: np.asarray(_on(of, self.ticks.ms[places]), dtype=np.float64)
        return None

    def _candle_column(self, wanted: Input) -> Column:
        reading, back = wanted.reading, wanted.back
        if reading.bar is Bar.FORMING and back == 0:
            return self._forming(reading).__getitem__
        if reading.bar is Bar.FORMING:
            back -= 1
        values = self._values(reading)
        candles = self.candles(str(reading.timeframe))

        def read(places: slice | NDArray[np.intp]) -> NDArray[np.float64]:
            candle = candles.candles_at(places) - (1 + back)
            return np.where(candle >= 0, values[np.maximum(candle, 0)], _NAN)

        return read

    def _reader(self, wanted: Input) -> Callable[[], float] | None:
        reading = wanted.reading
        if reading.variable in STATE_SUPPLIERS:
            return None
        if reading.timeframe is not None:
            return self._candle_reader(wanted)
        if reading.variable in WINDOWED:
            window = self._window(reading)
            return lambda: float(window[self.place])
        if reading.variable in CLOCK:
            of = hour_kst if reading.variable == "hour_kst" else weekday_kst
            return lambda: float(of(self.ms))
        return None

    def _candle_reader(self, wanted: Input) -> Callable[[], float]:
        reading, back = wanted.reading, wanted.back
        candles = self.candles(str(reading.timeframe))
        if reading.bar is Bar.FORMING and back == 0:
            forming = self._forming(reading)
            return lambda: float(forming[self.place])
        if reading.bar is Bar.FORMING:
            back -= 1
        values = self._values(reading)

        def read() -> float:
            candle = candles.candle_at(self.place) - 1 - back
            return float(values[candle]) if candle >= 0 else _NAN

        return read

    def _values(self, reading: Reading) -> NDArray[np.float64]:
        key = (reading.variable, reading.parameters, reading.timeframe)
        if key not in self._series:
            candles = self.candles(str(reading.timeframe))
            self._series[key] = self._indicators.series(reading, candles.columns)
        return self._series[key]

    def _forming(self, reading: Reading) -> NDArray[np.float64]:
        """Return the forming candle's value on every tick."""
        key = (reading.variable, reading.parameters, reading.timeframe)
        if key not in self._formed:
            name = str(reading.timeframe)
            if name not in self._forming_candles:
                self._forming_candles[name] = FormingCandles(self.ticks, self.candles(name))
            self._formed[key] = self._indicators.forming(reading, self._forming_candles[name])
        return self._formed[key]

    def _window(self, reading: Reading) -> NDArray[np.float64]:
        if reading not in self._windows:
            column = window_column(self.ticks, window_ms(reading), window_edge(reading))
            if reading.variable == "change":
                # In place: fresh memory costs more than the arithmetic.
                np.divide(self.ticks.price, column, out=column)
                column -= 1
                column *= 100
            self._windows[reading] = column
        return self._windows[reading]


def _on(of: Callable[[int], int], ms: NDArray[np.int64]) -> object:
    return of(ms)  # type: ignore[arg-type] # plain arithmetic, the same on arrays
