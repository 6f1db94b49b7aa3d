"""The real window on a real (virtual) screen, used and closed as a person would."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end2end.on_screen import traded, window_of
from tests.end2end.program import DesktopProgram, wait_until
from tests.simulator_process import SimulatorProcess
from tests.virtual_display import VirtualDisplay

SimulatorStarter = Callable[..., SimulatorProcess]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Xvfb and xdotool are Linux's")


def test_the_window_opens_and_closing_it_ends_the_program_in_order(
    tmp_path: Path, simulator: SimulatorProcess, virtual_display: VirtualDisplay
) -> None:
    address = ("--rest-url", simulator.rest_url, "--ws-url", simulator.ws_url)
    program = DesktopProgram(
        tmp_path, *address, "--lang", "en", environment={**virtual_display.environment}
    )
    try:
        wait_until(lambda: bool(window_of(virtual_display)), "the window opens")
        window = window_of(virtual_display)
        geometry = virtual_display.xdotool("getwindowgeometry", "--shell", window)
        size = dict(line.split("=", 1) for line in geometry.splitlines())
        assert int(size["WIDTH"]) >= 1280
        assert int(size["HEIGHT"]) >= 720
        virtual_display.xdotool(
            "windowactivate", "--sync", window, "key", "--window", window, "alt+F4"
        )
        ended = program.end(within_s=20.0)
    finally:
        program.process.kill()
        program.process.communicate()
    assert ended.code == 0, ended.err
    assert ended.err == ""


def test_a_display_that_goes_ends_the_program_instead_of_leaving_it_hanging(
    tmp_path: Path, simulator: SimulatorProcess
) -> None:
    address = ("--rest-url", simulator.rest_url, "--ws-url", simulator.ws_url)
    with VirtualDisplay() as display:
        program = DesktopProgram(tmp_path, *address, environment={**display.environment})
        try:
            wait_until(lambda: bool(window_of(display)), "the window opens")
            wait_until(lambda: "KRW-BTC" in traded(simulator), "the window is live")
        except AssertionError:
            program.process.kill()
            raise
    ended = program.end(within_s=20.0)
    assert ended.code == 1
    assert "E-DISPLAY" in (tmp_path / "logs" / "app.log").read_text(encoding="utf-8")


def test_a_market_is_searched_and_chosen_by_hand_on_the_same_socket(
    tmp_path: Path, simulator_process: SimulatorStarter, virtual_display: VirtualDisplay
) -> None:
    exchange = simulator_process("--seed", "5")
    address = ("--rest-url", exchange.rest_url, "--ws-url", exchange.ws_url)
    program = DesktopProgram(
        tmp_path, *address, "--lang", "en", environment={**virtual_display.environment}
    )
    try:
        wait_until(lambda: "KRW-BTC" in traded(exchange), "the first market is live")
        connection = traded(exchange)["KRW-BTC"]
        window = window_of(virtual_display)
        virtual_display.xdotool("windowactivate", "--sync", window, "key", "ctrl+f")
        virtual_display.xdotool("type", "--delay", "30", "ETH")
        virtual_display.xdotool("key", "Return")
        wait_until(lambda: "KRW-ETH" in traded(exchange), "the chosen market is live")
        assert traded(exchange)["KRW-ETH"] == connection
        virtual_display.xdotool("key", "--window", window, "alt+F4")
        ended = program.end(within_s=20.0)
    finally:
        program.process.kill()
        program.process.communicate()
    assert ended.code == 0, ended.err
