"""Triggers built by hand in the real window: typed, saved, found again, safe from a kill."""

import http.client
import json
import re
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest

from tests.end2end.on_screen import close, opened, take_keyboard, window_of
from tests.end2end.program import wait_until
from tests.long_runs import LongRun
from tests.simulator_process import SimulatorProcess
from tests.virtual_display import VirtualDisplay
from upbit_auto_trading.application.backtest import Conditions, backtest_candles
from upbit_auto_trading.application.strategies import SEVEN_RULES, shipped_template
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.candle_series import CandleColumns
from upbit_auto_trading.domain.decision import Outcome
from upbit_auto_trading.domain.expression import Expression
from upbit_auto_trading.domain.expression_json import expression_from_json
from upbit_auto_trading.domain.formula import spelled
from upbit_auto_trading.domain.quick_entry_text import entry_text
from upbit_auto_trading.domain.rule import Notify, Role, Rule
from upbit_auto_trading.domain.strategy import Strategy
from upbit_auto_trading.domain.variable import Words
from upbit_auto_trading.infrastructure.strategy_library import FILE_NAME

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Xvfb and xdotool are Linux's")

# How often Down is pressed in the menu of roles, and what is typed into the quick line. The
# entry is taken out of the palette instead.
BY_HAND = {
    "oversold_entry": (0, "rsi"),
    "crash": (4, "change 60s high <= -5"),
    "pyramid": (2, "profit_percent >= 5"),
    "take_profit": (3, 'times_left "pyramid" <= 0 and profit_percent >= 5'),
    "trailing_stop": (3, "drawdown_from_peak <= -3"),
    "average_down": (2, "profit_percent <= -5"),
    "surge": (5, "change 60s low >= 5"),
}
SHORT = ("oversold_entry", "crash")
OFTEN = "often"
"""A trigger of no rule: it fires many times a day, which an RSI of 20 doesn't."""
OFTEN_BY_HAND = (0, "rsi 14 1m <= 40")
ON_THE_MARKET_ALONE = ("oversold_entry", "crash", "surge", OFTEN)
# Places in the window as it opens: the list of triggers, the field to search it.
MY_TRIGGERS = ("204", "106")
SEARCH = ("197", "144")
PREVIEWED = re.compile(
    r"preview market=(\S+) timeframe=1m first=(\d+) last=(\d+) candles=(\d+) fired=(\d+)"
    r" suppressed=0 trigger=(.+)"
)


def add_and_save(display: VirtualDisplay, typed: str, done: Callable[[], bool]) -> None:
    """Add a condition to the trigger that a new start has opened, and save it.

    Nothing outside tells that the trigger has been opened, so hands that came too early try again.
    """
    for _attempt in range(5):
        take_keyboard(display)
        display.xdotool("key", "--delay", "40", "ctrl+l")
        display.xdotool("type", "--delay", "15", typed)
        display.xdotool("key", "--delay", "40", "Return", "ctrl+s")
        with suppress(AssertionError):
            wait_until(done, "it is saved", within_s=6.0)
            return
    raise AssertionError("nothing was added and saved")


def rows(folder: Path, query: str) -> list[tuple[str, ...]]:
    """What the program's file says now; nothing while it is being made."""
    try:
        with closing(sqlite3.connect(f"file:{folder / FILE_NAME}?mode=ro", uri=True)) as database:
            return list(database.execute(query))
    except sqlite3.Error:
        return []


def saved(folder: Path) -> dict[str, tuple[str, Expression, int]]:
    """Role, expression and version of every saved trigger by its name."""
    query = (
        "SELECT label.name, label.role, document.text, max(document.version) FROM document"
        " JOIN trigger_label AS label USING (id) GROUP BY id"
    )
    return {
        name: (role, expression_from_json(text, shipped_variables()), int(version))
        for name, role, text, version in rows(folder, query)
    }


def is_saved(folder: Path, name: str) -> bool:
    return name in saved(folder)


def meaning(expression: Expression) -> str:
    """The expression with every parameter spelled out, defaults included."""
    return spelled(expression, lambda one: entry_text(one, shipped_variables()))


def build(display: VirtualDisplay, name: str, role: int, typed: str) -> None:
    """Build one trigger with the keyboard alone."""
    display.xdotool("key", "ctrl+n")
    display.xdotool("type", "--delay", "15", name)
    if typed == "rsi":
        display.xdotool("key", "ctrl+slash")
        display.xdotool("type", "--delay", "15", typed)
        # Into the trigger; out of the search, then of the palette; into the value.
        display.xdotool("key", "--delay", "40", "Return", "Escape", "Escape", "space")
        display.xdotool("type", "--delay", "15", "20")
        display.xdotool("key", "Return")
    else:
        display.xdotool("key", "Return")
        display.xdotool("type", "--delay", "15", typed)
        display.xdotool("key", "Return")
    if role:
        display.xdotool("key", "--delay", "40", "F2", "Tab", "space", *["Down"] * role, "Return")


def save(display: VirtualDisplay, done: Callable[[], bool]) -> None:
    """Press the keys that save; what is pressed while a menu closes goes to the menu."""
    for _attempt in range(10):
        take_keyboard(display)
        display.xdotool("key", "ctrl+s")
        with suppress(AssertionError):
            wait_until(done, "it is saved", within_s=5.0)
            return
    raise AssertionError("nothing was saved")


def open_saved(display: VirtualDisplay, name: str) -> None:
    """Find a saved trigger with mouse and keyboard, and open it."""
    for place in (MY_TRIGGERS, SEARCH):
        display.xdotool("mousemove", "--window", window_of(display), *place, "click", "1")
    display.xdotool("key", "ctrl+a")
    display.xdotool("type", "--delay", "15", name)
    display.xdotool("key", "--delay", "40", "Return")


def previewed(folder: Path, trigger: Expression) -> list[tuple[str, ...]]:
    """What the log says of previews of `trigger`: market, first, last, candles, fired."""
    log = folder / "logs" / "app.log"
    found = PREVIEWED.findall(log.read_text(encoding="utf-8") if log.exists() else "")
    return [one[:-1] for one in found if one[-1].strip() == meaning(trigger)]


def minutes_before(exchange: SimulatorProcess, market: str, to: str) -> list[dict[str, Any]]:
    """A page of candles, asked from an address of its own: the program's quota is its own."""
    place = urlsplit(exchange.rest_url)
    door = http.client.HTTPConnection(str(place.hostname), place.port, 10, ("127.0.0.2", 0))
    with closing(door):
        door.request("GET", f"/v1/candles/minutes/1?market={market}&count=200&to={to}")
        answer = door.getresponse()
        page: list[dict[str, Any]] = json.loads(answer.read())
        told = answer.headers["Remaining-Req"]
    if told.endswith("sec=0"):
        second = int(time.time())
        wait_until(lambda: int(time.time()) > second, "the next second's quota")
    return page


def candles_of(exchange: SimulatorProcess, market: str, first: int, last: int) -> CandleColumns:
    """The exchange's minutes from `first` to `last` (epoch ms)."""
    made: dict[int, list[float]] = {}
    before = last
    while before > first:
        to = datetime.fromtimestamp(before / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        page = minutes_before(exchange, market, to)
        if not page:
            break
        prices = ("opening_price", "high_price", "low_price", "trade_price")
        names = (*prices, "candle_acc_trade_volume", "candle_acc_trade_price")
        for row in page:
            start = datetime.fromisoformat(row["candle_date_time_utc"] + "+00:00")
            made[round(start.timestamp() * 1000)] = [row[name] for name in names]
        before = min(made)
    starts = sorted(start for start in made if start >= first)
    columns = np.array([made[start] for start in starts]).T
    return CandleColumns(np.array(starts), *columns)


def fired_in_a_backtest(trigger: Expression, candles: CandleColumns, counted: int) -> int:
    """How often a rule with `trigger` fires on the last `counted` of `candles`."""
    rule = Rule("only", 1, Words("", ""), Role.ENTRY, trigger, Notify())
    strategy = Strategy("only", Words("", ""), (rule,))
    done = backtest_candles(strategy, candles, 60_000, Conditions(Decimal(0)))
    from_ms = int(candles.start_ms[-counted])
    told = [one for one in done.replay.decisions if one.ms >= from_ms]
    return sum(one.outcome not in (Outcome.ARMED, Outcome.SUPPRESSED) for one in told)


def preview_by_hand(
    display: VirtualDisplay, folder: Path, exchange: SimulatorProcess, name: str
) -> int:
    """Open a saved trigger and return how often its preview fired, held against a backtest."""
    trigger = saved(folder)[name][1]
    before = len(previewed(folder, trigger))
    for _attempt in range(5):
        take_keyboard(display)
        open_saved(display, name)
        with suppress(AssertionError):
            wait_until(lambda: len(previewed(folder, trigger)) > before, "it is previewed", 6.0)
            break
    market, first, last, counted, fired = previewed(folder, trigger)[-1]
    if name in ON_THE_MARKET_ALONE:
        candles = candles_of(exchange, market, int(first), int(last))
        assert int(fired) == fired_in_a_backtest(trigger, candles, int(counted))
    return int(fired)


@pytest.mark.long("builder")
def test_the_seven_rules_are_built_by_hand_and_found_after_a_restart(
    tmp_path: Path,
    simulator: SimulatorProcess,
    virtual_display: VirtualDisplay,
    long_run: LongRun,
) -> None:
    rules = {rule.id: rule for rule in shipped_template(SEVEN_RULES).strategy.rules}
    names = tuple(BY_HAND) if long_run.full else SHORT
    with opened(tmp_path, simulator, virtual_display, "trigger") as program:
        for name in names:
            build(virtual_display, name, *BY_HAND[name])
            save(virtual_display, partial(is_saved, tmp_path, name))
        build(virtual_display, OFTEN, *OFTEN_BY_HAND)
        save(virtual_display, partial(is_saved, tmp_path, OFTEN))
        close(program, virtual_display)
    found = saved(tmp_path)
    assert set(found) == {*names, OFTEN}
    for name in names:
        role, expression, _version = found[name]
        assert role == rules[name].role.value
        assert meaning(expression) == meaning(rules[name].trigger)
    with opened(tmp_path, simulator, virtual_display, "trigger") as program:
        fired = {
            name: preview_by_hand(virtual_display, tmp_path, simulator, name)
            for name in (*names, OFTEN)
        }
        close(program, virtual_display)
    with opened(tmp_path, simulator, virtual_display, "trigger") as program:
        first = min(names)
        add_and_save(
            virtual_display,
            "macd > 0",
            lambda: "macd" in meaning(saved(tmp_path)[first][1]),
        )
        close(program, virtual_display)
    assert saved(tmp_path)[first][2] > 1
    assert fired[OFTEN] > 0


def test_a_kill_loses_nothing_that_was_built(
    tmp_path: Path, simulator: SimulatorProcess, virtual_display: VirtualDisplay
) -> None:
    draft = "SELECT text FROM draft WHERE kind='trigger'"
    with opened(tmp_path, simulator, virtual_display, "trigger") as program:
        virtual_display.xdotool("key", "ctrl+n")
        virtual_display.xdotool("type", "--delay", "15", "half")
        virtual_display.xdotool("key", "Return")
        virtual_display.xdotool("type", "--delay", "15", "rsi 9 1m < 30")
        virtual_display.xdotool("key", "Return")
        wait_until(lambda: any("rsi" in row[0] for row in rows(tmp_path, draft)), "it is kept")
        program.process.kill()
    assert saved(tmp_path) == {}
    with opened(tmp_path, simulator, virtual_display, "trigger") as program:
        add_and_save(virtual_display, "macd > 0", lambda: "macd" in told_of(tmp_path, "half"))
        close(program, virtual_display)
    assert "rsi(9)" in told_of(tmp_path, "half")


def told_of(folder: Path, name: str) -> str:
    """What a saved trigger says, nothing where there is none."""
    found = saved(folder).get(name)
    return "" if found is None else meaning(found[1])
