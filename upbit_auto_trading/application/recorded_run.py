"""The one way entries move an engine: a live run and its replay both go through here."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.account import EXACT, Account
from upbit_auto_trading.domain.engine_snapshot import restore, snapshot
from upbit_auto_trading.domain.live_engine import LiveEngine
from upbit_auto_trading.domain.recording import (
    CashMoved,
    OrderByHand,
    OrderEnd,
    OrderEnded,
    OrderFilled,
    TickTaken,
    UserAction,
)
from upbit_auto_trading.domain.strategy_json import strategy_from_json
from upbit_auto_trading.domain.tick import Quality, Tick
from upbit_auto_trading.domain.truth import Unknown, UnknownReason

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from upbit_auto_trading.domain.decision import Decision
    from upbit_auto_trading.domain.indicator import IndicatorPort
    from upbit_auto_trading.domain.recording import Segment, Terms
    from upbit_auto_trading.domain.strategy import Strategy
    from upbit_auto_trading.domain.variable import Reading

Moving = TickTaken | OrderFilled | OrderEnded | UserAction
# Everything before the first live print is missing: windows begin with that print.
_BEFORE_ALL: Final = Tick(0, 0.0, 0.0, Quality.MISSING)


def ordered_readings(readings: Iterable[Reading]) -> tuple[Reading, ...]:
    """Return readings in an order that doesn't change from run to run."""
    return tuple(sorted(readings, key=repr))


def engine_for(strategy: Strategy, terms: Terms, indicators: IndicatorPort) -> LiveEngine:
    """Return a fresh engine of the strategy, its allocation as its cash where that is less."""
    cash = terms.cash if strategy.allocation is None else min(terms.cash, strategy.allocation)
    account = Account(cash, terms.fee_rate, terms.minimum)
    return LiveEngine(strategy, shipped_variables(), indicators, account)


class RecordedRun:
    """An engine at a segment's beginning, moved on by entries alone."""

    def __init__(self, segment: Segment, indicators: IndicatorPort) -> None:
        strategy = strategy_from_json(segment.strategy, shipped_variables())
        self.live = engine_for(strategy, segment.terms, indicators)
        if segment.memory is not None:
            restore(self.live.engine, segment.memory)
        for timeframe, candles in segment.anchors.items():
            self.live.seed(timeframe, candles)
        self.live.market.take(_BEFORE_ALL)
        self.outside = ordered_readings(self.live.market.outside)

    @property
    def memory(self) -> dict[str, Any]:
        """What the engine remembers, as a segment takes it."""
        return snapshot(self.live.engine)

    def apply(self, entry: Moving) -> list[Decision]:
        """Move on by one entry; return what the engine says to it.

        Raises:
            UnknownOrderError: an order that isn't the engine's.
            OrderOpenError: an order by hand while another one is open.
            OversoldError: a fill sells more than is held.
        """
        if isinstance(entry, TickTaken):
            if self.outside:
                self.live.market.supply(self._supplied(entry.outside))
            return self.live.take(entry.tick)
        engine = self.live.engine
        if isinstance(entry, UserAction):
            self._user_acted(entry)
            return []
        if isinstance(entry, OrderFilled):
            engine.filled(entry.fill)
            return []
        if entry.end is OrderEnd.REFUSED:
            return [engine.order_refused(entry.order_id, entry.detail)]
        engine.order_closed(entry.order_id)
        return []

    def _user_acted(self, action: UserAction) -> None:
        engine = self.live.engine
        if isinstance(action, OrderByHand):
            engine.order_by_hand(action.order)
        elif isinstance(action, CashMoved):
            account = engine.state.account
            cash = EXACT.add(account.cash, action.amount)
            engine.state.account = replace(account, cash=cash)
        else:
            engine.state.is_suspended = action.is_suspended

    def _supplied(self, outside: tuple[float | str, ...]) -> Mapping[Reading, float | Unknown]:
        return {
            reading: Unknown(UnknownReason(value)) if isinstance(value, str) else value
            for reading, value in zip(self.outside, outside, strict=True)
        }
