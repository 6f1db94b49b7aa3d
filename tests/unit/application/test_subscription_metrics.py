"""The service: samples become seconds, seconds a history, the history judgements."""

from dataclasses import replace
from typing import Any

import pytest

from tests.fakes import FakeMarketDataFeed
from tests.waiting import until
from upbit_auto_trading.application.metrics_grades import Grade, Metric
from upbit_auto_trading.application.metrics_history import DAY, MINUTE
from upbit_auto_trading.application.metrics_reading import Trouble
from upbit_auto_trading.application.subscription_metrics import SubscriptionMetricsService
from upbit_auto_trading.domain.feed_sample import (
    FeedSample,
    GapCounts,
    GuessFigures,
    KindCount,
    RequestBudget,
    StreamAge,
    StreamCounts,
    StreamRow,
)
from upbit_auto_trading.domain.process_figures import ProcessFigures
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.subscription import (
    ConnectionState,
    StreamState,
    SwapKind,
    SwapRecord,
)

START = 1_800_000_000.0
BTC = Stream("trade", "KRW-BTC")
HEALTHY = FeedSample(
    at=START,
    epoch=1,
    rtt_ms=20.0,
    streams=StreamCounts(10, 10, 10, 8, 2, fresh=10, judged=10),
    oldest=StreamAge(BTC, StreamState.LIVE, 0.2, 1.0, 8.0),
    latency_ms={40.0: 1000},
    loop_lag_ms={1.0: 240},
    budgets=(RequestBudget("ticker", 1, 10, 9),),
)


class Measured:
    """A service over a feed whose samples the test sets, second by second."""

    def __init__(self) -> None:
        self.feed = FakeMarketDataFeed()
        self.now = 0.0
        self.process = ProcessFigures(0.0, 8, 100.0, 5)
        self.service = SubscriptionMetricsService(
            self.feed, lambda: self.process, lambda: self.now, settling_s=0.0
        )
        self.sample = HEALTHY

    def second(self, **changes: Any) -> None:
        self.now += 1.0
        self.sample = replace(self.sample, at=self.sample.at + 1.0, **changes)
        self.feed.measured = self.sample
        self.service.sample()

    def grade(self, metric: Metric) -> Grade:
        readings = self.service.readings()
        assert readings is not None
        return readings.by_metric[metric].grade

    def troubles(self) -> list[Trouble]:
        readings = self.service.readings()
        assert readings is not None
        return [trouble for trouble, _metric, _grade in readings.troubles]

    def over(self) -> frozenset[Trouble]:
        readings = self.service.readings()
        assert readings is not None
        return readings.over


@pytest.fixture
def measured() -> Measured:
    made = Measured()
    made.second()
    return made


def swap(took_ms: float, own_ms: float = 1.0, kind: SwapKind = SwapKind.SMART) -> SwapRecord:
    return SwapRecord(kind, frozenset({BTC}), frozenset(), START, took_ms, took_ms, own_ms=own_ms)


def test_before_the_first_sample_nothing_is_judged() -> None:
    assert Measured().service.readings() is None


def test_a_healthy_feed_is_good_in_everything_that_was_measured(measured: Measured) -> None:
    readings = measured.service.readings()
    assert readings is not None
    grades = {metric: reading.grade for metric, reading in readings.by_metric.items()}
    unmeasured = {Metric.SWAP, Metric.OWN_SHARE, Metric.SCREEN_DELAY}
    unmeasured |= {Metric.PREDICTION, Metric.MEMORY}
    assert {metric for metric, grade in grades.items() if grade is Grade.NONE} == unmeasured
    assert readings.count(Grade.GOOD) == len(Metric) - len(unmeasured)
    assert readings.troubles == []


def test_counters_become_rates_of_each_second(measured: Measured) -> None:
    measured.second(received=100)
    measured.second(received=350)
    assert measured.service.history.minute_series("received", measured.sample.at)[-2:] == [
        100.0,
        250.0,
    ]


def test_delays_are_those_of_the_second_not_of_the_whole_run(measured: Measured) -> None:
    measured.second(latency_ms={40.0: 1000, 3000.0: 50})
    series = measured.service.history.minute_series("latency_ms.p50", measured.sample.at)
    assert series[-2:] == [40.0, 3000.0]
    assert measured.grade(Metric.EXCHANGE_DELAY) is Grade.BAD
    assert Trouble.LATE in measured.troubles()


def test_stopped_streams_are_bad_at_once_and_the_gravest_trouble(measured: Measured) -> None:
    stalled = StreamCounts(10, 10, 10, 0, 0, stalled=10, fresh=0, judged=10)
    oldest = StreamAge(BTC, StreamState.STALLED, 9.0, 1.0, 8.0)
    measured.second(streams=stalled, oldest=oldest)
    assert measured.grade(Metric.FRESHNESS) is Grade.BAD
    assert measured.troubles()[0] is Trouble.STALLED
    measured.second(streams=HEALTHY.streams, oldest=HEALTHY.oldest)
    assert measured.grade(Metric.FRESHNESS) is Grade.GOOD


def test_quiet_streams_dont_hide_that_everything_else_has_stopped(measured: Measured) -> None:
    counts = StreamCounts(290, 290, 290, 250, 250, stalled=40, fresh=250, judged=290)
    oldest = StreamAge(BTC, StreamState.STALLED, 9.0, 1.0, 8.0)
    measured.second(streams=counts, oldest=oldest)
    assert measured.troubles()[0] is Trouble.STALLED
    assert measured.grade(Metric.EXCHANGE_DELAY) is Grade.NONE


def test_what_has_ended_is_told_as_over_and_after_what_goes_on(measured: Measured) -> None:
    down = StreamCounts(10, 10, 10, 0, 0, fresh=0, judged=10)
    lost = {"streams": down, "connection": ConnectionState.RECONNECTING}
    for _ in range(5):
        measured.second(**lost)
    assert measured.over() == frozenset()
    back = {"streams": HEALTHY.streams, "connection": ConnectionState.CONNECTED}
    for second in range(4):
        measured.second(**back, gaps=GapCounts(found=1, open=1), reconnects=second and 1)
    assert measured.over() == {Trouble.UNANSWERED, Trouble.ON_REST}
    assert measured.grade(Metric.SUCCESS) is Grade.BAD
    assert measured.troubles()[-2:] == [Trouble.UNANSWERED, Trouble.ON_REST]
    assert Trouble.FILLING in measured.troubles()[:-2]


def test_a_connection_that_broke_often_is_over_once_it_has_held_for_a_minute(
    measured: Measured,
) -> None:
    measured.second(reconnects=12)
    assert (measured.troubles(), measured.over()) == ([Trouble.RECONNECTING], frozenset())
    for _ in range(61):
        measured.second()
    assert measured.grade(Metric.RECONNECTS) is Grade.BAD
    assert measured.over() == {Trouble.RECONNECTING}


def test_without_a_connection_no_delay_is_told_as_if_it_were_of_now(measured: Measured) -> None:
    assert measured.grade(Metric.EXCHANGE_DELAY) is Grade.GOOD
    measured.second(connection=ConnectionState.RECONNECTING)
    assert measured.grade(Metric.EXCHANGE_DELAY) is Grade.NONE


def test_rest_that_doesn_t_answer_in_the_socket_s_place_is_known(measured: Measured) -> None:
    readings = measured.service.readings()
    assert readings is not None
    assert not readings.is_rest_silent
    measured.second(fallbacks={"rest_not_connected": 1})
    readings = measured.service.readings()
    assert readings is not None
    assert readings.is_rest_silent


def test_one_stopped_stream_of_many_is_told_as_that(measured: Measured) -> None:
    streams = replace(HEALTHY.streams, live=7, stalled=1, fresh=9)
    oldest = StreamAge(BTC, StreamState.STALLED, 9.0, 1.0, 8.0)
    measured.second(streams=streams, oldest=oldest)
    readings = measured.service.readings()
    assert readings is not None
    assert readings.troubles[0] == (Trouble.STREAM_STALLED, Metric.FRESHNESS, Grade.BAD)


def test_a_lost_connection_is_seen_when_asked_not_a_second_later(measured: Measured) -> None:
    measured.feed.connection_state = ConnectionState.RECONNECTING
    measured.feed.measured = replace(measured.sample, connection=ConnectionState.RECONNECTING)
    assert measured.grade(Metric.CONNECTION) is Grade.BAD
    assert measured.troubles()[0] is Trouble.LOST


def test_another_subscription_than_wanted_is_bad_after_two_seconds(measured: Measured) -> None:
    measured.second(differing_for_s=1.9)
    assert measured.grade(Metric.AGREEMENT) is Grade.GOOD
    measured.second(differing_for_s=2.1)
    assert measured.grade(Metric.AGREEMENT) is Grade.BAD
    measured.second(differing_for_s=0.0, listing_agreed=False)
    assert Trouble.DIFFERS in measured.troubles()


def test_a_refused_request_stays_red_for_a_minute_and_a_block_while_it_lasts(
    measured: Measured,
) -> None:
    measured.second(budgets=(RequestBudget("ticker", 1, 10, 4, refused=1),))
    assert measured.troubles()[0] is Trouble.REFUSED
    for _ in range(60):
        measured.second()
    assert measured.grade(Metric.REST_BUDGET) is Grade.GOOD
    measured.second(banned_for_s=42.0)
    assert measured.troubles()[0] is Trouble.BANNED
    measured.second(banned_for_s=0.0)
    assert measured.grade(Metric.REST_BUDGET) is Grade.GOOD


def test_an_open_gap_is_watched_and_one_that_cant_be_filled_is_bad(measured: Measured) -> None:
    measured.second(gaps=GapCounts(found=2, open=2))
    assert measured.grade(Metric.GAPS) is Grade.WARN
    measured.second(gaps=GapCounts(found=2, filled=2))
    assert measured.grade(Metric.GAPS) is Grade.GOOD
    measured.second(gaps=GapCounts(found=3, filled=3, unfillable=1))
    assert measured.grade(Metric.GAPS) is Grade.BAD
    totals = measured.service.history.bands[DAY].total(
        ("gaps_found", "gaps_filled", "gaps_unfillable"), measured.sample.at
    )
    assert list(totals.values()) == [3.0, 3.0, 1.0]


def test_reconnects_are_judged_by_the_hour(measured: Measured) -> None:
    measured.second(reconnects=1)
    assert measured.grade(Metric.RECONNECTS) is Grade.GOOD
    measured.second(reconnects=3)
    assert measured.grade(Metric.RECONNECTS) is Grade.WARN
    measured.second(reconnects=11)
    assert measured.grade(Metric.RECONNECTS) is Grade.BAD


def test_success_counts_streams_and_requests_alike(measured: Measured) -> None:
    measured.second(requests={"fresh": 8, "stand_in": 1, "failed:banned": 1})
    readings = measured.service.readings()
    assert readings is not None
    recent, _day, missed = readings.by_metric[Metric.SUCCESS].values
    assert recent == pytest.approx(28 / 30)
    assert missed == 2
    assert readings.by_metric[Metric.SUCCESS].grade is Grade.BAD


def test_rest_by_design_is_no_fallback_and_rest_in_need_is(measured: Measured) -> None:
    measured.second(decisions={"rest:only_rest_has_it": 500, "rest:not_held": 500})
    assert measured.grade(Metric.WEBSOCKET_SHARE) is Grade.GOOD
    measured.second(decisions={"rest:stalled": 10, "live:live": 20})
    readings = measured.service.readings()
    assert readings is not None
    assert readings.by_metric[Metric.WEBSOCKET_SHARE].values[0] == pytest.approx(50 / 60)


def test_each_swap_is_taken_once_and_those_that_asked_for_nothing_are_left_out(
    measured: Measured,
) -> None:
    first = (swap(30.0), swap(0.0, kind=SwapKind.NONE))
    measured.second(swap_count=2, newest_swaps=first, swaps={SwapKind.SMART: KindCount(1, 1)})
    measured.second()
    again = (*first, swap(40.0))
    measured.second(swap_count=3, newest_swaps=again, swaps={SwapKind.SMART: KindCount(2, 2)})
    assert [record.first_ms for record in measured.service.swaps] == [30.0, 40.0]
    assert measured.service.swap_ms[BTC] == 40.0
    assert measured.grade(Metric.OWN_SHARE) is Grade.GOOD


def test_swaps_longer_than_a_second_are_bad(measured: Measured) -> None:
    slow = (swap(1200.0),)
    measured.second(swap_count=1, newest_swaps=slow)
    assert measured.grade(Metric.SWAP) is Grade.BAD
    assert Trouble.SLOW_SWAP in measured.troubles()


def test_guessing_is_judged_once_it_was_tried_and_bad_when_it_gave_up(measured: Measured) -> None:
    measured.second(guesses=GuessFigures(made=2, judged=2, recent_rate=0.0))
    assert measured.grade(Metric.PREDICTION) is Grade.NONE
    measured.second(guesses=GuessFigures(made=20, judged=20, recent_rate=0.7))
    assert measured.grade(Metric.PREDICTION) is Grade.GOOD
    measured.second(guesses=GuessFigures(made=20, judged=20, recent_rate=0.1, is_off=True))
    assert measured.grade(Metric.PREDICTION) is Grade.BAD


def test_memory_that_grows_is_noticed_after_it_has_settled(measured: Measured) -> None:
    for minute in range(60):
        measured.sample = replace(measured.sample, at=measured.sample.at + 59.0)
        measured.process = ProcessFigures(minute * 3.0, 8, 100.0 + minute, 5)
        measured.second()
    assert measured.grade(Metric.MEMORY) is Grade.BAD
    assert Trouble.GROWING in measured.troubles()


def test_the_processor_s_share_is_of_the_time_between_two_samples(measured: Measured) -> None:
    measured.process = ProcessFigures(0.25, 8, 100.0, 5)
    measured.second()
    series = measured.service.history.minute_series("cpu_share", measured.sample.at)
    assert series[-1] == pytest.approx(0.25)


def test_what_the_window_painted_is_part_of_the_second(measured: Measured) -> None:
    painting = measured.service.painting
    painting.take("chart")
    painting.give("chart")
    measured.now += 0.3
    painting.paint("chart")
    measured.second()
    assert measured.grade(Metric.SCREEN_DELAY) is Grade.BAD
    assert measured.service.history.bands[MINUTE].series("screen_ms.p99", measured.sample.at)[-1]


def test_rates_of_streams_are_those_of_the_last_five_seconds(measured: Measured) -> None:
    def row(received: int) -> StreamRow:
        age = StreamAge(BTC, StreamState.LIVE, 0.1)
        return StreamRow(BTC, ("chart",), True, True, True, age, received, is_complete=True)

    rates = []
    for received in (0, 10, 20, 30, 40, 50, 100, 150, 200, 250, 300):
        measured.feed.rows = [row(received)]
        rates.append(measured.service.rows()[1].get(BTC))
        measured.now += 1.0
    assert rates[0] is None
    assert rates[1:6] == [10.0] * 5
    assert rates[-1] == 50.0


def test_an_alarm_is_raised_by_the_sample_alone(measured: Measured) -> None:
    filling = GapCounts(found=1, open=1)
    alarms = []
    for changes in (
        {},
        {"gaps": filling},
        {"gaps": GapCounts(found=1, filled=1), "banned_for_s": 5.0},
        {"banned_for_s": 0.0, "connection": ConnectionState.RECONNECTING},
        {"connection": ConnectionState.CONNECTED, "differing_for_s": 2.5},
        {"differing_for_s": 0.0},
    ):
        measured.second(**changes)
        alarms.append(measured.service.alarm)
    assert alarms == [Grade.GOOD, Grade.WARN, Grade.BAD, Grade.BAD, Grade.BAD, Grade.GOOD]


def test_how_long_things_take_while_the_program_starts_isnt_counted() -> None:
    measured = Measured()
    measured.service = SubscriptionMetricsService(
        measured.feed, None, lambda: measured.now, settling_s=2.5
    )
    slow = (swap(1200.0),)
    measured.second(latency_ms={5000.0: 9}, swap_count=1, newest_swaps=slow, received=5)
    measured.second()
    assert measured.grade(Metric.SWAP) is Grade.NONE
    assert measured.grade(Metric.EXCHANGE_DELAY) is Grade.NONE
    assert measured.service.swap_ms[BTC] == 1200.0
    measured.second(latency_ms={5000.0: 10})
    assert measured.grade(Metric.EXCHANGE_DELAY) is Grade.BAD
    assert measured.service.history.bands[DAY].total(["received"], measured.sample.at) == {
        "received": 5.0
    }


async def test_a_sample_is_taken_every_second_while_it_runs() -> None:
    measured = Measured()
    measured.feed.measured = replace(HEALTHY, at=START + 0.999)
    async with measured.service:
        await until(lambda: measured.service.newest is not None)
    newest = measured.service.newest
    assert newest is not None
    assert newest.sample.at == START + 0.999
