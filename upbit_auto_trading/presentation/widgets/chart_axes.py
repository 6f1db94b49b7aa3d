"""The chart's axes: values at the right, times of Korea at the bottom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyqtgraph as pg
from PyQt6.QtCore import QRect, QRectF

from upbit_auto_trading.presentation.widgets.chart_viewport import PRICE_AXIS_WIDTH
from upbit_auto_trading.presentation.widgets.label_painter import LabelPainter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtWidgets import QGraphicsWidget

    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.widgets.chart_panes import Pane
    from upbit_auto_trading.presentation.widgets.chart_ticks import TimeTick

_HALF_LABEL = 8


class ValueAxis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph has no types
    """Labels at chosen rows of a pane; those under a tag aren't drawn."""

    def __init__(self, parent: QGraphicsWidget, pane: Pane, theme: Theme) -> None:
        super().__init__("right", parent=parent, linkView=pane)
        self._painter = LabelPainter(theme)
        self._spans: tuple[tuple[int, int], ...] = ()
        self._visible: list[tuple[int, str]] = []
        self.labels: list[tuple[int, str]] = []
        self.enableAutoSIPrefix(False)
        self.setWidth(PRICE_AXIS_WIDTH)

    def show_labels(self, area: QRect, labels: Sequence[tuple[int, str]]) -> None:
        """Take `area`; a label is its row in the chart and its text."""
        self.setGeometry(QRectF(area))
        self.labels = list(labels)
        self._choose()
        self.update()

    def show_taken(self, spans: tuple[tuple[int, int], ...]) -> bool:
        """Leave out labels between the rows of each span; return whether that changes any."""
        if spans == self._spans:
            return False
        self._spans = spans
        return self._choose()

    def boundingRect(self) -> QRectF:  # noqa: N802 -- Qt's name
        return QRectF(0, -_HALF_LABEL, self.size().width(), self.size().height() + 2 * _HALF_LABEL)

    def paint(self, painter: Any, option: Any, widget: Any = None) -> None:
        del option, widget
        top = round(self.pos().y())
        for row, text in self._visible:
            area = QRect(7, row - top - _HALF_LABEL, PRICE_AXIS_WIDTH - 8, 2 * _HALF_LABEL)
            self._painter.draw(painter, area, text, "small", "text-3")

    def _choose(self) -> bool:
        visible = [
            label
            for label in self.labels
            if not any(top < label[0] < bottom for top, bottom in self._spans)
        ]
        is_changed = visible != self._visible
        self._visible = visible
        return is_changed


class TimeAxis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph has no types
    """Labels of round moments under the panes."""

    def __init__(self, parent: QGraphicsWidget, pane: Pane, theme: Theme) -> None:
        super().__init__("bottom", parent=parent, linkView=pane)
        self._painter = LabelPainter(theme)
        self._ticks: tuple[tuple[int, TimeTick], ...] = ()
        self.enableAutoSIPrefix(False)

    def show_ticks(self, area: QRect, ticks: Sequence[tuple[int, TimeTick]]) -> None:
        """Take `area`; a tick is its column and what it says."""
        self.setGeometry(QRectF(area))
        self._ticks = tuple(ticks)
        self.update()

    def boundingRect(self) -> QRectF:  # noqa: N802 -- Qt's name
        return QRectF(0, 0, self.size().width(), self.size().height())

    def paint(self, painter: Any, option: Any, widget: Any = None) -> None:
        del option, widget
        width, height = round(self.size().width()), round(self.size().height())
        for x, tick in self._ticks:
            if 24 <= x <= width - 24:
                name = "small-strong" if tick.is_major else "small"
                ink = "text-2" if tick.is_major else "text-3"
                area = QRect(x - 45, 0, 90, height)
                self._painter.draw(painter, area, tick.text, name, ink, is_centred=True)
