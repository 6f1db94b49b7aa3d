"""The quick line joined to live data: what is typed has a value before it is added."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QObject, QTimer

from upbit_auto_trading.domain.expression import comparisons, with_ids
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens import trigger_live_words
from upbit_auto_trading.presentation.viewmodels.trigger_live import LiveTrigger

if TYPE_CHECKING:
    from collections.abc import Callable

    from upbit_auto_trading.application.services import Services
    from upbit_auto_trading.domain.expression import Expression
    from upbit_auto_trading.presentation.screens.trigger_words import TriggerWords
    from upbit_auto_trading.presentation.widgets.trigger_lines import QuickLine

# History is asked for once a key has been followed by none for so long.
_AFTER_MS: Final = 150
# What was typed last is often followed by more; then its history is there.
_REST_MS: Final = 20_000


class TypedNow(QObject):
    """Judges what the quick line means while the screen is in front; nothing while it is empty."""

    def __init__(
        self,
        quick: QuickLine,
        words: TriggerWords,
        market: Callable[[], str],
        wall_clock: Callable[[], float],
    ) -> None:
        super().__init__(quick)
        self._quick, self._words = quick, words
        self._market, self._wall_clock = market, wall_clock
        self._services: Services | None = None
        self._live: LiveTrigger | None = None
        self._typed: Expression | None = None
        self._judged: Expression | None = None
        self._is_in_front = False
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_AFTER_MS)
        self._later.timeout.connect(self._judge)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self._let_rest)

    def attach(self, services: Services) -> None:
        """Judge on an exchange's data."""
        self._services = services
        self._live = LiveTrigger(services.feed, services.indicators, self._words.registry, self)
        self._live.changed.connect(self.show)
        self._later.start()

    async def detach(self) -> None:
        """Let go of the exchange; no figure of it stays."""
        self._services, self._judged = None, None
        self._later.stop()
        self._rest.stop()
        live, self._live = self._live, None
        if live is not None:
            await live.close()
            live.deleteLater()
        self._quick.show_now("", "")

    def read(self, typed: Expression | None) -> None:
        """Judge another expression, or none, once the keys rest."""
        self._typed = None if typed is None else with_ids(typed)
        self._later.start()
        if self._typed != self._judged:
            self._quick.show_now("", "")

    def judge_anew(self) -> None:
        """Judge on the market that is the one now."""
        self._later.start()

    def watch(self, *, is_in_front: bool) -> None:
        """Judge while the screen is in front, and only then."""
        self._is_in_front = is_in_front
        self._later.start()

    def show(self) -> None:
        """Show what the typed conditions are at this moment."""
        live, typed = self._live, self._judged
        if live is None or typed is None or typed != self._typed:
            return
        now = live.now()
        looks = trigger_live_words.figures(self._words, typed, now, self._wall_clock())
        conditions = comparisons(typed)
        short, whole = trigger_live_words.told_now(self._words, conditions, looks, now.market)
        verdict = looks.get(typed.id)
        truth = "unknown" if verdict is None else verdict.truth
        if truth != "unknown":
            short = _("now {value}").format(value=short)
        self._quick.show_now(short, truth, whole)

    def _judge(self) -> None:
        live = self._live
        if live is None:
            return
        self._judged = self._typed if self._is_in_front else None
        live.watch(is_watched=self._judged is not None)
        if self._judged is not None:
            self._rest.stop()
            live.show(self._market(), self._judged)
        elif not self._rest.isActive():
            self._rest.start()

    def _let_rest(self) -> None:
        if self._live is not None:
            self._live.rest()
