import asyncio
import os
import signal
import sys
from pathlib import Path

import psutil
import pytest

from upbit_auto_trading.infrastructure import simulator_process
from upbit_auto_trading.infrastructure.simulator_process import (
    SimulatorFailedError,
    SimulatorProcess,
)

ANSWERS = (
    "import json, sys; port = sys.argv[sys.argv.index('--port') + 1]\n"
    "port = '4711' if port == '0' else port\n"
    "print(json.dumps({'ready': True, 'rest': f'http://127.0.0.1:{port}', 'ws': 'ws://x'}),"
    " flush=True)\n"
    "sys.stdin.read()\n"
)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for the interpreter that runs what the test writes into the file returned."""
    script = tmp_path / "stand_in.py"
    script.write_text(ANSWERS, encoding="utf-8")
    runner = tmp_path / "runner"
    runner.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "$@"\n', encoding="utf-8")
    runner.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(runner))
    return script


def say(program: Path, source: str) -> None:
    program.write_text(source, encoding="utf-8")


def children() -> list[psutil.Process]:
    """Return the simulators started here; what runs beside, as worker processes do, is others'."""
    alive = [one for one in psutil.Process().children() if one.status() != psutil.STATUS_ZOMBIE]
    return [one for one in alive if "simulator" in one.cmdline()]


def child() -> psutil.Process:
    (process,) = children()
    return process


async def test_it_tells_where_it_listens_and_ends_when_told(program: Path, tmp_path: Path) -> None:
    simulator = SimulatorProcess(tmp_path / "log")
    simulator.launch()
    address = await simulator.ready()
    assert address.rest_url == "http://127.0.0.1:4711"
    await simulator.stop()
    await simulator.stop()
    assert children() == []


async def test_when_it_dies_it_comes_back_on_the_same_port(
    program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulator_process, "_RESTART_DELAY_S", 0.0)
    simulator = SimulatorProcess(tmp_path / "log")
    simulator.launch()
    await simulator.ready()
    first = child()
    os.kill(first.pid, signal.SIGKILL)
    second = await _another_child(first.pid)
    assert "4711" in second.cmdline()
    await simulator.stop()


async def _another_child(than: int) -> psutil.Process:
    async with asyncio.timeout(10):
        while True:
            for process in children():
                if process.pid != than:
                    return process
            await asyncio.sleep(0)


async def test_when_it_ends_at_once_its_last_line_is_the_reason(
    program: Path, tmp_path: Path
) -> None:
    say(program, "import sys\nprint('warming up', file=sys.stderr)\nsys.exit('port 1 is in use')")
    simulator = SimulatorProcess(tmp_path / "log")
    simulator.launch()
    with pytest.raises(SimulatorFailedError) as failure:
        await simulator.ready()
    assert failure.value.detail == "port 1 is in use"
    await simulator.stop()


async def test_when_it_says_nothing_it_is_given_up(
    program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulator_process, "_READY_WITHIN_S", 0.05)
    say(program, "import sys\nsys.stdin.read()")
    simulator = SimulatorProcess(tmp_path / "log")
    simulator.launch()
    with pytest.raises(SimulatorFailedError, match="nothing heard"):
        await simulator.ready()
    await simulator.stop()


async def test_one_that_was_never_launched_is_not_waited_for(tmp_path: Path) -> None:
    simulator = SimulatorProcess(tmp_path / "log")
    with pytest.raises(SimulatorFailedError, match="never launched"):
        await simulator.ready()
    await simulator.stop()


def test_without_a_loop_it_is_killed_at_once(program: Path, tmp_path: Path) -> None:
    simulator = SimulatorProcess(tmp_path / "log")
    simulator.launch()
    simulator.kill()
    assert children() == []
