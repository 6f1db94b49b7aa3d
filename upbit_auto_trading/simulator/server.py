"""The simulated exchange as one HTTP server: REST, WebSocket and control on one port."""

import asyncio
import ssl
from typing import Final

from aiohttp import web

from upbit_auto_trading.simulator.control import Control
from upbit_auto_trading.simulator.exchange_clock import ExchangeClock
from upbit_auto_trading.simulator.frame_maker import FrameMaker
from upbit_auto_trading.simulator.listing_state import ListingState
from upbit_auto_trading.simulator.market_source import MarketSource
from upbit_auto_trading.simulator.public_feed import PublicFeed
from upbit_auto_trading.simulator.publisher import Publisher
from upbit_auto_trading.simulator.rate_groups import RateLimiter
from upbit_auto_trading.simulator.rest_quotation import Quotation
from upbit_auto_trading.simulator.rest_server import QuotationServer, not_found
from upbit_auto_trading.simulator.sent_log import SentLog
from upbit_auto_trading.simulator.ws_feed import Feed
from upbit_auto_trading.simulator.ws_server import SocketServer
from upbit_auto_trading.simulator.ws_session import Session
from upbit_auto_trading.simulator.ws_stream import Endpoint
from upbit_auto_trading.tasks import TaskOwner

_SOCKET_PATHS: Final = {
    "websocket/v1": Endpoint.PUBLIC,
    "websocket/v1/private": Endpoint.PRIVATE,
    "websocket/v1/info": Endpoint.INFO,
}
# A client may ask for every market's book in one address of more than ten thousand characters.
_LONGEST_LINE: Final = 64 * 1024


class ExchangeServer:
    """One running exchange. `one_way_s` is half the simulated round trip."""

    def __init__(
        self,
        source: MarketSource,
        clock: ExchangeClock,
        log: SentLog,
        *,
        one_way_s: float = 0,
        snapshot_delay_s: float = 0,
    ) -> None:
        self._one_way_s = one_way_s
        self._snapshot_delay_s = snapshot_delay_s
        self._log = log
        self.listing = ListingState(source.listing)
        self.publisher = Publisher(source, FrameMaker(source, self.listing), clock)
        limiter = RateLimiter()
        self._rest = QuotationServer(Quotation(source, self.listing), limiter, clock)
        self.sockets = SocketServer(
            {
                Endpoint.PUBLIC: self._public_feed,
                Endpoint.PRIVATE: self._no_feed,
                Endpoint.INFO: self._no_feed,
            },
            limiter,
            clock,
            log,
            one_way_s=one_way_s,
        )
        self._control = Control(source, clock, self.sockets, log)
        self._tasks = TaskOwner("exchange")
        self._runner: web.ServerRunner | None = None

    async def start(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> int:
        """Listen and return the port.

        Raises:
            OSError: the address can't be had.
        """
        server = web.Server(
            self._handle,
            access_log=None,
            max_line_size=_LONGEST_LINE,
            max_field_size=_LONGEST_LINE,
        )
        self._runner = web.ServerRunner(server, handle_signals=False)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port, ssl_context=tls, shutdown_timeout=1)
        await site.start()
        self._tasks.start(self.publisher.run(), "publisher")
        self._tasks.start(self.sockets.send_status(), "status")
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Cut every connection and free the port. Harmless when repeated."""
        await self._tasks.close()
        for session in tuple(self.sockets.sessions.values()):
            session.close(1001)
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        self._log.close()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        path = "/".join(part for part in request.path.split("/") if part)
        if path.startswith("simulator/"):
            return await self._control.answer(request, path.removeprefix("simulator/"))
        await self._travel()
        endpoint = _SOCKET_PATHS.get(path)
        if endpoint is not None and "Upgrade" in request.headers:
            await self._travel()
            return await self.sockets.handshake(request, endpoint)
        if not path.startswith("v1/"):
            answer = not_found()
        else:
            answer = await self._rest.answer(request, path.removeprefix("v1/"))
        await self._travel()
        return answer

    async def _travel(self) -> None:
        """Spend the time a message needs one way."""
        if self._one_way_s:
            await asyncio.sleep(self._one_way_s)

    def _public_feed(self, session: Session, request: web.BaseRequest) -> Feed:
        del request
        return PublicFeed(session, self.publisher, self.listing, self._snapshot_delay_s)

    def _no_feed(self, session: Session, request: web.BaseRequest) -> Feed | None:
        del session, request
        return None
