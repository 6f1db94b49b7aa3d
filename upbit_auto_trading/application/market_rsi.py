"""The RSI of many markets' closed candles, asked for one by one within the exchange's limits."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from upbit_auto_trading.domain.candle_series import CandleSeries
from upbit_auto_trading.domain.failure import FailureCause, MarketDataError
from upbit_auto_trading.domain.rsi import wilder_rsi
from upbit_auto_trading.domain.timeframe import parse_timeframe
from upbit_auto_trading.domain.truth import UnknownReason
from upbit_auto_trading.tasks import TaskOwner

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from upbit_auto_trading.application.ports import MarketDataFeed

PERIOD: Final = 14
CANDLES: Final = 200
"""One page. After 185 candles Wilder's average has forgotten all but a millionth of its start."""
_BETWEEN_S: Final = 0.2  # five a second, half of what the exchange allows: charts come first
_SETTLED_MS: Final = 1500  # the exchange takes a moment to write the last trades of a candle
_RETRY_S: Final = 10.0
_HELD_BACK: Final = (FailureCause.RATE_LIMITED, FailureCause.BANNED, FailureCause.NOT_CONNECTED)


@dataclass(frozen=True, slots=True)
class RsiFigure:
    """The RSI at the close of one candle.

    `value` is None where it is unknown, for `reason`; `candle_start_ms` is the newest closed
    candle's; `is_current` until a newer candle may have closed.
    """

    value: float | None
    reason: UnknownReason | None
    candle_start_ms: int | None
    is_current: bool


@dataclass(frozen=True, slots=True)
class _Known:
    value: float
    reason: UnknownReason | None
    candle_start_ms: int | None
    slot_ms: int


class MarketRsi:
    """Knows the RSI of the markets it is told to want, the first wanted first.

    A figure is asked for once a candle; nothing is derived from prices in between.
    `on_change` is called with a market after its figure or its failure changed.
    """

    def __init__(
        self,
        feed: MarketDataFeed,
        on_change: Callable[[str], None],
        wall_clock: Callable[[], float],
        timeframe: str = "15m",
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._feed = feed
        self._on_change = on_change
        self._wall_clock = wall_clock
        self._pause = pause
        self._tasks = TaskOwner("market-rsi")
        self._timeframe = parse_timeframe(timeframe)
        self._wanted: tuple[str, ...] = ()
        self._known: dict[str, _Known] = {}
        self._failures: dict[str, FailureCause] = {}
        self._retry_at: dict[str, float] = {}
        self._held_back_until = 0.0
        self._is_working = False

    @property
    def timeframe(self) -> str:
        """The candles' length."""
        return self._timeframe.code

    @property
    def progress(self) -> tuple[int, int]:
        """How many of the wanted markets have a figure of the newest closed candle, and all."""
        slot = self._slot()
        known = sum(1 for market in self._wanted if self._slot_of(market) == slot)
        return known, len(self._wanted)

    def use_timeframe(self, code: str) -> None:
        """Judge candles of another length from now on.

        Raises:
            InvalidTimeframeError: Upbit doesn't have it.
        """
        if code == self._timeframe.code:
            return
        self._timeframe = parse_timeframe(code)
        self._known.clear()
        self._failures.clear()
        self._retry_at.clear()
        for market in self._wanted:
            self._on_change(market)
        self.refresh()

    def want(self, markets: Sequence[str]) -> None:
        """Keep these markets' figures up to date, the first first, and no others."""
        self._wanted = tuple(markets)
        self.refresh()

    def refresh(self) -> None:
        """Ask for what has become due since the last call. Needs the running loop."""
        if not self._is_working and self._next_due() is not None:
            self._is_working = True
            self._tasks.start(self._work(), "ask")

    def figure(self, market: str) -> RsiFigure | None:
        """What is known of a market, None before its first answer."""
        known = self._known.get(market)
        if known is None:
            return None
        value = None if math.isnan(known.value) else known.value
        is_current = known.slot_ms == self._slot()
        return RsiFigure(value, known.reason, known.candle_start_ms, is_current)

    def failure(self, market: str) -> FailureCause | None:
        """Why the last question about a market wasn't answered, None where it was."""
        return self._failures.get(market)

    async def close(self) -> None:
        """Stop asking. Harmless when repeated."""
        self._wanted = ()
        await self._tasks.close()

    async def _work(self) -> None:
        try:
            while (market := self._next_due()) is not None:
                await self._ask(market)
                await self._pause(_BETWEEN_S)
        finally:
            self._is_working = False

    async def _ask(self, market: str) -> None:
        timeframe, slot = self._timeframe, self._slot()
        try:
            answers = await self._feed.candles(market, timeframe.code, CANDLES)
        except MarketDataError as error:
            now = self._wall_clock()
            self._failures[market] = error.cause
            self._retry_at[market] = now + _RETRY_S
            if error.cause in _HELD_BACK:
                self._held_back_until = now + _RETRY_S
            self._on_change(market)
            return
        if timeframe is not self._timeframe:
            return
        series = CandleSeries(market, timeframe)
        series.merge(answers.values)
        columns = series.columns
        length = int(np.searchsorted(columns.start_ms, slot))
        value = float(wilder_rsi(columns.close[:length], PERIOD)[-1]) if length else math.nan
        reason = None
        if math.isnan(value):
            reason = UnknownReason.FLAT_MARKET if length > PERIOD else UnknownReason.WARMING_UP
        start = int(columns.start_ms[length - 1]) if length else None
        self._known[market] = _Known(value, reason, start, slot)
        self._failures.pop(market, None)
        self._on_change(market)

    def _next_due(self) -> str | None:
        now, slot = self._wall_clock(), self._slot()
        if now < self._held_back_until:
            return None
        for market in self._wanted:
            if self._slot_of(market) != slot and self._retry_at.get(market, 0.0) <= now:
                return market
        return None

    def _slot(self) -> int:
        """The start of the slot that runs now; every candle before it is closed."""
        return self._timeframe.start_of_ms(round(self._wall_clock() * 1000) - _SETTLED_MS)

    def _slot_of(self, market: str) -> int | None:
        known = self._known.get(market)
        return None if known is None else known.slot_ms
