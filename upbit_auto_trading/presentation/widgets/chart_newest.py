"""The newest candle and the ends of the lines: drawn as the others, one at a time and cheaply."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QLineF, QRectF
from PyQt6.QtGui import QPainter

from upbit_auto_trading.presentation.widgets.chart_items import CURVE_WIDTH, bar_inks
from upbit_auto_trading.presentation.widgets.chart_marks import (
    FILLED_FROM,
    THINNED_BELOW,
    Placement,
    body_width,
    paint_bars,
    paint_dots,
)
from upbit_auto_trading.presentation.widgets.chart_plan import LineLook, LineShape

if TYPE_CHECKING:
    from PyQt6.QtGui import QPen

    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.widgets.chart_data import CandleSlice
    from upbit_auto_trading.presentation.widgets.chart_viewport import ChartViewport, ValueScale


_STEPS: Final = 16


def step_of(row: float) -> float:
    """The row of a curve's end in steps that can just be seen; unknown where it isn't finite."""
    return round(row * _STEPS) / _STEPS if math.isfinite(row) else math.nan


class NewestPainter:
    """Paints one candle beside those before it."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._pens: dict[str, QPen] = {}
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
        x = viewport.column_of(int(newest.slots[0]))
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
        x = viewport.column_of(int(newest.slots[0])) - width // 2
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
        left = viewport.column_of(int(after.slots[0])) + body_width(viewport.slot_width) // 2 + 2
        row = round(scale.y_of(float(after.close[0]))) + 0.5
        painter.setPen(self._idle)
        painter.drawLine(QLineF(left, row, right, row))

    def paint_line(
        self,
        painter: QPainter,
        two: CandleSlice,
        place: int,
        line: LineLook,
        viewport: ChartViewport,
        scale: ValueScale,
    ) -> None:
        """Draw a line's newest value: a curve is joined to the value before."""
        values = two.lines[place]
        now = float(values[-1])
        if not math.isfinite(now):
            return
        if line.shape is not LineShape.LINE:
            placed = Placement(viewport.columns_of(two.slots[-1:]), None, viewport.slot_width)
            if line.shape is LineShape.DOTS:
                paint_dots(painter, values[-1:], placed, scale, self._theme.colour(line.ink))
            else:
                paint_bars(painter, values[-1:], placed, scale, bar_inks(line, self._theme))
            return
        before = float(values[0])
        if len(two) < 2 or not math.isfinite(before):
            return
        left, right = (viewport.column_of(slot) + 0.5 for slot in two.slots.tolist())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self._pen(line.ink))
        rows = step_of(scale.y_of(before)), step_of(scale.y_of(now))
        painter.drawLine(QLineF(left, rows[0], right, rows[1]))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)

    def _pen(self, ink: str) -> QPen:
        if ink not in self._pens:
            self._pens[ink] = self._theme.pen(ink, CURVE_WIDTH)
        return self._pens[ink]
