"""Choosing the exchange, falling back and coming back, with real processes and sockets."""

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.simulator_process import SimulatorProcess
from upbit_auto_trading.application.candles import ChartSession, ChartState
from upbit_auto_trading.application.connection import ConnectionNotice, EndpointKind
from upbit_auto_trading.application.services import Services
from upbit_auto_trading.bootstrap import DesktopRuntime
from upbit_auto_trading.infrastructure.data_folder import DataFolder
from upbit_auto_trading.presentation.command_line import parse_options
from upbit_auto_trading.presentation.options import StartError

SimulatorStarter = Callable[..., SimulatorProcess]


def runtime(folder: Path, *arguments: str, upbit_port: int = 9) -> DesktopRuntime:
    environment = {
        "UPBIT_DEFAULT_REST_URL": f"http://127.0.0.1:{upbit_port}",
        "UPBIT_DEFAULT_WS_URL": f"ws://127.0.0.1:{upbit_port}/websocket/v1",
    }
    return DesktopRuntime(parse_options(arguments, environment), DataFolder.open(folder))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@pytest.fixture
def simulators() -> Callable[[], int]:
    """How many simulated exchanges run that weren't there when the test began."""
    before = {process.pid for process in psutil.Process().children()}

    def started() -> int:
        children = [p for p in psutil.Process().children() if p.pid not in before]
        return sum("simulator" in " ".join(p.cmdline()) for p in children)

    return started


async def live_chart(services: Services) -> tuple[ChartSession, asyncio.Event]:
    """Open a chart and wait until it shows live data."""
    changed = asyncio.Event()
    chart = ChartSession(services.feed, changed.set)
    await chart.show("KRW-BTC", "1m")
    await until_live(chart, changed)
    return chart, changed


async def until_live(chart: ChartSession, changed: asyncio.Event) -> None:
    async with asyncio.timeout(30):
        while chart.status().state is not ChartState.LIVE:
            changed.clear()
            await changed.wait()


async def test_upbit_out_of_reach_gives_the_simulated_exchange_and_the_way_back_works(
    tmp_path: Path, simulator_process: SimulatorStarter, simulators: Callable[[], int]
) -> None:
    port = free_port()
    desktop = runtime(tmp_path, upbit_port=port)
    services = await desktop.start()
    assert services.endpoint.kind is EndpointKind.SIMULATOR
    assert services.notice is ConnectionNotice.UPBIT_UNREACHABLE
    chart, _ = await live_chart(services)
    with pytest.raises(StartError, match="can't be reached within 3 s"):
        await desktop.reconnect()
    assert chart.status().state is ChartState.LIVE
    await chart.close()

    simulator_process("--port", str(port))
    services = await desktop.reconnect()
    assert services.endpoint.kind is EndpointKind.UPBIT
    assert services.notice is ConnectionNotice.NONE
    assert simulators() == 1
    chart, _ = await live_chart(services)
    await chart.close()
    await desktop.stop()
    await desktop.stop()


async def test_the_fall_back_is_there_within_the_time_the_user_waits(
    tmp_path: Path, simulators: Callable[[], int]
) -> None:
    desktop = runtime(tmp_path, "--upbit-timeout-s", "0.2")
    loop = asyncio.get_running_loop()
    started = loop.time()
    services = await desktop.start()
    assert services.endpoint.kind is EndpointKind.SIMULATOR
    assert loop.time() - started < 10
    await desktop.stop()
    assert simulators() == 0


async def test_another_exchange_is_left_alone_even_out_of_reach(
    tmp_path: Path, simulators: Callable[[], int]
) -> None:
    desktop = runtime(
        tmp_path, "--rest-url", "http://127.0.0.1:9", "--ws-url", "ws://127.0.0.1:9/websocket/v1"
    )
    services = await desktop.start()
    assert services.endpoint.kind is EndpointKind.CUSTOM
    assert simulators() == 0
    await desktop.stop()


async def test_a_chart_says_within_a_second_that_the_exchange_died_and_heals(
    tmp_path: Path, simulator_process: SimulatorStarter
) -> None:
    first = simulator_process("--seed", "3")
    desktop = runtime(tmp_path, "--rest-url", first.rest_url, "--ws-url", first.ws_url)
    chart, changed = await live_chart(await desktop.start())
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, first.kill)
    died = loop.time()
    while chart.status().state is ChartState.LIVE:
        assert loop.time() - died < 1.0
        await asyncio.sleep(0)
    assert chart.status().state is ChartState.OFFLINE

    port = first.rest_url.rpartition(":")[2]
    await loop.run_in_executor(None, lambda: simulator_process("--port", port, "--seed", "3"))
    await until_live(chart, changed)
    await chart.close()
    await desktop.stop()
