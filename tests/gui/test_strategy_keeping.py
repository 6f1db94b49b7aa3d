"""What is edited on the strategy screen outlives the program; strategies get names, go to files."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QAction
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QLineEdit, QMenu
from pytestqt.qtbot import QtBot

from tests.builders import START_MS
from tests.fakes import FakeMarketDataFeed
from tests.gui.conftest import services_of
from tests.waiting import until
from upbit_auto_trading.application.settings import SettingsService
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.recording import LedgerError
from upbit_auto_trading.domain.strategy_json import strategy_from_json
from upbit_auto_trading.infrastructure.persistence.strategy_store import StrategyStore
from upbit_auto_trading.infrastructure.strategy_library import StrategyLibrary
from upbit_auto_trading.presentation.screens.screen import Navigation, ScreenContext
from upbit_auto_trading.presentation.screens.strategy_screen import StrategyScreen
from upbit_auto_trading.presentation.theme import Theme
from upbit_auto_trading.presentation.viewmodels.draft_keeper import DRAFT_MS
from upbit_auto_trading.presentation.viewmodels.settings import SettingsViewModel
from upbit_auto_trading.presentation.widgets.file_dialog import FileDialog

Hands: Any = QTest  # its stubs declare static functions as methods

# Without a window system nobody is told how small a window may become.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


class Desk:
    """Opens the strategy screen on one data folder, as often as a test starts the program."""

    def __init__(self, theme: Theme, feed: FakeMarketDataFeed, folder: Path) -> None:
        self.settings = SettingsViewModel(SettingsService())
        self._context = ScreenContext(theme, self.settings, self._now, Navigation())
        self._feed, self._folder, self._time = feed, folder, START_MS / 1000
        self.told: list[str] = []

    def _now(self) -> float:
        self._time += 1
        return self._time

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[StrategyScreen]:
        async with StrategyLibrary(self._folder, shipped_variables()) as library:
            screen = StrategyScreen(self._context)
            screen.told.connect(self.told.append)
            screen.resize(1500, 900)
            screen.show()
            screen.attach(dataclasses.replace(services_of(self._feed), library=library))
            shelf = screen.keeping.shelf
            await until(lambda: shelf is not None and shelf.is_listed)
            try:
                yield screen
            finally:
                await screen.detach()
                screen.close()
                screen.deleteLater()

    async def drafts_on_disk(self) -> dict[str, str]:
        """Read the file through a connection of its own, as the next start would."""
        async with StrategyLibrary(self._folder, shipped_variables()) as library:
            found = await library.use(lambda store: store.drafts.all("strategy"))
        return {identity: text for identity, text, _saved in found}


@pytest.fixture
async def desk(
    theme: Theme, feed: FakeMarketDataFeed, tmp_path: Path, qtbot: QtBot
) -> AsyncIterator[Desk]:
    made = Desk(theme, feed, tmp_path)
    yield made
    await made.settings.close()


def type_number(screen: StrategyScreen, rule: str, path: str, text: str) -> None:
    field = screen.board.rules.cards[rule].sentence.field(path)
    field.setFocus()
    field.selectAll()
    Hands.keyClicks(field, text)


def sentence(screen: StrategyScreen, rule: str) -> str:
    return screen.board.rules.cards[rule].sentence.accessibleName()


async def saved(screen: StrategyScreen) -> None:
    strategy, shelf = screen.editor.strategy, screen.keeping.shelf
    assert strategy is not None
    assert shelf is not None
    screen.keeping.save()
    await until(lambda: not screen.editor.is_changed)
    await until(lambda: shelf.named(strategy.id) == screen.editor.strategy)


def entries(screen: StrategyScreen) -> dict[str, QAction]:
    """What the menu of strategies offers, submenus joined to their names."""
    screen._open_library(screen.board)
    menu = screen.findChildren(QMenu, options=Qt.FindChildOption.FindDirectChildrenOnly)[-1]
    found: dict[str, QAction] = {}
    for action in menu.actions():
        below = action.menu()
        words = action.text().partition("\t")[0]
        found |= {f"{words} › {one.text()}": one for one in below.actions()} if below else {}
        found[words] = action
    menu.hide()
    return found


async def test_edits_are_on_disk_half_a_second_later_whatever_becomes_of_the_program(
    desk: Desk,
) -> None:
    async with desk.opened() as screen:
        screen.load_template()
        type_number(screen, "crash", "trigger.0.right", "-7")
        async with asyncio.timeout(DRAFT_MS / 1000 + 30):
            while "-7.0" not in "".join((await desk.drafts_on_disk()).values()):  # noqa: ASYNC110
                await asyncio.sleep(0)
        # Nothing was closed so far: this is what a kill would have left.
    async with desk.opened() as screen:
        assert "−7%" in sentence(screen, "crash")
        assert "저장하지 않은 초안을 이어서 열었어요." in desk.told[-1]
        assert screen.editor.saved is None
        assert screen.board.save.isEnabled()


async def test_edits_of_a_saved_strategy_come_back_as_edits_of_its_version(desk: Desk) -> None:
    async with desk.opened() as screen:
        screen.load_template()
        await saved(screen)
        assert not await desk.drafts_on_disk()
        type_number(screen, "surge", "trigger.0.right", "9")
    async with desk.opened() as screen:
        assert "9%" in sentence(screen, "surge")
        assert screen.editor.saved is not None
        assert screen.editor.is_changed
        screen.editor.undo()
        assert not screen.editor.is_changed
        screen.editor.redo()
        await saved(screen)
        assert screen.editor.saved.revision == 2
    assert not await desk.drafts_on_disk()


async def test_what_was_taken_back_leaves_no_draft(desk: Desk) -> None:
    async with desk.opened() as screen:
        screen.load_template()
        await saved(screen)
        type_number(screen, "surge", "trigger.0.right", "9")
        screen.editor.undo()
    assert not await desk.drafts_on_disk()
    async with desk.opened() as screen:
        assert not screen.editor.is_changed


async def test_a_template_only_looked_at_is_no_draft(desk: Desk) -> None:
    async with desk.opened() as screen:
        screen.load_template()
        screen.keeping.start_empty()
    assert not await desk.drafts_on_disk()


async def test_every_unsaved_strategy_waits_in_the_menu_until_it_is_opened_again(
    desk: Desk,
) -> None:
    async with desk.opened() as screen:
        screen.load_template()
        type_number(screen, "surge", "trigger.0.right", "9")
        screen.keeping.start_empty()
        screen.keeping.rename("둘째")
    assert len(await desk.drafts_on_disk()) == 2
    async with desk.opened() as screen:
        assert screen.editor.strategy is not None
        assert screen.editor.strategy.name.korean == "둘째"
        entries(screen)["기본 7규칙 (아직 저장 안 함)"].trigger()
        assert "9%" in sentence(screen, "surge")
        assert len(screen.keeping.shelf.drafts) == 2  # type: ignore[union-attr]


async def test_a_draft_is_dropped_for_what_is_saved_and_undo_brings_it_back(desk: Desk) -> None:
    async with desk.opened() as screen:
        screen.load_template()
        await saved(screen)
        assert "초안 버리기" not in entries(screen)
        type_number(screen, "surge", "trigger.0.right", "9")
        entries(screen)["초안 버리기"].trigger()
        assert "5%" in sentence(screen, "surge")
        assert not screen.editor.is_changed
        screen.editor.undo()
        assert "9%" in sentence(screen, "surge")
    assert len(await desk.drafts_on_disk()) == 1


async def test_a_draft_never_saved_gives_way_to_nothing(desk: Desk) -> None:
    async with desk.opened() as screen:
        screen.load_template()
        type_number(screen, "surge", "trigger.0.right", "9")
        entries(screen)["초안 버리기"].trigger()
        assert screen.editor.strategy is None
    assert not await desk.drafts_on_disk()


async def test_what_cant_be_saved_goes_on_as_a_draft(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_given: object) -> None:
        raise LedgerError("full", "strategies.sqlite3", "disk full")

    async with desk.opened() as screen:
        screen.load_template()
        type_number(screen, "surge", "trigger.0.right", "9")
        monkeypatch.setattr(StrategyStore, "save_strategy", refuse)
        screen.keeping.save()
        await until(lambda: "E-FULL" in desk.told[-1])
        assert screen.editor.is_changed
    async with desk.opened() as screen:
        assert "9%" in sentence(screen, "surge")


async def test_an_earlier_version_is_an_edit_that_can_be_saved(desk: Desk) -> None:
    async with desk.opened() as screen:
        screen.load_template()
        await saved(screen)
        type_number(screen, "surge", "trigger.0.right", "9")
        await saved(screen)
        first = next(words for words in entries(screen) if "› 버전 1" in words)
        entries(screen)[first].trigger()
        await until(lambda: "5%" in sentence(screen, "surge"))
        assert screen.editor.is_changed
        assert screen.board.save.isEnabled()
        screen.editor.undo()
        assert "9%" in sentence(screen, "surge")


async def test_f2_renames_what_is_open_and_a_second_template_gets_a_name_of_its_own(
    desk: Desk,
) -> None:
    async with desk.opened() as screen:
        screen.load_template()
        await saved(screen)
        screen.load_template()
        assert screen.editor.strategy is not None
        assert screen.editor.strategy.name.korean == "기본 7규칙 (2)"
        screen.activateWindow()
        await until(screen.isActiveWindow)
        Hands.keyClick(screen, Qt.Key.Key_F2)
        (field,) = screen.files.prompt.findChildren(QLineEdit)
        assert field.text() == "기본 7규칙 (2)"
        field.clear()
        Hands.keyClick(field, Qt.Key.Key_Return)
        assert screen.files.prompt.isVisible()
        Hands.keyClicks(field, "scalp")
        Hands.keyClick(field, Qt.Key.Key_Return)
        assert not screen.files.prompt.isVisible()
        assert screen.editor.strategy.name.korean == "scalp"
        screen.editor.undo()
        assert screen.editor.strategy.name.korean == "기본 7규칙 (2)"


async def test_a_strategy_goes_to_a_file_and_comes_back_as_one_of_its_own(
    desk: Desk, tmp_path: Path
) -> None:
    path = tmp_path / "mine.strategy.json"
    async with desk.opened() as screen:
        screen.load_template()
        type_number(screen, "surge", "trigger.0.right", "9")
        await saved(screen)
        first = screen.editor.strategy
        entries(screen)["파일로 내보내기…"].trigger()
        screen.findChildren(FileDialog)[-1].chosen.emit(str(path))
        assert strategy_from_json(path.read_bytes(), shipped_variables()) == first
        entries(screen)["파일에서 가져오기…"].trigger()
        screen.findChildren(FileDialog)[-1].chosen.emit(str(path))
        second = screen.editor.strategy
        assert first is not None
        assert second is not None
        assert second.id != first.id
        assert second.name.korean == "기본 7규칙 (2)"
        assert second.rules == first.rules
    assert list(await desk.drafts_on_disk()) == [second.id]


async def test_a_file_that_is_no_strategy_changes_nothing_and_says_why(
    desk: Desk, tmp_path: Path
) -> None:
    path = tmp_path / "other.json"
    path.write_text('{"version": 1, "strategy": {"id": "x"}}', encoding="utf-8")
    async with desk.opened() as screen:
        screen.load_template()
        before = screen.editor.strategy
        screen.files.read(path)
        assert "전략이 아니에요: 빠진 항목이 있어요" in desk.told[-1]
        assert "strategy" in desk.told[-1]
        screen.files.read(tmp_path / "nowhere.json")
        assert "nowhere.json" in desk.told[-1]
        assert screen.editor.strategy == before
