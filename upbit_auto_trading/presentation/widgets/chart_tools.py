"""Drawing with the mouse: what each press, move and release does to a chart's lines."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from upbit_auto_trading.domain.chart_drawing import (
    Drawing,
    DrawingKind,
    DrawnPoint,
    InvalidDrawingError,
)
from upbit_auto_trading.domain.money import exact, round_to_tick, tick_size
from upbit_auto_trading.presentation.widgets.chart_drawings import WHOLE, DrawingLayer, Grip

if TYPE_CHECKING:
    from PyQt6.QtCore import QPointF

    from upbit_auto_trading.presentation.widgets.chart_scene import Scene


class ChartTool(StrEnum):
    """What a press into the chart begins."""

    NONE = "none"
    HORIZONTAL = "horizontal"
    TREND = "trend"


class DrawingHand:
    """Draws, chooses, moves and deletes the lines of a layer.

    Each method returns whether it took the event: what it didn't take moves the chart.
    `has_changed` tells, once, that the drawings aren't what they were.
    """

    def __init__(self, layer: DrawingLayer) -> None:
        self._layer = layer
        self._grip: Grip | None = None
        self._held_at: DrawnPoint | None = None
        self._before: tuple[Drawing, ...] = ()
        self._is_changed = False
        self.tool = ChartTool.NONE

    @property
    def is_busy(self) -> bool:
        """Whether a line is being drawn or moved."""
        return self._grip is not None or self._layer.begun is not None

    def has_changed(self) -> bool:
        changed, self._is_changed = self._is_changed, False
        return changed

    def use(self, tool: ChartTool) -> None:
        """Draw with `tool` from the next press on."""
        self.tool = tool
        self._layer.begun = None
        if tool is not ChartTool.NONE:
            self._layer.chosen = None

    def press(self, scene: Scene, at: QPointF) -> bool:
        layer = self._layer
        point = layer.point_of(scene, at)
        if self.tool is ChartTool.HORIZONTAL:
            return self._add(scene, DrawingKind.HORIZONTAL, (point,))
        if self.tool is ChartTool.TREND:
            if layer.begun is None:
                layer.begun = _drawing(scene.market, DrawingKind.TREND, (point, point))
                return True
            return self._add(scene, DrawingKind.TREND, (layer.begun.points[0], point))
        grip = layer.grip_at(scene, at)
        layer.chosen = None if grip is None else grip.number
        self._grip, self._held_at, self._before = grip, point, layer.drawings
        return grip is not None

    def move(self, scene: Scene, at: QPointF) -> bool:
        layer = self._layer
        point = layer.point_of(scene, at)
        if layer.begun is not None:
            layer.begun = layer.begun.with_point(1, point)
            return True
        if self._grip is None or self._held_at is None:
            return False
        drawing = self._before[self._grip.number]
        try:
            if self._grip.point != WHOLE:
                moved = drawing.with_point(self._grip.point, point)
            else:
                moved = _shifted(drawing, self._held_at, point)
        except InvalidDrawingError:
            return True
        self._replace(self._grip.number, moved)
        return True

    def release(self) -> bool:
        """End a movement."""
        was_held = self._grip is not None
        if was_held and self._layer.drawings != self._before:
            self._is_changed = True
        self._grip = self._held_at = None
        return was_held

    def cancel(self) -> bool:
        """Give up what is being drawn or moved, put the tool away, or choose nothing."""
        layer = self._layer
        if self._grip is not None:
            layer.drawings = self._before
            self._grip = self._held_at = None
            return True
        if layer.begun is not None or self.tool is not ChartTool.NONE:
            self.use(ChartTool.NONE)
            return True
        had_choice, layer.chosen = layer.chosen is not None, None
        return had_choice

    def delete(self) -> bool:
        """Delete the chosen line."""
        layer = self._layer
        if layer.chosen is None:
            return False
        number, layer.chosen = layer.chosen, None
        layer.drawings = layer.drawings[:number] + layer.drawings[number + 1 :]
        self._grip = self._held_at = None
        self._is_changed = True
        return True

    def choose_next(self) -> bool:
        """Choose the next line, for hands without a mouse."""
        layer = self._layer
        if not layer.drawings:
            return False
        layer.chosen = 0 if layer.chosen is None else (layer.chosen + 1) % len(layer.drawings)
        return True

    def nudge(self, steps: int) -> bool:
        """Move the chosen line by price steps of its market."""
        layer = self._layer
        if layer.chosen is None:
            return False
        drawing = layer.drawings[layer.chosen]
        points = tuple(
            DrawnPoint(
                point.ms,
                point.price + steps * float(tick_size(drawing.market, exact(point.price))),
            )
            for point in drawing.points
        )
        try:
            self._replace(layer.chosen, Drawing(drawing.market, drawing.kind, points))
        except InvalidDrawingError:
            return True
        self._is_changed = True
        return True

    def _add(self, scene: Scene, kind: DrawingKind, points: tuple[DrawnPoint, ...]) -> bool:
        layer = self._layer
        drawing = _drawing(scene.market, kind, points)
        layer.begun, self.tool = None, ChartTool.NONE
        if drawing is not None and len(set(points)) == len(points):
            layer.drawings = (*layer.drawings, drawing)
            layer.chosen = len(layer.drawings) - 1
            self._is_changed = True
        return True

    def _replace(self, number: int, drawing: Drawing) -> None:
        drawings = self._layer.drawings
        self._layer.drawings = (*drawings[:number], drawing, *drawings[number + 1 :])


def _drawing(market: str, kind: DrawingKind, points: tuple[DrawnPoint, ...]) -> Drawing | None:
    """A drawing, None where a chart can't have it: below a price of zero."""
    try:
        return Drawing(market, kind, points)
    except InvalidDrawingError:
        return None


def _shifted(drawing: Drawing, origin: DrawnPoint, to: DrawnPoint) -> Drawing:
    points = tuple(
        DrawnPoint(
            point.ms + to.ms - origin.ms,
            float(round_to_tick(drawing.market, exact(point.price + to.price - origin.price))),
        )
        for point in drawing.points
    )
    return Drawing(drawing.market, drawing.kind, points)
