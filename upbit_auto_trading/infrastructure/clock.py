"""The one place that reads the clocks."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clock:
    """Two clocks in seconds: `monotonic` for durations, `wall` (epoch) for what people read.

    `rate` is how many seconds of `wall` pass in one of `monotonic`: 1, except before a simulated
    exchange that runs faster than real.
    """

    monotonic: Callable[[], float] = time.perf_counter
    wall: Callable[[], float] = time.time
    rate: float = 1.0


SYSTEM_CLOCK = Clock()
