"""What lies behind the candles: the panes, their grid and the zones beyond their limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QLine, QRect

from upbit_auto_trading.presentation.formatting import decimals_of, number, quantity
from upbit_auto_trading.presentation.widgets.chart_plan import value_text
from upbit_auto_trading.presentation.widgets.chart_ticks import (
    TimeTick,
    log_ticks,
    value_ticks,
)

if TYPE_CHECKING:
    from PyQt6.QtGui import QPainter

    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.widgets.chart_plan import PaneLook
    from upbit_auto_trading.presentation.widgets.chart_scene import Scene
    from upbit_auto_trading.presentation.widgets.chart_viewport import ChartLayout, ValueScale

_LABEL_SPACING: Final = 50
_PANE_LABEL_SPACING: Final = 34

Labels = tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class PaneGrid:
    """The labels of a pane below the candles, rows with a line, and the rows of its zones."""

    labels: Labels
    rows: tuple[int, ...]
    zones: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Grid:
    """Where the lines of the grid lie: rows with their texts for each pane, columns with times."""

    prices: Labels
    volumes: Labels
    panes: tuple[PaneGrid, ...]
    times: tuple[tuple[int, TimeTick], ...]

    @classmethod
    def of(cls, scene: Scene) -> Grid:
        """Lay out a scene's grid."""
        layout, scales = scene.layout, scene.scales
        return cls(
            prices=_prices(scene),
            volumes=()
            if layout.volume.isEmpty()
            else ((layout.volume.top() + 12, quantity(scales.most_volume)),),
            panes=tuple(
                _pane(scene.market, look, area, scale)
                for look, area, scale in zip(
                    scene.plan.panes, layout.subplots, scales.subplots, strict=True
                )
            ),
            times=tuple(scene.time_ticks()),
        )


def paint_grid(painter: QPainter, layout: ChartLayout, grid: Grid | None, theme: Theme) -> None:
    """Draw the panes; without a grid they are empty."""
    painter.fillRect(layout.whole, theme.colour("bg1"))
    if grid is not None:
        _paint_lines(painter, layout, grid, theme)
    painter.setPen(theme.pen("line"))
    panes = [layout.volume] if layout.volume.height() else []
    for pane in (*panes, *layout.subplots, layout.time_axis):
        painter.drawLine(0, pane.top(), layout.price_axis.right(), pane.top())
    painter.drawLine(layout.plot_width, 0, layout.plot_width, layout.time_axis.bottom())


def _prices(scene: Scene) -> Labels:
    pane, scale = scene.layout.price, scene.scales.price
    wanted = max(2, pane.height() // _LABEL_SPACING)
    low, high = scale.value_at(pane.bottom()), scale.high
    if scale.is_log:
        return tuple(
            (round(scale.y_of(value)), number(value, decimals_of(scene.market, value)))
            for value in log_ticks(low, high, wanted)
        )
    decimals = decimals_of(scene.market, float(scene.data.last().close[0]))
    values = value_ticks(low, high, wanted, 10.0**-decimals)
    return tuple((round(scale.y_of(value)), number(value, decimals)) for value in values)


def _pane(market: str, look: PaneLook, area: QRect, scale: ValueScale) -> PaneGrid:
    if look.limits and look.low is not None and look.high is not None:
        values = sorted(look.limits)
        middle = (look.low + look.high) / 2
        if look.has_zones and values[0] < middle < values[-1]:
            values = [values[0], middle, values[-1]]
        rows = [round(scale.y_of(value)) for value in values]
        labels = tuple(
            (row, f"{value:g}".replace("-", "−")) for row, value in zip(rows, values, strict=True)
        )
        zones = (rows[0], rows[-1]) if look.has_zones and len(rows) > 1 else None
        between = tuple(rows[1:-1]) if zones else ()
        return PaneGrid(labels, between, zones)
    wanted = max(1, area.height() // _PANE_LABEL_SPACING)
    values = value_ticks(scale.low, scale.high, wanted)
    placed = [(round(scale.y_of(value)), value) for value in values]
    inside = [(row, value) for row, value in placed if area.top() + 6 < row < area.bottom() - 4]
    labels = tuple((row, value_text(market, look.unit, value)) for row, value in inside)
    return PaneGrid(labels, tuple(row for row, _ in inside), None)


def _paint_lines(painter: QPainter, layout: ChartLayout, grid: Grid, theme: Theme) -> None:
    plot = layout.plot_width
    for pane, one in zip(layout.subplots, grid.panes, strict=True):
        if one.zones is not None:
            low, high = one.zones
            above = QRect(0, pane.top(), plot, high - pane.top())
            painter.fillRect(above, theme.colour("rsi-high-zone"))
            below = QRect(0, low, plot, pane.bottom() + 1 - low)
            painter.fillRect(below, theme.colour("rsi-low-zone"))
    painter.setPen(theme.pen("grid"))
    rows = [row for one in grid.panes for row in one.rows]
    lines = [QLine(0, row, plot, row) for row in (*(row for row, _ in grid.prices), *rows)]
    lines += [QLine(x, 0, x, layout.panes_height) for x, _ in grid.times]
    if lines:
        painter.drawLines(*lines)
