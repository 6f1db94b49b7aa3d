"""What fills the window in one look; made anew when theme, colours or language change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from upbit_auto_trading.presentation.screens import window_words
from upbit_auto_trading.presentation.screens.alert_desk import AlertDesk
from upbit_auto_trading.presentation.screens.chart_screen import ChartScreen, is_compact
from upbit_auto_trading.presentation.screens.coach import Coach
from upbit_auto_trading.presentation.screens.commands import Commands
from upbit_auto_trading.presentation.screens.layouts import Layouts
from upbit_auto_trading.presentation.screens.limit_settings import LimitDesk
from upbit_auto_trading.presentation.screens.registry import screen_entries
from upbit_auto_trading.presentation.screens.screen import Navigation, ScreenContext
from upbit_auto_trading.presentation.screens.settings_screen import SettingsScreen
from upbit_auto_trading.presentation.screens.trading_guard import TradingGuard
from upbit_auto_trading.presentation.widgets.banner import Banner
from upbit_auto_trading.presentation.widgets.close_question import CloseQuestion
from upbit_auto_trading.presentation.widgets.error_panel import ErrorPanel
from upbit_auto_trading.presentation.widgets.help_button import HelpButton
from upbit_auto_trading.presentation.widgets.mode_bar import ModeBar
from upbit_auto_trading.presentation.widgets.navigation_rail import NavigationRail, RailItem
from upbit_auto_trading.presentation.widgets.passing_note import PassingNote
from upbit_auto_trading.presentation.widgets.status_strip import StatusStrip

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from PyQt6.QtGui import QResizeEvent

    from upbit_auto_trading.application.services import Services
    from upbit_auto_trading.presentation.screens.screen import Screen
    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.tray import Tray
    from upbit_auto_trading.presentation.viewmodels.settings import SettingsViewModel


class WindowBody(QWidget):
    """Mode bar, banners, rail with its screens, error panel and status strip.

    Chart and settings exist from the start; every other screen is made when it is opened first.
    """

    told = pyqtSignal(str)
    live_frame_painted = pyqtSignal()

    def __init__(
        self, theme: Theme, settings: SettingsViewModel, wall_clock: Callable[[], float]
    ) -> None:
        super().__init__()
        self.setObjectName("window")
        self._settings = settings
        self.mode_bar = ModeBar(theme)
        self.close_question = CloseQuestion(theme)
        self.notice_banner = Banner(theme)
        self.connection_banner = Banner(theme)
        entries = screen_entries()
        self.rail = NavigationRail(
            theme,
            [RailItem(one.name, one.icon, one.words, one.keys, one.is_last) for one in entries],
        )
        self.chart_screen = ChartScreen(theme, wall_clock, settings=settings)
        self.settings_screen = SettingsScreen(theme, settings)
        self.error_panel = ErrorPanel(theme)
        self.status_strip = StatusStrip(theme)
        self.note = PassingNote(theme, self, (self.error_panel, self.status_strip))
        self.navigation = Navigation(self)
        self._context = ScreenContext(theme, settings, wall_clock, self.navigation)
        self.coach = Coach(theme, settings, self.navigation, self)
        self._services: Services | None = None
        self._is_compact = False
        self._makers = {one.name: one.make for one in entries if one.make is not None}
        self._made: dict[str, Screen] = {}
        self._screens: dict[str, QWidget] = {}
        self._stack = QStackedWidget()
        self._add_screen("chart", self.chart_screen)
        self._add_screen("settings", self.settings_screen)
        self._assemble()
        self._follow_navigation()
        self.layouts = Layouts(theme, self.chart_screen.docks, settings, self)
        self.layouts.told.connect(self.told)
        self.layouts.chosen.connect(self._show_chart)
        self.mode_bar.add_control(self.layouts.button)
        self.tray: Tray | None = None
        self.guard = self._make_guard(theme)
        self.alerts, self.limits = self._make_desks(theme)
        help_button = HelpButton(theme)
        self.mode_bar.add_control(help_button)
        self.commands = Commands(theme, self.chart_screen, settings, self.layouts, self)
        self._follow_commands()
        self.mode_bar.palette_requested.connect(self.commands.toggle_palette)
        self.status_strip.asked.connect(self._figure_asked)
        help_button.first_steps_pressed.connect(self.coach.reopen)
        help_button.keys_pressed.connect(self.commands.toggle_keys)
        self.commands.first_steps_requested.connect(self.coach.reopen)
        self.chart_screen.shown.connect(self.coach.market_shown)
        self.rail.screen_chosen.connect(self.show_screen)
        self.rail.width_chosen.connect(self._rail_width_chosen)
        self._keep_choices(settings)
        settings.changed.connect(self._settings_changed)
        self._follow_settings()
        self.show_screen("chart")

    def _follow_commands(self) -> None:
        """Do what is chosen in the palette, or asked for by a key."""
        self.commands.screen_chosen.connect(self.show_screen)
        self.commands.target_asked.connect(self.go_to)
        self.commands.stop_asked.connect(self.guard.stop_everything)
        self.commands.metrics_asked.connect(lambda what: self.go_to("metrics", what))
        self.commands.market_search_requested.connect(self._find_market)

    @property
    def screen_shown(self) -> str:
        """The name of the screen that is open."""
        shown = self._stack.currentWidget()
        return next(name for name, screen in self._screens.items() if screen is shown)

    @property
    def frames_painted(self) -> int:
        """How often live data was painted, on every screen."""
        counts = [screen.frames_painted for screen in self._made.values()]
        counts += [
            self.chart_screen.chart.frames_painted,
            self.settings_screen.facts.frames_painted,
            self.status_strip.frames_painted,
        ]
        return sum(counts)

    def screen_named(self, name: str) -> QWidget:
        """Return a screen, made now where it wasn't opened yet."""
        if name not in self._screens:
            made = self._makers[name](self._context)
            made.told.connect(self.told)
            made.live_frame_painted.connect(self.live_frame_painted)
            made.set_compact(compact=self._is_compact)
            self._made[name] = made
            self._add_screen(name, made)
            if self._services is not None:
                made.attach(self._services)
        return self._screens[name]

    def attach(self, services: Services) -> None:
        """Show an exchange on every screen but the chart's, which is told the market, too."""
        self._services = services
        self.commands.offer_training(is_offered=services.training is not None)
        self.coach.attach(services)
        trading = services.trading
        self.guard.attach(trading)
        self.alerts.attach(None if trading is None else trading.alerts)
        self.limits.attach(None if trading is None else trading.account)
        for screen in self._made.values():
            screen.attach(services)

    async def detach(self) -> None:
        """Let go of the exchange on every screen."""
        self._services = None
        self.coach.detach()
        for desk in (self.guard, self.alerts, self.limits):
            await desk.detach()
        for screen in self._made.values():
            await screen.detach()
        await self.chart_screen.detach()

    def refresh(self) -> None:
        """Bring the screen in front up to date."""
        self.coach.refresh()
        if self._services is not None:
            alarm = self._services.metrics.alarm
            self.rail.show_badge("metrics", *window_words.data_badge(alarm))
        name = self.screen_shown
        if name in self._made:
            self._made[name].refresh()

    def view_states(self) -> Mapping[str, Any]:
        """What the user has set on each screen opened so far."""
        return {name: screen.view_state() for name, screen in self._made.items()}

    def restore_views(self, states: Mapping[str, Any]) -> None:
        """Take over what `view_states` of an earlier look returned."""
        for name, state in states.items():
            self.screen_named(name)
            self._made[name].restore_view(state)

    def show_screen(self, name: str) -> None:
        """Open one of the screens."""
        before, screen = self.screen_shown, self.screen_named(name)
        self._stack.setCurrentWidget(screen)
        self.rail.show_screen(name)
        screen.setFocus()
        if before != name and before in self._made:
            self._made[before].left()
        if before != name and self._services is not None:
            self._services.feed.went_to(name)
        if name == "settings":
            self.settings_screen.opened()
        elif name in self._made:
            self._made[name].opened()

    def go_to(self, name: str, target: Any = None) -> None:
        """Open a screen where another one asked for it."""
        self.show_screen(name)
        if target is not None and name in self._made:
            self._made[name].go_to(target)

    def fit(self, width: int) -> None:
        """Give way to a window of that width."""
        compact = self._is_compact = is_compact(width)
        self.layouts.set_compact(compact=compact)
        for screen in self._made.values():
            screen.set_compact(compact=compact)
        narrow = compact or self._settings.settings.rail_is_narrow
        self.rail.set_narrow(narrow=narrow, may_widen=not compact)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 -- Qt's name
        super().resizeEvent(event)
        self.fit(self.width())
        self.commands.place()
        self.layouts.place()

    def _add_screen(self, name: str, screen: QWidget) -> None:
        self._screens[name] = screen
        self._stack.addWidget(screen)
        screen.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        screen.setProperty("draws-focus", True)

    def _show_chart(self) -> None:
        self.show_screen("chart")

    def _figure_asked(self, target: object) -> None:
        if "metrics" in self._makers:
            self.go_to("metrics", target)

    def _find_market(self) -> None:
        """Search on the screen in front where it can, else in the chart's list."""
        screen = self._made.get(self.screen_shown)
        if screen is not None and screen.begin_search():
            return
        self.show_screen("chart")
        self.chart_screen.list_pane.focus_search()

    def _market_asked(self, market: str) -> None:
        self.show_screen("chart")
        self.chart_screen.show_market(market)

    def _moment_asked(self, market: str, moment_ms: int) -> None:
        self.show_screen("chart")
        self.chart_screen.show_moment(market, moment_ms)

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
        self.chart_screen.follow_settings()
        self.chart_screen.depth_pane.use(settings.book_levels, settings.book_grouping)

    def _keep_choices(self, settings: SettingsViewModel) -> None:
        """Keep what is chosen on the chart screen."""
        ladder = self.chart_screen.depth_pane.ladder
        ladder.depth_chosen.connect(lambda depth: settings.change(book_levels=depth))
        ladder.grouping_chosen.connect(lambda steps: settings.change(book_grouping=steps))
        self.chart_screen.list_pane.favourite_toggled.connect(settings.toggle_favourite)

    def _follow_navigation(self) -> None:
        self.navigation.screen_asked.connect(self.go_to)
        self.navigation.market_asked.connect(self._market_asked)
        self.navigation.moment_asked.connect(self._moment_asked)

    def _make_desks(self, theme: Theme) -> tuple[AlertDesk, LimitDesk]:
        """Make what the account adds to mode bar and settings."""
        alerts, limits = AlertDesk(theme, lambda: self.tray, self), LimitDesk(theme, self)
        self.mode_bar.add_control(alerts.bell)
        alerts.opened.connect(lambda about: self.go_to("account", about))
        alerts.settings_asked.connect(lambda: self._show_card(alerts.card))
        for desk in (limits, alerts):
            self.settings_screen.add_card(desk.card)
        return alerts, limits

    def _show_card(self, card: QWidget) -> None:
        self.show_screen("settings")
        self.settings_screen.show_card(card)

    def _make_guard(self, theme: Theme) -> TradingGuard:
        guard = TradingGuard(theme, self)
        guard.told.connect(self.told)
        self.mode_bar.add_control(guard.button)
        return guard

    def _assemble(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in (
            self.mode_bar,
            self.close_question,
            self.notice_banner,
            self.connection_banner,
        ):
            column.addWidget(part)
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addWidget(self.rail)
        content = QVBoxLayout()
        content.setSpacing(0)
        content.addWidget(self.coach.strip)
        content.addWidget(self._stack, 1)
        row.addLayout(content, 1)
        column.addLayout(row, 1)
        column.addWidget(self.error_panel)
        column.addWidget(self.status_strip)
