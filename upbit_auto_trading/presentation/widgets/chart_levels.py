"""Horizontal lines with a name: orders, the average price, limits that can be dragged."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QLineF, QRect, Qt

from upbit_auto_trading.domain.variable import Unit
from upbit_auto_trading.presentation.widgets.chart_plan import PRICE_PANE, value_text
from upbit_auto_trading.presentation.widgets.chart_tags import COVERED
from upbit_auto_trading.presentation.widgets.chart_viewport import PRICE_AXIS_WIDTH
from upbit_auto_trading.presentation.widgets.label_painter import LabelPainter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PyQt6.QtCore import QPoint
    from PyQt6.QtGui import QPainter

    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.widgets.chart_scene import Scene

_TAG_HEIGHT: Final = 18
_LEFT: Final = 8
_GRIP: Final = 4
RULE_DASHES: Final = (6.0, 4.0)
AVERAGE_DASHES: Final = (2.0, 3.0)


@dataclass(frozen=True, slots=True)
class ChartLevel:
    """A line across one pane at a value.

    `key` names it to the chart's owner. `text` is what its tag on the axis says, the value where
    it is empty. A draggable one is moved with the mouse.
    """

    key: str
    value: float
    label: str = ""
    ink: str = "text-2"
    pane: str = PRICE_PANE
    dashes: tuple[float, ...] = RULE_DASHES
    is_draggable: bool = False
    text: str = ""


class LevelLayer:
    """Draws the levels in sight; knows which of them is where.

    `covered` tells where figures stand that names must leave readable, `names` where they are.
    """

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._labels = LabelPainter(theme)
        self._levels: dict[str, ChartLevel] = {}
        self._drawn: list[tuple[int, str]] = []
        self.grabbed = ""
        self.names: list[QRect] = []
        self.covered: Callable[[], Sequence[QRect]] = tuple

    @property
    def levels(self) -> tuple[ChartLevel, ...]:
        return tuple(self._levels.values())

    def show_levels(self, levels: Sequence[ChartLevel]) -> bool:
        """Show these levels and no others; return whether that changes anything.

        One that is being dragged stays where the hand holds it.
        """
        shown = {level.key: level for level in levels}
        held = self._levels.get(self.grabbed)
        if held is not None and self.grabbed in shown:
            shown[self.grabbed] = replace(shown[self.grabbed], value=held.value)
        if shown == self._levels:
            return False
        self._levels = shown
        return True

    def move(self, key: str, value: float) -> None:
        """Put a level at another value."""
        if key in self._levels:
            self._levels[key] = replace(self._levels[key], value=value, text="")

    def draggable_at(self, point: QPoint) -> ChartLevel | None:
        """The draggable level under a point."""
        for row, key in reversed(self._drawn):
            level = self._levels.get(key)
            if level is not None and level.is_draggable and abs(row - point.y()) <= _GRIP:
                return level
        return None

    def taken(self, scene: Scene, pane: str) -> tuple[tuple[int, int], ...]:
        """The rows of a pane's axis in which tags leave no label room."""
        return tuple(
            (row - _TAG_HEIGHT // 2 - COVERED, row + _TAG_HEIGHT // 2 - 1 + COVERED)
            for level, row in self._in_sight(scene)
            if level.pane == pane
        )

    def paint(self, painter: QPainter, scene: Scene) -> None:
        rows = self._in_sight(scene)
        self._drawn = [(row, level.key) for level, row in rows]
        # Names come after every line: one that is crossed by a line looks crossed out.
        for level, row in rows:
            self._draw_line(painter, level, row, scene.layout.plot_width)
        chips = self.names = []
        covered = self.covered()
        for level, row in rows:
            if level.label:
                chip = self._place_of(level, row, scene.layout.plot_width, chips, covered)
                self._draw_box(painter, chip, level.label, level.ink, 6, "micro")
                chips.append(chip)
            self._draw_value(painter, scene, level, row)

    def _in_sight(self, scene: Scene) -> list[tuple[ChartLevel, int]]:
        """The levels within their panes, highest first, with their rows."""
        found = []
        for level in sorted(self._levels.values(), key=lambda one: -one.value):
            pane = scene.pane(level.pane)
            if pane is None or math.isnan(level.value):
                continue
            area, scale = pane
            row = round(scale.y_of(level.value))
            if area.top() <= row <= area.bottom():
                found.append((level, row))
        return found

    def _draw_value(self, painter: QPainter, scene: Scene, level: ChartLevel, row: int) -> None:
        unit = next((look.unit for look in scene.plan.panes if look.key == level.pane), Unit.PRICE)
        text = level.text or value_text(scene.market, unit, level.value)
        left, width = scene.layout.price_axis.left() + 1, PRICE_AXIS_WIDTH - 1
        tag = QRect(left, row - _TAG_HEIGHT // 2, width, _TAG_HEIGHT)
        self._draw_box(painter, tag, text, level.ink, 6)

    def _draw_line(self, painter: QPainter, level: ChartLevel, row: int, width: int) -> None:
        painter.setPen(
            self._theme.pen(level.ink, 2 if level.key == self.grabbed else 1.25, level.dashes)
        )
        painter.drawLine(QLineF(0, row + 0.5, width, row + 0.5))

    def _place_of(
        self,
        level: ChartLevel,
        row: int,
        plot_width: int,
        others: Sequence[QRect],
        covered: Sequence[QRect],
    ) -> QRect:
        """Where a level's name stands: at the left, or where neither names nor figures are."""
        width = self._labels.width(level.label, "micro") + 12
        chip = QRect(_LEFT, row - 8, width, 16)
        for other in others:
            if chip.intersects(other):
                chip.moveLeft(other.right() + 4)
        if not any(chip.intersects(area) for area in covered):
            return chip
        at_right = QRect(plot_width - width - _LEFT, row - 8, width, 16)
        if not any(at_right.intersects(area) for area in (*covered, *others)):
            return at_right
        chip.moveTop(max(area.bottom() for area in covered) + 2)
        while any(chip.intersects(other) for other in others):
            chip.moveTop(chip.bottom() + 3)
        return chip

    def _draw_box(
        self,
        painter: QPainter,
        area: QRect,
        text: str,
        ink: str,
        room: int,
        font_name: str = "tag",
    ) -> None:
        painter.fillRect(area, self._theme.colour("bg2"))
        painter.setPen(self._theme.pen(ink))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(area.adjusted(0, 0, -1, -1))
        self._labels.draw(painter, area.adjusted(room, 0, 0, 0), text, font_name, ink)
