"""A grid of small figures coloured by how good they are: rows by what, columns by which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QEvent, QRectF, QSize, Qt
from PyQt6.QtGui import QFontMetrics, QPainter
from PyQt6.QtWidgets import QSizePolicy, QToolTip, QWidget

from upbit_auto_trading.presentation.theme import font

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from PyQt6.QtGui import QHelpEvent, QPaintEvent

    from upbit_auto_trading.presentation.theme import Theme

_HEAD: Final = 18
_ROW: Final = 20
_LABEL: Final = 66
_PAD: Final = 10
_LEAST_CELL: Final = 42


@dataclass(frozen=True, slots=True)
class HeatCell:
    """One figure; `ground` is the token behind it, `explanation` says it in words."""

    text: str
    ground: str
    is_strong: bool = False
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class HeatLook:
    """Titles of rows and columns, and the cells by (row, column)."""

    rows: Sequence[str]
    columns: Sequence[str]
    cells: Mapping[tuple[int, int], HeatCell]


class HeatMap(QWidget):
    """Passive: shows as many columns as fit."""

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._look = HeatLook((), (), {})
        self._name = name
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setFixedHeight(_HEAD + 5 * _ROW + 8)

    def sizeHint(self) -> QSize:  # noqa: N802 -- Qt's name
        return QSize(400, self.height())

    @property
    def columns_that_fit(self) -> int:
        """How many columns can be read at this width."""
        return max(1, int((self.width() - _LABEL - 2 * _PAD) // _LEAST_CELL))

    def show_look(self, look: HeatLook) -> None:
        """Show other figures."""
        if look == self._look:
            return
        if len(look.rows) != len(self._look.rows):
            self.setFixedHeight(_HEAD + max(1, len(look.rows)) * _ROW + 8)
        self._look = look
        self.setAccessibleDescription(
            ", ".join(cell.explanation for cell in look.cells.values() if cell.is_strong)
        )
        self.update()

    def cell_area(self, row: int, column: int) -> QRectF:
        """Where a cell lies."""
        count = max(1, min(len(self._look.columns), self.columns_that_fit))
        width = (self.width() - _LABEL - 2 * _PAD) / count
        left = _PAD + _LABEL + column * width
        return QRectF(left + 0.5, _HEAD + row * _ROW + 0.5, width - 1, _ROW - 1)

    def event(self, event: QEvent | None) -> bool:
        if event is not None and event.type() == QEvent.Type.ToolTip:
            self._show_tip(event)  # type: ignore[arg-type]
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 -- Qt's name
        del event
        theme, look, painter = self._theme, self._look, QPainter(self)
        painter.fillRect(self.rect(), theme.colour("bg1"))
        painter.setFont(font("micro"))
        metrics = QFontMetrics(font("micro"))
        painter.setPen(theme.colour("text-3"))
        count = min(len(look.columns), self.columns_that_fit)
        for column in range(count):
            area = self.cell_area(-1, column)
            title = metrics.elidedText(
                look.columns[column], Qt.TextElideMode.ElideRight, int(area.width())
            )
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, title)
        for row, title in enumerate(look.rows):
            label = QRectF(_PAD, _HEAD + row * _ROW, _LABEL - 6, _ROW)
            painter.setPen(theme.colour("text-2"))
            painter.setFont(font("small"))
            painter.drawText(
                label, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, title
            )
        for column in range(count):
            for row in range(len(look.rows)):
                cell = look.cells.get((row, column))
                area = self.cell_area(row, column)
                painter.fillRect(area, theme.colour(cell.ground if cell else "bg2"))
                if cell is None:
                    continue
                painter.setFont(font("tag" if cell.is_strong else "micro"))
                painter.setPen(theme.colour("text-1"))
                painter.drawText(area, Qt.AlignmentFlag.AlignCenter, cell.text)
        painter.end()

    def _show_tip(self, event: QHelpEvent) -> None:
        for (row, column), cell in self._look.cells.items():
            if column < self.columns_that_fit and self.cell_area(row, column).contains(
                event.pos().toPointF()
            ):
                QToolTip.showText(event.globalPos(), cell.explanation, self)
                return
        QToolTip.hideText()
