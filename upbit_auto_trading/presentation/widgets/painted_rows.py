"""Rows painted in one pass on a scroll area, without a widget or an item a row."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QAbstractScrollArea, QScrollBar, QWidget

if TYPE_CHECKING:
    from PyQt6.QtCore import QRect


class PaintedRows(QAbstractScrollArea):
    """Scrolls rows of `row_height` up and down; what they are and show is the subclass's.

    `frames_painted` counts paintings, for benchmarks.
    """

    def __init__(self, name: str, row_height: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_arranging = False
        self.frames_painted = 0
        self.setFrameShape(self.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)
        self._surface.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._bar.setSingleStep(row_height)
        self._bar.valueChanged.connect(self._bar_moved)

    @abstractmethod
    def _scrolled(self) -> None:
        """Take note that the user has scrolled."""

    @property
    def _surface(self) -> QWidget:
        surface = self.viewport()
        assert surface is not None  # noqa: S101 -- a scroll area has one
        return surface

    @property
    def _bar(self) -> QScrollBar:
        bar = self.verticalScrollBar()
        assert bar is not None  # noqa: S101 -- a scroll area has one
        return bar

    def _set_scroll(self, height: int, value: int) -> None:
        """Have all rows take `height`, and scroll to `value`, which counts as nobody's doing."""
        self._is_arranging = True
        page = self._surface.height()
        self._bar.setPageStep(page)
        self._bar.setRange(0, max(0, height - page))
        self._bar.setValue(value)
        self._is_arranging = False

    def _bring_into_sight(self, area: QRect) -> None:
        if area.top() < 0:
            self._bar.setValue(self._bar.value() + area.top())
        elif area.bottom() >= self._surface.height():
            self._bar.setValue(self._bar.value() + area.bottom() - self._surface.height() + 1)

    def _bar_moved(self) -> None:
        if not self._is_arranging:
            self._scrolled()
