"""One WebSocket connection: takes requests in, keeps the protocol's time limits, closes it."""

import asyncio
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from aiohttp import WSMsgType, web

from upbit_auto_trading.simulator.fault.faults import ActiveFault, FaultBoard
from upbit_auto_trading.simulator.socket.link import Link, PathQuality
from upbit_auto_trading.simulator.socket.ws_error import StreamRequestError
from upbit_auto_trading.simulator.socket.ws_feed import Feed
from upbit_auto_trading.simulator.socket.ws_frame import Frame
from upbit_auto_trading.simulator.socket.ws_outbox import Outbox
from upbit_auto_trading.simulator.socket.ws_request import (
    ListSubscriptions,
    Request,
    StatusPing,
    Subscribe,
    parse_request,
)
from upbit_auto_trading.simulator.wire.rate_groups import MessageBudget
from upbit_auto_trading.simulator.wire.simple_keys import simplified
from upbit_auto_trading.simulator.wire.ws_stream import Endpoint, Format

STATUS_UP: Final = Frame(b'{"status":"UP"}', "status")


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """Time limits in seconds, and messages allowed.

    `idle_s` of silence end in a cut; an error is followed by the close after `error_close_s`;
    a client has `closing_s` to answer a close frame, and is cut off when it leaves more than
    `largest_backlog` bytes unread.
    """

    idle_s: float = 60
    error_close_s: float = 0.15
    closing_s: float = 1
    messages_per_second: int = 5
    messages_per_minute: int = 100
    largest_backlog: int = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Received:
    kind: WSMsgType
    data: str | bytes


class Session:
    """One connection; `number` tells it from every other the server ever had."""

    feed: Feed | None = None

    def __init__(
        self,
        number: int,
        endpoint: Endpoint,
        socket: web.WebSocketResponse,
        outbox: Outbox,
        faults: FaultBoard,
        *,
        settings: SessionSettings,
        wall_s: Callable[[], float],
        inbound: PathQuality,
    ) -> None:
        self.number = number
        self.endpoint = endpoint
        self.outbox = outbox
        self.format = Format.DEFAULT
        self.ticket = ""
        self.is_open = True
        self._is_deaf = False
        self._gone = asyncio.Event()
        self._wants_status = False
        self._socket = socket
        self._faults = faults
        self._settings = settings
        self._budget = MessageBudget(settings.messages_per_second, settings.messages_per_minute)
        self._wall_s = wall_s
        self._pending: list[Frame] = []
        self._loop = asyncio.get_running_loop()
        self._last_received_s = self._loop.time()
        self._inbound: Link[_Received] = Link(self._take, inbound, random.Random(-number))
        self._timers: list[asyncio.TimerHandle] = []

    async def serve(self) -> None:
        """Run the connection until it has ended."""
        self._watch_idle()
        if self.feed is None:
            self.refuse(StreamRequestError("INVALID_AUTH"))
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
            self.outbox.cut()

    @property
    def backlog(self) -> int:
        """Bytes on their way to the client."""
        return self.outbox.backlog

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
        if self._wants_status and self.is_open:
            self.queue(STATUS_UP)
            self.flush()

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        """Call something after a while unless the connection ends before."""
        now_s = self._loop.time()
        self._timers[:] = [timer for timer in self._timers if timer.when() > now_s]
        self._timers.append(self._loop.call_later(seconds, call))

    def refuse(self, error: StreamRequestError) -> None:
        """Send the error and close with 1000 a moment later; nothing more is taken in."""
        self.flush()
        self.is_open = False
        if self.feed is not None:
            self.feed.close()
        self.outbox.send([Frame(error.frame, "error", key=error.name)])
        self.later(self._settings.error_close_s, lambda: self.close(1000))

    def close(self, code: int, reason: str = "") -> None:
        """Send a close frame and end when the client has answered it or is out of time."""
        self.is_open = False
        self.outbox.close(code, reason)
        self.later(self._settings.closing_s, self.cut)

    def cut(self) -> None:
        """End the connection without a close frame (the client sees 1006)."""
        self.is_open = False
        self._gone.set()
        self.outbox.cut()

    def reset(self) -> None:
        """End the connection with a TCP reset."""
        self.is_open = False
        self._gone.set()
        self.outbox.reset()

    def vanish(self) -> None:
        """Take everything, answer nothing, stay open: packets fall into a hole."""
        self._is_deaf = True
        self.outbox.is_mute = True

    async def _read_all(self) -> None:
        while True:
            message = await self._socket.receive()
            if message.type in (WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.PING):
                self._inbound.push(_Received(message.type, message.data), len(message.data))
            elif message.type is WSMsgType.CLOSE:
                if self._is_deaf:
                    await self._gone.wait()
                else:
                    self._answer_close(message.data)
                return
            elif message.type is WSMsgType.PONG:
                self._last_received_s = self._loop.time()
            else:
                return

    async def _drain(self) -> None:
        """Let what is still on the simulated path arrive, the close frame last."""
        try:
            async with asyncio.timeout(self._settings.closing_s):
                await self.outbox.link.emptied()
        except TimeoutError:
            return

    def _take(self, received: _Received) -> None:
        if self._is_deaf:
            return
        self._last_received_s = self._loop.time()
        if received.kind is WSMsgType.PING:
            self._answer_ping(received.data)
            return
        if not self.is_open:
            return
        try:
            self._handle(received.data)
        except StreamRequestError as error:
            self.refuse(error)

    def _answer_ping(self, data: str | bytes) -> None:
        payload = data.encode() if isinstance(data, str) else bytes(data)
        slow = self._fault("slow_pong")
        if slow is None:
            self.outbox.pong(payload)
        else:
            self.later(slow.number("ms") / 1000, lambda: self.outbox.pong(payload))

    def _handle(self, data: str | bytes) -> None:
        if self._fault("lost_request", counts=True) is not None:
            return
        if not self._budget.spend(self._wall_s()):
            raise StreamRequestError("TOO_MANY_REQUEST")
        request = parse_request(_text(data), self.endpoint)
        if isinstance(request, StatusPing):
            self._wants_status = True
            return
        if self.feed is None:
            return
        self._check_refusal(request)
        if isinstance(request, ListSubscriptions):
            self._answer_list(self.feed, request)
        elif self._fault("keep_old_set", counts=True) is None:
            self._subscribe(self.feed, request)

    def _subscribe(self, feed: Feed, request: Subscribe) -> None:
        self.flush()
        self.ticket = request.ticket
        self.format = request.format
        feed.replace(request)
        self.flush()

    def _answer_list(self, feed: Feed, request: ListSubscriptions) -> None:
        self.format = request.format
        answer = {
            "method": "LIST_SUBSCRIPTIONS",
            "result": feed.describe(),
            "ticket": request.ticket,
        }
        if request.format.is_simple:
            answer = simplified(answer, "LIST_SUBSCRIPTIONS")
        text = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
        self.queue(Frame(text.encode(), "LIST_SUBSCRIPTIONS", key=request.ticket))
        self.flush()

    def _check_refusal(self, request: Request) -> None:
        fault = self._fault("refuse_request")
        if fault is None or not isinstance(request, Subscribe):
            return
        market, channel = fault.text("market"), fault.text("channel")
        named = any(
            (not channel or entry.type == channel)
            and (not market or market in (code.partition(".")[0] for code in entry.codes))
            for entry in request.entries
        )
        if named:
            self._fault("refuse_request", counts=True)
            raise StreamRequestError(fault.text("name"))

    def _fault(self, name: str, *, counts: bool = False) -> ActiveFault | None:
        ask = self._faults.use if counts else self._faults.find
        return ask(name, endpoint=self.endpoint.value, connection=self.number)

    def _answer_close(self, code: int | None) -> None:
        if self.is_open:
            self.is_open = False
            self.outbox.close(code or 1000)

    def _watch_idle(self) -> None:
        last_s = max(self._last_received_s, self.outbox.last_sent_s)
        left_s = last_s + self._settings.idle_s - self._loop.time()
        if left_s <= 0:
            self.cut()
        else:
            self.later(left_s, self._watch_idle)


def _text(data: str | bytes) -> str:
    if isinstance(data, str):
        return data
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise StreamRequestError("WRONG_FORMAT") from None
