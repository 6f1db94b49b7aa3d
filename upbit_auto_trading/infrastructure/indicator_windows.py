"""Parts that look back over candles: windows, delays and the day's volume-weighted price."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isnan
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from upbit_auto_trading.domain.candle_series import CandleColumns
from upbit_auto_trading.domain.forming_candles import FormingCandles
from upbit_auto_trading.domain.indicator import CandleRow, RunningIndicator
from upbit_auto_trading.infrastructure.indicator_parts import Floats, Part, TaLib

_NAN: Final = float("nan")
_DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean of a part's last `length` values; unknown while one of them is."""

    part: Part
    length: int

    def batch(self, candles: CandleColumns) -> Floats:
        values = self.part.batch(candles)
        result = np.full(len(values), np.nan)
        known = len(values) - self.length + 1
        if known > 0:
            total = np.zeros(known)
            for place in range(self.length):
                total += values[place : place + known]
            result[self.length - 1 :] = total / self.length
        return result

    def forming(self, forming: FormingCandles) -> Floats:
        values = self.part.batch(forming.candles)
        before = np.full(len(values), np.nan)
        known = len(values) - self.length + 1
        if known > 0:
            total = np.zeros(known)
            for place in range(self.length - 1):
                total += values[place : place + known]
            before[self.length - 1 :] = total
        return (before[forming.ordinals] + self.part.forming(forming)) / self.length

    def running(self) -> RunningIndicator:
        return _RunningWindow(self.part.running(), self.length, _mean)

    def after(self, candles: CandleColumns) -> RunningIndicator:
        return _window_after(self.part, self.length, _mean, candles)


@dataclass(frozen=True, slots=True)
class PositionInWindow:
    """Where a part lies between the lowest and highest of its last `length` values, 0 to 100.

    Unknown while one of them is, and while they differ by no more than `rounding`.
    """

    part: Part
    length: int
    rounding: float

    def batch(self, candles: CandleColumns) -> Floats:
        values = self.part.batch(candles)
        result = np.full(len(values), np.nan)
        if len(values) >= self.length:
            windows = sliding_window_view(values, self.length)
            low, high = windows.min(axis=1), windows.max(axis=1)
            moved = high - low > self.rounding
            newest = values[self.length - 1 :]
            result[self.length - 1 :][moved] = (
                100.0 * (newest[moved] - low[moved]) / (high[moved] - low[moved])
            )
        return result

    def forming(self, forming: FormingCandles) -> Floats:
        newest = self.part.forming(forming)
        low = high = newest
        if self.length > 1:
            values = self.part.batch(forming.candles)
            lowest, highest = np.full((2, len(values)), np.nan)
            if len(values) >= self.length:
                windows = sliding_window_view(values[:-1], self.length - 1)
                lowest[self.length - 1 :] = windows.min(axis=1)
                highest[self.length - 1 :] = windows.max(axis=1)
            low = np.minimum(lowest[forming.ordinals], newest)
            high = np.maximum(highest[forming.ordinals], newest)
        result = np.full(len(newest), np.nan)
        moved = high - low > self.rounding
        result[moved] = 100.0 * (newest[moved] - low[moved]) / (high[moved] - low[moved])
        return result

    def running(self) -> RunningIndicator:
        return _RunningWindow(self.part.running(), self.length, self._position)

    def after(self, candles: CandleColumns) -> RunningIndicator:
        return _window_after(self.part, self.length, self._position, candles)

    def _position(self, values: Sequence[float]) -> float:
        low, high = min(values), max(values)
        if high - low <= self.rounding:
            return _NAN
        return 100.0 * (values[-1] - low) / (high - low)


def _mean(values: Sequence[float]) -> float:
    # One by one from the oldest on, as the batch form adds; `sum` may add otherwise.
    total = 0.0
    for value in values:
        total += value
    return total / len(values)


def _window_after(
    part: Part, length: int, of: Callable[[Sequence[float]], float], candles: CandleColumns
) -> RunningIndicator:
    values = part.batch(candles)[-length:].tolist()
    return _RunningWindow(part.after(candles), length, of, values)


class _RunningWindow:
    def __init__(
        self,
        part: RunningIndicator,
        length: int,
        of: Callable[[Sequence[float]], float],
        values: Sequence[float] = (),
    ) -> None:
        self._part = part
        self._length = length
        self._of = of
        self._values: deque[float] = deque(values, maxlen=length)

    def push(self, candle: CandleRow) -> float:
        self._values.append(self._part.push(candle))
        return self._value(self._values)

    def preview(self, candle: CandleRow) -> float:
        values = self._values.copy()
        values.append(self._part.preview(candle))
        return self._value(values)

    def _value(self, values: deque[float]) -> float:
        if len(values) < self._length or any(map(isnan, values)):
            return _NAN
        return self._of(values)


@dataclass(frozen=True, slots=True)
class Extreme:
    """The highest (`MAX`) or lowest (`MIN`) of a part's last `length` values, at least two."""

    function: str
    part: Part
    length: int

    def batch(self, candles: CandleColumns) -> Floats:
        return self._of(self.length).batch(candles)

    def forming(self, forming: FormingCandles) -> Floats:
        closed = self.part if self.length == 2 else self._of(self.length - 1)
        join = np.maximum if self.function == "MAX" else np.minimum
        before = Delayed(closed, 1).forming(forming)
        return join(before, self.part.forming(forming))

    def running(self) -> RunningIndicator:
        return self._of(self.length).running()

    def after(self, candles: CandleColumns) -> RunningIndicator:
        return self._of(self.length).after(candles)

    def _of(self, length: int) -> Part:
        return TaLib(self.function, (self.part,), (length,))


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

    def forming(self, forming: FormingCandles) -> Floats:
        if not self.candles:
            return self.part.forming(forming)
        return self.batch(forming.candles)[forming.ordinals]

    def running(self) -> RunningIndicator:
        return _RunningDelayed(self.part.running(), self.candles)

    def after(self, candles: CandleColumns) -> RunningIndicator:
        values = self.part.batch(candles)[-self.candles - 1 :].tolist()
        return _RunningDelayed(self.part.after(candles), self.candles, values)


class _RunningDelayed:
    def __init__(self, part: RunningIndicator, candles: int, values: Sequence[float] = ()) -> None:
        self._part = part
        self._values: deque[float] = deque([_NAN] * candles, maxlen=candles + 1)
        self._values.extend(values)

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
        result = np.full(len(candles), np.nan)
        days = candles.start_ms // _DAY_MS
        edges = [0, *(np.flatnonzero(np.diff(days)) + 1).tolist(), len(candles)]
        typical = (candles.high + candles.low + candles.close) / 3.0
        money = typical * candles.volume
        for begin, end in pairwise(edges):
            if begin == end or (begin == 0 and candles.start_ms[0] % _DAY_MS):
                continue
            # `cumsum` adds one by one, in the order the running form does.
            sold, paid = np.cumsum(candles.volume[begin:end]), np.cumsum(money[begin:end])
            traded = sold != 0.0
            result[begin:end][traded] = paid[traded] / sold[traded]
        return result

    def forming(self, forming: FormingCandles) -> Floats:
        candles, ordinals = forming.candles, forming.ordinals
        days = candles.start_ms // _DAY_MS
        typical = (candles.high + candles.low + candles.close) / 3.0
        money = typical * candles.volume
        paid, sold = np.zeros((2, len(candles)))
        known = np.ones(len(candles), dtype=bool)
        edges = [0, *(np.flatnonzero(np.diff(days)) + 1).tolist(), len(candles)]
        for begin, end in pairwise(edges):
            if begin == 0 and len(candles) and candles.start_ms[0] % _DAY_MS:
                known[:end] = False
            paid[begin + 1 : end] = np.cumsum(money[begin : end - 1])
            sold[begin + 1 : end] = np.cumsum(candles.volume[begin : end - 1])
        typical = (forming.high + forming.low + forming.close) / 3.0
        spent = paid[ordinals] + typical * forming.volume
        volume = sold[ordinals] + forming.volume
        traded = known[ordinals] & (volume != 0.0)
        result = np.full(len(forming), np.nan)
        result[traded] = spent[traded] / volume[traded]
        return result

    def running(self) -> RunningIndicator:
        return _RunningDayVwap()

    def after(self, candles: CandleColumns) -> RunningIndicator:
        running = _RunningDayVwap()
        if len(candles):
            days = candles.start_ms // _DAY_MS
            begin = int(np.searchsorted(days, days[-1]))
            typical = (candles.high + candles.low + candles.close) / 3.0
            money = (typical * candles.volume)[begin:]
            is_whole = begin > 0 or candles.start_ms[0] % _DAY_MS == 0
            # `cumsum` adds one by one, in the order pushing does.
            paid, sold = np.cumsum(money)[-1], np.cumsum(candles.volume[begin:])[-1]
            running.stand_at(int(days[-1]), float(paid), float(sold), is_whole=bool(is_whole))
        return running


class _RunningDayVwap:
    def __init__(self) -> None:
        self._day: int | None = None
        self._whole = False
        self._money = 0.0
        self._volume = 0.0

    def stand_at(self, day: int, money: float, volume: float, *, is_whole: bool) -> None:
        """Take the sums of a day that has begun."""
        self._day, self._whole, self._money, self._volume = day, is_whole, money, volume

    def push(self, candle: CandleRow) -> float:
        day = candle.start_ms // _DAY_MS
        if day != self._day:
            self._whole = self._day is not None or candle.start_ms % _DAY_MS == 0
            self._day, self._money, self._volume = day, 0.0, 0.0
        self._money += (candle.high + candle.low + candle.close) / 3.0 * candle.volume
        self._volume += candle.volume
        return self._money / self._volume if self._whole and self._volume else _NAN

    def preview(self, candle: CandleRow) -> float:
        kept = (self._day, self._whole, self._money, self._volume)
        value = self.push(candle)
        self._day, self._whole, self._money, self._volume = kept
        return value
