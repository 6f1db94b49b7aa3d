"""The exchange's time inside the running server."""

from collections.abc import Callable
from typing import Protocol


class TimeMap(Protocol):
    """Maps monotonic seconds, passed in, to exchange milliseconds and back."""

    @property
    def speed(self) -> float: ...
    def now_ms(self, monotonic_s: float) -> int: ...
    def seconds_until(self, exchange_ms: int, monotonic_s: float) -> float: ...


class ExchangeClock:
    """Exchange time as it passes here: `monotonic` drives it, `wall_s` dates log and limits."""

    def __init__(
        self, time_map: TimeMap, monotonic: Callable[[], float], wall_s: Callable[[], float]
    ) -> None:
        self._map = time_map
        self._monotonic = monotonic
        self.wall_s = wall_s

    @property
    def speed(self) -> float:
        """Exchange seconds per real second."""
        return self._map.speed

    def now_ms(self) -> int:
        """Exchange time in epoch milliseconds."""
        return self._map.now_ms(self._monotonic())

    def seconds_until(self, exchange_ms: int) -> float:
        """Real seconds until an exchange time, 0 when it has passed."""
        return self._map.seconds_until(exchange_ms, self._monotonic())

    def wall_ms(self) -> int:
        """The computer's clock in epoch milliseconds."""
        return int(self.wall_s() * 1000)
