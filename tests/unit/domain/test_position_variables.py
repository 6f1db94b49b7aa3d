"""Every variable the engine supplies, as an exit: read ahead it is what it is tick by tick."""

from dataclasses import replace

import pytest

from tests.engine_runs import account_of, columns_of, live_run, replay_of, seven_rules
from tests.long_runs import LongRun
from tests.market_walks import random_run
from upbit_auto_trading.domain.expression import (
    Comparator,
    Comparison,
    Constant,
    VariableOperand,
    variable,
)
from upbit_auto_trading.domain.position_variables import STATE_SUPPLIERS

MORE, LESS = Comparator.GREATER_EQUAL, Comparator.LESS_EQUAL
EXITS: list[tuple[VariableOperand, Comparator, float]] = [
    (variable("profit_percent"), MORE, 1.0),
    (variable("profit_krw"), MORE, 300.0),
    (variable("average_price"), LESS, 999.0),
    (variable("quantity"), MORE, 150.0),
    (variable("peak"), MORE, 1010.0),
    (variable("drawdown_from_peak"), LESS, -1.0),
    (variable("max_profit_percent"), MORE, 1.5),
    (variable("minutes_in_position"), MORE, 20.0),
    (variable("adds_up"), MORE, 1.0),
    (variable("adds_down"), MORE, 1.0),
    (variable("times_fired", rule="average_down"), MORE, 1.0),
    (variable("times_left", rule="average_down"), LESS, 1.0),
    (variable("cash"), LESS, 850_000.0),
    (variable("equity"), MORE, 1_000_500.0),
    (variable("exposure_percent"), MORE, 15.0),
    (variable("minutes_since", event="buy"), MORE, 10.0),
    (variable("minutes_since", event="exit"), MORE, 60.0),
    (variable("minutes_since_fired", rule="oversold_entry"), MORE, 15.0),
]


def test_every_variable_the_engine_supplies_is_tried() -> None:
    assert {operand.variable for operand, _, _ in EXITS} == set(STATE_SUPPLIERS)


@pytest.mark.long("position_variables")
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    ("operand", "comparator", "level"), EXITS, ids=lambda value: getattr(value, "variable", "")
)
def test_an_exit_on_it_is_the_same_live_and_read_ahead(
    long_run: LongRun, operand: VariableOperand, comparator: Comparator, level: float
) -> None:
    closed = 0
    for seed in long_run.seeds(1_000):
        params, prints = random_run(seed, longest=500)
        params |= {"cash": "1000000", "entry_krw": "100000", "crash_pct": 60, "rsi_level": 75}
        scale = 1000.0 / prints[0][1]
        prints = [(ms, round(price * scale, 4)) for ms, price in prints]
        strategy = seven_rules(params)
        leaving = replace(
            strategy.rule("take_profit"), trigger=Comparison(operand, comparator, Constant(level))
        )
        strategy = strategy.with_rule(leaving)
        live = live_run(strategy, prints, account_of(params))
        run = replay_of(strategy, columns_of(prints), account_of(params))
        assert run.decisions == live.decisions, f"seed {seed}"
        closed += sum(filled.rule == "take_profit" for filled in run.fills)
    assert closed > 0
