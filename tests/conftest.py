"""What every test stands on: the loop it runs on, leak checks, payloads, the simulated exchange."""

import asyncio
import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.simulator_process import SimulatorProcess
from tests.virtual_display import VirtualDisplay

# Before Qt is imported anywhere. Tests that need a window on a screen start their own display.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

pytest_plugins = ["pytester", "tests.leaks", "tests.long_runs"]

TESTS = Path(__file__).resolve().parent
GUI = TESTS / "gui"
PAYLOADS = TESTS / "payloads"

# How long an example takes depends on the machine's other work, and says nothing of the code.
# The check takes the same examples each time; the other profile looks for new ones.
settings.register_profile(
    "explore", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("check", settings.get_profile("explore"), derandomize=True)
settings.load_profile(os.environ.get("UPBIT_TEST_EXAMPLES", "check"))

LoopFactory = Callable[[], asyncio.AbstractEventLoop]


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, LoopFactory]:
    """Run what lies in tests/gui on the loop that the window runs on, the rest on asyncio's."""
    if _is_gui(item):
        return {"qasync": _qt_loop}
    return {"asyncio": asyncio.SelectorEventLoop}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Add the checks that only some tests need, right behind the one that all have."""
    for item in items:
        if not isinstance(item, pytest.Function):
            continue
        checks = []
        if asyncio.iscoroutinefunction(item.obj):
            checks.append("no_leaked_tasks")
        if _is_gui(item):
            checks.append("no_leaked_qt_timers")
            item.fixturenames.insert(0, "qapp")
        place = item.fixturenames.index("no_leaks") + 1
        item.fixturenames[place:place] = checks


@pytest.fixture(scope="session")
def payloads() -> Callable[[str], Any]:
    """Load a recorded payload: `payloads("samples/rest_ticker.json")`."""

    def load(name: str) -> Any:
        text = (PAYLOADS / name).read_text(encoding="utf-8")
        if name.endswith(".jsonl"):
            return [json.loads(line) for line in text.splitlines() if line]
        return json.loads(text)

    return load


@pytest.fixture
def simulator_process() -> Iterator[Callable[..., SimulatorProcess]]:
    """Start simulated exchanges: `simulator_process("--seed", "7")`; all end with the test."""
    started: list[SimulatorProcess] = []

    def start(*arguments: str) -> SimulatorProcess:
        started.append(SimulatorProcess(*arguments))
        return started[-1]

    yield start
    for simulator in started:
        simulator.stop()


@pytest.fixture(scope="session")
def simulator() -> Iterator[SimulatorProcess]:
    """One simulated exchange for all tests that only read from it and set no faults."""
    with SimulatorProcess("--seed", "1") as process:
        yield process


@pytest.fixture
def virtual_display() -> Iterator[VirtualDisplay]:
    """A screen of its own, for a test of the real window."""
    with VirtualDisplay() as display:
        yield display


def _is_gui(item: pytest.Item) -> bool:
    return item.path.is_relative_to(GUI)


def _qt_loop() -> asyncio.AbstractEventLoop:
    from PyQt6.QtWidgets import QApplication

    from tests.qt_loop import PausingLoop

    application = QApplication.instance()
    if isinstance(application, QApplication):  # as in the program: a closed window ends no loop
        application.setQuitOnLastWindowClosed(False)
    loop: asyncio.AbstractEventLoop = PausingLoop(application)
    return loop
