"""Hours under load and faults: whether everything is delivered, and whether anything grows.

    python -m benchmarks.soak [--hours 1] [--rate 3000] [--fault-every 30] [--markets 12]
                              [--seed 1] [--json]

The backbone runs headless in this process against a simulated exchange of its own, holds all KRW
tickers and trades and books of `--markets`, and is asked five times a second, whether the answers
before have come or not; every `--fault-every` seconds a fault drawn from the seed strikes (0:
none). A request counts as delivered when within five seconds it is answered by a live stream, by
REST or by what REST answered in the second before; an earlier value that stands in is a failure.
Trades of four markets are compared with what the exchange made, in a process beside this one.
Slopes are those of the second half, so quote them of an hour or more.
"""

import argparse
import asyncio
import json
import logging
import os
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.process_use import growth_mb_per_h, use_of
from benchmarks.result import versions_of
from benchmarks.simulator_child import simulator
from benchmarks.soak_faults import FAULTS
from benchmarks.soak_judge import CHECKED, Judge
from upbit_auto_trading.domain.failure import MarketDataError
from upbit_auto_trading.domain.market_value import MarketValue
from upbit_auto_trading.domain.stream import Delivery, Source, Stream
from upbit_auto_trading.domain.trade import Trade
from upbit_auto_trading.infrastructure.market_data_backbone import MarketDataBackbone, Policy

_ASK_EVERY_S: Final = 0.2
_DEADLINE_S: Final = 5.0
_SAMPLE_EVERY_S: Final = 5.0
_LOOK_EVERY_S: Final = 120.0
_SAMPLED: Final = ("at", "rss", "cpu_s", "exchange_rss", "handles", "threads", "tasks")
_SETTLE_S: Final = 60.0
"""How long a trade may take to arrive by repair before it counts as missing."""

CRITERIA: Final = {"delivered": 0.9995, "rss_mb_per_h": 0.5}


@dataclass
class Soak:
    """What happened so far."""

    judge: Judge
    trades: dict[str, int] = field(default_factory=dict)
    values: int = 0
    asked: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    samples: np.ndarray = field(default_factory=lambda: np.ones((0, len(_SAMPLED))))
    sampled: int = 0

    def take(self, value: MarketValue) -> None:
        """Count one value; note a trade of a market that is compared."""
        self.values += 1
        if isinstance(value, Trade) and value.market in CHECKED:
            is_live = value.origin.delivery is not Delivery.BACKFILL
            self.judge.trade(value.market, value.sequential_id, is_live=is_live)


async def _ask(soak: Soak, feed: MarketDataBackbone, dice: random.Random) -> None:
    """Ask for values all the time, as charts, lists and strategies do."""
    async with asyncio.TaskGroup() as questions:
        while True:
            kind = dice.choice(("ticker", "orderbook", "trades", "candles"))
            questions.create_task(_question(soak, feed, kind, dice.choice(CHECKED)))
            await asyncio.sleep(_ASK_EVERY_S)


async def _question(soak: Soak, feed: MarketDataBackbone, kind: str, market: str) -> None:
    """Ask once and judge the answer."""
    soak.asked[kind] += 1
    try:
        async with asyncio.timeout(_DEADLINE_S):
            if kind == "candles":
                await feed.candles(market, "1m", 100)
            elif kind == "trades":
                await feed.trades(market, 50)
            else:
                ask = feed.ticker if kind == "ticker" else feed.orderbook
                answer = await ask(market)
                is_live = answer.channel in (Source.WEBSOCKET, Source.REST)
                if not is_live and answer.reason != "asked_just_now":
                    soak.failures[f"{kind} {answer.channel} {answer.reason}"] += 1
    except (MarketDataError, TimeoutError) as error:
        soak.failures[f"{kind} {type(error).__name__}"] += 1


async def _strike(soak: Soak, dice: random.Random, every_s: float) -> None:
    """Put a fault in force now and then."""
    while every_s:
        await asyncio.sleep(every_s)
        name, arguments = dice.choice(FAULTS)
        soak.judge.fault(name, arguments(dice))
        soak.faults[name] += 1


async def _look(soak: Soak) -> None:
    """Compare trades with the exchange's."""
    while True:
        await asyncio.sleep(_LOOK_EVERY_S)
        soak.judge.look(round((time.time() - _SETTLE_S) * 1000))


async def _sample(soak: Soak, exchange_pid: int) -> None:
    """Note sizes and what is open, in memory taken beforehand: the samples mustn't grow either."""
    while True:
        own, exchange = use_of(os.getpid()), use_of(exchange_pid)
        handles = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - Linux, as process_use is
        soak.samples[soak.sampled] = (
            *(own.at, own.rss_mb, own.cpu_s, exchange.rss_mb),
            *(handles, threading.active_count(), len(asyncio.all_tasks())),
        )
        soak.sampled += 1
        await asyncio.sleep(_SAMPLE_EVERY_S)


async def run(
    addresses: tuple[str, str], exchange_pid: int, given: argparse.Namespace
) -> dict[str, Any]:
    """Soak as long as asked; return the figures."""
    rest_url, ws_url = addresses
    soak, dice = Soak(Judge(rest_url)), random.Random(given.seed)
    soak.samples = np.ones((round(given.hours * 3600 / _SAMPLE_EVERY_S) + 2, len(_SAMPLED)))
    with tempfile.TemporaryDirectory() as folder:
        policy = Policy(predict=False)
        async with MarketDataBackbone(
            rest_url, ws_url, policy=policy, data_dir=Path(folder)
        ) as feed:
            listed = [one.market for one in (await feed.markets()).values]
            markets = [*CHECKED, *(m for m in listed if m not in CHECKED)][: given.markets]
            streams = {Stream("ticker", m) for m in listed if m.startswith("KRW-")}
            streams |= {Stream(kind, m) for kind in ("trade", "orderbook") for m in markets}
            held = feed.subscribe(streams, soak.take, holder="watchlist")
            began = time.monotonic()
            async with asyncio.TaskGroup() as group:
                work = (
                    _ask(soak, feed, dice),
                    _strike(soak, random.Random(given.seed), given.fault_every),
                    _look(soak),
                    _sample(soak, exchange_pid),
                )
                tasks = [group.create_task(one) for one in work]
                await asyncio.sleep(given.hours * 3600)
                for task in tasks:
                    task.cancel()
            passed_s = time.monotonic() - began
            await asyncio.sleep(min(_SETTLE_S, given.hours * 3600))
            last_ms = round((time.time() - min(_SETTLE_S, given.hours * 3600)) * 1000)
            soak.judge.look(last_ms)
            metrics = feed.get_performance_metrics()
            held.close()
            soak.trades = await asyncio.to_thread(soak.judge.totals)
    return figures_of(soak, metrics, passed_s)


def figures_of(soak: Soak, metrics: dict[str, Any], passed_s: float) -> dict[str, Any]:
    """Return every figure as plain data."""
    asked, failed = soak.asked.total(), soak.failures.total()
    seen = dict(zip(_SAMPLED, soak.samples[: soak.sampled].T, strict=True))
    half, tenth = soak.sampled // 2, max(1, soak.sampled // 10)

    def grown(what: str) -> float:
        return float(np.median(seen[what][-tenth:]) - np.median(seen[what][tenth : 2 * tenth]))

    def slope(what: str) -> float:
        return round(growth_mb_per_h(seen["at"][half:], seen[what][half:]), 2)

    return {
        "hours": round(passed_s / 3600, 3),
        "messages_per_s": round(metrics["streams"]["messages_received"] / passed_s, 1),
        "values_told": soak.values,
        "faults": dict(soak.faults),
        "requests": asked,
        "delivered": round(1 - failed / max(1, asked), 6),
        "failures": dict(soak.failures),
        "trades_expected": soak.trades["expected"],
        "trades_missing": soak.trades["missing"],
        "trades_doubled": soak.trades["doubled"],
        "trade_looks_cut_short": soak.trades["unchecked"],
        "reconnects": metrics["streams"]["reconnects"],
        "refused_429": sum(group["limited"] for group in metrics["budgets"]["rest"].values()),
        "loop_lag_ms_p99": metrics["loop"]["lag_ms"]["p99"],
        "rss_mb": round(seen["rss"][-1], 1),
        "rss_mb_per_h": slope("rss"),
        "rss_mb_every_tenth": [round(one, 1) for one in seen["rss"][::tenth].tolist()],
        "exchange_rss_mb": round(seen["exchange_rss"][-1], 1),
        "exchange_rss_mb_per_h": slope("exchange_rss"),
        "exchange_rss_mb_every_tenth": [
            round(one, 1) for one in seen["exchange_rss"][::tenth].tolist()
        ],
        "cpu_share": round(float(np.ptp(seen["cpu_s"]) / np.ptp(seen["at"])), 3),
        "handles_grown": grown("handles"),
        "threads_grown": grown("threads"),
        "tasks_grown": grown("tasks"),
    }


def verdict(figures: dict[str, Any]) -> dict[str, bool]:
    """Return which criteria hold."""
    return {
        "delivered": figures["delivered"] >= CRITERIA["delivered"],
        "trades": figures["trades_missing"] == figures["trades_doubled"] == 0,
        "memory": figures["rss_mb_per_h"] <= CRITERIA["rss_mb_per_h"],
        "leaks": max(figures[f"{name}_grown"] for name in ("handles", "threads", "tasks")) <= 2,
        "limits": figures["refused_429"] == 0,
    }


def main(arguments: list[str]) -> int:
    """Soak and print; exit code 1 when a criterion doesn't hold."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak")
    parser.add_argument("--hours", type=float, default=1.0, help="how long (1)")
    parser.add_argument("--rate", type=int, default=3000, help="messages a second (3000)")
    parser.add_argument("--fault-every", type=float, default=30.0, help="seconds; 0 for none (30)")
    parser.add_argument("--markets", type=int, default=12, help="with trades and books (12)")
    parser.add_argument("--seed", type=int, default=1, help="of faults and exchange (1)")
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    given = parser.parse_args(arguments)
    logging.getLogger("upbit_auto_trading").addHandler(logging.NullHandler())
    options = ("--rate", str(given.rate), "--seed", str(given.seed))
    with simulator(*options) as addresses:
        (exchange_pid,) = _children()
        figures = asyncio.run(run(addresses, exchange_pid, given))
    holds = verdict(figures)
    told = {"name": "soak", "figures": figures, "criteria": CRITERIA, "holds": holds}
    if given.json:
        print(json.dumps(told | {"versions": versions_of("websockets", "msgspec")}))
    else:
        for name, value in figures.items():
            print(f"  {name}: {value}")
        for name, is_held in holds.items():
            print(f"  {'holds' if is_held else 'FAILS'}: {name}")
    return 0 if all(holds.values()) else 1


def _children() -> list[int]:
    tasks = Path("/proc/self/task").glob("*/children")
    return [int(pid) for path in tasks for pid in path.read_text().split()]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
