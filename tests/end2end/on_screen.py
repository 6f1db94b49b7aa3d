"""The program's window on a virtual display, and the hands that work on it."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeVar

import requests

from tests.end2end.program import DesktopProgram, wait_until
from tests.simulator_process import SimulatorProcess
from tests.virtual_display import VirtualDisplay

TITLES = "Upbit Auto Trading|업비트 자동매매"


class Hands:
    """What a person does at the keyboard."""

    def __init__(self, display: VirtualDisplay) -> None:
        self._display = display

    def press(self, key: str) -> None:
        self._display.xdotool("key", "--delay", "20", key)

    def write(self, text: str) -> None:
        self._display.xdotool("type", "--delay", "60", text)

    def write_korean(self, text: str) -> None:
        """Write letters this keyboard hasn't, slowly: each is put on a key for its stroke only."""
        for letter in text:
            self._display.xdotool("type", "--delay", "400", letter)

    def choose(self, words: str) -> None:
        """Find something in the command palette and do it."""
        self.press("Escape")
        self.press("ctrl+k")
        self.write(words)
        self.press("Return")


def window_of(display: VirtualDisplay) -> str:
    """The window's number, empty while there is none."""
    found = display.xdotool("search", "--onlyvisible", "--name", TITLES)
    return found.splitlines()[0] if found else ""


def take_keyboard(display: VirtualDisplay) -> None:
    """Give the window the keyboard, as often as it takes: a manager that starts may drop it."""

    def has_it() -> bool:
        window = window_of(display)
        if not window:
            return False
        display.xdotool("windowactivate", window)
        return display.xdotool("getactivewindow") == window

    wait_until(has_it, "the window has the keyboard")


class Running(Protocol):
    """A program with a window."""

    process: subprocess.Popen[str]


R = TypeVar("R", bound=Running)


@contextmanager
def at_hand(program: R, display: VirtualDisplay) -> Iterator[R]:
    """The program with its window open and the keyboard; it is gone in the end."""
    try:
        wait_until(lambda: bool(window_of(display)), "the window opens")
        take_keyboard(display)
        yield program
    finally:
        program.process.kill()
        program.process.communicate()


@contextmanager
def opened(
    folder: Path, exchange: SimulatorProcess, display: VirtualDisplay, screen: str
) -> Iterator[DesktopProgram]:
    """The program on that screen, live and with the keyboard."""
    address = ("--rest-url", exchange.rest_url, "--ws-url", exchange.ws_url)
    program = DesktopProgram(
        folder, *address, "--lang", "en", "--screen", screen, environment=display.environment
    )
    with at_hand(program, display):
        wait_until(lambda: bool(traded(exchange)), "the window is live")
        yield program


def close(program: DesktopProgram, display: VirtualDisplay) -> None:
    """Close the window as hands do; the program ends in order."""
    display.xdotool("key", "--window", window_of(display), "alt+F4")
    ended = program.end(within_s=30.0)
    assert (ended.code, ended.err) == (0, "")


def traded(exchange: SimulatorProcess) -> dict[str, int]:
    """The markets whose trades are subscribed to, with the number of the connection."""
    answer = requests.get(f"{exchange.rest_url}/simulator/subscriptions", timeout=5).json()
    return {
        code: connection["connection"]
        for connection in answer
        for listed in connection["subscriptions"]
        if listed["type"] == "trade"
        for code in listed["codes"]
    }
