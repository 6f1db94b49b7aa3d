"""One watched market: how far it is published, who watches what, and each stream's last frame."""

from collections.abc import Sequence
from typing import Protocol

from upbit_auto_trading.simulator.market.market_progress import Happened, MarketProgress
from upbit_auto_trading.simulator.socket.frame_maker import REALTIME, SNAPSHOT, Encoded, FrameMaker
from upbit_auto_trading.simulator.socket.moved_states import TURNS, stamped
from upbit_auto_trading.simulator.socket.ws_frame import Frame
from upbit_auto_trading.simulator.wire.ws_stream import CANDLE_TIMEFRAMES, Format, PublicStream


class Subscriber(Protocol):
    """A connection frames are sent to. `backlog` counts bytes still on their way."""

    @property
    def format(self) -> Format: ...
    @property
    def backlog(self) -> int: ...
    def queue(self, frame: Frame) -> None: ...
    def flush(self) -> None: ...


class MarketDesk:
    """Keeps the frames of a market's streams until the next event makes them old."""

    def __init__(self, progress: MarketProgress, frames: FrameMaker) -> None:
        self.progress = progress
        self.watchers: dict[PublicStream, dict[Subscriber, None]] = {}
        self._frames = frames
        self._latest: dict[PublicStream, Encoded] = {}
        self._moved: dict[tuple[PublicStream, int], Encoded] = {}
        self._turn = 0
        self.due_ms = 0

    def state(self, stream: PublicStream, delivery: str, formats: Sequence[Format]) -> Encoded:
        """Return the stream's state as of the last event published, encoded at most once."""
        latest = self._latest.get(stream)
        if latest is None or any(wire_format not in latest for wire_format in formats):
            seen_ms = self.progress.seen_ms
            latest = self._frames.state(stream, seen_ms, REALTIME, formats)
            self._latest[stream] = latest
        if delivery == REALTIME:
            return latest
        return {name: frame.as_delivery(SNAPSHOT) for name, frame in latest.items()}

    def moved(self, stream: PublicStream, formats: Sequence[Format], now_ms: int) -> Encoded:
        """Return the stream's state moved a little and sent now, so that it is news.

        Its time stays before that of the market's next event, whose frames are then no older.
        """
        self._turn = self._turn % TURNS + 1
        key = (stream, self._turn)
        moved = self._moved.get(key)
        if moved is None or any(wire_format not in moved for wire_format in formats):
            seen_ms = self.progress.seen_ms
            moved = self._frames.state(stream, seen_ms, REALTIME, formats, self._turn)
            self._moved[key] = moved
        sent_ms = min(now_ms, self.due_ms - 1)
        if stream.channel == "orderbook":
            sent_ms -= self.progress.lag_ms
        return {name: stamped(frame, sent_ms) for name, frame in moved.items()}

    def forget(self) -> None:
        """Forget every frame made."""
        self._latest.clear()
        self._moved.clear()

    def advance(self, now_ms: int) -> Happened:
        """Take what happened until `now_ms` and forget the frames it made old."""
        happened = self.progress.advance(now_ms)
        if happened.prints:
            self.forget()
        elif happened.book_changed:
            for stream in [one for one in self._latest if one.channel == "orderbook"]:
                del self._latest[stream]
            for key in [one for one in self._moved if one[0].channel == "orderbook"]:
                del self._moved[key]
        return happened

    def due(
        self, stream: PublicStream, happened: Happened, formats: Sequence[Format]
    ) -> Sequence[Encoded]:
        """Return the frames that what happened brings for one stream."""
        if stream.channel == "trade":
            make = self._frames.trade
            return [make(trade, REALTIME, formats) for trade in happened.prints]
        if stream.channel in CANDLE_TIMEFRAMES:
            if not happened.candles_due:
                return ()
            starts = self.progress.touched(CANDLE_TIMEFRAMES[stream.channel])
            seen_ms = self.progress.seen_ms
            make_candle = self._frames.candle
            return [make_candle(stream, start, seen_ms, REALTIME, formats) for start in starts]
        changed = happened.book_changed if stream.channel == "orderbook" else happened.prints
        return [self.state(stream, REALTIME, formats)] if changed else ()

    def formats(self, stream: PublicStream) -> Sequence[Format]:
        """Return the formats the stream is watched in."""
        watchers = self.watchers[stream]
        if len(watchers) == 1:
            return (next(iter(watchers)).format,)
        return tuple({subscriber.format for subscriber in watchers})
