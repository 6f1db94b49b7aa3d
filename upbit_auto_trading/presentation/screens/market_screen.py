"""The market screen: every market of a quote currency on one table, with search and filters."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from upbit_auto_trading.domain.subscription import ConnectionState
from upbit_auto_trading.presentation.board_columns import CELL_ROLE
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.market_row import ROW_ROLE, MarketRow
from upbit_auto_trading.presentation.screens import market_words
from upbit_auto_trading.presentation.screens.market_additions import market_additions
from upbit_auto_trading.presentation.screens.screen import Screen, ScreenContext
from upbit_auto_trading.presentation.viewmodels.market_board import MarketBoard
from upbit_auto_trading.presentation.viewmodels.market_list import MarketListViewModel
from upbit_auto_trading.presentation.widgets.market_board import MarketBoardTable
from upbit_auto_trading.presentation.widgets.quote_tabs import QuoteTabs
from upbit_auto_trading.presentation.widgets.search_field import SearchField
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from PyQt6.QtCore import QModelIndex
    from PyQt6.QtGui import QKeyEvent

    from upbit_auto_trading.application.services import Services
    from upbit_auto_trading.domain.settings import Settings

_AT_REST_MS: Final = 250


class MarketScreen(Screen):
    """`go_to` takes a text to search for."""

    def __init__(self, context: ScreenContext) -> None:
        super().__init__()
        self._context = context
        self._services: Services | None = None
        self._markets: MarketListViewModel | None = None
        self._is_in_front = False
        self._has_news = False
        self._frames = 0
        self._parts = market_additions(context)
        for part in self._parts:
            part.addition.setParent(self)
        self.board = MarketBoard([part.addition for part in self._parts], self)
        self.table = MarketBoardTable(context.theme, self._explain, self)
        self.search = SearchField(
            context.theme, _("Find a market"), _("BTC, Bitcoin, ㅂㅌㅋ"), self
        )
        self.tabs = QuoteTabs(self)
        self._count = Text(context.theme, "control", "text-3")
        self._breadth = [Text(context.theme, "control", ink) for ink in ("up", "even", "down")]
        self._at_rest = QTimer(self)
        self._at_rest.setSingleShot(True)
        self._at_rest.setInterval(_AT_REST_MS)
        self._at_rest.timeout.connect(self._ask_for_rows)
        self._visible = (0, 0)
        self._chosen_quote = ""
        self._assemble()
        self._connect()
        self._follow_settings(context.settings.settings)
        self._mark_order()

    @property
    def frames_painted(self) -> int:
        return self._frames

    def attach(self, services: Services) -> None:
        self._services = services
        self._markets = MarketListViewModel(services.market_data, self, self.board)
        self._markets.changed.connect(self._changed)
        for part in self._parts:
            part.addition.attach(services)
        quote = self._chosen_quote
        self._markets.start(self._context.settings.settings.market)
        if quote:
            self._markets.show_quote(quote)
        self._changed()
        self._at_rest.start()

    async def detach(self) -> None:
        markets, self._markets, self._services = self._markets, None, None
        self._at_rest.stop()
        for part in self._parts:
            await part.addition.detach()
        if markets is not None:
            await markets.close()
            markets.deleteLater()
        self.board.clear()

    def opened(self) -> None:
        self._is_in_front = True
        self.board.set_awake(awake=True)
        self._changed()
        self._at_rest.start()
        self.table.setFocus()

    def left(self) -> None:
        self._is_in_front = False
        self.board.set_awake(awake=False)
        for part in self._parts:
            part.addition.want(())

    def refresh(self) -> None:
        services = self._services
        if services is None:
            return
        is_down = services.feed.connection_state is not ConnectionState.CONNECTED
        self.board.mark_stale(is_stale=is_down)
        if self._markets is not None:
            self._markets.follow_health()
        breadth = self.board.breadth()
        for label, words in zip(self._breadth, market_words.breadth_words(breadth), strict=True):
            label.show_text(words)
        for part in self._parts:
            part.addition.refresh()

    def go_to(self, target: Any) -> None:
        """Search for a text."""
        self.search.setText(str(target))
        self.begin_search()

    def begin_search(self) -> bool:
        self.search.take_focus()
        return True

    def view_state(self) -> Any:
        states = [(part.addition.name, part.state()) for part in self._parts]
        return self.search.text(), self.board.quote, self.board.order, dict(states)

    def restore_view(self, state: Any) -> None:
        text, quote, (column, largest_first), additions = state
        for part in self._parts:
            part.restore(additions.get(part.addition.name))
        if column in self.board.column_names:
            self._order_chosen(column, largest_first)
        self._quote_chosen(quote)
        self.search.setText(text)

    def _changed(self) -> None:
        markets, board = self._markets, self.board
        if markets is None:
            return
        self.tabs.show_quotes(board.tabs, board.quote)
        rows = board.rowCount()
        self._count.show_text(
            market_words.count_words(board.quote, rows, board.count_of(board.quote))
        )
        self.table.show_message(market_words.state_words(markets, is_filtered=board.is_filtered))

    def _searched(self, text: str) -> None:
        self.board.search(text)
        self._changed()
        self.table.show_row(0 if text and self.board.rowCount() else None)
        self._at_rest.start()

    def _quote_chosen(self, quote: str) -> None:
        self._chosen_quote = quote
        if self._markets is not None:
            self._markets.show_quote(quote)
            self.table.scrollToTop()
            self._at_rest.start()

    def _order_chosen(self, name: str, largest_first: bool) -> None:
        self.board.order_by(name, largest_first=largest_first)
        self._mark_order()
        self.table.scrollToTop()
        self._at_rest.start()

    def _mark_order(self) -> None:
        name, largest_first = self.board.order
        self.table.show_order(name, largest_first=largest_first)

    def _visible_rows(self, first: int, last: int) -> None:
        self._visible = first, last
        self.board.set_visible_rows(first, last)
        self._at_rest.start()

    def _ask_for_rows(self) -> None:
        """Ask the additions for the rows in sight, and for all where they order the rows."""
        if not self._is_in_front or self._services is None:
            return
        first, last = self._visible
        every = self.board.markets_shown
        seen = every[first : last + 1]
        for part in self._parts:
            is_order = part.addition.name == self.board.order[0]
            rest = [market for market in every if market not in seen] if is_order else []
            part.addition.want([*seen, *rest])

    def _settings_changed(self, before: Settings, after: Settings) -> None:
        del before
        self._follow_settings(after)

    def _follow_settings(self, settings: Settings) -> None:
        self.board.set_still(still=settings.reduced_motion)
        if self._markets is not None:
            self._markets.set_favourites(settings.favourites)
            self._changed()
        else:
            self.board.set_favourites(settings.favourites)

    def _row_key(self, event: QKeyEvent) -> None:
        self.table.use_key(event)

    def _rested(self, market: str) -> None:
        if self._markets is not None:
            self._markets.hint(market)

    def _news(self) -> None:
        self._has_news = True

    def _painted(self) -> None:
        if self._has_news and self._services is not None:
            self._has_news = False
            self._frames += 1
            self.live_frame_painted.emit()

    def _explain(self, index: QModelIndex) -> str:
        row = index.data(ROW_ROLE)
        if not isinstance(row, MarketRow):
            return ""
        cell = index.data(CELL_ROLE)
        return market_words.cell_explanation(row, index.column(), cell, self._context.wall_clock())

    def _connect(self) -> None:
        context = self._context
        for part in self._parts:
            order = partial(self._order_chosen, part.addition.name, True)
            part.addition.order_wanted.connect(order)
        self.search.textChanged.connect(self._searched)
        self.search.row_key.connect(self._row_key)
        self.tabs.chosen.connect(self._quote_chosen)
        self.table.market_chosen.connect(context.navigation.market_asked)
        self.table.favourite_toggled.connect(context.settings.toggle_favourite)
        self.table.order_chosen.connect(self._order_chosen)
        self.table.visible_rows_changed.connect(self._visible_rows)
        self.table.rested.connect(self._rested)
        self.table.painted.connect(self._painted)
        self.board.dataChanged.connect(self._news)
        self.board.modelReset.connect(self._changed)
        self.board.layoutChanged.connect(self._at_rest.start)
        context.settings.changed.connect(self._settings_changed)

    def _assemble(self) -> None:
        theme = self._context.theme
        pane = QFrame()
        pane.setObjectName("pane")
        head = QFrame()
        head.setObjectName("pane-head")
        head.setFixedHeight(30)
        icon = Text(theme)
        icon.show_icon("store", "text-2", 15)
        row = QHBoxLayout(head)
        row.setContentsMargins(10, 0, 10, 0)
        row.setSpacing(7)
        row.addWidget(icon)
        row.addWidget(Text(theme, "control-strong", "text-1", _("Market")))
        row.addWidget(self._count)
        row.addStretch(1)
        for label in self._breadth:
            label.setToolTip(_("Markets shown that have risen, stand still, have fallen today"))
            row.addWidget(label)
        tools = QHBoxLayout()
        tools.setContentsMargins(10, 7, 10, 7)
        tools.setSpacing(12)
        self.search.setFixedWidth(280)
        tools.addWidget(self.search)
        tools.addWidget(self.tabs)
        tools.addStretch(1)
        for part in self._parts:
            if part.control is not None:
                tools.addWidget(Text(theme, "control", "text-3", part.label))
                tools.addWidget(part.control)
        column = QVBoxLayout(pane)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(head)
        column.addLayout(tools)
        column.addWidget(self.table, 1)
        widths = [part.addition.width for part in self._parts if part.addition.heading]
        self.table.show_model(self.board, self.board.column_names, widths)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(4, 4, 4, 4)
        outer.addWidget(pane)
