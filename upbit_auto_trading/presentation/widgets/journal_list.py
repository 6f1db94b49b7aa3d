"""A timeline: when, a mark, what happened in a line, and why in another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from PyQt6.QtCore import QAbstractListModel, QModelIndex, QRect, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QPainter
from PyQt6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from upbit_auto_trading.presentation.theme import font

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtWidgets import QWidget

    from upbit_auto_trading.presentation.theme import Theme

_ROLE: Final = Qt.ItemDataRole.UserRole + 1
_HEIGHT: Final = 46
_TIME: Final = 104
_MARK: Final = 22
_ICON: Final = 13
_NEAR_END: Final = 20


@dataclass(frozen=True, slots=True)
class JournalRow:
    """An entry as it reads; `ink` is a role's or state's token."""

    key: int
    time: str
    icon: str
    ink: str
    title: str
    market: str
    text: str
    explanation: str = ""


class _Rows(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self.rows: list[JournalRow] = []

    def rowCount(self, parent: QModelIndex | None = None) -> int:  # noqa: N802 -- Qt's name
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.rows[index.row()]
        if role == _ROLE:
            return row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{row.time} {row.title} {row.market} {row.text}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return row.explanation or None
        return None

    def take(self, rows: Sequence[JournalRow]) -> None:
        """Replace the rows, as insertions at the top or the bottom where that is all."""
        old, new = [row.key for row in self.rows], [row.key for row in rows]
        fresh = new.index(old[0]) if old and old[0] in new else None
        if fresh is not None and new[fresh : fresh + len(old)] == old:
            if fresh:
                self.beginInsertRows(QModelIndex(), 0, fresh - 1)
                self.rows = [*rows[:fresh], *self.rows]
                self.endInsertRows()
            if len(rows) > len(self.rows):
                self.beginInsertRows(QModelIndex(), len(self.rows), len(rows) - 1)
                self.rows = [*self.rows, *rows[len(self.rows) :]]
                self.endInsertRows()
            self._reword(rows)
            return
        self.beginResetModel()
        self.rows = list(rows)
        self.endResetModel()

    def _reword(self, rows: Sequence[JournalRow]) -> None:
        """Take rows that are worded anew, once a name is known say."""
        changed = [place for place, row in enumerate(rows) if row != self.rows[place]]
        self.rows = list(rows)
        for place in changed:
            self.dataChanged.emit(self.index(place), self.index(place))


class JournalList(QListView):
    """Passive: shows rows, tells which one is chosen and when the end comes into sight."""

    row_chosen = pyqtSignal(int)
    end_reached = pyqtSignal()

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = _Rows()
        self.setModel(self._model)
        self.setItemDelegate(_Painter(theme, self))
        self.setAccessibleName(name)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setObjectName("journal")
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        bar = self.verticalScrollBar()
        assert bar is not None  # noqa: S101 -- Qt makes one
        bar.valueChanged.connect(self._scrolled)

    def show_rows(self, rows: Sequence[JournalRow]) -> None:
        """Replace what is shown; the chosen row stays chosen where it still is there."""
        chosen = self.chosen_key()
        self._model.take(rows)
        if chosen is not None and self.chosen_key() != chosen:
            self.choose(chosen)

    def chosen_key(self) -> int | None:
        """The key of the row that is chosen."""
        index = self.currentIndex()
        return self._model.rows[index.row()].key if index.isValid() else None

    def choose(self, key: int) -> None:
        """Choose a row, where it is there."""
        for place, row in enumerate(self._model.rows):
            if row.key == key:
                self.setCurrentIndex(self._model.index(place))
                return

    def currentChanged(self, current: QModelIndex, previous: QModelIndex) -> None:  # noqa: N802 -- Qt's name
        super().currentChanged(current, previous)
        if current.isValid():
            self.row_chosen.emit(self._model.rows[current.row()].key)

    def _scrolled(self, value: int) -> None:
        bar = self.verticalScrollBar()
        if bar is not None and value >= bar.maximum() - _NEAR_END * _HEIGHT:
            self.end_reached.emit()


class _Painter(QStyledItemDelegate):
    def __init__(self, theme: Theme, view: JournalList) -> None:
        super().__init__(view)
        self._theme = theme
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:  # noqa: N802 -- Qt's name
        del index
        return QSize(option.rect.width(), _HEIGHT)

    def paint(
        self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex
    ) -> None:
        row = index.data(_ROLE)
        if painter is None or not isinstance(row, JournalRow):
            return
        theme, area = self._theme, option.rect
        painter.save()
        is_chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        is_hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        painter.fillRect(
            area, theme.colour("acc-bg" if is_chosen else "bg2" if is_hovered else "bg1")
        )
        left, top = area.left() + 10, area.top()
        painter.setFont(font("small"))
        painter.setPen(theme.colour("text-3"))
        upper = QRect(left, top + 5, _TIME - 10, 18)
        painter.drawText(
            upper, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, row.time
        )
        self._paint_mark(painter, left + _TIME - 10, top + 6, row)
        begin = left + _TIME - 10 + _MARK + 9
        width = area.right() - begin - 8
        self._paint_words(painter, QRect(begin, top + 5, width, 18), row)
        painter.setFont(font("control"))
        painter.setPen(theme.colour("text-2"))
        text = painter.fontMetrics().elidedText(row.text, Qt.TextElideMode.ElideRight, width)
        lower = QRect(begin, top + 23, width, 18)
        painter.drawText(lower, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        painter.restore()

    def _paint_mark(self, painter: QPainter, x: int, y: int, row: JournalRow) -> None:
        theme = self._theme
        area = QRect(x, y, _MARK, _MARK)
        painter.setPen(theme.pen("line"))
        painter.drawLine(area.center().x(), area.bottom() + 3, area.center().x(), y + _HEIGHT)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("bg3"))
        painter.drawEllipse(area)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        pixmap = theme.pixmap(row.icon, row.ink, _ICON, self._view.devicePixelRatioF())
        inset = (_MARK - _ICON) // 2
        painter.drawPixmap(x + inset, y + inset, pixmap)

    def _paint_words(self, painter: QPainter, area: QRect, row: JournalRow) -> None:
        side = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.setFont(font("control-strong"))
        painter.setPen(self._theme.colour("text-1"))
        metrics = painter.fontMetrics()
        title = metrics.elidedText(row.title, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, side, title)
        rest = area.adjusted(metrics.horizontalAdvance(title) + 6, 0, 0, 0)
        if rest.width() > 0:
            painter.setFont(font("small"))
            painter.setPen(self._theme.colour("text-3"))
            painter.drawText(rest, side, row.market)
