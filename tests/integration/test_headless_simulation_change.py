"""A run without a window notices that another simulated exchange took the place of its own."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.paper_strategies import at_least, churning
from tests.simulator_process import SimulatorProcess
from upbit_auto_trading.domain.strategy_json import strategy_to_json

ROOT = Path(__file__).resolve().parents[2]
GIVE_UP_S = 90.0
Start = Callable[..., SimulatorProcess]


def event(run: "subprocess.Popen[str]", name: str, **facts: str) -> dict[str, Any]:
    """Return the next line of that kind with those facts."""
    assert run.stdout is not None
    for line in run.stdout:
        told: dict[str, Any] = json.loads(line)
        if told["event"] == name and facts.items() <= told.items():
            return told
    raise AssertionError(f"it ended without {name}")


def test_the_run_goes_on_with_its_account_on_the_new_market(
    tmp_path: Path, simulator_process: Start
) -> None:
    strategy = tmp_path / "churning.json"
    strategy.write_text(strategy_to_json(churning(at_least(1.0))), encoding="utf-8")
    first = simulator_process("--seed", "3", "--markets", "3")
    data = tmp_path / "data"
    command = ("run", "--strategy", strategy, "--market", "KRW-BTC", "--paper", "--json")
    place = ("--rest-url", first.rest_url, "--ws-url", first.ws_url, "--data-dir", data)
    run = subprocess.Popen(
        [sys.executable, "-m", "upbit_auto_trading", *map(str, (*command, *place))],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    give_up = threading.Timer(GIVE_UP_S, run.kill)
    give_up.start()
    try:
        begun = event(run, "started")
        event(run, "data", quality="live")
        (known,) = data.glob("*/simulation_run.txt")
        before = known.read_text(encoding="utf-8")
        first.kill()
        simulator_process(
            "--port", first.rest_url.rpartition(":")[2], "--seed", "4", "--markets", "3"
        )
        again = event(run, "started")
        event(run, "data", quality="live")
        run.terminate()
        _, said = run.communicate(timeout=GIVE_UP_S)
    finally:
        give_up.cancel()
        give_up.join()
        run.kill()
        run.wait()
    assert run.returncode == 0
    assert (again["run"], again["resumed"]) == (begun["run"], True)
    assert said.count("\n") == 1
    assert "another simulated exchange" in said
    assert known.read_text(encoding="utf-8") != before
