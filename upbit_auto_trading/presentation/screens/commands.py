"""The command palette joined to what it can do; the list of keys beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtGui import QKeySequence, QShortcut

from upbit_auto_trading.application.strategies import SEVEN_RULES
from upbit_auto_trading.presentation.screens import command_words
from upbit_auto_trading.presentation.screens.chart_centre import TIMEFRAMES
from upbit_auto_trading.presentation.viewmodels.command_palette import PaletteEntry, matching
from upbit_auto_trading.presentation.widgets.cheat_sheet import CheatSheet
from upbit_auto_trading.presentation.widgets.command_palette import CommandPalette

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from PyQt6.QtWidgets import QWidget

    from upbit_auto_trading.presentation.screens.chart_screen import ChartScreen
    from upbit_auto_trading.presentation.screens.layouts import Layouts
    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.viewmodels.settings import SettingsViewModel


# What screens are asked to show; each screen's `go_to` says what it understands.
_TARGETS: Final[Mapping[str, tuple[str, object]]] = {
    "rules": ("strategy", SEVEN_RULES),
    "trigger": ("trigger", ("new",)),
    "order": ("account", ("order",)),
}


class Commands(QObject):
    """Opens palette and list of keys over `over`; does what is chosen.

    `target_asked` carries a screen's name and what it should show.
    """

    screen_chosen = pyqtSignal(str)
    target_asked = pyqtSignal(str, object)
    stop_asked = pyqtSignal()
    metrics_asked = pyqtSignal(str)
    refresh_requested = pyqtSignal()
    market_search_requested = pyqtSignal()
    first_steps_requested = pyqtSignal()

    def __init__(
        self,
        theme: Theme,
        chart_screen: ChartScreen,
        settings: SettingsViewModel,
        layouts: Layouts,
        over: QWidget,
    ) -> None:
        super().__init__(over)
        self._chart_screen = chart_screen
        self._layouts = layouts
        self._actions = [
            *command_words.palette_actions(TIMEFRAMES),
            *command_words.chart_actions(),
        ]
        self._offers_training = False
        self._entries: list[PaletteEntry] = []
        self.palette = CommandPalette(theme, over)
        self.keys = CheatSheet(theme, command_words.key_groups(), over)
        self.palette.query_changed.connect(self._search)
        self.palette.row_chosen.connect(self._chosen)
        self._doings: dict[str, Callable[[str], None]] = {
            "market": self._show_market,
            "timeframe": self._show_timeframe,
            "screen": self.screen_chosen.emit,
            "theme": lambda value: settings.change(theme=value),
            "language": lambda value: settings.change(language=value),
            "favourite": lambda _value: settings.toggle_favourite(chart_screen.market),
            "search": lambda _value: self.find_market(),
            "layout": layouts.choose,
            "layout-edit": lambda _value: layouts.toggle_editing(),
            "layout-save": lambda _value: layouts.ask_name(),
            "layout-reset": lambda _value: layouts.reset(),
            "chart": self._use_chart,
            "metrics": self.metrics_asked.emit,
            "target": lambda value: self.target_asked.emit(*_TARGETS[value]),
            "stop": lambda _value: self.stop_asked.emit(),
            "refresh": lambda _value: self.refresh_requested.emit(),
            "first-steps": lambda _value: self.first_steps_requested.emit(),
            "help": lambda _value: self.toggle_keys(),
        }

        for keys, doing in (
            ("Ctrl+K", self.toggle_palette),
            ("Ctrl+F", self.find_market),
            ("Ctrl+,", lambda: self.screen_chosen.emit("settings")),
            ("F5", self.refresh_requested.emit),
            ("?", self.toggle_keys),
        ):
            QShortcut(QKeySequence(keys), over).activated.connect(doing)

    def toggle_palette(self) -> None:
        """Open the palette, or close it."""
        if self.palette.isVisible():
            self.palette.close_palette()
        else:
            self.palette.open()

    def toggle_keys(self) -> None:
        """Open the list of keys, or close it."""
        if self.keys.isVisible():
            self.keys.close_sheet()
        else:
            self.keys.open()

    def offer_training(self, *, is_offered: bool) -> None:
        """Find faults and scenarios in the palette, or don't: only a simulated exchange has any."""
        self._offers_training = is_offered

    def find_market(self) -> None:
        """Put the cursor into the field that searches markets."""
        self.market_search_requested.emit()

    def place(self) -> None:
        """Stay in the middle of a window that changed its size."""
        self.palette.place()
        self.keys.place()

    def _search(self, query: str) -> None:
        actions = [*self._actions, *command_words.layout_actions(self._layouts.rows())]
        if self._offers_training:
            actions += command_words.training_actions()
        self._entries = matching(query, actions, self._chart_screen.table)
        self.palette.show_rows([(one.icon, one.title, one.detail) for one in self._entries])

    def _chosen(self, row: int) -> None:
        entry = self._entries[row]
        self._doings[entry.kind](entry.value)

    def _use_chart(self, action: str) -> None:
        self.screen_chosen.emit("chart")
        self._chart_screen.centre.act(action)

    def _show_market(self, market: str) -> None:
        self.screen_chosen.emit("chart")
        self._chart_screen.show_market(market)

    def _show_timeframe(self, code: str) -> None:
        self.screen_chosen.emit("chart")
        self._chart_screen.show_timeframe(code)
