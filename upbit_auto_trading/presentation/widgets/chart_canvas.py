"""The chart's picture: price, volume and RSI over one time axis, drawn by pyqtgraph.

A tick repaints only what it touches; its cost doesn't depend on how many candles there are.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PyQt6.QtCore import QPoint, pyqtSignal
from PyQt6.QtWidgets import QWidget

from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.widgets.chart_data import CandleSlice, ChartData
from upbit_auto_trading.presentation.widgets.chart_notice import ChartNotice, OlderEdge
from upbit_auto_trading.presentation.widgets.chart_plot import ChartPlot
from upbit_auto_trading.presentation.widgets.chart_readout import Readout
from upbit_auto_trading.presentation.widgets.chart_scales import PaneScales
from upbit_auto_trading.presentation.widgets.chart_scene import Scene, start_ms_of
from upbit_auto_trading.presentation.widgets.chart_viewport import (
    ChartLayout,
    ChartViewport,
    slots_of,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PyQt6.QtGui import QResizeEvent

    from upbit_auto_trading.domain.candle_series import CandleSeries
    from upbit_auto_trading.domain.timeframe import Timeframe
    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.widgets.chart_live import LastPrice


class ChartCanvas(QWidget):
    """Shows a candle series. `frames_painted` counts paintings that showed live data."""

    live_frame_painted = pyqtSignal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._data = ChartData()
        self._market = ""
        self._timeframe: Timeframe | None = None
        self._panes = ChartLayout.of(self.width(), self.height())
        self.viewport = ChartViewport()
        self._scales = PaneScales()
        self._last: LastPrice | None = None
        self._pointer: QPoint | None = None
        self._is_live = False
        self._quiet_until: int | None = None
        self.frames_painted = 0
        self.setMinimumSize(320, 220)
        self.plot = ChartPlot(theme, self._panes, self)
        self.plot.painted.connect(self._painted)

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
        self.plot.older.show_edge(OlderEdge.UNKNOWN)
        self.plot.notice.show_notice(ChartNotice(""))
        self.repaint_changes()

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
        if last != self._last:
            self._last = last
            self.plot.show_live(last, self._quiet_until)

    def show_notice(self, notice: ChartNotice) -> None:
        """Say why there are no candles; shown while there are none."""
        self.plot.notice.show_notice(notice)

    def show_older_edge(self, edge: OlderEdge) -> None:
        """Tell what lies before the oldest candle."""
        self.plot.older.show_edge(edge)

    def point_at(self, pointer: QPoint | None) -> None:
        """Put the crosshair under the pointer, or take it away."""
        if pointer != self._pointer:
            self._pointer = pointer
            self.plot.show_pointer(pointer)
            self.refresh_readout()

    def repaint_changes(self) -> None:
        """Show what became of the series and of the part of it in sight."""
        if self._timeframe is None or not len(self._data):
            self.plot.show_nothing()
            return
        self._scales.update(self._data, self.viewport, self._panes, self._market)
        has_moved = self.plot.show_scene(self._scene(self._timeframe))
        self.plot.show_live(self._last, self._quiet_until)
        if has_moved:
            self.plot.show_pointer(self._pointer)
            self.refresh_readout()

    def axis_labels(self) -> list[tuple[int, str]]:
        """Rows and texts of the value axes as they were laid out."""
        return self.plot.axis_labels

    def shown_candles(self) -> CandleSlice:
        """The candles in sight but the newest, as they are painted."""
        return self._data.between(self.viewport.left, self.viewport.right)

    def refresh_readout(self) -> None:
        """Bring the figures in the corners up to date: a few times a second, as eyes read."""
        if self._timeframe is not None and len(self._data):
            self.plot.readouts.show_readout(self._panes, self._readout_now(self._timeframe))

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 -- Qt's name
        super().resizeEvent(event)
        self._panes = ChartLayout.of(self.width(), self.height())
        self.viewport.set_width(self._panes.plot_width)
        self.plot.setGeometry(self.rect())
        self.plot.show_layout(self._panes)

    def _painted(self) -> None:
        if self._is_live and len(self._data):
            self.frames_painted += 1
            self.live_frame_painted.emit()

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
