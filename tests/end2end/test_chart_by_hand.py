"""The chart in a real window: lines drawn, zoomed, scrolled back, another timeframe.

What the hands did is read from outside: the lines that were kept, the candles that were stored,
the streams the exchange was asked for.
"""

import json
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.end2end.on_screen import at_hand, close, window_of
from tests.end2end.program import DesktopProgram, wait_until
from tests.simulator_process import SimulatorProcess
from tests.virtual_display import VirtualDisplay

SimulatorStarter = Callable[..., SimulatorProcess]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Xvfb and xdotool are Linux's")

LEFT, RIGHT, ROW = 600, 900, 430
# From LEFT to RIGHT a chart without its past covers twelve minutes, one with it more than thirty.
A_SHORT_PAST_MS = 20 * 60_000


class ChartByHand:
    """One running program whose chart is used with mouse and keys."""

    def __init__(
        self, folder: Path, exchange: SimulatorProcess, display: VirtualDisplay, window: str
    ) -> None:
        self._folder = folder
        self._exchange = exchange
        self._display = display
        self.window = window

    def click(self, x: int, y: int) -> None:
        self._display.xdotool("mousemove", "--window", self.window, str(x), str(y), "click", "1")

    def wheel(self, turns: int) -> None:
        self._display.xdotool("click", "--repeat", str(turns), "--delay", "40", "4")

    def keys(self, *names: str) -> None:
        self._display.xdotool("key", "--window", self.window, "--delay", "40", *names)

    def type(self, text: str) -> None:
        self._display.xdotool("type", "--delay", "40", text)

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The lines the program has kept."""
        path = self._folder / "settings.sqlite3"
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as kept:
            row = kept.execute("SELECT value FROM setting WHERE name = 'drawings'").fetchone()
        kept.close()
        found: list[dict[str, Any]] = json.loads(row[0]) if row else []
        return found

    @property
    def stored(self) -> int:
        """How many minutes of the chart's market the program has kept."""
        path = next(self._folder.rglob("market_data.sqlite3"), None)
        if path is None:
            return 0
        query = "SELECT count(*) FROM candle WHERE market = 'KRW-BTC' AND timeframe = '1m'"
        with (
            suppress(sqlite3.OperationalError),  # it is being made
            closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as kept,
        ):
            return int(kept.execute(query).fetchone()[0])
        return 0

    @property
    def candle_channels(self) -> set[str]:
        url = f"{self._exchange.rest_url}/simulator/subscriptions"
        answer = requests.get(url, timeout=5).json()
        return {
            listed["type"]
            for connection in answer
            for listed in connection["subscriptions"]
            if listed["type"].startswith("candle.")
        }

    def draw(self, keys: str, *places: tuple[int, int]) -> dict[str, Any]:
        """Draw a line through places and return it as it was kept.

        Hands may be faster than the window, but each attempt waits for what it has begun: two at
        once would end each other's lines.
        """
        before = len(self.lines)
        for _attempt in range(6):
            self.keys("Escape")
            self.keys(keys)
            for x, y in places:
                self.click(x, y)
            with suppress(AssertionError):
                wait_until(lambda: len(self.lines) > before, "a line is drawn", within_s=10.0)
                return self.lines[-1]
        raise AssertionError(f"no line was drawn with {keys}")

    def draw_on_the_past(self, keys: str, *places: tuple[int, int]) -> dict[str, Any]:
        """Draw until two lines in a row cover the same time, of a chart that shows its past.

        Before that its few candles are wide, and what arrives between two presses moves it.
        """
        drawn = [self.draw(keys, *places)]

        def is_alike() -> bool:
            drawn.append(self.draw(keys, *places))
            before, now = map(_span, drawn[-2:])
            return now > A_SHORT_PAST_MS and now == pytest.approx(before, rel=0.02)

        wait_until(is_alike, "the chart shows its past and rests", within_s=60.0)
        return drawn[-1]


def test_lines_zoom_history_and_timeframes_by_hand(
    tmp_path: Path, simulator_process: SimulatorStarter, virtual_display: VirtualDisplay
) -> None:
    exchange = simulator_process("--seed", "5")
    address = ("--rest-url", exchange.rest_url, "--ws-url", exchange.ws_url)
    program = DesktopProgram(
        tmp_path, *address, "--lang", "en", environment={**virtual_display.environment}
    )
    with at_hand(program, virtual_display):
        window = window_of(virtual_display)
        chart = ChartByHand(tmp_path, exchange, virtual_display, window)
        wait_until(lambda: "candle.1m" in chart.candle_channels, "the chart is live")
        wait_until(lambda: chart.stored > 150, "the past has come")
        wide = chart.draw_on_the_past("alt+t", (LEFT, ROW), (RIGHT, ROW - 40))
        assert wide["kind"] == "trend"
        chart.click(LEFT - 100, ROW + 60)
        chart.wheel(4)
        narrow = chart.draw("alt+t", (LEFT, ROW - 60), (RIGHT, ROW - 100))
        assert 0 < _span(narrow) < 0.8 * _span(wide)

        chart.keys(*["Left"] * 30)
        past = chart.draw("alt+h", (RIGHT, ROW - 20))
        assert past["kind"] == "horizontal"
        assert past["points"][0][0] < narrow["points"][0][0]
        count = len(chart.lines)
        chart.keys("Delete")
        wait_until(lambda: len(chart.lines) == count - 1, "the chosen line is deleted")

        chart.keys("ctrl+k")
        chart.type("5m")
        chart.keys("Return")
        wait_until(lambda: "candle.5m" in chart.candle_channels, "the timeframe is switched")
        close(program, virtual_display)


def _span(line: dict[str, Any]) -> int:
    """How much time a trend line covers, in ms."""
    first, last = (point[0] for point in line["points"])
    return int(last - first)
