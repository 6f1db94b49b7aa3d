"""Paper trading in the real window: a scenario's button, a rule that fires, what shows it."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.end2end.on_screen import at_hand
from tests.end2end.program import ROOT, wait_until
from tests.end2end.test_headless_paper import seven_rules_that_enter_at_once
from tests.virtual_display import VirtualDisplay
from upbit_auto_trading.domain.expression import Comparison, Constant
from upbit_auto_trading.domain.strategy import Strategy
from upbit_auto_trading.domain.strategy_json import strategy_to_json

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Xvfb and xdotool are Linux's")


_LOOK = threading.Event()


class SeenProgram:
    """The program whose screen is read; everything done to it comes from mouse and keys."""

    def __init__(self, display: VirtualDisplay, *arguments: str) -> None:
        self._display = display
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.end2end.seen_window", *arguments],
            cwd=ROOT,
            env={**os.environ, **display.environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def see(self) -> dict[str, Any]:
        """Every word in sight (`words`) and the marks painted on the chart (`marks`)."""
        seen: dict[str, Any] = self._ask(see=None)
        return seen

    def sees(self, *words: str) -> bool:
        """Whether one line in sight has all these words."""
        return any(all(word in line for word in words) for line in self.see()["words"])

    def wait_for(self, *words: str) -> None:
        """Wait until one line in sight has all these words."""
        try:
            wait_until(lambda: self.sees(*words), " … ".join(words))
        except AssertionError as error:
            raise AssertionError(f"{error}; in sight: {self.see()['words']}") from None

    def press(self, words: str) -> None:
        """Click on the button with these words once it stands still where it can be clicked."""
        places: list[Any] = [None]

        def rests() -> bool:
            places.append(self._ask(find=words))
            return places[-1] is not None and places[-1] == places[-2]

        wait_until(rests, f"the button {words}")
        x, y = places[-1]
        self._display.xdotool("mousemove", str(x), str(y), "click", "1")

    def _ask(self, **question: Any) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        _LOOK.wait(0.2)  # a window that only answers paints nothing
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the program ended"
        return json.loads(line)


def seven_rules_in_a_hurry() -> Strategy:
    """The seven rules, entering at once; one per cent down is a crash, after six seconds."""
    strategy = seven_rules_that_enter_at_once()
    crash = strategy.rule("crash")
    assert isinstance(crash.trigger, Comparison)
    return strategy.with_rule(replace(crash, trigger=replace(crash.trigger, right=Constant(-1.0))))


@contextmanager
def opened(folder: Path, display: VirtualDisplay) -> Iterator[SeenProgram]:
    """The demo, which alone has scenarios, on its strategy screen."""
    strategy = folder / "strategy.json"
    strategy.write_text(strategy_to_json(seven_rules_in_a_hurry()), "utf-8")
    program = SeenProgram(
        display,
        *("--demo", "--data-dir", str(folder / "data")),
        *("--strategy", str(strategy), "--lang", "en"),
    )
    with at_hand(program, display):
        yield program


@pytest.mark.timeout(240)
def test_a_crash_by_its_button_is_sold_marked_booked_and_explained(
    tmp_path: Path, virtual_display: VirtualDisplay
) -> None:
    with opened(tmp_path, virtual_display) as program:
        program.press("Start on paper")
        program.wait_for("running on paper")
        program.press("Account")
        program.wait_for("▲ buy", "RSI")
        program.press("Subscriptions")
        program.press("Faults")
        program.press("Crash")
        program.press("Account")
        program.wait_for("▼ sell", "Crash detection")
        program.wait_for("Crash detection — sold")
        assert program.sees("Crash detection — orders")
        program.wait_for("filled 2")
        assert not program.sees("10,000,000 KRW")
        program.press("Chart")
        wait_until(lambda: {"buy", "sell"} <= set(program.see()["marks"]), "the chart marks both")
