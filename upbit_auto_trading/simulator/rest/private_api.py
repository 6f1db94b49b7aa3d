"""The thin skin between HTTP and the private exchange: reading, signing, answering."""

import asyncio
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from aiohttp import web

from upbit_auto_trading.simulator.account.accounts import Pocket
from upbit_auto_trading.simulator.account.auth import ApiKey
from upbit_auto_trading.simulator.account.exchange import SimulatedExchange
from upbit_auto_trading.simulator.account.exchange_errors import ExchangeError
from upbit_auto_trading.simulator.account.order_faults import AnswerFate
from upbit_auto_trading.simulator.account.request_parameters import (
    Parameters,
    from_json,
    from_query,
)

CONTENT_TYPE: Final = "application/json;charset=UTF-8"
_HANG_S: Final = 60.0
_HANG_STEP_S: Final = 0.25


@dataclass(frozen=True, slots=True)
class Call:
    """One authenticated request."""

    exchange: SimulatedExchange
    key: ApiKey
    pocket: Pocket
    parameters: Parameters
    now_ms: int


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One route: its rate group, the permission it needs (None: any key), what it does.

    `changes_orders` marks those that maintenance and the faults round orders act on.
    """

    method: str
    path: str
    act: Callable[[Call], Any]
    permission: str | None = None
    group: str = "default"
    status: int = 200
    changes_orders: bool = False

    @property
    def target(self) -> str:
        """What faults round orders call it: `place`, `cancel` or `test`."""
        if self.method == "DELETE":
            return "cancel"
        return "test" if self.path.endswith("/test") else "place"


def perform(
    exchange: SimulatedExchange,
    endpoint: Endpoint,
    key: ApiKey,
    parameters: Parameters,
    now_ms: int,
) -> Any:
    """Carry out one request of an authenticated key and return the answer's document.

    Raises:
        ExchangeError: the request is refused.
    """
    if endpoint.permission is not None:
        key.require(endpoint.permission)
    exchange.advance(now_ms)
    if endpoint.changes_orders:
        exchange.faults.refuse_order(parameters.text("market"))
    return endpoint.act(Call(exchange, key, exchange.pocket(key), parameters, now_ms))


class PrivateApi:
    """Answers the private requests of one exchange; `now_ms` tells the exchange's time."""

    def __init__(
        self, endpoints: Iterable[Endpoint], exchange: SimulatedExchange, now_ms: Callable[[], int]
    ) -> None:
        self._endpoints = {(endpoint.method, endpoint.path): endpoint for endpoint in endpoints}
        self._exchange = exchange
        self._now_ms = now_ms

    def endpoint(self, method: str, path: str) -> Endpoint | None:
        """Return the endpoint of `path` (`/v1/…`), None where the exchange has none."""
        return self._endpoints.get((method, path))

    def routes(self) -> list[web.RouteDef]:
        """Return every endpoint as a route of an aiohttp application."""
        return [
            web.route(endpoint.method, endpoint.path, partial(self.answer, endpoint))
            for endpoint in self._endpoints.values()
        ]

    async def answer(self, endpoint: Endpoint, request: web.BaseRequest) -> web.Response:
        """Answer one request.

        Raises:
            ConnectionResetError: a fault cut the connection instead of answering.
        """
        exchange = self._exchange
        try:
            parameters = await _parameters_of(
                request, strict="delete_body_refused" in exchange.faults.active
            )
            key = exchange.authenticator.check_request(
                request.headers, parameters, now_ms=self._now_ms(), remote=request.remote
            )
            if endpoint.changes_orders:
                await _meet(request, exchange.faults.request_fate(endpoint.target))
            document = perform(exchange, endpoint, key, parameters, self._now_ms())
            if endpoint.changes_orders:
                await _meet(request, exchange.faults.answer_fate(endpoint.target))
        except ExchangeError as error:
            return _answer(error.body, error.status)
        return _answer(document, endpoint.status)


async def _parameters_of(request: web.BaseRequest, *, strict: bool) -> Parameters:
    query = request.raw_path.partition("?")[2]
    body = await request.read()
    if request.method == "POST":
        if body and "form-urlencoded" in request.content_type:
            raise ExchangeError("invalid_parameter")
        return from_json(body) if body else Parameters()
    if request.method == "DELETE" and body and strict:
        raise ExchangeError("QUERY_PARAMETER_NOT_SUPPORTED")
    if query or not body:
        return from_query(query)
    if body.lstrip().startswith(b"{"):
        return from_json(body)
    try:
        return from_query(body.decode("ascii"))
    except UnicodeDecodeError:
        raise ExchangeError("invalid_parameter") from None


def _answer(document: Any, status: int) -> web.Response:
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return web.Response(body=body, status=status, headers={"Content-Type": CONTENT_TYPE})


async def _meet(request: web.BaseRequest, fate: AnswerFate) -> None:
    """Leave the client without its answer: an error, or a cut, at once or after a long silence."""
    if fate is AnswerFate.SENT:
        return
    if fate is AnswerFate.ERROR:
        raise ExchangeError("internal_server_error")
    transport = request.transport
    waited = 0.0
    while fate is AnswerFate.HANG and waited < _HANG_S and not _is_gone(transport):
        await asyncio.sleep(_HANG_STEP_S)
        waited += _HANG_STEP_S
    if transport is not None:
        transport.abort()
    raise ConnectionResetError


def _is_gone(transport: asyncio.Transport | None) -> bool:
    return transport is None or transport.is_closing()
