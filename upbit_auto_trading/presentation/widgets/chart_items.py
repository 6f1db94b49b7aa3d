"""The closed candles as items of the scene: candles, volume bars and indicator curves."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import QRectF, QSize, QSizeF
from PyQt6.QtGui import QColor, QPainter, QPen, QPixmap, QTransform
from PyQt6.QtWidgets import QGraphicsItem

from upbit_auto_trading.presentation.widgets.chart_grid import Grid, paint_grid
from upbit_auto_trading.presentation.widgets.chart_marks import (
    dense_line,
    paint_bars,
    paint_candles,
    paint_dots,
    paint_idle_slots,
    paint_volume,
)
from upbit_auto_trading.presentation.widgets.chart_panes import Pane, PixelItem
from upbit_auto_trading.presentation.widgets.chart_plan import LineLook, LineShape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.widgets.chart_data import CandleSlice
    from upbit_auto_trading.presentation.widgets.chart_marks import Placement
    from upbit_auto_trading.presentation.widgets.chart_scene import Scene
    from upbit_auto_trading.presentation.widgets.chart_viewport import (
        ChartLayout,
        ChartViewport,
        ValueScale,
    )

CURVE_WIDTH: Final = 1.5


class Layer(Protocol):
    """Something a chart draws that isn't a value of its candles."""

    def paint(self, painter: QPainter, scene: Scene) -> None:
        """Draw what of it is in sight; `painter` isn't clipped."""
        ...


def bar_inks(line: LineLook, theme: Theme) -> tuple[QColor, QColor]:
    """The colours of a line's bars above and below zero."""
    if line.shape is LineShape.SIGNED_BARS:
        return theme.colour("volume-up"), theme.colour("volume-down")
    return theme.colour(line.ink), theme.colour(line.ink)


class SettledItem(PixelItem):
    """What stands still between two candles, drawn into one opaque picture.

    Grid, closed candles and bars are drawn as arrays, then items of the scene that don't paint
    themselves, then what the layers hold. The picture is drawn again when one of them changes; a
    tick uncovers parts of it.
    """

    def __init__(
        self,
        parent: QGraphicsItem,
        theme: Theme,
        z: float,
        behind: Sequence[Layer],
        before: Sequence[Layer],
    ) -> None:
        super().__init__(parent, z)
        self._items: tuple[QGraphicsItem, ...] = ()
        self._behind, self._before = behind, before
        self._theme = theme
        self._idle = theme.pen("text-3", 1, (1, 2))
        self._picture = QPixmap()
        self._is_current = False
        self._layout: ChartLayout | None = None
        self._shown: tuple[Scene, Grid, CandleSlice, Placement] | None = None

    def draw_items(self, items: Sequence[QGraphicsItem]) -> None:
        """Draw these items of the scene from now on, in place of their own painting."""
        for item in items:
            item.setFlag(QGraphicsItem.GraphicsItemFlag.ItemHasNoContents)
        self._items = tuple(items)

    def show_empty(self, layout: ChartLayout) -> None:
        """Show the panes alone."""
        self._shown = None
        self._take(layout)

    def show_candles(
        self, scene: Scene, grid: Grid, candles: CandleSlice, placed: Placement
    ) -> None:
        """Show placed candles over a grid."""
        self._shown = scene, grid, candles, placed
        self._take(scene.layout)

    def redraw(self) -> None:
        """Draw again what an item changed."""
        self._is_current = False
        self.update()

    def paint(self, painter: Any, option: Any, widget: Any = None) -> None:
        del option, widget
        ratio = painter.device().devicePixelRatioF()
        if not self._is_current or self._picture.devicePixelRatio() != ratio:
            self._draw(ratio)
        painter.drawPixmap(0, 0, self._picture)

    def _take(self, layout: ChartLayout) -> None:
        self._layout = layout
        self.bound(QRectF(layout.whole))
        self.redraw()

    def _draw(self, ratio: float) -> None:
        layout = self._layout
        if layout is None:
            return
        size = QSizeF(layout.whole.size()) * ratio
        pixels = QSize(math.ceil(size.width()), math.ceil(size.height()))
        if self._picture.size() != pixels:
            self._picture = QPixmap(pixels)
        self._picture.setDevicePixelRatio(ratio)
        painter = QPainter(self._picture)
        paint_grid(painter, layout, self._shown[1] if self._shown else None, self._theme)
        if self._shown is not None and len(self._shown[2]):
            scene, _, candles, placed = self._shown
            price, theme = scene.scales.price, self._theme
            self._draw_layers(painter, scene, self._behind)
            painter.setClipRect(layout.price)
            paint_idle_slots(painter, candles, placed, price, self._idle)
            paint_candles(painter, candles, placed, price, theme)
            if not layout.volume.isEmpty():
                painter.setClipRect(layout.volume)
                paint_volume(painter, candles, placed, scene.scales.volume, theme)
            self._draw_shapes(painter, scene, candles, placed)
            self._draw_items(painter)
        if self._shown is not None:
            painter.setWorldTransform(QTransform())
            self._draw_layers(painter, self._shown[0], self._before)
        painter.end()
        self._is_current = True

    def _draw_layers(self, painter: QPainter, scene: Scene, layers: Sequence[Layer]) -> None:
        for layer in layers:
            painter.setClipping(False)
            layer.paint(painter, scene)

    def _draw_shapes(
        self, painter: QPainter, scene: Scene, candles: CandleSlice, placed: Placement
    ) -> None:
        """Draw the lines that aren't curves."""
        for place, line in enumerate(scene.plan.lines):
            pane = None if line.shape is LineShape.LINE else scene.pane(line.pane)
            if pane is None:
                continue
            area, scale = pane
            painter.setClipRect(area)
            values = candles.lines[place]
            if line.shape is LineShape.DOTS:
                paint_dots(painter, values, placed, scale, self._theme.colour(line.ink))
            else:
                paint_bars(painter, values, placed, scale, bar_inks(line, self._theme))

    def _draw_items(self, painter: QPainter) -> None:
        for item in self._items:
            transform = item.sceneTransform()
            painter.setWorldTransform(QTransform())
            painter.setClipRect(transform.mapRect(item.boundingRect()))
            painter.setWorldTransform(transform)
            item.paint(painter, None)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)


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
