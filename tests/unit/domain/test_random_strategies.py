"""Any strategy the builder can make: live, prepared and skipping runs say the same."""

import random
from dataclasses import replace
from decimal import Decimal

import pytest

from tests.engine_runs import columns_of, live_run, replay_of
from tests.long_runs import LongRun
from tests.market_walks import random_prints
from tests.random_strategies import random_strategy
from upbit_auto_trading.domain.account import Account
from upbit_auto_trading.domain.decision import Decision, Outcome
from upbit_auto_trading.infrastructure.indicators import TaLibIndicators


def records_of(decisions: list[Decision]) -> list[object]:
    return [d.evaluation.record() if d.evaluation else None for d in decisions]


@pytest.mark.long("random_strategies")
@pytest.mark.timeout(3600)
def test_live_prepared_and_skipping_runs_say_the_same(long_run: LongRun) -> None:
    indicators = TaLibIndicators()
    said = acted = 0
    for seed in long_run.seeds(2_000):
        rng = random.Random(seed)
        prints = random_prints(rng, [0.5, 1.0, 3.0], rng.randint(50, 500))
        strategy = random_strategy(rng, prints[0][1])
        strategy = replace(strategy, profit_includes_fees=seed % 3 == 0)
        account = Account(Decimal(1_000_000), Decimal("0.0005"), Decimal(5000))
        ticks = columns_of(prints)
        every = replay_of(strategy, ticks, account, skipping=False, indicators=indicators)
        some = replay_of(strategy, ticks, account, skipping=True, indicators=indicators)
        assert some.decisions == every.decisions, f"seed {seed}: skipping"
        assert records_of(some.decisions) == records_of(every.decisions), f"seed {seed}"
        live = live_run(strategy, prints, account, indicators)
        assert live.decisions == every.decisions, f"seed {seed}: live"
        said += len(every.decisions)
        acted += sum(d.outcome is Outcome.ORDERED for d in every.decisions)
    assert acted > 0
    long_run.record(decisions=said, orders=acted)


def test_a_sell_below_the_minimum_that_is_then_suspended_is_said_again() -> None:
    # Found by the test above: the mode entered on the same tick changes what is to be said.
    rng = random.Random(2_001_927)
    prints = random_prints(rng, [0.5, 1.0, 3.0], rng.randint(50, 500))
    strategy = random_strategy(rng, prints[0][1])
    account = Account(Decimal(1_000_000), Decimal("0.0005"), Decimal(5000))
    run = replay_of(strategy, columns_of(prints), account, indicators=TaLibIndicators())
    live = live_run(strategy, prints, account, TaLibIndicators())
    assert run.decisions == live.decisions
    assert [d.reason for d in run.decisions][1:] == ["below_minimum", "n", "suspended"]
