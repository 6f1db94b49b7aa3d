"""Exchange time: a line through the process's monotonic time, as fast as wanted."""

from typing import Final

SLOWEST: Final = 1.0
FASTEST: Final = 1000.0


class SpeedError(ValueError):
    """A speed the clock can't run at."""

    def __init__(self, speed: float) -> None:
        super().__init__(f"speed {speed:g} is not between {SLOWEST:g} and {FASTEST:g}")
        self.speed = speed


class VirtualClock:
    """Maps monotonic seconds, passed in, to epoch milliseconds of the simulated exchange."""

    def __init__(self, *, exchange_ms: int, monotonic_s: float, speed: float = 1.0) -> None:
        self._speed = _checked(speed)
        self._exchange_ms = float(exchange_ms)
        self._monotonic_s = monotonic_s

    @property
    def speed(self) -> float:
        """Exchange seconds per real second."""
        return self._speed

    def now_ms(self, monotonic_s: float) -> int:
        """Return exchange time."""
        return int(self._exact_ms(monotonic_s))

    def seconds_until(self, exchange_ms: int, monotonic_s: float) -> float:
        """Return the real seconds until exchange time is at least `exchange_ms`; 0 if it is."""
        return max(0.0, (exchange_ms - self._exact_ms(monotonic_s)) / 1000.0 / self._speed)

    def _exact_ms(self, monotonic_s: float) -> float:
        return self._exchange_ms + (monotonic_s - self._monotonic_s) * 1000.0 * self._speed


def _checked(speed: float) -> float:
    if not SLOWEST <= speed <= FASTEST:
        raise SpeedError(speed)
    return float(speed)
