from typing import Any

import pytest

from tests.engine_runs import LiveRun, account_of, seven_rules
from upbit_auto_trading.domain.firing_price import FiringPrice, firing_price
from upbit_auto_trading.domain.tick import Tick

START_MS = 1_750_000_020_000
PARAMS: dict[str, Any] = {"rsi_period": 2, "cash": "1000000", "fee": "0.0005"}


def prices_of(run: LiveRun) -> dict[str, FiringPrice | None]:
    engine = run.live.engine
    return {
        told.rule: firing_price(
            engine.strategy.rule(told.rule).trigger, told, run.live.market.price
        )
        for told in engine.evaluations()
    }


def entered() -> LiveRun:
    run = LiveRun(seven_rules(PARAMS), account_of(PARAMS))
    for minute, price in enumerate((1003.0, 1002.0, 1001.0, 1000.0)):
        run.take(Tick(START_MS + 60_000 * minute, price))
    return run


def test_each_rule_tells_the_price_at_which_it_would_fire() -> None:
    run = entered()
    run.take(Tick(START_MS + 190_000, 1010.0))
    told = prices_of(run)

    def near(price: float, *, from_below: bool) -> FiringPrice:
        return FiringPrice(pytest.approx(price), from_below)  # type: ignore[arg-type]

    assert told["pyramid"] == near(1050.0, from_below=True)
    assert told["average_down"] == near(950.0, from_below=False)
    # The window reaches back to the entry minute: its high is 1010, its low 1000.
    assert told["crash"] == near(959.5, from_below=False)
    assert told["surge"] == near(1050.0, from_below=True)


def test_no_price_is_told_where_something_else_is_missing_or_it_fires_already() -> None:
    run = entered()
    run.take(Tick(START_MS + 190_000, 1010.0))
    told = prices_of(run)
    assert told["oversold_entry"] is None
    assert told["take_profit"] is None
    assert told["trailing_stop"] is None
    run.take(Tick(START_MS + 191_000, 1060.0))
    assert prices_of(run)["surge"] is None


def test_the_told_price_is_the_one_at_which_the_rule_fires() -> None:
    for rule in ("pyramid", "average_down"):
        run = entered()
        run.take(Tick(START_MS + 400_000, 1003.0))
        told = prices_of(run)[rule]
        assert told is not None
        before = told.price * (0.9999 if told.from_below else 1.0001)
        assert rule not in {d.rule for d in run.take(Tick(START_MS + 500_000, before))}
        assert rule in {d.rule for d in run.take(Tick(START_MS + 600_000, told.price))}
