"""What is prepared at once against what is built print by print: the same numbers, bit for bit."""

import math
import random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.engine_runs import columns_of
from tests.expressions import REGISTRY, expressions
from tests.market_walks import random_prints
from upbit_auto_trading.domain.candle_builder import CandleBuilder
from upbit_auto_trading.domain.candle_series import CandleColumns
from upbit_auto_trading.domain.evaluation import Inputs, compile_expression
from upbit_auto_trading.domain.forming_candles import FormingCandles
from upbit_auto_trading.domain.indicator import CandleRow
from upbit_auto_trading.domain.plan_masks import true_mask
from upbit_auto_trading.domain.prepared_candles import PreparedCandles
from upbit_auto_trading.domain.price_window import PriceWindow
from upbit_auto_trading.domain.tick import Tick
from upbit_auto_trading.domain.tick_columns import TickColumns, ticks_of_candles
from upbit_auto_trading.domain.timeframe import TIMEFRAMES
from upbit_auto_trading.domain.truth import Truth
from upbit_auto_trading.domain.window_columns import window_column

prints = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 500, 1000, 15_000, 59_999, 60_000, 60_001, 500_000]),
        st.integers(1, 9),
    ),
    max_size=120,
).map(
    lambda steps: [
        (1_750_000_000_000 + sum(pause for pause, _ in steps[: place + 1]), float(price))
        for place, (_, price) in enumerate(steps)
    ]
)


@given(prints=prints, length_ms=st.sampled_from([1, 1000, 60_000, 3_600_000]))
def test_moving_windows_equal_the_ones_moved_print_by_print(
    prints: list[tuple[int, float]], length_ms: int
) -> None:
    ticks = columns_of(prints)
    columns = {edge: window_column(ticks, length_ms, edge) for edge in ("high", "low", "first")}
    window = PriceWindow(length_ms)
    readers = {edge: window.reader(edge) for edge in columns}
    for place, (ms, price) in enumerate(prints):
        window.take(ms, price)
        inside = [p for t, p in prints[: place + 1] if t >= ms - length_ms]
        expected = {"high": max(inside), "low": min(inside), "first": inside[0]}
        assert {edge: read() for edge, read in readers.items()} == expected
        assert {edge: column[place] for edge, column in columns.items()} == expected


def row_of(candles: CandleColumns | FormingCandles, place: int) -> CandleRow:
    fields = ("open", "high", "low", "close", "volume", "turnover")
    values = [float(getattr(candles, name)[place]) for name in fields]
    return CandleRow(int(candles.start_ms[place]), *values)


@given(seed=st.integers(0, 10**6), code=st.sampled_from(["1s", "1m", "3m", "1h", "1d", "1w", "1M"]))
def test_candles_of_a_run_equal_the_ones_built_print_by_print(seed: int, code: str) -> None:
    rng = random.Random(seed)
    table = sorted(random_prints(rng, [1.0], 200), key=lambda row: row[0])
    traded = [round(rng.uniform(0, 3), 8) for _ in table]
    ticks = TickColumns(
        np.array([ms for ms, _ in table], dtype=np.int64),
        np.array([price for _, price in table]),
        np.array(traded),
    )
    prepared = PreparedCandles(ticks, TIMEFRAMES[code])
    forming = FormingCandles(ticks, prepared)
    builder = CandleBuilder(TIMEFRAMES[code])
    closed: list[CandleRow] = []
    for place, ((ms, price), volume) in enumerate(zip(table, traded, strict=True)):
        candle = builder.take(Tick(ms, price, volume))
        if candle is not None:
            closed.append(candle)
        assert prepared.candle_at(place) == len(closed) == prepared.ordinals[place]
        assert row_of(forming, place) == builder.forming
    assert [row_of(prepared.columns, n) for n in range(len(closed))] == closed


def test_a_candle_becomes_four_prints_low_first_unless_it_fell() -> None:
    nothing = np.zeros(3)
    candles = CandleColumns(
        np.array([0, 60_000, 120_000], dtype=np.int64),
        np.array([10.0, 10.0, 10.0]),
        np.array([12.0, 12.0, 12.0]),
        np.array([8.0, 8.0, 8.0]),
        np.array([11.0, 10.0, 9.0]),
        np.array([5.0, 6.0, 7.0]),
        nothing,
    )
    ticks = ticks_of_candles(candles, 60_000)
    assert ticks.ms.tolist() == [15_000 * n for n in range(12)]
    assert ticks.price.reshape(3, 4).tolist() == [
        [10.0, 8.0, 12.0, 11.0],
        [10.0, 8.0, 12.0, 10.0],
        [10.0, 12.0, 8.0, 9.0],
    ]
    assert ticks.volume.reshape(3, 4)[:, 3].tolist() == [5.0, 6.0, 7.0]


numbers = st.one_of(
    st.just(float("nan")), st.sampled_from([0.0, 1.0, -1.0, 5.0, 100.0]), st.floats(-1e9, 1e9)
)


@given(expression=expressions(), data=st.data())
def test_a_plan_on_columns_is_true_exactly_where_it_is_true_tick_by_tick(
    expression: object, data: st.DataObject
) -> None:
    inputs = Inputs()
    plan = compile_expression(expression, REGISTRY, inputs)  # type: ignore[arg-type]
    count = 6
    rows = [data.draw(st.lists(numbers, min_size=count, max_size=count)) for _ in inputs.wanted]
    columns: list[object] = list(inputs.blank())
    for row, slot in zip(rows, inputs.wanted.values(), strict=True):
        columns[slot] = np.array(row)
    mask = np.broadcast_to(true_mask(plan, columns), (count,))
    for place in range(count):
        values = inputs.blank()
        for row, slot in zip(rows, inputs.wanted.values(), strict=True):
            values[slot] = row[place]
        assert bool(mask[place]) is (plan.test(values) is Truth.TRUE)
    assert all(math.isnan(v) for s, v in enumerate(inputs.blank()) if s in inputs.wanted.values())
