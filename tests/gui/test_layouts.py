"""The chart's panes: arranged, moved, kept by name, and always back where they belong."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PyQt6.QtCore import QCoreApplication, Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QDockWidget, QLineEdit, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from tests.builders import START_MS
from upbit_auto_trading.application.settings import SettingsService
from upbit_auto_trading.domain.settings import KeptSettings, NamedLayout
from upbit_auto_trading.presentation.main_window import MainWindow
from upbit_auto_trading.presentation.screens.chart_layouts import (
    BOOK,
    CHART,
    CONDITION,
    DEFAULT,
    LIST,
    SCALPING,
    TAPE,
    WRITING,
)
from upbit_auto_trading.presentation.screens.dock_area import DockArea
from upbit_auto_trading.presentation.screens.layouts import Layouts
from upbit_auto_trading.presentation.theme import Theme
from upbit_auto_trading.presentation.tokens import ThemeName
from upbit_auto_trading.presentation.viewmodels.settings import SettingsViewModel
from upbit_auto_trading.presentation.widgets.text import Text

# Without a window system nobody is told how small a window may become, nor which is on top.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support (propagateSizeHints|raise)")
Hands: Any = QTest  # its stubs declare static functions as methods
EVERY = (LIST, CHART, CONDITION, BOOK, TAPE)


class Room:
    """A window without an exchange, closed in order."""

    def __init__(
        self,
        theme: Theme,
        kept: Mapping[str, Any] | None = None,
        size: tuple[int, int] | None = None,
        screen: str = "chart",
    ) -> None:
        self.service = SettingsService(KeptSettings(kept or {}))
        view_model = SettingsViewModel(self.service)
        self.window = MainWindow(theme, lambda: START_MS / 1000, view_model)
        self.window.show_starting("KRW-BTC")
        if size is not None:
            self.window.resize(*size)
        self.window.body.show_screen(screen)
        self.window.show()
        self.settle()

    @property
    def area(self) -> DockArea:
        return self.window.chart_screen.docks

    @property
    def layouts(self) -> Layouts:
        return self.window.body.layouts

    def dock(self, name: str) -> QDockWidget:
        found = self.area.findChild(QDockWidget, name)
        assert found is not None
        return found

    def shown(self) -> set[str]:
        return {name for name in EVERY if self.area.is_shown(name)}

    def resize(self, width: int, height: int = 900) -> None:
        self.window.resize(width, height)
        self.settle()

    def settle(self) -> None:
        for _ in range(3):
            QCoreApplication.sendPostedEvents()

    def is_standard(self) -> bool:
        areas = {name: self.dock(name).geometry() for name in EVERY}
        return (
            self.shown() == set(EVERY)
            and areas[LIST].right() < areas[CHART].left()
            and areas[CHART].right() < areas[BOOK].left()
            and areas[CHART].bottom() < areas[CONDITION].top()
            and areas[BOOK].bottom() < areas[TAPE].top()
            and not any(self.dock(name).isFloating() for name in EVERY)
        )

    async def close(self) -> None:
        await self.window.detach()
        self.window.stop_refreshing()
        self.window.close_now()
        self.window.deleteLater()
        await self.window.settings.close()


@pytest.fixture
async def room(theme: Theme, qtbot: QtBot) -> AsyncIterator[Room]:
    made = Room(theme)
    yield made
    await made.close()


async def test_the_standard_layout_has_every_pane_in_its_place(room: Room) -> None:
    room.resize(1600)
    assert room.is_standard()
    assert 278 <= room.dock(LIST).width() <= 284
    assert not room.area.is_editing


async def test_the_chart_takes_what_the_window_gains_and_gives_what_it_loses(room: Room) -> None:
    room.resize(1600)
    before = {name: room.dock(name).width() for name in EVERY}
    room.resize(1900)
    after = {name: room.dock(name).width() for name in EVERY}
    assert abs(after[LIST] - before[LIST]) <= 2
    assert abs(after[BOOK] - before[BOOK]) <= 2
    assert after[CHART] - before[CHART] >= 296
    room.resize(1600)
    assert abs(room.dock(CHART).width() - before[CHART]) <= 4


async def test_a_window_that_is_small_from_the_start_leaves_the_chart_its_place(
    theme: Theme, qtbot: QtBot
) -> None:
    made = Room(theme, size=(1280, 690))
    assert made.dock(LIST).width() == 204
    assert made.dock(BOOK).width() == 244
    assert made.dock(CONDITION).height() < 80
    assert made.dock(CHART).width() > 700
    made.resize(1300, 690)
    assert made.dock(BOOK).width() == 244
    assert made.dock(CONDITION).height() < 80
    await made.close()


async def test_a_chart_that_is_opened_after_another_screen_has_every_pane_in_its_size(
    theme: Theme, qtbot: QtBot
) -> None:
    made = Room(theme, screen="settings")
    assert not made.area.isVisible()
    found = []
    for width in (1500, 1600):
        made.window.body.show_screen("chart")
        made.settle()
        found.append([made.dock(LIST).width(), made.dock(BOOK).width()])
        found[-1].append(made.dock(CONDITION).height())
        made.window.body.show_screen("settings")
        made.resize(width, 900)
    await made.close()
    for beside, book, below in found:
        assert 278 <= beside <= 284
        assert book == 290
        assert below < 80


async def test_a_narrow_window_puts_the_tape_behind_the_book(room: Room) -> None:
    room.resize(1280, 720)
    assert room.area.is_tabbed(TAPE)
    # Qt would draw a light line of its own beside the tabs.
    assert not any(bar.drawBase() for bar in room.area.findChildren(QTabBar))
    assert room.shown() == set(EVERY)
    assert room.dock(LIST).width() <= 210
    room.resize(1600)
    assert room.is_standard()


async def test_shipped_layouts_are_chosen_by_key(room: Room) -> None:
    room.resize(1600)
    Hands.keyClick(room.window.body, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    room.settle()
    assert room.layouts.current == SCALPING
    assert room.shown() == {CHART, BOOK, TAPE}
    assert room.dock(BOOK).geometry().right() < room.dock(TAPE).geometry().left()
    Hands.keyClick(room.window.body, Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    assert room.layouts.current == WRITING
    assert room.shown() == {CHART, CONDITION}
    Hands.keyClick(room.window.body, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    room.settle()
    assert room.is_standard()


async def test_panes_have_bars_only_while_they_can_be_moved_or_float(room: Room) -> None:
    def bar(name: str) -> int:
        widget = room.dock(name).titleBarWidget()
        assert widget is not None
        return widget.maximumHeight()

    assert {bar(name) for name in EVERY} == {0}
    room.layouts.toggle_editing()
    assert min(bar(name) for name in EVERY) > 0
    room.dock(TAPE).setFloating(True)
    room.layouts.toggle_editing()
    assert bar(TAPE) > 0
    assert bar(BOOK) == 0
    room.layouts.reset()
    assert {bar(name) for name in EVERY} == {0}


async def test_a_layout_is_saved_renamed_and_deleted_by_name(room: Room) -> None:
    room.resize(1600)
    room.layouts.choose(WRITING)
    room.area.show_pane(TAPE, shown=True)
    name(room, "내 것")
    assert room.layouts.current == "내 것"
    room.layouts.choose(DEFAULT)
    assert room.is_standard()
    Hands.keyClick(room.window.body, Qt.Key.Key_4, Qt.KeyboardModifier.ControlModifier)
    assert room.shown() == {CHART, CONDITION, TAPE}
    room.layouts.button.rename_pressed.emit()
    field(room).setText("다른 것")
    Hands.keyClick(field(room), Qt.Key.Key_Return)
    assert [one.name for one in room.service.settings.layouts] == ["다른 것"]
    assert room.layouts.current == "다른 것"
    room.layouts.button.delete_pressed.emit()
    assert room.service.settings.layouts == ()
    assert room.is_standard()


@pytest.mark.parametrize("taken", ["", "   ", "default", "mine"])
async def test_a_name_that_cannot_be_taken_is_refused_at_the_field(room: Room, taken: str) -> None:
    name(room, "mine")
    room.layouts.choose(DEFAULT)
    name(room, taken)
    assert room.layouts.prompt.isVisible()
    refusals = [one.text() for one in room.layouts.prompt.findChildren(Text) if one.isVisible()]
    assert any("이름" in text for text in refusals)
    assert [one.name for one in room.service.settings.layouts] == ["mine"]
    Hands.keyClick(field(room), Qt.Key.Key_Escape)
    assert not room.layouts.prompt.isVisible()


async def test_how_the_panes_stood_is_there_again_at_the_next_start(
    theme: Theme, qtbot: QtBot
) -> None:
    first = Room(theme)
    first.resize(1600)
    first.area.show_pane(LIST, shown=False)
    first.area.resizeDocks(
        [first.dock(CHART), first.dock(BOOK)], [900, 420], Qt.Orientation.Horizontal
    )
    first.settle()
    width = first.dock(BOOK).width()
    first.window.keep_place()
    kept = {"arrangement": first.service.settings.arrangement}
    await first.close()
    second = Room(theme, kept)
    second.resize(1600)
    assert second.shown() == {CHART, CONDITION, BOOK, TAPE}
    assert abs(second.dock(BOOK).width() - width) <= 4
    second.layouts.reset()
    second.settle()
    assert second.is_standard()
    await second.close()


async def test_a_floating_pane_stays_afloat_in_another_look_and_leaves_no_double(
    room: Room,
) -> None:
    room.resize(1600)
    before = room.area
    room.dock(TAPE).setFloating(True)
    await room.window.change_look(Theme(ThemeName.LIGHT))
    room.settle()
    assert room.area is not before
    assert room.dock(TAPE).isFloating()
    tapes = [
        one
        for one in QApplication.allWidgets()
        if isinstance(one, QDockWidget) and one.objectName() == TAPE and one.isVisible()
    ]
    assert tapes == [room.dock(TAPE)]


@pytest.mark.parametrize(
    "damaged", ["x", "00000000{}", "not at all", '00000000{"state":"AAAA","sizes":{}}']
)
async def test_a_damaged_layout_gives_way_to_the_standard_one_and_reset_works(
    theme: Theme, qtbot: QtBot, damaged: str
) -> None:
    kept = {
        "layouts": [{"name": "broken", "state": damaged}],
        "layout": "broken",
        "arrangement": damaged,
    }
    room = Room(theme, kept)
    room.resize(1600)
    assert room.is_standard()
    told: list[str] = []
    room.layouts.told.connect(told.append)
    room.layouts.choose("broken")
    assert room.is_standard()
    assert "손상" in told[0]
    room.dock(TAPE).setFloating(True)
    room.layouts.reset()
    room.settle()
    assert room.is_standard()
    assert room.service.settings.layouts == (NamedLayout("broken", damaged),)
    await room.close()


async def test_no_damage_to_a_kept_arrangement_reaches_qt_or_moves_a_pane(room: Room) -> None:
    whole = room.area.arrangement()

    @settings(
        max_examples=60,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(st.integers(0, len(whole) - 1), st.text(max_size=3), st.integers(0, 3))
    def damage(at: int, put: str, cut: int) -> None:
        damaged = whole[:at] + put + whole[at + cut :]
        if damaged != whole:
            assert not room.area.restore(damaged)

    damage()
    assert room.area.restore(whole)


def field(room: Room) -> QLineEdit:
    found = room.layouts.prompt.findChild(QLineEdit)
    assert found is not None
    return found


def name(room: Room, words: str) -> QWidget:
    """Save the present arrangement under a name, as a user would."""
    room.layouts.button.save_as_pressed.emit()
    field(room).setText(words)
    Hands.keyClick(field(room), Qt.Key.Key_Return)
    room.settle()
    return room.layouts.prompt
