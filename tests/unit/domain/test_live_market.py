"""A market that remembers tells what is asked late as if it had been asked from the start."""

import math
import random
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.expressions import REGISTRY, random_comparisons
from tests.market_walks import START_MS, random_prints
from upbit_auto_trading.domain.evaluation import Inputs, compile_expression
from upbit_auto_trading.domain.expression import (
    Comparator,
    Comparison,
    Constant,
    VariableOperand,
    operands,
)
from upbit_auto_trading.domain.indicator import CandleRow
from upbit_auto_trading.domain.live_market import LiveMarket
from upbit_auto_trading.domain.own_indicators import OwnIndicators
from upbit_auto_trading.domain.tick import Quality, Tick
from upbit_auto_trading.domain.variable import Need
from upbit_auto_trading.infrastructure.indicators import TaLibIndicators

MARKET_NAMES = tuple(
    one.id for one in REGISTRY if one.needs <= {Need.CANDLES, Need.TICKS} and one.needs
)
WINDOWED = ("change", "window_high", "window_low")
INDICATORS = OwnIndicators(TaLibIndicators())
MINUTE_MS = 60_000


def past(code: str, rng: random.Random) -> list[CandleRow]:
    step = {"1m": MINUTE_MS, "3m": 3 * MINUTE_MS}[code]
    first = START_MS // step * step - 80 * step
    closes = [100.0 + rng.randint(-20, 20) / 4 for _ in range(80)]
    return [
        CandleRow(first + n * step, close, close + 1, close - 1, close, 1.0 + n % 3, 5.0)
        for n, close in enumerate(closes)
    ]


def bits(values: list[float]) -> list[bytes]:
    return [b"?" if math.isnan(value) else struct.pack("d", value) for value in values]


@st.composite
def windows(draw: st.DrawFn) -> Comparison:
    """Windows of a length that prints fall out of, and stay in."""
    name = draw(st.sampled_from(WINDOWED))
    chosen: dict[str, float | str] = {"window": draw(st.integers(20, 600))}
    if name == "change":
        chosen["origin"] = draw(st.sampled_from(["first", "high", "low"]))
    return Comparison(VariableOperand(name, tuple(chosen.items())), Comparator.LESS, Constant(0.0))


def is_short(comparison: Comparison) -> bool:
    """Windows longer than what is remembered begin with the oldest print that is."""
    windows = [dict(REGISTRY.parameters(one)).get("window", 0) for one in operands(comparison)]
    return all(isinstance(window, str) or window <= 600 for window in windows)


def on_seeded_candles(comparison: Comparison) -> bool:
    return all(one.timeframe in (None, "1m", "3m") for one in operands(comparison))


@pytest.mark.parametrize("names", [MARKET_NAMES, WINDOWED])
@settings(max_examples=50)
@given(seed=st.integers(0, 10_000), data=st.data())
def test_what_is_asked_late_is_told_bit_for_bit(
    names: tuple[str, ...], seed: int, data: st.DataObject
) -> None:
    wanted = random_comparisons(names).filter(is_short).filter(on_seeded_candles)
    comparison = data.draw(wanted if names is MARKET_NAMES else windows())
    rng = random.Random(seed)
    rows = {code: past(code, rng) for code in ("1m", "3m")}
    prints = [Tick(ms, price, 1.0) for ms, price in random_prints(rng, [1.0, 5.0], 60)]
    if data.draw(st.booleans(), label="a gap"):
        prints.insert(20, Tick(prints[19].ms, 0.0, 0.0, Quality.MISSING))
    earliest = len(prints) - 6 if names is WINDOWED else 1
    asked_at = data.draw(st.integers(earliest, len(prints)), label="asked before print")
    told = [values_of(comparison, rows, prints, late) for late in (0, asked_at)]
    assert bits(told[0]) == bits(told[1])


def values_of(
    comparison: Comparison, rows: dict[str, list[CandleRow]], prints: list[Tick], asked_at: int
) -> list[float]:
    """The values at the end, read from before that print on."""
    market = LiveMarket(INDICATORS, remembers=True)
    market.build_candles(rows)
    inputs = Inputs()
    compile_expression(comparison, REGISTRY, inputs)
    write = market.attach(inputs) if asked_at == 0 else None
    for code, candles in rows.items():
        market.seed(code, candles)
    for place, tick in enumerate(prints):
        if write is None and place == asked_at:
            write = market.attach(inputs)
        market.take(tick)
    write = write or market.attach(inputs)
    values = inputs.blank()
    write(values)
    return values


def test_the_newest_closed_candle_is_known_by_its_start() -> None:
    market = LiveMarket(INDICATORS, remembers=True)
    market.build_candles(["1m"])
    assert market.newest_closed("1m") is None
    market.seed("1m", past("1m", random.Random(1)))
    start = START_MS // MINUTE_MS * MINUTE_MS
    newest = market.newest_closed("1m")
    assert newest is not None
    assert newest.start_ms == start - MINUTE_MS
    market.take(Tick(start + 1, 100.0))
    market.take(Tick(start + MINUTE_MS, 101.0))
    closed = market.newest_closed("1m")
    assert closed is not None
    assert (closed.start_ms, closed.close) == (start, 100.0)
