"""The user's lines on the chart, and what of them lies under the pointer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QLineF, QPointF, QRect
from PyQt6.QtGui import QPainter

from upbit_auto_trading.domain.chart_drawing import Drawing, DrawingKind, DrawnPoint
from upbit_auto_trading.domain.money import exact, round_to_tick
from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.widgets.chart_scene import moment_at, place_of
from upbit_auto_trading.presentation.widgets.chart_viewport import PRICE_AXIS_WIDTH
from upbit_auto_trading.presentation.widgets.label_painter import LabelPainter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.widgets.chart_scene import Scene

_INK: Final = "acc"
_REACH: Final = 5.0
_HANDLE: Final = 4.0
_TAG_HEIGHT: Final = 18
WHOLE: Final = -1
"""A drawing taken as a whole, not at one of its points."""


@dataclass(frozen=True, slots=True)
class Grip:
    """What a hand would take: a drawing's number, and which of its points or `WHOLE`."""

    number: int
    point: int


class DrawingLayer:
    """Draws one market's lines, one of them chosen, and the one that is being drawn."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._labels = LabelPainter(theme)
        self.drawings: tuple[Drawing, ...] = ()
        self.chosen: int | None = None
        self.begun: Drawing | None = None

    def show_drawings(self, drawings: Sequence[Drawing]) -> bool:
        """Show these lines and no others; return whether that changes anything."""
        if tuple(drawings) == self.drawings:
            return False
        self.drawings = tuple(drawings)
        if self.chosen is not None and self.chosen >= len(self.drawings):
            self.chosen = None
        return True

    def point_of(self, scene: Scene, at: QPointF) -> DrawnPoint:
        """The moment and price under a pixel; the price is one the market can have."""
        value = max(scene.scales.price.value_at(at.y()), 0.0)
        price = float(round_to_tick(scene.market, exact(value)))
        moment = moment_at(scene.viewport.slot_at(at.x()), scene.timeframe)
        return DrawnPoint(max(0, moment), price)

    def pixel_of(self, scene: Scene, point: DrawnPoint) -> QPointF:
        """Where a point lies in the chart's pixels."""
        viewport = scene.viewport
        place = place_of(point.ms, scene.timeframe)
        x = viewport.width - (viewport.right - place) * viewport.slot_width
        return QPointF(x, scene.scales.price.y_of(point.price))

    def grip_at(self, scene: Scene, at: QPointF) -> Grip | None:
        """What of the drawings lies under a pixel; points before lines, the newest first."""
        found: Grip | None = None
        for number in range(len(self.drawings) - 1, -1, -1):
            drawing = self.drawings[number]
            pixels = [self.pixel_of(scene, point) for point in drawing.points]
            if drawing.kind is DrawingKind.HORIZONTAL:
                if abs(pixels[0].y() - at.y()) <= _REACH:
                    found = found or Grip(number, WHOLE)
                continue
            for place, pixel in enumerate(pixels):
                if math.hypot(pixel.x() - at.x(), pixel.y() - at.y()) <= _REACH + 2:
                    return Grip(number, place)
            if _distance(at, pixels[0], pixels[1]) <= _REACH:
                found = found or Grip(number, WHOLE)
        return found

    def paint(self, painter: QPainter, scene: Scene) -> None:
        shown = [(drawing, number == self.chosen) for number, drawing in enumerate(self.drawings)]
        if self.begun is not None:
            shown.append((self.begun, True))
        for drawing, is_chosen in shown:
            self._draw(painter, scene, drawing, is_chosen=is_chosen)

    def _draw(self, painter: QPainter, scene: Scene, drawing: Drawing, *, is_chosen: bool) -> None:
        area = scene.layout.price
        painter.setClipRect(area)
        pixels = [self.pixel_of(scene, point) for point in drawing.points]
        is_level = drawing.kind is DrawingKind.HORIZONTAL
        if is_level:
            row = round(pixels[0].y()) + 0.5
            line = QLineF(0, row, area.width(), row)
            handles = [QPointF(area.width() / 2, row)]
        else:
            line, handles = QLineF(pixels[0], pixels[1]), pixels
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, not is_level)
        painter.setPen(self._theme.pen(_INK, 2 if is_chosen else 1.25))
        painter.drawLine(line)
        if is_chosen:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setBrush(self._theme.colour("bg1"))
            for handle in handles:
                painter.drawEllipse(handle, _HANDLE, _HANDLE)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.setClipping(False)
        if is_level and area.top() <= pixels[0].y() <= area.bottom():
            self._draw_tag(painter, scene, drawing.points[0].price, round(pixels[0].y()))

    def _draw_tag(self, painter: QPainter, scene: Scene, price: float, row: int) -> None:
        left = scene.layout.price_axis.left() + 1
        tag = QRect(left, row - _TAG_HEIGHT // 2, PRICE_AXIS_WIDTH - 1, _TAG_HEIGHT)
        painter.fillRect(tag, self._theme.colour("acc-bg"))
        painter.setPen(self._theme.pen(_INK))
        painter.drawRect(tag.adjusted(0, 0, -1, -1))
        text = formatting.price(scene.market, price)
        self._labels.draw(painter, tag.adjusted(6, 0, 0, 0), text, "tag", "text-1")


def _distance(at: QPointF, first: QPointF, last: QPointF) -> float:
    """How far a pixel is from the stretch between two others."""
    dx, dy = last.x() - first.x(), last.y() - first.y()
    length = dx * dx + dy * dy
    share = 0.0 if length == 0 else ((at.x() - first.x()) * dx + (at.y() - first.y()) * dy) / length
    share = min(1.0, max(0.0, share))
    return math.hypot(at.x() - first.x() - share * dx, at.y() - first.y() - share * dy)
