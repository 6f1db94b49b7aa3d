import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import START_MS, candle
from upbit_auto_trading.domain.candle_series import CandleSeries
from upbit_auto_trading.domain.rsi import simple_moving_average, wilder_rsi
from upbit_auto_trading.domain.timeframe import parse_timeframe
from upbit_auto_trading.presentation.viewmodels.indicator_lines import (
    AVERAGE_PERIOD,
    RSI_PERIOD,
    IndicatorLines,
)

MINUTE_MS = 60_000
changes = st.lists(
    st.tuples(
        st.integers(min_value=-3, max_value=90),
        st.integers(min_value=1, max_value=40),
        st.booleans(),
    ),
    max_size=150,
)


@given(changes)
def test_lines_carried_on_equal_lines_computed_anew(
    steps: list[tuple[int, int, bool]],
) -> None:
    series = CandleSeries("KRW-BTC", parse_timeframe("1m"))
    lines = IndicatorLines()
    for slot, price, is_looked_at in steps:
        series.apply(candle(start_ms=START_MS + slot * MINUTE_MS, close=float(price)))
        if is_looked_at:
            lines.update(series)
    lines.update(series)
    closes = series.columns.close
    np.testing.assert_array_equal(lines.rsi, wilder_rsi(closes, RSI_PERIOD))
    np.testing.assert_allclose(
        lines.average, simple_moving_average(closes, AVERAGE_PERIOD), rtol=1e-12
    )


def test_another_series_starts_afresh() -> None:
    lines = IndicatorLines()
    for length in (40, 3):
        series = CandleSeries("KRW-BTC", parse_timeframe("1m"))
        series.merge(
            candle(start_ms=START_MS + n * MINUTE_MS, close=100.0 + n % 7) for n in range(length)
        )
        lines.update(series)
        assert len(lines.rsi) == len(lines.average) == length
    assert np.isnan(lines.rsi).all()
