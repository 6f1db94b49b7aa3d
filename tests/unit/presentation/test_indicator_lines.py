"""Indicator lines carried on candle by candle are the port's own values."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import START_MS, candle
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.candle_series import CandleSeries
from upbit_auto_trading.domain.chart_indicator import IndicatorKinds
from upbit_auto_trading.domain.timeframe import parse_timeframe
from upbit_auto_trading.domain.variable import Reading
from upbit_auto_trading.infrastructure.indicators import TaLibIndicators
from upbit_auto_trading.presentation.viewmodels.indicator_lines import IndicatorLines

MINUTE_MS = 60_000
KINDS = IndicatorKinds(shipped_variables())
PORT = TaLibIndicators()
WITH_CANDLES = [kind.id for kind in KINDS if kind.needs_candles]
changes = st.lists(
    st.tuples(
        st.integers(min_value=-3, max_value=90),
        st.integers(min_value=1, max_value=40),
        st.booleans(),
    ),
    max_size=150,
)


def readings_of(*kinds: str) -> list[Reading]:
    return [reading for kind in kinds for reading in KINDS.readings(KINDS.usual(kind))]


@given(changes, st.lists(st.sampled_from(WITH_CANDLES), min_size=1, max_size=4, unique=True))
def test_lines_carried_on_equal_lines_computed_anew(
    steps: list[tuple[int, int, bool]], kinds: list[str]
) -> None:
    series = CandleSeries("KRW-BTC", parse_timeframe("1m"))
    readings = readings_of(*kinds)
    lines = IndicatorLines(PORT, readings)
    for slot, price, is_looked_at in steps:
        series.apply(candle(start_ms=START_MS + slot * MINUTE_MS, close=float(price)))
        if is_looked_at:
            lines.update(series)
    lines.update(series)
    for reading, values in zip(readings, lines.values, strict=True):
        np.testing.assert_array_equal(values, PORT.series(reading, series.columns))


def walk(length: int) -> CandleSeries:
    series = CandleSeries("KRW-BTC", parse_timeframe("1m"))
    series.merge(
        candle(start_ms=START_MS + n * MINUTE_MS, close=100.0 + n % 7) for n in range(length)
    )
    return series


def test_another_series_starts_afresh() -> None:
    lines = IndicatorLines(PORT, readings_of("sma", "rsi"))
    for length in (40, 3):
        lines.update(walk(length))
        assert [len(values) for values in lines.values] == [length, length]
    assert np.isnan(lines.values).all()


def test_a_line_that_is_added_has_its_values_at_once_and_the_others_keep_theirs() -> None:
    series, lines = walk(60), IndicatorLines(PORT, readings_of("sma"))
    lines.update(series)
    revision = lines.revision
    lines.show(readings_of("rsi", "sma"))
    assert lines.revision != revision
    rsi, average = lines.values
    np.testing.assert_array_equal(rsi, PORT.series(readings_of("rsi")[0], series.columns))
    np.testing.assert_array_equal(average, PORT.series(readings_of("sma")[0], series.columns))
    series.apply(candle(start_ms=START_MS + 60 * MINUTE_MS, close=250.0))
    lines.update(series)
    assert lines.values[1][-1] == PORT.series(readings_of("sma")[0], series.columns)[-1]


def test_lines_shown_before_any_candle_are_computed_with_the_first() -> None:
    lines = IndicatorLines(PORT)
    lines.update(walk(0))
    lines.show(readings_of("sma"))
    lines.update(walk(30))
    assert np.isfinite(lines.values[0][-1])
