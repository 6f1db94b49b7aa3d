"""What clients in the field send, byte for byte, is understood, and answered as they need it."""

import asyncio
import hashlib
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import jwt
import pytest
from websockets.asyncio.client import ClientConnection

from tests.exchange_in_process import RunningExchange, end_of, receive, request, running_exchange
from upbit_auto_trading.simulator.account.account_file import ACCESS_KEY, SECRET_KEY
from upbit_auto_trading.simulator.server import ServerSettings

BUSY = ServerSettings(rate=500, status_every_s=0.05)
REMAINING_OF_PYUPBIT = re.compile(r"group=([a-z\-]+); min=([0-9]+); sec=([0-9]+)")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)


async def sent(
    exchange: RunningExchange,
    method: str,
    target: str,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
) -> Answer:
    """Send exactly this request on a connection of its own."""
    exchange.wall.seconds += 1
    lines = [f"{method} {target} HTTP/1.1", "Host: api.upbit.com", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    reader, writer = await asyncio.open_connection("127.0.0.1", exchange.port)
    writer.write("\r\n".join([*lines, "", ""]).encode() + body)
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    got = dict(line.split(": ", 1) for line in head[1:] if line)
    if got.get("Transfer-Encoding") == "chunked":
        payload = b""
        while size := int(await reader.readline(), 16):
            payload += await reader.readexactly(size)
            await reader.readline()
    else:
        payload = await reader.readexactly(int(got.get("Content-Length", 0)))
    writer.close()
    await writer.wait_closed()
    return Answer(int(head[0].split()[1]), got, payload)


def token(query: str | None = None) -> str:
    claims = {"access_key": ACCESS_KEY, "nonce": str(uuid.uuid4())}
    if query is not None:
        claims["query_hash"] = hashlib.sha512(query.encode()).hexdigest()
        claims["query_hash_alg"] = "SHA512"
    return f"Bearer {jwt.encode(claims, SECRET_KEY, algorithm='HS256')}"


def signed(query: str | None = None) -> dict[str, str]:
    return {"Authorization": token(query)}


async def posted(exchange: RunningExchange, target: str, **body: str) -> Answer:
    """Send a POST as most clients do: the hash is over the JSON's keys in their order."""
    headers = {**signed(urlencode(body)), **JSON}
    return await sent(exchange, "POST", target, headers, json.dumps(body).encode())


LIMIT = {
    "market": "KRW-BTC",
    "side": "bid",
    "volume": "0.01",
    "price": "50000000",
    "ord_type": "limit",
}


async def placed(exchange: RunningExchange) -> str:
    answer = await posted(exchange, "/v1/orders", **LIMIT)
    assert answer.status == 201, answer.body
    return str(answer.document["uuid"])


async def test_pyupbit_reads_the_budget_off_every_answer_it_parses() -> None:
    async with running_exchange() as exchange:
        answers = [
            await sent(exchange, "GET", target, headers)
            for target, headers in (
                ("/v1/market/all?isDetails=false", {}),
                ("/v1/ticker?markets=KRW-BTC", {}),
                ("/v1/ticker?markets=KRW-NOPE", {}),
                ("/v1/ticker", {}),
                ("/v1/accounts", signed()),
                ("/v1/accounts", {"Authorization": "Bearer nonsense"}),
                ("/v1/order?uuid=1", signed("uuid=1")),
            )
        ]
        assert [answer.status for answer in answers] == [200, 200, 404, 400, 200, 401, 404]
        for answer in answers:
            assert REMAINING_OF_PYUPBIT.fullmatch(answer.headers["Remaining-Req"])
            assert answer.headers["Content-Type"].startswith("application/json")
            answer.document  # noqa: B018 -- errors of 4xx are JSON too
        url = f"{exchange.rest_url}/v1/ticker?markets=KRW-BTC"
        while True:
            async with exchange.rest.get(url) as many:
                assert REMAINING_OF_PYUPBIT.fullmatch(many.headers["Remaining-Req"])
                if many.status == 429:
                    break


async def test_pyupbit_pages_candles_with_blanks_for_the_t_of_the_moment() -> None:
    async with running_exchange() as exchange:
        starts: list[str] = []
        to = "2026-08-26+08%3A00%3A00"
        for _ in range(3):
            target = f"/v1/candles/minutes/1?market=KRW-BTC&count=20&to={to}"
            page = (await sent(exchange, "GET", target)).document
            starts += [row["candle_date_time_utc"] for row in page]
            to = page[-1]["candle_date_time_utc"].replace("T", "+").replace(":", "%3A")
        assert len(starts) == len(set(starts)) == 60
        assert starts == sorted(starts, reverse=True)
        assert starts[0] < "2026-08-26T08:00:00"


@pytest.mark.parametrize("path", ["ticker", "orderbook"])
async def test_pyupbit_repeats_the_parameter_for_each_of_two_hundred_markets(path: str) -> None:
    async with running_exchange() as exchange:
        codes = [row.market for row in exchange.model.listing]
        target = f"/v1/{path}?" + "&".join(f"markets={code}" for code in codes)
        rows = (await sent(exchange, "GET", target)).document
        assert [row["market"] for row in rows] == codes


async def test_pyupbit_sends_parameters_of_a_get_as_a_form_in_its_body() -> None:
    async with running_exchange() as exchange:
        order = await placed(exchange)
        body = f"uuid={order}"
        answer = await sent(exchange, "GET", "/v1/order", signed(body) | FORM, body.encode())
        assert answer.document["uuid"] == order
        body = "market=KRW-BTC"
        answer = await sent(
            exchange, "GET", "/v1/orders/chance", signed(body) | FORM, body.encode()
        )
        assert answer.document["market"]["id"] == "KRW-BTC"
        body = "market=KRW-BTC&state=wait&page=1&limit=100&order_by=desc"
        answer = await sent(exchange, "GET", "/v1/orders", signed(body) | FORM, body.encode())
        assert [row["uuid"] for row in answer.document] == [order]


async def test_pyupbit_cancels_with_a_json_body_and_asks_with_a_double_slash() -> None:
    async with running_exchange() as exchange:
        order = await placed(exchange)
        body = json.dumps({"uuid": order}).encode()
        answer = await sent(exchange, "DELETE", "/v1/order", signed(f"uuid={order}") | JSON, body)
        assert (answer.status, answer.document["uuid"]) == (200, order)
        for target in ("//v1/deposits", "/v1/status/wallet", "/v1/api_keys", "/v1/accounts"):
            answer = await sent(exchange, "GET", target, signed())
            assert (answer.status, type(answer.document)) == (200, list)


async def test_pyupbit_buys_for_an_amount_and_sells_what_it_got() -> None:
    async with running_exchange() as exchange:
        buy = {"market": "KRW-BTC", "side": "bid", "price": "100000", "ord_type": "price"}
        assert (await posted(exchange, "/v1/orders", **buy)).status == 201
        volume = "0"
        while float(volume) == 0:
            rows = (await sent(exchange, "GET", "/v1/accounts", signed())).document
            volume = next((row["balance"] for row in rows if row["currency"] == "BTC"), "0")
        sell = {"market": "KRW-BTC", "side": "ask", "volume": volume, "ord_type": "market"}
        assert (await posted(exchange, "/v1/orders", **sell)).status == 201


async def test_pyupbit_decodes_binary_frames_of_a_realtime_subscription() -> None:
    async with running_exchange(BUSY) as exchange, exchange.socket() as ws:
        entry = {"type": "ticker", "codes": ["KRW-BTC"], "isOnlyRealtime": True}
        await ws.send(json.dumps([{"ticket": "a1b2c3"}, entry]))
        frame = await ws.recv()
        assert isinstance(frame, bytes)
        assert json.loads(frame.decode("utf8"))["stream_type"] == "REALTIME"
        await (await ws.ping())


async def test_ccxt_asks_for_many_markets_in_one_encoded_list() -> None:
    async with running_exchange() as exchange:
        codes = [row.market for row in exchange.model.listing]
        target = "/v1/ticker?markets=" + quote(",".join(codes[:5]), safe="")
        rows = (await sent(exchange, "GET", target)).document
        assert [row["market"] for row in rows] == codes[:5]
        target = "/v1/ticker/all?quote_currencies=BTC%2CKRW%2CUSDT"
        assert len((await sent(exchange, "GET", target)).document) == len(codes)
        # Without symbols it names every market: 855 of them make an address of 11 kB.
        named = (codes * 36)[:855]
        target = "/v1/orderbook?markets=" + quote(",".join(named), safe="") + "&count=1"
        assert len(target) > 9_000
        assert (await sent(exchange, "GET", target)).status == 200


@pytest.mark.parametrize("path", ["seconds", "minutes/1", "days", "weeks", "months", "years"])
async def test_ccxt_asks_for_candles_before_a_moment_with_milliseconds_and_zone(path: str) -> None:
    async with running_exchange() as exchange:
        target = f"/v1/candles/{path}?market=KRW-BTC&count=200&to=2026-08-26T08%3A07%3A00.000Z"
        rows = (await sent(exchange, "GET", target)).document
        assert rows
        assert all(row["candle_date_time_utc"] < "2026-08-26T08:07:00" for row in rows)


async def test_ccxt_follows_an_order_from_its_making_to_the_closed_ones() -> None:
    async with running_exchange() as exchange:
        test = await posted(exchange, "/v1/orders/test", **LIMIT)
        assert test.document["state"] == "wait"
        order = await placed(exchange)
        query = "market=KRW-BTC&limit=100"
        rows = (await sent(exchange, "GET", f"/v1/orders/open?{query}", signed(query))).document
        assert [row["uuid"] for row in rows] == [order]
        changed = await posted(
            exchange,
            "/v1/orders/cancel_and_new",
            prev_order_uuid=order,
            new_ord_type="limit",
            new_price="49000000",
            new_volume="0.01",
            new_identifier="edited-1",
        )
        new = changed.document["new_order_uuid"]
        assert changed.document["new_order_identifier"] == "edited-1"
        state = ""
        while state != "wait":
            answer = await sent(exchange, "GET", f"/v1/order?uuid={new}", signed(f"uuid={new}"))
            state = answer.document.get("state", "")
        needed = {"uuid", "side", "ord_type", "price", "state", "market", "created_at", "volume"}
        needed |= {"remaining_volume", "executed_volume", "paid_fee", "trades", "identifier"}
        assert needed <= set(answer.document)
        query = f"uuid={new}"
        assert (await sent(exchange, "DELETE", f"/v1/order?{query}", signed(query))).status == 200
        end_ms = exchange.server._clock.now_ms() + 60_000
        query = "state=cancel&market=KRW-BTC"
        query += f"&start_time={end_ms - 86_400_000}&end_time={end_ms}&limit=100"
        closed: set[str] = set()
        while closed != {order, new}:
            target = f"/v1/orders/closed?{query}"
            rows = (await sent(exchange, "GET", target, signed(query))).document
            closed = {row["uuid"] for row in rows}


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"price": "50000000.5"}, "create_bid_error"),
        ({"volume": "10"}, "insufficient_funds_bid"),
        ({"market": "KRW-NOPE"}, "notfoundmarket"),
        ({"side": "sideways"}, "validation_error"),
    ],
)
async def test_ccxt_knows_refusals_by_their_names(changes: dict[str, str], name: str) -> None:
    async with running_exchange() as exchange:
        answer = await posted(exchange, "/v1/orders", **LIMIT | changes)
        assert 400 <= answer.status < 500
        assert answer.document["error"]["name"] == name


async def test_ccxt_knows_bad_keys_and_tokens_by_their_names() -> None:
    async with running_exchange() as exchange:
        nobody = jwt.encode({"access_key": "nobody", "nonce": "1"}, SECRET_KEY, algorithm="HS256")
        answer = await sent(exchange, "GET", "/v1/accounts", {"Authorization": f"Bearer {nobody}"})
        assert (answer.status, answer.document["error"]["name"]) == (401, "invalid_access_key")
        forged = jwt.encode(
            {"access_key": ACCESS_KEY, "nonce": "2"}, SECRET_KEY[::-1], algorithm="HS256"
        )
        answer = await sent(exchange, "GET", "/v1/accounts", {"Authorization": f"Bearer {forged}"})
        assert (answer.status, answer.document["error"]["name"]) == (401, "jwt_verification")


async def test_ccxt_pro_gets_snapshots_of_everything_each_time_it_asks_for_one_more() -> None:
    async with running_exchange(BUSY) as exchange, exchange.socket() as ws:
        codes: list[str] = []
        for code in ("KRW-BTC", "KRW-ETH", "KRW-XRP"):
            codes.append(code)
            await ws.send(request(*({"type": "orderbook", "codes": [one]} for one in codes)))
            assert await first_deliveries(ws, codes) == dict.fromkeys(codes, "SNAPSHOT")


async def first_deliveries(ws: ClientConnection, codes: list[str]) -> dict[str, str]:
    """Return how each market's first frame since the newest market's snapshot was delivered."""
    seen: dict[str, str] = {}
    while codes[-1] not in seen:
        frame = await receive(ws)
        if frame["stream_type"] == "SNAPSHOT":
            seen[frame["code"]] = "SNAPSHOT"
    return seen


async def test_ccxt_pro_uses_one_token_for_every_private_connection() -> None:
    async with running_exchange() as exchange:
        headers = {"authorization": token()}
        for _ in range(2):
            async with exchange.socket("/private", additional_headers=headers) as ws:
                ask = [{"ticket": "t"}, {"type": "myOrder", "codes": ["KRW-BTC"]}]
                await ws.send(json.dumps(ask))
                await placed(exchange)
                event = await receive(ws)
                assert (event["type"], event["code"]) == ("myOrder", "KRW-BTC")


async def test_cryptofeed_puts_the_format_second_and_reads_abbreviated_numbers() -> None:
    async with running_exchange(BUSY, speed=20) as exchange, exchange.socket() as ws:
        codes = ["KRW-BTC", "KRW-XRP", "KRW-ETH"]
        await ws.send(
            json.dumps(
                [
                    {"ticket": str(uuid.uuid4())},
                    {"format": "SIMPLE"},
                    {"type": "orderbook", "codes": codes, "isOnlyRealtime": True},
                    {"type": "trade", "codes": codes, "isOnlyRealtime": True},
                ]
            )
        )
        needed = {
            "trade": {"ty", "cd", "tp", "tv", "ab", "sid", "ttms"},
            "orderbook": {"ty", "cd", "tms", "obu"},
        }
        while needed:
            frame = await receive(ws)
            assert frame["st"] == "REALTIME"
            assert needed.pop(frame["ty"], set()) <= set(frame)
            if frame["ty"] == "orderbook":
                assert {"ap", "as", "bp", "bs"} <= set(frame["obu"][0])


@pytest.mark.parametrize("path", ["days/", "weeks/", "months/", "minutes/5"])
async def test_cryptofeed_ends_paths_with_a_slash_and_encodes_nothing(path: str) -> None:
    async with running_exchange() as exchange:
        target = f"/v1/candles/{path}?market=KRW-BTC&count=200&to=2026-08-26T08:05:00Z"
        rows = (await sent(exchange, "GET", target)).document
        assert rows
        assert rows[0]["candle_date_time_utc"] < "2026-08-26T08:05:00"


async def test_the_official_clients_headers_change_nothing_and_lists_are_percent_encoded() -> None:
    headers = {
        "Accept": "application/json",
        "Accept-Encoding": "gzip, deflate",
        "User-Agent": "Upbit/Python 1.1.0",
        "X-Upbit-Client-Type": "sdk",
        "X-Upbit-Client-Name": "upbit-python",
    }
    async with running_exchange() as exchange:
        first, second = await placed(exchange), await placed(exchange)
        query = f"uuids[]={first}&uuids[]={second}"
        target = "/v1/orders/uuids?" + query.replace("[]", "%5B%5D")
        named = headers | {"authorization": token(query)}
        answer = await sent(exchange, "GET", target, named)
        assert {row["uuid"] for row in answer.document} == {first, second}
        assert answer.headers["Content-Type"].partition(";")[0].endswith("json")
        # Without keys it sends no token at all, and leaves the answer to the exchange.
        answer = await sent(exchange, "GET", "/v1/accounts", headers)
        assert answer.status == 401
        page = "market=KRW-BTC&page=2&limit=100"
        answer = await sent(exchange, "GET", f"/v1/orders/open?{page}", signed(page))
        assert answer.document == []


async def test_the_official_client_sends_an_empty_list_of_codes_for_its_own_orders() -> None:
    async with running_exchange() as exchange:
        headers = {"Authorization": token(), "User-Agent": "Upbit/Python 1.1.0"}
        async with exchange.socket("/private", additional_headers=headers) as ws:
            await ws.send(json.dumps([{"ticket": "t"}, {"type": "myOrder", "codes": []}]))
            await placed(exchange)
            assert (await receive(ws))["state"] == "wait"


async def test_upbit_net_keeps_alive_by_text_and_recognises_errors_by_their_name() -> None:
    async with running_exchange(BUSY) as exchange, exchange.socket() as ws:
        await ws.send("PING")
        assert await receive(ws) == {"status": "UP"}
        await ws.send(request({"type": "nope", "codes": ["KRW-BTC"]}))
        frame = await receive(ws)
        while "error" not in frame:
            frame = await receive(ws)
        assert frame["error"]["name"] == "INVALID_PARAM"
        closed = await end_of(ws)
        assert closed.rcvd is not None
        assert closed.rcvd.code == 1000


async def test_scripts_that_send_an_origin_have_one_connection_in_ten_seconds() -> None:
    async with running_exchange() as exchange:
        upgrade = {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
            "Origin": "https://api.upbit.com",
        }
        statuses = [
            (await sent(exchange, "GET", "/websocket/v1", upgrade)).status for _ in range(2)
        ]
        assert statuses == [101, 429]
