"""The closed candles as items of the scene: candles, volume bars and indicator curves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import QRectF
from PyQt6.QtGui import QColor, QPen

from upbit_auto_trading.presentation.widgets.chart_marks import (
    dense_line,
)
from upbit_auto_trading.presentation.widgets.chart_plan import LineLook, LineShape

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.widgets.chart_marks import Placement
    from upbit_auto_trading.presentation.widgets.chart_panes import Pane
    from upbit_auto_trading.presentation.widgets.chart_viewport import (
        ChartViewport,
        ValueScale,
    )

CURVE_WIDTH: Final = 1.5


def bar_inks(line: LineLook, theme: Theme) -> tuple[QColor, QColor]:
    """The colours of a line's bars above and below zero."""
    if line.shape is LineShape.SIGNED_BARS:
        return theme.colour("volume-up"), theme.colour("volume-down")
    return theme.colour(line.ink), theme.colour(line.ink)


class IndicatorCurve(pg.PlotCurveItem):  # type: ignore[misc]  # pyqtgraph has no types
    """One value per candle as a line, broken where unknown, thinned to pixel columns.

    Its bounds are its pane's, so that what leaves the value scale is cut off there.
    """

    _boundingRect: QRectF | None  # noqa: N815 -- pyqtgraph's name

    def __init__(self, pane: Pane, pen: QPen, z: float) -> None:
        super().__init__(pen=pen)
        self.setSegmentedLineMode("on")
        self.setZValue(z)
        self._colour = pen.color()
        pane.addItem(self, ignoreBounds=True)

    def show_values(
        self,
        values: NDArray[np.float64],
        placed: Placement,
        scale: ValueScale,
        viewport: ChartViewport,
        ratio: float,
    ) -> None:
        """Show the values of placed candles. `ratio` is device pixels per pixel."""
        is_dense = placed.starts is not None
        pen = QPen(self._colour, (1 if is_dense else CURVE_WIDTH) * ratio)
        pen.setCosmetic(True)
        if is_dense:
            x, top, bottom = dense_line(values, placed, scale)
            rows = np.column_stack((top, bottom)).ravel()
            columns = np.repeat(x, 2)
        else:
            columns, rows = placed.x, scale.rows_of(values)
        self.setData(
            viewport.right - (viewport.width - columns - 0.5) / viewport.slot_width,
            scale.coordinates_at(rows),
            pen=pen,
            connect="pairs" if is_dense else "finite",
            antialias=not is_dense,
        )

    def paint(self, painter: Any, option: Any, widget: Any = None) -> None:
        super().paint(painter, option, widget)

    def boundingRect(self) -> QRectF:  # noqa: N802 -- Qt's name
        if self._boundingRect is None:
            self._boundingRect = QRectF(self.getViewBox().viewRect())
        return self._boundingRect
