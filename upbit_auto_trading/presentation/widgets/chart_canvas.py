"""The chart's picture: price, volume and RSI over one time axis.

A tick repaints only what it touches, over a backdrop that is painted once per closed candle or
movement; its cost doesn't depend on how many candles there are.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PyQt6.QtCore import QPoint, QRect, Qt, pyqtSignal
from PyQt6.QtGui import QPainter, QRegion
from PyQt6.QtWidgets import QWidget

from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.widgets.chart_backdrop import Backdrop, Scene, start_ms_of
from upbit_auto_trading.presentation.widgets.chart_crosshair import CrosshairPainter
from upbit_auto_trading.presentation.widgets.chart_data import CandleSlice, ChartData
from upbit_auto_trading.presentation.widgets.chart_live import LastPrice, LivePainter
from upbit_auto_trading.presentation.widgets.chart_notice import (
    ChartNotice,
    OlderEdge,
    paint_notice,
    paint_older_edge,
)
from upbit_auto_trading.presentation.widgets.chart_readout import Readout, ReadoutPainter
from upbit_auto_trading.presentation.widgets.chart_scales import PaneScales
from upbit_auto_trading.presentation.widgets.chart_viewport import (
    ChartLayout,
    ChartViewport,
    slots_of,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PyQt6.QtGui import QPaintEvent, QResizeEvent

    from upbit_auto_trading.domain.candle_series import CandleSeries
    from upbit_auto_trading.domain.timeframe import Timeframe
    from upbit_auto_trading.presentation.theme import Theme


class ChartCanvas(QWidget):
    """Paints a candle series. `frames_painted` counts paintings that showed live data."""

    live_frame_painted = pyqtSignal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._data = ChartData()
        self._market = ""
        self._timeframe: Timeframe | None = None
        self._panes = ChartLayout.of(self.width(), self.height())
        self.viewport = ChartViewport()
        self._scales = PaneScales()
        self._backdrop = Backdrop(theme)
        self._live = LivePainter(theme)
        self._crosshair = CrosshairPainter(theme)
        self._readout = ReadoutPainter(theme)
        self._notice = ChartNotice("")
        self._older = OlderEdge.UNKNOWN
        self._last: LastPrice | None = None
        self._pointer: QPoint | None = None
        self._is_live = False
        self._quiet_until: int | None = None
        self._painted_rsi = math.nan
        self.frames_painted = 0
        self.setMinimumSize(320, 220)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def show_series(
        self, series: CandleSeries, average: NDArray[np.float64], rsi: NDArray[np.float64]
    ) -> None:
        """Show a series, or what became of the one shown, with its two lines."""
        was_empty = not len(self._data)
        is_other = self._data.update(series, average, rsi)
        self._market, self._timeframe = series.market, series.timeframe
        if is_other:
            self._last, self._is_live, self._quiet_until = None, False, None
        if len(self._data):
            self._tell_viewport()
            if was_empty or is_other:
                self.viewport.reset()
        self.repaint_changes()

    def clear(self) -> None:
        """Show nothing."""
        self._data.clear()
        self._last, self._pointer, self._is_live = None, None, False
        self._quiet_until = None
        self._older = OlderEdge.UNKNOWN
        self._notice = ChartNotice("")
        self.update()

    def show_now(self, now_ms: int) -> None:
        """Tell that nothing newer than the newest candle was traded until now."""
        if self._timeframe is None or not len(self._data):
            return
        slot = int(slots_of(np.array([now_ms]), self._timeframe)[0])
        if slot != self._quiet_until:
            self._quiet_until = slot
            self._tell_viewport()
            self.repaint_changes()

    def show_last_price(self, last: LastPrice | None, *, is_live: bool) -> None:
        """Show the price tag; `is_live` tells whether what is painted now is live data."""
        self._is_live = is_live
        if last == self._last:
            return
        was_stale = self._last is not None and self._last.is_stale
        is_stale = last is not None and last.is_stale
        region = self._price_region(self._last) + self._price_region(last)
        self._last = last
        self.update(region)
        if was_stale != is_stale and len(self._data):
            self.update(self.newest_region())

    def show_notice(self, notice: ChartNotice) -> None:
        """Say why there are no candles; shown while there are none."""
        if notice != self._notice:
            self._notice = notice
            if not len(self._data):
                self.update()

    def show_older_edge(self, edge: OlderEdge) -> None:
        """Tell what lies before the oldest candle."""
        if edge is not self._older:
            self._older = edge
            self.update()

    def point_at(self, pointer: QPoint | None) -> None:
        """Put the crosshair under the pointer, or take it away."""
        if pointer == self._pointer:
            return
        region = self._pointer_region(self._pointer) + self._pointer_region(pointer)
        self._pointer = pointer
        self.update(region)

    def repaint_changes(self) -> None:
        """Ask for a painting of as much as changed."""
        if self._timeframe is None or not len(self._data):
            self.update()
            return
        moved = self._scales.update(self._data, self.viewport, self._panes, self._market)
        if moved or not self._backdrop.is_current(self._scene(self._timeframe)):
            self.update()
        else:
            self.update(self.newest_region())

    def axis_labels(self) -> list[tuple[int, str]]:
        """Rows and texts of the value axis as they were painted."""
        return list(self._backdrop.axis_labels)

    def shown_candles(self) -> CandleSlice:
        """The candles in sight but the newest, as they are painted."""
        return self._data.between(self.viewport.left, self.viewport.right)

    def newest_region(self) -> QRegion:
        """What a change of the newest candle touches."""
        region = QRegion(self._live.newest_area(self.viewport, self._panes, self._data))
        region += self._price_region(self._last)
        newest_rsi = float(self._data.last().rsi[0])
        for value in {newest_rsi, self._painted_rsi}:
            if math.isfinite(value):
                tag = self._live.rsi_tag_area(self._panes, self._scales, value)
                region += tag.adjusted(0, -10, 0, 10)
        self._painted_rsi = newest_rsi
        return region

    def refresh_readout(self) -> None:
        """Bring the figures in the corners up to date: a few times a second, as eyes read."""
        if len(self._data):
            for area in self._readout.areas(self._panes):
                self.update(area)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 -- Qt's name
        del event
        self._panes = ChartLayout.of(self.width(), self.height())
        self.viewport.set_width(self._panes.plot_width)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 -- Qt's name
        assert event is not None  # noqa: S101 -- Qt always passes one
        painter = QPainter(self)
        if self._timeframe is None or not len(self._data):
            painter.fillRect(self.rect(), self._theme.colour("bg1"))
            paint_notice(painter, self._panes, self._notice, self._theme)
        else:
            self._scales.update(self._data, self.viewport, self._panes, self._market)
            region = event.region()
            if self._backdrop.update(self._scene(self._timeframe)):
                self.update(QRegion(self.rect()) - region)
            painter.drawPixmap(0, 0, self._backdrop.pixmap)
            self._paint_plot(painter, region, self._timeframe)
            self._paint_axis(painter, region, self._timeframe)
            if self._is_live:
                self.frames_painted += 1
                self.live_frame_painted.emit()
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(self._theme.pen("acc", 2))
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        painter.end()

    def _scene(self, timeframe: Timeframe) -> Scene:
        return Scene(
            self._market,
            timeframe,
            self._data,
            self.viewport,
            self._panes,
            self._scales,
            self.devicePixelRatioF(),
        )

    def _paint_plot(self, painter: QPainter, region: QRegion, timeframe: Timeframe) -> None:
        panes, scales, data = self._panes, self._scales, self._data
        painter.save()
        plot = QRect(0, 0, panes.plot_width, panes.panes_height)
        painter.setClipRegion(region.intersected(plot))
        if region.intersects(self._live.newest_area(self.viewport, panes, data)):
            is_stale = self._last is not None and self._last.is_stale
            self._live.paint_newest(painter, data, self.viewport, scales, is_stale=is_stale)
        if self._quiet_until is not None:
            self._live.paint_quiet(painter, data, self.viewport, scales, self._quiet_until)
        if self._last is not None:
            self._live.paint_price_line(painter, panes, scales, self._last)
        edge = int(self.viewport.x_of(data.first_slot) - self.viewport.slot_width / 2)
        paint_older_edge(painter, panes, edge, self._older, self._theme)
        if any(region.intersects(area) for area in self._readout.areas(panes)):
            self._readout.paint(painter, panes, self._readout_now(timeframe))
        if self._pointer is not None:
            candle = data.at(self._slot_under(self._pointer))
            self._crosshair.paint_lines(
                painter, panes, scales, self.viewport, self._pointer, candle
            )
        painter.restore()

    def _paint_axis(self, painter: QPainter, region: QRegion, timeframe: Timeframe) -> None:
        panes, scales, live, last = self._panes, self._scales, self._live, self._last
        taken = []
        newest_rsi = float(self._data.last().rsi[0])
        if last is not None:
            taken.append(live.price_tag_area(panes, scales, last))
        if math.isfinite(newest_rsi):
            taken.append(live.rsi_tag_area(panes, scales, newest_rsi))
        live.paint_axis_labels(painter, panes, self._backdrop.axis_labels, taken, region)
        if math.isfinite(newest_rsi):
            is_stale = last is not None and last.is_stale
            live.paint_rsi_tag(painter, panes, scales, newest_rsi, is_stale=is_stale)
        if last is not None:
            live.paint_price_tag(painter, panes, scales, last)
        if self._pointer is not None:
            slot = self._slot_under(self._pointer)
            time = formatting.full_candle_time(start_ms_of(slot, timeframe), timeframe)
            self._crosshair.paint_tags(
                painter, panes, scales, self.viewport, self._pointer, time, self._market
            )

    def _tell_viewport(self) -> None:
        newest = self._data.last_slot
        self.viewport.set_data_range(
            self._data.first_slot, max(newest, self._quiet_until or newest)
        )

    def _readout_now(self, timeframe: Timeframe) -> Readout:
        data = self._data
        slot = data.last_slot if self._pointer is None else self._slot_under(self._pointer)
        time = formatting.candle_time(start_ms_of(slot, timeframe), timeframe)
        is_stale = self._pointer is None and self._last is not None and self._last.is_stale
        return Readout(self._market, time, data.at(slot), data.close_before(slot), is_stale)

    def _slot_under(self, pointer: QPoint) -> int:
        return math.floor(self.viewport.slot_at(pointer.x()))

    def _price_region(self, last: LastPrice | None) -> QRegion:
        if last is None or not len(self._data):
            return QRegion()
        tag = self._live.price_tag_area(self._panes, self._scales, last)
        region = QRegion(tag.adjusted(0, -18, 0, 18))
        row = self._live.price_row(self._panes, self._scales, last)
        if row is not None:
            region += QRect(0, row, self._panes.plot_width, 1)
        return region

    def _pointer_region(self, pointer: QPoint | None) -> QRegion:
        if pointer is None:
            return QRegion()
        region = QRegion()
        for area in (
            *self._crosshair.areas(self._panes, self.viewport, pointer),
            *self._readout.areas(self._panes),
        ):
            region += area
        return region
