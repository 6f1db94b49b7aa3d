"""Draws one row of the market list: two lines a cell, as on Upbit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QModelIndex, QPoint, QRect, QSize, Qt
from PyQt6.QtGui import QFontMetrics, QPainter
from PyQt6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.market_row import ROW_ROLE, MarketRow
from upbit_auto_trading.presentation.theme import font
from upbit_auto_trading.presentation.widgets.market_badges import badges_of, paint_badge

if TYPE_CHECKING:
    from PyQt6.QtCore import QObject

    from upbit_auto_trading.presentation.theme import Theme

ROW_HEIGHT: Final = 38
_STAR: Final = 13
_STAR_ROOM: Final = 26
_LEFT: Final = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class MarketDelegate(QStyledItemDelegate):
    """Paints names, prices and changes; `compact` puts the change under the price."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.compact = False
        self._small = QFontMetrics(font("small"))
        self._micro = QFontMetrics(font("micro"))
        self._strong = QFontMetrics(font("control-strong"))

    def is_on_star(self, cell: QRect, at: QPoint) -> bool:
        """Whether `at` is where the name's cell has its star."""
        return cell.contains(at) and at.x() >= cell.right() - _STAR_ROOM

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
        self._paint_ground(painter, option, row)
        left, right = (9, 2) if index.column() == 0 else (2, 9)
        area = option.rect.adjusted(left, 2, -right, -3)
        upper = QRect(area.left(), area.top(), area.width(), area.height() // 2)
        lower = QRect(area.left(), upper.bottom(), area.width(), area.height() // 2)
        if index.column() == 0:
            has_star = self._paint_star(painter, option, row)
            shorter = -_STAR_ROOM if has_star else 0
            upper = upper.adjusted(0, 0, shorter, 0)
            self._paint_name(painter, upper, lower.adjusted(0, 0, shorter, 0), row)
        elif index.column() == 1:
            self._paint_price(painter, option.rect, upper, lower, row)
        else:
            self._paint_change(painter, upper, lower, row)
        painter.restore()

    def _paint_ground(
        self, painter: QPainter, option: QStyleOptionViewItem, row: MarketRow
    ) -> None:
        theme, area = self._theme, option.rect
        is_hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        is_current = bool(option.state & QStyle.StateFlag.State_Selected)
        ground = "acc-bg" if row.is_shown else "bg3" if is_hovered or is_current else "bg1"
        painter.fillRect(area, theme.colour(ground))
        painter.setPen(theme.pen("line"))
        painter.drawLine(area.bottomLeft(), area.bottomRight())

    def _paint_star(self, painter: QPainter, option: QStyleOptionViewItem, row: MarketRow) -> bool:
        """Draw a favourite's star, or an empty one where the mouse is; return whether."""
        is_hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        if not row.is_favourite and not is_hovered:
            return False
        device = painter.device()
        ratio = device.devicePixelRatioF() if device is not None else 1.0
        name, ink = ("star-filled", "warn") if row.is_favourite else ("star", "text-3")
        pixmap = self._theme.pixmap(name, ink, _STAR, ratio)
        cell = option.rect
        painter.drawPixmap(
            cell.right() - (_STAR_ROOM + _STAR) // 2,
            cell.top() + (cell.height() - _STAR) // 2,
            pixmap,
        )
        return True

    def _paint_name(self, painter: QPainter, upper: QRect, lower: QRect, row: MarketRow) -> None:
        theme = self._theme
        painter.setFont(font("control-strong"))
        painter.setPen(theme.colour("text-1"))
        name = self._strong.elidedText(row.name, Qt.TextElideMode.ElideRight, upper.width())
        painter.drawText(upper, _LEFT, name)
        if row.matched is not None:
            start, length = row.matched
            before = self._strong.horizontalAdvance(row.name[:start])
            painter.setPen(theme.colour("acc"))
            part = upper.adjusted(before, 0, 0, 0)
            painter.drawText(part, _LEFT, row.name[start : start + length])
        painter.setFont(font("small"))
        painter.setPen(theme.colour("text-3"))
        painter.drawText(lower, _LEFT, row.base)
        left = lower.left() + self._small.horizontalAdvance(row.base) + 5
        for badge in badges_of(row)[: 1 if self.compact else 2]:
            room = QRect(left, lower.top() + 1, lower.right() - left, 15)
            left = paint_badge(painter, theme, self._micro, room, badge)

    def _paint_price(
        self, painter: QPainter, cell: QRect, upper: QRect, lower: QRect, row: MarketRow
    ) -> None:
        theme, area = self._theme, upper if self.compact else cell.adjusted(2, 0, -9, 0)
        if row.price is None or row.change_rate is None:
            painter.setPen(theme.colour("text-3"))
            painter.drawText(area, _RIGHT, formatting.NOTHING)
            return
        ink = "text-3" if row.is_stale else formatting.direction(row.change_rate)
        painter.setFont(font("value", italic=row.is_stale))
        painter.setPen(theme.colour(ink))
        painter.drawText(area, _RIGHT, formatting.price(row.market, row.price))
        if row.flash and not row.is_stale:
            painter.setPen(theme.pen(row.flash))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            frame = area.adjusted(0, 0, 5, 0) if self.compact else cell.adjusted(2, 9, -4, -10)
            painter.drawRect(frame)
        if self.compact:
            self._paint_rate(painter, lower, row, row.change_rate, "small")

    def _paint_change(self, painter: QPainter, upper: QRect, lower: QRect, row: MarketRow) -> None:
        if row.change_rate is None or row.turnover_24h is None:
            return
        self._paint_rate(painter, upper, row, row.change_rate, "control")
        painter.setFont(font("small", italic=row.is_stale))
        painter.setPen(self._theme.colour("text-3"))
        painter.drawText(lower, _RIGHT, formatting.turnover(row.market, row.turnover_24h))

    def _paint_rate(
        self, painter: QPainter, area: QRect, row: MarketRow, rate: float, font_name: str
    ) -> None:
        ink = "text-3" if row.is_stale else formatting.direction(rate)
        painter.setFont(font(font_name, italic=row.is_stale))
        painter.setPen(self._theme.colour(ink))
        painter.drawText(area, _RIGHT, f"{formatting.arrow(rate)} {formatting.percent(rate)}")
