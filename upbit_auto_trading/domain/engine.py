"""The engine: ticks and fills in, decisions out; the same object live, on paper and in backtests.

One tick goes through `step`: values are written, peaks and arming follow the price, every rule
that is due is judged once on that state, then rules act in the strategy's order. Nothing here
knows the clock, a socket or a particular rule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from upbit_auto_trading.domain.acting import Actor, Tick
from upbit_auto_trading.domain.decision import Decision, Evaluation, Outcome, Suppression
from upbit_auto_trading.domain.engine_state import EngineState
from upbit_auto_trading.domain.order import Fill, Order, OrderSide, Refusal
from upbit_auto_trading.domain.position_variables import STATE_SUPPLIERS, unknown_state
from upbit_auto_trading.domain.rule_plan import TELL_ALL, RulePlan, Telling, plan_rules
from upbit_auto_trading.domain.truth import Truth

if TYPE_CHECKING:
    from upbit_auto_trading.domain.account import Account
    from upbit_auto_trading.domain.evaluation import Input
    from upbit_auto_trading.domain.market_view import MarketView
    from upbit_auto_trading.domain.position import Position
    from upbit_auto_trading.domain.strategy import Strategy
    from upbit_auto_trading.domain.tick import Quality
    from upbit_auto_trading.domain.truth import Unknown
    from upbit_auto_trading.domain.variable import VariableRegistry

_NOTHING: Final[frozenset[str]] = frozenset()


class OrderOpenError(Exception):
    """There may be one open order at a time."""

    def __init__(self, order_id: int) -> None:
        super().__init__(f"order {order_id} is open")
        self.order_id = order_id


class Engine:
    """Judges a strategy's rules on one market, tick by tick.

    The market view moves to a tick, then `step` judges it. Whoever executes the orders among the
    decisions reports `filled`, then `order_closed`; or `order_refused`.

    Raises:
        UnknownVariableError, InvalidOperandError, UnfinishedComparisonError: a trigger that
            can't be compiled.
    """

    def __init__(
        self,
        strategy: Strategy,
        registry: VariableRegistry,
        market: MarketView,
        account: Account,
        telling: Telling = TELL_ALL,
    ) -> None:
        self.strategy = strategy
        self.market = market
        self.plans, self.frames = plan_rules(strategy, registry, market, telling)
        self.state = EngineState(
            account,
            {rule.id: rule.limit for rule in strategy.rules},
            [False] * len(self.plans),
            [None] * len(self.plans),
            profit_fee_rate=float(account.fee_rate) if strategy.profit_includes_fees else 0.0,
            turned_ms={plan.rule.id: [] for plan in self.plans if plan.is_counted},
        )
        self._actor = Actor(self.state, self.plans, self._unknown_of)
        self._arming = tuple(plan for plan in self.plans if plan.arming is not None)
        self._due_holding = self.due(holding=True)
        self._due_flat = self.due(holding=False)
        self._reads_closes = any(plan.closes is not None for plan in self.plans)
        self._held_back: Quality | None = None

    def due(self, *, holding: bool) -> tuple[RulePlan, ...]:
        """Return the rules that are judged while holding, or while flat, in acting order."""
        return tuple(plan for plan in self.plans if plan.is_entry or holding or plan.watches_flat)

    def step(self) -> list[Decision]:
        """Judge the market's newest tick; return what there is to say about it."""
        market, state = self.market, self.state
        ms, price, position = market.ms, market.price, state.position
        holding = position is not None
        tick = Tick(ms, price, holding=holding, late=market.closed_late)
        self._held_back = None
        if market.backfilled:
            return self._spend(tick)
        if position is not None:
            position.run(price)
        self._write(ms, price)
        if position is not None and self._arming:
            self._arm(tick, position)
        true = self._judge(ms, holding=holding)
        return self._actor.act(tick, true) if true else tick.decisions

    def hold_back(self, quality: Quality, ms: int) -> list[Decision]:
        """Note a tick that can't be trusted: nothing is judged and no memory changes."""
        if self._held_back is quality:
            return []
        self._held_back = quality
        return [Decision(ms, self.market.price, "", 0, Outcome.HELD_BACK, str(quality))]

    def spend_history(self) -> None:
        """Take what entry rules are on the market's closed candles as already evaluated."""
        self._write_market()
        for plan in self.plans:
            if plan.closes is not None:
                truth = plan.trigger.test(plan.frame.values)
                self.state.true[plan.index] = truth is Truth.TRUE

    def filled(self, fill: Fill) -> None:
        """Take in one execution of an order.

        Raises:
            UnknownOrderError: the order isn't one of this engine's.
            OversoldError: it sells more than is held.
        """
        if self.state.fill(fill):
            self._forget_position_rules()

    def order_by_hand(self, order: Order) -> None:
        """Take in an order that the user placed, as if a rule had.

        Raises:
            OrderOpenError: another order is still open.
        """
        if self.state.open_order is not None:
            raise OrderOpenError(self.state.open_order)
        self.state.place(order)

    def order_closed(self, order_id: int) -> None:
        """Note that an order is completely filled, or cancelled.

        Raises:
            UnknownOrderError: the order isn't one of this engine's.
        """
        self.state.forget(order_id)

    def order_refused(self, order_id: int, detail: str) -> Decision:
        """Note that the broker refused an order: it doesn't count, and a sell is tried again.

        Raises:
            UnknownOrderError: the order isn't one of this engine's.
        """
        order = self.state.order(order_id)
        self.state.unplace(order)
        plan = next((plan for plan in self.plans if plan.rule.id == order.rule), None)
        if plan is not None and order.side is OrderSide.SELL:
            self.state.trying.add(plan.index)
        return Decision(
            order.ms,
            order.price,
            order.rule,
            0 if plan is None else plan.rule.number,
            Outcome.REFUSED,
            str(Refusal.BROKER),
            (("detail", detail),),
            order,
        )

    @property
    def open_order(self) -> Order | None:
        """The order that is placed and neither filled, cancelled nor refused."""
        number = self.state.open_order
        return None if number is None else self.state.order(number)

    def evaluations(self) -> tuple[Evaluation, ...]:
        """Return every rule's trigger on the newest tick, and what would keep it from acting."""
        state, market = self.state, self.market
        tick = Tick(
            market.ms,
            market.price,
            holding=state.position is not None,
            late=market.closed_late,
        )
        self._write(market.ms, market.price)
        return tuple(
            self._actor.evaluation(
                market.ms,
                plan,
                plan.trigger.test(plan.frame.values),
                self._actor.block(tick, plan),
            )
            for plan in self.plans
        )

    def _write(self, ms: int, price: float) -> None:
        state = self.state
        for frame in self.frames:
            values = frame.values
            frame.write_market(values)
            for slot, supply in frame.suppliers:
                values[slot] = supply(state, ms, price, frame.owner)

    def _arm(self, tick: Tick, position: Position) -> None:
        for plan in self._arming:
            arming, frame = plan.arming, plan.frame
            if arming is None or plan.rule.id in position.armed:
                continue
            if arming.test(frame.values) is not Truth.TRUE:
                continue
            position.arm(plan.rule.id, tick.price)
            for slot, supply in frame.suppliers:
                frame.values[slot] = supply(self.state, tick.ms, tick.price, frame.owner)
            tick.decisions.append(
                Decision(tick.ms, tick.price, plan.rule.id, plan.rule.number, Outcome.ARMED)
            )

    def _judge(self, ms: int, *, holding: bool) -> list[tuple[RulePlan, bool]]:
        """Evaluate every rule that is due, once; return the true ones and whether they rose."""
        state = self.state
        memory = state.true
        closed = self.market.closed if self._reads_closes else _NOTHING
        untrusted = self.market.untrusted
        true = []
        for plan in self._due_holding if holding else self._due_flat:
            if plan.closes is not None and not plan.closes & closed:
                continue
            truth = plan.trigger.test(plan.frame.values)
            index = plan.index
            if truth is Truth.TRUE:
                rises = not memory[index]
                if not plan.is_counted:
                    true.append((plan, rises))
                elif rises:
                    state.turned_ms[plan.rule.id].append(ms)
                memory[index] = True
                state.held_ms[index] = ms
                continue
            if truth is Truth.UNKNOWN and untrusted and plan.variables & untrusted:
                continue
            if memory[index]:
                memory[index] = False
            if state.trying or state.reported:
                state.trying.discard(index)
                state.reported.pop(index, None)
        return true

    def _spend(self, tick: Tick) -> list[Decision]:
        """Spend the edges on candles that a backfilled tick proves closed; fire nothing."""
        closed, state = self.market.closed, self.state
        due = [plan for plan in self.plans if plan.closes is not None and plan.closes & closed]
        if not due:
            return []
        self._write_market()
        for plan in due:
            truth = plan.trigger.test(plan.frame.values)
            rises = truth is Truth.TRUE and not state.true[plan.index]
            state.true[plan.index] = truth is Truth.TRUE
            if rises:
                self._actor.spend(tick, plan, Suppression.BACKFILLED)
        return tick.decisions

    def _write_market(self) -> None:
        for frame in self.frames:
            frame.write_market(frame.values)

    def _forget_position_rules(self) -> None:
        state = self.state
        for plan in self.plans:
            if not plan.is_entry:
                state.true[plan.index] = False
                state.trying.discard(plan.index)
                state.reported.pop(plan.index, None)

    def _unknown_of(self, wanted: Input) -> Unknown:
        variable = wanted.reading.variable
        if variable in STATE_SUPPLIERS:
            return unknown_state(self.state, variable)
        return self.market.unknown_of(wanted)
