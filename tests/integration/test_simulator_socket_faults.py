"""Faults of connections, seen by a bare client, and the truth after they are cleared."""

import asyncio

import aiohttp
import pytest
from websockets.exceptions import InvalidMessage, InvalidStatus

from tests.exchange_in_process import (
    clear_fault,
    end_of,
    receive,
    request,
    running_exchange,
    set_fault,
    silent,
    until,
)
from upbit_auto_trading.simulator.server import ServerSettings
from upbit_auto_trading.simulator.socket.ws_session import SessionSettings

QUICK = ServerSettings(
    status_every_s=0.05, sessions=SessionSettings(idle_s=20, error_close_s=0.01, closing_s=0.5)
)
BUSY = ServerSettings(rate=500, sessions=QUICK.sessions, status_every_s=0.05)
BOOKS = {"type": "orderbook", "codes": ["KRW-BTC", "KRW-ETH"]}
TICKER = "/v1/ticker?markets=KRW-BTC"


@pytest.mark.parametrize("code", [1000, 1001, 1006, 1011, 1012])
async def test_open_sockets_are_closed_with_the_code_asked_for(code: int) -> None:
    async with running_exchange(QUICK) as exchange, exchange.socket() as ws:
        await ws.send(request(BOOKS))
        await receive(ws)
        await set_fault(exchange, "close", code=code)
        closed = await end_of(ws)
        assert (closed.rcvd.code if closed.rcvd else 1006) == code
        async with exchange.socket() as again:
            await again.send(request(BOOKS))
            assert (await receive(again))["type"] == "orderbook"


async def test_only_the_connection_named_is_closed() -> None:
    async with (
        running_exchange(QUICK) as exchange,
        exchange.socket() as first,
        exchange.socket() as second,
    ):
        await set_fault(exchange, "close", connection=1)
        assert (await end_of(first)).rcvd is None
        await second.send(request(BOOKS))
        assert (await receive(second))["type"] == "orderbook"


async def test_flapping_closes_each_socket_at_the_same_age() -> None:
    async with running_exchange(QUICK) as exchange:
        await set_fault(exchange, "flap", every_s=0.05, code=1001)
        for _ in range(2):
            async with exchange.socket() as ws:
                closed = await end_of(ws)
                assert closed.rcvd is not None
                assert closed.rcvd.code == 1001
        await clear_fault(exchange, "flap")
        async with exchange.socket() as ws:
            await ws.send(request(BOOKS))
            assert (await receive(ws))["type"] == "orderbook"


async def test_handshakes_are_reset_as_often_as_asked_and_then_work() -> None:
    async with running_exchange(QUICK) as exchange:
        await set_fault(exchange, "handshake_reset", count=2, target="ws")
        reader, writer = await asyncio.open_connection("127.0.0.1", exchange.port)
        writer.write(b"GET /websocket/v1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            await reader.read()
        writer.close()
        with pytest.raises(InvalidMessage):
            await exchange.socket()
        async with exchange.socket() as ws:
            await ws.send(request(BOOKS))
            assert (await receive(ws))["type"] == "orderbook"
        assert (await exchange.get(TICKER))[0] == 200


@pytest.mark.parametrize("status", [429, 503, 403])
async def test_handshakes_are_answered_with_the_status_asked_for(status: int) -> None:
    async with running_exchange(QUICK) as exchange:
        await set_fault(exchange, "handshake_status", status=status, count=1)
        with pytest.raises(InvalidStatus) as caught:
            await exchange.socket()
        assert caught.value.response.status_code == status
        if status == 503:
            assert b"<html>" in (caught.value.response.body or b"")
        async with exchange.socket():
            assert await exchange.get_json("/simulator/fault") == []


async def test_an_outage_cuts_and_resets_until_it_ends_by_itself() -> None:
    async with running_exchange(QUICK) as exchange, exchange.socket() as ws:
        await set_fault(exchange, "outage", seconds=0.2)
        assert (await end_of(ws)).rcvd is None
        with pytest.raises(aiohttp.ClientError):
            await exchange.get(TICKER)
        while await exchange.get_json("/simulator/fault"):
            pass
        assert (await exchange.get(TICKER))[0] == 200


async def test_a_black_hole_takes_everything_and_answers_nothing() -> None:
    async with running_exchange(BUSY) as exchange, exchange.socket(close_timeout=0.1) as ws:
        await ws.send(request(BOOKS))
        await receive(ws)
        await set_fault(exchange, "black_hole")
        assert await silent(ws)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(await ws.ping(), 0.1)
        with pytest.raises(TimeoutError):
            await exchange.socket(open_timeout=0.1)
        await clear_fault(exchange, "black_hole")
        assert (await end_of(ws)).rcvd is None
        async with exchange.socket() as again:
            await again.send(request(BOOKS))
            assert (await receive(again))["type"] == "orderbook"


async def test_status_frames_stop_while_data_flows() -> None:
    async with running_exchange(BUSY) as exchange, exchange.socket() as ws:
        await ws.send("PING")
        await until(ws, lambda frame: frame == {"status": "UP"})
        await set_fault(exchange, "no_status")
        await silent(ws, 0.0)
        assert await silent(ws)
        await clear_fault(exchange, "no_status")
        await until(ws, lambda frame: frame == {"status": "UP"})


async def test_slow_pongs_come_after_their_delay() -> None:
    async with running_exchange(QUICK) as exchange, exchange.socket() as ws:
        await set_fault(exchange, "slow_pong", ms=80)
        loop = asyncio.get_running_loop()
        start = loop.time()
        await (await ws.ping())
        assert loop.time() - start >= 0.079


@pytest.mark.parametrize("name", ["lost_request", "keep_old_set"])
async def test_a_request_that_has_no_effect_leaves_the_old_set(name: str) -> None:
    async with running_exchange(BUSY) as exchange, exchange.socket() as ws:
        await ws.send(request({"type": "orderbook", "codes": ["KRW-BTC"]}))
        await receive(ws)
        await set_fault(exchange, name, count=1)
        await ws.send(request({"type": "orderbook", "codes": ["KRW-ETH"]}))
        await (await ws.ping())
        last = exchange.log.count
        while exchange.log.count < last + 20:
            await receive(ws)
        assert {record.code for record in exchange.log.since(last)} == {"KRW-BTC"}
        await ws.send(request({"type": "orderbook", "codes": ["KRW-ETH"]}))
        await until(ws, lambda frame: frame["code"] == "KRW-ETH")


async def test_a_request_naming_the_market_is_refused_and_others_are_not() -> None:
    async with running_exchange(QUICK) as exchange:
        await set_fault(exchange, "refuse_request", name="NO_CODES", market="KRW-ETH")
        async with exchange.socket() as ws:
            await ws.send(request({"type": "orderbook", "codes": ["KRW-BTC"]}))
            assert (await receive(ws))["type"] == "orderbook"
            await ws.send(request(BOOKS))
            await until(ws, lambda frame: frame.get("error", {}).get("name") == "NO_CODES")
            closed = await end_of(ws)
            assert closed.rcvd is not None
            assert closed.rcvd.code == 1000
