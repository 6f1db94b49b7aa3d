"""Frames and answers of the running exchange have the fields of the samples, in their order."""

import json
from pathlib import Path
from typing import Any

import jwt
import pytest

from tests.exchange_in_process import receive, request, running_exchange
from upbit_auto_trading.simulator.account.account_file import ACCESS_KEY, SECRET_KEY
from upbit_auto_trading.simulator.wire.ws_stream import CANDLE_TIMEFRAMES

SAMPLES = Path(__file__).resolve().parents[1] / "payloads" / "samples"


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text("utf-8"))


def shape(value: Any) -> Any:
    """Return keys in order and the JSON type of every value; all numbers are alike."""
    if isinstance(value, dict):
        return [(key, shape(item)) for key, item in value.items()]
    if isinstance(value, list):
        return [shape(item) for item in value[:1]]
    if isinstance(value, bool) or value is None:
        return value is None
    return "number" if isinstance(value, int | float) else "text"


@pytest.mark.parametrize(
    ("kind", "wire_format", "name"),
    [
        ("ticker", "DEFAULT", "ws_ticker_snapshot"),
        ("ticker", "SIMPLE", "ws_ticker_simple"),
        ("ticker", "JSON_LIST", "ws_ticker_json_list"),
        ("ticker", "SIMPLE_LIST", "ws_ticker_simple_list"),
        ("trade", "DEFAULT", "ws_trade_snapshot"),
        ("trade", "SIMPLE", "ws_trade_simple"),
        ("trade", "SIMPLE_LIST", "ws_trade_simple_list"),
        ("orderbook", "DEFAULT", "ws_orderbook_snapshot_30"),
        ("orderbook", "SIMPLE", "ws_orderbook_simple_5"),
        ("orderbook", "SIMPLE_LIST", "ws_orderbook_simple_list_5"),
        ("candle.1m", "DEFAULT", "ws_candle_1m_snapshot"),
        ("candle.15m", "DEFAULT", "ws_candle_15m_snapshot"),
        ("candle.1s", "SIMPLE", "ws_candle_simple"),
    ],
)
async def test_frames_of_the_running_exchange_have_the_shape_of_their_sample(
    kind: str, wire_format: str, name: str
) -> None:
    async with running_exchange() as exchange, exchange.socket() as ws:
        await ws.send(request({"type": kind, "codes": ["KRW-BTC"]}, format=wire_format))
        assert shape(await receive(ws)) == shape(sample(name))


@pytest.mark.parametrize("channel", sorted(CANDLE_TIMEFRAMES))
async def test_every_candle_type_starts_with_the_candle_that_rest_gives(channel: str) -> None:
    async with running_exchange() as exchange, exchange.socket() as ws:
        await ws.send(request({"type": channel, "codes": ["KRW-BTC"]}))
        frame = await receive(ws)
        assert frame["type"] == channel
        unit = channel.removeprefix("candle.")
        path = "seconds" if unit == "1s" else f"minutes/{unit[:-1]}"
        rows = await exchange.get_json(f"/v1/candles/{path}?market=KRW-BTC&count=3")
        same = next(
            row for row in rows if row["candle_date_time_utc"] == frame["candle_date_time_utc"]
        )
        assert same["opening_price"] == frame["opening_price"]
        assert same["candle_acc_trade_volume"] >= frame["candle_acc_trade_volume"]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v1/market/all", "rest_market_all"),
        ("/v1/market/all?is_details=true", "rest_market_all_is_details"),
        ("/v1/ticker?markets=KRW-BTC", "rest_ticker"),
        (
            "/v1/ticker/all?quote_currencies=KRW",
            "rest_ticker_all_KRW_full_2026-03-11_244_markets",
        ),
        ("/v1/candles/seconds?market=KRW-BTC", "rest_candles_seconds"),
        ("/v1/candles/minutes/1?market=KRW-BTC", "rest_candles_minutes_1"),
        ("/v1/candles/days?market=KRW-BTC", "rest_candles_days"),
        (
            "/v1/candles/days?market=KRW-BTC&converting_price_unit=KRW",
            "rest_candles_days_converting_price_unit_KRW",
        ),
        ("/v1/candles/weeks?market=KRW-BTC", "rest_candles_weeks"),
        ("/v1/candles/months?market=KRW-BTC", "rest_candles_months"),
        ("/v1/candles/years?market=KRW-BTC", "rest_candles_years"),
        ("/v1/trades/ticks?market=KRW-BTC&count=3", "rest_trades_ticks_three_newest_first"),
        ("/v1/orderbook?markets=KRW-BTC", "rest_orderbook_30"),
        ("/v1/orderbook/instruments?markets=KRW-BTC,KRW-ETH", "rest_orderbook_instruments"),
    ],
)
async def test_answers_of_the_running_exchange_have_the_shape_of_their_sample(
    path: str, name: str
) -> None:
    async with running_exchange() as exchange:
        assert shape(await exchange.get_json(path)) == shape(sample(name))


@pytest.mark.parametrize("wire_format", ["DEFAULT", "SIMPLE"])
@pytest.mark.parametrize("endpoint", ["private", "info"])
async def test_lists_of_subscriptions_with_a_token_are_told_as_in_their_samples(
    endpoint: str, wire_format: str
) -> None:
    expected = sample(f"ws_list_subscriptions_{endpoint}")
    claims = {"access_key": ACCESS_KEY, "nonce": "1"}
    signed = f"Bearer {jwt.encode(claims, SECRET_KEY, algorithm='HS256')}"
    headers = {"Authorization": signed}
    async with (
        running_exchange() as exchange,
        exchange.socket(f"/{endpoint}", additional_headers=headers) as ws,
    ):
        await ws.send(json.dumps([{"ticket": "t"}, *expected["result"]]))
        ask = [{"ticket": expected["ticket"]}, {"method": "LIST_SUBSCRIPTIONS"}]
        await ws.send(json.dumps([*ask, {"format": wire_format}]))
        told = _abbreviated(expected) if wire_format == "SIMPLE" else expected
        assert json.dumps(await receive(ws)) == json.dumps(told)


def _abbreviated(document: dict[str, Any]) -> dict[str, Any]:
    """Return the list with Upbit's abbreviations; it names none for what indicators add."""
    short = sample("_simple_key_map")["LIST_SUBSCRIPTIONS"]
    rows = [{short.get(key, key): row[key] for key in row} for row in document["result"]]
    return {short[key]: value for key, value in (document | {"result": rows}).items()}
