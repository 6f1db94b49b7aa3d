"""The backtest screen: what is asked, then what came of it, or what to do where nothing did."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PyQt6.QtWidgets import QStackedWidget, QVBoxLayout

from upbit_auto_trading.domain.timeframe import TIMEFRAMES
from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.i18n import _, language
from upbit_auto_trading.presentation.screens import backtest_export, backtest_words
from upbit_auto_trading.presentation.screens.backtest_entry import EntryProblem, requests_of
from upbit_auto_trading.presentation.screens.backtest_report import BacktestReportView
from upbit_auto_trading.presentation.screens.screen import Screen, ScreenContext
from upbit_auto_trading.presentation.viewmodels.backtest import TEMPLATE, BacktestViewModel
from upbit_auto_trading.presentation.widgets.backtest_form import BacktestEntry, BacktestForm
from upbit_auto_trading.presentation.widgets.empty_state import EmptyState
from upbit_auto_trading.presentation.widgets.file_dialog import FileDialog

if TYPE_CHECKING:
    from upbit_auto_trading.application.services import Services

_DAYS: Final = 7


class BacktestScreen(Screen):
    """Runs strategies on history. `go_to` takes the key of a strategy to choose."""

    def __init__(self, context: ScreenContext) -> None:
        super().__init__()
        self._context = context
        theme = context.theme
        self._model: BacktestViewModel | None = None
        self._wanted = ""
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
            _("Run the seven rules on the last week"),
        )
        self._pages = QStackedWidget()
        self._pages.addWidget(self.empty)
        self._pages.addWidget(self.report)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 4)
        column.setSpacing(4)
        column.addWidget(self.form)
        column.addWidget(self._pages, 1)
        self.form.show_entry(self._first_entry())
        self.form.run_pressed.connect(self._run)
        self.form.cancel_pressed.connect(self._cancel)
        self.form.csv_pressed.connect(self._save_csv)
        self.form.html_pressed.connect(self._save_html)
        self.empty.action_pressed.connect(self._run)
        self.report.moment_wanted.connect(context.navigation.moment_asked)
        self.report.run_chosen.connect(self._show_run)
        self.report.run_compared.connect(self._compare_run)

    def attach(self, services: Services) -> None:
        self._model = BacktestViewModel(services, self)
        self._model.changed.connect(self._changed)
        self._model.progressed.connect(self._progressed)
        self._model.load()

    async def detach(self) -> None:
        model, self._model = self._model, None
        if model is not None:
            await model.close()
            model.deleteLater()
        self._pages.setCurrentWidget(self.empty)
        self.form.show_progress(None, "")

    def opened(self) -> None:
        if self._model is not None:
            self._model.load()

    def go_to(self, target: Any) -> None:
        self._wanted = str(target)
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

    def _run(self) -> None:
        model = self._model
        if model is None:
            return
        entry = self.form.entry()
        choice = next((one for one in model.choices if one.key == entry.strategy), None)
        if choice is None:
            return
        now = datetime.fromtimestamp(self._context.wall_clock(), UTC)
        try:
            requests = requests_of(
                entry, choice.strategy, {info.market for info in model.markets}, now
            )
        except EntryProblem as problem:
            self.form.show_problem(problem.field, str(problem))
            return
        self.form.show_problem("", "")
        model.run(requests)

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

    def _choose_wanted(self) -> None:
        if self._wanted and self.form.strategy.findData(self._wanted) >= 0:
            self.form.strategy.setCurrentIndex(self.form.strategy.findData(self._wanted))
            self._wanted = ""

    def _progressed(self) -> None:
        model = self._model
        if model is not None and model.job is not None:
            self.form.show_progress(*backtest_words.progress(model.job))

    def _changed(self) -> None:
        model = self._model
        if model is None:
            return
        self.form.show_strategies(
            [(one.key, backtest_words.strategy_name(one.strategy)) for one in model.choices]
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
