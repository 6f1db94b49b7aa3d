"""What moves on the chart between two candles: the newest candle, the last price, tags."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from PyQt6.QtCore import QRect, QRectF, Qt
from PyQt6.QtGui import QPainter

from upbit_auto_trading.presentation.widgets.chart_marks import body_width
from upbit_auto_trading.presentation.widgets.chart_newest import NewestPainter
from upbit_auto_trading.presentation.widgets.chart_panes import Pane, PixelItem
from upbit_auto_trading.presentation.widgets.chart_viewport import PRICE_AXIS_WIDTH
from upbit_auto_trading.presentation.widgets.label_painter import LabelPainter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PyQt6.QtWidgets import QGraphicsItem

    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.widgets.chart_scene import Scene
    from upbit_auto_trading.presentation.widgets.chart_viewport import ChartLayout, ValueScale

TALL_TAG: Final = 32
LOW_TAG: Final = 18
_BLEED: Final = 2
"""Antialiased lines and rounded rows reach this many pixels beyond their values."""
_COVERED: Final = 8
"""A tag leaves no room for an axis label this many pixels above and below it."""


@dataclass(frozen=True, slots=True)
class LastPrice:
    """The price the tag shows: its text, the colour token of its day, and the countdown.

    `is_stale` greys it; `countdown` is empty when the candle's end isn't known.
    """

    value: float
    text: str
    direction: str
    countdown: str
    is_stale: bool


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


class NewestCandle(_NewestItem):
    """The newest candle, the dash that leads to it, and the end of the average."""

    def __init__(self, pane: Pane, theme: Theme, z: float) -> None:
        super().__init__(pane, theme, z)
        self._is_stale = False

    def show_stale(self, *, is_stale: bool) -> None:
        """Grey the candle that may have moved on since."""
        if is_stale != self._is_stale:
            self._is_stale = is_stale
            self.update()

    def _rows(self, scene: Scene) -> Iterable[float]:
        newest, two, scale = scene.data.last(), scene.data.last_two(), scene.scales.price
        values = [float(newest.high[0]), float(newest.low[0]), float(two.close[0])]
        if len(two) == 2:
            values += two.average.tolist()
        return map(scale.y_of, values)

    def _paint(self, painter: QPainter, scene: Scene) -> None:
        data, viewport, scale, own = scene.data, scene.viewport, scene.scales.price, self._painter
        two = data.last_two()
        if len(two) == 2 and two.slots[1] - two.slots[0] > 1:
            right = int(viewport.x_of(float(two.slots[1]))) - body_width(viewport.slot_width) // 2
            own.paint_idle(painter, two, right - 1, viewport, scale)
        own.paint_candle(painter, data.last(), viewport, scale, is_stale=self._is_stale)
        own.paint_average(painter, two, viewport, scale)


class NewestVolume(_NewestItem):
    """The newest volume bar."""

    def _rows(self, scene: Scene) -> Iterable[float]:
        scale = scene.scales.volume
        return scale.y_of(float(scene.data.last().volume[0])), scale.bottom

    def _paint(self, painter: QPainter, scene: Scene) -> None:
        scale = scene.scales.volume
        self._painter.paint_volume(painter, scene.data.last(), scene.viewport, scale)


class NewestRsi(_NewestItem):
    """The end of the RSI."""

    def _rows(self, scene: Scene) -> Iterable[float]:
        return map(scene.scales.rsi.y_of, scene.data.last_two().rsi.tolist())

    def _paint(self, painter: QPainter, scene: Scene) -> None:
        two, scale = scene.data.last_two(), scene.scales.rsi
        self._painter.paint_rsi(painter, two, scene.viewport, scale)


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


class PriceTag(PixelItem):
    """The last price on the axis, with the time left of its candle."""

    def __init__(self, parent: QGraphicsItem, theme: Theme, z: float) -> None:
        super().__init__(parent, z)
        self._theme = theme
        self._labels = LabelPainter(theme)
        self._last: LastPrice | None = None
        self._height = 0
        self.hide()

    def show_last(self, last: LastPrice, layout: ChartLayout, scale: ValueScale) -> tuple[int, int]:
        """Stand at the price's row; return the rows in which no axis label has room."""
        height = TALL_TAG if last.countdown else LOW_TAG
        if height != self._height:
            self._height = height
            self.prepareGeometryChange()
            self._area = QRectF(0, 0, PRICE_AXIS_WIDTH - 1, height)
        top = max(
            layout.price.top(),
            min(round(scale.y_of(last.value)) - 9, layout.price.bottom() - height),
        )
        self.setPos(layout.price_axis.left() + 1, top)
        self.show()
        if last != self._last:
            self._last = last
            self.update()
        return top - _COVERED, top + height - 1 + _COVERED

    def paint(self, painter: Any, option: Any, widget: Any = None) -> None:
        del option, widget
        last = self._last
        if last is None:
            return
        if last.is_stale or last.direction == "even":
            fill, ink = "bg3", "text-3" if last.is_stale else "text-1"
        else:
            fill, ink = f"{last.direction}-solid", "on-fill"
        area = QRect(0, 0, PRICE_AXIS_WIDTH - 1, self._height)
        painter.fillRect(area, self._theme.colour(fill))
        line = QRect(6, 0, area.width() - 8, LOW_TAG)
        self._labels.draw(painter, line, last.text, "tag", ink, is_italic=last.is_stale)
        if last.countdown:
            self._labels.draw(painter, line.translated(0, 13), last.countdown, "small", ink)


class RsiTag(PixelItem):
    """The newest RSI on its axis."""

    def __init__(self, parent: QGraphicsItem, theme: Theme, z: float) -> None:
        super().__init__(parent, z)
        self._theme = theme
        self._labels = LabelPainter(theme)
        self._text = ""
        self._is_stale = False
        self._area = QRectF(0, 0, 38, 16)
        self.hide()

    def show_value(
        self, value: float, layout: ChartLayout, scale: ValueScale, *, is_stale: bool
    ) -> tuple[tuple[int, int], ...]:
        """Stand at the value's row; return the rows in which no axis label has room."""
        if not math.isfinite(value):
            self.hide()
            return ()
        top = round(scale.y_of(value)) - 8
        self.setPos(layout.price_axis.left() + 1, top)
        self.show()
        text = f"{value:.1f}"
        if (text, is_stale) != (self._text, self._is_stale):
            self._text, self._is_stale = text, is_stale
            self.update()
        return ((top - _COVERED, top + 15 + _COVERED),)

    def paint(self, painter: Any, option: Any, widget: Any = None) -> None:
        del option, widget
        area = QRect(0, 0, 38, 16)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.colour("bg3" if self._is_stale else "rsi"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawRoundedRect(area, 2, 2)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        ink = "text-3" if self._is_stale else "bg1"
        stale = self._is_stale
        self._labels.draw(painter, area, self._text, "tag", ink, is_centred=True, is_italic=stale)
