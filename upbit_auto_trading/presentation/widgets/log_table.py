"""The log's rows: follows the newest line while it is in sight, else stays where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QAbstractItemModel, QModelIndex, QRect, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QFontMetrics, QKeySequence, QPainter
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from upbit_auto_trading.domain.log_line import LogLevel
from upbit_auto_trading.presentation.theme import font
from upbit_auto_trading.presentation.widgets.read_table import ReadTable, paint_row_ground

if TYPE_CHECKING:
    from PyQt6.QtGui import QKeyEvent

    from upbit_auto_trading.presentation.theme import Theme

ROW_HEIGHT: Final = 24
TIME, LEVEL, COMPONENT, CODE, CORRELATION, TEXT = range(6)
_WIDTHS: Final = {TIME: 100, LEVEL: 74, COMPONENT: 210, CODE: 164, CORRELATION: 110}
_PAD: Final = 9
_INKS: Final = {
    LogLevel.DEBUG: "text-3",
    LogLevel.INFO: "text-2",
    LogLevel.WARNING: "warn",
    LogLevel.ERROR: "bad",
}
_TEXT_INKS: Final = {COMPONENT: "text-2", CODE: "text-1", TIME: "text-3", CORRELATION: "text-3"}
_LEFT: Final = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class LogTable(ReadTable):
    """Passive: shows a model of lines; tells what is to be copied and which line is opened."""

    copy_asked = pyqtSignal()
    line_chosen = pyqtSignal(int)
    following_changed = pyqtSignal(bool)

    def __init__(self, theme: Theme, name: str, line_role: int) -> None:
        super().__init__(name, ROW_HEIGHT)
        self._is_following = True
        self.setItemDelegate(_Painter(theme, self, line_role))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setWordWrap(False)
        self.head.setStretchLastSection(True)
        bar = self.verticalScrollBar()
        assert bar is not None  # noqa: S101 -- Qt makes one
        self._bar = bar
        bar.valueChanged.connect(self._scrolled)

    def show_model(self, model: QAbstractItemModel | None) -> None:
        """Show the lines of a model; None shows none."""
        self.setModel(model)
        if model is None:
            return
        for column, width in _WIDTHS.items():
            self.head.resizeSection(column, width)
        selection = self.selectionModel()
        if selection is not None:
            selection.currentRowChanged.connect(lambda now, _before: self._chosen(now))

    def set_compact(self, *, compact: bool) -> None:
        """Leave out what a narrow window has no room for."""
        self.setColumnHidden(CORRELATION, compact)

    def follow(self) -> None:
        """Go to the newest line and stay with it."""
        self._is_following = True
        self.scrollToBottom()
        self.following_changed.emit(True)

    def lines_added(self) -> None:
        """Keep the newest line in sight if it was."""
        if self._is_following:
            self.scrollToBottom()

    def chosen_rows(self) -> list[int]:
        """The rows that are selected, in their order."""
        selection = self.selectionModel()
        if selection is None:
            return []
        return sorted(index.row() for index in selection.selectedRows())

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 -- Qt's name
        if event is not None and event.matches(QKeySequence.StandardKey.Copy):
            self.copy_asked.emit()
            return
        if event is not None and event.key() == Qt.Key.Key_End:
            self.follow()
            return
        super().keyPressEvent(event)

    def _chosen(self, index: QModelIndex) -> None:
        self.line_chosen.emit(index.row())

    def _scrolled(self, value: int) -> None:
        is_at_end = value >= self._bar.maximum() - ROW_HEIGHT
        if is_at_end != self._is_following:
            self._is_following = is_at_end
            self.following_changed.emit(is_at_end)


class _Painter(QStyledItemDelegate):
    def __init__(self, theme: Theme, table: LogTable, line_role: int) -> None:
        super().__init__(table)
        self._theme = theme
        self._line_role = line_role
        self._metrics = QFontMetrics(font("control"))
        self._small = QFontMetrics(font("tag"))

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:  # noqa: N802 -- Qt's name
        del index
        return QSize(option.rect.width(), ROW_HEIGHT)

    def paint(
        self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex
    ) -> None:
        if painter is None:
            return
        line = index.data(self._line_role)
        theme, column = self._theme, index.column()
        is_error = line.level is LogLevel.ERROR
        paint_row_ground(painter, option, theme, "bad-bg" if is_error else "")
        area = option.rect.adjusted(_PAD, 0, -4, 0)
        text = str(index.data())
        if column == LEVEL:
            self._paint_level(painter, area, text, _INKS[line.level])
            return
        ink = _TEXT_INKS.get(column, "text-1")
        if column == TEXT and line.level >= LogLevel.WARNING:
            ink = "text-1"
        painter.setFont(font("control"))
        painter.setPen(theme.colour(ink))
        side = Qt.TextElideMode.ElideLeft if column == COMPONENT else Qt.TextElideMode.ElideRight
        painter.drawText(area, _LEFT, self._metrics.elidedText(text, side, area.width()))

    def _paint_level(self, painter: QPainter, area: QRect, text: str, ink: str) -> None:
        width = self._small.horizontalAdvance(text) + 10
        badge = QRect(area.left(), area.center().y() - 7, width, 16)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.colour("bg3" if ink.startswith("text") else f"{ink}-bg"))
        painter.drawRoundedRect(badge, 3, 3)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.setFont(font("tag"))
        painter.setPen(self._theme.colour(ink))
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, text)
