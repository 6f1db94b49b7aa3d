"""The screen of subscription metrics: can the live data be trusted, now and over the day."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QHBoxLayout, QVBoxLayout

from upbit_auto_trading.application.metrics_grades import Grade, Metric
from upbit_auto_trading.domain.failure import MarketDataError
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.presentation.i18n import _, language
from upbit_auto_trading.presentation.screens import metrics_tile_words as tile_words
from upbit_auto_trading.presentation.screens import metrics_trouble_words as trouble_words
from upbit_auto_trading.presentation.screens.fault_pane import FaultPane
from upbit_auto_trading.presentation.screens.log_screen import LogTarget
from upbit_auto_trading.presentation.screens.metrics_panels import MetricsPanels
from upbit_auto_trading.presentation.screens.metrics_plot_words import span_word
from upbit_auto_trading.presentation.screens.metrics_stream_list import MetricsStreamList
from upbit_auto_trading.presentation.screens.screen import Screen
from upbit_auto_trading.presentation.viewmodels.metrics_overview import (
    MetricsOverview,
    Shown,
    Span,
)
from upbit_auto_trading.presentation.widgets.metrics_head import MetricsHead
from upbit_auto_trading.presentation.widgets.metrics_tile import MetricsTile
from upbit_auto_trading.presentation.widgets.metrics_trouble import TroublePanel
from upbit_auto_trading.tasks import TaskOwner

if TYPE_CHECKING:
    from collections.abc import Callable

    from upbit_auto_trading.application.diagnostics import DiagnosticsService
    from upbit_auto_trading.application.metrics_reading import Readings, Trouble
    from upbit_auto_trading.application.services import Services
    from upbit_auto_trading.presentation.screens.screen import ScreenContext

_TRAINING, _EXPORT_JSON, _EXPORT_CSV = "training", "json", "csv"
_LEFT_SHARE, _RIGHT_SHARE = 7, 6


class MetricsScreen(Screen):
    """Shows the metrics service.

    `go_to` understands a market code, a `Metric`, a `Trouble`, `training` and `bundle`.
    """

    def __init__(self, context: ScreenContext) -> None:
        super().__init__()
        self._context = context
        self._theme = theme = context.theme
        self._names: dict[str, str] = {}
        self._services: Services | None = None
        self._overview: MetricsOverview | None = None
        self._tasks = TaskOwner("metrics-screen")
        self._chosen: Trouble | None = None
        self._turn = 0
        self._steps: list[Callable[[], None]] = []
        spans = [(span.value, span_word(span)) for span in Span]
        self.head = MetricsHead(theme, _("Subscriptions"), spans)
        self.head.add_action(_TRAINING, "flask-conical", _("Faults"))
        self.head.add_action(_EXPORT_JSON, "file-text", "JSON")
        self.head.add_action(_EXPORT_CSV, "table", "CSV")
        self.head.add_action(trouble_words.BUNDLE, "download", _("Save diagnostics"))
        self.trouble = TroublePanel(theme)
        self.faults = FaultPane(theme, time.monotonic, self)
        self.tiles = {metric: MetricsTile(theme) for metric in tile_words.TILES}
        self.list = MetricsStreamList(theme, self._name_of)
        self.panels = MetricsPanels(theme, self._name_of)
        self._assemble()
        self._connect()

    @property
    def frames_painted(self) -> int:
        return self.panels.frames_painted

    def attach(self, services: Services) -> None:
        self._services = services
        self._tasks = TaskOwner("metrics-screen")
        before = self._overview
        self._overview = MetricsOverview(services.metrics, self._name_of, self)
        if before is not None:
            self._overview.span, self._overview.shown = before.span, before.shown
            self._overview.query = before.query
        self._steps = self.panels.steps(self._overview)
        self._tasks.start(self._load_names(services), "names")
        self.faults.attach(services.training)
        self.head.show_action(_TRAINING, is_shown=self.faults.is_offered)
        self._show_everything()

    async def detach(self) -> None:
        self._services = None
        await self.faults.detach()
        await self._tasks.close()
        self._steps = []
        self.list.clear()
        self.trouble.show_look(None)

    def opened(self) -> None:
        self._show_everything()

    def refresh(self) -> None:
        """Bring one part up to date; all of them take a second, no turn more than a few ms."""
        overview = self._overview
        if overview is None or self._services is None:
            return
        self._turn = (self._turn + 1) % 5
        if self._turn in (0, 3):
            self._show_readings(overview)
        elif self._turn == 1:
            overview.read_streams()
        elif self._turn == 2:
            self._show_streams(overview)
        self.faults.refresh()
        steps = self._steps[self._turn * 2 : self._turn * 2 + 2]
        for step in steps:
            step()

    def set_compact(self, *, compact: bool) -> None:
        for tile in self.tiles.values():
            tile.set_compact(compact=compact)
        self.head.set_compact(compact=compact)
        self.list.set_compact(compact=compact)

    def go_to(self, target: Any) -> None:
        if target in (_TRAINING, trouble_words.BUNDLE):
            self._act(target)
            return
        if isinstance(target, str) and "-" in target:
            self.list.search(target)
            return
        readings = self._overview.readings if self._overview is not None else None
        if readings is None:
            return
        if isinstance(target, Metric):
            target = readings.by_metric[target].trouble
        self._chosen = target
        self._show_trouble(readings)

    def view_state(self) -> Any:
        overview = self._overview
        if overview is None:
            return None
        return overview.span, overview.shown, overview.query

    def restore_view(self, state: Any) -> None:
        if state is None:
            return
        span, shown, query = state
        self.head.choose_span(span.value)
        self._span_chosen(span.value)
        self.list.search(query, shown)

    def _show_everything(self) -> None:
        overview = self._overview
        if overview is None or self._services is None:
            return
        self._show_readings(overview)
        overview.read_streams()
        self._show_streams(overview)
        for step in self._steps:
            step()

    def _show_readings(self, overview: MetricsOverview) -> None:
        readings = overview.judge()
        if readings is None:
            return
        self.head.show_counts(
            [
                (state, word, readings.count(grade))
                for grade, state, word in (
                    (Grade.GOOD, "good", _("good")),
                    (Grade.WARN, "warn", _("watch")),
                    (Grade.BAD, "bad", _("bad")),
                )
            ]
        )
        history = overview.service.history
        for metric, tile in self.tiles.items():
            name = tile_words.SPARKS.get(metric)
            spark = history.minute_series(name, readings.sample.at) if name else ()
            tile.show_look(tile_words.tile(metric, readings, self._name_of, spark))
        self._show_trouble(readings)
        self.panels.show_readings(overview, readings)
        self.list.show_bottom(overview, readings.sample)

    def _show_trouble(self, readings: Readings) -> None:
        """Show the trouble the user chose while it lasts, else the gravest bad one."""
        assert self._overview is not None  # noqa: S101 -- readings come from it
        troubles = {trouble: grade for trouble, _metric, grade in readings.troubles}
        worst = next(iter(troubles), None)
        if self._chosen not in troubles:
            self._chosen = None
        shown = self._chosen
        if shown is None and worst is not None and troubles[worst] is Grade.BAD:
            shown = worst
        sample = readings.sample
        self.head.show_summary("" if shown is not None else trouble_words.summary(worst, sample))
        if shown is None:
            self.trouble.show_look(None)
            return
        since = self._overview.since(shown)
        self.trouble.show_look(trouble_words.look(shown, troubles[shown], sample, since))

    def _show_streams(self, overview: MetricsOverview) -> None:
        self.list.show_streams(overview)
        self.live_frame_painted.emit()

    async def _load_names(self, services: Services) -> None:
        try:
            listed = await services.market_data.markets()
        except MarketDataError:
            return  # codes are shown until the list can be had
        is_korean = language() == "ko"
        self._names = {
            info.market: info.korean_name if is_korean else info.english_name
            for info in listed.values
        }
        self._show_everything()

    def _name_of(self, market: str) -> str:
        return self._names.get(market, market)

    def _span_chosen(self, value: str) -> None:
        if self._overview is not None:
            self._overview.span = Span(value)
            for step in self._steps:
                step()

    def _filter_changed(self, query: str, shown: Shown) -> None:
        if self._overview is not None:
            self._overview.query, self._overview.shown = query, shown
            self.list.show_streams(self._overview)

    def _tile_pressed(self, metric: Metric) -> None:
        self.go_to(metric)

    def _stream_opened(self, key: object) -> None:
        if isinstance(key, Stream):
            self._context.navigation.market_asked.emit(key.market)

    def _act(self, action: str) -> None:
        services = self._services
        if services is None:
            return
        if action == trouble_words.ASK_AGAIN:
            services.feed.ask_again()
            self.told.emit(_("The whole subscription was asked for again."))
        elif action == trouble_words.RENEW:
            services.feed.renew_connection()
            self.told.emit(_("The connection is being renewed."))
        elif action == trouble_words.LOG:
            self._context.navigation.screen_asked.emit("log", self._log_target())
        elif action == _TRAINING:
            self.faults.toggle()
        elif services.diagnostics is not None:
            self._tasks.start(self._save(services.diagnostics, action), f"save {action}")

    async def _save(self, diagnostics: DiagnosticsService, action: str) -> None:
        now = datetime.fromtimestamp(self._context.wall_clock(), UTC)
        work = {
            trouble_words.BUNDLE: diagnostics.save_bundle,
            _EXPORT_JSON: diagnostics.export_json,
            _EXPORT_CSV: diagnostics.export_csv,
        }[action]
        try:
            path = await work(now)
        except OSError as error:
            self.told.emit(_("It couldn't be saved: {why}").format(why=error.strerror or error))
            return
        self.told.emit(_("Saved as {path}. It holds no keys.").format(path=path))

    def _log_target(self) -> LogTarget:
        """The log lines behind the trouble shown."""
        readings = self._overview.readings if self._overview is not None else None
        shown = self.trouble.isVisible() and readings is not None and bool(readings.troubles)
        if not shown or readings is None:
            return LogTarget()
        trouble = self._chosen or readings.troubles[0][0]
        return LogTarget(words=trouble_words.log_words(trouble))

    def _connect(self) -> None:
        self.head.span_chosen.connect(self._span_chosen)
        self.head.action_chosen.connect(self._act)
        self.faults.told.connect(self.told)
        self.trouble.action_chosen.connect(self._act)
        self.list.stream_opened.connect(self._stream_opened)
        self.list.filter_changed.connect(self._filter_changed)
        for metric, tile in self.tiles.items():
            tile.clicked.connect(lambda _checked, metric=metric: self._tile_pressed(metric))

    def _assemble(self) -> None:
        tiles = QHBoxLayout()
        tiles.setSpacing(4)
        for tile in self.tiles.values():
            tiles.addWidget(tile, 1)
        below = QHBoxLayout()
        below.setSpacing(4)
        below.addWidget(self.list, _LEFT_SHARE)
        below.addWidget(self.panels, _RIGHT_SHARE)
        figures = QVBoxLayout()
        figures.setSpacing(4)
        figures.addWidget(self.trouble)
        figures.addLayout(tiles)
        figures.addLayout(below, 1)
        # A trouble that comes moves the figures, not the buttons of the drawer.
        beside = QHBoxLayout()
        beside.setSpacing(4)
        beside.addLayout(figures, 1)
        beside.addWidget(self.faults.drawer)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 4)
        column.setSpacing(4)
        column.addWidget(self.head)
        column.addLayout(beside, 1)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
