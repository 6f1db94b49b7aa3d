"""The chart's own copy follows its series through every kind of change."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import START_MS, candle
from upbit_auto_trading.domain.candle_series import CandleSeries
from upbit_auto_trading.domain.timeframe import parse_timeframe
from upbit_auto_trading.presentation.widgets.chart_data import ChartData

MINUTE = parse_timeframe("1m")


def series_of(*slots: int) -> CandleSeries:
    series = CandleSeries("KRW-BTC", MINUTE)
    series.merge(candle(start_ms=START_MS + slot * 60_000, close=100.0 + slot) for slot in slots)
    return series


def shown(series: CandleSeries, data: ChartData) -> ChartData:
    line = np.arange(len(series), dtype=np.float64)
    data.update(series, [line, line])
    return data


@given(
    st.lists(
        st.tuples(st.lists(st.integers(-60, 60), max_size=5), st.integers(1, 99), st.booleans()),
        max_size=25,
    )
)
def test_the_copy_equals_the_series(steps: list[tuple[list[int], int, bool]]) -> None:
    series, data = series_of(0), ChartData()
    for slots, price, is_page in steps:
        candles = [candle(start_ms=START_MS + s * 60_000, close=float(price)) for s in slots]
        if is_page:
            series.merge(candles)
        else:
            for one in candles:
                series.apply(one)
        shown(series, data)
        assert (
            data.last_slot - data.first_slot
            == (series.columns.start_ms[-1] - series.columns.start_ms[0]) // 60_000
        )
    shown(series, data)
    everything = data.between(data.first_slot - 1, data.last_slot + 1)
    np.testing.assert_array_equal(everything.close, series.columns.close[:-1])
    np.testing.assert_array_equal(everything.high, series.columns.high[:-1])
    assert data.last().close[0] == series.columns.close[-1]


def test_a_tick_leaves_everything_settled() -> None:
    series, data = series_of(0, 1, 2), ChartData()
    before = shown(series, data).settled
    series.apply(candle(start_ms=START_MS + 2 * 60_000, close=555.0))
    assert shown(series, data).settled == before
    assert data.last().close[0] == 555.0


def test_a_new_candle_or_changed_history_settles_anew() -> None:
    series, data = series_of(0, 1, 2), ChartData()
    first = shown(series, data).settled
    series.apply(candle(start_ms=START_MS + 3 * 60_000))
    second = shown(series, data).settled
    series.apply(candle(start_ms=START_MS, close=1.0))
    assert first < second < shown(series, data).settled


def test_a_slot_without_trades_has_no_candle_but_a_price() -> None:
    series, data = series_of(0, 1, 4), ChartData()
    shown(series, data)
    idle = data.first_slot + 2
    assert data.at(idle) is None
    assert data.close_before(idle) == 101.0
    assert data.close_before(data.first_slot) is None
    found = data.at(idle + 2)
    assert found is not None
    assert found.close[0] == 104.0


def test_only_what_is_visible_is_handed_out() -> None:
    series, data = series_of(*range(5000)), ChartData()
    shown(series, data)
    start = data.first_slot + 1000
    part = data.between(start, start + 50)
    assert 50 <= len(part) <= 56


def test_a_line_of_another_length_is_refused() -> None:
    series = series_of(0, 1, 2)
    with pytest.raises(ValueError, match=r"3 candles, but lines of \[2, 3\]"):
        ChartData().update(series, [np.zeros(2), np.zeros(3)])
