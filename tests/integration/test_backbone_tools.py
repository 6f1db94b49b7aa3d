"""Diagnosis and monitoring over real sockets."""

import re
import socket

from tests.scripted_upbit import ScriptedUpbit
from tests.simulator_process import SimulatorProcess
from upbit_auto_trading.application.diagnosis_text import failure_line, verdict_line
from upbit_auto_trading.infrastructure.market_data_backbone import MarketDataBackbone, Policy
from upbit_auto_trading.infrastructure.market_data_backbone.live_monitor import (
    line_of,
    reports,
    table_head,
)
from upbit_auto_trading.infrastructure.market_data_backbone.websocket_diagnostics import diagnose

STEPS = [
    "dns",
    "tcp",
    "rest",
    "rest_groups",
    "websocket",
    "subscription",
    "clock",
    "swap",
    "listing",
]


async def test_a_healthy_endpoint_passes_every_step(simulator: SimulatorProcess) -> None:
    found = await diagnose(simulator.rest_url, simulator.ws_url)

    steps = {step.name: step for step in found.steps}
    assert list(steps) == STEPS
    assert [step.name for step in found.steps if not step.ok] == []
    assert found.data()["verdict"] == "healthy"
    assert steps["rest"].facts["quotes"] == ["BTC", "KRW", "USDT"]
    assert set(steps["rest_groups"].facts["remaining"]) >= {"ticker", "candles", "orderbook"}
    assert steps["swap"].facts["reconnects"] == 0
    assert steps["listing"].facts == {"sent": 1, "listed": 1}
    assert verdict_line(found.data()).startswith("Everything works")


async def test_another_subscription_than_the_one_sent_is_named() -> None:
    async with ScriptedUpbit() as upbit:
        upbit.listed = [{"type": "trade", "codes": ["KRW-ETH"]}]
        found = await diagnose(upbit.rest_url, upbit.ws_url)

    assert found.verdict == "listing_differs"
    listing = next(step for step in found.steps if step.name == "listing")
    assert not listing.ok
    assert "1 streams instead of the 1 asked for" in listing.facts["detail"]


async def test_an_endpoint_that_is_not_upbit_is_named() -> None:
    async with ScriptedUpbit() as upbit:
        portal = (200, "text/html", b"<html>Please sign in</html>")
        upbit.rest["market/all"] = lambda _: portal
        upbit.handshakes = [portal] * 100
        found = await diagnose(upbit.rest_url, upbit.ws_url, patience_s=0.3)

    assert not found.ok
    steps = {step.name: step for step in found.steps}
    assert list(steps) == ["dns", "tcp", "rest", "websocket"]
    assert found.verdict == steps["rest"].facts["cause"] == "not_upbit"
    assert steps["websocket"].facts["detail"].endswith("not_upbit")
    assert "sign in to the network" in verdict_line(found.data())


async def test_a_wrong_path_of_the_websocket_isnt_taken_for_a_captive_portal() -> None:
    async with ScriptedUpbit() as upbit:
        upbit.handshakes = [(404, "text/plain", b"not found")] * 100
        found = await diagnose(upbit.rest_url, upbit.ws_url, patience_s=0.3)

    assert found.verdict == "not_the_websocket"
    assert "Check that address" in verdict_line(found.data())


async def test_an_address_where_nobody_listens_is_named() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    found = await diagnose(f"http://127.0.0.1:{port}", f"ws://127.0.0.1:{port}", patience_s=0.3)

    failed = [step for step in found.steps if not step.ok]
    assert [step.name for step in failed] == ["tcp", "rest", "websocket"]
    assert {step.facts["cause"] for step in failed} == {"refused"}
    assert found.verdict == "refused"
    assert failure_line(found.data()).startswith("tcp nobody listens on 127.0.0.1:")


async def test_the_monitor_reports_what_is_measured_and_lets_go_afterwards() -> None:
    async with (
        ScriptedUpbit() as upbit,
        MarketDataBackbone(upbit.rest_url, upbit.ws_url, policy=Policy(standby=False)) as feed,
    ):
        found = [one async for one in reports(feed, 0.3, every_s=0.1)]

        assert len(found) >= 3
        assert found[-1]["streams"]["messages_received"] == 9
        line = line_of(found[-1], feed.sample())
        assert len(line.split()) == len(re.split(r"\s{2,}", table_head().strip()))
        assert len(line) == len(table_head())
        assert {"connected", "9"} <= set(line.split())
        silent = found[-1] | {"swaps": {"last": {"kind": "full", "first_ms": None}}}
        assert line_of(silent, feed.sample()).split()[-2] == "-"
        assert found[-1]["streams"]["held"] == 9
        assert feed.get_performance_metrics()["streams"]["held"] == 0
