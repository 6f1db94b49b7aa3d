import json
from typing import Any

import pytest

from tests.fake_exchange import NOW_MS, ExchangeAtHand
from upbit_auto_trading.domain.trade import Side
from upbit_auto_trading.simulator.account.auth import ApiKey
from upbit_auto_trading.simulator.account.exchange_errors import ExchangeError
from upbit_auto_trading.simulator.account.request_parameters import from_json, from_query
from upbit_auto_trading.simulator.rest.private_api import perform
from upbit_auto_trading.simulator.rest.rest_exchange import ORDER_ENDPOINTS

LIMIT = {"market": "KRW-BTC", "side": "bid", "ord_type": "limit", "price": "90000000"}
SMALL = LIMIT | {"volume": "0.001"}


class Client:
    """Asks a fake market's exchange as an authenticated client would."""

    def __init__(self, **options: Any) -> None:
        self.hand = ExchangeAtHand(**options)
        self.hand.market.show([(100_000_000.0, 1.0)], [(99_999_000.0, 1.0)])
        self.hand.market.show([(0.04, 10.0)], [(0.039, 10.0)], "BTC-ETH")
        self.key: ApiKey = self.hand.key

    def ask(self, method: str, path: str, query: str = "", **body: Any) -> Any:
        endpoint = next(row for row in ORDER_ENDPOINTS if (row.method, row.path) == (method, path))
        parameters = from_json(json.dumps(body).encode()) if body else from_query(query)
        return perform(self.hand.exchange, endpoint, self.key, parameters, self.hand.now_ms)

    def refusal(self, method: str, path: str, query: str = "", **body: Any) -> tuple[int, str]:
        with pytest.raises(ExchangeError) as refused:
            self.ask(method, path, query, **body)
        return refused.value.status, refused.value.name

    def place(self, **changes: Any) -> Any:
        return self.ask("POST", "/v1/orders", **(SMALL | changes))


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"market": None}, "validation_error"),
        ({"market": "KRW-BTCs"}, "notfoundmarket"),
        ({"side": "buy"}, "validation_error"),
        ({"ord_type": None}, "validation_error"),
        ({"ord_type": "stop"}, "validation_error"),
        ({"volume": None}, "validation_error"),
        ({"price": None}, "validation_error"),
        ({"price": "-1"}, "validation_error"),
        ({"price": "abc"}, "validation_error"),
        ({"price": "NaN"}, "validation_error"),
        ({"price": "1e30"}, "validation_error"),
        ({"price": "９０００００００"}, "validation_error"),
        ({"price": "90000500"}, "create_bid_error"),
        ({"side": "ask", "price": "90000001"}, "create_ask_error"),
        ({"volume": "0.000000001"}, "create_bid_error"),
        ({"volume": "0.00005"}, "under_min_total_bid"),
        ({"volume": "12"}, "over_krw_funds_bid"),
        ({"volume": "2"}, "insufficient_funds_bid"),
        ({"side": "ask"}, "insufficient_funds_ask"),
        ({"ord_type": "price", "volume": None, "side": "ask"}, "create_ask_error"),
        ({"ord_type": "price"}, "create_bid_error"),
        ({"ord_type": "market", "price": None}, "create_bid_error"),
        ({"ord_type": "market", "side": "ask"}, "create_ask_error"),
        ({"ord_type": "best", "volume": None}, "invalid_time_in_force"),
        ({"ord_type": "best", "time_in_force": "ioc"}, "create_bid_error"),
        ({"time_in_force": "gtc"}, "invalid_time_in_force"),
        (
            {"ord_type": "price", "volume": None, "time_in_force": "ioc"},
            "invalid_time_in_force",
        ),
        ({"ord_type": "price", "volume": None, "time_in_force": "post_only"}, "invalid_post_only"),
        ({"time_in_force": "post_only", "smp_type": "reduce"}, "invalid_post_only"),
        ({"smp_type": "none"}, "invalid_parameter"),
        ({"identifier": "x" * 65}, "invalid_parameter"),
    ],
)
def test_an_order_that_breaks_a_rule_is_refused_by_name(changes: dict[str, Any], name: str) -> None:
    client = Client()
    body = {key: value for key, value in (SMALL | changes).items() if value is not None}
    for path in ("/v1/orders", "/v1/orders/test"):
        if changes == {"ord_type": None} and path.endswith("test"):
            continue
        assert client.refusal("POST", path, **body)[1] == name
    assert client.hand.locked("KRW") == 0
    assert client.ask("GET", "/v1/orders/open") == []


def test_null_and_absent_fields_are_the_same() -> None:
    client = Client()
    view = client.place(ord_type="price", price="10000", volume=None, time_in_force=None)
    assert view["ord_type"] == "price"
    assert "volume" not in view


def test_btc_markets_have_their_own_minimum_fee_and_consent() -> None:
    client = Client(BTC="1")
    order = {"market": "BTC-ETH", "side": "bid", "ord_type": "limit", "price": "0.03"}
    assert client.refusal("POST", "/v1/orders", **order, volume="0.001")[1] == "under_min_total_bid"
    view = client.ask("POST", "/v1/orders", **order, volume="1")
    assert (view["reserved_fee"], view["locked"]) == ("0.000075", "0.030075")
    client.hand.pocket.agreed = False
    refused = client.refusal("POST", "/v1/orders", **order, volume="1")
    assert refused == (403, "thirdparty_agreement_required")


def test_an_identifier_is_never_given_back() -> None:
    client = Client()
    first = client.place(identifier="bot-1")
    assert first["identifier"] == "bot-1"
    client.ask("DELETE", "/v1/order", "identifier=bot-1")
    client.hand.run()
    assert client.ask("GET", "/v1/order", "identifier=bot-1")["state"] == "cancel"
    assert client.refusal("POST", "/v1/orders", **SMALL, identifier="bot-1") == (
        400,
        "duplicated_identifier",
    )


def test_a_refused_order_does_not_use_up_its_identifier() -> None:
    client = Client()
    assert client.refusal("POST", "/v1/orders", **(SMALL | {"volume": "2", "identifier": "i"}))
    assert client.place(identifier="i")["identifier"] == "i"


def test_a_test_order_is_nowhere_to_be_found() -> None:
    client = Client()
    body = {key: value for key, value in SMALL.items() if key != "ord_type"}
    view = client.ask("POST", "/v1/orders/test", **body, identifier="t")
    assert view["state"] == "wait"
    assert client.refusal("GET", "/v1/order", f"uuid={view['uuid']}") == (404, "order_not_found")
    assert client.place(identifier="t")["identifier"] == "t"


def test_orders_of_another_pocket_are_not_found() -> None:
    client = Client()
    uuid = client.place()["uuid"]
    sub = list(client.hand.accounts.pockets)[1]
    client.key = ApiKey("other", "s", sub, NOW_MS, NOW_MS + 1)
    assert client.refusal("GET", "/v1/order", f"uuid={uuid}") == (404, "order_not_found")
    assert client.ask("GET", "/v1/orders/open") == []


@pytest.mark.parametrize(
    ("method", "path", "permission"),
    [(row.method, row.path, row.permission) for row in ORDER_ENDPOINTS if row.permission],
)
def test_a_key_without_the_permission_is_out_of_scope(
    method: str, path: str, permission: str
) -> None:
    client = Client()
    others = client.key.permissions - {permission}
    client.key = ApiKey("k", "s", client.key.pocket_uuid, NOW_MS, NOW_MS + 1, others)
    assert client.refusal(method, path) == (403, "out_of_scope")


def test_open_orders_come_in_pages_newest_first_until_an_empty_one() -> None:
    client = Client()
    for n in range(5):
        client.place(identifier=f"i{n}")
        client.hand.run()
    pages = [client.ask("GET", "/v1/orders/open", f"limit=2&page={n}") for n in (1, 2, 3, 4)]
    names = [[row["identifier"] for row in page] for page in pages]
    assert names == [["i4", "i3"], ["i2", "i1"], ["i0"], []]
    assert client.ask("GET", "/v1/orders/open", "state=watch") == []
    assert len(client.ask("GET", "/v1/orders/open", "states[]=wait&states%5B%5D=watch")) == 5
    oldest = client.ask("GET", "/v1/orders/open", "order_by=asc&limit=1")
    assert oldest[0]["identifier"] == "i0"
    assert client.ask("GET", "/v1/orders/open", "market=KRW-ETH") == []


@pytest.mark.parametrize(
    "query", ["state=done", "state=wait&states[]=wait", "page=0", "limit=x", "order_by=up"]
)
def test_a_bad_list_parameter_is_refused(query: str) -> None:
    assert Client().refusal("GET", "/v1/orders/open", query) == (400, "invalid_parameter")


def cancelled(client: Client, identifier: str) -> None:
    client.place(identifier=identifier)
    client.ask("DELETE", "/v1/order", f"identifier={identifier}")
    client.hand.run()


def test_closed_orders_cover_seven_days_by_creation() -> None:
    client = Client()
    day_ms = 86_400_000
    for n in range(10):
        cancelled(client, f"d{n}")
        client.hand.run(day_ms)
    now_ms = client.hand.now_ms

    def names(query: str) -> list[str]:
        rows = client.ask("GET", "/v1/orders/closed", query)
        return [row["identifier"] for row in rows]

    assert names("") == ["d9", "d8", "d7", "d6", "d5", "d4"]
    assert names("limit=2&order_by=asc") == ["d4", "d5"]
    assert names(f"start_time={NOW_MS}&order_by=asc")[-1] == "d6"
    assert names(f"end_time={now_ms - 8 * day_ms}") == ["d2", "d1", "d0"]
    assert names("start_time=2026-03-22T21:42:08%2B09:00&end_time=2026-03-23T00:00:00Z") == ["d0"]
    assert names("state=done") == []
    window = f"start_time={NOW_MS}&end_time={NOW_MS + 7 * day_ms + 1}"
    assert client.refusal("GET", "/v1/orders/closed", window) == (400, "invalid_parameter")
    assert client.refusal("GET", "/v1/orders/closed", "start_time=today")[1] == "invalid_parameter"


def test_orders_by_name_leave_out_what_does_not_exist() -> None:
    client = Client()
    uuids = [client.place(identifier=f"i{n}")["uuid"] for n in range(2)]
    query = "&".join(f"uuids%5B%5D={uuid}" for uuid in [*uuids, "nobody", uuids[0]])
    assert {row["uuid"] for row in client.ask("GET", "/v1/orders/uuids", query)} == set(uuids)
    row = client.ask("GET", "/v1/orders/uuids", "identifiers[]=i1")[0]
    assert (row["uuid"], row["executed_funds"]) == (uuids[1], "0")
    for bad in ("", "uuids[]=a&identifiers[]=b", "&".join(f"uuids[]={n}" for n in range(101))):
        assert client.refusal("GET", "/v1/orders/uuids", bad) == (400, "invalid_parameter")


def test_the_deprecated_list_still_answers() -> None:
    client = Client()
    cancelled(client, "gone")
    client.place(identifier="here")
    body: dict[str, Any] = {
        "market": "KRW-BTC",
        "state": "wait",
        "page": 1,
        "limit": 100,
        "order_by": "desc",
    }
    assert [row["identifier"] for row in client.ask("GET", "/v1/orders", **body)] == ["here"]
    both = client.ask("GET", "/v1/orders", "states[]=wait&states[]=cancel&order_by=asc")
    assert [row["identifier"] for row in both] == ["gone", "here"]


def test_cancelling_by_name_tells_success_and_failure_apart() -> None:
    client = Client()
    cancelled(client, "gone")
    client.place(identifier="here")
    answer = client.ask("DELETE", "/v1/orders/uuids", "identifiers[]=gone&identifiers[]=here")
    assert answer["success"]["count"] == answer["failed"]["count"] == 1
    assert answer["success"]["orders"][0]["identifier"] == "here"
    assert answer["failed"]["orders"][0]["identifier"] == "gone"
    unknown = client.ask("DELETE", "/v1/orders/uuids", "uuids[]=nobody")
    assert unknown["failed"] == {"count": 1, "orders": [{"uuid": "nobody"}]}
    many = "&".join(f"uuids[]={n}" for n in range(21))
    assert client.refusal("DELETE", "/v1/orders/uuids", many) == (400, "invalid_parameter")


def test_cancelling_all_heeds_side_market_and_count() -> None:
    client = Client(BTC="1")
    client.place(identifier="b1")
    client.place(identifier="b2")
    client.place(identifier="a1", side="ask", price="110000000")

    def cancel(query: str) -> list[str]:
        answer = client.ask("DELETE", "/v1/orders/open", query)
        client.hand.run()
        return [row["identifier"] for row in answer["success"]["orders"]]

    assert cancel("pairs=KRW-ETH") == []
    assert cancel("quote_currencies=BTC,USDT") == []
    assert cancel("excluded_pairs=KRW-BTC") == []
    assert cancel("cancel_side=bid&count=1") == ["b2"]
    assert cancel("quote_currencies=KRW&order_by=asc") == ["b1", "a1"]
    both = client.refusal("DELETE", "/v1/orders/open", "pairs=KRW-BTC&quote_currencies=KRW")
    assert both == (400, "invalid_parameter")
    assert client.hand.locked("KRW") == client.hand.locked("BTC") == 0


REPLACE = {"new_ord_type": "limit", "new_price": "91000000"}


def test_cancel_and_new_replaces_the_remaining_volume() -> None:
    client = Client()
    old = client.place(identifier="old")
    answer = client.ask(
        "POST",
        "/v1/orders/cancel_and_new",
        prev_order_identifier="old",
        **REPLACE,
        new_volume="remain_only",
        new_identifier="new",
    )
    assert answer["uuid"] == old["uuid"]
    assert (answer["state"], answer["new_order_identifier"]) == ("wait", "new")
    client.hand.run()
    assert client.ask("GET", "/v1/order", "identifier=old")["state"] == "cancel"
    new = client.ask("GET", "/v1/order", "identifier=new")
    assert new["uuid"] == answer["new_order_uuid"]
    assert (new["price"], new["volume"], new["state"]) == ("91000000", "0.001", "wait")
    assert client.hand.order_states() == ["wait", "cancel", "wait"]


def test_cancel_and_new_makes_no_order_when_the_old_one_fills_first() -> None:
    client = Client()
    client.hand.exchange.faults.set("cancel_loses_race", {})
    old = client.place()
    answer = client.ask(
        "POST",
        "/v1/orders/cancel_and_new",
        prev_order_uuid=old["uuid"],
        **REPLACE,
        new_volume="0.001",
    )
    client.hand.run()
    assert client.ask("GET", "/v1/order", f"uuid={old['uuid']}")["state"] == "done"
    query = f"uuid={answer['new_order_uuid']}"
    assert client.refusal("GET", "/v1/order", query) == (404, "order_not_found")


def test_cancel_and_new_can_use_the_money_the_cancel_frees() -> None:
    client = Client(KRW="90045")
    old = client.place()
    body = {"prev_order_uuid": old["uuid"], "new_ord_type": "limit", "new_price": "89000000"}
    answer = client.ask("POST", "/v1/orders/cancel_and_new", **body, new_volume="0.001")
    client.hand.run()
    new = client.ask("GET", "/v1/order", f"uuid={answer['new_order_uuid']}")
    assert (new["state"], new["locked"]) == ("wait", "89044.5")


def test_cancel_and_new_refuses_an_order_that_has_ended_and_bad_fields() -> None:
    client = Client()
    cancelled(client, "gone")
    path = "/v1/orders/cancel_and_new"
    gone = {"prev_order_identifier": "gone", **REPLACE, "new_volume": "0.001"}
    assert client.refusal("POST", path, **gone) == (400, "bad_request")
    assert client.refusal("POST", path, prev_order_uuid="x", **REPLACE)[1] == "order_not_found"
    uuid = client.place()["uuid"]
    assert client.refusal("POST", path, prev_order_uuid=uuid)[1] == "validation_error"
    off = {"new_ord_type": "limit", "new_price": "91000001", "new_volume": "0.001"}
    assert client.refusal("POST", path, prev_order_uuid=uuid, **off)[1] == "create_bid_error"


def test_accounts_show_free_and_locked_and_the_mean_price_paid() -> None:
    client = Client()
    client.place(ord_type="price", price="50000000", volume=None)
    client.hand.run()
    client.place(identifier="rests")
    rows = {row["currency"]: row for row in client.ask("GET", "/v1/accounts")}
    assert list(rows) == ["KRW", "BTC"]
    assert rows["BTC"]["balance"] == "0.5"
    assert rows["BTC"]["avg_buy_price"] == "100000000"
    assert rows["KRW"]["balance"] == "49884955"
    assert rows["KRW"]["locked"] == "90045"


def test_chance_tells_fees_limits_and_both_balances() -> None:
    client = Client()
    view = client.ask("GET", "/v1/orders/chance", "market=krw-btc")
    assert view["market"]["bid"]["min_total"] == "5000"
    assert view["bid_account"]["balance"] == "100000000"
    assert view["ask_account"]["balance"] == "0"
    assert client.ask("GET", "/v1/orders/chance", "market=BTC-ETH")["bid_fee"] == "0.0025"
    assert client.refusal("GET", "/v1/orders/chance", "market=KRW-X")[1] == "notfoundmarket"
    assert client.refusal("GET", "/v1/orders/chance")[1] == "validation_error"


def test_maintenance_refuses_orders_and_cancels_but_keeps_what_rests() -> None:
    client = Client()
    uuid = client.place()["uuid"]
    client.hand.exchange.faults.set("market_offline", {})
    assert client.refusal("POST", "/v1/orders", **SMALL) == (403, "market_offline")
    assert client.refusal("POST", "/v1/orders/test", **SMALL) == (403, "market_offline")
    assert client.refusal("DELETE", "/v1/order", f"uuid={uuid}") == (403, "market_offline")
    assert client.ask("GET", "/v1/order", f"uuid={uuid}")["state"] == "wait"
    client.hand.exchange.faults.clear("market_offline")
    assert client.place()["state"] == "wait"


def test_maintenance_of_one_market_refuses_to_change_its_orders_and_no_others() -> None:
    client = Client()
    bitcoin = client.place()["uuid"]
    ether = client.place(market="KRW-ETH", price="3000000", volume="0.01")["uuid"]
    client.hand.exchange.faults.set("market_offline", {"market": "KRW-BTC"})
    assert client.refusal("DELETE", "/v1/order", f"uuid={bitcoin}") == (403, "market_offline")
    body = {"prev_order_uuid": bitcoin, **REPLACE, "new_volume": "0.001"}
    refused = client.refusal("POST", "/v1/orders/cancel_and_new", **body)
    assert refused == (403, "market_offline")
    told = client.ask("DELETE", "/v1/orders/uuids", f"uuids[]={bitcoin}&uuids[]={ether}")
    assert [row["uuid"] for row in told["success"]["orders"]] == [ether]
    assert [row["uuid"] for row in told["failed"]["orders"]] == [bitcoin]


def test_a_refusal_can_be_ordered_a_number_of_times() -> None:
    client = Client()
    client.hand.exchange.faults.set("order_refused", {"name": "nonce_used", "count": "1"})
    assert client.refusal("POST", "/v1/orders", **SMALL) == (401, "nonce_used")
    assert client.place()["state"] == "wait"


def test_self_trades_follow_the_takers_mode() -> None:
    def pair(mode: str | None, volume: str) -> tuple[Any, Any, Client]:
        client = Client(BTC="1")
        client.hand.market.show([(120_000_000.0, 1.0)], [(80_000_000.0, 1.0)], at_ms=NOW_MS)
        maker = client.place(side="ask", price="100000000", volume="0.2")
        client.hand.run()
        extra = {} if mode is None else {"smp_type": mode}
        taker = client.place(price="100000000", volume=volume, **extra)
        client.hand.run()
        views = [client.ask("GET", "/v1/order", f"uuid={row['uuid']}") for row in (maker, taker)]
        return views[0], views[1], client

    maker, taker, client = pair(None, "0.3")
    assert (maker["state"], taker["executed_volume"]) == ("done", "0.2")

    maker, taker, client = pair("cancel_maker", "0.3")
    assert (maker["state"], maker["prevented_volume"]) == ("cancel", "0.2")
    assert (taker["state"], taker["executed_volume"]) == ("wait", "0")
    assert client.hand.locked("BTC") == 0

    maker, taker, client = pair("cancel_taker", "0.3")
    assert (maker["state"], taker["state"]) == ("wait", "cancel")
    assert taker["prevented_locked"] == "30015000"
    assert client.hand.locked("KRW") == 0

    maker, taker, client = pair("reduce", "0.3")
    assert (maker["state"], taker["state"]) == ("cancel", "wait")
    assert (taker["prevented_volume"], taker["remaining_volume"]) == ("0.2", "0.1")
    assert taker["prevented_locked"] == "20010000"
    assert client.hand.locked("KRW") == 10_005_000
    assert client.hand.order_states()[-2:] == ["prevented", "cancel"]


def test_the_announced_self_match_rules_name_a_mode_everywhere() -> None:
    client = Client()
    client.hand.exchange.faults.set("announced_self_match", {})
    assert client.place()["smp_type"] == "cancel_maker"
    assert client.place(smp_type="none")["smp_type"] == "none"
    assert client.place(time_in_force="post_only")["smp_type"] == "none"
    assert client.place(time_in_force="post_only", smp_type="none")["smp_type"] == "none"
    with_mode = SMALL | {"time_in_force": "post_only", "smp_type": "cancel_maker"}
    assert client.refusal("POST", "/v1/orders", **with_mode)[1] == "invalid_post_only"


def test_a_print_between_placing_and_cancelling_still_fills() -> None:
    client = Client()
    uuid = client.place(price="99999000")["uuid"]
    client.hand.run()
    client.hand.market.trade(99_990_000.0, 1.0, Side.ASK, client.hand.now_ms + 3)
    client.ask("DELETE", "/v1/order", f"uuid={uuid}")
    client.hand.run()
    assert client.ask("GET", "/v1/order", f"uuid={uuid}")["state"] == "done"


def test_a_mean_price_in_a_btc_market_is_in_won_where_the_rate_is_known() -> None:
    client = Client(BTC="1")
    order = {"market": "BTC-ETH", "side": "bid", "ord_type": "price", "price": "0.04"}
    client.hand.market.trade(90_000_000.0, 1.0, Side.BID, NOW_MS - 5000)
    client.ask("POST", "/v1/orders", **order)
    client.hand.run()
    row = next(r for r in client.ask("GET", "/v1/accounts") if r["currency"] == "ETH")
    assert (row["balance"], row["avg_buy_price"]) == ("1", "3600000")
    unknown = Client(USDT="100")
    unknown.hand.market.show([(50_000.0, 10.0)], [(49_990.0, 10.0)], "USDT-BTC")
    wish = {"market": "USDT-BTC", "side": "bid", "ord_type": "price", "price": "50"}
    unknown.ask("POST", "/v1/orders", **wish)
    unknown.hand.run()
    row = next(r for r in unknown.ask("GET", "/v1/accounts") if r["currency"] == "BTC")
    assert (row["balance"], row["avg_buy_price"]) == ("0.001", "0")


def test_cancel_and_new_makes_no_order_that_cannot_be_paid() -> None:
    client = Client(KRW="90045")
    old = client.place()
    body = {"prev_order_uuid": old["uuid"], "new_ord_type": "limit", "new_price": "95000000"}
    answer = client.ask("POST", "/v1/orders/cancel_and_new", **body, new_volume="0.001")
    client.hand.run()
    assert client.ask("GET", "/v1/order", f"uuid={old['uuid']}")["state"] == "cancel"
    query = f"uuid={answer['new_order_uuid']}"
    assert client.refusal("GET", "/v1/order", query) == (404, "order_not_found")
    assert client.hand.free("KRW") == 90_045


def test_cancel_and_new_after_a_cancel_that_came_first_makes_no_order() -> None:
    client = Client()
    old = client.place()
    client.ask("DELETE", "/v1/order", f"uuid={old['uuid']}")
    body = {"prev_order_uuid": old["uuid"], **REPLACE, "new_volume": "0.001"}
    client.ask("POST", "/v1/orders/cancel_and_new", **body)
    client.hand.run()
    assert client.ask("GET", "/v1/orders/open") == []


def test_an_order_accepted_before_maintenance_is_matched_after_it() -> None:
    client = Client()
    uuid = client.place(ord_type="price", price="10000", volume=None)["uuid"]
    client.hand.exchange.faults.set("market_offline", {"market": "KRW-BTC"})
    client.hand.run(10_000)
    assert client.ask("GET", "/v1/order", f"uuid={uuid}")["state"] == "wait"
    client.hand.exchange.faults.clear("market_offline")
    client.hand.run(1000)
    assert client.ask("GET", "/v1/order", f"uuid={uuid}")["state"] == "done"
