"""The sweep: two numbers of the seven rules tried against each other, drawn as a grid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QPushButton,
    QSpinBox,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens import sweep_words
from upbit_auto_trading.presentation.widgets.elided_text import ElidedText
from upbit_auto_trading.presentation.widgets.empty_state import EmptyState
from upbit_auto_trading.presentation.widgets.heat_grid import HeatGrid
from upbit_auto_trading.presentation.widgets.pane import Pane
from upbit_auto_trading.presentation.widgets.segmented import Segmented
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.viewmodels.sweep import Sweep

MOST_VALUES: Final = 12
_WHOLE: Final = ("rsi_period", "up_max", "down_max")


class _Axis(QWidget):
    """One parameter: which, from, to, how many values."""

    changed = pyqtSignal()

    def __init__(self, theme: Theme, label: str, chosen: str) -> None:
        super().__init__()
        self.name = QComboBox()
        for key, words in sweep_words.parameter_names().items():
            self.name.addItem(words, key)
        self.name.setCurrentIndex(self.name.findData(chosen))
        self.low, self.high, self.count = QDoubleSpinBox(), QDoubleSpinBox(), QSpinBox()
        for box, words in ((self.low, _("from")), (self.high, _("to"))):
            box.setRange(0, 100_000)
            box.setDecimals(2)
            box.setAccessibleName(f"{label}: {words}")
            box.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
            box.setFixedWidth(72)
            box.valueChanged.connect(self.changed)
        self.count.setRange(1, MOST_VALUES)
        self.count.setAccessibleName(_("{axis}: how many values").format(axis=label))
        self.count.valueChanged.connect(self.changed)
        self.name.setAccessibleName(label)
        self.name.currentIndexChanged.connect(self._take_usual)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(Text(theme, "small", "text-3", label))
        row.addWidget(self.name)
        row.addWidget(self.low)
        row.addWidget(Text(theme, "small", "text-3", "~"))
        row.addWidget(self.high)
        row.addWidget(self.count)
        row.addWidget(Text(theme, "small", "text-3", _("values")))
        self._take_usual()

    def values(self) -> tuple[str, list[float]]:
        """The parameter and the values tried, evenly spread; whole where it counts something."""
        key = str(self.name.currentData())
        spread = np.linspace(self.low.value(), self.high.value(), self.count.value())
        rounded = [
            round(float(value)) if key in _WHOLE else round(float(value), 4) for value in spread
        ]
        return key, list(dict.fromkeys(float(value) for value in rounded))

    def _take_usual(self) -> None:
        low, high, count = sweep_words.usual_ranges()[str(self.name.currentData())]
        self.low.setValue(low)
        self.high.setValue(high)
        self.count.setValue(count)
        self.changed.emit()


class SweepPane(Pane):
    """Passive but for wording: takes two axes, shows a sweep."""

    run_pressed = pyqtSignal()
    cancel_pressed = pyqtSignal()
    pair_opened = pyqtSignal(float, float)

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "table", _("Sweep"), _("two numbers of the seven rules tried"))
        self._sweep: Sweep | None = None
        self._chosen: tuple[float, float] | None = None
        self._measure = sweep_words.MEASURES[0]
        self.across = _Axis(theme, _("Across"), "rsi_level")
        self.down = _Axis(theme, _("Down"), "trail_drop_pct")
        self.grid = HeatGrid(theme, _("Result of each pair"))
        self.measure = Segmented(_("Show"), sweep_words.measure_names())
        self.measure.show_value(self._measure)
        self.run_button = QPushButton(_("Try them"))
        self.run_button.setObjectName("primary")
        self.cancel_button = QPushButton(_("Cancel"))
        self.state = ElidedText(theme, "small", "text-2").shrink()
        self.words = Text(theme, "control", "text-2")
        self.words.setWordWrap(True)
        self.open_button = QPushButton(_("Backtest with these values"))
        self.empty = EmptyState(
            theme,
            "table",
            _("Nothing tried yet"),
            _(
                "Choose two numbers and their ranges. Every pair is backtested on the market and "
                "period above, spread over the processors of this machine."
            ),
        )
        self._pages = QStackedWidget()
        self._assemble()
        self.show_running(None)
        self.run_button.clicked.connect(self.run_pressed)
        self.cancel_button.clicked.connect(self.cancel_pressed)
        self.measure.chosen.connect(self._measure_chosen)
        self.across.changed.connect(self._count)
        self.down.changed.connect(self._count)
        self.grid.cell_chosen.connect(self._cell_chosen)
        self.grid.cell_opened.connect(self._cell_opened)
        self.open_button.clicked.connect(self._open_pressed)
        self._count()

    def grid_wanted(self) -> dict[str, list[float]]:
        """The values to try, by parameter: across first. One entry where both are the same."""
        return dict((self.across.values(), self.down.values()))

    def show_sweep(self, sweep: Sweep | None) -> None:
        """Show what is known of a sweep."""
        self._sweep = sweep
        self._pages.setCurrentIndex(0 if sweep is None else 1)
        if sweep is not None:
            self.grid.show_look(sweep_words.heat_look(sweep, self._measure))

    def show_running(self, text: str | None) -> None:
        """Show how far it is; None while nothing is underway."""
        self.run_button.setVisible(text is None)
        self.cancel_button.setVisible(text is not None)
        self.state.show_text(text or "", "text-2")

    def show_problem(self, text: str) -> None:
        """Say what is wrong."""
        self.state.show_text(text, "bad")

    def _count(self) -> None:
        (one, columns), (other, rows) = self.across.values(), self.down.values()
        if one == other:
            self.show_problem(_("Choose two different numbers."))
        else:
            self.state.show_text(_("{n} combinations").format(n=len(columns) * len(rows)), "text-3")
        self.run_button.setEnabled(one != other)

    def _measure_chosen(self, measure: str) -> None:
        self._measure = measure
        self.show_sweep(self._sweep)

    def _pair(self, column: int, row: int) -> tuple[float, float] | None:
        sweep = self._sweep
        return None if sweep is None else (sweep.columns[column], sweep.rows[row])

    def _cell_chosen(self, column: int, row: int) -> None:
        pair, sweep = self._pair(column, row), self._sweep
        if pair is None or sweep is None or pair not in sweep.results:
            return
        names = sweep_words.parameter_names()
        self._chosen = pair
        self.words.show_text(
            f"{names[sweep.names[0]]} {pair[0]:g}, {names[sweep.names[1]]} {pair[1]:g} — "
            f"{sweep_words.result_words(sweep.results[pair])}"
        )
        self.open_button.setEnabled(True)

    def _cell_opened(self, column: int, row: int) -> None:
        pair = self._pair(column, row)
        if pair is not None:
            self.pair_opened.emit(*pair)

    def _open_pressed(self) -> None:
        if self._chosen is not None:
            self.pair_opened.emit(*self._chosen)

    def _assemble(self) -> None:
        self.open_button.setEnabled(False)
        head = QHBoxLayout()
        head.setContentsMargins(10, 8, 10, 8)
        head.setSpacing(18)
        head.addWidget(self.across)
        head.addWidget(self.down)
        head.addWidget(self.state, 1)
        head.addWidget(self.cancel_button)
        head.addWidget(self.run_button)
        shown = QWidget()
        column = QVBoxLayout(shown)
        column.setContentsMargins(10, 0, 10, 10)
        column.setSpacing(8)
        column.addWidget(self.measure, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.grid, 1)
        foot = QHBoxLayout()
        foot.addWidget(self.words, 1)
        foot.addWidget(self.open_button)
        column.addLayout(foot)
        self._pages.addWidget(self.empty)
        self._pages.addWidget(shown)
        self.body.addLayout(head)
        self.body.addWidget(self._pages, 1)
