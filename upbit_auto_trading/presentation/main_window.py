"""The window: one body at a time, the exchange it shows, and what outlives a change of look."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QTimer, pyqtSignal
from PyQt6.QtWidgets import QMainWindow

from upbit_auto_trading.application.connection import ConnectionNotice
from upbit_auto_trading.application.settings import SettingsService
from upbit_auto_trading.domain.subscription import ConnectionState
from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens import strip_words, window_words
from upbit_auto_trading.presentation.tray import Tray
from upbit_auto_trading.presentation.viewmodels.settings import SettingsViewModel
from upbit_auto_trading.presentation.widgets.banner import BannerLook
from upbit_auto_trading.presentation.widgets.focus_ring import FocusRing
from upbit_auto_trading.presentation.window_body import WindowBody
from upbit_auto_trading.presentation.window_place import place_window, placed

if TYPE_CHECKING:
    from collections.abc import Callable

    from PyQt6.QtGui import QCloseEvent

    from upbit_auto_trading.application.services import Services
    from upbit_auto_trading.application.subscription_metrics import FeedHealth
    from upbit_auto_trading.domain.settings import SettingsProblem
    from upbit_auto_trading.presentation.error_reporter import ErrorReport
    from upbit_auto_trading.presentation.theme import Theme

_PULSE_MS: Final = 200
_HEALTH_S: Final = 1.0


class MainWindow(QMainWindow):
    """Shows one exchange's services; tells when it should be closed or reconnected."""

    close_requested = pyqtSignal()
    reconnect_requested = pyqtSignal()
    restart_requested = pyqtSignal()
    unlisted = pyqtSignal(str)
    data_arrived = pyqtSignal()
    live_frame_painted = pyqtSignal()

    def __init__(
        self,
        theme: Theme,
        wall_clock: Callable[[], float] = time.time,
        settings: SettingsViewModel | None = None,
    ) -> None:
        super().__init__()
        self._wall_clock = wall_clock
        self.settings = settings or SettingsViewModel(SettingsService())
        self.settings.setParent(self)
        self._services: Services | None = None
        self._may_close = False
        self._was_connected = False
        self._health: FeedHealth | None = None
        self._health_read_at = 0.0
        self._refusal = ""
        self._is_notice_read = False
        self._is_reconnecting = False
        self._has_failed = False
        self._frames_before = 0
        self._tray: Tray | None = None
        self._error: Callable[[], None] | None = None
        self._show_again: Callable[[], None] | None = None
        self._retired: list[WindowBody] = []
        self._scale_of_start = self.settings.settings.scale
        place_window(self, self.settings.settings.window)
        self._pulse = QTimer(self)
        self._pulse.setInterval(_PULSE_MS)
        self._pulse.timeout.connect(self.refresh)
        self._build(theme)
        self._pulse.start()
        self.refresh()

    @property
    def frames_painted(self) -> int:
        """How often live data was painted since the start, in every look."""
        return self._frames_before + self.body.frames_painted

    def show_starting(self, market: str) -> None:
        """Show that the exchange is being chosen."""
        self._show_again = partial(self.show_starting, market)
        self._has_failed = False
        self.mode_bar.show_look(window_words.starting_look())
        self.notice_banner.show_look(None)
        self.chart_screen.show_waiting(market, _("Connecting to the exchange"), "")

    def attach(self, services: Services, market: str, timeframe: str | None = None) -> None:
        """Show an exchange."""
        self._services = services
        self._was_connected = False
        self._health = None
        self._refusal = ""
        self._is_notice_read = False
        self._show_again = None
        self._show_exchange(services, market, timeframe)

    async def detach(self) -> None:
        """Let go of the exchange."""
        self._services = None
        await self._let_go_of_retired()
        await self.body.detach()

    async def change_look(self, theme: Theme) -> None:
        """Show the same in another theme or language.

        The body before lets go of its streams only when the new one holds them: nothing is
        subscribed anew.
        """
        before, screen = self.body, self.body.screen_shown
        market, timeframe = self.chart_screen.market, self.chart_screen.timeframe
        list_view = self.chart_screen.list_pane.view_state()
        views = before.view_states()
        before.layouts.keep()
        error = self._error if self.error_panel.isVisible() else None
        self._frames_before += before.frames_painted
        self.takeCentralWidget()
        before.hide()
        before.chart_screen.docks.hide_floating()
        before.chart_screen.blockSignals(True)
        self._retired.append(before)
        self._build(theme)
        if self._services is not None:
            self._show_exchange(self._services, market, timeframe)
            self._inherit_figures(before)
        elif self._show_again is not None:
            self._show_again()
        self.chart_screen.list_pane.restore_view(list_view)
        self.body.restore_views(views)
        if error is not None:
            error()
        self.body.show_screen(screen)
        await self.chart_screen.settle()
        await self._let_go_of_retired()

    def show_failure(self, text: str, code: str) -> None:
        """Say why there is no exchange to show."""
        self._show_again = partial(self.show_failure, text, code)
        self._has_failed = True
        lead, action = _("It couldn't start"), _("Try again")
        look = BannerLook("octagon-alert", lead, text, code, action, "bad")
        self.notice_banner.show_look(look)
        market = self.chart_screen.market
        self.chart_screen.show_waiting(market, _("There is no exchange to show"), "")
        self.status_strip.show_items([strip_words.stopped_item()])

    def show_reconnecting(self, *, busy: bool, refusal: str = "") -> None:
        """Show that Upbit is being tried, or what came of it."""
        self._refusal, self._is_reconnecting = refusal, busy
        if self._services is not None:
            look = window_words.notice_look(self._services, refusal)
            self.notice_banner.show_look(look, busy=busy)

    def show_error(self, report: ErrorReport) -> None:
        """Show an error nobody caught."""
        self._error = partial(self.show_error, report)
        self.error_panel.show_error(report.text, report.details, report.count)

    def show_settings_problem(self, problem: SettingsProblem) -> None:
        """Show that settings were lost or can't be kept; the program goes on with others."""
        self._error = partial(self.show_settings_problem, problem)
        title, text = window_words.settings_problem(problem)
        self.error_panel.show_notice(title, text, problem.detail)

    def tell(self, text: str) -> None:
        """Show a sentence for a few seconds."""
        self.note.tell(text)

    def reload(self) -> None:
        """Try to reach the exchange where it isn't the one wanted, else load the chart anew."""
        services = self._services
        if services is None:
            if self._has_failed:
                self.reconnect_requested.emit()
        elif services.notice is ConnectionNotice.UPBIT_UNREACHABLE:
            if not self._is_reconnecting:
                self.reconnect_requested.emit()
        else:
            self.chart_screen.show_market(self.chart_screen.market)

    def refresh(self) -> None:
        """Bring what depends on the time up to date."""
        now = datetime.fromtimestamp(self._wall_clock(), UTC)
        self.status_strip.show_clock(formatting.clock(now))
        services = self._services
        if services is None:
            return
        is_connected = services.feed.connection_state is ConnectionState.CONNECTED
        if is_connected:
            self._was_connected = True
        chart = self.chart_screen.view_model
        status = chart.status if chart else None
        ticker = chart.ticker if chart else None
        market = self.chart_screen.market
        look = window_words.connection_look(services, status, was_connected=self._was_connected)
        self.connection_banner.show_look(look)
        health = self._read_health(services)
        is_live = is_connected and ticker is not None
        items = strip_words.status_items(services, health, market, status)
        # In front of the chart the strip's figures are no proof that prices are painted.
        self.status_strip.show_items(items, is_live=is_live and not self.chart_screen.isVisible())
        if self.settings_screen.isVisible():
            facts = window_words.connection_facts(services, health)
            self.settings_screen.show_connection(facts, is_live=is_live)
        self.body.refresh()
        title = window_words.title(self.chart_screen.market_name, market, ticker)
        if title != self.windowTitle():
            self.setWindowTitle(title)

    def stop_refreshing(self) -> None:
        """End every timer of the window."""
        self._pulse.stop()
        self.note.clear()

    def close_now(self) -> None:
        """Close after everything below has ended."""
        self._may_close = True
        self.close()

    def keep_place(self) -> None:
        """Keep where the window stands for the next start."""
        self.body.layouts.keep()
        self.settings.change(window=placed(self))

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802 -- Qt's name
        """Ask for an ordered end instead of closing under a running program."""
        assert event is not None  # noqa: S101 -- Qt always passes one
        if self._may_close:
            event.accept()
            return
        event.ignore()
        runs = self.body.guard.live_runs
        if runs:
            self.body.close_question.ask(runs, has_tray=Tray.is_available())
        else:
            self.close_requested.emit()

    def _build(self, theme: Theme) -> None:
        """Make a body in that look, and name its parts."""
        self.setWindowTitle(_("Upbit Auto Trading"))
        self.setWindowIcon(theme.icon("chart-candlestick", "acc", 32))
        body = self.body = WindowBody(theme, self.settings, self._wall_clock)
        self.mode_bar, self.status_strip = body.mode_bar, body.status_strip
        self.notice_banner, self.connection_banner = body.notice_banner, body.connection_banner
        self.chart_screen, self.settings_screen = body.chart_screen, body.settings_screen
        self.error_panel, self.note = body.error_panel, body.note
        self._focus_ring = FocusRing(theme, body)
        self.setCentralWidget(body)
        body.show()
        body.close_question.end_chosen.connect(self.close_requested)
        body.close_question.tray_chosen.connect(self._go_to_tray)
        self._make_tray(theme)
        self.notice_banner.action_pressed.connect(self._notice_pressed)
        body.told.connect(self.tell)
        body.live_frame_painted.connect(self.live_frame_painted)
        self.chart_screen.told.connect(self.tell)
        self.chart_screen.unlisted.connect(self.unlisted)
        self.chart_screen.data_arrived.connect(self.data_arrived)
        self.chart_screen.live_frame_painted.connect(self.live_frame_painted)
        self.settings_screen.facts.live_frame_painted.connect(self.live_frame_painted)
        self.status_strip.live_frame_painted.connect(self.live_frame_painted)
        self.chart_screen.shown.connect(self._chart_shown)
        body.commands.refresh_requested.connect(self.reload)
        self.settings_screen.restart_requested.connect(self.restart_requested)
        self.settings_screen.use_scale_of_start(self._scale_of_start)

    def _make_tray(self, theme: Theme) -> None:
        """Make the tray's icon in that look; it is shown when the window goes there."""
        if self._tray is not None:
            self._tray.hide()
            self._tray.deleteLater()
        self._tray = self.body.tray = Tray(theme, self)
        self._tray.window_wanted.connect(self._come_back)
        self._tray.stop_wanted.connect(self.body.guard.stop_everything)
        self._tray.end_wanted.connect(self.close_requested)

    def _go_to_tray(self) -> None:
        if self._tray is not None:
            self._tray.show()
            self.hide()

    def _come_back(self) -> None:
        self.showNormal()
        self.raise_()
        self.activateWindow()
        if self._tray is not None:
            self._tray.hide()

    def _show_exchange(self, services: Services, market: str, timeframe: str | None) -> None:
        self.mode_bar.show_look(window_words.mode_look(services.endpoint))
        look = window_words.notice_look(services, self._refusal)
        if self._is_notice_read and services.notice is not ConnectionNotice.UPBIT_UNREACHABLE:
            look = None
        self.notice_banner.show_look(look, busy=self._is_reconnecting)
        self.chart_screen.attach(services, market, timeframe)
        self.body.attach(services)
        self.refresh()

    def _notice_pressed(self) -> None:
        services = self._services
        if services is None or services.notice is ConnectionNotice.UPBIT_UNREACHABLE:
            self.reconnect_requested.emit()
        else:
            self._is_notice_read = True
            self.notice_banner.show_look(None)

    async def _let_go_of_retired(self) -> None:
        """End the bodies of earlier looks after their successor holds the same streams."""
        while self._retired:
            body = self._retired[-1]
            await body.detach()
            self._retired.remove(body)
            body.deleteLater()

    def _inherit_figures(self, before: WindowBody) -> None:
        table, earlier = self.chart_screen.table, before.chart_screen.table
        if table is not None and earlier is not None:
            table.inherit(earlier)

    def _chart_shown(self, market: str, timeframe: str) -> None:
        """Remember what the user looks at; a market of the command line isn't the user's."""
        settings = self.settings.settings
        if (market, timeframe) != (settings.market, settings.timeframe):
            self.settings.change(market=market, timeframe=timeframe)

    def _read_health(self, services: Services) -> FeedHealth:
        """The feed's figures, read once a second; its connection state as it is now."""
        now = time.monotonic()
        if self._health is None or now - self._health_read_at >= _HEALTH_S:
            self._health, self._health_read_at = services.metrics.health(), now
        return replace(self._health, connection=services.feed.connection_state)
