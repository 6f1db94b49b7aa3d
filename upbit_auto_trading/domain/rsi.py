"""Wilder's RSI and the simple moving average, over whole series of closes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from upbit_auto_trading.domain.wilder_average import wilder_average

Floats = NDArray[np.float64]


def wilder_rsi(closes: Floats, period: int) -> Floats:
    """Return the RSI (0 to 100) after each close; NaN where it is unknown.

    The averages of gains and losses start as the plain means of the first `period` changes and
    go on as `((period - 1) * previous + newest) / period`. A market that never moved has no
    RSI: with both averages at zero it is unknown.

    Raises:
        ValueError: `period` is below 1.
    """
    _check(period)
    result = np.full(len(closes), np.nan)
    if len(closes) > period:
        gains, losses = _moves(np.diff(closes))
        gain, loss = wilder_average(gains, period), wilder_average(losses, period)
        result[period:] = _ratios(gain, loss)
    return result


def forming_rsi(closes: Floats, prices: Floats, candle: NDArray[np.intp], period: int) -> Floats:
    """Return the RSI if candle number `candle` closed at `prices`, place by place.

    `candle` never falls. Every candle before it closed as `closes` says: the same bits as
    `wilder_rsi` of those closes and the price.

    Raises:
        ValueError: `period` is below 1.
    """
    _check(period)
    result = np.full(len(prices), np.nan)
    begin = int(candle.searchsorted(period))
    if begin == len(prices):
        return result
    candle = candle[begin:]
    before = _moves(np.diff(closes))
    newest = _moves(prices[begin:] - closes[candle - 1])
    # The first full period is still a plain sum before its last change.
    kept = np.where(candle == period, 1.0, float(period - 1))
    gain, loss = (
        (kept * _averages_before(old, period)[candle] + new) / float(period)
        for old, new in zip(before, newest, strict=True)
    )
    result[begin:] = _ratios(gain, loss)
    return result


def _check(period: int) -> None:
    if period < 1:
        raise ValueError(f"RSI period {period} is below 1")


def _moves(changes: Floats) -> tuple[Floats, Floats]:
    """Return gains and losses, both positive."""
    return np.where(changes > 0, changes, 0.0), np.where(changes < 0, -changes, 0.0)


def _averages_before(moves: Floats, period: int) -> Floats:
    """Return the average before each candle from number `period` on, for that one the sum."""
    result = np.full(len(moves) + 1, np.nan)
    total = 0.0
    for move in moves[: period - 1].tolist():
        total += move
    result[period] = total
    result[period + 1 :] = wilder_average(moves, period)[:-1]
    return result


def _ratios(gain: Floats, loss: Floats) -> Floats:
    total = gain + loss
    moved = total != 0.0
    result = np.full(len(gain), np.nan)
    result[moved] = 100.0 * gain[moved] / total[moved]
    return result


def _ratio(gain: float, loss: float) -> float:
    total = gain + loss
    return 100.0 * gain / total if total != 0.0 else float("nan")


class RunningRsi:
    """The RSI close by close from its first one: the same bits as `wilder_rsi` of all closes.

    Raises:
        ValueError: `period` is below 1.
    """

    def __init__(self, period: int) -> None:
        _check(period)
        self._period = period
        self._last: float | None = None
        self._changes = 0
        self._gain = 0.0
        self._loss = 0.0

    @classmethod
    def after(cls, closes: Floats, period: int) -> RunningRsi:
        """Return the RSI as pushing each of `closes` leaves it.

        Raises:
            ValueError: `period` is below 1.
        """
        running = cls(period)
        if len(closes) <= period:
            for close in closes.tolist():
                running.push(close)
            return running
        gains, losses = _moves(np.diff(closes))
        running._gain = float(wilder_average(gains, period)[-1])
        running._loss = float(wilder_average(losses, period)[-1])
        running._changes, running._last = len(gains), float(closes[-1])
        return running

    def push(self, close: float) -> float:
        """Take in a close; return the RSI after it, NaN where it is unknown."""
        if self._last is not None:
            self._gain, self._loss = self._averages(close - self._last)
            self._changes += 1
        self._last = close
        return _ratio(self._gain, self._loss) if self._changes >= self._period else float("nan")

    def preview(self, close: float) -> float:
        """Return what `push` would, changing nothing."""
        if self._last is None or self._changes + 1 < self._period:
            return float("nan")
        return _ratio(*self._averages(close - self._last))

    def _averages(self, change: float) -> tuple[float, float]:
        """Return the averages after one more change; up to the first full period, the sums."""
        gain = change if change > 0 else 0.0
        loss = -change if change < 0 else 0.0
        if self._changes >= self._period:
            kept = self._period - 1
            return (
                (kept * self._gain + gain) / self._period,
                (kept * self._loss + loss) / self._period,
            )
        gain, loss = self._gain + gain, self._loss + loss
        if self._changes + 1 == self._period:
            return gain / self._period, loss / self._period
        return gain, loss


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
