"""WebSocket handshakes: limits, headers, and a session for each connection let in."""

import asyncio
from collections.abc import Callable, Mapping

from aiohttp import web

from upbit_auto_trading.simulator.exchange_clock import ExchangeClock
from upbit_auto_trading.simulator.link import PathQuality
from upbit_auto_trading.simulator.rate_groups import MessageBudget, RateLimiter
from upbit_auto_trading.simulator.rest_server import admit, refused
from upbit_auto_trading.simulator.sent_log import SentLog
from upbit_auto_trading.simulator.ws_feed import Feed
from upbit_auto_trading.simulator.ws_frame import Deflater
from upbit_auto_trading.simulator.ws_outbox import Outbox
from upbit_auto_trading.simulator.ws_session import Session, SessionTimings
from upbit_auto_trading.simulator.ws_stream import Endpoint

_STATUS_EVERY_S = 10.0
_LARGEST_REQUEST = 256 * 1024

FeedFactory = Callable[[Session, web.BaseRequest], Feed | None]


class SocketServer:
    """Opens sessions and keeps the list of those that are open.

    `feeds` makes each endpoint's feed; it returns None for a connection whose token is no good:
    that one is let in, and every request of it is refused.
    """

    def __init__(
        self,
        feeds: Mapping[Endpoint, FeedFactory],
        limiter: RateLimiter,
        clock: ExchangeClock,
        log: SentLog,
        *,
        one_way_s: float = 0,
        timings: SessionTimings | None = None,
        new_budget: Callable[[], MessageBudget] = MessageBudget,
    ) -> None:
        self._feeds = feeds
        self._limiter = limiter
        self._clock = clock
        self._log = log
        self._one_way_s = one_way_s
        self._timings = timings or SessionTimings()
        self._new_budget = new_budget
        self._count = 0
        self.sessions: dict[int, Session] = {}

    async def handshake(self, request: web.BaseRequest, endpoint: Endpoint) -> web.StreamResponse:
        """Serve one connection from its upgrade to its end."""
        verdict = admit(self._limiter, request, "websocket", self._clock.wall_s())
        headers = {"Remaining-Req": verdict.header, "Limit-By-Ip": "Yes"}
        if verdict.status != 200:
            return refused(verdict, headers)
        socket = web.WebSocketResponse(
            autoping=False,
            autoclose=False,
            timeout=self._timings.closing_s,
            max_msg_size=_LARGEST_REQUEST,
        )
        if not socket.can_prepare(request):
            return web.Response(status=400, text="Bad Request")
        socket.headers.update(headers)
        await socket.prepare(request)
        transport = request.transport
        if transport is None:
            return socket
        session = self._session(request, endpoint, socket, transport)
        try:
            await session.serve()
        finally:
            del self.sessions[session.number]
        return socket

    async def send_status(self) -> None:
        """Send status frames to those who asked for them, every ten seconds, for ever."""
        while True:
            await asyncio.sleep(_STATUS_EVERY_S)
            for session in tuple(self.sessions.values()):
                session.send_status()

    def _session(
        self,
        request: web.BaseRequest,
        endpoint: Endpoint,
        socket: web.WebSocketResponse,
        transport: asyncio.Transport,
    ) -> Session:
        self._count += 1
        outbox = Outbox(
            transport,
            self._count,
            self._log,
            self._clock.wall_ms,
            quality=PathQuality(latency_s=self._one_way_s),
            deflater=_deflater(socket),
        )
        session = Session(
            self._count,
            endpoint,
            socket,
            transport,
            outbox,
            timings=self._timings,
            budget=self._new_budget(),
            wall_s=self._clock.wall_s,
            inbound=PathQuality(latency_s=self._one_way_s),
        )
        session.feed = self._feeds[endpoint](session, request)
        self.sessions[session.number] = session
        return session


def _deflater(socket: web.WebSocketResponse) -> Deflater | None:
    window_bits = int(socket.compress)
    if not window_bits:
        return None
    extensions = socket.headers.get("Sec-WebSocket-Extensions", "")
    return Deflater(window_bits, keeps_context="server_no_context_takeover" not in extensions)
