"""The grammar of WebSocket requests, from recorded requests and Upbit's rules."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_auto_trading.simulator.socket.ws_error import StreamRequestError
from upbit_auto_trading.simulator.socket.ws_request import (
    ListSubscriptions,
    StatusPing,
    Subscribe,
    parse_request,
    public_wants,
)
from upbit_auto_trading.simulator.wire.ws_stream import Endpoint, Format, PublicStream

SAMPLES = Path(__file__).resolve().parents[3] / "payloads" / "samples"
RECORDED = json.loads((SAMPLES / "ws_requests.json").read_text("utf-8"))
TICKET = {"ticket": "t"}
TICKER = {"type": "ticker", "codes": ["KRW-BTC"]}


def subscribe(*objects: Any, endpoint: Endpoint = Endpoint.PUBLIC) -> Subscribe:
    request = parse_request(json.dumps([TICKET, *objects]), endpoint)
    assert isinstance(request, Subscribe)
    return request


def test_what_an_error_repeats_is_spelled_as_json() -> None:
    with pytest.raises(StreamRequestError) as caught:
        subscribe({"type": ["ticker", None], "codes": ["KRW-BTC"]})
    assert caught.value.message == '["ticker", null] 은 지원하지 않는 타입입니다.'


def refusal(text: str, endpoint: Endpoint = Endpoint.PUBLIC) -> str:
    with pytest.raises(StreamRequestError) as caught:
        parse_request(text, endpoint)
    return caught.value.name


def endpoint_of(objects: list[dict[str, Any]]) -> Endpoint:
    types = {item.get("type") for item in objects}
    if types & {"myOrder", "myAsset", "announcement"}:
        return Endpoint.PRIVATE
    return Endpoint.INFO if types & {"indicator", "indicator_signal"} else Endpoint.PUBLIC


@pytest.mark.parametrize("row", RECORDED, ids=[row["why"][:50] for row in RECORDED])
def test_every_request_seen_in_the_field_is_understood(row: dict[str, Any]) -> None:
    request = parse_request(json.dumps(row["send"]), endpoint_of(row["send"]))
    named = [item["type"] for item in row["send"] if "type" in item]
    if named:
        assert isinstance(request, Subscribe)
        assert [entry.type for entry in request.entries] == named
    else:
        assert isinstance(request, ListSubscriptions)
    told = [item["format"] for item in row["send"] if "format" in item]
    assert not isinstance(request, StatusPing)
    assert request.format == (told[0] if told else "DEFAULT")


@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_format_may_stand_anywhere(place: int) -> None:
    objects: list[dict[str, Any]] = [TICKET, TICKER]
    objects.insert(place, {"format": "SIMPLE_LIST"})
    request = parse_request(json.dumps(objects), Endpoint.PUBLIC)
    assert isinstance(request, Subscribe)
    assert request.format is Format.SIMPLE_LIST


@pytest.mark.parametrize("flag", ["is_only_snapshot", "isOnlySnapshot"])
def test_snapshot_only_is_understood_in_both_spellings(flag: str) -> None:
    entry = subscribe(TICKER | {flag: True}).entries[0]
    assert (entry.snapshot, entry.realtime) == (True, False)


@pytest.mark.parametrize("flag", ["is_only_realtime", "isOnlyRealtime"])
def test_realtime_only_is_understood_in_both_spellings(flag: str) -> None:
    entry = subscribe(TICKER | {flag: True}).entries[0]
    assert (entry.snapshot, entry.realtime) == (False, True)


def test_repeated_types_are_united_and_each_stream_counts_once() -> None:
    request = subscribe(
        TICKER,
        {"type": "ticker", "codes": ["KRW-ETH", "KRW-BTC"]},
        {"type": "orderbook", "codes": ["KRW-BTC"], "level": 10000},
        {"type": "orderbook", "codes": ["KRW-BTC"]},
    )
    streams = [want.stream for want in public_wants(request.entries)]
    assert streams == [
        PublicStream("ticker", "KRW-BTC"),
        PublicStream("ticker", "KRW-ETH"),
        PublicStream("orderbook", "KRW-BTC", 30, 10000),
        PublicStream("orderbook", "KRW-BTC", 30, 0),
    ]


def test_a_stream_wanted_once_for_its_snapshot_and_once_for_events_gets_both() -> None:
    request = subscribe(TICKER | {"is_only_snapshot": True}, TICKER | {"is_only_realtime": True})
    (want,) = public_wants(request.entries)
    assert want.snapshot
    assert want.realtime


@pytest.mark.parametrize(
    ("code", "depth"),
    [
        ("KRW-BTC", 30),
        ("KRW-BTC.1", 1),
        ("KRW-BTC.5", 5),
        ("KRW-BTC.15", 15),
        ("KRW-BTC.30", 30),
        ("KRW-BTC.20", 30),
        ("KRW-BTC.2", 30),
        ("KRW-BTC.x", 30),
        ("KRW-BTC.", 30),
        ("KRW-BTC.99999999999999999999", 30),
    ],
)
def test_a_suffix_chooses_the_number_of_levels(code: str, depth: int) -> None:
    request = subscribe({"type": "orderbook", "codes": [code]})
    assert [want.stream for want in public_wants(request.entries)] == [
        PublicStream("orderbook", "KRW-BTC", depth)
    ]


@pytest.mark.parametrize(("level", "number"), [(10000, 10000), ("10000", 10000), ("0.5", 0.5)])
def test_a_level_is_a_number_or_its_text(level: object, number: float) -> None:
    request = subscribe({"type": "orderbook", "codes": ["KRW-BTC"], "level": level})
    assert request.entries[0].level == number


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("hello", "WRONG_FORMAT"),
        ("{}", "WRONG_FORMAT"),
        ('["x"]', "WRONG_FORMAT"),
        ("[" * 100_000, "WRONG_FORMAT"),
        ("[]", "NO_TICKET"),
        (json.dumps([TICKER]), "NO_TICKET"),
        (json.dumps([{"ticket": ""}, TICKER]), "NO_TICKET"),
        (json.dumps([{"ticket": 5}, TICKER]), "NO_TICKET"),
        (json.dumps([TICKET]), "NO_TYPE"),
        (json.dumps([TICKET, {"codes": ["KRW-BTC"]}]), "NO_TYPE"),
        (json.dumps([TICKET, {"type": "ticker"}]), "NO_CODES"),
        (json.dumps([TICKET, {"type": "ticker", "codes": []}]), "INVALID_PARAM"),
        (json.dumps([TICKET, {"type": "ticker", "codes": "KRW-BTC"}]), "WRONG_FORMAT"),
        (json.dumps([TICKET, {"type": "ticker", "codes": [1]}]), "WRONG_FORMAT"),
        (json.dumps([TICKET, {"type": "nope", "codes": ["KRW-BTC"]}]), "INVALID_PARAM"),
        (json.dumps([TICKET, {"type": ["ticker"], "codes": ["KRW-BTC"]}]), "INVALID_PARAM"),
        (json.dumps([TICKET, {"type": "myOrder"}]), "INVALID_PARAM"),
        (json.dumps([TICKET, TICKER, {"format": "FANCY"}]), "WRONG_FORMAT"),
        (json.dumps([TICKET, TICKER | {"is_only_snapshot": "yes"}]), "WRONG_FORMAT"),
        (json.dumps([TICKET, TICKER | {"level": "low"}]), "WRONG_FORMAT"),
        (json.dumps([TICKET, TICKER | {"level": "nan"}]), "WRONG_FORMAT"),
        (json.dumps([TICKET, TICKER | {"level": "1_0"}]), "WRONG_FORMAT"),
        (json.dumps([TICKET, TICKER | {"level": float("nan")}]), "WRONG_FORMAT"),
        (json.dumps([TICKET, TICKER]).replace('"KRW-BTC"', '"KRW-BTC", 1e400'), "WRONG_FORMAT"),
        ('[{"ticket":"t"},{"type":"orderbook","codes":["KRW-BTC"],"level":1e400}]', "WRONG_FORMAT"),
        (json.dumps([{"ticket": "\ud800"}, {"method": "LIST_SUBSCRIPTIONS"}]), "WRONG_FORMAT"),
        (json.dumps([TICKET, {"type": "\ud800", "codes": ["KRW-BTC"]}]), "WRONG_FORMAT"),
        (json.dumps([TICKET, {"method": "FORGET"}]), "WRONG_FORMAT"),
    ],
)
def test_a_bad_request_is_refused_by_upbits_name(text: str, name: str) -> None:
    assert refusal(text) == name


def test_codes_are_refused_where_a_private_type_has_none() -> None:
    for kind in ("myAsset", "announcement"):
        text = json.dumps([TICKET, {"type": kind, "codes": ["KRW-BTC"]}])
        assert refusal(text, Endpoint.PRIVATE) == "WRONG_FORMAT"


def test_an_unknown_announcement_category_is_refused() -> None:
    text = json.dumps([TICKET, {"type": "announcement", "categories": ["gossip"]}])
    assert refusal(text, Endpoint.PRIVATE) == "INVALID_PARAM"
    text = json.dumps([TICKET, {"type": "announcement", "categories": [["notice"]]}])
    assert refusal(text, Endpoint.PRIVATE) == "WRONG_FORMAT"


def test_ping_is_upper_case_text() -> None:
    assert parse_request("PING", Endpoint.PUBLIC) == StatusPing()
    assert refusal("ping") == "WRONG_FORMAT"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["ticket", "type", "codes", "level", "format", "method", "x"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    ),
    st.sampled_from(list(Endpoint)),
)
def test_any_document_is_understood_or_refused(document: Any, endpoint: Endpoint) -> None:
    try:
        request = parse_request(json.dumps(document), endpoint)
    except StreamRequestError as error:
        refused = error
    else:
        assert isinstance(request, Subscribe | ListSubscriptions)
        return
    assert json.loads(refused.frame)["error"]["name"] == refused.name
