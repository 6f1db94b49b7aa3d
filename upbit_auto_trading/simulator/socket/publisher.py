"""Sends what happens in the markets to whoever subscribed, when it happens."""

import asyncio
import heapq
from collections import Counter, deque
from collections.abc import Collection
from typing import Final

from upbit_auto_trading.simulator.exchange_clock import ExchangeClock
from upbit_auto_trading.simulator.market.market_progress import LONGEST_CATCH_UP_MS, MarketProgress
from upbit_auto_trading.simulator.market.market_source import MarketSource
from upbit_auto_trading.simulator.socket.frame_maker import Encoded, FrameMaker
from upbit_auto_trading.simulator.socket.market_desk import MarketDesk, Subscriber
from upbit_auto_trading.simulator.wire.ws_stream import PublicStream

_LONGEST_SLEEP_S: Final = 60.0
_BREATH_S: Final = 0.003
_FAR_BEHIND_BYTES: Final = 4 * 1024 * 1024
_LONGEST_STOP_MS: Final = 10_000


class Publisher:
    """Keeps who wants which stream and publishes each event once per format.

    Only markets somebody watches cost anything. `run` sleeps until the next event of any of
    them; an event's frames go to each connection in one write. Without `sends_states` only
    trades are sent as they happen, the other streams by `repeat` alone.
    """

    def __init__(
        self,
        source: MarketSource,
        frames: FrameMaker,
        clock: ExchangeClock,
        *,
        sends_states: bool = True,
    ) -> None:
        self._source = source
        self._frames = frames
        self._clock = clock
        self._sends_states = sends_states
        # A thousand times as fast, ten minutes pass while a busy machine gets to a market again.
        self._catch_up_ms = max(LONGEST_CATCH_UP_MS, int(_LONGEST_STOP_MS * clock.speed))
        self._desks: dict[str, MarketDesk] = {}
        self._due: list[tuple[int, int, MarketDesk]] = []
        self._scheduled = 0
        self._subscribers: Counter[Subscriber] = Counter()
        self._round: deque[PublicStream] = deque()
        self._touched: dict[Subscriber, None] = {}
        self._woken = asyncio.Event()
        self.events = 0

    def send_state(self, stream: PublicStream, subscriber: Subscriber, delivery: str) -> None:
        """Queue the stream's state as of the last event published for its market."""
        desk = self._desk(stream.market)
        for frame in desk.state(stream, delivery, (subscriber.format,)).values():
            subscriber.queue(frame)

    def send_stale_candle(self, stream: PublicStream, subscriber: Subscriber) -> None:
        """Queue the candle before the newest as a snapshot."""
        seen_ms = self._desk(stream.market).progress.seen_ms
        formats = (subscriber.format,)
        for frame in self._frames.previous_candle(stream, seen_ms, formats).values():
            subscriber.queue(frame)

    def watch(self, stream: PublicStream, subscriber: Subscriber) -> None:
        """Send the stream's events to the subscriber from now on."""
        self._desk(stream.market).watchers.setdefault(stream, {})[subscriber] = None
        self._subscribers[subscriber] += 1

    def unwatch(self, stream: PublicStream, subscriber: Subscriber) -> None:
        """Stop sending the stream's events to the subscriber. Harmless when repeated."""
        desk = self._desks.get(stream.market)
        watchers = {} if desk is None else desk.watchers.get(stream, {})
        if desk is None or subscriber not in watchers:
            return
        del watchers[subscriber]
        if not watchers:
            del desk.watchers[stream]
        self._subscribers[subscriber] -= 1
        if not self._subscribers[subscriber]:
            del self._subscribers[subscriber]

    def repeat(self, count: int) -> None:
        """Send current states of `count` streams, going round all but the trades evenly.

        Each is moved a little (`moved_states`), or clients would drop it as known.
        Connections that are far behind are left out: they would only fall back further.
        """
        now_ms = self._clock.now_ms()
        behind = {s for s in self._subscribers if s.backlog > _FAR_BEHIND_BYTES}
        for _ in range(count):
            if not self._round:
                self._round.extend(
                    stream
                    for desk in self._desks.values()
                    for stream in desk.watchers
                    if stream.channel != "trade"
                )
                if not self._round:
                    return
            stream = self._round.popleft()
            desk = self._desks.get(stream.market)
            if desk is not None and stream in desk.watchers:
                frames = desk.moved(stream, desk.formats(stream), now_ms)
                self._fan_out(desk.watchers[stream], frames, behind)
        self._flush()

    def start_afresh(self) -> None:
        """Forget frames and plans: the market isn't what it was when they were made."""
        desks = [desk for _, _, desk in self._due]
        self._due.clear()
        for desk in desks:
            desk.forget()
            self._schedule(desk)
        self._woken.set()

    async def run(self) -> None:
        """Publish for ever."""
        while True:
            self._woken.clear()
            if self._publish_due():
                await asyncio.sleep(0)
                continue
            try:
                async with asyncio.timeout(self._sleep_s()):
                    await self._woken.wait()
            except TimeoutError:
                continue

    def _sleep_s(self) -> float:
        if not self._due:
            return _LONGEST_SLEEP_S
        return min(self._clock.seconds_until(self._due[0][0]), _LONGEST_SLEEP_S)

    def _publish_due(self) -> bool:
        """Publish every market that is due; return whether time ran out before the end."""
        loop = asyncio.get_running_loop()
        stop_s = loop.time() + _BREATH_S
        due = self._due
        more = False
        while due and due[0][0] <= self._clock.now_ms():
            desk = heapq.heappop(due)[2]
            if desk.watchers:
                self._publish(desk)
                self._schedule(desk)
            else:
                del self._desks[desk.progress.market]
            if loop.time() > stop_s:
                more = True
                break
        self._flush()
        return more

    def _publish(self, desk: MarketDesk) -> None:
        happened = desk.advance(self._clock.now_ms())
        if self._frames.is_listed(desk.progress.market):
            for stream, watchers in desk.watchers.items():
                if self._sends_states or stream.channel == "trade":
                    for frames in desk.due(stream, happened, desk.formats(stream)):
                        self.events += 1
                        self._fan_out(watchers, frames)
        if happened.candles_due:
            desk.progress.candles_sent()

    def _fan_out(
        self,
        watchers: Collection[Subscriber],
        frames: Encoded,
        behind: Collection[Subscriber] = (),
    ) -> None:
        if not frames:
            return
        touched = self._touched
        for subscriber in watchers:
            if subscriber not in behind:
                subscriber.queue(frames[subscriber.format])
                touched[subscriber] = None

    def _flush(self) -> None:
        for subscriber in self._touched:
            subscriber.flush()
        self._touched.clear()

    def _desk(self, market: str) -> MarketDesk:
        """Return the market's desk; one that nobody watches is closed at its next event."""
        desk = self._desks.get(market)
        if desk is None:
            now_ms = self._clock.now_ms()
            progress = MarketProgress(self._source, market, now_ms, self._catch_up_ms)
            desk = self._desks[market] = MarketDesk(progress, self._frames)
            self._schedule(desk)
            self._woken.set()
        return desk

    def _schedule(self, desk: MarketDesk) -> None:
        self._scheduled += 1
        desk.due_ms = desk.progress.due_ms()
        heapq.heappush(self._due, (desk.due_ms, self._scheduled, desk))
