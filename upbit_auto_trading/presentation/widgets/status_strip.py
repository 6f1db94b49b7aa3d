"""The strip at the bottom: can the data be trusted, in a few figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtGui import QPainter
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QPaintEvent, QResizeEvent

    from upbit_auto_trading.presentation.theme import Theme

HEIGHT: Final = 26
_DOT: Final = 8


@dataclass(frozen=True, slots=True)
class StatusItem:
    """One figure: its label, its value, the value's colour, and a fuller explanation.

    `dot` is the colour token of a dot before it, empty for none. `target` is what its click asks
    for. Where room is short, the items of the highest `rank` are left out.
    """

    label: str
    value: str
    ink: str = "text-1"
    explanation: str = ""
    dot: str = ""
    target: object = None
    rank: int = 0


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


class _StatusCell(QPushButton):
    """A figure that leads to what is behind it."""

    asked = pyqtSignal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("strip-cell")
        self._target: object = None
        self.rank = 0
        self.clicked.connect(self._clicked)
        self._dot = StatusDot(theme)
        self._label = Text(theme, "small", "text-2")
        self._value = Text(theme, "small-strong", "text-1")
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 0, 10, 0)
        row.setSpacing(5)
        for part in (self._dot, self._label, self._value):
            row.addWidget(part)

    def sizeHint(self) -> QSize:  # noqa: N802 -- Qt's name
        row = self.layout()
        return row.sizeHint() if row is not None else super().sizeHint()

    def minimumSizeHint(self) -> QSize:  # noqa: N802 -- Qt's name
        return self.sizeHint()

    def show_item(self, item: StatusItem) -> None:
        self._target, self.rank = item.target, item.rank
        self._dot.setVisible(bool(item.dot))
        if item.dot:
            self._dot.show_ink(item.dot)
        self._label.setVisible(bool(item.label))
        self._label.show_text(item.label)
        self._value.show_text(item.value, item.ink)
        if self.toolTip() != item.explanation:
            self.setToolTip(item.explanation)
        self.setAccessibleName(f"{item.label} {item.value}".strip())
        self.updateGeometry()

    def _clicked(self) -> None:
        self.asked.emit(self._target)


class StatusStrip(QWidget):
    """Figures from the left, the clock at the right. `asked` carries a pressed figure's target.

    `live_frame_painted` tells, and `frames_painted` counts, paintings of new live figures.
    """

    asked = pyqtSignal(object)
    live_frame_painted = pyqtSignal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setObjectName("status-strip")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(HEIGHT)
        self._cells: list[_StatusCell] = []
        self._count = 0
        self._has_news = False
        self.frames_painted = 0
        self._shown: list[StatusItem] = []
        self._separators: list[QFrame] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(4, 0, 4, 0)
        self._row.setSpacing(0)
        self._row.addStretch(1)
        self._clock = Text(theme, "small-strong", "text-1")
        self._zone = Text(theme, "small", "text-2", "KST")
        self._zone.setContentsMargins(4, 0, 8, 0)
        self._row.addWidget(self._clock)
        self._row.addWidget(self._zone)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 -- Qt's name
        super().paintEvent(event)
        if self._has_news:
            self._has_news = False
            self.frames_painted += 1
            self.live_frame_painted.emit()

    def show_items(self, items: Sequence[StatusItem], *, is_live: bool = False) -> None:
        """Show these figures, left to right; `is_live` where they are of live data."""
        if list(items) == self._shown:
            return
        if is_live:
            self._has_news = True
            self.update()
        self._shown = list(items)
        while len(self._cells) < len(items):
            self._add_cell()
        for cell, item in zip(self._cells, items, strict=False):
            cell.show_item(item)
        self._count = len(items)
        self._fit()

    def show_clock(self, text: str) -> None:
        """Show the time, KST."""
        self._clock.show_text(text)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 -- Qt's name
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Show the figures that there is room for, the last ones left out first."""
        taken = self._clock.sizeHint().width() + self._zone.sizeHint().width() + 24
        shown = set()
        cells = list(enumerate(self._cells[: self._count]))
        for number, cell in sorted(cells, key=lambda one: (one[1].rank, one[0])):
            taken += cell.sizeHint().width() + 1
            if taken > self.width():
                break
            shown.add(number)
        for number, cell in enumerate(self._cells):
            cell.setVisible(number in shown)
        for number, separator in enumerate(self._separators):
            separator.setVisible(number + 1 in shown)

    def _add_cell(self) -> None:
        cell = _StatusCell(self._theme)
        cell.asked.connect(self.asked)
        if self._cells:
            separator = QFrame()
            separator.setObjectName("strip-separator")
            separator.setFixedSize(1, 14)
            self._row.insertWidget(self._row.count() - 3, separator)
            self._separators.append(separator)
        self._row.insertWidget(self._row.count() - 3, cell)
        self._cells.append(cell)
