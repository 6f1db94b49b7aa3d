"""The account screen: worth, positions, orders, an order by hand, and the journal beside them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PyQt6.QtWidgets import QStackedWidget, QVBoxLayout

from upbit_auto_trading.presentation.i18n import _, language
from upbit_auto_trading.presentation.screens import account_words, refusal_words, ticket_words
from upbit_auto_trading.presentation.screens.account_body import ACCOUNT, JOURNAL, AccountBody
from upbit_auto_trading.presentation.screens.account_names import AccountNames
from upbit_auto_trading.presentation.screens.screen import Screen, ScreenContext
from upbit_auto_trading.presentation.viewmodels.account import AccountViewModel
from upbit_auto_trading.presentation.viewmodels.journal import JournalViewModel
from upbit_auto_trading.presentation.viewmodels.ticket import TicketViewModel
from upbit_auto_trading.presentation.widgets.empty_state import EmptyState
from upbit_auto_trading.presentation.widgets.file_dialog import FileDialog

if TYPE_CHECKING:
    from upbit_auto_trading.application.services import Services
    from upbit_auto_trading.presentation.viewmodels.account import Refusal


class AccountScreen(Screen):
    """Paper trading at a glance. `go_to` takes filters of the journal: `correlation`, `text`."""

    def __init__(self, context: ScreenContext) -> None:
        super().__init__()
        self._context = context
        self._model: AccountViewModel | None = None
        self._journal_model: JournalViewModel | None = None
        self._ticket_model: TicketViewModel | None = None
        self._names = AccountNames(self)
        self._has_moved = True
        self.body = AccountBody(context.theme)
        self.unavailable = EmptyState(context.theme, "wallet", "", "")
        self._pages = QStackedWidget()
        self._pages.addWidget(self.unavailable)
        self._pages.addWidget(self.body)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 4)
        column.addWidget(self._pages)
        self._connect()
        self._show_unavailable(_("The exchange isn't connected yet."))

    def attach(self, services: Services) -> None:
        trading = services.trading
        self._names.attach(services)
        if trading is None:
            self._show_unavailable(refusal_words.no_account(services.trading_trouble))
            return
        self._model = AccountViewModel(trading, self._names.markets, self._context.wall_clock, self)
        self._model.moved.connect(self._note_moved)
        self._model.kept.connect(self._kept)
        self._model.refused.connect(self._refused)
        self._model.proven.connect(self.body.parity.show_proof)
        self._journal_model = JournalViewModel(trading.journal, self)
        self._journal_model.exported.connect(self._save_journal)
        self.body.journal.attach(self._journal_model, self._names.markets)
        self._ticket_model = TicketViewModel(trading.tickets, self)
        self.body.ticket_pane.attach(self._ticket_model)
        self._pages.setCurrentWidget(self.body)
        self._has_moved = True
        self.refresh()

    async def detach(self) -> None:
        models = (self._model, self._journal_model, self._ticket_model)
        self._model = self._journal_model = self._ticket_model = None
        self.body.journal.detach()
        self.body.ticket_pane.detach()
        self.body.parity.hide()
        for model in models:
            if model is not None:
                await model.close()
                model.deleteLater()
        await self._names.detach()
        self.body.plot.show_look(None)
        self._show_unavailable(_("The exchange isn't connected yet."))

    def opened(self) -> None:
        self._names.load()
        if self._model is not None:
            self._model.reload()
        self._has_moved = True
        self.refresh()

    def refresh(self) -> None:
        model = self._model
        if model is None:
            return
        model.reload_old()
        if not self._has_moved:
            return
        self._has_moved = False
        view, runs = model.view, model.runs
        self.body.metrics.show_metrics(account_words.tiles(view))
        self.body.positions.show_rows(account_words.position_rows(runs, self._names.markets))
        self.body.positions.setVisible(bool(runs))
        self.body.no_positions.setVisible(not runs)
        self.body.allow.setVisible(view.is_stopped)
        self.body.position_pane.show_detail(
            account_words.positions_detail(view, runs, is_recovering=model.is_recovering)
        )
        self._show_run_buttons()

    def set_compact(self, *, compact: bool) -> None:
        self.body.set_compact(compact=compact)

    def go_to(self, target: Any) -> None:
        """Show journal entries (a dict, as `show_only` takes them), or an order by hand."""
        if target == ("order",):
            self.body.show_part(ACCOUNT)
            if not self.body.ticket_pane.isVisible():
                self._toggle_ticket()
        elif isinstance(target, dict):
            self.body.show_part(JOURNAL)
            self.body.journal.show_only(**target)

    def view_state(self) -> Any:
        return self.body.part

    def restore_view(self, state: Any) -> None:
        if state in (ACCOUNT, JOURNAL):
            self.body.show_part(state)

    def _note_moved(self) -> None:
        self._has_moved = True

    def _kept(self) -> None:
        model = self._model
        if model is None:
            return
        self._has_moved = True
        self.body.journal.use_strategies(self._names.with_runs(model.runs))
        self.body.journal.use_names(self._names.markets)
        strategies = self._names.with_runs(model.runs)
        self.body.orders.show_rows(
            account_words.order_rows(model.orders, self._names.markets, strategies)
        )
        self.body.orders.show_message(
            account_words.no_order_words(is_open_only=model.orders_shown == "open")
        )
        self.body.order_pane.show_detail(
            refusal_words.trouble_words(model.trouble.code)
            if model.trouble is not None
            else _("{n} · filled within this program only").format(n=len(model.orders))
        )
        self.body.plot.show_look(account_words.equity_look(model.equity, model.view.start_cash))

    def _show_unavailable(self, why: str) -> None:
        self.unavailable.show_words(_("No paper account"), why)
        self._pages.setCurrentWidget(self.unavailable)

    def _refused(self, error: Refusal) -> None:
        self.told.emit(refusal_words.refusal(error))

    def _names_changed(self) -> None:
        if self._model is not None:
            self._model.names = self._names.markets
        is_korean = language() == "ko"
        self.body.ticket_pane.form.show_offers(
            [
                f"{info.market} {info.korean_name if is_korean else info.english_name}"
                for info in self._names.markets.values()
                if info.market.startswith("KRW-")
            ]
        )
        self._kept()

    def _toggle_ticket(self) -> None:
        if self.body.ticket_pane.isVisible():
            self.body.ticket_pane.hide()
        else:
            self.body.ticket_pane.begin(self._context.settings.settings.market)

    def _toggle_reset(self) -> None:
        self.body.reset_pane.setVisible(not self.body.reset_pane.isVisible())

    def _reset_confirmed(self, text: str) -> None:
        try:
            cash = ticket_words.number_of(text)
        except ValueError:
            cash = None
        if cash is None:
            self.body.reset.show_problem(_("This isn't a number."))
        elif self._model is not None:
            self._model.reset(cash)
            self.body.reset_pane.hide()

    def _chosen_run(self) -> int | None:
        key = self.body.positions.chosen_key()
        return key if isinstance(key, int) else None

    def _show_run_buttons(self) -> None:
        model, chosen = self._model, self._chosen_run()
        runs = model.runs if model is not None else ()
        run = next((one for one in runs if one.run_id == chosen), None)
        self.body.prove.setEnabled(run is not None)
        self.body.stop_run.setEnabled(run is not None and run.is_live)
        is_suspended = run is not None and run.condition.value == "suspended"
        self.body.suspend_run.setEnabled(run is not None and run.is_live)
        self.body.suspend_run.setText(_("Allow orders") if is_suspended else _("Suspend"))

    def _stop_pressed(self) -> None:
        run = self._chosen_run()
        if self._model is not None and run is not None:
            self._model.stop_run(run)

    def _suspend_pressed(self) -> None:
        chosen = self._chosen_run()
        if self._model is None or chosen is None:
            return
        run = next((one for one in self._model.runs if one.run_id == chosen), None)
        if run is not None:
            is_suspended = run.condition.value == "suspended"
            self._model.suspend_run(chosen, is_suspended=not is_suspended)

    def _prove_pressed(self) -> None:
        run = self._chosen_run()
        if self._model is not None and run is not None:
            self.body.parity.show_working()
            self._model.prove(run)

    def _allow_pressed(self) -> None:
        if self._model is not None:
            self._model.allow_again()

    def _position_opened(self, run_id: int) -> None:
        if self._model is None:
            return
        run = next((one for one in self._model.runs if one.run_id == run_id), None)
        if run is not None:
            self._context.navigation.market_asked.emit(run.market)

    def _export_journal(self) -> None:
        if self._journal_model is not None:
            self._journal_model.export()

    def _save_journal(self, text: str) -> None:
        dialog = FileDialog(self, _("Save the journal"), "journal.csv")
        dialog.chosen.connect(lambda path: self._write(Path(path), text))
        dialog.open()

    def _write(self, path: Path, text: str) -> None:
        try:
            path.write_text(text, encoding="utf-8", newline="")
        except OSError as error:
            words = _("{path} can't be written: {why}. Choose another place.")
            self.told.emit(words.format(path=path, why=error.strerror or error))
        else:
            self.told.emit(_("Saved as {path}").format(path=path))

    def _choose_strategy(self) -> None:
        self._context.navigation.screen_asked.emit("strategy", None)

    def _connect(self) -> None:
        self._names.changed.connect(self._names_changed)
        self.body.spans.chosen.connect(self._span_chosen)
        self.body.which.chosen.connect(self._which_chosen)
        self.body.positions.row_chosen.connect(lambda _key: self._show_run_buttons())
        self.body.positions.row_opened.connect(self._position_opened)
        self.body.no_positions.action_pressed.connect(self._choose_strategy)
        self.body.no_positions.second_pressed.connect(self._toggle_ticket)
        self.body.by_hand.clicked.connect(self._toggle_ticket)
        self.body.reset_button.clicked.connect(self._toggle_reset)
        self.body.stop_run.clicked.connect(self._stop_pressed)
        self.body.suspend_run.clicked.connect(self._suspend_pressed)
        self.body.allow.clicked.connect(self._allow_pressed)
        self.body.prove.clicked.connect(self._prove_pressed)
        self.body.reset.confirmed.connect(self._reset_confirmed)
        self.body.reset.cancelled.connect(self.body.reset_pane.hide)
        self.body.journal.moment_wanted.connect(self._context.navigation.moment_asked)
        self.body.journal.export_pressed.connect(self._export_journal)

    def _span_chosen(self, span: str) -> None:
        if self._model is not None:
            self._model.show_span(span)
        self.body.spans.show_value(span)

    def _which_chosen(self, which: str) -> None:
        self.body.which.show_value(which)
        if self._model is not None:
            self._model.show_orders(which)
