"""A strategy by hand in the real window: the seven rules, a number typed, saved, found again."""

import sqlite3
import sys
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.end2end.on_screen import close, opened, take_keyboard
from tests.end2end.program import wait_until
from tests.simulator_process import SimulatorProcess
from tests.virtual_display import VirtualDisplay
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.expression import Comparison, Constant
from upbit_auto_trading.domain.strategy import Strategy
from upbit_auto_trading.domain.strategy_json import strategy_from_json
from upbit_auto_trading.infrastructure.strategy_library import FILE_NAME

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Xvfb and xdotool are Linux's")


def saved(folder: Path) -> list[Strategy]:
    """Every version of every saved strategy, oldest first; nothing while there is no file."""
    query = "SELECT text FROM document WHERE kind='strategy' ORDER BY version"
    try:
        with closing(sqlite3.connect(f"file:{folder / FILE_NAME}?mode=ro", uri=True)) as database:
            texts = [row[0] for row in database.execute(query)]
    except sqlite3.Error:
        return []
    return [strategy_from_json(text, shipped_variables()) for text in texts]


def until_saved(folder: Path, display: VirtualDisplay, keys: list[str], count: int) -> None:
    """Press keys until there are so many versions: hands may be faster than the window."""
    for _attempt in range(5):
        take_keyboard(display)
        display.xdotool("key", "--delay", "60", *keys)
        with suppress(AssertionError):
            wait_until(lambda: len(saved(folder)) == count, "it is saved", within_s=6.0)
            return
    raise AssertionError(f"{len(saved(folder))} versions instead of {count}")


def test_the_seven_rules_are_loaded_changed_and_saved_by_hand_and_found_after_a_restart(
    tmp_path: Path, simulator: SimulatorProcess, virtual_display: VirtualDisplay
) -> None:
    with opened(tmp_path, simulator, virtual_display, "strategy") as program:
        # Nothing is open yet: the one action of the empty screen is reached by the keyboard.
        until_saved(tmp_path, virtual_display, ["ctrl+t", "ctrl+s"], 1)
        (first,) = saved(tmp_path)
        assert [rule.number for rule in first.rules] == [6, 4, 3, 7, 5, 2, 1]
        # The first rule has the keyboard: Enter edits its first number.
        until_saved(tmp_path, virtual_display, ["Return", "minus", "6", "Return", "ctrl+s"], 2)
        close(program, virtual_display)
    second = saved(tmp_path)[-1]
    crash = second.rule("crash").trigger
    assert isinstance(crash, Comparison)
    assert crash.right == Constant(-6.0)
    with opened(tmp_path, simulator, virtual_display, "strategy") as program:
        # What was saved last is open again: a change of it is its third version.
        wait_until(lambda: len(saved(tmp_path)) == 2, "the file is whole")
        until_saved(
            tmp_path,
            virtual_display,
            ["ctrl+shift+t", "Return", "minus", "7", "Return", "ctrl+s"],
            3,
        )
        close(program, virtual_display)
    crash = saved(tmp_path)[-1].rule("crash").trigger
    assert isinstance(crash, Comparison)
    assert crash.right == Constant(-7.0)
