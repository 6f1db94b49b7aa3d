"""Skipping: proving which ticks can't change anything, and jumping over them.

A tick can matter only where a rule that is due could fire, arm, or become observable: where its
trigger rises, or holds and acts on level. Triggers that read the market alone are evaluated once
for the whole run; those that read the position are evaluated ahead, stretch by stretch, on the
position as it is, which only a tick that matters can change. The engine itself judges every tick
that could matter; for the others its memory is moved on as if it had.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from upbit_auto_trading.domain.order import Refusal
from upbit_auto_trading.domain.plan_masks import Mask, true_mask
from upbit_auto_trading.domain.position_ahead import StateAhead
from upbit_auto_trading.domain.position_variables import STATE_SUPPLIERS

if TYPE_CHECKING:
    from upbit_auto_trading.domain.engine import Engine
    from upbit_auto_trading.domain.evaluation import Plan
    from upbit_auto_trading.domain.prepared_market import Column, PreparedMarket
    from upbit_auto_trading.domain.rule_plan import Frame, RulePlan

Places = NDArray[np.intp]

_FIRST_STRETCH: Final = 256
_LONGEST_STRETCH: Final = 1 << 16


class _Reads:
    """How the numbers of a frame are had for many ticks at once, slot by slot."""

    def __init__(self, frame: Frame, market: PreparedMarket) -> None:
        self.frame = frame
        self.columns: dict[int, Column] = {}
        self.state = dict(frame.suppliers)
        self.opaque: set[int] = set()
        for wanted, slot in frame.inputs.wanted.items():
            if wanted.reading.variable in STATE_SUPPLIERS:
                continue
            column = market.column(wanted)
            if column is None:
                self.opaque.add(slot)
            else:
                self.columns[slot] = column

    def kind(self, plan: Plan) -> tuple[bool, bool]:
        """Return whether the plan reads only the market, and whether it can be read ahead."""
        slots = plan.slots
        return not slots & self.state.keys(), not slots & self.opaque

    def market_values(self, plan: Plan, places: slice | Places) -> list[Any]:
        """Return the values of a plan that reads only the market."""
        values: list[Any] = self.frame.inputs.blank()
        for slot in plan.slots & self.columns.keys():
            values[slot] = self.columns[slot](places)
        return values


@dataclass(slots=True)
class _Fixed:
    """A trigger that reads the market alone: where it is true, over the whole run.

    `due` are the places on which it is evaluated, None for every tick. `true` and `rises` are
    places; a rise is a true place whose predecessor isn't.
    """

    due: Places | None
    truth: Mask
    true: Places
    rises: Places

    def next_from(self, place: int, *, rises_only: bool) -> int | None:
        places = self.rises if rises_only else self.true
        index = int(places.searchsorted(place))
        return int(places[index]) if index < len(places) else None

    def last_before(self, place: int, since: int) -> bool | None:
        """Return the truth at the last evaluation in [since, place), None without one."""
        if self.due is None:
            return bool(self.truth[place - 1]) if place > since else None
        index = int(self.due.searchsorted(place)) - 1
        if index < 0 or self.due[index] < since:
            return None
        return bool(self.truth[index])

    def last_true_before(self, place: int, since: int) -> int | None:
        index = int(self.true.searchsorted(place)) - 1
        return int(self.true[index]) if index >= 0 and self.true[index] >= since else None


@dataclass(slots=True)
class _Stretch:
    """Triggers evaluated ahead on [start, end); `candidates` are the places that matter."""

    start: int
    end: int
    truths: dict[int, Mask] = field(default_factory=dict)
    candidates: list[int] = field(default_factory=list)


class Skipper:
    """Finds the next tick that could matter, and moves the engine's memory there."""

    def __init__(self, engine: Engine, market: PreparedMarket) -> None:
        self._engine = engine
        self._market = market
        self._count = len(market.ticks)
        self._reads = {id(frame): _Reads(frame, market) for frame in engine.frames}
        self._fixed: dict[int, _Fixed] = {}
        self._readable: set[int] = set()
        for plan in engine.plans:
            fixed, readable = self._reads[id(plan.frame)].kind(plan.trigger)
            if fixed and readable:
                self._fixed[plan.index] = self._whole_run(plan)
            if readable:
                self._readable.add(plan.index)
        self._stretch: _Stretch | None = None
        self._size = _FIRST_STRETCH

    def changed(self) -> None:
        """Note that position, account or an order changed: what was read ahead is void."""
        self._stretch = None
        self._size = _FIRST_STRETCH

    def next_from(self, place: int) -> int:
        """Return the next place from `place` on that could matter, the run's length if none.

        The engine's memory is then as if every tick before it had been judged.
        """
        if self._engine.state.open_order is not None:
            return place
        limit = min(self._next_fixed(place), self._count)
        found = self._next_ahead(place, limit)
        if found > place:
            self._move_on(place, found)
        return found

    def _due(self) -> list[RulePlan]:
        holding = self._engine.state.position is not None
        return [
            plan for plan in self._engine.plans if plan.is_entry or holding or plan.watches_flat
        ]

    def _acts_while_true(self, plan: RulePlan) -> bool:
        state = self._engine.state
        if plan.index in state.trying or not state.true[plan.index]:
            return True
        return plan.acts_on_level and state.position is not None

    def _is_stuck(self, plan: RulePlan) -> bool:
        """Whether the rule's sell is below the minimum, as was said, until the price rises."""
        return self._engine.state.reported.get(plan.index) == Refusal.BELOW_MINIMUM

    def _sellable(self, price: NDArray[np.float64]) -> Mask:
        """Return where a stuck sell might be worth enough; never false where it is."""
        state = self._engine.state
        if state.position is None:
            return np.ones(len(price), dtype=bool)
        worth = price * (float(state.position.quantity) * (1 + 1e-9))
        return worth >= float(state.account.minimum)

    def _next_fixed(self, place: int) -> int:
        best = self._count
        for plan in self._due():
            fixed = self._fixed.get(plan.index)
            if fixed is None or self._is_stuck(plan):
                continue
            found = fixed.next_from(place, rises_only=not self._acts_while_true(plan))
            if found is not None and found < best:
                best = found
        return best

    def _next_ahead(self, place: int, limit: int) -> int:
        plans = [
            plan for plan in self._due() if plan.index not in self._fixed or self._is_stuck(plan)
        ]
        if not plans and not self._arming():
            return limit
        while place < limit:
            stretch = self._stretch
            if stretch is None or not stretch.start <= place < stretch.end:
                stretch = self._stretch = self._look_ahead(place, plans)
            index = bisect_left(stretch.candidates, place)
            if index < len(stretch.candidates):
                return min(stretch.candidates[index], limit)
            if stretch.end >= limit:
                return limit
            self._move_on(place, stretch.end)
            place = stretch.end
            self._size = min(2 * self._size, _LONGEST_STRETCH)
        return limit

    def _arming(self) -> list[RulePlan]:
        position = self._engine.state.position
        if position is None:
            return []
        return [
            plan
            for plan in self._engine.plans
            if plan.arming is not None and plan.rule.id not in position.armed
        ]

    def _look_ahead(self, place: int, plans: list[RulePlan]) -> _Stretch:
        end = min(place + self._size, self._count)
        stretch = _Stretch(place, end)
        count = end - place
        state = self._engine.state
        ahead = StateAhead(state, self._market.ticks, place, end)
        matters = np.zeros(count, dtype=bool)
        for plan in self._arming():
            if plan.arming is not None:
                matters |= self._mask(plan, plan.arming, ahead)
        for plan in plans:
            fixed = self._fixed.get(plan.index)
            if fixed is None:
                truth = self._mask(plan, plan.trigger, ahead)
            else:
                truth = fixed.truth[place:end]
            stretch.truths[plan.index] = truth
            if self._is_stuck(plan):
                matters |= truth & self._sellable(self._market.ticks.price[place:end])
            elif plan.index not in self._readable or self._acts_on_level(plan):
                matters |= truth
                continue
            matters[1:] |= truth[1:] & ~truth[:-1]
            matters[0] |= truth[0] and not state.true[plan.index]
        stretch.candidates = (np.flatnonzero(matters) + place).tolist()
        return stretch

    def _acts_on_level(self, plan: RulePlan) -> bool:
        state = self._engine.state
        return plan.acts_on_level or plan.index in state.trying or plan.rule.blocks_entry_ms > 0

    def _mask(self, plan: RulePlan, trigger: Plan, ahead: StateAhead) -> Mask:
        """Return where the trigger is true; where it can't be read ahead, everywhere."""
        reads = self._reads[id(plan.frame)]
        if trigger.slots & reads.opaque:
            return np.ones(ahead.end - ahead.start, dtype=bool)
        values = reads.market_values(trigger, slice(ahead.start, ahead.end))
        for slot in trigger.slots & reads.state.keys():
            values[slot] = ahead.supply(reads.state[slot], plan.frame.owner)
        return true_mask(trigger, values, ahead.end - ahead.start)

    def _move_on(self, place: int, to: int) -> None:
        """Move the memory over [place, to), where nothing happens."""
        state, ticks = self._engine.state, self._market.ticks
        if state.position is not None:
            state.position.run(float(ticks.price[place:to].max()))
        for plan in self._due():
            index = plan.index
            fixed = self._fixed.get(index)
            if fixed is not None:
                truth = fixed.last_before(to, place)
                held = fixed.last_true_before(to, place)
                if held is not None:
                    state.held_ms[index] = int(ticks.ms[held])
            else:
                truth = self._truth_ahead(index, to - 1)
            if truth is None:
                continue
            state.true[index] = truth
            if not truth:
                state.trying.discard(index)
                state.reported.pop(index, None)

    def _truth_ahead(self, index: int, place: int) -> bool:
        stretch = self._stretch
        if stretch is None or index not in self._readable:
            return False
        return bool(stretch.truths[index][place - stretch.start])

    def _whole_run(self, plan: RulePlan) -> _Fixed:
        reads = self._reads[id(plan.frame)]
        if plan.closes is None:
            truth = self._in_stretches(plan, reads)
            true = np.flatnonzero(truth)
            rises = true[~truth[true - 1] | (true == 0)] if len(true) else true
            return _Fixed(None, truth, true, rises)
        firsts = [self._market.candles(name).first[1:] for name in plan.closes]
        due = firsts[0] if len(firsts) == 1 else np.unique(np.concatenate(firsts))
        truth = true_mask(plan.trigger, reads.market_values(plan.trigger, due), len(due))
        rises = truth.copy()
        rises[1:] &= ~truth[:-1]
        return _Fixed(due, truth, due[truth], due[rises])

    def _in_stretches(self, plan: RulePlan, reads: _Reads) -> Mask:
        truth = np.empty(self._count, dtype=bool)
        for start in range(0, self._count, _LONGEST_STRETCH):
            end = min(start + _LONGEST_STRETCH, self._count)
            values = reads.market_values(plan.trigger, slice(start, end))
            truth[start:end] = true_mask(plan.trigger, values, end - start)
        return truth
