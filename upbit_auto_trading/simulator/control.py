"""The `/simulator/` paths: scenarios, what is subscribed, what was sent."""

import json
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import web

from upbit_auto_trading.domain.market import InvalidMarketError, parse_market, quote_of
from upbit_auto_trading.simulator.exchange_clock import ExchangeClock
from upbit_auto_trading.simulator.fault.fault_catalogue import FAULTS
from upbit_auto_trading.simulator.fault.fault_kind import FaultError
from upbit_auto_trading.simulator.fault_control import FaultControl
from upbit_auto_trading.simulator.market.listing_state import ListingState
from upbit_auto_trading.simulator.market.market_source import MarketSource
from upbit_auto_trading.simulator.market.scenario_catalogue import (
    LONGEST_MINUTES,
    SHORTEST_MINUTES,
    scenario_kinds,
)
from upbit_auto_trading.simulator.market.scenarios import LISTING_DAY, ScenarioMarketError
from upbit_auto_trading.simulator.socket.publisher import Publisher
from upbit_auto_trading.simulator.socket.sent_log import SentLog
from upbit_auto_trading.simulator.socket.ws_server import SocketServer

_QUOTES: Final = ("KRW", "BTC", "USDT")
_LONGEST_NUMBER: Final = 18

Action = Callable[[web.BaseRequest], Awaitable[Any]]


class ControlError(ValueError):
    """A control request that makes no sense; the text says why."""


class Control:
    """Answers control requests; none of them is part of Upbit."""

    def __init__(
        self,
        source: MarketSource,
        listing: ListingState,
        clock: ExchangeClock,
        sockets: SocketServer,
        log: SentLog,
        faults: FaultControl,
        publisher: Publisher,
    ) -> None:
        self._source = source
        self._listing = listing
        self._clock = clock
        self._sockets = sockets
        self._log = log
        self._faults = faults
        self._publisher = publisher
        self._actions: dict[tuple[str, str], Action] = {
            ("GET", "scenarios"): self._offer_scenarios,
            ("GET", "scenario"): self._tell_scenario,
            ("POST", "scenario"): self._start_scenario,
            ("GET", "faults"): self._offer_faults,
            ("GET", "fault"): self._tell_faults,
            ("POST", "fault"): self._set_fault,
            ("DELETE", "fault"): self._clear_fault,
            ("GET", "subscriptions"): self._tell_subscriptions,
            ("GET", "sent"): self._tell_sent,
        }

    async def answer(self, request: web.BaseRequest, path: str) -> web.Response:
        """Return the answer to a request for `path`, the part below `/simulator/`."""
        name, _, rest = path.rstrip("/").partition("/")
        act = self._actions.get((request.method, name))
        if act is None or (rest and (request.method, name) != ("DELETE", "fault")):
            return _json({"error": f"no {request.method} /simulator/{path}"}, status=404)
        try:
            return _json(await act(request))
        except (ControlError, FaultError, ScenarioMarketError) as error:
            return _json({"error": str(error)}, status=400)

    async def _tell_scenario(self, request: web.BaseRequest) -> Any:
        del request
        now_ms = self._clock.now_ms()
        running = [
            {
                "name": scenario.name,
                "market": scenario.market,
                "start_ms": scenario.start_ms,
                "end_ms": scenario.end_ms,
                "seconds_left": self._clock.seconds_until(scenario.end_ms),
            }
            for scenario in self._source.running_scenarios(now_ms)
        ]
        return {"run_id": self._source.run_id, "now_ms": now_ms, "running": running}

    async def _offer_scenarios(self, request: web.BaseRequest) -> Any:
        del request
        names = self._source.scenario_names()
        return [kind.described() for kind in scenario_kinds() if kind.name in names]

    async def _start_scenario(self, request: web.BaseRequest) -> Any:
        document = await _document(request, "name", "market", "minutes")
        name, market = document.get("name"), document.get("market")
        if not isinstance(name, str) or name not in self._source.scenario_names():
            names = ", ".join(self._source.scenario_names()) or "none in a recorded session"
            raise ControlError(f"there is no scenario {name!r}; there are {names}")
        market = self._market(name, market)
        self._source.start_scenario(name, market, self._clock.now_ms(), _minutes(document))
        self._listing.follow(self._source.listing)
        self._publisher.start_afresh()
        return await self._tell_scenario(request)

    def _market(self, name: str, given: object) -> str | None:
        """Return the market a scenario is asked for; an empty one is none."""
        if given is None or given == "":
            return None
        if isinstance(given, str) and given in {row.market for row in self._source.listing}:
            return given
        if name != LISTING_DAY:
            raise ControlError(f"market must be a listed one, not {given!r}")
        try:
            market = parse_market(given) if isinstance(given, str) else ""
        except InvalidMarketError:
            market = ""
        if quote_of(market) not in _QUOTES:
            raise ControlError(f"market must be one like KRW-NEW, not {given!r}")
        return market

    async def _offer_faults(self, request: web.BaseRequest) -> Any:
        del request
        return [kind.described() for kind in FAULTS.values()]

    async def _tell_faults(self, request: web.BaseRequest) -> Any:
        del request
        return self._faults.describe()

    async def _set_fault(self, request: web.BaseRequest) -> Any:
        document = await _document(request, "name", "args")
        name, arguments = document.get("name"), document.get("args", {})
        if not isinstance(name, str) or not isinstance(arguments, dict):
            raise ControlError('the body must be {"name": NAME, "args": {…}}')
        self._faults.set(name, arguments)
        return self._faults.describe()

    async def _clear_fault(self, request: web.BaseRequest) -> Any:
        name = request.path.rstrip("/").rpartition("/fault")[2].strip("/")
        if not name:
            raise ControlError("the path must name the fault: DELETE /simulator/fault/NAME")
        return {"cleared": self._faults.clear(name)}

    async def _tell_subscriptions(self, request: web.BaseRequest) -> Any:
        del request
        return [
            {
                "connection": session.number,
                "endpoint": session.endpoint.value,
                "ticket": session.ticket,
                "format": session.format.value,
                "sent": session.outbox.sent,
                "backlog": session.backlog,
                "subscriptions": [] if session.feed is None else list(session.feed.describe()),
            }
            for session in self._sockets.sessions.values()
        ]

    async def _tell_sent(self, request: web.BaseRequest) -> Any:
        since = _whole(request, "since") or 0
        connection = _whole(request, "connection")
        frames = [record._asdict() for record in self._log.since(since, connection)]
        last = frames[-1]["serial"] if frames else since
        return {"oldest": self._log.oldest, "last": last, "frames": frames}


def _whole(request: web.BaseRequest, name: str) -> int | None:
    text = request.rel_url.query.get(name)
    if text is None:
        return None
    if not text.isdecimal() or len(text) > _LONGEST_NUMBER:
        raise ControlError(f"{name} must be a whole number from 0, not {text!r}")
    return int(text)


def _minutes(document: dict[str, Any]) -> float | None:
    minutes = document.get("minutes")
    if minutes is None:
        return None
    is_number = isinstance(minutes, int | float) and not isinstance(minutes, bool)
    if not is_number or not SHORTEST_MINUTES <= minutes <= LONGEST_MINUTES:
        allowed = f"between {SHORTEST_MINUTES:g} and {LONGEST_MINUTES:g}"
        raise ControlError(f"minutes must be a number {allowed}, not {minutes!r}")
    return float(minutes)


async def _document(request: web.BaseRequest, *known: str) -> dict[str, Any]:
    """Return the body's object, whose keys are all `known`."""
    try:
        document = json.loads(await request.read())
    except web.HTTPRequestEntityTooLarge:
        raise ControlError("the body must be at most one megabyte") from None
    except (ValueError, RecursionError):
        raise ControlError("the body must be a JSON object") from None
    if not isinstance(document, dict):
        raise ControlError("the body must be a JSON object")
    unknown = sorted(document.keys() - set(known))
    if unknown:
        raise ControlError(f"there is no {unknown[0]!r} to set; there are {', '.join(known)}")
    return document


def _json(document: Any, status: int = 200) -> web.Response:
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return web.Response(status=status, body=body, content_type="application/json")
