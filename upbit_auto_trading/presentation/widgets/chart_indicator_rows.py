"""How rows of the indicator list are painted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QModelIndex, QObject, QRect, QSize, Qt
from PyQt6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from upbit_auto_trading.presentation.theme import font

if TYPE_CHECKING:
    from PyQt6.QtGui import QPainter

    from upbit_auto_trading.presentation.theme import Theme

ROW_HEIGHT: Final = 28
DETAIL_ROLE: Final = int(Qt.ItemDataRole.UserRole) + 1
HEAD_ROLE: Final = int(Qt.ItemDataRole.UserRole) + 2


class IndicatorDelegate(QStyledItemDelegate):
    """A name at the left, a detail at the right; heads of sections are small."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:  # noqa: N802 -- Qt's name
        del index
        return QSize(option.rect.width(), ROW_HEIGHT)

    def paint(
        self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex
    ) -> None:
        if painter is None:
            return
        theme, area = self._theme, option.rect
        is_head = bool(index.data(HEAD_ROLE))
        is_current = bool(option.state & QStyle.StateFlag.State_Selected) and not is_head
        is_hovered = bool(option.state & QStyle.StateFlag.State_MouseOver) and not is_head
        painter.save()
        ground = "acc-bg" if is_current else "bg3" if is_hovered else "bg2"
        painter.fillRect(area, theme.colour(ground))
        row = QRect(area.left() + 10, area.top(), area.width() - 20, ROW_HEIGHT)
        side = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(font("small-strong" if is_head else "control"))
        painter.setPen(theme.colour("text-3" if is_head else "text-1"))
        painter.drawText(row, side | Qt.AlignmentFlag.AlignLeft, str(index.data()))
        painter.setFont(font("small"))
        painter.setPen(theme.colour("text-3"))
        painter.drawText(row, side | Qt.AlignmentFlag.AlignRight, str(index.data(DETAIL_ROLE)))
        painter.restore()
