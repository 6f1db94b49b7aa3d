"""The first steps: which ones are done is seen from what the user did, not asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QObject

from upbit_auto_trading.application.strategies import SEVEN_RULES
from upbit_auto_trading.domain.settings import COACH_STEPS
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.widgets.coach_strip import CoachStrip, StepLook

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QWidget

    from upbit_auto_trading.application.services import Services
    from upbit_auto_trading.presentation.screens.screen import Navigation
    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.viewmodels.settings import SettingsViewModel

_MARKET, _RULES, _PREVIEW, _PAPER = COACH_STEPS
_EVERY: Final = 5  # refreshes between two looks at the paper account


class Coach(QObject):
    """Shows the strip until it was closed or everything is done."""

    def __init__(
        self, theme: Theme, settings: SettingsViewModel, navigation: Navigation, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._navigation = navigation
        self._services: Services | None = None
        self._first_market = ""
        self._refreshes = 0
        self.strip = CoachStrip(theme, len(COACH_STEPS))
        self.strip.pressed.connect(self._pressed)
        self.strip.closed.connect(self._closed)
        navigation.step_taken.connect(self._done)
        self._show()
        if settings.settings.coach_is_closed or self._is_over:
            self.strip.hide()

    @property
    def _is_over(self) -> bool:
        return set(self._settings.settings.coach_done) >= set(COACH_STEPS)

    def attach(self, services: Services) -> None:
        """Watch what happens at an exchange."""
        self._services = services

    def detach(self) -> None:
        """Watch nothing."""
        self._services = None
        self._first_market = ""

    def reopen(self) -> None:
        """Show the strip again, from its beginning if everything was done."""
        done = () if self._is_over else self._settings.settings.coach_done
        self._settings.change(coach_is_closed=False, coach_done=done)
        self._show()
        self.strip.show()

    def market_shown(self, market: str) -> None:
        """The chart shows a market; the first one wasn't the user's choice."""
        if not self._first_market:
            self._first_market = market
        elif market != self._first_market:
            self._done(_MARKET)

    def refresh(self) -> None:
        """See whether a paper run has been started."""
        self._refreshes += 1
        trading = self._services.trading if self._services is not None else None
        if self._refreshes % _EVERY or trading is None or not self.strip.isVisible():
            return
        views = trading.runs.views()
        if views:
            self._done(_PAPER)
            self._done(_RULES)

    def _done(self, step: str) -> None:
        done = self._settings.settings.coach_done
        if step not in done:
            ordered = tuple(one for one in COACH_STEPS if one in (*done, step))
            self._settings.change(coach_done=ordered)
            self._show()

    def _pressed(self, step: str) -> None:
        if step == _MARKET:
            self._navigation.screen_asked.emit("market", None)
        elif step == _RULES and step not in self._settings.settings.coach_done:
            self._navigation.screen_asked.emit("strategy", SEVEN_RULES)
            self._done(_RULES)
        elif step == _PREVIEW:
            self._navigation.screen_asked.emit("trigger", None)
        else:
            self._navigation.screen_asked.emit("strategy", None)

    def _closed(self) -> None:
        self._settings.change(coach_is_closed=True)
        self.strip.hide()

    def _show(self) -> None:
        done = self._settings.settings.coach_done
        coming = next((step for step in COACH_STEPS if step not in done), "")
        words = {
            _MARKET: (_("Choose a market"), _("On the list, or type ㅂㅌㅋ"), _("Choose")),
            _RULES: (_("Load the seven rules"), _("One press brings seven rules"), _("Load")),
            _PREVIEW: (
                _("See the preview"),
                _("Where they would have fired on the past chart"),
                _("See"),
            ),
            _PAPER: (_("Start paper trading"), _("No real money is used"), _("Start")),
        }
        self.strip.show_steps(
            [
                StepLook(step, *words[step], is_done=step in done, is_next=step == coming)
                for step in COACH_STEPS
            ]
        )
