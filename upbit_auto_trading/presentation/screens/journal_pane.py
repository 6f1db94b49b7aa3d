"""The journal: one timeline with filters; an entry opens with the values behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QTimer, pyqtSignal
from PyQt6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
)

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens import journal_words, refusal_words
from upbit_auto_trading.presentation.widgets.data_table import DataTable
from upbit_auto_trading.presentation.widgets.elided_text import ElidedText
from upbit_auto_trading.presentation.widgets.empty_state import EmptyState
from upbit_auto_trading.presentation.widgets.journal_list import JournalList
from upbit_auto_trading.presentation.widgets.pane import Pane
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upbit_auto_trading.domain.market import MarketInfo
    from upbit_auto_trading.domain.paper_account import TimelineEntry
    from upbit_auto_trading.domain.strategy import Strategy
    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.viewmodels.journal import JournalViewModel

_TYPING_MS: Final = 250


class JournalPane(Pane):
    """Shows a journal's view-model; `moment_wanted` asks for an entry's moment on the chart."""

    moment_wanted = pyqtSignal(str, object)
    export_pressed = pyqtSignal()

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "scroll-text", _("Journal"), _("why, and why not"))
        self._model: JournalViewModel | None = None
        self._names: Mapping[str, MarketInfo] = {}
        self._strategies: Mapping[str, Strategy] = {}
        self._shown: TimelineEntry | None = None
        self.kind = QComboBox()
        for key, words in journal_words.kinds():
            self.kind.addItem(words, key)
        self.kind.setAccessibleName(_("Kinds of entries"))
        self.search = QLineEdit()
        self.search.setPlaceholderText(_("Market, rule or word"))
        self.search.setAccessibleName(_("Find entries"))
        self.search.setClearButtonEnabled(True)
        self.flow = QPushButton(_("This flow only"))
        self.flow.setCheckable(True)
        self.flow.setToolTip(_("Everything that followed from the same tick"))
        self.csv = QPushButton("CSV")
        self.csv.setAccessibleName(_("Save the journal as CSV"))
        self.csv.setToolTip(self.csv.accessibleName())
        self.list = JournalList(theme, _("Journal"))
        self.empty = EmptyState(
            theme,
            "scroll-text",
            _("Nothing has happened yet"),
            _("Start a strategy on paper: every decision stands here with its reasons."),
        )
        self._record = QFrame()
        self._record.setObjectName("pane")
        self._heading = Text(theme, "control-strong")
        self._facts = ElidedText(theme, "small", "text-3").shrink()
        self.values = DataTable(theme, _("Values at that moment"), journal_words.value_columns())
        self.values.setMinimumHeight(120)
        self.chart_button = QPushButton(" " + _("Show on the chart"))
        self.chart_button.setAccessibleName(_("Show on the chart"))
        self.chart_button.setIcon(theme.icon("chart-candlestick", "text-2", 13))
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPING_MS)
        self._assemble()
        self._connect()

    def attach(self, model: JournalViewModel, names: Mapping[str, MarketInfo]) -> None:
        """Show this journal."""
        self._model, self._names = model, names
        model.changed.connect(self._changed)
        self._changed()

    def detach(self) -> None:
        """Show nothing."""
        self._model, self._shown = None, None
        self.list.show_rows([])
        self._record.hide()

    def use_strategies(self, strategies: Mapping[str, Strategy]) -> None:
        """Name rules by these strategies."""
        if strategies != self._strategies:
            self._strategies = strategies
            self._changed()

    def use_names(self, names: Mapping[str, MarketInfo]) -> None:
        """Name markets by these."""
        if names != self._names:
            self._names = names
            self._changed()

    def show_only(self, *, correlation: str = "", kind: str = "", text: str = "") -> None:
        """Set the filters where another screen asks for it."""
        self.kind.setCurrentIndex(max(0, self.kind.findData(kind)))
        self.search.setText(text)
        self.flow.setChecked(bool(correlation))
        if self._model is not None:
            self._model.show(
                correlation=correlation, kinds=frozenset({kind} if kind else ()), text=text
            )

    def _changed(self) -> None:
        model = self._model
        if model is None:
            return
        rows = [
            journal_words.journal_row(entry, self._names, self._strategies)
            for entry in model.entries
        ]
        self.list.show_rows(rows)
        has_rows = bool(rows)
        self.list.setVisible(has_rows)
        self.empty.setVisible(not has_rows and not model.is_loading)
        if not has_rows:
            self._show_empty(model)
        if model.trouble is not None:
            self.show_detail(refusal_words.trouble_words(model.trouble.code))
        elif model.is_loading:
            self.show_detail(_("Loading…"))
        else:
            count = len(rows)
            more = "" if model.is_complete else "+"
            self.show_detail(_("why, and why not · {n}{more}").format(n=count, more=more))

    def _show_empty(self, model: JournalViewModel) -> None:
        wanted = model.wanted
        if wanted.kinds or wanted.text or wanted.correlation:
            self.empty.show_words(
                _("Nothing matches"), _("Take a filter away: kind, words, or this flow only.")
            )
        else:
            self.empty.show_words(
                _("Nothing has happened yet"),
                _("Start a strategy on paper: every decision stands here with its reasons."),
            )

    def _chosen(self, key: int) -> None:
        model = self._model
        entry = next((one for one in model.entries if one.id == key), None) if model else None
        self._shown = entry
        self._record.setVisible(entry is not None)
        if entry is None:
            return
        row = journal_words.journal_row(entry, self._names, self._strategies)
        self._heading.show_text(row.title)
        self._facts.show_text(
            _("{time} in Korea · record {record}").format(
                time=row.time, record=entry.correlation or entry.id
            )
        )
        self._facts.setToolTip(row.text)
        values = journal_words.value_rows(entry, self._strategies)
        self.values.setVisible(bool(values))
        self.values.show_rows(values)
        self.chart_button.setEnabled(bool(entry.market))
        self.flow.setEnabled(bool(entry.correlation) or self.flow.isChecked())

    def _filter(self) -> None:
        if self._model is None:
            return
        kind = str(self.kind.currentData())
        correlation = ""
        if self.flow.isChecked():
            correlation = self._model.wanted.correlation or (
                self._shown.correlation if self._shown is not None else ""
            )
        self._model.show(
            kinds=frozenset({kind} if kind else ()),
            text=self.search.text().strip(),
            correlation=correlation,
        )

    def _show_moment(self) -> None:
        if self._shown is not None and self._shown.market:
            self.moment_wanted.emit(self._shown.market, self._shown.ms)

    def _end_reached(self) -> None:
        if self._model is not None:
            self._model.load_more()

    def _connect(self) -> None:
        self.kind.currentIndexChanged.connect(self._filter)
        self.search.textChanged.connect(self._typing.start)
        self._typing.timeout.connect(self._filter)
        self.flow.toggled.connect(self._filter)
        self.csv.clicked.connect(self.export_pressed)
        self.list.row_chosen.connect(self._chosen)
        self.list.end_reached.connect(self._end_reached)
        self.chart_button.clicked.connect(self._show_moment)

    def _assemble(self) -> None:
        self.add_control(self.csv)
        filters = QHBoxLayout()
        filters.setContentsMargins(8, 6, 8, 6)
        filters.setSpacing(6)
        filters.addWidget(self.kind)
        filters.addWidget(self.search, 1)
        inside = QVBoxLayout(self._record)
        inside.setContentsMargins(10, 8, 10, 8)
        inside.setSpacing(6)
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        buttons.addWidget(self.chart_button)
        buttons.addWidget(self.flow)
        buttons.addStretch(1)
        inside.addWidget(self._heading)
        inside.addWidget(self._facts)
        inside.addWidget(self.values, 1000)
        inside.addLayout(buttons)
        inside.addStretch(1)
        self._record.hide()
        self.flow.setEnabled(False)
        self.body.addLayout(filters)
        self.body.addWidget(self.list, 3)
        self.body.addWidget(self.empty, 3)
        self.body.addWidget(self._record, 2)
