"""Every sample of a private answer or frame: ours has its fields, in its order, of its types."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.fake_exchange import NOW_MS, ExchangeAtHand, FakeCandle
from upbit_auto_trading.domain.trade import Side
from upbit_auto_trading.simulator.account.announcements import AnnouncementBoard
from upbit_auto_trading.simulator.account.exchange_errors import ExchangeError
from upbit_auto_trading.simulator.account.order_rules import SelfMatchRules, order_of, read_order
from upbit_auto_trading.simulator.account.orders import OrderType
from upbit_auto_trading.simulator.account.request_parameters import (
    Parameters,
    from_json,
    from_query,
)
from upbit_auto_trading.simulator.rest.private_api import perform
from upbit_auto_trading.simulator.rest.private_routes import PRIVATE_ENDPOINTS
from upbit_auto_trading.simulator.socket.indicator_request import read_indicators
from upbit_auto_trading.simulator.socket.indicator_stream import IndicatorStreams
from upbit_auto_trading.simulator.socket.private_feed import encoded
from upbit_auto_trading.simulator.wire.simple_keys import simplified
from upbit_auto_trading.simulator.wire.ws_stream import Format

SAMPLES = Path(__file__).resolve().parents[1] / "payloads" / "samples"
LIMIT = {"market": "KRW-BTC", "side": "bid", "ord_type": "limit", "price": "10000000"}
SMALL = LIMIT | {"volume": "0.0005"}
MAY_BE_NULL = {"time_in_force", "identifier", "smp_type", "smpt", "trade_uuid", "body"}


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text("utf-8"))


def alike(ours: Any, theirs: Any, place: str = "") -> None:
    """Assert the same fields in the same order and the same JSON types, all the way down."""
    field = place.rpartition(".")[2]
    if isinstance(theirs, dict):
        assert isinstance(ours, dict), place
        assert list(ours) == list(theirs), place
        for key, value in theirs.items():
            alike(ours[key], value, f"{place}.{key}")
    elif isinstance(theirs, list):
        assert isinstance(ours, list), place
        assert ours or not theirs, place
        same_length = len(ours) == len(theirs)
        for number, item in enumerate(ours if theirs else ()):
            alike(item, theirs[number if same_length else 0], place)
    elif isinstance(theirs, bool) or theirs is None or isinstance(theirs, str):
        if field in MAY_BE_NULL:
            assert ours is None or isinstance(ours, str), place
        else:
            assert type(ours) is type(theirs), place
    else:
        assert isinstance(ours, int | float), place
        assert not isinstance(ours, bool), place


class Client:
    def __init__(self) -> None:
        self.hand = ExchangeAtHand(BTC="1")
        self.hand.market.show([(102_945_000.0, 1.0)], [(102_902_000.0, 1.0)])

    def ask(self, method: str, path: str, query: str = "", **body: Any) -> Any:
        endpoint = next(r for r in PRIVATE_ENDPOINTS if (r.method, r.path) == (method, path))
        parameters = from_json(json.dumps(body).encode()) if body else from_query(query)
        hand = self.hand
        answer = perform(hand.exchange, endpoint, hand.key, parameters, hand.now_ms)
        return json.loads(json.dumps(answer))

    def place(self, **changes: Any) -> Any:
        return self.ask("POST", "/v1/orders", **(SMALL | changes))

    def traded(self, **changes: Any) -> Any:
        uuid = self.ask("POST", "/v1/orders", **changes)["uuid"]
        self.hand.run()
        return self.ask("GET", "/v1/order", f"uuid={uuid}")

    def cancelled(self) -> Any:
        uuid = self.place()["uuid"]
        self.ask("DELETE", "/v1/order", f"uuid={uuid}")
        self.hand.run()
        return uuid


def transferred(client: Client, **extra: str) -> Any:
    sub = list(client.hand.accounts.pockets)[1]
    body = {"to": sub, "currency": "KRW", "amount": "150.00", **extra}
    return client.ask("POST", "/v1/pockets/universal_transfers", **body)


def replaced(client: Client) -> Any:
    body = {"prev_order_uuid": client.place()["uuid"], "new_ord_type": "limit"}
    extra = {"new_price": "10100000", "new_volume": "0.0005"}
    return client.ask("POST", "/v1/orders/cancel_and_new", **body, **extra)


def two_named(client: Client) -> str:
    return "&".join(f"uuids%5B%5D={client.place()['uuid']}" for _ in range(2))


def one_failing(client: Client) -> Any:
    gone, here = client.cancelled(), client.place()["uuid"]
    return client.ask("DELETE", "/v1/orders/uuids", f"uuids[]={gone}&uuids[]={here}")


def opened(client: Client) -> Any:
    client.place()
    return client.ask("GET", "/v1/orders/open")


def closed(client: Client) -> Any:
    client.cancelled()
    return client.ask("GET", "/v1/orders/closed")


def sub_assets(client: Client) -> Any:
    transferred(client)
    client.hand.run(2000)
    sub = list(client.hand.accounts.pockets)[1]
    return client.ask("GET", "/v1/pockets/assets", f"uuid={sub}")


def listed_transfers(client: Client) -> Any:
    transferred(client, identifier="client_made_id_123")
    return client.ask("GET", "/v1/pockets/universal_transfers")


def keys_of_a_bound_key(client: Client) -> Any:
    main = client.hand.pocket.uuid
    bound = replace(client.hand.key, allowed_ips=frozenset({"203.0.113.10", "198.51.100.25"}))
    client.hand.exchange.accounts = replace(client.hand.accounts, keys=(bound,))
    return client.ask("GET", "/v1/pockets/api_keys", f"uuids[]={main}")


MARKET_BUY = {"market": "KRW-BTC", "side": "bid", "ord_type": "price", "price": "10000"}
MARKET_SELL = {"market": "KRW-BTC", "side": "ask", "ord_type": "market", "volume": "0.00009713"}
ANSWERS: dict[str, Callable[[Client], Any]] = {
    "rest_accounts": lambda c: c.ask("GET", "/v1/accounts"),
    "rest_accounts_krw_only": lambda c: c.ask("GET", "/v1/accounts"),
    "rest_api_keys": lambda c: c.ask("GET", "/v1/api_keys"),
    "rest_order_delete": lambda c: c.ask("DELETE", "/v1/order", f"uuid={c.place()['uuid']}"),
    "rest_order_get_wait": lambda c: c.traded(**SMALL),
    "rest_order_get_market_ask_done": lambda c: c.traded(**MARKET_SELL),
    "rest_order_get_market_bid_cancelled_remainder": lambda c: c.traded(**MARKET_BUY),
    "rest_order_post_limit_bid": lambda c: c.place(),
    "rest_order_post_market_ask": lambda c: c.ask("POST", "/v1/orders", **MARKET_SELL),
    "rest_order_post_market_bid_price": lambda c: c.ask("POST", "/v1/orders", **MARKET_BUY),
    "rest_order_post_best_bid_ioc_CONSTRUCTED": lambda c: c.ask(
        "POST", "/v1/orders", **(MARKET_BUY | {"ord_type": "best", "time_in_force": "ioc"})
    ),
    "rest_order_post_limit_ioc_identifier_smp_CONSTRUCTED": lambda c: c.place(
        time_in_force="ioc", identifier="bot-000017", smp_type="cancel_maker"
    ),
    "rest_orders_cancel_and_new": replaced,
    "rest_orders_chance": lambda c: c.ask("GET", "/v1/orders/chance", "market=KRW-BTC"),
    "rest_orders_closed": closed,
    "rest_orders_delete_partial_failure": one_failing,
    "rest_orders_open": opened,
    "rest_orders_open_delete": lambda c: (
        c.place(),
        c.ask("DELETE", "/v1/orders/open", "pairs=KRW-BTC"),
    )[1],
    "rest_orders_test": lambda c: c.ask("POST", "/v1/orders/test", **SMALL),
    "rest_orders_uuids": lambda c: c.ask("GET", "/v1/orders/uuids", two_named(c)),
    "rest_orders_uuids_delete": lambda c: c.ask("DELETE", "/v1/orders/uuids", two_named(c)),
    "rest_pockets": lambda c: c.ask("GET", "/v1/pockets"),
    "rest_pockets_api_keys": keys_of_a_bound_key,
    "rest_pockets_assets_CONSTRUCTED": sub_assets,
    "rest_pockets_transfer_post_CONSTRUCTED": transferred,
    "rest_pockets_universal_transfers_CONSTRUCTED": listed_transfers,
    "rest_status_wallet": lambda c: c.ask("GET", "/v1/status/wallet"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_the_answer_has_the_samples_fields_order_and_types(name: str) -> None:
    alike(ANSWERS[name](Client()), sample(name), name)


def test_every_private_sample_is_compared() -> None:
    names = {path.stem for path in SAMPLES.glob("rest_*.json")}
    prefixes = ("rest_order_", "rest_orders_", "rest_pockets", "rest_accounts", "rest_api_keys")
    private = {name for name in names if name.startswith((*prefixes, "rest_status"))}
    assert private == set(ANSWERS)


def values(name: str) -> dict[str, str]:
    amounts = ("reserved_fee", "remaining_fee", "paid_fee", "locked", "executed_volume")
    return {key: sample(name)[key] for key in amounts}


@pytest.mark.parametrize(
    "name",
    [
        "rest_order_get_wait",
        "rest_order_get_market_ask_done",
        "rest_order_get_market_bid_cancelled_remainder",
    ],
)
def test_recorded_orders_are_computed_to_the_last_decimal(name: str) -> None:
    ours = ANSWERS[name](Client())
    assert {key: ours[key] for key in values(name)} == values(name)
    ours_funds = [(row["price"], row["volume"], row["funds"]) for row in ours["trades"]]
    theirs = [(row["price"], row["volume"], row["funds"]) for row in sample(name)["trades"]]
    assert ours_funds == theirs


def exchange_errors() -> list[dict[str, Any]]:
    """The samples that aren't the quotation API's or the gateway's."""
    rows = [row for row in sample("rest_errors") if row.get("body")]
    return [row for row in rows if row["body"]["error"]["name"] not in (400, 404, "not_found")]


@pytest.mark.parametrize("row", exchange_errors(), ids=lambda row: row["when"])
def test_the_documented_exchange_errors_have_their_status(row: dict[str, Any]) -> None:
    body = row["body"]
    name = body["error"]["name"]
    error = ExchangeError(name)
    assert error.status == row["status"]
    assert list(error.body["error"]) == ["name", "message"]
    if row["source"].startswith("documented") and name not in _WORDED_BY_CASE:
        assert error.message == body["error"]["message"]


_WORDED_BY_CASE = {
    "validation_error",
    "over_krw_funds_bid",
    "insufficient_funds_bid",
    "insufficient_funds_ask",
    "notfoundmarket",
}


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"side": None}, "validation_error"),
        ({"volume": "1000"}, "over_krw_funds_bid"),
        ({"price": "90000000", "volume": "5"}, "insufficient_funds_bid"),
        ({"market": "KRW-BTCs"}, "notfoundmarket"),
    ],
)
def test_messages_that_name_their_case_are_worded_as_documented(
    changes: dict[str, Any], name: str
) -> None:
    with pytest.raises(ExchangeError) as refused:
        Client().place(**changes)
    documented = [
        row["body"]["error"]["message"]
        for row in exchange_errors()
        if row["body"]["error"]["name"] == name
    ]
    assert refused.value.message in documented


def on_the_wire(event: dict[str, Any]) -> Any:
    return json.loads(encoded(event, Format.DEFAULT))


def order_events() -> list[dict[str, Any]]:
    hand = ExchangeAtHand()
    hand.market.show([(103_461_000.0, 1.0)], [(103_459_000.0, 1.0)])
    hand.place(
        side="bid", ord_type="limit", price="103460000", volume="0.002", identifier="bot-000017"
    )
    hand.market.trade(103_460_000.0, 0.0005, Side.ASK, hand.now_ms + 10)
    hand.market.trade(103_460_000.0, 0.0015, Side.ASK, hand.now_ms + 20)
    hand.run()
    return [on_the_wire(event) for event in hand.events if event["type"] == "myOrder"]


def test_the_life_of_a_filled_bid_is_told_as_constructed() -> None:
    ours, theirs = order_events(), sample("ws_myorder_lifecycle_limit_bid_filled_CONSTRUCTED")
    alike(ours, theirs)
    moving = {"uuid", "trade_uuid", "trade_timestamp", "order_timestamp", "timestamp"}
    for event, expected in zip(ours, theirs, strict=True):
        fixed = {key: value for key, value in expected.items() if key not in moving}
        assert {key: event[key] for key in fixed} == fixed
        assert (event["trade_uuid"] is None) == (expected["trade_uuid"] is None)


def test_a_cancel_is_told_as_constructed() -> None:
    client = Client()
    client.place(price="103460000", volume="0.0001")
    client.hand.market.books.clear()
    client.hand.exchange.cancel(
        client.hand.exchange.orders.open_orders(client.hand.pocket.uuid)[0], client.hand.now_ms
    )
    client.hand.run()
    event = [event for event in client.hand.events if event["type"] == "myOrder"][-1]
    alike(on_the_wire(event), sample("ws_myorder_cancel_CONSTRUCTED"))


def test_a_prevented_part_is_told_with_its_money() -> None:
    hand = ExchangeAtHand(BTC="1")
    hand.market.show([(110_000_000.0, 1.0)], [(100_000_000.0, 1.0)])
    hand.place(side="ask", ord_type="limit", price="103460000", volume="0.0005")
    hand.place(
        side="bid",
        ord_type="limit",
        price="103460000",
        volume="0.002",
        smp_type="reduce",
        identifier="bot-000017",
    )
    event = next(event for event in hand.events if event.get("state") == "prevented")
    ours, theirs = on_the_wire(event), sample("ws_myorder_prevented_CONSTRUCTED")
    alike(ours, theirs)
    for key in ("remaining_volume", "prevented_volume", "prevented_locked"):
        assert ours[key] == theirs[key]


def test_the_documented_order_event_fits_and_its_sums_hold() -> None:
    theirs = sample("ws_myorder_documented_example")
    ours = next(event for event in order_events() if event["state"] == "trade")
    alike(ours, theirs)
    for event in (ours, theirs):
        assert event["remaining_fee"] == pytest.approx(event["reserved_fee"] - event["paid_fee"])
        assert event["trade_fee"] == pytest.approx(event["price"] * event["volume"] * 0.0005)
    alike(simplified(ours, "myOrder"), sample("ws_myorder_simple"))


def test_asset_events_fit_and_keep_every_decimal() -> None:
    hand = ExchangeAtHand(KRW="1386929.37231066771348207123")
    hand.market.show([(103_461_000.0, 1.0)], [(103_459_000.0, 1.0)])
    hand.place(side="bid", ord_type="limit", price="103459000", volume="0.0001")
    event = hand.events[-1]
    raw = encoded(event, Format.DEFAULT)
    alike(json.loads(raw), sample("ws_myasset"))
    assert b'"balance":1376578.29936066771348207123,' in raw
    alike(json.loads(encoded(event, Format.SIMPLE)), sample("ws_myasset_simple"))
    filled = ExchangeAtHand()
    filled.market.show([(102_945_000.0, 1.0)], [(102_902_000.0, 1.0)])
    filled.place(side="bid", ord_type="price", price="10000")
    both = next(event for event in filled.events if len(event.get("assets", [])) == 2)
    alike(on_the_wire(both), sample("ws_myasset_two_CONSTRUCTED"))


def test_announcements_fit_with_and_without_their_body() -> None:
    told: list[dict[str, Any]] = []
    board = AnnouncementBoard()
    board.subscribe(told.append)
    uuid = board.publish("제목", "trade", "본문", NOW_MS)
    board.publish("제목", "trade", "본문", NOW_MS + 1000, edits=uuid)
    alike(told[1], sample("ws_announcement_updated_with_body_CONSTRUCTED"))
    bare = {key: value for key, value in told[0].items() if key != "body"}
    alike(bare, sample("ws_announcement"))
    alike(simplified(bare, "announcement"), sample("ws_announcement_simple_CONSTRUCTED"))
    assert [event["event_type"] for event in told] == ["CREATED", "UPDATED"]


def indicator_frame(expected: dict[str, Any]) -> dict[str, Any]:
    """Our frame for the combination of a sample, over candles that turn its trigger true."""
    row = {"type": expected["indicator"], "params": expected["params"]}
    signal = expected["type"] == "indicator_signal"
    if signal:
        row |= {"trigger": expected["trigger"], "event_params": expected["event_params"]}
    item = {"type": expected["type"], "codes": ["KRW-BTC"], "timeframe": "5m", "indicators": [row]}
    wanted = read_indicators([item]).combinations
    step_ms = 300_000
    start_ms = NOW_MS // step_ms * step_ms
    for shift in range(130):
        hand = ExchangeAtHand()
        for n in range(1200):
            close = 50_000.0 + 3000 * math.sin((n + shift) / 20)
            volume = 100.0 if n == 1199 else 1.0
            begins_ms = start_ms - (1200 - n) * step_ms
            hand.market.candle_rows.append(FakeCandle(begins_ms, close, volume))
        streams = IndicatorStreams(hand.market, hand.exchange.markets)
        frame = streams.frame(wanted[0], start_ms, start_ms + 1100)
        if frame is not None:
            return frame
    raise AssertionError(f"no frame for {row}")


@pytest.mark.parametrize(
    "name",
    [
        "ws_indicator_all_types_CONSTRUCTED",
        "ws_indicator_macd",
        "ws_indicator_moving_average",
        "ws_indicator_rsi",
        "ws_indicator_signal",
        "ws_indicator_signal_all_triggers_CONSTRUCTED",
    ],
)
def test_indicator_frames_fit(name: str) -> None:
    expected = sample(name)
    for frame in expected if isinstance(expected, list) else [expected]:
        alike(indicator_frame(frame), frame, name)


@pytest.mark.parametrize("stem", ["ws_indicator_all_types", "ws_indicator_signal_all_triggers"])
def test_simple_indicator_frames_fit(stem: str) -> None:
    full, short = sample(f"{stem}_CONSTRUCTED"), sample(f"{stem}_simple_CONSTRUCTED")
    for frame, expected in zip(full, short, strict=True):
        assert simplified(frame, frame["type"]) == expected
        alike(simplified(indicator_frame(frame), frame["type"]), expected, stem)


def test_the_info_list_shows_whole_objects() -> None:
    expected = sample("ws_list_subscriptions_info")["result"]
    assert list(read_indicators(expected).listed) == expected


def test_the_documented_request_bodies_are_orders() -> None:
    bodies = [
        {"market": "KRW-BTC", "side": "bid", "volume": "0.01", "price": "100.0"}
        | {"ord_type": "limit"},
        {"market": "KRW-BTC", "side": "bid", "ord_type": "price", "price": "10000"},
    ]
    for body in bodies:
        request = read_order(Parameters(tuple(body.items())), {"KRW-BTC"}, SelfMatchRules())
        assert request == order_of(
            "KRW-BTC",
            Side.BID,
            OrderType(body["ord_type"]),
            volume=body.get("volume"),
            price=body["price"],
            time_in_force=None,
            identifier=None,
            smp_type=None,
        )
