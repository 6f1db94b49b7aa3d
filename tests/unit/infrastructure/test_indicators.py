from math import isnan
from typing import Any

import numpy as np
import pytest
import talib
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.expressions import REGISTRY, parameter_values
from tests.indicator_oracles import ORACLES, Market
from upbit_auto_trading.domain.candle_series import CandleColumns
from upbit_auto_trading.domain.expression import VariableOperand
from upbit_auto_trading.domain.indicator import CandleRow
from upbit_auto_trading.domain.variable import Anchor, ParameterKind, Reading
from upbit_auto_trading.infrastructure.indicators import NoIndicatorError, TaLibIndicators

INDICATORS = TaLibIndicators()
BAR_VARIABLES = [variable.id for variable in REGISTRY if variable.has_bars]
DAY = 1_750_032_000_000
DAY -= DAY % 86_400_000


def market(
    seed: int,
    count: int,
    *,
    base: float = 142_000_000.0,
    tick: float = 1000.0,
    flat: float = 0.0,
    minutes: int = 1,
    late: int = 0,
) -> Market:
    """A random market on its tick grid; a share of `flat` candles doesn't move.

    It begins at a day's start or `late` candles after it.
    """
    rng = np.random.default_rng(seed)
    candles = []
    close = base
    for place in range(count):
        start = close
        moves = rng.normal(0, 12, 4).round() * tick if rng.random() >= flat else np.zeros(4)
        prices = np.maximum(start + np.cumsum(moves), tick * 50)
        close = float(prices[-1])
        volume = round(float(rng.random()), 8) + 1e-8
        high, low = max(start, *prices.tolist()), min(start, *prices.tolist())
        start_ms = DAY + (late + place) * minutes * 60_000
        candles.append(CandleRow(start_ms, start, high, low, close, volume, volume * close))
    return Market(candles)


def columns(m: Market, count: int | None = None) -> CandleColumns:
    rows = m.candles if count is None else m.candles[:count]
    fields = ("open", "high", "low", "close", "volume", "turnover")
    return CandleColumns(
        np.array([c.start_ms for c in rows], dtype=np.int64),
        *(np.array([getattr(c, name) for c in rows], dtype=np.float64) for name in fields),
    )


def reading(name: str, **parameters: Any) -> Reading:
    bar = REGISTRY[name].bars[0]
    return REGISTRY.reading(VariableOperand(name, tuple(parameters.items()), "1m", bar))


@st.composite
def readings(draw: st.DrawFn) -> Reading:
    """Any candle variable, its periods kept short so that small markets warm it up."""
    name = draw(st.sampled_from(BAR_VARIABLES))
    values: dict[str, float | str] = {}
    for parameter in REGISTRY[name].parameters:
        if parameter.kind is ParameterKind.INTEGER:
            values[parameter.name] = draw(st.integers(int(parameter.minimum), 12))
        else:
            values[parameter.name] = draw(parameter_values(parameter))
    return reading(name, **values)


@st.composite
def markets(draw: st.DrawFn) -> Market:
    base, tick = draw(st.sampled_from([(142_000_000.0, 1000.0), (258.0, 1.0), (0.02, 0.0001)]))
    flat = draw(st.sampled_from([0.0, 0.0, 0.5, 0.95]))
    seed, count = draw(st.integers(0, 10**6)), draw(st.integers(0, 70))
    minutes = draw(st.sampled_from([1, 60, 240]))
    late = draw(st.integers(0, 3))
    return market(seed, count, base=base, tick=tick, flat=flat, minutes=minutes, late=late)


def test_every_candle_variable_and_no_other_is_computed() -> None:
    for variable in REGISTRY:
        if variable.has_bars:
            assert len(INDICATORS.series(reading(variable.id), columns(market(1, 3)))) == 3
            assert isinstance(
                INDICATORS.start(reading(variable.id)).push(market(1, 1).candles[0]), float
            )
        else:
            unread = Reading(variable.id, (), None, reading("rsi").bar)
            with pytest.raises(NoIndicatorError):
                INDICATORS.series(unread, columns(market(1, 3)))


@pytest.mark.parametrize("name", BAR_VARIABLES)
def test_the_first_known_value_comes_when_the_warm_up_is_over(name: str) -> None:
    values = INDICATORS.series(reading(name), columns(market(7, 200)))
    need = REGISTRY.warm_up(VariableOperand(name))
    assert np.isnan(values[: need - 1]).all()
    assert not np.isnan(values[need - 1 :]).any()


@settings(max_examples=300)
@given(readings(), markets())
def test_running_and_batch_give_the_same_bits_and_preview_changes_nothing(
    wanted: Reading, m: Market
) -> None:
    batch = INDICATORS.series(wanted, columns(m))
    running = INDICATORS.start(wanted)
    pushed = []
    for candle in m.candles:
        other = CandleRow(candle.start_ms, *(candle.open,) * 4, candle.volume)
        running.preview(other)
        previewed = running.preview(candle)
        pushed.append(running.push(candle))
        assert previewed == pushed[-1] or (isnan(previewed) and isnan(pushed[-1]))
    np.testing.assert_array_equal(np.array(pushed, dtype=float), batch)


@settings(max_examples=200)
@given(readings(), markets(), st.data())
def test_later_candles_never_change_earlier_values(
    wanted: Reading, m: Market, data: st.DataObject
) -> None:
    count = data.draw(st.integers(0, len(m)))
    whole = INDICATORS.series(wanted, columns(m))
    np.testing.assert_array_equal(INDICATORS.series(wanted, columns(m, count)), whole[:count])


@settings(max_examples=400)
@given(readings(), st.integers(0, 10**6), st.sampled_from([1, 30]), st.integers(0, 3))
def test_every_indicator_equals_its_definition(
    wanted: Reading, seed: int, minutes: int, late: int
) -> None:
    m = market(seed, 70, minutes=minutes, late=late)
    expected = np.array(ORACLES[wanted.variable](m, dict(wanted.parameters)))
    found = INDICATORS.series(wanted, columns(m))
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    scale = np.nanmax(np.abs(expected), initial=1.0)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9 * scale)


def test_rsi_equals_ta_lib_where_the_market_moves() -> None:
    m = market(3, 500)
    found = INDICATORS.series(reading("rsi"), columns(m))
    np.testing.assert_allclose(found, talib.RSI(columns(m).close, 14), rtol=1e-9, atol=1e-9)


def test_the_stochastic_equals_ta_lib_s() -> None:
    c = columns(market(4, 300))
    slow_k, slow_d = talib.STOCH(c.high, c.low, c.close, 14, 3, slowd_period=3)
    found = INDICATORS.series(reading("stochastic_d"), c)
    np.testing.assert_allclose(found, slow_d, rtol=1e-9, atol=1e-9)
    k = INDICATORS.series(reading("stochastic_k"), c)
    np.testing.assert_allclose(k[17:], slow_k[17:], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    "name",
    [
        "rsi",
        "rsi_average",
        "stochastic_k",
        "stochastic_d",
        "stoch_rsi_k",
        "stoch_rsi_d",
        "cci",
        "williams_r",
        "bollinger_percent_b",
        "mfi",
    ],
)
def test_a_dead_market_is_unknown_not_oversold(name: str) -> None:
    dead = columns(market(1, 120, flat=1.0))
    assert np.isnan(INDICATORS.series(reading(name), dead)).all()


@pytest.mark.parametrize(
    "name", ["cci", "williams_r", "bollinger_percent_b", "mfi", "stoch_rsi_k", "stochastic_k"]
)
def test_a_market_that_dies_becomes_unknown_and_knows_again_when_it_moves(name: str) -> None:
    alive = market(5, 60).candles
    last = alive[-1].close
    dead = [CandleRow(0, last, last, last, last, 1.0) for _ in range(30)]
    moved = [
        CandleRow(0, last, last + rise + 5000, last, last + rise, 1.0)
        for rise in (3000, 4000, 2000)
    ]
    values = INDICATORS.series(reading(name), columns(Market([*alive, *dead, *moved])))
    assert not isnan(values[59])
    assert isnan(values[89])
    smoothed = 2 if name.startswith("stoch") else 0
    assert isnan(values[90]) is bool(smoothed)
    assert not isnan(values[90 + smoothed])


def test_money_flow_is_unknown_while_prices_move_without_a_single_trade() -> None:
    alive = market(5, 60).candles
    start = alive[-1].close
    untraded = [CandleRow(0, *(start + step * 1000,) * 4, 0.0) for step in range(1, 31)]
    traded = CandleRow(0, *(start + 40_000,) * 4, 1.0)
    known = 60 + 13
    whole = Market([*alive, *untraded, traded])
    wanted = reading("mfi", period=14)
    batch, running = INDICATORS.series(wanted, columns(whole)), INDICATORS.start(wanted)
    pushed = [running.push(candle) for candle in whole.candles]
    for values in (batch, pushed, ORACLES["mfi"](whole, {"period": 14})):
        assert not isnan(values[known - 1])
        assert np.isnan(values[known:-1]).all()
        assert values[-1] == 100.0
    after = INDICATORS.after(wanted, columns(whole, 80))
    assert isnan(after.preview(whole.candles[80]))
    assert after.preview(traded) == 100.0


def test_money_flow_does_not_depend_on_the_currency() -> None:
    dear, tiny = market(6, 100), 2.0**-40
    cheap = Market(
        [
            CandleRow(
                c.start_ms, c.open * tiny, c.high * tiny, c.low * tiny, c.close * tiny, c.volume
            )
            for c in dear.candles
        ]
    )
    found = INDICATORS.series(reading("mfi"), columns(cheap))
    np.testing.assert_array_equal(found, INDICATORS.series(reading("mfi"), columns(dear)))


def test_the_day_s_average_is_unknown_until_a_day_was_seen_from_its_start() -> None:
    candle = CandleRow(0, 10.0, 12.0, 9.0, 9.0, 2.0)
    late = CandleRow(DAY + 23 * 3_600_000, 10.0, 12.0, 9.0, 9.0, 2.0)
    next_day = CandleRow(DAY + 86_400_000 + 60_000, 20.0, 20.0, 20.0, 20.0, 1.0)
    running = INDICATORS.start(reading("vwap"))
    assert isnan(running.push(late))
    assert running.push(next_day) == 20.0
    assert INDICATORS.start(reading("vwap")).push(candle) == 10.0


def test_an_anchor_of_the_run_remembers_its_first_candle() -> None:
    for variable in REGISTRY:
        if variable.anchor is Anchor.WINDOW:
            operand = VariableOperand(variable.id)
            need = REGISTRY.warm_up(operand)
            m = market(9, need + 40)
            whole = INDICATORS.series(reading(variable.id), columns(m))[-1]
            tail = Market(m.candles[-need:])
            assert INDICATORS.series(reading(variable.id), columns(tail))[-1] == pytest.approx(
                whole, rel=1e-9
            ), variable.id


def test_no_candles_give_no_values() -> None:
    for name in BAR_VARIABLES:
        assert len(INDICATORS.series(reading(name), columns(Market([])))) == 0


@settings(max_examples=200)
@given(readings(), markets(), st.integers(0, 70))
def test_an_indicator_after_candles_goes_on_as_one_that_took_them_in_one_by_one(
    wanted: Reading, m: Market, taken: int
) -> None:
    pushed = INDICATORS.start(wanted)
    for candle in m.candles[:taken]:
        pushed.push(candle)
    begun = INDICATORS.after(wanted, columns(m, taken))
    for candle in m.candles[taken:]:
        other = CandleRow(candle.start_ms, *(candle.open,) * 4, candle.volume)
        np.testing.assert_array_equal(begun.preview(other), pushed.preview(other))
        np.testing.assert_array_equal(begun.push(candle), pushed.push(candle))
