"""A strategy file on a market's history, through the command."""

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.builders import START_MS, candle
from tests.fakes import FakeMarketDataFeed
from upbit_auto_trading.application import backtest_command
from upbit_auto_trading.application.history import closed_candles
from upbit_auto_trading.application.strategies import SEVEN_RULES, shipped_template
from upbit_auto_trading.domain.failure import NotConnectedError
from upbit_auto_trading.domain.own_indicators import OwnIndicators
from upbit_auto_trading.domain.strategy_json import strategy_to_json
from upbit_auto_trading.domain.timeframe import from_epoch_ms

MINUTE_MS = 60_000
FIRST_MS = START_MS // MINUTE_MS * MINUTE_MS


def feed_of(count: int) -> FakeMarketDataFeed:
    """A market that falls a little every minute and has no candle in every tenth."""
    rows = [
        candle(start_ms=FIRST_MS + MINUTE_MS * n, close=100_000_000.0 - 10_000.0 * n)
        for n in range(count)
        if n % 10 != 9
    ]
    return FakeMarketDataFeed(history={("KRW-BTC", "1m"): rows})


def moment(minute: float) -> datetime:
    return from_epoch_ms(FIRST_MS + round(MINUTE_MS * minute))


async def test_pages_are_joined_and_a_candle_that_is_not_over_is_left_out() -> None:
    feed, told = feed_of(700), list[int]()
    candles = await closed_candles(
        feed, "KRW-BTC", "1m", moment(5), moment(650.5), progress=told.append
    )
    wanted = [n for n in range(5, 650) if n % 10 != 9]
    assert candles.start_ms.tolist() == [FIRST_MS + MINUTE_MS * n for n in wanted]
    assert len(feed.candle_requests) > 2
    assert told == sorted(told)


async def test_a_market_without_candles_has_none() -> None:
    candles = await closed_candles(feed_of(10), "KRW-BTC", "1m", moment(100), moment(200))
    assert len(candles) == 0


async def command(feed: FakeMarketDataFeed, *arguments: str) -> int:
    parser = argparse.ArgumentParser()
    backtest_command.add_arguments(parser)
    given = parser.parse_args(arguments)
    assert backtest_command.needs_history(given)
    return await backtest_command.run_on_history(given, feed, OwnIndicators())


def written(folder: Path) -> str:
    path = folder / "strategy.json"
    path.write_text(strategy_to_json(shipped_template(SEVEN_RULES).strategy), encoding="utf-8")
    return str(path)


async def test_a_strategy_file_runs_on_history(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = await command(
        feed_of(300),
        *("--strategy", written(tmp_path), "--from", moment(0).isoformat()),
        *("--to", moment(300).isoformat(), "--json"),
    )
    printed = json.loads(capsys.readouterr().out)
    assert code == 0
    assert printed["bars"] == 270
    assert printed["events"][0]["rule"] == 1
    assert {"code": "no_candles_invented", "empty": 29.0} in printed["assumptions"]


async def test_what_cannot_be_had_fails_with_its_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    times = ("--from", "2025-01-01", "--to", "2025-01-02")
    assert await command(feed_of(1), "--strategy", str(tmp_path / "none"), *times) == 1
    assert "none" in capsys.readouterr().err
    strategy = written(tmp_path)
    assert await command(feed_of(0), "--strategy", strategy, *times) == 1
    assert "no candles" in capsys.readouterr().err
    assert await command(feed_of(0), "--strategy", strategy) == 1
    assert "--from" in capsys.readouterr().err
    down = FakeMarketDataFeed(request_error=NotConnectedError("upbit", "dns"))
    assert await command(down, "--strategy", strategy, *times) == 1
    assert "can't be reached" in capsys.readouterr().err


def test_dates_without_an_offset_are_korean() -> None:
    parser = argparse.ArgumentParser()
    backtest_command.add_arguments(parser)
    given = parser.parse_args(["--strategy", "x", "--from", "2025-01-01", "--to", "2025-01-01T00Z"])
    assert given.start == datetime(2024, 12, 31, 15, tzinfo=UTC)
    assert given.end == datetime(2025, 1, 1, tzinfo=UTC)
