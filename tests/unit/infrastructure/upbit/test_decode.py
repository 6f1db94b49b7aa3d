import base64
import json
from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_auto_trading.domain.candle import Candle
from upbit_auto_trading.domain.orderbook import Orderbook
from upbit_auto_trading.domain.stream import Delivery, Source, Stream
from upbit_auto_trading.domain.ticker import Ticker
from upbit_auto_trading.domain.trade import Side, Trade
from upbit_auto_trading.infrastructure.upbit.decode import (
    ArrivalOrigins,
    BadFrameError,
    ServerError,
    ServerStatus,
    SubscriptionList,
    decode,
)

ORIGINS = ArrivalOrigins.at(1_787_731_717.5, 3)
Payloads = Callable[[str], Any]


def wire(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def read(payloads: Payloads, name: str) -> Any:
    return decode(wire(payloads(f"samples/{name}.json")), ORIGINS)


def test_a_ticker_carries_the_recorded_figures(payloads: Payloads) -> None:
    ticker = read(payloads, "ws_ticker_snapshot")

    assert isinstance(ticker, Ticker)
    assert ticker.trade_price == 109_868_000.0
    assert ticker.change_rate == 0.006439793
    assert ticker.turnover_day == 59_726_546_304.62442
    assert ticker.turnover_24h == 198_189_163_442.74924
    assert (ticker.trade_ms, ticker.exchange_ms) == (1_787_729_040_682, 1_787_729_042_606)
    assert ticker.origin.delivery is Delivery.SNAPSHOT
    assert ticker.origin.source is Source.WEBSOCKET
    assert (ticker.origin.received_at, ticker.origin.epoch) == (1_787_731_717.5, 3)


def test_a_falling_market_has_a_signed_change(payloads: Payloads) -> None:
    ticker = read(payloads, "ws_ticker_fall_btc_market")

    assert ticker.change_rate == -0.0112329479
    assert ticker.change_price == -0.00024553


@pytest.mark.parametrize(
    ("plain", "other"),
    [
        ("ws_ticker_realtime", "ws_ticker_simple"),
        ("ws_ticker_realtime", "ws_ticker_json_list"),
        ("ws_ticker_realtime", "ws_ticker_simple_list"),
        ("ws_candle_1m_snapshot", "ws_candle_simple"),
    ],
)
def test_every_format_says_the_same(payloads: Payloads, plain: str, other: str) -> None:
    expected, found = read(payloads, plain), read(payloads, other)

    assert (found[0] if isinstance(found, tuple) else found) == expected


def test_two_trades_of_one_millisecond_stay_two(payloads: Payloads) -> None:
    first, second = (
        decode(wire(one), ORIGINS)
        for one in payloads("samples/ws_trade_realtime_two_fills_same_ms.json")
    )

    assert isinstance(first, Trade)
    assert isinstance(second, Trade)
    assert first.trade_ms == second.trade_ms
    assert second.sequential_id - first.sequential_id == 1
    assert first.side is Side.BID


def test_a_book_reads_the_same_in_both_spellings_of_its_levels(payloads: Payloads) -> None:
    plain = read(payloads, "ws_orderbook_realtime_5")
    (simple,) = read(payloads, "ws_orderbook_simple_list_5")

    assert isinstance(plain, Orderbook)
    assert [
        (row.ask_price, row.bid_price, row.ask_size, row.bid_size) for row in simple.levels
    ] == [(row.ask_price, row.bid_price, row.ask_size, row.bid_size) for row in plain.levels]
    assert len(plain.levels) == 5


def test_numbers_are_read_in_every_spelling_upbit_uses(payloads: Payloads) -> None:
    book = read(payloads, "ws_orderbook_wire_number_form_default")
    candle = read(payloads, "ws_candle_1s_wire_number_form")

    assert book.levels[0].ask_price == 116_539_000.0
    assert candle.open == 142_009_000.0
    assert read(payloads, "ws_orderbook_level_10000").grouping == 10_000


def test_a_candle_starts_at_its_utc_slot(payloads: Payloads) -> None:
    candle = read(payloads, "ws_candle_1m_snapshot")

    assert isinstance(candle, Candle)
    assert candle.start_ms == 1_787_731_680_000
    assert candle.timeframe.code == "1m"
    assert candle.volume == 0.71326612


def test_what_is_not_data_is_told_apart(payloads: Payloads) -> None:
    errors = payloads("samples/ws_errors.json")

    assert read(payloads, "ws_status_up") == ServerStatus("UP")
    for error in errors:
        found = decode(wire(error["frame"]), ORIGINS)
        assert isinstance(found, ServerError)
        assert found.name == str(error["frame"]["error"]["name"])
    for name in ("ws_list_subscriptions_public", "ws_list_subscriptions_simple"):
        listed = read(payloads, name)
        assert isinstance(listed, SubscriptionList)
        assert listed.streams == {
            Stream(channel, market)
            for channel in ("ticker", "orderbook")
            for market in ("KRW-BTC", "KRW-ETH")
        }


@pytest.mark.parametrize(
    ("form", "last_day"),
    [
        (None, None),
        ("2026-12-31", date(2026, 12, 31)),
        ({"year": 2026, "month": 12, "day": 31}, date(2026, 12, 31)),
        ({"year": 2026, "month": 13, "day": 31}, None),
        ({"year": None}, None),
        ("soon", None),
        (20261231, None),
    ],
)
def test_the_last_day_of_trading_is_read_in_every_form_it_may_have(
    payloads: Payloads, form: Any, last_day: date | None
) -> None:
    frame = payloads("samples/ws_ticker_delisting_CONSTRUCTED.json")
    ticker = decode(wire(frame | {"delisting_date": form}), ORIGINS)
    assert isinstance(ticker, Ticker)
    assert ticker.trade_price == frame["trade_price"]
    assert ticker.last_day == last_day


@pytest.mark.parametrize(
    ("said", "is_halted"),
    [
        ({}, False),
        ({"market_state": "ACTIVE", "is_trading_suspended": False}, False),
        ({"is_trading_suspended": True}, True),
        ({"market_state": "PREVIEW"}, True),
        ({"market_state": "DELISTED", "is_trading_suspended": None}, True),
    ],
)
def test_a_market_that_cannot_be_traded_is_told_from_one_that_can(
    payloads: Payloads, said: dict[str, Any], is_halted: bool
) -> None:
    frame = payloads("samples/ws_ticker_delisting_CONSTRUCTED.json")
    plain = {
        key: value
        for key, value in frame.items()
        if key not in ("market_state", "is_trading_suspended")
    }
    ticker = decode(wire(plain | said), ORIGINS)
    assert isinstance(ticker, Ticker)
    assert ticker.is_halted is is_halted


def test_the_recorded_session_decodes_without_a_loss(payloads: Payloads) -> None:
    lines = payloads("recorded/ws_2021-04-17_simple_format.jsonl")
    frames = [base64.b64decode(line["b64"]) for line in lines if line["t"] == "recv"]

    values = [decode(data, ORIGINS) for data in frames]

    assert Counter(type(value).__name__ for value in values) == {"Trade": 304, "Orderbook": 145}
    for data, value in zip(frames, values, strict=True):
        recorded = json.loads(data)
        if isinstance(value, Trade):
            assert (value.market, value.price, value.sequential_id) == (
                recorded["cd"],
                recorded["tp"],
                recorded["sid"],
            )
        else:
            assert isinstance(value, Orderbook)
            assert len(value.levels) == len(recorded["obu"])
            assert value.levels[0].bid_price == recorded["obu"][0]["bp"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not_json"),
        (b"hello", "not_json"),
        (b'{"type":"ticker","code":"KRW-BTC"', "not_json"),
        (b'{"type":"ticker","code":"KRW-BTC","trade_price":NaN}', "not_json"),
        (b'{"type":"ticker","code":"KRW-BTC","trade_price":1e400}', "wrong_fields"),
        (b'{"type":"ticker","code":"KRW-BTC"}', "wrong_fields"),
        (b"\xff\xfe\xfa", "not_json"),
        (b'{"type":"trade","x":' + b"[" * 10_000, "too_deep"),
        (b'{"type":"myOrder","code":"KRW-BTC"}', "unknown_type"),
        (b"{}", "unknown_type"),
        (b"[1,2]", "wrong_fields"),
        (b"<html></html>", "not_json"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(data: bytes, reason: str) -> None:
    with pytest.raises(BadFrameError) as refused:
        decode(data, ORIGINS)

    assert refused.value.reason == reason


@pytest.mark.parametrize(
    "name",
    ["ws_ticker_realtime", "ws_trade_snapshot", "ws_orderbook_realtime_5", "ws_candle_1m_snapshot"],
)
def test_no_needed_field_may_be_null(payloads: Payloads, name: str) -> None:
    frame = payloads(f"samples/{name}.json")
    for field in ("code", "timestamp"):
        with pytest.raises(BadFrameError):
            decode(wire(frame | {field: None}), ORIGINS)


@given(st.binary(max_size=400))
def test_no_bytes_whatever_break_the_decoder(data: bytes) -> None:
    for text in (data, b'{"type":"ticker"' + data, b'[{"ty":"trade"' + data):
        try:
            decode(text, ORIGINS)
        except BadFrameError as refused:
            assert refused.reason  # noqa: PT017 - nothing else may be raised


def test_a_grouped_book_says_its_level_and_the_list_of_streams_too(payloads: Payloads) -> None:
    book = read(payloads, "ws_orderbook_level_10000")
    assert isinstance(book, Orderbook)
    assert book.grouping == 10_000.0
    listed = payloads("samples/ws_list_subscriptions_public.json")
    listed["result"] = [{"type": "orderbook", "codes": ["KRW-BTC"], "level": 10_000}]
    found = decode(wire(listed), ORIGINS)
    assert isinstance(found, SubscriptionList)
    assert found.streams == {Stream("orderbook", "KRW-BTC", 10_000.0)}
