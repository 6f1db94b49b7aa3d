"""Seeded markets: the courses a market can be put on, and whole made-up histories of candles.

A regime bends a seeded path while it lasts; the path itself goes on underneath, so a market
continues from where a regime left it. Used by the simulated exchange and by previews.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from upbit_auto_trading.domain.market_minutes import (
    Floats,
    Ints,
    MinuteDrive,
    MinutePlanner,
    TradingStyle,
)
from upbit_auto_trading.domain.market_path import SeededPath, daily_rhythm
from upbit_auto_trading.domain.price_grid import E8, price_grid

_LEAD_IN: Final = 0.6
_LONGEST_SWING_MINUTES: Final = 1 << 12


@dataclass(frozen=True, slots=True)
class Regime:
    """A course for a while.

    `drift` gives the added log price at each share (0 to 1) of its `minutes`; `kept` is how much
    of the path's own movement there is; `pace` and `business` multiply volatility and trading, and
    at least `least_trades` happen a minute, so that a thin market shows it too.
    """

    name: str
    minutes: float
    drift: Callable[[Floats], Floats]
    kept: float = 1.0
    pace: float = 1.0
    business: float = 1.0
    least_trades: float = 0.0
    is_short: bool = False


def _line(total: float) -> Callable[[Floats], Floats]:
    return lambda share: share * total


def _wave(size: float) -> Callable[[Floats], Floats]:
    return lambda share: -size * np.sin(2.0 * np.pi * share)


def _listing_day(share: Floats) -> Floats:
    """Eighty per cent up in the first twelfth of the time, then most of it back."""
    rise, rest = 1.0 / 12.0, float(np.log(1.15))
    peak = float(np.log(1.8))
    fall: Floats = rest + (peak - rest) * np.exp(-4.0 * np.maximum(share - rise, 0.0))
    return np.where(share < rise, peak * share / rise, fall)


REGIMES: Final[dict[str, Regime]] = {
    regime.name: regime
    for regime in (
        Regime("normal", 0.0, _line(0.0)),
        Regime("quiet", 30.0, _line(0.0), kept=0.25, pace=0.25, business=0.1),
        Regime("trend", 60.0, _line(0.09), kept=1.2, business=2.0, least_trades=4.0),
        Regime("decline", 60.0, _line(-0.09), kept=1.2, business=2.0, least_trades=4.0),
        Regime(
            "surge",
            3.0,
            _line(3.0 * float(np.log(1.1))),
            kept=0.2,
            pace=2.0,
            business=8.0,
            least_trades=60.0,
            is_short=True,
        ),
        Regime(
            "crash",
            3.0,
            _line(3.0 * float(np.log(0.9))),
            kept=0.2,
            pace=2.0,
            business=8.0,
            least_trades=60.0,
            is_short=True,
        ),
        Regime("sideways", 60.0, _line(0.0), kept=0.15, pace=0.8, least_trades=2.0),
        Regime("moving-average-cross", 80.0, _wave(0.025), kept=2.5, least_trades=4.0),
        Regime(
            "listing-day",
            60.0,
            _listing_day,
            kept=3.0,
            pace=5.0,
            business=25.0,
            least_trades=120.0,
        ),
    )
}
"""Every regime by name. `surge` and `crash` move ten per cent a minute."""


@dataclass(frozen=True, slots=True)
class GeneratedCandles:
    """One-minute candles as columns, oldest first; minutes without trades are left out.

    `minute` counts from the epoch; prices are on the quote currency's grid.
    """

    minute: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats


def generated_candles(
    regime: Regime,
    minutes: int,
    *,
    seed: int,
    first_minute: int = 0,
    start_price: float = 100_000_000.0,
    quote: str = "KRW",
    day_sigma: float = 0.03,
) -> GeneratedCandles:
    """Return a seeded history of `minutes` minutes under a regime.

    A short regime happens after a calm beginning; any other stretches over the whole history.
    `day_sigma` is the usual move of a day in log price.
    """
    volatility = day_sigma / 1440**0.5
    path = SeededPath("generated", seed, volatility, _LONGEST_SWING_MINUTES)
    piece = path.minutes(first_minute, minutes)
    lead_in = _LEAD_IN * minutes if regime.is_short else 0.0
    length = regime.minutes if regime.is_short else float(minutes)
    elapsed = np.arange(minutes + 1) - lead_in
    share = np.clip(elapsed / length, 0.0, 1.0)
    own = np.diff(piece.log_price)
    inside = (elapsed[:-1] >= 0.0) & (elapsed[:-1] < length)
    own *= np.where(inside, regime.kept, 1.0)
    log_price = np.log(start_price) + np.concatenate(([0.0], np.cumsum(own))) + regime.drift(share)
    minute = np.arange(first_minute, first_minute + minutes, dtype=np.int64)
    style = TradingStyle(60.0, start_price / 100.0, volatility, E8)
    planner = MinutePlanner("generated", seed, price_grid(quote), style)
    plans = planner.plans(
        MinuteDrive(
            minute,
            log_price[:-1],
            log_price[1:],
            piece.pace * np.where(inside, regime.pace, 1.0),
            daily_rhythm(minute) * np.where(inside, regime.business, 1.0),
        )
    )
    held = plans[plans.count > 0]
    grid = planner.grid
    return GeneratedCandles(
        held.minute,
        grid.e8(held.open) / E8,
        grid.e8(held.high) / E8,
        grid.e8(held.low) / E8,
        grid.e8(held.close) / E8,
        held.volume / E8,
    )
