"""The chart's picture: candles, volume and indicators over one time axis, drawn by pyqtgraph.

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
from upbit_auto_trading.presentation.widgets.chart_plan import ChartPlan
from upbit_auto_trading.presentation.widgets.chart_plot import ChartPlot
from upbit_auto_trading.presentation.widgets.chart_readout import Readout
from upbit_auto_trading.presentation.widgets.chart_scales import PaneScales
from upbit_auto_trading.presentation.widgets.chart_scene import Scene, slot_of, start_ms_of
from upbit_auto_trading.presentation.widgets.chart_viewport import (
    ChartLayout,
    ChartViewport,
    slots_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from PyQt6.QtGui import QResizeEvent

    from upbit_auto_trading.domain.chart_drawing import Drawing
    from upbit_auto_trading.domain.timeframe import Timeframe
    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.widgets.chart_data import CandleSource
    from upbit_auto_trading.presentation.widgets.chart_gaps import ChartGap
    from upbit_auto_trading.presentation.widgets.chart_levels import ChartLevel
    from upbit_auto_trading.presentation.widgets.chart_markers import ChartMarker
    from upbit_auto_trading.presentation.widgets.chart_tags import LastPrice


class ChartCanvas(QWidget):
    """Shows candles with lines of values. `frames_painted` counts paintings of live data."""

    live_frame_painted = pyqtSignal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._data = ChartData()
        self._plan = ChartPlan()
        self._market = ""
        self._timeframe: Timeframe | None = None
        self._panes = self._layout_now()
        self.viewport = ChartViewport()
        self.scales = PaneScales()
        self._last: LastPrice | None = None
        self._pointer: QPoint | None = None
        self._is_live = self._is_placed = False
        self._quiet_until: int | None = None
        self._readout_at: tuple[object, ...] = ()
        self.frames_painted = 0
        self.setMinimumSize(320, 180)
        self.plot = ChartPlot(theme, self._panes, self)
        self.plot.painted.connect(self._painted)

    @property
    def plan(self) -> ChartPlan:
        """The lines and panes beside the candles."""
        return self._plan

    def show_plan(self, plan: ChartPlan) -> None:
        """Take other lines and panes; the next `show_series` brings their values."""
        if plan == self._plan:
            return
        self._plan = plan
        self._data.drop_values()
        self.plot.show_nothing()
        self.plot.show_plan(plan)
        self._lay_out()

    def show_series(
        self,
        series: CandleSource,
        lines: Sequence[NDArray[np.float64]] = (),
        revision: int = 0,
    ) -> None:
        """Show candles, or what became of those shown, with a value a candle for each line.

        The lines are the plan's; `revision` changes with any but their newest values.

        Raises:
            ValueError: the plan has more or fewer lines, or one has another length.
        """
        if len(lines) != len(self._plan.lines):
            raise ValueError(f"{len(lines)} lines for a plan of {len(self._plan.lines)}")
        is_other = self._data.update(series, lines, revision)
        self._market, self._timeframe = series.market, series.timeframe
        if is_other:
            self._last, self._is_live, self._quiet_until = None, False, None
            self._is_placed = False
            self.scales.fit_prices()
        if len(self._data):
            oldest = self.viewport.first_slot
            self._tell_viewport()
            # A live candle may come before the history, which then tells how wide to be.
            is_longer = not self.viewport.is_touched and oldest != self._data.first_slot
            if not self._is_placed or is_longer:
                self._is_placed = True
                self.viewport.reset()
        self.repaint_changes()

    def show_markers(self, markers: Sequence[ChartMarker]) -> None:
        """Show these markers and no others."""
        self.plot.markers.show_markers(markers)
        self.plot.redraw()

    def show_levels(self, levels: Sequence[ChartLevel]) -> None:
        """Show these horizontal lines and no others."""
        if self.plot.levels.show_levels(levels):
            self.plot.show_price(self._last)
            self.plot.show_newest(self._quiet_until, is_stale=self._is_stale)
            self.plot.redraw()

    def show_gaps(self, gaps: Sequence[ChartGap]) -> None:
        """Hatch these stretches of time and no others."""
        if self.plot.gaps.show_gaps(gaps):
            self.plot.redraw_ground()

    def show_drawings(self, drawings: Sequence[Drawing]) -> None:
        """Show the user's lines of the market and no others."""
        if self.plot.drawings.show_drawings(drawings):
            self.plot.redraw()

    def show_moment(self, moment_ms: int, *, is_marked: bool = True) -> bool:
        """Bring the candle that holds a moment to the middle; False where it isn't loaded yet."""
        if self._timeframe is None or not len(self._data):
            return False
        slot = slot_of(moment_ms, self._timeframe)
        self.viewport.centre_on(slot)
        if is_marked:
            self.plot.gaps.mark_moment(moment_ms)
        self.repaint_changes()
        self.plot.redraw_ground()
        return slot >= self._data.first_slot

    def clear_moment(self) -> None:
        """Mark no moment any more."""
        if self.plot.gaps.mark_moment(None):
            self.plot.redraw_ground()

    def clear(self) -> None:
        """Show nothing."""
        self._data.clear()
        self._last, self._pointer, self._is_live = None, None, False
        self._quiet_until = None
        self._market, self._timeframe = "", None
        self.scales.fit_prices()
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
        if last == self._last:
            return
        was_stale, self._last = self._is_stale, last
        self.plot.show_price(last)
        if self._is_stale != was_stale:
            self.plot.show_newest(self._quiet_until, is_stale=self._is_stale)

    def show_notice(self, notice: ChartNotice) -> None:
        """Say why there are no candles; shown while there are none."""
        self.plot.notice.show_notice(notice)

    def show_older_edge(self, edge: OlderEdge) -> None:
        """Tell what lies before the oldest candle."""
        self.plot.older.show_edge(edge)

    def set_log(self, *, is_log: bool) -> None:
        """Make the price scale logarithmic, or even."""
        self.scales.set_log(is_log=is_log)
        self.repaint_changes()

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
        self.scales.update(self._data, self.viewport, self._panes, self._market, self._plan)
        has_moved = self.plot.show_scene(self._scene(self._timeframe))
        self.plot.show_newest(self._quiet_until, is_stale=self._is_stale)
        if has_moved:
            self.plot.show_price(self._last)
            self.plot.show_pointer(self._pointer)
            # Without a pointer the figures are the newest candle's, wherever one looks.
            place = self._panes, self._plan, self._market, self._timeframe
            if self._pointer is not None or place != self._readout_at:
                self._readout_at = place
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
        self._lay_out()

    @property
    def _is_stale(self) -> bool:
        return self._last is not None and self._last.is_stale

    def _layout_now(self) -> ChartLayout:
        return ChartLayout.of(
            self.width(),
            self.height(),
            len(self._plan.panes),
            has_volume=self._plan.has_volume,
        )

    def _lay_out(self) -> None:
        self._panes = self._layout_now()
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
            self._plan,
            self._data,
            self.viewport,
            self._panes,
            self.scales,
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
        is_stale = self._pointer is None and self._is_stale
        newest = max(data.last_slot, self._quiet_until or data.last_slot)
        return Readout(
            self._market,
            time,
            self._plan,
            data.at(slot),
            data.close_before(slot),
            is_stale,
            data.first_slot <= slot <= newest,
        )

    def _slot_under(self, pointer: QPoint) -> int:
        return math.floor(self.viewport.slot_at(pointer.x()))
