"""A live run as a window shows it: where it stands, its position, every rule with its reasons."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING

from upbit_auto_trading.application.paper_views import (
    PositionView,
    RuleView,
    RunCondition,
    RunView,
)
from upbit_auto_trading.domain.account import EXACT
from upbit_auto_trading.domain.firing_price import firing_price
from upbit_auto_trading.domain.money import exact

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from upbit_auto_trading.application.paper_trading import PaperRun
    from upbit_auto_trading.domain.firing_price import FiringPrice
    from upbit_auto_trading.domain.paper_account import RunRecord
    from upbit_auto_trading.domain.position import Position
    from upbit_auto_trading.domain.rule import Rule
    from upbit_auto_trading.domain.strategy import Strategy


def position_view(
    record: RunRecord, position: Position, price: float, fee_rate: Decimal
) -> PositionView:
    """Return a position at a price."""
    value = EXACT.multiply(position.quantity, exact(price))
    cost = position.cost
    received = EXACT.multiply(value, 1 - fee_rate)
    paid = EXACT.multiply(cost, 1 + fee_rate)
    gain = EXACT.subtract(received, paid)
    return PositionView(
        record.id,
        record.market,
        record.strategy_id,
        position.quantity,
        position.average,
        price,
        value,
        cost,
        EXACT.subtract(value, cost),
        (price / position.average - 1) * 100,
        gain,
        float(gain / paid * 100) if paid else 0.0,
        position.opened_ms,
        dict(position.armed),
        position.modes,
        position.suspended,
        dict(position.counts),
    )


def run_view(
    record: RunRecord, run: PaperRun, strategy: Strategy, pending: Strategy | None
) -> RunView:
    """Return where a live run stands."""
    live, journal = run.recorded.live, run.journal
    state, price = live.engine.state, live.market.price
    known = None if isnan(price) else price
    position = None
    if state.position is not None and known is not None:
        position = position_view(record, state.position, known, record.terms.fee_rate)
    condition = RunCondition.SUSPENDED if state.is_suspended else RunCondition.RUNNING
    trouble = journal.failure or journal.trouble
    if trouble is not None:
        condition = RunCondition.HELD if journal.failure is None else RunCondition.FAILED
    return RunView(
        record.id,
        record.market,
        strategy,
        condition,
        run.runner.quality,
        run.runner.age_s,
        known,
        live.market.ms,
        state.account.cash,
        record.given,
        position,
        state.open_order,
        state.next_order_id - 1,
        record.opened_ms,
        dict(journal.counts),
        "" if trouble is None else trouble.code,
        nearest_firing(run) if known is not None else None,
        pending,
    )


def rule_views(run: PaperRun, fired_ever: Mapping[str, int]) -> tuple[RuleView, ...]:
    """Return every enabled rule in acting order, judged on the newest print."""
    live = run.recorded.live
    state, price = live.engine.state, live.market.price
    position = state.position
    views = []
    for plan, evaluation in zip(live.engine.plans, live.engine.evaluations(), strict=True):
        rule = plan.rule
        at = None if isnan(price) else firing_price(rule.trigger, evaluation, price)
        views.append(
            RuleView(
                rule,
                evaluation.truth,
                evaluation.record(),
                evaluation.suppression,
                evaluation.facts,
                0 if position is None else position.counts.get(rule.id, 0),
                fired_ever.get(rule.id, 0),
                state.acted_ms.get(rule.id),
                at,
                None if position is None else position.armed.get(rule.id),
            )
        )
    return tuple(views)


def nearest_firing(run: PaperRun) -> tuple[Rule, FiringPrice] | None:
    """Return the rule that the smallest move of the price would make fire and that may act."""
    live = run.recorded.live
    price = live.market.price
    found = []
    for plan, evaluation in zip(live.engine.plans, live.engine.evaluations(), strict=True):
        at = firing_price(plan.rule.trigger, evaluation, price)
        if at is not None and evaluation.suppression is None:
            found.append((abs(at.price - price), plan.index, plan.rule, at))
    if not found:
        return None
    _, _, rule, at = min(found, key=lambda each: each[:2])
    return rule, at
