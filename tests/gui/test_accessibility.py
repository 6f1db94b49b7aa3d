"""Every screen, in both languages: each control has a name and its turn, no text is cut off.

The window is 1280 × 720 here: that is all there is of a 1920 × 1080 screen at 150 %.
"""

import asyncio

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QWidget,
)
from pytestqt.qtbot import QtBot

from tests.builders import START_MS
from tests.fakes import FakeMarketDataFeed
from tests.gui.conftest import services_of, tick
from tests.waiting import until
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.presentation.i18n import choose_language
from upbit_auto_trading.presentation.main_window import MainWindow
from upbit_auto_trading.presentation.screens.metrics_screen import MetricsScreen
from upbit_auto_trading.presentation.screens.registry import screen_entries
from upbit_auto_trading.presentation.theme import Theme
from upbit_auto_trading.presentation.widgets.text import Text

# Without a window system nobody is told how small a window may become, nor which is on top.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support (propagateSizeHints|raise)")

CONTROLS = (QAbstractButton, QLineEdit, QComboBox, QAbstractSpinBox, QAbstractItemView)
SCREENS = [entry.name for entry in screen_entries()]
_TURNS = 40


async def opened(theme: Theme, feed: FakeMarketDataFeed) -> MainWindow:
    window = MainWindow(theme, lambda: START_MS / 1000)
    window.show()
    window.resize(1280, 720)
    services = services_of(feed)
    services.metrics.sample()
    window.attach(services, "KRW-BTC")
    await until(lambda: Stream("ticker", "KRW-BTC") in feed.held)
    feed.emit(tick())
    return window


async def in_front(window: MainWindow, name: str) -> QWidget:
    """Open a screen and let it settle."""
    window.body.show_screen(name)
    for _ in range(_TURNS):  # layouts follow texts a few turns of the loop later
        await asyncio.sleep(0)
    window.refresh()
    screen = window.body.screen_named(name)
    if isinstance(screen, MetricsScreen):
        screen.finish()
    for _ in range(_TURNS):
        await asyncio.sleep(0)
    return screen


async def closed(window: MainWindow) -> None:
    await window.detach()
    window.stop_refreshing()
    window.close_now()
    window.deleteLater()


def name_of(control: QWidget) -> str:
    if control.accessibleName():
        return control.accessibleName()
    words = getattr(control, "text", None)
    return str(words()) if callable(words) else ""


def controls_of(root: QWidget) -> list[QWidget]:
    """What can be worked with; the parts Qt makes for its own widgets left out."""
    return [
        control
        for kind in CONTROLS
        for control in root.findChildren(kind)
        if control.isVisible()
        and not control.objectName().startswith("qt_")
        and not isinstance(control, QHeaderView)
        and not isinstance(control.parentWidget(), QComboBox | QAbstractSpinBox | QLineEdit)
    ]


def described(widget: QWidget) -> str:
    """Which widget it is, for whoever reads the failure."""
    chain: list[str] = []
    one: QWidget | None = widget
    while one is not None and len(chain) < 4:
        chain.append(f"{type(one).__name__}#{one.objectName()}")
        one = one.parentWidget()
    return " < ".join(chain)


def is_cut(label: QLabel | QPushButton) -> bool:
    """Whether words are shown that don't fit; labels that give way by design say so."""
    if not label.isVisible() or not label.text():
        return False
    if isinstance(label, QLabel) and label.wordWrap():
        return label.heightForWidth(label.width()) > label.height() + 1
    if label.sizePolicy().horizontalPolicy() is QSizePolicy.Policy.Ignored:
        return False
    return label.width() < label.sizeHint().width()


def missed_by_tab(screen: QWidget) -> list[str]:
    """The controls no Tab leads to. Of buttons that exclude each other arrows reach the rest."""
    reached, one = set(), screen.nextInFocusChain()
    while one is not None and one is not screen:
        if one.focusPolicy() & Qt.FocusPolicy.TabFocus:
            reached.add(one)
        one = one.nextInFocusChain()
    return [
        described(control)
        for control in controls_of(screen)
        if control.isEnabled()
        and control not in reached
        and control.focusProxy() is None
        and not (isinstance(control, QAbstractButton) and control.group() is not None)
    ]


@pytest.mark.parametrize("language", ["ko", "en"])
async def test_on_every_screen_controls_are_named_and_reached_and_no_text_is_cut_off(
    theme: Theme, feed: FakeMarketDataFeed, qtbot: QtBot, language: str
) -> None:
    choose_language(language)
    window = await opened(theme, feed)
    nameless, missed, cut = {}, {}, {}
    for name in SCREENS:
        screen = await in_front(window, name)
        controls = controls_of(screen)
        nameless[name] = [described(one) for one in controls if not name_of(one).strip()]
        missed[name] = missed_by_tab(screen)
        labels: list[QLabel | QPushButton] = [*screen.findChildren(Text)]
        labels += screen.findChildren(QPushButton)
        cut[name] = [
            (one.text(), one.width(), one.sizeHint().width(), described(one))
            for one in labels
            if is_cut(one)
        ]
    await closed(window)
    for found in (nameless, missed, cut):
        assert {name: faults for name, faults in found.items() if faults} == {}
