"""The simulated exchange inside the test's own loop, with a hand on its wall clock."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from upbit_auto_trading.simulator.account.account_file import default_accounts
from upbit_auto_trading.simulator.exchange_clock import ExchangeClock
from upbit_auto_trading.simulator.market.market_model import MarketModel
from upbit_auto_trading.simulator.market.virtual_clock import VirtualClock
from upbit_auto_trading.simulator.server import ExchangeServer, ServerSettings
from upbit_auto_trading.simulator.socket.sent_log import SentLog

EXCHANGE_MS = 1_787_731_683_000
"""2026-08-26 08:08:03 UTC, when the exchange's time starts."""
MARKETS = 24


@dataclass
class WallClock:
    """Seconds that stand still until a test moves them; a whole second to begin with."""

    seconds: float = EXCHANGE_MS // 1000

    def __call__(self) -> float:
        return self.seconds


@dataclass
class RunningExchange:
    """A listening exchange. `wall` drives its limits, nothing else."""

    server: ExchangeServer
    port: int
    wall: WallClock
    log: SentLog
    model: MarketModel
    rest: aiohttp.ClientSession = field(repr=False)

    @property
    def rest_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def socket(self, path: str = "", **options: Any) -> connect:
        """Return an unopened client connection: `async with exchange.socket() as ws`.

        Its queue has no bound: with one, a pong would wait behind frames nobody has taken yet.
        """
        given: dict[str, Any] = {
            "compression": None,
            "ping_interval": None,
            "proxy": None,
            "max_queue": None,
        }
        return connect(f"ws://127.0.0.1:{self.port}/websocket/v1{path}", **(given | options))

    async def get(self, path: str, **headers: str) -> tuple[int, Mapping[str, str], bytes]:
        """Return status, headers and body of a GET."""
        async with self.rest.get(f"{self.rest_url}{path}", headers=headers) as answer:
            return answer.status, answer.headers, await answer.read()

    async def get_json(self, path: str) -> Any:
        status, _, body = await self.get(path)
        assert status == 200, body
        return json.loads(body)


@asynccontextmanager
async def running_exchange(
    settings: ServerSettings | None = None, *, speed: float = 1.0, sent: int = 10_000
) -> AsyncIterator[RunningExchange]:
    """Run an exchange of a few markets on a free port."""
    model = MarketModel(seed=7, markets=MARKETS, history_days=10)
    wall = WallClock()
    time_map = VirtualClock(exchange_ms=EXCHANGE_MS, monotonic_s=time.monotonic(), speed=speed)
    clock = ExchangeClock(time_map, time.monotonic, wall)
    log = SentLog(capacity=sent)
    server = ExchangeServer(model, default_accounts(EXCHANGE_MS), clock, log, settings)
    try:
        port = await server.start("127.0.0.1", 0)
        async with aiohttp.ClientSession() as rest:
            yield RunningExchange(server, port, wall, log, model, rest)
    finally:
        await server.stop()


def request(*entries: Mapping[str, Any], **options: Any) -> str:
    """Return a request's text: `request({"type": "ticker", "codes": […]}, format="SIMPLE")`."""
    parts: list[Mapping[str, Any]] = [{"ticket": "test"}, *entries]
    return json.dumps([*parts, options] if options else parts)


async def receive(socket: ClientConnection) -> Any:
    """Return the next frame's document; data frames are binary."""
    frame = await socket.recv(decode=False)
    return json.loads(frame)


async def set_fault(exchange: RunningExchange, name: str, /, **arguments: Any) -> None:
    url = f"{exchange.rest_url}/simulator/fault"
    async with exchange.rest.post(url, json={"name": name, "args": arguments}) as answer:
        assert answer.status == 200, await answer.text()


async def clear_fault(exchange: RunningExchange, name: str) -> None:
    async with exchange.rest.delete(f"{exchange.rest_url}/simulator/fault/{name}") as answer:
        assert answer.status == 200, await answer.text()


async def until(socket: Any, wanted: Any) -> Any:
    while True:
        frame = await receive(socket)
        if wanted(frame):
            return frame


async def end_of(socket: Any) -> ConnectionClosed:
    while True:
        try:
            await socket.recv()
        except ConnectionClosed as closed:
            return closed


async def silent(socket: Any, seconds: float = 0.15) -> bool:
    """Whether nothing arrives for a while, once what was on its way has."""
    try:
        async with asyncio.timeout(0.05):
            while True:
                await socket.recv()
    except TimeoutError:
        pass
    try:
        async with asyncio.timeout(seconds):
            await socket.recv()
    except TimeoutError:
        return True
    return False
