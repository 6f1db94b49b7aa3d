"""Every candle variable of the registry, computed by TA-Lib; the RSI is the domain's own.

Where a market stood still, or no money flowed, and TA-Lib answers 0, the value is unknown: a
dead market is neither oversold nor cheap.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

import numpy as np

from upbit_auto_trading.domain.candle_series import CandleColumns
from upbit_auto_trading.domain.expression import ParameterValue
from upbit_auto_trading.domain.forming_candles import FormingCandles
from upbit_auto_trading.domain.indicator import RunningIndicator
from upbit_auto_trading.domain.variable import Reading
from upbit_auto_trading.infrastructure.indicator_parts import (
    Column,
    Combined,
    Floats,
    Part,
    Rsi,
    TaLib,
)
from upbit_auto_trading.infrastructure.indicator_windows import (
    DayVwap,
    Delayed,
    Extreme,
    Mean,
    PositionInWindow,
)

Values = Mapping[str, ParameterValue]

OPEN: Final = Column("open")
HIGH: Final = Column("high")
LOW: Final = Column("low")
CLOSE: Final = Column("close")
VOLUME: Final = Column("volume")
TURNOVER: Final = Column("turnover")
BAR: Final = (HIGH, LOW, CLOSE)

# While closes repeat, Wilder's averages shrink alike and the RSI stays the same but for rounding.
_INDEX_ROUNDING: Final = 1e-9


class NoIndicatorError(LookupError):
    """A variable that isn't computed from candles."""

    def __init__(self, variable: str) -> None:
        super().__init__(f"{variable} isn't computed from candles")
        self.variable = variable


def _typical(high: Floats, low: Floats, close: Floats) -> Floats:
    return (high + low + close) / 3.0


def _middle(high: Floats, low: Floats) -> Floats:
    return (high + low) / 2.0


def _position(value: Floats, low: Floats, high: Floats) -> Floats:
    return np.where(high == low, np.nan, 100.0 * (value - low) / (high - low))


def _unless_flat(value: Floats, low: Floats, high: Floats) -> Floats:
    return np.where(high == low, np.nan, value)


def _flow(typical: Floats, before: Floats, volume: Floats) -> Floats:
    return np.where(typical == before, 0.0, typical * volume)


def _unless_still(value: Floats, largest_flow: Floats) -> Floats:
    return np.where(largest_flow == 0, np.nan, value)


def _change(value: Floats, reference: Floats) -> Floats:
    return np.where(reference == 0, np.nan, (value / reference - 1) * 100)


def _percent_of(value: Floats, whole: Floats) -> Floats:
    return value / whole * 100


def _percent_b(close: Floats, lower: Floats, upper: Floats) -> Floats:
    return (close - lower) / (upper - lower)


def _width(lower: Floats, middle: Floats, upper: Floats) -> Floats:
    return (upper - lower) / middle * 100


TYPICAL: Final = Combined(_typical, BAR)


def _whole(values: Values, name: str = "period") -> int:
    return int(values[name])


def _highest(part: Part, period: int) -> Part:
    return part if period == 1 else Extreme("MAX", part, period)


def _lowest(part: Part, period: int) -> Part:
    return part if period == 1 else Extreme("MIN", part, period)


def _moving(function: str, part: Part = CLOSE) -> Callable[[Values], Part]:
    return lambda values: TaLib(function, (part,), (_whole(values),))


def _of_bars(function: str) -> Callable[[Values], Part]:
    return lambda values: TaLib(function, BAR, (_whole(values),))


def _moving_in(function: str, part: Part, inputs: tuple[Part, ...]) -> Callable[[Values], Part]:
    """TA-Lib's function, unknown while `part` stood still all the period."""

    def build(values: Values) -> Part:
        period = _whole(values)
        value = TaLib(function, inputs, (period,))
        return Combined(_unless_flat, (value, _lowest(part, period), _highest(part, period)))

    return build


def _williams(values: Values) -> Part:
    period = _whole(values)
    value = TaLib("WILLR", BAR, (period,))
    return Combined(_unless_flat, (value, _lowest(LOW, period), _highest(HIGH, period)))


def _money_flow(values: Values) -> Part:
    period = _whole(values)
    value = TaLib("MFI", (*BAR, VOLUME), (period,))
    flow = Combined(_flow, (TYPICAL, Delayed(TYPICAL, 1), VOLUME))
    return Combined(_unless_still, (value, _highest(flow, period)))


def _macd(output: int) -> Callable[[Values], Part]:
    return lambda values: TaLib(
        "MACD",
        (CLOSE,),
        (_whole(values, "fast"), _whole(values, "slow"), _whole(values, "signal")),
        output,
    )


def _band(output: int) -> Callable[[Values], Part]:
    def build(values: Values) -> Part:
        deviations = float(values["deviations"])
        return TaLib("BBANDS", (CLOSE,), (_whole(values), deviations, deviations), output)

    return build


_UPPER, _MIDDLE, _LOWER = _band(0), _band(1), _band(2)


def _bollinger_b(values: Values) -> Part:
    share = Combined(_percent_b, (CLOSE, _LOWER(values), _UPPER(values)))
    period = _whole(values)
    return Combined(_unless_flat, (share, _lowest(CLOSE, period), _highest(CLOSE, period)))


def _bollinger_width(values: Values) -> Part:
    return Combined(_width, (_LOWER(values), _MIDDLE(values), _UPPER(values)))


def _channel(period: int) -> Part:
    return Combined(_middle, (_highest(HIGH, period), _lowest(LOW, period)))


def _ahead(part: Part, values: Values) -> Part:
    return Delayed(part, _whole(values, "base") - 1)


def _span_a(values: Values) -> Part:
    lines = (_channel(_whole(values, "conversion")), _channel(_whole(values, "base")))
    return _ahead(Combined(_middle, lines), values)


def _span_b(values: Values) -> Part:
    return _ahead(_channel(_whole(values, "span_b")), values)


def _smoothed(part: Part, length: int) -> Part:
    return part if length == 1 else Mean(part, length)


def _stochastic_k(values: Values) -> Part:
    period = _whole(values)
    raw = Combined(_position, (CLOSE, _lowest(LOW, period), _highest(HIGH, period)))
    return _smoothed(raw, _whole(values, "smooth"))


def _stochastic_d(values: Values) -> Part:
    return _smoothed(_stochastic_k(values), _whole(values, "average"))


def _stoch_rsi_k(values: Values) -> Part:
    rsi, length = Rsi(_whole(values)), _whole(values, "stochastic")
    raw = PositionInWindow(rsi, length, _INDEX_ROUNDING)
    return _smoothed(raw, _whole(values, "smooth"))


def _stoch_rsi_d(values: Values) -> Part:
    return _smoothed(_stoch_rsi_k(values), _whole(values, "average"))


def _bar_change(values: Values) -> Part:
    period = _whole(values)
    reference: dict[ParameterValue, Part] = {
        "first": Delayed(OPEN, period - 1),
        "high": _highest(HIGH, period),
        "low": _lowest(LOW, period),
    }
    return Combined(_change, (CLOSE, reference[values["origin"]]))


_BUILDERS: Final[Mapping[str, Callable[[Values], Part]]] = {
    "price": lambda _: CLOSE,
    "open": lambda _: OPEN,
    "high": lambda _: HIGH,
    "low": lambda _: LOW,
    "close": lambda _: CLOSE,
    "typical": lambda _: TYPICAL,
    "sma": _moving("SMA"),
    "ema": _moving("EMA"),
    "wma": _moving("WMA"),
    "vwap": lambda _: DayVwap(),
    "macd": _macd(0),
    "macd_signal": _macd(1),
    "macd_histogram": _macd(2),
    "adx": _of_bars("ADX"),
    "plus_di": _of_bars("PLUS_DI"),
    "minus_di": _of_bars("MINUS_DI"),
    "ichimoku_conversion": lambda values: _channel(_whole(values, "conversion")),
    "ichimoku_base": lambda values: _channel(_whole(values, "base")),
    "ichimoku_span_a": _span_a,
    "ichimoku_span_b": _span_b,
    "parabolic_sar": lambda values: TaLib(
        "SAR", (HIGH, LOW), (float(values["acceleration"]), float(values["maximum"]))
    ),
    "rsi": lambda values: Rsi(_whole(values)),
    "rsi_average": lambda values: _smoothed(Rsi(_whole(values)), _whole(values, "average")),
    "stochastic_k": _stochastic_k,
    "stochastic_d": _stochastic_d,
    "stoch_rsi_k": _stoch_rsi_k,
    "stoch_rsi_d": _stoch_rsi_d,
    "cci": _moving_in("CCI", TYPICAL, BAR),
    "williams_r": _williams,
    "roc": _moving("ROC"),
    "bar_change": _bar_change,
    "atr": _of_bars("ATR"),
    "natr": lambda values: Combined(_percent_of, (_of_bars("ATR")(values), CLOSE)),
    "bollinger_upper": _UPPER,
    "bollinger_middle": _MIDDLE,
    "bollinger_lower": _LOWER,
    "bollinger_width": _bollinger_width,
    "bollinger_percent_b": _bollinger_b,
    "donchian_upper": lambda values: _highest(HIGH, _whole(values)),
    "donchian_middle": lambda values: _channel(_whole(values)),
    "donchian_lower": lambda values: _lowest(LOW, _whole(values)),
    "volume": lambda _: VOLUME,
    "volume_average": _moving("SMA", VOLUME),
    "turnover": lambda _: TURNOVER,
    "turnover_average": _moving("SMA", TURNOVER),
    "obv": lambda _: TaLib("OBV", (CLOSE, VOLUME)),
    "mfi": _money_flow,
}


@lru_cache(maxsize=1024)
def _part(reading: Reading) -> Part:
    try:
        build = _BUILDERS[reading.variable]
    except KeyError:
        raise NoIndicatorError(reading.variable) from None
    return build(dict(reading.parameters))


class TaLibIndicators:
    """The domain's `IndicatorPort`. All forms start at the first candle they are given."""

    def series(self, reading: Reading, candles: CandleColumns) -> Floats:
        """Return the value at each candle's close, NaN where unknown.

        Raises:
            NoIndicatorError: the variable isn't computed from candles.
        """
        return _part(reading).batch(candles)

    def forming(self, reading: Reading, forming: FormingCandles) -> Floats:
        """Return the forming candle's value after each print, the same bits as `preview`'s.

        Raises:
            NoIndicatorError: the variable isn't computed from candles.
        """
        return _part(reading).forming(forming)

    def start(self, reading: Reading) -> RunningIndicator:
        """Return the indicator before its first candle; it gives the same bits as `series`.

        Raises:
            NoIndicatorError: the variable isn't computed from candles.
        """
        return _part(reading).running()

    def after(self, reading: Reading, candles: CandleColumns) -> RunningIndicator:
        """Return the indicator after these candles, without taking them in one by one.

        Raises:
            NoIndicatorError: the variable isn't computed from candles.
        """
        return _part(reading).after(candles)
