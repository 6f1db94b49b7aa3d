"""Everything of the chart that stands still between two candles, painted once into a pixmap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QRect, QSize
from PyQt6.QtGui import QPainter, QPixmap

from upbit_auto_trading.domain.timeframe import TimeframeUnit
from upbit_auto_trading.presentation.formatting import decimals_of, number, quantity
from upbit_auto_trading.presentation.widgets.chart_marks import (
    Placement,
    paint_candles,
    paint_idle_slots,
    paint_line,
    paint_volume,
)
from upbit_auto_trading.presentation.widgets.chart_ticks import TimeTick, time_ticks, value_ticks
from upbit_auto_trading.presentation.widgets.label_painter import LabelPainter

if TYPE_CHECKING:
    from upbit_auto_trading.domain.timeframe import Timeframe
    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.widgets.chart_data import ChartData
    from upbit_auto_trading.presentation.widgets.chart_scales import PaneScales
    from upbit_auto_trading.presentation.widgets.chart_viewport import ChartLayout, ChartViewport

RSI_LIMITS: Final = (20.0, 80.0)
_LABEL_SPACING: Final = 50
_TIME_SPACING: Final = 84


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything the backdrop is painted from. `ratio` is device pixels per pixel."""

    market: str
    timeframe: Timeframe
    data: ChartData
    viewport: ChartViewport
    layout: ChartLayout
    scales: PaneScales
    ratio: float

    @property
    def key(self) -> tuple[object, ...]:
        """Equal as long as the same picture comes out."""
        return (
            self.market,
            self.timeframe.code,
            self.data.settled,
            self.viewport.revision,
            self.layout,
            self.scales.price,
            self.scales.volume,
            self.ratio,
        )


class Backdrop:
    """The picture behind the newest candle: panes, grid, closed candles, lines, time axis.

    `axis_labels` are the rows and texts of the value axis, drawn over it where no tag stands.
    """

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._labels = LabelPainter(theme)
        self._key: tuple[object, ...] = ()
        self.pixmap = QPixmap()
        self.axis_labels: list[tuple[int, str]] = []

    def is_current(self, scene: Scene) -> bool:
        """Whether `update` would leave it as it is."""
        return self._key == scene.key

    def update(self, scene: Scene) -> bool:
        """Paint anew if anything in it changed; return whether it did."""
        key = scene.key
        if key == self._key:
            return False
        self._key = key
        layout, ratio = scene.layout, scene.ratio
        size = QSize(layout.price_axis.right() + 1, layout.time_axis.bottom() + 1) * ratio
        if self.pixmap.size() != size:
            self.pixmap = QPixmap(size)
            self.pixmap.setDevicePixelRatio(ratio)
        self.pixmap.fill(self._theme.colour("bg1"))
        painter = QPainter(self.pixmap)
        self._paint_zones(painter, layout, scene.scales)
        self._paint_grid(painter, scene)
        self._paint_data(painter, scene)
        painter.end()
        return True

    def _paint_zones(self, painter: QPainter, layout: ChartLayout, scales: PaneScales) -> None:
        low_row, high_row = (round(scales.rsi.y_of(limit)) for limit in RSI_LIMITS)
        pane = layout.rsi
        painter.fillRect(
            QRect(0, pane.top(), pane.width(), high_row - pane.top()),
            self._theme.colour("rsi-high-zone"),
        )
        painter.fillRect(
            QRect(0, low_row, pane.width(), pane.bottom() + 1 - low_row),
            self._theme.colour("rsi-low-zone"),
        )
        painter.setPen(self._theme.pen("rsi-limit", 1, (4, 4)))
        for row in (low_row, high_row):
            painter.drawLine(0, row, pane.width(), row)

    def _paint_grid(self, painter: QPainter, scene: Scene) -> None:
        theme, layout, scales = self._theme, scene.layout, scene.scales
        plot, floor = layout.plot_width, layout.panes_height
        wanted = max(2, layout.price.height() // _LABEL_SPACING)
        decimals = decimals_of(scene.market, float(scene.data.last().close[0]))
        values = value_ticks(scales.price.low, scales.price.high, wanted, 10.0**-decimals)
        rows = [round(scales.price.y_of(value)) for value in values]
        middle = round(scales.rsi.y_of(50))
        painter.setPen(theme.pen("grid"))
        for row in (*rows, middle):
            painter.drawLine(0, row, plot, row)
        ticks = self._ticks(scene.viewport, scene.timeframe)
        for x, _ in ticks:
            painter.drawLine(x, 0, x, floor)
        painter.setPen(theme.pen("line"))
        for pane in (layout.volume, layout.rsi, layout.time_axis):
            painter.drawLine(0, pane.top(), layout.price_axis.right(), pane.top())
        painter.drawLine(plot, 0, plot, layout.time_axis.bottom())
        self._paint_time_labels(painter, ticks, layout)
        texts = [number(value, decimals) for value in values]
        self.axis_labels = [
            *zip(rows, texts, strict=True),
            *((round(scales.rsi.y_of(value)), f"{value:.0f}") for value in (*RSI_LIMITS, 50.0)),
            (layout.volume.top() + 12, quantity(scales.most_volume)),
        ]

    def _ticks(self, viewport: ChartViewport, timeframe: Timeframe) -> list[tuple[int, TimeTick]]:
        from_ms = start_ms_of(viewport.left, timeframe)
        to_ms = start_ms_of(viewport.right, timeframe)
        placed = []
        for tick in time_ticks(from_ms, to_ms, timeframe, viewport.width, _TIME_SPACING):
            # A tick inside a slot belongs to the candle that holds it.
            slot = _slot_of(tick.start_ms, timeframe)
            placed.append((int(viewport.x_of(slot)), tick))
        return placed

    def _paint_time_labels(
        self, painter: QPainter, ticks: list[tuple[int, TimeTick]], layout: ChartLayout
    ) -> None:
        for x, tick in ticks:
            if not 24 <= x <= layout.plot_width - 24:
                continue
            font_name = "small-strong" if tick.is_major else "small"
            ink = "text-2" if tick.is_major else "text-3"
            area = QRect(x - 45, layout.time_axis.top(), 90, layout.time_axis.height())
            self._labels.draw(painter, area, tick.text, font_name, ink, is_centred=True)

    def _paint_data(self, painter: QPainter, scene: Scene) -> None:
        theme, layout, scales, viewport = self._theme, scene.layout, scene.scales, scene.viewport
        candles = scene.data.between(viewport.left, viewport.right)
        if not len(candles):
            return
        placed = Placement.of(candles, viewport)
        painter.setClipRect(layout.price)
        idle_pen = theme.pen("text-3", 1, (1, 2))
        paint_idle_slots(painter, candles, placed, scales.price, idle_pen)
        paint_candles(painter, candles, placed, scales.price, theme)
        average_pen = theme.pen("average-20", 1.5)
        paint_line(painter, candles.average, placed, scales.price, average_pen)
        painter.setClipRect(layout.volume)
        paint_volume(painter, candles, placed, scales.volume, theme)
        painter.setClipRect(layout.rsi)
        paint_line(painter, candles.rsi, placed, scales.rsi, theme.pen("rsi", 1.5))


def start_ms_of(slot: float, timeframe: Timeframe) -> int:
    """Return when a slot starts, within the slot."""
    if timeframe.unit is TimeframeUnit.MONTH:
        return round(slot * 30.436875 * 86_400_000)
    if timeframe.unit is TimeframeUnit.YEAR:
        return round(slot * 365.2425 * 86_400_000)
    return round(slot * timeframe.seconds * 1000)


def _slot_of(moment_ms: int, timeframe: Timeframe) -> float:
    start = timeframe.start_of_ms(moment_ms)
    if timeframe.unit is TimeframeUnit.MONTH:
        return round(start / (30.436875 * 86_400_000))
    if timeframe.unit is TimeframeUnit.YEAR:
        return round(start / (365.2425 * 86_400_000))
    return start // (timeframe.seconds * 1000)
