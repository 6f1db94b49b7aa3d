"""The real window driven by hand: a market by its initial consonants, theme, language, layouts."""

import json
import sqlite3
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.end2end.on_screen import Hands, at_hand, close, traded
from tests.end2end.program import DesktopProgram, wait_until
from tests.simulator_process import SimulatorProcess
from tests.virtual_display import VirtualDisplay

SimulatorStarter = Callable[..., SimulatorProcess]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Xvfb and xdotool are Linux's")


def test_a_market_by_initial_consonants_then_theme_language_and_layout_by_the_palette(
    tmp_path: Path, simulator_process: SimulatorStarter, virtual_display: VirtualDisplay
) -> None:
    exchange = simulator_process("--seed", "5")
    folder = tmp_path / "data"
    address = ("--rest-url", exchange.rest_url, "--ws-url", exchange.ws_url)
    program = DesktopProgram(folder, *address, environment={**virtual_display.environment})
    keys = Hands(virtual_display)
    with at_hand(program, virtual_display):
        wait_until(lambda: "KRW-BTC" in traded(exchange), "the first market is live")
        until_done(lambda: find_ether(keys), lambda: "KRW-ETH" in traded(exchange))
        for words, name, value in (
            ("light", "theme", "light"),
            ("english", "language", "en"),
            ("writing", "layout", "writing"),
        ):
            until_done(partial(keys.choose, words), partial(is_kept, folder, name, value))
        until_done(lambda: keys.press("ctrl+1"), lambda: is_kept(folder, "layout", "default"))
        assert "KRW-ETH" in traded(exchange)
        close(program, virtual_display)
    assert kept(folder)["market"] == "KRW-ETH"


def find_ether(keys: Hands) -> None:
    keys.press("Escape")
    keys.press("ctrl+f")
    keys.write_korean("ㅇㄷㄹ")
    keys.press("Return")


def until_done(work: Callable[[], None], is_done: Callable[[], bool]) -> None:
    """Do it again, as a person would, where the window was too busy to take it the first time."""
    for _attempt in range(6):
        work()
        try:
            wait_until(is_done, "it", within_s=6.0)
        except AssertionError:
            continue
        return
    raise AssertionError("not done in six attempts")


def is_kept(folder: Path, name: str, value: str) -> bool:
    return bool(kept(folder).get(name) == value)


def kept(folder: Path) -> dict[str, Any]:
    """The settings on disk."""
    with sqlite3.connect(f"file:{folder / 'settings.sqlite3'}?mode=ro", uri=True) as connection:
        rows = connection.execute("SELECT name, value FROM setting").fetchall()
    connection.close()
    return {name: json.loads(value) for name, value in rows}
