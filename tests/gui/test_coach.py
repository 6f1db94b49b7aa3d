"""The first steps: shown at the first start, lit up by what the user does, closed for good."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from tests.builders import START_MS
from tests.fakes import FakeMarketDataFeed
from tests.gui.conftest import services_of
from upbit_auto_trading.application.settings import SettingsService
from upbit_auto_trading.domain.settings import COACH_STEPS, KeptSettings
from upbit_auto_trading.presentation.main_window import MainWindow
from upbit_auto_trading.presentation.screens.strategy_screen import StrategyScreen
from upbit_auto_trading.presentation.theme import Theme
from upbit_auto_trading.presentation.viewmodels.settings import SettingsViewModel
from upbit_auto_trading.presentation.widgets.coach_strip import CoachStrip

# Without a window system nobody is told how small a window may become.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints")

Hands: Any = QTest  # its stubs declare static functions as methods


def opened(theme: Theme, kept: Mapping[str, Any] | None = None) -> MainWindow:
    settings = SettingsViewModel(SettingsService(KeptSettings(kept or {})))
    window = MainWindow(theme, lambda: START_MS / 1000, settings)
    window.show_starting("KRW-BTC")
    window.show()
    return window


async def close(window: MainWindow) -> None:
    await window.detach()
    window.stop_refreshing()
    window.close_now()
    window.deleteLater()


@pytest.fixture
async def window(theme: Theme, qtbot: QtBot) -> AsyncIterator[MainWindow]:
    made = opened(theme)
    yield made
    await close(made)


def strip(window: MainWindow) -> CoachStrip:
    return window.body.coach.strip


def lit(window: MainWindow) -> list[str]:
    return list(window.settings.settings.coach_done)


def action(window: MainWindow) -> QPushButton:
    """The one button that leads on."""
    shown = [one for one in strip(window).findChildren(QPushButton) if one.isVisible()]
    assert len(shown) == 1
    return shown[0]


def press(screen: QWidget, text: str) -> None:
    button = next(one for one in screen.findChildren(QPushButton) if one.text().strip() == text)
    button.click()


async def test_the_first_start_shows_the_steps_and_stays_usable(window: MainWindow) -> None:
    assert strip(window).isVisible()
    assert window.body.screen_shown == "chart"
    assert action(window).text() == "고르기"
    assert lit(window) == []


async def test_choosing_another_market_by_hand_is_the_first_step(
    window: MainWindow, feed: FakeMarketDataFeed
) -> None:
    window.attach(services_of(feed), "KRW-BTC")
    assert lit(window) == []
    window.chart_screen.show_market("KRW-ETH")
    assert lit(window) == ["market"]
    assert action(window).text() == "불러오기"


async def test_each_button_leads_where_its_step_is_done(window: MainWindow) -> None:
    action(window).click()
    assert window.body.screen_shown == "market"
    window.body.coach.market_shown("KRW-BTC")
    window.body.coach.market_shown("KRW-ETH")
    action(window).click()
    assert window.body.screen_shown == "strategy"
    assert lit(window) == ["market", "rules"]
    action(window).click()
    assert window.body.screen_shown == "trigger"
    # An empty screen previews nothing; what comes next is still to be seen.
    assert lit(window) == ["market", "rules"]
    window.body.navigation.step_taken.emit("preview")
    assert lit(window) == ["market", "rules", "preview"]
    action(window).click()
    assert window.body.screen_shown == "strategy"


async def test_a_step_is_taken_by_pressing_it_anywhere_whichever_comes_next(
    window: MainWindow,
) -> None:
    market, rules, preview, _paper = strip(window)._steps
    Hands.mouseClick(preview, Qt.MouseButton.LeftButton, pos=preview._title.geometry().center())
    assert window.body.screen_shown == "trigger"
    Hands.mouseClick(rules, Qt.MouseButton.LeftButton)
    assert window.body.screen_shown == "strategy"
    assert lit(window) == ["rules"]
    # Done already, it leads there and leaves what is being edited alone.
    screen = window.body.screen_named("strategy")
    assert isinstance(screen, StrategyScreen)
    editor = screen.editor
    editor.rename("mine")
    window.body.show_screen("chart")
    assert rules.focusPolicy() is Qt.FocusPolicy.TabFocus
    Hands.keyClick(rules, Qt.Key.Key_Space)
    assert window.body.screen_shown == "strategy"
    assert editor.strategy is not None
    assert "mine" in (editor.strategy.name.korean, editor.strategy.name.english)
    assert market.focusPolicy() is Qt.FocusPolicy.NoFocus


async def test_rules_loaded_on_their_own_screen_count_as_loaded(window: MainWindow) -> None:
    window.body.show_screen("strategy")
    assert lit(window) == []
    press(window.body.screen_named("strategy"), "기본 7규칙 불러오기")
    assert lit(window) == ["rules"]


async def test_closed_it_stays_closed_until_help_opens_it(theme: Theme, qtbot: QtBot) -> None:
    first = opened(theme)
    closer = next(one for one in strip(first).findChildren(QToolButton) if one.isVisible())
    closer.click()
    assert not strip(first).isVisible()
    kept = {"coach_is_closed": first.settings.settings.coach_is_closed}
    await close(first)
    second = opened(theme, kept)
    assert not strip(second).isVisible()
    second.body.commands.first_steps_requested.emit()
    assert strip(second).isVisible()
    await close(second)


async def test_who_has_done_everything_is_left_alone_and_may_begin_again(
    theme: Theme, qtbot: QtBot
) -> None:
    window = opened(theme, {"coach_done": list(COACH_STEPS)})
    assert not strip(window).isVisible()
    window.body.coach.reopen()
    assert strip(window).isVisible()
    assert lit(window) == []
    await close(window)
