"""The market list at the left: search, quote currencies, order, rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QObject, Qt, pyqtSignal
from PyQt6.QtGui import QAction, QActionGroup, QIcon, QKeyEvent, QMouseEvent
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QMenu,
    QPushButton,
    QSizePolicy,
    QTableView,
    QToolButton,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.market_row import FAVOURITES, ROW_ROLE, MarketRow
from upbit_auto_trading.presentation.theme import font
from upbit_auto_trading.presentation.widgets.market_badges import explanations_of
from upbit_auto_trading.presentation.widgets.market_delegate import ROW_HEIGHT, MarketDelegate
from upbit_auto_trading.presentation.widgets.row_rest import RowRest
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QHelpEvent, QResizeEvent

    from upbit_auto_trading.presentation.theme import Theme

COMPACT_WIDTH: Final = 204
_COMPACT_BELOW: Final = 256
_WORKING_KEYS: Final = (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Return, Qt.Key.Key_Enter)


class MarketListPane(QFrame):
    """Passive: shows the model it is given, tells what the user asks for."""

    search_changed = pyqtSignal(str)
    quote_chosen = pyqtSignal(str)
    sort_chosen = pyqtSignal(str)
    market_chosen = pyqtSignal(str)
    market_rested = pyqtSignal(str)
    favourite_toggled = pyqtSignal(str)
    visible_rows_changed = pyqtSignal(int, int)

    def __init__(
        self,
        theme: Theme,
        sorts: Sequence[tuple[str, str]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setObjectName("pane")
        self._count = Text(theme, "control", "text-3")
        self._search = self._build_search()
        self._tabs = QHBoxLayout()
        self._tab_group = QButtonGroup(self)
        self._tab_group.idClicked.connect(self._tab_clicked)
        self._quotes: list[str] = []
        self._sort = self._build_sort(sorts)
        self._delegate = MarketDelegate(theme, self)
        self._table = self._build_table()
        rest = RowRest(self._table)
        rest.stepped.connect(self._row_chosen)
        rest.pointed.connect(self._row_rested)
        self._message = Text(theme, "body", "text-2", parent=self._table.viewport())
        self._message.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self._message.setWordWrap(True)
        self._message.hide()
        self._assemble()
        self.setMinimumWidth(COMPACT_WIDTH)

    def show_model(self, model: QAbstractItemModel) -> None:
        """Show the rows of `model`."""
        self._table.setModel(model)
        header = self._table.horizontalHeader()
        if header is not None:
            header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
            for section in (1, 2):
                header.setSectionResizeMode(section, QHeaderView.ResizeMode.Fixed)
            header.setDefaultAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._arrange_columns()
        for changed in (model.modelReset, model.layoutChanged):
            changed.connect(self._tell_visible_rows)

    def show_quotes(self, quotes: Sequence[str], chosen: str, count: int) -> None:
        """Show a tab for each quote currency, or the favourites, and the chosen one's count."""
        if list(quotes) != self._quotes:
            for button in self._tab_group.buttons():
                self._tab_group.removeButton(button)
                button.deleteLater()
            self._quotes = list(quotes)
            for number, quote in enumerate(quotes):
                tab = QPushButton(quote)
                tab.setObjectName("list-tab")
                tab.setCheckable(True)
                tab.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
                tab.setAccessibleName(_("Markets in {quote}").format(quote=quote))
                if quote == FAVOURITES:
                    self._dress_starred(tab)
                self._tab_group.addButton(tab, number)
                self._tabs.insertWidget(number, tab)
        for number, quote in enumerate(self._quotes):
            tab_button = self._tab_group.button(number)
            if tab_button is not None:
                tab_button.setChecked(quote == chosen)
        words = _("Starred") if chosen == FAVOURITES else chosen
        self._count.show_text(f"{words} {count}" if count else "")

    def _dress_starred(self, tab: QPushButton) -> None:
        """Let the favourites' tab have its word, or its star where room is short."""
        is_short = self._delegate.compact
        tab.setText("" if is_short else _("Starred"))
        tab.setIcon(self._theme.icon("star", "text-2", 14) if is_short else QIcon())
        tab.setAccessibleName(_("Favourite markets"))
        tab.setToolTip(_("Favourite markets"))

    def view_state(self) -> tuple[str, str, str]:
        """What the user searches for, the tab and the order chosen, for `restore_view`."""
        number = self._tab_group.checkedId()
        tab = self._quotes[number] if 0 <= number < len(self._quotes) else ""
        return self._search.text(), tab, self._sort_key

    def restore_view(self, state: tuple[str, str, str]) -> None:
        """Take up what another list showed, as if the user had chosen it here."""
        text, tab, sort = state
        for action in self._sort_actions:
            if action.data() == sort and sort != self._sort_key:
                action.trigger()
        if tab:
            self.quote_chosen.emit(tab)
        self._search.setText(text)

    def show_message(self, text: str) -> None:
        """Write `text` where rows would be; empty takes it away."""
        self._message.show_text(text)
        self._message.setVisible(bool(text))
        self._place_message()

    def show_market(self, row: int | None) -> None:
        """Bring a row into view and make it the keyboard's."""
        model = self._table.model()
        if row is None or model is None:
            self._table.setCurrentIndex(QModelIndex())
            return
        self._table.setCurrentIndex(model.index(row, 0))

    def scroll_to_top(self) -> None:
        """Show the first rows."""
        self._table.scrollToTop()

    def _fit(self, width: int) -> None:
        """Give way to little width: two columns, no words where an icon will do."""
        compact = width < _COMPACT_BELOW
        if compact == self._delegate.compact:
            return
        self._delegate.compact = compact
        style = Qt.ToolButtonStyle
        self._sort.setToolButtonStyle(
            style.ToolButtonIconOnly if compact else style.ToolButtonTextOnly
        )
        if FAVOURITES in self._quotes:
            tab = self._tab_group.button(self._quotes.index(FAVOURITES))
            if isinstance(tab, QPushButton):
                self._dress_starred(tab)
        self._arrange_columns()

    def focus_search(self) -> None:
        """Put the cursor into the search field."""
        self._search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._search.selectAll()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 -- Qt's name
        """Let the arrow keys of the search field move through the rows; show what rows mean."""
        if event is None:
            return False
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            if watched is self._search and self._key_in_search(event):
                return True
            if watched is self._table and event.key() == Qt.Key.Key_S:
                self._toggle(self._table.currentIndex())
                return True
        if watched is self._table.viewport():
            if isinstance(event, QMouseEvent) and self._is_star_clicked(event):
                return True
            if event.type() is QEvent.Type.ToolTip:
                self._show_tooltip(event)  # type: ignore[arg-type]  # a tool tip's is a QHelpEvent
                return True
            if event.type() is QEvent.Type.Resize:
                self._tell_visible_rows()
        return super().eventFilter(watched, event)

    def _key_in_search(self, event: QKeyEvent) -> bool:
        """Use a key of the search field for the rows; return whether it was one of those."""
        if event.key() == Qt.Key.Key_Escape and self._search.text():
            self._search.clear()
            return True
        if event.key() in _WORKING_KEYS:
            self._table.keyPressEvent(event)
            return True
        return False

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 -- Qt's name
        super().resizeEvent(event)
        self._fit(self.width())
        self._place_message()

    def _build_search(self) -> QLineEdit:
        search = QLineEdit()
        search.setPlaceholderText(_("BTC, Bitcoin, ㅂㅌㅋ"))
        search.setAccessibleName(_("Find a market"))
        search.setClearButtonEnabled(True)
        search.addAction(
            self._theme.icon("search", "text-3", 14), QLineEdit.ActionPosition.LeadingPosition
        )
        for button, name in zip(
            search.findChildren(QToolButton),
            (_("Clear the search"), _("Find a market")),
            strict=False,
        ):
            button.setAccessibleName(name)
        search.textChanged.connect(self.search_changed)
        search.installEventFilter(self)
        return search

    def _build_sort(self, sorts: Sequence[tuple[str, str]]) -> QToolButton:
        button = QToolButton()
        button.setObjectName("sort")
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        menu = QMenu(button)
        group = QActionGroup(menu)
        for key, words in sorts:
            action = QAction(words, menu)
            action.setCheckable(True)
            action.setData(key)
            group.addAction(action)
            menu.addAction(action)
        group.triggered.connect(self._sort_picked)
        first = group.actions()[0]
        self._sort_actions, self._sort_key = group.actions(), str(first.data())
        first.setChecked(True)
        button.setMenu(menu)
        button.setIcon(self._theme.icon("arrow-up-down", "text-2", 14))
        button.setText(first.text())
        button.setAccessibleName(_("Order of the markets"))
        return button

    def _build_table(self) -> QTableView:
        table = QTableView()
        table.setAccessibleName(_("Markets"))
        table.setItemDelegate(self._delegate)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setShowGrid(False)
        table.setTabKeyNavigation(False)
        table.setMouseTracking(True)
        table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.activated.connect(self._row_chosen)
        table.clicked.connect(self._row_chosen)
        table.installEventFilter(self)
        rows, columns = table.verticalHeader(), table.horizontalHeader()
        if rows is not None and columns is not None:
            rows.hide()
            rows.setDefaultSectionSize(ROW_HEIGHT)
            rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
            columns.setFixedHeight(26)
            columns.setFont(font("small"))
            columns.setSectionsClickable(False)
            columns.setHighlightSections(False)
        bar, viewport = table.verticalScrollBar(), table.viewport()
        if bar is not None and viewport is not None:
            bar.valueChanged.connect(self._tell_visible_rows)
            viewport.installEventFilter(self)
        return table

    def _assemble(self) -> None:
        head = QFrame()
        head.setObjectName("pane-head")
        head.setFixedHeight(30)
        icon = Text(self._theme)
        icon.show_icon("store", "text-2", 15)
        row = QHBoxLayout(head)
        row.setContentsMargins(10, 0, 10, 0)
        row.setSpacing(7)
        row.addWidget(icon)
        row.addWidget(Text(self._theme, "control-strong", "text-1", _("Markets")))
        row.addWidget(self._count)
        row.addStretch(1)
        search = QHBoxLayout()
        search.setContentsMargins(8, 8, 8, 6)
        search.addWidget(self._search)
        tabs = QHBoxLayout()
        tabs.setContentsMargins(8, 0, 8, 5)
        tabs.setSpacing(2)
        self._tabs.setSpacing(2)
        tabs.addLayout(self._tabs)
        tabs.addStretch(1)
        tabs.addWidget(self._sort)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(head)
        column.addLayout(search)
        column.addLayout(tabs)
        column.addWidget(self._table, 1)

    def _arrange_columns(self) -> None:
        header = self._table.horizontalHeader()
        if header is None or header.count() < 3:
            return
        self._table.setColumnHidden(2, self._delegate.compact)
        self._table.setColumnWidth(1, 98 if not self._delegate.compact else 104)
        self._table.setColumnWidth(2, 84)

    def _place_message(self) -> None:
        viewport = self._table.viewport()
        if viewport is not None:
            self._message.setGeometry(16, 24, max(0, viewport.width() - 32), 120)

    def _tell_visible_rows(self) -> None:
        viewport = self._table.viewport()
        if viewport is None:
            return
        first = max(0, self._table.rowAt(0))
        last = self._table.rowAt(viewport.height() - 1)
        self.visible_rows_changed.emit(first, last if last >= 0 else first + 200)

    def _tab_clicked(self, number: int) -> None:
        self.quote_chosen.emit(self._quotes[number])

    def _sort_picked(self, action: QAction) -> None:
        self._sort_key = str(action.data())
        self._sort.setText(action.text())
        self._sort.setToolTip(action.text())
        self.sort_chosen.emit(self._sort_key)

    def _row_chosen(self, index: QModelIndex) -> None:
        row = index.data(ROW_ROLE)
        if isinstance(row, MarketRow):
            self.market_chosen.emit(row.market)

    def _row_rested(self, index: QModelIndex) -> None:
        row = index.data(ROW_ROLE)
        if isinstance(row, MarketRow):
            self.market_rested.emit(row.market)

    def _is_star_clicked(self, event: QMouseEvent) -> bool:
        """Toggle the star under a click; return whether the event was about one."""
        if event.type() not in (
            QEvent.Type.MouseButtonPress,
            QEvent.Type.MouseButtonRelease,
            QEvent.Type.MouseButtonDblClick,
        ):
            return False
        at = event.position().toPoint()
        index = self._table.indexAt(at)
        if index.column() != 0 or not self._delegate.is_on_star(self._table.visualRect(index), at):
            return False
        if event.type() is QEvent.Type.MouseButtonPress:
            self._toggle(index)
        return True

    def _toggle(self, index: QModelIndex) -> None:
        row = index.data(ROW_ROLE)
        if isinstance(row, MarketRow):
            self.favourite_toggled.emit(row.market)

    def _show_tooltip(self, event: QHelpEvent) -> None:
        row = self._table.indexAt(event.pos()).data(ROW_ROLE)
        if not isinstance(row, MarketRow):
            QToolTip.hideText()
            return
        lines = [f"{row.name} · {row.market}"]
        lines += explanations_of(row)
        if row.turnover_24h is not None:
            exact = formatting.exact_turnover(row.market, row.turnover_24h)
            unit = formatting.price_unit(row.market)
            lines.append(_("Traded in 24 h: {sum} {unit}").format(sum=exact, unit=unit))
            lines.append(_("Change since 09:00 KST (00:00 UTC), as Upbit counts it"))
        QToolTip.showText(event.globalPos(), "\n".join(lines), self._table)
