"""The strip at the bottom: can the data be trusted, in a few figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QSize, Qt
from PyQt6.QtGui import QPainter
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QWidget

from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QPaintEvent

    from upbit_auto_trading.presentation.theme import Theme

HEIGHT: Final = 26
_DOT: Final = 8


@dataclass(frozen=True, slots=True)
class StatusItem:
    """One figure: its label, its value, the value's colour, and a fuller explanation.

    `dot` is the colour token of a dot before it, empty for none.
    """

    label: str
    value: str
    ink: str = "text-1"
    explanation: str = ""
    dot: str = ""


class StatusDot(QWidget):
    """A round light; what it means stands beside it in words."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._ink = "off"
        self.setFixedSize(QSize(_DOT, _DOT))

    def show_ink(self, ink: str) -> None:
        """Show another colour token."""
        if ink != self._ink:
            self._ink = ink
            self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 -- Qt's name
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self._theme.pen(self._ink, 1.5))
        if self._ink != "off":
            painter.setBrush(self._theme.colour(self._ink))
        painter.drawEllipse(self.rect().toRectF().adjusted(1, 1, -1, -1))
        painter.end()


class _StatusCell(QWidget):
    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._dot = StatusDot(theme)
        self._label = Text(theme, "small", "text-2")
        self._value = Text(theme, "small-strong", "text-1")
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 0, 10, 0)
        row.setSpacing(5)
        for part in (self._dot, self._label, self._value):
            row.addWidget(part)

    def show_item(self, item: StatusItem) -> None:
        self._dot.setVisible(bool(item.dot))
        if item.dot:
            self._dot.show_ink(item.dot)
        self._label.setVisible(bool(item.label))
        self._label.show_text(item.label)
        self._value.show_text(item.value, item.ink)
        if self.toolTip() != item.explanation:
            self.setToolTip(item.explanation)
        self.setAccessibleName(f"{item.label} {item.value}".strip())


class StatusStrip(QWidget):
    """Figures from the left, the clock at the right."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setObjectName("status-strip")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(HEIGHT)
        self._cells: list[_StatusCell] = []
        self._separators: list[QFrame] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(4, 0, 4, 0)
        self._row.setSpacing(0)
        self._row.addStretch(1)
        self._clock = Text(theme, "small-strong", "text-1")
        zone = Text(theme, "small", "text-2", "KST")
        zone.setContentsMargins(4, 0, 8, 0)
        self._row.addWidget(self._clock)
        self._row.addWidget(zone)

    def show_items(self, items: Sequence[StatusItem]) -> None:
        """Show these figures, left to right."""
        while len(self._cells) < len(items):
            self._add_cell()
        for cell, item in zip(self._cells, items, strict=False):
            cell.show_item(item)
        for number, cell in enumerate(self._cells):
            cell.setVisible(number < len(items))
        for number, separator in enumerate(self._separators):
            separator.setVisible(number + 1 < len(items))

    def show_clock(self, text: str) -> None:
        """Show the time, KST."""
        self._clock.show_text(text)

    def _add_cell(self) -> None:
        cell = _StatusCell(self._theme)
        if self._cells:
            separator = QFrame()
            separator.setObjectName("strip-separator")
            separator.setFixedSize(1, 14)
            self._row.insertWidget(self._row.count() - 3, separator)
            self._separators.append(separator)
        self._row.insertWidget(self._row.count() - 3, cell)
        self._cells.append(cell)
