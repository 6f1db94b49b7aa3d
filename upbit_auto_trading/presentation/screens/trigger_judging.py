"""The canvas joined to live data: every condition judged on the market of the preview."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject

from upbit_auto_trading.presentation.screens import trigger_live_words
from upbit_auto_trading.presentation.viewmodels.trigger_live import INTERVAL_MS, LiveTrigger

if TYPE_CHECKING:
    from upbit_auto_trading.application.services import Services
    from upbit_auto_trading.presentation.screens.screen import ScreenContext
    from upbit_auto_trading.presentation.screens.trigger_words import TriggerWords
    from upbit_auto_trading.presentation.viewmodels.trigger_editor import TriggerEditor
    from upbit_auto_trading.presentation.widgets.condition_canvas import ConditionCanvas


class JudgeLink(QObject):
    """Shows what the conditions are now, while the screen is in front and an exchange is there."""

    def __init__(
        self,
        canvas: ConditionCanvas,
        editor: TriggerEditor,
        words: TriggerWords,
        context: ScreenContext,
    ) -> None:
        super().__init__(canvas)
        self._canvas, self._editor, self._words = canvas, editor, words
        self._context = context
        self._live: LiveTrigger | None = None
        self._market = ""
        self._is_in_front = False
        self._shown_at = 0.0
        editor.changed.connect(self._judge)

    @property
    def market(self) -> str:
        """The market that conditions are judged on."""
        return self._market or self._context.settings.settings.market

    def attach(self, services: Services) -> None:
        """Judge on an exchange's data."""
        live = LiveTrigger(services.feed, services.indicators, self._words.registry, self)
        self._live = live
        live.changed.connect(self.show)
        self._judge()
        live.watch(is_watched=self._is_in_front)

    async def detach(self) -> None:
        """Let go of the exchange; no figure of it stays."""
        live, self._live = self._live, None
        if live is not None:
            await live.close()
            live.deleteLater()
        self._canvas.show_live({}, is_live=False)

    def watch(self, *, is_in_front: bool) -> None:
        """Judge while the screen is in front, and only then."""
        self._is_in_front = is_in_front
        self._judge()
        if self._live is not None:
            self._live.watch(is_watched=is_in_front)

    def judge_on(self, market: str) -> None:
        """Judge on another market."""
        self._market = market
        self._judge()

    def refresh(self) -> None:
        """Let ages grow where no print has just done so."""
        if time.monotonic() - self._shown_at >= INTERVAL_MS / 1000:
            self.show()

    def show(self) -> None:
        """Show what every condition is at this moment."""
        if self._live is None or not self._editor.trigger.id:
            return
        self._shown_at = time.monotonic()
        now = self._live.now()
        wall_s = self._context.wall_clock()
        figures = trigger_live_words.figures(self._words, self._editor.root, now, wall_s)
        self._canvas.show_live(figures, is_live=now.held_back is None)

    def _judge(self) -> None:
        if self._live is not None and self._editor.trigger.id and self._is_in_front:
            self._live.show(self.market, self._editor.root)
