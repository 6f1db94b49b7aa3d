import socket
import sys

import pytest

from upbit_auto_trading.presentation.display import display_problem

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="X11 and Wayland")


@pytest.fixture(autouse=True)
def _no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY", "DISPLAY"):
        monkeypatch.delenv(name, raising=False)


def test_without_a_display_it_says_what_to_do() -> None:
    problem = display_problem()
    assert problem is not None
    assert "no display" in problem
    assert "QT_QPA_PLATFORM=offscreen" in problem


def test_offscreen_needs_no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert display_problem() is None


def test_wayland_is_a_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert display_problem() is None


@pytest.mark.parametrize("display", [":987", "localhost:987.0", "nonsense"])
def test_a_display_that_does_not_answer_is_named(
    display: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", display)
    problem = display_problem()
    assert problem is not None
    assert display in problem


def test_a_display_that_answers_is_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setenv("DISPLAY", f"127.0.0.1:{port - 6000}.0")
        assert display_problem() is None
