"""A simulated exchange that is another one than before, with real processes and databases."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import requests

from tests.simulator_process import SimulatorProcess
from tests.waiting import until
from upbit_auto_trading import headless
from upbit_auto_trading.application.connection import EndpointKind, ExchangeEndpoint
from upbit_auto_trading.application.services import Services
from upbit_auto_trading.bootstrap import DesktopRuntime
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.subscription import ConnectionState
from upbit_auto_trading.infrastructure.data_folder import DataFolder
from upbit_auto_trading.infrastructure.trading_ledger import TradingLedger
from upbit_auto_trading.presentation.command_line import parse_options

Start = Callable[..., SimulatorProcess]
MARKET = "KRW-BTC"


def runtime(folder: Path, simulator: SimulatorProcess) -> DesktopRuntime:
    arguments = ["--rest-url", simulator.rest_url, "--ws-url", simulator.ws_url]
    return DesktopRuntime(parse_options(arguments, {}), DataFolder.open(folder))


def closes_of(simulator: SimulatorProcess) -> dict[int, float]:
    """The exchange's own closed candles by start."""
    answer = requests.get(
        f"{simulator.rest_url}/v1/candles/minutes/1?market={MARKET}&count=200", timeout=10
    )
    return {row["timestamp"] // 60_000: row["trade_price"] for row in answer.json()[1:]}


async def history(services: Services) -> dict[int, float]:
    answers = await services.feed.candles(MARKET, "1m", 150)
    return {candle.start_ms // 60_000: candle.close for candle in answers.values[:-1]}


async def agrees(services: Services, simulator: SimulatorProcess) -> bool:
    own = await asyncio.to_thread(closes_of, simulator)
    ours = await history(services)
    return len(ours) > 100 and all(own[start] == close for start, close in ours.items())


async def connected(services: Services) -> None:
    """Hold something, so that there is a connection; wait for it."""
    first = asyncio.Event()
    services.feed.subscribe([Stream("ticker", MARKET)], lambda _: first.set())
    async with asyncio.timeout(20):
        await first.wait()
    assert is_up(services)


def is_up(services: Services) -> bool:
    return services.feed.connection_state is ConnectionState.CONNECTED


def place(folder: Path) -> Path:
    (found,) = folder.glob("custom-*")
    return found


async def test_a_restart_with_another_seed_is_noticed_and_nothing_of_the_old_market_stays(
    tmp_path: Path, simulator_process: Start
) -> None:
    first = simulator_process("--seed", "3", "--markets", "3")
    folder = DataFolder.open(tmp_path)
    kept = folder.of_exchange("custom", first.rest_url, first.ws_url)
    async with TradingLedger(kept) as ledger:
        assert not ledger.set_aside
    accounts = (kept / "trading.sqlite3").stat().st_ino
    desktop = runtime(tmp_path, first)
    services = await desktop.start()
    assert services.simulation is not None
    assert services.simulation_change is None
    assert await agrees(services, first)
    await connected(services)

    changed = asyncio.ensure_future(services.simulation.changed())
    port = first.rest_url.rpartition(":")[2]
    await asyncio.to_thread(first.kill)
    second = await asyncio.to_thread(
        simulator_process, "--port", port, "--seed", "4", "--markets", "3"
    )
    async with asyncio.timeout(30):
        await changed
    services = await desktop.renew(services)
    assert services.simulation_change is not None
    assert services.simulation_change.before != services.simulation_change.now
    assert await agrees(services, second)
    await connected(services)
    await desktop.stop()
    assert (kept / "trading.sqlite3").stat().st_ino == accounts
    async with TradingLedger(kept) as ledger:
        assert not ledger.set_aside


async def test_a_restart_of_the_same_run_changes_nothing(
    tmp_path: Path, simulator_process: Start
) -> None:
    first = simulator_process("--seed", "3", "--markets", "3")
    desktop = runtime(tmp_path, first)
    services = await desktop.start()
    await connected(services)
    assert services.simulation is not None
    epoch = services.feed.sample().epoch
    changed = asyncio.ensure_future(services.simulation.changed())
    port = first.rest_url.rpartition(":")[2]
    await asyncio.to_thread(first.kill)
    again = await asyncio.to_thread(
        simulator_process, "--port", port, "--seed", "3", "--markets", "3"
    )
    await until(lambda: services.feed.sample().epoch != epoch and is_up(services))
    assert await agrees(services, again)
    assert not changed.done()
    changed.cancel()
    await desktop.stop()


async def test_the_next_start_tells_of_another_run_and_begins_from_nothing(
    tmp_path: Path, simulator_process: Start
) -> None:
    first = simulator_process("--seed", "3", "--markets", "3")
    port = first.rest_url.rpartition(":")[2]
    desktop = runtime(tmp_path, first)
    await history(await desktop.start())
    await desktop.stop()
    assert (place(tmp_path) / "market_data.sqlite3").exists()
    await asyncio.to_thread(first.stop)
    second = await asyncio.to_thread(
        simulator_process, "--port", port, "--seed", "4", "--markets", "3"
    )
    desktop = runtime(tmp_path, second)
    services = await desktop.start()
    assert services.simulation_change is not None
    assert not (place(tmp_path) / "market_data.sqlite3").exists()
    assert await agrees(services, second)
    await desktop.stop()
    desktop = runtime(tmp_path, second)
    assert (await desktop.start()).simulation_change is None
    await desktop.stop()


async def test_a_command_without_window_begins_from_nothing_on_another_run(
    tmp_path: Path, simulator_process: Start
) -> None:
    simulator = simulator_process("--seed", "4", "--markets", "3")
    endpoint = ExchangeEndpoint(EndpointKind.CUSTOM, simulator.rest_url, simulator.ws_url)
    folder = DataFolder.open(tmp_path)
    kept = folder.of_exchange(endpoint.kind, endpoint.rest_url, endpoint.ws_url)
    (kept / "simulation_run.txt").write_text("another run", encoding="utf-8")
    (kept / "market_data.sqlite3").write_bytes(b"candles of another market")
    async with headless._backbone(endpoint, folder) as feed:
        assert len((await feed.candles(MARKET, "1m", 10)).values) == 10
    assert (kept / "simulation_run.txt").read_text(encoding="utf-8") != "another run"
    assert (kept / "market_data.sqlite3").read_bytes().startswith(b"SQLite format 3")
