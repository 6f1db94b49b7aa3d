"""Scenarios: regimes a market is put on from one moment on. What was before stays as it was."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np

from upbit_auto_trading.domain.market_generator import REGIMES, Regime
from upbit_auto_trading.domain.market_minutes import MINUTE_MS, Flags, Floats, Ints
from upbit_auto_trading.simulator.market.replay import shipped_candles

RECORDED: Final = "recorded"
"""The scenario that plays real candles instead of a regime."""

RECORDED_MARKET: Final = "KRW-BTC"
LISTING_DAY: Final = "listing-day"
"""The scenario that lists a new market; a listed one is put on the course of such a day."""

SCENARIO_NAMES: Final = (*REGIMES, RECORDED)


class UnknownScenarioError(LookupError):
    """A name no scenario has."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name!r} is not a scenario; there are {', '.join(SCENARIO_NAMES)}")
        self.name = name


class ScenarioMarketError(ValueError):
    """A scenario asked for on a market it isn't for."""

    def __init__(self, name: str, market: str) -> None:
        super().__init__(f"scenario {name!r} is for {RECORDED_MARKET}, not for {market}")
        self.name = name
        self.market = market


def regime_named(name: str, minutes: float | None = None) -> Regime:
    """Return a scenario's regime, lasting `minutes` if given; a rate stays what it was.

    Raises:
        UnknownScenarioError: there is none of that name.
    """
    regime = REGIMES.get(name)
    if regime is None:
        raise UnknownScenarioError(name)
    if minutes is None or not regime.minutes:
        return regime
    if not regime.is_short:
        return replace(regime, minutes=minutes)
    stretch, drift = minutes / regime.minutes, regime.drift
    return replace(regime, minutes=minutes, drift=lambda share: drift(share) * stretch)


@dataclass(frozen=True, slots=True)
class RunningScenario:
    """A scenario at work on `market` (None: all that have no other), until `end_ms`."""

    name: str
    market: str | None
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class ScenarioStart:
    """A scenario put on one market, or on all where `market` is None.

    `regime` is None where real candles are played; `is_listing` where the market begins then.
    """

    name: str
    regime: Regime | None
    market: str | None
    start_ms: int
    end_ms: int
    is_listing: bool = False


def running_scenarios(starts: Sequence[ScenarioStart], now_ms: int) -> list[RunningScenario]:
    """Return what is at work now; a later start takes the place of an earlier one."""
    newest: dict[str | None, ScenarioStart] = {}
    for start in starts:
        if start.market is None:
            newest.clear()
        newest.pop(start.market, None)
        newest[start.market] = start
    return [
        RunningScenario(start.name, start.market, start.start_ms, start.end_ms)
        for start in newest.values()
        if start.start_ms <= now_ms < start.end_ms
    ]


def scenario_start(
    name: str, market: str | None, start_ms: int, minutes: float | None
) -> ScenarioStart:
    """Return a scenario's start; `minutes` is how long a regime lasts, as usual if None.

    Raises:
        UnknownScenarioError: there is none of that name.
        ScenarioMarketError: it isn't for that market.
    """
    if name != RECORDED:
        regime = regime_named(name, minutes)
        end_ms = start_ms + round(regime.minutes * MINUTE_MS)
        return ScenarioStart(name, regime, market, start_ms, end_ms)
    if market not in (None, RECORDED_MARKET):
        raise ScenarioMarketError(name, market)
    candles = shipped_candles()
    length_ms = candles[-1].start_ms + candles[-1].length_ms - candles[0].start_ms
    end_ms = next_minute(start_ms) * MINUTE_MS + length_ms
    return ScenarioStart(name, None, RECORDED_MARKET, start_ms, end_ms)


def next_minute(moment_ms: int) -> int:
    """Return the first minute that begins at or after a moment."""
    return -(-moment_ms // MINUTE_MS)


@dataclass(frozen=True, slots=True)
class Bend:
    """One scenario's effect on one market's course.

    From `start_ms` the price goes on at `level` (log price) instead of `below_start`, the course
    beneath it at that moment; from `end_ms` the course beneath moves it alone again.
    """

    regime: Regime
    start_ms: int
    end_ms: int
    level: float
    below_start: float
    below_end: float

    def bent(self, moment_ms: Ints, below: Floats, *, ending: bool = False) -> Floats:
        """Return log prices at moments, given those of the course beneath.

        At `start_ms` itself the price leaps to `level`: a stretch `ending` there ends before it.
        """
        share = np.clip((moment_ms - self.start_ms) / (self._length_ms or 1.0), 0.0, self._last)
        during = self.level + self.regime.kept * (below - self.below_start)
        end = self.level + self.regime.kept * (self.below_end - self.below_start)
        after = end + (below - self.below_end)
        bent = np.where(moment_ms < self.end_ms, during, after) + self.regime.drift(share)
        return np.where(moment_ms < self.start_ms + ending, below, bent)

    @property
    def end_level(self) -> float:
        """The log price at `end_ms`."""
        moment = np.array([self.end_ms], dtype=np.int64)
        return float(self.bent(moment, np.array([self.below_end]))[0])

    def holds(self, minute: Ints) -> Flags:
        """Return which minutes it touches."""
        begin = minute * MINUTE_MS
        touched: Flags = (begin + MINUTE_MS > self.start_ms) & (begin < self.end_ms)
        return touched

    def ended_at(self, moment_ms: int, below: float) -> Self:
        """Return it cut short at `moment_ms`, where the course beneath is at `below`."""
        if moment_ms >= self.end_ms:
            return self
        return replace(self, end_ms=moment_ms, below_end=below)

    @property
    def _length_ms(self) -> float:
        return self.regime.minutes * MINUTE_MS

    @property
    def _last(self) -> float:
        """The share of the regime that took place."""
        return min(1.0, (self.end_ms - self.start_ms) / (self._length_ms or 1.0))
