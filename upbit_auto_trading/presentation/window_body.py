"""What fills the window in one look; made anew when theme, colours or language change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens.chart_screen import ChartScreen, is_compact
from upbit_auto_trading.presentation.screens.commands import Commands
from upbit_auto_trading.presentation.screens.settings_screen import SettingsScreen
from upbit_auto_trading.presentation.widgets.banner import Banner
from upbit_auto_trading.presentation.widgets.error_panel import ErrorPanel
from upbit_auto_trading.presentation.widgets.mode_bar import ModeBar
from upbit_auto_trading.presentation.widgets.navigation_rail import NavigationRail, RailItem
from upbit_auto_trading.presentation.widgets.status_strip import StatusStrip

if TYPE_CHECKING:
    from collections.abc import Callable

    from PyQt6.QtGui import QResizeEvent

    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.viewmodels.settings import SettingsViewModel


class WindowBody(QWidget):
    """Mode bar, banners, rail with its screens, error panel and status strip."""

    def __init__(
        self, theme: Theme, settings: SettingsViewModel, wall_clock: Callable[[], float]
    ) -> None:
        super().__init__()
        self.setObjectName("window")
        self._settings = settings
        self.mode_bar = ModeBar(theme)
        self.notice_banner = Banner(theme)
        self.connection_banner = Banner(theme)
        self.rail = NavigationRail(theme, _rail_items())
        self.chart_screen = ChartScreen(theme, wall_clock)
        self.settings_screen = SettingsScreen(theme, settings)
        self.error_panel = ErrorPanel(theme)
        self.status_strip = StatusStrip(theme)
        self._screens = {"chart": self.chart_screen, "settings": self.settings_screen}
        self._stack = QStackedWidget()
        for screen in self._screens.values():
            self._stack.addWidget(screen)
            screen.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
            screen.setProperty("draws-focus", True)
        self._assemble()
        self.commands = Commands(theme, self.chart_screen, settings, self)
        self.commands.screen_chosen.connect(self.show_screen)
        self.mode_bar.palette_requested.connect(self.commands.toggle_palette)
        self.rail.screen_chosen.connect(self.show_screen)
        self.rail.width_chosen.connect(self._rail_width_chosen)
        self.chart_screen.list_pane.favourite_toggled.connect(settings.toggle_favourite)
        settings.changed.connect(self._settings_changed)
        self._follow_settings()
        self.show_screen("chart")

    @property
    def screen_shown(self) -> str:
        """The name of the screen that is open."""
        shown = self._stack.currentWidget()
        return next(name for name, screen in self._screens.items() if screen is shown)

    def show_screen(self, name: str) -> None:
        """Open one of the screens."""
        self._stack.setCurrentWidget(self._screens[name])
        self.rail.show_screen(name)
        self._screens[name].setFocus()
        if name == "settings":
            self.settings_screen.opened()

    def fit(self, width: int) -> None:
        """Give way to a window of that width."""
        compact = is_compact(width)
        self.chart_screen.set_compact(compact=compact)
        narrow = compact or self._settings.settings.rail_is_narrow
        self.rail.set_narrow(narrow=narrow, may_widen=not compact)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 -- Qt's name
        super().resizeEvent(event)
        self.fit(self.width())
        self.commands.place()

    def _rail_width_chosen(self, is_narrow: bool) -> None:
        self._settings.change(rail_is_narrow=is_narrow)

    def _settings_changed(self, before: object, after: object) -> None:
        del before, after
        self._follow_settings()
        self.fit(self.width())

    def _follow_settings(self) -> None:
        settings = self._settings.settings
        self.chart_screen.set_favourites(settings.favourites)
        self.chart_screen.set_still(still=settings.reduced_motion)

    def _assemble(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in (self.mode_bar, self.notice_banner, self.connection_banner):
            column.addWidget(part)
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addWidget(self.rail)
        row.addWidget(self._stack, 1)
        column.addLayout(row, 1)
        column.addWidget(self.error_panel)
        column.addWidget(self.status_strip)


def _rail_items() -> tuple[RailItem, ...]:
    return (
        RailItem("chart", "chart-candlestick", _("Chart")),
        RailItem("settings", "settings", _("Settings"), "Ctrl+,", is_last=True),
    )
