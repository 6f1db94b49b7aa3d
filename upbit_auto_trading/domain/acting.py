"""Acting: from true triggers to orders and modes, in acting order, one order a tick."""

from __future__ import annotations

from decimal import Decimal
from math import isnan
from typing import TYPE_CHECKING

from upbit_auto_trading.domain.account import EXACT, cut_exact
from upbit_auto_trading.domain.decision import Decision, Evaluation, Outcome, Suppression
from upbit_auto_trading.domain.order import Order, OrderSide, Refusal
from upbit_auto_trading.domain.rule import BuyAmount, BuyPercent, EnterMode, Notify, Sell
from upbit_auto_trading.domain.truth import Fact, Truth

if TYPE_CHECKING:
    from collections.abc import Iterable

    from upbit_auto_trading.domain.engine_state import EngineState
    from upbit_auto_trading.domain.evaluation_record import UnknownOf
    from upbit_auto_trading.domain.rule_plan import RulePlan

Block = tuple[Suppression, tuple[Fact, ...]]
_WHOLE = 100.0


class Tick:
    """What has happened on the tick being acted on."""

    __slots__ = ("decisions", "holding", "late", "ms", "ordered", "price", "sold")

    def __init__(self, ms: int, price: float, *, holding: bool, late: frozenset[str]) -> None:
        self.ms = ms
        self.price = price
        self.holding = holding
        self.late = late
        self.ordered = False
        self.sold = False
        self.decisions: list[Decision] = []


class Actor:
    """Acts for the rules whose trigger is true; changes the engine's state, places orders.

    A rule that can't act on its edge has spent it. Rules that act on level, and sells that were
    refused or met an open order, are tried on every tick while their trigger holds, and reported
    once.
    """

    def __init__(
        self, state: EngineState, plans: tuple[RulePlan, ...], unknown_of: UnknownOf
    ) -> None:
        self._state = state
        self._blockers = tuple(plan for plan in plans if plan.rule.blocks_entry_ms > 0)
        self._unknown_of = unknown_of

    def act(self, tick: Tick, true: Iterable[tuple[RulePlan, bool]]) -> list[Decision]:
        """Act for `true` rules, in acting order; each with whether it has just become true."""
        for plan, rises in true:
            if not tick.holding and not plan.is_entry:
                self._observe(tick, plan, rises=rises)
            elif rises or plan.acts_on_level or plan.index in self._state.trying:
                self._attempt(tick, plan, rises=rises)
        return tick.decisions

    def spend(self, tick: Tick, plan: RulePlan, reason: Suppression) -> None:
        """Note an edge that may not act."""
        self._say(tick, plan, Outcome.SUPPRESSED, reason)

    def block(self, tick: Tick, plan: RulePlan) -> Block | None:
        """Return what keeps the rule from acting on this tick, None when nothing does."""
        return (
            self._position_block(tick, plan)
            or self._limit_block(tick, plan)
            or self._order_block(tick, plan)
        )

    def _position_block(self, tick: Tick, plan: RulePlan) -> Block | None:
        position = self._state.position
        if position is not None and plan.rule.id in position.suspended:
            return Suppression.SUSPENDED, ()
        if plan.is_entry:
            return (Suppression.HOLDING, ()) if tick.holding else self._entry_block(tick.ms)
        return None if tick.holding else (Suppression.FLAT, ())

    def _limit_block(self, tick: Tick, plan: RulePlan) -> Block | None:
        state, rule = self._state, plan.rule
        if rule.limit is not None:
            done = 0 if state.position is None else state.position.counts.get(rule.id, 0)
            if done >= rule.limit:
                return Suppression.LIMIT_REACHED, (("limit", float(rule.limit)),)
        acted_ms = state.acted_ms.get(rule.id)
        if acted_ms is not None and tick.ms - acted_ms < rule.cooldown_ms:
            return Suppression.COOLING_DOWN, (("until_ms", float(acted_ms + rule.cooldown_ms)),)
        return None

    def _order_block(self, tick: Tick, plan: RulePlan) -> Block | None:
        open_order = self._state.open_order
        if isinstance(plan.rule.action, Notify):
            return None
        if isinstance(plan.rule.action, EnterMode):
            return (Suppression.ANOTHER_ORDERED, ()) if tick.sold else None
        if self._state.is_suspended:
            return Suppression.RUN_SUSPENDED, ()
        if tick.ordered:
            return Suppression.ANOTHER_ORDERED, ()
        if open_order is not None and not plan.cancels_orders:
            return Suppression.ORDER_OPEN, (("order", float(open_order)),)
        return None

    def _entry_block(self, ms: int) -> Block | None:
        for blocker in self._blockers:
            held_ms = self._state.held_ms[blocker.index]
            if held_ms is not None and ms - held_ms < blocker.rule.blocks_entry_ms:
                until = float(held_ms + blocker.rule.blocks_entry_ms)
                return Suppression.ENTRY_BLOCKED, (("rule", blocker.rule.id), ("until_ms", until))
        return None

    def _observe(self, tick: Tick, plan: RulePlan, *, rises: bool) -> None:
        if plan.cancels_orders:
            self._cancel_open(tick, plan)
        if rises:
            self._say(tick, plan, Outcome.OBSERVED, Suppression.FLAT)

    def _cancel_open(self, tick: Tick, plan: RulePlan) -> None:
        state = self._state
        if state.open_order is None or state.open_order in state.cancelling:
            return
        state.cancelling.add(state.open_order)
        facts: tuple[Fact, ...] = (("order", float(state.open_order)),)
        self._say(tick, plan, Outcome.CANCELLED, facts=facts)

    def _attempt(self, tick: Tick, plan: RulePlan, *, rises: bool) -> None:
        if plan.closes is not None and plan.closes & tick.late:
            self.spend(tick, plan, Suppression.BACKFILLED)
            return
        action = plan.rule.action
        position = self._state.position
        if (
            isinstance(action, EnterMode)
            and position is not None
            and action.mode in position.modes
            and not tick.sold
        ):
            self._say(tick, plan, Outcome.OBSERVED, Suppression.IN_MODE)
            return
        blocked = self.block(tick, plan)
        if blocked is not None:
            self._suppress(tick, plan, blocked, rises=rises)
        elif isinstance(action, EnterMode):
            self._enter(tick, plan, action)
        elif isinstance(action, Notify):
            self._count(plan)
            self._state.acted_ms[plan.rule.id] = tick.ms
            self._say(tick, plan, Outcome.NOTIFIED)
        elif isinstance(action, Sell):
            self._sell(tick, plan, action)
        else:
            self._buy(tick, plan, action)

    def _suppress(self, tick: Tick, plan: RulePlan, block: Block, *, rises: bool) -> None:
        reason, facts = block
        if reason is Suppression.ORDER_OPEN and isinstance(plan.rule.action, Sell):
            self._state.trying.add(plan.index)
        if rises or self._is_news(plan, reason):
            self._state.reported[plan.index] = reason
            self._say(tick, plan, Outcome.SUPPRESSED, reason, facts)

    def _is_news(self, plan: RulePlan, reason: str) -> bool:
        return self._state.reported.get(plan.index) != reason

    def _enter(self, tick: Tick, plan: RulePlan, action: EnterMode) -> None:
        position = self._state.position
        if position is None:
            return
        position.enter(action.mode, action.suspends)
        for target in action.arms:
            position.arm(target, tick.price)
        self._count(plan)
        self._state.acted_ms[plan.rule.id] = tick.ms
        self._say(tick, plan, Outcome.ENTERED_MODE, action.mode)

    def _count(self, plan: RulePlan) -> None:
        if self._state.position is not None:
            self._state.position.count(plan.rule.id)

    def _buy(self, tick: Tick, plan: RulePlan, action: BuyAmount | BuyPercent) -> None:
        account = self._state.account
        amount = action.amount if isinstance(action, BuyAmount) else account.share(action.percent)
        refusal = account.refuse_buy(amount)
        if refusal is None and not account.quantity_for(amount, tick.price):
            refusal = Refusal.TOO_LITTLE
        if refusal is not None:
            needed = account.with_fee(amount)
            if refusal is Refusal.BELOW_MINIMUM:
                needed = account.minimum
            facts = (("amount", str(amount)), ("needed", str(needed)))
            self._say(tick, plan, Outcome.REFUSED, refusal, facts)
            return
        state = self._state
        self._place(
            tick,
            plan,
            Order(
                state.next_order_id, tick.ms, plan.rule.id, OrderSide.BUY, tick.price, amount=amount
            ),
        )

    def _sell(self, tick: Tick, plan: RulePlan, action: Sell) -> None:
        state = self._state
        if state.position is None:
            return
        quantity = state.position.quantity
        if action.percent < _WHOLE:
            share = EXACT.divide(Decimal(repr(float(action.percent))), Decimal(100))
            quantity = cut_exact(EXACT.multiply(quantity, share))
        cancels = state.open_order if plan.cancels_orders else None
        if plan.cancels_orders:
            self._cancel_open(tick, plan)
        price = Decimal(repr(tick.price))
        refusal = state.account.refuse_sell(quantity, price)
        if refusal is not None:
            state.trying.add(plan.index)
            if self._is_news(plan, refusal):
                state.reported[plan.index] = refusal
                value = EXACT.multiply(quantity, price)
                facts = (("value", str(value)), ("needed", str(state.account.minimum)))
                self._say(tick, plan, Outcome.REFUSED, refusal, facts)
            return
        tick.sold = True
        self._place(
            tick,
            plan,
            Order(
                state.next_order_id,
                tick.ms,
                plan.rule.id,
                OrderSide.SELL,
                tick.price,
                quantity=quantity,
                cancels=cancels,
            ),
        )

    def _place(self, tick: Tick, plan: RulePlan, order: Order) -> None:
        tick.ordered = True
        self._state.place(order)
        self._state.trying.discard(plan.index)
        self._state.reported.pop(plan.index, None)
        self._say(tick, plan, Outcome.ORDERED, order=order)

    def _say(
        self,
        tick: Tick,
        plan: RulePlan,
        outcome: Outcome,
        reason: str = "",
        facts: tuple[Fact, ...] = (),
        order: Order | None = None,
    ) -> None:
        tick.decisions.append(
            Decision(
                tick.ms,
                tick.price,
                plan.rule.id,
                plan.rule.number,
                outcome,
                str(reason),
                facts,
                order,
                self.evaluation(tick.ms, plan, Truth.TRUE) if plan.is_explained else None,
            )
        )

    def evaluation(
        self, ms: int, plan: RulePlan, truth: Truth, block: Block | None = None
    ) -> Evaluation:
        """Return a trigger's evaluation on the values now written, to be explained later."""
        frame = plan.frame
        reasons = {
            wanted: self._unknown_of(wanted)
            for slot, wanted in plan.reads
            if isnan(frame.values[slot])
        }
        suppression, facts = block if block is not None else (None, ())
        return Evaluation(
            plan.rule.id,
            ms,
            truth,
            plan.trigger,
            frame.inputs,
            tuple(frame.values),
            suppression,
            facts,
            reasons,
        )
