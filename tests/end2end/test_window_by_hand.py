"""The real window driven by hand: a market by its initial consonants, theme, language, layouts."""

import json
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.end2end.on_screen import Hands, traded, window_of
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
    try:
        wait_until(lambda: "KRW-BTC" in traded(exchange), "the first market is live")
        window = window_of(virtual_display)
        virtual_display.xdotool("windowactivate", "--sync", window)
        for _attempt in range(5):
            keys.press("ctrl+f")
            keys.write_korean("ㅇㄷㄹ")
            keys.press("Return")
            if is_soon(lambda: "KRW-ETH" in traded(exchange)):
                break
        assert "KRW-ETH" in traded(exchange)
        for words, name, value in (
            ("light", "theme", "light"),
            ("english", "language", "en"),
            ("writing", "layout", "writing"),
        ):
            keys.choose(words)
            chosen = (name, value)
            wait_until(lambda one=chosen: one in kept(folder).items(), f"{name} is kept")  # type: ignore[misc]  # bound at once
        keys.press("ctrl+1")
        wait_until(lambda: kept(folder).get("layout") == "default", "the layout is back")
        assert "KRW-ETH" in traded(exchange)
        virtual_display.xdotool("key", "--window", window, "alt+F4")
        ended = program.end(within_s=20.0)
    finally:
        program.process.kill()
        program.process.communicate()
    assert ended.code == 0, ended.err
    assert ended.err == ""
    assert kept(folder)["market"] == "KRW-ETH"


def is_soon(condition: Callable[[], bool]) -> bool:
    """Whether it comes true before a person would write again."""
    try:
        wait_until(condition, "it", within_s=6.0)
    except AssertionError:
        return False
    return True


def kept(folder: Path) -> dict[str, Any]:
    """The settings on disk."""
    with sqlite3.connect(f"file:{folder / 'settings.sqlite3'}?mode=ro", uri=True) as connection:
        rows = connection.execute("SELECT name, value FROM setting").fetchall()
    connection.close()
    return {name: json.loads(value) for name, value in rows}
