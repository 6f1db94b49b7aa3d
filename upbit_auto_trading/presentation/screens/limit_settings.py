"""Limits of the paper account in the settings: what no order may go beyond."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from PyQt6.QtCore import QObject, Qt, pyqtSignal
from PyQt6.QtWidgets import QGridLayout, QLineEdit, QPushButton, QWidget

from upbit_auto_trading.application.paper_views import TradingRefusedError
from upbit_auto_trading.domain.recording import LedgerError
from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens import refusal_words
from upbit_auto_trading.presentation.screens.ticket_words import number_of
from upbit_auto_trading.presentation.widgets.settings_rows import LABEL_WIDTH, SettingsCard
from upbit_auto_trading.presentation.widgets.text import Text
from upbit_auto_trading.tasks import TaskOwner

if TYPE_CHECKING:
    from upbit_auto_trading.application.paper_account import PaperAccount
    from upbit_auto_trading.domain.risk import RiskLimits
    from upbit_auto_trading.presentation.theme import Theme

ORDERS: Final = "orders_a_minute"


class LimitCard(SettingsCard):
    """Passive: `saved` has the texts by field, empty where there is no limit."""

    saved = pyqtSignal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "shield-check", _("Limits of paper trading"))
        self.fields: dict[str, QLineEdit] = {}
        holder = QWidget()
        grid = QGridLayout(holder)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        for row, (name, label, hint) in enumerate(_limits()):
            words = Text(theme, "body", "text-1", label)
            words.setFixedWidth(LABEL_WIDTH)
            edit = self.fields[name] = QLineEdit()
            edit.setAccessibleName(label)
            edit.setAlignment(Qt.AlignmentFlag.AlignRight)
            edit.setFixedWidth(150)
            edit.returnPressed.connect(self._pressed)
            grid.addWidget(words, row, 0)
            grid.addWidget(edit, row, 1)
            grid.addWidget(Text(theme, "small", "text-3", hint), row, 2)
        grid.setColumnStretch(2, 1)
        self.save = QPushButton(_("Keep these limits"))
        self.save.clicked.connect(self._pressed)
        grid.addWidget(self.save, len(self.fields), 1)
        self.state = Text(theme, "small", "text-3")
        self.state.setWordWrap(True)
        grid.addWidget(self.state, len(self.fields), 2)
        self.add(holder)

    def show_limits(self, limits: RiskLimits) -> None:
        """Show what holds."""
        for name, edit in self.fields.items():
            value = getattr(limits, name)
            edit.setText("" if value is None else formatting.number(float(value), 0))
            self._mark(edit, is_wrong=False)

    def show_state(self, text: str, field: str = "") -> None:
        """Say what saving came to; `field` is the one that is wrong."""
        self.state.show_text(text, "bad" if field else "good")
        for name, edit in self.fields.items():
            self._mark(edit, is_wrong=name == field)

    def _pressed(self) -> None:
        self.saved.emit({name: edit.text() for name, edit in self.fields.items()})

    def _mark(self, edit: QLineEdit, *, is_wrong: bool) -> None:
        edit.setProperty("problem", "true" if is_wrong else "false")
        style = edit.style()
        if style is not None:
            style.polish(edit)


class LimitDesk(QObject):
    """Joins the card to an account."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._account: PaperAccount | None = None
        self._tasks = TaskOwner("limits")
        self.card = LimitCard(theme)
        self.card.saved.connect(self._saved)
        self.card.setEnabled(False)

    def attach(self, account: PaperAccount | None) -> None:
        """Show this account's limits."""
        self._account = account
        self._tasks = TaskOwner("limits")
        self.card.setEnabled(account is not None)
        if account is not None:
            self.card.show_limits(account.limits)

    async def detach(self) -> None:
        """Let go of the account."""
        self._account = None
        await self._tasks.close()

    def _saved(self, texts: dict[str, str]) -> None:
        if self._account is None:
            return
        changes: dict[str, Any] = {}
        for name, text in texts.items():
            try:
                value = number_of(text)
            except ValueError:
                self.card.show_state(_("This isn't a number."), name)
                return
            if name == ORDERS:
                if value is None or value != int(value):
                    self.card.show_state(_("A whole number is needed here."), name)
                    return
                changes[name] = int(value)
            else:
                changes[name] = value
        limits = replace(self._account.limits, **changes)
        self._tasks.start(self._keep(self._account, limits), "keep")

    async def _keep(self, account: PaperAccount, limits: RiskLimits) -> None:
        try:
            await account.set_limits(limits)
        except TradingRefusedError as error:
            self.card.show_state(refusal_words.refusal(error), error.field)
        except LedgerError as error:
            self.card.show_state(refusal_words.trouble_words(error.code), "disk")
        else:
            self.card.show_limits(account.limits)
            self.card.show_state(_("Every order is checked against these from now on."))


def _limits() -> list[tuple[str, str, str]]:
    return [
        ("largest_order", _("Largest order"), _("won; empty: no limit")),
        ("largest_position", _("Largest position"), _("of one market, won")),
        ("largest_exposure", _("Largest exposure"), _("everything held, won")),
        ("daily_loss", _("Daily loss"), _("won since 09:00; no buys beyond it")),
        (ORDERS, _("Orders a minute"), _("of one run, 1 to 1,000")),
    ]
