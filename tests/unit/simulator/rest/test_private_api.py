"""The private REST API over real HTTP, signed by the token library clients use."""

import hashlib
import json
import uuid
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest
from aiohttp import ClientSession, web
from aiohttp.client_exceptions import ClientError
from aiohttp.test_utils import TestServer

from tests.fake_exchange import ExchangeAtHand
from upbit_auto_trading.simulator.account.account_file import ACCESS_KEY, SECRET_KEY
from upbit_auto_trading.simulator.rest.private_routes import PRIVATE_GROUPS, private_routes

ORDER = {
    "market": "KRW-BTC",
    "side": "bid",
    "volume": "0.001",
    "price": "90000000",
    "ord_type": "limit",
}


class HttpClient:
    """Sends what a client would send to a running exchange."""

    def __init__(self, hand: ExchangeAtHand, session: ClientSession, base: str) -> None:
        self.hand = hand
        self._session = session
        self._base = base

    def token(self, hashed: str | None = None, algorithm: str = "HS256") -> dict[str, str]:
        claims = {"access_key": ACCESS_KEY, "nonce": str(uuid.uuid4())}
        if hashed is not None:
            claims["query_hash"] = hashlib.sha512(hashed.encode()).hexdigest()
            claims["query_hash_alg"] = "SHA512"
        signed = jwt.encode(claims, SECRET_KEY, algorithm=algorithm)
        return {"Authorization": f"Bearer {signed}"}

    async def send(
        self, method: str, target: str, hashed: str | None = None, **options: Any
    ) -> tuple[int, Any]:
        headers = self.token(hashed) | options.pop("headers", {})
        url = self._base + target
        async with self._session.request(method, url, headers=headers, **options) as answer:
            assert answer.headers["Content-Type"] == "application/json;charset=UTF-8"
            return answer.status, await answer.json()

    async def place(self, **changes: str) -> tuple[int, Any]:
        body = ORDER | changes
        hashed = "&".join(f"{key}={value}" for key, value in body.items())
        return await self.send("POST", "/v1/orders", hashed, json=body)


@pytest.fixture
async def client() -> AsyncIterator[HttpClient]:
    hand = ExchangeAtHand()
    hand.market.show([(100_000_000.0, 1.0)], [(99_999_000.0, 1.0)])
    application = web.Application()
    application.add_routes(private_routes(hand.exchange, lambda: hand.now_ms))
    server = TestServer(application, host="127.0.0.1")
    await server.start_server()
    async with ClientSession() as session:
        yield HttpClient(hand, session, f"http://127.0.0.1:{server.port}")
    await server.close()


async def test_an_order_goes_from_placing_to_cancelled(client: HttpClient) -> None:
    status, placed = await client.place(identifier="bot-1")
    assert (status, placed["state"]) == (201, "wait")
    query = f"uuid={placed['uuid']}"
    client.hand.run()
    assert (await client.send("GET", f"/v1/order?{query}", query))[0] == 200
    status, answer = await client.send("DELETE", f"/v1/order?{query}", query)
    assert (status, answer["state"]) == (200, "wait")
    client.hand.run()
    assert (await client.send("GET", f"/v1/order?{query}", query))[1]["state"] == "cancel"


async def test_parameters_in_a_form_body_of_a_get_and_a_json_body_of_a_delete(
    client: HttpClient,
) -> None:
    form = urlencode({"market": "KRW-BTC"})
    form_header = {"Content-Type": "application/x-www-form-urlencoded"}
    status, chance = await client.send(
        "GET", "/v1/orders/chance", form, data=form, headers=form_header
    )
    assert (status, chance["market"]["id"]) == (200, "KRW-BTC")
    _, placed = await client.place()
    hashed = f"uuid={placed['uuid']}"
    status, _ = await client.send("DELETE", "/v1/order", hashed, json={"uuid": placed["uuid"]})
    assert status == 200


async def test_times_are_sent_encoded_and_hashed_decoded(client: HttpClient) -> None:
    hashed = "start_time=2026-03-22T21:00:00+09:00&states[]=done"
    sent = "start_time=2026-03-22T21%3A00%3A00%2B09%3A00&states%5B%5D=done"
    assert await client.send("GET", f"/v1/orders/closed?{sent}", hashed) == (200, [])


async def test_refusals_carry_upbits_status_and_name(client: HttpClient) -> None:
    status, body = await client.send("GET", "/v1/order?uuid=nobody", "uuid=nobody")
    assert (status, body["error"]["name"]) == (404, "order_not_found")
    status, body = await client.send("GET", "/v1/order?uuid=nobody", "uuid=somebody")
    assert (status, body["error"]["name"]) == (401, "invalid_query_payload")
    status, body = await client.send("GET", "/v1/accounts", headers={"Authorization": ""})
    assert (status, body["error"]["name"]) == (401, "no_authorization_token")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    status, body = await client.send("POST", "/v1/orders", "a=b", data="a=b", headers=form)
    assert (status, body["error"]["name"]) == (400, "invalid_parameter")


async def test_an_order_whose_answer_is_lost_was_placed(client: HttpClient) -> None:
    client.hand.exchange.faults.set("order_answer_lost", {"how": "reset", "count": "1"})
    with pytest.raises(ClientError):
        await client.place(identifier="lost")
    status, found = await client.send("GET", "/v1/order?identifier=lost", "identifier=lost")
    assert (status, found["state"]) == (200, "wait")
    assert (await client.place(identifier="lost"))[1]["error"]["name"] == "duplicated_identifier"


async def test_an_order_that_never_arrived_was_not_placed(client: HttpClient) -> None:
    client.hand.exchange.faults.set("order_request_lost", {"count": "1"})
    with pytest.raises(ClientError):
        await client.place(identifier="lost")
    status, _ = await client.send("GET", "/v1/order?identifier=lost", "identifier=lost")
    assert status == 404
    assert (await client.place(identifier="lost"))[0] == 201


async def test_a_lost_answer_can_be_that_of_a_cancel_alone(client: HttpClient) -> None:
    faults = client.hand.exchange.faults
    faults.set("order_answer_lost", {"how": "error", "target": "cancel", "count": "1"})
    status, placed = await client.place()
    assert status == 201
    query = f"uuid={placed['uuid']}"
    assert (await client.send("DELETE", f"/v1/order?{query}", query))[0] == 500
    client.hand.run()
    assert (await client.send("GET", f"/v1/order?{query}", query))[1]["state"] == "cancel"


async def test_an_error_answer_leaves_open_whether_the_order_was_placed(client: HttpClient) -> None:
    faults = client.hand.exchange.faults
    faults.set("order_answer_lost", {"how": "error", "count": "1"})
    assert (await client.place(identifier="placed"))[0] == 500
    assert (await client.send("GET", "/v1/order?identifier=placed", "identifier=placed"))[0] == 200
    faults.set("order_request_lost", {"how": "error", "count": "1"})
    assert (await client.place(identifier="absent"))[0] == 500
    assert (await client.send("GET", "/v1/order?identifier=absent", "identifier=absent"))[0] == 404


async def test_a_delete_with_a_body_can_be_refused_as_documented(client: HttpClient) -> None:
    _, placed = await client.place()
    client.hand.exchange.faults.set("delete_body_refused", {})
    hashed, body = f"uuid={placed['uuid']}", {"uuid": placed["uuid"]}
    status, refused = await client.send("DELETE", "/v1/order", hashed, json=body)
    assert (status, refused["error"]["name"]) == (400, "QUERY_PARAMETER_NOT_SUPPORTED")
    assert (await client.send("DELETE", f"/v1/order?{hashed}", hashed))[0] == 200


async def test_a_client_that_gives_up_on_a_silent_exchange_frees_it(client: HttpClient) -> None:
    client.hand.exchange.faults.set("order_answer_lost", {"how": "hang", "count": "1"})
    with pytest.raises(TimeoutError):
        await client.send(
            "POST",
            "/v1/orders",
            "&".join(f"{key}={value}" for key, value in ORDER.items()),
            data=json.dumps(ORDER),
            timeout=0.3,
        )
    assert (await client.send("GET", "/v1/orders/open"))[1][0]["price"] == "90000000"


def test_only_placing_replacing_and_cancelling_all_have_limits_of_their_own() -> None:
    special = {key: group for key, group in PRIVATE_GROUPS.items() if group != "default"}
    assert special == {
        ("POST", "/v1/orders"): "order",
        ("POST", "/v1/orders/cancel_and_new"): "order",
        ("POST", "/v1/orders/test"): "order-test",
        ("DELETE", "/v1/orders/open"): "order-cancel-all",
    }
