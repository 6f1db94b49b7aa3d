"""Prints become ticks as far as the feed can be trusted."""

import pytest

from tests.builders import START_MS, origin, trade
from upbit_auto_trading.application.tick_intake import TickIntake, quality_of
from upbit_auto_trading.domain.recording import TickTaken
from upbit_auto_trading.domain.stream import Delivery, Source
from upbit_auto_trading.domain.subscription import ConnectionState, StreamHealth, StreamState
from upbit_auto_trading.domain.tick import Quality
from upbit_auto_trading.domain.trade import Trade

LIVE, BACKFILLED, MISSING, STALE = (
    Quality.LIVE,
    Quality.BACKFILLED,
    Quality.MISSING,
    Quality.STALE,
)


def printed(second: float, delivery: Delivery = Delivery.REALTIME) -> Trade:
    return trade(trade_ms=START_MS + round(second * 1000), origin=origin(delivery=delivery))


def told(ticks: list[TickTaken]) -> list[tuple[float, Quality]]:
    return [((taken.tick.ms - START_MS) / 1000, taken.tick.quality) for taken in ticks]


def begun() -> TickIntake:
    intake = TickIntake()
    intake.begin([printed(0)])
    return intake


@pytest.mark.parametrize(
    ("connection", "state", "complete", "quality"),
    [
        (ConnectionState.CONNECTED, StreamState.LIVE, True, LIVE),
        (ConnectionState.CONNECTED, StreamState.QUIET, True, LIVE),
        (ConnectionState.CONNECTED, StreamState.LIVE, False, MISSING),
        (ConnectionState.CONNECTED, StreamState.STALLED, True, STALE),
        (ConnectionState.CONNECTED, StreamState.SENT, True, MISSING),
        (ConnectionState.CONNECTED, StreamState.DOWN, True, MISSING),
        (ConnectionState.RECONNECTING, StreamState.LIVE, True, MISSING),
    ],
)
def test_health_says_what_a_print_is_worth(
    connection: ConnectionState, state: StreamState, complete: bool, quality: Quality
) -> None:
    assert quality_of(connection, StreamHealth(state, 0.1, complete)) is quality


def test_what_came_while_warming_up_is_backfilled_once_and_in_order() -> None:
    intake = TickIntake()
    assert intake.take(printed(3), LIVE) == []
    ticks = intake.begin([printed(1), printed(2), printed(3)])
    assert told(ticks) == [(1, BACKFILLED), (2, BACKFILLED), (3, BACKFILLED)]


def test_a_print_is_live_and_a_snapshot_of_the_past_is_no_news() -> None:
    intake = begun()
    assert told(intake.take(printed(0, Delivery.SNAPSHOT), LIVE)) == []
    assert told(intake.take(printed(1, Delivery.SNAPSHOT), LIVE)) == [(1, BACKFILLED)]
    assert told(intake.take(printed(2), LIVE)) == [(2, LIVE)]


def test_a_gap_is_told_once_and_its_prints_come_in_order_when_it_closes() -> None:
    intake = begun()
    intake.take(printed(1), LIVE)
    assert told(intake.check(MISSING)) == [(1, MISSING)]
    assert told(intake.check(MISSING)) == []
    assert told(intake.take(printed(9), MISSING)) == []
    assert told(intake.take(printed(4, Delivery.BACKFILL), MISSING)) == []
    assert told(intake.take(printed(10), LIVE)) == [(4, BACKFILLED), (9, BACKFILLED), (10, LIVE)]


def test_a_gap_that_closes_without_a_print_gives_out_what_it_held() -> None:
    intake = begun()
    intake.take(printed(5), MISSING)
    assert told(intake.check(LIVE)) == [(5, BACKFILLED)]
    assert told(intake.check(LIVE)) == []


def test_a_stall_after_a_gap_is_told_as_well() -> None:
    intake = begun()
    assert told(intake.check(MISSING)) == [(0, MISSING)]
    assert told(intake.check(STALE)) == [(0, STALE)]


def test_what_the_transition_cache_serves_is_no_print() -> None:
    intake = begun()
    served = trade(trade_ms=START_MS + 1000, origin=origin(source=Source.TRANSITION_CACHE))
    assert told(intake.take(served, LIVE)) == [(0, Quality.TRANSITION_CACHE)]
