"""The one place that reads the clocks."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clock:
    """Two clocks in seconds: `monotonic` for durations, `wall` (epoch) for what people read."""

    monotonic: Callable[[], float] = time.perf_counter
    wall: Callable[[], float] = time.time


SYSTEM_CLOCK = Clock()
