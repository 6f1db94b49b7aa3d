"""The engine, sentence by sentence of the seven rules' text, beyond what candles alone can show."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.engine_runs import LiveRun, account_of, seven_rules
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.decision import Decision, Outcome, Suppression
from upbit_auto_trading.domain.engine_state import UnknownOrderError
from upbit_auto_trading.domain.evaluation_record import ComparisonRecord
from upbit_auto_trading.domain.expression import (
    Bar,
    Comparator,
    Comparison,
    Constant,
    variable,
)
from upbit_auto_trading.domain.indicator import CandleRow
from upbit_auto_trading.domain.live_engine import LiveEngine
from upbit_auto_trading.domain.order import Fill, Order, OrderSide
from upbit_auto_trading.domain.own_indicators import OwnIndicators
from upbit_auto_trading.domain.position import OversoldError
from upbit_auto_trading.domain.tick import Quality, Tick
from upbit_auto_trading.domain.truth import Truth

START_S = 1_750_000_020
PARAMS: dict[str, Any] = {
    "rsi_period": 2,
    "rsi_level": 20,
    "entry_krw": "100000",
    "timeframe_s": 60,
    "cash": "1000000",
    "fee": "0.0005",
}
# Three falling closes, and the print that proves the third: the entry is at 1000, at 180 s.
FALL = ((0, 1003.0), (60, 1002.0), (120, 1001.0), (180, 1000.0))


def tick(second: float, price: float, quality: Quality = Quality.LIVE) -> Tick:
    return Tick(round((START_S + second) * 1000), price, quality=quality)


def entered(**changed: Any) -> LiveRun:
    """A run that holds 100 bought at 1000, on the tick after which position rules are judged."""
    params = PARAMS | changed
    run = LiveRun(seven_rules(params), account_of(params))
    for second, price in FALL:
        run.take(tick(second, price))
    assert run.live.engine.state.position is not None
    return run


def unfilled(**changed: Any) -> tuple[LiveEngine, Order]:
    """An engine whose entry order is placed and open."""
    params = PARAMS | changed
    live = LiveEngine(seven_rules(params), shipped_variables(), OwnIndicators(), account_of(params))
    said = [decision for second, price in FALL for decision in live.take(tick(second, price))]
    order = said[-1].order
    assert order is not None
    return live, order


def short(decisions: list[Decision]) -> list[tuple[int, str, str]]:
    return [(d.number, d.outcome.value, d.reason) for d in decisions]


def candles(*closes: float) -> list[CandleRow]:
    """Closed candles, the last of them just before the first tick."""
    first_s = START_S - 60 * len(closes)
    return [CandleRow((first_s + 60 * n) * 1000, c, c, c, c) for n, c in enumerate(closes)]


def fill_of(order: Order, quantity: str, price: str) -> Fill:
    funds = Decimal(quantity) * Decimal(price)
    return Fill(
        order.id, order.ms, Decimal(price), Decimal(quantity), funds, funds * Decimal("0.0005")
    )


# Firing


def test_a_rule_fires_when_its_condition_becomes_true_and_not_again_while_it_stays_true() -> None:
    run = entered(up_pct=10, trail_arm_pct=50, crash_pct=90)
    assert short(run.take(tick(200, 950.0))) == [(5, "ordered", "")]
    # The average is now below 975, so the condition is false and becomes true again further down.
    assert run.take(tick(201, 950.0)) == []
    assert short(run.take(tick(202, 925.0))) == [(5, "ordered", "")]


def test_memory_stores_the_evaluation_and_not_one_made_again_after_the_fill() -> None:
    run = entered(down_pct=1)
    assert short(run.take(tick(200, 980.0))) == [(5, "ordered", "")]
    # The average is about 990: still at −1 %, so there is no edge though the fill changed it.
    assert run.take(tick(201, 979.0)) == []


def test_an_edge_beyond_the_limit_is_spent() -> None:
    run = entered(down_max=1, down_pct=1)
    run.take(tick(200, 989.0))
    run.take(tick(201, 995.0))
    assert short(run.take(tick(202, 980.0))) == [(5, "suppressed", "limit_reached")]
    assert run.take(tick(203, 979.0)) == []


def test_a_percentage_met_exactly_by_what_the_user_typed_fires() -> None:
    run = entered(up_pct=0.5, trail_arm_pct=50)
    assert (1005.0 / 1000.0 - 1) * 100 < 0.5
    assert short(run.take(tick(200, 1005.0))) == [(2, "ordered", "")]


def test_position_rules_are_not_judged_on_the_tick_of_the_entry() -> None:
    params = PARAMS | {"surge_pct": 0.0, "crash_pct": 90}
    run = LiveRun(seven_rules(params), account_of(params))
    said = [short(run.take(tick(second, price))) for second, price in FALL]
    assert said[-1] == [(1, "ordered", "")]
    # Their memory starts as false: a condition that held all along is an edge on the next tick.
    assert short(run.take(tick(181, 1000.0))) == [(7, "entered_mode", "surge")]


def test_rule_memory_of_a_closed_position_is_gone() -> None:
    run = entered(down_pct=1, crash_pct=2, surge_pct=50, crash_cooldown_s=0)
    assert short(run.take(tick(200, 985.0))) == [(5, "ordered", "")]
    assert short(run.take(tick(201, 979.0))) == [(6, "ordered", "")]
    assert run.live.engine.state.position is None
    assert not any(
        run.live.engine.state.true[plan.index]
        for plan in run.live.engine.plans
        if not plan.is_entry
    )


# Modes, arming and peaks


def test_surge_mode_suspends_the_pyramid_in_the_same_tick() -> None:
    run = entered(surge_pct=5, up_pct=5)
    assert short(run.take(tick(200, 1050.0))) == [
        (4, "armed", ""),
        (7, "entered_mode", "surge"),
        (2, "suppressed", "suspended"),
    ]


def test_surge_mode_arms_the_trailing_stop_with_that_ticks_price_as_its_peak() -> None:
    run = entered(surge_pct=2, trail_arm_pct=50, trail_drop_pct=3, crash_pct=50, down_pct=50)
    assert short(run.take(tick(200, 1020.0))) == [(7, "entered_mode", "surge")]
    assert short(run.take(tick(201, 989.0))) == [(4, "ordered", "")]


def test_surge_mode_ends_planned_take_profit_from_the_next_tick_on() -> None:
    run = entered(surge_pct=5, up_max=0, tp_pct=6)
    run.take(tick(200, 1050.0))
    said = run.take(tick(201, 1060.0))
    assert (3, "suppressed", "suspended") in short(said)


def test_take_profit_that_sells_in_the_same_tick_leaves_no_surge() -> None:
    run = entered(surge_pct=5, up_max=0, tp_pct=5)
    said = short(run.take(tick(200, 1050.0)))
    assert (3, "ordered", "") in said
    assert (7, "suppressed", "another_ordered") in said


def test_a_high_from_before_arming_does_not_count() -> None:
    run = entered(trail_arm_pct=5, trail_drop_pct=3, up_max=0, tp_pct=90, surge_pct=90)
    run.take(tick(200, 1049.0))
    run.take(tick(300, 1010.0))
    run.take(tick(301, 1050.0))
    assert run.take(tick(302, 1019.0)) == []
    assert short(run.take(tick(303, 1018.5))) == [(4, "ordered", "")]


def test_average_buy_price_is_of_the_buys_of_the_open_position() -> None:
    run = entered(down_pct=5, crash_pct=90)
    run.take(tick(260, 950.0))
    position = run.live.engine.state.position
    assert position is not None
    quantity = Decimal(100) + Decimal("105.26315789")
    cost = Decimal(100_000) + Decimal("105.26315789") * 950
    assert position.quantity == quantity
    assert position.average == float(cost / quantity)


# Open orders, partial fills, refusals


def test_while_an_order_is_open_no_other_is_placed_and_a_sell_is_tried_again() -> None:
    live, entry = unfilled(up_pct=50, tp_pct=5, up_max=0, surge_pct=90)
    live.engine.filled(fill_of(entry, "50", "1000"))
    assert short(live.take(tick(181, 1050.0)))[1:] == [(3, "suppressed", "order_open")]
    assert live.take(tick(182, 1051.0)) == []
    live.engine.order_closed(entry.id)
    said = live.take(tick(183, 1052.0))
    assert short(said) == [(3, "ordered", "")]
    assert said[0].order is not None
    assert said[0].order.quantity == 50


def test_a_sell_that_waits_gives_up_when_its_condition_is_false() -> None:
    live, entry = unfilled(up_pct=50, tp_pct=5, up_max=0, surge_pct=90, trail_arm_pct=60)
    live.engine.filled(fill_of(entry, "50", "1000"))
    live.take(tick(181, 1050.0))
    live.take(tick(182, 1049.0))
    live.engine.order_closed(entry.id)
    assert live.take(tick(183, 1049.0)) == []


def test_a_buy_that_meets_an_open_order_is_spent() -> None:
    live, entry = unfilled(down_pct=1)
    live.engine.filled(fill_of(entry, "50", "1000"))
    assert short(live.take(tick(181, 990.0))) == [(5, "suppressed", "order_open")]
    live.engine.order_closed(entry.id)
    assert live.take(tick(182, 989.0)) == []


def test_a_crash_cancels_an_unfilled_entry_once() -> None:
    live, entry = unfilled(crash_pct=5)
    said = live.take(tick(181, 950.0))
    assert [(d.number, d.outcome) for d in said] == [
        (6, Outcome.CANCELLED),
        (6, Outcome.OBSERVED),
    ]
    assert said[0].facts == (("order", float(entry.id)),)
    assert live.take(tick(182, 949.0)) == []
    live.engine.order_closed(entry.id)
    assert live.engine.open_order is None


def test_a_crash_cancels_what_is_open_and_sells_what_is_held() -> None:
    live, entry = unfilled(crash_pct=5)
    live.engine.filled(fill_of(entry, "60", "1000"))
    said = live.take(tick(181, 950.0))
    assert [(d.number, d.outcome) for d in said][:2] == [
        (6, Outcome.CANCELLED),
        (6, Outcome.ORDERED),
    ]
    sell = said[1].order
    assert sell is not None
    assert (sell.side, sell.quantity, sell.cancels) == (OrderSide.SELL, Decimal(60), entry.id)
    assert live.engine.open_order == sell
    # A late fill of the cancelled buy stays in the position; the crash still holds and sells it.
    live.engine.filled(fill_of(entry, "10", "1000"))
    live.engine.order_closed(entry.id)
    live.engine.filled(fill_of(sell, "60", "950"))
    live.engine.order_closed(sell.id)
    rest = live.take(tick(182, 949.0))
    assert rest[0].order is not None
    assert rest[0].order.quantity == 10


def test_a_partly_filled_buy_counts_once_at_its_first_fill() -> None:
    live, entry = unfilled(down_pct=1, down_max=2)
    live.engine.filled(fill_of(entry, "100", "1000"))
    live.engine.order_closed(entry.id)
    add = live.take(tick(181, 990.0))[0].order
    assert add is not None
    position = live.engine.state.position
    assert position is not None
    assert position.counts.get("average_down", 0) == 0
    for _ in range(3):
        live.engine.filled(fill_of(add, "10", "990"))
        assert position.counts["average_down"] == 1


def test_an_order_the_broker_refuses_counts_for_nothing() -> None:
    live, entry = unfilled()
    refused = live.engine.order_refused(entry.id, "insufficient_funds_bid")
    assert (refused.number, refused.outcome, refused.reason) == (1, Outcome.REFUSED, "broker")
    assert refused.facts == (("detail", "insufficient_funds_bid"),)
    assert live.engine.open_order is None
    assert live.engine.state.position is None
    assert live.engine.state.acted_ms == {}


def test_a_sell_the_broker_refuses_is_tried_again_while_its_condition_holds() -> None:
    live, entry = unfilled(up_pct=50, tp_pct=5, up_max=0, surge_pct=90)
    live.engine.filled(fill_of(entry, "100", "1000"))
    live.engine.order_closed(entry.id)
    sell = live.take(tick(181, 1050.0))[-1].order
    assert sell is not None
    live.engine.order_refused(sell.id, "market_offline")
    again = live.take(tick(182, 1051.0))
    assert short(again) == [(3, "ordered", "")]


def test_a_sell_below_the_minimum_is_said_once_blocks_nobody_and_is_tried_again() -> None:
    run = entered(entry_krw="5000", crash_pct=1, down_pct=1, surge_pct=90, crash_cooldown_s=0)
    said = short(run.take(tick(181, 990.0)))
    assert said == [(6, "refused", "below_minimum"), (5, "ordered", "")]
    assert short(run.take(tick(182, 989.0))) == [(6, "ordered", "")]


def test_a_refused_sell_is_not_said_twice_while_its_condition_holds() -> None:
    run = entered(entry_krw="5000", crash_pct=1, down_pct=50, surge_pct=90)
    assert short(run.take(tick(181, 990.0))) == [(6, "refused", "below_minimum")]
    assert run.take(tick(182, 989.0)) == []


def test_an_edge_that_met_another_order_of_its_tick_is_spent_and_not_tried_again() -> None:
    live, entry = unfilled(up_max=0, tp_pct=0.5, crash_pct=0, surge_pct=90, crash_cooldown_s=0)
    live.engine.filled(fill_of(entry, "100", "1000"))
    live.engine.order_closed(entry.id)
    said = live.take(tick(200, 1010.0))
    assert short(said) == [(6, "ordered", ""), (3, "suppressed", "another_ordered")]
    assert live.engine.state.trying == set()


def test_a_refused_sell_that_acts_on_edge_is_tried_again_until_it_is_worth_enough() -> None:
    params = PARAMS | {"entry_krw": "5000", "crash_pct": 90, "down_pct": 90, "surge_pct": 90}
    strategy = seven_rules(params)
    always = Comparison(variable("price", "1m", bar=Bar.FORMING), Comparator.GREATER, Constant(1.0))
    exit_rule = replace(strategy.rule("take_profit"), trigger=always)
    run = LiveRun(strategy.with_rule(exit_rule), account_of(params))
    for second, price in FALL:
        run.take(tick(second, price))
    assert short(run.take(tick(181, 990.0))) == [(3, "refused", "below_minimum")]
    assert run.take(tick(182, 999.0)) == []
    assert short(run.take(tick(183, 1000.0))) == [(3, "ordered", "")]


def test_cash_one_unit_short_refuses_the_buy_and_says_what_was_needed() -> None:
    params = PARAMS | {"cash": "100049.99"}
    run = LiveRun(seven_rules(params), account_of(params))
    said = [d for second, price in FALL for d in run.take(tick(second, price))]
    assert short(said) == [(1, "refused", "not_enough_cash")]
    assert dict(said[0].facts)["needed"] == "100050.0000"


def test_a_price_beyond_what_the_amount_buys_is_refused() -> None:
    params = PARAMS | {"entry_krw": "5000"}
    run = LiveRun(seven_rules(params), account_of(params))
    said = [d for second, price in FALL for d in run.take(tick(second, price * 1_000_000_000_000))]
    assert short(said) == [(1, "refused", "too_little")]


def test_fills_of_strangers_and_of_more_than_is_held_are_errors() -> None:
    live, entry = unfilled(crash_pct=5)
    with pytest.raises(UnknownOrderError):
        live.engine.filled(Fill(99, 0, Decimal(1), Decimal(1), Decimal(1), Decimal(0)))
    live.engine.filled(fill_of(entry, "60", "1000"))
    sell = live.take(tick(181, 950.0))[1].order
    assert sell is not None
    with pytest.raises(OversoldError) as caught:
        live.engine.filled(fill_of(sell, "61", "950"))
    assert (caught.value.held, caught.value.sold) == (Decimal(60), Decimal(61))


# The crash block


@pytest.mark.parametrize(("after_s", "expected"), [(1799, "suppressed"), (1800, "ordered")])
def test_an_entry_is_refused_until_the_block_is_over(after_s: int, expected: str) -> None:
    params = PARAMS | {"crash_pct": 5, "surge_pct": 90}
    run = LiveRun(seven_rules(params), account_of(params))
    for second, price in ((0, 1003.0), (60, 1002.0), (100, 940.0), (120, 941.0)):
        run.take(tick(second, price))
    # The last tick on which the drop was 5 %: 941 against 1002, sixty seconds before.
    said = run.take(tick(120 + after_s, 943.0))
    assert [(d.number, d.outcome.value) for d in said] == [(1, expected)]
    if expected == "suppressed":
        assert said[0].reason == Suppression.ENTRY_BLOCKED
        assert dict(said[0].facts)["until_ms"] == (START_S + 1920) * 1000


def test_crashes_and_surges_while_flat_are_observed_when_they_begin() -> None:
    params = PARAMS | {"crash_pct": 5, "surge_pct": 5}
    run = LiveRun(seven_rules(params), account_of(params))
    run.take(tick(0, 1000.0))
    assert short(run.take(tick(10, 950.0))) == [(6, "observed", "flat")]
    assert run.take(tick(20, 949.0)) == []
    assert short(run.take(tick(30, 1000.0))) == [(7, "observed", "flat")]


# Data that can't be trusted


@pytest.mark.parametrize("quality", [Quality.MISSING, Quality.STALE, Quality.TRANSITION_CACHE])
def test_untrusted_data_is_unknown_changes_no_memory_and_is_said_once_a_stretch(
    quality: Quality,
) -> None:
    run = entered(down_pct=1)
    said = run.take(tick(181, 500.0, quality))
    assert [(d.outcome, d.reason) for d in said] == [(Outcome.HELD_BACK, quality.value)]
    assert run.take(tick(182, 400.0, quality)) == []
    # Neither the price nor the memory was touched: the first good tick is judged as usual.
    assert short(run.take(tick(183, 990.0))) == [(5, "ordered", "")]
    assert [d.outcome for d in run.take(tick(184, 500.0, quality))] == [Outcome.HELD_BACK]


@pytest.mark.parametrize(("missing_s", "fires"), [(59, True), (61, False)])
def test_a_missing_stretch_longer_than_the_window_restarts_it(
    missing_s: int, *, fires: bool
) -> None:
    run = entered(crash_pct=5, down_pct=50, surge_pct=90)
    run.take(tick(200, 1000.0, Quality.MISSING))
    run.take(tick(200 + missing_s - 1, 1000.0, Quality.BACKFILLED))
    said = short(run.take(tick(200 + missing_s, 940.0)))
    assert ((6, "ordered", "") in said) is fires


def test_a_backfilled_print_fires_nothing_and_spends_the_edge_of_the_candle_it_completes() -> None:
    params = PARAMS
    run = LiveRun(seven_rules(params), account_of(params))
    for second, price in FALL[:3]:
        run.take(tick(second, price))
    assert short(run.take(tick(180, 1000.0, Quality.BACKFILLED))) == [
        (1, "suppressed", "backfilled")
    ]
    # The RSI goes on falling, and a spent edge doesn't come back.
    assert run.take(tick(240, 999.0)) == []
    assert run.take(tick(300, 998.0)) == []


def test_a_candle_whose_last_print_was_backfilled_spends_its_edge_too() -> None:
    run = LiveRun(seven_rules(PARAMS), account_of(PARAMS))
    for second, price in FALL[:2]:
        run.take(tick(second, price))
    run.take(tick(120, 1001.0, Quality.BACKFILLED))
    assert short(run.take(tick(180, 1000.0))) == [(1, "suppressed", "backfilled")]


def test_backfilled_prints_arm_nothing() -> None:
    run = entered(trail_arm_pct=5)
    assert run.take(tick(200, 1100.0, Quality.BACKFILLED)) == []
    position = run.live.engine.state.position
    assert position is not None
    assert position.armed == {}


def test_older_ticks_are_dropped_and_counted_and_equal_ones_are_judged_one_by_one() -> None:
    run = entered(down_pct=1)
    assert run.take(tick(179, 1.0)) == []
    assert run.live.market.dropped == 1
    assert run.take(tick(180, 1000.0)) == []
    assert short(run.take(tick(180, 990.0))) == [(5, "ordered", "")]


def test_an_indicator_known_at_a_close_acts_at_the_next_tick_however_late() -> None:
    run = LiveRun(seven_rules(PARAMS), account_of(PARAMS))
    for second, price in FALL[:3]:
        assert run.take(tick(second, price)) == []
    assert short(run.take(tick(90_000, 1000.0))) == [(1, "ordered", "")]


def test_candles_from_before_the_first_tick_warm_indicators_up() -> None:
    run = LiveRun(seven_rules(PARAMS), account_of(PARAMS))
    run.live.seed("1m", candles(1005.0, 1004.0))
    run.take(tick(0, 1003.0))
    assert short(run.take(tick(60, 1002.0))) == [(1, "ordered", "")]


def test_an_edge_from_before_the_first_tick_is_spent() -> None:
    run = LiveRun(seven_rules(PARAMS), account_of(PARAMS))
    run.live.seed("1m", candles(1006.0, 1005.0, 1004.0))
    run.take(tick(0, 1003.0))
    assert run.take(tick(60, 1002.0)) == []


# Why


def test_every_rule_tells_its_value_threshold_distance_and_what_holds_it_back() -> None:
    run = entered()
    run.take(tick(181, 1010.0))
    told = {evaluation.rule: evaluation for evaluation in run.live.engine.evaluations()}
    pyramid = told["pyramid"]
    record = pyramid.record()
    assert isinstance(record, ComparisonRecord)
    assert pyramid.truth is Truth.FALSE
    assert record.left == pytest.approx(1.0)
    assert record.right == 5.0
    assert record.distance == pytest.approx(4.0)
    assert pyramid.suppression is None
    assert told["oversold_entry"].suppression is Suppression.HOLDING
    trailing = told["trailing_stop"].record()
    assert [unknown.reason.value for unknown in trailing.unknown] == ["not_armed"]


def test_asking_why_changes_nothing() -> None:
    asked, left_alone = entered(down_pct=1), entered(down_pct=1)
    for second, price in ((181, 1040.0), (182, 990.0), (183, 1060.0), (184, 1020.0)):
        asked.live.engine.evaluations()
        asked.take(tick(second, price))
        asked.live.engine.evaluations()
        left_alone.take(tick(second, price))
    assert asked.decisions == left_alone.decisions
