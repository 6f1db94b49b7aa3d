"""Diagnosis and monitoring over real sockets."""

import socket

from tests.scripted_upbit import ScriptedUpbit
from upbit_auto_trading.infrastructure.market_data_backbone import MarketDataBackbone, Policy
from upbit_auto_trading.infrastructure.market_data_backbone.live_monitor import line_of, reports
from upbit_auto_trading.infrastructure.market_data_backbone.websocket_diagnostics import diagnose


async def test_a_healthy_endpoint_passes_every_step() -> None:
    async with ScriptedUpbit() as upbit:
        found = await diagnose(upbit.rest_url, upbit.ws_url)

    assert found.ok
    assert [step.name for step in found.steps] == ["rest", "websocket", "subscription", "swap"]
    assert found.steps[0].facts["markets"] == 3
    assert found.steps[3].facts["reconnects"] == 0
    assert found.data()["steps"][3]["facts"]["kind"] == "full"


async def test_an_endpoint_that_is_not_upbit_is_named() -> None:
    async with ScriptedUpbit() as upbit:
        portal = (200, "text/html", b"<html>Please sign in</html>")
        upbit.rest["market/all"] = lambda _: portal
        upbit.handshakes = [portal] * 100
        found = await diagnose(upbit.rest_url, upbit.ws_url, patience_s=0.3)

    assert not found.ok
    assert found.steps[0].facts["cause"] == "not_upbit"
    assert found.steps[1].facts["detail"].endswith("not_upbit")
    assert len(found.steps) == 2


async def test_an_address_where_nobody_listens_is_named() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    found = await diagnose(f"http://127.0.0.1:{port}", f"ws://127.0.0.1:{port}", patience_s=0.3)

    assert {step.facts["cause"] for step in found.steps} == {"not_connected"}
    assert all("refused" in step.facts["detail"] for step in found.steps)


async def test_the_monitor_reports_what_is_measured_and_lets_go_afterwards() -> None:
    async with (
        ScriptedUpbit() as upbit,
        MarketDataBackbone(upbit.rest_url, upbit.ws_url, policy=Policy(standby=False)) as feed,
    ):
        found = [one async for one in reports(feed, 0.3, every_s=0.1)]

        assert len(found) >= 3
        assert found[-1]["streams"]["messages_received"] == 9
        assert "connected" in line_of(found[-1])
        assert found[-1]["streams"]["held"] == 9
        assert feed.get_performance_metrics()["streams"]["held"] == 0
