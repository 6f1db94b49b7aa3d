"""What moves on the chart between two candles: the newest candle, tags, crosshair, readouts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QRect, Qt
from PyQt6.QtGui import QPainter

from upbit_auto_trading.presentation.widgets.chart_marks import body_width
from upbit_auto_trading.presentation.widgets.chart_newest import NewestPainter
from upbit_auto_trading.presentation.widgets.chart_viewport import PRICE_AXIS_WIDTH
from upbit_auto_trading.presentation.widgets.label_painter import LabelPainter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QRegion

    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.widgets.chart_data import ChartData
    from upbit_auto_trading.presentation.widgets.chart_scales import PaneScales
    from upbit_auto_trading.presentation.widgets.chart_viewport import ChartLayout, ChartViewport

TALL_TAG: Final = 32
LOW_TAG: Final = 18


@dataclass(frozen=True, slots=True)
class LastPrice:
    """The price the tag shows: its text, the colour token of its day, and the countdown.

    `is_stale` greys it; `countdown` is empty when the candle's end isn't known.
    """

    value: float
    text: str
    direction: str
    countdown: str
    is_stale: bool


class LivePainter:
    """Paints over the backdrop; asks for nothing, remembers nothing."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._newest = NewestPainter(theme)
        self._labels = LabelPainter(theme)

    def newest_area(self, viewport: ChartViewport, layout: ChartLayout, data: ChartData) -> QRect:
        """Where the newest candle and the ends of the lines are painted."""
        half = body_width(viewport.slot_width) // 2 + 3
        two = data.last_two()
        left = int(viewport.x_of(float(two.slots[0]))) - half
        right = int(viewport.x_of(float(two.slots[-1]))) + half
        return QRect(left, 0, right - left + 1, layout.panes_height)

    def paint_newest(
        self,
        painter: QPainter,
        data: ChartData,
        viewport: ChartViewport,
        scales: PaneScales,
        *,
        is_stale: bool,
    ) -> None:
        """Draw the newest candle, its volume, and the last piece of each line."""
        two, newest, own = data.last_two(), data.last(), self._newest
        if len(two) == 2 and two.slots[1] - two.slots[0] > 1:
            right = int(viewport.x_of(float(two.slots[1]))) - body_width(viewport.slot_width) // 2
            own.paint_idle(painter, two, right - 1, viewport, scales.price)
        own.paint_candle(painter, newest, viewport, scales.price, is_stale=is_stale)
        own.paint_volume(painter, newest, viewport, scales.volume)
        own.paint_lines(painter, two, viewport, scales.price, scales.rsi)

    def paint_quiet(
        self,
        painter: QPainter,
        data: ChartData,
        viewport: ChartViewport,
        scales: PaneScales,
        until: int,
    ) -> None:
        """Draw the dotted dash of slots without trades after the newest candle."""
        newest = data.last()
        if until > data.last_slot:
            right = int(viewport.x_of(until) + viewport.slot_width / 2)
            self._newest.paint_idle(painter, newest, right, viewport, scales.price)

    def price_tag_area(self, layout: ChartLayout, scales: PaneScales, last: LastPrice) -> QRect:
        """Where the last price's tag stands on the axis."""
        height = TALL_TAG if last.countdown else LOW_TAG
        row = round(scales.price.y_of(last.value))
        top = max(layout.price.top(), min(row - 9, layout.price.bottom() - height))
        return QRect(layout.price_axis.left() + 1, top, PRICE_AXIS_WIDTH - 1, height)

    def price_row(self, layout: ChartLayout, scales: PaneScales, last: LastPrice) -> int | None:
        """The row of the last price, None when it is out of sight."""
        row = round(scales.price.y_of(last.value))
        return row if layout.price.top() <= row <= layout.price.bottom() else None

    def paint_price_line(
        self, painter: QPainter, layout: ChartLayout, scales: PaneScales, last: LastPrice
    ) -> None:
        row = self.price_row(layout, scales, last)
        if row is None:
            return
        token = "text-3" if last.is_stale else last.direction
        painter.setPen(self._theme.pen(token, 1, (1.5, 3)))
        painter.drawLine(0, row, layout.plot_width, row)

    def paint_price_tag(
        self, painter: QPainter, layout: ChartLayout, scales: PaneScales, last: LastPrice
    ) -> None:
        area = self.price_tag_area(layout, scales, last)
        if last.is_stale or last.direction == "even":
            fill, ink = "bg3", "text-3" if last.is_stale else "text-1"
        else:
            fill, ink = f"{last.direction}-solid", "on-fill"
        painter.fillRect(area, self._theme.colour(fill))
        line = QRect(area.left() + 6, area.top(), area.width() - 8, LOW_TAG)
        self._labels.draw(painter, line, last.text, "tag", ink, is_italic=last.is_stale)
        if last.countdown:
            self._labels.draw(painter, line.translated(0, 13), last.countdown, "small", ink)

    def paint_axis_labels(
        self,
        painter: QPainter,
        layout: ChartLayout,
        labels: Sequence[tuple[int, str]],
        taken: Sequence[QRect],
        region: QRegion,
    ) -> None:
        """Draw the labels of the value axis that no tag covers and that lie in `region`.

        A label is its row and its text.
        """
        left, width = layout.price_axis.left() + 7, PRICE_AXIS_WIDTH - 8
        spans = [(tag.top() - 8, tag.bottom() + 8) for tag in taken]
        for row, text in labels:
            area = QRect(left, row - 8, width, 16)
            if region.intersects(area) and not any(top < row < low for top, low in spans):
                self._labels.draw(painter, area, text, "small", "text-3")

    def rsi_tag_area(self, layout: ChartLayout, scales: PaneScales, value: float) -> QRect:
        """Where the newest RSI's tag stands on the axis."""
        row = round(scales.rsi.y_of(value))
        return QRect(layout.price_axis.left() + 1, row - 8, 38, 16)

    def paint_rsi_tag(
        self,
        painter: QPainter,
        layout: ChartLayout,
        scales: PaneScales,
        value: float,
        *,
        is_stale: bool,
    ) -> None:
        area = self.rsi_tag_area(layout, scales, value)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.colour("bg3" if is_stale else "rsi"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawRoundedRect(area, 2, 2)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        ink = "text-3" if is_stale else "bg1"
        text = f"{value:.1f}"
        self._labels.draw(painter, area, text, "tag", ink, is_centred=True, is_italic=is_stale)
