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
    from PyQt6.QtWidgets import QGraphicsItem

    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.widgets.chart_scene import Scene
    from upbit_auto_trading.presentation.widgets.chart_viewport import ChartLayout, ValueScale

TALL_TAG: Final = 32
LOW_TAG: Final = 18
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


class NewestItem(PixelItem):
    """The newest candle, its volume bar, and the last piece of each line: one narrow column."""

    def __init__(self, pane: Pane, theme: Theme, z: float) -> None:
        super().__init__(pane, z)
        self._painter = NewestPainter(theme)
        self._scene: Scene | None = None
        self._is_stale = False

    def show_scene(self, scene: Scene) -> None:
        """Stand where the newest candle of the scene stands."""
        self._scene = scene
        two, viewport = scene.data.last_two(), scene.viewport
        half = body_width(viewport.slot_width) // 2 + 3
        left = max(0, int(viewport.x_of(float(two.slots[0]))) - half)
        right = min(scene.layout.plot_width - 1, int(viewport.x_of(float(two.slots[-1]))) + half)
        self.setVisible(right >= 0 and left <= right)
        self.place(QRect(left, 0, max(1, right - left + 1), scene.layout.panes_height))

    def show_stale(self, *, is_stale: bool) -> None:
        """Grey the candle that may have moved on since."""
        if is_stale != self._is_stale:
            self._is_stale = is_stale
            self.update()

    def paint(self, painter: Any, option: Any, widget: Any = None) -> None:
        del option, widget
        scene = self._scene
        if scene is None:
            return
        data, viewport, scales, own = scene.data, scene.viewport, scene.scales, self._painter
        two, newest = data.last_two(), data.last()
        painter.save()
        painter.setClipRect(self._area, Qt.ClipOperation.IntersectClip)
        if len(two) == 2 and two.slots[1] - two.slots[0] > 1:
            right = int(viewport.x_of(float(two.slots[1]))) - body_width(viewport.slot_width) // 2
            own.paint_idle(painter, two, right - 1, viewport, scales.price)
        own.paint_candle(painter, newest, viewport, scales.price, is_stale=self._is_stale)
        own.paint_volume(painter, newest, viewport, scales.volume)
        own.paint_lines(painter, two, viewport, scales, scene.layout)
        painter.restore()


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
