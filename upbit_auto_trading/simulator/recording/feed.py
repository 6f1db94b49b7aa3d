"""The public endpoint of a replay: recorded frames go out as they came in, in their order."""

import asyncio
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from upbit_auto_trading.simulator.exchange_clock import ExchangeClock
from upbit_auto_trading.simulator.recording.session import (
    RECORDED_TYPES,
    RecordedFrame,
    RecordedSession,
)
from upbit_auto_trading.simulator.socket.frame_maker import REALTIME, SNAPSHOT
from upbit_auto_trading.simulator.socket.public_feed import PublicFeed
from upbit_auto_trading.simulator.socket.ws_feed import FeedSession
from upbit_auto_trading.simulator.socket.ws_frame import Frame
from upbit_auto_trading.simulator.socket.ws_request import Subscribe, TypeEntry, public_wants
from upbit_auto_trading.simulator.wire.simple_keys import respelled
from upbit_auto_trading.simulator.wire.ws_encode import envelope
from upbit_auto_trading.simulator.wire.ws_stream import FULL_DEPTH, Format, PublicStream, Want

_MOST_AT_ONCE: Final = 500
_DELIVERIES: Final = (f'"stream_type":"{REALTIME}"', f'"stream_type":"{SNAPSHOT}"')


@dataclass(frozen=True, slots=True)
class Replay:
    """A session that is played; `begin` lets its time run once somebody has subscribed."""

    session: RecordedSession
    begin: Callable[[], object]


class ReplayFeed:
    """One connection's recorded streams; what wasn't recorded as such comes from `made`.

    Whole books and trades are the recorded frames themselves, in another format if it is asked
    for. Every connection is at the same moment of the session.
    """

    def __init__(
        self, session: FeedSession, replay: Replay, clock: ExchangeClock, made: PublicFeed
    ) -> None:
        self._session = session
        self._replay = replay
        self._frames = replay.session.frames
        self._moments = [frame.moment_ms for frame in self._frames]
        self._clock = clock
        self._made = made
        self._wants: dict[tuple[str, str], Want] = {}
        self._next = 0
        self._timer: asyncio.TimerHandle | None = None

    def replace(self, request: Subscribe) -> None:
        self.close()
        recorded = [entry for entry in request.entries if _is_recorded(entry)]
        made = [entry for entry in request.entries if not _is_recorded(entry)]
        self._wants = {
            (want.stream.channel, want.stream.market): want for want in public_wants(recorded)
        }
        self._next = bisect_left(self._moments, self._clock.now_ms())
        self._replay.begin()
        self._send_snapshots()
        self._made.replace(replace(request, entries=tuple(made)))
        self._play()

    def describe(self) -> Sequence[dict[str, Any]]:
        groups: dict[str, dict[str, Any]] = {}
        for channel, market in self._wants:
            group = groups.setdefault(channel, {"type": channel, "codes": []})
            if channel == "orderbook":
                group["level"] = 0
            group["codes"].append(market)
        return [*groups.values(), *self._made.describe()]

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._wants = {}
        self._made.close()

    def _send_snapshots(self) -> None:
        newest: dict[tuple[str, str], RecordedFrame] = {}
        for frame in self._frames[: self._next]:
            newest[frame.type, frame.market] = frame
        for stream, want in self._wants.items():
            if want.snapshot and stream in newest:
                self._queue(newest[stream], SNAPSHOT)
        self._session.flush()

    def _play(self) -> None:
        """Send what is due, then wait for the next frame of the session."""
        self._timer = None
        if not self._session.is_open:
            return
        now_ms = self._clock.now_ms()
        sent = 0
        while self._next < len(self._frames) and sent < _MOST_AT_ONCE:
            frame = self._frames[self._next]
            if frame.moment_ms > now_ms:
                break
            self._next += 1
            want = self._wants.get((frame.type, frame.market))
            if want is not None and want.realtime:
                self._queue(frame, REALTIME)
                sent += 1
        self._session.flush()
        if self._next < len(self._frames):
            seconds = self._clock.seconds_until(self._moments[self._next])
            self._timer = asyncio.get_running_loop().call_later(seconds, self._play)

    def _queue(self, frame: RecordedFrame, delivery: str) -> None:
        wire_format = self._session.format
        payload = envelope(_spelled(frame, delivery, wire_format), wire_format)
        self._session.queue(Frame(payload, frame.type, frame.market, frame.key, delivery))


def _is_recorded(entry: TypeEntry) -> bool:
    """Whether recorded frames serve it: not one of another depth or grouping."""
    if entry.type not in RECORDED_TYPES:
        return False
    streams: Sequence[PublicStream] = [want.stream for want in public_wants([entry])]
    return all(s.depth in (0, FULL_DEPTH) and not s.level for s in streams)


def _spelled(frame: RecordedFrame, delivery: str, wire_format: Format) -> str:
    text = frame.text
    for told in _DELIVERIES:
        text = text.replace(told, f'"stream_type":"{delivery}"')
    return respelled(text, frame.type) if wire_format.is_simple else text
