"""What every screen beside chart and settings is to the window, and how screens call each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import QWidget

if TYPE_CHECKING:
    from collections.abc import Callable

    from upbit_auto_trading.application.services import Services
    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.viewmodels.settings import SettingsViewModel


class Navigation(QObject):
    """What one screen asks of the window: to open another one, there where the user needs it.

    `screen_asked` carries a screen's name and what it should show (None: as it was left; what a
    screen understands stands in its `go_to`), `market_asked` a market for the chart,
    `moment_asked` a market and a moment in ms of exchange time for the chart. `step_taken` tells
    that the user took one of the first steps (`COACH_STEPS`) on a screen.
    """

    screen_asked = pyqtSignal(str, object)
    market_asked = pyqtSignal(str)
    moment_asked = pyqtSignal(str, object)
    step_taken = pyqtSignal(str)


@dataclass(frozen=True, slots=True)
class ScreenContext:
    """What a screen is made of: its look, the settings, the clock and the way to other screens."""

    theme: Theme
    settings: SettingsViewModel
    wall_clock: Callable[[], float]
    navigation: Navigation


class Screen(QWidget):
    """One screen, made when it is opened first, and anew when theme or language change.

    `told` asks the window to show a sentence for some seconds; `live_frame_painted` tells of each
    painting of live data. `frames_painted` counts these.
    """

    told = pyqtSignal(str)
    live_frame_painted = pyqtSignal()

    @property
    def frames_painted(self) -> int:
        """How often live data was painted."""
        return 0

    def attach(self, services: Services) -> None:
        """Show an exchange's data. What was attached before has been detached."""

    async def detach(self) -> None:
        """Let go of the exchange; nothing of it stays on screen. Harmless when repeated."""

    def opened(self) -> None:
        """The screen is in front from now on."""

    def left(self) -> None:
        """Another screen is in front from now on."""

    def refresh(self) -> None:
        """Bring what depends on the time up to date; called five times a second while in front."""

    def set_compact(self, *, compact: bool) -> None:
        """Give way to a narrow window, or use a wide one."""

    def begin_search(self) -> bool:
        """Put the cursor into the screen's own search field; return whether it has one."""
        return False

    def go_to(self, target: Any) -> None:
        """Show what another screen asked for; each screen says what it understands."""

    def view_state(self) -> Any:
        """What the user has set on this screen, for the one that takes its place in a new look."""
        return None

    def restore_view(self, state: Any) -> None:
        """Take over what `view_state` of an earlier look returned."""
