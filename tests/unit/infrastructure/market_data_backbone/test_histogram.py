import random

import pytest

from upbit_auto_trading.infrastructure.market_data_backbone.histogram import LogHistogram


def test_percentiles_are_within_a_bucket_of_the_truth() -> None:
    source = random.Random(5)
    values = sorted(source.lognormvariate(2.0, 1.5) for _ in range(5000))
    histogram = LogHistogram()
    for value in values:
        histogram.add(value)

    for share in (0.5, 0.95, 0.99):
        truth = values[int(share * len(values))]
        assert histogram.percentile(share) == pytest.approx(truth, rel=0.1)
    assert histogram.figures()["max"] == values[-1]
    assert histogram.figures()["mean"] == pytest.approx(sum(values) / len(values))


def test_one_value_is_told_exactly() -> None:
    histogram = LogHistogram()
    histogram.add(22.65)

    assert histogram.percentile(0.5) == 22.65


def test_an_empty_histogram_claims_nothing() -> None:
    assert set(LogHistogram().figures().values()) == {0, None}


@pytest.mark.parametrize("value", [0.0, -5.0, 1e-9, 1e12])
def test_extremes_fall_into_the_outer_buckets(value: float) -> None:
    histogram = LogHistogram()
    histogram.add(value)

    assert histogram.count == 1
    assert histogram.percentile(0.99) == value


def test_many_values_at_once_count_as_each_of_them() -> None:
    source = random.Random(7)
    values = [source.lognormvariate(2.0, 3.0) for _ in range(500)] + [0.0, -5.0, 1e-9, 1e12]
    one_by_one, at_once = LogHistogram(), LogHistogram()
    for value in values:
        one_by_one.add(value)
    at_once.add_all(values[:100])
    at_once.add_all([])
    at_once.add_all(values[100:])

    assert at_once.counts == one_by_one.counts
    assert at_once.figures() == one_by_one.figures() | {
        "mean": pytest.approx(one_by_one.figures()["mean"])
    }
