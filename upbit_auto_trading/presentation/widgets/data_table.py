"""A table of rows that are read, not edited: numbers, signs, badges and small bars."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, overload

from PyQt6.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    pyqtSignal,
)
from PyQt6.QtGui import QPainter
from PyQt6.QtWidgets import QHeaderView, QStyledItemDelegate, QStyleOptionViewItem

from upbit_auto_trading.presentation.theme import font
from upbit_auto_trading.presentation.widgets.read_table import ReadTable, paint_row_ground
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from PyQt6.QtGui import QResizeEvent
    from PyQt6.QtWidgets import QWidget

    from upbit_auto_trading.presentation.theme import Theme

ROW_HEIGHT: Final = 26
_ROW_ROLE: Final = Qt.ItemDataRole.UserRole + 1
_PAD: Final = 9
_ICON: Final = 13
_BADGE: Final = 16
_BAR_HEIGHT: Final = 9
# How many rows that were made are kept: more than a screen shows.
_KEPT: Final = 500


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its head, its width in pixels (None takes what is left), where its text stands."""

    title: str
    width: int | None = None
    is_number: bool = False
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell; inks are tokens.

    `badge` is a number in a round of `badge_ink` before the text; `bar`, −1 to 1, is drawn from
    the cell's middle instead of a text; `ground` fills the cell. What `is_stale` is slanted.
    """

    text: str = ""
    ink: str = "text-1"
    font: str = "control"
    icon: str = ""
    badge: str = ""
    badge_ink: str = "management"
    bar: float | None = None
    ground: str = ""
    explanation: str = ""
    is_stale: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row of cells under the name by which the table tells of it."""

    key: Any
    cells: Sequence[Cell]
    ground: str = ""


class MadeRows(Sequence[Row]):
    """Rows made when they are looked at: what `make` returns for each of `keys`, its row's key."""

    def __init__(self, keys: Sequence[Any], make: Callable[[Any], Row]) -> None:
        self.keys = keys
        self._make = make
        self._made: dict[Any, Row] = {}

    def __len__(self) -> int:
        return len(self.keys)

    @overload
    def __getitem__(self, place: int) -> Row: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Row]: ...
    def __getitem__(self, place: int | slice) -> Row | Sequence[Row]:
        if isinstance(place, slice):
            return MadeRows(self.keys[place], self._make)
        key = self.keys[place]
        row = self._made.get(key)
        if row is None:
            if len(self._made) >= _KEPT:
                self._made.clear()
            row = self._made[key] = self._make(key)
        return row


class _Rows(QAbstractTableModel):
    def __init__(self, columns: Sequence[Column]) -> None:
        super().__init__()
        self.columns = list(columns)
        self.rows: Sequence[Row] = []
        self.keys: list[Any] = []

    def rowCount(self, parent: QModelIndex | None = None) -> int:  # noqa: N802 -- Qt's name
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: QModelIndex | None = None) -> int:  # noqa: N802 -- Qt's name
        return 0 if parent is not None and parent.isValid() else len(self.columns)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.rows[index.row()]
        if role == _ROW_ROLE:
            return row
        cell = row.cells[index.column()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{cell.badge} {cell.text}".strip()
        if role == Qt.ItemDataRole.ToolTipRole:
            # A column that takes what is left is the one that may have to shorten its text.
            gives_way = self.columns[index.column()].width is None
            return cell.explanation or (cell.text if gives_way else "") or None
        return None

    def headerData(  # noqa: N802 -- Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return column.explanation or None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        return None

    def take(self, rows: Sequence[Row]) -> bool:
        """Replace the rows; return whether there are others than before, not only other values."""
        keys = list(rows.keys) if isinstance(rows, MadeRows) else [row.key for row in rows]
        kept = rows if isinstance(rows, MadeRows) else list(rows)
        if keys == self.keys:
            self.rows = kept
            if rows:
                last = self.index(len(rows) - 1, len(self.columns) - 1)
                self.dataChanged.emit(self.index(0, 0), last)
            return False
        self.beginResetModel()
        self.rows, self.keys = kept, keys
        self.endResetModel()
        return True


class DataTable(ReadTable):
    """Passive: shows rows, tells which one is chosen (keys or mouse) and which one is opened."""

    row_chosen = pyqtSignal(object)
    row_opened = pyqtSignal(object)

    def __init__(
        self,
        theme: Theme,
        name: str,
        columns: Sequence[Column],
        row_height: int = ROW_HEIGHT,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(name, row_height, parent=parent)
        self._model = _Rows(columns)
        self.setModel(self._model)
        self.setItemDelegate(_Painter(theme, self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        head = self.head
        head.setMinimumSectionSize(24)
        for place, column in enumerate(columns):
            mode = QHeaderView.ResizeMode
            head.setSectionResizeMode(place, mode.Stretch if column.width is None else mode.Fixed)
            if column.width is not None:
                head.resizeSection(place, column.width)
        self._message = Text(theme, "body", "text-2", parent=self.viewport())
        self._message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._message.setWordWrap(True)
        self._message.hide()
        self.activated.connect(lambda index: self.row_opened.emit(self._key(index)))
        self.clicked.connect(lambda index: self.row_chosen.emit(self._key(index)))

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Replace what is shown; the chosen row stays chosen where it still is there."""
        chosen = self.chosen_key()
        if self._model.take(rows) and chosen is not None:
            self.choose(chosen)
        self._show_or_hide_message()

    def show_message(self, text: str) -> None:
        """Say why there are no rows; said only while there are none."""
        self._message.show_text(text)
        self._show_or_hide_message()

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 -- Qt's name
        super().resizeEvent(event)
        self._show_or_hide_message()

    def chosen_key(self) -> Any:
        """The key of the row that is chosen, or None."""
        index = self.currentIndex()
        return self._key(index) if index.isValid() else None

    def choose(self, key: Any) -> None:
        """Choose a row and bring it into sight; none where it isn't there."""
        if key in self._model.keys:
            self.setCurrentIndex(self._model.index(self._model.keys.index(key), 0))
            return
        self.selectionModel_().clear()

    def selectionModel_(self) -> QItemSelectionModel:  # noqa: N802 -- beside Qt's own
        """Qt's model of what is selected; there is always one."""
        model = self.selectionModel()
        assert model is not None  # noqa: S101 -- a view with a model has one
        return model

    def currentChanged(self, current: QModelIndex, previous: QModelIndex) -> None:  # noqa: N802 -- Qt's name
        super().currentChanged(current, previous)
        if current.isValid() and current.row() != previous.row() and self.hasFocus():
            self.row_chosen.emit(self._key(current))

    def _show_or_hide_message(self) -> None:
        viewport = self.viewport()
        if viewport is not None:
            self._message.setGeometry(viewport.rect().adjusted(_PAD, 0, -_PAD, 0))
        self._message.setVisible(bool(self._message.text()) and not self._model.rows)

    def _key(self, index: QModelIndex) -> Any:
        return self._model.keys[index.row()]


class _Painter(QStyledItemDelegate):
    def __init__(self, theme: Theme, table: DataTable) -> None:
        super().__init__(table)
        self._theme = theme
        self._table = table

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:  # noqa: N802 -- Qt's name
        del index
        return QSize(option.rect.width(), ROW_HEIGHT)

    def paint(
        self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex
    ) -> None:
        row = index.data(_ROW_ROLE)
        if painter is None or not isinstance(row, Row):
            return
        cell = row.cells[index.column()]
        model = index.model()
        assert isinstance(model, _Rows)  # noqa: S101 -- the table's own
        column = model.columns[index.column()]
        painter.save()
        paint_row_ground(painter, option, self._theme, cell.ground or row.ground)
        area = option.rect.adjusted(_PAD, 0, -_PAD, 0)
        if cell.bar is not None:
            self._paint_bar(painter, area, cell.bar)
        if cell.badge:
            area = self._paint_badge(painter, area, cell)
        if cell.icon:
            ratio = self._table.devicePixelRatioF()
            pixmap = self._theme.pixmap(cell.icon, cell.ink, _ICON, ratio)
            top = area.center().y() - _ICON // 2
            painter.drawPixmap(area.left(), top, pixmap)
            area = area.adjusted(_ICON + 5, 0, 0, 0)
        painter.setFont(font(cell.font, italic=cell.is_stale))
        painter.setPen(self._theme.colour(cell.ink))
        text = painter.fontMetrics().elidedText(
            cell.text, Qt.TextElideMode.ElideRight, area.width() + 2
        )
        painter.drawText(area, _alignment(column), text)
        painter.restore()

    def _paint_bar(self, painter: QPainter, area: QRect, share: float) -> None:
        middle, half = area.center().x(), area.width() / 2
        length = half * min(1.0, abs(share))
        left = middle if share >= 0 else middle - length
        top = area.center().y() - _BAR_HEIGHT / 2 + 0.5
        token = "up-fill" if share >= 0 else "down-fill"
        painter.fillRect(QRectF(left, top, length, _BAR_HEIGHT), self._theme.colour(token))
        painter.setPen(self._theme.pen("line2"))
        painter.drawLine(middle, area.top() + 6, middle, area.bottom() - 6)

    def _paint_badge(self, painter: QPainter, area: QRect, cell: Cell) -> QRect:
        top = area.center().y() - _BADGE // 2 + 1
        mark = QRect(area.left(), top, _BADGE, _BADGE)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.colour(f"{cell.badge_ink}-bg"))
        painter.drawEllipse(mark)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.setFont(font("micro"))
        painter.setPen(self._theme.colour(cell.badge_ink))
        painter.drawText(mark, Qt.AlignmentFlag.AlignCenter, cell.badge)
        return area.adjusted(_BADGE + 6, 0, 0, 0)


def _alignment(column: Column) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column.is_number else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
