"""A trigger that reads the market alone: its truth over a whole run, known in advance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from upbit_auto_trading.domain.plan_masks import Mask, true_mask

if TYPE_CHECKING:
    from upbit_auto_trading.domain.prepared_market import Column, PreparedMarket
    from upbit_auto_trading.domain.rule_plan import Frame, RulePlan

Places = NDArray[np.intp]

# Ticks worked on at a time, so that they stay in the processor's cache.
BLOCK: Final = 1 << 16


class FrameColumns:
    """How the numbers of a frame are had for many ticks at once, slot by slot.

    `state` slots belong to the engine's own variables. What a run has no values for stays
    unknown.
    """

    def __init__(self, frame: Frame, market: PreparedMarket) -> None:
        self.state = dict(frame.suppliers)
        self._frame = frame
        self._columns: dict[int, Column] = {}
        for wanted, slot in frame.inputs.wanted.items():
            column = market.column(wanted)
            if column is not None:
                self._columns[slot] = column

    def is_fixed(self, slots: frozenset[int]) -> bool:
        """Whether all that is read is the market, and known for the whole run."""
        return not slots & self.state.keys()

    def market_values(self, slots: frozenset[int], places: slice | Places) -> list[Any]:
        """Return the list of values with the market's slots filled in by columns."""
        values: list[Any] = self._frame.inputs.blank()
        self.fill(values, slots, places)
        return values

    def fill(self, values: list[Any], slots: frozenset[int], places: slice | Places) -> None:
        """Fill the market's slots in by columns."""
        for slot in slots & self._columns.keys():
            values[slot] = self._columns[slot](places)


class FixedTrigger:
    """Per tick whether the trigger was true at its newest evaluation, that tick's included."""

    def __init__(self, plan: RulePlan, columns: FrameColumns, market: PreparedMarket) -> None:
        trigger, count = plan.trigger, len(market.ticks)
        self.truth: Mask = np.zeros(count, dtype=bool)
        if plan.closes is None:
            for start in range(0, count, BLOCK):
                end = min(start + BLOCK, count)
                values = columns.market_values(plan.slots, slice(start, end))
                self.truth[start:end] = true_mask(trigger, values)
        else:
            firsts = [market.candles(name).first[1:] for name in plan.closes]
            due = firsts[0] if len(firsts) == 1 else np.unique(np.concatenate(firsts))
            truth = np.empty(len(due), dtype=bool)
            truth[:] = true_mask(trigger, columns.market_values(plan.slots, due))
            if len(due):
                lengths = np.diff(due, append=count)
                self.truth[due[0] :] = np.repeat(truth, lengths)
        turns = np.flatnonzero(self.truth[1:] != self.truth[:-1]) + 1
        self.falls: Places = turns[self.truth[turns - 1]]
        self.rises: Places = turns[self.truth[turns]]
        if count and self.truth[0]:
            self.rises = np.insert(self.rises, 0, 0)

    def next_rise(self, place: int) -> int | None:
        """Return the first place from `place` on at which it turns true."""
        index = int(self.rises.searchsorted(place))
        return int(self.rises[index]) if index < len(self.rises) else None

    def next_true(self, place: int) -> int | None:
        """Return the first place from `place` on at which it is true."""
        return place if self.truth[place] else self.next_rise(place)

    def last_true(self, since: int, before: int) -> int | None:
        """Return the last place in [since, before) at which it is true."""
        if self.truth[before - 1]:
            return before - 1
        index = int(self.falls.searchsorted(before)) - 1
        if index < 0 or self.falls[index] <= since:
            return None
        return int(self.falls[index]) - 1
