"""From nothing to live data on screen: the whole program, beside a bare window with a chart.

    python -m benchmarks.startup [--json] [--runs 5] [--seconds 4] [--rest-url U --ws-url U]

Every run is a process of its own with an empty data folder; times are counted from the moment the
process began, imports included, and are medians of alternated runs. `first_data_ms` is the first
ticker of the market on the chart, `first_paint_ms` the first painting of live data, `whole_ms` the
whole run with its `--seconds` and its ordered end. The floor is PyQt6 and pyqtgraph alone: a
window with one curve.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

from benchmarks.result import Result, show, versions_of
from benchmarks.simulator_child import simulator

_LIMIT_S = 90.0


def run(arguments: list[str]) -> tuple[dict[str, object], float]:
    """Run a child that ends by itself; return its line of JSON and how long it ran."""
    environment = os.environ | {"QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen")}
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=_LIMIT_S,
        check=False,
    )
    took_ms = (time.perf_counter() - started) * 1000
    if done.returncode != 0:
        raise RuntimeError(f"the run failed: {done.stdout[-400:]}{done.stderr[-2000:]}")
    told: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return told, took_ms


def window(rest_url: str, ws_url: str, seconds: float) -> dict[str, float]:
    """Start the product's window once."""
    with tempfile.TemporaryDirectory() as folder:
        told, took_ms = run(
            [
                "run_desktop_ui.py", "--rest-url", rest_url, "--ws-url", ws_url,
                "--smoke", str(seconds), "--data-dir", folder,
            ]
        )  # fmt: skip
    return {
        "first_data_ms": float(str(told["first_data_ms"])),
        "first_paint_ms": float(str(told["first_paint_ms"])),
        "whole_ms": took_ms,
        "rss_mb": float(str(told["rss_mb"])),
    }


def bare() -> dict[str, float]:
    """Start the floor's window once."""
    told, _took = run(["-m", "benchmarks.bare_window", "--seconds", "1"])
    return {"first_paint_ms": float(str(told["first_paint_ms"]))}


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.startup")
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    parser.add_argument("--runs", type=int, default=5, help="starts of each (5)")
    parser.add_argument("--seconds", type=float, default=4.0, help="how long each runs (4)")
    parser.add_argument("--rest-url", help="another server (with --ws-url)")
    parser.add_argument("--ws-url", help="another server (with --rest-url)")
    given = parser.parse_args(arguments)
    if given.rest_url and given.ws_url:
        ours, floors = alternate(given.rest_url, given.ws_url, given.runs, given.seconds)
    else:
        with simulator() as (rest_url, ws_url):
            ours, floors = alternate(rest_url, ws_url, given.runs, given.seconds)
    figures = {name: round(statistics.median(one[name] for one in ours), 1) for name in ours[0]}
    figures["first_paint_slowest_ms"] = round(max(one["first_paint_ms"] for one in ours), 1)
    floor = {name: round(statistics.median(one[name] for one in floors), 1) for name in floors[0]}
    ratio = {"first_paint_ms": round(figures["first_paint_ms"] / floor["first_paint_ms"], 2)}
    packages = versions_of("PyQt6", "pyqtgraph", "qasync")
    show(Result("startup", figures, floor, ratio, packages), as_json=given.json)
    return 0


def alternate(
    rest_url: str, ws_url: str, runs: int, seconds: float
) -> tuple[list[dict[str, float]], list[dict[str, float]]]:
    """Start both in turn, so that a busy moment hits both; the first pair warms the disk."""
    ours, floors = [], []
    for number in range(runs + 1):
        one, other = window(rest_url, ws_url, seconds), bare()
        if number:
            ours.append(one)
            floors.append(other)
    return ours, floors


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
