"""How large the window opens: as usual where that has room with its frame, else maximised."""

from collections.abc import Callable

import pytest
from PyQt6.QtCore import QRect
from PyQt6.QtWidgets import QMainWindow
from pytestqt.qtbot import QtBot

from upbit_auto_trading.domain.settings import WindowPlace
from upbit_auto_trading.presentation import window_place
from upbit_auto_trading.presentation.window_place import place_window


class Screen:
    """A screen of some size, as Qt tells of it."""

    def __init__(self, width: int, height: int) -> None:
        self._area = QRect(0, 0, width, height)

    def availableGeometry(self) -> QRect:  # noqa: N802 -- Qt's name
        return self._area


@pytest.fixture
def opened(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Callable[..., QMainWindow]:
    def open_on(width: int, height: int, place: WindowPlace | None = None) -> QMainWindow:
        class Application:
            screens = staticmethod(lambda: [Screen(width, height)])
            platformName = staticmethod(lambda: "xcb")  # noqa: N815 -- Qt's name

        monkeypatch.setattr(window_place, "QGuiApplication", Application)
        window = QMainWindow()
        qtbot.addWidget(window)
        place_window(window, place)
        return window

    return open_on


@pytest.mark.parametrize("screen", [(1280, 720), (1366, 728), (1600, 1000)])
def test_a_screen_without_room_for_the_frame_is_filled_whole(
    opened: Callable[..., QMainWindow], screen: tuple[int, int]
) -> None:
    window = opened(*screen)
    assert window.isMaximized()
    assert (window.width(), window.height()) == screen


def test_a_large_screen_shows_the_usual_size(opened: Callable[..., QMainWindow]) -> None:
    window = opened(1920, 1080)
    assert not window.isMaximized()
    assert (window.width(), window.height()) == (1600, 1000)


def test_where_the_user_put_the_window_it_opens_again(opened: Callable[..., QMainWindow]) -> None:
    window = opened(1280, 720, WindowPlace(10, 20, 1000, 640, is_maximised=False))
    assert not window.isMaximized()
    assert (window.width(), window.height()) == (1000, 640)


def test_a_place_as_large_as_the_screen_is_maximised(opened: Callable[..., QMainWindow]) -> None:
    assert opened(1280, 720, WindowPlace(0, 0, 1280, 720, is_maximised=False)).isMaximized()
