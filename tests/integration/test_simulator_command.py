"""`python -m upbit_auto_trading simulator` as a program: its line, its exits, its options."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
import trustme

from tests.simulator_process import ROOT, SimulatorProcess, SimulatorStartError
from upbit_auto_trading.simulator.fault.fault_catalogue import fault_names

Start = Callable[..., SimulatorProcess]


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "upbit_auto_trading", "simulator", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def fetched(url: str) -> Any:
    answer = requests.get(url, timeout=10)
    answer.raise_for_status()
    return answer.json()


def test_it_serves_on_one_port_and_ends_in_order_on_sigterm(simulator_process: Start) -> None:
    simulator = simulator_process("--markets", "5")
    assert simulator.ws_url == simulator.rest_url.replace("http", "ws") + "/websocket/v1"
    assert len(fetched(simulator.rest_url + "/v1/market/all")) == 5
    assert simulator.stop() == 0


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")
def test_it_ends_in_order_on_sigint(simulator_process: Start) -> None:
    simulator = simulator_process()
    simulator.process.send_signal(signal.SIGINT)
    assert simulator.process.wait(10) == 0
    assert simulator.output == ""


def test_it_ends_with_the_parent_that_holds_its_input() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "upbit_auto_trading", "simulator", "--exit-with-parent"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert json.loads(process.stdout.readline())["ready"] is True
        process.stdin.close()
        assert process.wait(10) == 0


def test_a_port_in_use_is_one_clear_line_and_exit_1() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SimulatorStartError) as caught:
            SimulatorProcess("--port", str(port))
    assert caught.value.returncode == 1
    line = f"simulator: can't listen on 127.0.0.1:{port}: Address already in use\n"
    assert caught.value.output == line


@pytest.mark.parametrize(
    "arguments",
    [
        ("--port", "99999"),
        ("--fault", "stall:market=KRW-NOPE"),
        ("--fault", "order_refused:name=gossip"),
        ("--tls-cert", "nowhere.pem"),
        ("--account", "nowhere.json"),
    ],
)
def test_a_bad_option_is_one_clear_line_and_exit_2(arguments: tuple[str, ...]) -> None:
    ended = command(*arguments)
    assert ended.returncode == 2, ended.stderr
    assert ended.stdout == ""
    assert arguments[0] in ended.stderr.strip().splitlines()[-1]
    assert "Traceback" not in ended.stderr


def test_a_history_file_that_cant_be_written_is_one_line_and_exit_1(tmp_path: Path) -> None:
    ended = command("--history-file", str(tmp_path / "no" / "where"))
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1


def test_faults_and_scenarios_are_listed_as_text_and_as_json() -> None:
    text = command("--list-faults").stdout
    rows = json.loads(command("--list-faults", "--json").stdout)
    assert [row["name"] for row in rows] == list(fault_names())
    assert all(f"{row['name']}: {row['summary']}" in text for row in rows)
    scenarios = json.loads(command("--list-scenarios", "--json").stdout)
    assert command("--list-scenarios").stdout.split() == scenarios
    assert {"surge", "crash", "quiet"} <= set(scenarios)


def test_every_row_of_the_fault_matrix_a_server_can_cause_has_a_fault() -> None:
    rows = json.loads(command("--list-faults", "--json").stdout)
    served = {number for row in rows for number in row.get("rows", [])}
    # Names, clocks of the PC, swaps and quiet markets are made elsewhere.
    elsewhere = {4, 13, 16, 17, 27, 30}
    assert served >= set(range(1, 38)) - elsewhere


def test_faults_given_at_the_start_are_in_force(simulator_process: Start) -> None:
    simulator = simulator_process("--fault", "server_error:status=502,group=market")
    assert requests.get(simulator.rest_url + "/v1/market/all", timeout=10).status_code == 502
    assert fetched(simulator.rest_url + "/v1/ticker?markets=KRW-BTC")


def test_a_history_file_holds_a_record_of_every_frame(
    simulator_process: Start, tmp_path: Path
) -> None:
    from websockets.sync.client import connect

    path = tmp_path / "sent.jsonl"
    simulator = simulator_process("--history-file", str(path), "--markets", "5")
    with connect(simulator.ws_url, compression=None, proxy=None) as ws:
        ask = [{"ticket": "t"}, {"type": "ticker", "codes": ["KRW-BTC"], "isOnlySnapshot": True}]
        ws.send(json.dumps(ask))
        frame = json.loads(ws.recv(decode=False))
    assert simulator.stop() == 0
    records = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert len(records) == 1
    assert records[0]["code"] == "KRW-BTC"
    assert records[0]["key"] == str(frame["timestamp"])


def test_it_serves_tls_with_the_certificate_it_is_given(
    simulator_process: Start, tmp_path: Path
) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    trusted, certificate = tmp_path / "trusted.pem", tmp_path / "server.pem"
    authority.cert_pem.write_to_path(str(trusted))
    issued.private_key_and_cert_chain_pem.write_to_path(str(certificate))
    simulator = simulator_process("--tls-cert", str(certificate))
    assert simulator.rest_url.startswith("https://")
    assert simulator.ws_url.startswith("wss://")
    url = simulator.rest_url + "/v1/ticker?markets=KRW-BTC"
    answer = requests.get(url, timeout=10, verify=str(trusted))
    assert answer.json()[0]["market"] == "KRW-BTC"
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(url, timeout=10)


def test_the_same_seed_sends_the_same_history(simulator_process: Start) -> None:
    path = "/v1/candles/minutes/1?market=KRW-BTC&count=50&to=2026-08-26T08:00:00"
    first = fetched(simulator_process("--seed", "5").rest_url + path)
    again = fetched(simulator_process("--seed", "5").rest_url + path)
    other = fetched(simulator_process("--seed", "6").rest_url + path)
    assert first == again
    assert first != other
