"""The headless commands as a person types them, with the window's libraries absent."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.paper_strategies import at_least, churning
from tests.simulator_process import SimulatorProcess
from upbit_auto_trading.application.strategies import SEVEN_RULES, shipped_template
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.strategy_json import strategy_to_json
from upbit_auto_trading.infrastructure.persistence.strategy_store import StrategyStore

Arguments = tuple[str | Path, ...]
ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "payloads" / "golden"
ABSENT = ("PyQt6", "pyqtgraph", "qasync")
NO_WINDOW = """
import importlib.abc, sys
class Absent(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {absent!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}")
sys.meta_path.insert(0, Absent())
"""


@pytest.fixture(scope="module")
def without_window(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose `sitecustomize` makes the window's libraries impossible to import."""
    folder = tmp_path_factory.mktemp("without-window")
    (folder / "sitecustomize.py").write_text(NO_WINDOW.format(absent=ABSENT))
    return folder


@pytest.fixture
def command(without_window: Path, tmp_path: Path) -> "Command":
    return Command(without_window, tmp_path)


class Command:
    """`python -m upbit_auto_trading …` with a data folder of its own."""

    def __init__(self, without_window: Path, folder: Path) -> None:
        self.folder = folder
        self._paths = os.pathsep.join((str(without_window), str(ROOT)))

    def __call__(
        self, *arguments: str | Path, within_s: float = 60.0
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "upbit_auto_trading", *map(str, arguments)],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": self._paths, "HOME": str(self.folder)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=within_s,
            check=False,
        )

    def strategy(self) -> Path:
        path = self.folder / "seven_rules.json"
        path.write_text(strategy_to_json(shipped_template(SEVEN_RULES).strategy), "utf-8")
        return path


def address(simulator: SimulatorProcess) -> tuple[str, ...]:
    return ("--rest-url", simulator.rest_url, "--ws-url", simulator.ws_url, "--data-dir", "data")


def reason(done: subprocess.CompletedProcess[str], code: int) -> str:
    """The one line on standard error of a command that ended with `code`."""
    assert done.returncode == code, done
    assert "Traceback" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if line and line[0] not in " u"]
    return lines[-1] if lines else done.stderr.strip()


def test_the_window_s_libraries_really_are_absent(without_window: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(without_window)}
    for name in ABSENT:
        done = subprocess.run(
            [sys.executable, "-c", f"import {name}"], env=environment, capture_output=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 1, name


def test_a_run_file_gives_the_golden_events(command: Command) -> None:
    path = min(GOLDEN.glob("*.json"))
    expected = json.loads(path.read_text("utf-8"))
    done = command("backtest", "--run", path, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert [(e["t"], e["rule"], e["side"]) for e in told["events"]] == [
        (e["t"], e["rule"], e["side"]) for e in expected["events"]
    ]
    assert [float(e["qty"]) for e in told["events"]] == [
        float(e["qty"]) for e in expected["events"]
    ]
    assert told["bars"] == len(expected["candles"])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"params": {"cash": -1, "timeframe_s": 60}}, "params.cash: out_of_range"),
        ({"params": {"cash": 1000, "timeframe_s": 61}}, "params.timeframe_s: out_of_range"),
        ({"candles": [[0, 1, 2, 3, 4]]}, "candles[0]: out_of_range"),
        ({"surprise": 1}, "unknown"),
    ],
)
def test_a_bad_run_file_names_its_field(
    command: Command, change: dict[str, object], field: str
) -> None:
    document = {"params": {"cash": 1000, "timeframe_s": 60}, "candles": []} | change
    path = command.folder / "run.json"
    path.write_text(json.dumps(document))
    assert field in reason(command("backtest", "--run", path), 1)


def test_wrong_use_is_told_apart_from_failure(command: Command) -> None:
    strategy = command.strategy()
    assert "--from and --to" in reason(command("backtest", "--strategy", strategy), 2)
    backwards = ("--from", "2026-01-02", "--to", "2026-01-01")
    assert "before --to" in reason(command("backtest", "--strategy", strategy, *backwards), 2)
    half = ("--market", "KRW-BTC", "--paper", "--rest-url", "http://127.0.0.1:9")
    assert "--ws-url is missing" in reason(command("run", "--strategy", strategy, *half), 2)
    real = command("run", "--strategy", strategy, "--market", "KRW-BTC")
    assert (real.returncode, real.stderr.count("\n"), real.stdout) == (2, 1, "")
    assert "--paper" in real.stderr
    missing = command("run", "--strategy", "nowhere.json", "--market", "KRW-BTC", "--paper")
    assert "nowhere.json" in reason(missing, 1)


def test_a_strategy_runs_on_a_market_s_history(
    command: Command, simulator: SimulatorProcess
) -> None:
    span = ("--from", "2026-03-02T00:00", "--to", "2026-03-02T06:00", "--market", "KRW-BTC")
    arguments: Arguments = (
        "backtest",
        "--strategy",
        command.strategy(),
        *span,
        *address(simulator),
    )
    told = command(*arguments)
    assert told.returncode == 0, told.stderr
    assert "buy and hold" in told.stdout
    result = json.loads(command(*arguments, "--json").stdout)
    assert result["bars"] == 360
    assert f"bars            {result['bars']}" in told.stdout


def test_nobody_listening_is_a_failure_with_its_reason(command: Command) -> None:
    nowhere = ("--rest-url", "http://127.0.0.1:9", "--ws-url", "ws://127.0.0.1:9/websocket/v1")
    there = (*nowhere, "--data-dir", "data")
    run: Arguments = ("run", "--strategy", command.strategy(), "--market", "KRW-BTC", "--paper")
    assert "can't be reached" in reason(command(*run, *there), 1)
    told = command("diagnose", *there, "--json")
    assert "can't be reached" in reason(told, 1)
    assert json.loads(told.stdout)["ok"] is False
    assert "nothing was received" in reason(command("monitor", "--seconds", "0.5", *there), 1)


def test_a_market_that_is_not_listed_is_named(
    command: Command, simulator: SimulatorProcess
) -> None:
    run: Arguments = ("run", "--strategy", command.strategy(), "--market", "KRW-NOPE", "--paper")
    done = command(*run, "--seconds", "5", *address(simulator))
    assert "KRW-NOPE" in reason(done, 1)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="needs a folder it can't write")
def test_a_folder_that_cannot_be_written_is_named(command: Command) -> None:
    folder = command.folder / "sealed"
    folder.mkdir(mode=0o500)
    run: Arguments = ("run", "--strategy", command.strategy(), "--market", "KRW-BTC", "--paper")
    assert "sealed" in reason(command(*run, "--data-dir", folder), 1)


def test_a_file_in_place_of_the_folder_is_named(command: Command) -> None:
    path = command.folder / "taken"
    path.write_text("")
    run: Arguments = ("run", "--strategy", command.strategy(), "--market", "KRW-BTC", "--paper")
    assert "taken" in reason(command(*run, "--data-dir", path), 1)


def test_diagnosis_and_monitor_tell_what_they_measured(
    command: Command, simulator: SimulatorProcess
) -> None:
    told = command("diagnose", *address(simulator), "--json")
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout)
    assert found["verdict"] == "healthy"
    assert {"dns", "tcp", "rest_groups", "websocket", "clock", "listing", "swap"} <= {
        step["name"] for step in found["steps"]
    }
    done = command("monitor", "--seconds", "1.5", *address(simulator), "--json")
    assert done.returncode == 0, done.stderr
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    assert reports[-1]["streams"]["messages_received"] > 0
    text = command("monitor", "--seconds", "1", *address(simulator))
    assert "msg/s" in text.stdout


def test_what_ran_is_kept_with_its_version_and_waits_for_a_review(
    command: Command, simulator: SimulatorProcess
) -> None:
    run: Arguments = ("run", "--strategy", command.strategy(), "--market", "KRW-BTC", "--paper")
    done = command(*run, "--seconds", "1", "--json", *address(simulator))
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout.splitlines()[-1])
    assert summary["event"] == "summary"
    path = command.folder / "data" / "strategies.sqlite3"
    with closing(StrategyStore(path, shipped_variables())) as store:
        strategy = shipped_template(SEVEN_RULES).strategy
        assert store.strategy(strategy.id) == strategy
        assert not store.standing(strategy.id).may_trade_real_money
        (kept,) = store.runs(strategy.id)
    assert (kept.kind, kept.market, kept.facts) == ("paper", "KRW-BTC", summary)


def test_a_second_run_in_the_same_folder_is_refused_and_the_first_ends_on_request(
    command: Command, simulator: SimulatorProcess
) -> None:
    path = command.folder / "churning.json"
    path.write_text(strategy_to_json(churning(at_least(1.0))), "utf-8")
    run: Arguments = (
        "run",
        "--strategy",
        path,
        "--market",
        "KRW-BTC",
        "--paper",
        *address(simulator),
    )
    first = subprocess.Popen(
        [sys.executable, "-m", "upbit_auto_trading", *map(str, run), "--json"],
        cwd=command.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert first.stdout is not None
        assert json.loads(first.stdout.readline())["event"] == "started"
        assert "in_use" in reason(command(*run, "--seconds", "1"), 1)
        first.terminate()
        out, errors = first.communicate(timeout=20)
    finally:
        first.kill()
        first.wait()
    assert first.returncode == 0, errors
    assert json.loads(out.splitlines()[-1])["event"] == "summary"


def test_a_reader_that_leaves_ends_the_run_in_order(
    command: Command, simulator: SimulatorProcess
) -> None:
    run: Arguments = ("run", "--strategy", command.strategy(), "--market", "KRW-BTC", "--paper")
    process = subprocess.Popen(
        [sys.executable, "-m", "upbit_auto_trading", *map(str, run), *address(simulator)],
        cwd=command.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(60) == 0
        assert process.stderr.read() == ""
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def test_a_broken_trading_database_is_set_aside_and_told(
    command: Command, simulator: SimulatorProcess
) -> None:
    run: Arguments = ("run", "--strategy", command.strategy(), "--market", "KRW-BTC", "--paper")
    arguments: Arguments = (*run, "--seconds", "0.5", *address(simulator))
    assert command(*arguments).returncode == 0
    (path,) = (command.folder / "data").glob("custom-*/trading.sqlite3")
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    path.write_bytes(b"no database" * 1000)
    done = command(*arguments)
    assert done.returncode == 0, done.stderr
    assert "trading.sqlite3.corrupt-" in done.stderr
    assert list(path.parent.glob("trading.sqlite3.corrupt-*"))


def test_a_database_of_a_newer_program_is_left_alone(
    command: Command, simulator: SimulatorProcess
) -> None:
    run: Arguments = ("run", "--strategy", command.strategy(), "--market", "KRW-BTC", "--paper")
    arguments: Arguments = (*run, "--seconds", "0.5", *address(simulator))
    assert command(*arguments).returncode == 0
    (path,) = (command.folder / "data").glob("custom-*/trading.sqlite3")
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version=99")
    kept = shutil.copy(path, command.folder / "kept")
    assert "too_new" in reason(command(*arguments), 1)
    assert Path(kept).read_bytes() == path.read_bytes()
