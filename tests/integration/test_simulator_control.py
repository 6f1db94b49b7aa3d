"""The control endpoint tells enough to build a panel of faults and scenarios from data."""

from typing import Any

import pytest

from tests.exchange_in_process import (
    RunningExchange,
    clear_fault,
    receive,
    request,
    running_exchange,
    set_fault,
)
from upbit_auto_trading.simulator.fault.fault_catalogue import fault_names
from upbit_auto_trading.simulator.market.scenarios import SCENARIO_NAMES


async def posted(exchange: RunningExchange, path: str, body: Any) -> tuple[int, Any]:
    async with exchange.rest.post(f"{exchange.rest_url}/simulator/{path}", json=body) as answer:
        return answer.status, await answer.json()


async def test_every_fault_offered_can_be_set_as_it_is_offered() -> None:
    async with running_exchange() as exchange:
        offered = await exchange.get_json("/simulator/faults")
        assert [row["name"] for row in offered] == list(fault_names())
        for row in offered:
            shown = {argument["name"]: argument["default"] for argument in row["args"]}
            await set_fault(exchange, row["name"], **shown)
            running = {fault["name"] for fault in await exchange.get_json("/simulator/fault")}
            assert (row["name"] in running) is not row["is_momentary"]
            await clear_fault(exchange, row["name"])
        assert await exchange.get_json("/simulator/fault") == []


async def test_faults_in_force_tell_what_is_left_of_them() -> None:
    async with running_exchange() as exchange:
        await set_fault(exchange, "stall", seconds=600)
        await set_fault(exchange, "hang", count=3)
        await set_fault(exchange, "market_offline", market="KRW-BTC", seconds=300)
        await set_fault(exchange, "slow_cancel", ms=50)
        rows = {row["name"]: row for row in await exchange.get_json("/simulator/fault")}
        assert 0 < rows["stall"]["seconds_left"] <= 600
        assert (rows["hang"]["left"], rows["hang"]["seconds_left"]) == (3, None)
        assert 0 < rows["market_offline"]["seconds_left"] <= 300
        assert rows["market_offline"]["args"] == {"market": "KRW-BTC"}
        assert rows["slow_cancel"] == {
            "name": "slow_cancel",
            "args": {"ms": "50"},
            "left": 0,
            "seconds_left": None,
        }


async def test_an_order_fault_ends_by_itself_after_its_seconds() -> None:
    async with running_exchange() as exchange:
        await set_fault(exchange, "market_offline", seconds=0.01)
        while await exchange.get_json("/simulator/fault"):
            pass
        await set_fault(exchange, "market_offline", seconds=600)
        await set_fault(exchange, "market_offline")
        assert (await exchange.get_json("/simulator/fault"))[0]["seconds_left"] is None


async def test_scenarios_are_offered_with_what_they_take_and_told_while_they_run() -> None:
    async with running_exchange() as exchange:
        offered = {row["name"]: row for row in await exchange.get_json("/simulator/scenarios")}
        assert list(offered) == list(SCENARIO_NAMES)
        assert [argument["name"] for argument in offered["surge"]["args"]] == ["market", "minutes"]
        assert offered["recorded"]["args"][0]["default"] == "KRW-BTC"
        assert (await exchange.get_json("/simulator/scenario"))["running"] == []

        body = {"name": "surge", "market": "KRW-BTC", "minutes": 5}
        status, told = await posted(exchange, "scenario", body)
        assert status == 200
        (surge,) = told["running"]
        assert (surge["name"], surge["market"]) == ("surge", "KRW-BTC")
        assert surge["end_ms"] - surge["start_ms"] == 300_000
        assert 0 < surge["seconds_left"] <= 300

        _, told = await posted(exchange, "scenario", {"name": "quiet"})
        assert [row["name"] for row in told["running"]] == ["quiet"]
        _, told = await posted(exchange, "scenario", {"name": "normal"})
        assert told["running"] == []


async def test_a_scenario_of_an_impossible_length_is_refused() -> None:
    async with running_exchange() as exchange:
        before = await exchange.get_json("/simulator/scenario")
        for minutes in (0, -1, 1e9, "long", True):
            status, told = await posted(exchange, "scenario", {"name": "surge", "minutes": minutes})
            assert status == 400
            assert "minutes" in told["error"]
        assert (await exchange.get_json("/simulator/scenario"))["run_id"] == before["run_id"]


async def test_a_new_market_appears_in_the_list_in_rest_and_in_the_streams() -> None:
    async with running_exchange() as exchange, exchange.socket() as ws:
        before = await exchange.get_json("/v1/market/all")
        _, told = await posted(exchange, "scenario", {"name": "listing-day"})
        new = told["running"][0]["market"]
        after = await exchange.get_json("/v1/market/all")
        assert {row["market"] for row in after} - {row["market"] for row in before} == {new}
        entries = [{"type": kind, "codes": [new]} for kind in ("ticker", "trade", "orderbook")]
        await ws.send(request(*entries, {"type": "candle.1m", "codes": [new]}))
        wanted = {"ticker", "trade", "orderbook", "candle.1m"}
        while wanted:
            frame = await receive(ws)
            assert frame["code"] == new
            wanted.discard(frame["type"])
        (ticker,) = await exchange.get_json(f"/v1/ticker?markets={new}")
        assert ticker["opening_price"] == ticker["prev_closing_price"]
        (tick,) = await exchange.get_json(f"/v1/orderbook/instruments?markets={new}")
        assert tick["market"] == new


async def test_a_market_that_cant_be_listed_is_refused() -> None:
    async with running_exchange() as exchange:
        for market in ("EUR-NEW", "krw", 5, "KRW-" + "X" * 30):
            body = {"name": "listing-day", "market": market}
            status, told = await posted(exchange, "scenario", body)
            assert status == 400
            assert "market must be one like KRW-NEW" in told["error"]
        _, told = await posted(exchange, "scenario", {"name": "listing-day", "market": "krw-new"})
        assert told["running"][0]["market"] == "KRW-NEW"


@pytest.mark.parametrize(
    ("method", "path", "body", "said"),
    [
        ("GET", "sent?since=-5", None, "since must be a whole number from 0, not '-5'"),
        ("GET", "sent?connection=a", None, "connection must be a whole number from 0, not 'a'"),
        ("DELETE", "fault", None, "the path must name the fault"),
        ("POST", "fault", {"name": "stall", "arg": {}}, "there is no 'arg' to set; there are name"),
        ("POST", "scenario", {"name": "crash", "minute": 3}, "there is no 'minute' to set"),
        ("POST", "scenario", {"name": "crash", "market": 5}, "market must be a listed one, not 5"),
    ],
)
async def test_a_control_request_that_makes_no_sense_is_told_its_field_and_limit(
    method: str, path: str, body: dict[str, object] | None, said: str
) -> None:
    async with (
        running_exchange() as exchange,
        exchange.rest.request(method, f"{exchange.rest_url}/simulator/{path}", json=body) as answer,
    ):
        assert answer.status == 400
        assert said in (await answer.json())["error"]


async def test_control_paths_have_nothing_below_them() -> None:
    async with running_exchange() as exchange:
        for path in ("scenario/x", "sent/1", "fault/stall"):
            assert (await exchange.get(f"/simulator/{path}"))[0] == 404
