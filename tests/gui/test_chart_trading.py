"""A paper account on the chart: average price, firing prices, marks of what was done."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from PyQt6.QtWidgets import QMainWindow

from tests.builders import START_MS
from tests.gui.conftest import services_of
from tests.paper_child import HIGH, MARKET
from tests.paper_desk import LOW, OTHER, PaperRoom
from tests.paper_strategies import at_least, churning
from upbit_auto_trading.application.paper_service import PaperTrading
from upbit_auto_trading.application.settings import SettingsService
from upbit_auto_trading.presentation.screens.chart_screen import ChartScreen
from upbit_auto_trading.presentation.theme import Theme
from upbit_auto_trading.presentation.viewmodels.settings import SettingsViewModel
from upbit_auto_trading.presentation.widgets.chart_levels import ChartLevel
from upbit_auto_trading.presentation.widgets.chart_markers import ChartMarker, MarkerKind

CASH = Decimal(1_000_000)


@pytest.fixture
def room(tmp_path: Path) -> PaperRoom:
    return PaperRoom(tmp_path)


@pytest.fixture
async def trading(room: PaperRoom) -> AsyncIterator[PaperTrading]:
    async with room.open() as opened:
        yield opened


@pytest.fixture
async def screen(
    theme: Theme, room: PaperRoom, trading: PaperTrading
) -> AsyncIterator[ChartScreen]:
    settings = SettingsViewModel(SettingsService())
    made = ChartScreen(theme, lambda: START_MS / 1000, settings=settings)
    window = QMainWindow()
    window.setFixedSize(1600, 900)
    made.setParent(window)
    made.resize(1600, 900)
    window.show()
    made.attach(replace(services_of(room.feed), trading=trading), MARKET)
    await until(lambda: made.view_model is not None and bool(made.view_model.series))
    yield made
    await made.detach()
    await settings.close()
    window.close()
    window.deleteLater()


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not is_so():  # noqa: ASYNC110 -- what turns true is on screen, no event
            await asyncio.sleep(0.001)


def levels(screen: ChartScreen) -> list[ChartLevel]:
    screen.refresh()
    return list(screen.chart.plot.levels.levels)


def markers(screen: ChartScreen) -> list[ChartMarker]:
    return list(screen.chart.plot.markers.markers)


async def test_a_position_and_what_was_done_stand_on_the_chart_of_its_market(
    screen: ChartScreen, room: PaperRoom, trading: PaperTrading
) -> None:
    assert levels(screen) == []
    await trading.runs.start(churning(at_least(HIGH)), MARKET, CASH)
    room.quote(HIGH)
    room.print_at(LOW)
    room.print_at(HIGH)
    await room.until_told("order", state="filled", market=MARKET)
    await until(lambda: any(level.key.startswith("average") for level in levels(screen)))
    (average,) = (level for level in levels(screen) if level.key.startswith("average"))
    assert average.value == pytest.approx(HIGH, rel=1e-3)
    await until(lambda: any(one.kind is MarkerKind.BUY for one in markers(screen)))
    bought = next(one for one in markers(screen) if one.kind is MarkerKind.BUY)
    assert bought.price == pytest.approx(HIGH, rel=1e-3)
    assert "매수 체결" in bought.tooltip
    screen.show_market(OTHER)
    assert levels(screen) == []
    assert markers(screen) == []
    screen.show_market(MARKET)
    await until(lambda: bool(markers(screen)))
    screen.toolbar.markers.click()
    assert markers(screen) == []


async def test_where_a_rule_would_fire_next_is_drawn_with_its_name(
    screen: ChartScreen, room: PaperRoom, trading: PaperTrading
) -> None:
    await trading.runs.start(churning(at_least(HIGH)), MARKET, CASH)
    room.quote(LOW)
    room.print_at(LOW)
    await until(lambda: any(level.key.startswith("rule-") for level in levels(screen)))
    (line,) = (level for level in levels(screen) if level.key.startswith("rule-"))
    assert line.value == HIGH
    assert line.ink == "entry"
    assert line.label.endswith("▲")
