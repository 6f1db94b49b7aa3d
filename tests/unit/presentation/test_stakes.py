"""What hangs on the data: counted from what runs are doing, not from what might be."""

from dataclasses import dataclass
from typing import Any

import pytest

from upbit_auto_trading.application.metrics_grades import Grade
from upbit_auto_trading.application.metrics_reading import Readings, Trouble
from upbit_auto_trading.application.order_tickets import BY_HAND
from upbit_auto_trading.application.paper_views import RunCondition
from upbit_auto_trading.domain.feed_sample import FeedSample
from upbit_auto_trading.domain.strategy import Strategy
from upbit_auto_trading.domain.tick import Quality
from upbit_auto_trading.domain.variable import Words
from upbit_auto_trading.presentation.i18n import choose_language
from upbit_auto_trading.presentation.screens.metrics_trouble_words import look, money
from upbit_auto_trading.presentation.viewmodels.stakes import Stakes, stakes_of

RULES = Strategy("rules", Words("규칙", "rules"), ())


@dataclass
class Run:
    """The part of a `RunView` that is counted."""

    quality: Quality | None = Quality.LIVE
    condition: RunCondition = RunCondition.RUNNING
    strategy: Strategy = RULES
    position: object = None
    open_order: int | None = None


def counted(*runs: Any) -> Stakes:
    return stakes_of(runs)


@pytest.fixture(autouse=True)
def english() -> None:
    choose_language("en")


def test_only_strategies_that_may_order_are_counted() -> None:
    by_hand = Run(strategy=BY_HAND, position="held")
    stopped = Run(condition=RunCondition.STOPPED, open_order=1)
    assert counted(Run(), by_hand, stopped) == Stakes(1, positions=1, orders=1)


def test_held_back_is_who_has_no_print_to_judge_and_rest_who_goes_on_by_it() -> None:
    runs = (
        Run(Quality.STALE),
        Run(Quality.MISSING),
        Run(Quality.REST),
        Run(Quality.LIVE),
        Run(None),
    )
    assert counted(*runs) == Stakes(5, held_back=2, on_rest=1)


@pytest.mark.parametrize("trouble", [Trouble.REFUSED, Trouble.BANNED, Trouble.SLOW_SWAP])
def test_no_trouble_is_said_to_cost_nothing_while_a_strategy_holds_back(trouble: Trouble) -> None:
    readings = Readings(FeedSample(at=100.0, banned_for_s=50.0))
    told = look(trouble, Grade.BAD, readings, 90.0, counted(Run(Quality.MISSING)))
    assert "hold back" in told.parts[0][1]
    told = look(trouble, Grade.BAD, readings, 90.0, counted(Run()))
    assert "hold back" not in told.parts[0][1]


def test_the_words_say_what_really_hangs_on_it() -> None:
    assert "No strategy is running" in money(counted())
    assert "hold back: 1 of 2." in money(counted(Run(Quality.STALE), Run()))
    assert "by prices from REST: 1" in money(counted(Run(Quality.REST)))
    assert "go on: 1. The data" in money(counted(Run()))
    assert "Positions 1, open orders 1" in money(counted(Run(position="held", open_order=3)))
    assert "Rules that need this data" in money(None)
