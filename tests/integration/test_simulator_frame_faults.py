"""Faults of data frames, seen by a bare client, and the truth after they are cleared."""

import asyncio
import json

import jwt
import pytest

from tests.exchange_in_process import (
    clear_fault,
    receive,
    request,
    running_exchange,
    set_fault,
    silent,
    until,
)
from upbit_auto_trading.simulator.account.account_file import ACCESS_KEY, SECRET_KEY
from upbit_auto_trading.simulator.fault.stream_kinds import MALFORMATIONS
from upbit_auto_trading.simulator.server import ServerSettings
from upbit_auto_trading.simulator.socket.ws_session import SessionSettings

QUICK = ServerSettings(
    status_every_s=0.05, sessions=SessionSettings(idle_s=20, error_close_s=0.01, closing_s=0.5)
)
BUSY = ServerSettings(rate=500, sessions=QUICK.sessions, status_every_s=0.05)
BOOKS = {"type": "orderbook", "codes": ["KRW-BTC", "KRW-ETH"]}
TICKER = "/v1/ticker?markets=KRW-BTC"


async def test_stalled_data_leaves_pongs_and_other_markets_alone() -> None:
    async with running_exchange(BUSY) as exchange, exchange.socket() as ws:
        await ws.send(request(BOOKS))
        await receive(ws)
        await set_fault(exchange, "stall", market="KRW-BTC", channel="orderbook")
        last = exchange.log.count
        await (await ws.ping())
        while exchange.log.count < last + 20:
            await receive(ws)
        assert {record.code for record in exchange.log.since(last)} == {"KRW-ETH"}
        await set_fault(exchange, "stall")
        await (await ws.ping())
        assert await silent(ws)
        await clear_fault(exchange, "stall")
        await until(ws, lambda frame: frame["code"] == "KRW-BTC")


async def test_a_slow_path_delays_frames_and_keeps_their_order() -> None:
    async with running_exchange(QUICK) as exchange, exchange.socket() as ws:
        await set_fault(exchange, "slow_path", ms=60, jitter_ms=20)
        loop = asyncio.get_running_loop()
        start = loop.time()
        await ws.send(request({"type": "orderbook", "codes": ["KRW-BTC"]}))
        frames = [await receive(ws)]
        assert loop.time() - start >= 0.059
        frames += [await receive(ws) for _ in range(3)]
        times = [frame["timestamp"] for frame in frames]
        assert times == sorted(times)


async def test_running_streams_change_their_format_until_the_next_request() -> None:
    async with running_exchange(BUSY) as exchange, exchange.socket() as ws:
        await ws.send(request(BOOKS))
        await receive(ws)
        await set_fault(exchange, "format_switch", format="SIMPLE")
        await until(ws, lambda frame: "ty" in frame)
        await ws.send(request(BOOKS))
        await until(ws, lambda frame: "type" in frame)
        assert all(["type" in await receive(ws) for _ in range(20)])


async def test_duplicates_are_the_same_frame_again() -> None:
    async with running_exchange(QUICK) as exchange, exchange.socket() as ws:
        await set_fault(exchange, "duplicate", copies=3)
        await ws.send(request({"type": "trade", "codes": ["KRW-BTC"], "is_only_snapshot": True}))
        frames = [await ws.recv() for _ in range(3)]
        assert len(set(frames)) == 1
        sent = (await exchange.get_json("/simulator/sent"))["frames"]
        assert len(sent) == 3
        assert len({row["key"] for row in sent}) == 1


async def test_reordering_keeps_every_frame_and_changes_their_order() -> None:
    async with running_exchange(speed=50) as exchange, exchange.socket() as ws:
        await set_fault(exchange, "reorder", window=50, hold_ms=5000)
        await ws.send(request({"type": "trade", "codes": ["KRW-BTC"], "isOnlyRealtime": True}))
        ids = [(await receive(ws))["sequential_id"] for _ in range(50)]
        assert ids != sorted(ids)
        assert len(set(ids)) == 50
        first, last = min(ids) // 10_000, max(ids) // 10_000 + 1
        made = exchange.model.prints("KRW-BTC", first, last)
        assert {trade.sequential_id for trade in made} >= set(ids)
        await clear_fault(exchange, "reorder")


async def test_lost_frames_are_missing_from_what_was_sent() -> None:
    async with running_exchange(BUSY) as exchange, exchange.socket() as ws:
        await set_fault(exchange, "lose", share=1.0, channel="orderbook")
        await ws.send(request(BOOKS))
        await (await ws.ping())
        assert await silent(ws)
        assert (await exchange.get_json("/simulator/sent"))["frames"] == []


async def test_realtime_comes_before_its_snapshot() -> None:
    async with running_exchange(QUICK) as exchange, exchange.socket() as ws:
        await set_fault(exchange, "realtime_first")
        await ws.send(request({"type": "ticker", "codes": ["KRW-BTC"]}))
        kinds = [(await receive(ws))["stream_type"] for _ in range(2)]
        assert kinds == ["REALTIME", "SNAPSHOT"]


async def test_snapshots_are_lost_while_realtime_frames_come() -> None:
    async with running_exchange(BUSY) as exchange, exchange.socket() as ws:
        await set_fault(exchange, "no_snapshot", market="KRW-BTC")
        await ws.send(request(BOOKS))
        frame = await until(ws, lambda frame: frame["code"] == "KRW-BTC")
        assert frame["stream_type"] == "REALTIME"
        await clear_fault(exchange, "no_snapshot")
        await ws.send(request(BOOKS))
        await until(
            ws, lambda frame: frame["stream_type"] == "SNAPSHOT" and frame["code"] == "KRW-BTC"
        )


async def test_faults_of_frames_act_on_balances_and_notices_too() -> None:
    claims = {"access_key": ACCESS_KEY, "nonce": "1"}
    token = f"Bearer {jwt.encode(claims, SECRET_KEY, algorithm='HS256')}"
    async with (
        running_exchange(QUICK) as exchange,
        exchange.socket("/private", additional_headers={"Authorization": token}) as ws,
    ):
        await ws.send(request({"type": "announcement"}))
        await (await ws.ping())
        await set_fault(exchange, "stall", endpoint="private")
        await set_fault(exchange, "announcement", title="lost")
        await clear_fault(exchange, "stall")
        await set_fault(exchange, "announcement", title="told")
        assert (await receive(ws))["title"] == "told"


async def test_a_stale_snapshot_is_the_candle_before_the_newest() -> None:
    async with running_exchange(QUICK) as exchange, exchange.socket() as ws:
        await set_fault(exchange, "stale_snapshot")
        await ws.send(request({"type": "candle.3m", "codes": ["KRW-BTC"]}))
        frame = await receive(ws)
        newest = await exchange.get_json("/v1/candles/minutes/3?market=KRW-BTC&count=2")
        assert frame["candle_date_time_utc"] == newest[1]["candle_date_time_utc"]
        assert frame["stream_type"] == "SNAPSHOT"


def is_readable(frame: str | bytes) -> bool:
    try:
        document = json.loads(frame, parse_constant=lambda text: text)
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict)


@pytest.mark.parametrize("kind", MALFORMATIONS)
async def test_malformed_frames_are_malformed_in_the_way_asked_for(kind: str) -> None:
    async with running_exchange(QUICK) as exchange, exchange.socket(max_size=None) as ws:
        ask = request({"type": "ticker", "codes": ["KRW-BTC"], "is_only_snapshot": True})
        await ws.send(ask)
        good = await ws.recv()
        await set_fault(exchange, "malformed", kind=kind)
        await ws.send(ask)
        bad = await ws.recv()
        if kind in ("truncated", "invalid_utf8", "html", "empty", "nested"):
            assert not is_readable(bad)
        elif kind == "text_frame":
            assert isinstance(bad, str)
            assert is_readable(bad)
        elif kind == "huge_frame":
            assert len(bad) > 5_000_000
        elif kind in ("nan", "huge_number"):
            assert (b"NaN" if kind == "nan" else b"1e400") in bytes(bad)  # type: ignore[arg-type]
        elif kind == "null_fields":
            assert json.loads(bad)["opening_price"] is None
        else:
            assert set(json.loads(bad)) < set(json.loads(good))
        await clear_fault(exchange, "malformed")
        await ws.send(ask)
        assert json.loads(await ws.recv())["type"] == "ticker"


async def test_times_are_shifted_everywhere_in_a_frame() -> None:
    async with running_exchange(QUICK) as exchange, exchange.socket() as ws:
        ask = request({"type": "trade", "codes": ["KRW-XRP"], "is_only_snapshot": True})
        await ws.send(ask)
        true = await receive(ws)
        await set_fault(exchange, "wrong_time", shift_ms=-3_600_000)
        await ws.send(ask)
        shifted = await receive(ws)
        if shifted["sequential_id"] == true["sequential_id"]:
            assert true["timestamp"] - shifted["timestamp"] == 3_600_000
            assert true["trade_timestamp"] - shifted["trade_timestamp"] == 3_600_000
        else:
            assert shifted["timestamp"] < true["timestamp"] - 3_000_000


async def test_a_burst_adds_frames_at_its_rate() -> None:
    async with running_exchange(QUICK) as exchange, exchange.socket() as ws:
        await ws.send(request({"type": "ticker", "codes": ["KRW-BTC"]}))
        await receive(ws)
        await set_fault(exchange, "burst", rate=2000, seconds=5)
        loop = asyncio.get_running_loop()
        start = loop.time()
        for _ in range(1000):
            await ws.recv()
        assert 0.3 < loop.time() - start < 3
        await clear_fault(exchange, "burst")
