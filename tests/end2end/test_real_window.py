"""The real window on a real (virtual) screen, used and closed as a person would."""

import sys
from pathlib import Path

import pytest

from tests.end2end.program import DesktopProgram, wait_until
from tests.simulator_process import SimulatorProcess
from tests.virtual_display import VirtualDisplay

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Xvfb and xdotool are Linux's")


def test_the_window_opens_and_closing_it_ends_the_program_in_order(
    tmp_path: Path, simulator: SimulatorProcess, virtual_display: VirtualDisplay
) -> None:
    address = ("--rest-url", simulator.rest_url, "--ws-url", simulator.ws_url)
    program = DesktopProgram(
        tmp_path, *address, "--lang", "en", environment={**virtual_display.environment}
    )
    try:
        wait_until(lambda: bool(_window(virtual_display)), "the window opens")
        window = _window(virtual_display)
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


def _window(display: VirtualDisplay) -> str:
    """The window's number, empty while there is none."""
    found = display.xdotool("search", "--onlyvisible", "--name", "Upbit Auto Trading")
    return found.splitlines()[0] if found else ""
