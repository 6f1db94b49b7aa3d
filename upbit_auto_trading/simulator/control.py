"""The `/simulator/` paths: scenarios, what is subscribed, what was sent."""

import json
from typing import Any

from aiohttp import web

from upbit_auto_trading.simulator.exchange_clock import ExchangeClock
from upbit_auto_trading.simulator.market_source import MarketSource
from upbit_auto_trading.simulator.sent_log import SentLog
from upbit_auto_trading.simulator.ws_server import SocketServer


class ControlError(ValueError):
    """A control request that makes no sense; `reason` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Control:
    """Answers control requests; none of them is part of Upbit."""

    def __init__(
        self, source: MarketSource, clock: ExchangeClock, sockets: SocketServer, log: SentLog
    ) -> None:
        self._source = source
        self._clock = clock
        self._sockets = sockets
        self._log = log

    async def answer(self, request: web.BaseRequest, path: str) -> web.Response:
        """Return the answer to a request for `path`, the part below `/simulator/`."""
        try:
            if path == "scenario" and request.method == "GET":
                return _json(self._scenario())
            if path == "scenario" and request.method == "POST":
                self._start_scenario(await _document(request))
                return _json(self._scenario())
            if path == "subscriptions" and request.method == "GET":
                return _json(self._subscriptions())
            if path == "sent" and request.method == "GET":
                return _json(self._sent(request))
        except ControlError as error:
            return _json({"error": error.reason}, status=400)
        return _json({"error": f"no {request.method} /simulator/{path}"}, status=404)

    def _scenario(self) -> dict[str, Any]:
        return {"run_id": self._source.run_id, "now_ms": self._clock.now_ms()}

    def _start_scenario(self, document: dict[str, Any]) -> None:
        name, market = document.get("name"), document.get("market")
        if name not in self._source.scenario_names():
            names = ", ".join(self._source.scenario_names())
            raise ControlError(f"there is no scenario {name!r}; there are {names}")
        if market is not None and market not in {row.market for row in self._source.listing}:
            raise ControlError(f"{market!r} isn't listed")
        self._source.start_scenario(str(name), market, self._clock.now_ms())

    def _subscriptions(self) -> list[dict[str, Any]]:
        return [
            {
                "connection": session.number,
                "endpoint": session.endpoint.value,
                "ticket": session.ticket,
                "format": session.format.value,
                "sent": session.outbox.sent,
                "subscriptions": [] if session.feed is None else session.feed.describe(),
            }
            for session in self._sockets.sessions.values()
        ]

    def _sent(self, request: web.BaseRequest) -> dict[str, Any]:
        since = _whole(request, "since") or 0
        connection = _whole(request, "connection")
        frames = [record._asdict() for record in self._log.since(since, connection)]
        last = frames[-1]["index"] if frames else since
        return {"oldest": self._log.oldest, "last": last, "frames": frames}


def _whole(request: web.BaseRequest, name: str) -> int | None:
    text = request.rel_url.query.get(name)
    if text is None:
        return None
    try:
        return int(text)
    except ValueError:
        raise ControlError(f"{name} must be a whole number, not {text!r}") from None


async def _document(request: web.BaseRequest) -> dict[str, Any]:
    try:
        document = json.loads(await request.read())
    except ValueError:
        raise ControlError("the body must be a JSON object") from None
    if not isinstance(document, dict):
        raise ControlError("the body must be a JSON object")
    return document


def _json(document: Any, status: int = 200) -> web.Response:
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return web.Response(status=status, body=body, content_type="application/json")
