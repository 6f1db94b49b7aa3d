"""The WebSocket protocol of the simulated exchange, seen by a bare client on loopback."""

import asyncio
import json
from contextlib import AsyncExitStack
from typing import Any

import jwt
import pytest
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, InvalidStatus

from tests.exchange_in_process import receive, request, running_exchange
from upbit_auto_trading.simulator.account.account_file import ACCESS_KEY, SECRET_KEY
from upbit_auto_trading.simulator.server import ServerSettings
from upbit_auto_trading.simulator.socket.ws_session import SessionSettings

QUICK = ServerSettings(
    status_every_s=0.05, sessions=SessionSettings(idle_s=0.3, error_close_s=0.01, closing_s=0.5)
)
TICKER = {"type": "ticker", "codes": ["KRW-BTC", "KRW-ETH"]}


async def until(socket: Any, wanted: Any) -> list[Any]:
    """Receive until a document satisfies `wanted`; return all of them, that one last."""
    found = []
    while True:
        found.append(await receive(socket))
        if wanted(found[-1]):
            return found


async def closing_of(socket: Any) -> tuple[list[Any], ConnectionClosed]:
    """Receive until the connection ends; return what came and how it ended."""
    found = []
    while True:
        try:
            found.append(await receive(socket))
        except ConnectionClosed as closed:
            return found, closed


async def test_snapshots_come_first_then_events_in_binary_frames() -> None:
    async with running_exchange() as exchange, exchange.socket() as ws:
        await ws.send(request(TICKER, {"type": "orderbook", "codes": ["KRW-BTC.5"]}))
        first: dict[tuple[str, str], Any] = {}
        while len(first) < 3:
            frame = await receive(ws)
            first.setdefault((frame["type"], frame["code"]), frame)
        assert list(first) == [
            ("ticker", "KRW-BTC"),
            ("ticker", "KRW-ETH"),
            ("orderbook", "KRW-BTC"),
        ]
        assert {frame["stream_type"] for frame in first.values()} == {"SNAPSHOT"}
        book = first["orderbook", "KRW-BTC"]
        assert len(book["orderbook_units"]) == 5
        event = (await until(ws, lambda frame: frame["type"] == "orderbook"))[-1]
        assert event["stream_type"] == "REALTIME"
        assert event["timestamp"] > book["timestamp"]


async def test_frames_arrive_as_binary_messages() -> None:
    async with running_exchange() as exchange, exchange.socket() as ws:
        await ws.send(request(TICKER))
        assert isinstance(await ws.recv(), bytes)


async def test_a_new_request_replaces_the_whole_set() -> None:
    async with running_exchange() as exchange, exchange.socket() as ws:
        await ws.send(request({"type": "orderbook", "codes": ["KRW-BTC"]}))
        await receive(ws)
        await ws.send(request({"type": "orderbook", "codes": ["KRW-ETH"]}))
        await until(ws, lambda frame: frame["code"] == "KRW-ETH")
        later = [await receive(ws) for _ in range(3)]
        assert {frame["code"] for frame in later} == {"KRW-ETH"}


async def test_unknown_and_lower_case_codes_are_silently_ignored() -> None:
    async with running_exchange() as exchange, exchange.socket() as ws:
        codes = ["KRW-NOPE", "krw-btc", "KRW-BTC"]
        await ws.send(request({"type": "ticker", "codes": codes, "is_only_snapshot": True}))
        assert (await receive(ws))["code"] == "KRW-BTC"
        await ws.send(json.dumps([{"ticket": "l"}, {"method": "LIST_SUBSCRIPTIONS"}]))
        assert (await receive(ws))["result"] == [{"type": "ticker", "codes": ["KRW-BTC"]}]


async def test_snapshot_only_sends_one_frame_a_code_and_realtime_only_none() -> None:
    async with running_exchange() as exchange, exchange.socket() as ws:
        await ws.send(
            request(
                TICKER | {"is_only_snapshot": True},
                {"type": "orderbook", "codes": ["KRW-BTC"], "isOnlyRealtime": True},
            )
        )
        frames = [await receive(ws) for _ in range(6)]
        assert [f["stream_type"] for f in frames if f["type"] == "ticker"] == ["SNAPSHOT"] * 2
        books = [frame for frame in frames if frame["type"] == "orderbook"]
        assert {frame["stream_type"] for frame in books} == {"REALTIME"}


async def test_only_supported_levels_of_won_markets_are_served() -> None:
    async with running_exchange() as exchange, exchange.socket() as ws:
        bitcoin = next(r.market for r in exchange.model.listing if r.market == "KRW-BTC")
        levels = exchange.model.instruments(bitcoin, 1_787_731_683_000).supported_levels
        await ws.send(
            request(
                {"type": "orderbook", "codes": [bitcoin], "level": 7},
                {"type": "orderbook", "codes": [bitcoin], "level": int(levels[1])},
            )
        )
        frames = [await receive(ws) for _ in range(3)]
        assert {frame["level"] for frame in frames} == {int(levels[1])}


@pytest.mark.parametrize("name", ["DEFAULT", "SIMPLE", "JSON_LIST", "SIMPLE_LIST"])
async def test_every_format_has_its_keys_and_envelope(name: str) -> None:
    async with running_exchange() as exchange, exchange.socket() as ws:
        await ws.send(request(TICKER, format=name))
        frame = await receive(ws)
        if name.endswith("_LIST"):
            (frame,) = frame
        key = "ty" if name.startswith("SIMPLE") else "type"
        assert frame[key] == "ticker"


async def test_listing_answers_and_switches_the_format_of_running_streams() -> None:
    async with running_exchange() as exchange, exchange.socket() as ws:
        book = {"type": "orderbook", "codes": ["KRW-BTC.5", "KRW-ETH"]}
        await ws.send(request(book | {"isOnlyRealtime": True}))
        await receive(ws)
        await ws.send(
            json.dumps([{"ticket": "mine"}, {"method": "LIST_SUBSCRIPTIONS"}, {"format": "SIMPLE"}])
        )
        answer = (await until(ws, lambda frame: "mthd" in frame))[-1]
        assert answer == {
            "mthd": "LIST_SUBSCRIPTIONS",
            "rslt": [{"ty": "orderbook", "cds": ["KRW-BTC.5", "KRW-ETH"], "lv": 0}],
            "tckt": "mine",
        }
        assert (await receive(ws))["ty"] == "orderbook"


async def test_an_error_frame_is_followed_by_close_1000() -> None:
    async with running_exchange(QUICK) as exchange, exchange.socket() as ws:
        await ws.send(request({"type": "nope", "codes": ["KRW-BTC"]}))
        frames, closed = await closing_of(ws)
        assert frames == [
            {"error": {"name": "INVALID_PARAM", "message": "nope 은 지원하지 않는 타입입니다."}}
        ]
        assert closed.rcvd is not None
        assert closed.rcvd.code == 1000


async def test_a_sixth_message_in_a_second_is_one_too_many() -> None:
    async with running_exchange(QUICK) as exchange, exchange.socket() as ws:
        for _ in range(6):
            await ws.send(request(TICKER | {"isOnlyRealtime": True}))
        frames, _ = await closing_of(ws)
        assert frames[-1]["error"]["name"] == "TOO_MANY_REQUEST"


async def test_a_message_budget_is_new_every_second() -> None:
    async with running_exchange() as exchange, exchange.socket() as ws:
        for _ in range(4):
            for _ in range(5):
                await ws.send(json.dumps([{"ticket": "l"}, {"method": "LIST_SUBSCRIPTIONS"}]))
            answers = [await receive(ws) for _ in range(5)]
            assert all(answer["result"] == [] for answer in answers)
            exchange.wall.seconds += 1


async def test_a_silent_connection_is_cut_without_a_close_frame() -> None:
    async with running_exchange(QUICK) as exchange, exchange.socket() as ws:
        with pytest.raises(ConnectionClosedError) as caught:
            await receive(ws)
        assert caught.value.rcvd is None


async def test_text_ping_brings_status_frames_on_the_servers_timer_and_keeps_alive() -> None:
    async with running_exchange(QUICK) as exchange, exchange.socket() as ws:
        await ws.send("PING")
        loop = asyncio.get_running_loop()
        start = loop.time()
        while loop.time() - start < 2 * QUICK.sessions.idle_s:
            assert await receive(ws) == {"status": "UP"}


async def test_protocol_pings_are_answered_and_keep_alive() -> None:
    async with running_exchange(QUICK) as exchange, exchange.socket() as ws:
        loop = asyncio.get_running_loop()
        start = loop.time()
        while loop.time() - start < 2 * QUICK.sessions.idle_s:
            await (await ws.ping())


async def test_the_upgrade_tells_the_budget_and_the_sixth_connect_in_a_second_gets_429() -> None:
    async with running_exchange() as exchange:
        for left in (4, 3, 2, 1, 0):
            async with exchange.socket() as ws:
                assert ws.response is not None
                told = ws.response.headers["Remaining-Req"]
                assert told == f"group=websocket; min=300; sec={left}"
                assert ws.response.headers["Limit-By-Ip"] == "Yes"
        with pytest.raises(InvalidStatus) as caught:
            await exchange.socket()
        assert caught.value.response.status_code == 429
        assert caught.value.response.body == b"Too many API requests."
        exchange.wall.seconds += 1
        async with exchange.socket() as ws:
            await ws.send(request(TICKER))
            assert (await receive(ws))["type"] == "ticker"


async def test_connections_with_a_token_use_the_budget_of_their_pocket() -> None:
    claims = {"access_key": ACCESS_KEY, "nonce": "1"}
    token = f"Bearer {jwt.encode(claims, SECRET_KEY, algorithm='HS256')}"
    async with running_exchange() as exchange:

        async def status(path: str, **headers: str) -> int:
            try:
                async with exchange.socket(path, additional_headers=headers):
                    return 101
            except InvalidStatus as refused:
                return refused.response.status_code

        assert [await status("") for _ in range(6)] == [101] * 5 + [429]
        signed = [await status("/private", Authorization=token) for _ in range(3)]
        signed += [await status("/info", Authorization=token) for _ in range(3)]
        assert signed == [101] * 5 + [429]
        assert await status("/private") == 429


async def test_a_connect_with_an_origin_has_one_try_in_ten_seconds() -> None:
    async with running_exchange() as exchange:
        async with exchange.socket(origin="https://example.com") as ws:
            assert ws.response is not None
            assert ws.response.headers["Remaining-Req"] == "group=origin; min=6; sec=0"
        exchange.wall.seconds += 5
        with pytest.raises(InvalidStatus):
            await exchange.socket(origin="https://example.com")


async def test_deflate_is_used_when_offered_and_only_then() -> None:
    async with running_exchange() as exchange:
        async with exchange.socket(compression="deflate") as ws:
            assert ws.response is not None
            assert "permessage-deflate" in ws.response.headers["Sec-WebSocket-Extensions"]
            await ws.send(request({"type": "orderbook", "codes": ["KRW-BTC", "KRW-ETH"]}))
            frames = [await receive(ws) for _ in range(6)]
            assert all(len(frame["orderbook_units"]) == 30 for frame in frames)
        async with exchange.socket() as ws:
            assert ws.response is not None
            assert "Sec-WebSocket-Extensions" not in ws.response.headers


async def test_a_private_socket_without_a_token_is_told_so_and_closed() -> None:
    async with running_exchange(QUICK) as exchange, exchange.socket("/private") as ws:
        frames, closed = await closing_of(ws)
        assert frames[0]["error"]["name"] == "INVALID_AUTH"
        assert closed.rcvd is not None
        assert closed.rcvd.code == 1000


async def test_candles_are_exactly_the_trades_that_were_sent() -> None:
    async with running_exchange(speed=20) as exchange, exchange.socket() as ws:
        await ws.send(
            request(
                {"type": "trade", "codes": ["KRW-BTC"], "isOnlyRealtime": True},
                {"type": "candle.1s", "codes": ["KRW-BTC"], "isOnlyRealtime": True},
            )
        )
        volumes: dict[str, float] = {}
        candles: dict[str, dict[str, Any]] = {}
        while len(candles) < 12:
            frame = await receive(ws)
            if frame["type"] == "trade":
                start = f"{frame['trade_date']}T{frame['trade_time']}"
                volumes[start] = volumes.get(start, 0.0) + frame["trade_volume"]
            else:
                candles[frame["candle_date_time_utc"]] = frame
        whole = list(candles)[1:-1]
        assert whole
        for start in whole:
            assert candles[start]["candle_acc_trade_volume"] == pytest.approx(volumes[start])


async def test_what_was_sent_is_told_frame_by_frame() -> None:
    async with running_exchange() as exchange, exchange.socket() as ws:
        await ws.send(request({"type": "trade", "codes": ["KRW-BTC", "KRW-ETH"]}))
        frames = [await receive(ws) for _ in range(2)]
        told = await exchange.get_json("/simulator/sent?connection=1")
        rows = told["frames"][:2]
        assert [row["sequence"] for row in rows] == [1, 2]
        assert [row["key"] for row in rows] == [str(f["sequential_id"]) for f in frames]
        assert [row["code"] for row in rows] == [frame["code"] for frame in frames]
        newer = await exchange.get_json(f"/simulator/sent?since={rows[0]['serial']}")
        assert newer["frames"][0] == rows[1]
        listed = await exchange.get_json("/simulator/subscriptions")
        assert listed[0]["subscriptions"] == [{"type": "trade", "codes": ["KRW-BTC", "KRW-ETH"]}]


async def test_a_rate_is_the_total_over_all_streams_spread_evenly_and_trades_stay_true() -> None:
    async with running_exchange(ServerSettings(rate=400)) as exchange, exchange.socket() as ws:
        codes = [row.market for row in exchange.model.listing[:10]]
        kinds = ("ticker", "orderbook", "trade")
        await ws.send(
            request(*({"type": kind, "codes": codes, "isOnlyRealtime": True} for kind in kinds))
        )
        seen: set[tuple[str, str]] = set()
        while len(seen) < 20:
            frame = await receive(ws)
            seen |= {(frame["type"], frame["code"])} if frame["type"] != "trade" else set()
        await until(ws, lambda frame: (frame["type"], frame["code"]) == ("ticker", codes[0]))
        loop = asyncio.get_running_loop()
        start, first = loop.time(), exchange.log.count
        while loop.time() - start < 1:
            await ws.recv()
        passed, records = loop.time() - start, list(exchange.log.since(first))
        assert len(records) == pytest.approx(400 * passed, rel=0.1)
        states = [(r.type, r.code) for r in records if r.type != "trade"]
        counts = [states.count(state) for state in set(states)]
        assert max(counts) - min(counts) <= 1
        ids = [record.key for record in records if record.type == "trade"]
        assert len(ids) == len(set(ids))


async def test_twenty_clients_at_once_get_every_frame_each() -> None:
    async with running_exchange(ServerSettings(rate=500)) as exchange, AsyncExitStack() as open_:
        clients = []
        for number in range(20):
            # Upbit lets five connect a second.
            exchange.wall.seconds += number % 5 == 0
            ws = await open_.enter_async_context(exchange.socket())
            await ws.send(request({"type": "orderbook", "codes": ["KRW-BTC", "KRW-ETH"]}))
            clients.append(ws)
        numbers = [row["connection"] for row in await exchange.get_json("/simulator/subscriptions")]
        assert len(numbers) == 20
        taken = [[await receive(ws) for _ in range(30)] for ws in clients]
        for number, frames in zip(numbers, taken, strict=True):
            sent = [(record.code, record.key) for record in exchange.log.since(0, number)]
            assert [(row["code"], str(row["timestamp"])) for row in frames] == sent[:30]
