"""Faults of markets: delisting, flags, halts, maintenance."""

import hashlib
import uuid
from typing import Any

import jwt

from tests.exchange_in_process import (
    RunningExchange,
    clear_fault,
    receive,
    request,
    running_exchange,
    set_fault,
    silent,
    until,
)
from upbit_auto_trading.simulator.account.account_file import ACCESS_KEY, SECRET_KEY
from upbit_auto_trading.simulator.server import ServerSettings
from upbit_auto_trading.simulator.socket.ws_session import SessionSettings

QUICK = ServerSettings(
    status_every_s=0.05, sessions=SessionSettings(idle_s=20, error_close_s=0.01, closing_s=0.5)
)
BUSY = ServerSettings(rate=500, sessions=QUICK.sessions, status_every_s=0.05)
BOOKS = {"type": "orderbook", "codes": ["KRW-BTC", "KRW-ETH"]}
TICKER = "/v1/ticker?markets=KRW-BTC"


async def test_a_delisted_market_is_silent_and_unknown_until_cleared() -> None:
    async with running_exchange(BUSY) as exchange, exchange.socket() as ws:
        await ws.send(request(BOOKS))
        await receive(ws)
        await set_fault(exchange, "delist", market="KRW-BTC")
        assert (await exchange.get(TICKER))[0] == 404
        listed = await exchange.get_json("/v1/market/all")
        assert "KRW-BTC" not in {row["market"] for row in listed}
        last = exchange.log.count
        while exchange.log.count < last + 20:
            await receive(ws)
        assert {record.code for record in exchange.log.since(last)} == {"KRW-ETH"}
        await clear_fault(exchange, "delist")
        assert (await exchange.get(TICKER))[0] == 200
        await until(ws, lambda frame: frame["code"] == "KRW-BTC")


async def test_notices_and_flags_of_a_market_are_shown_and_taken_back() -> None:
    async with running_exchange(QUICK) as exchange, exchange.socket() as ws:
        ask = request({"type": "ticker", "codes": ["KRW-BTC"], "is_only_snapshot": True})
        await set_fault(exchange, "delisting_notice", market="KRW-BTC", date="2026-12-31")
        await ws.send(ask)
        day = {"year": 2026, "month": 12, "day": 31}
        assert (await receive(ws))["delisting_date"] == day
        await clear_fault(exchange, "delisting_notice")
        await ws.send(ask)
        assert (await receive(ws))["delisting_date"] is None
        await set_fault(exchange, "caution", market="KRW-BTC", flag="TRADING_VOLUME_SOARING")
        details = await exchange.get_json("/v1/market/all?is_details=true")
        row = next(row for row in details if row["market"] == "KRW-BTC")
        assert row["market_event"]["caution"]["TRADING_VOLUME_SOARING"] is True
        tick = (await exchange.get_json("/v1/orderbook/instruments?markets=KRW-BTC"))[0]
        await set_fault(exchange, "tick_change", market="KRW-BTC", factor=10)
        changed = (await exchange.get_json("/v1/orderbook/instruments?markets=KRW-BTC"))[0]
        assert float(changed["tick_size"]) == float(tick["tick_size"]) * 10


async def test_a_halted_market_says_so_and_sends_no_events() -> None:
    async with running_exchange(BUSY) as exchange, exchange.socket() as ws:
        await set_fault(exchange, "halt", market="KRW-BTC")
        await ws.send(request({"type": "ticker", "codes": ["KRW-BTC"]}))
        frame = await receive(ws)
        assert (frame["stream_type"], frame["is_trading_suspended"]) == ("SNAPSHOT", True)
        assert await silent(ws)


async def test_maintenance_freezes_streams_and_quotation_answers_503_in_html() -> None:
    async with running_exchange(BUSY) as exchange, exchange.socket() as ws:
        await ws.send(request(BOOKS))
        await receive(ws)
        await set_fault(exchange, "maintenance")
        assert await silent(ws)
        status, _, body = await exchange.get(TICKER)
        assert status == 503
        assert body.startswith(b"<html>")
        order = {"market": "KRW-BTC", "side": "bid", "ord_type": "price", "price": "10000"}
        status, refusal = await placed(exchange, order)
        assert (status, refusal["error"]["name"]) == (403, "market_offline")
        active = {row["name"] for row in await exchange.get_json("/simulator/fault")}
        assert active == {"maintenance", "market_offline"}
        await clear_fault(exchange, "maintenance")
        assert await exchange.get_json("/simulator/fault") == []
        await until(ws, lambda frame: frame["type"] == "orderbook")


async def placed(exchange: RunningExchange, order: dict[str, str]) -> tuple[int, Any]:
    query = "&".join(f"{name}={value}" for name, value in order.items())
    claims = {
        "access_key": ACCESS_KEY,
        "nonce": str(uuid.uuid4()),
        "query_hash": hashlib.sha512(query.encode()).hexdigest(),
    }
    headers = {"Authorization": f"Bearer {jwt.encode(claims, SECRET_KEY, algorithm='HS256')}"}
    url = f"{exchange.rest_url}/v1/orders"
    async with exchange.rest.post(url, json=order, headers=headers) as answer:
        return answer.status, await answer.json()


async def test_another_price_unit_holds_for_prices_books_and_orders_until_cleared() -> None:
    async with running_exchange(BUSY) as exchange, exchange.socket() as ws:
        path = "/v1/orderbook/instruments?markets=KRW-BTC"
        unit = float((await exchange.get_json(path))[0]["tick_size"])
        await set_fault(exchange, "tick_change", market="KRW-BTC", factor=10)
        assert float((await exchange.get_json(path))[0]["tick_size"]) == 10 * unit
        await ws.send(request({"type": "orderbook", "codes": ["KRW-BTC"]}))
        book = await until(ws, lambda frame: frame["orderbook_units"][0]["ask_price"] % unit == 0)
        while any(row["bid_price"] % (10 * unit) for row in book["orderbook_units"]):
            book = await receive(ws)
        assert all(row["ask_price"] % (10 * unit) == 0 for row in book["orderbook_units"])
        price = book["orderbook_units"][5]["bid_price"]
        order = {"market": "KRW-BTC", "side": "bid", "ord_type": "limit", "volume": "0.001"}
        off_grid = order | {"price": f"{price - unit:.0f}"}
        status, told = await placed(exchange, off_grid)
        assert (status, told["error"]["name"]) == (400, "create_bid_error")
        status, _ = await placed(exchange, order | {"price": f"{price:.0f}"})
        assert status == 201
        await clear_fault(exchange, "tick_change")
        assert float((await exchange.get_json(path))[0]["tick_size"]) == unit
        status, _ = await placed(exchange, off_grid)
        assert status == 201


async def test_a_burst_sends_as_many_times_what_happens_as_it_is_told() -> None:
    async with running_exchange(QUICK, speed=50) as exchange, exchange.socket() as ws:
        await ws.send(request(BOOKS))
        await receive(ws)
        await set_fault(exchange, "burst", factor=10)
        publisher = exchange.server._publisher
        events, sent = publisher.events, exchange.log.count
        while publisher.events < events + 100:
            await receive(ws)
        happened = publisher.events - events
        while exchange.log.count - sent < 10 * happened:
            await receive(ws)
        # Not many more either: what happened since the count was taken is a few frames.
        assert exchange.log.count - sent < 11 * (publisher.events - events) + 50
        await clear_fault(exchange, "burst")
