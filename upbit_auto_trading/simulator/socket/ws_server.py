"""WebSocket handshakes: limits, headers, and a session for each connection let in."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from aiohttp import web

from upbit_auto_trading.simulator.exchange_clock import ExchangeClock
from upbit_auto_trading.simulator.fault.faults import FaultBoard
from upbit_auto_trading.simulator.socket.link import PathQuality
from upbit_auto_trading.simulator.socket.sent_log import SentLog
from upbit_auto_trading.simulator.socket.socket_faults import SocketFaults
from upbit_auto_trading.simulator.socket.ws_feed import Feed
from upbit_auto_trading.simulator.socket.ws_frame import Deflater
from upbit_auto_trading.simulator.socket.ws_outbox import Outbox
from upbit_auto_trading.simulator.socket.ws_session import Session, SessionSettings
from upbit_auto_trading.simulator.wire.edge_faults import EdgeFaults
from upbit_auto_trading.simulator.wire.rate_groups import Verdict
from upbit_auto_trading.simulator.wire.rest_answers import refused
from upbit_auto_trading.simulator.wire.ws_stream import Endpoint

_LARGEST_REQUEST: Final = 256 * 1024

FeedFactory = Callable[[Session, web.BaseRequest], Feed | None]
Admission = Callable[[web.BaseRequest, Endpoint], Verdict]


class SocketServer:
    """Opens sessions and keeps the list of those that are open.

    `feeds` makes each endpoint's feed; it returns None for a connection whose token is no good:
    that one is let in, told so and closed. `admit` takes a handshake out of its budget.
    """

    def __init__(
        self,
        feeds: Mapping[Endpoint, FeedFactory],
        admit: Admission,
        clock: ExchangeClock,
        log: SentLog,
        board: FaultBoard,
        *,
        one_way_s: float,
        settings: SessionSettings,
        status_every_s: float,
    ) -> None:
        self._feeds = feeds
        self._admit = admit
        self._clock = clock
        self._log = log
        self._board = board
        self._path = PathQuality(latency_s=one_way_s)
        self._settings = settings
        self._status_every_s = status_every_s
        self._count = 0
        self.sessions: dict[int, Session] = {}
        self._edge = EdgeFaults(board)
        self._faults = SocketFaults(board, self.sessions, self._path)

    async def handshake(self, request: web.BaseRequest, endpoint: Endpoint) -> web.StreamResponse:
        """Serve one connection from its upgrade to its end."""
        spoilt = await self._edge.meet(request, target="ws", endpoint=endpoint.value)
        if spoilt is not None:
            return spoilt
        verdict = self._admit(request, endpoint)
        headers = {"Remaining-Req": verdict.header, "Limit-By-Ip": "Yes"}
        if verdict.status != 200:
            return refused(verdict, headers)
        socket = web.WebSocketResponse(
            autoping=False,
            autoclose=False,
            timeout=self._settings.closing_s,
            max_msg_size=_LARGEST_REQUEST,
        )
        if not socket.can_prepare(request):
            return web.Response(status=400, text="Bad Request")
        socket.headers.update(headers)
        await socket.prepare(request)
        transport = request.transport
        if transport is None:
            return socket
        session = self._session(endpoint, socket, transport)
        session.feed = self._feeds[endpoint](session, request)
        self.sessions[session.number] = session
        self._faults.opened(session)
        try:
            await session.serve()
        finally:
            del self.sessions[session.number]
            self._faults.closed(session)
        return socket

    async def send_status(self) -> None:
        """Send status frames to those who asked for them, at the server's pace, for ever."""
        while True:
            await asyncio.sleep(self._status_every_s)
            if self._board.find("no_status"):
                continue
            for session in tuple(self.sessions.values()):
                session.send_status()

    def _session(
        self, endpoint: Endpoint, socket: web.WebSocketResponse, transport: asyncio.Transport
    ) -> Session:
        self._count += 1
        outbox = Outbox(
            transport,
            self._count,
            self._log,
            self._clock.wall_ms,
            quality=self._path,
            deflater=_deflater(socket),
            limit=self._settings.largest_backlog,
        )
        return Session(
            self._count,
            endpoint,
            socket,
            outbox,
            self._board,
            settings=self._settings,
            wall_s=self._clock.wall_s,
            inbound=self._path,
        )


def _deflater(socket: web.WebSocketResponse) -> Deflater | None:
    window_bits = int(socket.compress)
    if not window_bits:
        return None
    extensions = socket.headers.get("Sec-WebSocket-Extensions", "")
    return Deflater(window_bits, keeps_context="server_no_context_takeover" not in extensions)
