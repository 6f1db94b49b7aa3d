"""The left side of the metrics screen: the streams with search and filter, causes, guesses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens import metrics_panel_words as panel_words
from upbit_auto_trading.presentation.screens import metrics_words as words
from upbit_auto_trading.presentation.viewmodels.metrics_overview import Shown
from upbit_auto_trading.presentation.widgets.data_table import Column, DataTable
from upbit_auto_trading.presentation.widgets.metrics_causes import CauseBars
from upbit_auto_trading.presentation.widgets.metrics_pane import MetricsPane
from upbit_auto_trading.presentation.widgets.metrics_streams import StreamLook, StreamTable

if TYPE_CHECKING:
    from collections.abc import Callable

    from PyQt6.QtGui import QResizeEvent

    from upbit_auto_trading.domain.feed_sample import FeedSample
    from upbit_auto_trading.presentation.portions import Portions
    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.viewmodels.metrics_overview import MetricsOverview

_BOTTOM_HEIGHT: Final = 164
_ROOM_FOR_ALL: Final = 720
_GIVES_WAY: Final = (1, 4)
"""Columns of what was subscribed ahead that are left out where the list is narrower."""


class MetricsStreamList(QWidget):
    """Passive: shows what a view-model lists; `filter_changed` carries words and a `Shown`."""

    filter_changed = pyqtSignal(str, object)
    stream_opened = pyqtSignal(object)

    def __init__(self, theme: Theme, name_of: Callable[[str], str]) -> None:
        super().__init__()
        self._name_of = name_of
        titles = (
            _("Market's name"),
            _("Kind"),
            _("Used by"),
            _("Wanted·sent·live"),
            _("Age"),
            _("Msg/s"),
            _("Swap ms"),
            _("Source"),
            _("Why this way"),
        )
        self.table = StreamTable(theme, _("Streams"), titles)
        self._pane = MetricsPane(theme, _("Streams"), icon="radio")
        self._search = QLineEdit()
        self._shown = QComboBox()
        self._causes = CauseBars(theme, _("Fallbacks by cause"))
        self._causes_pane = MetricsPane(theme, _("Fallback causes"), icon="git-branch")
        self._guesses = DataTable(theme, _("Subscribed ahead"), _guess_columns())
        self._guesses.show_message(
            _("Nothing yet. A market on which the pointer rests is subscribed ahead.")
        )
        self._bottom = QWidget()
        self._guess_pane = MetricsPane(theme, _("Subscribed ahead"), icon="lightbulb")
        self._assemble()
        self.table.stream_opened.connect(self.stream_opened)
        self._search.textChanged.connect(self._tell_filter)
        self._shown.currentIndexChanged.connect(self._tell_filter)

    def search(self, query: str, shown: Shown | None = None) -> None:
        """Fill the search field, and choose what is listed."""
        if shown is not None:
            self._shown.setCurrentIndex(list(Shown).index(shown))
        self._search.setText(query)

    def show_streams(self, overview: MetricsOverview, portions: Portions | None = None) -> None:
        """Show the streams listed, and how many there are how far; `portions` spreads the rows."""
        views = overview.listed()
        self.table.show_rows(
            [view.row.stream for view in views],
            lambda place: words.stream_look(
                views[place], overview.way_of(views[place]), self._name_of
            ),
            None if portions is None else portions.put,
        )
        if overview.readings is not None:
            self._pane.show_detail(words.counts(overview.readings.sample))

    def show_bottom(self, overview: MetricsOverview, sample: FeedSample) -> None:
        """Show why REST had to answer, and what subscribing ahead brought."""
        counts = overview.service.fallbacks_between(max(600.0, overview.span_s))
        self._causes.show_causes(panel_words.causes(counts))
        guesses = sample.guesses
        self._guesses.show_rows(
            panel_words.guesses(guesses.by_market, is_off=guesses.is_off, name_of=self._name_of)
        )
        self._guess_pane.show_detail(
            _("{n} guesses · saved {s} · right {share}").format(
                n=guesses.made,
                s=words.seconds(guesses.saved_ms / 1000),
                share=words.share(guesses.recent_rate),
            )
        )

    def clear(self) -> None:
        """Show nothing of any exchange."""
        self.table.show_rows([], _nothing)
        self._guesses.show_rows([])

    def set_compact(self, *, compact: bool) -> None:
        """Give way to a narrow window."""
        self._bottom.setVisible(not compact)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 -- Qt's name
        """Keep the names of what was subscribed ahead: rank and time saved give way first."""
        super().resizeEvent(event)
        for column in _GIVES_WAY:
            self._guesses.setColumnHidden(column, self.width() < _ROOM_FOR_ALL)

    def _tell_filter(self) -> None:
        shown = list(Shown)[max(0, self._shown.currentIndex())]
        self.filter_changed.emit(self._search.text().strip(), shown)

    def _assemble(self) -> None:
        self._search.setPlaceholderText(_("Market, kind, used by"))
        self._search.setAccessibleName(_("Search streams"))
        self._search.setClearButtonEnabled(True)
        self._search.setFixedWidth(170)
        self._shown.setAccessibleName(_("Which streams are listed"))
        self._shown.addItems(
            [_("All"), _("In trouble"), _("Charts and triggers"), _("Subscribed ahead")]
        )
        self._pane.row.addWidget(self._search)
        self._pane.row.addWidget(self._shown)
        self._pane.body.addWidget(self.table)
        self._causes_pane.body.addWidget(self._causes)
        self._guess_pane.body.addWidget(self._guesses)
        bottom = self._bottom
        bottom.setFixedHeight(_BOTTOM_HEIGHT)
        row = QHBoxLayout(bottom)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self._causes_pane, 4)
        row.addWidget(self._guess_pane, 5)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._pane, 1)
        column.addWidget(bottom)


def _nothing(place: int) -> StreamLook:
    raise IndexError(place)


def _guess_columns() -> list[Column]:
    return [
        Column(_("Opened next")),
        Column(_("Rank"), 48, is_number=True),
        Column(_("Hit rate"), 66, is_number=True),
        Column(_("Hits/all"), 68, is_number=True),
        Column(_("Time saved"), 86, is_number=True),
        Column(_("State"), 66),
    ]
