"""Conditions on the order book: their values, and what a stale book does to a rule's memory."""

from dataclasses import dataclass, replace
from decimal import Decimal

import pytest

from tests.engine_runs import LiveRun, seven_rules
from upbit_auto_trading.domain.account import Account
from upbit_auto_trading.domain.decision import Outcome
from upbit_auto_trading.domain.expression import (
    Comparator,
    Comparison,
    Constant,
    VariableOperand,
    variable,
)
from upbit_auto_trading.domain.orderbook import Orderbook
from upbit_auto_trading.domain.orderbook_variables import orderbook_values, untrusted_orderbook
from upbit_auto_trading.domain.stream import Delivery, Origin, Source
from upbit_auto_trading.domain.tick import Tick
from upbit_auto_trading.domain.truth import Truth, Unknown, UnknownReason

ACCOUNT = Account(Decimal(1_000_000), Decimal("0.0005"), Decimal(5000))
ORIGIN = Origin(Source.WEBSOCKET, Delivery.REALTIME, 0.0)


@dataclass(frozen=True)
class Row:
    ask_price: float
    bid_price: float
    ask_size: float
    bid_size: float


def book(*rows: Row) -> Orderbook:
    total_ask, total_bid = sum(r.ask_size for r in rows), sum(r.bid_size for r in rows)
    return Orderbook("KRW-BTC", rows, total_ask, total_bid, 0.0, 0, ORIGIN)


FULL = book(Row(1001.0, 999.0, 1.0, 3.0), Row(1002.0, 998.0, 6.0, 2.0))


def run_with(condition: Comparison) -> LiveRun:
    """A run whose entry is decided by the order book."""
    strategy = seven_rules({})
    entry = replace(strategy.rule("oversold_entry"), trigger=condition)
    return LiveRun(strategy.with_rule(entry), ACCOUNT)


def narrow() -> LiveRun:
    return run_with(Comparison(variable("spread"), Comparator.LESS, Constant(3.0)))


@pytest.mark.parametrize(
    ("name", "parameters", "expected"),
    [
        ("best_bid", {}, 999.0),
        ("best_ask", {}, 1001.0),
        ("spread", {}, 2.0),
        ("spread_percent", {}, 2.0 / 999.0 * 100),
        ("imbalance", {"levels": 1}, 0.75),
        ("imbalance", {"levels": 2}, 5.0 / 12.0),
    ],
)
def test_a_book_answers(name: str, parameters: dict[str, float], expected: float) -> None:
    operand = VariableOperand(name, tuple(parameters.items()))
    run = run_with(Comparison(operand, Comparator.GREATER, Constant(0.0)))
    [reading] = run.live.market.outside
    assert orderbook_values(FULL, [reading]) == {reading: expected}
    empty = orderbook_values(book(), [reading])
    assert empty == {reading: Unknown(UnknownReason.NO_ORDERBOOK)}


def test_a_condition_on_the_book_fires_on_the_next_tick() -> None:
    run = narrow()
    assert run.take(Tick(0, 1000.0)) == []
    run.live.market.supply(orderbook_values(FULL, run.live.market.outside))
    assert [d.outcome for d in run.take(Tick(1, 1000.0))] == [Outcome.ORDERED]


def test_a_stale_book_makes_the_condition_unknown_and_leaves_its_memory() -> None:
    run = narrow()
    market, engine = run.live.market, run.live.engine
    wide = book(Row(1010.0, 999.0, 1.0, 1.0))
    entry = next(plan for plan in engine.plans if plan.is_entry)
    engine.state.true[entry.index] = True
    market.supply(untrusted_orderbook(UnknownReason.STALE, market.outside))
    assert market.untrusted == {"spread"}
    assert run.take(Tick(0, 1000.0)) == []
    told = next(e for e in engine.evaluations() if e.rule == "oversold_entry")
    assert told.truth is Truth.UNKNOWN
    assert [unknown.reason for unknown in told.record().unknown] == [UnknownReason.STALE]
    # Still true as far as memory goes, so a narrow book is no edge; after a wide one it is.
    market.supply(orderbook_values(FULL, market.outside))
    assert run.take(Tick(1, 1000.0)) == []
    market.supply(orderbook_values(wide, market.outside))
    assert run.take(Tick(2, 1000.0)) == []
    market.supply(orderbook_values(FULL, market.outside))
    assert [d.outcome for d in run.take(Tick(3, 1000.0))] == [Outcome.ORDERED]
