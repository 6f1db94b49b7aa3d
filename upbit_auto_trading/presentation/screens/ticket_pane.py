"""The order by hand: its form joined to what prepares and places it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upbit_auto_trading.domain.order import OrderSide
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens import refusal_words, ticket_words
from upbit_auto_trading.presentation.widgets.pane import Pane
from upbit_auto_trading.presentation.widgets.ticket_form import BUY, TicketForm

if TYPE_CHECKING:
    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.viewmodels.ticket import TicketViewModel


class TicketPane(Pane):
    """Shows a ticket's view-model."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(
            theme, "pencil", _("Order by hand, on paper"), _("looked at first, then placed")
        )
        self._model: TicketViewModel | None = None
        self.form = TicketForm(theme)
        self.body.addWidget(self.form)
        self.form.prepare_pressed.connect(self._prepare)
        self.form.confirm_pressed.connect(self._confirm)
        self.form.changed.connect(self._typed)

    def attach(self, model: TicketViewModel) -> None:
        """Show this one."""
        self._model = model
        model.changed.connect(self._changed)

    def detach(self) -> None:
        """Show none."""
        self._model = None
        self.form.show_message("")

    def begin(self, market: str) -> None:
        """Bring the form into sight, for that market where none was chosen."""
        self.show()
        if not self.form.market.text():
            self.form.market.setText(market)
        self.form.amount.setFocus()

    def _prepare(self) -> None:
        model, form = self._model, self.form
        if model is None:
            return
        try:
            number = ticket_words.number_of(form.amount.text())
        except ValueError:
            form.show_problem("amount", _("This isn't a number."))
            return
        is_buy = form.side_value == BUY
        side = OrderSide.BUY if is_buy else OrderSide.SELL
        form.show_message(_("Asking for the newest order book…"))
        model.prepare(form.code(), side, number if is_buy else None, None if is_buy else number)

    def _changed(self) -> None:
        model = self._model
        if model is None:
            return
        if model.refusal is not None:
            field = getattr(model.refusal, "field", "")
            self.form.show_problem(field, refusal_words.refusal(model.refusal))
        elif model.placed is not None:
            self.form.show_message(ticket_words.placed(model.placed))
        elif model.is_placing:
            self.form.show_message(_("Placing the order…"))
        elif model.prepared is not None:
            self.form.show_prepared(ticket_words.prepared(model.prepared))

    def _confirm(self) -> None:
        if self._model is not None:
            self._model.confirm()

    def _typed(self) -> None:
        if self._model is not None:
            self._model.forget()
