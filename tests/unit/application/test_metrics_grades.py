"""What is good, bearable and bad, at the limits themselves."""

import pytest

from upbit_auto_trading.application import metrics_grades as grades
from upbit_auto_trading.application.metrics_grades import Grade, Limits


@pytest.mark.parametrize(
    ("limits", "value", "grade"),
    [
        (grades.SUCCESS, 0.999, Grade.GOOD),
        (grades.SUCCESS, 0.9989, Grade.WARN),
        (grades.SUCCESS, 0.95, Grade.WARN),
        (grades.SUCCESS, 0.9499, Grade.BAD),
        (grades.SCREEN_P99_MS, 50.0, Grade.GOOD),
        (grades.SCREEN_P99_MS, 200.0, Grade.WARN),
        (grades.SCREEN_P99_MS, 200.1, Grade.BAD),
        (grades.EXCHANGE_P99_MS, 400.0, Grade.GOOD),
        (grades.EXCHANGE_P99_MS, 2000.1, Grade.BAD),
        (grades.RECONNECTS_PER_H, 1.0, Grade.GOOD),
        (grades.RECONNECTS_PER_H, 3.0, Grade.WARN),
        (grades.RECONNECTS_PER_H, 10.0, Grade.BAD),
        (grades.BUDGET, 0.6, Grade.GOOD),
        (grades.BUDGET, 0.9, Grade.WARN),
        (grades.BUDGET, 1.0, Grade.BAD),
        (grades.WEBSOCKET_SHARE, 0.95, Grade.GOOD),
        (grades.WEBSOCKET_SHARE, 0.8, Grade.WARN),
        (grades.WEBSOCKET_SHARE, 0.79, Grade.BAD),
        (grades.LOOP_LAG_MS, 16.0, Grade.GOOD),
        (grades.LOOP_LAG_MS, 100.1, Grade.BAD),
    ],
)
def test_each_limit_is_where_the_table_says(limits: Limits, value: float, grade: Grade) -> None:
    assert limits.grade(value) is grade


def test_what_was_not_measured_has_no_grade() -> None:
    assert grades.SUCCESS.grade(None) is Grade.NONE
    assert grades.grade_swap(None, None, 20.0) is Grade.NONE
    assert grades.grade_age(None, 1.0, 8.0, is_quiet=False) is Grade.NONE


@pytest.mark.parametrize(
    ("p50", "p95", "grade"),
    [
        (25.0, 60.0, Grade.GOOD),
        (25.1, 60.0, Grade.WARN),
        (25.0, 110.1, Grade.WARN),
        (25.0, 1000.1, Grade.BAD),
    ],
)
def test_a_swap_is_judged_by_the_round_trip(p50: float, p95: float, grade: Grade) -> None:
    assert grades.grade_swap(p50, p95, rtt_ms=20.0) is grade


@pytest.mark.parametrize(
    ("age", "usual", "limit", "is_quiet", "grade"),
    [
        (3.0, 1.0, 8.0, False, Grade.GOOD),
        (3.1, 1.0, 8.0, False, Grade.WARN),
        (8.1, 1.0, 8.0, False, Grade.BAD),
        (9.0, 10.0, 40.0, False, Grade.GOOD),
        (30.0, 10.0, 40.0, False, Grade.WARN),
        (600.0, 10.0, 40.0, True, Grade.GOOD),
        (600.0, None, None, False, Grade.GOOD),
    ],
)
def test_an_age_is_judged_by_the_stream_s_own_rhythm(
    age: float, usual: float | None, limit: float | None, is_quiet: bool, grade: Grade
) -> None:
    assert grades.grade_age(age, usual, limit, is_quiet=is_quiet) is grade
