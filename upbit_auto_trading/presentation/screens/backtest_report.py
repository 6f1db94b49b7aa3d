"""A result on screen: assumptions first, then figures, worth, trades, rules and months."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLineEdit, QSplitter, QVBoxLayout, QWidget

from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens import backtest_rows, backtest_words
from upbit_auto_trading.presentation.screens.assumption_words import assumption_looks
from upbit_auto_trading.presentation.widgets.assumption_list import AssumptionList
from upbit_auto_trading.presentation.widgets.data_table import Cell, DataTable, Row
from upbit_auto_trading.presentation.widgets.equity_plot import EquityPlot
from upbit_auto_trading.presentation.widgets.metric_tile import MetricRow
from upbit_auto_trading.presentation.widgets.pane import Pane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.viewmodels.backtest import FinishedRun

_LEFT: Final = 270


class BacktestReportView(QWidget):
    """Passive but for wording: shows a run, tells what of it the user wants to see elsewhere."""

    moment_wanted = pyqtSignal(str, object)
    run_chosen = pyqtSignal(int)
    run_compared = pyqtSignal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run: FinishedRun | None = None
        self._others: Sequence[FinishedRun] = ()
        self.assumptions = AssumptionList(theme, _("Assumptions"))
        self.metrics = MetricRow(theme)
        self.plot = EquityPlot(theme, _("Worth and drawdown"))
        self.trades = DataTable(theme, _("Round trips"), backtest_rows.trade_columns())
        self.rules = DataTable(theme, _("What each rule did"), backtest_rows.rule_columns())
        self.months = DataTable(theme, _("Months"), backtest_rows.month_columns())
        self.runs = DataTable(theme, _("Runs"), backtest_rows.run_columns())
        self.search = QLineEdit()
        self.search.setPlaceholderText(_("Rule or date"))
        self.search.setAccessibleName(_("Find trades by rule or date"))
        self.search.setClearButtonEnabled(True)
        self.search.setFixedWidth(130)
        self._plot_pane = Pane(theme, "trending-up", _("Worth and drawdown"))
        self._trade_pane = Pane(theme, "table", _("Round trips"))
        self._assemble(theme)
        self._connect()

    def show_run(
        self, run: FinishedRun, others: Sequence[FinishedRun], runs: Sequence[FinishedRun]
    ) -> None:
        """Show a run with others drawn beside it, and which runs there are."""
        is_new = self._run is None or self._run.result is not run.result
        is_drawn_anew = is_new or list(others) != list(self._others)
        self._run, self._others = run, tuple(others)
        self.rules.show_rows(backtest_rows.rule_rows(run))
        self._show_runs(runs)
        if is_new:
            self.assumptions.show_rows(assumption_looks(run.result))
            self.metrics.show_metrics(backtest_words.metrics(run.result))
            self.months.show_rows(backtest_rows.month_rows(run.result))
            self._show_trades()
        if is_drawn_anew:
            self.plot.show_look(backtest_rows.equity_look(run, others))
            self._show_moment(None)

    def _show_runs(self, runs: Sequence[FinishedRun]) -> None:
        compared = {run.number for run in self._others}
        shown = self._run.number if self._run is not None else None
        rows = []
        for run, words in zip(runs, backtest_words.run_titles(runs), strict=True):
            profit, drawdown, _trades = backtest_words.run_figures(run)
            figures = run.result.figures
            mark = "eye" if run.number in compared else "eye-off"
            is_shown = run.number == shown
            icon = Cell("", "text-1", icon="check" if is_shown else mark)
            title = Cell(words, "text-1" if is_shown else "text-2")
            rows.append(
                Row(
                    run.number,
                    (
                        icon,
                        title,
                        Cell(profit, backtest_words.direction(figures.profit_percent)),
                        Cell(drawdown, "text-2"),
                    ),
                    ground="bg2" if is_shown else "",
                )
            )
        self.runs.show_rows(rows)

    def _show_trades(self) -> None:
        if self._run is None:
            return
        rows = backtest_rows.trade_rows(self._run.result, self.search.text())
        self.trades.show_rows(rows)
        self.trades.show_message(
            _("No round trip fits the search.")
            if self.search.text()
            else _("Nothing was bought and sold again in this period.")
        )
        self._trade_pane.show_detail(
            _("{n} · Enter or double-click shows one on the chart").format(n=len(rows))
        )

    def _show_moment(self, moment: int | None) -> None:
        run = self._run
        if run is None:
            return
        curves = run.result.curves
        place = len(curves.ms) - 1
        if moment is not None:
            place = min(int(curves.ms.searchsorted(moment)), place)
        if place < 0:
            return
        self._plot_pane.show_detail(
            _("{time}: {worth}, holding {hold}, below its peak {fall}").format(
                time=backtest_words.minute(int(curves.ms[place])),
                worth=formatting.number(float(curves.equity[place]), 0),
                hold=formatting.number(float(curves.hold[place]), 0),
                fall=formatting.percent(float(curves.drawdown[place]) / 100),
            )
        )

    def _trade_wanted(self, number: int) -> None:
        if self._run is not None:
            trip = self._run.result.trips[number - 1]
            self.moment_wanted.emit(self._run.result.market, trip.opened_ms)

    def _moment_chosen(self, moment: int) -> None:
        if self._run is not None:
            self.moment_wanted.emit(self._run.result.market, moment)

    def _run_row_chosen(self, number: int) -> None:
        self.run_chosen.emit(number)

    def _connect(self) -> None:
        self.search.textChanged.connect(self._show_trades)
        self.trades.row_opened.connect(self._trade_wanted)
        self.plot.moment_pointed.connect(self._show_moment)
        self.plot.moment_chosen.connect(self._moment_chosen)
        self.runs.row_opened.connect(self._run_row_chosen)
        self.runs.clicked.connect(self._run_cell_clicked)

    def _run_cell_clicked(self, index: object) -> None:
        number = self.runs.chosen_key()
        column = index.column() if hasattr(index, "column") else 1
        if number is None:
            return
        if column == 0:
            self.run_compared.emit(number)
        else:
            self.run_chosen.emit(number)

    def _assemble(self, theme: Theme) -> None:
        first = Pane(theme, "circle-check", _("Assumptions"), _("read them before the result"))
        first.body.addWidget(self.assumptions)
        runs = Pane(theme, "layers", _("Runs"), _("the eye draws one beside the other"))
        runs.body.addWidget(self.runs)
        left = QSplitter(Qt.Orientation.Vertical)
        left.addWidget(first)
        left.addWidget(runs)
        left.setStretchFactor(0, 5)
        left.setStretchFactor(1, 2)
        left.setFixedWidth(_LEFT)
        self._plot_pane.body.addWidget(self.plot)
        self._trade_pane.add_control(self.search)
        self._trade_pane.body.addWidget(self.trades)
        rules = Pane(theme, "layers-2", _("What each rule did"))
        rules.body.addWidget(self.rules)
        months = Pane(theme, "calendar", _("Months"), _("days begin at 09:00 in Korea"))
        months.body.addWidget(self.months)
        right = QSplitter(Qt.Orientation.Vertical)
        right.addWidget(rules)
        right.addWidget(months)
        right.setStretchFactor(0, 5)
        right.setStretchFactor(1, 2)
        # A stretch factor counts only once the panes have had the sizes they ask for.
        right.setSizes([500, 200])
        lower = QSplitter(Qt.Orientation.Horizontal)
        lower.addWidget(self._trade_pane)
        lower.addWidget(right)
        lower.setStretchFactor(0, 3)
        lower.setStretchFactor(1, 2)
        centre = QSplitter(Qt.Orientation.Vertical)
        centre.addWidget(self._plot_pane)
        centre.addWidget(lower)
        centre.setStretchFactor(0, 3)
        centre.setStretchFactor(1, 4)
        for splitter in (left, right, lower, centre):
            splitter.setHandleWidth(4)
            splitter.setChildrenCollapsible(False)
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.metrics)
        column.addWidget(centre, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(left)
        row.addLayout(column, 1)
