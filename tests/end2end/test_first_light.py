"""The real program against the real simulated exchange, over real sockets."""

import signal
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import requests

from tests.end2end.program import DesktopProgram, Ended, run, wait_until
from tests.simulator_process import SimulatorProcess

NOWHERE = {
    "UPBIT_DEFAULT_REST_URL": "http://127.0.0.1:9",
    "UPBIT_DEFAULT_WS_URL": "ws://127.0.0.1:9/websocket/v1",
}
FIGURES = {
    "ok", "endpoint", "first_data_ms", "first_paint_ms", "messages", "frames_painted",
    "loop_lag_p99_ms", "rss_mb", "swaps", "metrics", "errors",
}  # fmt: skip
MEASURES = {
    "swaps", "streams", "decisions", "fallbacks", "caches", "budgets", "predictions",
    "degradations", "requests", "loop",
}  # fmt: skip

SimulatorStarter = Callable[..., SimulatorProcess]


def one_line(ended: Ended) -> str:
    """The single line of standard error; anything more would be a traceback or noise."""
    lines = ended.err.strip().splitlines()
    assert len(lines) == 1, ended.err
    assert "Traceback" not in ended.err
    return lines[0]


def address(simulator: SimulatorProcess) -> tuple[str, ...]:
    return ("--rest-url", simulator.rest_url, "--ws-url", simulator.ws_url)


def test_the_demo_paints_live_data_and_leaves_nothing_behind(tmp_path: Path) -> None:
    picture = tmp_path / "window.png"
    ended = run(tmp_path / "data", "--demo", "--smoke", "4", "--screenshot", str(picture))
    assert ended.code == 0, ended.err
    told = ended.smoke
    assert told.keys() >= FIGURES
    assert told["metrics"].keys() >= MEASURES
    assert told["ok"] is True
    assert told["endpoint"] == "simulator"
    assert told["errors"] == []
    assert told["messages"] > 0
    assert told["frames_painted"] > 0
    assert 0 < told["first_data_ms"] <= told["first_paint_ms"] < 4000 + 20_000
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "data" / "simulator").is_dir()
    assert not (tmp_path / "data" / "upbit").exists()
    left = [p for p in psutil.process_iter(["cmdline"]) if _simulates(p, tmp_path)]
    assert left == []


def _simulates(process: psutil.Process, folder: Path) -> bool:
    try:
        return any(str(folder) in opened.path for opened in process.open_files())
    except psutil.Error:
        return False


def test_without_upbit_the_simulated_exchange_takes_over(tmp_path: Path) -> None:
    ended = run(tmp_path, "--smoke", "4", environment={**NOWHERE})
    assert ended.code == 0, ended.err
    assert ended.smoke["endpoint"] == "simulator"
    assert ended.smoke["ok"] is True


def test_upbit_in_reach_is_used(tmp_path: Path, simulator: SimulatorProcess) -> None:
    in_reach: dict[str, str | None] = {
        "UPBIT_DEFAULT_REST_URL": simulator.rest_url,
        "UPBIT_DEFAULT_WS_URL": simulator.ws_url,
    }
    ended = run(tmp_path, "--smoke", "3", environment=in_reach)
    assert ended.code == 0, ended.err
    assert ended.smoke["endpoint"] == "upbit"
    assert (tmp_path / "upbit").is_dir()
    assert not (tmp_path / "simulator").exists()


def test_another_exchange_is_used_as_given(tmp_path: Path, simulator: SimulatorProcess) -> None:
    ended = run(tmp_path, *address(simulator), "--smoke", "3", "--lang", "en", "--theme", "light")
    assert ended.code == 0, ended.err
    assert ended.smoke["endpoint"] == "custom"


def test_another_exchange_out_of_reach_never_falls_back(tmp_path: Path) -> None:
    nowhere = ("--rest-url", "http://127.0.0.1:9", "--ws-url", "ws://127.0.0.1:9/websocket/v1")
    ended = run(tmp_path, *nowhere, "--smoke", "2")
    assert ended.code == 1
    told = ended.smoke
    assert (told["ok"], told["endpoint"], told["messages"]) == (False, "custom", 0)
    assert told["errors"]
    assert "Traceback" not in ended.err


def test_the_exchange_may_die_and_come_back(
    tmp_path: Path, simulator_process: SimulatorStarter
) -> None:
    first = simulator_process("--seed", "3")
    port = first.rest_url.rpartition(":")[2]
    program = DesktopProgram(tmp_path, *address(first), "--smoke", "9")
    wait_until(lambda: _is_subscribed_at(first), "the program subscribes")
    first.kill()
    wait_until(lambda: _connections(program) == 0, "the program notices")
    simulator_process("--port", port, "--seed", "3")
    ended = program.end()
    assert ended.code == 0, ended.err
    assert ended.smoke["metrics"]["streams"]["reconnects"] >= 1
    assert ended.smoke["metrics"]["streams"]["messages_per_s"] > 0


def _is_subscribed_at(simulator: SimulatorProcess) -> bool:
    answer = requests.get(f"{simulator.rest_url}/simulator/subscriptions", timeout=5)
    return "KRW-BTC" in answer.text


def _connections(program: DesktopProgram) -> int:
    connections = psutil.Process(program.process.pid).net_connections(kind="tcp")
    return sum(c.status == psutil.CONN_ESTABLISHED for c in connections)


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order(
    how: signal.Signals, tmp_path: Path, simulator: SimulatorProcess
) -> None:
    program = DesktopProgram(tmp_path, *address(simulator))
    wait_until(lambda: _connections(program) > 0, "the program connects")
    program.process.send_signal(how)
    ended = program.end(within_s=5.0)
    assert ended.code == 0, ended.err
    assert "Traceback" not in ended.err


def test_a_data_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("", encoding="utf-8")
    ended = run(in_the_way / "data", "--demo", "--smoke", "1")
    assert ended.code == 1
    assert str(in_the_way) in one_line(ended)
    assert "--data-dir" in ended.err


def test_no_display_is_one_line(tmp_path: Path) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("Linux's way of having no display")
    bare = {"QT_QPA_PLATFORM": None, "DISPLAY": None, "WAYLAND_DISPLAY": None}
    ended = run(tmp_path, "--demo", "--smoke", "1", environment=bare)
    assert ended.code == 1
    assert "no display" in one_line(ended)


def test_a_market_nobody_lists_is_one_line(tmp_path: Path, simulator: SimulatorProcess) -> None:
    ended = run(tmp_path, *address(simulator), "--market", "KRW-NOPE", "--smoke", "3")
    assert ended.code == 1
    assert "KRW-NOPE" in one_line(ended)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--rest-url", "nonsense", "--ws-url", "ws://x"),
        ("--screen", "nowhere"),
        ("--strategy", "x"),
    ],
)
def test_wrong_use_exits_with_2(arguments: tuple[str, ...], tmp_path: Path) -> None:
    ended = run(tmp_path, *arguments)
    assert ended.code == 2
    assert "Traceback" not in ended.err


def test_a_missing_library_is_one_line(tmp_path: Path) -> None:
    hidden = tmp_path / "hidden"
    (hidden / "PyQt6").mkdir(parents=True)
    (hidden / "PyQt6" / "__init__.py").write_text(
        "raise ImportError('libEGL.so.1: cannot open shared object file')\n", encoding="utf-8"
    )
    ended = run(
        tmp_path / "data", "--demo", "--smoke", "1", environment={"PYTHONPATH": str(hidden)}
    )
    assert ended.code == 1
    assert "libEGL.so.1" in one_line(ended)
    assert "python launch.py" in ended.err
