"""The log screen: live, filtered, paused, copied, and opened where another screen points."""

from dataclasses import replace
from typing import Any

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QComboBox, QLineEdit, QPlainTextEdit, QPushButton
from pytestqt.qtbot import QtBot

from tests.builders import START_MS
from tests.fakes import FakeMarketDataFeed
from tests.gui.conftest import services_of
from upbit_auto_trading.application.settings import SettingsService
from upbit_auto_trading.domain.log_line import LogLevel, LogLine
from upbit_auto_trading.presentation.screens.log_screen import LogScreen, LogTarget
from upbit_auto_trading.presentation.screens.screen import Navigation, ScreenContext
from upbit_auto_trading.presentation.theme import Theme
from upbit_auto_trading.presentation.viewmodels.log_lines import KEPT, TEXT, TIME
from upbit_auto_trading.presentation.viewmodels.settings import SettingsViewModel
from upbit_auto_trading.presentation.widgets.text import Text

Hands: Any = QTest  # its stubs declare static functions as methods
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints")


class Log:
    """Lines that the test writes."""

    def __init__(self) -> None:
        self.lines: list[LogLine] = []

    @property
    def last_serial(self) -> int:
        return len(self.lines)

    def after(self, serial: int) -> list[LogLine]:
        return self.lines[serial:]

    def write(self, text: str, level: LogLevel = LogLevel.INFO, **more: str) -> None:
        line = LogLine(
            len(self.lines) + 1, START_MS / 1000, level, "infrastructure.upbit", "", "", text
        )
        self.lines.append(replace(line, **more))  # type: ignore[arg-type]


class Reading:
    """A log screen and its log."""

    def __init__(self, theme: Theme, feed: FakeMarketDataFeed) -> None:
        self.log = Log()
        settings = SettingsViewModel(SettingsService())
        self.screen = LogScreen(
            ScreenContext(theme, settings, lambda: START_MS / 1000, Navigation())
        )
        self.screen.resize(1200, 600)
        self.services = replace(services_of(feed), log=self.log)
        self.told: list[str] = []
        self.screen.told.connect(self.told.append)

    def open(self) -> None:
        self.screen.attach(self.services)
        self.screen.show()
        self.screen.refresh()

    def listed(self, column: int = TEXT) -> list[str]:
        model = self.screen.table.model()
        assert model is not None
        return [str(model.index(n, column).data()) for n in range(model.rowCount())]

    def choose(self, name: str, text: str) -> None:
        combos = self.screen.findChildren(QComboBox)
        combo = next(one for one in combos if one.accessibleName() == name)
        combo.setCurrentText(text)

    def search(self, text: str) -> None:
        field = self.screen.findChild(QLineEdit)
        assert field is not None
        field.setText(text)

    def button(self, name: str) -> QPushButton:
        buttons = self.screen.findChildren(QPushButton)
        return next(one for one in buttons if name in (one.accessibleName(), one.text().strip()))

    def said(self) -> str:
        labels = self.screen.findChildren(Text)
        return " | ".join(label.text() for label in labels if label.text())


@pytest.fixture
async def reading(theme: Theme, feed: FakeMarketDataFeed, qtbot: QtBot) -> Any:
    made = Reading(theme, feed)
    made.log.write("connected", correlation="epoch=1")
    made.log.write(
        "the connection is lost", LogLevel.WARNING, code="E-WS-LOST", correlation="epoch=1"
    )
    made.log.write("it failed", LogLevel.ERROR, component="application.candles", details="Trace")
    made.open()
    yield made
    await made.screen.detach()
    made.screen.hide()
    made.screen.deleteLater()


async def test_lines_appear_as_they_are_written_with_korean_time(reading: Reading) -> None:
    assert reading.listed() == ["connected", "the connection is lost", "it failed"]
    assert all(len(when) == len("17:02:11.500") for when in reading.listed(TIME))
    reading.log.write("another")
    reading.screen.refresh()
    assert reading.listed()[-1] == "another"
    assert "4줄 중 4줄 · 경고 1 · 오류 1" in reading.said()


async def test_level_component_and_words_narrow_what_is_listed(reading: Reading) -> None:
    reading.choose("등급", "경고 이상")
    assert reading.listed() == ["the connection is lost", "it failed"]
    reading.choose("구성 요소", "application")
    assert reading.listed() == ["it failed"]
    reading.choose("구성 요소", "모든 구성 요소")
    reading.search("E-WS-LOST | nothing")
    assert reading.listed() == ["the connection is lost"]
    reading.search("no such line")
    assert reading.listed() == []
    assert "맞는 줄이 없어요" in reading.said()


async def test_paused_it_stands_still_and_says_what_waits(reading: Reading) -> None:
    reading.button("멈춤").click()
    for n in range(3):
        reading.log.write(f"new {n}")
    reading.screen.refresh()
    assert len(reading.listed()) == 3
    assert "새 줄 3개 대기" in reading.said()
    reading.button("계속").click()
    assert reading.listed()[-1] == "new 2"


async def test_what_belongs_together_is_one_press_away_and_back(reading: Reading) -> None:
    reading.screen.table.selectRow(0)
    button = reading.button("epoch=1만")
    assert not button.isHidden()
    button.click()
    assert reading.listed() == ["connected", "the connection is lost"]
    button.click()
    assert len(reading.listed()) == 3


async def test_details_of_a_line_are_shown_below(reading: Reading) -> None:
    details = reading.screen.findChild(QPlainTextEdit)
    assert details is not None
    assert details.isHidden()
    reading.screen.table.selectRow(2)
    assert not details.isHidden()
    assert details.toPlainText().endswith("Trace")


async def test_chosen_lines_are_copied_and_all_of_them_without_a_choice(reading: Reading) -> None:
    clipboard = QGuiApplication.clipboard()
    assert clipboard is not None
    reading.button("복사").click()
    assert clipboard.text().count("\n") == 3
    reading.screen.table.selectRow(1)
    Hands.keyClick(reading.screen.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert "E-WS-LOST epoch=1 the connection is lost" in clipboard.text()
    assert clipboard.text().count("\n") == 0
    assert reading.told == ["3줄을 복사했어요.", "1줄을 복사했어요."]


async def test_another_screen_opens_it_at_lines_of_its_words(reading: Reading) -> None:
    reading.screen.go_to(LogTarget(words=("lost", "failed"), level=LogLevel.WARNING))
    assert reading.listed() == ["the connection is lost", "it failed"]
    reading.screen.go_to(LogTarget(correlation="epoch=1"))
    assert reading.listed() == ["connected", "the connection is lost"]


async def test_the_newest_line_is_followed_until_the_user_scrolls_up(reading: Reading) -> None:
    for n in range(200):
        reading.log.write(f"line {n}")
    reading.screen.refresh()
    bar = reading.screen.table.verticalScrollBar()
    assert bar is not None
    assert bar.value() == bar.maximum()
    bar.setValue(0)
    reading.log.write("unseen")
    reading.screen.refresh()
    assert bar.value() == 0
    reading.button("최신 줄로").click()
    assert bar.value() == bar.maximum()


async def test_only_the_newest_lines_are_kept(reading: Reading) -> None:
    for n in range(2 * KEPT):
        reading.log.write(f"line {n}")
    reading.screen.refresh()
    listed = reading.listed()
    assert KEPT <= len(listed) <= KEPT + KEPT // 4
    assert listed[-1] == f"line {2 * KEPT - 1}"


async def test_a_new_look_takes_the_filter_over(
    reading: Reading, theme: Theme, feed: FakeMarketDataFeed
) -> None:
    reading.choose("등급", "오류만")
    reading.search("failed")
    other = Reading(theme, feed)
    other.log = reading.log
    other.services = reading.services
    other.open()
    other.screen.restore_view(reading.screen.view_state())
    assert other.listed() == ["it failed"]
    other.screen.hide()
    other.screen.deleteLater()
