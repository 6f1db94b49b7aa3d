"""What the account screen is made of, and where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QPushButton, QSplitter, QVBoxLayout, QWidget

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens import account_words
from upbit_auto_trading.presentation.screens.journal_pane import JournalPane
from upbit_auto_trading.presentation.screens.parity_pane import ParityPane
from upbit_auto_trading.presentation.screens.ticket_pane import TicketPane
from upbit_auto_trading.presentation.widgets.data_table import DataTable
from upbit_auto_trading.presentation.widgets.empty_state import EmptyState
from upbit_auto_trading.presentation.widgets.equity_plot import EquityPlot
from upbit_auto_trading.presentation.widgets.metric_tile import MetricRow
from upbit_auto_trading.presentation.widgets.pane import Pane
from upbit_auto_trading.presentation.widgets.reset_form import ResetForm
from upbit_auto_trading.presentation.widgets.segmented import Segmented

if TYPE_CHECKING:
    from upbit_auto_trading.presentation.theme import Theme

_JOURNAL: Final = 430
_PLOT: Final = 240
ACCOUNT, JOURNAL = "account", "journal"


class AccountBody(QWidget):
    """Tiles above, positions, worth and orders at the left, the journal at the right.

    In a narrow window the journal takes the place of the rest, and `parts` chooses.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._part = ACCOUNT
        self._is_compact = False
        self.metrics = MetricRow(theme)
        self.positions = DataTable(
            theme, _("Positions"), account_words.position_columns(), account_words.POSITION_HEIGHT
        )
        self.no_positions = EmptyState(
            theme,
            "layers",
            _("No strategy runs yet"),
            _("Load the seven rules and start them on paper: nothing is ordered for real."),
            _("Choose a strategy"),
            _("Order by hand"),
        )
        self.orders = DataTable(theme, _("Orders"), account_words.order_columns())
        self.plot = EquityPlot(theme, _("Worth of the account"), has_drawdown=False)
        self.journal = JournalPane(theme)
        self.ticket_pane = TicketPane(theme)
        self.ticket_pane.hide()
        self.parity = ParityPane(theme)
        self.parity.hide()
        self.reset = ResetForm(theme)
        self.reset_pane = Pane(
            theme, "rotate-ccw", _("Reset the account"), _("orders and journal stay")
        )
        self.reset_pane.body.addWidget(self.reset)
        self.reset_pane.hide()
        self.spans = Segmented(
            _("Stretch of time"),
            [("day", _("Today")), ("fortnight", _("2 weeks")), ("all", _("All"))],
        )
        self.spans.show_value("day")
        self.which = Segmented(
            _("Which orders"),
            [("open", _("Open ones")), ("all", _("All")), ("earlier", _("Before a reset, too"))],
        )
        self.which.show_value("all")
        self.parts = Segmented(_("Part"), [(ACCOUNT, _("Account")), (JOURNAL, _("Journal"))])
        self.parts.show_value(ACCOUNT)
        self.parts.chosen.connect(self.show_part)
        self.position_pane = self._build_positions(theme)
        self.order_pane = Pane(theme, "table", _("Orders"))
        self.order_pane.add_control(self.which)
        self.order_pane.body.addWidget(self.orders)
        self._left = self._build_left(theme)
        self._assemble()

    @property
    def part(self) -> str:
        """What a narrow window shows: `ACCOUNT` or `JOURNAL`."""
        return self._part

    def set_compact(self, *, compact: bool) -> None:
        """Show one part at a time, or all."""
        self._is_compact = compact
        self.parts.setVisible(compact)
        self.show_part(self._part)

    def show_part(self, part: str) -> None:
        """Choose what a narrow window shows."""
        self._part = part
        self.parts.show_value(part)
        self._left.setVisible(not self._is_compact or part == ACCOUNT)
        self.journal.setVisible(not self._is_compact or part == JOURNAL)

    def _build_positions(self, theme: Theme) -> Pane:
        self.by_hand = QPushButton(_("Order by hand"))
        self.reset_button = QPushButton(" " + _("Reset the account"))
        self.reset_button.setAccessibleName(_("Reset the account"))
        self.reset_button.setIcon(theme.icon("rotate-ccw", "text-2", 13))
        self.stop_run = QPushButton(_("Stop"))
        self.suspend_run = QPushButton(_("Suspend"))
        self.prove = QPushButton(_("Agreement"))
        self.prove.setToolTip(
            _("Judges the run's recording again and compares every decision with its reasons")
        )
        self.allow = QPushButton(_("Allow orders again"))
        self.allow.setObjectName("primary")
        pane = Pane(theme, "wallet", _("Positions and runs"))
        for button in (
            self.allow,
            self.prove,
            self.suspend_run,
            self.stop_run,
            self.by_hand,
            self.reset_button,
        ):
            pane.add_control(button)
        pane.body.addWidget(self.positions)
        pane.body.addWidget(self.no_positions)
        return pane

    def _build_left(self, theme: Theme) -> QWidget:
        plot = Pane(theme, "trending-up", _("Worth of the account"))
        plot.add_control(self.spans)
        plot.body.addWidget(self.plot)
        plot.setMinimumHeight(_PLOT // 2)
        tables = QSplitter(Qt.Orientation.Vertical)
        for part in (self.position_pane, plot, self.order_pane):
            tables.addWidget(part)
        tables.setSizes([_PLOT, _PLOT, _PLOT + 60])
        tables.setHandleWidth(4)
        tables.setChildrenCollapsible(False)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.ticket_pane)
        column.addWidget(self.reset_pane)
        column.addWidget(self.parity)
        column.addWidget(tables, 1)
        return left

    def _assemble(self) -> None:
        sides = QSplitter(Qt.Orientation.Horizontal)
        sides.addWidget(self._left)
        sides.addWidget(self.journal)
        sides.setSizes([1000, _JOURNAL])
        sides.setStretchFactor(0, 1)
        sides.setHandleWidth(4)
        sides.setChildrenCollapsible(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.metrics)
        column.addWidget(self.parts, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(sides, 1)
        self.parts.hide()
