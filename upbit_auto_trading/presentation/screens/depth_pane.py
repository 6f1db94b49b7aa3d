"""The right-hand pane: ladder over tape, or two tabs where there is little room."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from upbit_auto_trading.domain.market import base_of
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens import chart_words, depth_words
from upbit_auto_trading.presentation.widgets.depth_parts import HEAD_HEIGHT
from upbit_auto_trading.presentation.widgets.ladder_painter import LadderLook
from upbit_auto_trading.presentation.widgets.market_header import SourceLook
from upbit_auto_trading.presentation.widgets.orderbook_ladder import DEPTHS, OrderbookLadder
from upbit_auto_trading.presentation.widgets.tape_view import TapeLook
from upbit_auto_trading.presentation.widgets.trade_tape import StrengthLook, TradeTape

if TYPE_CHECKING:
    from collections.abc import Callable

    from upbit_auto_trading.application.connection import EndpointKind
    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.viewmodels.chart import ChartViewModel

WIDTH: Final = 290
COMPACT_WIDTH: Final = 244


class DepthPane(QWidget):
    """Joins ladder and tape to the chart's view-model. `price_chosen` tells of a click."""

    price_chosen = pyqtSignal(float)

    def __init__(
        self,
        theme: Theme,
        now: Callable[[], float] = time.monotonic,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._now = now
        self._chart: ChartViewModel | None = None
        self._kind: EndpointKind | None = None
        self._market = ""
        self._shown_at = 0.0
        self._book_shown: object = None
        self._trades_shown: object = None
        self._tape_words = depth_words.TapeWords()
        self._depth, self._grouping = DEPTHS[0], 1
        self.ladder = OrderbookLadder(theme)
        self.tape = TradeTape(theme)
        self._tabs = QButtonGroup(self)
        self._tab_row = self._build_tabs()
        self._is_compact = False
        self._is_awake = True
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._tab_row)
        column.addWidget(self.ladder, 5)
        column.addWidget(self.tape, 3)
        self._column = column
        self.ladder.price_chosen.connect(self.price_chosen)
        self.ladder.depth_chosen.connect(self._depth_chosen)
        self.ladder.grouping_chosen.connect(self._grouping_chosen)
        self.set_compact(compact=False)
        self.clear()

    def attach(self, chart: ChartViewModel, kind: EndpointKind) -> None:
        """Show an exchange's books and trades."""
        self._chart, self._kind = chart, kind
        self._market = ""
        self._tape_words = depth_words.TapeWords(kind)
        chart.orderbook.choose_depth(self._depth)
        chart.orderbook.choose_grouping(self._grouping)
        chart.orderbook.changed.connect(self.refresh)

    def clear(self) -> None:
        """Show nothing."""
        self._chart = None
        self._show_nothing()
        for pane in (self.ladder, self.tape):
            pane.show_source(SourceLook(_("No exchange yet"), "off"))
            pane.show_message("")

    def show_market(self, market: str) -> None:
        """Wait for another market's book and trades."""
        if market != self._market:
            self._market = market
            self._shown_at = self._now()
            self._show_nothing()
            self.ladder.view.centre()
            self.tape.view.to_top()

    def set_compact(self, *, compact: bool) -> None:
        """Give way to a narrow window: the tape becomes a tab beside the ladder."""
        self._is_compact = compact
        self.setFixedWidth(COMPACT_WIDTH if compact else WIDTH)
        self._tab_row.setVisible(compact)
        self._column.setSpacing(0 if compact else 4)
        for pane in (self.ladder, self.tape):
            pane.head.show_title(is_shown=not compact)
        self._show_tab()

    def set_awake(self, *, awake: bool) -> None:
        """Follow book and trades, or rest while nobody sees them."""
        self._is_awake = awake
        self.refresh()

    def refresh(self) -> None:
        """Bring everything up to date that changed or depends on the time."""
        if self._chart is None or self._kind is None or not self._is_awake:
            return
        if not self.ladder.isHidden():
            self._refresh_ladder(self._chart, self._kind)
        if not self.tape.isHidden():
            self._refresh_tape(self._chart, self._kind)

    def _refresh_ladder(self, chart: ChartViewModel, kind: EndpointKind) -> None:
        model = chart.orderbook
        status, ladder, book = model.status, model.ladder, model.book
        if ladder is None or ladder.market != self._market:
            ladder = book = None
        self.ladder.show_source(chart_words.source_look(kind, book, status))
        ticker = chart.ticker
        day = (ticker.trade_price, ticker.prev_closing_price) if ticker else None
        told = (ladder, day, chart_words.is_stale(status), tuple(model.groupings))
        if ladder is None:
            # Another market's book, or none any more, never stands under this one's name.
            if self._book_shown is not None:
                self._show_no_book()
            words = depth_words.waiting(
                self._market, status, what=_("order book"), waited_s=self._now() - self._shown_at
            )
            self.ladder.show_message(words)
            return
        if told == self._book_shown:
            return
        self._book_shown = told
        self.ladder.show_message("" if ladder.asks or ladder.bids else depth_words.no_orders())
        self.ladder.show_look(depth_words.ladder_look(ladder, ticker, status))
        self.ladder.show_balance(depth_words.balance_look(ladder, status))
        steps = depth_words.groupings(model)
        self.ladder.show_choices(
            model.depth, steps, model.used_grouping, is_exchanges=model.is_grouped_by_exchange
        )

    def _refresh_tape(self, chart: ChartViewModel, kind: EndpointKind) -> None:
        model = chart.tape
        status, trades = model.status, model.trades
        if trades and trades[-1].market != self._market:
            trades = ()
        newest = trades[-1] if trades else None
        self.tape.show_source(chart_words.source_look(kind, newest, status))
        words = ""
        if not trades:
            words = depth_words.waiting(
                self._market, status, what=_("trades"), waited_s=self._now() - self._shown_at
            )
        self.tape.show_message(words)
        told = (model.version, chart_words.is_stale(status))
        if not trades:
            if self._trades_shown is not None:
                self._show_no_trades()
            return
        if told == self._trades_shown:
            return
        self._trades_shown = told
        self.tape.show_look(self._tape_words.look(self._market, model, status))
        self.tape.show_strength(depth_words.strength_look(model.flow, trades, status))
        self.tape.show_unit(base_of(self._market), depth_words.large_rule(self._market))

    def _show_nothing(self) -> None:
        self._show_no_book()
        self._show_no_trades()

    def _show_no_book(self) -> None:
        self._book_shown = None
        self.ladder.show_look(LadderLook(is_loading=self._chart is not None))
        self.ladder.show_balance(depth_words.balance_look(None, chart_words.nothing_yet()))
        self.ladder.show_choices(self._depth, [(1, _("off"))], 1)

    def _show_no_trades(self) -> None:
        self._trades_shown = None
        self.tape.show_look(TapeLook(is_loading=self._chart is not None))
        self.tape.show_strength(StrengthLook())

    def use(self, depth: int, grouping: int) -> None:
        """Take up how many levels to show, and how many price steps are one."""
        if depth != self._depth:
            self._depth_chosen(depth)
        if grouping != self._grouping:
            self._grouping_chosen(grouping)

    def _depth_chosen(self, depth: int) -> None:
        self._depth = depth
        if self._chart is not None:
            self._chart.orderbook.choose_depth(depth)

    def _grouping_chosen(self, grouping: int) -> None:
        self._grouping = grouping
        if self._chart is not None:
            self._chart.orderbook.choose_grouping(grouping)

    def _build_tabs(self) -> QFrame:
        row = QFrame()
        row.setObjectName("pane-head")
        row.setFixedHeight(HEAD_HEIGHT)
        line = QHBoxLayout(row)
        line.setContentsMargins(6, 0, 6, 0)
        line.setSpacing(2)
        for number, words in enumerate((_("Order book"), _("Trades"))):
            tab = QPushButton(words)
            tab.setObjectName("segment")
            tab.setCheckable(True)
            tab.setChecked(number == 0)
            self._tabs.addButton(tab, number)
            line.addWidget(tab)
        line.addStretch(1)
        self._tabs.idClicked.connect(self._show_tab)
        return row

    def _show_tab(self) -> None:
        chosen = self._tabs.checkedId()
        self.ladder.setVisible(not self._is_compact or chosen == 0)
        self.tape.setVisible(not self._is_compact or chosen == 1)
        self.refresh()
