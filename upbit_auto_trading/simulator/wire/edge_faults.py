"""Faults that meet a request at the door: resets, wrong statuses, pages of others, silence."""

import asyncio
from collections.abc import Mapping
from typing import Final

from aiohttp import web

from upbit_auto_trading.simulator.fault.fault_kind import FaultValue
from upbit_auto_trading.simulator.fault.faults import ActiveFault, FaultBoard
from upbit_auto_trading.simulator.fault.tcp_reset import reset_transport
from upbit_auto_trading.simulator.wire.rate_groups import GROUPS, Verdict
from upbit_auto_trading.simulator.wire.rest_answers import refused

_LOOK_AGAIN_S: Final = 0.1
_SMALLEST_PAUSE_S: Final = 0.02
_LOGIN_PAGE: Final = (
    "<!DOCTYPE html><html><head><title>Sign in to the network</title></head>"
    "<body><form action='/login'><input name='user'></form></body></html>"
)
_REASONS: Final = {
    403: "Forbidden",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Temporarily Unavailable",
    504: "Gateway Time-out",
}


class EdgeFaults:
    """Asks the board what happens to a request before, and to an answer after, it is handled."""

    def __init__(self, board: FaultBoard) -> None:
        self._board = board

    async def meet(self, request: web.BaseRequest, **scope: FaultValue) -> web.Response | None:
        """Return the answer a fault gives in place of the exchange's, None when there is none.

        `scope` has `target` (ws or rest) and `endpoint` or `group`.

        Raises:
            ConnectionResetError: the connection was reset or fell silent until it ended.
        """
        board = self._board
        if not board.active:
            return None
        if board.find("outage", **scope) or board.use("handshake_reset", **scope):
            reset(request)
        if board.find("black_hole", connection=-1, **scope):
            await self._swallow(request, scope)
        if board.use("captive_portal", **scope):
            return _page(200, _LOGIN_PAGE)
        if scope["target"] == "ws":
            fault = board.use("handshake_status", **scope)
            return None if fault is None else _status_answer(int(fault.number("status")))
        return await self._meet_rest(scope)

    async def spoil(
        self, request: web.BaseRequest, answer: web.Response, group: str
    ) -> web.StreamResponse:
        """Send an answer as a fault has it, slowly or only in part; without a fault return it.

        Raises:
            ConnectionResetError: the connection was cut in the middle of the body.
        """
        slow = self._board.use("slow_body", target="rest", group=group)
        if slow is not None:
            return await _trickle(request, answer, slow.number("bytes_per_s"))
        cut = self._board.use("cut_body", target="rest", group=group)
        if cut is not None:
            await _send_part(request, answer, int(cut.number("bytes")))
        return answer

    async def _meet_rest(self, scope: Mapping[str, FaultValue]) -> web.Response | None:
        board = self._board
        # In maintenance the exchange's own paths answer, orders by market_offline.
        if board.find("maintenance") and not GROUPS[str(scope["group"])].is_bucket:
            return _error_page(503)
        late = board.use("hang", **scope)
        if late is not None:
            await asyncio.sleep(late.number("delay_s"))
        blocked = board.find("blocked", **scope)
        if blocked is not None:
            return _refusal(418, blocked, scope)
        many = board.use("too_many_requests", **scope)
        if many is not None:
            return _refusal(429, many, scope)
        broken = board.use("server_error", **scope)
        return None if broken is None else _error_page(int(broken.number("status")))

    async def _swallow(self, request: web.BaseRequest, scope: Mapping[str, FaultValue]) -> None:
        transport = request.transport
        while self._board.find("black_hole", **scope):
            if transport is None or transport.is_closing():
                break
            await asyncio.sleep(_LOOK_AGAIN_S)
        reset(request)


def reset(request: web.BaseRequest) -> None:
    """End the request's connection with a TCP reset.

    Raises:
        ConnectionResetError: always; nothing is left to answer to.
    """
    transport = request.transport
    if transport is not None:
        reset_transport(transport)
    raise ConnectionResetError


def _page(status: int, html: str) -> web.Response:
    return web.Response(
        status=status, body=html.encode(), headers={"Content-Type": "text/html;charset=UTF-8"}
    )


def _error_page(status: int) -> web.Response:
    reason = _REASONS.get(status, "Error")
    title = f"{status} {reason}"
    return _page(
        status,
        f"<html><head><title>{title}</title></head><body><center><h1>{title}</h1></center>"
        "<hr><center>nginx</center></body></html>",
    )


def _status_answer(status: int) -> web.Response:
    if status == 429:
        verdict = Verdict(429, GROUPS["websocket"], 0)
        return refused(verdict, {"Remaining-Req": verdict.header})
    return _error_page(status)


def _refusal(status: int, fault: ActiveFault, scope: Mapping[str, FaultValue]) -> web.Response:
    verdict = Verdict(
        status,
        GROUPS.get(str(scope.get("group")), GROUPS["default"]),
        0,
        float(fault.arguments.get("seconds", 0)),
    )
    has_header = bool(fault.arguments.get("header", True))
    return refused(verdict, {"Remaining-Req": verdict.header} if has_header else {})


def _body(answer: web.Response) -> bytes:
    body = answer.body
    return bytes(body) if isinstance(body, bytes | bytearray | memoryview) else b""


async def _started(request: web.BaseRequest, answer: web.Response) -> web.StreamResponse:
    headers = {**answer.headers, "Content-Length": str(len(_body(answer)))}
    headers.pop("Transfer-Encoding", None)
    response = web.StreamResponse(status=answer.status, headers=headers)
    await response.prepare(request)
    return response


async def _trickle(
    request: web.BaseRequest, answer: web.Response, bytes_per_s: float
) -> web.StreamResponse:
    response = await _started(request, answer)
    body = _body(answer)
    size = max(1, int(bytes_per_s * _SMALLEST_PAUSE_S))
    for start in range(0, len(body), size):
        await response.write(body[start : start + size])
        await asyncio.sleep(size / bytes_per_s)
    await response.write_eof()
    return response


async def _send_part(request: web.BaseRequest, answer: web.Response, size: int) -> None:
    response = await _started(request, answer)
    body = _body(answer)
    await response.write(body[: min(size, max(len(body) - 1, 0))])
    if request.transport is not None:
        request.transport.close()
    raise ConnectionResetError
