"""Everything nobody caught is told once, and the program lives on."""

import asyncio
import sys
import threading
from collections.abc import Iterator

import pytest
from PyQt6.QtCore import QObject, pyqtSignal
from pytestqt.qtbot import QtBot

from upbit_auto_trading.presentation.error_reporter import ErrorReport, ErrorReporter


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class Button(QObject):
    pressed = pyqtSignal()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def reporter(clock: Clock) -> Iterator[ErrorReporter]:
    made = ErrorReporter(clock)
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    yield made
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
    made.deleteLater()


@pytest.fixture
def told(reporter: ErrorReporter) -> list[ErrorReport]:
    reports: list[ErrorReport] = []
    reporter.reported.connect(reports.append)
    return reports


def test_the_same_error_is_told_once_in_a_while_and_counted(
    reporter: ErrorReporter, clock: Clock, told: list[ErrorReport]
) -> None:
    for _ in range(100):
        reporter.report("x", ValueError("broken"))
    assert [report.count for report in told] == [1]
    clock.now += 6
    reporter.report("x", ValueError("broken"))
    assert [report.count for report in told] == [1, 101]
    assert reporter.texts == ["ValueError: broken"] * 2


def test_another_error_is_told_at_once(reporter: ErrorReporter, told: list[ErrorReport]) -> None:
    reporter.report("x", ValueError("one"))
    reporter.report("x", KeyError("two"))
    assert [report.text for report in told] == ["ValueError: one", "KeyError: 'two'"]
    assert "ValueError" in told[0].details


def test_a_slot_that_raises_is_reported_with_its_trace(
    reporter: ErrorReporter, told: list[ErrorReport], qtbot: QtBot
) -> None:
    def slot() -> None:
        raise ZeroDivisionError("in a slot")

    button = Button()
    button.pressed.connect(slot)
    sys.excepthook = reporter.exception
    button.pressed.emit()
    assert "ZeroDivisionError: in a slot" in told[0].details
    assert ", in slot" in told[0].details


def test_a_thread_that_fails_is_reported(
    reporter: ErrorReporter, told: list[ErrorReport], qtbot: QtBot
) -> None:
    threading.excepthook = reporter.thread_exception

    def work() -> None:
        raise RuntimeError("in a thread")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: bool(told))
    assert told[0].text == "RuntimeError: in a thread"


async def test_a_task_that_fails_is_reported_but_a_cancelled_one_is_not(
    reporter: ErrorReporter, told: list[ErrorReport]
) -> None:
    loop = asyncio.get_running_loop()
    reporter.loop_error(loop, {"message": "task x failed", "exception": OSError("gone")})
    reporter.loop_error(loop, {"message": "x", "exception": asyncio.CancelledError()})
    assert [report.text for report in told] == ["OSError: gone"]
