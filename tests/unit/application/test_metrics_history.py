"""Bins of seconds, tens of seconds and ten minutes: nothing lost, nothing invented."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from upbit_auto_trading.application.metrics_history import (
    DAY,
    MINUTE,
    TEN_MINUTES,
    Bin,
    MetricsHistory,
    bucket_of,
    percentile,
)

START = 1_800_000_000.0


def second(
    received: float = 0.0, latency: dict[float, int] | None = None, **greatest: float
) -> Bin:
    measured = Bin()
    measured.sums["received"] = received
    measured.counts["latency_ms"] = Counter(latency or {})
    measured.greatest |= greatest
    return measured


def test_a_second_stands_in_its_own_bin_and_others_stay_empty() -> None:
    history = MetricsHistory()
    history.add(START, second(3.0))
    history.add(START + 2, second(5.0))
    series = history.bands[MINUTE].series("received", START + 2)
    assert series[-3:] == [3.0, None, 5.0]
    assert series[:-3] == [None] * 57


def test_longer_bins_add_up_what_was_counted_and_keep_the_greatest() -> None:
    history = MetricsHistory()
    for n in range(20):
        history.add(START + n, second(1.0, {8.0: 1}, oldest_s=float(n)))
    assert history.bands[TEN_MINUTES].series("received", START + 19)[-2:] == [10.0, 10.0]
    assert history.bands[TEN_MINUTES].series("oldest_s", START + 19)[-2:] == [9.0, 19.0]
    assert history.bands[DAY].total(["received"], START + 19) == {"received": 20.0}


def test_percentiles_of_a_bin_are_those_of_everything_counted_in_it() -> None:
    history = MetricsHistory()
    history.add(START, second(latency={10.0: 99}))
    history.add(START + 1, second(latency={500.0: 1}))
    band = history.bands[TEN_MINUTES]
    assert band.series("latency_ms.p50", START + 1)[-1] == 10.0
    assert band.series("latency_ms.p99", START + 1)[-1] == 10.0
    history.add(START + 2, second(latency={500.0: 1}))
    assert band.series("latency_ms.p99", START + 2)[-1] == 500.0


def test_what_is_older_than_the_band_falls_out_of_it() -> None:
    history = MetricsHistory()
    history.add(START, second(7.0))
    history.add(START + 60, second(1.0))
    assert history.bands[MINUTE].series("received", START + 60) == [None] * 59 + [1.0]
    assert history.bands[TEN_MINUTES].total(["received"], START + 60) == {"received": 8.0}


def test_after_a_sleep_the_hours_without_measurement_are_holes() -> None:
    history = MetricsHistory()
    history.add(START, second(1.0))
    history.add(START + 7200, second(1.0))
    day = history.bands[DAY].series("received", START + 7200)
    assert day[-13] == 1.0
    assert day[-12:-1] == [None] * 11


def test_a_day_of_measuring_takes_the_room_of_its_first_minute() -> None:
    history = MetricsHistory()
    history.add(START, second(1.0, {8.0: 1}, oldest_s=1.0))
    first = sum(band.size_bytes for band in history.bands.values())
    for n in range(1, 86_400, 45):
        history.add(START + n, second(1.0, {8.0: 1}, oldest_s=float(n)))
    assert sum(band.size_bytes for band in history.bands.values()) == first < 300_000
    day = history.bands[DAY].series("oldest_s", START + 86_399)
    assert None not in day[1:]
    assert history.bands[MINUTE].series("received", START + 86_399)[-45:].count(1.0) == 1


def test_a_figure_that_comes_up_later_has_its_own_column_however_many_there_are() -> None:
    history = MetricsHistory()
    for n in range(200):
        measured = second(1.0)
        measured.greatest[f"figure{n}"] = float(n)
        history.add(START + n, measured)
    band = history.bands[MINUTE]
    assert band.series("figure198", START + 199)[-2:] == [198.0, None]
    assert band.series("figure150", START + 199)[-50] == 150.0
    assert band.series("figure150", START + 199).count(None) == 59


def test_the_last_minute_forgets_what_is_older() -> None:
    history = MetricsHistory()
    for n in range(90):
        history.add(START + n, second(1.0))
    assert history.last_minute().sums["received"] == 60.0
    history.add(START + 90, second(5.0))
    assert history.last_minute().sums["received"] == 64.0


def test_a_clock_that_goes_back_loses_no_count() -> None:
    history = MetricsHistory()
    history.add(START + 100, second(1.0))
    history.add(START + 40, second(2.0))
    assert history.bands[MINUTE].total(["received"], START + 100) == {"received": 3.0}


@given(st.lists(st.floats(0.01, 1e5), min_size=1, max_size=200), st.floats(0.01, 1.0))
def test_a_percentile_is_within_a_bucket_of_the_true_one(values: list[float], share: float) -> None:
    counts = Counter(bucket_of(value) for value in values)
    found = percentile(counts, share)
    rank = share * len(values)
    true = sorted(values)[max(0, min(len(values) - 1, int(-(-rank // 1)) - 1))]
    assert found is not None
    assert 0.9 < found / true < 1.1


def test_nothing_counted_has_no_percentile() -> None:
    assert percentile({}, 0.5) is None
