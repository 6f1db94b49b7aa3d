"""The info endpoint's subscription of one connection: indicator frames after candles close."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Any, Final, Protocol

from upbit_auto_trading.simulator.socket.indicator_request import Combination, read_indicators
from upbit_auto_trading.simulator.socket.indicator_stream import CLOSE_DELAY_MS, IndicatorStreams
from upbit_auto_trading.simulator.socket.private_feed import encoded
from upbit_auto_trading.simulator.socket.ws_feed import FeedSession
from upbit_auto_trading.simulator.socket.ws_frame import Frame
from upbit_auto_trading.simulator.socket.ws_request import Subscribe

_BREATH_S: Final = 0.005


class RunningClock(Protocol):
    """The exchange's time inside the running server."""

    def now_ms(self) -> int: ...
    def seconds_until(self, exchange_ms: int) -> float: ...


class InfoFeed:
    """Waits for the next close of the timeframes asked for, then sends what it brought.

    Nothing is sent for candles that closed before the subscription.
    """

    def __init__(
        self, session: FeedSession, streams: IndicatorStreams, clock: RunningClock
    ) -> None:
        self._session = session
        self._streams = streams
        self._clock = clock
        self._combinations: tuple[Combination, ...] = ()
        self._listed: tuple[dict[str, Any], ...] = ()
        self._pending: deque[Combination] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def replace(self, request: Subscribe) -> None:
        wanted = read_indicators([entry.fields for entry in request.entries])
        self.close()
        self._combinations, self._listed = wanted.combinations, wanted.listed
        self._wait(self._clock.now_ms())

    def describe(self) -> Sequence[dict[str, Any]]:
        return self._listed

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._pending.clear()
        self._combinations = ()
        self._listed = ()

    def _wait(self, after_ms: int) -> None:
        closed_ms = self._streams.next_close_ms(self._combinations, after_ms)
        if closed_ms is not None:
            seconds = self._clock.seconds_until(closed_ms + CLOSE_DELAY_MS)
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(seconds, self._send, closed_ms)

    def _send(self, closed_ms: int) -> None:
        self._pending.extend(self._combinations)
        self._send_some(closed_ms)

    def _send_some(self, closed_ms: int) -> None:
        """Make frames for a few milliseconds, then let other connections have their turn."""
        loop = asyncio.get_running_loop()
        stop_s = loop.time() + _BREATH_S
        now_ms = max(self._clock.now_ms(), closed_ms + CLOSE_DELAY_MS)
        while self._pending and loop.time() < stop_s:
            frame = self._streams.frame(self._pending.popleft(), closed_ms, now_ms)
            if frame is not None:
                payload = encoded(frame, self._session.format)
                key = f"{frame['indicator']}:{frame['candle_date_time_utc']}"
                self._session.queue(Frame(payload, frame["type"], frame["code"], key, "REALTIME"))
        self._session.flush()
        if self._pending:
            self._timer = loop.call_later(0, self._send_some, closed_ms)
        else:
            self._wait(closed_ms)
