"""The market screen's table: every market of one quote currency, ordered by any column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QEvent, QModelIndex, Qt, pyqtSignal
from PyQt6.QtGui import QCursor, QHelpEvent, QKeyEvent, QMouseEvent
from PyQt6.QtWidgets import QAbstractItemView, QToolTip, QWidget

from upbit_auto_trading.presentation.board_columns import BoardColumn
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.market_row import ROW_ROLE, MarketRow
from upbit_auto_trading.presentation.widgets.market_board_delegate import (
    ROW_HEIGHT,
    MarketBoardDelegate,
)
from upbit_auto_trading.presentation.widgets.read_table import ReadTable
from upbit_auto_trading.presentation.widgets.row_rest import RowRest
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PyQt6.QtCore import QAbstractItemModel
    from PyQt6.QtGui import QPaintEvent, QResizeEvent

    from upbit_auto_trading.presentation.theme import Theme

_HEAD: Final = 28
_NAME: Final = 230
_NAME_LEAST: Final = 180
_GIVES_WAY: Final = 6  # the part of its width a column may lose
_WIDTHS: Final = {
    BoardColumn.PRICE.value: 128,
    BoardColumn.RATE.value: 98,
    BoardColumn.CHANGE.value: 118,
    BoardColumn.TURNOVER.value: 104,
    BoardColumn.HIGH.value: 122,
    BoardColumn.LOW.value: 122,
}


class MarketBoardTable(ReadTable):
    """Passive: shows the rows of a model, tells what the user asks for.

    `order_chosen` carries a column's name and whether the largest is to come first;
    `rested` a market on which the pointer came to rest; `painted` is emitted after each painting.
    """

    market_chosen = pyqtSignal(str)
    favourite_toggled = pyqtSignal(str)
    order_chosen = pyqtSignal(str, bool)
    visible_rows_changed = pyqtSignal(int, int)
    rested = pyqtSignal(str)
    painted = pyqtSignal()

    def __init__(
        self, theme: Theme, explain: Callable[[QModelIndex], str], parent: QWidget | None = None
    ) -> None:
        super().__init__(_("Markets"), ROW_HEIGHT, _HEAD, parent)
        self._explain = explain
        self._names: list[str] = []
        self._widths: list[int] = []
        self._order = ("", False)
        self._delegate = MarketBoardDelegate(theme, self)
        self.setItemDelegate(self._delegate)
        self.setMouseTracking(True)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.activated.connect(self._activated)
        self.entered.connect(self._entered)
        RowRest(self).pointed.connect(self._rested)
        self._arrange()
        self._message = Text(theme, "body", "text-2", parent=self.viewport())
        self._message.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self._message.setWordWrap(True)
        self._message.hide()

    def show_model(
        self, model: QAbstractItemModel, names: Sequence[str], widths: Sequence[int]
    ) -> None:
        """Show a model's rows; `names` are its columns, `widths` those of the last few of them."""
        self.setModel(model)
        self._names = list(names)
        added = len(names) - len(widths)
        self._widths = [
            widths[place - added] if place >= added else _WIDTHS.get(name, _NAME)
            for place, name in enumerate(names)
        ]
        self._share_width()
        for changed in (model.modelReset, model.layoutChanged):
            changed.connect(self.tell_visible_rows)
        self.tell_visible_rows()

    def show_order(self, name: str, *, largest_first: bool) -> None:
        """Tell which column orders the rows; its heading says so itself."""
        self._order = name, largest_first

    def show_message(self, text: str) -> None:
        """Write `text` where rows would be; empty takes it away."""
        self._message.show_text(text)
        self._message.setVisible(bool(text))
        self._place_message()

    def show_row(self, row: int | None) -> None:
        """Bring a row into view and make it the keyboard's."""
        model = self.model()
        if row is None or model is None:
            self.setCurrentIndex(QModelIndex())
            return
        self.setCurrentIndex(model.index(row, 0))

    def use_key(self, event: QKeyEvent) -> None:
        """Use a key typed elsewhere, in the search field, for the rows."""
        self.keyPressEvent(event)

    def tell_visible_rows(self) -> None:
        """Tell which rows are in sight."""
        viewport = self.viewport()
        if viewport is None:
            return
        first = max(0, self.rowAt(0))
        last = self.rowAt(viewport.height() - 1)
        bottom = first + viewport.height() // ROW_HEIGHT + 1
        self.visible_rows_changed.emit(first, last if last >= 0 else bottom)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 -- Qt's name
        if event is not None and event.key() == Qt.Key.Key_S and not event.modifiers():
            self._toggle(self.currentIndex())
            return
        super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 -- Qt's name
        if event is not None:
            at = event.position().toPoint()
            index = self.indexAt(at)
            if index.column() == 0 and self._delegate.is_on_star(self.visualRect(index), at):
                self._toggle(index)
                return
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 -- Qt's name
        if event is not None:
            at = event.position().toPoint()
            index = self.indexAt(at)
            if index.column() == 0 and self._delegate.is_on_star(self.visualRect(index), at):
                return
            self._activated(index)

    def viewportEvent(self, event: QEvent | None) -> bool:  # noqa: N802 -- Qt's name
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            text = self._explain(self.indexAt(event.pos()))
            QToolTip.showText(event.globalPos(), text, self.viewport())
            return True
        if event is not None and event.type() is QEvent.Type.Leave:
            self._hover(-1)
        return super().viewportEvent(event)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 -- Qt's name
        super().paintEvent(event)
        self.painted.emit()

    def _share_width(self) -> None:
        """Give each column its width, and of what is left over a share that fits it."""
        head, viewport = self.horizontalHeader(), self.viewport()
        if head is None or viewport is None or not self._widths:
            return
        whole = sum(self._widths)
        spare = viewport.width() - whole
        for section, width in enumerate(self._widths[1:], start=1):
            share = spare * width // (whole + spare // 2) if spare > 0 else spare * width // whole
            head.resizeSection(section, width + max(share, -width // _GIVES_WAY))
        taken = sum(head.sectionSize(section) for section in range(1, len(self._widths)))
        head.resizeSection(0, max(_NAME_LEAST, viewport.width() - taken))

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 -- Qt's name
        super().resizeEvent(event)
        self._share_width()
        self._place_message()
        self.tell_visible_rows()

    def scrollContentsBy(self, dx: int, dy: int) -> None:  # noqa: N802 -- Qt's name
        super().scrollContentsBy(dx, dy)
        self.tell_visible_rows()

    def _arrange(self) -> None:
        head = self.head
        head.setMinimumSectionSize(56)
        head.setSectionsClickable(True)
        head.setCursor(QCursor(Qt.CursorShape.PointingHandCursor))
        head.sectionClicked.connect(self._head_clicked)

    def _head_clicked(self, section: int) -> None:
        name = self._names[section]
        before, largest_first = self._order
        first_way = name != BoardColumn.NAME.value
        self.order_chosen.emit(name, not largest_first if name == before else first_way)

    def _activated(self, index: QModelIndex) -> None:
        row = index.data(ROW_ROLE)
        if isinstance(row, MarketRow):
            self.market_chosen.emit(row.market)

    def _toggle(self, index: QModelIndex) -> None:
        row = index.data(ROW_ROLE)
        if isinstance(row, MarketRow):
            self.favourite_toggled.emit(row.market)

    def _hover(self, row: int) -> None:
        """Light up the row under the pointer, -1 for none."""
        before, self._delegate.hovered_row = self._delegate.hovered_row, row
        viewport, model = self.viewport(), self.model()
        if viewport is None or model is None or row == before:
            return
        for changed in (before, row):
            area = self.visualRect(model.index(changed, 0))
            viewport.update(0, area.top(), viewport.width(), ROW_HEIGHT)

    def _entered(self, index: QModelIndex) -> None:
        self._hover(index.row())

    def _rested(self, index: QModelIndex) -> None:
        row = index.data(ROW_ROLE)
        if isinstance(row, MarketRow):
            self.rested.emit(row.market)

    def _place_message(self) -> None:
        viewport = self.viewport()
        if viewport is not None:
            self._message.setGeometry(24, 48, max(0, viewport.width() - 48), 120)
