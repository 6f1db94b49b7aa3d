"""What an account was worth while a run went on, and the figures that follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from upbit_auto_trading.domain.replay import FilledOrder
    from upbit_auto_trading.domain.tick_columns import TickColumns

_DAY_MS: Final = 86_400_000
_KST_MS: Final = 9 * 3_600_000
_DAYS_A_YEAR: Final = 365


@dataclass(frozen=True, slots=True)
class EquityCurve:
    """Worth after each tick: `equity` and `held` (the part in coins), in the quote currency."""

    ms: NDArray[np.int64]
    equity: NDArray[np.float64]
    held: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Drawdown:
    """The deepest fall from a peak: percent (≤ 0), and when it began and was deepest."""

    percent: float
    from_ms: int
    to_ms: int


def equity_curve(ticks: TickColumns, fills: Sequence[FilledOrder], cash: float) -> EquityCurve:
    """Return the worth after each tick; `cash` is what the run began with."""
    after_cash, after_quantity, places = [cash], [0.0], [-1]
    quantity = 0.0
    for filled in fills:
        sign = 1.0 if filled.is_buy else -1.0
        cash -= sign * float(filled.fill.funds) + float(filled.fill.fee)
        quantity += sign * float(filled.fill.quantity)
        after_cash.append(cash)
        after_quantity.append(max(quantity, 0.0))
        places.append(filled.place)
    lengths = np.diff(np.array([*places, len(ticks)]), prepend=-1)[1:]
    lengths[0] -= 1
    held = np.repeat(np.array(after_quantity), lengths) * ticks.price
    return EquityCurve(ticks.ms, np.repeat(np.array(after_cash), lengths) + held, held)


def deepest_drawdown(curve: EquityCurve) -> Drawdown:
    """Return the deepest drawdown; all zero for an empty run."""
    if not len(curve.ms):
        return Drawdown(0.0, 0, 0)
    peaks = np.maximum.accumulate(curve.equity)
    falls = (curve.equity / peaks - 1) * 100
    deepest = int(np.argmin(falls))
    began = int(np.argmax(curve.equity[: deepest + 1] == peaks[deepest]))
    return Drawdown(float(falls[deepest]), int(curve.ms[began]), int(curve.ms[deepest]))


def daily_returns(curve: EquityCurve, start: float) -> NDArray[np.float64]:
    """Return the change of worth of each day (09:00 to 09:00 KST) as a fraction.

    A day without a tick keeps the worth of the day before.
    """
    if not len(curve.ms):
        return np.empty(0)
    days = curve.ms // _DAY_MS
    last = np.append(np.flatnonzero(np.diff(days)), len(days) - 1)
    places = np.searchsorted(days[last], np.arange(days[0], days[-1] + 1), side="right") - 1
    worth = curve.equity[last][places]
    before = np.append(start, worth[:-1])
    changes: NDArray[np.float64] = (worth - before) / before
    return changes


def sharpe_ratio(returns: NDArray[np.float64]) -> float | None:
    """Return the yearly Sharpe ratio of daily returns (no risk-free rate); None if undefined."""
    spread = float(np.std(returns, ddof=1)) if len(returns) > 1 else 0.0
    return float(np.mean(returns)) / spread * _DAYS_A_YEAR**0.5 if spread > 0 else None


def sortino_ratio(returns: NDArray[np.float64]) -> float | None:
    """Return the yearly Sortino ratio of daily returns; None without a losing day."""
    losses = np.minimum(returns, 0.0)
    spread = float(np.sqrt(np.mean(losses**2))) if len(returns) > 1 else 0.0
    return float(np.mean(returns)) / spread * _DAYS_A_YEAR**0.5 if spread > 0 else None


def exposure_percent(curve: EquityCurve) -> float:
    """Return the share of time in which coins were held, in percent."""
    if len(curve.ms) < 2:
        return 0.0
    lengths = np.diff(curve.ms)
    total = int(lengths.sum())
    return float(lengths[curve.held[:-1] > 0].sum() / total * 100) if total else 0.0


def monthly_profit(curve: EquityCurve, start: float) -> list[tuple[str, float]]:
    """Return the profit of each month in Korea as (`2025-06`, amount), months without ticks out."""
    if not len(curve.ms):
        return []
    kst = (curve.ms + _KST_MS).astype("datetime64[ms]").astype("datetime64[M]")
    last = np.append(np.flatnonzero(kst[1:] != kst[:-1]), len(kst) - 1)
    worth = curve.equity[last]
    profits = np.diff(worth, prepend=start)
    return [(str(kst[place]), float(p)) for place, p in zip(last, profits, strict=True)]
