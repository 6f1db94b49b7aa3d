"""The simulated exchange as one HTTP server: REST, WebSocket and control on one port."""

import asyncio
import logging
import ssl
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from upbit_auto_trading.simulator.account.account_file import AccountBook
from upbit_auto_trading.simulator.account.auth import ApiKey
from upbit_auto_trading.simulator.account.exchange import SimulatedExchange
from upbit_auto_trading.simulator.account.exchange_errors import ExchangeError
from upbit_auto_trading.simulator.account.exchange_follower import follow
from upbit_auto_trading.simulator.control import Control
from upbit_auto_trading.simulator.exchange_clock import ExchangeClock
from upbit_auto_trading.simulator.fault.faults import FaultBoard
from upbit_auto_trading.simulator.fault_control import FaultControl
from upbit_auto_trading.simulator.market.listing_state import ListingState
from upbit_auto_trading.simulator.market.market_source import MarketSource
from upbit_auto_trading.simulator.market.warm_up import warm_up
from upbit_auto_trading.simulator.recording.feed import Replay, ReplayFeed
from upbit_auto_trading.simulator.rest.private_routes import private_api
from upbit_auto_trading.simulator.rest.private_server import PrivateServer
from upbit_auto_trading.simulator.rest.rest_quotation import Quotation
from upbit_auto_trading.simulator.rest.rest_server import QuotationServer
from upbit_auto_trading.simulator.socket.frame_maker import FrameMaker
from upbit_auto_trading.simulator.socket.indicator_stream import IndicatorStreams
from upbit_auto_trading.simulator.socket.info_feed import InfoFeed
from upbit_auto_trading.simulator.socket.link import SLACK_S
from upbit_auto_trading.simulator.socket.pacer import Pacer
from upbit_auto_trading.simulator.socket.private_feed import PrivateFeed
from upbit_auto_trading.simulator.socket.public_feed import PublicFeed
from upbit_auto_trading.simulator.socket.publisher import Publisher
from upbit_auto_trading.simulator.socket.sent_log import SentLog
from upbit_auto_trading.simulator.socket.ws_feed import Feed
from upbit_auto_trading.simulator.socket.ws_server import SocketServer
from upbit_auto_trading.simulator.socket.ws_session import Session, SessionSettings
from upbit_auto_trading.simulator.wire.edge_faults import EdgeFaults
from upbit_auto_trading.simulator.wire.rate_groups import Penalties, RateLimiter, Verdict
from upbit_auto_trading.simulator.wire.rest_answers import (
    admit,
    internal_error,
    not_found,
    too_large,
    twice_the_same_header,
)
from upbit_auto_trading.simulator.wire.ws_stream import Endpoint
from upbit_auto_trading.tasks import TaskOwner

_SOCKET_PATHS: Final = {
    "websocket/v1": Endpoint.PUBLIC,
    "websocket/v1/private": Endpoint.PRIVATE,
    "websocket/v1/info": Endpoint.INFO,
}
# A client may ask for every market's book in one address of more than ten thousand characters.
_LONGEST_LINE: Final = 64 * 1024
_QUIET_S: Final = 0.5
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """How the exchange behaves.

    `one_way_s` is half the simulated round trip; `rate` the total of frames a second over all
    subscribed streams, None to follow the market.
    """

    one_way_s: float = 0
    snapshot_delay_s: float = 0
    rate: float | None = None
    status_every_s: float = 10
    sessions: SessionSettings = field(default_factory=SessionSettings)
    penalties: Penalties = field(default_factory=Penalties)


class ExchangeServer:
    """One running exchange."""

    def __init__(
        self,
        source: MarketSource,
        accounts: AccountBook,
        clock: ExchangeClock,
        log: SentLog,
        settings: ServerSettings | None = None,
        replay: Replay | None = None,
    ) -> None:
        self._replay = replay
        self._source = source
        self._settings = settings = settings or ServerSettings()
        self._clock = clock
        self._sent = log
        self._tasks = TaskOwner("exchange")
        self._listing = ListingState(source.listing)
        self._exchange = SimulatedExchange(
            source, self._listing, accounts, tick_factor=self._listing.tick_factor
        )
        self._indicators = IndicatorStreams(source, self._listing)
        self._publisher = Publisher(
            source,
            FrameMaker(source, self._listing),
            clock,
            sends_states=settings.rate is None,
        )
        self._board = FaultBoard(asyncio.get_running_loop().call_later)
        self.faults = FaultControl(
            self._board, self._listing, self._exchange, self._publisher, self._change_tick
        )
        limiter = self._limiter = RateLimiter(settings.penalties, self.faults.shared_quota)
        edge = EdgeFaults(self._board)
        quotation = Quotation(source, self._listing, self.faults.repeated_candles)
        self._quotation = QuotationServer(quotation, limiter, clock, edge)
        api = private_api(self._exchange, clock.now_ms)
        self._private = PrivateServer(api, self._exchange, limiter, clock, edge)
        self._sockets = SocketServer(
            {
                Endpoint.PUBLIC: self._public_feed,
                Endpoint.PRIVATE: self._private_feed,
                Endpoint.INFO: self._info_feed,
            },
            self._admit_socket,
            clock,
            log,
            self._board,
            one_way_s=settings.one_way_s,
            settings=settings.sessions,
            status_every_s=settings.status_every_s,
        )
        self._control = Control(
            source, self._listing, clock, self._sockets, log, self.faults, self._publisher
        )
        self._runner: web.ServerRunner | None = None
        self._requests = 0
        self._last_request_s = 0.0

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
        site = web.TCPSite(self._runner, host, port, ssl_context=tls, backlog=512)
        await site.start()
        self._tasks.start(self._publisher.run(), "publisher")
        self._tasks.start(self._sockets.send_status(), "status")
        self._tasks.start(follow(self._exchange, self._clock), "matching")
        warming = warm_up(self._source, self._listing.markets, self._clock.now_ms, self._is_idle)
        self._tasks.start(warming, "warm-up")
        if self._settings.rate is not None:
            pacer = Pacer(self._publisher, self._settings.rate, per_event=-1.0)
            self._tasks.start(pacer.run(), "pacer")
        return int(self._runner.addresses[0][1])

    def _change_tick(self, market: str, factor: int) -> None:
        self._source.change_tick(market, factor, self._clock.now_ms())

    async def stop(self) -> None:
        """Close every connection and free the port. Harmless when repeated."""
        self._board.clear_all()
        await self.faults.close()
        await self._tasks.close()
        for session in tuple(self._sockets.sessions.values()):
            session.close(1001)
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        self._sent.close()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        self._requests += 1
        try:
            return await self._dispatch(request)
        except web.HTTPRequestEntityTooLarge:
            return too_large()
        except ConnectionResetError:
            # The client is gone, or a fault has cut it off: nobody reads an answer.
            return web.Response(status=500)
        except Exception:  # noqa: BLE001 - the supervisor of requests
            _log.exception("%s %s failed", request.method, request.path)
            return internal_error()
        finally:
            self._requests -= 1
            self._last_request_s = asyncio.get_running_loop().time()

    def _is_idle(self) -> bool:
        """Whether nobody waits, or will soon; a socket is a request that goes on."""
        quiet_s = asyncio.get_running_loop().time() - self._last_request_s
        return self._requests == 0 and quiet_s > _QUIET_S

    async def _dispatch(self, request: web.BaseRequest) -> web.StreamResponse:
        path = "/".join(part for part in request.path.split("/") if part)
        if path.startswith("simulator/"):
            return await self._control.answer(request, path.removeprefix("simulator/"))
        await self._travel()
        endpoint = _SOCKET_PATHS.get(path)
        if endpoint is not None and "Upgrade" in request.headers:
            await self._travel()
            return await self._sockets.handshake(request, endpoint)
        answer = await self._answer(request, path)
        await self._travel()
        return answer

    async def _answer(self, request: web.BaseRequest, path: str) -> web.StreamResponse:
        if not path.startswith("v1/"):
            return not_found()
        path = path.removeprefix("v1/")
        if len({name.lower() for name in request.headers}) < len(request.headers):
            return twice_the_same_header()
        if self._private.knows(request.method, path):
            return await self._private.answer(request, path)
        return await self._quotation.answer(request, path)

    async def _travel(self) -> None:
        """Spend the time a message needs one way."""
        if self._settings.one_way_s:
            await asyncio.sleep(self._settings.one_way_s - SLACK_S)

    def _public_feed(self, session: Session, request: web.BaseRequest) -> Feed:
        del request
        delay_s = self._settings.snapshot_delay_s
        made = PublicFeed(session, self._publisher, self._listing, self._board, delay_s)
        if self._replay is None:
            return made
        return ReplayFeed(session, self._replay, self._clock, made)

    def _private_feed(self, session: Session, request: web.BaseRequest) -> Feed | None:
        key = self._key_of(request)
        if key is None:
            return None
        return PrivateFeed(session, key, self._exchange.events, self._exchange.announcements)

    def _info_feed(self, session: Session, request: web.BaseRequest) -> Feed | None:
        if self._key_of(request) is None:
            return None
        return InfoFeed(session, self._indicators, self._clock)

    def _admit_socket(self, request: web.BaseRequest, endpoint: Endpoint) -> Verdict:
        """Take a handshake out of its pocket's budget, without a good token of its address's."""
        pocket = None
        if endpoint is not Endpoint.PUBLIC and "Origin" not in request.headers:
            key = self._key_of(request)
            pocket = None if key is None else key.pocket_uuid
        return admit(self._limiter, request, "websocket", self._clock.wall_s(), pocket)

    def _key_of(self, request: web.BaseRequest) -> ApiKey | None:
        """Return the key that signed a handshake, None without a good token."""
        try:
            return self._exchange.authenticator.check_socket(
                request.headers, now_ms=self._clock.now_ms(), remote=request.remote
            )
        except ExchangeError:
            return None
