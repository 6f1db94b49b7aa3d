"""What a backtest is asked: strategy, markets, candles, period, money; a button that starts it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QDate, QStringListModel, Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QComboBox,
    QCompleter,
    QDateEdit,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.widgets.check_box import CheckBox
from upbit_auto_trading.presentation.widgets.elided_text import ElidedText
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from upbit_auto_trading.presentation.theme import Theme

PRESETS: Final = (7, 30, 90, 365)
_NARROWEST: Final = 170
_WIDEST: Final = 380


@dataclass(frozen=True, slots=True)
class BacktestEntry:
    """What stands in the form, as it was typed; `start` and `end` are days in Korea, both in."""

    strategy: str
    markets: str
    timeframe: str
    start: date
    end: date
    cash: str
    slippage: str
    on_price_steps: bool
    with_fees: bool


class _MarketsEdit(QLineEdit):
    """Codes of markets separated by commas; offers those whose name or code fits the last one."""

    def __init__(self) -> None:
        super().__init__()
        self._offers = QStringListModel(self)
        self._completer = QCompleter(self._offers, self)
        self._completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self._completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._completer.setWidget(self)
        self._completer.activated[str].connect(self._take)
        self.textEdited.connect(self._offer)

    def show_offers(self, offers: Sequence[str]) -> None:
        """Offer these lines, each beginning with the code it stands for."""
        self._offers.setStringList(list(offers))

    def _offer(self, text: str) -> None:
        last = text.rpartition(",")[2].strip()
        self._completer.setCompletionPrefix(last)
        if last and self._completer.completionCount():
            self._completer.complete()

    def _take(self, line: str) -> None:
        before = self.text().rpartition(",")[0]
        code = line.partition(" ")[0]
        self.setText(f"{before}, {code}" if before else code)


class BacktestForm(QFrame):
    """Passive: takes what is typed, shows what is wrong with it and how far a run is."""

    run_pressed = pyqtSignal()
    cancel_pressed = pyqtSignal()
    csv_pressed = pyqtSignal()
    html_pressed = pyqtSignal()

    def __init__(
        self, theme: Theme, timeframes: Sequence[tuple[str, str]], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("pane")
        self._theme = theme
        self.strategy = QComboBox()
        # As wide as the longest name where there is room, as narrow as a low window needs.
        self.strategy.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.strategy.setMinimumWidth(_NARROWEST)
        self.strategy.setMaximumWidth(_WIDEST)
        self.markets = _MarketsEdit()
        self.markets.setMinimumWidth(150)
        self.timeframe = QComboBox()
        for code, words in timeframes:
            self.timeframe.addItem(words, code)
        self.start, self.end = QDateEdit(), QDateEdit()
        for edit in (self.start, self.end):
            edit.setCalendarPopup(True)
            edit.setDisplayFormat("yyyy-MM-dd")
        self.cash, self.slippage = QLineEdit(), QLineEdit()
        self.cash.setFixedWidth(120)
        self.slippage.setFixedWidth(56)
        for number in (self.cash, self.slippage):
            number.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.steps = CheckBox(_("Price steps"))
        self.steps.setToolTip(_("Fill on the market's price steps, each fill against you"))
        self.fees = CheckBox(_("Profit after fees"))
        self.fees.setToolTip(_("Rules read the profit that is left after the fees of both ways"))
        self.run_button = QPushButton(" " + _("Run"))
        self.run_button.setAccessibleName(_("Run"))
        self.run_button.setObjectName("primary")
        self.run_button.setIcon(theme.icon("play", "on-fill", 13))
        self.cancel_button = QPushButton(_("Cancel"))
        self.csv_button = QPushButton(" CSV")
        self.csv_button.setAccessibleName(_("Save the round trips as CSV"))
        self.html_button = QPushButton(" HTML")
        self.html_button.setAccessibleName(_("Save the report as a page"))
        for button in (self.csv_button, self.html_button):
            button.setIcon(theme.icon("download", "text-2", 13))
            button.setToolTip(button.accessibleName())
        self.show_may_save(may_save=False)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(3)
        self.bar.setRange(0, 1000)
        self.state = ElidedText(theme, "small", "text-2").shrink()
        self._name_parts()
        self._assemble()
        self.show_progress(None, "")
        self.run_button.clicked.connect(self.run_pressed)
        self.cancel_button.clicked.connect(self.cancel_pressed)
        self.csv_button.clicked.connect(self.csv_pressed)
        self.html_button.clicked.connect(self.html_pressed)
        for field in (self.markets, self.cash, self.slippage):
            field.returnPressed.connect(self.run_pressed)

    def entry(self) -> BacktestEntry:
        """What stands in the form."""
        return BacktestEntry(
            str(self.strategy.currentData() or ""),
            self.markets.text(),
            str(self.timeframe.currentData()),
            self.start.date().toPyDate(),
            self.end.date().toPyDate(),
            self.cash.text(),
            self.slippage.text(),
            self.steps.isChecked(),
            self.fees.isChecked(),
        )

    def show_entry(self, entry: BacktestEntry) -> None:
        """Put this into the form."""
        self._choose(self.strategy, entry.strategy)
        self._choose(self.timeframe, entry.timeframe)
        self.markets.setText(entry.markets)
        self.start.setDate(QDate(entry.start.year, entry.start.month, entry.start.day))
        self.end.setDate(QDate(entry.end.year, entry.end.month, entry.end.day))
        self.cash.setText(entry.cash)
        self.slippage.setText(entry.slippage)
        self.steps.setChecked(entry.on_price_steps)
        self.fees.setChecked(entry.with_fees)

    def show_strategies(self, choices: Sequence[tuple[str, str]]) -> None:
        """Offer these (key, name); the one chosen stays where it still is there."""
        chosen = str(self.strategy.currentData() or "")
        self.strategy.clear()
        for key, name in choices:
            self.strategy.addItem(name, key)
        self._choose(self.strategy, chosen)

    def show_problem(self, field: str, text: str) -> None:
        """Mark a field (`markets`, `period`, `cash`, `slippage`; empty: none) and say why."""
        marked = {
            "markets": (self.markets,),
            "period": (self.start, self.end),
            "cash": (self.cash,),
            "slippage": (self.slippage,),
        }.get(field, ())
        for part in (self.markets, self.start, self.end, self.cash, self.slippage):
            is_marked = "true" if part in marked else "false"
            if part.property("problem") != is_marked:
                part.setProperty("problem", is_marked)
                style = part.style()
                if style is not None:
                    style.polish(part)
        if marked:
            marked[0].setFocus()
        self.state.show_text(text, "bad" if text else "text-2")

    def show_progress(self, fraction: float | None, text: str) -> None:
        """Show how far a run is, 0 to 1; None while there is none."""
        self.bar.setVisible(fraction is not None)
        self.cancel_button.setVisible(fraction is not None)
        self.run_button.setVisible(fraction is None)
        if fraction is not None:
            self.bar.setValue(round(fraction * 1000))
        self.state.show_text(text, "text-2")

    def add_control(self, control: QWidget) -> None:
        """Put a control at the right end of the first line."""
        self._upper.addWidget(control)

    def show_may_save(self, *, may_save: bool) -> None:
        """Offer to save a result, or not."""
        self.csv_button.setEnabled(may_save)
        self.html_button.setEnabled(may_save)

    def take_days(self, days: int) -> None:
        """Put the period that many days before its end."""
        self.start.setDate(self.end.date().addDays(1 - days))

    def _choose(self, box: QComboBox, key: str) -> None:
        place = box.findData(key)
        if place >= 0:
            box.setCurrentIndex(place)

    def _name_parts(self) -> None:
        for part, name in (
            (self.strategy, _("Strategy")),
            (self.markets, _("Markets, separated by commas")),
            (self.timeframe, _("Candles")),
            (self.start, _("From, Korean time")),
            (self.end, _("To, this day included")),
            (self.cash, _("Cash to start with")),
            (self.slippage, _("Slippage in percent, against you")),
            (self.bar, _("Progress")),
        ):
            part.setAccessibleName(name)
            if not part.toolTip():
                part.setToolTip(name)

    def _assemble(self) -> None:
        upper, lower = QHBoxLayout(), QHBoxLayout()
        for row in (upper, lower):
            row.setSpacing(6)
        for words, part in (
            (_("Strategy"), self.strategy),
            (_("Markets"), self.markets),
            (_("Candles"), self.timeframe),
        ):
            upper.addWidget(Text(self._theme, "small", "text-3", words))
            upper.addWidget(part)
        upper.addWidget(Text(self._theme, "small", "text-3", _("Period")))
        upper.addWidget(self.start)
        upper.addWidget(Text(self._theme, "small", "text-3", "~"))
        upper.addWidget(self.end)
        for days in PRESETS:
            button = QPushButton(_("{n} d").format(n=days) if days < 365 else _("1 y"))
            button.setObjectName("quiet")
            button.setAccessibleName(_("The last {n} days").format(n=days))
            button.clicked.connect(lambda _checked, days=days: self.take_days(days))
            upper.addWidget(button)
        upper.addStretch(1)
        self._upper = upper
        lower.addWidget(Text(self._theme, "small", "text-3", _("Cash")))
        lower.addWidget(self.cash)
        lower.addWidget(Text(self._theme, "small", "text-3", _("Slippage %")))
        lower.addWidget(self.slippage)
        lower.addWidget(self.steps)
        lower.addWidget(self.fees)
        lower.addSpacing(8)
        lower.addWidget(self.state, 1)
        lower.addWidget(self.csv_button)
        lower.addWidget(self.html_button)
        lower.addWidget(self.cancel_button)
        lower.addWidget(self.run_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 7, 8, 7)
        column.setSpacing(6)
        column.addLayout(upper)
        column.addLayout(lower)
        column.addWidget(self.bar)
