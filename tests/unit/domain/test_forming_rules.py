"""Rules on the forming candle: live, prepared and skipping runs say the same, and do skip."""

import random
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from tests.engine_runs import LiveRun, replay_of
from tests.expressions import REGISTRY
from tests.market_walks import random_prints
from upbit_auto_trading.domain.account import Account
from upbit_auto_trading.domain.decision import Decision
from upbit_auto_trading.domain.expression import (
    Bar,
    Comparator,
    Comparison,
    Constant,
    VariableOperand,
    all_of,
    variable,
)
from upbit_auto_trading.domain.rule import BuyAmount, Notify, Role, Rule, Sell
from upbit_auto_trading.domain.strategy import Strategy
from upbit_auto_trading.domain.tick import Tick
from upbit_auto_trading.domain.tick_columns import ticks_from
from upbit_auto_trading.domain.variable import ParameterKind, Words
from upbit_auto_trading.infrastructure.indicators import TaLibIndicators

DAY_MS = 86_400_000
NAMELESS = Words("규칙", "rule")
ACCOUNT = Account(Decimal(1_000_000), Decimal("0.0005"), Decimal(5000))
BAR_VARIABLES = [variable.id for variable in REGISTRY if Bar.FORMING in variable.bars]


def strategy_on(name: str) -> Strategy:
    """Buys when the variable rises on the forming candle, sells when it falls or on a gain."""
    short = tuple(
        (parameter.name, 3.0 + place)
        for place, parameter in enumerate(REGISTRY[name].parameters)
        if parameter.kind is ParameterKind.INTEGER
    )

    def reads(timeframe: str) -> VariableOperand:
        return VariableOperand(name, short, timeframe, Bar.FORMING)

    rises = Comparison(reads("1m"), Comparator.RISING, span=2)
    falls = Comparison(reads("5m"), Comparator.FALLING)
    gains = Comparison(variable("profit_percent"), Comparator.GREATER, Constant(0.3))
    slows = Comparison(reads("1m"), Comparator.FALLING)
    return Strategy(
        "forming",
        NAMELESS,
        (
            Rule("buy", 1, NAMELESS, Role.ENTRY, rises, BuyAmount(Decimal(20_000))),
            Rule("sell", 2, NAMELESS, Role.EXIT, falls, Sell()),
            Rule("take", 3, NAMELESS, Role.EXIT, all_of(gains, slows), Sell(50.0)),
            Rule("tell", 4, NAMELESS, Role.MANAGEMENT, slows, Notify(), arming=rises),
        ),
    )


def records_of(decisions: list[Decision]) -> list[object]:
    return [d.evaluation.record() if d.evaluation else None for d in decisions]


@pytest.mark.parametrize("name", BAR_VARIABLES)
@pytest.mark.parametrize("seed", [1, 2])
def test_live_prepared_and_skipping_runs_say_the_same(name: str, seed: int) -> None:
    rng = random.Random(seed)
    table = random_prints(rng, [0.5, 1.0], 400)
    # From a day's start on, so that the day's average is known.
    late = table[0][0] % DAY_MS
    prints = [(ms - late, price, round(rng.random(), 8)) for ms, price in table]
    ticks = ticks_from(
        np.array([ms for ms, _, _ in prints], dtype=np.int64),
        np.array([price for _, price, _ in prints]),
        np.array([volume for _, _, volume in prints]),
    )
    strategy = replace(strategy_on(name), profit_includes_fees=seed == 1)
    every = replay_of(strategy, ticks, ACCOUNT, skipping=False, indicators=TaLibIndicators())
    some = replay_of(strategy, ticks, ACCOUNT, indicators=TaLibIndicators())
    live = LiveRun(strategy, ACCOUNT, TaLibIndicators())
    for print_ in prints:
        live.take(Tick(*print_))
    assert every.decisions == live.decisions
    assert some.decisions == every.decisions
    assert records_of(some.decisions) == records_of(every.decisions) == records_of(live.decisions)
    assert some.judged < every.judged
    assert any(decision.rule == "buy" for decision in every.decisions)


def test_a_trigger_on_the_forming_candle_is_judged_where_it_turns_true_only() -> None:
    rng = random.Random(7)
    table = random_prints(rng, [1.0], 2_000)
    ticks = ticks_from(
        np.array([ms for ms, _ in table], dtype=np.int64),
        np.array([price for _, price in table]),
        np.zeros(len(table)),
    )
    low = Comparison(
        variable("rsi", "15m", bar=Bar.FORMING, period=3), Comparator.LESS, Constant(30.0)
    )
    tell = Rule("tell", 1, NAMELESS, Role.ENTRY, low, Notify())
    run = replay_of(Strategy("one", NAMELESS, (tell,)), ticks, ACCOUNT)
    assert run.judged == len(run.decisions) > 0
