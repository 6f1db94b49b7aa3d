"""Finds out, step by step, whether and how Upbit can be reached. Also a command.

Each step is measured by doing it: name, TCP and TLS, a REST request of every group, the
handshake, a subscription with its first frame, a change of it on the same socket, what Upbit
lists of it. A step that fails ends those that need it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from upbit_auto_trading.domain.failure import BadDataError, MarketDataError, NotConnectedError
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.subscription import ConnectionState
from upbit_auto_trading.infrastructure.connection_probe import Step, probe_address
from upbit_auto_trading.infrastructure.market_data_backbone.backbone import MarketDataBackbone
from upbit_auto_trading.infrastructure.market_data_backbone.policy import Policy

_PATIENCE_S: Final = 8.0
_PROBE_S: Final = 5.0
_FAR_MS: Final = 500.0
_CAUSES: Final = frozenset(
    {"dns", "refused", "tls", "certificate", "not_upbit", "banned", "rate_limited"}
)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Every step done, in order."""

    rest_url: str
    ws_url: str
    steps: tuple[Step, ...]

    @property
    def ok(self) -> bool:
        """Whether every step worked."""
        return all(step.ok for step in self.steps)

    @property
    def verdict(self) -> str:
        """What it comes to, a code: `healthy`, or what is wrong, the deepest cause first."""
        by_name = {step.name: step for step in self.steps}
        failed = [step for step in self.steps if not step.ok]
        if not failed:
            if by_name["clock"].facts.get("is_off"):
                return "clock_off"
            rtt = by_name["swap"].facts.get("rtt_ms")
            return "far" if rtt is not None and rtt > _FAR_MS else "healthy"
        rest, socket = by_name.get("rest"), by_name.get("websocket")
        has_rest = rest is not None and rest.ok
        if socket is not None and has_rest and socket.facts.get("cause") == "not_upbit":
            return "not_the_websocket"
        causes = [str(step.facts.get("cause")) for step in failed]
        for cause in causes:
            if cause in _CAUSES:
                return cause
        if socket is not None and not socket.ok:
            return "websocket_blocked" if has_rest else "unreachable"
        if rest is not None and not rest.ok:
            return "rest_blocked"
        names = {step.name for step in failed}
        if names & {"subscription", "swap"}:
            return "silent"
        return "listing_differs" if "listing" in names else "rest_incomplete"

    def data(self) -> dict[str, Any]:
        """Return the diagnosis as plain data."""
        return {"ok": self.ok, "verdict": self.verdict} | asdict(self)


async def diagnose(
    rest_url: str,
    ws_url: str,
    *,
    data_dir: Path | None = None,
    market: str = "KRW-BTC",
    patience_s: float = _PATIENCE_S,
) -> Diagnosis:
    """Try everything the program needs of the endpoint, in the order it needs it."""
    probe_s = min(_PROBE_S, patience_s)
    steps = await probe_address(rest_url, probe_s)
    if urlsplit(ws_url).netloc != urlsplit(rest_url).netloc:
        steps += await probe_address(ws_url, probe_s, label="websocket_")
    policy = Policy(standby=False, predict=False)
    async with MarketDataBackbone(rest_url, ws_url, policy=policy, data_dir=data_dir) as feed:
        await _Trial(feed, ws_url, market, patience_s, steps).run()
    return Diagnosis(rest_url, ws_url, tuple(steps))


class _Trial:
    """The steps that speak Upbit's language, over one backbone."""

    def __init__(
        self,
        feed: MarketDataBackbone,
        ws_url: str,
        market: str,
        patience_s: float,
        steps: list[Step],
    ) -> None:
        self._feed = feed
        self._ws_url = ws_url
        self._market = market
        self._patience_s = patience_s
        self._steps = steps
        self._subscription = feed.subscribe((), lambda _: None)

    async def run(self) -> None:
        try:
            if await self._try("rest", self._rest):
                await self._try("rest_groups", self._rest_groups)
            if not await self._try("websocket", self._handshake):
                return
            if await self._try("subscription", self._first_frame):
                await self._try("clock", self._clock)
                await self._try("swap", self._swapped)
                await self._try("listing", self._listing)
        finally:
            self._subscription.close()

    async def _rest(self) -> dict[str, Any]:
        markets = (await self._feed.markets()).values
        return {"markets": len(markets), "quotes": sorted({info.quote for info in markets})}

    async def _rest_groups(self) -> dict[str, Any]:
        """One request of each group; the first that fails fails the step."""
        feed, market = self._feed, self._market
        asks: dict[str, Callable[[], Awaitable[object]]] = {
            "ticker": lambda: feed.ticker(market),
            "orderbook": lambda: feed.orderbook(market),
            "trades": lambda: feed.trades(market),
            "candles": lambda: feed.candles(market, "1m", 1),
        }
        facts: dict[str, Any] = {}
        for name, ask in asks.items():
            started = time.perf_counter()
            await ask()
            facts[f"{name}_ms"] = round((time.perf_counter() - started) * 1000, 1)
        budgets = feed.sample().budgets
        facts["remaining"] = {one.group: one.remaining for one in budgets}
        return facts

    async def _handshake(self) -> dict[str, Any]:
        deadline = time.monotonic() + self._patience_s
        while self._feed.connection_state is not ConnectionState.CONNECTED:
            if time.monotonic() > deadline:
                raise NotConnectedError(self._ws_url, _last_cause(self._feed))
            await asyncio.sleep(0.02)
        return {"epoch": self._feed.get_performance_metrics()["streams"]["epoch"]}

    async def _first_frame(self) -> dict[str, Any]:
        swap = await self._subscription.replace([Stream("ticker", self._market)])
        _delivered(swap.silent, swap.first_ms)
        return {"first_ms": swap.first_ms}

    async def _clock(self) -> dict[str, Any]:
        streams = self._feed.get_performance_metrics()["streams"]
        return {"offset_ms": streams["clock_offset_ms"], "is_off": streams["clock_is_off"]}

    async def _listing(self) -> dict[str, Any]:
        found = await self._feed.check_subscription(self._patience_s)
        if not found.agrees:
            what = f"{found.listed} streams instead of the {found.sent} asked for"
            raise BadDataError("LIST_SUBSCRIPTIONS", what)
        return {"sent": found.sent, "listed": found.listed}

    async def _swapped(self) -> dict[str, Any]:
        swap = await self._subscription.replace([Stream("orderbook", self._market)])
        _delivered(swap.silent, swap.first_ms)
        streams = self._feed.get_performance_metrics()["streams"]
        return {
            "kind": swap.kind.value,
            "first_ms": swap.first_ms,
            "own_ms": swap.own_ms,
            "reconnects": streams["reconnects"],
            "rtt_ms": streams["rtt_ms"],
        }

    async def _try(self, name: str, work: Callable[[], Awaitable[dict[str, Any]]]) -> bool:
        started = time.perf_counter()
        try:
            facts, ok = await work(), True
        except MarketDataError as error:
            cause = error.cause.value
            detail = getattr(error, "detail", cause)
            facts = {"cause": detail if detail in _CAUSES else cause, "detail": str(error)}
            ok = False
        self._steps.append(Step(name, ok, (time.perf_counter() - started) * 1000, facts))
        return ok


def _delivered(silent: frozenset[Stream], first_ms: float | None) -> None:
    if silent or first_ms is None:
        raise NotConnectedError("the subscription", "silent")


def _last_cause(feed: MarketDataBackbone) -> str:
    timeline = feed.get_performance_metrics()["degradations"]["timeline"]
    causes = [entry["cause"] for entry in timeline if entry.get("cause")]
    return str(causes[-1]) if causes else "timeout"
