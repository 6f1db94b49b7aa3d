"""The engine against the plain reference, on random walks: the same events, whatever happens."""

from dataclasses import replace

import pytest

from tests.engine_runs import (
    account_of,
    columns_of,
    events_of,
    events_of_replay,
    live_run,
    replay_of,
    seven_rules,
)
from tests.long_runs import LongRun
from tests.market_walks import random_run
from tests.seven_rules_reference import run_reference


@pytest.mark.long("seven_rules_twin")
@pytest.mark.timeout(3600)
def test_the_engine_and_the_reference_tell_the_same_events(long_run: LongRun) -> None:
    events = orders = 0
    for seed in long_run.seeds(10_000):
        params, prints = random_run(seed)
        params["profit_includes_fees"] = seed % 3 == 0
        reference = run_reference(params, prints)
        ticks = columns_of(prints)
        run = replay_of(seven_rules(params), ticks, account_of(params))
        assert events_of_replay(run) == reference.events, f"seed {seed}"
        assert run.engine.state.account.cash == reference.cash, f"seed {seed}"
        position = run.engine.state.position
        assert (position.quantity if position else 0) == reference.quantity, f"seed {seed}"
        assert ticks.dropped == reference.dropped, f"seed {seed}"
        events += len(reference.events)
        orders += len(run.fills)
    assert orders > 0
    long_run.record(events=events)


@pytest.mark.long("skipping")
@pytest.mark.timeout(3600)
def test_skipping_ticks_changes_no_record(long_run: LongRun) -> None:
    judged = ticks_in_all = 0
    for seed in long_run.seeds(5_000):
        params, prints = random_run(seed)
        params["profit_includes_fees"] = seed % 3 == 0
        strategy, ticks = seven_rules(params), columns_of(prints)
        every = replay_of(strategy, ticks, account_of(params), skipping=False)
        some = replay_of(strategy, ticks, account_of(params), skipping=True)
        assert some.decisions == every.decisions, f"seed {seed}"
        assert [d.evaluation.record() for d in some.decisions if d.evaluation] == [
            d.evaluation.record() for d in every.decisions if d.evaluation
        ], f"seed {seed}"
        assert some.engine.state.account == every.engine.state.account
        assert some.engine.state.true == every.engine.state.true
        judged += some.judged
        ticks_in_all += every.judged
    assert judged < ticks_in_all
    long_run.record(judged=judged, ticks=ticks_in_all)


@pytest.mark.long("live_equals_backtest")
@pytest.mark.timeout(3600)
def test_the_live_engine_fed_tick_by_tick_says_what_the_backtest_says(long_run: LongRun) -> None:
    for seed in long_run.seeds(2_500):
        params, prints = random_run(seed, longest=600)
        live = live_run(seven_rules(params), prints, account_of(params))
        run = replay_of(seven_rules(params), columns_of(prints), account_of(params))
        assert live.decisions == run.decisions, f"seed {seed}"
        assert events_of(live.decisions, live.fills) == events_of_replay(run)
        assert live.live.market.dropped == run.market.ticks.dropped


@pytest.mark.long("unarmed_trailing")
@pytest.mark.timeout(3600)
def test_a_trailing_stop_without_arming_follows_the_peak_since_the_entry(
    long_run: LongRun,
) -> None:
    sold = 0
    for seed in long_run.seeds(2_500):
        params, prints = random_run(seed, longest=600)
        strategy = seven_rules(params)
        strategy = strategy.with_rule(replace(strategy.rule("trailing_stop"), arming=None))
        live = live_run(strategy, prints, account_of(params))
        run = replay_of(strategy, columns_of(prints), account_of(params))
        assert run.decisions == live.decisions, f"seed {seed}"
        sold += sum(filled.rule == "trailing_stop" for filled in run.fills)
    assert sold > 0
