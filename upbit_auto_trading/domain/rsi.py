"""Wilder's RSI and the simple moving average, over whole series of closes."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def wilder_rsi(closes: Floats, period: int) -> Floats:
    """Return the RSI (0 to 100) after each close; NaN where it is unknown.

    The averages of gains and losses start as the plain means of the first `period` changes and
    go on as `((period - 1) * previous + newest) / period`. A market that never moved has no
    RSI: with both averages at zero it is unknown.

    Raises:
        ValueError: `period` is below 1.
    """
    if period < 1:
        raise ValueError(f"RSI period {period} is below 1")
    result = np.full(len(closes), np.nan)
    if len(closes) <= period:
        return result
    changes = np.diff(closes)
    gains = np.where(changes > 0, changes, 0.0).tolist()
    losses = np.where(changes < 0, -changes, 0.0).tolist()
    gain = sum(gains[:period]) / period
    loss = sum(losses[:period]) / period
    kept = period - 1
    values = [_ratio(gain, loss)]
    for newest_gain, newest_loss in zip(gains[period:], losses[period:], strict=True):
        gain = (kept * gain + newest_gain) / period
        loss = (kept * loss + newest_loss) / period
        values.append(_ratio(gain, loss))
    result[period:] = values
    return result


def _ratio(gain: float, loss: float) -> float:
    total = gain + loss
    return 100.0 * gain / total if total != 0.0 else float("nan")


def simple_moving_average(values: Floats, period: int) -> Floats:
    """Return the mean of the last `period` values at each place; NaN before there are as many.

    Raises:
        ValueError: `period` is below 1.
    """
    if period < 1:
        raise ValueError(f"moving average period {period} is below 1")
    result = np.full(len(values), np.nan)
    if len(values) >= period:
        windows = np.lib.stride_tricks.sliding_window_view(values, period)
        result[period - 1 :] = windows.mean(axis=1)
    return result
