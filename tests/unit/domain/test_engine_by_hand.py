"""What the user does in a run: orders by hand, suspending every rule, and that both survive."""

from decimal import Decimal

import pytest

from tests.unit.domain.test_engine import PARAMS, START_S, entered, tick, unfilled
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.decision import Outcome, Suppression
from upbit_auto_trading.domain.engine import OrderOpenError
from upbit_auto_trading.domain.engine_snapshot import restore, snapshot
from upbit_auto_trading.domain.live_engine import LiveEngine
from upbit_auto_trading.domain.order import Fill, Order, OrderSide
from upbit_auto_trading.domain.own_indicators import OwnIndicators
from upbit_auto_trading.domain.tick import Quality


def sell_by_hand(number: int, quantity: Decimal, price: float = 1000.0) -> Order:
    ms = (START_S + 240) * 1000
    return Order(number, ms, "", OrderSide.SELL, price, quantity=quantity)


def test_a_sell_by_hand_closes_the_position_and_what_rules_remember_of_it() -> None:
    run = entered()
    engine, state = run.live.engine, run.live.engine.state
    run.take(tick(240, 1060.0))
    assert state.position is not None
    assert state.position.armed
    order = sell_by_hand(state.next_order_id, state.position.quantity, 1060.0)
    engine.order_by_hand(order)
    (stop,) = run.take(tick(310, 1020.0))
    assert (stop.rule, stop.reason) == ("trailing_stop", Suppression.ORDER_OPEN)
    engine.filled(state.account.fill_sell(order.id, order.ms, order.quantity, Decimal(1060)))
    engine.order_closed(order.id)
    assert state.position is None
    position_rules = [plan for plan in engine.plans if not plan.is_entry]
    assert not any(state.true[plan.index] for plan in position_rules)
    assert not state.trying


def test_a_buy_by_hand_opens_a_position_that_rules_then_judge() -> None:
    run = entered()
    engine, state = run.live.engine, run.live.engine.state
    assert state.position is not None
    average = state.position.average
    order = Order(state.next_order_id, tick(190, 1).ms, "", OrderSide.BUY, 900.0, Decimal(90_000))
    engine.order_by_hand(order)
    engine.filled(
        Fill(order.id, order.ms, Decimal(900), Decimal(100), Decimal(90_000), Decimal(45))
    )
    engine.order_closed(order.id)
    assert average == 1000.0
    assert state.position.average == 950.0
    said = run.take(tick(200, 950.0 * 1.05))
    assert [(d.rule, d.outcome) for d in said if d.outcome is Outcome.ORDERED] == [
        ("pyramid", Outcome.ORDERED)
    ]


def test_there_is_one_open_order_at_a_time() -> None:
    live, placed = unfilled()
    with pytest.raises(OrderOpenError) as caught:
        live.engine.order_by_hand(sell_by_hand(2, Decimal(1)))
    assert caught.value.order_id == placed.id
    assert live.engine.open_order == placed


def test_an_order_by_hand_that_the_broker_refuses_is_told_and_forgotten() -> None:
    run = entered()
    engine = run.live.engine
    order = sell_by_hand(engine.state.next_order_id, Decimal(1))
    engine.order_by_hand(order)
    said = engine.order_refused(order.id, "no_depth")
    assert (said.rule, said.number, said.outcome) == ("", 0, Outcome.REFUSED)
    assert engine.open_order is None
    assert not engine.state.trying


def test_while_suspended_rules_are_judged_and_order_nothing() -> None:
    run = entered()
    engine = run.live.engine
    engine.state.is_suspended = True
    said = run.take(tick(185, 940.0))
    reasons = {decision.rule: decision.reason for decision in said}
    assert reasons == {"crash": "run_suspended", "average_down": "run_suspended"}
    assert {e.rule for e in engine.evaluations() if e.suppression == "run_suspended"} >= {"crash"}
    engine.state.is_suspended = False
    # The edge of the average-down is spent; the crash acts on level.
    assert [d.rule for d in run.take(tick(186, 940.0))] == ["crash"]
    assert engine.state.position is None


def test_a_suspension_survives_a_restart() -> None:
    run = entered()
    run.live.engine.state.is_suspended = True
    kept = snapshot(run.live.engine)
    fresh = LiveEngine(
        run.live.engine.strategy,
        shipped_variables(),
        OwnIndicators(),
        run.live.engine.state.account,
    )
    restore(fresh.engine, kept)
    assert fresh.engine.state.is_suspended
    del kept["suspended"]
    restore(fresh.engine, kept)
    assert not fresh.engine.state.is_suspended


def test_a_print_over_rest_drives_rules_as_a_live_one_does() -> None:
    live, rest = entered(), entered()
    walk = ((240, 1060.0), (241, 1020.0), (300, 940.0))
    said = [live.take(tick(second, price)) for second, price in walk]
    assert [rest.take(tick(second, price, Quality.REST)) for second, price in walk] == said
    assert any(said)


def test_ticks_that_could_not_be_kept_hold_everything_back() -> None:
    run = entered(**PARAMS)
    said = run.take(tick(200, 0.0, Quality.UNKEPT))
    assert [(d.outcome, d.reason) for d in said] == [(Outcome.HELD_BACK, "unkept")]
    assert run.take(tick(200, 0.0, Quality.UNKEPT)) == []
