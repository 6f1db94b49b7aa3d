"""A tiny exchange inside the test's own loop that does exactly what the test says.

One port for REST and WebSocket, as the real client sees them. It stores what was asked and
sends what it is told; it has no behaviour of its own beyond one snapshot per stream.
"""

import asyncio
import contextlib
import json
import urllib.parse
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, Self

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

Query = dict[str, str]
RestAnswer = tuple[int, str, bytes]
SNAPSHOT_MS = 1_787_731_717_000


def json_answer(value: Any, status: int = 200) -> RestAnswer:
    return status, "application/json;charset=UTF-8", json.dumps(value).encode()


class ScriptedUpbit:
    """Serve until the `async with` block ends."""

    def __init__(self, markets: Iterable[str] = ("KRW-BTC", "KRW-ETH", "KRW-XRP")) -> None:
        self.markets = list(markets)
        self.rest: dict[str, Callable[[Query], RestAnswer]] = {}
        self.rest_log: list[tuple[str, Query]] = []
        self.handshakes: list[RestAnswer] = []
        self.handshake_count = 0
        self.requests: list[list[dict[str, Any]]] = []
        self.connections: list[ServerConnection] = []
        self.subscribers: set[ServerConnection] = set()
        self.silent: set[tuple[str, str]] = set()
        self.refused: set[tuple[str, str]] = set()
        self.listed: list[dict[str, Any]] = []
        self.ignored_requests = 0
        self.now_ms = SNAPSHOT_MS
        self._server: Server | None = None
        self._changed = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._server = await serve(
            self._serve, "127.0.0.1", 0, process_request=self._http, compression=None
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def restart(self) -> None:
        """Listen on the same port again after `stop`."""
        self._server = await serve(
            self._serve, "127.0.0.1", self.port, process_request=self._http, compression=None
        )

    @property
    def rest_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/websocket/v1"

    @property
    def subscribed(self) -> set[tuple[str, str]]:
        """What the newest request asked for."""
        return streams_of(self.requests[-1]) if self.requests else set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until `condition` holds, looked at after everything that happens here."""
        async with asyncio.timeout(10):
            while not condition():
                self._changed.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.01):
                        await self._changed.wait()

    async def send(self, *frames: Any, connection: int = -1) -> None:
        """Send frames as Upbit does: binary; bytes go as they are."""
        for frame in frames:
            data = frame if isinstance(frame, bytes) else json.dumps(frame).encode()
            await self.connections[connection].send(data)

    async def send_to(self, connection: ServerConnection, value: Any) -> None:
        """Send over one connection, which may be gone meanwhile."""
        with contextlib.suppress(ConnectionClosed):
            await connection.send(json.dumps(value).encode())

    async def cut(self, connection: int = -1) -> None:
        """End a connection without a goodbye."""
        self.connections[connection].transport.abort()
        await self.connections[connection].wait_closed()

    async def _http(self, _: ServerConnection, request: Request) -> Response | None:
        self._changed.set()
        parts = urllib.parse.urlsplit(request.path)
        if parts.path.startswith("/websocket"):
            self.handshake_count += 1
            return self._response(*self.handshakes.pop(0)) if self.handshakes else None
        path = parts.path.removeprefix("/v1/")
        query = dict(urllib.parse.parse_qsl(parts.query))
        self.rest_log.append((path, query))
        if path in self.rest:
            return self._response(*self.rest[path](query))
        if path == "market/all":
            return self._response(*json_answer([_listed(market) for market in self.markets]))
        return self._response(*json_answer({"error": {"name": 404, "message": "no"}}, 404))

    @staticmethod
    def _response(status: int, content_type: str, body: bytes) -> Response:
        headers = Headers(
            {"Content-Type": content_type, "Content-Length": str(len(body)), "Connection": "close"}
        )
        return Response(status, HTTPStatus(status).phrase, headers, body)

    async def _serve(self, connection: ServerConnection) -> None:
        self.connections.append(connection)
        self._changed.set()
        try:
            await self._answer(connection)
        finally:
            self.subscribers.discard(connection)

    async def _answer(self, connection: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for text in connection:
                if text == "PING":
                    continue
                request = json.loads(text)
                self.requests.append(request)
                self._changed.set()
                if self.ignored_requests:
                    self.ignored_requests -= 1
                    continue
                if self.refused & streams_of(request):
                    await self.send({"error": {"name": "INVALID_PARAM", "message": "no"}})
                    await connection.close(1000)
                    continue
                if any("method" in part for part in request):
                    await self.send_to(
                        connection,
                        {"method": "LIST_SUBSCRIPTIONS", "result": self.listed, "ticket": "x"},
                    )
                    continue
                self.subscribers.add(connection)
                for channel, market in ordered_streams_of(request):
                    if market in self.markets and (channel, market) not in self.silent:
                        await self.send_to(connection, snapshot(channel, market, self.now_ms))


def ordered_streams_of(request: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [
        (part["type"], code)
        for part in request
        if "type" in part and not part.get("is_only_snapshot")
        for code in part["codes"]
    ]


def streams_of(request: list[dict[str, Any]]) -> set[tuple[str, str]]:
    return set(ordered_streams_of(request))


def snapshot(channel: str, market: str, at_ms: int = SNAPSHOT_MS) -> dict[str, Any]:
    """A frame of Upbit's fields for any stream."""
    return frame(channel, market, at_ms, stream_type="SNAPSHOT")


def frame(
    channel: str,
    market: str,
    at_ms: int,
    *,
    price: float = 109_756_000.0,
    stream_type: str = "REALTIME",
    **other: Any,
) -> dict[str, Any]:
    common = {"type": channel, "code": market, "timestamp": at_ms, "stream_type": stream_type}
    if channel == "ticker":
        fields: dict[str, Any] = {
            "opening_price": price,
            "high_price": price,
            "low_price": price,
            "trade_price": price,
            "prev_closing_price": price,
            "signed_change_price": 0,
            "signed_change_rate": 0,
            "acc_trade_price": 1e9,
            "acc_trade_volume": 10.0,
            "acc_trade_price_24h": 2e9,
            "acc_trade_volume_24h": 20.0,
            "trade_timestamp": at_ms - 40,
        }
    elif channel == "trade":
        fields = {
            "trade_price": price,
            "trade_volume": 0.01,
            "ask_bid": "BID",
            "trade_timestamp": at_ms - 40,
            "sequential_id": (at_ms - 40) * 10_000,
        }
    elif channel == "orderbook":
        level = {
            "ask_price": price + 1000,
            "bid_price": price,
            "ask_size": 0.5,
            "bid_size": at_ms % 1000 / 1000 + 0.1,
        }
        fields = {"total_ask_size": 0.5, "total_bid_size": 0.5, "orderbook_units": [level]}
    else:
        minute = at_ms // 60_000 * 60
        fields = {
            "candle_date_time_utc": _utc(minute),
            "opening_price": price,
            "high_price": price,
            "low_price": price,
            "trade_price": price,
            "candle_acc_trade_volume": at_ms % 60_000 / 1000,
            "candle_acc_trade_price": 1e8,
        }
    return common | fields | other


def _utc(seconds: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _listed(market: str) -> dict[str, Any]:
    return {"market": market, "korean_name": market, "english_name": market}
