"""A failed request or connection is gone when it is over, not when all memory is next searched.

Rings of objects wait for that search, which comes every few minutes at best: what failed would
stay that long with its frames, its buffers and the bodies it had read.
"""

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from websockets.asyncio.client import ClientConnection

from upbit_auto_trading.domain.failure import MarketDataError
from upbit_auto_trading.domain.subscription import ConnectionState
from upbit_auto_trading.infrastructure.clock import SYSTEM_CLOCK
from upbit_auto_trading.infrastructure.upbit.rest_transport import RestTransport
from upbit_auto_trading.infrastructure.upbit.timings import Timings
from upbit_auto_trading.infrastructure.upbit.websocket_client import (
    ConnectionChange,
    WebSocketClient,
)

TIMINGS = replace(Timings(), rest_read_timeout=0.2, backoff_first=0.01, backoff_highest=0.01)
ATTEMPTS = 6


@pytest.fixture(autouse=True)
def no_search() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@asynccontextmanager
async def _server(answer: bytes) -> AsyncIterator[str]:
    """Answer every request so and hang up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        yield f"{host}:{port}"


async def test_a_request_that_failed_takes_what_it_had_read_with_it() -> None:
    cut_short = b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n" + b"x" * 200_000
    async with _server(cut_short) as address:
        transport = RestTransport(f"http://{address}", TIMINGS, SYSTEM_CLOCK)
        try:
            await transport.get("ticker", f"http://{address}/v1/ticker", 1e12)
            raise AssertionError("it was answered")
        except MarketDataError as error:
            failure = weakref.ref(error)
        await transport.close()
    await asyncio.sleep(0)  # the step of the loop that brought the failure has to end
    assert failure() is None


async def test_connections_that_failed_are_not_kept() -> None:
    failed = asyncio.Event()
    attempts = 0

    def changed(change: ConnectionChange) -> None:
        nonlocal attempts
        attempts += change.state is ConnectionState.RECONNECTING
        if attempts >= ATTEMPTS:
            failed.set()

    async with _server(b"") as address:
        client = WebSocketClient(
            f"ws://{address}", lambda _data, _epoch: None, changed, timings=TIMINGS
        )
        client.start()
        async with asyncio.timeout(20):
            await failed.wait()
        await client.close()
    kept = sum(issubclass(type(one), ClientConnection) for one in gc.get_objects())
    assert kept <= 1
