"""Draws one cell of the market screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QModelIndex, QPoint, QRect, QSize, Qt
from PyQt6.QtGui import QFontMetrics, QPainter
from PyQt6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.board_columns import (
    CELL_ROLE,
    COLUMNS,
    BoardColumn,
    cell_text,
)
from upbit_auto_trading.presentation.market_row import ROW_ROLE, MarketCell, MarketRow
from upbit_auto_trading.presentation.theme import font
from upbit_auto_trading.presentation.widgets.market_badges import badges_of, paint_badge

if TYPE_CHECKING:
    from PyQt6.QtCore import QObject

    from upbit_auto_trading.presentation.theme import Theme

ROW_HEIGHT: Final = 32
STAR_ROOM: Final = 34
_STAR: Final = 14
_SIDE: Final = 9
_LEFT: Final = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_DIRECTED: Final = (BoardColumn.PRICE, BoardColumn.RATE, BoardColumn.CHANGE)


class MarketBoardDelegate(QStyledItemDelegate):
    """Paints what the row and the cell roles give; `hovered_row` is the row under the pointer."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.hovered_row = -1
        self._strong = QFontMetrics(font("value"))
        self._small = QFontMetrics(font("small"))
        self._micro = QFontMetrics(font("micro"))

    def is_on_star(self, cell: QRect, at: QPoint) -> bool:
        """Whether `at` is where the name's cell has its star."""
        return cell.contains(at) and at.x() < cell.left() + STAR_ROOM

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:  # noqa: N802 -- Qt's name
        del index
        return QSize(option.rect.width(), ROW_HEIGHT)

    def paint(
        self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex
    ) -> None:
        row = index.data(ROW_ROLE)
        if painter is None or not isinstance(row, MarketRow):
            return
        painter.save()
        self._paint_ground(painter, option, index)
        area = option.rect.adjusted(_SIDE, 0, -_SIDE, -1)
        if index.column() == 0:
            self._paint_name(painter, option, row)
        elif index.column() < len(COLUMNS):
            self._paint_figure(painter, area, row, COLUMNS[index.column()])
        else:
            self._paint_cell(painter, area, index.data(CELL_ROLE))
        painter.restore()

    def _paint_ground(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex
    ) -> None:
        theme, area = self._theme, option.rect
        is_hovered = index.row() == self.hovered_row
        is_current = bool(option.state & QStyle.StateFlag.State_Selected)
        ground = "acc-bg" if is_current else "bg3" if is_hovered else "bg1"
        painter.fillRect(area, theme.colour(ground))
        if is_current and index.column() == 0:
            painter.fillRect(area.left(), area.top(), 3, area.height(), theme.colour("acc"))
        painter.setPen(theme.pen("line"))
        painter.drawLine(area.bottomLeft(), area.bottomRight())

    def _paint_name(self, painter: QPainter, option: QStyleOptionViewItem, row: MarketRow) -> None:
        theme, cell = self._theme, option.rect
        device = painter.device()
        ratio = device.devicePixelRatioF() if device is not None else 1.0
        name, ink = ("star-filled", "warn") if row.is_favourite else ("star", "text-3")
        star = theme.pixmap(name, ink, _STAR, ratio)
        top = cell.top() + (cell.height() - _STAR) // 2
        painter.drawPixmap(cell.left() + (STAR_ROOM - _STAR) // 2, top, star)
        area = cell.adjusted(STAR_ROOM, 0, -_SIDE, -1)
        painter.setFont(font("value"))
        painter.setPen(theme.colour("text-1"))
        words = self._strong.elidedText(row.name, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, _LEFT, words)
        if row.matched is not None:
            start, length = row.matched
            before = self._strong.horizontalAdvance(row.name[:start])
            painter.setPen(theme.colour("acc"))
            part = area.adjusted(before, 0, 0, 0)
            painter.drawText(part, _LEFT, row.name[start : start + length])
        left = area.left() + self._strong.horizontalAdvance(words) + 7
        code = "" if row.name == row.base else row.base
        if code:
            painter.setFont(font("small"))
            painter.setPen(theme.colour("text-3"))
            room = QRect(left, area.top(), area.right() - left, area.height())
            painter.drawText(room, _LEFT, code)
            left += self._small.horizontalAdvance(code) + 7
        for badge in badges_of(row):
            room = QRect(left, cell.top() + (cell.height() - 16) // 2, area.right() - left, 15)
            left = paint_badge(painter, theme, self._micro, room, badge)

    def _paint_figure(
        self, painter: QPainter, area: QRect, row: MarketRow, column: BoardColumn
    ) -> None:
        theme, text = self._theme, cell_text(row, column)
        ink = "text-3" if row.is_stale or row.change_rate is None else "text-1"
        if not row.is_stale and row.change_rate is not None and column in _DIRECTED:
            ink = formatting.direction(row.change_rate)
        if not row.is_stale and column is BoardColumn.TURNOVER:
            ink = "text-2"
        name = "value" if column is BoardColumn.PRICE else "control"
        painter.setFont(font(name, italic=row.is_stale))
        painter.setPen(theme.colour(ink))
        painter.drawText(area, _RIGHT, text)
        if column is BoardColumn.PRICE and row.flash and not row.is_stale:
            width = self._strong.horizontalAdvance(text) + 10
            painter.setPen(theme.pen(row.flash))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(area.right() - width + 6, area.top() + 5, width, area.height() - 10)

    def _paint_cell(self, painter: QPainter, area: QRect, cell: object) -> None:
        if not isinstance(cell, MarketCell):
            return
        painter.setFont(font("control", italic=cell.is_stale))
        painter.setPen(self._theme.colour("text-3" if cell.is_stale else cell.ink))
        metrics = painter.fontMetrics()
        words = metrics.elidedText(cell.text, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, _RIGHT, words)
