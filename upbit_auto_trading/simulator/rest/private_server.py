"""Requests of the private REST API: whose budget they use, and the headers of their answers."""

from typing import Final

from aiohttp import web

from upbit_auto_trading.simulator.account.exchange import SimulatedExchange
from upbit_auto_trading.simulator.account.exchange_errors import ExchangeError
from upbit_auto_trading.simulator.exchange_clock import ExchangeClock
from upbit_auto_trading.simulator.rest.private_api import PrivateApi
from upbit_auto_trading.simulator.wire.edge_faults import EdgeFaults
from upbit_auto_trading.simulator.wire.rate_groups import RateLimiter
from upbit_auto_trading.simulator.wire.rest_answers import admit, refused

_HEADERS: Final = {
    "Cache-Control": "no-cache, no-store, max-age=0, must-revalidate",
    "Vary": "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
}


class PrivateServer:
    """Lets private requests through to the exchange, within the budget of their pocket."""

    def __init__(
        self,
        api: PrivateApi,
        exchange: SimulatedExchange,
        limiter: RateLimiter,
        clock: ExchangeClock,
        edge: EdgeFaults,
    ) -> None:
        self._api = api
        self._exchange = exchange
        self._limiter = limiter
        self._clock = clock
        self._edge = edge

    def knows(self, method: str, path: str) -> bool:
        """Whether a private endpoint answers `path`, the part below `/v1/`."""
        return self._api.endpoint(method, f"/v1/{path}") is not None

    async def answer(self, request: web.BaseRequest, path: str) -> web.StreamResponse:
        """Return the answer to a request for a path it `knows`.

        Raises:
            ConnectionResetError: a fault cut the connection instead of answering.
        """
        endpoint = self._api.endpoint(request.method, f"/v1/{path}")
        if endpoint is None:
            raise LookupError(path)
        spoilt = await self._edge.meet(request, target="rest", group=endpoint.group)
        if spoilt is not None:
            return spoilt
        actor = self._actor(request)
        verdict = admit(self._limiter, request, endpoint.group, self._clock.wall_s(), actor)
        headers = {"Remaining-Req": verdict.header, **_HEADERS}
        if verdict.status != 200:
            return refused(verdict, headers)
        answer = await self._api.answer(endpoint, request)
        answer.headers.update(headers)
        answer.enable_chunked_encoding()
        return await self._edge.spoil(request, answer, endpoint.group)

    def _actor(self, request: web.BaseRequest) -> str:
        """Return the pocket of the request's key, or its address when no key signed it."""
        try:
            key = self._exchange.authenticator.check_socket(
                request.headers, now_ms=self._clock.now_ms(), remote=request.remote
            )
        except ExchangeError:
            return f"address {request.remote}"
        return key.pocket_uuid
