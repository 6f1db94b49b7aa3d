"""Requests for data now: which way each takes, and what is said about the answer."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar, cast

from upbit_auto_trading.domain.answer import Answer
from upbit_auto_trading.domain.failure import MarketDataError, NoDataInTimeError
from upbit_auto_trading.domain.market_value import MarketValue
from upbit_auto_trading.domain.stream import Source, Stream
from upbit_auto_trading.infrastructure.market_data_backbone import channel_selector
from upbit_auto_trading.infrastructure.market_data_backbone.cache import (
    AnswerCache,
    CacheCounters,
    Level,
)
from upbit_auto_trading.infrastructure.market_data_backbone.channel_selector import (
    Decision,
    Facts,
    Way,
)
from upbit_auto_trading.infrastructure.market_data_backbone.live_feed import LiveFeed
from upbit_auto_trading.infrastructure.market_data_backbone.policy import Policy
from upbit_auto_trading.infrastructure.market_data_backbone.smart_fallback_manager import (
    SmartFallbackManager,
)
from upbit_auto_trading.infrastructure.upbit.rest_client import UpbitRestClient
from upbit_auto_trading.tasks import TaskOwner

T = TypeVar("T")
Ask = Callable[[], Awaitable[T]]


class SmartRouter:
    """Answers over the socket's live values where it can, over REST where it must.

    Never invents: what it returns was received, and says how and when; where there is nothing
    it raises the cause.
    """

    def __init__(self, feed: LiveFeed, client: UpbitRestClient, policy: Policy) -> None:
        self._feed = feed
        self._client = client
        self._clock = policy.clock
        self._timings = policy.timings
        self._monitor = feed.monitor
        self._tasks = TaskOwner("router")
        self._flights: dict[Hashable, asyncio.Task[Any]] = {}
        self._asked: AnswerCache[MarketValue] = AnswerCache(policy.timings.cache_ttl)
        self._dropped: AnswerCache[MarketValue] = AnswerCache(policy.timings.cache_ttl)
        self.fallback = SmartFallbackManager(policy.timings)
        self.caches = CacheCounters()
        feed.on_dropped = self._keep_dropped

    async def close(self) -> None:
        """End what is under way. Harmless when repeated."""
        await self._tasks.close()

    async def newest(self, stream: Stream, ask: Ask[MarketValue]) -> Answer[MarketValue]:
        """Return the newest value of `stream`; `ask` gets it over REST.

        Raises:
            MarketDataError: nobody can answer; nothing recent enough is kept either.
        """
        started = self._clock.monotonic()
        decision = self.decide(stream)
        try:
            answer = await self._take(decision, stream, ask, started)
        except MarketDataError as error:
            self._monitor.requests[f"failed:{error.cause}"] += 1
            raise
        took = (self._clock.monotonic() - started) * 1000
        self._monitor.request_ms.add(took)
        stands_in = answer.channel in (Source.CACHE, Source.TRANSITION_CACHE)
        is_fresh = not stands_in or answer.reason == "asked_just_now"
        self._monitor.requests["fresh" if is_fresh else "stand_in"] += 1
        return answer

    def decide(self, stream: Stream) -> Decision:
        """Choose the way for `stream` from the facts of this moment, and count the choice."""
        started = self._clock.monotonic()
        decision = channel_selector.select(self._facts(stream, started))
        if decision.way in (Way.LIVE, Way.WAIT) and not self._feed.usable:
            self._monitor.disagreements += 1
        self._monitor.decisions[decision.way.value, decision.reason] += 1
        self._monitor.decision_us.add((self._clock.monotonic() - started) * 1e6)
        return decision

    def preview(self, stream: Stream) -> Decision:
        """Return what `decide` would choose now, without counting it: nobody asks."""
        return channel_selector.select(self._facts(stream, self._clock.monotonic()))

    async def single_flight(self, key: Hashable, ask: Ask[T]) -> T:
        """Ask once for everybody who wants the same at the same time."""
        flight = self._flights.get(key)
        if flight is None:
            flight = self._tasks.start(_result_of(ask), f"ask {key}")
            self._flights[key] = flight
            flight.add_done_callback(lambda _: self._flights.pop(key, None))
        outcome = await asyncio.shield(flight)
        if isinstance(outcome, MarketDataError):
            raise outcome
        return cast("T", outcome)

    def _facts(self, stream: Stream, now: float) -> Facts:
        feed, manager = self._feed, self._feed.manager
        usable = feed.usable
        is_held = stream in manager.held
        is_live = manager.is_live(stream)
        is_quarantined = stream.channel in feed.untrusted.quarantine.channels
        is_rejected = stream in manager.isolated
        asked = self._asked.get(stream, now)
        kept = self._kept_value(stream, now)
        return Facts(
            is_usable=usable,
            is_held=is_held,
            is_live=is_live,
            is_stalled=is_rejected
            or stream in feed.states.stalled
            or stream in feed.states.mistimed,
            is_quarantined=is_quarantined,
            is_awaited=manager.is_sent(stream) and not is_live,
            is_changing=is_held and usable and not is_live and not (is_quarantined or is_rejected),
            rest_blocked=self._client.banned_for_s > 0,
            asked_age_s=None if asked is None else asked[1],
            kept_age_s=None if kept is None else kept[1],
            fresh_s=self._timings.cache_fresh,
            transition_s=self._timings.transition_ttl,
            ttl_s=self._timings.cache_ttl,
        )

    async def _take(
        self, decision: Decision, stream: Stream, ask: Ask[MarketValue], started: float
    ) -> Answer[MarketValue]:
        reason = decision.reason
        if decision.way is Way.LIVE:
            values = self._feed.flowing([stream])
            if values:
                self.caches.count(Level.LIVE)
                self._answered_live(stream)
                return Answer(values[0], Source.WEBSOCKET, reason, self._age_ms(values[0]))
        if decision.way in (Way.CACHE, Way.TRANSITION):
            now = self._clock.monotonic()
            is_repeat = reason == "asked_just_now"
            kept = self._asked.get(stream, now) if is_repeat else self._kept_value(stream, now)
            if kept is not None:
                return self._from_cache(decision.way, reason, *kept)
        if decision.way is Way.WAIT:
            return await self._wait_and_hedge(stream, ask)
        if reason != "not_held":
            self._fell_back(stream, reason)
            self._monitor.fallback_added_ms.add((self._clock.monotonic() - started) * 1000)
        return await self._ask_rest(stream, ask, reason)

    def _from_cache(
        self, way: Way, reason: str, value: MarketValue, age_s: float
    ) -> Answer[MarketValue]:
        is_transition = way is Way.TRANSITION
        level = Level.TRANSITION if is_transition else Level.FRESH
        self.caches.count(level if reason != "rest_blocked" else Level.STAND_IN)
        source = Source.TRANSITION_CACHE if is_transition else Source.CACHE
        return Answer(value, source, reason, age_s * 1000)

    async def _wait_and_hedge(self, stream: Stream, ask: Ask[MarketValue]) -> Answer[MarketValue]:
        """Wait for the first frame; ask REST too once it takes longer than it usually does.

        Only when neither gives anything in time does what is kept stand in.
        """
        self.fallback.rtt_s = self._feed.socket.rtt_s
        started = self._clock.monotonic()
        arrival = self._next_value(stream)
        rest: asyncio.Task[MarketValue | MarketDataError] | None = None
        try:
            await asyncio.wait([arrival], timeout=self.fallback.hedge_after())
            if not arrival.done():
                rest = self._tasks.start(
                    _result_of(lambda: self._asked_now(stream, ask)), f"hedge {stream}"
                )
                await self._either(arrival, rest)
            if arrival.done():
                self.fallback.waited(self._clock.monotonic() - started)
                self._answered_live(stream)
                if rest is not None:
                    self.fallback.hedged(rest_won=False)
                return Answer(arrival.result(), Source.WEBSOCKET, "first_frame", 0.0)
            if rest is None or not rest.done():
                waited = self._clock.monotonic() - started
                return self._stand_in(stream, NoDataInTimeError(str(stream), waited))
            outcome = rest.result()
            if isinstance(outcome, MarketDataError):
                return self._stand_in(stream, outcome)
            self.fallback.hedged(rest_won=True)
            self._fell_back(stream, "no_data_in_time")
            return Answer(outcome, Source.REST, "no_data_in_time", 0.0)
        finally:
            arrival.cancel()
            if rest is not None and not rest.done():
                rest.cancel()

    async def _either(
        self,
        arrival: asyncio.Future[MarketValue],
        rest: asyncio.Task[MarketValue | MarketDataError],
    ) -> None:
        """Wait for a value by either way; REST's failing leaves the other its time."""
        waits: list[asyncio.Future[Any]] = [arrival, rest]
        try:
            async with asyncio.timeout(sum(self.fallback.timeouts())):
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
                if rest.done() and isinstance(rest.result(), MarketDataError):
                    await asyncio.wait([arrival])
        except TimeoutError:
            return

    def _next_value(self, stream: Stream) -> asyncio.Future[MarketValue]:
        """Return a future that the next value of held `stream` resolves; cancel it when done."""
        store = self._feed.store
        arrival: asyncio.Future[MarketValue] = asyncio.get_running_loop().create_future()

        def arrived(value: MarketValue) -> None:
            if not arrival.done():
                arrival.set_result(value)

        store.listen([stream], arrived)
        arrival.add_done_callback(lambda _: store.unlisten([stream], arrived))
        return arrival

    async def _ask_rest(
        self, stream: Stream, ask: Ask[MarketValue], reason: str
    ) -> Answer[MarketValue]:
        try:
            value = await self._asked_now(stream, ask)
        except MarketDataError as error:
            return self._stand_in(stream, error)
        return Answer(value, Source.REST, reason, 0.0)

    async def _asked_now(self, stream: Stream, ask: Ask[MarketValue]) -> MarketValue:
        value = await self.single_flight(stream, ask)
        self.caches.count(Level.MISS)
        self._asked.put(stream, value, self._clock.monotonic())
        return value

    def _stand_in(self, stream: Stream, error: MarketDataError) -> Answer[MarketValue]:
        """Return what is kept, marked, where `error` allows it; else raise that."""
        now = self._clock.monotonic()
        kept = self._kept_value(stream, now)
        if kept is None or not self.fallback.may_stand_in(error):
            raise error
        self._fell_back(stream, f"rest_{error.cause}")
        facts = self._facts(stream, now)
        if facts.is_changing and kept[1] <= facts.transition_s:
            return self._from_cache(Way.TRANSITION, "subscription_changing", *kept)
        self.caches.count(Level.STAND_IN)
        return Answer(kept[0], Source.CACHE, f"rest_{error.cause}", kept[1] * 1000)

    def _fell_back(self, stream: Stream, cause: str) -> None:
        if self.fallback.fell_back(cause):
            self._happened("fallback_began", stream, cause=cause)

    def _answered_live(self, stream: Stream) -> None:
        if self.fallback.answered_live():
            self._happened("fallback_ended", stream, returns=self.fallback.figures.returns)

    def _happened(self, what: str, stream: Stream, **facts: object) -> None:
        self._monitor.happened(self._clock.wall(), what, stream=str(stream), **facts)

    def _kept_value(self, stream: Stream, now: float) -> tuple[MarketValue, float] | None:
        """Return the newest value received by any way, with its age in seconds."""
        found = [
            kept
            for kept in (self._asked.get(stream, now), self._dropped.get(stream, now))
            if kept is not None
        ]
        live = self._feed.store.get(stream)
        if live is not None and live.value is not None and live.last_at is not None:
            age = now - live.last_at
            if age <= self._timings.cache_ttl:
                found.append((live.value, age))
        return min(found, key=lambda kept: kept[1], default=None)

    def _keep_dropped(self, stream: Stream, value: MarketValue, at: float) -> None:
        self._dropped.put(stream, value, at)

    def _age_ms(self, value: MarketValue) -> float:
        return max(0.0, (self._clock.wall() - value.origin.received_at) * 1000)


async def _result_of(ask: Ask[T]) -> T | MarketDataError:
    """Hand a failure over as a value, so that everybody who waits gets it, and nobody twice."""
    try:
        return await ask()
    except MarketDataError as error:
        return error
