"""The indicators the domain computes itself: the fields of a candle, and Wilder's RSI."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.domain.indicator import CandleRow, IndicatorPort, RunningIndicator
from upbit_auto_trading.domain.rsi import RunningRsi, forming_rsi, wilder_rsi

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from upbit_auto_trading.domain.candle_series import CandleColumns
    from upbit_auto_trading.domain.forming_candles import FormingCandles
    from upbit_auto_trading.domain.variable import Reading

_FieldOf = Callable[[CandleRow], float]


def _typical(candle: CandleRow) -> float:
    return (candle.high + candle.low + candle.close) / 3


_FIELDS: Final[dict[str, _FieldOf]] = {
    "price": lambda candle: candle.close,
    "open": lambda candle: candle.open,
    "high": lambda candle: candle.high,
    "low": lambda candle: candle.low,
    "close": lambda candle: candle.close,
    "typical": _typical,
    "volume": lambda candle: candle.volume,
    "turnover": lambda candle: candle.turnover,
}


class NoIndicatorError(LookupError):
    """Nobody computes this variable."""

    def __init__(self, variable: str) -> None:
        super().__init__(f"no indicator computes {variable}")
        self.variable = variable


class _RunningField:
    def __init__(self, field: _FieldOf) -> None:
        self._field = field

    def push(self, candle: CandleRow) -> float:
        return self._field(candle)

    def preview(self, candle: CandleRow) -> float:
        return self._field(candle)


class _RunningRsi:
    def __init__(self, rsi: RunningRsi) -> None:
        self._rsi = rsi

    def push(self, candle: CandleRow) -> float:
        return self._rsi.push(candle.close)

    def preview(self, candle: CandleRow) -> float:
        return self._rsi.preview(candle.close)


class OwnIndicators:
    """An indicator port that computes what it can and asks `others` for the rest.

    Raises:
        NoIndicatorError: from its methods, when nobody computes the variable.
    """

    def __init__(self, others: IndicatorPort | None = None) -> None:
        self._others = others

    def series(self, reading: Reading, candles: CandleColumns) -> NDArray[np.float64]:
        if reading.variable == "rsi":
            return wilder_rsi(candles.close, _period(reading))
        if reading.variable in _FIELDS:
            return _field(reading.variable, candles)
        return self._other(reading).series(reading, candles)

    def forming(self, reading: Reading, forming: FormingCandles) -> NDArray[np.float64]:
        if reading.variable == "rsi":
            closes = forming.candles.close
            return forming_rsi(closes, forming.close, forming.ordinals, _period(reading))
        if reading.variable in _FIELDS:
            return _field(reading.variable, forming)
        return self._other(reading).forming(reading, forming)

    def start(self, reading: Reading) -> RunningIndicator:
        if reading.variable == "rsi":
            return _RunningRsi(RunningRsi(_period(reading)))
        if reading.variable in _FIELDS:
            return _RunningField(_FIELDS[reading.variable])
        return self._other(reading).start(reading)

    def after(self, reading: Reading, candles: CandleColumns) -> RunningIndicator:
        if reading.variable == "rsi":
            return _RunningRsi(RunningRsi.after(candles.close, _period(reading)))
        if reading.variable in _FIELDS:
            return _RunningField(_FIELDS[reading.variable])
        return self._other(reading).after(reading, candles)

    def _other(self, reading: Reading) -> IndicatorPort:
        if self._others is None:
            raise NoIndicatorError(reading.variable)
        return self._others


def _field(name: str, candles: CandleColumns | FormingCandles) -> NDArray[np.float64]:
    if name == "typical":
        return (candles.high + candles.low + candles.close) / 3
    column: NDArray[np.float64] = getattr(candles, "close" if name == "price" else name)
    return column


def _period(reading: Reading) -> int:
    return int(dict(reading.parameters)["period"])
