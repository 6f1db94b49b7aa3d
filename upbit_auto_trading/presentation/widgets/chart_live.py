"""What moves in the chart's panes between two candles: the newest candle and its line ends."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from PyQt6.QtCore import QRect, QRectF, Qt

from upbit_auto_trading.presentation.widgets.chart_marks import body_width
from upbit_auto_trading.presentation.widgets.chart_newest import NewestPainter
from upbit_auto_trading.presentation.widgets.chart_panes import Pane, PixelItem
from upbit_auto_trading.presentation.widgets.chart_plan import (
    PRICE_PANE,
    VOLUME_PANE,
    LineShape,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PyQt6.QtGui import QPainter

    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.widgets.chart_plan import ChartPlan, LineLook
    from upbit_auto_trading.presentation.widgets.chart_scene import Scene
    from upbit_auto_trading.presentation.widgets.chart_viewport import ValueScale

_BLEED: Final = 2
"""Antialiased lines and rounded rows reach this many pixels beyond their values."""


class _NewestItem(PixelItem):
    """A part of the newest candle in one pane, as narrow and low as what it paints."""

    def __init__(self, pane: Pane, theme: Theme, z: float) -> None:
        super().__init__(pane, z)
        self._painter = NewestPainter(theme)
        self._scene: Scene | None = None
        self._pane = QRect()
        self._left = self._right = 0.0
        self._is_cut = False

    def show_scene(self, scene: Scene, pane: QRect) -> None:
        """Stand where the newest candle of the scene stands, inside `pane`."""
        self._scene, self._pane = scene, pane
        two, viewport = scene.data.last_two(), scene.viewport
        half = body_width(viewport.slot_width) // 2 + 3
        self._left = max(0, int(viewport.x_of(float(two.slots[0]))) - half)
        self._right = min(pane.width(), int(viewport.x_of(float(two.slots[-1]))) + half + 1)
        self.setVisible(self._left < self._right)
        self.place(QRect(int(self._left), pane.top(), 1, 1))
        self.follow()

    def follow(self) -> None:
        """Show what became of the newest candle."""
        scene = self._scene
        if scene is None or self._left >= self._right:
            return
        rows = [row for row in self._rows(scene) if math.isfinite(row)]
        above, below = math.floor(min(rows, default=0)), math.ceil(max(rows, default=0))
        top = max(self._pane.top(), above - _BLEED)
        bottom = min(self._pane.bottom() + 1, below + _BLEED)
        self._is_cut = above < self._pane.top() or below > self._pane.bottom() + 1
        self.bound(QRectF(self._left, top, self._right - self._left, max(0, bottom - top)))
        self.update()

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

    def _rows(self, scene: Scene) -> Iterable[float]:
        """Rows between which everything lies that is painted."""
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

    def _rows(self, scene: Scene) -> Iterable[float]:
        return self._line_rows(scene, self._scale(scene))

    def _line_rows(self, scene: Scene, scale: ValueScale) -> list[float]:
        values = scene.data.last_two().lines
        rows: list[float] = []
        for place, line in self._lines:
            rows += [scale.y_of(value) for value in values[place].tolist()]
            if line.shape in (LineShape.BARS, LineShape.SIGNED_BARS):
                rows.append(scale.y_of(min(max(0.0, scale.low), scale.high)))
        return rows

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

    def _rows(self, scene: Scene) -> Iterable[float]:
        newest, two, scale = scene.data.last(), scene.data.last_two(), scene.scales.price
        values = [float(newest.high[0]), float(newest.low[0]), float(two.close[0])]
        return [*map(scale.y_of, values), *self._line_rows(scene, scale)]

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

    def _rows(self, scene: Scene) -> Iterable[float]:
        scale = scene.scales.volume
        top = scale.y_of(float(scene.data.last().volume[0]))
        return [top, scale.bottom, *self._line_rows(scene, scale)]

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
