import json
from decimal import Decimal
from typing import Any

import pytest

from tests.fake_exchange import NOW_MS, ExchangeAtHand
from upbit_auto_trading.simulator.account.account_file import (
    AccountBook,
    WithdrawAddress,
    default_accounts,
)
from upbit_auto_trading.simulator.account.auth import ApiKey
from upbit_auto_trading.simulator.account.exchange_errors import ExchangeError
from upbit_auto_trading.simulator.account.request_parameters import from_json, from_query
from upbit_auto_trading.simulator.rest.private_api import perform
from upbit_auto_trading.simulator.rest.private_routes import PRIVATE_ENDPOINTS

MINUTE_MS = 60_000
WON = {"amount": "10000", "two_factor_type": "kakao"}
COIN = {"currency": "BTC", "net_type": "BTC"}


class Client:
    """Two pockets with a key each, and a withdrawal address that is the main pocket's own."""

    def __init__(self) -> None:
        book = default_accounts(NOW_MS)
        main, sub = book.pockets
        sub_key = ApiKey("sub", "s", sub, NOW_MS, NOW_MS + 10**12)
        address = WithdrawAddress("BTC", "BTC", f"simulated-btc-{main}")
        accounts = AccountBook(book.pockets, (*book.keys, sub_key), (address,))
        self.hand = ExchangeAtHand(accounts=accounts, BTC="1")
        self.main, self.sub = accounts.pockets.values()
        self.keys = {"main": accounts.keys[0], "sub": sub_key}

    def ask(self, target: str, query: str = "", *, who: str = "main", **body: Any) -> Any:
        method, path = target.split()
        endpoint = next(r for r in PRIVATE_ENDPOINTS if (r.method, r.path) == (method, path))
        parameters = from_json(json.dumps(body).encode()) if body else from_query(query)
        hand = self.hand
        return perform(hand.exchange, endpoint, self.keys[who], parameters, hand.now_ms)

    def refusal(self, target: str, query: str = "", *, who: str = "main", **body: Any) -> str:
        with pytest.raises(ExchangeError) as refused:
            self.ask(target, query, who=who, **body)
        return refused.value.name

    def move(self, *, who: str = "main", **changes: Any) -> Any:
        body = {"to": self.sub.uuid, "currency": "KRW", "amount": "10.50"} | changes
        kind = "universal_transfers" if who == "main" else "transfers"
        return self.ask(f"POST /v1/pockets/{kind}", who=who, **body)


def test_a_transfer_between_pockets_locks_then_arrives() -> None:
    client = Client()
    row = client.move(identifier="t.1_a-b")
    assert (row["state"], row["amount"]) == ("submitted", "10.50")
    assert client.hand.locked("KRW") == Decimal("10.50")
    client.hand.run(500)
    listed = client.ask("GET /v1/pockets/universal_transfers", "identifiers[]=t.1_a-b")
    assert [found["state"] for found in listed] == ["processing"]
    client.hand.run(500)
    assert client.ask("GET /v1/pockets/universal_transfers")[0]["state"] == "done"
    assert client.hand.locked("KRW") == 0
    assert client.sub.balance("KRW").free == Decimal("10.50")
    assert [event["type"] for event in client.hand.events] == ["myAsset", "myAsset"]


def test_coins_keep_their_mean_price_when_they_move() -> None:
    client = Client()
    client.main.balance("BTC").average_price = Decimal(90_000_000)
    client.move(currency="BTC", amount="0.5")
    client.hand.run(1000)
    assert client.sub.balance("BTC").average_price == 90_000_000


def test_a_sub_pocket_sends_back_and_sees_both_directions() -> None:
    client = Client()
    client.move()
    client.hand.run(1000)
    client.move(who="sub", to=client.main.uuid, amount="3")
    for direction, amounts in (("in", ["10.50"]), ("out", ["3"]), ("all", ["3", "10.50"])):
        rows = client.ask("GET /v1/pockets/transfers", f"direction={direction}", who="sub")
        assert [row["amount"] for row in rows] == amounts
    assert (
        client.ask("GET /v1/pockets/transfers", "states[]=done", who="sub")[0]["amount"] == "10.50"
    )
    query = f"from={client.sub.uuid}&currency=KRW&limit=1&order_by=asc"
    assert client.ask("GET /v1/pockets/universal_transfers", query)[0]["amount"] == "3"


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"to": "nobody"}, "pocket_not_found"),
        ({"to": "9ca023a5-851b-4fec-9f0a-48cd83c2eaae"}, "invalid_parameter"),
        ({"currency": "NONE"}, "currency_not_found"),
        ({"amount": "-1"}, "invalid_parameter"),
        ({"amount": "1000000000"}, "invalid_parameter"),
        ({"amount": ""}, "invalid_parameter"),
        ({"identifier": "a b"}, "invalid_parameter"),
        ({"from": "nobody"}, "pocket_not_found"),
    ],
)
def test_a_bad_transfer_is_refused(changes: dict[str, str], name: str) -> None:
    client = Client()
    with pytest.raises(ExchangeError) as refused:
        client.move(**changes)
    assert refused.value.name == name
    assert client.hand.locked("KRW") == 0


def test_a_transfer_identifier_is_never_reusable() -> None:
    client = Client()
    client.move(identifier="once")
    with pytest.raises(ExchangeError) as refused:
        client.move(identifier="once")
    assert refused.value.name == "duplicated_identifier"


def test_main_and_sub_keys_have_routes_of_their_own() -> None:
    client = Client()
    body = {"to": client.sub.uuid, "currency": "KRW", "amount": "1"}
    assert client.refusal("POST /v1/pockets/transfers", **body) == "out_of_scope"
    for path in ("api_keys", "assets", "universal_transfers"):
        assert client.refusal(f"GET /v1/pockets/{path}", who="sub") == "out_of_scope"
    main, sub = f"uuid={client.main.uuid}", f"uuid={client.sub.uuid}"
    assert client.refusal("GET /v1/pockets/assets", main) == "invalid_parameter"
    assert client.refusal("GET /v1/pockets/assets") == "invalid_parameter"
    assert client.ask("GET /v1/pockets/assets", sub) == []


def test_expired_keys_are_shown_on_request_only() -> None:
    client = Client()
    client.hand.now_ms = client.keys["main"].expires_ms
    query = f"uuids[]={client.main.uuid}"
    shown = client.ask("GET /v1/pockets/api_keys", query)
    assert [len(row["keys"]) for row in shown] == [0]
    all_of_them = client.ask("GET /v1/pockets/api_keys", f"{query}&include_expired=true")
    assert [len(row["keys"]) for row in all_of_them] == [1]
    bad = f"{query}&include_expired=yes"
    assert client.refusal("GET /v1/pockets/api_keys", bad) == "invalid_parameter"


def test_a_won_deposit_is_credited_after_a_minute() -> None:
    client = Client()
    row = client.ask("POST /v1/deposits/krw", **WON)
    assert (row["state"], row["net_type"], row["done_at"]) == ("PROCESSING", None, None)
    client.hand.run(MINUTE_MS)
    assert client.ask("GET /v1/deposit", f"uuid={row['uuid']}")["state"] == "ACCEPTED"
    assert client.hand.free("KRW") == 100_010_000


def test_a_won_withdrawal_costs_its_fee_and_answers_in_lower_case() -> None:
    client = Client()
    row = client.ask("POST /v1/withdraws/krw", **WON)
    assert (row["state"], row["fee"]) == ("waiting", "1000")
    assert client.ask("GET /v1/withdraw")["state"] == "WAITING"
    client.hand.run(MINUTE_MS)
    assert client.ask("GET /v1/withdraw", "currency=KRW")["state"] == "PROCESSING"
    client.hand.run(MINUTE_MS)
    assert client.ask("GET /v1/withdraws", "state=DONE")[0]["uuid"] == row["uuid"]
    assert client.hand.free("KRW") == 99_989_000
    assert client.hand.locked("KRW") == 0


def withdraw(client: Client, amount: str = "0.1") -> Any:
    address = client.ask("POST /v1/deposits/generate_coin_address", **COIN)["deposit_address"]
    return client.ask("POST /v1/withdraws/coin", **COIN, amount=amount, address=address)


def test_coins_sent_to_an_own_address_arrive_as_a_deposit() -> None:
    client = Client()
    client.ask("GET /v1/deposits/coin_addresses")
    sent = withdraw(client)
    assert sent["is_cancelable"]
    assert client.hand.locked("BTC") == Decimal("0.1")
    client.hand.run(MINUTE_MS)
    client.hand.run(MINUTE_MS)
    done = client.ask("GET /v1/withdraw", f"uuid={sent['uuid']}")
    arrived = client.ask("GET /v1/deposit", f"txid={done['txid']}")
    assert (arrived["amount"], arrived["transaction_type"]) == ("0.1", "internal")
    assert client.hand.free("BTC") == 1


def test_a_waiting_withdrawal_can_be_cancelled_and_a_sent_one_not() -> None:
    client = Client()
    sent, kept = withdraw(client), withdraw(client)
    row = client.ask("DELETE /v1/withdraws/coin", f"uuid={sent['uuid']}")
    assert (row["state"], row["is_cancelable"]) == ("CANCELLED", False)
    assert client.hand.locked("BTC") == Decimal("0.1")
    client.hand.run(MINUTE_MS)
    late = client.refusal("DELETE /v1/withdraws/coin", f"uuid={kept['uuid']}")
    assert late == "bad_request"
    assert client.refusal("DELETE /v1/withdraws/coin") == "validation_error"
    client.hand.run(MINUTE_MS)
    assert client.ask("GET /v1/withdraw", f"uuid={sent['uuid']}")["state"] == "CANCELLED"


def test_withdrawals_are_listed_by_page_cursor_and_filter() -> None:
    client = Client()
    uuids = [withdraw(client, f"0.0{n}")["uuid"] for n in range(1, 5)]

    def listed(query: str) -> list[int]:
        rows = client.ask("GET /v1/withdraws", query)
        return [uuids.index(row["uuid"]) for row in rows]

    assert listed("limit=3") == [3, 2, 1]
    assert listed("limit=3&page=2") == [0]
    assert listed("limit=3&page=3") == []
    assert listed(f"to={uuids[2]}") == [1, 0]
    assert listed(f"from={uuids[2]}") == [3]
    assert listed(f"to={uuids[0]}") == []
    assert listed(f"uuids[]={uuids[1]}&order_by=asc") == [1]
    assert listed("currency=ETH") == []
    bad = client.refusal("GET /v1/withdraws", "to=nobody")
    assert bad == client.refusal("GET /v1/withdraws", "uuids[]=a&txids[]=b") == "invalid_parameter"


@pytest.mark.parametrize(
    ("target", "body", "name"),
    [
        ("POST /v1/deposits/krw", {"amount": "1"}, "validation_error"),
        ("POST /v1/deposits/krw", {"amount": "10000"}, "validation_error"),
        ("POST /v1/withdraws/krw", WON | {"amount": "999999999"}, "invalid_parameter"),
        ("POST /v1/withdraws/coin", {"currency": "BTC"}, "validation_error"),
        ("POST /v1/withdraws/coin", COIN | {"currency": "X"}, "currency_not_found"),
        ("POST /v1/withdraws/coin", COIN | {"net_type": "TRX"}, "invalid_parameter"),
        ("POST /v1/withdraws/coin", COIN | {"amount": "1"}, "validation_error"),
        (
            "POST /v1/withdraws/coin",
            COIN | {"amount": "0.1", "address": "elsewhere"},
            "withdraw_address_not_registered",
        ),
        ("POST /v1/travel_rule/deposit/uuid", {"deposit_uuid": "x"}, "invalid_parameter"),
    ],
)
def test_a_bad_money_request_is_refused(target: str, body: dict[str, str], name: str) -> None:
    assert Client().refusal(target, **body) == name


def test_what_is_not_there_is_not_found() -> None:
    client = Client()
    assert client.refusal("GET /v1/deposit") == "deposit_not_found"
    assert client.refusal("GET /v1/withdraw", "uuid=x") == "withdraw_not_found"
    missing = client.refusal("GET /v1/deposits/coin_address", "currency=BTC&net_type=BTC")
    assert missing == "deposit_address_not_found"
    vasp = client.ask("GET /v1/travel_rule/vasps")[0]["vasp_uuid"]
    body = {"deposit_uuid": "x", "vasp_uuid": vasp}
    assert client.refusal("POST /v1/travel_rule/deposit/uuid", **body) == "deposit_not_found"


def test_a_deposit_is_verified_once_in_ten_minutes() -> None:
    client = Client()
    withdraw(client)
    client.hand.run(MINUTE_MS)
    client.hand.run(MINUTE_MS)
    deposit = client.ask("GET /v1/deposit")
    vasp = client.ask("GET /v1/travel_rule/vasps")[0]["vasp_uuid"]
    body = {"deposit_uuid": deposit["uuid"], "vasp_uuid": vasp}
    target = "POST /v1/travel_rule/deposit/uuid"
    assert client.ask(target, **body)["verification_result"] == "verified"
    assert client.refusal(target, **body) == "bad_request"
    client.hand.run(10 * MINUTE_MS)
    by_txid = {**COIN, "vasp_uuid": vasp, "txid": deposit["txid"]}
    assert client.ask("POST /v1/travel_rule/deposit/txid", **by_txid)["deposit_state"] == "ACCEPTED"


def test_the_chances_to_withdraw_differ_between_won_and_coins() -> None:
    client = Client()
    won = client.ask("GET /v1/withdraws/chance", "currency=KRW")
    coin = client.ask("GET /v1/withdraws/chance", "currency=BTC&net_type=BTC")
    assert (won["currency"]["withdraw_fee"], won["currency"]["is_coin"]) == ("1000", False)
    assert (coin["currency"]["is_coin"], coin["account"]["balance"]) == (True, "1")
