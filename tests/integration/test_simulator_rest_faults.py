"""Faults of the quotation API, and faults that make no sense."""

import asyncio
import json
from typing import Any

import aiohttp
import pytest
from websockets.exceptions import InvalidStatus

from tests.exchange_in_process import (
    clear_fault,
    running_exchange,
    set_fault,
)
from upbit_auto_trading.simulator.fault.fault_catalogue import FAULTS
from upbit_auto_trading.simulator.server import ServerSettings
from upbit_auto_trading.simulator.socket.ws_session import SessionSettings

QUICK = ServerSettings(
    status_every_s=0.05, sessions=SessionSettings(idle_s=20, error_close_s=0.01, closing_s=0.5)
)
BUSY = ServerSettings(rate=500, sessions=QUICK.sessions, status_every_s=0.05)
BOOKS = {"type": "orderbook", "codes": ["KRW-BTC", "KRW-ETH"]}
TICKER = "/v1/ticker?markets=KRW-BTC"


async def test_a_captive_portal_answers_everything_with_its_page() -> None:
    async with running_exchange(QUICK) as exchange:
        await set_fault(exchange, "captive_portal")
        status, headers, body = await exchange.get(TICKER)
        assert (status, headers["Content-Type"]) == (200, "text/html;charset=UTF-8")
        assert b"<form" in body
        with pytest.raises(InvalidStatus):
            await exchange.socket()
        await clear_fault(exchange, "captive_portal")
        assert (await exchange.get(TICKER))[0] == 200


async def test_429_comes_with_and_without_its_header() -> None:
    async with running_exchange(QUICK) as exchange:
        await set_fault(exchange, "too_many_requests", group="ticker", count=1)
        status, headers, body = await exchange.get(TICKER)
        assert (status, body) == (429, b"Too many API requests.")
        assert headers["Remaining-Req"] == "group=ticker; min=600; sec=0"
        await set_fault(exchange, "too_many_requests", group="ticker", count=1, header=False)
        assert "Remaining-Req" not in (await exchange.get(TICKER))[1]
        assert (await exchange.get(TICKER))[0] == 200


async def test_a_block_hits_its_group_and_ends_by_itself() -> None:
    async with running_exchange(QUICK) as exchange:
        await set_fault(exchange, "blocked", group="ticker", seconds=0.2)
        assert (await exchange.get(TICKER))[0] == 418
        assert (await exchange.get("/v1/market/all"))[0] == 200
        while await exchange.get_json("/simulator/fault"):
            pass
        assert (await exchange.get(TICKER))[0] == 200


@pytest.mark.parametrize("status", [500, 502, 504])
async def test_server_errors_are_html(status: int) -> None:
    async with running_exchange(QUICK) as exchange:
        await set_fault(exchange, "server_error", status=status, count=1)
        told, headers, body = await exchange.get(TICKER)
        assert (told, headers["Content-Type"]) == (status, "text/html;charset=UTF-8")
        assert body.startswith(b"<html>")
        assert (await exchange.get(TICKER))[0] == 200


async def test_answers_hang_trickle_and_break_off() -> None:
    async with running_exchange(QUICK) as exchange:
        loop = asyncio.get_running_loop()
        await set_fault(exchange, "hang", delay_s=0.1, count=1)
        start = loop.time()
        assert (await exchange.get(TICKER))[0] == 200
        assert loop.time() - start >= 0.099
        await set_fault(exchange, "slow_body", bytes_per_s=4000, count=1)
        start = loop.time()
        assert json.loads((await exchange.get(TICKER))[2])[0]["market"] == "KRW-BTC"
        assert loop.time() - start >= 0.1
        await set_fault(exchange, "cut_body", bytes=30, count=1)
        with pytest.raises(aiohttp.ClientPayloadError):
            await exchange.get(TICKER)
        assert (await exchange.get(TICKER))[0] == 200


async def test_another_program_uses_its_share_of_a_group() -> None:
    async with running_exchange(QUICK) as exchange:
        await set_fault(exchange, "shared_quota", group="ticker", share=0.5)
        assert (await exchange.get(TICKER))[1]["Remaining-Req"].endswith("sec=4")
        assert (await exchange.get("/v1/market/all"))[1]["Remaining-Req"].endswith("sec=9")


async def test_a_fault_that_makes_no_sense_is_refused_with_what_is_allowed() -> None:
    async with running_exchange(QUICK) as exchange:
        url = f"{exchange.rest_url}/simulator/fault"
        wrongs: list[Any] = [
            {"name": "nope"},
            {"name": "stall", "args": {"speed": 5}},
            {"name": "close", "args": {"code": 5}},
            {"name": "stall", "args": {"market": "KRW-NOPE"}},
            {"name": "delist", "args": {"market": ""}},
            {"name": "announcement", "args": {"edits": "1"}},
            {"name": "delisting_notice", "args": {"date": "soon"}},
            {"name": "order_refused", "args": {"name": "gossip"}},
            {"args": {}},
            [],
        ]
        for wrong in wrongs:
            async with exchange.rest.post(url, json=wrong) as answer:
                assert answer.status == 400, wrong
                assert len((await answer.json())["error"]) > 10
        async with exchange.rest.delete(f"{url}/nope") as answer:
            assert answer.status == 400
        assert await exchange.get_json("/simulator/fault") == []


async def test_every_fault_can_be_set_with_its_defaults_and_cleared() -> None:
    async with running_exchange(QUICK) as exchange:
        for name, kind in FAULTS.items():
            exchange.server.faults.set(name, {})
            assert exchange.server.faults.clear(name) is not kind.is_momentary


async def test_pages_of_candles_overlap_while_they_are_told_to() -> None:
    async with running_exchange(QUICK) as exchange:
        # Seconds of the clock stand still, so the requests stay within Upbit's ten.
        path = "/v1/candles/minutes/1?market=KRW-BTC&count=5"
        newest = await exchange.get_json(path)
        older = f"{path}&to={newest[-1]['candle_date_time_utc']}"
        plain = await exchange.get_json(older)
        await set_fault(exchange, "overlapping_pages", candles=2)
        overlapping = await exchange.get_json(older)
        assert overlapping[:2] == newest[-2:]
        assert overlapping[2:] == plain[:3]
        await clear_fault(exchange, "overlapping_pages")
        assert await exchange.get_json(older) == plain
