"""HTTP answers every part of the exchange gives in the same form."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from upbit_auto_trading.simulator.wire.rate_groups import GROUPS, RateLimiter, Verdict
from upbit_auto_trading.simulator.wire.rest_errors import (
    TOO_MANY_REQUESTS_TEXT,
    QuotationError,
    bad_request,
    blocked_body,
    no_route,
)

JSON_TYPE: Final = "application/json;charset=UTF-8"


def error_answer(error: QuotationError, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return an error's JSON body."""
    return web.Response(
        status=error.status,
        body=error.body,
        headers={**(headers or {}), "Content-Type": JSON_TYPE},
    )


def not_found() -> web.Response:
    """Return the gateway's answer to an unknown path; it carries no `Remaining-Req`."""
    return error_answer(no_route())


def internal_error() -> web.Response:
    """Return Upbit's 500."""
    return error_answer(QuotationError(500, "internal_server_error", "Internal Server Error"))


def too_large() -> web.Response:
    """Return the gateway's 413 of a body above one megabyte."""
    return error_answer(QuotationError(413, "request_too_large", "Request Entity Too Large"))


def twice_the_same_header() -> web.Response:
    """Return the 400 announced for requests that name a header more than once."""
    return error_answer(bad_request("invalid"))


def refused(verdict: Verdict, headers: Mapping[str, str]) -> web.Response:
    """Return the 429 (plain text) or 418 of a verdict."""
    if verdict.status == 429:
        text_headers = {**headers, "Content-Type": "text/plain;charset=UTF-8"}
        return web.Response(status=429, body=TOO_MANY_REQUESTS_TEXT.encode(), headers=text_headers)
    json_headers = {**headers, "Content-Type": JSON_TYPE}
    return web.Response(status=418, body=blocked_body(verdict.blocked_s), headers=json_headers)


def admit(
    limiter: RateLimiter, request: web.BaseRequest, group: str, now: float, actor: str | None = None
) -> Verdict:
    """Take the request out of its group's budget.

    `actor` is the pocket of an exchange request; without it the address counts, and a request
    with an `Origin` falls into a group of its own.
    """
    if actor is None and "Origin" in request.headers:
        return limiter.admit(request.remote or "", GROUPS["origin"], now)
    return limiter.admit(actor or request.remote or "", GROUPS[group], now)
