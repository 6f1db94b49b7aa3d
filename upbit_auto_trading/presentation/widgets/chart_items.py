"""The closed candles as items of the scene: candles, volume bars and indicator curves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import QRectF
from PyQt6.QtGui import QPen
from PyQt6.QtWidgets import QGraphicsItem

from upbit_auto_trading.presentation.widgets.chart_marks import (
    dense_line,
    paint_candles,
    paint_idle_slots,
    paint_volume,
)
from upbit_auto_trading.presentation.widgets.chart_panes import Pane, PixelItem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.widgets.chart_data import CandleSlice
    from upbit_auto_trading.presentation.widgets.chart_marks import Placement
    from upbit_auto_trading.presentation.widgets.chart_viewport import ChartViewport, ValueScale

CURVE_WIDTH: Final = 1.5


class CandlesItem(PixelItem):
    """Every candle in sight but the newest, and the dashes of slots without trades."""

    def __init__(self, pane: Pane, theme: Theme, z: float) -> None:
        super().__init__(pane, z, is_cached=True)
        self._theme = theme
        self._idle = theme.pen("text-3", 1, (1, 2))
        self._shown: tuple[CandleSlice, Placement, ValueScale] | None = None

    def show_candles(self, candles: CandleSlice, placed: Placement, scale: ValueScale) -> None:
        self._shown = candles, placed, scale
        self.update()

    def paint(self, painter: Any, option: Any, widget: Any = None) -> None:
        del option, widget
        if self._shown is not None and len(self._shown[0]):
            candles, placed, scale = self._shown
            paint_idle_slots(painter, candles, placed, scale, self._idle)
            paint_candles(painter, candles, placed, scale, self._theme)


class VolumeItem(PixelItem):
    """The volume bars of every candle in sight but the newest."""

    def __init__(self, pane: Pane, theme: Theme, z: float) -> None:
        super().__init__(pane, z, is_cached=True)
        self._theme = theme
        self._shown: tuple[CandleSlice, Placement, ValueScale] | None = None

    def show_candles(self, candles: CandleSlice, placed: Placement, scale: ValueScale) -> None:
        self._shown = candles, placed, scale
        self.update()

    def paint(self, painter: Any, option: Any, widget: Any = None) -> None:
        del option, widget
        if self._shown is not None and len(self._shown[0]):
            paint_volume(painter, *self._shown, self._theme)


class IndicatorCurve(pg.PlotCurveItem):  # type: ignore[misc]  # pyqtgraph has no types
    """One value per candle as a line, broken where unknown, thinned to pixel columns.

    Its bounds are its pane's, so that what leaves the value scale is cut off there.
    """

    _boundingRect: QRectF | None  # noqa: N815 -- pyqtgraph's name

    def __init__(self, pane: Pane, pen: QPen, z: float) -> None:
        super().__init__(pen=pen)
        self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
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
            scale.values_at(rows),
            pen=pen,
            connect="pairs" if is_dense else "finite",
            antialias=not is_dense,
        )

    def boundingRect(self) -> QRectF:  # noqa: N802 -- Qt's name
        if self._boundingRect is None:
            self._boundingRect = QRectF(self.getViewBox().viewRect())
        return self._boundingRect
