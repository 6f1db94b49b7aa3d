"""Exchange time that stands still until somebody listens."""

from typing import Final

from upbit_auto_trading.simulator.market.virtual_clock import VirtualClock

_LOOK_AGAIN_S: Final = 0.25


class HeldTime:
    """Stands at `begin_ms` until it is let go, then runs at `speed` times real time.

    Monotonic seconds are passed in. Whoever waits while it stands looks again in a quarter of a
    second.
    """

    def __init__(self, begin_ms: int, speed: float) -> None:
        self._begin_ms = begin_ms
        self._speed = speed
        self._running: VirtualClock | None = None

    @property
    def speed(self) -> float:
        """Exchange seconds per real second, once it runs."""
        return self._speed

    def let_go(self, monotonic_s: float) -> bool:
        """Let time run from now on; return whether it stood."""
        if self._running is not None:
            return False
        self._running = VirtualClock(
            exchange_ms=self._begin_ms, monotonic_s=monotonic_s, speed=self._speed
        )
        return True

    def now_ms(self, monotonic_s: float) -> int:
        """Return exchange time."""
        return self._begin_ms if self._running is None else self._running.now_ms(monotonic_s)

    def seconds_until(self, exchange_ms: int, monotonic_s: float) -> float:
        """Return the real seconds until exchange time is at least `exchange_ms`; 0 if it is."""
        if self._running is not None:
            return self._running.seconds_until(exchange_ms, monotonic_s)
        return _LOOK_AGAIN_S if exchange_ms > self._begin_ms else 0.0
