"""Where the chart puts things: slots, zoom and drag, round labels."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import START_MS
from upbit_auto_trading.domain.timeframe import TIMEFRAMES, parse_timeframe
from upbit_auto_trading.presentation.widgets.chart_marks import body_width
from upbit_auto_trading.presentation.widgets.chart_scene import slot_of, slots_at, start_ms_of
from upbit_auto_trading.presentation.widgets.chart_ticks import log_ticks, time_ticks, value_ticks
from upbit_auto_trading.presentation.widgets.chart_viewport import (
    ChartLayout,
    ChartViewport,
    ValueScale,
    slots_of,
)

MINUTE = parse_timeframe("1m")


def viewport(candles: int = 1000, width: int = 700) -> ChartViewport:
    shown = ChartViewport()
    shown.set_width(width)
    shown.set_data_range(0, candles - 1)
    shown.reset()
    return shown


def test_slots_count_time_so_that_a_minute_without_trades_has_its_place() -> None:
    starts = np.array([START_MS, START_MS + 60_000, START_MS + 240_000])
    assert np.diff(slots_of(starts, MINUTE)).tolist() == [1, 3]


@pytest.mark.parametrize("code", list(TIMEFRAMES))
def test_neighbouring_candles_of_every_timeframe_have_neighbouring_slots(code: str) -> None:
    timeframe = parse_timeframe(code)
    starts = [timeframe.start_of_ms(START_MS)]
    while len(starts) < 5:
        starts.append(timeframe.next_start_ms(starts[-1]))
    assert np.diff(slots_of(np.array(starts), timeframe)).tolist() == [1, 1, 1, 1]


def test_a_new_chart_follows_the_newest_candle() -> None:
    shown = viewport()
    assert shown.follows
    assert 0 < shown.x_of(999) < 700
    before = shown.x_of(999)
    shown.set_data_range(0, 1000)
    assert shown.x_of(1000) == before


def test_dragging_back_lets_go_and_returning_follows_again() -> None:
    shown = viewport()
    shown.pan(300)
    assert not shown.follows
    before = shown.x_of(500)
    shown.set_data_range(0, 1000)
    assert shown.x_of(500) == before
    shown.return_to_newest()
    assert shown.follows
    assert shown.x_of(1000) < 700


def test_dragging_forward_to_the_newest_follows_again() -> None:
    shown = viewport()
    shown.pan(300)
    shown.pan(-400)
    assert shown.follows


@given(
    x=st.floats(min_value=0, max_value=700),
    factors=st.lists(st.floats(min_value=0.5, max_value=2.0), min_size=1, max_size=6),
)
def test_zooming_keeps_what_is_under_the_pointer(x: float, factors: list[float]) -> None:
    shown = viewport(candles=100_000)
    shown.pan(50_000)
    for factor in factors:
        at = shown.slot_at(x)
        shown.zoom(factor, x)
        assert shown.slot_at(x) == pytest.approx(at, abs=1e-6)


@given(st.lists(st.tuples(st.booleans(), st.floats(-5000, 5000), st.floats(0, 700)), max_size=30))
def test_candles_never_get_out_of_sight(moves: list[tuple[bool, float, float]]) -> None:
    shown = viewport(candles=300)
    for is_zoom, amount, x in moves:
        if is_zoom:
            shown.zoom(2 ** (amount / 1000), x)
        else:
            shown.pan(amount)
        assert shown.right > shown.first_slot
        assert shown.left < shown.last_slot + 1


@given(st.floats(0.01, 64.0))
def test_bodies_have_odd_widths_and_fit_their_slots(slot_width: float) -> None:
    width = body_width(slot_width)
    assert width % 2 == 1
    assert width <= max(1.0, slot_width)


@given(st.floats(1e-6, 1e9), st.floats(0.0001, 1.0), st.integers(2, 12))
def test_value_labels_are_round_even_and_inside(low: float, share: float, wanted: int) -> None:
    high = low * (1 + share)
    ticks = value_ticks(low, high, wanted)
    assert all(low * 0.999999 <= tick <= high * 1.000001 for tick in ticks)
    assert 1 <= len(ticks) <= 2 * wanted + 1 or wanted < 3
    steps = [b - a for a, b in itertools.pairwise(ticks)]
    assert all(step == pytest.approx(steps[0], rel=1e-3) for step in steps)


def test_no_labels_where_there_is_no_range() -> None:
    assert value_ticks(5.0, 5.0, 4) == []
    assert value_ticks(float("nan"), 5.0, 4) == []


def test_time_labels_are_round_in_korean_time_and_mark_new_days() -> None:
    # 2026-08-26 17:08 KST, twelve hours on
    ticks = time_ticks(START_MS, START_MS + 12 * 3_600_000, MINUTE, 1100, 84)
    assert [tick.text for tick in ticks] == [
        "18:00", "19:00", "20:00", "21:00", "22:00", "23:00", "08/27",
        "01:00", "02:00", "03:00", "04:00", "05:00",
    ]  # fmt: skip
    assert [tick.text for tick in ticks if tick.is_major] == ["08/27"]


@pytest.mark.parametrize("code", list(TIMEFRAMES))
@pytest.mark.parametrize("candles", [20, 300, 5000])
def test_time_labels_keep_their_distance(code: str, candles: int) -> None:
    timeframe = parse_timeframe(code)
    span_ms = min(candles * timeframe.seconds * 1000, 40 * 365 * 86_400_000)
    ticks = time_ticks(START_MS, START_MS + span_ms, timeframe, 1000, 84)
    gaps = [(b.start_ms - a.start_ms) / span_ms * 1000 for a, b in itertools.pairwise(ticks)]
    assert all(gap >= 76 for gap in gaps)  # months differ in length


def test_values_and_rows_are_each_others_inverse() -> None:
    scale = ValueScale(100.0, 300.0, top=50.0, bottom=450.0)
    assert scale.y_of(100.0) == 450.0
    assert scale.y_of(300.0) == 50.0
    assert scale.value_at(scale.y_of(123.4)) == pytest.approx(123.4)
    np.testing.assert_allclose(scale.rows_of(np.array([100.0, 200.0])), [450.0, 250.0])


@pytest.mark.parametrize(("width", "height"), [(1300, 800), (812, 560), (320, 220)])
def test_the_panes_divide_the_whole_chart(width: int, height: int) -> None:
    panes = ChartLayout.of(width, height)
    stacked = (panes.price, panes.volume, *panes.subplots, panes.time_axis)
    assert sum(pane.height() for pane in stacked) == height
    assert all(a.bottom() + 1 == b.top() for a, b in itertools.pairwise(stacked))
    assert panes.plot_width + panes.price_axis.width() == width


@given(
    low=st.floats(1, 10_000),
    span=st.floats(0.5, 5000),
    wanted=st.integers(1, 12),
    least_step=st.sampled_from([0.001, 0.1, 1.0]),
)
def test_labels_stand_on_prices_the_market_can_have(
    low: float, span: float, wanted: int, least_step: float
) -> None:
    for tick in value_ticks(low, low + span, wanted, least_step):
        assert abs(tick / least_step - round(tick / least_step)) < 1e-6


@pytest.mark.parametrize(("candles", "width"), [(1000, 6.0), (30, 14.0), (3, 24.0)])
def test_a_short_history_is_shown_with_wider_candles(candles: int, width: float) -> None:
    assert viewport(candles).slot_width == pytest.approx(width)


def test_a_stretch_of_slots_can_be_shown_and_a_slot_brought_to_the_middle() -> None:
    shown = viewport()
    shown.show_range(200, 400)
    assert shown.left <= 200
    assert shown.right >= 401
    assert shown.slot_width > 3
    shown.centre_on(100)
    assert shown.x_of(100) == pytest.approx(350, abs=1)
    assert not shown.follows


@pytest.mark.parametrize("code", list(TIMEFRAMES))
def test_a_slot_starts_where_its_candle_does(code: str) -> None:
    timeframe = parse_timeframe(code)
    start = timeframe.start_of_ms(START_MS)
    for _ in range(30):
        slot = slot_of(start + 1, timeframe)
        assert start_ms_of(slot, timeframe) == start
        start = timeframe.next_start_ms(start)


@given(st.floats(1e-3, 1e9), st.floats(1.01, 1e4), st.floats(0, 1))
def test_a_logarithmic_scale_gives_back_what_it_took(low: float, ratio: float, at: float) -> None:
    scale = ValueScale(low, low * ratio, top=50.0, bottom=450.0, is_log=True)
    value = low * ratio**at
    assert scale.value_at(scale.y_of(value)) == pytest.approx(value, rel=1e-6)
    assert scale.rows_of(np.array([value]))[0] == pytest.approx(scale.y_of(value), abs=1e-6)


@given(st.floats(1e-3, 1e9), st.floats(1.01, 1e6), st.integers(2, 12))
def test_labels_of_a_logarithmic_scale_are_inside_and_not_too_many(
    low: float, ratio: float, wanted: int
) -> None:
    ticks = log_ticks(low, low * ratio, wanted)
    assert all(low * 0.999999 <= tick <= low * ratio * 1.000001 for tick in ticks)
    assert len(ticks) <= 2 * wanted + 1
    assert ticks == sorted(set(ticks))


def test_a_lone_subplot_without_volume_bars_is_high_enough_to_drag_a_level() -> None:
    beside_volume = ChartLayout.of(1200, 270)
    alone = ChartLayout.of(1200, 270, has_volume=False)
    assert alone.subplots[0].height() > 1.4 * beside_volume.subplots[0].height()
    assert alone.price.height() > 2 * alone.subplots[0].height()
    assert ChartLayout.of(1200, 900, has_volume=False).subplots[0].height() <= 150


def test_many_moments_lie_in_the_slots_that_each_alone_does() -> None:
    moments = [1_750_000_000_000 + 7_777_777_777 * n for n in range(40)]
    for timeframe in TIMEFRAMES.values():
        alone = [slot_of(ms, timeframe) for ms in moments]
        assert slots_at(moments, timeframe).tolist() == alone
