"""What the market data is told of the screens the user changes to."""

import pytest

from tests.builders import START_MS
from tests.fakes import FakeMarketDataFeed
from tests.gui.conftest import services_of
from upbit_auto_trading.application.settings import SettingsService
from upbit_auto_trading.domain.settings import KeptSettings
from upbit_auto_trading.presentation.main_window import MainWindow
from upbit_auto_trading.presentation.theme import Theme
from upbit_auto_trading.presentation.viewmodels.settings import SettingsViewModel

# Without a window system nobody is told how small a window may become.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints")


async def test_the_feed_learns_of_each_change_of_screen_once(theme: Theme) -> None:
    feed = FakeMarketDataFeed()
    settings = SettingsViewModel(SettingsService(KeptSettings({})))
    window = MainWindow(theme, lambda: START_MS / 1000, settings)
    try:
        window.body.show_screen("settings")
        assert feed.screens == []
        window.body.attach(services_of(feed))
        for screen in ("settings", "log", "log", "chart"):
            window.body.show_screen(screen)
        assert feed.screens == ["log", "chart"]
    finally:
        await window.detach()
        window.stop_refreshing()
        window.close_now()
        window.deleteLater()
