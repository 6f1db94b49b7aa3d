"""Lag of the window's loop under load: the whole program, beside a bare client on the same loop.

    python -m benchmarks.gui_lag [--json] [--seconds 15] [--screen chart] [--rest-url U --ws-url U]
    python -m benchmarks.gui_lag --screen trigger --conditions 50    judged live while it is built

The lag is how late a 5 ms timer rings in the window's own thread. The floor is `websockets` on
qasync without a window: the same subscription, every frame dropped unread. Both run as
processes of their own, so that CPU is counted for each alone.
"""

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.result import Result, show, versions_of
from benchmarks.simulator_child import simulator
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.expression import all_of
from upbit_auto_trading.domain.first_comparison import first_comparison
from upbit_auto_trading.domain.rule import Role
from upbit_auto_trading.domain.trigger import Trigger
from upbit_auto_trading.infrastructure.strategy_library import StrategyLibrary
from upbit_auto_trading.infrastructure.trigger_shelf import SqliteTriggerShelf

RATES = (1000, 5000)


@dataclass(frozen=True, slots=True)
class Load:
    """What one run measured. `cpu_share` is of one core, imports and start included."""

    lag_p99_ms: float
    messages_per_s: float
    cpu_share: float
    frames_per_s: float


def run_child(arguments: list[str], seconds: float) -> tuple[dict[str, object], float]:
    """Run a child that prints one line of JSON; return it and the share of a core it used."""
    environment = os.environ | {"QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen")}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=seconds + 60,
        check=False,
    )
    took = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise RuntimeError(f"the run failed: {done.stdout[-400:]}{done.stderr[-2000:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    told: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return told, cpu / took


def window(rest_url: str, ws_url: str, seconds: float, screen: str, conditions: int = 0) -> Load:
    """Run the product's window with that screen in front.

    With `conditions` a trigger of so many is being built, which the trigger screen judges live.
    """
    with tempfile.TemporaryDirectory() as folder:
        if conditions:
            asyncio.run(keep_draft(Path(folder), conditions))
        told, cpu = run_child(
            [
                "run_desktop_ui.py", "--rest-url", rest_url, "--ws-url", ws_url,
                "--smoke", str(seconds), "--data-dir", folder, "--screen", screen,
            ],
            seconds,
        )  # fmt: skip
    first_s = float(str(told["first_data_ms"])) / 1000
    return Load(
        lag_p99_ms=float(str(told["loop_lag_p99_ms"])),
        messages_per_s=int(str(told["messages"])) / max(0.1, seconds - first_s),
        cpu_share=cpu,
        frames_per_s=int(str(told["frames_painted"])) / max(0.1, seconds - first_s),
    )


async def keep_draft(folder: Path, conditions: int) -> None:
    """Leave a trigger on the candles, windows and book of a market as if it had been built."""
    registry = shipped_variables()
    names = (
        "rsi",
        "change",
        "macd",
        "close",
        "bollinger_percent_b",
        "spread_percent",
        "cci",
        "volume",
    )
    chosen = [
        first_comparison(registry[names[place % len(names)]], registry)
        for place in range(conditions)
    ]
    trigger = Trigger("benchmark", "benchmark", all_of(*chosen), Role.ENTRY)
    async with StrategyLibrary(folder, registry) as library:
        await SqliteTriggerShelf(library, registry).keep_draft(trigger, 1)


def bare(ws_url: str, markets: list[str], seconds: float) -> Load:
    """Run this module's own client without a window."""
    told, cpu = run_child(
        ["-m", "benchmarks.gui_lag", "--bare", ws_url, ",".join(markets), str(seconds)], seconds
    )
    return Load(float(str(told["lag_p99_ms"])), float(str(told["messages"])) / seconds, cpu, 0.0)


def run_bare(ws_url: str, markets: str, seconds: float) -> None:
    """The floor's own process: print what it measured."""
    import qasync  # noqa: PLC0415 -- the measuring process needs no Qt
    from PyQt6.QtWidgets import QApplication  # noqa: PLC0415 -- likewise
    from websockets.asyncio.client import connect  # noqa: PLC0415 -- likewise

    from upbit_auto_trading.presentation.loop_lag import LoopLag  # noqa: PLC0415 -- likewise

    application = QApplication(sys.argv[:1])
    loop = qasync.QEventLoop(application)
    asyncio.set_event_loop(loop)

    async def work() -> int:
        codes = markets.split(",")
        request = [
            {"ticket": "bare"},
            {"type": "ticker", "codes": codes},
            {"type": "trade", "codes": codes[:1]},
            {"type": "orderbook", "codes": codes[:1]},
            {"type": "candle.1m", "codes": codes[:1]},
        ]
        taken = 0
        async with connect(ws_url, compression=None, max_queue=4096, proxy=None) as socket:
            await socket.send(json.dumps(request))
            lag.start()
            try:
                async with asyncio.timeout(seconds):
                    async for _frame in socket:
                        taken += 1
            except TimeoutError:
                lag.stop()
        return taken

    lag = LoopLag()
    with loop:
        taken = loop.run_until_complete(work())
    print(json.dumps({"lag_p99_ms": lag.percentile_ms(0.99), "messages": taken}))


def listed(rest_url: str) -> list[str]:
    """The won markets of an exchange, KRW-BTC first, as the window watches them."""
    import requests  # noqa: PLC0415 -- the bare client's process doesn't need it

    rows = requests.get(f"{rest_url}/v1/market/all", timeout=10).json()
    codes = [row["market"] for row in rows if row["market"].startswith("KRW-")]
    return sorted(codes, key=lambda code: code != "KRW-BTC")


def measure(
    name: str, rest_url: str, ws_url: str, given: argparse.Namespace
) -> dict[str, dict[str, float]]:
    """Both figures of one exchange, the floor first."""
    floor = bare(ws_url, listed(rest_url), given.seconds)
    ours = window(rest_url, ws_url, given.seconds, given.screen, given.conditions)
    return {
        "figures": {
            f"lag_p99_ms_{name}": ours.lag_p99_ms,
            f"messages_per_s_{name}": round(ours.messages_per_s, 1),
            f"cpu_share_{name}": round(ours.cpu_share, 3),
            f"frames_per_s_{name}": round(ours.frames_per_s, 1),
        },
        "floor": {
            f"lag_p99_ms_{name}": floor.lag_p99_ms,
            f"messages_per_s_{name}": round(floor.messages_per_s, 1),
            f"cpu_share_{name}": round(floor.cpu_share, 3),
        },
        "ratio": {
            f"cpu_share_{name}": round(ours.cpu_share / max(floor.cpu_share, 1e-9), 2),
        },
    }


def main(arguments: list[str]) -> int:
    """Measure and print."""
    if arguments[:1] == ["--bare"]:
        run_bare(arguments[1], arguments[2], float(arguments[3]))
        return 0
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gui_lag")
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    parser.add_argument("--seconds", type=float, default=15.0, help="length of each run (15)")
    parser.add_argument("--rest-url", help="another server (with --ws-url)")
    parser.add_argument("--ws-url", help="another server (with --rest-url)")
    parser.add_argument("--screen", default="chart", help="the screen in front (chart)")
    parser.add_argument(
        "--conditions", type=int, default=0, help="of a trigger being built (--screen trigger)"
    )
    given = parser.parse_args(arguments)
    result = Result("gui_lag", {}, {}, {}, versions_of("PyQt6", "qasync", "websockets"))
    runs = []
    if given.rest_url and given.ws_url:
        runs.append(measure("given", given.rest_url, given.ws_url, given))
    else:
        for rate in RATES:
            with simulator("--rate", str(rate)) as (rest_url, ws_url):
                runs.append(measure(f"{rate}", rest_url, ws_url, given))
    for run in runs:
        result.figures.update(run["figures"])
        result.floor.update(run["floor"])
        result.ratio.update(run["ratio"])
    show(result, as_json=given.json)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
