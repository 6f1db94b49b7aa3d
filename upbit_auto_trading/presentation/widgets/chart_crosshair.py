"""The crosshair: two lines, dots where it meets the indicator curves, and tags on both axes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from PyQt6.QtCore import QPoint, QRect, QRectF, Qt
from PyQt6.QtGui import QPainter
from PyQt6.QtWidgets import QGraphicsEllipseItem

from upbit_auto_trading.domain.money import exact, round_to_tick
from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.theme import font
from upbit_auto_trading.presentation.widgets.chart_items import CURVE_WIDTH
from upbit_auto_trading.presentation.widgets.chart_panes import Pane, PaneLine, PixelItem
from upbit_auto_trading.presentation.widgets.chart_plan import ChartPlan, LineShape, value_text
from upbit_auto_trading.presentation.widgets.chart_scene import Scene, start_ms_of
from upbit_auto_trading.presentation.widgets.chart_viewport import PRICE_AXIS_WIDTH

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QGraphicsItem, QWidget

    from upbit_auto_trading.presentation.theme import Theme

_TAG_HEIGHT: Final = 18
_TIME_TAG_WIDTH: Final = 78
_WIDE_TIME_TAG: Final = 98
_USUAL_TIME: Final = 11
_DOT: Final = QRectF(-3, -3, 6, 6)


class Crosshair:
    """Follows the pointer, snapped to the slot under it."""

    def __init__(self, parent: QGraphicsItem, theme: Theme, z: float) -> None:
        self._parent, self._theme, self._z = parent, theme, z
        self._pen = theme.pen("crosshair", 1, (4, 3))
        self._lines: dict[str, tuple[PaneLine, PaneLine]] = {}
        self._dots: dict[int, _Dot] = {}
        self._value_tag = _Tag(parent, theme, z)
        self._time_tag = _Tag(parent, theme, z)

    def add_pane(self, key: str, pane: Pane) -> None:
        """Cross a pane, too."""
        self._lines[key] = pane.moment(self._pen, self._z), pane.level(self._pen, self._z)

    def forget_pane(self, key: str) -> None:
        """Leave a pane alone that ends, with its lines."""
        del self._lines[key]

    def show_plan(self, plan: ChartPlan) -> None:
        """Mark where the crosshair meets the curves of a plan."""
        scene = self._parent.scene()
        for dot in self._dots.values():
            if scene is not None:
                scene.removeItem(dot)
        self._dots = {
            place: self._dot(line.ink)
            for place, line in enumerate(plan.lines)
            if line.shape is LineShape.LINE
        }

    def hide(self) -> None:
        items: list[QGraphicsItem] = [line for pair in self._lines.values() for line in pair]
        items += self._dots.values()
        items += [self._value_tag, self._time_tag]
        for item in items:
            item.hide()

    def show_at(self, scene: Scene, pointer: QPoint) -> None:
        """Stand under the pointer."""
        viewport, layout = scene.viewport, scene.layout
        slot = math.floor(viewport.slot_at(pointer.x()))
        x, y = int(viewport.x_of(slot)), pointer.y()
        for key, (moment, level) in self._lines.items():
            moment.show_at(viewport.slot_at(x + 0.5))
            pane = scene.pane(key)
            if pane is not None and pane[0].contains(0, y):
                level.show_at(pane[1].coordinate_at(y + 0.5))
            else:
                level.hide()
        self._show_dots(scene, slot, x)
        time = formatting.full_candle_time(start_ms_of(slot, scene.timeframe), scene.timeframe)
        width = _TIME_TAG_WIDTH if len(time) <= _USUAL_TIME else _WIDE_TIME_TAG
        left = max(0, min(x - width // 2, layout.plot_width - width))
        self._time_tag.show_text(QRect(left, layout.time_axis.top() + 2, width, _TAG_HEIGHT), time)
        self._value_tag.show_text(
            QRect(
                layout.price_axis.left() + 1,
                y - _TAG_HEIGHT // 2,
                PRICE_AXIS_WIDTH - 1,
                _TAG_HEIGHT,
            ),
            _value_text(scene, y),
        )

    def _show_dots(self, scene: Scene, slot: int, x: int) -> None:
        candle = scene.data.at(slot)
        for place, dot in self._dots.items():
            pane = scene.pane(scene.plan.lines[place].pane)
            value = math.nan if candle is None else float(candle.lines[place, 0])
            is_seen = pane is not None and math.isfinite(value)
            if pane is not None and is_seen:
                area, scale = pane
                row = scale.y_of(value)
                is_seen = area.top() <= row <= area.bottom()
                dot.setPos(x + 0.5, row)
            dot.setVisible(is_seen)

    def _dot(self, ink: str) -> _Dot:
        dot = _Dot(_DOT, self._parent)
        dot.setPen(self._theme.pen(ink, CURVE_WIDTH))
        dot.setBrush(self._theme.colour("bg1"))
        dot.setZValue(self._z)
        dot.hide()
        return dot


class _Dot(QGraphicsEllipseItem):
    """A round dot."""

    def paint(self, painter: QPainter | None, option: Any, widget: QWidget | None = None) -> None:
        assert painter is not None  # noqa: S101 -- Qt always passes one
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        super().paint(painter, option, widget)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)


class _Tag(PixelItem):
    """A text in a box on an axis."""

    def __init__(self, parent: QGraphicsItem, theme: Theme, z: float) -> None:
        super().__init__(parent, z)
        self._theme = theme
        self._text = ""
        self.hide()

    def show_text(self, area: QRect, text: str) -> None:
        self.place(area)
        self.setVisible(bool(text))
        if text != self._text:
            self._text = text
            self.update()

    def paint(self, painter: Any, option: Any, widget: Any = None) -> None:
        del option, widget
        area = self._area.toRect()
        painter.fillRect(area, self._theme.colour("bg3"))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(self._theme.colour("line2"))
        painter.drawRect(area.adjusted(0, 0, -1, -1))
        painter.setPen(self._theme.colour("text-1"))
        painter.setFont(font("small-strong"))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, self._text)


def _value_text(scene: Scene, y: int) -> str:
    layout, scales = scene.layout, scene.scales
    if layout.price.contains(0, y):
        value = exact(max(0.0, scales.price.value_at(y)))
        return formatting.price(scene.market, float(round_to_tick(scene.market, value)))
    if layout.volume.contains(0, y):
        return formatting.quantity(max(0.0, scales.volume.value_at(y)))
    for look, area, scale in zip(scene.plan.panes, layout.subplots, scales.subplots, strict=True):
        if area.contains(0, y):
            value_there = min(scale.high, max(scale.low, scale.value_at(y)))
            return value_text(scene.market, look.unit, value_there)
    return ""
