"""Where the window stands: kept at the end, taken up again where a screen still shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QRect, Qt
from PyQt6.QtGui import QGuiApplication

from upbit_auto_trading.domain.settings import WindowPlace

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QMainWindow

_USUAL: Final = (1600, 1000)
_SMALLEST: Final = (960, 600)
_SEEN: Final = 80
_FRAME: Final = 40


def place_window(window: QMainWindow, place: WindowPlace | None) -> None:
    """Give `window` its size and place; the usual size where the place can't be seen now."""
    screens = [screen.availableGeometry() for screen in QGuiApplication.screens()]
    if QGuiApplication.platformName() == "offscreen":
        # Qt's made-up screen is smaller than any real one.
        screens = [QRect(0, 0, _USUAL[0], _USUAL[1] + _FRAME)]
    widest = max((area.width() for area in screens), default=_USUAL[0])
    tallest = max((area.height() for area in screens), default=_USUAL[1])
    window.setMinimumSize(min(_SMALLEST[0], widest), min(_SMALLEST[1], tallest))
    if place is None or not any(_shows(area, place) for area in screens):
        window.resize(min(_USUAL[0], widest), min(_USUAL[1], tallest))
        if is_tight(widest, tallest):
            window.setWindowState(Qt.WindowState.WindowMaximized)
        return
    window.setGeometry(place.x, place.y, min(place.width, widest), min(place.height, tallest))
    fills_the_screen = place.width >= widest and place.height >= tallest
    if place.is_maximised or fills_the_screen:
        window.setWindowState(Qt.WindowState.WindowMaximized)


def is_tight(width: int, height: int) -> bool:
    """Whether the usual size and its frame have no room: a frame would push the foot out of sight.

    Only who draws the frame knows how thick it is, and makes room for it in a maximised window.
    """
    return width < _USUAL[0] or height < _USUAL[1] + _FRAME


def placed(window: QMainWindow) -> WindowPlace:
    """Where `window` stands, its size the one before it was maximised."""
    area = window.normalGeometry() if window.isMaximized() else window.geometry()
    return WindowPlace(area.x(), area.y(), area.width(), area.height(), window.isMaximized())


def _shows(screen: QRect, place: WindowPlace) -> bool:
    """Whether enough of the window's head lies on `screen` to take hold of it."""
    head = QRect(place.x, place.y, place.width, _SEEN).intersected(screen)
    return head.width() >= _SEEN and head.height() >= _SEEN // 2
