"""Hostile clients get Upbit's answer or a close; a client beside them loses no frame."""

import asyncio
import contextlib
import socket as sockets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from tests.exchange_in_process import RunningExchange, receive, request, running_exchange
from upbit_auto_trading.simulator.server import ServerSettings
from upbit_auto_trading.simulator.socket.ws_session import SessionSettings

BOOKS = {"type": "orderbook", "codes": ["KRW-BTC", "KRW-ETH"]}
SETTINGS = ServerSettings(
    rate=500, sessions=SessionSettings(idle_s=30, error_close_s=0.01, closing_s=0.5)
)
UPGRADE = (
    b"GET /websocket/v1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


class Witness:
    """A well-behaved client that checks that it gets every frame sent to it, in order."""

    def __init__(self, exchange: RunningExchange, socket: Any, number: int) -> None:
        self._exchange = exchange
        self._socket = socket
        self._number = number
        self._taken = 0

    async def takes(self, count: int) -> None:
        """Take so many frames more; each must be the next one that was sent."""
        for _ in range(count):
            frame = await receive(self._socket)
            self._taken += 1
            sent = next(
                record
                for record in self._exchange.log.since(0, self._number)
                if record.sequence == self._taken
            )
            assert (sent.type, sent.code) == (frame["type"], frame["code"])
            assert sent.key == str(frame["timestamp"])


@asynccontextmanager
async def witnessed(
    settings: ServerSettings = SETTINGS,
) -> AsyncIterator[tuple[RunningExchange, Witness]]:
    async with running_exchange(settings, sent=100_000) as exchange, exchange.socket() as good:
        await good.send(request(BOOKS))
        (row,) = await exchange.get_json("/simulator/subscriptions")
        witness = Witness(exchange, good, row["connection"])
        await witness.takes(5)
        yield exchange, witness
        await witness.takes(20)


async def raw(
    exchange: RunningExchange, data: bytes
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", exchange.port)
    writer.write(data)
    await writer.drain()
    return reader, writer


async def ended(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """Return all that was answered before the connection's end."""
    async with asyncio.timeout(20):
        try:
            return await reader.read()
        except ConnectionResetError:
            return b""
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


@pytest.mark.parametrize(
    "frame",
    [
        b"\x83\x80\0\0\0\0",
        b"\xf1\x80\0\0\0\0",
        b"\x89\xfe\x00\x7e\0\0\0\0" + b"x" * 126,
        b"\x80\x80\0\0\0\0",
        b"\xff" * 64,
    ],
    ids=["unknown opcode", "reserved bits", "long ping", "end of nothing", "noise"],
)
async def test_frames_that_break_the_protocol_end_their_connection(frame: bytes) -> None:
    async with witnessed() as (exchange, witness):
        reader, writer = await raw(exchange, UPGRADE + frame)
        await witness.takes(5)
        assert (await ended(reader, writer)).startswith(b"HTTP/1.1 101 ")


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x01\x02 not http\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /v1/market/all HTTP/1.1\r\n" + b"X-Long: " + b"x" * 100_000 + b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
    ids=["noise", "version", "long header", "TLS"],
)
async def test_what_is_no_http_is_refused(data: bytes) -> None:
    async with witnessed() as (exchange, witness):
        reader, writer = await raw(exchange, data)
        await witness.takes(5)
        writer.write_eof()
        assert b"HTTP/1.1 200" not in await ended(reader, writer)


@pytest.mark.parametrize("message", [b"\xff\xfe\x00garbage", "{", "[" * 50_000, '"text"', "null"])
async def test_garbage_is_answered_by_its_error_and_the_close(message: str | bytes) -> None:
    async with witnessed() as (exchange, witness), exchange.socket() as ws:
        await ws.send(message)
        assert (await receive(ws))["error"]["name"] == "WRONG_FORMAT"
        await witness.takes(5)
        with pytest.raises(ConnectionClosed) as closed:
            await receive(ws)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1000


@pytest.mark.parametrize(
    "entry",
    [
        r'{"type":"\ud800","codes":["KRW-BTC"]}',
        r'{"type":"orderbook","codes":["KRW-BTC"],"level":"nan"}',
        r'{"type":"orderbook","codes":["KRW-BTC"],"level":1e400}',
    ],
    ids=["half a character", "no number", "no finite number"],
)
async def test_a_request_that_cant_be_repeated_is_refused_on_a_slow_path_too(entry: str) -> None:
    settings = ServerSettings(one_way_s=0.002, rate=500)
    async with witnessed(settings) as (exchange, witness), exchange.socket() as ws:
        await ws.send(f'[{{"ticket":"t"}},{entry}]')
        await ws.send('[{"ticket":"t"},{"method":"LIST_SUBSCRIPTIONS"}]')
        assert (await receive(ws))["error"]["name"] == "WRONG_FORMAT"
        await witness.takes(5)


async def test_a_request_of_a_megabyte_is_closed_as_too_big() -> None:
    async with witnessed() as (exchange, witness), exchange.socket() as ws:
        await ws.send("x" * 1_000_000)
        await witness.takes(5)
        with pytest.raises(ConnectionClosed) as closed:
            await receive(ws)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        (b"POST /v1/orders HTTP/1.1\r\n", 413),
        (b"GET /v1/ticker HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n", 413),
        (b"POST /simulator/fault HTTP/1.1\r\n", 400),
    ],
)
async def test_a_body_of_three_megabytes_is_refused_as_too_large(
    request_line: bytes, status: int
) -> None:
    async with witnessed() as (exchange, witness):
        head = b"Host: x\r\nConnection: close\r\nContent-Length: 3000000\r\n\r\n"
        reader, writer = await raw(exchange, request_line + head + b"x" * 3_000_000)
        await witness.takes(5)
        assert (await ended(reader, writer)).startswith(b"HTTP/1.1 %d " % status)


async def test_a_body_of_a_megabyte_is_answered_as_any_other() -> None:
    async with witnessed() as (exchange, witness):
        body = b'{"market":"' + b"x" * 1_000_000 + b'"}'
        for path, status in (("/v1/orders", 401), ("/simulator/fault", 400)):
            async with exchange.rest.post(exchange.rest_url + path, data=body) as answer:
                assert answer.status == status
            await witness.takes(5)


async def test_ten_thousand_codes_are_taken_and_only_the_listed_one_is_served() -> None:
    async with witnessed() as (exchange, witness), exchange.socket() as ws:
        codes = [f"KRW-X{number}" for number in range(10_000)]
        await ws.send(request({"type": "ticker", "codes": [*codes, "KRW-BTC"]}))
        assert (await receive(ws))["code"] == "KRW-BTC"
        await witness.takes(5)
        rows = await exchange.get_json("/simulator/subscriptions")
        assert rows[-1]["subscriptions"] == [{"type": "ticker", "codes": ["KRW-BTC"]}]


async def test_every_type_of_every_market_asked_for_five_times_a_second_holds_up_nobody() -> None:
    kinds = ("ticker", "trade", "orderbook", "candle.1m", "candle.240m")
    async with witnessed() as (exchange, witness), exchange.socket() as ws:
        codes = [row.market for row in exchange.model.listing]
        everything = request(*({"type": kind, "codes": codes} for kind in kinds))
        for _ in range(5):
            await ws.send(everything)
            await witness.takes(5)
        await receive(ws)


async def test_a_reader_that_stops_reading_is_cut_off() -> None:
    settings = ServerSettings(rate=4000, sessions=SessionSettings(largest_backlog=200_000))
    async with witnessed(settings) as (exchange, witness):
        stuck = sockets.create_connection(("127.0.0.1", exchange.port))
        try:
            stuck.setblocking(False)
            await asyncio.get_running_loop().sock_sendall(
                stuck, UPGRADE + masked(request(BOOKS).encode())
            )
            await connections(exchange, lambda count: count == 2, witness)
            await connections(exchange, lambda count: count == 1, witness)
        finally:
            stuck.close()


async def test_a_client_that_has_gone_without_a_word_is_cut_when_it_is_idle() -> None:
    settings = ServerSettings(rate=500, sessions=SessionSettings(idle_s=0.5, closing_s=0.1))
    async with witnessed(settings) as (exchange, witness):
        # Half-open: the handshake is done, then nothing, and nothing is read either.
        half = sockets.create_connection(("127.0.0.1", exchange.port))
        try:
            half.sendall(UPGRADE)
            await connections(exchange, lambda count: count == 2, witness)
            await connections(exchange, lambda count: count == 1, witness)
        finally:
            half.close()


async def test_half_a_handshake_and_half_a_frame_hold_up_nobody() -> None:
    async with witnessed() as (exchange, witness):
        halves = [
            await raw(exchange, data)
            for data in (b"", UPGRADE[:60], UPGRADE + masked(request(BOOKS).encode())[:40])
        ]
        await witness.takes(20)
        for _, writer in halves:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
        await connections(exchange, lambda count: count == 1, witness)


async def connections(
    exchange: RunningExchange, wanted: Callable[[int], bool], witness: Witness
) -> None:
    """Wait until the number of open sockets is as wanted, while the witness gets its frames."""
    async with asyncio.timeout(20):
        while not wanted(len(await exchange.get_json("/simulator/subscriptions"))):
            await witness.takes(1)


def masked(payload: bytes) -> bytes:
    """Return a text frame as clients send it, masked with zeros."""
    if len(payload) < 126:
        size = bytes([0x80 | len(payload)])
    else:
        size = b"\xfe" + len(payload).to_bytes(2, "big")
    return b"\x81" + size + b"\0\0\0\0" + payload
