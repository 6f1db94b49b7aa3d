"""The program with somebody beside it who says what is on its screen; hands stay outside.

A line of JSON on standard input asks, a line on standard output answers: {"find": words} the
middle of the control with those words, {"see": null} every word in sight and the marks that are
painted on the chart.
"""

import json
import sys
import threading
from collections.abc import Iterator
from typing import Any

from PyQt6.QtCore import QAbstractItemModel, QAbstractListModel, pyqtSignal
from PyQt6.QtWidgets import QAbstractButton, QAbstractItemView, QLabel, QWidget

from upbit_auto_trading import bootstrap
from upbit_auto_trading.presentation.main_window import MainWindow
from upbit_auto_trading.presentation.widgets.text import Text


def middle_of(window: QWidget, words: str) -> list[int] | None:
    for button in window.findChildren(QAbstractButton):
        is_it = words in (button.text().strip(), button.accessibleName())
        if is_it and button.isVisible() and button.isEnabled():
            point = button.mapToGlobal(button.rect().center())
            return [point.x(), point.y()]
    return None


def words_in_sight(window: QWidget) -> Iterator[str]:
    for part in window.findChildren(QWidget):
        if not part.isVisible():
            continue
        if isinstance(part, QLabel | Text):
            yield part.text()
        elif isinstance(part, QAbstractItemView):
            model = part.model()
            if model is not None:
                yield from rows_of(model)


def rows_of(model: QAbstractItemModel) -> Iterator[str]:
    # A list's model has one column and keeps that to itself.
    columns = 1 if isinstance(model, QAbstractListModel) else model.columnCount()
    for row in range(min(model.rowCount(), 60)):
        cells = (model.index(row, column).data() for column in range(columns))
        yield " | ".join(str(cell) for cell in cells if cell)


def answer(window: MainWindow, asked: dict[str, Any]) -> Any:
    if "find" in asked:
        return middle_of(window, asked["find"])
    painted = window.chart_screen.chart.plot.markers._drawn
    return {
        "words": [words for words in words_in_sight(window) if words],
        "marks": [mark.kind.value for _x, _y, mark in painted]
        if window.chart_screen.isVisible()
        else [],
    }


class SeenWindow(MainWindow):
    """The program's window, which answers."""

    _asked = pyqtSignal(str)

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._asked.connect(self._answer)
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        for line in sys.stdin:
            self._asked.emit(line)

    def _answer(self, line: str) -> None:
        sys.stdout.write(json.dumps(answer(self, json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    from upbit_auto_trading.presentation import app

    setattr(app, "MainWindow", SeenWindow)  # noqa: B010 -- the program's own window, with an answer
    sys.exit(bootstrap.main(sys.argv[1:]))
