"""One pane below the candles: its curves, limits, axis, newest values and their tags."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from upbit_auto_trading.presentation.widgets.chart_axes import ValueAxis
from upbit_auto_trading.presentation.widgets.chart_items import CURVE_WIDTH, IndicatorCurve
from upbit_auto_trading.presentation.widgets.chart_live import NewestLines
from upbit_auto_trading.presentation.widgets.chart_panes import Pane
from upbit_auto_trading.presentation.widgets.chart_plan import LineShape, value_text
from upbit_auto_trading.presentation.widgets.chart_tags import ValueTag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtWidgets import QGraphicsItem, QGraphicsWidget

    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.widgets.chart_data import CandleSlice
    from upbit_auto_trading.presentation.widgets.chart_grid import PaneGrid
    from upbit_auto_trading.presentation.widgets.chart_marks import Placement
    from upbit_auto_trading.presentation.widgets.chart_plan import ChartPlan, PaneLook
    from upbit_auto_trading.presentation.widgets.chart_scene import Scene
    from upbit_auto_trading.presentation.widgets.chart_viewport import ValueScale


class Curves:
    """The curves of one pane."""

    def __init__(self, pane: Pane, theme: Theme, plan: ChartPlan, key: str) -> None:
        self.items = {
            place: IndicatorCurve(pane, theme.pen(plan.lines[place].ink, CURVE_WIDTH), 1)
            for place in plan.places_in(key)
            if plan.lines[place].shape is LineShape.LINE
        }

    def show_values(
        self, scene: Scene, candles: CandleSlice, placed: Placement, scale: ValueScale
    ) -> None:
        """Show the values of placed candles."""
        for place, curve in self.items.items():
            curve.show_values(candles.lines[place], placed, scale, scene.viewport, scene.ratio)

    def remove(self, pane: Pane) -> None:
        """Take the curves out of their pane."""
        for curve in self.items.values():
            pane.removeItem(curve)


class Subplot:
    """One pane below the candles."""

    def __init__(
        self,
        centre: QGraphicsWidget,
        theme: Theme,
        plan: ChartPlan,
        look: PaneLook,
        heights: tuple[float, float],
    ) -> None:
        newest, tags = heights
        self.look = look
        self.pane = Pane(centre)
        self._newest = NewestLines(self.pane, theme, newest, look.key)
        self._newest.show_plan(plan)
        self.curves = Curves(self.pane, theme, plan, look.key)
        self._limits = [self.pane.level(theme.pen("rsi-limit", 1, (4, 4)), 0) for _ in look.limits]
        self.axis = ValueAxis(centre, self.pane, theme)
        self._tags = {
            place: ValueTag(centre, theme, tags, _tag_ink(plan, place))
            for place in plan.places_in(look.key)
        }

    @property
    def front(self) -> tuple[QGraphicsItem, ...]:
        """What stands where it is while the chart moves along time."""
        return (*self._limits, self.axis)

    def show_scene(self, scene: Scene, number: int, grid: PaneGrid) -> None:
        """Show the pane that is the scene's `number`th below the volume."""
        area, scale = scene.layout.subplots[number], scene.scales.subplots[number]
        self.pane.show_values(area, scale)
        for line, limit in zip(self._limits, self.look.limits, strict=True):
            if scale.low <= limit <= scale.high:
                line.show_at(limit)
            else:
                line.hide()
        self._newest.show_scene(scene, area)
        self.axis.show_labels(area.translated(scene.layout.plot_width, 0), grid.labels)

    def follow(self) -> None:
        """Show what became of the newest values."""
        self._newest.follow()

    def show_live(
        self, scene: Scene, number: int, levels: Sequence[tuple[int, int]], *, is_stale: bool
    ) -> bool:
        """Show the tags of the newest values; return whether the axis' labels changed.

        `levels` are the rows that tags of levels take: values stand beside the lines' names, too.
        """
        scale, left = scene.scales.subplots[number], scene.layout.price_axis.left() + 1
        newest = scene.data.last().lines
        taken = list(levels)
        for place, tag in self._tags.items():
            value = float(newest[place, 0])
            text = ""
            if math.isfinite(value):
                text = value_text(scene.market, self.look.unit, value)
            rows = tag.show_value(value, text, left, scale, taken, is_stale=is_stale)
            if rows is not None:
                taken.append(rows)
        return self.axis.show_taken(tuple(taken))

    def set_visible(self, *, is_visible: bool) -> None:
        self.pane.setVisible(is_visible)
        self.axis.setVisible(is_visible)
        if not is_visible:
            for tag in self._tags.values():
                tag.hide()

    def remove(self) -> None:
        """Take everything out of the scene."""
        scene = self.pane.scene()
        for item in (*self._tags.values(), self.axis, self.pane):
            scene.removeItem(item)


def _tag_ink(plan: ChartPlan, place: int) -> str:
    line = plan.lines[place]
    return "bg3" if line.shape in (LineShape.BARS, LineShape.SIGNED_BARS) else line.ink
