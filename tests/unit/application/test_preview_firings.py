"""Firings as columns: what is explained later, in another process, is what the engine knew."""

import pickle
import random
from decimal import Decimal

import pytest

from tests.engine_runs import columns_of, replay_of
from tests.market_walks import random_prints
from tests.random_strategies import random_strategy
from upbit_auto_trading.application.preview_firings import Firings
from upbit_auto_trading.application.preview_job import PreviewJob, preview
from upbit_auto_trading.application.preview_scenarios import scenario_candles
from upbit_auto_trading.domain.account import Account
from upbit_auto_trading.domain.expression import Comparator, Comparison, Constant, any_of, variable
from upbit_auto_trading.domain.own_indicators import OwnIndicators
from upbit_auto_trading.domain.rule import Role
from upbit_auto_trading.infrastructure.indicators import TaLibIndicators

ACCOUNT = Account(Decimal(1_000_000), Decimal("0.0005"), Decimal(5000))
TRIGGER = any_of(
    Comparison(variable("rsi", "1m"), Comparator.LESS_EQUAL, Constant(30)),
    Comparison(variable("profit_percent"), Comparator.GREATER_EQUAL, Constant(1)),
)


def arrived(firings: Firings) -> Firings:
    """The firings as another process gets them."""
    there: Firings = pickle.loads(pickle.dumps(firings))  # noqa: S301 -- our own
    return there


@pytest.mark.parametrize("block", range(4))
def test_every_number_and_reason_behind_a_firing_is_the_engine_s(block: int) -> None:
    explained = lacking = 0
    for seed in range(25 * block, 25 * (block + 1)):
        rng = random.Random(seed)
        prints = random_prints(rng, [0.5, 1.0, 3.0], 300)
        strategy = random_strategy(rng, prints[0][1])
        run = replay_of(strategy, columns_of(prints), ACCOUNT, indicators=TaLibIndicators())
        for rule in strategy.rules:
            told = [
                (decision, decision.evaluation, decision.reason)
                for decision in run.decisions
                if decision.rule == rule.id and decision.evaluation is not None
            ]
            firings = arrived(Firings.of(rule.trigger, told, 7))
            assert [one.record for one in firings] == [why.record() for _, why, _ in told]
            assert [(one.ms, one.price, one.suppressed) for one in firings] == [
                (decision.ms, decision.price, reason) for decision, _, reason in told
            ]
            explained += len(told)
            lacking += sum(bool(why.unknown) for _, why, _ in told)
    assert explained > lacking > 0


def test_a_firing_is_found_by_its_number_and_by_its_place() -> None:
    low = Comparison(variable("rsi", "1m", period=5), Comparator.LESS_EQUAL, Constant(30))
    candles = scenario_candles("normal", 1_000, 3)
    job = PreviewJob(low, Role.ENTRY, candles, 60_000, OwnIndicators(), from_ms=30_000_000)
    firings = preview(lambda _share: None, job).firings
    count = len(firings)
    assert count > 2
    assert [one.number for one in firings] == list(range(1, count + 1))
    assert firings.numbered(2) == firings[1] == firings[:2][1]
    assert firings.numbered(count) == firings[-1]
    assert firings.numbered(0) is firings.numbered(count + 1) is None


def test_none_are_a_few_empty_columns() -> None:
    firings = Firings.of(TRIGGER, [], 1)
    assert not firings
    assert list(firings) == []
