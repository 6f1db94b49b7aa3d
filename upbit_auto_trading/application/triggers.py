"""Conditions evaluated on live data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from upbit_auto_trading.application.candles import ChartState
from upbit_auto_trading.domain.rsi import wilder_rsi
from upbit_auto_trading.domain.truth import Truth, UnknownReason

if TYPE_CHECKING:
    from upbit_auto_trading.application.candles import ChartSession


@dataclass(frozen=True, slots=True)
class ConditionView:
    """One evaluation of the condition RSI(period) ≤ threshold on closed candles.

    `value` is the RSI, None while unknown; `distance` how far it still has to fall, negative
    once below; `candle_start_ms` the closed candle it was read on; `reason` why it is unknown.
    """

    period: int
    threshold: float
    truth: Truth
    reason: UnknownReason | None
    value: float | None
    distance: float | None
    candle_start_ms: int | None


_UNTRUSTED = {
    ChartState.EMPTY: UnknownReason.LOADING,
    ChartState.LOADING: UnknownReason.LOADING,
    ChartState.FAILED: UnknownReason.LOADING,
    ChartState.OFFLINE: UnknownReason.DISCONNECTED,
    ChartState.STALE: UnknownReason.STALE,
    ChartState.INCOMPLETE: UnknownReason.GAP,
}


class RsiCondition:
    """The condition RSI(`period`) ≤ `threshold` of the market on the chart.

    Only candles proven closed count, so an evaluation never changes afterwards; data that
    can't be trusted makes it unknown.
    """

    def __init__(self, chart: ChartSession, *, period: int = 14, threshold: float = 20.0) -> None:
        self._chart = chart
        self.period = period
        self.threshold = threshold
        self._computed_for: tuple[object, ...] = ()
        self._value = float("nan")

    def evaluate(self) -> ConditionView:
        """Judge the condition on what is known at this moment."""
        series = self._chart.series
        reason = _UNTRUSTED.get(self._chart.status().state)
        if reason is not None or series is None:
            return self._unknown(reason or UnknownReason.LOADING, None)
        closed = series.closed_columns(self._chart.exchange_ms)
        if len(closed) <= self.period:
            return self._unknown(UnknownReason.WARMING_UP, None)
        newest = int(closed.start_ms[-1])
        key = (series, len(closed), int(closed.start_ms[0]), newest, float(closed.close[-1]))
        if key != self._computed_for:
            self._value = float(wilder_rsi(closed.close, self.period)[-1])
            self._computed_for = key
        if np.isnan(self._value):
            return self._unknown(UnknownReason.FLAT_MARKET, newest)
        truth = Truth.TRUE if self._value <= self.threshold else Truth.FALSE
        return ConditionView(
            self.period,
            self.threshold,
            truth,
            None,
            self._value,
            self._value - self.threshold,
            newest,
        )

    def _unknown(self, reason: UnknownReason, candle_start_ms: int | None) -> ConditionView:
        return ConditionView(
            self.period, self.threshold, Truth.UNKNOWN, reason, None, None, candle_start_ms
        )
