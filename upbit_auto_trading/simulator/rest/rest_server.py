"""Quotation requests over HTTP: limits, headers, compression round the answers of `Quotation`."""

import asyncio
import hashlib
from collections.abc import Iterator
from typing import Final
from urllib.parse import parse_qsl

from aiohttp import web

from upbit_auto_trading.simulator.exchange_clock import ExchangeClock
from upbit_auto_trading.simulator.rest.rest_encode import json_array
from upbit_auto_trading.simulator.rest.rest_parameters import QueryParameters
from upbit_auto_trading.simulator.rest.rest_quotation import Quotation
from upbit_auto_trading.simulator.wire.edge_faults import EdgeFaults
from upbit_auto_trading.simulator.wire.rate_groups import RateLimiter
from upbit_auto_trading.simulator.wire.rest_answers import (
    JSON_TYPE,
    admit,
    error_answer,
    not_found,
    refused,
)
from upbit_auto_trading.simulator.wire.rest_errors import QuotationError

_NO_CACHE: Final = {
    "Cache-Control": "no-cache, no-store, max-age=0, must-revalidate",
    "Pragma": "no-cache",
    "Expires": "0",
}
_VARY: Final = "origin,access-control-request-method,access-control-request-headers,accept-encoding"
_BREATH_S: Final = 0.005
_SMALLEST_GZIP: Final = 1024


class QuotationServer:
    """Answers `/v1/` requests of the public API."""

    def __init__(
        self,
        quotation: Quotation,
        limiter: RateLimiter,
        clock: ExchangeClock,
        edge: EdgeFaults,
    ) -> None:
        self._quotation = quotation
        self._limiter = limiter
        self._clock = clock
        self._edge = edge

    async def answer(self, request: web.BaseRequest, path: str) -> web.StreamResponse:
        """Return the answer to a request for `path`, the part below `/v1/`."""
        route = self._quotation.route(path)
        if route is None or request.method not in ("GET", "HEAD"):
            return not_found()
        spoilt = await self._edge.meet(request, target="rest", group=route.group)
        if spoilt is not None:
            return spoilt
        verdict = admit(self._limiter, request, route.group, self._clock.wall_s())
        headers = {"Remaining-Req": verdict.header, "Limit-By-Ip": "Yes", **_NO_CACHE}
        if verdict.status != 200:
            return refused(verdict, headers)
        try:
            parameters = QueryParameters(await _query_pairs(request))
            body = json_array(await _gathered(route.answer(parameters, self._clock.now_ms())))
        except QuotationError as error:
            return error_answer(error, headers)
        return await self._edge.spoil(request, _listed(request, body, headers), route.group)


def _listed(request: web.BaseRequest, body: bytes, headers: dict[str, str]) -> web.Response:
    # An MD5 of the body behind a zero: the form of Upbit's weak tags.
    digest = hashlib.md5(body, usedforsecurity=False).hexdigest()
    own = {"Content-Type": JSON_TYPE, "ETag": f'W/"0{digest}"', "Vary": _VARY}
    answer = web.Response(body=body, headers={**headers, **own})
    if len(body) >= _SMALLEST_GZIP and "gzip" in request.headers.get("Accept-Encoding", ""):
        answer.enable_compression(web.ContentCoding.gzip)
    answer.enable_chunked_encoding()
    return answer


async def _query_pairs(request: web.BaseRequest) -> list[tuple[str, str]]:
    """Return the parameters of the query, then of a form body (some clients send those)."""
    pairs = parse_qsl(request.rel_url.raw_query_string, keep_blank_values=True)
    if request.content_type == "application/x-www-form-urlencoded" and request.can_read_body:
        body = await request.read()
        pairs += parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    return pairs


async def _gathered(parts: Iterator[str]) -> list[str]:
    """Collect an answer's parts, giving way to the streams every few milliseconds."""
    loop = asyncio.get_running_loop()
    gathered: list[str] = []
    stop_s = loop.time() + _BREATH_S
    for part in parts:
        gathered.append(part)
        if loop.time() > stop_s:
            await asyncio.sleep(0)
            stop_s = loop.time() + _BREATH_S
    return gathered
