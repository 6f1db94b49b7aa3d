"""Decisions: what the engine did about a rule on one tick, or why it did nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from upbit_auto_trading.domain.evaluation_record import Record, explain, not_supplied

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upbit_auto_trading.domain.evaluation import Input, Inputs, Plan
    from upbit_auto_trading.domain.order import Order
    from upbit_auto_trading.domain.truth import Fact, Truth, Unknown


class Outcome(StrEnum):
    """What became of a rule's trigger.

    ORDERED, CANCELLED, ENTERED_MODE, ARMED and NOTIFIED acted. SUPPRESSED could not act,
    REFUSED was no valid order, OBSERVED had nothing to act on. HELD_BACK: the data couldn't be
    trusted, so nothing was judged.
    """

    ORDERED = "ordered"
    CANCELLED = "cancelled"
    ENTERED_MODE = "entered_mode"
    ARMED = "armed"
    NOTIFIED = "notified"
    SUPPRESSED = "suppressed"
    REFUSED = "refused"
    OBSERVED = "observed"
    HELD_BACK = "held_back"


class Suppression(StrEnum):
    """What kept a rule from acting, or an observation from having an effect."""

    SUSPENDED = "suspended"
    HOLDING = "holding"
    FLAT = "flat"
    ENTRY_BLOCKED = "entry_blocked"
    LIMIT_REACHED = "limit_reached"
    COOLING_DOWN = "cooling_down"
    ANOTHER_ORDERED = "another_ordered"
    ORDER_OPEN = "order_open"
    BACKFILLED = "backfilled"
    IN_MODE = "in_mode"
    RUN_SUSPENDED = "run_suspended"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A trigger's evaluation on one tick, kept so that it can be explained at any time later.

    `suppression` is what would keep the rule from acting now, None if nothing would.
    """

    rule: str
    ms: int
    truth: Truth
    plan: Plan = field(repr=False)
    inputs: Inputs = field(repr=False)
    values: tuple[float, ...] = field(repr=False)
    suppression: Suppression | None = None
    facts: tuple[Fact, ...] = ()
    unknown: Mapping[Input, Unknown] = field(default_factory=dict, repr=False)

    def record(self) -> Record:
        """Return every operand's value, the distances and the reasons."""
        return explain(self.plan, self.inputs, self.values, self._unknown_of)

    def _unknown_of(self, wanted: Input) -> Unknown:
        return self.unknown.get(wanted) or not_supplied(wanted)


@dataclass(frozen=True, slots=True)
class Decision:
    """One thing to know about a rule at exchange time `ms`, on the tick price `price`.

    `reason` is the code of a Suppression, Refusal, Quality or mode; empty where the outcome
    says it all. Facts by code: LIMIT_REACHED `limit`; ENTRY_BLOCKED and COOLING_DOWN `until_ms`;
    ORDER_OPEN `order`; refusals `amount` or `value`, and `needed`.
    """

    ms: int
    price: float
    rule: str
    number: int
    outcome: Outcome
    reason: str = ""
    facts: tuple[Fact, ...] = ()
    order: Order | None = None
    evaluation: Evaluation | None = field(default=None, repr=False, compare=False)
