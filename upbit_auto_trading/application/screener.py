"""One trigger judged on many markets at once, live, within the exchange's request limits."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.application.screener_history import engine_for, has_value, seed
from upbit_auto_trading.application.tick_intake import quality_of
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.evaluation import UnfinishedComparisonError
from upbit_auto_trading.domain.failure import FailureCause, MarketDataError
from upbit_auto_trading.domain.firing_distance import firing_distance
from upbit_auto_trading.domain.stream import Delivery, Stream
from upbit_auto_trading.domain.tick import Quality, Tick
from upbit_auto_trading.domain.trade import Trade
from upbit_auto_trading.domain.variable import InvalidOperandError
from upbit_auto_trading.tasks import TaskOwner

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from upbit_auto_trading.application.ports import MarketDataFeed, MarketValue
    from upbit_auto_trading.domain.evaluation_record import Record
    from upbit_auto_trading.domain.expression import Expression
    from upbit_auto_trading.domain.indicator import IndicatorPort
    from upbit_auto_trading.domain.live_engine import LiveEngine
    from upbit_auto_trading.domain.truth import Truth

_BETWEEN_S: Final = 0.2  # five requests a second, half of what the exchange allows
_RETRY_S: Final = 10.0
_MOST_WAITING: Final = 500
_HELD_BACK: Final = (FailureCause.RATE_LIMITED, FailureCause.BANNED, FailureCause.NOT_CONNECTED)
_CANT_BE_JUDGED: Final = (LookupError, InvalidOperandError, UnfinishedComparisonError)


@dataclass(frozen=True, slots=True)
class Screened:
    """The trigger on one market at this moment.

    `distance` orders markets: 0 where it holds, None where that can't be known.
    """

    truth: Truth
    distance: float | None
    record: Record
    price: float
    exchange_ms: int


@dataclass(slots=True)
class _Desk:
    """One market: its engine once its history is there, and the prints that came meanwhile."""

    live: LiveEngine | None = None
    waiting: deque[Trade] = field(default_factory=lambda: deque(maxlen=_MOST_WAITING))
    failure: FailureCause | None = None
    retry_at: float = 0.0
    told: Screened | None = None
    is_new: bool = True


class Screener:
    """Judges the trigger shown on the markets wanted, the first wanted first.

    `on_change` is called on the loop with a market whose figure may have changed; `figure` then
    judges it. `clock` is monotonic, in seconds. `is_possible` is false where the trigger reads
    a position, the order book or something nobody computes: those have no value for a market as
    such.
    """

    def __init__(
        self,
        feed: MarketDataFeed,
        indicators: IndicatorPort,
        on_change: Callable[[str], None],
        clock: Callable[[], float],
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._feed = feed
        self._indicators = indicators
        self._on_change = on_change
        self._clock = clock
        self._pause = pause
        self._tasks = TaskOwner("screener")
        self._subscription = feed.subscribe((), self._take, holder="screener")
        self._trigger: Expression | None = None
        self._wanted: tuple[str, ...] = ()
        self._desks: dict[str, _Desk] = {}
        self._held_back_until = 0.0
        self._newest_ms = 0
        self._working: asyncio.Task[None] | None = None
        self.is_possible = True

    @property
    def wanted(self) -> tuple[str, ...]:
        """The markets judged, or waiting for it."""
        return self._wanted

    @staticmethod
    def can_judge(trigger: Expression) -> bool:
        """Whether a trigger has a value for a market as such."""
        return has_value(trigger)

    @property
    def progress(self) -> tuple[int, int]:
        """How many of the wanted markets are judged, and how many are wanted."""
        known = sum(1 for one in self._wanted if self._desks[one].live is not None)
        return known, len(self._wanted)

    def show(self, trigger: Expression | None) -> None:
        """Judge another trigger, or none."""
        self._trigger = trigger
        self.is_possible = trigger is None or has_value(trigger)
        for desk in self._desks.values():
            desk.live, desk.told, desk.is_new, desk.failure = None, None, True, None
        self._restart()

    def want(self, markets: Sequence[str]) -> None:
        """Judge these markets, the first first, and no others."""
        if tuple(markets) == self._wanted:
            return
        self._wanted = tuple(markets)
        self._desks = {market: self._desks.get(market) or _Desk() for market in self._wanted}
        self._restart()

    def figure(self, market: str) -> Screened | None:
        """Return the trigger on a market now, None while its history isn't there."""
        desk = self._desks.get(market)
        trigger = self._trigger
        if desk is None or desk.live is None or trigger is None:
            return None
        if desk.is_new or desk.told is None:
            evaluation = desk.live.engine.evaluations()[0]
            record = evaluation.record()
            desk.told = Screened(
                evaluation.truth,
                firing_distance(trigger, record, shipped_variables()),
                record,
                desk.live.market.price,
                desk.live.market.ms,
            )
            desk.is_new = False
        return desk.told

    def failure(self, market: str) -> FailureCause | None:
        """Why a market's history didn't come, None where it did or is awaited."""
        desk = self._desks.get(market)
        return None if desk is None else desk.failure

    def is_trusted(self, market: str) -> bool:
        """Whether the market's prints are whole and fresh."""
        stream = Stream("trade", market)
        if stream not in self._subscription.streams:
            return False
        health = self._feed.stream_health(stream)
        return quality_of(self._feed.connection_state, health) is Quality.LIVE

    async def close(self) -> None:
        """Stop judging and release the streams. Harmless when repeated."""
        self._wanted = ()
        await self._tasks.close()
        self._subscription.close()

    def _restart(self) -> None:
        if self._working is not None:
            self._working.cancel()
        self._working = self._tasks.start(self._work(), "work")

    async def _work(self) -> None:
        """Hold the prints of every wanted market, then ask for one history after the other."""
        wanted = self._wanted if self._trigger is not None and self.is_possible else ()
        try:
            await self._subscription.replace(Stream("trade", market) for market in wanted)
        except MarketDataError as error:
            for market in wanted:
                self._desks[market].failure = error.cause
                self._on_change(market)
            return
        while any(self._desks[one].live is None for one in wanted):
            due = self._next_due()
            if due is None:
                await self._pause(_RETRY_S / 2)
            elif await self._ask(due):
                await self._pause(_BETWEEN_S)

    def _next_due(self) -> str | None:
        now = self._clock()
        if now < self._held_back_until:
            return None
        for market in self._wanted:
            desk = self._desks[market]
            if desk.live is None and desk.retry_at <= now:
                return market
        return None

    async def _ask(self, market: str) -> bool:
        """Bring one market's history; return whether the exchange was asked for it."""
        trigger, desk = self._trigger, self._desks[market]
        if trigger is None:
            return False
        try:
            live = engine_for(trigger, self._indicators)
        except _CANT_BE_JUDGED:
            self.is_possible = False
            desk.retry_at = float("inf")
            self._on_change(market)
            return False
        try:
            after_ms = await seed(live, self._feed, market, trigger, self._newest_ms)
        except MarketDataError as error:
            desk.failure, desk.retry_at = error.cause, self._clock() + _RETRY_S
            if error.cause in _HELD_BACK:
                self._held_back_until = desk.retry_at
            self._on_change(market)
            return True
        for trade in desk.waiting:
            if trade.trade_ms > after_ms:
                live.take(Tick(trade.trade_ms, trade.price, trade.volume))
        desk.waiting.clear()
        desk.live, desk.failure, desk.is_new = live, None, True
        self._on_change(market)
        return bool(live.market.timeframes)

    def _take(self, value: MarketValue) -> None:
        desk = self._desks.get(value.market)
        if desk is None or not isinstance(value, Trade):
            return
        self._newest_ms = max(self._newest_ms, value.trade_ms)
        if value.origin.delivery is not Delivery.REALTIME:
            return
        if desk.live is None:
            desk.waiting.append(value)
            return
        desk.live.take(Tick(value.trade_ms, value.price, value.volume))
        if not desk.is_new:
            desk.is_new = True
            self._on_change(value.market)
