"""Quotation requests over HTTP: limits, headers, compression round the answers of `Quotation`."""

import asyncio
import hashlib
from collections.abc import Iterator
from typing import Final
from urllib.parse import parse_qsl

from aiohttp import web

from upbit_auto_trading.simulator.exchange_clock import ExchangeClock
from upbit_auto_trading.simulator.rate_groups import GROUPS, RateLimiter, Verdict
from upbit_auto_trading.simulator.rest_encode import json_array
from upbit_auto_trading.simulator.rest_errors import (
    TOO_MANY_REQUESTS_TEXT,
    QuotationError,
    blocked_body,
    no_route,
)
from upbit_auto_trading.simulator.rest_parameters import QueryParameters
from upbit_auto_trading.simulator.rest_quotation import Quotation

JSON_TYPE: Final = "application/json;charset=UTF-8"
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

    def __init__(self, quotation: Quotation, limiter: RateLimiter, clock: ExchangeClock) -> None:
        self._quotation = quotation
        self._limiter = limiter
        self._clock = clock

    def knows(self, path: str) -> bool:
        """Whether the path (below `/v1/`) is one of the quotation API."""
        return self._quotation.route(path) is not None

    async def answer(self, request: web.BaseRequest, path: str) -> web.Response:
        """Return the answer to a request for `path`, the part below `/v1/`."""
        route = self._quotation.route(path)
        if route is None or request.method not in ("GET", "HEAD"):
            return not_found()
        verdict = admit(self._limiter, request, route.group, self._clock.wall_s())
        headers = {"Remaining-Req": verdict.header, "Limit-By-Ip": "Yes", **_NO_CACHE}
        if verdict.status != 200:
            return refused(verdict, headers)
        try:
            parameters = QueryParameters(await query_pairs(request))
            body = json_array(await _gathered(route.answer(parameters, self._clock.now_ms())))
        except QuotationError as error:
            headers["Content-Type"] = JSON_TYPE
            return web.Response(status=error.status, body=error.body, headers=headers)
        headers["Content-Type"] = JSON_TYPE
        # An MD5 of the body behind a zero: the form of Upbit's weak tags.
        digest = hashlib.md5(body, usedforsecurity=False).hexdigest()
        headers["ETag"] = f'W/"0{digest}"'
        headers["Vary"] = _VARY
        response = web.Response(body=body, headers=headers)
        if len(body) >= _SMALLEST_GZIP and "gzip" in request.headers.get("Accept-Encoding", ""):
            response.enable_compression(web.ContentCoding.gzip)
        response.enable_chunked_encoding()
        return response


def not_found() -> web.Response:
    """Return the gateway's answer to an unknown path; it carries no `Remaining-Req`."""
    error = no_route()
    return web.Response(status=error.status, body=error.body, headers={"Content-Type": JSON_TYPE})


def admit(
    limiter: RateLimiter, request: web.BaseRequest, group: str, now: float, actor: str | None = None
) -> Verdict:
    """Take the request out of its group's budget; one with an `Origin` has a group of its own."""
    if "Origin" in request.headers:
        return limiter.admit(request.remote or "", GROUPS["origin"], now)
    return limiter.admit(actor or request.remote or "", GROUPS[group], now)


def refused(verdict: Verdict, headers: dict[str, str]) -> web.Response:
    """Return the 429 or 418 of a verdict."""
    if verdict.status == 429:
        text_headers = {**headers, "Content-Type": "text/plain;charset=UTF-8"}
        return web.Response(status=429, body=TOO_MANY_REQUESTS_TEXT.encode(), headers=text_headers)
    json_headers = {**headers, "Content-Type": JSON_TYPE}
    return web.Response(status=418, body=blocked_body(verdict.blocked_s), headers=json_headers)


async def query_pairs(request: web.BaseRequest) -> list[tuple[str, str]]:
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
