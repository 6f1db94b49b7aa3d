"""A trigger's conditions on live data for the window: at most eight words a second."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QObject, pyqtSignal

from upbit_auto_trading.application.live_conditions import ConditionsNow, LiveConditions
from upbit_auto_trading.presentation.viewmodels.coalescer import Coalescer

if TYPE_CHECKING:
    from upbit_auto_trading.application.ports import MarketDataFeed
    from upbit_auto_trading.domain.expression import Expression
    from upbit_auto_trading.domain.indicator import IndicatorPort
    from upbit_auto_trading.domain.variable import VariableRegistry

INTERVAL_MS: Final = 125


class LiveTrigger(QObject):
    """`changed` tells that `now` should be shown anew. Nothing is judged while nobody looks."""

    changed = pyqtSignal()

    def __init__(
        self,
        feed: MarketDataFeed,
        indicators: IndicatorPort,
        registry: VariableRegistry,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._gate = Coalescer(self, INTERVAL_MS)
        self._gate.flushed.connect(self.changed)
        self._is_watched = False
        self._conditions = LiveConditions(feed, indicators, registry, self._marked)

    def now(self) -> ConditionsNow:
        """Judge the trigger at this moment."""
        return self._conditions.now()

    def watch(self, *, is_watched: bool) -> None:
        """Tell whether anybody looks."""
        self._is_watched = is_watched
        if is_watched:
            self.changed.emit()
        else:
            self._gate.stop()

    def show(self, market: str, expression: Expression) -> None:
        """Judge another tree, or another market, from now on."""
        self._conditions.show(market, expression)

    def rest(self) -> None:
        """Judge nothing and hold no stream until another tree is shown."""
        self._conditions.rest()

    async def close(self) -> None:
        """Release the streams. Harmless when repeated."""
        self._gate.stop()
        self._is_watched = False
        await self._conditions.close()

    def _marked(self) -> None:
        if self._is_watched:
            self._gate.mark()
