"""A strategy judged on live data without a position and without orders: what its rules see."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from math import isnan
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.application.paper_views import RuleView
from upbit_auto_trading.application.tick_intake import TickIntake, quality_of
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.application.warm_up import warm_up
from upbit_auto_trading.domain.decision import Outcome
from upbit_auto_trading.domain.evaluation import UnfinishedComparisonError
from upbit_auto_trading.domain.failure import MarketDataError
from upbit_auto_trading.domain.firing_price import firing_price
from upbit_auto_trading.domain.live_engine import LiveEngine
from upbit_auto_trading.domain.orderbook import Orderbook
from upbit_auto_trading.domain.orderbook_variables import orderbook_values, untrusted_orderbook
from upbit_auto_trading.domain.rule import Notify
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.tick import Quality
from upbit_auto_trading.domain.trade import Trade
from upbit_auto_trading.domain.truth import UnknownReason
from upbit_auto_trading.domain.variable import InvalidOperandError
from upbit_auto_trading.tasks import TaskOwner

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterable

    from upbit_auto_trading.application.ports import MarketDataFeed, MarketValue
    from upbit_auto_trading.domain.account import Account
    from upbit_auto_trading.domain.indicator import IndicatorPort
    from upbit_auto_trading.domain.recording import TickTaken
    from upbit_auto_trading.domain.strategy import Strategy
    from upbit_auto_trading.domain.truth import Unknown
    from upbit_auto_trading.domain.variable import Reading

_CANT_BE_JUDGED: Final = (
    MarketDataError,
    LookupError,
    InvalidOperandError,
    UnfinishedComparisonError,
)
_FIRED: Final = frozenset({Outcome.NOTIFIED, Outcome.SUPPRESSED})


class StrategyWatch:
    """Judges one strategy on one market from `show` on.

    Nothing is ordered and nothing kept: conditions on a position stay unknown. `on_change` is
    called on the loop after everything that moved it. `problem` is what made it impossible,
    None otherwise: a MarketDataError, or what a trigger that can't be compiled raised.
    """

    def __init__(
        self,
        feed: MarketDataFeed,
        indicators: IndicatorPort,
        account: Account,
        on_change: Callable[[], None],
    ) -> None:
        self._feed = feed
        self._indicators = indicators
        self._account = account
        self._on_change = on_change
        self._tasks = TaskOwner("strategy-watch")
        self._subscription = feed.subscribe((), self._take, holder="trigger")
        self._starting: asyncio.Task[None] | None = None
        self._intake = TickIntake()
        self._fresh: TickIntake | None = None
        self._engine: LiveEngine | None = None
        self._book: Orderbook | None = None
        self._strategy: Strategy | None = None
        self._market = ""
        self.fired: dict[str, int] = {}
        self.problem: Exception | None = None

    @property
    def price(self) -> float | None:
        """The newest print's price, None before the first."""
        if self._engine is None or isnan(self._engine.market.price):
            return None
        return self._engine.market.price

    @property
    def quality(self) -> Quality:
        """What the market's data is worth now."""
        return self._quality("trade")

    @property
    def age_s(self) -> float | None:
        """How old the newest print is, None before the first."""
        stream = Stream("trade", self._market)
        if stream not in self._subscription.streams:
            return None
        return self._feed.stream_health(stream).age_s

    def show(self, strategy: Strategy | None, market: str) -> None:
        """Judge another strategy or market from now on; None for nothing."""
        if self._starting is not None:
            self._starting.cancel()
        self._strategy, self.problem = strategy, None
        if market != self._market or strategy is None:
            self._engine, self._book, self.fired = None, None, {}
        self._market = market
        if strategy is not None:
            fresh = self._fresh = TickIntake()
            self._starting = self._tasks.start(self._start(strategy, market, fresh), "start")
        self._on_change()

    def rules(self) -> tuple[RuleView, ...]:
        """Return every enabled rule in acting order, judged on the newest print."""
        live, strategy = self._engine, self._strategy
        if live is None or strategy is None:
            return ()
        quality = self._intake.check(self.quality)
        self._judge(quality)
        price = live.market.price
        views = []
        for evaluation in live.engine.evaluations():
            with suppress(LookupError):
                rule = strategy.rule(evaluation.rule)
                at = None if isnan(price) else firing_price(rule.trigger, evaluation, price)
                views.append(
                    RuleView(
                        rule,
                        evaluation.truth,
                        evaluation.record(),
                        evaluation.suppression,
                        evaluation.facts,
                        0,
                        self.fired.get(rule.id, 0),
                        None,
                        at,
                        None,
                    )
                )
        return tuple(views)

    async def close(self) -> None:
        """End what is under way and release the streams. Harmless when repeated."""
        await self._tasks.close()
        self._subscription.close()

    async def _start(self, strategy: Strategy, market: str, fresh: TickIntake) -> None:
        try:
            live = _engine_for(strategy, self._indicators, self._account)
            streams = {Stream("trade", market), Stream("orderbook", market)}
            if self._subscription.streams != streams:
                await self._subscription.replace(streams)
            warm = await warm_up(self._feed, market, live.market.timeframes)
        except _CANT_BE_JUDGED as error:
            self.problem, self._engine = error, None
            self._on_change()
            return
        for timeframe, candles in warm.anchors.items():
            live.seed(timeframe, candles)
        self._engine, self._intake, self._fresh = live, fresh, None
        self._judge([*warm.ticks, *fresh.begin(warm.prints)])
        self.fired = {}
        self._on_change()

    def _take(self, value: MarketValue) -> None:
        if value.market != self._market:
            return
        if isinstance(value, Orderbook):
            self._book = value
        elif isinstance(value, Trade):
            quality = self.quality
            if self._fresh is not None:
                self._fresh.take(value, quality)
            self._judge(self._intake.take(value, quality))
            self._on_change()

    def _judge(self, ticks: Iterable[TickTaken]) -> None:
        live = self._engine
        if live is None:
            return
        for taken in ticks:
            if live.market.outside:
                live.market.supply(self._outside(live))
            for decision in live.take(taken.tick):
                if decision.outcome in _FIRED:
                    self.fired[decision.rule] = self.fired.get(decision.rule, 0) + 1

    def _outside(self, live: LiveEngine) -> dict[Reading, float | Unknown]:
        readings = tuple(live.market.outside)
        if self._book is not None and self._quality("orderbook") is Quality.LIVE:
            return orderbook_values(self._book, readings)
        is_stale = self._quality("orderbook") is Quality.STALE
        reason = UnknownReason.STALE if is_stale else UnknownReason.GAP
        return untrusted_orderbook(reason, readings)

    def _quality(self, channel: str) -> Quality:
        stream = Stream(channel, self._market)
        if stream not in self._subscription.streams:
            return Quality.MISSING
        return quality_of(self._feed.connection_state, self._feed.stream_health(stream))


def _engine_for(strategy: Strategy, indicators: IndicatorPort, account: Account) -> LiveEngine:
    """Return an engine of the strategy's triggers in which every rule only tells."""
    rules = tuple(replace(rule, action=Notify()) for rule in strategy.rules)
    return LiveEngine(replace(strategy, rules=rules), shipped_variables(), indicators, account)
