"""Every sample of a public answer or frame, made again from its own values by our encoders."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from upbit_auto_trading.domain.timeframe import TIMEFRAMES
from upbit_auto_trading.domain.trade import Side
from upbit_auto_trading.simulator.market.listing_state import Standing
from upbit_auto_trading.simulator.rest import rest_encode
from upbit_auto_trading.simulator.socket.ws_error import StreamRequestError, unsupported_type
from upbit_auto_trading.simulator.socket.ws_session import STATUS_UP
from upbit_auto_trading.simulator.wire import ws_encode
from upbit_auto_trading.simulator.wire.rest_answers import JSON_TYPE
from upbit_auto_trading.simulator.wire.rest_errors import bad_request, code_not_found, no_route
from upbit_auto_trading.simulator.wire.simple_keys import SIMPLE_KEYS, simplified
from upbit_auto_trading.simulator.wire.ws_stream import CANDLE_TIMEFRAMES, Format, PublicStream

SAMPLES = Path(__file__).resolve().parents[1] / "payloads" / "samples"
KEYS = {kind: {short: full for full, short in keys.items()} for kind, keys in SIMPLE_KEYS.items()}


def raw(name: str) -> str:
    return (SAMPLES / f"{name}.json").read_text("utf-8").strip()


def sample(name: str) -> Any:
    return json.loads(raw(name))


def full_spelling(document: Any) -> Any:
    """Return a SIMPLE frame with its keys written out."""
    if "ty" not in document:
        return document
    keys = KEYS[str(document["ty"]).partition(".")[0]]

    def spelled(value: Any) -> Any:
        if isinstance(value, dict):
            return {keys[key]: spelled(item) for key, item in value.items()}
        return [spelled(item) for item in value] if isinstance(value, list) else value

    spelled_out: dict[str, Any] = spelled(document)
    return spelled_out


def moment_ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def side(text: str) -> Side:
    return Side.BID if text == "BID" else Side.ASK


def standing(document: dict[str, Any]) -> Standing:
    day = document.get("delisting_date")
    return Standing(
        document.get("code", document.get("market", "")),
        "",
        "",
        warning=document.get("market_warning") == "CAUTION",
        cautions=frozenset(),
        state=document.get("market_state", "ACTIVE"),
        is_suspended=document.get("is_trading_suspended", False),
        delisting=day and date(day["year"], day["month"], day["day"]),
    )


def ticker_figures(document: dict[str, Any]) -> Any:
    return SimpleNamespace(
        **document
        | {
            "market": document.get("code", document.get("market")),
            "trade_ms": document["trade_timestamp"],
            "side": side(document.get("ask_bid", "BID")),
            "highest_52_week_day_ms": moment_ms(document["highest_52_week_date"]),
            "lowest_52_week_day_ms": moment_ms(document["lowest_52_week_date"]),
        }
    )


def book(document: dict[str, Any]) -> Any:
    units = document["orderbook_units"]
    columns = {
        f"{name}s": [unit[name] for unit in units]
        for name in ("ask_price", "ask_size", "bid_price", "bid_size")
    }
    totals = {name: document[name] for name in ("total_ask_size", "total_bid_size")}
    return SimpleNamespace(**columns, **totals, exchange_ms=document["timestamp"])


def candle(document: dict[str, Any]) -> Any:
    return SimpleNamespace(
        start_ms=moment_ms(document["candle_date_time_utc"]),
        open=document["opening_price"],
        high=document["high_price"],
        low=document["low_price"],
        close=document["trade_price"],
        volume=document["candle_acc_trade_volume"],
        turnover=document["candle_acc_trade_price"],
        last_ms=document["timestamp"],
        previous_close=document.get("prev_closing_price"),
    )


def frame_text(document: dict[str, Any], *, simple: bool) -> str:
    """Make a stream frame from the values of one that was written out in full."""
    kind, delivery = document["type"], document["stream_type"]
    if kind == "ticker":
        figures, sent_ms = ticker_figures(document), document["timestamp"]
        return ws_encode.ticker_text(figures, standing(document), sent_ms, delivery, simple=simple)
    if kind == "orderbook":
        depth = len(document["orderbook_units"])
        stream = PublicStream("orderbook", document["code"], depth, document["level"])
        return ws_encode.orderbook_text(book(document), stream, delivery, simple=simple)
    if kind in CANDLE_TIMEFRAMES:
        stream = PublicStream(kind, document["code"])
        return ws_encode.candle_text(candle(document), stream, delivery, simple=simple)
    best: Any = SimpleNamespace(
        ask_prices=[document["best_ask_price"]],
        ask_sizes=[document["best_ask_size"]],
        bid_prices=[document["best_bid_price"]],
        bid_sizes=[document["best_bid_size"]],
    )
    trade: Any = SimpleNamespace(
        market=document["code"],
        price=document["trade_price"],
        volume=document["trade_volume"],
        side=side(document["ask_bid"]),
        trade_ms=document["trade_timestamp"],
        sequential_id=document["sequential_id"],
    )
    prev = document["prev_closing_price"]
    return ws_encode.trade_text(trade, prev, best, document["timestamp"], delivery, simple=simple)


def pairs(text: str) -> Any:
    """Read JSON keeping the order of keys, so that equality covers it."""
    return json.loads(text, object_pairs_hook=list)


@pytest.mark.parametrize(
    "name",
    sorted(
        path.stem
        for kind in ("ticker", "trade", "orderbook", "candle")
        for path in SAMPLES.glob(f"ws_{kind}_*.json")
    ),
)
def test_every_public_frame_has_the_fields_the_order_and_the_values_of_its_sample(
    name: str,
) -> None:
    document = sample(name)
    for theirs in document if isinstance(document, list) else [document]:
        text = frame_text(full_spelling(theirs), simple="ty" in theirs)
        ours, expected = pairs(text), pairs(json.dumps(theirs))
        # Of the documented tickers one rounds its rate and one cuts it; 244 recorded ones round.
        assert [key for key, _ in ours] == [key for key, _ in expected]
        for (key, value), (_, wanted) in zip(ours, expected, strict=True):
            is_rate = key.endswith("change_rate") or key in ("cr", "scr")
            assert value == (pytest.approx(wanted, abs=1.1e-10) if is_rate else wanted), key


@pytest.mark.parametrize(
    "name",
    [
        "ws_orderbook_wire_number_form_default",
        "ws_orderbook_wire_number_form_simple",
        "ws_candle_1s_wire_number_form",
    ],
)
def test_numbers_of_frames_are_spelled_as_on_the_wire(name: str) -> None:
    theirs = raw(name)
    document = json.loads(theirs)
    assert frame_text(full_spelling(document), simple="ty" in document) == theirs


def test_numbers_of_rest_candles_are_spelled_as_on_the_wire() -> None:
    theirs = raw("rest_candles_minutes_1_wire_number_form")
    row = json.loads(theirs)[0]
    ours = rest_encode.candle_json(row["market"], candle(row), TIMEFRAMES["1m"])
    assert f"[{ours}]" == theirs


def test_list_formats_wrap_one_frame_in_an_array() -> None:
    assert ws_encode.envelope("{}", Format.SIMPLE_LIST) == b"[{}]"
    assert ws_encode.envelope("{}", Format.JSON_LIST) == b"[{}]"
    assert ws_encode.envelope("{}", Format.DEFAULT) == b"{}"


def test_the_abbreviations_are_those_of_the_table() -> None:
    table = sample("_simple_key_map")
    outer = {name: dict(keys) for name, keys in SIMPLE_KEYS.items()}
    for name, keys in table.items():
        if name in outer:
            assert keys.items() <= outer[name].items(), name
    probe = {
        "params": dict.fromkeys(table["indicator params"], 1),
        "event_params": dict.fromkeys(table["indicator_signal event_params"], 1),
        "value": dict.fromkeys(table["indicator value"], 1),
    }
    short = simplified(probe, "indicator_signal")
    assert list(short["p"]) == list(table["indicator params"].values())
    assert list(short["ep"]) == list(table["indicator_signal event_params"].values())
    assert list(short["v"]) == list(table["indicator value"].values())


def test_error_frames_carry_upbits_names_and_measured_texts() -> None:
    for row in sample("ws_errors"):
        theirs = row["frame"]["error"]
        if theirs["name"] == "INVALID_PARAM":
            ours = unsupported_type("nope")
        else:
            ours = StreamRequestError(theirs["name"])
        told = json.loads(ours.frame)["error"]
        assert told["name"] == theirs["name"]
        if "not documented" not in theirs["message"]:
            assert told["message"] == theirs["message"]


def test_status_and_list_answers_look_like_their_samples() -> None:
    assert json.loads(STATUS_UP.payload) == sample("ws_status_up")
    full = sample("ws_list_subscriptions_public")
    assert simplified(full, "LIST_SUBSCRIPTIONS") == sample("ws_list_subscriptions_simple")


@pytest.mark.parametrize("name", ["rest_ticker", "rest_ticker_even_change"])
def test_rest_tickers_have_the_fields_the_order_and_the_values_of_their_samples(name: str) -> None:
    theirs = sample(name)
    ours = [rest_encode.ticker_json(ticker_figures(row), row["timestamp"]) for row in theirs]
    assert [pairs(text) for text in ours] == pairs(json.dumps(theirs))


def test_all_recorded_rest_tickers_come_out_as_they_were_recorded() -> None:
    rows = sample("rest_ticker_all_KRW_full_2026-03-11_244_markets")
    for row in rows:
        ours = rest_encode.ticker_json(ticker_figures(row), row["timestamp"])
        assert pairs(ours) == pairs(json.dumps(row)), row["market"]


def test_an_even_day_spells_its_changes_as_a_bare_zero() -> None:
    row = sample("rest_ticker_even_change")[0]
    text = rest_encode.ticker_json(ticker_figures(row), row["timestamp"])
    assert '"change_price":0,"change_rate":0,' in text


@pytest.mark.parametrize(
    ("name", "timeframe"),
    [
        ("minutes_1", "1m"),
        ("seconds", "1s"),
        ("days", "1d"),
        ("days_converting_price_unit_KRW", "1d"),
        ("weeks", "1w"),
        ("months", "1M"),
        ("years", "1y"),
    ],
)
def test_rest_candles_have_the_fields_the_order_and_the_values_of_their_samples(
    name: str, timeframe: str
) -> None:
    for row in sample(f"rest_candles_{name}"):
        converted = row.get("converted_trade_price")
        ours = rest_encode.candle_json(row["market"], candle(row), TIMEFRAMES[timeframe], converted)
        assert pairs(ours) == pairs(json.dumps(row))


@pytest.mark.parametrize("name", ["rest_trades_ticks", "rest_trades_ticks_three_newest_first"])
def test_rest_trades_have_the_fields_the_order_and_the_values_of_their_samples(name: str) -> None:
    for row in sample(name):
        trade: Any = SimpleNamespace(
            market=row["market"],
            price=row["trade_price"],
            volume=row["trade_volume"],
            side=side(row["ask_bid"]),
            trade_ms=row["timestamp"],
            sequential_id=row["sequential_id"],
        )
        ours = rest_encode.tick_json(trade, row["prev_closing_price"])
        assert pairs(ours) == pairs(json.dumps(row))


@pytest.mark.parametrize(
    "name",
    ["rest_orderbook_30", "rest_orderbook_level_100000", "rest_orderbook_zero_padded"],
)
def test_rest_books_have_the_fields_the_order_and_the_values_of_their_samples(name: str) -> None:
    for row in sample(name):
        count = len(row["orderbook_units"])
        ours = rest_encode.orderbook_json(row["market"], book(row), count, row["level"])
        assert pairs(ours) == pairs(json.dumps(row))


def test_rest_instruments_and_market_rows_look_like_their_samples() -> None:
    for row in sample("rest_orderbook_instruments"):
        ours = rest_encode.instrument_json(row["market"], row["tick_size"], row["supported_levels"])
        assert pairs(ours) == pairs(json.dumps(row))
    for name, details in (("rest_market_all", False), ("rest_market_all_is_details", True)):
        for row in sample(name):
            event = row.get("market_event", {"warning": False, "caution": {}})
            flags = frozenset(flag for flag, is_set in event["caution"].items() if is_set)
            listed = Standing(
                row["market"], row["korean_name"], row["english_name"], event["warning"], flags
            )
            ours = rest_encode.market_json(listed, details=details)
            assert pairs(ours) == pairs(json.dumps(row))


def test_quotation_errors_have_the_recorded_bodies() -> None:
    ours = [bad_request("missing"), bad_request("mismatch"), bad_request("invalid")]
    ours += [code_not_found(), no_route()]
    told = [{"status": error.status, "body": json.loads(error.body)} for error in ours]
    theirs = [
        {"status": row["status"], "body": row["body"]}
        for row in sample("rest_errors")
        if row["when"].startswith(("quotation", "unrouted"))
    ]
    assert told == theirs
    assert sample("http_headers")["quotation_ok"]["Content-Type"] == JSON_TYPE
