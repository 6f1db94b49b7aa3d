"""The values of Upbit's indicator streams over a series of closed candles (reference §2.16.4).

The stream's pages give no formulas. Here: averages seeded with the plain mean of their first
period, Wilder's RSI that is 100 without losses, the deviation of a whole population, a mean volume
over the candles before the closed one, eight decimals.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

Series = list[float | None]
Columns = Mapping[str, Series]

LONGEST: Final = 200 + 5 * (50 + 200)


def mean(values: Sequence[float], period: int) -> Series:
    """Return the plain mean of the last `period` values at each place."""
    if len(values) < period:
        return [None] * len(values)
    means = sliding_window_view(np.array(values), period).mean(axis=1)
    return [*[None] * (period - 1), *means.tolist()]


def exponential(values: Sequence[float | None], period: int) -> Series:
    """Return the exponential mean, seeded with the plain mean of the first `period` values.

    Leading unknown values stay unknown.
    """
    start = next((place for place, value in enumerate(values) if value is not None), len(values))
    known = [value for value in values[start:] if value is not None]
    result: Series = [None] * start
    if len(known) < period:
        return result + [None] * len(known)
    current = math.fsum(known[:period]) / period
    result += [None] * (period - 1)
    result.append(current)
    weight = 2 / (period + 1)
    for value in known[period:]:
        current += weight * (value - current)
        result.append(current)
    return result


def strength(closes: Sequence[float], period: int) -> Series:
    """Return Wilder's RSI, 100 while there were no losses."""
    result: Series = [None] * min(period, len(closes))
    if len(closes) <= period:
        return result
    changes = [new - old for old, new in pairwise(closes)]
    gain = math.fsum(max(change, 0) for change in changes[:period]) / period
    loss = math.fsum(max(-change, 0) for change in changes[:period]) / period
    result.append(_ratio(gain, loss))
    for change in changes[period:]:
        gain = (gain * (period - 1) + max(change, 0)) / period
        loss = (loss * (period - 1) + max(-change, 0)) / period
        result.append(_ratio(gain, loss))
    return result


def columns(
    indicator: str, params: Mapping[str, Any], closes: Sequence[float], volumes: Sequence[float]
) -> Columns:
    """Return an indicator's values by name, one for each candle, None where not known yet."""
    rows = _COLUMNS[indicator](params, closes, volumes)
    return {name: [_rounded(value) for value in series] for name, series in rows.items()}


def candles_needed(params: Mapping[str, Any]) -> int:
    """Return how many closed candles make the values independent of where the series starts."""
    longest = sum(value for value in params.values() if isinstance(value, int))
    return min(LONGEST, 200 + 5 * longest)


def _volume(
    params: Mapping[str, Any], closes: Sequence[float], volumes: Sequence[float]
) -> Columns:
    del closes
    average: Series = [None, *mean(volumes, params["period"])[:-1]]
    ratio: Series = [
        None if not before else volume / before
        for volume, before in zip(volumes, average, strict=True)
    ]
    return {"volume": list(volumes), "avg_volume": average, "ratio": ratio}


def _rsi(params: Mapping[str, Any], closes: Sequence[float], volumes: Sequence[float]) -> Columns:
    del volumes
    return {"rsi": strength(closes, params["period"])}


def _moving_average(
    params: Mapping[str, Any], closes: Sequence[float], volumes: Sequence[float]
) -> Columns:
    del volumes
    return {"value": _average(params["type"])(closes, params["period"])}


def _ma_crossover(
    params: Mapping[str, Any], closes: Sequence[float], volumes: Sequence[float]
) -> Columns:
    del volumes
    average = _average(params["type"])
    return {
        "ma_short": average(closes, params["short_period"]),
        "ma_long": average(closes, params["long_period"]),
    }


def _bollinger_bands(
    params: Mapping[str, Any], closes: Sequence[float], volumes: Sequence[float]
) -> Columns:
    del volumes
    period, multiplier = params["period"], params["multiplier"]
    middle = mean(closes, period)
    widths: Series = [None] * len(closes)
    if len(closes) >= period:
        deviations = sliding_window_view(np.array(closes), period).std(axis=1)
        widths[period - 1 :] = (multiplier * deviations).tolist()
    return {
        "bb_upper": [_plus(centre, width) for centre, width in zip(middle, widths, strict=True)],
        "bb_middle": middle,
        "bb_lower": [_minus(centre, width) for centre, width in zip(middle, widths, strict=True)],
    }


def _macd(params: Mapping[str, Any], closes: Sequence[float], volumes: Sequence[float]) -> Columns:
    del volumes
    fast, slow = exponential(closes, params["fast"]), exponential(closes, params["slow"])
    line = [_rounded(_minus(quick, lazy)) for quick, lazy in zip(fast, slow, strict=True)]
    signal = [_rounded(value) for value in exponential(line, params["signal_period"])]
    histogram = [_minus(value, smooth) for value, smooth in zip(line, signal, strict=True)]
    return {"macd": line, "macd_signal": signal, "histogram": histogram}


_Formula = Callable[[Mapping[str, Any], Sequence[float], Sequence[float]], Columns]
_COLUMNS: Final[Mapping[str, _Formula]] = {
    "volume": _volume,
    "rsi": _rsi,
    "moving_average": _moving_average,
    "ma_crossover": _ma_crossover,
    "bollinger_bands": _bollinger_bands,
    "macd": _macd,
}


def _average(kind: str) -> Callable[[Sequence[float], int], Series]:
    return mean if kind == "SMA" else exponential


def _ratio(gain: float, loss: float) -> float:
    return 100.0 if loss == 0 else 100 - 100 / (1 + gain / loss)


def _plus(left: float | None, right: float | None) -> float | None:
    return None if left is None or right is None else left + right


def _minus(left: float | None, right: float | None) -> float | None:
    return None if left is None or right is None else left - right


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 8)
