"""The window: mode bar, banners, the chart screen, the error panel and the status strip."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QTimer, pyqtSignal
from PyQt6.QtWidgets import QMainWindow, QVBoxLayout, QWidget

from upbit_auto_trading.domain.subscription import ConnectionState
from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens import window_words
from upbit_auto_trading.presentation.screens.chart_screen import ChartScreen, is_compact
from upbit_auto_trading.presentation.widgets.banner import Banner, BannerLook
from upbit_auto_trading.presentation.widgets.error_panel import ErrorPanel
from upbit_auto_trading.presentation.widgets.focus_ring import FocusRing
from upbit_auto_trading.presentation.widgets.mode_bar import ModeBar
from upbit_auto_trading.presentation.widgets.status_strip import StatusStrip

if TYPE_CHECKING:
    from collections.abc import Callable

    from PyQt6.QtGui import QCloseEvent, QResizeEvent

    from upbit_auto_trading.application.services import Services
    from upbit_auto_trading.application.subscription_metrics import FeedHealth
    from upbit_auto_trading.presentation.error_reporter import ErrorReport
    from upbit_auto_trading.presentation.theme import Theme

_PULSE_MS: Final = 200
_HEALTH_S: Final = 1.0
_TOLD_MS: Final = 8000
_USUAL_SIZE: Final = (1600, 1000)
_SMALLEST_SIZE: Final = (960, 600)


class MainWindow(QMainWindow):
    """Shows one exchange's services; tells when it should be closed or reconnected."""

    close_requested = pyqtSignal()
    reconnect_requested = pyqtSignal()

    def __init__(self, theme: Theme, wall_clock: Callable[[], float] = time.time) -> None:
        super().__init__()
        self._wall_clock = wall_clock
        self._services: Services | None = None
        self._may_close = False
        self._was_connected = False
        self._health: FeedHealth | None = None
        self._health_read_at = 0.0
        self.setWindowTitle(_("Upbit Auto Trading"))
        self.setWindowIcon(theme.icon("chart-candlestick", "acc", 32))
        self.setMinimumSize(*_SMALLEST_SIZE)
        self.resize(*_USUAL_SIZE)
        self.mode_bar = ModeBar(theme)
        self.notice_banner = Banner(theme)
        self.connection_banner = Banner(theme)
        self.chart_screen = ChartScreen(theme, wall_clock)
        self.error_panel = ErrorPanel(theme)
        self.status_strip = StatusStrip(theme)
        self._assemble()
        self._focus_ring = FocusRing(theme, self)
        self.notice_banner.action_pressed.connect(self.reconnect_requested)
        self.chart_screen.told.connect(self.tell)
        self._told = QTimer(self)
        self._told.setSingleShot(True)
        self._told.setInterval(_TOLD_MS)
        self._told.timeout.connect(self.refresh)
        self._pulse = QTimer(self)
        self._pulse.setInterval(_PULSE_MS)
        self._pulse.timeout.connect(self.refresh)
        self._pulse.start()
        self.refresh()

    def show_starting(self, market: str) -> None:
        """Show that the exchange is being chosen."""
        self.mode_bar.show_look(window_words.starting_look())
        self.notice_banner.show_look(None)
        self.chart_screen.show_waiting(market, _("Connecting to the exchange"), "")

    def attach(self, services: Services, market: str) -> None:
        """Show an exchange."""
        self._services = services
        self._was_connected = False
        self._health = None
        self.mode_bar.show_look(window_words.mode_look(services.endpoint))
        self.notice_banner.show_look(window_words.notice_look(services))
        self.chart_screen.attach(services, market)
        self.refresh()

    async def detach(self) -> None:
        """Let go of the exchange."""
        self._services = None
        await self.chart_screen.detach()

    def show_failure(self, text: str, code: str, action: str) -> None:
        """Say why there is no exchange to show."""
        look = BannerLook("octagon-alert", _("It couldn't start"), text, code, action, "bad")
        self.notice_banner.show_look(look)
        market = self.chart_screen.market
        self.chart_screen.show_waiting(market, _("There is no exchange to show"), "")
        self.status_strip.show_items([window_words.stopped_item()])

    def show_reconnecting(self, *, busy: bool, refusal: str = "") -> None:
        """Show that Upbit is being tried, or what came of it."""
        if self._services is not None:
            look = window_words.notice_look(self._services, refusal)
            self.notice_banner.show_look(look, busy=busy)

    def show_error(self, report: ErrorReport) -> None:
        """Show an error nobody caught."""
        self.error_panel.show_error(report.text, report.details, report.count)

    def tell(self, text: str) -> None:
        """Show a sentence for a few seconds where the connection's trouble would stand."""
        self.connection_banner.show_look(BannerLook("info", text, ""))
        self._told.start()

    def refresh(self) -> None:
        """Bring what depends on the time up to date."""
        now = datetime.fromtimestamp(self._wall_clock(), UTC)
        self.status_strip.show_clock(formatting.clock(now))
        services = self._services
        if services is None:
            return
        if services.feed.connection_state is ConnectionState.CONNECTED:
            self._was_connected = True
        chart = self.chart_screen.view_model
        status = chart.status if chart else None
        ticker = chart.ticker if chart else None
        market = self.chart_screen.market
        look = window_words.connection_look(services, status, was_connected=self._was_connected)
        if look is not None or not self._told.isActive():
            self.connection_banner.show_look(look)
        items = window_words.status_items(services, self._read_health(services), market, status)
        self.status_strip.show_items(items)
        title = window_words.title(self.chart_screen.market_name, market, ticker)
        if title != self.windowTitle():
            self.setWindowTitle(title)

    def _read_health(self, services: Services) -> FeedHealth:
        """The feed's figures, read once a second; its connection state as it is now."""
        now = time.monotonic()
        if self._health is None or now - self._health_read_at >= _HEALTH_S:
            self._health, self._health_read_at = services.metrics.health(), now
        return replace(self._health, connection=services.feed.connection_state)

    def stop_refreshing(self) -> None:
        """End every timer of the window."""
        self._pulse.stop()
        self._told.stop()

    def close_now(self) -> None:
        """Close after everything below has ended."""
        self._may_close = True
        self.close()

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802 -- Qt's name
        """Ask for an ordered end instead of closing under a running program."""
        assert event is not None  # noqa: S101 -- Qt always passes one
        if self._may_close:
            event.accept()
            return
        event.ignore()
        self.close_requested.emit()

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 -- Qt's name
        super().resizeEvent(event)
        self.chart_screen.set_compact(compact=is_compact(self.width()))

    def _assemble(self) -> None:
        body = QWidget()
        body.setObjectName("window")
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in (self.mode_bar, self.notice_banner, self.connection_banner):
            column.addWidget(part)
        column.addWidget(self.chart_screen, 1)
        column.addWidget(self.error_panel)
        column.addWidget(self.status_strip)
        self.setCentralWidget(body)
