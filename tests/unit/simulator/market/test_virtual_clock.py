import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_auto_trading.simulator.market.virtual_clock import SpeedError, VirtualClock

START_MS = 1_795_435_200_000


@given(speed=st.floats(1, 1000), passed_s=st.floats(0, 10_000), ahead_ms=st.integers(0, 10_000_000))
def test_it_says_how_long_to_wait_for_a_moment(
    speed: float, passed_s: float, ahead_ms: int
) -> None:
    clock = VirtualClock(exchange_ms=START_MS, monotonic_s=7.0, speed=speed)
    now_s = 7.0 + passed_s
    now_ms = clock.now_ms(now_s)
    assert now_ms == pytest.approx(START_MS + passed_s * 1000 * speed, abs=1.0)
    wait_s = clock.seconds_until(now_ms + ahead_ms, now_s)
    assert wait_s == pytest.approx(ahead_ms / 1000 / speed, abs=0.0011)
    assert clock.now_ms(now_s + wait_s + 1e-5) >= now_ms + ahead_ms


@pytest.mark.parametrize("speed", [0.0, 0.5, -1.0, 1001.0, float("nan")])
def test_speeds_outside_1_to_1000_are_refused(speed: float) -> None:
    with pytest.raises(SpeedError):
        VirtualClock(exchange_ms=START_MS, monotonic_s=0.0, speed=speed)
