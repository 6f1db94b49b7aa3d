import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_auto_trading.infrastructure.clock import Clock
from upbit_auto_trading.infrastructure.market_data_backbone.exchange_time import ExchangeTime

HOUR_MS = 3_600_000.0


class Machine:
    """Our two clocks, and the exchange's, which is always right. Seconds."""

    def __init__(self, ahead_s: float = 0.0) -> None:
        self.true = 1_790_000_000.0
        self.ahead_s = ahead_s
        self.time = ExchangeTime(Clock(self.monotonic, self.wall), forget_after=60.0)

    def monotonic(self) -> float:
        return self.true - 1_789_000_000.0

    def wall(self) -> float:
        return self.true + self.ahead_s

    def frame(self, took_ms: float = 50.0, wrong_ms: float = 0.0) -> float | None:
        """Let a frame arrive as the intake does; return how far off it was found."""
        time = self.time
        lag = (time.steady_s(self.monotonic()) - self.true) * 1000 + took_ms - wrong_ms
        if time.low <= lag <= time.high:
            time.least = min(time.least, lag)
            return None
        return time.stray(lag)

    def frames(self, seconds: float = 2.0, **how: float) -> list[float | None]:
        """Ten frames a second, looked at four times a second."""
        found = []
        for number in range(int(seconds * 10)):
            self.true += 0.1
            found.append(self.frame(**how))
            if number % 3 == 0:
                self.time.roll(self.monotonic())
        self.time.roll(self.monotonic())
        return found

    def answer(self, rtt_s: float = 0.02) -> None:
        """Let REST answer once."""
        sent = self.monotonic()
        self.true += rtt_s / 2
        date = float(int(self.true))
        self.true += rtt_s / 2
        self.time.http_date(date, sent, self.monotonic())

    def latency(self, took_ms: float) -> float:
        """What a frame that took so long is told to have taken."""
        lag = (self.time.steady_s(self.monotonic()) - self.true) * 1000 + took_ms
        return lag - self.time.correction_ms


def test_nothing_is_claimed_without_evidence() -> None:
    machine = Machine()
    machine.time.roll(machine.monotonic())
    assert machine.time.offset().ms is None
    assert not machine.time.offset().is_off


def test_a_latency_is_not_taken_for_an_offset_of_a_right_clock() -> None:
    machine = Machine()
    machine.answer()
    machine.frames(took_ms=80.0)
    assert machine.time.offset().ms == pytest.approx(0.0)
    assert machine.latency(80.0) == pytest.approx(80.0)


@given(ahead_s=st.sampled_from([-600.0, -5.0, 5.0, 600.0]))
def test_a_wrong_clock_is_found_and_taken_out_of_latencies(ahead_s: float) -> None:
    machine = Machine(ahead_s)
    machine.answer()
    machine.frames(took_ms=40.0)
    found = machine.time.offset()
    assert found.ms == pytest.approx(ahead_s * 1000, abs=50)
    assert found.is_off
    assert machine.latency(60.0) == pytest.approx(60.0, abs=50)


def test_http_alone_finds_the_offset_to_a_second() -> None:
    machine = Machine(ahead_s=-600.0)
    for _ in range(5):
        machine.true += 1.3
        machine.answer()
    machine.time.roll(machine.monotonic())
    assert machine.time.offset().ms == pytest.approx(-600_000, abs=1000)


def test_a_step_of_the_wall_clock_moves_the_offset_and_no_frame_looks_wrong() -> None:
    machine = Machine()
    machine.answer()
    machine.frames()
    machine.ahead_s = 600.0
    assert machine.frames() == [None] * 20
    assert machine.time.offset().ms == pytest.approx(600_000, abs=60)
    assert machine.latency(50.0) == pytest.approx(50.0, abs=60)


@pytest.mark.parametrize("wrong_ms", [HOUR_MS, -HOUR_MS])
def test_a_frame_an_hour_off_is_told_from_the_others_and_poisons_nothing(wrong_ms: float) -> None:
    machine = Machine()
    machine.answer()
    machine.frames()
    off = machine.frame(wrong_ms=wrong_ms)
    assert off == pytest.approx(-wrong_ms)
    machine.frames()
    assert machine.time.offset().ms == pytest.approx(0.0)
    assert machine.latency(50.0) == pytest.approx(50.0)


def test_wrong_times_of_all_streams_are_never_believed_against_http() -> None:
    machine = Machine()
    machine.answer()
    machine.frames()
    for _ in range(60):
        assert None not in machine.frames(wrong_ms=HOUR_MS)
    assert machine.frames() == [None] * 20


def test_after_a_sleep_of_the_machine_times_are_learnt_anew() -> None:
    machine = Machine()
    machine.frames()
    machine.time._base_s -= 3600.0
    machine.time.reset()
    assert machine.frames() == [None] * 20
    assert machine.frame(wrong_ms=HOUR_MS) == pytest.approx(-HOUR_MS)


def test_before_anything_is_learnt_no_frame_is_held_for_wrong() -> None:
    machine = Machine()
    assert machine.frame(wrong_ms=HOUR_MS) is None
