"""Triggers evaluated ahead on a stretch of ticks, on the position as it is now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from upbit_auto_trading.domain.decision import Suppression
from upbit_auto_trading.domain.order import Refusal
from upbit_auto_trading.domain.plan_masks import Mask, true_mask
from upbit_auto_trading.domain.position_ahead import StateAhead

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from upbit_auto_trading.domain.engine_state import EngineState
    from upbit_auto_trading.domain.evaluation import Plan
    from upbit_auto_trading.domain.fixed_trigger import FixedTrigger, FrameColumns
    from upbit_auto_trading.domain.rule_plan import Frame, RulePlan
    from upbit_auto_trading.domain.tick_columns import TickColumns


def is_stuck(plan: RulePlan, state: EngineState) -> bool:
    """Whether what keeps the rule from acting was said and stays: nothing new can come of it.

    Suspensions and limits stay as long as the position is as it is; a sell below the minimum
    until the price rises.
    """
    said = state.reported.get(plan.index)
    if said is None or state.position is None:
        return False
    if plan.rule.id in state.position.suspended:
        return said == Suppression.SUSPENDED
    return said in (Refusal.BELOW_MINIMUM, Suppression.LIMIT_REACHED)


class Stretch:
    """What the rules that are `due` would be on the ticks [start, end) if nothing happened.

    `candidates` are the places that could matter, in order.
    """

    def __init__(
        self,
        state: EngineState,
        ticks: TickColumns,
        due: Sequence[RulePlan],
        fixed: Mapping[int, FixedTrigger],
        columns: Mapping[int, FrameColumns],
        bounds: tuple[int, int],
    ) -> None:
        self.start, self.end = bounds
        self._state = state
        self._columns = columns
        self._price = ticks.price[self.start : self.end]
        self._highest: NDArray[np.float64] | None = None
        self._ahead = StateAhead(state, ticks, self.start, self.end)
        self._values: dict[int, tuple[list[Any], set[int]]] = {}
        self._truths = np.empty((len(due), self.end - self.start), dtype=bool)
        matters = np.zeros(self.end - self.start, dtype=bool)
        for row, plan in enumerate(due):
            known = fixed.get(plan.index)
            if known is not None:
                self._truths[row] = known.truth[self.start : self.end]
            else:
                self._truths[row] = self._mask(plan, plan.trigger, plan.slots)
            self._add(matters, plan, self._truths[row])
            self._add_arming(matters, plan)
        self.candidates: list[int] = (np.flatnonzero(matters) + self.start).tolist()

    def truths_before(self, place: int) -> list[bool]:
        """Return each due rule's truth on the tick before `place`."""
        truths: list[bool] = self._truths[:, place - 1 - self.start].tolist()
        return truths

    def last_true(self, row: int, since: int, before: int) -> int | None:
        """Return the last place in [since, before) at which the due rule in `row` is true."""
        places = np.flatnonzero(self._truths[row, since - self.start : before - self.start])
        return since + int(places[-1]) if len(places) else None

    def highest_before(self, place: int) -> float:
        """Return the highest price of the stretch up to the tick before `place`."""
        if self._highest is None:
            self._highest = np.maximum.accumulate(self._price)
        return float(self._highest[place - 1 - self.start])

    def _add(self, matters: Mask, plan: RulePlan, truth: Mask) -> None:
        state = self._state
        holding = state.position is not None
        if is_stuck(plan, state):
            if state.reported[plan.index] == Refusal.BELOW_MINIMUM:
                matters |= truth & self._sellable()
        elif holding and (plan.acts_on_level or plan.index in state.trying):
            matters |= truth
            return
        matters[1:] |= truth[1:] > truth[:-1]
        matters[0] |= truth[0] and not state.true[plan.index]

    def _add_arming(self, matters: Mask, plan: RulePlan) -> None:
        position = self._state.position
        if plan.arming is None or position is None or plan.rule.id in position.armed:
            return
        matters |= self._mask(plan, plan.arming, plan.arming_slots)

    def _mask(self, plan: RulePlan, trigger: Plan, slots: frozenset[int]) -> Mask | bool:
        return true_mask(trigger, self._filled(plan.frame, slots))

    def _filled(self, frame: Frame, slots: frozenset[int]) -> list[Any]:
        """Return the frame's numbers on the stretch; each slot is asked for once."""
        columns = self._columns[id(frame)]
        if id(frame) not in self._values:
            self._values[id(frame)] = frame.inputs.blank(), set()
        values, known = self._values[id(frame)]
        missing = slots - known
        if missing:
            known |= missing
            columns.fill(values, missing, slice(self.start, self.end))
            for slot in missing & columns.state.keys():
                values[slot] = self._ahead.supply(columns.state[slot], frame.owner)
        return values

    def _sellable(self) -> Mask:
        """Return where a stuck sell might be worth enough; never false where it is."""
        state = self._state
        if state.position is None:
            return np.ones(len(self._price), dtype=bool)
        worth = self._price * (float(state.position.quantity) * (1 + 1e-9))
        return worth >= float(state.account.minimum)
