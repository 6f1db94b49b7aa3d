"""The right side of the metrics screen: plots, heat map, budgets, the day; one part at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFrame, QGridLayout, QScrollArea, QWidget

from upbit_auto_trading.application.metrics_grades import Metric
from upbit_auto_trading.application.metrics_history import DAY, percentile
from upbit_auto_trading.domain.subscription import SwapKind
from upbit_auto_trading.presentation import formatting, wording
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens import metrics_panel_words as panel_words
from upbit_auto_trading.presentation.screens import metrics_plot_words as plot_words
from upbit_auto_trading.presentation.screens import metrics_words as words
from upbit_auto_trading.presentation.widgets.gauge import GaugeGrid
from upbit_auto_trading.presentation.widgets.heat_map import HeatMap
from upbit_auto_trading.presentation.widgets.metrics_causes import CauseBars
from upbit_auto_trading.presentation.widgets.metrics_pane import MetricsPane
from upbit_auto_trading.presentation.widgets.metrics_plot import MetricsPlot
from upbit_auto_trading.presentation.widgets.timeline_strip import TimelineStrips

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PyQt6.QtGui import QResizeEvent

    from upbit_auto_trading.application.metrics_reading import Readings
    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.viewmodels.metrics_overview import MetricsOverview

_PLOT_HEIGHT: Final = 158
_BARS_HEIGHT: Final = 160
_PAIR_WIDTH: Final = 460
"""Below it two plots beside each other would have no room for their heads."""
_P50_P99: Final = (("entry", "p50"), ("acc", "p99"))


class MetricsPanels(QScrollArea):
    """Shows what a view-model reads. `steps` are its parts, to be brought up to date in turn.

    It is empty until every one of `parts` was called, in their order: built in one turn of the
    loop, its plots would hold up everything else.
    """

    def __init__(self, theme: Theme, name_of: Callable[[str], str]) -> None:
        super().__init__()
        self._theme = theme
        self._name_of = name_of
        self.setObjectName("scroll")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(_("Charts and limits"))
        self._plots: list[MetricsPlot] = []
        self._rows = 0
        self._pairs: list[tuple[QWidget, QWidget | None]] = []
        self._is_narrow = False
        inside = QWidget()
        self._grid = grid = QGridLayout(inside)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(4)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        self.setWidget(inside)

    @property
    def frames_painted(self) -> int:
        """How often plots were painted."""
        return sum(plot.frames_painted for plot in self._plots)

    @property
    def parts(self) -> tuple[Callable[[], None], ...]:
        """What builds it, from the top, a row with each call."""
        return (
            self._build_swaps,
            self._build_delays,
            self._build_freshness,
            self._build_limits,
            self._build_day,
            self._build_program,
            self._build_breaks,
            self._build_answers,
        )

    def show_readings(self, overview: MetricsOverview, readings: Readings) -> None:
        """Show the grades and the small figures in the heads."""
        for pane, metric in (
            (self._histogram[0], Metric.SWAP),
            (self._swaps[0], Metric.SWAP),
            (self._exchange[0], Metric.EXCHANGE_DELAY),
            (self._screen[0], Metric.SCREEN_DELAY),
            (self._loop[0], Metric.LOOP_LAG),
            (self._process[0], Metric.MEMORY),
            (self._caches[0], Metric.WEBSOCKET_SHARE),
            (self._heat_pane, Metric.FRESHNESS),
            (self._day_pane, Metric.SUCCESS),
        ):
            grade = readings.by_metric[metric].grade
            pane.show_state(words.STATES[grade], words.grade_word(grade))
        for pane, pair in (
            (self._breaks[0], (Metric.RECONNECTS, Metric.GAPS)),
            (self._budget_pane, (Metric.REST_BUDGET, Metric.MESSAGE_BUDGET)),
        ):
            worst = max(readings.by_metric[metric].grade for metric in pair)
            pane.show_state(words.STATES[worst], words.grade_word(worst))
        sample = readings.sample
        self._gauges.show_looks(panel_words.budgets(sample))
        self._loop[0].show_note(words.milliseconds(readings.by_metric[Metric.LOOP_LAG].values[0]))
        self._show_process(overview)

    def steps(self, overview: MetricsOverview) -> list[Callable[[], None]]:
        """The plots and panels, each to be drawn anew by one call."""
        return [
            lambda: self._show_swaps(overview),
            lambda: self._exchange[1].show_look(plot_words.exchange_delay(overview)),
            lambda: self._screen[1].show_look(plot_words.screen_delay(overview)),
            lambda: self._loop[1].show_look(plot_words.loop_lag(overview)),
            lambda: self._show_day(overview),
            lambda: self._caches[1].show_look(plot_words.caches(overview)),
            lambda: self._breaks[1].show_look(plot_words.reconnects_and_gaps(overview)),
            lambda: self._process[1].show_look(plot_words.process(overview)),
            lambda: self._show_counts(overview),
            lambda: self._show_heat(overview),
        ]

    def _show_swaps(self, overview: MetricsOverview) -> None:
        rtt = None if overview.readings is None else overview.readings.sample.rtt_ms
        records = overview.service.swaps_since(overview.now - max(600.0, overview.span_s))
        self._histogram[1].show_look(plot_words.swap_histogram(records, rtt))
        self._histogram[0].show_note(plot_words.swap_note(records))
        self._swaps[1].show_look(plot_words.swap_times(overview, rtt))

    def _show_heat(self, overview: MetricsOverview) -> None:
        count = self.heat.columns_that_fit
        self.heat.show_look(panel_words.heat(overview.streams, count, self._name_of))

    def _show_day(self, overview: MetricsOverview) -> None:
        if overview.readings is not None:
            day = overview.service.history.bands[DAY]
            self._strips.show_strips(panel_words.strips(day, overview.readings))
            self._day_pane.show_note(panel_words.day_note(overview.readings))

    def _show_process(self, overview: MetricsOverview) -> None:
        newest = overview.service.newest
        process = None if newest is None else newest.process
        if process is None:
            return
        memory = process.resident_mb
        self._process[0].show_detail(
            _("{mb} MB · threads {threads} · sockets {sockets}").format(
                mb=formatting.NOTHING if memory is None else f"{memory:,.0f}",
                threads=process.threads,
                sockets=formatting.NOTHING if process.sockets is None else process.sockets,
            )
        )

    def _show_counts(self, overview: MetricsOverview) -> None:
        if overview.readings is None:
            return
        sample = overview.readings.sample
        self._decisions.show_causes(panel_words.decisions(sample.decisions))
        self._degradations.show_causes(panel_words.degradations(sample.degradations))
        self._degradation_pane.show_note(
            _("acted on within {ms} (p99)").format(
                ms=words.milliseconds(percentile(sample.reaction_ms, 0.99))
            )
            if sample.reaction_ms
            else ""
        )

    def _plot(
        self,
        title: str,
        detail: str = "",
        *,
        legend: Sequence[tuple[str, str]] = (),
        is_filled: bool = False,
    ) -> tuple[MetricsPane, MetricsPlot]:
        pane = MetricsPane(
            self._theme,
            title,
            detail,
            legend=legend,
            is_filled=is_filled,
        )
        plot = MetricsPlot(self._theme, title)
        plot.setFixedHeight(_PLOT_HEIGHT)
        self._plots.append(plot)
        pane.body.addWidget(plot)
        return pane, plot

    def _bars(self, title: str, icon: str, bars: CauseBars) -> MetricsPane:
        pane = MetricsPane(self._theme, title, _("since the start"), icon=icon)
        bars.setFixedHeight(_BARS_HEIGHT)
        pane.body.addWidget(bars)
        return pane

    def _put(self, left: QWidget, right: QWidget | None = None) -> None:
        """Add a row of one or two panes at the bottom."""
        self._pairs.append((left, right))
        self._lay_out(left, right)

    def _lay_out(self, left: QWidget, right: QWidget | None) -> None:
        grid, row = self._grid, self._rows
        if right is None:
            grid.addWidget(left, row, 0, 1, 2)
        elif self._is_narrow:
            grid.addWidget(left, row, 0, 1, 2)
            row += 1
            grid.addWidget(right, row, 0, 1, 2)
        else:
            grid.addWidget(left, row, 0)
            grid.addWidget(right, row, 1)
        grid.setRowStretch(self._rows, 0)
        grid.setRowStretch(row, 0)
        grid.setRowStretch(row + 1, 1)
        self._rows = row + 1

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 -- Qt's name
        super().resizeEvent(event)
        is_narrow = self.width() < _PAIR_WIDTH
        if is_narrow == self._is_narrow:
            return
        self._is_narrow, self._rows = is_narrow, 0
        for pair in self._pairs:
            for pane in pair:
                if pane is not None:
                    self._grid.removeWidget(pane)
            self._lay_out(*pair)

    def _build_swaps(self) -> None:
        kinds = [(ink, _kind_word(kind)) for kind, ink in plot_words.KIND_INKS.items()]
        self._histogram = self._plot(_("Swap durations"), _("ms"))
        self._swaps = self._plot(_("Swaps"), _("ms"), legend=kinds, is_filled=True)
        self._put(self._histogram[0], self._swaps[0])

    def _build_delays(self) -> None:
        self._exchange = self._plot(_("Exchange → app"), _("ms"), legend=_P50_P99)
        self._loop = self._plot(_("Loop lag"), _("ms · p99"))
        self._put(self._exchange[0], self._loop[0])

    def _build_freshness(self) -> None:
        self.heat = HeatMap(self._theme, _("Freshness by market and kind"))
        self._heat_pane = MetricsPane(self._theme, _("Freshness"), _("seconds since received"))
        self._heat_pane.body.addWidget(self.heat)
        self._heat_pane.show_note(_("! beyond the limit · quiet = confirmed over REST"), "text-3")
        self._put(self._heat_pane)

    def _build_limits(self) -> None:
        self._gauges = GaugeGrid(self._theme, _("The exchange's limits"))
        self._budget_pane = MetricsPane(self._theme, _("Limits"), _("of what Upbit allows"))
        self._budget_pane.body.addWidget(self._gauges)
        self._budget_pane.show_note(_("marks at 60 and 90 %"), "text-3")
        self._put(self._budget_pane)

    def _build_day(self) -> None:
        self._strips = TimelineStrips(self._theme, _("The last 24 hours"))
        self._day_pane = MetricsPane(self._theme, _("24 hours"), _("a box for ten minutes"))
        self._day_pane.body.addWidget(self._strips)
        self._put(self._day_pane)

    def _build_program(self) -> None:
        self._screen = self._plot(_("App → screen"), _("ms"), legend=_P50_P99)
        self._process = self._plot(
            _("Program"), legend=(("acc", _("Processor")), ("entry", _("Memory")))
        )
        self._put(self._screen[0], self._process[0])

    def _build_breaks(self) -> None:
        self._breaks = self._plot(
            _("Reconnects and gaps"),
            legend=(("warn", _("Break")), ("good", _("Filled")), ("bad", _("Unfillable"))),
            is_filled=True,
        )
        self._degradations = CauseBars(self._theme, _("What went wrong and was acted on"))
        self._degradation_pane = self._bars(_("Mended"), "shield-check", self._degradations)
        self._put(self._breaks[0], self._degradation_pane)

    def _build_answers(self) -> None:
        levels = [(ink, plot_words.cache_word(level)) for level, ink in plot_words.CACHE_INKS]
        self._caches = self._plot(_("Answers by source"), legend=levels, is_filled=True)
        self._put(self._caches[0])
        self._decisions = CauseBars(self._theme, _("Ways that requests took"))
        self._decision_pane = self._bars(_("Ways taken"), "git-branch", self._decisions)
        self._put(self._decision_pane)


def _kind_word(kind: SwapKind) -> str:
    return {
        SwapKind.SMART: _("smart"),
        SwapKind.FULL: _("full"),
        SwapKind.RECONNECT: _("reconnect"),
    }.get(kind, wording.swap(kind.value))
