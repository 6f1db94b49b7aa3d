"""What moves in the chart's panes between two candles: the newest candle and its line ends."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from PyQt6.QtCore import QRect, QRectF, Qt

from upbit_auto_trading.presentation.widgets.chart_marks import body_width
from upbit_auto_trading.presentation.widgets.chart_newest import NewestPainter, step_of
from upbit_auto_trading.presentation.widgets.chart_panes import Pane, PixelItem
from upbit_auto_trading.presentation.widgets.chart_plan import (
    PRICE_PANE,
    VOLUME_PANE,
    LineShape,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QPainter

    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.widgets.chart_plan import ChartPlan, LineLook
    from upbit_auto_trading.presentation.widgets.chart_scene import Scene
    from upbit_auto_trading.presentation.widgets.chart_viewport import ValueScale

_BLEED: Final = 2
"""Antialiased lines and rounded rows reach this many pixels beyond their values."""
Stroke = tuple[object, float, float]
"""What a mark looks like, the row it stands on, and the row it reaches to; NaN is unknown."""


class _NewestItem(PixelItem):
    """A part of the newest candle in one pane; what changed of it is painted again, row by row.

    How tall the candle is must not matter: Qt hands a region of many rows to another thread and
    waits for it, which costs as much as everything else.
    """

    def __init__(self, pane: Pane, theme: Theme, z: float) -> None:
        super().__init__(pane, z)
        self._painter = NewestPainter(theme)
        self._scene: Scene | None = None
        self._column = QRect()
        self._strokes: list[Stroke] = []
        self._is_cut = False

    def show_scene(self, scene: Scene, pane: QRect) -> None:
        """Stand where the newest candle of the scene stands, inside `pane`."""
        self._scene = scene
        two, viewport = scene.data.last_two(), scene.viewport
        half = body_width(viewport.slot_width) // 2 + 3
        left = max(0, viewport.column_of(int(two.slots[0])) - half)
        right = min(pane.width(), viewport.column_of(int(two.slots[-1])) + half + 1)
        self._column = QRect(left, pane.top(), max(0, right - left), pane.height())
        self.setVisible(left < right)
        self.place(self._column)
        self._take(self._strokes_of(scene))
        self.update()

    def follow(self) -> None:
        """Show what became of the newest candle."""
        if self._scene is None or self._column.isEmpty():
            return
        before, strokes = self._strokes, self._strokes_of(self._scene)
        if strokes == before:
            return
        self._take(strokes)
        rows = changed_rows(before, strokes)
        if rows:
            column = self._column
            top = max(column.top(), math.floor(min(rows)) - _BLEED)
            bottom = min(column.bottom() + 1, math.ceil(max(rows)) + _BLEED)
            if top < bottom:
                self.update(QRectF(column.left(), top, column.width(), bottom - top))

    def paint(self, painter: Any, option: Any, widget: Any = None) -> None:
        del option, widget
        if self._scene is None:
            return
        if self._is_cut:
            painter.save()
            painter.setClipRect(self._area, Qt.ClipOperation.IntersectClip)
        self._paint(painter, self._scene)
        if self._is_cut:
            painter.restore()

    def _take(self, strokes: list[Stroke]) -> None:
        self._strokes = strokes
        top, bottom = self._column.top(), self._column.bottom() + 1
        self._is_cut = any(
            min(stands, reaches) < top or max(stands, reaches) > bottom
            for _look, stands, reaches in strokes
        )

    def _strokes_of(self, scene: Scene) -> list[Stroke]:
        """Everything that is painted, in the same order each time."""
        raise NotImplementedError

    def _paint(self, painter: QPainter, scene: Scene) -> None:
        raise NotImplementedError


class NewestLines(_NewestItem):
    """The newest values of a pane's lines, each joined to the value before."""

    def __init__(self, pane: Pane, theme: Theme, z: float, key: str) -> None:
        super().__init__(pane, theme, z)
        self._key = key
        self._lines: tuple[tuple[int, LineLook], ...] = ()

    def show_plan(self, plan: ChartPlan) -> None:
        """Draw the lines that a plan has for the pane."""
        self._lines = tuple((n, plan.lines[n]) for n in plan.places_in(self._key))

    def _strokes_of(self, scene: Scene) -> list[Stroke]:
        return self._line_strokes(scene, self._scale(scene))

    def _line_strokes(self, scene: Scene, scale: ValueScale) -> list[Stroke]:
        values = scene.data.last_two().lines
        strokes: list[Stroke] = []
        for place, line in self._lines:
            ends = values[place].tolist()
            before, now = scale.y_of(ends[0]), scale.y_of(ends[-1])
            if line.shape is LineShape.LINE:
                before, now = step_of(before), step_of(now)
            elif line.shape is not LineShape.DOTS:
                before = scale.y_of(min(max(0.0, scale.low), scale.high))
            # Whatever moves its end turns a curve as a whole, and may change a bar's colour.
            strokes.append((now, before, now))
        return strokes

    def _paint(self, painter: QPainter, scene: Scene) -> None:
        self._paint_lines(painter, scene, self._scale(scene))

    def _paint_lines(self, painter: QPainter, scene: Scene, scale: ValueScale) -> None:
        two = scene.data.last_two()
        for place, line in self._lines:
            self._painter.paint_line(painter, two, place, line, scene.viewport, scale)

    def _scale(self, scene: Scene) -> ValueScale:
        pane = scene.pane(self._key)
        assert pane is not None  # noqa: S101 -- the item lives as long as its pane
        return pane[1]


class NewestCandle(NewestLines):
    """The newest candle, the dash that leads to it, and the ends of the overlays."""

    def __init__(self, pane: Pane, theme: Theme, z: float) -> None:
        super().__init__(pane, theme, z, PRICE_PANE)
        self._is_stale = False

    def show_stale(self, *, is_stale: bool) -> None:
        """Grey the candle that may have moved on since."""
        if is_stale != self._is_stale:
            self._is_stale = is_stale
            self.update()

    def _strokes_of(self, scene: Scene) -> list[Stroke]:
        newest, scale = scene.data.last(), scene.scales.price
        opened, closed = float(newest.open[0]), float(newest.close[0])
        look, stands = closed >= opened, round(scale.y_of(opened))
        idle = round(scale.y_of(float(scene.data.last_two().close[0])))
        return [
            ("idle", idle, idle),
            (look, stands, round(scale.y_of(closed))),
            (look, stands, round(scale.y_of(float(newest.high[0])))),
            (look, stands, round(scale.y_of(float(newest.low[0])))),
            *self._line_strokes(scene, scale),
        ]

    def _paint(self, painter: QPainter, scene: Scene) -> None:
        data, viewport, scale, own = scene.data, scene.viewport, scene.scales.price, self._painter
        two = data.last_two()
        if len(two) == 2 and two.slots[1] - two.slots[0] > 1:
            right = int(viewport.x_of(float(two.slots[1]))) - body_width(viewport.slot_width) // 2
            own.paint_idle(painter, two, right - 1, viewport, scale)
        own.paint_candle(painter, data.last(), viewport, scale, is_stale=self._is_stale)
        self._paint_lines(painter, scene, scale)


class NewestVolume(NewestLines):
    """The newest volume bar, and the ends of the lines over the bars."""

    def __init__(self, pane: Pane, theme: Theme, z: float) -> None:
        super().__init__(pane, theme, z, VOLUME_PANE)

    def _strokes_of(self, scene: Scene) -> list[Stroke]:
        newest, scale = scene.data.last(), scene.scales.volume
        look = bool(newest.close[0] >= newest.open[0])
        top = round(scale.y_of(float(newest.volume[0])))
        return [(look, scale.bottom, top), *self._line_strokes(scene, scale)]

    def _paint(self, painter: QPainter, scene: Scene) -> None:
        scale = scene.scales.volume
        self._painter.paint_volume(painter, scene.data.last(), scene.viewport, scale)
        self._paint_lines(painter, scene, scale)


class QuietItem(PixelItem):
    """The dotted dash of slots without trades after the newest candle."""

    def __init__(self, pane: Pane, theme: Theme, z: float) -> None:
        super().__init__(pane, z)
        self._painter = NewestPainter(theme)
        self._shown: tuple[Scene, int] | None = None

    def show_until(self, scene: Scene, until: int | None) -> None:
        """Reach to the end of slot `until`."""
        data, viewport = scene.data, scene.viewport
        is_shown = until is not None and until > data.last_slot
        self.setVisible(is_shown)
        if until is None or not is_shown:
            return
        left = int(viewport.x_of(data.last_slot))
        right = min(int(viewport.x_of(until) + viewport.slot_width / 2), scene.layout.plot_width)
        row = round(scene.scales.price.y_of(float(data.last().close[0])))
        self._shown = scene, right
        self.place(QRect(left, row - 1, max(1, right - left), 3))
        self.update()

    def paint(self, painter: Any, option: Any, widget: Any = None) -> None:
        del option, widget
        if self._shown is not None:
            scene, right = self._shown
            newest, scale = scene.data.last(), scene.scales.price
            self._painter.paint_idle(painter, newest, right, scene.viewport, scale)


def changed_rows(before: Sequence[Stroke], after: Sequence[Stroke]) -> list[float]:
    """Rows between which everything lies that differs: of a longer stroke what was added."""
    rows: list[float] = []
    for old, new in zip(before, after, strict=True):
        if old == new:
            continue
        rows += (old[2], new[2]) if old[:2] == new[:2] else (*old[1:], *new[1:])
    return [row for row in rows if math.isfinite(row)]
