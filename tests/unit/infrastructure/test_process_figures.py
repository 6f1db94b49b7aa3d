"""What this process takes of the machine."""

import socket
import sys

import pytest

from upbit_auto_trading.infrastructure.process_figures import read_process_figures


def test_memory_time_and_threads_are_told() -> None:
    first = read_process_figures()
    sum(range(200_000))
    second = read_process_figures()
    assert second.cpu_s > first.cpu_s
    assert second.threads >= 1
    assert second.resident_mb is None or second.resident_mb > 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lists what is open")
def test_an_opened_socket_is_counted() -> None:
    before = read_process_figures().sockets
    with socket.socket():
        during = read_process_figures().sockets
    assert before is not None
    assert during == before + 1
    assert read_process_figures().sockets == before
