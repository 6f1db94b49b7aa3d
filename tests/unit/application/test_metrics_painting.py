"""From arrival to the screen: what is counted when, and how long it took."""

from upbit_auto_trading.application.metrics_history import bucket_of
from upbit_auto_trading.application.metrics_painting import PaintMeter


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_value_is_painted_with_the_painting_after_its_widget_got_it() -> None:
    clock = Clock()
    meter = PaintMeter(clock)
    meter.take("chart")
    meter.paint("chart")
    assert meter.painted["chart"] == 0
    assert meter.pending("chart") == 1
    meter.give("chart")
    clock.now += 0.02
    meter.paint("chart")
    assert meter.painted["chart"] == meter.taken["chart"] == 1
    assert meter.pending("chart") == 0


def test_values_painted_together_count_each_and_as_late_as_the_oldest() -> None:
    clock = Clock()
    meter = PaintMeter(clock)
    for _ in range(5):
        meter.take("chart")
        clock.now += 0.01
    meter.give("chart")
    meter.paint("chart")
    assert meter.painted["chart"] == 5
    assert meter.conflated == 4
    assert meter.take_delays() == {bucket_of(50.0): 1}
    assert not meter.take_delays()


def test_what_comes_between_giving_and_painting_waits_for_the_next_painting() -> None:
    meter = PaintMeter(Clock())
    meter.take("chart")
    meter.give("chart")
    meter.take("chart")
    meter.paint("chart")
    assert (meter.painted["chart"], meter.pending("chart")) == (1, 1)


def test_two_states_before_one_painting_are_painted_by_it_since_the_first() -> None:
    clock = Clock()
    meter = PaintMeter(clock)
    meter.take("chart")
    meter.give("chart")
    clock.now += 0.1
    meter.take("chart")
    meter.give("chart")
    meter.paint("chart")
    assert meter.painted["chart"] == 2
    assert meter.take_delays() == {bucket_of(100.0): 1}


def test_parts_are_counted_apart_and_empty_paintings_not_at_all() -> None:
    meter = PaintMeter(Clock())
    meter.take("chart")
    meter.give("orderbook")
    meter.paint("orderbook")
    assert not meter.painted
    assert not meter.take_delays()
