import random

import pytest

from upbit_auto_trading.infrastructure.upbit.reconnect import (
    LossCause,
    ReconnectPlan,
    cause_of_detail,
    cause_of_status,
)
from upbit_auto_trading.infrastructure.upbit.timings import Timings


@pytest.fixture
def plan() -> ReconnectPlan:
    return ReconnectPlan(Timings(), random.Random(1))


def test_the_first_attempt_after_a_loss_goes_at_once(plan: ReconnectPlan) -> None:
    plan.attempted(0.0)
    plan.lost(lasted_s=60.0)

    assert plan.delay(LossCause.RESET, 61.0) == 0.0


def test_delays_grow_to_fifteen_seconds_with_full_jitter() -> None:
    for attempt, highest in ((1, 0.5), (2, 0.8), (3, 1.28), (12, 15.0), (500, 15.0)):
        delays = []
        for seed in range(300):
            plan = ReconnectPlan(Timings(), random.Random(seed))
            plan.attempts = attempt
            delays.append(plan.delay(LossCause.REFUSED, 0.0))
        assert max(delays) <= highest
        assert max(delays) > 0.9 * highest
        assert min(delays) < 0.1 * highest


def test_a_name_that_does_not_resolve_is_tried_every_two_seconds_at_least() -> None:
    for seed in range(100):
        plan = ReconnectPlan(Timings(), random.Random(seed))
        plan.attempts = 50
        assert plan.delay(LossCause.DNS, 0.0) <= 2.0


@pytest.mark.parametrize(
    ("cause", "least"),
    [
        (LossCause.RATE_LIMITED, 1.0),
        (LossCause.CERTIFICATE_EXPIRED, 30.0),
        (LossCause.FORBIDDEN, 30.0),
        (LossCause.SERVER_ERROR, 0.0),
    ],
)
def test_each_cause_waits_as_long_as_it_must(
    plan: ReconnectPlan, cause: LossCause, least: float
) -> None:
    plan.failed()

    assert plan.delay(cause, 0.0) >= least


def test_a_block_is_waited_out(plan: ReconnectPlan) -> None:
    assert plan.delay(None, 0.0, blocked_s=42.0) == 42.0


@pytest.mark.parametrize("lasted", [0.0, 3.0])
def test_a_flapping_line_is_not_hammered(plan: ReconnectPlan, lasted: float) -> None:
    now, attempts = 0.0, list[float]()
    while now < 600:
        now += plan.delay(LossCause.RESET, now)
        plan.attempted(now)
        attempts.append(now)
        now += lasted
        plan.lost(lasted)

    most = max(sum(1 for other in attempts if begin <= other < begin + 1) for begin in attempts)
    assert most <= 2
    assert len(attempts) <= 600 / 3 + 1


def test_answers_to_a_handshake_are_told_apart() -> None:
    assert [cause_of_status(status) for status in (429, 418, 403, 503, 200, 301)] == [
        LossCause.RATE_LIMITED,
        LossCause.BANNED,
        LossCause.FORBIDDEN,
        LossCause.SERVER_ERROR,
        LossCause.NOT_UPBIT,
        LossCause.NOT_UPBIT,
    ]
    assert cause_of_detail("dns") is LossCause.DNS
    assert cause_of_detail("nobody knows") is LossCause.UNREACHABLE
