from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_auto_trading.infrastructure.market_data_backbone.channel_selector import (
    RULES,
    Facts,
    Way,
    select,
)

LIVE = Facts(is_usable=True, is_held=True, is_live=True, kept_age_s=0.2)
CHANGING = Facts(is_usable=True, is_held=True, is_changing=True)


@pytest.mark.parametrize(
    ("facts", "way", "reason"),
    [
        (LIVE, Way.LIVE, "live"),
        (replace(LIVE, kept_age_s=900.0), Way.LIVE, "live"),
        (replace(LIVE, only_rest_has_it=True), Way.REST, "only_rest_has_it"),
        (replace(LIVE, is_stalled=True, kept_age_s=5.0), Way.REST, "stalled"),
        (replace(LIVE, is_usable=False, kept_age_s=5.0), Way.REST, "not_connected"),
        (Facts(is_usable=True), Way.REST, "not_held"),
        (Facts(is_usable=True, asked_age_s=0.5), Way.CACHE, "asked_just_now"),
        (Facts(is_usable=True, asked_age_s=1.5), Way.REST, "not_held"),
        (Facts(is_held=True, kept_age_s=0.1), Way.REST, "not_connected"),
        (
            Facts(is_usable=True, is_held=True, is_awaited=True, is_changing=True),
            Way.WAIT,
            "first_frame_due",
        ),
        (
            Facts(is_usable=True, is_held=True, is_awaited=True, is_changing=True, kept_age_s=9.0),
            Way.WAIT,
            "first_frame_due",
        ),
        (replace(CHANGING, asked_age_s=0.9), Way.CACHE, "asked_just_now"),
        (replace(CHANGING, kept_age_s=9.0), Way.REST, "not_sent_yet"),
        (
            replace(CHANGING, rest_blocked=True, kept_age_s=9.0),
            Way.TRANSITION,
            "subscription_changing",
        ),
        (replace(CHANGING, rest_blocked=True, kept_age_s=11.0), Way.CACHE, "rest_blocked"),
        (Facts(rest_blocked=True, kept_age_s=20.0), Way.CACHE, "rest_blocked"),
        (Facts(rest_blocked=True, kept_age_s=31.0), Way.REST, "not_held"),
    ],
)
def test_each_situation_takes_its_way_for_its_reason(facts: Facts, way: Way, reason: str) -> None:
    decision = select(facts)

    assert (decision.way, decision.reason) == (way, reason)
    assert decision.facts is facts


every_facts = st.builds(
    Facts,
    is_usable=st.booleans(),
    is_held=st.booleans(),
    is_live=st.booleans(),
    is_stalled=st.booleans(),
    is_awaited=st.booleans(),
    is_changing=st.booleans(),
    only_rest_has_it=st.booleans(),
    rest_blocked=st.booleans(),
    asked_age_s=st.one_of(st.none(), st.floats(0, 60)),
    kept_age_s=st.one_of(st.none(), st.floats(0, 60)),
)


@given(every_facts)
def test_the_socket_is_never_chosen_unless_it_can_deliver(facts: Facts) -> None:
    decision = select(facts)

    if decision.way in (Way.LIVE, Way.WAIT):
        assert facts.is_usable
    if decision.way is Way.TRANSITION:
        assert facts.is_changing
        assert facts.kept_age_s is not None
        assert facts.kept_age_s <= 10.0
    if decision.way is Way.CACHE:
        age = facts.asked_age_s if decision.reason == "asked_just_now" else facts.kept_age_s
        assert age is not None
        assert age <= 30.0


@given(every_facts)
def test_a_live_stream_over_a_usable_socket_is_always_chosen(facts: Facts) -> None:
    live = replace(facts, is_usable=True, is_live=True, is_stalled=False, only_rest_has_it=False)

    assert select(live).way is Way.LIVE


def test_every_rule_decides_somewhere() -> None:
    reached = set()
    for usable in (True, False):
        for held in (True, False):
            for age in (None, 0.5, 5.0, 20.0):
                for flags in range(128):
                    facts = Facts(
                        is_usable=usable,
                        is_held=held,
                        asked_age_s=age,
                        kept_age_s=age,
                        is_live=bool(flags & 1),
                        is_stalled=bool(flags & 2),
                        is_awaited=bool(flags & 4),
                        is_changing=bool(flags & 8),
                        only_rest_has_it=bool(flags & 16),
                        rest_blocked=bool(flags & 32),
                        is_quarantined=bool(flags & 64),
                    )
                    reached.add(select(facts).reason)
    assert reached == {reason for reason, _, _ in RULES}
