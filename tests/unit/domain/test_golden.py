"""The golden runs: shared results of the seven rules, exact event by event."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.engine_runs import account_of, events_of, live_run, seven_rules
from tests.seven_rules_reference import candle_ticks, run_reference
from upbit_auto_trading.application.backtest import run_backtest_file

GOLDEN = Path(__file__).parents[2] / "payloads" / "golden"
RUNS = sorted(GOLDEN.glob("seven_rules_*.json"))

pytestmark = pytest.mark.parametrize("path", RUNS, ids=lambda path: path.stem)


def loaded(path: Path) -> dict[str, Any]:
    run: dict[str, Any] = json.loads(path.read_bytes())
    return run


def expected_events(run: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [
        (round(e["t"] * 1000), e["rule"], e["side"], e["price"], Decimal(e["qty"]))
        for e in run["events"]
    ]


def test_the_backtest_of_a_run_file_gives_exactly_its_events(path: Path) -> None:
    run = loaded(path)
    backtest = run_backtest_file(path.read_bytes())
    told = [{**event, "qty": Decimal(event["qty"])} for event in backtest.events]
    assert told == [{**event, "qty": Decimal(event["qty"])} for event in run["events"]]
    final = {name: Decimal(value) for name, value in backtest.final.items()}
    assert final == {name: Decimal(value) for name, value in run["final"].items()}
    assert backtest.bars == len(run["candles"])


def test_the_live_engine_fed_tick_by_tick_gives_exactly_its_events(path: Path) -> None:
    run = loaded(path)
    params = run["params"]
    ticks = candle_ticks(run["candles"], params["timeframe_s"])
    live = live_run(seven_rules(params), ticks, account_of(params))
    assert events_of(live.decisions, live.fills) == expected_events(run)


def test_the_plain_reference_gives_exactly_its_events(path: Path) -> None:
    run = loaded(path)
    params = run["params"]
    reference = run_reference(params, candle_ticks(run["candles"], params["timeframe_s"]))
    assert reference.events == expected_events(run)
    assert reference.cash == Decimal(run["final"]["cash"])
    assert reference.quantity == Decimal(run["final"]["qty"])
