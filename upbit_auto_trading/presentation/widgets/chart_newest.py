"""The newest candle and the ends of the lines: drawn as the others, one at a time and cheaply."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PyQt6.QtCore import QLineF, QRectF
from PyQt6.QtGui import QPainter

from upbit_auto_trading.presentation.widgets.chart_marks import (
    FILLED_FROM,
    THINNED_BELOW,
    body_width,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PyQt6.QtGui import QPen

    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.widgets.chart_data import CandleSlice
    from upbit_auto_trading.presentation.widgets.chart_viewport import ChartViewport, ValueScale


class NewestPainter:
    """Paints one candle beside those before it."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._average = theme.pen("average-20", 1.5)
        self._rsi = theme.pen("rsi", 1.5)
        self._idle = theme.pen("text-3", 1, (1, 2))

    def paint_candle(
        self,
        painter: QPainter,
        newest: CandleSlice,
        viewport: ChartViewport,
        scale: ValueScale,
        *,
        is_stale: bool,
    ) -> None:
        """Draw wick and body; grey and hollow where the candle may have moved on since."""
        theme, width = self._theme, body_width(viewport.slot_width)
        x = int(viewport.columns_of(newest.slots)[0])
        opened, closed = float(newest.open[0]), float(newest.close[0])
        top, bottom = round(scale.y_of(max(opened, closed))), round(scale.y_of(min(opened, closed)))
        high, low = (
            round(scale.y_of(float(newest.high[0]))),
            round(scale.y_of(float(newest.low[0]))),
        )
        name = "up" if closed >= opened else "down"
        outline = theme.colour("text-3" if is_stale else f"{name}-pen")
        painter.fillRect(x, high, 1, max(low - high, 1), outline)
        if width > 1:
            painter.fillRect(x - width // 2, top, width, max(bottom - top, 1), outline)
        if (width >= FILLED_FROM or (is_stale and width > 1)) and bottom - top > 2:
            fill = theme.colour("bg1" if is_stale else f"{name}-fill")
            painter.fillRect(x - width // 2 + 1, top + 1, width - 2, bottom - top - 2, fill)

    def paint_volume(
        self, painter: QPainter, newest: CandleSlice, viewport: ChartViewport, scale: ValueScale
    ) -> None:
        volume = float(newest.volume[0])
        if volume <= 0:
            return
        width = body_width(viewport.slot_width)
        x = float(viewport.columns_of(newest.slots)[0]) - width // 2
        top = min(round(scale.y_of(volume)), scale.bottom - 1)
        name = "volume-up" if newest.close[0] >= newest.open[0] else "volume-down"
        painter.fillRect(QRectF(x, top, width, scale.bottom - top), self._theme.colour(name))

    def paint_idle(
        self,
        painter: QPainter,
        after: CandleSlice,
        right: int,
        viewport: ChartViewport,
        scale: ValueScale,
    ) -> None:
        """Draw the dotted dash of slots without trades, from a candle to a pixel."""
        if viewport.slot_width < THINNED_BELOW:
            return
        left = float(viewport.columns_of(after.slots)[0]) + body_width(viewport.slot_width) // 2 + 2
        row = round(scale.y_of(float(after.close[0]))) + 0.5
        painter.setPen(self._idle)
        painter.drawLine(QLineF(left, row, right, row))

    def paint_average(
        self, painter: QPainter, two: CandleSlice, viewport: ChartViewport, scale: ValueScale
    ) -> None:
        """Join the newest average to the one before."""
        self._paint_tail(painter, two, two.average, viewport, scale, self._average)

    def paint_rsi(
        self, painter: QPainter, two: CandleSlice, viewport: ChartViewport, scale: ValueScale
    ) -> None:
        """Join the newest RSI to the one before."""
        self._paint_tail(painter, two, two.rsi, viewport, scale, self._rsi)

    def _paint_tail(
        self,
        painter: QPainter,
        two: CandleSlice,
        values: NDArray[np.float64],
        viewport: ChartViewport,
        scale: ValueScale,
        pen: QPen,
    ) -> None:
        if len(two) < 2:
            return
        before, now = values.tolist()
        if not (math.isfinite(before) and math.isfinite(now)):
            return
        left, right = (viewport.columns_of(two.slots) + 0.5).tolist()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pen)
        painter.drawLine(QLineF(left, scale.y_of(before), right, scale.y_of(now)))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
