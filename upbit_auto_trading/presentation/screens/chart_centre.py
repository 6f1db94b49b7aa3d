"""The chart with its header and its bar: what the user asks of it, and what is kept of that."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QRect, Qt, pyqtSignal
from PyQt6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from upbit_auto_trading.application.candles import ChartState
from upbit_auto_trading.application.connection import EndpointKind
from upbit_auto_trading.domain.chart_choices import ChartChoices
from upbit_auto_trading.domain.settings import MOST_DRAWINGS
from upbit_auto_trading.domain.timeframe import TIMEFRAMES as ALL_TIMEFRAMES
from upbit_auto_trading.presentation.formatting import KST
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens import (
    chart_mark_words,
    chart_trading_words,
    chart_words,
    provenance_words,
)
from upbit_auto_trading.presentation.screens.chart_indicators import ChartIndicators
from upbit_auto_trading.presentation.widgets.chart_toolbar import ChartToolbar
from upbit_auto_trading.presentation.widgets.chart_tools import ChartTool
from upbit_auto_trading.presentation.widgets.chart_view import ChartView
from upbit_auto_trading.presentation.widgets.file_dialog import FileDialog
from upbit_auto_trading.presentation.widgets.market_header import MarketHeader

if TYPE_CHECKING:
    from upbit_auto_trading.domain.chart_drawing import Drawing
    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.viewmodels.chart import ChartViewModel
    from upbit_auto_trading.presentation.viewmodels.chart_trading import ChartTradingViewModel
    from upbit_auto_trading.presentation.viewmodels.settings import SettingsViewModel
    from upbit_auto_trading.presentation.widgets.chart_levels import ChartLevel

TIMEFRAMES: Final = tuple(ALL_TIMEFRAMES)


class ChartCentre(QWidget):
    """Header, bar and chart of one market.

    `timeframe_chosen` asks for another candle length, `told` says what was done or why not.
    """

    timeframe_chosen = pyqtSignal(str)
    told = pyqtSignal(str)

    def __init__(
        self, theme: Theme, settings: SettingsViewModel | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._model: ChartViewModel | None = None
        self._kind = EndpointKind.UPBIT
        self._market = ""
        self._sought_ms: int | None = None
        self._taken_up: ChartChoices | None = None
        self._trading: ChartTradingViewModel | None = None
        self.header = MarketHeader(theme)
        self.toolbar = ChartToolbar(theme, TIMEFRAMES)
        self.chart = ChartView(theme)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(self.toolbar)
        column.addWidget(self.chart, 1)
        self.indicators = ChartIndicators(theme, self)
        self._connect()
        self.follow_settings()
        self._compose()

    @property
    def choices(self) -> ChartChoices:
        """How the user wants charts."""
        return ChartChoices() if self._settings is None else self._settings.settings.chart

    def attach(self, model: ChartViewModel, kind: EndpointKind) -> None:
        """Show a view-model's data of that kind of exchange."""
        self._model, self._kind = model, kind
        self._compose()

    def detach(self) -> None:
        """Show nothing."""
        self._model = None
        self._sought_ms = None
        self.attach_trading(None)
        self.chart.clear()

    def show_market(self, market: str, timeframe: str) -> None:
        """Take up what the user drew on a market; mark the timeframe."""
        self.toolbar.show_timeframe(timeframe)
        if self._trading is not None:
            self._trading.show_market(market)
        if market != self._market:
            self._market = market
            self._sought_ms = None
            self.chart.use_tool(ChartTool.NONE)
            self.chart.clear_moment()
        self._show_drawings()

    def show_moment(self, moment_ms: int) -> None:
        """Bring the candle of a moment to the middle, loading history until it is there."""
        self._sought_ms = moment_ms
        self._seek()

    def attach_trading(self, trading: ChartTradingViewModel | None) -> None:
        """Draw what a paper account does in the market shown, or nothing."""
        self._trading = trading
        if trading is not None:
            trading.changed.connect(self._show_markers)
        self._show_markers()

    def show_data(self) -> None:
        """Show what became of the view-model's data."""
        model = self._model
        if model is None:
            return
        if model.series is not None:
            self.chart.show_series(model.series, model.lines.values, model.lines.revision)
            self.chart.show_older_edge(chart_words.older_edge(model))
        if self._sought_ms is not None:
            self._seek()

    def refresh(self) -> None:
        """Bring everything that depends on the time up to date."""
        model = self._model
        if model is None:
            return
        status = model.status
        if status.state is ChartState.LIVE:
            self.chart.show_now(model.now_ms)
        last = chart_words.last_price(model, status)
        self.chart.show_last_price(last, is_live=model.is_trustworthy and model.ticker is not None)
        live = chart_mark_words.live_levels(
            model, self.indicators.indicators, self.indicators.kinds
        )
        traded: tuple[ChartLevel, ...] = ()
        if self._trading is not None:
            shown = [one.kind for one in self.indicators.indicators if not one.is_hidden]
            traded = chart_trading_words.levels(
                self._trading,
                has_marks=self.choices.shows_markers,
                has_peaks="peak" in shown,
            )
        self.chart.show_levels((*traded, *live))
        self.chart.show_gaps(chart_mark_words.gaps(model))
        self._show_provenance(model)

    def follow_settings(self) -> None:
        """Take up what the settings say of charts."""
        choices = self.choices
        self._show_drawings()
        if choices == self._taken_up:
            return
        self._taken_up = choices
        self.indicators.use(choices.indicators, has_volume=choices.has_volume)
        self._compose()
        self.chart.set_log(is_log=choices.is_log)
        self.toolbar.show_scale(is_log=choices.is_log, fits=self.chart.scales.fits)
        self.toolbar.show_markers(shown=choices.shows_markers)
        self._show_markers()

    def act(self, action: str) -> None:
        """Do what the command palette names."""
        {
            "indicators": self._open_picker,
            "horizontal": lambda: self.chart.use_tool(ChartTool.HORIZONTAL),
            "trend": lambda: self.chart.use_tool(ChartTool.TREND),
            "log": self.toolbar.log.click,
            "fit": self.chart.fit_prices,
            "copy": self.copy_picture,
            "save": self.save_picture,
        }[action]()

    def copy_picture(self) -> None:
        """Put a picture of the chart into the clipboard."""
        clipboard = QGuiApplication.clipboard()
        if clipboard is not None:
            clipboard.setPixmap(self.grab())
            self.told.emit(_("The picture of the chart is in the clipboard."))

    def save_picture(self) -> None:
        """Ask where to, then save a picture of the chart."""
        moment = datetime.now(UTC).astimezone(KST)
        name = f"{self._market}-{moment:%Y%m%d-%H%M%S}.png"
        picture = self.grab()

        def save(path: str) -> None:
            if picture.save(path, "PNG"):
                self.told.emit(_("Saved: {path}").format(path=path))
            else:
                self.told.emit(_("{path} can't be written.").format(path=path))

        dialog = FileDialog(self, _("Save the picture of the chart"), name)
        dialog.chosen.connect(save)
        dialog.open()

    def _compose(self) -> None:
        composed = self.indicators.composed()
        self.chart.show_plan(composed.plan)
        self.toolbar.show_indicator_count(self.indicators.count)
        model = self._model
        if model is None:
            return
        model.lines.show(composed.readings)
        if model.series is not None:
            model.lines.update(model.series)
            self.chart.show_series(model.series, model.lines.values, model.lines.revision)

    def _show_provenance(self, model: ChartViewModel) -> None:
        newest = history = ""
        if model.ticker is not None:
            newest = provenance_words.of_value(self._kind, model.ticker, model.status.age_s)
        if model.history_way is not None:
            history = provenance_words.of_history(self._kind, *model.history_way)
        self.chart.show_provenance(newest, history)

    def _seek(self) -> None:
        """Come nearer to the moment that is looked for."""
        moment, model = self._sought_ms, self._model
        if moment is None or model is None or model.series is None or not len(model.series):
            return
        is_there = self.chart.show_moment(moment)
        if is_there or model.reached_start or model.older_failed:
            self._sought_ms = None
        else:
            model.load_older()

    def _keep(self, **changes: object) -> None:
        if self._settings is not None:
            self._settings.change(chart=replace(self.choices, **changes))  # type: ignore[arg-type]

    def _indicators_changed(self) -> None:
        self._compose()
        self._keep(indicators=self.indicators.indicators, has_volume=self.indicators.has_volume)

    def _drawings_changed(self, drawings: tuple[Drawing, ...]) -> None:
        if self._settings is None:
            return
        others = [one for one in self._settings.settings.drawings if one.market != self._market]
        kept = (*others, *drawings)
        if len(kept) > MOST_DRAWINGS:
            self.told.emit(
                _("There is room for {n} lines on all charts. The oldest one went.").format(
                    n=MOST_DRAWINGS
                )
            )
            kept = kept[len(kept) - MOST_DRAWINGS :]
        self._settings.change(drawings=kept)

    def _star(self) -> None:
        if self._settings is not None and self._market:
            self._settings.toggle_favourite(self._market)

    def _show_drawings(self) -> None:
        if self._settings is not None:
            drawings = self._settings.settings.drawings
            self.chart.show_drawings([one for one in drawings if one.market == self._market])

    def _log_toggled(self, is_log: bool) -> None:
        self.chart.set_log(is_log=is_log)
        self._keep(is_log=is_log)
        self._show_scale()

    def _markers_toggled(self, is_on: bool) -> None:
        self._keep(shows_markers=is_on)
        self._show_markers()

    def _show_markers(self) -> None:
        trading = self._trading if self.choices.shows_markers else None
        self.chart.show_markers(() if trading is None else chart_trading_words.markers(trading))

    def _fit_toggled(self, fits: bool) -> None:
        scale = self.chart.scales.price
        if fits:
            self.chart.fit_prices()
        else:
            self.chart.hold_prices(scale.low, scale.high)
        self._show_scale()

    def _show_scale(self) -> None:
        scales = self.chart.scales
        self.toolbar.show_scale(is_log=scales.is_log, fits=scales.fits)

    def _open_picker(self) -> None:
        place = self.toolbar.place_of_indicators()
        self.indicators.open_picker(place.translated(self.toolbar.pos()))

    def _line_chosen(self, owner: str, label: QRect) -> None:
        self.indicators.open_popover(owner, label.translated(self.chart.pos()))

    def _connect(self) -> None:
        bar, chart = self.toolbar, self.chart
        self.header.favourite_toggled.connect(self._star)
        bar.timeframe_chosen.connect(self.timeframe_chosen)
        bar.indicators_pressed.connect(self._open_picker)
        bar.tool_chosen.connect(lambda tool: chart.use_tool(ChartTool(tool)))
        bar.markers_toggled.connect(self._markers_toggled)
        bar.log_toggled.connect(self._log_toggled)
        bar.fit_toggled.connect(self._fit_toggled)
        bar.copy_pressed.connect(self.copy_picture)
        bar.save_pressed.connect(self.save_picture)
        chart.tool_changed.connect(bar.show_tool)
        chart.scale_changed.connect(self._show_scale)
        chart.drawings_changed.connect(self._drawings_changed)
        chart.line_chosen.connect(self._line_chosen)
        chart.older_wanted.connect(self._older_wanted)
        self.indicators.changed.connect(self._indicators_changed)
        self.indicators.told.connect(self.told)
        self.indicators.picker.closed.connect(self._focus_chart)
        self.indicators.popover.closed.connect(self._focus_chart)
        for keys, doing in (
            ("Alt+H", lambda: chart.use_tool(ChartTool.HORIZONTAL)),
            ("Alt+T", lambda: chart.use_tool(ChartTool.TREND)),
            ("Alt+I", self._open_picker),
            ("Ctrl+Shift+C", self.copy_picture),
        ):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WindowShortcut)
            shortcut.activated.connect(doing)

    def _focus_chart(self) -> None:
        self.chart.setFocus(Qt.FocusReason.PopupFocusReason)

    def _older_wanted(self) -> None:
        if self._model is not None:
            self._model.load_older()
