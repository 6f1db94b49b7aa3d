"""Backtest: a year of one-minute bars through the generic engine, beside a plain loop and a peer.

The market is a seeded random walk. `seven_rules` is the template as it ships, `always_in_market`
enters whenever it is flat and the RSI crosses 50, `busy` trades thousands of times. The floor is
a loop written for these rules alone, one evaluation a bar; the peer is backtesting.py,
in the peers' environment. Runs alternate; medians are reported.
"""

import argparse
import json
import statistics
import subprocess
import tempfile
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.backtest_floor import PlainLoop
from benchmarks.peers import peers_python
from benchmarks.result import Result, show, versions_of
from upbit_auto_trading.application.backtest import Backtest, Conditions, backtest_candles
from upbit_auto_trading.application.strategies import SEVEN_RULES, shipped_template
from upbit_auto_trading.domain.candle_series import CandleColumns
from upbit_auto_trading.domain.rsi import wilder_rsi

YEAR = 525_600
MINUTE_MS = 60_000
STRATEGIES: dict[str, dict[str, Any]] = {
    "seven_rules": {},
    "always_in_market": {"rsi_level": 50.0},
    "busy": {
        "rsi_level": 50.0,
        "up_pct": 0.3,
        "tp_pct": 0.5,
        "trail_arm_pct": 0.3,
        "trail_drop_pct": 0.3,
        "down_pct": 0.3,
        "crash_pct": 0.5,
        "surge_pct": 0.5,
        "crash_cooldown_s": 0.0,
    },
}


def market(bars: int, seed: int = 7) -> CandleColumns:
    """Return one-minute candles of a seeded random walk on the exchange's price grid."""
    rng = np.random.default_rng(seed)
    step = 0.0009
    close = 1e8 * np.exp(np.cumsum(rng.normal(0, step, bars)))
    opened = np.concatenate([[1e8], close[:-1]])
    high = np.maximum(opened, close) * (1 + np.abs(rng.normal(0, step / 2, bars)))
    low = np.minimum(opened, close) * (1 - np.abs(rng.normal(0, step / 2, bars)))
    nothing = np.zeros(bars)
    start = 1_700_000_040_000 + np.arange(bars, dtype=np.int64) * MINUTE_MS
    return CandleColumns(
        start, _grid(opened), _grid(high), _grid(low), _grid(close), nothing, nothing
    )


def _grid(prices: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.round(prices / 1000) * 1000


def run(candles: CandleColumns, values: dict[str, Any]) -> Backtest:
    """Run the template with some numbers changed."""
    strategy = shipped_template(SEVEN_RULES).filled(values)
    return backtest_candles(strategy, candles, MINUTE_MS, Conditions(Decimal(10**12)))


def floor(candles: CandleColumns, level: float) -> float:
    """Return the seconds the plain loop takes."""
    started = time.perf_counter()
    PlainLoop(1e12).run(candles.close, level)
    return time.perf_counter() - started


def peer(candles: CandleColumns) -> dict[str, Any]:
    """Return what backtesting.py took, in the peers' environment."""
    python = peers_python()
    with tempfile.TemporaryDirectory() as scratch:
        table = np.column_stack(
            [candles.start_ms / 1000, candles.open, candles.high, candles.low, candles.close]
        )
        np.save(Path(scratch) / "candles.npy", table)
        np.save(Path(scratch) / "rsi.npy", wilder_rsi(candles.close, 14))
        script = Path(__file__).with_name("backtest_peer.py")
        arguments = [str(Path(scratch) / name) for name in ("candles.npy", "rsi.npy")]
        done = subprocess.run(
            [python, str(script), *arguments, "20"],
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
    if done.returncode:
        raise SystemExit(f"the peer failed: {done.stderr.strip().splitlines()[-1:]}")
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def measure(bars: int, rounds: int) -> Result:
    """Run everything in turn."""
    candles = market(bars)
    seconds: dict[str, list[float]] = {name: [] for name in (*STRATEGIES, "floor")}
    figures: dict[str, Any] = {"bars": bars, "ticks": 4 * bars}
    for _ in range(rounds):
        seconds["floor"].append(floor(candles, 20.0))
        for name, values in STRATEGIES.items():
            done = run(candles, values)
            seconds[name].append(done.seconds)
            figures[f"{name}_orders"] = len(done.replay.fills)
            figures[f"{name}_judged_ticks"] = done.replay.judged
    for name in STRATEGIES:
        figures[f"{name}_s"] = statistics.median(seconds[name])
    for name, count in (("preview_1000_candles_ms", 1000), ("preview_30_days_ms", 43_200)):
        shorter = min(run(market(count), {}).seconds for _ in range(rounds))
        figures[name] = shorter * 1000
    floor_s = statistics.median(seconds["floor"])
    floors: dict[str, Any] = {"plain_loop_s": floor_s}
    ratio: dict[str, Any] = {"of_plain_loop": figures["seven_rules_s"] / floor_s}
    versions = versions_of("numpy", "msgspec")
    other = peer(candles)
    floors["backtesting_py_s"] = other["seconds"]
    floors["backtesting_py_trades"] = other["trades"]
    ratio["faster_than_backtesting_py"] = other["seconds"] / figures["seven_rules_s"]
    versions["backtesting"] = other["version"]
    return Result("backtest", figures, floors, ratio, versions)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    parser.add_argument("--bars", type=int, default=YEAR, help="one-minute bars")
    parser.add_argument("--rounds", type=int, default=5)
    for name in ("--ws-url", "--rest-url"):
        parser.add_argument(name, help="accepted by every benchmark; this one needs no server")
    given = parser.parse_args()
    show(measure(given.bars, given.rounds), as_json=given.json)


if __name__ == "__main__":
    main()
