"""The common ground of every table that is read, not edited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtWidgets import QAbstractItemView, QHeaderView, QStyle, QStyleOptionViewItem, QTableView

from upbit_auto_trading.presentation.theme import font

if TYPE_CHECKING:
    from PyQt6.QtGui import QPainter
    from PyQt6.QtWidgets import QWidget

    from upbit_auto_trading.presentation.theme import Theme

HEAD_HEIGHT: Final = 26


class ReadTable(QTableView):
    """Rows of one height under a head; whole rows are chosen, nothing is edited."""

    def __init__(
        self,
        name: str,
        row_height: int,
        head_height: int = HEAD_HEIGHT,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        rows = self.verticalHeader()
        assert rows is not None  # noqa: S101 -- Qt makes one
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(row_height)
        self.head.setFixedHeight(head_height)
        self.head.setFont(font("small"))
        self.head.setHighlightSections(False)

    @property
    def head(self) -> QHeaderView:
        """The row of the columns' titles."""
        head = self.horizontalHeader()
        assert head is not None  # noqa: S101 -- Qt makes one
        return head


def paint_row_ground(
    painter: QPainter, option: QStyleOptionViewItem, theme: Theme, ground: str = ""
) -> None:
    """Fill a cell's ground, chosen before `ground` (a token) before hovered, and draw its line."""
    is_hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
    is_chosen = bool(option.state & QStyle.StateFlag.State_Selected)
    usual = ground or ("bg3" if is_hovered else "bg1")
    painter.fillRect(option.rect, theme.colour("acc-bg" if is_chosen else usual))
    painter.setPen(theme.pen("line"))
    painter.drawLine(option.rect.bottomLeft(), option.rect.bottomRight())
