"""What a watched process took: shares and slopes of samples, and a reading of this very process."""

import os
import sys

import pytest

from benchmarks.process_use import Use, cpu_share, growth_of, use_of


def test_a_share_is_processor_time_over_time() -> None:
    assert cpu_share([Use(10.0, 1.0, 90.0), Use(15.0, 2.0, 95.0)]) == pytest.approx(0.2)


def test_growth_is_the_slope_in_mb_an_hour_whatever_noise_does() -> None:
    steady = [Use(float(n), 0.0, 100.0 + (-1) ** n * 0.5) for n in range(600)]
    rising = [Use(float(n), 0.0, 100.0 + n * 2 / 3600) for n in range(600)]
    assert abs(growth_of(steady)) < 0.2
    assert growth_of(rising) == pytest.approx(2.0)


@pytest.mark.skipif(sys.platform != "linux", reason="read from /proc")
def test_a_process_is_read_from_the_system() -> None:
    before = use_of(os.getpid())
    ballast = bytearray(os.urandom(1 << 20) * 32)
    after = use_of(os.getpid())
    assert after.rss_mb > before.rss_mb + 16
    assert after.cpu_s >= before.cpu_s
    assert after.at > before.at
    del ballast
