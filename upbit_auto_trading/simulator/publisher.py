"""Sends what happens in the markets to whoever subscribed, when it happens."""

import asyncio
import heapq
from collections import Counter, deque
from collections.abc import Collection, Mapping, Sequence
from typing import Final, Protocol

from upbit_auto_trading.simulator.exchange_clock import ExchangeClock
from upbit_auto_trading.simulator.frame_maker import REALTIME, Encoded, FrameMaker
from upbit_auto_trading.simulator.market_progress import (
    Happened,
    MarketProgress,
    publish_lag_ms,
)
from upbit_auto_trading.simulator.market_source import MarketSource
from upbit_auto_trading.simulator.ws_frame import Frame
from upbit_auto_trading.simulator.ws_stream import CANDLE_TIMEFRAMES, Format, PublicStream

_LONGEST_SLEEP_S: Final = 60.0
_BREATH_S: Final = 0.005
_FAR_BEHIND_BYTES: Final = 4 * 1024 * 1024


class Subscriber(Protocol):
    """A connection frames are sent to. `backlog` counts bytes still on their way."""

    @property
    def format(self) -> Format: ...
    @property
    def backlog(self) -> int: ...
    def queue(self, frame: Frame) -> None: ...
    def flush(self) -> None: ...


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
        self._watchers: dict[PublicStream, dict[Subscriber, None]] = {}
        self._subscribers: Counter[Subscriber] = Counter()
        self._streams: dict[str, dict[PublicStream, None]] = {}
        self._progress: dict[str, MarketProgress] = {}
        self._due: list[tuple[int, int, MarketProgress]] = []
        self._scheduled = 0
        self._latest: dict[PublicStream, Encoded] = {}
        self._round: deque[PublicStream] = deque()
        self._touched: dict[Subscriber, None] = {}
        self._woken = asyncio.Event()
        self.published = 0
        self.repeated = 0

    def send_state(self, stream: PublicStream, subscriber: Subscriber, delivery: str) -> None:
        """Queue the stream's state as of the last event published for its market."""
        now_ms = self._clock.now_ms()
        seen_ms = self._seen_ms(stream.market, now_ms)
        formats = (subscriber.format,)
        for frame in self._frames.state(stream, seen_ms, now_ms, delivery, formats).values():
            subscriber.queue(frame)

    def send_stale_candle(self, stream: PublicStream, subscriber: Subscriber) -> None:
        """Queue the candle before the newest as a snapshot."""
        seen_ms = self._seen_ms(stream.market, self._clock.now_ms())
        formats = (subscriber.format,)
        for frame in self._frames.previous_candle(stream, seen_ms, formats).values():
            subscriber.queue(frame)

    def watch(self, stream: PublicStream, subscriber: Subscriber) -> None:
        """Send the stream's events to the subscriber from now on."""
        self._watchers.setdefault(stream, {})[subscriber] = None
        self._subscribers[subscriber] += 1
        self._streams.setdefault(stream.market, {})[stream] = None
        if stream.market not in self._progress:
            progress = MarketProgress(self._source, stream.market, self._clock.now_ms())
            self._progress[stream.market] = progress
            self._schedule(progress)
            self._woken.set()

    def unwatch(self, stream: PublicStream, subscriber: Subscriber) -> None:
        """Stop sending the stream's events to the subscriber. Harmless when repeated."""
        watchers = self._watchers.get(stream, {})
        if subscriber not in watchers:
            return
        del watchers[subscriber]
        self._subscribers[subscriber] -= 1
        if not self._subscribers[subscriber]:
            del self._subscribers[subscriber]
        if watchers:
            return
        del self._watchers[stream]
        self._latest.pop(stream, None)
        streams = self._streams[stream.market]
        del streams[stream]
        if not streams:
            del self._streams[stream.market]
            del self._progress[stream.market]

    def watched(self) -> Mapping[PublicStream, Sequence[Subscriber]]:
        """Return every stream somebody watches, with its subscribers."""
        return {stream: tuple(watchers) for stream, watchers in self._watchers.items()}

    def repeat(self, count: int) -> None:
        """Send current states of `count` streams, going round all but the trades evenly.

        Connections that are far behind are left out: they would only fall back further.
        """
        behind = {s for s in self._subscribers if s.backlog > _FAR_BEHIND_BYTES}
        for _ in range(count):
            if not self._round:
                self._round.extend(s for s in self._watchers if s.channel != "trade")
                if not self._round:
                    return
            stream = self._round.popleft()
            if stream in self._watchers:
                self._fan_out(stream, self._current(stream), behind)
        self.repeated += count
        self._flush()

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
            progress = heapq.heappop(due)[2]
            if self._progress.get(progress.market) is progress:
                self._publish(progress)
                self._schedule(progress)
            if loop.time() > stop_s:
                more = True
                break
        self._flush()
        return more

    def _publish(self, progress: MarketProgress) -> None:
        now_ms = self._clock.now_ms()
        happened = progress.advance(now_ms)
        if self._frames.is_listed(progress.market):
            for stream in tuple(self._streams[progress.market]):
                if stream.channel == "trade":
                    formats = self._formats(stream)
                    for trade in happened.prints:
                        frames = self._frames.trade(trade, now_ms, REALTIME, formats)
                        self._fan_out(stream, frames)
                elif self._sends_states:
                    self._publish_state(stream, progress, happened, now_ms)
                elif happened.prints or happened.book_changed:
                    self._latest.pop(stream, None)
        if happened.candles_due:
            progress.candles_sent()

    def _publish_state(
        self, stream: PublicStream, progress: MarketProgress, happened: Happened, now_ms: int
    ) -> None:
        if stream.channel in CANDLE_TIMEFRAMES:
            if happened.candles_due:
                self._publish_candles(progress, stream, self._formats(stream))
        elif happened.book_changed if stream.channel == "orderbook" else happened.prints:
            formats = self._formats(stream)
            frames = self._frames.state(stream, progress.seen_ms, now_ms, REALTIME, formats)
            self._fan_out(stream, frames)

    def _publish_candles(
        self, progress: MarketProgress, stream: PublicStream, formats: Sequence[Format]
    ) -> None:
        for start_ms in progress.touched(CANDLE_TIMEFRAMES[stream.channel]):
            seen_ms = progress.seen_ms
            frames = self._frames.candle(stream, start_ms, seen_ms, REALTIME, formats)
            self._fan_out(stream, frames)

    def _current(self, stream: PublicStream) -> Encoded:
        latest = self._latest.get(stream)
        formats = self._formats(stream)
        if latest is None or any(wire_format not in latest for wire_format in formats):
            now_ms = self._clock.now_ms()
            seen_ms = self._seen_ms(stream.market, now_ms)
            latest = self._frames.state(stream, seen_ms, now_ms, REALTIME, formats)
        return latest

    def _formats(self, stream: PublicStream) -> Sequence[Format]:
        watchers = self._watchers[stream]
        if len(watchers) == 1:
            return (next(iter(watchers)).format,)
        return tuple({subscriber.format for subscriber in watchers})

    def _fan_out(
        self, stream: PublicStream, frames: Encoded, behind: Collection[Subscriber] = ()
    ) -> None:
        if not frames:
            return
        self.published += 1
        self._latest[stream] = frames
        touched = self._touched
        for subscriber in self._watchers[stream]:
            if subscriber not in behind:
                subscriber.queue(frames[subscriber.format])
                touched[subscriber] = None

    def _flush(self) -> None:
        for subscriber in self._touched:
            subscriber.flush()
        self._touched.clear()

    def _seen_ms(self, market: str, now_ms: int) -> int:
        """Return the last moment whose events the market's subscribers have seen."""
        progress = self._progress.get(market)
        return now_ms - publish_lag_ms(market) if progress is None else progress.seen_ms

    def _schedule(self, progress: MarketProgress) -> None:
        self._scheduled += 1
        heapq.heappush(self._due, (progress.due_ms(), self._scheduled, progress))
