"""The private side as a client meets it: sockets, requests and faults of one running exchange."""

import asyncio
import hashlib
import json
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import jwt
import pytest
from aiohttp import ClientError, ClientSession
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedOK

from tests.simulator_process import SimulatorProcess
from upbit_auto_trading.simulator.account.account_file import ACCESS_KEY, SECRET_KEY

BUY = {"market": "KRW-BTC", "side": "bid", "ord_type": "price", "price": "10000.5"}
PATIENCE_S = 10


def authorization(hashed: str | None = None, secret: str = SECRET_KEY) -> dict[str, str]:
    claims = {"access_key": ACCESS_KEY, "nonce": str(uuid.uuid4())}
    if hashed is not None:
        claims["query_hash"] = hashlib.sha512(hashed.encode()).hexdigest()
    return {"Authorization": f"Bearer {jwt.encode(claims, secret, algorithm='HS256')}"}


class Client:
    """A signed client of one simulator."""

    def __init__(self, simulator: SimulatorProcess, http: ClientSession) -> None:
        self._rest, self._ws = simulator.rest_url, simulator.ws_url
        self._http = http

    async def ask(
        self,
        method: str,
        path: str,
        hashed: str | None = None,
        *,
        headers: dict[str, str] | None = None,
        body: Any = None,
    ) -> tuple[int, Any]:
        url = self._rest + path
        signed = headers or authorization(hashed)
        async with self._http.request(method, url, headers=signed, json=body) as answer:
            assert path.startswith("/simulator") or "Remaining-Req" in answer.headers
            return answer.status, await answer.json()

    async def buy(self, identifier: str) -> tuple[int, Any]:
        body = BUY | {"identifier": identifier}
        hashed = "&".join(f"{key}={value}" for key, value in body.items())
        return await self.ask("POST", "/v1/orders", hashed, body=body)

    async def fault(self, name: str, **arguments: Any) -> None:
        body = {"name": name, "args": arguments}
        status, _ = await self.ask("POST", "/simulator/fault", body=body)
        assert status == 200

    def socket(self, headers: dict[str, str]) -> connect:
        return connect(f"{self._ws}/private", additional_headers=headers)


async def subscribe(socket: ClientConnection, *types: str) -> None:
    """Ask for the streams; the answer to a second request proves that they are in force."""
    await socket.send(json.dumps([{"ticket": "t"}, *({"type": kind} for kind in types)]))
    await socket.send(json.dumps([{"ticket": "l"}, {"method": "LIST_SUBSCRIPTIONS"}]))
    listed = json.loads(await socket.recv())
    assert [row["type"] for row in listed["result"]] == list(types)


async def states_until(socket: ClientConnection, last: str) -> list[str]:
    states: list[str] = []
    while last not in states:
        event = json.loads(await socket.recv())
        states.append(event["state"])
    return states


@pytest.fixture
async def client(
    simulator_process: Callable[..., SimulatorProcess],
) -> AsyncIterator[Client]:
    simulator = simulator_process("--markets", "10")
    async with ClientSession() as http:
        async with asyncio.timeout(PATIENCE_S):
            yield Client(simulator, http)


async def test_an_order_whose_answer_was_lost_is_told_on_the_socket(client: Client) -> None:
    await client.fault("order_answer_lost", how="reset", count=1)
    async with client.socket(authorization()) as socket:
        await subscribe(socket, "myOrder")
        with pytest.raises(ClientError):
            await client.buy("lost")
        event = json.loads(await socket.recv())
    assert (event["identifier"], event["state"]) == ("lost", "trade")
    status, found = await client.ask("GET", "/v1/order?identifier=lost", "identifier=lost")
    assert (status, found["uuid"]) == (200, event["uuid"])
    assert (await client.buy("lost"))[1]["error"]["name"] == "duplicated_identifier"


async def test_duplicated_events_reach_the_socket_as_often_as_told(client: Client) -> None:
    await client.fault("account_events_duplicated", copies=3)
    async with client.socket(authorization()) as socket:
        await subscribe(socket, "myOrder")
        assert (await client.buy("thrice"))[0] == 201
        states = await states_until(socket, "cancel")
    assert states == ["trade"] * 3 + ["cancel"]


async def test_a_token_serves_many_sockets_but_one_request(client: Client) -> None:
    token = authorization()
    for _ in range(2):
        async with client.socket(token) as socket:
            await subscribe(socket, "myAsset")
    assert (await client.ask("GET", "/v1/accounts", headers=token))[0] == 200
    status, body = await client.ask("GET", "/v1/accounts", headers=token)
    assert (status, body["error"]["name"]) == (401, "nonce_used")


@pytest.mark.parametrize("headers", [{}, authorization(secret="wrong" * 10)])
async def test_a_socket_without_a_good_token_gets_an_error_and_a_normal_close(
    client: Client, headers: dict[str, str]
) -> None:
    async with client.socket(headers) as socket:
        await socket.send(json.dumps([{"ticket": "t"}, {"type": "myOrder"}]))
        assert json.loads(await socket.recv())["error"]["name"] == "INVALID_AUTH"
        with pytest.raises(ConnectionClosedOK):
            await socket.recv()


async def test_orders_are_refused_while_the_exchange_is_in_maintenance(client: Client) -> None:
    await client.fault("market_offline")
    status, body = await client.buy("early")
    assert (status, body["error"]["name"]) == (403, "market_offline")
    assert (await client.ask("DELETE", "/simulator/fault/market_offline"))[0] == 200
    assert (await client.buy("early"))[0] == 201
