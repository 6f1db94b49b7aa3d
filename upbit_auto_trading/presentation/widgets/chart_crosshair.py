"""The crosshair: two lines, dots where it meets the indicator lines, and tags on both axes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QPoint, QPointF, QRect, Qt
from PyQt6.QtGui import QPainter

from upbit_auto_trading.domain.money import exact, round_to_tick
from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.theme import font
from upbit_auto_trading.presentation.widgets.chart_viewport import PRICE_AXIS_WIDTH

if TYPE_CHECKING:
    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.widgets.chart_data import CandleSlice
    from upbit_auto_trading.presentation.widgets.chart_scales import PaneScales
    from upbit_auto_trading.presentation.widgets.chart_viewport import ChartLayout, ChartViewport

_TAG_HEIGHT: Final = 18
_TIME_TAG_WIDTH: Final = 78


class CrosshairPainter:
    """Paints the crosshair at a pointer, snapped to the slot under it."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme

    def areas(self, panes: ChartLayout, viewport: ChartViewport, pointer: QPoint) -> list[QRect]:
        """What is painted for that pointer."""
        x = self._x(viewport, pointer)
        axis = panes.price_axis
        return [
            QRect(x - 5, 0, 11, panes.panes_height),
            QRect(0, pointer.y(), panes.plot_width, 1),
            QRect(axis.left(), pointer.y() - 30, axis.width(), 60),
            self._time_tag(panes, x),
        ]

    def paint_lines(
        self,
        painter: QPainter,
        panes: ChartLayout,
        scales: PaneScales,
        viewport: ChartViewport,
        pointer: QPoint,
        candle: CandleSlice | None,
    ) -> None:
        """Draw the lines, and dots on the moving average and the RSI of `candle`."""
        x = self._x(viewport, pointer)
        painter.setPen(self._theme.pen("crosshair", 1, (4, 3)))
        painter.drawLine(x, 0, x, panes.panes_height - 1)
        painter.drawLine(0, pointer.y(), panes.plot_width - 1, pointer.y())
        if candle is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for value, scale, token in (
            (float(candle.average[0]), scales.price, "average-20"),
            (float(candle.rsi[0]), scales.rsi, "rsi"),
        ):
            if math.isfinite(value):
                painter.setPen(self._theme.pen(token, 1.5))
                painter.setBrush(self._theme.colour("bg1"))
                painter.drawEllipse(QPointF(x + 0.5, scale.y_of(value)), 3.0, 3.0)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)

    def paint_tags(
        self,
        painter: QPainter,
        panes: ChartLayout,
        scales: PaneScales,
        viewport: ChartViewport,
        pointer: QPoint,
        time: str,
        market: str,
    ) -> None:
        """Draw the slot's time below and the value under the pointer at the right."""
        self._tag(painter, self._time_tag(panes, self._x(viewport, pointer)), time)
        y = pointer.y()
        if panes.price.contains(0, y):
            value = exact(max(0.0, scales.price.value_at(y)))
            text = formatting.price(market, float(round_to_tick(market, value)))
        elif panes.volume.contains(0, y):
            text = formatting.quantity(max(0.0, scales.volume.value_at(y)))
        elif panes.rsi.contains(0, y):
            text = f"{min(100.0, max(0.0, scales.rsi.value_at(y))):.1f}"
        else:
            return
        axis = panes.price_axis
        area = QRect(axis.left() + 1, y - _TAG_HEIGHT // 2, PRICE_AXIS_WIDTH - 1, _TAG_HEIGHT)
        self._tag(painter, area, text)

    def _x(self, viewport: ChartViewport, pointer: QPoint) -> int:
        return int(viewport.x_of(math.floor(viewport.slot_at(pointer.x()))))

    def _time_tag(self, panes: ChartLayout, x: int) -> QRect:
        left = max(0, min(x - _TIME_TAG_WIDTH // 2, panes.plot_width - _TIME_TAG_WIDTH))
        return QRect(left, panes.time_axis.top() + 2, _TIME_TAG_WIDTH, _TAG_HEIGHT)

    def _tag(self, painter: QPainter, area: QRect, text: str) -> None:
        painter.fillRect(area, self._theme.colour("bg3"))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(self._theme.colour("line2"))
        painter.drawRect(area.adjusted(0, 0, -1, -1))
        painter.setPen(self._theme.colour("text-1"))
        painter.setFont(font("small-strong"))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)
