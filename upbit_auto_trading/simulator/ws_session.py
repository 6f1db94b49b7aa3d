"""One WebSocket connection: takes requests in, keeps the protocol's time limits, closes it."""

import asyncio
import contextlib
import json
import random
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import WSMsgType, web

from upbit_auto_trading.simulator.link import Link, PathQuality
from upbit_auto_trading.simulator.rate_groups import MessageBudget
from upbit_auto_trading.simulator.simple_keys import simplified
from upbit_auto_trading.simulator.ws_error import StreamRequestError
from upbit_auto_trading.simulator.ws_feed import Feed
from upbit_auto_trading.simulator.ws_frame import Frame
from upbit_auto_trading.simulator.ws_outbox import Outbox
from upbit_auto_trading.simulator.ws_request import (
    ListSubscriptions,
    StatusPing,
    Subscribe,
    parse_request,
)
from upbit_auto_trading.simulator.ws_stream import Endpoint, Format

STATUS_UP = Frame(b'{"status":"UP"}', "status")


@dataclass(frozen=True, slots=True)
class SessionTimings:
    """Seconds: of silence until the cut, from an error frame to the close, of patience then."""

    idle_s: float = 60
    error_close_s: float = 0.15
    closing_s: float = 1


@dataclass(frozen=True, slots=True)
class _Received:
    kind: WSMsgType
    data: str | bytes


class Session:
    """One connection; `number` tells it from every other the server ever had."""

    def __init__(
        self,
        number: int,
        endpoint: Endpoint,
        socket: web.WebSocketResponse,
        transport: asyncio.Transport,
        outbox: Outbox,
        *,
        timings: SessionTimings,
        budget: MessageBudget,
        wall_s: Callable[[], float],
        inbound: PathQuality,
    ) -> None:
        self.number = number
        self.endpoint = endpoint
        self.outbox = outbox
        self.format = Format.DEFAULT
        self.ticket = ""
        self.is_open = True
        self.wants_status = False
        self.feed: Feed | None = None
        self._socket = socket
        self._transport = transport
        self._timings = timings
        self._budget = budget
        self._wall_s = wall_s
        self._pending: list[Frame] = []
        self._loop = asyncio.get_running_loop()
        self._last_received_s = self._loop.time()
        self._inbound: Link[_Received] = Link(self._take, inbound, random.Random(-number))
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._timers: list[asyncio.TimerHandle] = []

    async def serve(self) -> None:
        """Run the connection until it has ended."""
        self._watch_idle()
        try:
            await self._read_all()
            await self._drain()
        finally:
            self.is_open = False
            for timer in self._timers:
                timer.cancel()
            self._inbound.close()
            self.outbox.link.close()
            if self.feed is not None:
                self.feed.close()
            self._transport.close()

    def queue(self, frame: Frame) -> None:
        """Add a frame to what the next `flush` sends."""
        if self.is_open:
            self._pending.append(frame)

    def flush(self) -> None:
        """Send what was queued, in one write."""
        if self._pending:
            frames, self._pending = self._pending, []
            self.outbox.send(frames)

    def send_status(self) -> None:
        """Send a status frame if this connection has asked for them."""
        if self.wants_status and self.is_open:
            self.queue(STATUS_UP)
            self.flush()

    def refuse(self, error: StreamRequestError) -> None:
        """Send the error and close with 1000 a moment later; nothing more is taken in."""
        self.is_open = False
        if self.feed is not None:
            self.feed.close()
        self.outbox.send([*self._pending, Frame(error.frame, "error", key=error.name)])
        self._pending.clear()
        self._timers.append(self._loop.call_later(self._timings.error_close_s, self.close, 1000))

    def close(self, code: int, reason: str = "") -> None:
        """Send a close frame and end when the client has answered it or is out of time."""
        self.is_open = False
        self.outbox.close(code, reason)
        self._timers.append(self._loop.call_later(self._timings.closing_s, self.cut))

    def cut(self) -> None:
        """End the connection without a close frame (the client sees 1006)."""
        self.is_open = False
        self._transport.close()

    async def _read_all(self) -> None:
        while True:
            message = await self._socket.receive()
            if message.type in (WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.PING):
                self._inbound.push(_Received(message.type, message.data), len(message.data))
            elif message.type is WSMsgType.CLOSE:
                self._answer_close(message.data)
                return
            elif message.type is WSMsgType.PONG:
                self._last_received_s = self._loop.time()
            else:
                return

    async def _drain(self) -> None:
        """Let what is still on the simulated path arrive, the close frame last."""
        stop_s = self._loop.time() + self._timings.closing_s
        while self.outbox.link.queued_bytes and self._loop.time() < stop_s:
            await asyncio.sleep(max(self.outbox.link.quality.latency_s, 0.001))

    def _take(self, received: _Received) -> None:
        self._last_received_s = self._loop.time()
        if received.kind is WSMsgType.PING:
            data = received.data
            self.outbox.pong(data.encode() if isinstance(data, str) else bytes(data))
            return
        if not self.is_open:
            return
        try:
            self._handle(received.data)
        except StreamRequestError as error:
            self.refuse(error)

    def _handle(self, data: str | bytes) -> None:
        if not self._budget.spend(self._wall_s()):
            raise StreamRequestError("TOO_MANY_REQUEST")
        text = data if isinstance(data, str) else _decoded(data)
        request = parse_request(text, self.endpoint)
        if isinstance(request, StatusPing):
            self.wants_status = True
        elif isinstance(request, ListSubscriptions):
            self._answer_list(request)
        else:
            self._subscribe(request)

    def _subscribe(self, request: Subscribe) -> None:
        if self.feed is None:
            raise StreamRequestError("INVALID_AUTH")
        self.ticket = request.ticket
        self.format = request.format
        self.feed.replace(request)
        self.flush()

    def _answer_list(self, request: ListSubscriptions) -> None:
        if self.feed is None:
            raise StreamRequestError("INVALID_AUTH")
        self.format = request.format
        answer = {
            "method": "LIST_SUBSCRIPTIONS",
            "result": self.feed.describe(),
            "ticket": request.ticket,
        }
        if request.format.is_simple:
            answer = simplified(answer, "LIST_SUBSCRIPTIONS")
        text = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
        self.queue(Frame(text.encode(), "LIST_SUBSCRIPTIONS", key=request.ticket))
        self.flush()

    def _answer_close(self, code: int | None) -> None:
        if self.is_open:
            self.is_open = False
            self.outbox.close(code or 1000)

    def _watch_idle(self) -> None:
        last_s = max(self._last_received_s, self.outbox.last_sent_s)
        left_s = last_s + self._timings.idle_s - self._loop.time()
        if left_s <= 0:
            self.cut()
            return
        self._timers[:] = [timer for timer in self._timers if timer.when() > self._loop.time()]
        self._timers.append(self._loop.call_later(left_s, self._watch_idle))


def _decoded(data: bytes) -> str:
    with contextlib.suppress(UnicodeDecodeError):
        return data.decode()
    raise StreamRequestError("WRONG_FORMAT")
