"""Skipping: proving which ticks can't change anything, and jumping over them.

A tick can matter only where a rule that is due could fire, arm or become observable: where its
trigger turns true, or is true and acts on level. Triggers that read the market alone are known
for the whole run; those that read the position are evaluated ahead, stretch by stretch, on the
position as it is, which only a tick that matters can change. The first ticks after such a change
are judged without reading ahead, as many as usually pass until the next one where those are few:
reading ahead would cost more than it saves. The engine itself judges every tick that could matter;
for the others its memory is moved on as if it had.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.domain.fixed_trigger import BLOCK, FixedTrigger, FrameColumns
from upbit_auto_trading.domain.stretch import Stretch, is_stuck

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upbit_auto_trading.domain.engine import Engine
    from upbit_auto_trading.domain.prepared_market import PreparedMarket
    from upbit_auto_trading.domain.rule_plan import RulePlan

_FIRST_STRETCH: Final = 256
# Reading ahead costs as much as judging about twice as many ticks.
_FEW: Final = 12
# How quickly what is usual follows what was: the weight of the newest.
_HABIT: Final = 0.25


class Skipper:
    """Finds the next tick that could matter, and moves the engine's memory there."""

    def __init__(self, engine: Engine, market: PreparedMarket) -> None:
        self._state = engine.state
        self._market = market
        self._count = len(market.ticks)
        self._columns = {id(frame): FrameColumns(frame, market) for frame in engine.frames}
        self._fixed: dict[int, FixedTrigger] = {}
        for plan in engine.plans:
            columns = self._columns[id(plan.frame)]
            if columns.is_fixed(plan.slots):
                self._fixed[plan.index] = FixedTrigger(plan, columns, market)
        self._due_holding = engine.due(holding=True)
        self._due_flat = engine.due(holding=False)
        self._due = self._due_flat
        self._stretch: Stretch | None = None
        self._size = _FIRST_STRETCH
        known = self._fixed.keys()
        self._is_fixed = (
            all(plan.index in known for plan in self._due_flat),
            all(plan.index in known and plan.arming is None for plan in self._due_holding),
        )
        # How many ticks usually pass from one change to the next, while flat and while holding.
        self._usual_wait = [float(_FIRST_STRETCH), float(_FIRST_STRETCH)]
        self._was_holding = False
        self._since = self._single_until = 0
        self.changed()

    def changed(self) -> None:
        """Note that position, account or an order changed: what was read ahead is void."""
        self._due = self._due_flat if self._state.position is None else self._due_holding
        self._stretch = None
        self._size = _FIRST_STRETCH
        self._has_just_changed = True

    def next_from(self, place: int) -> int:
        """Return the next place from `place` on that could matter, the run's length if none.

        The engine's memory is then as if every tick before it had been judged.
        """
        if self._state.open_order is not None or place >= self._count:
            return place
        holding = self._state.position is not None
        if self._stretch is None:
            if self._is_fixed[holding] and not any(is_stuck(p, self._state) for p in self._due):
                return self._jump(place)
            if self._has_just_changed:
                self._has_just_changed = False
                self._begin_waiting(place, holding=holding)
            if place < self._single_until:
                return place
        return self._walk(place)

    def _begin_waiting(self, place: int, *, holding: bool) -> None:
        """Note that something changed on the tick before `place`; see how soon that usually is."""
        usual = self._usual_wait
        usual[self._was_holding] += (place - self._since - usual[self._was_holding]) * _HABIT
        self._was_holding, self._since = holding, place
        few = int(2 * usual[holding]) if usual[holding] <= _FEW else 1
        self._single_until = place + few

    def _jump(self, place: int) -> int:
        """Go to the next candidate when every rule that is due is known for the whole run."""
        state, found = self._state, self._count
        for plan in self._due:
            fixed = self._fixed[plan.index]
            on_level = state.position is not None and (
                plan.acts_on_level or plan.index in state.trying
            )
            if on_level or not state.true[plan.index]:
                candidate = fixed.next_true(place)
            else:
                candidate = fixed.next_rise(place)
            if candidate is not None and candidate < found:
                found = candidate
        if found > place:
            truths = [bool(self._fixed[plan.index].truth[found - 1]) for plan in self._due]
            if state.position is not None:
                state.position.run(float(self._market.ticks.price[place:found].max()))
            self._remember(truths, place, found)
        return found

    def _walk(self, place: int) -> int:
        """Go to the next candidate stretch by stretch."""
        while place < self._count:
            stretch = self._stretch
            if stretch is None or place >= stretch.end:
                end = min(place + self._size, self._count)
                stretch = self._stretch = Stretch(
                    self._state,
                    self._market.ticks,
                    self._due,
                    self._fixed,
                    self._columns,
                    (place, end),
                )
                self._size = min(2 * self._size, BLOCK)
            index = bisect_left(stretch.candidates, place)
            missing = index == len(stretch.candidates)
            found = stretch.end if missing else stretch.candidates[index]
            if found > place:
                self._remember(stretch.truths_before(found), place, found)
                if self._state.position is not None:
                    self._state.position.run(stretch.highest_before(found))
            if not missing:
                return found
            place = found
        return self._count

    def _remember(self, truths: Sequence[bool], place: int, to: int) -> None:
        """Move the memory of the rules that are due over [place, to), where nothing happens."""
        state = self._state
        for row, (plan, truth) in enumerate(zip(self._due, truths, strict=True)):
            index = plan.index
            state.true[index] = truth
            if not truth and (state.trying or state.reported):
                state.trying.discard(index)
                state.reported.pop(index, None)
            if plan.rule.blocks_entry_ms:
                held = self._last_true(row, plan, place, to)
                if held is not None:
                    state.held_ms[index] = int(self._market.ticks.ms[held])

    def _last_true(self, row: int, plan: RulePlan, since: int, before: int) -> int | None:
        fixed = self._fixed.get(plan.index)
        if fixed is not None:
            return fixed.last_true(since, before)
        return None if self._stretch is None else self._stretch.last_true(row, since, before)
