"""The chart's scene: linked panes, their axes, and everything that stands in them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pyqtgraph as pg
from PyQt6.QtCore import QPoint, QRect, QRectF, Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QGraphicsRectItem,
    QGraphicsScene,
    QGraphicsView,
    QGraphicsWidget,
)

from upbit_auto_trading.presentation.widgets.chart_axes import TimeAxis, ValueAxis
from upbit_auto_trading.presentation.widgets.chart_crosshair import Crosshair
from upbit_auto_trading.presentation.widgets.chart_drawings import DrawingLayer
from upbit_auto_trading.presentation.widgets.chart_gaps import GapLayer
from upbit_auto_trading.presentation.widgets.chart_grid import Grid
from upbit_auto_trading.presentation.widgets.chart_levels import LevelLayer
from upbit_auto_trading.presentation.widgets.chart_live import (
    NewestCandle,
    NewestVolume,
    QuietItem,
)
from upbit_auto_trading.presentation.widgets.chart_markers import MarkerLayer
from upbit_auto_trading.presentation.widgets.chart_marks import Placement
from upbit_auto_trading.presentation.widgets.chart_notice import NoticeItem, OlderItem
from upbit_auto_trading.presentation.widgets.chart_panes import Pane
from upbit_auto_trading.presentation.widgets.chart_plan import (
    PRICE_PANE,
    VOLUME_PANE,
    ChartPlan,
)
from upbit_auto_trading.presentation.widgets.chart_readout import ReadoutItems
from upbit_auto_trading.presentation.widgets.chart_settled import SettledItem, slots_over
from upbit_auto_trading.presentation.widgets.chart_subplot import Curves, Subplot
from upbit_auto_trading.presentation.widgets.chart_tags import LastPrice, PriceTag

if TYPE_CHECKING:
    from PyQt6.QtGui import QPaintEvent
    from PyQt6.QtWidgets import QWidget

    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.widgets.chart_data import CandleSlice
    from upbit_auto_trading.presentation.widgets.chart_scene import Scene
    from upbit_auto_trading.presentation.widgets.chart_viewport import ChartLayout

# Behind the curves and lines of a pane, which have 0 and up.
_NEWEST = -1.0
_LINE, _CROSSHAIR = 5.0, 9.0
# Behind and in front of the panes.
_BEHIND = -10.0
_CORNERS, _TAGS, _NOTICE, _FOCUS = 10.0, 20.0, 40.0, 50.0


class ChartPlot(pg.GraphicsView):  # type: ignore[misc]  # pyqtgraph has no types
    """Draws scenes. `painted` tells of every painting of the view or a part of it.

    What stands still between two candles is kept as pictures by the items and the view; a tick
    changes the newest candle's column, the last price's line and the tags.
    """

    painted = pyqtSignal()

    def __init__(self, theme: Theme, layout: ChartLayout, parent: QWidget) -> None:
        super().__init__(parent=parent, useOpenGL=False, background=None)
        # The settled candles' picture is opaque and covers everything.
        self.setCacheMode(QGraphicsView.CacheModeFlag.CacheNone)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.viewport().setAutoFillBackground(False)
        self._theme = theme
        self._layout = layout
        self._scene: Scene | None = None
        self._key: tuple[object, ...] = ()
        self._plan = ChartPlan()
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        # Every item sets what it paints with, and puts back what others don't set.
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontSavePainterState)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontAdjustForAntialiasing)
        self.scene().setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        centre = QGraphicsWidget()
        self.setCentralItem(centre)
        self._centre = centre
        self._price, self._volume = Pane(centre), Pane(centre)
        self._volume.setXLink(self._price)
        self._newest = NewestCandle(self._price, theme, _NEWEST)
        self._newest_volume = NewestVolume(self._volume, theme, _NEWEST)
        self._quiet = QuietItem(self._price, theme, _NEWEST)
        self._price_line = self._price.level(theme.pen("up", 1, (1.5, 3)), _LINE)
        self._line_ink = "up"
        self._price_axis = ValueAxis(centre, self._price, theme)
        self._volume_axis = ValueAxis(centre, self._volume, theme)
        self._time_axis = TimeAxis(centre, self._price, theme)
        self.gaps, self.levels = GapLayer(theme), LevelLayer(theme)
        self.drawings, self.markers = DrawingLayer(theme), MarkerLayer(theme)
        before = (self.levels, self.drawings, self.markers)
        self._settled = SettledItem(centre, theme, _BEHIND, self.gaps, before)
        self._settled.refill = self._place
        self._price_tag = PriceTag(centre, theme, _TAGS)
        self._crosshair = Crosshair(centre, theme, _TAGS + 1)
        self._crosshair.add_pane(PRICE_PANE, self._price)
        self._crosshair.add_pane(VOLUME_PANE, self._volume)
        self._overlays = Curves(self._price, theme, self._plan, PRICE_PANE)
        self._volume_curves = Curves(self._volume, theme, self._plan, VOLUME_PANE)
        self._subplots: tuple[Subplot, ...] = ()
        self._draw_still()
        self.readouts = ReadoutItems(centre, theme, _CORNERS)
        self.levels.covered = self.readouts.corner
        self.older = OlderItem(centre, theme, _CORNERS)
        self.notice = NoticeItem(centre, theme, _NOTICE)
        self._focus = self._focus_frame()
        self.show_nothing()

    @property
    def scene_shown(self) -> Scene | None:
        """What is shown, None while there are no candles."""
        return self._scene

    @property
    def axis_labels(self) -> list[tuple[int, str]]:
        """Rows and texts of the value axes, those under tags included."""
        axes = (self._price_axis, self._volume_axis, *(one.axis for one in self._subplots))
        return [label for axis in axes for label in axis.labels]

    def show_plan(self, plan: ChartPlan) -> None:
        """Make room for other lines and panes; they are empty until the next scene."""
        for subplot in self._subplots:
            self._crosshair.forget_pane(subplot.look.key)
            subplot.remove()
        self._overlays.remove(self._price)
        self._volume_curves.remove(self._volume)
        self._plan = plan
        self._newest.show_plan(plan)
        self._newest_volume.show_plan(plan)
        self._overlays = Curves(self._price, self._theme, plan, PRICE_PANE)
        self._volume_curves = Curves(self._volume, self._theme, plan, VOLUME_PANE)
        self._subplots = tuple(
            Subplot(self._centre, self._theme, plan, look, (_NEWEST, _TAGS)) for look in plan.panes
        )
        for subplot in self._subplots:
            subplot.pane.setXLink(self._price)
            self._crosshair.add_pane(subplot.look.key, subplot.pane)
        self._crosshair.show_plan(plan)
        self._draw_still()
        self._key = ()
        self._show_data(is_shown=self._scene is not None)

    def show_layout(self, layout: ChartLayout) -> None:
        """Divide the view anew."""
        self._layout = layout
        self.notice.show_layout(layout)
        if self._scene is None:
            self._settled.show_empty(layout)
        frame = QRectF(layout.whole)
        self._focus.setRect(frame.adjusted(1, 1, -1, -1))

    def show_nothing(self) -> None:
        """Show the panes empty, with the notice."""
        self._scene, self._key = None, ()
        self._show_data(is_shown=False)
        self._settled.show_empty(self._layout)
        self.notice.show_layout(self._layout)

    def redraw(self) -> None:
        """Draw again what levels, markers and the user's lines became."""
        self._settled.redraw()

    def redraw_ground(self) -> None:
        """Draw everything again, gaps included."""
        self._settled.redraw_ground()

    def show_scene(self, scene: Scene) -> bool:
        """Show a scene, or what became of it; return whether more than its newest candle changed.

        The scene's data may change until the next call: only the newest candle is read again.
        """
        key = scene.key
        if self._scene is not None and key == self._key:
            self._newest.follow()
            if scene.plan.has_volume:
                self._newest_volume.follow()
            for subplot in self._subplots:
                subplot.follow()
            return False
        if self._scene is None:
            self._show_data(is_shown=True)
        self._scene, self._key = scene, key
        layout, scales, viewport = scene.layout, scene.scales, scene.viewport
        grid = Grid.of(scene)
        self._price.setXRange(viewport.left, viewport.right, padding=0)
        self._price.show_values(layout.price, scales.price)
        if scene.plan.has_volume:
            self._volume.show_values(layout.volume, scales.volume)
        strip = self._settled.strip_of(scene)
        candles, placed = self._place(scene, strip)
        self._newest.show_scene(scene, layout.price)
        if scene.plan.has_volume:
            self._newest_volume.show_scene(scene, layout.volume)
        for number, subplot in enumerate(self._subplots):
            subplot.show_scene(scene, number, grid.panes[number])
        for axis, pane, labels in (
            (self._price_axis, layout.price, grid.prices),
            (self._volume_axis, layout.volume, grid.volumes),
        ):
            axis.show_labels(pane.translated(layout.plot_width, 0), labels)
        self._time_axis.show_ticks(layout.time_axis, grid.times)
        self.older.place_before(layout, edge_of(scene))
        # The panes move their items now, and the scene asks for the painting: moved while
        # painting, or asked for from elsewhere, it would be painted twice.
        self.scene().prepareForPaint()
        self._settled.show_candles(scene, grid, candles, placed, strip)
        self.scene().update()
        return True

    def show_newest(self, quiet_until: int | None, *, is_stale: bool) -> None:
        """Show the lines' newest values, and how long nothing was traded since."""
        scene = self._scene
        if scene is None:
            return
        self._newest.show_stale(is_stale=is_stale)
        self._quiet.show_until(scene, quiet_until)
        has_changed = False
        for number, subplot in enumerate(self._subplots):
            levels = self.levels.taken(scene, subplot.look.key)
            has_changed |= subplot.show_live(scene, number, levels, is_stale=is_stale)
        has_changed |= self._volume_axis.show_taken(self.levels.taken(scene, VOLUME_PANE))
        if has_changed:
            self._settled.redraw()

    def show_price(self, last: LastPrice | None) -> None:
        """Show the last price on its scale."""
        scene = self._scene
        if scene is not None and self._price_axis.show_taken(
            (*self._price_rows(scene, last), *self.levels.taken(scene, PRICE_PANE))
        ):
            self._settled.redraw()

    def show_pointer(self, pointer: QPoint | None) -> None:
        """Put the crosshair under the pointer, or take it away."""
        if pointer is None or self._scene is None:
            self._crosshair.hide()
        else:
            self._crosshair.show_at(self._scene, pointer)

    def show_focus(self, *, has_focus: bool) -> None:
        """Frame the chart while it has the keyboard."""
        self._focus.setVisible(has_focus)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 -- Qt's name
        super().paintEvent(event)
        self.painted.emit()

    def _price_rows(self, scene: Scene, last: LastPrice | None) -> tuple[tuple[int, int], ...]:
        """Place the last price's line and tag; return the rows its tag takes from the axis."""
        if last is None:
            self._price_line.hide()
            self._price_tag.hide()
            return ()
        layout, scale = scene.layout, scene.scales.price
        token = "text-3" if last.is_stale else last.direction
        if token != self._line_ink:
            self._price_line.setPen(self._theme.pen(token, 1, (1.5, 3)))
            self._line_ink = token
        row = round(scale.y_of(last.value))
        if layout.price.top() <= row <= layout.price.bottom():
            # The middle of the row's pixels, so that the line fills one row exactly.
            self._price_line.show_at(scale.coordinate_at(row + 0.5))
        else:
            self._price_line.hide()
        return (self._price_tag.show_last(last, layout, scale),)

    def _place(self, scene: Scene, strip: QRect | None = None) -> tuple[CandleSlice, Placement]:
        """Place the candles in sight, or those over a strip, and their lines."""
        viewport, scales = scene.viewport, scene.scales
        left, right = viewport.left, viewport.right
        if strip is not None:
            left, right = slots_over(scene, strip)
        candles = scene.data.between(left, right)
        placed = Placement.of(candles, viewport)
        self._overlays.show_values(scene, candles, placed, scales.price)
        self._volume_curves.show_values(scene, candles, placed, scales.volume)
        for number, subplot in enumerate(self._subplots):
            subplot.curves.show_values(scene, candles, placed, scales.subplots[number])
        return candles, placed

    def _draw_still(self) -> None:
        groups = [self._overlays, self._volume_curves, *(one.curves for one in self._subplots)]
        curves = [curve for group in groups for curve in group.items.values()]
        axes = (self._price_axis, self._volume_axis, self._time_axis)
        subplots = [item for subplot in self._subplots for item in subplot.front]
        self._settled.draw_items(curves, (*subplots, *axes))

    def _show_data(self, *, is_shown: bool) -> None:
        for item in (self._price, self._price_axis, self._time_axis):
            item.setVisible(is_shown)
        for item in (self._volume, self._volume_axis):
            item.setVisible(is_shown and self._plan.has_volume)
        for subplot in self._subplots:
            subplot.set_visible(is_visible=is_shown)
        self.readouts.set_visible(is_visible=is_shown)
        self.notice.setVisible(not is_shown)
        if not is_shown:
            self._price_tag.hide()
            self._crosshair.hide()
            self.older.hide()

    def _focus_frame(self) -> QGraphicsRectItem:
        frame = QGraphicsRectItem(self._centre)
        frame.setPen(self._theme.pen("acc", 2))
        frame.setZValue(_FOCUS)
        frame.hide()
        return frame


def edge_of(scene: Scene) -> int:
    """The column at which the oldest candle's slot begins."""
    viewport = scene.viewport
    return math.trunc(viewport.x_of(scene.data.first_slot) - viewport.slot_width / 2)
