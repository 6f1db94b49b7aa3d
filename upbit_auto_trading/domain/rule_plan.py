"""Rules made ready: triggers compiled, what they read laid out in lists of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.domain.evaluation import Input, Inputs, Plan, compile_expression
from upbit_auto_trading.domain.expression import Bar, Expression, VariableOperand, operands
from upbit_auto_trading.domain.position_variables import STATE_SUPPLIERS, Supplier
from upbit_auto_trading.domain.rule import Firing, Role, Rule, Sell
from upbit_auto_trading.domain.variable import Need

if TYPE_CHECKING:
    from upbit_auto_trading.domain.market_view import MarketView, Writer
    from upbit_auto_trading.domain.strategy import Strategy
    from upbit_auto_trading.domain.variable import VariableRegistry

_OWN_STATE = frozenset({Need.POSITION, Need.ACCOUNT, Need.EVENTS})


class Frame:
    """One list of numbers that several rules read: the market's part and the engine's.

    `owner` is the id of the rule whose own peak the frame shows, empty for the position's.
    """

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self.inputs = Inputs()
        self.values: list[float] = []
        self.write_market: Writer = lambda _: None
        self.suppliers: list[tuple[int, Supplier]] = []

    def attach(self, market: MarketView) -> None:
        """Lay the list out once every expression is compiled."""
        self.values = self.inputs.blank()
        self.write_market = market.attach(self.inputs)
        self.suppliers = [
            (slot, STATE_SUPPLIERS[wanted.reading.variable](dict(wanted.reading.parameters)))
            for wanted, slot in self.inputs.wanted.items()
            if wanted.reading.variable in STATE_SUPPLIERS
        ]


@dataclass(frozen=True, slots=True)
class Telling:
    """How much a run tells, where not everything is wanted; rules by their ids.

    Decisions on rules other than those `explained` carry no evaluation; None explains all.
    `counted` are rules that may only notify: they say nothing, but when each turned true is kept
    in `EngineState.turned_ms`.
    """

    explained: frozenset[str] | None = None
    counted: frozenset[str] = frozenset()


TELL_ALL: Final = Telling()
UNEXPLAINED: Final = Telling(explained=frozenset())


@dataclass(frozen=True, slots=True)
class RulePlan:
    """A rule ready to be judged.

    `closes` are the timeframes on whose candles' close an entry rule is judged, None where it is
    judged on every tick. `watches_flat`: the trigger is also computed while flat. `is_explained`
    and `is_counted` are what a `Telling` says.
    """

    rule: Rule
    index: int
    frame: Frame
    trigger: Plan
    arming: Plan | None
    closes: frozenset[str] | None
    watches_flat: bool
    is_entry: bool
    acts_on_level: bool
    cancels_orders: bool
    variables: frozenset[str]
    reads: tuple[tuple[int, Input], ...]
    slots: frozenset[int]
    arming_slots: frozenset[int]
    is_explained: bool
    is_counted: bool


def plan_rules(
    strategy: Strategy,
    registry: VariableRegistry,
    market: MarketView,
    telling: Telling = TELL_ALL,
) -> tuple[tuple[RulePlan, ...], tuple[Frame, ...]]:
    """Compile the enabled rules in acting order; a rule with arming has a frame of its own.

    Raises:
        UnknownVariableError, InvalidOperandError, UnfinishedComparisonError: see
            `compile_expression`.
    """
    shared = Frame("")
    frames = [shared]
    plans: list[RulePlan] = []
    for rule in strategy.rules:
        if not rule.enabled:
            continue
        frame = shared
        if rule.arming is not None:
            frame = Frame(rule.id)
            frames.append(frame)
        plans.append(_plan(rule, len(plans), frame, registry, telling))
    for frame in frames:
        frame.attach(market)
    return tuple(plans), tuple(frames)


def _plan(
    rule: Rule, index: int, frame: Frame, registry: VariableRegistry, telling: Telling
) -> RulePlan:
    trigger = compile_expression(rule.trigger, registry, frame.inputs)
    arming = None
    if rule.arming is not None:
        arming = compile_expression(rule.arming, registry, frame.inputs)
    read = operands(rule.trigger)
    needs = frozenset[Need]().union(*(registry[operand.variable].needs for operand in read))
    is_entry = rule.role is Role.ENTRY
    watches = rule.role in (Role.RISK, Role.MANAGEMENT) and not needs & _OWN_STATE
    return RulePlan(
        rule=rule,
        index=index,
        frame=frame,
        trigger=trigger,
        arming=arming,
        closes=_closes(rule.trigger) if is_entry else None,
        watches_flat=watches,
        is_entry=is_entry,
        acts_on_level=rule.firing is Firing.LEVEL and isinstance(rule.action, Sell),
        cancels_orders=isinstance(rule.action, Sell) and rule.action.cancels_orders,
        variables=frozenset(operand.variable for operand in read),
        reads=tuple(
            (slot, wanted) for wanted, slot in frame.inputs.wanted.items() if slot in trigger.slots
        ),
        slots=trigger.slots,
        arming_slots=frozenset() if arming is None else arming.slots,
        is_explained=telling.explained is None or rule.id in telling.explained,
        is_counted=rule.id in telling.counted,
    )


def _closes(trigger: Expression) -> frozenset[str] | None:
    timeframes = set()
    for operand in operands(trigger):
        if not reads_closed_candles(operand):
            return None
        timeframes.add(str(operand.timeframe))
    return frozenset(timeframes)


def reads_closed_candles(operand: VariableOperand) -> bool:
    """Whether the operand's value changes only when a candle closes."""
    return operand.timeframe is not None and operand.bar is Bar.CLOSED
