from decimal import Decimal

import numpy as np
import pytest

from upbit_auto_trading.application.backtest import Conditions
from upbit_auto_trading.application.run_file import candle_columns
from upbit_auto_trading.application.strategies import SEVEN_RULES, shipped_template
from upbit_auto_trading.application.sweep import (
    SweepData,
    SweepStoppedError,
    TooManyCombinationsError,
    combinations,
    run_one,
    sweep,
)
from upbit_auto_trading.domain.document import InvalidDocumentError

TEMPLATE = shipped_template(SEVEN_RULES)
GRID = {"rsi_level": [30.0, 50.0], "trail_drop_pct": [0.5, 1.0, 2.0], "trail_arm_pct": [1.0]}


def market() -> SweepData:
    rng = np.random.default_rng(11)
    prices = np.round(1000 * np.exp(np.cumsum(rng.normal(0, 0.004, 600))), 1).tolist()
    rows = [[60.0 * n, p, p, p, p] for n, p in enumerate(prices)]
    return SweepData(candle_columns(rows), 60_000, Conditions(Decimal(1_000_000)))


def test_processes_give_what_one_backtest_after_the_other_gives_in_the_grids_order() -> None:
    data, runs, told = market(), combinations(TEMPLATE, GRID), []
    results = sweep(
        runs, data, processes=2, progress=lambda done, total: told.append((done, total))
    )
    assert results == [run_one(values, strategy, data) for values, strategy in runs]
    assert [dict(result.values) for result in results][1] == {
        "rsi_level": 30.0,
        "trail_drop_pct": 1.0,
        "trail_arm_pct": 1.0,
    }
    assert len({result.profit_percent for result in results}) > 1
    assert told[-1] == (6, 6)


def test_a_cancelled_sweep_returns_what_is_done() -> None:
    runs, done = combinations(TEMPLATE, GRID), []
    results = sweep(
        runs, market(), progress=lambda n, _all: done.append(n), cancelled=lambda: bool(done)
    )
    assert 1 <= len(results) < 6


def test_a_sweep_cancelled_at_once_waits_for_no_backtest() -> None:
    assert len(sweep(combinations(TEMPLATE, GRID), market(), cancelled=lambda: True)) < 6


def test_a_backtest_underway_ends_when_its_sweep_is_cancelled() -> None:
    values, strategy = combinations(TEMPLATE, GRID)[0]
    with pytest.raises(SweepStoppedError):
        run_one(values, strategy, market(), lambda: True)


def test_a_grid_is_refused_by_name_value_and_size() -> None:
    with pytest.raises(InvalidDocumentError) as caught:
        combinations(TEMPLATE, {"rsi_lvl": [1.0]})
    assert caught.value.path == "grid.rsi_lvl"
    with pytest.raises(InvalidDocumentError):
        combinations(TEMPLATE, {"rsi_level": [50.0, 101.0]})
    with pytest.raises(TooManyCombinationsError):
        combinations(TEMPLATE, {"up_pct": list(range(1, 200)), "tp_pct": list(range(1, 200))})
