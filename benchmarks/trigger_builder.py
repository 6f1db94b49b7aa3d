"""The trigger builder with fifty conditions: a keystroke and live figures, painted; beside a table.

    python -m benchmarks.trigger_builder [--json]

A figure is the median of one change until it is painted, synchronously: `keystroke` is another
digit in the property panel (checked, worded, laid out, painted), `figures` is every condition
with another value, `paint` the canvas alone. The preview follows 40 ms later and isn't counted.
The floor is a QTableWidget of fifty rows with five texts a row set anew and painted.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from typing import Final

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PyQt6.QtWidgets import QApplication, QTableWidget, QTableWidgetItem

from benchmarks.chart import medians
from benchmarks.result import Result, show, versions_of
from upbit_auto_trading.application.settings import SettingsService
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.expression import MAX_CONDITIONS, all_of, comparisons
from upbit_auto_trading.domain.first_comparison import first_comparison
from upbit_auto_trading.domain.rule import Role
from upbit_auto_trading.domain.trigger import Trigger
from upbit_auto_trading.presentation.screens.screen import Navigation, ScreenContext
from upbit_auto_trading.presentation.screens.trigger_screen import TriggerScreen
from upbit_auto_trading.presentation.theme import Theme, load_fonts
from upbit_auto_trading.presentation.viewmodels.settings import SettingsViewModel
from upbit_auto_trading.presentation.widgets.condition_looks import LiveLook

_RUNS: Final = 60
_NAMES: Final = ("rsi", "change", "macd", "close", "bollinger_percent_b", "cci", "volume", "mfi")
_COLUMNS: Final = 5


def builder() -> dict[str, float]:
    """Measure the screen without an exchange: what is typed doesn't wait for one."""
    settings = SettingsViewModel(SettingsService())
    screen = TriggerScreen(ScreenContext(Theme(), settings, lambda: 0.0, Navigation()))
    registry = shipped_variables()
    chosen = [
        first_comparison(registry[_NAMES[place % len(_NAMES)]], registry)
        for place in range(MAX_CONDITIONS)
    ]
    screen.editor.open(Trigger("t", "benchmark", all_of(*chosen), Role.ENTRY), None)
    screen.resize(1520, 4000)
    screen.show()
    QApplication.processEvents()
    canvas, editor = screen.bench.canvas, screen.editor
    node = comparisons(editor.root)[0].id
    editor.select(node)
    nodes = [one.id for one in comparisons(editor.root)]
    look = LiveLook("false", "false", "28.4", "< 30", "14:31", "1.6 to go", 0.3, 0.28)

    def typed(number: int) -> None:
        editor.fill(node, "left.parameters.period", 2 + number % 190)
        canvas.repaint()

    def told(number: int) -> None:
        shown = {one: replace(look, value=f"{number}.{place}") for place, one in enumerate(nodes)}
        canvas.show_live(shown, is_live=True)
        QApplication.processEvents()

    figures = medians("keystroke", _RUNS, typed)
    before = canvas.frames_painted
    figures |= medians("figures", _RUNS, told)
    if canvas.frames_painted - before < _RUNS:
        raise RuntimeError("figures were timed that weren't painted")
    figures |= medians("paint", _RUNS, lambda _number: canvas.repaint())
    screen.close()
    return figures


def table() -> dict[str, float]:
    """Measure what Qt's own table costs for as many texts."""
    rows = QTableWidget(MAX_CONDITIONS, _COLUMNS)
    rows.resize(900, 4000)
    rows.show()
    QApplication.processEvents()

    def set_anew(number: int) -> None:
        for row in range(MAX_CONDITIONS):
            for column in range(_COLUMNS):
                rows.setItem(row, column, QTableWidgetItem(f"{number} {row} {column}"))
        QApplication.processEvents()

    figures = medians("table", _RUNS, set_anew)
    rows.close()
    return figures


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.trigger_builder")
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    given = parser.parse_args(arguments)
    application = QApplication(sys.argv[:1])
    application.setStyle("Fusion")
    load_fonts()
    Theme().apply(application)
    figures, floor = builder(), table()
    ratio = {
        f"{name}_cpu_ms": round(floor["table_cpu_ms"] / figures[f"{name}_cpu_ms"], 2)
        for name in ("keystroke", "figures", "paint")
    }
    rounded = {name: round(ms, 3) for name, ms in figures.items()}
    beside = {name: round(ms, 3) for name, ms in floor.items()}
    result = Result("trigger_builder", rounded, beside, ratio, versions_of("PyQt6", "PyQt6-Qt6"))
    show(result, as_json=given.json)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
