"""What presses, movements and keys mean to a chart: which of its parts they take hold of."""

from __future__ import annotations

import math
from enum import Enum, auto
from typing import TYPE_CHECKING, Final, Protocol

from PyQt6.QtCore import QPointF, Qt

from upbit_auto_trading.presentation.widgets.chart_tools import ChartTool, DrawingHand

if TYPE_CHECKING:
    from PyQt6.QtCore import QPoint, pyqtBoundSignal

    from upbit_auto_trading.presentation.widgets.chart_levels import ChartLevel
    from upbit_auto_trading.presentation.widgets.chart_markers import ChartMarker
    from upbit_auto_trading.presentation.widgets.chart_plot import ChartPlot
    from upbit_auto_trading.presentation.widgets.chart_scales import PaneScales
    from upbit_auto_trading.presentation.widgets.chart_scene import Scene

_KEY_PAN: Final = 60
_STRETCH: Final = 1.006
"""How much a pixel on the price axis stretches the scale."""


class Held(Enum):
    """What is held with the mouse."""

    NOTHING = auto()
    CHART = auto()
    DRAWING = auto()
    LEVEL = auto()
    PRICE_AXIS = auto()
    MARKER = auto()


class HandledChart(Protocol):
    """What hands need of a chart."""

    @property
    def plot(self) -> ChartPlot: ...
    @property
    def scales(self) -> PaneScales: ...
    @property
    def line_chosen(self) -> pyqtBoundSignal: ...
    @property
    def marker_chosen(self) -> pyqtBoundSignal: ...
    @property
    def value_dragged(self) -> pyqtBoundSignal: ...
    @property
    def value_dropped(self) -> pyqtBoundSignal: ...
    @property
    def tool_changed(self) -> pyqtBoundSignal: ...

    def is_plot(self, position: QPointF) -> bool: ...
    def marker_at(self, point: QPoint) -> ChartMarker | None: ...
    def pan_pixels(self, pixels: float) -> None: ...
    def zoom(self, notches: float, x: float | None = None) -> None: ...
    def return_to_newest(self) -> None: ...
    def fit_prices(self) -> None: ...
    def hold_prices(self, low: float, high: float) -> None: ...
    def setCursor(self, cursor: Qt.CursorShape) -> None: ...  # noqa: N802 -- Qt's name


class ChartHands:
    """One chart's mouse and keys."""

    def __init__(self, chart: HandledChart, drawing: DrawingHand) -> None:
        self._chart = chart
        self._drawing = drawing
        self._at = QPointF()
        self._level: ChartLevel | None = None
        self._marker: ChartMarker | None = None
        self.held = Held.NOTHING

    def press(self, at: QPointF) -> None:
        """Take hold of what lies under a pixel."""
        chart = self._chart
        scene = chart.plot.scene_shown
        self._at = at
        if scene is None:
            return
        point = at.toPoint()
        if scene.layout.price_axis.contains(point):
            self._hold(Held.PRICE_AXIS, Qt.CursorShape.SizeVerCursor)
            return
        if not chart.is_plot(at):
            return
        if self._drawing.tool is ChartTool.NONE and self._take(point):
            return
        if scene.layout.price.contains(point) and self._draw(scene, at):
            return
        self._hold(Held.CHART, Qt.CursorShape.ClosedHandCursor)

    def move(self, at: QPointF) -> None:
        """Move what is held, or the end of a line that was begun."""
        chart = self._chart
        scene, before, self._at = chart.plot.scene_shown, self._at, at
        if scene is None:
            return
        if self.held is Held.CHART:
            self._pan(before, at)
        elif self.held is Held.PRICE_AXIS:
            self.stretch_prices(_STRETCH ** (before.y() - at.y()))
        elif self.held is Held.LEVEL and self._level is not None:
            self._move_level(self._level, at)
        elif self._drawing.move(scene, at):
            chart.plot.redraw()

    def release(self, at: QPointF) -> None:
        """Let go."""
        chart, held, self.held = self._chart, self.held, Held.NOTHING
        if held is Held.LEVEL and self._level is not None:
            value = self._value_at(self._level, at)
            chart.plot.levels.grabbed = ""
            chart.plot.redraw()
            if value is not None:
                chart.value_dropped.emit(self._level.key, value)
        elif held is Held.MARKER and self._marker is not None:
            chart.plot.markers.chosen = self._marker
            chart.plot.redraw()
            chart.marker_chosen.emit(self._marker)
        elif held is Held.DRAWING:
            self._drawing.release()
        self._level = self._marker = None
        chart.setCursor(self.cursor_at(at, is_marker=False))

    def key(self, key: Qt.Key) -> bool:
        """Do what a key means; return whether it means anything here."""
        chart, drawing = self._chart, self._drawing
        if key == Qt.Key.Key_Left:
            chart.pan_pixels(_KEY_PAN)
        elif key == Qt.Key.Key_Right:
            chart.pan_pixels(-_KEY_PAN)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            chart.zoom(1)
        elif key == Qt.Key.Key_Minus:
            chart.zoom(-1)
        elif key == Qt.Key.Key_End:
            chart.return_to_newest()
        elif key == Qt.Key.Key_A:
            chart.fit_prices()
        else:
            return self._drawing_key(key, drawing)
        return True

    def stretch_prices(self, factor: float) -> None:
        """Show `1 / factor` of the prices shown, round their middle."""
        scale = self._chart.scales.price
        low, high = scale.low, scale.high
        if scale.is_log:
            middle, half = math.sqrt(low * high), math.log(high / low) / 2 / factor
            self._chart.hold_prices(middle / math.exp(half), middle * math.exp(half))
            return
        middle, half = (low + high) / 2, (high - low) / 2 / factor
        self._chart.hold_prices(middle - half, middle + half)

    def cursor_at(self, at: QPointF, *, is_marker: bool) -> Qt.CursorShape:
        """The pointer's shape over a pixel."""
        chart = self._chart
        scene, point = chart.plot.scene_shown, at.toPoint()
        if scene is None or self._drawing.tool is not ChartTool.NONE:
            return Qt.CursorShape.CrossCursor
        is_level = chart.plot.levels.draggable_at(point) is not None
        if scene.layout.price_axis.contains(point) or is_level:
            return Qt.CursorShape.SizeVerCursor
        is_line = scene.layout.price.contains(point) and (
            chart.plot.drawings.grip_at(scene, at) is not None
        )
        if is_marker or is_line or chart.plot.readouts.owner_at(point) is not None:
            return Qt.CursorShape.PointingHandCursor
        return Qt.CursorShape.CrossCursor

    def _take(self, point: QPoint) -> bool:
        """Take hold of a label, a marker or a level; return whether there was one."""
        chart = self._chart
        label = chart.plot.readouts.owner_at(point)
        if label is not None:
            chart.line_chosen.emit(*label)
            return True
        self._marker = chart.marker_at(point)
        if self._marker is not None:
            self._hold(Held.MARKER, Qt.CursorShape.PointingHandCursor)
            return True
        self._level = chart.plot.levels.draggable_at(point)
        if self._level is None:
            return False
        chart.plot.levels.grabbed = self._level.key
        self._hold(Held.LEVEL, Qt.CursorShape.SizeVerCursor)
        chart.plot.redraw()
        return True

    def _draw(self, scene: Scene, at: QPointF) -> bool:
        """Draw with the tool, or choose a line; return whether the press was taken."""
        chart, tool = self._chart, self._drawing.tool
        had_choice = chart.plot.drawings.chosen is not None
        is_taken = self._drawing.press(scene, at)
        if is_taken:
            self._hold(Held.DRAWING, Qt.CursorShape.CrossCursor)
        if is_taken or had_choice:
            chart.plot.redraw()
        if self._drawing.tool is not tool:
            chart.tool_changed.emit(self._drawing.tool.value)
        return is_taken

    def _drawing_key(self, key: Qt.Key, drawing: DrawingHand) -> bool:
        tool = drawing.tool
        if key == Qt.Key.Key_Escape:
            is_taken = drawing.cancel()
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            is_taken = drawing.delete()
        elif key == Qt.Key.Key_D:
            is_taken = drawing.choose_next()
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            is_taken = drawing.nudge(1 if key == Qt.Key.Key_Up else -1)
        else:
            return False
        if is_taken:
            self._chart.plot.redraw()
        if drawing.tool is not tool:
            self._chart.tool_changed.emit(drawing.tool.value)
        return is_taken

    def _pan(self, before: QPointF, at: QPointF) -> None:
        chart = self._chart
        if not chart.scales.fits:
            scale = chart.scales.price
            moved = at.y() - before.y()
            low, high = scale.value_at(scale.bottom - moved), scale.value_at(scale.top - moved)
            chart.hold_prices(low, high)
        chart.pan_pixels(at.x() - before.x())

    def _move_level(self, level: ChartLevel, at: QPointF) -> None:
        value = self._value_at(level, at)
        if value is not None:
            self._chart.plot.levels.move(level.key, value)
            self._chart.plot.redraw()
            self._chart.value_dragged.emit(level.key, value)

    def _value_at(self, level: ChartLevel, at: QPointF) -> float | None:
        scene = self._chart.plot.scene_shown
        pane = None if scene is None else scene.pane(level.pane)
        if pane is None:
            return None
        area, scale = pane
        return scale.value_at(min(max(at.y(), area.top()), area.bottom()))

    def _hold(self, held: Held, cursor: Qt.CursorShape) -> None:
        self.held = held
        self._chart.setCursor(cursor)
