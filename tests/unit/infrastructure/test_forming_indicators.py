"""Indicators on the forming candle: all prints at once, print by print, and by definition."""

import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.expressions import REGISTRY, parameter_values
from tests.indicator_oracles import ORACLES, Market
from upbit_auto_trading.domain.candle_builder import CandleBuilder
from upbit_auto_trading.domain.expression import VariableOperand
from upbit_auto_trading.domain.forming_candles import FormingCandles
from upbit_auto_trading.domain.indicator import CandleRow, IndicatorPort
from upbit_auto_trading.domain.own_indicators import OwnIndicators
from upbit_auto_trading.domain.prepared_candles import PreparedCandles
from upbit_auto_trading.domain.tick import Tick
from upbit_auto_trading.domain.tick_columns import TickColumns
from upbit_auto_trading.domain.timeframe import TIMEFRAMES
from upbit_auto_trading.domain.variable import ParameterKind, Reading
from upbit_auto_trading.infrastructure.indicators import NoIndicatorError, TaLibIndicators

TA_LIB = TaLibIndicators()
PORTS: tuple[IndicatorPort, ...] = (TA_LIB, OwnIndicators(TA_LIB))
BAR_VARIABLES = [variable.id for variable in REGISTRY if variable.has_bars]
DAY_MS = 86_400_000


@st.composite
def readings(draw: st.DrawFn, name: str, code: str) -> Reading:
    """The variable with any parameters, periods short so that few candles warm it up."""
    values: dict[str, float | str] = {}
    for parameter in REGISTRY[name].parameters:
        if parameter.kind is ParameterKind.INTEGER:
            values[parameter.name] = draw(st.integers(int(parameter.minimum), 12))
        else:
            values[parameter.name] = draw(parameter_values(parameter))
    bar = REGISTRY[name].bars[-1]
    return REGISTRY.reading(VariableOperand(name, tuple(values.items()), code, bar))


def walk(seed: int, count: int, code: str, *, without_volume: float = 0.2) -> TickColumns:
    """Prints on a price grid, one or many a candle, a share without volume, with dead times."""
    rng = random.Random(seed)
    step = TIMEFRAMES[code].seconds * 1000
    # Steps that binary numbers hold exactly: where prices repeat, the definition's mean is theirs.
    base, tick = rng.choice([(142_000_000.0, 1000.0), (258.0, 1.0), (2.0**-6, 2.0**-13)])
    dead, whole = rng.choice([0.0, 0.0, 0.5, 0.95]), rng.random() < 0.5
    ms = 20_000 * DAY_MS + (0 if whole else rng.randint(1, DAY_MS))
    pauses = [0, 1, step // 4, step // 4, step // 2, step]
    if rng.random() < 0.2:
        pauses = [step, 2 * step]  # one print a candle
    price, dying = base, False
    rows = []
    for place in range(count):
        dying = rng.random() < dead if place % 12 == 0 else dying
        if not dying:
            price = max(price + rng.randint(-9, 9) * tick, tick * 50)
        rows.append((ms, price, round(rng.random(), 8) if rng.random() >= without_volume else 0.0))
        ms += rng.choice(pauses)
    table = np.array(rows).reshape(-1, 3)
    return TickColumns(
        np.array([row[0] for row in rows], dtype=np.int64),
        np.ascontiguousarray(table[:, 1]),
        np.ascontiguousarray(table[:, 2]),
    )


def forming(ticks: TickColumns, code: str) -> FormingCandles:
    return FormingCandles(ticks, PreparedCandles(ticks, TIMEFRAMES[code]))


def built(ticks: TickColumns, code: str) -> list[tuple[list[CandleRow], CandleRow]]:
    """The closed candles and the forming one after each print."""
    builder, closed, steps = CandleBuilder(TIMEFRAMES[code]), [], []
    for ms, price, volume in zip(ticks.ms, ticks.price, ticks.volume, strict=True):
        candle = builder.take(Tick(int(ms), float(price), float(volume)))
        if candle is not None:
            closed.append(candle)
        newest = builder.forming
        assert newest is not None
        steps.append((closed.copy(), newest))
    return steps


@pytest.mark.parametrize("name", BAR_VARIABLES)
@settings(max_examples=12)
@given(data=st.data(), seed=st.integers(0, 10**6), count=st.integers(0, 150))
def test_all_prints_at_once_give_the_bits_of_one_print_after_the_other(
    name: str, data: st.DataObject, seed: int, count: int
) -> None:
    code = data.draw(st.sampled_from(["1m", "1h", "4h"]))
    wanted, ticks = data.draw(readings(name, code)), walk(seed, count, code)
    steps = built(ticks, code)
    for port in PORTS:
        running, pushed, expected = port.start(wanted), 0, []
        for closed, newest in steps:
            for candle in closed[pushed:]:
                running.push(candle)
            pushed = len(closed)
            expected.append(running.preview(newest))
        found = port.forming(wanted, forming(ticks, code))
        np.testing.assert_array_equal(found, np.array(expected, dtype=float))


@pytest.mark.parametrize("name", BAR_VARIABLES)
@settings(max_examples=8)
@given(data=st.data(), seed=st.integers(0, 10**6))
def test_every_forming_value_equals_its_definition(
    name: str, data: st.DataObject, seed: int
) -> None:
    wanted = data.draw(readings(name, "30m"))
    ticks = walk(seed, 240, "30m")
    found = PORTS[1].forming(wanted, forming(ticks, "30m"))
    steps = built(ticks, "30m")
    # The definitions of differences want a dozen candles; fewer warm nothing up that has one.
    dozen = next(place for place, (closed, _) in enumerate(steps) if len(closed) == 12)
    places = data.draw(st.lists(st.integers(dozen, 239), min_size=2, max_size=2))
    for place in [*places, 239]:
        closed, newest = steps[place]
        line = ORACLES[name](Market([*closed, newest]), dict(wanted.parameters))
        scale = np.nanmax(np.abs(line), initial=1.0)
        np.testing.assert_allclose(found[place], line[-1], rtol=1e-9, atol=1e-9 * scale)


@pytest.mark.parametrize("name", BAR_VARIABLES)
@settings(max_examples=5)
@given(data=st.data(), seed=st.integers(0, 10**6), kept=st.integers(0, 120))
def test_later_prints_never_change_a_forming_value(
    name: str, data: st.DataObject, seed: int, kept: int
) -> None:
    wanted, ticks = data.draw(readings(name, "1h")), walk(seed, 120, "1h")
    whole = PORTS[1].forming(wanted, forming(ticks, "1h"))
    found = PORTS[1].forming(wanted, forming(ticks.until(kept), "1h"))
    np.testing.assert_array_equal(found, whole[:kept])


@pytest.mark.parametrize("name", BAR_VARIABLES)
def test_the_shipped_parameters_are_known_on_the_candle_that_completes_the_warm_up(
    name: str,
) -> None:
    bar = REGISTRY[name].bars[-1]
    wanted = REGISTRY.reading(VariableOperand(name, (), "1m", bar))
    need = REGISTRY.warm_up(VariableOperand(name))
    rng = np.random.default_rng(3)
    count = 4 * (need + 3)
    price = 1000.0 + np.cumsum(rng.normal(0, 3, count))
    ms = 20_000 * DAY_MS + 15_000 * np.arange(count, dtype=np.int64)
    found = PORTS[1].forming(wanted, forming(TickColumns(ms, price, np.ones(count)), "1m"))
    assert np.isnan(found[: 4 * (need - 1)]).all()
    assert not np.isnan(found[4 * need - 1 :]).any()


def test_a_variable_without_candles_has_no_forming_value() -> None:
    unread = Reading("spread_percent", (), None, REGISTRY["rsi"].bars[0])
    candles: Any = forming(walk(1, 3, "1m"), "1m")
    with pytest.raises(NoIndicatorError):
        TA_LIB.forming(unread, candles)
