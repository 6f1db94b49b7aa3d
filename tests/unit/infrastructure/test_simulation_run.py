"""The run an exchange names over HTTP, and the market data kept of it."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from upbit_auto_trading.infrastructure.simulation_run import SimulationRun


class Answering(BaseHTTPRequestHandler):
    answer = (200, b"")
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        status, body = self.answer
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing on standard error."""


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def run_at(server: ThreadingHTTPServer, folder: Path) -> SimulationRun:
    return SimulationRun(f"http://127.0.0.1:{server.server_address[1]}", folder)


async def test_the_run_is_read_from_the_control_endpoint(
    server: ThreadingHTTPServer, tmp_path: Path
) -> None:
    Answering.answer = (200, b'{"run_id":"5f0e","now_ms":1}')
    Answering.asked.clear()
    assert await run_at(server, tmp_path).current() == "5f0e"
    assert Answering.asked == ["/simulator/scenario"]


@pytest.mark.parametrize(
    "answer",
    [
        (404, b'{"run_id":"5f0e"}'),
        (302, b""),
        (200, b"<html>sign in</html>"),
        (200, b"[1]"),
        (200, b'{"run_id":7}'),
        (200, b'{"run_id":""}'),
        (200, b'{"run_id":"' + b"x" * 101 + b'"}'),
    ],
)
async def test_what_is_no_simulated_exchange_names_no_run(
    server: ThreadingHTTPServer, tmp_path: Path, answer: tuple[int, bytes]
) -> None:
    Answering.answer = answer
    assert await run_at(server, tmp_path).current() is None


async def test_an_exchange_out_of_reach_names_no_run(tmp_path: Path) -> None:
    assert await SimulationRun("http://127.0.0.1:9", tmp_path).current() is None


def test_a_new_run_drops_market_data_and_nothing_else(tmp_path: Path) -> None:
    run = SimulationRun("http://127.0.0.1:9", tmp_path)
    assert run.known() is None
    for name in ("market_data.sqlite3", "market_data.sqlite3-wal", "trading.sqlite3"):
        (tmp_path / name).write_bytes(b"kept")
    run.begin("a")
    assert run.known() == SimulationRun("http://127.0.0.1:9", tmp_path).known() == "a"
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "simulation_run.txt",
        "trading.sqlite3",
    ]
    run.begin("b")
    assert run.known() == "b"


def test_a_damaged_note_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "simulation_run.txt").write_bytes(b"\xff\xfe")
    assert SimulationRun("http://127.0.0.1:9", tmp_path).known() is None
