"""Upbit's budgets: windows, buckets, refusals that become blocks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_auto_trading.simulator.wire.rate_groups import (
    GROUPS,
    MessageBudget,
    Penalties,
    RateLimiter,
)

TICKER = GROUPS["ticker"]
ORDER = GROUPS["order"]
NOW = 1_787_731_683.0


def statuses(limiter: RateLimiter, group: str, times: list[float]) -> list[int]:
    return [limiter.admit("1.2.3.4", GROUPS[group], time).status for time in times]


def test_twenty_requests_at_seventy_a_second_let_ten_through() -> None:
    times = [NOW + number / 70 for number in range(20)]
    assert statuses(RateLimiter(), "ticker", times).count(200) == 10


def test_a_steady_ten_a_second_is_never_refused() -> None:
    times = [NOW + 0.013 + number / 10 for number in range(300)]
    assert set(statuses(RateLimiter(), "ticker", times)) == {200}


def test_the_header_counts_down_from_one_below_the_limit() -> None:
    limiter = RateLimiter()
    headers = [limiter.admit("1.2.3.4", TICKER, NOW).header for _ in range(3)]
    assert headers == [f"group=ticker; min=600; sec={left}" for left in (9, 8, 7)]
    assert limiter.admit("1.2.3.4", GROUPS["default"], NOW).header.endswith("min=1800; sec=29")
    assert limiter.admit("1.2.3.4", GROUPS["origin"], NOW).header.endswith("min=6; sec=0")


def test_groups_and_addresses_have_budgets_of_their_own() -> None:
    limiter = RateLimiter()
    assert statuses(limiter, "ticker", [NOW] * 11)[-1] == 429
    assert limiter.admit("1.2.3.4", GROUPS["orderbook"], NOW).status == 200
    assert limiter.admit("5.6.7.8", TICKER, NOW).status == 200


def test_an_exchange_group_is_a_bucket_that_refills_continuously() -> None:
    limiter = RateLimiter()
    assert statuses(limiter, "order", [NOW] * 13) == [200] * 12 + [429]
    assert limiter.admit("1.2.3.4", ORDER, NOW + 0.5 / 12).status == 429
    assert limiter.admit("1.2.3.4", ORDER, NOW + 1.5 / 12).status == 200


def test_repeated_refusals_become_a_block_that_grows() -> None:
    limiter = RateLimiter(Penalties(refusals=3, first_block_s=60, growth=2, forgiven_after_s=600))
    assert statuses(limiter, "ticker", [NOW] * 13) == [200] * 10 + [429, 429, 418]
    assert limiter.admit("1.2.3.4", TICKER, NOW + 59.5).status == 418
    assert limiter.admit("1.2.3.4", TICKER, NOW + 60).status == 200
    second = [limiter.admit("1.2.3.4", TICKER, NOW + 60) for _ in range(12)][-1]
    assert (second.status, second.blocked_s) == (418, 120)


def test_a_block_is_forgiven_after_good_behaviour() -> None:
    limiter = RateLimiter(Penalties(refusals=1, first_block_s=60, forgiven_after_s=600))
    first = [limiter.admit("1.2.3.4", TICKER, NOW) for _ in range(11)][-1]
    later = [limiter.admit("1.2.3.4", TICKER, NOW + 5000) for _ in range(11)][-1]
    assert first.blocked_s == later.blocked_s == 60


def test_another_program_leaves_only_its_share() -> None:
    limiter = RateLimiter(shared=lambda group: 0.5 if group == "ticker" else 0.0)
    first = limiter.admit("1.2.3.4", TICKER, NOW)
    assert first.remaining == 4
    assert statuses(limiter, "ticker", [NOW] * 5) == [200] * 4 + [429]
    assert limiter.admit("1.2.3.4", GROUPS["candles"], NOW).remaining == 9


@given(st.lists(st.floats(0, 30), min_size=1, max_size=300))
def test_no_second_ever_lets_more_than_the_limit_through(offsets: list[float]) -> None:
    limiter = RateLimiter(Penalties(refusals=10**9))
    served: dict[int, int] = {}
    for time in sorted(NOW + offset for offset in offsets):
        if limiter.admit("1.2.3.4", TICKER, time).status == 200:
            served[int(time)] = served.get(int(time), 0) + 1
    assert max(served.values()) <= TICKER.limit
    asked: dict[int, int] = {}
    for offset in offsets:
        asked[int(NOW + offset)] = asked.get(int(NOW + offset), 0) + 1
    assert served == {second: min(count, TICKER.limit) for second, count in asked.items()}


def test_a_connection_may_send_five_messages_a_second() -> None:
    budget = MessageBudget()
    assert [budget.spend(NOW) for _ in range(6)] == [True] * 5 + [False]
    assert budget.spend(NOW + 1)


def test_a_connection_may_send_a_hundred_messages_a_minute() -> None:
    budget = MessageBudget()
    minute = NOW // 60 * 60
    within = [budget.spend(minute + number * 0.25) for number in range(101)]
    assert within == [True] * 100 + [False]


@pytest.mark.parametrize(("name", "limit"), [("order", 12), ("order-test", 8), ("default", 30)])
def test_the_documented_limits_hold(name: str, limit: int) -> None:
    assert statuses(RateLimiter(), name, [NOW] * (limit + 1)).index(429) == limit
