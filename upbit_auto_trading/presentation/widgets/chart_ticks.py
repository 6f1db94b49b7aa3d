"""Where a scale's labels stand: round prices, and round KST times."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.domain.timeframe import TimeframeUnit, from_epoch_ms
from upbit_auto_trading.presentation.formatting import KST

if TYPE_CHECKING:
    from upbit_auto_trading.domain.timeframe import Timeframe

_DAY_S: Final = 86_400
_KST_OFFSET_S: Final = 9 * 3600
_STEPS_S: Final = (
    1, 5, 15, 30, 60, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200,
    _DAY_S, 2 * _DAY_S, 5 * _DAY_S, 10 * _DAY_S,
)  # fmt: skip
_MONTH_STEPS: Final = (1, 3, 6, 12, 24, 60, 120, 240)


@dataclass(frozen=True, slots=True)
class TimeTick:
    """A labelled moment on the time axis; `is_major` where a new day, month or year starts."""

    start_ms: int
    text: str
    is_major: bool


def value_ticks(low: float, high: float, wanted: int, least_step: float = 0.0) -> list[float]:
    """Return about `wanted` round values between `low` and `high`, ascending.

    They are at least `least_step` apart, by whole multiples of it.
    """
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low or wanted < 1:
        return []
    raw = max((high - low) / wanted, least_step)
    magnitude = 10.0 ** math.floor(math.log10(raw))
    halves = not least_step or 2.5 * magnitude >= 9.99 * least_step
    steps = (1, 2, 2.5, 5, 10) if halves else (1, 2, 5, 10)
    step = next(m for m in steps if m * magnitude >= raw * 0.999) * magnitude
    first, last = math.ceil(low / step), math.floor(high / step)
    return [number * step for number in range(first, last + 1)]


def time_ticks(
    from_ms: int, to_ms: int, timeframe: Timeframe, pixels: float, spacing: float
) -> list[TimeTick]:
    """Return round KST moments from `from_ms` to `to_ms`, at least `spacing` pixels apart."""
    span_s = (to_ms - from_ms) / 1000
    if span_s <= 0 or pixels <= 0:
        return []
    least_s = span_s * spacing / pixels
    shortest = timeframe.seconds if timeframe.is_fixed else 28 * _DAY_S
    for step in _STEPS_S:
        if step >= least_s and step >= shortest and timeframe.unit is not TimeframeUnit.MONTH:
            return _fixed_ticks(from_ms, to_ms, step)
    months = next((m for m in _MONTH_STEPS if m * 30.4 * _DAY_S >= least_s), _MONTH_STEPS[-1])
    return _month_ticks(from_ms, to_ms, months)


def _fixed_ticks(from_ms: int, to_ms: int, step_s: int) -> list[TimeTick]:
    first = math.ceil((from_ms / 1000 + _KST_OFFSET_S) / step_s)
    last = math.floor((to_ms / 1000 + _KST_OFFSET_S) / step_s)
    return [_fixed_tick(number, step_s) for number in range(first, last + 1)]


@lru_cache(maxsize=1024)
def _fixed_tick(number: int, step_s: int) -> TimeTick:
    """The tick that many steps after 1970-01-01 00:00 KST."""
    start_ms = (number * step_s - _KST_OFFSET_S) * 1000
    moment = from_epoch_ms(start_ms).astimezone(KST)
    at_midnight = moment.hour == 0 and moment.minute == 0 and moment.second == 0
    if not at_midnight:
        text = moment.strftime("%H:%M:%S" if step_s < 60 else "%H:%M")
        return TimeTick(start_ms, text, is_major=False)
    is_first = moment.day == 1
    text = moment.strftime("%Y/%m" if is_first and step_s >= _DAY_S else "%m/%d")
    return TimeTick(start_ms, text, step_s < _DAY_S or is_first)


def _month_ticks(from_ms: int, to_ms: int, step: int) -> list[TimeTick]:
    moment = from_epoch_ms(from_ms).astimezone(KST)
    index = moment.year * 12 + moment.month - 1
    index += -index % step
    ticks: list[TimeTick] = []
    while True:
        start = moment.replace(
            year=index // 12, month=index % 12 + 1, day=1, hour=0, minute=0, second=0, microsecond=0
        )
        start_ms = (start - from_epoch_ms(0)) // timedelta(milliseconds=1)
        if start_ms > to_ms:
            return ticks
        if start_ms >= from_ms:
            is_january = start.month == 1
            ticks.append(
                TimeTick(start_ms, start.strftime("%Y" if is_january else "%Y/%m"), is_january)
            )
        index += step


def log_ticks(low: float, high: float, wanted: int) -> list[float]:
    """Return about `wanted` round values above zero whose ratios are about even, ascending."""
    if not (math.isfinite(low) and math.isfinite(high)) or not 0 < low < high or wanted < 1:
        return []
    if high / low < 3:
        return value_ticks(low, high, wanted)
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    for steps in ((1.0, 1.5, 2.0, 3.0, 5.0, 7.0), (1.0, 2.0, 5.0), (1.0, 3.0), (1.0,)):
        ticks = [
            step * 10.0**power
            for power in range(first, last + 1)
            for step in steps
            if low <= step * 10.0**power <= high
        ]
        if len(ticks) <= 1.5 * wanted:
            return ticks
    return ticks[:: math.ceil(len(ticks) / wanted)]
