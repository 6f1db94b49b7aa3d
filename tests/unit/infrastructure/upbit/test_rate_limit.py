from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_auto_trading.infrastructure.upbit.rate_limit import (
    Gcra,
    GroupBudget,
    MessageBudget,
    RemainingReq,
    SlidingWindow,
    parse_remaining_req,
)


def most_within(moments: list[float], seconds: float) -> int:
    """Count by trying every window that begins at an event."""
    return max(
        (sum(1 for other in moments if begin <= other < begin + seconds) for begin in moments),
        default=0,
    )


def sent_by(budget: MessageBudget | GroupBudget, wishes: list[float]) -> list[float]:
    """Send as soon as the budget allows after each wish; wishes are gaps between them."""
    now, sent = 0.0, []
    for gap in wishes:
        now = max(now + gap, budget.ready_at(now + gap))
        budget.spend(now)
        sent.append(now)
    return sent


gaps = st.lists(
    st.one_of(st.just(0.0), st.floats(0.0, 0.3), st.floats(0.0, 5.0)), min_size=1, max_size=260
)


@given(gaps)
def test_no_second_and_no_minute_ever_holds_more_messages_than_allowed(wishes: list[float]) -> None:
    sent = sent_by(MessageBudget(), wishes)

    assert most_within(sent, 1.0) <= 5
    assert most_within(sent, 60.0) <= 100


@given(gaps)
def test_no_second_ever_holds_more_requests_than_ninety_percent(wishes: list[float]) -> None:
    sent = sent_by(GroupBudget("candles", 10), wishes)

    assert most_within(sent, 1.0) <= 9


def test_a_pace_with_a_burst_would_break_a_fixed_second_by_itself() -> None:
    """Why there is a window beside it: 9 at once and 9 a second are 17 in Upbit's second."""
    pace, now, sent = Gcra(), 0.0, list[float]()
    while now < 1.0:
        pace.add(now, 1 / 9)
        sent.append(now)
        now = max(now, pace.ready_at(1 / 9, 9))
    assert most_within(sent, 1.0) > 10


def test_a_quota_of_our_own_goes_at_once_and_a_shared_one_evenly_spaced() -> None:
    alone, shared = GroupBudget("ticker", 10), GroupBudget("ticker", 10)
    shared.answered(RemainingReq("ticker", 5), 0.0)
    assert sent_by(alone, [0.0] * 9) == pytest.approx([0.0] * 9, abs=1e-9)
    sent = sent_by(shared, [0.0] * 9)
    steps = {round(b - a, 6) for a, b in pairwise(sent[:4])}
    assert steps == {0.25}


@given(st.lists(st.tuples(st.floats(0.0, 2.0), st.integers(0, 10)), min_size=1, max_size=80))
def test_whatever_the_header_says_no_second_holds_more_than_is_allowed(
    answers: list[tuple[float, int]],
) -> None:
    budget, now, sent = GroupBudget("ticker", 10), 0.0, list[float]()
    for gap, left in answers:
        now = max(now + gap, budget.ready_at(now + gap))
        budget.spend(now)
        sent.append(now)
        budget.answered(RemainingReq("ticker", left), now)
    assert most_within(sent, 1.0) <= 9


@given(st.lists(st.floats(0.0, 0.4), min_size=1, max_size=60))
def test_a_window_never_waits_longer_than_it_must(wishes: list[float]) -> None:
    window, now, moments = SlidingWindow(5, 1.0), 0.0, list[float]()
    for gap in wishes:
        now += gap
        ready = window.ready_at(now)
        if ready > now:
            assert sum(1 for moment in moments if moment > now - 1.0) >= 5
            now = ready
        window.add(now)
        moments.append(now)


def test_a_window_asked_as_if_fewer_were_allowed_looks_at_the_newest() -> None:
    window = SlidingWindow(5, 1.0)
    for moment in (0.0, 0.5, 0.9):
        window.add(moment)

    assert window.ready_at(1.0, 2) == 1.5
    assert window.ready_at(1.0, 3) == 1.0


def test_the_last_fifth_of_a_minutes_messages_goes_slower() -> None:
    sent = sent_by(MessageBudget(), [0.0] * 100)

    steps = [after - before for before, after in pairwise(sent)]
    assert steps[60:79] == pytest.approx([0.36] * 19)
    assert steps[83:99] == pytest.approx([0.6] * 16)


def test_a_burst_leaves_a_slot_for_its_last_change() -> None:
    budget, sent = MessageBudget(), list[float]()
    for wish in range(51):
        now = wish / 50
        if budget.ready_at(now) <= now:
            budget.spend(now)
            sent.append(now)

    last = budget.ready_at(1.0)

    assert sent[0] == 0.0
    assert len(sent) <= 4
    assert 1.0 <= last <= 1.18


def test_changes_a_message_slot_apart_never_wait() -> None:
    budget = MessageBudget()
    for number in range(100):
        now = number * 0.61
        assert budget.ready_at(now) == now
        budget.spend(now)


def test_the_first_messages_go_at_once() -> None:
    budget = MessageBudget()
    budget.spend(0.0)

    assert budget.ready_at(0.01) == 0.01
    assert budget.left(0.01) == 99


def test_after_a_429_the_group_stops_and_then_goes_at_half_its_rate() -> None:
    budget = GroupBudget("ticker", 10)
    budget.refused(10.0)

    assert budget.ready_at(10.2) == 11.0
    assert budget.allowed(11.0) == 4
    assert budget.allowed(70.1) == 9
    assert budget.limited == 1


def test_a_block_holds_the_group_until_its_end() -> None:
    budget = GroupBudget("ticker", 10)
    budget.banned(60.0)
    budget.banned(30.0)

    assert budget.ready_at(1.0) == 60.0


def test_what_others_spend_is_left_to_them() -> None:
    budget = GroupBudget("ticker", 10)
    budget.spend(0.0)

    budget.answered(RemainingReq("ticker", 4), 0.05)

    assert budget.allowed(0.1) == 4
    assert budget.allowed(6.0) == 9


def test_what_others_spent_is_believed_for_a_while_though_they_spend_less_now() -> None:
    budget = GroupBudget("ticker", 10)
    budget.spend(0.0)
    budget.answered(RemainingReq("ticker", 4), 0.05)

    budget.answered(RemainingReq("ticker", 7), 0.06)
    assert budget.allowed(0.1) == 4

    budget.spend(5.1)
    budget.answered(RemainingReq("ticker", 7), 5.1)
    assert budget.allowed(5.2) == 7


def test_an_empty_second_is_waited_out() -> None:
    budget = GroupBudget("ticker", 10)
    budget.spend(0.0)
    budget.answered(RemainingReq("ticker", 0), 0.05)

    assert budget.ready_at(0.1) == pytest.approx(1.05)


def test_the_header_is_read_as_recorded(payloads: Callable[[str], Any]) -> None:
    header = payloads("samples/http_headers.json")["quotation_ok"]["Remaining-Req"]

    assert parse_remaining_req(header) == RemainingReq("candles", 9)
    assert parse_remaining_req(None) is None
    assert parse_remaining_req("nonsense") is None
