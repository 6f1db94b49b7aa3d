"""Candles, volume bars and indicator lines, drawn as arrays and thinned to pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QPainter

from upbit_auto_trading.presentation.widgets.primitives import draw_lines, draw_rects

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PyQt6.QtGui import QPen

    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.widgets.chart_data import CandleSlice
    from upbit_auto_trading.presentation.widgets.chart_viewport import ChartViewport, ValueScale

    Floats = NDArray[np.float64]

_BODY_SHARE: Final = 0.68
_THINNED_BELOW: Final = 1.5
_FILLED_FROM: Final = 5


@dataclass(frozen=True, slots=True)
class CandleColumnsOnScreen:
    """Candles in pixels: `x` is the whole pixel of the wick, the rest are rows of the screen.

    Where several candles share a pixel they are one: first open, last close, extremes, the
    largest volume.
    """

    x: Floats
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    rises: NDArray[np.bool_]
    volume: Floats


def on_screen(
    candles: CandleSlice, viewport: ChartViewport, scale: ValueScale
) -> CandleColumnsOnScreen:
    """Place candles on the screen, at most one for each pixel column."""
    x = viewport.columns_of(candles.slots)
    opens, highs, lows = candles.open, candles.high, candles.low
    closes, volumes = candles.close, candles.volume
    if viewport.slot_width < _THINNED_BELOW and len(x) > 1:
        starts = np.flatnonzero(np.diff(x, prepend=x[0] - 1))
        ends = np.append(starts[1:], len(x)) - 1
        x, opens, closes = x[starts], opens[starts], closes[ends]
        highs = np.maximum.reduceat(highs, starts)
        lows = np.minimum.reduceat(lows, starts)
        volumes = np.maximum.reduceat(volumes, starts)
    return CandleColumnsOnScreen(
        x,
        np.round(scale.rows_of(opens)),
        np.round(scale.rows_of(highs)),
        np.round(scale.rows_of(lows)),
        np.round(scale.rows_of(closes)),
        closes >= opens,
        volumes,
    )


def body_width(slot_width: float) -> int:
    """The odd pixel width of a candle's body."""
    width = int(slot_width * _BODY_SHARE)
    return max(1, width - 1 if width % 2 == 0 else width)


def paint_candles(
    painter: QPainter,
    shown: CandleColumnsOnScreen,
    slot_width: float,
    theme: Theme,
    *,
    is_stale: bool = False,
) -> None:
    """Draw wicks and bodies; grey and hollow where the candle may have moved on since."""
    width = body_width(slot_width)
    painter.setPen(Qt.PenStyle.NoPen)
    top = np.minimum(shown.open, shown.close)
    height = np.maximum(np.abs(shown.open - shown.close), 1.0)
    wick = np.maximum(shown.low - shown.high, 1.0)
    for name, chosen in (("up", shown.rises), ("down", ~shown.rises)):
        x, body_top, body_height = shown.x[chosen], top[chosen], height[chosen]
        painter.setBrush(theme.colour("text-3" if is_stale else f"{name}-pen"))
        draw_rects(painter, x, shown.high[chosen], 1.0, wick[chosen])
        if width == 1:
            continue
        left = x - width // 2
        draw_rects(painter, left, body_top, float(width), body_height)
        if width >= _FILLED_FROM or is_stale:
            tall = body_height > 2
            painter.setBrush(theme.colour("bg1" if is_stale else f"{name}-fill"))
            draw_rects(
                painter, left[tall] + 1, body_top[tall] + 1, width - 2.0, body_height[tall] - 2
            )


def paint_volume(
    painter: QPainter,
    shown: CandleColumnsOnScreen,
    slot_width: float,
    scale: ValueScale,
    theme: Theme,
) -> None:
    """Draw volume bars up from the pane's floor."""
    width = body_width(slot_width)
    painter.setPen(Qt.PenStyle.NoPen)
    top = np.round(scale.rows_of(shown.volume))
    traded = shown.volume > 0
    top = np.where(traded, np.minimum(top, scale.bottom - 1), scale.bottom)
    for name, rises in (("volume-up", shown.rises), ("volume-down", ~shown.rises)):
        chosen = rises & traded
        painter.setBrush(theme.colour(name))
        x, row = shown.x[chosen], top[chosen]
        draw_rects(painter, x - width // 2, row, float(width), scale.bottom - row)


def paint_idle_slots(
    painter: QPainter, candles: CandleSlice, viewport: ChartViewport, scale: ValueScale, pen: QPen
) -> None:
    """Draw a dotted dash at the last price through slots in which nothing was traded."""
    if viewport.slot_width < _THINNED_BELOW or len(candles) < 2:
        return
    idle = np.flatnonzero(np.diff(candles.slots) > 1)
    if not len(idle):
        return
    half = body_width(viewport.slot_width) // 2 + 1
    x = viewport.columns_of(candles.slots)
    rows = np.round(scale.rows_of(candles.close[idle])) + 0.5
    painter.setPen(pen)
    draw_lines(painter, x[idle] + half + 1, rows, x[idle + 1] - half, rows)


def paint_line(
    painter: QPainter,
    candles: CandleSlice,
    values: Floats,
    viewport: ChartViewport,
    scale: ValueScale,
    pen: QPen,
) -> None:
    """Draw one value per candle as a line that is broken where the value is unknown."""
    if len(values) < 2:
        return
    x = viewport.columns_of(candles.slots) + 0.5
    rows = scale.rows_of(values)
    if viewport.slot_width < _THINNED_BELOW:
        x, rows = _thinned(x, rows)
    known = np.isfinite(rows)
    joined = known[:-1] & known[1:]
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(pen)
    draw_lines(painter, x[:-1][joined], rows[:-1][joined], x[1:][joined], rows[1:][joined])
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)


def _thinned(x: Floats, rows: Floats) -> tuple[Floats, Floats]:
    starts = np.flatnonzero(np.diff(x, prepend=x[0] - 1))
    low, high = np.fmin.reduceat(rows, starts), np.fmax.reduceat(rows, starts)
    return np.repeat(x[starts], 2), np.column_stack((low, high)).ravel()
