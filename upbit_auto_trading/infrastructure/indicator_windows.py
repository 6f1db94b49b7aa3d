"""Parts that look back over candles: windows, delays and the day's volume-weighted price."""

from collections import deque
from dataclasses import dataclass
from math import isnan
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from upbit_auto_trading.domain.candle_series import CandleColumns
from upbit_auto_trading.domain.indicator import CandleRow, RunningIndicator
from upbit_auto_trading.infrastructure.indicator_parts import Floats, Part

_NAN: Final = float("nan")
_DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Window:
    """The `mean`, `max` or `min` of a part's last `length` values; unknown while one of them is."""

    part: Part
    length: int
    reduction: str

    def batch(self, candles: CandleColumns) -> Floats:
        values = self.part.batch(candles)
        result = np.full(len(values), np.nan)
        if len(values) < self.length:
            return result
        if self.reduction == "mean":
            known = len(values) - self.length + 1
            total = np.zeros(known)
            for place in range(self.length):
                total += values[place : place + known]
            result[self.length - 1 :] = total / self.length
        else:
            windows = sliding_window_view(values, self.length)
            result[self.length - 1 :] = getattr(windows, self.reduction)(axis=1)
        return result

    def running(self) -> RunningIndicator:
        return _RunningWindow(self)


class _RunningWindow:
    def __init__(self, window: Window) -> None:
        self._part = window.part.running()
        self._length = window.length
        self._reduction = window.reduction
        self._values: deque[float] = deque(maxlen=window.length)

    def push(self, candle: CandleRow) -> float:
        self._values.append(self._part.push(candle))
        return self._of(self._values)

    def preview(self, candle: CandleRow) -> float:
        values = self._values.copy()
        values.append(self._part.preview(candle))
        return self._of(values)

    def _of(self, values: deque[float]) -> float:
        if len(values) < self._length or any(map(isnan, values)):
            return _NAN
        if self._reduction == "mean":
            total = 0.0
            for value in values:
                total += value
            return total / self._length
        return max(values) if self._reduction == "max" else min(values)


@dataclass(frozen=True, slots=True)
class Delayed:
    """A part's value `candles` candles ago."""

    part: Part
    candles: int

    def batch(self, candles: CandleColumns) -> Floats:
        values = self.part.batch(candles)
        result = np.full(len(values), np.nan)
        if len(values) > self.candles:
            result[self.candles :] = values[: len(values) - self.candles]
        return result

    def running(self) -> RunningIndicator:
        return _RunningDelayed(self.part.running(), self.candles)


class _RunningDelayed:
    def __init__(self, part: RunningIndicator, candles: int) -> None:
        self._part = part
        self._values: deque[float] = deque([_NAN] * candles, maxlen=candles + 1)

    def push(self, candle: CandleRow) -> float:
        self._values.append(self._part.push(candle))
        return self._values[0]

    def preview(self, candle: CandleRow) -> float:
        if self._values.maxlen == 1:
            return self._part.preview(candle)
        return self._values[1] if len(self._values) == self._values.maxlen else self._values[0]


@dataclass(frozen=True, slots=True)
class DayVwap:
    """Σ(typical price × volume) ÷ Σ volume since 00:00 UTC.

    Unknown on a day that began earlier than the candles did.
    """

    def batch(self, candles: CandleColumns) -> Floats:
        running = _RunningDayVwap()
        columns = (candles.start_ms, candles.high, candles.low, candles.close, candles.volume)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        return np.array([running.take(*row) for row in rows], dtype=np.float64)

    def running(self) -> RunningIndicator:
        return _RunningDayVwap()


class _RunningDayVwap:
    def __init__(self) -> None:
        self._day: int | None = None
        self._whole = False
        self._money = 0.0
        self._volume = 0.0

    def push(self, candle: CandleRow) -> float:
        return self.take(candle.start_ms, candle.high, candle.low, candle.close, candle.volume)

    def preview(self, candle: CandleRow) -> float:
        kept = (self._day, self._whole, self._money, self._volume)
        value = self.push(candle)
        self._day, self._whole, self._money, self._volume = kept
        return value

    def take(self, start_ms: int, high: float, low: float, close: float, volume: float) -> float:
        day = start_ms // _DAY_MS
        if day != self._day:
            self._whole = self._day is not None or start_ms % _DAY_MS == 0
            self._day, self._money, self._volume = day, 0.0, 0.0
        self._money += (high + low + close) / 3.0 * volume
        self._volume += volume
        return self._money / self._volume if self._whole and self._volume else _NAN
