"""A run that tells less decides the same."""

import random
from dataclasses import replace
from decimal import Decimal

from tests.engine_runs import columns_of
from tests.market_walks import random_prints
from tests.random_strategies import random_expression, random_strategy
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.account import Account
from upbit_auto_trading.domain.own_indicators import OwnIndicators
from upbit_auto_trading.domain.prepared_market import PreparedMarket
from upbit_auto_trading.domain.replay import replay
from upbit_auto_trading.domain.rule import Notify, Role, Rule
from upbit_auto_trading.domain.rule_plan import TELL_ALL, Telling
from upbit_auto_trading.domain.variable import Words
from upbit_auto_trading.infrastructure.indicators import TaLibIndicators

WATCH = "watch"
ACCOUNT = Account(Decimal(1_000_000), Decimal("0.0005"), Decimal(5000))


def test_a_rule_that_is_only_counted_turned_true_when_it_would_have_notified() -> None:
    turned = 0
    for seed in range(60):
        rng = random.Random(seed)
        prints = random_prints(rng, [0.5, 1.0, 3.0], 200)
        strategy = random_strategy(rng, prints[0][1])
        condition = random_expression(rng, prints[0][1], fixed=False)
        watch = Rule(WATCH, 99, Words("", ""), Role.MANAGEMENT, condition, Notify())
        strategy = replace(strategy, rules=(*strategy.rules, watch))
        ticks = columns_of(prints)
        told, counted = (
            replay(
                strategy,
                shipped_variables(),
                PreparedMarket(ticks, OwnIndicators(TaLibIndicators())),
                ACCOUNT,
                telling=telling,
            )
            for telling in (TELL_ALL, Telling(counted=frozenset({WATCH})))
        )
        others = [one for one in told.decisions if one.rule != WATCH]
        assert counted.decisions == others, f"seed {seed}"
        assert counted.fills == told.fills
        said = [one.ms for one in told.decisions if one.rule == WATCH]
        assert counted.engine.state.turned_ms == {WATCH: said}, f"seed {seed}"
        turned += len(said)
    assert turned > 0


def test_only_the_rules_that_are_explained_carry_their_evaluation() -> None:
    explained: set[str] = set()
    for seed in range(20):
        rng = random.Random(seed)
        prints = random_prints(rng, [1.0, 3.0], 200)
        strategy = random_strategy(rng, prints[0][1])
        first = strategy.rules[0].id
        market = PreparedMarket(columns_of(prints), OwnIndicators(TaLibIndicators()))
        telling = Telling(explained=frozenset({first}))
        run = replay(strategy, shipped_variables(), market, ACCOUNT, telling=telling)
        assert all(one.rule == first for one in run.decisions if one.evaluation is not None)
        explained |= {one.rule for one in run.decisions if one.evaluation is not None}
    assert explained
