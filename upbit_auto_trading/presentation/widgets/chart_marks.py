"""Candles, volume bars and indicator lines, drawn as arrays and thinned to pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from PyQt6.QtCore import Qt

from upbit_auto_trading.presentation.widgets.primitives import draw_columns, draw_lines, draw_rects

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PyQt6.QtGui import QColor, QPainter, QPen

    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.widgets.chart_data import CandleSlice
    from upbit_auto_trading.presentation.widgets.chart_viewport import ChartViewport, ValueScale

    Floats = NDArray[np.float64]
    Places = NDArray[np.intp]

_BODY_SHARE: Final = 0.68
THINNED_BELOW: Final = 1.5
FILLED_FROM: Final = 5


@dataclass(frozen=True, slots=True)
class Placement:
    """The pixel column of each mark, and which candles share it.

    `starts` is where each column's candles begin, None while every candle has a column of its
    own. `slot_width` is in pixels.
    """

    x: Floats
    starts: Places | None
    slot_width: float

    @classmethod
    def of(cls, candles: CandleSlice, viewport: ChartViewport) -> Placement:
        """Place candles; where they are narrower than a pixel and a half, columns share."""
        if viewport.slot_width >= THINNED_BELOW or len(candles) < 2:
            return cls(viewport.columns_of(candles.slots), None, viewport.slot_width)
        first, last = viewport.columns_of(candles.slots[[0, -1]])
        columns = np.arange(first, last + 1)
        slots = viewport.right - 0.5 - (viewport.width - columns) / viewport.slot_width
        edges = np.searchsorted(candles.slots, np.ceil(slots))
        edges[0] = 0
        filled = np.flatnonzero(np.diff(edges, append=len(candles)))
        return cls(columns[filled], edges[filled], viewport.slot_width)

    def first(self, values: Floats) -> Floats:
        return values if self.starts is None else values[self.starts]

    def last(self, values: Floats) -> Floats:
        if self.starts is None:
            return values
        last: Floats = values[np.append(self.starts[1:], len(values)) - 1]
        return last

    def highest(self, values: Floats) -> Floats:
        """The largest known value of each column."""
        if self.starts is None:
            return values
        highest: Floats = np.fmax.reduceat(values, self.starts)
        return highest

    def lowest(self, values: Floats) -> Floats:
        """The smallest known value of each column."""
        if self.starts is None:
            return values
        lowest: Floats = np.fmin.reduceat(values, self.starts)
        return lowest


def body_width(slot_width: float) -> int:
    """The odd pixel width of a candle's body."""
    width = int(slot_width * _BODY_SHARE)
    return max(1, width - 1 if width % 2 == 0 else width)


def paint_candles(
    painter: QPainter, candles: CandleSlice, placed: Placement, scale: ValueScale, theme: Theme
) -> None:
    """Draw wicks and bodies."""
    opens, closes = placed.first(candles.open), placed.last(candles.close)
    top = np.round(scale.rows_of(np.maximum(opens, closes)))
    height = np.maximum(np.round(scale.rows_of(np.minimum(opens, closes))) - top, 1.0)
    wick_top = np.round(scale.rows_of(placed.highest(candles.high)))
    wick = np.maximum(np.round(scale.rows_of(placed.lowest(candles.low))) - wick_top, 1.0)
    rises = closes >= opens
    width = body_width(placed.slot_width)
    for name, chosen in (("up", rises), ("down", ~rises)):
        x, body_top, body_height = placed.x[chosen], top[chosen], height[chosen]
        outline = theme.colour(f"{name}-pen")
        draw_columns(painter, outline, x, wick_top[chosen], wick[chosen])
        if width == 1:
            continue
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(outline)
        left = x - width // 2
        draw_rects(painter, left, body_top, float(width), body_height)
        if width >= FILLED_FROM:
            tall = body_height > 2
            painter.setBrush(theme.colour(f"{name}-fill"))
            draw_rects(
                painter, left[tall] + 1, body_top[tall] + 1, width - 2.0, body_height[tall] - 2
            )


def paint_volume(
    painter: QPainter, candles: CandleSlice, placed: Placement, scale: ValueScale, theme: Theme
) -> None:
    """Draw volume bars up from the pane's floor."""
    rises = placed.last(candles.close) >= placed.first(candles.open)
    volumes = placed.highest(candles.volume)
    top = np.minimum(np.round(scale.rows_of(volumes)), scale.bottom - 1)
    width = body_width(placed.slot_width)
    painter.setPen(Qt.PenStyle.NoPen)
    for name, direction in (("volume-up", rises), ("volume-down", ~rises)):
        chosen = direction & (volumes > 0)
        x, row = placed.x[chosen], top[chosen]
        if width == 1:
            draw_columns(painter, theme.colour(name), x, row, scale.bottom - row)
            continue
        painter.setBrush(theme.colour(name))
        draw_rects(painter, x - width // 2, row, float(width), scale.bottom - row)


def paint_idle_slots(
    painter: QPainter, candles: CandleSlice, placed: Placement, scale: ValueScale, pen: QPen
) -> None:
    """Draw a dotted dash at the last price through slots in which nothing was traded."""
    if placed.starts is not None or len(candles) < 2:
        return
    idle = np.flatnonzero(np.diff(candles.slots) > 1)
    if not len(idle):
        return
    half = body_width(placed.slot_width) // 2 + 1
    rows = np.round(scale.rows_of(candles.close[idle])) + 0.5
    painter.setPen(pen)
    draw_lines(painter, placed.x[idle] + half + 1, rows, placed.x[idle + 1] - half, rows)


def dense_line(
    values: Floats, placed: Placement, scale: ValueScale
) -> tuple[Floats, Floats, Floats]:
    """Return the columns of a thinned line and the rows each spans, reaching to its neighbour's."""
    top, bottom = scale.rows_of(placed.highest(values)), scale.rows_of(placed.lowest(values))
    reached_top, reached_bottom = top.copy(), bottom.copy()
    reached_top[1:] = np.fmin(top[1:], bottom[:-1])
    reached_bottom[1:] = np.fmax(bottom[1:], top[:-1])
    known = np.isfinite(reached_top) & np.isfinite(reached_bottom)
    rows = np.round(reached_top[known])
    height = np.maximum(np.round(reached_bottom[known]) - rows, 2.0)
    return placed.x[known], rows + 0.5, rows + height - 0.5


def paint_bars(
    painter: QPainter,
    values: Floats,
    placed: Placement,
    scale: ValueScale,
    inks: tuple[QColor, QColor],
) -> None:
    """Draw bars up and down from zero, or from the scale's end nearest to it.

    `inks` colour the bars above zero and those below.
    """
    floor = round(scale.y_of(min(max(0.0, scale.low), scale.high)))
    above, below = placed.highest(values), placed.lowest(values)
    for extreme, ink, is_above in ((above, inks[0], True), (below, inks[1], False)):
        known = np.isfinite(extreme)
        chosen = known & (np.nan_to_num(extreme) > 0 if is_above else np.nan_to_num(extreme) < 0)
        rows = np.round(scale.rows_of(extreme[chosen]))
        top, height = np.minimum(rows, floor), np.maximum(np.abs(rows - floor), 1.0)
        _draw_bars(painter, placed.x[chosen], top, height, body_width(placed.slot_width), ink)


def paint_dots(
    painter: QPainter, values: Floats, placed: Placement, scale: ValueScale, ink: QColor
) -> None:
    """Draw a square dot at each value."""
    side = 3.0 if placed.slot_width >= FILLED_FROM else 2.0
    for extreme in (
        (values,) if placed.starts is None else (placed.highest(values), placed.lowest(values))
    ):
        known = np.isfinite(extreme)
        rows = np.round(scale.rows_of(extreme[known]))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink)
        draw_rects(
            painter, placed.x[known] - side // 2, rows - side // 2, side, np.full(len(rows), side)
        )


def _draw_bars(
    painter: QPainter, x: Floats, top: Floats, height: Floats, width: int, ink: QColor
) -> None:
    if width == 1:
        draw_columns(painter, ink, x, top, height)
        return
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ink)
    draw_rects(painter, x - width // 2, top, float(width), height)
