"""What a trigger is expected to do in a scenario, told by its role and its conditions."""

import pytest

from upbit_auto_trading.application.preview_scenarios import SCENARIOS
from upbit_auto_trading.application.scenario_expectations import Expectation, usual_expectations
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.expression import all_of, none_of
from upbit_auto_trading.domain.quick_entry import parse_entry
from upbit_auto_trading.domain.rule import Role

FIRES, QUIET, EITHER = Expectation


def expected(text: str, role: Role = Role.ENTRY) -> dict[Expectation, set[str]]:
    usual = usual_expectations(parse_entry(text, shipped_variables()), role)
    assert set(usual) == set(SCENARIOS)
    return {one: {name for name in usual if usual[name] is one} for one in Expectation}


def test_risk_rules_are_for_crashes_and_management_rules_for_surges() -> None:
    assert expected("change 60s high <= -5", Role.RISK)[FIRES] == {"crash"}
    assert expected("change 60s low >= 5", Role.MANAGEMENT)[QUIET] == set(SCENARIOS) - {"surge"}


@pytest.mark.parametrize(
    ("text", "fires", "quiet"),
    [
        ("rsi 14 1m <= 20", {"decline", "crash"}, {"trend"}),
        ("profit_percent <= -5", {"decline", "crash"}, {"trend"}),
        ("profit_percent >= 5", {"trend", "surge"}, {"decline"}),
        # Nearly always true, so nothing of the price's way is meant.
        ("rsi 14 1m >= 20", set(), set()),
        ("close 1m > sma 20 1m", set(), set()),
    ],
)
def test_other_roles_go_by_the_way_of_the_price_that_is_waited_for(
    text: str, fires: set[str], quiet: set[str]
) -> None:
    found = expected(text)
    assert (found[FIRES], found[QUIET]) == (fires, quiet)


def test_conditions_that_dont_agree_and_negations_expect_nothing() -> None:
    low, high = (
        parse_entry(text, shipped_variables()) for text in ("rsi 14 1m < 20", "mfi 14 1m > 80")
    )
    for trigger in (all_of(low, high), none_of(low), None):
        assert set(usual_expectations(trigger, Role.ENTRY).values()) == {EITHER}


def test_a_verdict_needs_an_expectation() -> None:
    assert [FIRES.is_met(10, fired) for fired in (10, 9, 0)] == [True, False, False]
    assert [QUIET.is_met(10, fired) for fired in (0, 1)] == [True, False]
    assert EITHER.is_met(10, 10) is None
    assert [one.next for one in (FIRES, QUIET, EITHER)] == [QUIET, EITHER, FIRES]
