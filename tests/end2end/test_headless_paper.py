"""The seven rules through a surge and a crash of the simulated exchange, and their replay."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.paper_strategies import PRICE, always
from tests.simulator_process import SimulatorProcess
from upbit_auto_trading.application.parity import check_parity
from upbit_auto_trading.application.strategies import SEVEN_RULES, shipped_template
from upbit_auto_trading.domain.own_indicators import OwnIndicators
from upbit_auto_trading.domain.recording import TickTaken
from upbit_auto_trading.domain.rule import Role
from upbit_auto_trading.domain.strategy import Strategy
from upbit_auto_trading.domain.strategy_json import strategy_to_json
from upbit_auto_trading.infrastructure.persistence.trading_store import TradingStore

ROOT = Path(__file__).resolve().parents[2]
MARKET = "KRW-BTC"


def seven_rules_that_enter_at_once() -> Strategy:
    """The seven rules, but for an entry that doesn't wait for an oversold market."""
    strategy = shipped_template(SEVEN_RULES).strategy
    entry = next(rule for rule in strategy.rules if rule.role is Role.ENTRY)
    return replace(strategy.with_rule(replace(entry, trigger=always(PRICE))), id="at-once")


class PaperProcess:
    """`run --paper --json` in a child process; what it tells is kept as it comes."""

    def __init__(self, folder: Path, simulator: SimulatorProcess, strategy: Path) -> None:
        arguments = [
            *("run", "--paper", "--json", "--strategy", str(strategy), "--market", MARKET),
            *("--rest-url", simulator.rest_url, "--ws-url", simulator.ws_url),
            *("--data-dir", str(folder)),
        ]
        self.told: list[dict[str, Any]] = []
        self._changed = threading.Condition()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "upbit_auto_trading", *arguments],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def until(self, what: str, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return the first thing told that `condition` holds for."""

        def found() -> dict[str, Any] | None:
            return next((told for told in self.told if condition(told)), None)

        with self._changed:
            assert self._changed.wait_for(lambda: found() is not None, 60), what
        told = found()
        assert told is not None
        return told

    def end(self, *, kill: bool = False) -> None:
        """Ask it to end, or kill it. Harmless when repeated."""
        if kill:
            self.process.kill()
        else:
            self.process.terminate()
        self.process.wait(20)
        self._reader.join()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as out:
            for line in out:
                if line.endswith("\n"):
                    with self._changed:
                        self.told.append(json.loads(line))
                        self._changed.notify_all()


def scenario(simulator: SimulatorProcess, name: str) -> None:
    answer = requests.post(
        f"{simulator.rest_url}/simulator/scenario",
        json={"name": name, "market": MARKET},
        timeout=5,
    )
    assert answer.ok, answer.text


def entered(mode: str) -> Callable[[dict[str, Any]], bool]:
    return lambda told: told.get("outcome") == "entered_mode" and told["reason"] == mode


def said_of(rule: str) -> Callable[[dict[str, Any]], bool]:
    return lambda told: told["event"] == "decision" and told["rule"] == rule


def is_sale(told: dict[str, Any]) -> bool:
    return told["event"] == "order" and told.get("side") == "sell"


@pytest.mark.timeout(240)
def test_a_surge_and_a_crash_are_traded_survive_a_kill_and_replay_alike(
    tmp_path: Path, simulator_process: Callable[..., SimulatorProcess]
) -> None:
    simulator = simulator_process("--seed", "3", "--speed", "6")
    strategy = tmp_path / "strategy.json"
    strategy.write_text(strategy_to_json(seven_rules_that_enter_at_once()), "utf-8")
    data = tmp_path / "data"
    first = PaperProcess(data, simulator, strategy)
    try:
        first.until("the entry's end", lambda told: told.get("state") == "filled")
        bought = sum(Decimal(told["quantity"]) for told in first.told if told["event"] == "fill")
        scenario(simulator, "surge")
        first.until("surge mode", entered("surge"))
    finally:
        first.end(kill=True)
    second = PaperProcess(data, simulator, strategy)
    try:
        started = second.until("the start", lambda told: told["event"] == "started")
        assert started["resumed"]
        assert Decimal(started["position"]["quantity"]) == bought
        assert started["position"]["modes"] == ["surge"]
        second.until("live data", lambda told: told.get("quality") == "live")
        scenario(simulator, "crash")
        sale = second.until("the sale", is_sale)
        assert sale["rule"] in ("crash", "trailing_stop")
        second.until("the crash", said_of("crash"))
    finally:
        second.end()
    summary = second.told[-1]
    assert summary["event"] == "summary"
    assert summary["position"] is None
    (path,) = data.glob("custom-*/trading.sqlite3")
    with closing(TradingStore(path)) as store:
        recordings = store.recordings(started["run"])
    parity = check_parity(recordings, OwnIndicators())
    decided = [told for told in first.told + second.told if told["event"] == "decision"]
    assert len(recordings) == 2
    assert parity.compared >= len(decided)
    assert parity.differences == ()
    prints = [e.print_id for r in recordings for e in r.entries if isinstance(e, TickTaken)]
    live = [print_id for print_id in prints if print_id]
    assert len(live) > 100
