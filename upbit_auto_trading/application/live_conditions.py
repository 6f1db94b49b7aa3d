"""A trigger's conditions on live data while it is being built: every number, and why it is unknown.

What the engine would say, from the same candles, windows and comparisons; nothing is ordered.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.application.tick_intake import TickIntake, quality_of
from upbit_auto_trading.application.warm_up import warm_up
from upbit_auto_trading.domain.evaluation import (
    Inputs,
    UnfinishedComparisonError,
    compile_expression,
)
from upbit_auto_trading.domain.evaluation_record import explain
from upbit_auto_trading.domain.failure import FailureCause, MarketDataError
from upbit_auto_trading.domain.live_market import LiveMarket
from upbit_auto_trading.domain.orderbook import Orderbook
from upbit_auto_trading.domain.orderbook_variables import orderbook_values, untrusted_orderbook
from upbit_auto_trading.domain.position_variables import STATE_SUPPLIERS
from upbit_auto_trading.domain.stream import Delivery, Source, Stream
from upbit_auto_trading.domain.subscription import ConnectionState, StreamState
from upbit_auto_trading.domain.tick import Quality, Tick
from upbit_auto_trading.domain.trade import Trade
from upbit_auto_trading.domain.truth import Unknown, UnknownReason
from upbit_auto_trading.domain.variable import InvalidOperandError, Need, UnknownVariableError
from upbit_auto_trading.tasks import TaskOwner

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from upbit_auto_trading.application.ports import (
        FeedSubscription,
        MarketDataFeed,
        MarketValue,
    )
    from upbit_auto_trading.domain.evaluation import Input, Plan
    from upbit_auto_trading.domain.evaluation_record import Record
    from upbit_auto_trading.domain.expression import Expression
    from upbit_auto_trading.domain.indicator import IndicatorPort
    from upbit_auto_trading.domain.market_view import Writer
    from upbit_auto_trading.domain.recording import TickTaken
    from upbit_auto_trading.domain.variable import Reading, VariableRegistry

RETRY_DELAYS_S: Final = (0.5, 1.0, 2.0, 5.0)
# Series that edits have left behind; beyond it a fresh market is warmed up.
_MOST_READINGS: Final = 200
_BEFORE_ALL: Final = Tick(0, 0.0, 0.0, Quality.MISSING)
_NOT_HERE: Final = {
    Need.POSITION: UnknownReason.NO_POSITION,
    Need.ACCOUNT: UnknownReason.NO_ACCOUNT,
    Need.EVENTS: UnknownReason.NO_EVENT,
}


@dataclass(frozen=True, slots=True)
class ConditionsNow:
    """A trigger at this moment.

    `record` is the engine's word on every node, None while there is nothing to say. With
    `held_back` nothing counts as known, whatever the record says, as for the engine. `ms` and
    `received_at` (epoch s) are the newest print's; `closed` has the start of the newest closed
    candle per timeframe. `failure` is why history can't be had, while it is tried again.
    """

    market: str = ""
    record: Record | None = None
    held_back: UnknownReason | None = UnknownReason.LOADING
    ms: int = 0
    received_at: float | None = None
    source: Source | None = None
    closed: Mapping[str, int] = field(default_factory=dict)
    failure: FailureCause | None = None


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A tree ready to be evaluated, and what it reads."""

    plan: Plan
    inputs: Inputs

    @property
    def readings(self) -> frozenset[Reading]:
        return frozenset(wanted.reading for wanted in self.inputs.wanted)

    @property
    def timeframes(self) -> frozenset[str]:
        return frozenset(one.timeframe for one in self.readings if one.timeframe is not None)


@dataclass(frozen=True, slots=True)
class _Attached:
    """One tree, compiled against one market."""

    inputs: Inputs
    plan: Plan
    write: Writer


class LiveConditions:
    """Evaluates one tree on one market whenever it is asked; `on_change` tells that it may differ.

    Another tree on candles that are there already is judged at once; another timeframe or market
    waits for its history, which is tried again until it is there. A print costs what moving the
    market on costs, whatever the number of conditions.
    """

    def __init__(
        self,
        feed: MarketDataFeed,
        indicators: IndicatorPort,
        registry: VariableRegistry,
        on_change: Callable[[], None],
        *,
        retry_delays_s: tuple[float, ...] = RETRY_DELAYS_S,
    ) -> None:
        self._feed, self._indicators, self._registry = feed, indicators, registry
        self._on_change = on_change
        self._delays = retry_delays_s
        self._tasks = TaskOwner("live-conditions")
        self._subscription: FeedSubscription | None = None
        self._code = ""
        self._expression: Expression | None = None
        self._market: LiveMarket | None = None
        self._reading: _Attached | None = None
        self._intake = TickIntake()
        self._wanted: frozenset[str] = frozenset()
        self._warming: asyncio.Task[None] | None = None
        self._book: Orderbook | None = None
        self._last: Trade | None = None
        self._failure: FailureCause | None = None
        self._seen: set[Reading] = set()

    def show(self, market: str, expression: Expression) -> None:
        """Evaluate another tree, or the same on another market, from now on."""
        self._expression = expression
        compiled = self._compile()
        if market != self._code:
            self._code = market
            self._book = self._last = None
            self._begin(compiled)
        elif compiled is None:
            # A side or a variable is missing, which the builder says itself.
            self._reading = None
        elif self._has_all(compiled):
            self._hold_streams(compiled)
            self._attach(compiled)
        else:
            self._begin(compiled)
        self._on_change()

    def now(self) -> ConditionsNow:
        """Judge the tree on what is known at this moment."""
        reason = self._held_back()
        market, reading = self._market, self._reading
        received = None if self._last is None else self._last.origin.received_at
        source = None if self._last is None else self._last.origin.source
        if market is None or reading is None:
            if market is None:
                reason = reason or UnknownReason.LOADING
            return ConditionsNow(
                self._code,
                held_back=reason,
                received_at=received,
                source=source,
                failure=self._failure,
            )
        self._supply_book(market)
        values = reading.inputs.blank()
        reading.write(values)
        record = explain(reading.plan, reading.inputs, values, self._unknown_of)
        closed = {
            code: candle.start_ms
            for code in market.timeframes
            if (candle := market.newest_closed(code)) is not None
        }
        return ConditionsNow(
            self._code, record, reason, market.ms, received, source, closed, self._failure
        )

    def rest(self) -> None:
        """Judge nothing and hold no stream until another tree is shown."""
        if self._warming is not None:
            self._warming.cancel()
        if self._subscription is not None:
            self._subscription.close()
            self._subscription = None
        self._code = ""
        self._expression = self._market = self._reading = self._book = self._last = None
        self._wanted = frozenset()

    async def close(self) -> None:
        """Release the streams and end what is under way. Harmless when repeated."""
        if self._subscription is not None:
            self._subscription.close()
            self._subscription = None
        await self._tasks.close()

    def _compile(self) -> _Compiled | None:
        """Compile the tree, None where it isn't finished."""
        if self._expression is None:
            return None
        inputs = Inputs()
        try:
            return _Compiled(compile_expression(self._expression, self._registry, inputs), inputs)
        except (UnknownVariableError, InvalidOperandError, UnfinishedComparisonError):
            return None

    def _has_all(self, compiled: _Compiled) -> bool:
        """Whether the market that is there has the candles the tree reads, or will have them."""
        warming = self._warming is not None and not self._warming.done()
        has = self._wanted if warming else self._market.timeframes if self._market else frozenset()
        self._seen |= compiled.readings
        return compiled.timeframes <= has and len(self._seen) <= _MOST_READINGS

    def _attach(self, compiled: _Compiled | None) -> None:
        if self._market is None or compiled is None:
            self._reading = None
            return
        write = self._market.attach(compiled.inputs)
        self._reading = _Attached(compiled.inputs, compiled.plan, write)

    def _begin(self, compiled: _Compiled | None) -> None:
        """Warm a fresh market up."""
        if self._warming is not None:
            self._warming.cancel()
        self._hold_streams(compiled)
        self._intake = TickIntake()
        self._market = None
        self._reading = None
        self._seen = set() if compiled is None else set(compiled.readings)
        self._wanted = frozenset() if compiled is None else compiled.timeframes
        work = self._warm_up(self._code, self._wanted)
        self._warming = self._tasks.start(work, f"warm-up-{self._code}")

    def _hold_streams(self, compiled: _Compiled | None) -> None:
        names = set() if compiled is None else {one.variable for one in compiled.readings}
        streams = [Stream("trade", self._code)]
        if any(Need.ORDERBOOK in self._registry[name].needs for name in names):
            streams.append(Stream("orderbook", self._code))
        if self._subscription is None:
            try:
                self._subscription = self._feed.subscribe(streams, self._take, holder="trigger")
            except MarketDataError as error:
                self._failure = error.cause
        elif self._subscription.streams != frozenset(streams):
            work = self._swap(self._subscription, streams)
            self._tasks.start(work, f"swap-{self._code}")

    async def _swap(self, subscription: FeedSubscription, streams: list[Stream]) -> None:
        try:
            await subscription.replace(streams)
        except MarketDataError as error:
            self._failure = error.cause
            self._on_change()

    async def _warm_up(self, code: str, timeframes: frozenset[str]) -> None:
        attempt = 0
        while True:
            try:
                warm = await warm_up(self._feed, code, timeframes)
            except MarketDataError as error:
                self._failure = error.cause
                self._on_change()
                if error.cause in (FailureCause.UNKNOWN_MARKET, FailureCause.REFUSED):
                    return
                await asyncio.sleep(self._delays[min(attempt, len(self._delays) - 1)])
                attempt += 1
                continue
            break
        self._failure = None
        market = self._market = LiveMarket(self._indicators, remembers=True)
        market.build_candles(timeframes)
        self._attach(self._compile())
        for timeframe, candles in warm.anchors.items():
            market.seed(timeframe, candles)
        market.take(_BEFORE_ALL)
        for taken in warm.ticks:
            market.take(taken.tick)
        self._move(self._intake.begin(warm.prints))
        if warm.prints and self._last is None:
            self._last = warm.prints[-1]
        self._on_change()

    def _take(self, value: MarketValue) -> None:
        if value.market != self._code:
            return
        if isinstance(value, Orderbook):
            self._book = value
        elif isinstance(value, Trade):
            if value.origin.delivery is Delivery.REALTIME or self._last is None:
                self._last = value
            self._move(self._intake.take(value, self._quality("trade")))
        self._on_change()

    def _move(self, ticks: list[TickTaken]) -> None:
        if self._market is not None:
            for taken in ticks:
                self._market.take(taken.tick)

    def _quality(self, channel: str) -> Quality:
        health = self._feed.stream_health(Stream(channel, self._code))
        return quality_of(self._feed.connection_state, health)

    def _held_back(self) -> UnknownReason | None:
        """Why nothing counts as known now, None where everything may."""
        stream = Stream("trade", self._code) if self._code else None
        held = self._subscription.streams if self._subscription else frozenset()
        if stream is None or stream not in held:
            return UnknownReason.LOADING
        if self._feed.connection_state is not ConnectionState.CONNECTED:
            return UnknownReason.DISCONNECTED
        health = self._feed.stream_health(stream)
        if health.state is StreamState.DOWN:
            return UnknownReason.DISCONNECTED
        if health.state in (StreamState.HELD, StreamState.SENT):
            return UnknownReason.LOADING
        if health.state is StreamState.STALLED:
            return UnknownReason.STALE
        self._move(self._intake.check(self._quality("trade")))
        return None if health.complete else UnknownReason.GAP

    def _supply_book(self, market: LiveMarket) -> None:
        if not market.outside:
            return
        stream = Stream("orderbook", self._code)
        held = self._subscription.streams if self._subscription else frozenset()
        if stream not in held or self._book is None:
            market.supply(untrusted_orderbook(UnknownReason.LOADING, market.outside))
        elif self._quality("orderbook") is not Quality.LIVE:
            market.supply(untrusted_orderbook(UnknownReason.STALE, market.outside))
        else:
            market.supply(orderbook_values(self._book, market.outside))

    def _unknown_of(self, wanted: Input) -> Unknown:
        name = wanted.reading.variable
        if name in STATE_SUPPLIERS:
            needs = self._registry[name].needs
            reason = next((_NOT_HERE[need] for need in _NOT_HERE if need in needs), None)
            return Unknown(reason or UnknownReason.NOT_SUPPLIED)
        assert self._market is not None  # noqa: S101 -- only asked about what it was attached to
        return self._market.unknown_of(wanted)
