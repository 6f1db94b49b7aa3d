"""A paper run killed at any moment loses nothing it told and does nothing twice."""

import json
import random
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.builders import START_MS
from tests.long_runs import LongRun
from tests.paper_child import TERMS
from upbit_auto_trading.application.parity import check_parity
from upbit_auto_trading.domain.account import EXACT
from upbit_auto_trading.domain.own_indicators import OwnIndicators
from upbit_auto_trading.infrastructure.persistence.trading_store import TradingStore

ROOT = Path(__file__).resolve().parents[2]
_PAUSE = threading.Event()


@dataclass
class Told:
    """What the killed processes said they had done."""

    fills: dict[tuple[int, int], dict[str, Any]] = field(default_factory=dict)
    ended: set[int] = field(default_factory=set)
    started: list[dict[str, Any]] = field(default_factory=list)

    def take(self, line: str) -> None:
        told = json.loads(line)
        if told["event"] == "fill":
            key = (told["order"], told["part"])
            assert key not in self.fills, f"{key} was filled twice"
            self.fills[key] = told
        elif told["event"] == "order" and told["state"] != "intended":
            assert told["id"] not in self.ended, f"order {told['id']} ended twice"
            self.ended.add(told["id"])
        elif told["event"] == "started":
            self.started.append(told)


def killed(folder: Path, seed: int, start_ms: int, after_s: float, told: Told) -> None:
    """Start the run, kill it that long after its first fill, and take what it had said."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.paper_child", str(folder), str(seed), str(start_ms)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stderr is not None
    give_up = threading.Timer(120.0, child.kill)
    give_up.start()
    with child.stdout as out, child.stderr as errors:
        for line in out:
            told.take(line)
            if '"fill"' in line:
                break
        else:
            give_up.cancel()
            pytest.fail(f"it filled nothing: {errors.read()}")
        _PAUSE.wait(after_s)
        child.kill()
        # A line that the kill cut short was told to nobody.
        for line in out:
            if line.endswith("\n"):
                told.take(line)
        child.wait()
    give_up.cancel()
    give_up.join()


def check_books(path: Path, told: Told) -> int:
    """Compare the database with what was told and with itself; return how many fills it has."""
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows = database.execute(
            "SELECT f.number, f.part, f.price, f.quantity, f.funds, f.fee, i.side FROM fill f"
            " JOIN intent i ON i.run=f.run AND i.number=f.number ORDER BY f.number, f.part"
        ).fetchall()
        ended = {number for (number,) in database.execute("SELECT number FROM ending")}
        intents = [number for (number,) in database.execute("SELECT number FROM intent")]
        memory = json.loads(database.execute("SELECT memory FROM run").fetchone()[0])
    kept = {(row[0], row[1]): row for row in rows}
    for key, fill in told.fills.items():
        assert kept[key][2:6] == (fill["price"], fill["quantity"], fill["funds"], fill["fee"])
    assert told.ended <= ended
    assert sorted(intents) == list(range(1, len(intents) + 1))
    assert memory["orders_placed"] == len(intents)
    open_order = memory["open_order"]
    assert set(intents) - ended == ({open_order["id"]} if open_order else set())
    cash, held = TERMS.cash, Decimal(0)
    for _, _, _, quantity, funds, fee, side in rows:
        amount, paid = Decimal(quantity), Decimal(fee)
        if side == "buy":
            held = EXACT.add(held, amount)
            cash = EXACT.subtract(cash, EXACT.add(Decimal(funds), paid))
        else:
            held = EXACT.subtract(held, amount)
            cash = EXACT.add(cash, EXACT.subtract(Decimal(funds), paid))
    assert Decimal(memory["cash"]) == cash
    position = memory["position"]
    assert held == (Decimal(0) if position is None else Decimal(position["quantity"]))
    return len(rows)


@pytest.mark.timeout(10_800)
@pytest.mark.long("paper-kills")
def test_kills_at_random_moments_lose_no_fill_and_double_no_order(
    tmp_path: Path, long_run: LongRun
) -> None:
    count = max(30, long_run.count(1000))
    rng = random.Random(long_run.seed)
    told = Told()
    path = tmp_path / "trading.sqlite3"
    fills = 0
    for n in range(count):
        start_ms = START_MS + n * 600_000
        killed(tmp_path, long_run.seed + n, start_ms, rng.uniform(0, 0.12), told)
        fills = check_books(path, told)
    long_run.record(kills=count, fills=fills, fills_told=len(told.fills))
    assert len(told.started) == count
    assert fills > count
    assert [start["resumed"] for start in told.started] == [False] + [True] * (count - 1)


def test_what_was_recorded_before_each_kill_replays_to_the_same_decisions(tmp_path: Path) -> None:
    told = Told()
    for n in range(3):
        killed(tmp_path, n, START_MS + n * 600_000, 0.2, told)
    with closing(TradingStore(tmp_path / "trading.sqlite3")) as store:
        recordings = store.recordings(1)
    parity = check_parity(recordings, OwnIndicators())
    assert len(recordings) == 3
    assert parity.compared >= len(told.ended)
    assert parity.differences == ()
