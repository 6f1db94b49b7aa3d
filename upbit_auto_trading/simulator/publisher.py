"""Sends what happens in the markets to whoever subscribed, when it happens."""

import asyncio
import heapq
from collections.abc import Mapping, Sequence
from typing import Protocol

from upbit_auto_trading.simulator.exchange_clock import ExchangeClock
from upbit_auto_trading.simulator.frame_maker import REALTIME, SNAPSHOT, Encoded, FrameMaker
from upbit_auto_trading.simulator.market_progress import MarketProgress
from upbit_auto_trading.simulator.market_source import MarketSource
from upbit_auto_trading.simulator.ws_frame import Frame
from upbit_auto_trading.simulator.ws_stream import CANDLE_TIMEFRAMES, Format, PublicStream

_LONGEST_SLEEP_S = 60.0
_BREATH_S = 0.005


class Subscriber(Protocol):
    """A connection frames are sent to."""

    @property
    def format(self) -> Format: ...
    def queue(self, frame: Frame) -> None: ...
    def flush(self) -> None: ...


class Publisher:
    """Keeps who wants which stream and publishes each event once per format.

    Only markets somebody watches cost anything. `run` sleeps until the next event of any of
    them; an event's frames go to each connection in one write.
    """

    def __init__(self, source: MarketSource, frames: FrameMaker, clock: ExchangeClock) -> None:
        self._source = source
        self._frames = frames
        self._clock = clock
        self._watchers: dict[PublicStream, dict[Subscriber, None]] = {}
        self._streams: dict[str, dict[PublicStream, None]] = {}
        self._progress: dict[str, MarketProgress] = {}
        self._due: list[tuple[int, int, MarketProgress]] = []
        self._scheduled = 0
        self._touched: dict[Subscriber, None] = {}
        self._woken = asyncio.Event()
        self.published = 0

    def snapshot(self, stream: PublicStream, subscriber: Subscriber) -> None:
        """Queue the stream's state as of the last event published for its market."""
        self._queue_state(stream, subscriber, SNAPSHOT)

    def state(self, stream: PublicStream, subscriber: Subscriber) -> None:
        """Queue the stream's state as if it had just changed."""
        self._queue_state(stream, subscriber, REALTIME)

    def watch(self, stream: PublicStream, subscriber: Subscriber) -> None:
        """Send the stream's events to the subscriber from now on."""
        self._watchers.setdefault(stream, {})[subscriber] = None
        self._streams.setdefault(stream.market, {})[stream] = None
        if stream.market not in self._progress:
            progress = MarketProgress(self._source, stream.market, self._clock.now_ms())
            self._progress[stream.market] = progress
            self._schedule(progress)
            self._woken.set()

    def unwatch(self, stream: PublicStream, subscriber: Subscriber) -> None:
        """Stop sending the stream's events to the subscriber. Harmless when repeated."""
        watchers = self._watchers.get(stream)
        if watchers is None:
            return
        watchers.pop(subscriber, None)
        if watchers:
            return
        del self._watchers[stream]
        streams = self._streams[stream.market]
        streams.pop(stream, None)
        if not streams:
            del self._streams[stream.market]
            del self._progress[stream.market]

    def watched(self) -> Mapping[PublicStream, Sequence[Subscriber]]:
        """Return every stream somebody watches, with its subscribers."""
        return {stream: tuple(watchers) for stream, watchers in self._watchers.items()}

    async def run(self) -> None:
        """Publish for ever."""
        while True:
            self._woken.clear()
            if self._publish_due():
                await asyncio.sleep(0)
                continue
            try:
                await asyncio.wait_for(self._woken.wait(), self._sleep_s())
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
        for stream in tuple(self._streams[progress.market]):
            formats = self._formats(stream)
            if stream.channel == "orderbook":
                if happened.book_changed:
                    book = self._frames.orderbook(stream, progress.seen_ms, REALTIME, formats)
                    self._fan_out(stream, book)
            elif stream.channel in CANDLE_TIMEFRAMES:
                if happened.candles_due:
                    self._publish_candles(progress, stream, formats)
            elif stream.channel == "trade":
                for trade in happened.prints:
                    self._fan_out(stream, self._frames.trade(trade, now_ms, REALTIME, formats))
            elif happened.prints:
                ticker = self._frames.state(stream, progress.seen_ms, now_ms, REALTIME, formats)
                self._fan_out(stream, ticker)
        if happened.candles_due:
            progress.candles_sent()

    def _publish_candles(
        self, progress: MarketProgress, stream: PublicStream, formats: Sequence[Format]
    ) -> None:
        for start_ms in progress.touched(CANDLE_TIMEFRAMES[stream.channel]):
            self._fan_out(
                stream,
                self._frames.candle(stream, start_ms, progress.seen_ms, REALTIME, formats),
            )

    def _formats(self, stream: PublicStream) -> Sequence[Format]:
        return tuple({subscriber.format for subscriber in self._watchers[stream]})

    def _fan_out(self, stream: PublicStream, frames: Encoded) -> None:
        if not frames:
            return
        self.published += 1
        for subscriber in self._watchers[stream]:
            subscriber.queue(frames[subscriber.format])
            self._touched[subscriber] = None

    def _flush(self) -> None:
        for subscriber in self._touched:
            subscriber.flush()
        self._touched.clear()

    def _queue_state(self, stream: PublicStream, subscriber: Subscriber, delivery: str) -> None:
        now_ms = self._clock.now_ms()
        progress = self._progress.get(stream.market)
        if progress is None:
            progress = MarketProgress(self._source, stream.market, now_ms)
        frames = self._frames.state(
            stream, progress.seen_ms, now_ms, delivery, (subscriber.format,)
        )
        for frame in frames.values():
            subscriber.queue(frame)

    def _schedule(self, progress: MarketProgress) -> None:
        self._scheduled += 1
        heapq.heappush(self._due, (progress.due_ms(), self._scheduled, progress))
