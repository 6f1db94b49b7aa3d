"""The peer, run by .venv-peers' Python: pyupbit's own socket client.

`python throughput_peer.py WS_URL COUNT REQUEST` prints as JSON: messages a second as pyupbit
gives them to its user (a process that decodes, a queue, `get()`), the same and the processor
microseconds for its decoding alone, without that queue, and the version. Only its address and
its request are replaced: the one is fixed in pyupbit, the other can't name several kinds.
"""

import json
import sys
import time
from importlib.metadata import version
from typing import Any

import websockets
from pyupbit import (  # type: ignore[import-not-found, import-untyped, unused-ignore]
    websocket_api,
)

URL, COUNT, REQUEST = sys.argv[1], int(sys.argv[2]), sys.argv[3]
_connect = websockets.connect


class _Enough(Exception):  # noqa: N818 - not an error: the run is over
    """All messages have arrived."""


class _Counter:
    """Takes what pyupbit decoded in its queue's place."""

    def __init__(self) -> None:
        self.taken = 0
        self.started = self.cpu = 0.0

    def put(self, _: object) -> None:
        if not self.taken:
            self.started, self.cpu = time.perf_counter(), time.process_time()
        self.taken += 1
        if self.taken == COUNT:
            raise _Enough


class _Here:
    """The benchmark's server under the name pyupbit connects by."""

    ConnectionClosed = websockets.ConnectionClosed

    @staticmethod
    async def connect(_: str, **options: Any) -> Any:
        async with _connect(URL, proxy=None, **options) as socket:
            yield _Asking(socket)


class _Asking:
    """A connection that asks for the benchmark's streams."""

    def __init__(self, socket: Any) -> None:
        self.recv = socket.recv
        self._send = socket.send

    async def send(self, _: str) -> None:
        await self._send(REQUEST)


# At import, because a spawned process of pyupbit's imports this module and needs it as well.
websocket_api.websockets = _Here


def decoding() -> tuple[float, float]:
    """Return messages a second and processor seconds of decoding alone."""
    counter = _Counter()
    try:
        websocket_api.WebSocketClient("ticker", [], counter)
    except _Enough:
        return COUNT / (time.perf_counter() - counter.started), time.process_time() - counter.cpu
    raise SystemExit("pyupbit stopped early")


def delivering() -> float:
    """Return messages a second that reach pyupbit's user."""
    manager = websocket_api.WebSocketManager("ticker", [])
    try:
        manager.get()
        started = time.perf_counter()
        for _ in range(COUNT - 1):
            manager.get()
        return (COUNT - 1) / (time.perf_counter() - started)
    finally:
        manager.terminate()


if __name__ == "__main__":
    per_s, cpu_s = decoding()
    told = {
        "decoded_per_s": per_s,
        "decoding_cpu_us": cpu_s / COUNT * 1e6,
        "delivered_per_s": delivering(),
        "version": version("pyupbit"),
    }
    sys.stdout.write(json.dumps(told) + "\n")
