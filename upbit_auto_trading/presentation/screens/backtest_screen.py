"""The backtest screen: what is asked, then what came of it, or what to do where nothing did."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PyQt6.QtWidgets import QStackedWidget, QVBoxLayout

from upbit_auto_trading.application.backtest_service import BacktestService
from upbit_auto_trading.application.strategies import template_of
from upbit_auto_trading.application.sweep import combinations
from upbit_auto_trading.domain.document import InvalidDocumentError
from upbit_auto_trading.domain.timeframe import TIMEFRAMES
from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.i18n import _, language
from upbit_auto_trading.presentation.screens import backtest_export, backtest_words, sweep_words
from upbit_auto_trading.presentation.screens.backtest_entry import EntryProblem, requests_of
from upbit_auto_trading.presentation.screens.backtest_report import BacktestReportView
from upbit_auto_trading.presentation.screens.screen import Screen, ScreenContext
from upbit_auto_trading.presentation.screens.sweep_pane import SweepPane
from upbit_auto_trading.presentation.viewmodels.backtest import EDITED, TEMPLATE, BacktestViewModel
from upbit_auto_trading.presentation.viewmodels.sweep import SweepViewModel
from upbit_auto_trading.presentation.widgets.backtest_form import BacktestEntry, BacktestForm
from upbit_auto_trading.presentation.widgets.empty_state import EmptyState
from upbit_auto_trading.presentation.widgets.file_dialog import FileDialog
from upbit_auto_trading.presentation.widgets.segmented import Segmented

if TYPE_CHECKING:
    from upbit_auto_trading.application.backtest_service import BacktestRequest
    from upbit_auto_trading.application.services import Services
    from upbit_auto_trading.domain.strategy import Strategy

_DAYS: Final = 7
_REPORT, _SWEEP = "report", "sweep"


class BacktestScreen(Screen):
    """Runs strategies on history. `go_to` takes a strategy to choose, as it is edited now.

    Until somebody chooses, the strategy saved last is the one that is shown.
    """

    def __init__(self, context: ScreenContext) -> None:
        super().__init__()
        self._context = context
        theme = context.theme
        self._model: BacktestViewModel | None = None
        self._sweeps: SweepViewModel | None = None
        self._service: BacktestService | None = None
        self._wanted = ""
        self._is_chosen = False
        self._strategy_asked: Strategy | None = None
        fixed = [frame for frame in TIMEFRAMES.values() if frame.is_fixed]
        self.form = BacktestForm(
            theme, [(frame.code, formatting.timeframe_name(frame)) for frame in fixed]
        )
        self.report = BacktestReportView(theme)
        self.empty = EmptyState(
            theme,
            "history",
            _("No result yet"),
            _(
                "Choose a strategy, markets and a period above. The run uses history of the "
                "exchange shown, and nothing is ordered anywhere."
            ),
            _("Run what stands above"),
        )
        self._pages = QStackedWidget()
        self._pages.addWidget(self.empty)
        self._pages.addWidget(self.report)
        self.sweep = SweepPane(theme)
        self._pages.addWidget(self.sweep)
        self.parts = Segmented(_("Part"), [(_REPORT, _("Report")), (_SWEEP, _("Sweep"))])
        self.parts.show_value(_REPORT)
        self.form.add_control(self.parts)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 4)
        column.setSpacing(4)
        column.addWidget(self.form)
        column.addWidget(self._pages, 1)
        self.form.show_entry(self._first_entry())
        self.parts.chosen.connect(self._show_part)
        self.sweep.run_pressed.connect(self._try_pairs)
        self.sweep.cancel_pressed.connect(self._cancel_sweep)
        self.sweep.pair_opened.connect(self._open_pair)
        self.form.strategy.activated.connect(self._strategy_chosen)
        self.form.run_pressed.connect(self._run)
        self.form.cancel_pressed.connect(self._cancel)
        self.form.csv_pressed.connect(self._save_csv)
        self.form.html_pressed.connect(self._save_html)
        self.empty.action_pressed.connect(self._run)
        self.report.moment_wanted.connect(context.navigation.moment_asked)
        self.report.run_chosen.connect(self._show_run)
        self.report.run_compared.connect(self._compare_run)

    def attach(self, services: Services) -> None:
        self._service = BacktestService(services.feed, services.worker, services.indicators)
        self._model = BacktestViewModel(services, self._service, self)
        self._sweeps = SweepViewModel(self._service, self)
        self._sweeps.changed.connect(self._sweep_changed)
        self._sweeps.progressed.connect(self._sweep_progressed)
        self._model.changed.connect(self._changed)
        self._model.progressed.connect(self._progressed)
        self._model.load()

    async def detach(self) -> None:
        model, self._model = self._model, None
        sweeps, self._sweeps = self._sweeps, None
        service, self._service = self._service, None
        for part in (model, sweeps):
            if part is not None:
                await part.close()
                part.deleteLater()
        if service is not None:
            service.close()
        self.sweep.show_sweep(None)
        self._show_part(_REPORT)
        self.form.show_progress(None, "")

    def opened(self) -> None:
        if self._model is not None:
            self._model.load()

    def go_to(self, target: Any) -> None:
        self._strategy_asked = target
        self._choose_wanted()

    def view_state(self) -> Any:
        return self.form.entry()

    def restore_view(self, state: Any) -> None:
        if isinstance(state, BacktestEntry):
            self._wanted = state.strategy
            self.form.show_entry(state)

    def _first_entry(self) -> BacktestEntry:
        today = datetime.fromtimestamp(self._context.wall_clock(), formatting.KST).date()
        market = self._context.settings.settings.market
        start = today - timedelta(days=_DAYS - 1)
        return BacktestEntry(TEMPLATE, market, "1m", start, today, "1,000,000", "0.02", True, False)

    def _show_part(self, part: str) -> None:
        self.parts.show_value(part)
        if part == _SWEEP:
            self._pages.setCurrentWidget(self.sweep)
        else:
            has_run = self._model is not None and self._model.shown is not None
            self._pages.setCurrentWidget(self.report if has_run else self.empty)

    def _run(self) -> None:
        requests = self._requests()
        if requests and self._model is not None:
            self._is_chosen = True
            self._show_part(_REPORT)
            is_edited = self.form.entry().strategy == EDITED
            self._model.run(requests, _("as edited") if is_edited else "")

    def _requests(self) -> list[BacktestRequest]:
        """What the form asks for; none, and the field marked, where it can't be run."""
        model = self._model
        entry = self.form.entry()
        choices = () if model is None else model.choices
        choice = next((one for one in choices if one.key == entry.strategy), None)
        if model is None or choice is None:
            return []
        now = datetime.fromtimestamp(self._context.wall_clock(), UTC)
        listed = {info.market for info in model.markets}
        try:
            requests = requests_of(entry, choice.strategy, listed, now)
        except EntryProblem as problem:
            self.form.show_problem(problem.field, str(problem))
            return []
        self.form.show_problem("", "")
        return requests

    def _try_pairs(self) -> None:
        requests = self._requests()
        if not requests or self._sweeps is None:
            return
        grid = self.sweep.grid_wanted()
        names = list(grid)
        template = template_of(requests[0].strategy)
        try:
            runs = combinations(template, grid)
        except InvalidDocumentError as problem:
            self.sweep.show_problem(sweep_words.problem(problem, names))
            return
        self._sweeps.run(requests[0], (names[0], names[1]), runs)

    def _cancel_sweep(self) -> None:
        if self._sweeps is not None:
            self._sweeps.cancel()

    def _open_pair(self, across: float, down: float) -> None:
        sweeps = self._sweeps
        if sweeps is None or sweeps.shown is None or self._model is None:
            return
        strategy = sweeps.shown.strategies[across, down]
        self._show_part(_REPORT)
        changed = sweep_words.pair(sweeps.shown.names, (across, down))
        self._model.run([replace(sweeps.shown.request, strategy=strategy)], changed)

    def _sweep_changed(self) -> None:
        sweeps = self._sweeps
        if sweeps is None:
            return
        self.sweep.show_sweep(sweeps.shown)
        self.sweep.show_running(_("Starting") if sweeps.is_running else None)
        if sweeps.refusal is not None:
            self.sweep.show_problem(backtest_words.refusal(sweeps.refusal))

    def _sweep_progressed(self) -> None:
        if self._sweeps is not None and self._sweeps.progress is not None:
            self.sweep.show_running(sweep_words.progress(*self._sweeps.progress))

    def _cancel(self) -> None:
        if self._model is not None:
            self._model.cancel()
            self.form.show_progress(None, _("Cancelled. What had finished stays."))

    def _show_run(self, number: int) -> None:
        if self._model is not None:
            self._model.show(number)

    def _compare_run(self, number: int) -> None:
        if self._model is not None:
            self._model.compare(number)

    def _save_csv(self) -> None:
        if self._model is not None and self._model.shown is not None:
            self._save("csv", backtest_export.trades_csv(self._model.shown))

    def _save_html(self) -> None:
        if self._model is not None and self._model.shown is not None:
            scheme = self._context.theme.scheme
            self._save("html", backtest_export.report_html(self._model.shown, scheme))

    def _save(self, kind: str, text: str) -> None:
        """Ask where to, without stopping the window, and write the file there."""
        assert self._model is not None  # noqa: S101 -- asked before
        assert self._model.shown is not None  # noqa: S101 -- asked before
        name = f"backtest-{self._model.shown.result.market}-{self._model.shown.number}.{kind}"
        dialog = FileDialog(self, _("Save the report"), name)
        dialog.chosen.connect(lambda path: self._write(Path(path), text))
        dialog.open()

    def _write(self, path: Path, text: str) -> None:
        try:
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            self.told.emit(
                _("{path} can't be written: {why}. Choose another place.").format(
                    path=path, why=error.strerror or error
                )
            )
        else:
            self.told.emit(_("Saved as {path}").format(path=path))

    def _strategy_chosen(self) -> None:
        self._is_chosen = True

    def _choose_wanted(self) -> None:
        """Choose what was asked for, once it is offered; else the one saved last."""
        model = self._model
        if model is None or not model.is_loaded:
            return
        asked, self._strategy_asked = self._strategy_asked, None
        if asked is not None:
            self._wanted = model.offer(asked)
        offered = self.form.strategy
        if self._wanted and offered.findData(self._wanted) >= 0:
            offered.setCurrentIndex(offered.findData(self._wanted))
            self._wanted, self._is_chosen = "", True
        elif not self._is_chosen:
            offered.setCurrentIndex(0)

    def _progressed(self) -> None:
        model = self._model
        if model is not None and model.job is not None:
            self.form.show_progress(*backtest_words.progress(model.job))

    def _changed(self) -> None:
        model = self._model
        if model is None:
            return
        self.form.show_strategies(
            [(one.key, backtest_words.choice_name(one)) for one in model.choices]
        )
        self._choose_wanted()
        is_korean = language() == "ko"
        self.form.markets.show_offers(
            [
                f"{info.market} {info.korean_name if is_korean else info.english_name}"
                for info in model.markets
            ]
        )
        self.form.show_may_save(may_save=model.shown is not None)
        if model.shown is not None:
            others = [run for run in model.runs if run.number in model.compared]
            self.report.show_run(model.shown, others, model.runs)
            if self._pages.currentWidget() is self.empty:
                self._pages.setCurrentWidget(self.report)
        if model.job is None:
            self._show_outcome(model)

    def _show_outcome(self, model: BacktestViewModel) -> None:
        if model.refusal is not None:
            self.form.show_progress(None, "")
            self.form.show_problem("", backtest_words.refusal(model.refusal))
        elif model.shown is not None:
            result = model.shown.result
            self.form.show_progress(
                None,
                _("Run in {seconds} s: {bars} candles").format(
                    seconds=formatting.number(result.seconds, 2),
                    bars=formatting.number(result.bars, 0),
                ),
            )
