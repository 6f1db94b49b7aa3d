"""A server that replays pre-encoded frames as fast as the client takes them, in its own process.

`python -m benchmarks.replay_server COUNT` prints its port. It answers `GET /v1/market/all`,
upgrades anything else to a WebSocket, and after the first message of a connection sends COUNT
frames (order books of 30 levels, tickers and trades in turn, Upbit's own samples with moving
times) and nothing more.
"""

import asyncio
import base64
import hashlib
import json
import sys
from pathlib import Path
from typing import Any, Final, cast

MARKETS: Final = [
    f"KRW-{chr(65 + a)}{chr(65 + b)}{chr(65 + c)}"
    for a in range(4)
    for b in range(5)
    for c in range(5)
]
_SAMPLES: Final = Path(__file__).parent.parent / "tests" / "payloads" / "samples"
_MAGIC: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def _sample(name: str) -> dict[str, Any]:
    loaded = json.loads((_SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    value = loaded[0] if isinstance(loaded, list) else loaded
    return dict(value) | {"stream_type": "REALTIME"}


def frames(count: int) -> bytes:
    """Return `count` WebSocket frames, as a server sends them."""
    ticker, trade = _sample("ws_ticker_realtime"), _sample("ws_trade_snapshot")
    book = _sample("ws_orderbook_snapshot_30")
    start: int = ticker["timestamp"]
    out = bytearray()
    for number in range(count):
        kind = (ticker, trade, book)[number % 3]
        kind["code"] = MARKETS[number // 3 % len(MARKETS)]
        kind["timestamp"] = start + number
        if kind is trade:
            kind["trade_timestamp"] = start + number - 40
            kind["sequential_id"] = (start + number) * 10_000
        elif kind is ticker:
            kind["trade_timestamp"] = start + number - 40
        data = json.dumps(kind, separators=(",", ":")).encode()
        out += b"\x82\x7e" + len(data).to_bytes(2, "big") + data
    return bytes(out)


class Replay(asyncio.Protocol):
    """One client."""

    def __init__(self, payload: bytes) -> None:
        self._payload = payload
        self._head = b""
        self._is_upgraded = False
        self._is_sending = False
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._is_upgraded:
            if data[0] & 0x0F == 1 and not self._is_sending:
                self._is_sending = True
                self._transport.write(self._payload)
            elif data[0] & 0x0F == 8:
                self._transport.write(b"\x88\x02\x03\xe8")
                self._transport.close()
            return
        self._head += data
        if b"\r\n\r\n" not in self._head:
            return
        fields = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(b":") for line in self._head.split(b"\r\n")[1:])
        }
        self._head = b""
        key = fields.get(b"sec-websocket-key")
        if key is None:
            body = json.dumps(
                [{"market": m, "korean_name": m, "english_name": m} for m in MARKETS]
            ).encode()
            self._transport.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                % len(body)
                + body
            )
            return
        self._is_upgraded = True
        accept = base64.b64encode(hashlib.sha1(key + _MAGIC, usedforsecurity=False).digest())
        self._transport.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )


async def main(count: int) -> None:
    """Serve until the process is ended."""
    payload = frames(count)
    server = await asyncio.get_running_loop().create_server(lambda: Replay(payload), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
