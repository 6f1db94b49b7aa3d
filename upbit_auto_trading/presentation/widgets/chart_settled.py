"""What stands still on a chart between two candles, kept as pictures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, Protocol

from PyQt6.QtCore import QRect, QRectF, QSize, QSizeF
from PyQt6.QtGui import QPainter, QPixmap, QTransform
from PyQt6.QtWidgets import QGraphicsItem

from upbit_auto_trading.presentation.widgets.chart_grid import Grid, paint_grid
from upbit_auto_trading.presentation.widgets.chart_items import bar_inks
from upbit_auto_trading.presentation.widgets.chart_marks import (
    body_width,
    paint_bars,
    paint_candles,
    paint_dots,
    paint_idle_slots,
    paint_volume,
)
from upbit_auto_trading.presentation.widgets.chart_panes import PixelItem
from upbit_auto_trading.presentation.widgets.chart_plan import LineShape

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.widgets.chart_data import CandleSlice
    from upbit_auto_trading.presentation.widgets.chart_gaps import GapLayer
    from upbit_auto_trading.presentation.widgets.chart_marks import Placement
    from upbit_auto_trading.presentation.widgets.chart_scene import Scene
    from upbit_auto_trading.presentation.widgets.chart_viewport import ChartLayout

_WHOLE_PIXELS: Final = 1e-3
"""A picture is shifted by whole pixels; the way moved may be that far from them."""
_MARGIN: Final = 4


class Layer(Protocol):
    """Something a chart draws that isn't a value of its candles."""

    def paint(self, painter: QPainter, scene: Scene) -> None:
        """Draw what of it is in sight; `painter` isn't clipped."""
        ...


class SettledItem(PixelItem):
    """What stands still between two candles, drawn into one opaque picture.

    It is made of two. The ground moves with time: grid, gaps, closed candles and bars, drawn as
    arrays, and curves of the scene that don't paint themselves. While the chart is moved along
    time alone, the ground is shifted and only the strip that came into sight is drawn. The
    picture is the ground with what stays where it is: limits, axes, and the layers.
    """

    def __init__(
        self,
        parent: QGraphicsItem,
        theme: Theme,
        z: float,
        gaps: GapLayer,
        layers: Sequence[Layer],
    ) -> None:
        super().__init__(parent, z)
        self._curves: tuple[QGraphicsItem, ...] = ()
        self._front: tuple[QGraphicsItem, ...] = ()
        self._gaps, self._layers = gaps, layers
        self._theme = theme
        self._idle = theme.pen("text-3", 1, (1, 2))
        self._ground, self._picture = QPixmap(), QPixmap()
        self._is_current = False
        self._ground_of: tuple[object, ...] = ()
        self._ground_right = 0.0
        self._layout: ChartLayout | None = None
        self._shown: tuple[Scene, Grid, CandleSlice, Placement] | None = None
        self._is_strip = self._is_moving = False
        self.refill: Callable[[Scene], tuple[CandleSlice, Placement]] | None = None

    def draw_items(self, curves: Sequence[QGraphicsItem], front: Sequence[QGraphicsItem]) -> None:
        """Draw these items of the scene from now on, in place of their own painting."""
        for item in (*curves, *front):
            item.setFlag(QGraphicsItem.GraphicsItemFlag.ItemHasNoContents)
        self._curves, self._front = tuple(curves), tuple(front)
        self._ground_of = ()

    def show_empty(self, layout: ChartLayout) -> None:
        """Show the panes alone."""
        self._shown = None
        self._take(layout)
        self.redraw_ground()

    def strip_of(self, scene: Scene) -> QRect | None:
        """What comes into sight of a scene the ground is shifted to, None where it can't be."""
        if not self._ground_of or self._ground_of != _standing(scene) or not self._gaps.is_empty:
            return None
        way = (self._ground_right - scene.viewport.right) * scene.viewport.slot_width
        by, width = round(way), scene.layout.plot_width
        if not by or abs(way - by) > _WHOLE_PIXELS or abs(by) > width // 2:
            return None
        left = 0 if by > 0 else width + by
        return QRect(left, 0, abs(by), scene.layout.panes_height)

    def show_candles(
        self,
        scene: Scene,
        grid: Grid,
        candles: CandleSlice,
        placed: Placement,
        strip: QRect | None = None,
    ) -> None:
        """Show placed candles over a grid: all in sight, or those of a strip after a shift.

        With a strip the panes' items must be where the scene has them.
        """
        self._shown = scene, grid, candles, placed
        self._is_strip = self._is_moving = strip is not None
        self._take(scene.layout)
        if strip is None:
            self._ground_of = ()
            return
        by = strip.width() if strip.left() == 0 else -strip.width()
        plot = QRect(0, 0, scene.layout.plot_width, scene.layout.panes_height)
        ratio = round(scene.ratio)
        area = QRect(plot.topLeft() * ratio, plot.size() * ratio)
        self._ground.scroll(by * ratio, 0, area)
        self._ground_right = scene.viewport.right
        painter = QPainter(self._ground)
        self._draw_ground(painter, strip)
        painter.end()

    def redraw(self) -> None:
        """Draw again what a layer or an axis changed."""
        self._is_current = False
        self.update()

    def redraw_ground(self) -> None:
        """Draw everything again."""
        self._ground_of = ()
        self.redraw()

    def paint(self, painter: Any, option: Any, widget: Any = None) -> None:
        del option, widget
        ratio = painter.device().devicePixelRatioF()
        if self._is_current and self._picture.devicePixelRatio() == ratio:
            painter.drawPixmap(0, 0, self._picture)
            return
        self._draw(ratio)
        painter.drawPixmap(0, 0, self._picture if self._is_current else self._ground)
        if not self._is_current:
            painter.save()
            self._draw_front(painter)
            painter.restore()

    def _take(self, layout: ChartLayout) -> None:
        self._layout = layout
        self.bound(QRectF(layout.whole))
        self.redraw()

    def _draw(self, ratio: float) -> None:
        layout = self._layout
        if layout is None:
            return
        if not self._ground_of or self._ground.devicePixelRatio() != ratio:
            self._ground = _fitting(self._ground, layout, ratio)
            painter = QPainter(self._ground)
            if self._shown is not None and self._is_strip and self.refill is not None:
                scene, grid, *_ = self._shown
                self._shown = scene, grid, *self.refill(scene)
                self._is_strip = False
            self._draw_ground(painter, layout.whole)
            painter.end()
            if self._shown is not None and ratio == round(ratio):
                scene = self._shown[0]
                self._ground_of, self._ground_right = _standing(scene), scene.viewport.right
        if self._is_moving:
            # The next frame will differ as a whole, too: a picture of this one isn't worth making.
            self._is_moving = False
            return
        self._picture = _fitting(self._picture, layout, ratio)
        painter = QPainter(self._picture)
        painter.drawPixmap(0, 0, self._ground)
        self._draw_front(painter)
        painter.end()
        self._is_current = True

    def _draw_front(self, painter: QPainter) -> None:
        """Draw what stays where it is over the ground."""
        if self._shown is None or self._layout is None:
            return
        self._draw_items(painter, self._front, self._layout.whole)
        painter.setWorldTransform(QTransform())
        for layer in self._layers:
            painter.setClipping(False)
            layer.paint(painter, self._shown[0])

    def _draw_ground(self, painter: QPainter, window: QRect) -> None:
        """Draw what moves with time, inside `window`."""
        layout = self._layout
        if layout is None:
            return
        painter.setClipRect(window)
        paint_grid(painter, layout, self._shown[1] if self._shown else None, self._theme)
        if self._shown is None or not len(self._shown[2]):
            return
        scene, _, candles, placed = self._shown
        price, theme = scene.scales.price, self._theme
        self._gaps.paint(painter, scene)
        painter.setClipRect(layout.price & window)
        paint_idle_slots(painter, candles, placed, price, self._idle)
        paint_candles(painter, candles, placed, price, theme)
        if not layout.volume.isEmpty():
            painter.setClipRect(layout.volume & window)
            paint_volume(painter, candles, placed, scene.scales.volume, theme)
        self._draw_shapes(painter, window)
        self._draw_items(painter, self._curves, window)

    def _draw_shapes(self, painter: QPainter, window: QRect) -> None:
        """Draw the lines that aren't curves."""
        if self._shown is None:
            return
        scene, _, candles, placed = self._shown
        for place, line in enumerate(scene.plan.lines):
            pane = None if line.shape is LineShape.LINE else scene.pane(line.pane)
            if pane is None:
                continue
            area, scale = pane
            painter.setClipRect(area & window)
            values = candles.lines[place]
            if line.shape is LineShape.DOTS:
                paint_dots(painter, values, placed, scale, self._theme.colour(line.ink))
            else:
                paint_bars(painter, values, placed, scale, bar_inks(line, self._theme))

    def _draw_items(self, painter: QPainter, items: Sequence[QGraphicsItem], window: QRect) -> None:
        for item in items:
            transform = item.sceneTransform()
            painter.setWorldTransform(QTransform())
            painter.setClipRect(transform.mapRect(item.boundingRect()) & QRectF(window))
            painter.setWorldTransform(transform)
            item.paint(painter, None)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)


def slots_over(scene: Scene, strip: QRect) -> tuple[float, float]:
    """The slots whose candles may reach into a strip, whatever their width."""
    viewport = scene.viewport
    margin = body_width(viewport.slot_width) + _MARGIN
    return viewport.slot_at(strip.left() - margin), viewport.slot_at(strip.right() + 1 + margin)


def _standing(scene: Scene) -> tuple[object, ...]:
    """Equal for two scenes whose grounds differ by a shift along time alone."""
    return (*scene.steady_key, scene.viewport.slot_width)


def _fitting(picture: QPixmap, layout: ChartLayout, ratio: float) -> QPixmap:
    """A picture for the whole chart: the one given where it fits."""
    size = QSizeF(layout.whole.size()) * ratio
    pixels = QSize(math.ceil(size.width()), math.ceil(size.height()))
    fitting = picture if picture.size() == pixels else QPixmap(pixels)
    fitting.setDevicePixelRatio(ratio)
    return fitting
