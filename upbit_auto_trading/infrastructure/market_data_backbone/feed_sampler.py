"""The backbone's figures as typed values: one sample a second, and a row per stream on demand."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.domain.feed_sample import (
    FeedEvent,
    FeedSample,
    GapCounts,
    GuessedMarket,
    GuessFigures,
    KindCount,
    MessageBudgetUse,
    RequestBudget,
    StreamAge,
    StreamCounts,
    StreamRow,
)
from upbit_auto_trading.domain.subscription import ConnectionState, StreamState

if TYPE_CHECKING:
    from collections.abc import Callable

    from upbit_auto_trading.domain.stream import Stream
    from upbit_auto_trading.infrastructure.market_data_backbone.live_feed import LiveFeed
    from upbit_auto_trading.infrastructure.market_data_backbone.policy import Policy
    from upbit_auto_trading.infrastructure.market_data_backbone.smart_router import SmartRouter
    from upbit_auto_trading.infrastructure.market_data_backbone.store import LiveStream
    from upbit_auto_trading.infrastructure.market_data_backbone.stream_watchdog import (
        StreamWatchdog,
    )
    from upbit_auto_trading.infrastructure.market_data_backbone.subscription_predictor import (
        SubscriptionPredictor,
    )
    from upbit_auto_trading.infrastructure.upbit.rest_client import UpbitRestClient

_USUAL_GAPS: Final = 2.0
"""Gaps between frames scatter: most of them stay within twice their mean."""
_EVENTS: Final = 500
_GUESSES_SHOWN: Final = 8


class FeedSampler:
    """Reads the parts of one backbone; changes nothing."""

    def __init__(
        self,
        feed: LiveFeed,
        router: SmartRouter,
        client: UpbitRestClient,
        predictor: SubscriptionPredictor,
        watchdog: StreamWatchdog,
        policy: Policy,
    ) -> None:
        self._feed = feed
        self._router = router
        self._client = client
        self._predictor = predictor
        self._watchdog = watchdog
        self._clock = policy.clock
        self._limits = policy.message_limits
        self._events: deque[FeedEvent] = deque(maxlen=_EVENTS)
        self._events_seen = 0
        self._differing_since: float | None = None

    def sample(self) -> FeedSample:
        """Measure now."""
        feed, now = self._feed, self._clock.monotonic()
        monitor, intake = feed.monitor, feed.monitor.intake
        counts, oldest = self._streams(now)
        figures = feed.swaps.figures
        clients = (feed.sockets.active, feed.sockets.standby)
        return FeedSample(
            at=self._clock.wall(),
            connection=feed.connection_state,
            standby=feed.sockets.standby.state,
            sockets=sum(one.state is ConnectionState.CONNECTED for one in clients),
            epoch=feed.socket.epoch,
            rtt_ms=None if feed.socket.rtt_s is None else feed.socket.rtt_s * 1000,
            clock_offset_ms=feed.exchange_time.offset().ms,
            streams=counts,
            differing_for_s=self._differing_for(now),
            listed_at=monitor.listed_at,
            listing_agreed=monitor.listing_agreed,
            oldest=oldest,
            received=intake.received,
            delivered=intake.delivered,
            duplicates=intake.duplicates,
            dropped=intake.stale + intake.unheld + intake.old_epoch + intake.mistimed,
            malformed=sum(intake.malformed.values()),
            reconnects=monitor.reconnects,
            swaps={
                kind: KindCount(one.count, one.succeeded) for kind, one in figures.by_kind.items()
            },
            swap_count=sum(one.count for one in figures.by_kind.values()),
            newest_swaps=tuple(figures.newest),
            latency_ms=monitor.latency.buckets(),
            loop_lag_ms=monitor.loop_lag.buckets(),
            decision_ms=monitor.fallback_added_ms.buckets(),
            reaction_ms=monitor.reaction_ms.buckets(),
            decisions={f"{way}:{reason}": n for (way, reason), n in monitor.decisions.items()},
            requests=dict(monitor.requests),
            fallbacks=dict(self._router.fallback.figures.by_cause),
            degradations=dict(monitor.degradations),
            caches={level.value: n for level, n in self._router.caches.by_level.items()},
            budgets=self._budgets(now),
            messages=self._messages(now),
            banned_for_s=self._client.banned_for_s,
            guesses=self._guesses(),
            gaps=GapCounts(
                feed.repair.gaps.found,
                monitor.gaps_filled,
                monitor.gaps_unfillable,
                len(feed.repair.gaps.open),
            ),
            events=self._newest_events(),
        )

    def rows(self) -> list[StreamRow]:
        """Return every held stream, in the order of market and channel."""
        feed, now = self._feed, self._clock.monotonic()
        manager = feed.manager
        held: dict[object, list[str]] = {stream: [] for stream in manager.held}
        for name, streams in manager.holders_by_urgency():
            for stream in streams:
                held[stream].append(name.rpartition("-")[0] or name)
        wanted, state_of = manager.wanted, self._states()
        rows = []
        for live in sorted(feed.store, key=lambda one: (one.stream.market, one.stream.channel)):
            stream = live.stream
            if stream not in held:
                continue
            rows.append(
                StreamRow(
                    stream=stream,
                    holders=tuple(dict.fromkeys(held[stream])),
                    is_wanted=stream in wanted,
                    is_sent=manager.is_sent(stream),
                    is_live=manager.is_live(stream),
                    age=self._age_of(live, state_of(stream), now),
                    received=live.arrivals,
                    is_complete=live.complete,
                )
            )
        return rows

    def _streams(self, now: float) -> tuple[StreamCounts, StreamAge | None]:
        """Count the held streams by state, and find the one that is overdue most.

        Streams of charts and triggers come first: it is they that somebody relies on now.
        """
        feed, manager = self._feed, self._feed.manager
        held, urgent, state_of = manager.held, self._urgent(), self._states()
        by_state = dict.fromkeys(StreamState, 0)
        fresh = judged = incomplete = 0
        worst: tuple[bool, float] = (False, -1.0)
        oldest: LiveStream | None = None
        for live in feed.store:
            stream = live.stream
            if stream not in held:
                continue
            state = state_of(stream)
            by_state[state] += 1
            incomplete += not live.complete
            age = None if live.last_at is None else now - live.last_at
            limit = self._watchdog.limit_of(live)
            if state not in (StreamState.HELD, StreamState.SENT):
                judged += 1
                fresh += state is StreamState.QUIET or (
                    state is StreamState.LIVE and (limit is None or (age or 0.0) <= limit)
                )
            if age is not None and state is not StreamState.QUIET:
                is_active = limit is not None or state in (StreamState.STALLED, StreamState.DOWN)
                share = age / (limit or self._watchdog.longest_limit) if is_active else 0.0
                overdue = (is_active and stream in urgent, share)
                if overdue > worst:
                    worst, oldest = overdue, live
        counts = StreamCounts(
            held=len(held),
            wanted=len(manager.wanted),
            sent=len(manager.sent),
            live=by_state[StreamState.LIVE],
            quiet=by_state[StreamState.QUIET],
            waiting=by_state[StreamState.HELD] + by_state[StreamState.SENT],
            stalled=by_state[StreamState.STALLED],
            down=by_state[StreamState.DOWN],
            incomplete=incomplete,
            fresh=fresh,
            judged=judged,
        )
        if oldest is None:
            return counts, None
        return counts, self._age_of(oldest, state_of(oldest.stream), now)

    def _states(self) -> Callable[[Stream], StreamState]:
        """Return what tells a stream's state, without asking the socket for each of them."""
        states, manager = self._feed.states, self._feed.manager
        if not self._feed.usable:
            return lambda _stream: StreamState.DOWN
        doubted = states.stalled | states.mistimed | states.quiet
        if self._feed.untrusted.quarantine.channels:
            return states.of

        def state_of(stream: Stream) -> StreamState:
            if stream not in doubted and manager.is_live(stream):
                return StreamState.LIVE
            return states.of(stream)

        return state_of

    def _urgent(self) -> set[object]:
        """Return the streams that charts and triggers hold."""
        manager = self._feed.manager
        return {
            stream
            for name, streams in manager.holders_by_urgency()
            if name.startswith(("chart", "trigger"))
            for stream in streams
        }

    def _age_of(self, live: LiveStream, state: StreamState, now: float) -> StreamAge:
        limit = self._watchdog.limit_of(live)
        usual = None if limit is None or live.gap_s is None else _USUAL_GAPS * live.gap_s
        age = None if live.last_at is None else now - live.last_at
        return StreamAge(live.stream, state, age, usual, limit)

    def _differing_for(self, now: float) -> float:
        """Return for how long the set asked for hasn't been the set wanted, while connected."""
        manager = self._feed.manager
        if manager.wanted == manager.sent or not self._feed.usable:
            self._differing_since = None
            return 0.0
        if self._differing_since is None:
            self._differing_since = now
        return now - self._differing_since

    def _messages(self, now: float) -> MessageBudgetUse:
        used_second, used_minute = self._feed.manager.messages_used(now)
        limits = self._limits
        return MessageBudgetUse(used_second, limits.per_second, used_minute, limits.per_minute)

    def _budgets(self, now: float) -> tuple[RequestBudget, ...]:
        return tuple(
            RequestBudget(
                name,
                budget.used(now),
                budget.per_second,
                budget.allowed(now),
                budget.remaining,
                budget.limited,
            )
            for name, budget in self._client.budgets.items()
        )

    def _guesses(self) -> GuessFigures:
        predictor = self._predictor
        standing = predictor.standing
        judged = list(predictor.by_market.items())[::-1]
        ranked = {market: rank for rank, market in enumerate(standing, 1)}
        order = [*standing, *(market for market, _ in judged if market not in ranked)]
        known = dict(judged)
        rows = []
        for market in order[:_GUESSES_SHOWN]:
            one = known.get(market)
            guesses, hits, saved = (one.guesses, one.hits, one.saved_ms) if one else (0, 0, 0.0)
            rows.append(GuessedMarket(market, guesses, hits, saved, ranked.get(market)))
        figures = predictor.figures
        return GuessFigures(
            made=figures.made,
            hits=figures.hits,
            wasted=figures.wasted,
            saved_ms=figures.saved_ms,
            recent_rate=predictor.recent_rate,
            judged=predictor.judged,
            is_off=predictor.is_off,
            by_market=tuple(rows),
        )

    def _newest_events(self) -> tuple[FeedEvent, ...]:
        monitor = self._feed.monitor
        fresh = min(monitor.happenings - self._events_seen, len(monitor.timeline))
        first = monitor.happenings - fresh
        for place in range(fresh):
            happening = monitor.timeline[len(monitor.timeline) - fresh + place]
            self._events.append(
                FeedEvent(first + place + 1, happening.at, happening.what, happening.facts)
            )
        self._events_seen = monitor.happenings
        return tuple(self._events)
