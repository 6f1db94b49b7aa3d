"""The training drawer before a real simulated exchange."""

import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from PyQt6.QtWidgets import QDoubleSpinBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from tests.builders import START_MS
from tests.fakes import FakeMarketDataFeed
from tests.gui.conftest import services_of
from tests.simulator_process import SimulatorProcess
from tests.waiting import until
from upbit_auto_trading.application.training import TrainingError, TrainingGround
from upbit_auto_trading.infrastructure.simulator_control import SimulatorControl
from upbit_auto_trading.presentation.main_window import MainWindow
from upbit_auto_trading.presentation.screens.fault_pane import FaultPane
from upbit_auto_trading.presentation.theme import Theme
from upbit_auto_trading.presentation.widgets.fault_drawer import OfferLook, RunningLook
from upbit_auto_trading.presentation.widgets.text import Text

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints")


class Training:
    """A drawer in a window of its own."""

    def __init__(self, theme: Theme) -> None:
        self.window = QWidget()
        self.pane = FaultPane(theme, time.monotonic, self.window)
        self.pane.drawer.setParent(self.window)
        self.window.resize(400, 700)
        self.window.show()

    def buttons(self) -> dict[str, QPushButton]:
        found = self.pane.drawer.findChildren(QPushButton)
        return {one.accessibleName(): one for one in found if not one.isHidden()}

    async def press(self, name: str) -> None:
        await until(lambda: name in self.buttons())
        self.buttons()[name].click()

    def offers(self, name: str) -> bool:
        return name in self.buttons()

    def said(self) -> str:
        labels = self.pane.drawer.findChildren(Text)
        return " | ".join(label.text() for label in labels if label.text())


@pytest.fixture
async def training(theme: Theme, qtbot: QtBot) -> Any:
    made = Training(theme)
    yield made
    await made.pane.detach()
    made.window.hide()
    made.window.deleteLater()


@asynccontextmanager
async def opened(training: Training, process: SimulatorProcess) -> AsyncIterator[SimulatorControl]:
    async with SimulatorControl(process.rest_url, TrainingError) as control:
        training.pane.attach(TrainingGround(control))
        training.pane.toggle()
        await until(lambda: "데이터 멈춤" in training.buttons())
        yield control
        await training.pane.detach()


async def test_without_a_simulated_exchange_there_is_nothing_to_open(training: Training) -> None:
    training.pane.attach(None)
    training.pane.toggle()
    assert not training.pane.is_offered
    assert training.pane.drawer.isHidden()


async def test_a_fault_is_brought_with_an_end_shown_with_what_is_left_and_ended(
    training: Training, simulator_process: Callable[..., SimulatorProcess]
) -> None:
    async with opened(training, simulator_process("--markets", "3")) as control:
        await training.press("데이터 멈춤")
        await until(lambda: bool(training.pane.drawer.findChildren(QDoubleSpinBox)))
        await training.press("시작: 데이터 멈춤")
        await until(lambda: "끝내기: 데이터 멈춤" in training.buttons())
        assert "초 남음" in training.said()
        (fault,) = await control.running()
        assert (fault.name, fault.arguments["seconds"]) == ("stall", 20)
        await training.press("끝내기: 데이터 멈춤")
        await until(lambda: "넣은 장애가 없어요." in training.said())
        assert await control.running() == []


async def test_several_faults_are_ended_at_once_and_a_scenario_begins_with_one_press(
    training: Training, simulator_process: Callable[..., SimulatorProcess]
) -> None:
    told: list[str] = []
    training.pane.told.connect(told.append)
    async with opened(training, simulator_process("--markets", "3")) as control:
        for name in ("데이터 멈춤", "늦은 퐁"):
            await training.press(name)
            await training.press(f"시작: {name}")
            await until(partial(training.offers, f"끝내기: {name}"))
        await training.press("모든 장애 끝내기")
        await until(lambda: "넣은 장애가 없어요." in training.said())
        assert await control.running() == []
        before = await control.run_id()
        await training.press("급락")
        await until(lambda: told == ["시나리오를 시작했어요."])
        assert await control.run_id() != before
        await until(lambda: "초 남음" in training.said())
        (playing,) = await control.playing()
        assert (playing.name, playing.market) == ("crash", None)
        assert 0 < playing.seconds_left <= 180
        assert not any(name.startswith("끝내기") for name in training.buttons())


async def test_time_that_passes_moves_and_renews_no_button(
    theme: Theme, training: Training
) -> None:
    drawer = training.pane.drawer
    drawer.show()
    offers = [OfferLook("stall", "Stall", "", is_running=False), OfferLook("halt", "Halt", "")]
    drawer.show_offers([("Data", offers)], [OfferLook("crash", "Crash", "")])
    places = [button.geometry() for button in drawer._buttons.values()]
    buttons = dict(drawer._buttons)
    drawer.show_running(
        [RunningLook("crash", "Crash", "9 s", may_end=False), RunningLook("stall", "Stall", "20 s")]
    )
    (end,) = [one for one in drawer.findChildren(QPushButton) if one.text() == "끝내기"]
    drawer.show_running(
        [RunningLook("crash", "Crash", "8 s", may_end=False), RunningLook("stall", "Stall", "19 s")]
    )
    running = [OfferLook("stall", "Stall", "", is_running=True), offers[1]]
    drawer.show_offers([("Data", running)], [OfferLook("crash", "Crash", "", is_running=True)])
    assert end in drawer.findChildren(QPushButton)
    assert drawer._buttons == buttons
    assert [button.geometry() for button in drawer._buttons.values()] == places
    assert "8 s" in training.said()
    assert "19 s" in training.said()


async def test_an_exchange_that_is_gone_is_told_and_nothing_breaks(training: Training) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        rest_url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    async with SimulatorControl(rest_url, TrainingError) as control:
        training.pane.attach(TrainingGround(control))
        training.pane.toggle()
        await until(lambda: "가상 거래소가 하지 못했어요" in training.said())
        await training.pane.detach()


@pytest.mark.parametrize("is_simulated", [True, False])
async def test_the_palette_finds_faults_with_a_simulated_exchange_alone(
    theme: Theme, feed: FakeMarketDataFeed, qtbot: QtBot, is_simulated: bool
) -> None:
    window = MainWindow(theme, lambda: START_MS / 1000)
    async with SimulatorControl("http://127.0.0.1:9", TrainingError) as control:
        training = TrainingGround(control) if is_simulated else None
        window.attach(replace(services_of(feed), training=training), "KRW-BTC")
        palette = window.body.commands.palette
        palette.query_changed.emit("장애와 시나리오")
        names = [entry.title for entry in window.body.commands._entries]
        assert ("장애와 시나리오" in names) is is_simulated
        await window.detach()
    window.stop_refreshing()
    window.close_now()
    window.deleteLater()
