"""Memory of the window over time under load, and what it costs while nothing happens.

    python -m benchmarks.memory [--json] [--minutes 2] [--rate 1000] [--idle-seconds 20]
                                [--rest-url U --ws-url U]

The window runs as a process of its own and is watched from outside, once a second. `rss_mb` is
the median of the last tenth of the run, `growth_mb_per_h` the slope over its second half: over a
few minutes it says more about caches still filling than about hours, so use `--minutes 60` for a
figure to quote. `idle_cpu_share` is the share of one core with one message a second. The floor is
a bare PyQt6 and pyqtgraph window that subscribes to the same and drops every frame.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

from benchmarks.gui_lag import listed
from benchmarks.process_use import Use, cpu_share, growth_of, watch
from benchmarks.result import Result, show, versions_of
from benchmarks.simulator_child import simulator

_SETTLED_S = 8.0
_END_S = 15.0


def watched(arguments: list[str], seconds: float) -> list[Use]:
    """Run a child, let it settle, watch it for `seconds`, end it in order."""
    environment = os.environ | {"QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen")}
    child = subprocess.Popen([sys.executable, *arguments], env=environment)
    try:
        time.sleep(_SETTLED_S)
        uses = list(watch(child.pid, seconds))
        if child.poll() is not None:
            raise RuntimeError(f"the run ended by itself with {child.returncode}")
    finally:
        child.terminate()
        try:
            child.wait(_END_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    return uses


def window(rest_url: str, ws_url: str, seconds: float) -> list[Use]:
    """Watch the product's window."""
    with tempfile.TemporaryDirectory() as folder:
        return watched(
            [
                "run_desktop_ui.py", "--rest-url", rest_url, "--ws-url", ws_url,
                "--data-dir", folder,
            ],
            seconds,
        )  # fmt: skip


def bare(rest_url: str, ws_url: str, seconds: float) -> list[Use]:
    """Watch the floor's window."""
    markets = ",".join(listed(rest_url))
    whole = str(seconds + _SETTLED_S + _END_S)
    return watched(
        [
            "-m", "benchmarks.bare_window", "--seconds", whole, "--ws-url", ws_url,
            "--markets", markets,
        ],
        seconds,
    )  # fmt: skip


def figures_of(uses: list[Use]) -> dict[str, float]:
    """Size, slope and CPU of one run."""
    end = uses[-max(2, len(uses) // 10) :]
    return {
        "rss_mb": round(statistics.median(use.rss_mb for use in end), 1),
        "rss_most_mb": round(max(use.rss_mb for use in uses), 1),
        "growth_mb_per_h": round(growth_of(uses[len(uses) // 2 :]), 2),
        "cpu_share": round(cpu_share(uses), 3),
    }


def measure(
    rest_url: str, ws_url: str, seconds: float
) -> tuple[dict[str, float], dict[str, float]]:
    """Both windows under load; the floor runs a quarter as long, at most two minutes."""
    floor = figures_of(bare(rest_url, ws_url, min(120.0, max(20.0, seconds / 4))))
    del floor["growth_mb_per_h"]
    return figures_of(window(rest_url, ws_url, seconds)), floor


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory")
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    parser.add_argument("--minutes", type=float, default=2.0, help="length under load (2)")
    parser.add_argument("--rate", type=int, default=1000, help="messages a second (1000)")
    parser.add_argument("--idle-seconds", type=float, default=20.0, help="length idle (20)")
    parser.add_argument("--rest-url", help="another server (with --ws-url)")
    parser.add_argument("--ws-url", help="another server (with --rest-url)")
    given = parser.parse_args(arguments)
    if given.rest_url and given.ws_url:
        figures, floor = measure(given.rest_url, given.ws_url, given.minutes * 60)
    else:
        with simulator("--rate", str(given.rate)) as (rest_url, ws_url):
            figures, floor = measure(rest_url, ws_url, given.minutes * 60)
        with simulator("--rate", "1") as (rest_url, ws_url):
            figures["idle_cpu_share"] = round(
                cpu_share(window(rest_url, ws_url, given.idle_seconds)), 4
            )
            floor["idle_cpu_share"] = round(
                cpu_share(bare(rest_url, ws_url, given.idle_seconds)), 4
            )
    ratio = {
        name: round(figures[name] / max(floor[name], 1e-9), 2) for name in ("rss_mb", "cpu_share")
    }
    packages = versions_of("PyQt6", "pyqtgraph", "qasync")
    show(Result("memory", figures, floor, ratio, packages), as_json=given.json)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
