"""Backtests: the report's figures by hand, the look-ahead check, assumptions, the command."""

import argparse
import json
import math
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.engine_runs import columns_of
from upbit_auto_trading.application import backtest_command
from upbit_auto_trading.application.backtest import (
    Backtest,
    Conditions,
    backtest_candles,
    backtest_ticks,
    check_look_ahead,
    run_backtest_file,
)
from upbit_auto_trading.application.backtest_assumptions import AssumptionCode, assumptions
from upbit_auto_trading.application.run_file import candle_columns
from upbit_auto_trading.application.strategies import SEVEN_RULES, shipped_template
from upbit_auto_trading.domain.candle_series import CandleColumns
from upbit_auto_trading.domain.expression import Bar, Comparator, Comparison, variable
from upbit_auto_trading.domain.forming_candles import FormingCandles
from upbit_auto_trading.domain.indicator import RunningIndicator
from upbit_auto_trading.domain.own_indicators import NoIndicatorError, OwnIndicators
from upbit_auto_trading.domain.variable import Reading

GOLDEN = Path(__file__).parents[2] / "payloads" / "golden"
START_S = 1_750_000_020
CONDITIONS = Conditions(Decimal(1_000_000))


def seven(**values: Any) -> Any:
    return shipped_template(SEVEN_RULES).filled({"rsi_period": 2} | values)


def prints_run(*after: tuple[float, float], **values: Any) -> Backtest:
    """An entry of 100 at 1000 after three falling minutes, then what follows it."""
    fall = ((0, 1003.0), (60, 1002.0), (120, 1001.0), (180, 1000.0))
    prints = [((START_S + round(s)) * 1000, price) for s, price in (*fall, *after)]
    return backtest_ticks(seven(**values), columns_of(prints), CONDITIONS)


def test_the_report_of_one_round_trip_by_hand() -> None:
    run = prints_run((240, 1020.0), (300, 1050.0), (360, 1080.0), (420, 1060.0), up_max=0, tp_pct=8)
    report = run.report()
    # 100,000 and its fee out; 100 × 1080 less its fee in.
    assert run.final == {"cash": "1007896.0000000000", "qty": "0"} or Decimal(
        run.final["cash"]
    ) == Decimal(1007896)
    assert report.profit == Decimal("7896.0")
    assert report.fees == Decimal("104.0")
    assert report.profit_percent == pytest.approx(0.7896)
    assert report.win_percent == 100.0
    assert report.profit_factor is None
    assert report.exposure_percent == pytest.approx(180 / 420 * 100)
    assert report.hold_percent == pytest.approx((1060 / 1003 / 1.0005 - 1) * 100)
    [trip] = report.trips
    assert (trip.closed_by, trip.buys, trip.rules) == (
        "take_profit",
        1,
        ("oversold_entry", "take_profit"),
    )
    assert trip.profit == report.profit
    assert (trip.average_price, trip.exit_price) == (Decimal(1000), Decimal(1080))
    assert report.rules["take_profit"].closed_profit == report.profit
    assert report.rules["oversold_entry"].bought_profit == report.profit


def test_equity_follows_price_and_drawdown_is_measured_from_its_peak() -> None:
    run = prints_run((240, 1040.0), (300, 980.0), (360, 990.0), crash_pct=50, surge_pct=50)
    report = run.report()
    cash = 1_000_000 - 100_050
    assert report.equity.equity.tolist()[-4:] == pytest.approx(
        [cash + 100_000, cash + 104_000, cash + 98_000, cash + 99_000]
    )
    assert report.drawdown.percent == pytest.approx(((cash + 98_000) / (cash + 104_000) - 1) * 100)
    assert report.drawdown.from_ms == (START_S + 240) * 1000
    assert report.drawdown.to_ms == (START_S + 300) * 1000
    [trip] = report.trips
    assert trip.closed_by is None
    assert trip.profit == Decimal(99_000) - Decimal(100_050)


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.stem)
def test_figures_add_up(path: Path) -> None:
    report = run_backtest_file(path.read_bytes()).report()
    bought = sum(rule.bought_profit for rule in report.rules.values())
    assert abs(bought - report.profit) < Decimal("1e-9")
    assert sum(trip.profit for trip in report.trips) == report.profit
    assert sum(trip.fees for trip in report.trips) == report.fees
    assert report.equity.equity[-1] == pytest.approx(float(report.final_equity))
    assert sum(profit for _, profit in report.months) == pytest.approx(float(report.profit))
    assert report.drawdown.percent <= 0


def test_daily_ratios_are_those_of_the_days_in_korea() -> None:
    day = 86_400
    run = prints_run(
        (day, 1010.0), (2 * day, 1000.0), (3 * day, 1030.0), surge_pct=90, crash_pct=90
    )
    report = run.report()
    worth = [999_950.0, 1_000_950.0, 999_950.0, 1_002_950.0]
    returns = np.diff(worth, prepend=1_000_000.0) / np.array([1_000_000.0, *worth[:-1]])
    assert report.sharpe == pytest.approx(
        float(np.mean(returns) / np.std(returns, ddof=1)) * math.sqrt(365)
    )
    downside = math.sqrt(float(np.mean(np.minimum(returns, 0) ** 2)))
    assert report.sortino == pytest.approx(float(np.mean(returns)) / downside * math.sqrt(365))


class Clairvoyant:
    """An indicator that looks one candle ahead, as careless code does."""

    def series(self, _: Reading, candles: CandleColumns) -> np.ndarray[Any, Any]:
        return np.append(candles.close[1:], np.nan)

    def forming(self, _: Reading, forming: FormingCandles) -> np.ndarray[Any, Any]:
        return np.append(forming.close[1:], np.nan)

    def start(self, reading: Reading) -> RunningIndicator:
        raise NoIndicatorError(reading.variable)

    def after(self, reading: Reading, _: CandleColumns) -> RunningIndicator:
        raise NoIndicatorError(reading.variable)


@pytest.mark.parametrize("bar", Bar)
def test_an_indicator_that_looks_ahead_is_found(bar: Bar) -> None:
    rng = np.random.default_rng(5)
    prices = np.round(1000 * np.exp(np.cumsum(rng.normal(0, 0.01, 400))), 2).tolist()
    rows = [[START_S + 60 * n, p, p * 1.01, p, p * 1.01] for n, p in enumerate(prices)]
    candles = candle_columns(rows)
    strategy = seven()
    entry = strategy.rule("oversold_entry")
    tomorrow = Comparison(
        variable("sma", "1m", bar=bar, period=2),
        Comparator.GREATER,
        variable("close", "1m", bar=bar),
    )
    cheat = strategy.with_rule(replace(entry, trigger=tomorrow))
    run = backtest_candles(cheat, candles, 60_000, CONDITIONS, Clairvoyant())
    assert run.replay.fills
    assert not check_look_ahead(run, Clairvoyant()).passed
    honest = backtest_candles(strategy, candles, 60_000, CONDITIONS)
    assert honest.replay.fills
    check = check_look_ahead(honest)
    assert check.passed
    assert check.decisions_compared > 0


def test_slippage_worsens_fills_and_the_average_and_nothing_else() -> None:
    def run(percent: float) -> Backtest:
        conditions = Conditions(Decimal(1_000_000), slippage_percent=percent)
        fall = [1003.0, 1002.0, 1001.0, 1000.0, 1090.0]
        prints = [((START_S + 60 * n) * 1000, price) for n, price in enumerate(fall)]
        return backtest_ticks(seven(up_max=0, tp_pct=8), columns_of(prints), conditions)

    plain, slipped = run(0.0), run(0.5)
    assert [f.fill.price for f in plain.replay.fills] == [Decimal("1000.0"), Decimal("1090.0")]
    assert [f.fill.price for f in slipped.replay.fills] == [
        Decimal(repr(1000.0 * 1.005)),
        Decimal(repr(1090.0 * 0.995)),
    ]
    assert [f.fill.ms for f in plain.replay.fills] == [f.fill.ms for f in slipped.replay.fills]


def test_fills_keep_to_the_price_steps_and_are_never_better_than_the_tick() -> None:
    free = prints_run((240, 1020.0), (300, 1055.0))
    on_grid = replace(CONDITIONS, slippage_percent=0.03, grid_of="KRW-BTC")
    kept = backtest_ticks(free.strategy, free.replay.market.ticks, on_grid)
    assert [(e["side"], e["price"]) for e in free.events] == [("buy", 1000.0), ("buy", 1055.0)]
    assert [(e["side"], e["price"]) for e in kept.events] == [("buy", 1001.0), ("buy", 1056.0)]
    codes = {assumption.code: dict(assumption.facts) for assumption in assumptions(kept)}
    assert codes[AssumptionCode.ROUNDED_TO_TICKS] == {"market": "KRW-BTC"}
    assert AssumptionCode.NOT_ROUNDED_TO_TICKS not in codes


def test_a_profit_with_fees_is_reached_later() -> None:
    after = ((240, 1030.0), (301, 1050.0), (362, 1051.0), (423, 1052.0))
    without, reached = START_S + 301, START_S + 423
    assert [event["t"] for event in prints_run(*after).events] == [START_S + 180, without]
    strategy = replace(seven(), profit_includes_fees=True)
    run = backtest_ticks(strategy, prints_run(*after).replay.market.ticks, CONDITIONS)
    assert [event["t"] for event in run.events] == [START_S + 180, reached]
    assert AssumptionCode.PROFIT_WITH_FEES in {told.code for told in assumptions(run)}


def test_long_candles_say_which_rules_cannot_see_their_window() -> None:
    def codes(length_s: int) -> dict[str, dict[str, object]]:
        rows = [
            [START_S // length_s * length_s + length_s * n, 1.0, 1.0, 1.0, 1.0] for n in range(3)
        ]
        run = backtest_candles(seven(), candle_columns(rows), length_s * 1000, CONDITIONS)
        return {a.code: dict(a.facts) for a in assumptions(run)}

    assert "window_too_short" not in codes(60)
    assert "window_too_short" not in codes(180)
    told = codes(300)["window_too_short"]
    assert told == {"rules": "crash, surge", "window_s": 60.0, "spacing_s": 75.0}


def test_rule_one_uses_its_own_timeframe_whatever_the_backtests() -> None:
    start_s = START_S // 300 * 300
    rows = [[start_s, 900.0, 900.0, 600.0, 600.0], [start_s + 300.0, 600.0, 600.0, 300.0, 300.0]]
    run = backtest_candles(
        seven(timeframe_s=60, crash_pct=90), candle_columns(rows), 300_000, CONDITIONS
    )
    # One print a quarter, 75 s apart, each in a minute of its own: 900, 900, 600, 600, 600 …
    assert run.events[0]["t"] == start_s + 225


def test_progress_is_told_and_an_empty_run_is_a_run() -> None:
    told: list[tuple[int, int]] = []
    rng = np.random.default_rng(3)
    prices = np.round(1000 * np.exp(np.cumsum(rng.normal(0, 0.004, 3000))), 2).tolist()
    candles = candle_columns([[START_S + 60 * n, p, p, p, p] for n, p in enumerate(prices)])
    backtest_candles(
        seven(rsi_level=60),
        candles,
        60_000,
        CONDITIONS,
        progress=lambda done, total: told.append((done, total)),
    )
    assert 2 < len(told) <= 101
    assert told == sorted(told)
    assert told[-1] == (4 * len(candles), 4 * len(candles))
    assert all(0 <= done <= total == 4 * len(candles) for done, total in told)
    empty = backtest_candles(seven(), candle_columns([]), 60_000, CONDITIONS)
    assert (empty.events, empty.final) == ([], {"cash": "1000000", "qty": "0"})
    assert empty.report().profit == 0
    assert check_look_ahead(empty).passed


def command(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    backtest_command.add_arguments(parser)
    return backtest_command.run(parser.parse_args(arguments), OwnIndicators())


def test_the_command_prints_the_contracts_json(capsys: pytest.CaptureFixture[str]) -> None:
    path = GOLDEN / "seven_rules_crash.json"
    assert command("--run", str(path), "--json") == 0
    printed = json.loads(capsys.readouterr().out)
    expected = json.loads(path.read_bytes())
    assert printed["events"] == expected["events"]
    assert printed["final"] == expected["final"]
    assert printed["bars"] == len(expected["candles"])
    assert printed["seconds"] > 0


def test_the_command_prints_a_report_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert command("--run", str(GOLDEN / "seven_rules_pyramid_take_profit.json")) == 0
    text = capsys.readouterr().out
    assert "look-ahead      none found" in text
    assert "max drawdown" in text


def test_the_command_fails_with_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("--run", str(tmp_path / "missing.json")) == 1
    assert "missing.json" in capsys.readouterr().err
    broken = tmp_path / "broken.json"
    broken.write_text('{"params": {"cash": "1", "timeframe_s": 61}, "candles": []}')
    assert command("--run", str(broken)) == 1
    assert "params.timeframe_s" in capsys.readouterr().err
