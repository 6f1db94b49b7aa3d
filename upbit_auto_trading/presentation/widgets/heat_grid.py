"""A grid of values, one cell for each pair of two parameters, coloured by gain and loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QEvent, QRect, Qt, pyqtSignal
from PyQt6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter
from PyQt6.QtWidgets import QToolTip, QWidget

from upbit_auto_trading.presentation.theme import font

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QPaintEvent

    from upbit_auto_trading.presentation.theme import Theme

_LEFT: Final = 84
_TOP: Final = 34
_STEPS: Final = 4
_MOVES: Final = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


@dataclass(frozen=True, slots=True)
class HeatCell:
    """A value with its text and explanation; `value` 0 is neutral, its sign gain or loss.

    `is_best` marks the one to look at first.
    """

    value: float
    text: str
    explanation: str = ""
    is_best: bool = False


@dataclass(frozen=True, slots=True)
class HeatLook:
    """Columns and rows by their values' texts; a cell is None while it isn't known."""

    x_name: str
    x_values: Sequence[str]
    y_name: str
    y_values: Sequence[str]
    cells: Sequence[Sequence[HeatCell | None]]


class HeatGrid(QWidget):
    """Passive: shows a look, tells which cell (column, row) is chosen; arrows move, Enter opens."""

    cell_chosen = pyqtSignal(int, int)
    cell_opened = pyqtSignal(int, int)

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._look: HeatLook | None = None
        self._chosen: tuple[int, int] | None = None
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(320, 200)

    def show_look(self, look: HeatLook | None) -> None:
        """Show other values; the chosen cell stays where it still is there."""
        self._look = look
        if look is None or (
            self._chosen is not None
            and not (self._chosen[0] < len(look.x_values) and self._chosen[1] < len(look.y_values))
        ):
            self._chosen = None
        self.update()

    def choose(self, column: int, row: int) -> None:
        """Mark a cell and tell of it."""
        self._chosen = column, row
        self.update()
        self.cell_chosen.emit(column, row)

    def cell_area(self, column: int, row: int) -> QRect:
        """Where a cell is drawn."""
        assert self._look is not None  # noqa: S101 -- asked of a look that is shown
        width, height = self.width() - _LEFT, self.height() - _TOP
        columns, rows = len(self._look.x_values), len(self._look.y_values)
        left, right = _LEFT + width * column // columns, _LEFT + width * (column + 1) // columns
        top, bottom = _TOP + height * row // rows, _TOP + height * (row + 1) // rows
        return QRect(left, top, right - left - 1, bottom - top - 1)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 -- Qt's name
        del event
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.colour("bg1"))
        look = self._look
        if look is None:
            return
        self._paint_heads(painter, look)
        known = [abs(cell.value) for row in look.cells for cell in row if cell is not None]
        largest = max(known, default=0.0)
        for row, cells in enumerate(look.cells):
            for column, cell in enumerate(cells):
                self._paint_cell(painter, self.cell_area(column, row), cell, largest)
        if self._chosen is not None:
            painter.setPen(self._theme.pen("acc", 2))
            painter.drawRect(self.cell_area(*self._chosen).adjusted(0, 0, 0, 0))

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 -- Qt's name
        cell = self._cell_at(event)
        if cell is not None:
            self.choose(*cell)

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 -- Qt's name
        cell = self._cell_at(event)
        if cell is not None:
            self.cell_opened.emit(*cell)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 -- Qt's name
        look = self._look
        if event is None or look is None:
            super().keyPressEvent(event)
            return
        key = Qt.Key(event.key())
        if key in _MOVES:
            column, row = self._chosen or (0, 0)
            across, down = _MOVES[key]
            self.choose(
                max(0, min(len(look.x_values) - 1, column + across)),
                max(0, min(len(look.y_values) - 1, row + down)),
            )
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._chosen is not None:
            self.cell_opened.emit(*self._chosen)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent | None) -> bool:
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            place = self._cell_near(event.pos().x(), event.pos().y())
            cell = self._look.cells[place[1]][place[0]] if self._look and place else None
            QToolTip.showText(event.globalPos(), cell.explanation if cell is not None else "", self)
            return True
        return super().event(event)

    def _paint_heads(self, painter: QPainter, look: HeatLook) -> None:
        theme = self._theme
        painter.setFont(font("small"))
        painter.setPen(theme.colour("text-3"))
        middle = Qt.AlignmentFlag.AlignCenter
        painter.drawText(QRect(_LEFT, 0, self.width() - _LEFT, _TOP // 2), middle, look.x_name)
        painter.drawText(QRect(0, _TOP // 2, _LEFT - 4, _TOP // 2), middle, look.y_name)
        painter.setPen(theme.colour("text-2"))
        for column, text in enumerate(look.x_values):
            area = self.cell_area(column, 0)
            painter.drawText(QRect(area.left(), _TOP // 2, area.width(), _TOP // 2), middle, text)
        for row, text in enumerate(look.y_values):
            area = self.cell_area(0, row)
            painter.drawText(
                QRect(0, area.top(), _LEFT - 10, area.height()),
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                text,
            )

    def _paint_cell(
        self, painter: QPainter, area: QRect, cell: HeatCell | None, largest: float
    ) -> None:
        theme = self._theme
        if cell is None:
            painter.fillRect(area, theme.colour("bg2"))
            return
        side = "up" if cell.value > 0 else "down"
        step = max(1, min(_STEPS, int(abs(cell.value) / largest * _STEPS) + 1)) if largest else 0
        token = f"gain-{side}-{step}" if cell.value and step else "bg2"
        painter.fillRect(area, theme.colour(token))
        painter.setFont(font("control-strong" if cell.is_best else "control"))
        painter.setPen(theme.colour("text-1"))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, cell.text)
        if cell.is_best:
            painter.setPen(theme.pen("text-2"))
            painter.drawRect(area.adjusted(2, 2, -3, -3))

    def _cell_at(self, event: QMouseEvent | None) -> tuple[int, int] | None:
        if event is None:
            return None
        place = event.position().toPoint()
        return self._cell_near(place.x(), place.y())

    def _cell_near(self, x: int, y: int) -> tuple[int, int] | None:
        look = self._look
        if look is None or x < _LEFT or y < _TOP:
            return None
        column = (x - _LEFT) * len(look.x_values) // max(1, self.width() - _LEFT)
        row = (y - _TOP) * len(look.y_values) // max(1, self.height() - _TOP)
        is_inside = column < len(look.x_values) and row < len(look.y_values)
        return (column, row) if is_inside else None
