"""How often each condition of a trigger held in a preview, whatever the others were."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.compatibility import mismatch
from upbit_auto_trading.domain.evaluation_record import ComparisonRecord, GroupRecord
from upbit_auto_trading.domain.expression import comparisons, operands
from upbit_auto_trading.domain.fixed_trigger import FixedTrigger, FrameColumns
from upbit_auto_trading.domain.position_variables import STATE_SUPPLIERS
from upbit_auto_trading.domain.rule import Notify, Role, Rule
from upbit_auto_trading.domain.rule_plan import plan_rules
from upbit_auto_trading.domain.strategy import Strategy
from upbit_auto_trading.domain.truth import Truth
from upbit_auto_trading.domain.variable import Need, Words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from upbit_auto_trading.domain.decision import Decision
    from upbit_auto_trading.domain.evaluation_record import Record
    from upbit_auto_trading.domain.expression import Comparison, Expression
    from upbit_auto_trading.domain.replay import Replay

_NAMELESS: Final = Words("", "")
_PREFIX: Final = "condition/"
# Firings whose records are read for the conditions that only the engine can judge.
_MOST_READ: Final = 2_000


@dataclass(frozen=True, slots=True)
class ConditionCount:
    """One condition by itself: how often it turned true, and on how many candles it held.

    `at_firings` is at how many of the firings that acted it was true. None is what isn't known:
    the candles of a condition that reads the position, the firings where those are very many.
    """

    turns: int
    candles: int | None
    at_firings: int | None


def watching_rules(trigger: Expression) -> tuple[Rule, ...]:
    """Return rules to be counted, for conditions that can't be read ahead of the engine.

    A condition on the order book gets none: the past has no book.
    """
    return tuple(
        Rule(
            f"{_PREFIX}{comparison.id}",
            100 + place,
            _NAMELESS,
            Role.MANAGEMENT,
            comparison,
            Notify(),
        )
        for place, comparison in enumerate(_conditions(trigger))
        if _needs_engine(comparison) and not _lacks_values(comparison)
    )


def count_conditions(
    trigger: Expression, replay: Replay, fired: Sequence[Decision], from_ms: int = 0
) -> dict[str, ConditionCount]:
    """Return the counts from `from_ms` on by the conditions' ids; `fired` are the firings there.

    `replay` ran with the trigger's `watching_rules`, counted. A condition whose values the past
    doesn't have, or whose sides can't be compared, is left out.
    """
    conditions = _conditions(trigger)
    readable = [one for one in conditions if not _lacks_values(one)]
    ahead = [one for one in readable if not _needs_engine(one)]
    counts = _counted_ahead(ahead, replay, fired, from_ms)
    told = [one for one in readable if _needs_engine(one)]
    if told:
        held = _held_at(fired) if len(fired) <= _MOST_READ else None
        for one in told:
            turned_ms = replay.engine.state.turned_ms[f"{_PREFIX}{one.id}"]
            turns = len(turned_ms) - bisect_left(turned_ms, from_ms)
            at = None if held is None else held.get(one.id, 0)
            counts[one.id] = ConditionCount(turns, None, at)
    return counts


def _conditions(trigger: Expression) -> list[Comparison]:
    """Return the conditions that have an id, each id once."""
    return list({one.id: one for one in comparisons(trigger) if one.id}.values())


def _needs_engine(comparison: Comparison) -> bool:
    return any(operand.variable in STATE_SUPPLIERS for operand in operands(comparison))


def _lacks_values(comparison: Comparison) -> bool:
    registry = shipped_variables()
    read = operands(comparison)
    return mismatch(comparison, registry) is not None or any(
        Need.ORDERBOOK in registry[operand.variable].needs for operand in read
    )


def _counted_ahead(
    conditions: Sequence[Comparison], replay: Replay, fired: Sequence[Decision], from_ms: int
) -> dict[str, ConditionCount]:
    """Count conditions on the market alone on the columns the run has prepared."""
    rules = tuple(
        Rule(one.id, place + 1, _NAMELESS, Role.ENTRY, one, Notify())
        for place, one in enumerate(conditions)
    )
    market = replay.market
    strategy = Strategy("conditions", _NAMELESS, rules)
    plans, frames = plan_rules(strategy, shipped_variables(), market)
    columns = FrameColumns(frames[0], market)
    ms = market.ticks.ms
    start = int(np.searchsorted(ms, from_ms))
    firsts = np.arange(0, len(ms) - start, 4)
    places = np.searchsorted(ms, [decision.ms for decision in fired])
    counts = {}
    for plan in plans:
        if not columns.is_fixed(plan.slots):
            continue
        fixed = FixedTrigger(plan, columns, market)
        inside = fixed.truth[start:]
        held = np.logical_or.reduceat(inside, firsts) if len(firsts) else inside
        counts[plan.rule.id] = ConditionCount(
            int(len(fixed.rises) - fixed.rises.searchsorted(start)),
            int(np.count_nonzero(held)),
            int(np.count_nonzero(fixed.truth[places])) if len(places) else 0,
        )
    return counts


def _held_at(fired: Sequence[Decision]) -> Mapping[str, int]:
    counts: dict[str, int] = {}
    for decision in fired:
        if decision.evaluation is None:
            continue
        for leaf in _leaves(decision.evaluation.record()):
            if leaf.truth is Truth.TRUE:
                counts[leaf.node] = counts.get(leaf.node, 0) + 1
    return counts


def _leaves(record: Record) -> Iterator[ComparisonRecord]:
    if isinstance(record, GroupRecord):
        for child in record.children:
            yield from _leaves(child)
    else:
        yield record
