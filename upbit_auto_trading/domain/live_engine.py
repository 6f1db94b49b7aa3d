"""The engine on a stream of ticks, as live and paper trading feed it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upbit_auto_trading.domain.engine import Engine
from upbit_auto_trading.domain.live_market import Intake, LiveMarket

if TYPE_CHECKING:
    from collections.abc import Iterable

    from upbit_auto_trading.domain.account import Account
    from upbit_auto_trading.domain.decision import Decision
    from upbit_auto_trading.domain.indicator import CandleRow, IndicatorPort
    from upbit_auto_trading.domain.strategy import Strategy
    from upbit_auto_trading.domain.tick import Tick
    from upbit_auto_trading.domain.variable import VariableRegistry


class LiveEngine:
    """An engine and its market, moved on together.

    Fills and what became of orders are reported to `engine`; values from elsewhere, such as the
    order book's, are given to `market`.
    """

    def __init__(
        self,
        strategy: Strategy,
        registry: VariableRegistry,
        indicators: IndicatorPort,
        account: Account,
    ) -> None:
        self.market = LiveMarket(indicators)
        self.engine = Engine(strategy, registry, self.market, account)

    def seed(self, timeframe: str, candles: Iterable[CandleRow]) -> None:
        """Warm up on closed candles from before the first tick; an edge among them is spent."""
        self.market.seed(timeframe, candles)
        self.engine.spend_history()

    def take(self, tick: Tick) -> list[Decision]:
        """Judge one tick; a print older than its predecessor says nothing."""
        intake = self.market.take(tick)
        if intake is Intake.DROP:
            return []
        if intake is Intake.HOLD_BACK:
            return self.engine.hold_back(tick.quality, tick.ms)
        return self.engine.step()
