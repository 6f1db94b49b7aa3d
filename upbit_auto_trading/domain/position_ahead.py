"""The engine's state as it will be on coming ticks, if nothing happens until then."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from upbit_auto_trading.domain.engine_state import EngineState
    from upbit_auto_trading.domain.position import Position
    from upbit_auto_trading.domain.position_variables import Supplier
    from upbit_auto_trading.domain.tick_columns import TickColumns


class _PositionAhead:
    """A position whose peaks are columns; everything else stays as it is."""

    def __init__(self, position: Position, price: Any) -> None:
        self._position = position
        self._price = price
        self._highest: Any = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._position, name)

    @property
    def highest(self) -> Any:
        if self._highest is None:
            self._highest = np.maximum.accumulate(self._price)
        return self._highest

    @property
    def peak(self) -> Any:
        return np.maximum(self.highest, self._position.peak)

    @property
    def best_profit(self) -> Any:
        return np.maximum(self._position.profit(self.highest), self._position.best_profit)

    @property
    def armed(self) -> dict[str, Any]:
        return {rule: np.maximum(self.highest, peak) for rule, peak in self._position.armed.items()}


class StateAhead:
    """Feeds the suppliers of the engine's variables with columns of the ticks [start, end)."""

    def __init__(self, state: EngineState, ticks: TickColumns, start: int, end: int) -> None:
        self.start = start
        self.end = end
        self._ms = ticks.ms[start:end]
        self._price = ticks.price[start:end]
        position = state.position
        self._state: Any = SimpleNamespace(
            account=state.account,
            limits=state.limits,
            acted_ms=state.acted_ms,
            opened_ms=state.opened_ms,
            bought_ms=state.bought_ms,
            closed_ms=state.closed_ms,
            position=None if position is None else _PositionAhead(position, self._price),
        )

    def supply(self, supplier: Supplier, owner: str) -> Any:
        """Return a supplier's values: a column, or one number where they don't change."""
        ms: Any = self._ms
        price: Any = self._price
        return supplier(self._state, ms, price, owner)
