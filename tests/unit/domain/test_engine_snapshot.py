"""A run cut at any tick and taken up from its snapshot says what an uncut one says."""

import json
import random

import pytest

from tests.engine_runs import LiveRun, account_of, seven_rules
from tests.long_runs import LongRun
from tests.market_walks import random_run
from upbit_auto_trading.domain.document import InvalidDocumentError
from upbit_auto_trading.domain.engine_snapshot import restore, snapshot
from upbit_auto_trading.domain.tick import Tick


@pytest.mark.long("engine_snapshot")
@pytest.mark.timeout(3600)
def test_a_restarted_engine_goes_on_as_if_nothing_had_happened(long_run: LongRun) -> None:
    positions = 0
    for seed in long_run.seeds(3_000):
        params, prints = random_run(seed, longest=400)
        strategy = seven_rules(params)
        uncut, cut = (LiveRun(strategy, account_of(params)) for _ in range(2))
        place = random.Random(seed).randint(1, len(prints) - 1)
        for ms, price in prints[:place]:
            uncut.take(Tick(ms, price))
            cut.take(Tick(ms, price))
        kept = json.loads(json.dumps(snapshot(cut.live.engine)))
        fresh = LiveRun(strategy, account_of(params))
        # The market's part is rebuilt from what was recorded; only the engine's is kept.
        for ms, price in prints[:place]:
            fresh.live.market.take(Tick(ms, price))
        restore(fresh.live.engine, kept)
        assert snapshot(fresh.live.engine) == kept, f"seed {seed}"
        positions += kept["position"] is not None
        said = [uncut.take(Tick(ms, price)) for ms, price in prints[place:]]
        again = [fresh.take(Tick(ms, price)) for ms, price in prints[place:]]
        assert again == said, f"seed {seed}"
        assert fresh.live.engine.state.account == uncut.live.engine.state.account
    assert positions > 0


@pytest.mark.parametrize(
    ("field", "value"), [("cash", "x"), ("position", {}), ("open_order", []), ("held_ms", 3)]
)
def test_a_damaged_snapshot_is_refused(field: str, value: object) -> None:
    params, _ = random_run(1)
    run = LiveRun(seven_rules(params), account_of(params))
    with pytest.raises(InvalidDocumentError):
        restore(run.live.engine, snapshot(run.live.engine) | {field: value})


@pytest.mark.parametrize("data", [None, {}, {"version": 2}, {"version": 1, "cash": 5}])
def test_what_is_no_snapshot_is_refused(data: object) -> None:
    params, _ = random_run(1)
    run = LiveRun(seven_rules(params), account_of(params))
    with pytest.raises(InvalidDocumentError):
        restore(run.live.engine, data)
