"""Watches the feed and acts: silent streams are probed, asked again, and only then reconnected."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.domain.failure import NoDataInTimeError, NotConnectedError
from upbit_auto_trading.infrastructure.market_data_backbone.silence_probe import (
    MISSED,
    STALLED,
    UNANSWERED,
    SilenceProbe,
)
from upbit_auto_trading.infrastructure.market_data_backbone.stream_watchdog import StreamWatchdog
from upbit_auto_trading.infrastructure.market_data_backbone.volume_audit import VolumeAudit
from upbit_auto_trading.infrastructure.upbit.reconnect import LossCause
from upbit_auto_trading.infrastructure.upbit.subscribe_message import list_subscriptions_text
from upbit_auto_trading.tasks import TaskOwner

if TYPE_CHECKING:
    from collections.abc import Iterable

    from upbit_auto_trading.domain.stream import Stream
    from upbit_auto_trading.infrastructure.market_data_backbone.live_feed import LiveFeed
    from upbit_auto_trading.infrastructure.market_data_backbone.policy import Policy
    from upbit_auto_trading.infrastructure.upbit.rest_client import UpbitRestClient

_MESSAGES_KEPT: Final = 40
_RELIST_MOST: Final = 4


@dataclass(frozen=True, slots=True)
class ListingCheck:
    """What Upbit was asked for and what it lists, in streams, and whether they are the same."""

    sent: int
    listed: int
    agrees: bool


class FeedSupervisor:
    """Looks at everything four times a second.

    The ladder for streams that should deliver and don't: ask again on the same socket, then,
    when most are affected, a new socket; meanwhile they count as stalled and REST answers for
    them. Each step waits twice as long as the one before until something arrives again.
    """

    def __init__(self, feed: LiveFeed, client: UpbitRestClient, policy: Policy) -> None:
        self._feed = feed
        self._clock = policy.clock
        self._timings = policy.timings
        self.watchdog = self._watchdog = StreamWatchdog(policy.timings)
        self._probe = SilenceProbe(feed, client, policy, self._watchdog, self._stalled)
        self.volumes = VolumeAudit(feed, policy)
        self._tasks = TaskOwner("supervisor")
        self._next_step_at = float("-inf")
        self._next_list_at = float("-inf")
        self._checks: list[asyncio.Future[ListingCheck]] = []
        self._next_search_at = float("-inf")
        self._next_stray_at = float("-inf")
        self._strays = 0
        self._waiting = 0
        self._filled_at = float("-inf")
        self._step_wait = policy.timings.stall_lowest
        self._listed_at = float("-inf")
        self._relist_wait = policy.timings.stall_lowest / 2

    def start(self) -> None:
        """Begin to watch."""
        self._feed.on_listed = self._listed
        self._tasks.start(self._watch(), "watch")

    async def close(self) -> None:
        """Stop watching. Harmless when repeated."""
        await self._tasks.close()
        await self._probe.close()

    async def _watch(self) -> None:
        step = self._timings.watch_interval
        while True:
            before = self._clock.monotonic()
            await asyncio.sleep(step)
            now = self._clock.monotonic()
            self._feed.monitor.loop_lag.add(max(0.0, now - before - step) * 1000)
            self._feed.monitor.sample(now)
            self._feed.exchange_time.roll(now)
            self._feed.swaps.expire(now)
            if self._feed.usable:
                self._recovered(now)
                if not self._is_filling(now):
                    self._look_after_unanswered(now)
                self._look_after_streams(now)
                self._look_after_strays(now)
                self._look_after_listing(now)
                self._look_for_losses(now)
                self.volumes.look(now)
                self._feed.renew_connection()
                self._feed.sender.tries(self._feed.untrusted.end_quarantines())

    def _recovered(self, now: float) -> None:
        """Take streams that send again out of the lists of the silent ones."""
        feed = self._feed
        for stream in tuple(feed.stalled | feed.quiet):
            live = feed.store.get(stream)
            last_at = None if live is None else live.last_at
            if live is None or (last_at is not None and last_at > now - self._span()):
                self._watchdog.delivered(stream)
                feed.quiet.discard(stream)
                if stream in feed.stalled:
                    feed.stalled.discard(stream)
                    feed.repair.begin(stream, urgent=False)
                    feed.monitor.happened(self._clock.wall(), "recovered", stream=str(stream))
        if not feed.stalled:
            self._step_wait = self._timings.stall_lowest

    def _is_filling(self, now: float) -> bool:
        """Whether first frames still come in: a slow exchange isn't a silent one.

        Asking again, or a new connection, would only make it begin from the start.
        """
        waiting = len(self._feed.manager.silent_streams)
        if waiting < self._waiting:
            self._filled_at = now
        self._waiting = waiting
        return waiting > 0 and now - self._filled_at < self._timings.first_frame_timeout

    def _look_after_unanswered(self, now: float) -> None:
        """After a request: ask again once; what stays silent is left to one REST probe."""
        feed = self._feed
        silent = feed.manager.silent(now)
        if any(repeats == 0 for repeats in silent.values()):
            feed.monitor.degraded("request_unanswered", self._late_by(silent, now))
            feed.ask_again()
        elif doubtful := silent.keys() - feed.quiet:
            self._ask_what_is_subscribed(now)
            if unproven := doubtful - feed.stalled:
                self._probe.begin(unproven, UNANSWERED)

    async def check_listing(self, patience_s: float) -> ListingCheck:
        """Let Upbit list the subscription now; return how it compares with what was sent.

        Raises:
            NotConnectedError: there is nothing to ask over.
            NoDataInTimeError: no answer within `patience_s`, waits for a message included.
        """
        manager = self._feed.manager
        answered: asyncio.Future[ListingCheck] = asyncio.get_running_loop().create_future()
        self._checks.append(answered)
        try:
            async with asyncio.timeout(patience_s):
                now = self._clock.monotonic()
                await asyncio.sleep(max(0.0, manager.message_ready_at(now) - now))
                manager.spend_message(self._clock.monotonic())
                await self._feed.socket.send(list_subscriptions_text(uuid.uuid4().hex))
                return await answered
        except TimeoutError:
            raise NoDataInTimeError("the list of the subscription", patience_s) from None
        finally:
            self._checks.remove(answered)

    def _ask_what_is_subscribed(self, now: float) -> None:
        """Let Upbit list the subscription, seldom and only with messages to spare."""
        manager = self._feed.manager
        if (
            now < self._next_list_at
            or manager.messages_left(now) < _MESSAGES_KEPT
            or manager.message_ready_at(now) > now
        ):
            return
        self._next_list_at = now + self._timings.list_interval
        manager.spend_message(now)
        text = list_subscriptions_text(uuid.uuid4().hex)
        self._tasks.start(self._send(text), "list subscriptions")

    async def _send(self, text: str) -> None:
        with contextlib.suppress(NotConnectedError):
            await self._feed.socket.send(text)

    def _look_after_listing(self, now: float) -> None:
        """A list that differed is asked for again once what followed it had time to arrive."""
        if (
            self._feed.monitor.listing_agreed is False
            and now - self._feed.manager.requested_at > self._timings.first_frame_timeout
            and now - self._listed_at > self._relist_wait
        ):
            self._next_list_at = now
            self._ask_what_is_subscribed(now)

    def _listed(self, streams: frozenset[Stream]) -> None:
        """Compare what Upbit sends with what it was asked for."""
        sent = self._feed.manager.sent
        monitor = self._feed.monitor
        monitor.listed_at, monitor.listing_agreed = self._clock.wall(), streams == sent
        for waiting in self._checks:
            if not waiting.done():
                waiting.set_result(ListingCheck(len(sent), len(streams), agrees=streams == sent))
        self._listed_at = self._clock.monotonic()
        if streams == sent:
            self._relist_wait = self._timings.stall_lowest / 2
        else:
            most = _RELIST_MOST * self._timings.stall_lowest
            self._relist_wait = min(2 * self._relist_wait, most)
            self._feed.monitor.happened(
                self._clock.wall(),
                "subscription_differs",
                missing=sorted(map(str, sent - streams)),
                excess=sorted(map(str, streams - sent)),
            )
            self._feed.ask_again()

    def _look_after_streams(self, now: float) -> None:
        """In the stream: active ones by their own rhythm, quiet ones by what REST knows."""
        feed = self._feed
        live = [one for one in feed.store if feed.manager.is_live(one.stream)]
        if suspects := self._watchdog.suspicious(live, now) - feed.stalled:
            self._probe.begin(suspects, STALLED)
        elif feed.stalled and now >= self._next_step_at and not self._is_filling(now):
            self._escalate(now)
        elif live and self._watchdog.sweep_due(now):
            self._probe.begin({one.stream for one in live}, MISSED)

    def _look_after_strays(self, now: float) -> None:
        """Frames nobody asked for, or not in that format: the request wasn't taken as sent."""
        feed = self._feed
        intake = feed.monitor.intake
        before, self._strays = self._strays, intake.unheld + intake.other_format
        if self._strays == before:
            return
        if (
            now >= self._next_stray_at
            and now - feed.manager.requested_at > self._timings.first_frame_timeout
            and not feed.sockets.is_handing_over
        ):
            self._next_stray_at = now + self._timings.stall_lowest
            feed.monitor.degraded("subscription_differs", 0.0)
            feed.ask_again()

    def _look_for_losses(self, now: float) -> None:
        """Frames that couldn't be read nor named: any trade or candle may be missing."""
        feed = self._feed
        if not feed.untrusted.all_suspected or now < self._next_search_at:
            return
        feed.untrusted.all_suspected = False
        self._next_search_at = now + self._timings.stall_lowest
        feed.untrusted.suspect(live.stream for live in feed.store)

    def _escalate(self, now: float) -> None:
        """Asking again didn't help; when most streams are affected, it is the connection."""
        feed = self._feed
        self._step(now)
        if 2 * len(feed.stalled) >= len(feed.manager.sent):
            feed.socket.drop(LossCause.DATA_STALLED)
        else:
            feed.ask_again()

    def _step(self, now: float) -> None:
        self._next_step_at = now + self._step_wait
        self._step_wait = min(2 * self._step_wait, self._timings.stall_highest)

    def _stalled(self, behind: frozenset[Stream], why: str, started: float) -> None:
        """Hold `behind` for stalled and ask for everything once more."""
        feed, now = self._feed, self._clock.monotonic()
        feed.stalled |= behind
        feed.quiet -= behind
        feed.untrusted.suspect(behind)
        feed.monitor.degraded(f"streams_{why}", now - started)
        feed.monitor.happened(
            self._clock.wall(), "streams_stalled", why=why, streams=sorted(map(str, behind))
        )
        self._step(now)
        feed.ask_again()

    def _late_by(self, silent: Iterable[Stream], now: float) -> float:
        """Return how long ago the most overdue of `silent` should have delivered."""
        sent = [at for s in silent if (at := self._feed.manager.sent_at(s)) is not None]
        return max(0.0, now - min(sent) - self._timings.first_frame_timeout) if sent else 0.0

    def _span(self) -> float:
        """Return how recent an arrival must be to count as sending again."""
        return 2 * self._timings.watch_interval
