"""What lies behind the candles: the panes, their grid and the RSI's zones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QRect

from upbit_auto_trading.presentation.formatting import decimals_of, number, quantity
from upbit_auto_trading.presentation.widgets.chart_ticks import TimeTick, value_ticks

if TYPE_CHECKING:
    from PyQt6.QtGui import QPainter

    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.widgets.chart_scene import Scene
    from upbit_auto_trading.presentation.widgets.chart_viewport import ChartLayout

RSI_LIMITS: Final = (20.0, 80.0)
_RSI_MIDDLE: Final = 50.0
_LABEL_SPACING: Final = 50

Labels = tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """Where the lines of the grid lie: rows with their texts for each pane, columns with times."""

    prices: Labels
    volumes: Labels
    rsi: Labels
    times: tuple[tuple[int, TimeTick], ...]
    rsi_rows: tuple[int, int, int]
    """The rows of the lower limit, the middle and the upper limit."""

    @classmethod
    def of(cls, scene: Scene) -> Grid:
        """Lay out a scene's grid."""
        layout, scales = scene.layout, scene.scales
        wanted = max(2, layout.price.height() // _LABEL_SPACING)
        decimals = decimals_of(scene.market, float(scene.data.last().close[0]))
        values = value_ticks(scales.price.low, scales.price.high, wanted, 10.0**-decimals)
        levels = (RSI_LIMITS[0], _RSI_MIDDLE, RSI_LIMITS[1])
        low, middle, high = (round(scales.rsi.y_of(level)) for level in levels)
        return cls(
            prices=tuple(
                (round(scales.price.y_of(value)), number(value, decimals)) for value in values
            ),
            volumes=((layout.volume.top() + 12, quantity(scales.most_volume)),),
            rsi=tuple(
                (row, f"{level:.0f}")
                for row, level in zip((low, middle, high), levels, strict=True)
            ),
            times=tuple(scene.time_ticks()),
            rsi_rows=(low, middle, high),
        )


def paint_grid(painter: QPainter, layout: ChartLayout, grid: Grid | None, theme: Theme) -> None:
    """Draw the panes; without a grid they are empty."""
    painter.fillRect(layout.whole, theme.colour("bg1"))
    if grid is not None:
        _paint_lines(painter, layout, grid, theme)
    painter.setPen(theme.pen("line"))
    for pane in (layout.volume, layout.rsi, layout.time_axis):
        painter.drawLine(0, pane.top(), layout.price_axis.right(), pane.top())
    painter.drawLine(layout.plot_width, 0, layout.plot_width, layout.time_axis.bottom())


def _paint_lines(painter: QPainter, layout: ChartLayout, grid: Grid, theme: Theme) -> None:
    low, middle, high = grid.rsi_rows
    pane, plot = layout.rsi, layout.plot_width
    above = QRect(0, pane.top(), plot, high - pane.top())
    below = QRect(0, low, plot, pane.bottom() + 1 - low)
    painter.fillRect(above, theme.colour("rsi-high-zone"))
    painter.fillRect(below, theme.colour("rsi-low-zone"))
    painter.setPen(theme.pen("grid"))
    for row in (*(row for row, _ in grid.prices), middle):
        painter.drawLine(0, row, plot, row)
    for x, _ in grid.times:
        painter.drawLine(x, 0, x, layout.panes_height)
