import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from upbit_auto_trading.application.run_file import read_run_file
from upbit_auto_trading.domain.document import InvalidDocumentError

GOLDEN = Path(__file__).parents[2] / "payloads" / "golden" / "seven_rules_crash.json"


def golden() -> dict[str, Any]:
    run: dict[str, Any] = json.loads(GOLDEN.read_bytes())
    return run


def test_a_run_file_fills_the_template() -> None:
    document = golden()
    document["params"] |= {"crash_pct": 7.5, "window_s": 30.0, "up_max": 1, "entry_krw": "5000.5"}
    run = read_run_file(json.dumps(document).encode())
    crash = run.strategy.rule("crash")
    assert crash.trigger.right.value == -7.5  # type: ignore[union-attr]
    assert crash.trigger.left.parameter("window") == 30.0  # type: ignore[union-attr]
    assert run.strategy.rule("pyramid").limit == 1
    assert run.strategy.rule("pyramid").action.amount == Decimal("5000.5")  # type: ignore[union-attr]
    assert run.length_ms == 60_000
    assert len(run.candles) == len(document["candles"])


def test_tick_sizes_and_fees_in_profits_can_be_asked_for() -> None:
    document = golden()
    document["params"] |= {"tick_size_of": "KRW-BTC", "profit_includes_fees": True}
    run = read_run_file(json.dumps(document).encode())
    assert run.grid_of == "KRW-BTC"
    assert run.strategy.profit_includes_fees


def test_what_is_left_out_has_the_templates_default_and_volumes_may_be_given() -> None:
    document = {
        "params": {"cash": 1000000, "timeframe_s": 300},
        "candles": [[0, 10.0, 12.0, 9.0, 11.0, 3.5], [600, 11.0, 11.0, 11.0, 11.0, 0.0]],
    }
    run = read_run_file(json.dumps(document).encode())
    entry = run.strategy.rule("oversold_entry")
    assert entry.trigger.left.timeframe == "5m"  # type: ignore[union-attr]
    assert entry.trigger.right.value == 20.0  # type: ignore[union-attr]
    assert (run.cash, run.fee_rate) == (Decimal(1_000_000), Decimal("0.0005"))
    assert run.candles.volume.tolist() == [3.5, 0.0]
    assert run.candles.start_ms.tolist() == [0, 600_000]


Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("change", "path", "expected"),
    [
        (lambda d: d.pop("params"), "", "params"),
        (lambda d: d["params"].pop("cash"), "params.cash", "a value"),
        (lambda d: d["params"].update(cash="much"), "params.cash", "a decimal amount"),
        (lambda d: d["params"].update(cash="-1"), "params.cash", "an amount from 0"),
        (lambda d: d["params"].update(fee="1"), "params.fee", "less than 1"),
        (lambda d: d["params"].update(up_max=1.5), "params.up_max", "a whole number"),
        (lambda d: d["params"].update(rsi_level=101), "params.rsi_level", "from 0 to 100"),
        (lambda d: d["params"].update(rsi_period=0), "params.rsi_period", "from 2 to 200"),
        (lambda d: d["params"].update(down_pct=-5), "params.down_pct", "from 0 to 1e+06"),
        (lambda d: d["params"].update(timeframe_s=61), "params.timeframe_s", "one of 1, 60"),
        (lambda d: d["params"].update(tick_size_of="krw"), "params.tick_size_of", "a market"),
        (
            lambda d: d["params"].update(profit_includes_fees=1),
            "params.profit_includes_fees",
            "true or",
        ),
        (lambda d: d["params"].update(crash_perc=5), "params.crash_perc", "no such field"),
        (lambda d: d["params"].update(up_pct=[5]), "params.up_pct", "a number"),
        (lambda d: d.update(more=1), "", "more"),
        (lambda d: d["candles"][3].__setitem__(2, "x"), "candles[3][2]", "`float`, got `str`"),
        (lambda d: d["candles"][3].pop(), "candles[3]", "5 numbers"),
        (lambda d: d["candles"][3].__setitem__(0, 0), "candles[3][0]", "after the candle before"),
        (lambda d: d["candles"][3].__setitem__(1, -1.0), "candles[3]", "prices above 0"),
        (lambda d: d["candles"][3].__setitem__(2, 1.0), "candles[3]", "between low and high"),
    ],
)
def test_a_wrong_field_is_named_with_what_it_should_be(
    change: Change, path: str, expected: str
) -> None:
    document = golden()
    change(document)
    with pytest.raises(InvalidDocumentError) as caught:
        read_run_file(json.dumps(document).encode())
    assert caught.value.path == (path or "$")
    assert expected in caught.value.expected


@pytest.mark.parametrize("document", [b"", b"{", b"[]", b"\xff\xfe", b"null", b'{"params": {}}'])
def test_what_is_no_run_file_is_refused(document: bytes) -> None:
    with pytest.raises(InvalidDocumentError):
        read_run_file(document)
