"""The screen of subscription metrics: can the live data be trusted, now and over the day."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from upbit_auto_trading.application.market_names import market_list
from upbit_auto_trading.application.metrics_grades import Grade, Metric
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.presentation.i18n import _, language
from upbit_auto_trading.presentation.portions import Portions
from upbit_auto_trading.presentation.screens import metrics_tile_words as tile_words
from upbit_auto_trading.presentation.screens import metrics_trouble_words as trouble_words
from upbit_auto_trading.presentation.screens.fault_pane import FaultPane
from upbit_auto_trading.presentation.screens.metrics_plot_words import span_word
from upbit_auto_trading.presentation.screens.metrics_stream_list import MetricsStreamList
from upbit_auto_trading.presentation.screens.metrics_troubles import MetricsTroubles
from upbit_auto_trading.presentation.screens.screen import Screen
from upbit_auto_trading.presentation.viewmodels.metrics_overview import (
    MetricsOverview,
    Shown,
    Span,
)
from upbit_auto_trading.presentation.widgets.metrics_head import MetricsHead
from upbit_auto_trading.presentation.widgets.metrics_tile import MetricsTile
from upbit_auto_trading.presentation.widgets.metrics_tile_row import MetricsTileRow
from upbit_auto_trading.tasks import TaskOwner

if TYPE_CHECKING:
    from collections.abc import Callable

    from upbit_auto_trading.application.diagnostics import DiagnosticsService
    from upbit_auto_trading.application.services import Services
    from upbit_auto_trading.presentation.screens.metrics_panels import MetricsPanels
    from upbit_auto_trading.presentation.screens.screen import ScreenContext

_TRAINING, _EXPORT_JSON, _EXPORT_CSV = "training", "json", "csv"
_LEFT_SHARE, _RIGHT_SHARE = 7, 6
_APART_MS: Final = 20
"""What is brought up to date in a fifth of a second comes in pieces that far apart."""


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
        self._turn = 0
        self._steps: list[Callable[[], None]] = []
        self._building, self.portions = Portions(_APART_MS, self), Portions(_APART_MS, self)
        spans = [(span.value, span_word(span)) for span in Span]
        self.head = MetricsHead(theme, _("Subscriptions"), spans)
        self.head.add_action(_TRAINING, "flask-conical", _("Faults"))
        self.head.add_action(_EXPORT_JSON, "file-text", "JSON")
        self.head.add_action(_EXPORT_CSV, "table", "CSV")
        self.head.add_action(trouble_words.BUNDLE, "download", _("Save diagnostics"))
        self._troubles = MetricsTroubles(theme, self.head)
        self.trouble = self._troubles.panel
        self.faults = FaultPane(theme, time.monotonic, self)
        self.tiles = {metric: MetricsTile(theme) for metric in tile_words.TILES}
        self.list = MetricsStreamList(theme, self._name_of)
        self.panels: MetricsPanels | None = None
        self._right = QVBoxLayout()
        self._assemble()
        self._connect()
        self._building.put((_import_panels, self._add_panels))

    @property
    def frames_painted(self) -> int:
        return 0 if self.panels is None else self.panels.frames_painted

    def attach(self, services: Services) -> None:
        self._services = services
        self._tasks = TaskOwner("metrics-screen")
        before = self._overview
        self._overview = MetricsOverview(services.metrics, self._name_of, self)
        self._troubles.trading = services.trading
        if before is not None:
            self._overview.span, self._overview.shown = before.span, before.shown
            self._overview.query = before.query
        self._steps = []
        self.portions.clear()
        self._tasks.start(self._load_names(services), "names")
        self.faults.attach(services.training)
        self.head.show_action(_TRAINING, is_shown=self.faults.is_offered)
        if self.isVisible():
            self._show_everything()

    async def detach(self) -> None:
        self._services = None
        self.portions.clear()
        await self.faults.detach()
        await self._tasks.close()
        self._steps = []
        self.list.clear()
        self._troubles.hide()

    def opened(self) -> None:
        self._show_everything()

    def refresh(self) -> None:
        """Bring a fifth of everything up to date, in portions of a few ms until the next call."""
        overview = self._overview
        if overview is None or self._services is None:
            return
        self.portions.finish()
        self._turn = (self._turn + 1) % 5
        pieces: list[Callable[[], None]] = [self.faults.refresh]
        if self._turn in (0, 3):
            pieces += self._readings_pieces(overview)
        elif self._turn == 1:
            pieces += [overview.read_streams, overview.view_streams]
        elif self._turn == 2:
            pieces.append(partial(self._show_streams, overview, self.portions))
        if self._shown_panels is not None:
            pieces += self._steps_of(overview)[self._turn * 2 : self._turn * 2 + 2]
        self.portions.put(pieces)

    def finish(self) -> None:
        """Build and show now what would come in the next turns of the loop."""
        self._building.finish()
        self.portions.finish()

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
        overview = self._overview
        readings = None if overview is None else overview.readings
        if overview is None or readings is None:
            return
        if isinstance(target, Metric):
            target = readings.by_metric[target].trouble
        self._troubles.choose(target)
        self._troubles.show(overview, readings)

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
        self.portions.clear()
        judge, *readings = self._readings_pieces(overview)
        # Who opens the screen for one metric asks for its trouble at once.
        judge()
        streams = (
            overview.read_streams,
            overview.view_streams,
            partial(self._show_streams, overview),
        )
        self.portions.put((*readings, *streams, *self._steps_of(overview)))

    @property
    def _shown_panels(self) -> MetricsPanels | None:
        """The panels once they are whole."""
        return None if self._building else self.panels

    def _steps_of(self, overview: MetricsOverview) -> list[Callable[[], None]]:
        """What brings the panels up to date, none before they are whole."""
        panels = self._shown_panels
        if panels is not None and not self._steps:
            self._steps = panels.steps(overview)
        return self._steps

    def _add_panels(self) -> None:
        """Add the panels, which the next turns of the loop fill with plots."""
        from upbit_auto_trading.presentation.screens.metrics_panels import (  # noqa: PLC0415 -- see `_import_panels`
            MetricsPanels,
        )

        self.panels = MetricsPanels(self._theme, self._name_of)
        self._right.addWidget(self.panels)
        self._building.put((*self.panels.parts, self._show_built))

    def _show_built(self) -> None:
        """Fill the panels that have just been built."""
        if self._overview is not None and self._services is not None:
            self._show_details(self._overview)
            self.portions.put(self._steps_of(self._overview))

    def _readings_pieces(self, overview: MetricsOverview) -> list[Callable[[], None]]:
        """Judge everything, and show it."""
        return [
            overview.judge,
            partial(self._show_tiles, overview),
            partial(self._show_details, overview),
        ]

    def _show_tiles(self, overview: MetricsOverview) -> None:
        readings = overview.readings
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
        self._troubles.show(overview, readings)

    def _show_details(self, overview: MetricsOverview) -> None:
        readings = overview.readings
        if readings is None:
            return
        if self._shown_panels is not None:
            self._shown_panels.show_readings(overview, readings)
        self.list.show_bottom(overview, readings.sample)

    def _show_streams(self, overview: MetricsOverview, portions: Portions | None = None) -> None:
        self.list.show_streams(overview, portions)
        self.live_frame_painted.emit()

    async def _load_names(self, services: Services) -> None:
        listed = await market_list(services.market_data)  # codes are shown until it can be had
        is_korean = language() == "ko"
        self._names = {
            info.market: info.korean_name if is_korean else info.english_name for info in listed
        }
        if self.isVisible():
            self._show_everything()

    def _name_of(self, market: str) -> str:
        return self._names.get(market, market)

    def _span_chosen(self, value: str) -> None:
        if self._overview is not None:
            self._overview.span = Span(value)
            for step in self._steps_of(self._overview):
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
            self._context.navigation.screen_asked.emit("log", self._troubles.log_target())
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
        below = QHBoxLayout()
        below.setSpacing(4)
        below.addWidget(self.list, _LEFT_SHARE)
        right = QWidget()
        right.setLayout(self._right)
        self._right.setContentsMargins(0, 0, 0, 0)
        below.addWidget(right, _RIGHT_SHARE)
        figures = QVBoxLayout()
        figures.setSpacing(4)
        figures.addWidget(self.trouble)
        figures.addWidget(MetricsTileRow(self.tiles.values()))
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


def _import_panels() -> None:
    """Import the panels in a turn of its own: with the plots they are half of the screen."""
    import_module(f"{__package__}.metrics_panels")
