"""What the `run` command says, in words."""

import argparse
from decimal import Decimal
from pathlib import Path

import pytest

from tests.paper_strategies import at_least, churning
from upbit_auto_trading.application.run_command import (
    UnreadableStrategyError,
    add_arguments,
    read_strategy_file,
    text_of,
)
from upbit_auto_trading.domain.strategy_json import strategy_to_json

USUAL = ("--strategy", "s.json", "--market", "krw-btc", "--paper")


def parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_arguments(parser, float)
    return parser.parse_args(arguments)


def test_options_are_read_exactly() -> None:
    given = parsed(*USUAL, "--cash", "100.10", "--fee-percent", "0.25", "--latency-ms", "5")
    assert (given.market, given.cash, given.fee_percent, given.latency_ms) == (
        "KRW-BTC", Decimal("100.10"), Decimal("0.0025"), 5.0,
    )  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        ("--cash", "NaN"),
        ("--cash", "-1"),
        ("--cash", "much"),
        ("--fee-percent", "11"),
        ("--latency-ms", "60001"),
        ("--orders-a-minute", "0"),
        ("--market", "BTC"),
    ],
)
def test_wrong_values_are_refused(
    wrong: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        parsed(*USUAL, *wrong)
    assert caught.value.code == 2
    assert wrong[0] in capsys.readouterr().err


def test_a_strategy_file_names_its_wrong_field(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    path.write_text(strategy_to_json(churning(at_least(1.0))).replace('"level"', '"often"'))
    with pytest.raises(UnreadableStrategyError, match=r"rules\[0\].firing"):
        read_strategy_file(path)
    with pytest.raises(UnreadableStrategyError, match="No such file"):
        read_strategy_file(tmp_path / "none.json")


WHY = {"node": "n1", "truth": "true", "left": -5.2353, "right": -5.0, "distance": -0.2}
DECISION = {
    "event": "decision", "t": 1_787_731_680_123, "price": 1.0, "rule": "crash", "number": 6,
    "outcome": "ordered", "reason": "", "facts": {}, "why": WHY,
}  # fmt: skip


def test_a_decision_says_why() -> None:
    line = text_of(DECISION)
    assert line.startswith("2026-08-26 08:08:00.123  rule 6 crash")
    assert line.endswith("ordered  because n1 -5.2353 against -5")
    group = {"node": "g", "truth": "true", "true": 1, "needed": 1, "children": [WHY]}
    assert text_of(DECISION | {"why": group}).endswith("because (n1 -5.2353 against -5)")
    unknown = WHY | {"left": None, "truth": "unknown"}
    assert text_of(DECISION | {"why": unknown}).endswith("because n1 unknown")
    half = WHY | {"right": None, "truth": "unknown"}
    assert text_of(DECISION | {"why": half}).endswith("because n1 unknown")


def test_data_that_is_held_back_names_no_rule() -> None:
    told = DECISION | {"rule": "", "outcome": "held_back", "reason": "missing"}
    told.pop("why")
    assert "all rules" in text_of(told)
    assert text_of(told).endswith("held_back  missing")


def test_orders_and_fills_are_told_with_their_numbers() -> None:
    intended = {
        "event": "order", "id": 3, "t": 0, "side": "sell", "price": 84_702_000.0, "amount": "0",
        "quantity": "0.001", "state": "intended",
    }  # fmt: skip
    assert text_of(intended).endswith("order 3 sell 0.001, decided at 84702000")
    ended = {"event": "order", "id": 3, "state": "refused", "reason": "no_depth"}
    assert text_of(ended) == "order 3 refused no_depth"


def test_what_the_disk_and_the_user_do_is_told_in_words() -> None:
    failing = {"event": "ledger", "state": "failing", "code": "full", "market": "KRW-BTC"}
    assert text_of(failing) == "nothing can be kept on disk (full): rules wait"
    assert text_of(failing | {"state": "kept"}) == "the disk can be written again"
    assert text_of({"event": "run", "state": "suspended"}) == "the run is suspended"
    assert text_of({"event": "cash", "amount": "-5"}) == "cash moved: -5"
    carried = {"event": "data", "quality": "rest", "age_ms": 1033}
    assert text_of(carried) == "data is rest, 1033 ms old"
    assert text_of(carried | {"quality": "live", "age_ms": None}) == "data is live"
