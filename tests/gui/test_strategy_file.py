"""`--strategy FILE`: the strategy is saved and shown; what is none is told."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.builders import START_MS
from tests.fakes import FakeMarketDataFeed
from tests.gui.conftest import FakeRuntime, services_of
from tests.waiting import until
from upbit_auto_trading.application.strategies import SEVEN_RULES, shipped_template
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.infrastructure.strategy_library import StrategyLibrary
from upbit_auto_trading.presentation.app import WindowLife
from upbit_auto_trading.presentation.error_reporter import ErrorReporter
from upbit_auto_trading.presentation.main_window import MainWindow
from upbit_auto_trading.presentation.options import WindowOptions
from upbit_auto_trading.presentation.strategy_file import StrategyFileError, take_in
from upbit_auto_trading.presentation.theme import Theme

# Without a window system nobody is told how small a window may become.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints")


@pytest.fixture
async def library(tmp_path: Path, qtbot: QtBot) -> AsyncIterator[StrategyLibrary]:
    folder = tmp_path / "library"
    folder.mkdir()
    async with StrategyLibrary(folder, shipped_variables()) as opened:
        yield opened


@pytest.fixture
async def exported(tmp_path: Path) -> Path:
    """A strategy as another library exported it."""
    strategy = shipped_template(SEVEN_RULES).strategy
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    async with StrategyLibrary(elsewhere, shipped_variables()) as other:
        saved = await other.use(lambda shelf: shelf.save_strategy(strategy, START_MS))
        document = await other.use(lambda shelf: shelf.export_strategy(saved.id))
    path = tmp_path / "mine.json"
    path.write_text(document, encoding="utf-8")
    return path


async def test_the_strategy_of_a_file_is_saved_and_shown(
    theme: Theme, feed: FakeMarketDataFeed, library: StrategyLibrary, exported: Path
) -> None:
    reporter = ErrorReporter()
    window = MainWindow(theme, lambda: START_MS / 1000)
    runtime = FakeRuntime([dataclasses.replace(services_of(feed), library=library)])
    life = WindowLife(WindowOptions(strategy=exported), runtime, reporter, window)
    task = asyncio.get_running_loop().create_task(life.run())
    await until(lambda: window.body.screen_shown == "strategy")
    identity = shipped_template(SEVEN_RULES).strategy.id
    saved = await library.use(lambda shelf: shelf.versions("strategy", identity))
    assert len(saved) == 1
    life.end()
    assert await task == 0
    assert reporter.texts == []
    reporter.deleteLater()


async def test_a_file_that_is_no_strategy_is_told_and_the_window_opens(
    theme: Theme, feed: FakeMarketDataFeed, library: StrategyLibrary, tmp_path: Path
) -> None:
    path = tmp_path / "shopping.json"
    path.write_text('{"milk": 2}', encoding="utf-8")
    reporter = ErrorReporter()
    window = MainWindow(theme, lambda: START_MS / 1000)
    runtime = FakeRuntime([dataclasses.replace(services_of(feed), library=library)])
    life = WindowLife(WindowOptions(strategy=path), runtime, reporter, window)
    task = asyncio.get_running_loop().create_task(life.run())
    await until(lambda: bool(reporter.texts))
    assert "shopping.json" in reporter.texts[0]
    assert window.note.isVisible()
    assert window.body.screen_shown == "chart"
    life.end()
    await task
    reporter.deleteLater()


async def test_without_a_library_or_a_readable_file_nothing_is_taken_in(
    library: StrategyLibrary, exported: Path, tmp_path: Path
) -> None:
    with pytest.raises(StrategyFileError):
        await take_in(None, exported)
    with pytest.raises(StrategyFileError, match="gone"):
        await take_in(library, tmp_path / "gone.json")
