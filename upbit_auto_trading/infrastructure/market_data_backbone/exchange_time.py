"""How the exchange's clock stands to ours, and which frames' times can't be true. Sans-I/O.

A *lag* is how long after its own time a frame arrived, by a steady clock: the wall clock's time
at the start, carried on by the monotonic clock, so that steps of the wall clock don't show. Lags
of frames that tell something new differ by what the network adds, some hundred milliseconds; a
stream whose lags are ten minutes off from everybody else's has a wrong time.
"""

from collections import deque
from dataclasses import dataclass
from math import inf
from statistics import median
from typing import Final

from upbit_auto_trading.infrastructure.clock import Clock

_LIMIT_MS: Final = 600_000.0
_LEARNT_FROM: Final = 8
_NOTED_MS: Final = 2000.0
_RECENT_ROLLS: Final = 8
_DATES: Final = 16
_DATE_STEP_MS: Final = 1000.0


@dataclass(frozen=True, slots=True)
class ClockOffset:
    """How far our wall clock is ahead of the exchange's, in ms; None without evidence."""

    ms: float | None

    @property
    def is_off(self) -> bool:
        """Whether the difference is worth telling the user."""
        return self.ms is not None and abs(self.ms) > _NOTED_MS


class ExchangeTime:
    """Judges lags, and estimates the offset of the two clocks.

    Whoever takes frames in compares each lag with `low` and `high` itself and lowers `least`;
    what lies outside goes to `stray`. `correction_ms` taken from a lag gives the latency. The
    other methods are called now and then.
    """

    def __init__(self, clock: Clock, forget_after: float) -> None:
        self._clock = clock
        self._forget_after = forget_after
        self._base_s = clock.wall() - clock.rate * clock.monotonic()
        self.reset()

    def reset(self) -> None:
        """Learn anew: the machine slept, and the steady clock with it."""
        self.low, self.high, self.least = inf, -inf, inf
        self.correction_ms = 0.0
        self._reference: float | None = None
        self._good_at = -inf
        self._strays: deque[float] = deque(maxlen=64)
        self._recent: deque[float] = deque(maxlen=_RECENT_ROLLS)
        self._window: deque[tuple[float, float]] = deque()
        self._dates: deque[tuple[float, float]] = deque(maxlen=_DATES)

    def steady_s(self, monotonic: float) -> float:
        """Return the steady clock's time (epoch s) at a moment of the monotonic one."""
        return self._base_s + self._clock.rate * monotonic

    def stray(self, lag_ms: float) -> float | None:
        """Return how far off a lag beyond the limits is; None while that isn't known."""
        self._strays.append(lag_ms)
        return None if self._reference is None else lag_ms - self._reference

    def http_date(self, date_s: float, sent: float, received: float) -> None:
        """Take an answer's `Date` (epoch s, whole) and when it was asked and had (monotonic)."""
        if self._clock.rate != 1:
            return  # a simulated exchange that runs faster dates its answers by real time
        # The second it names was running at some moment between the two.
        lowest = (self.steady_s(sent) - date_s) * 1000 - _DATE_STEP_MS
        highest = (self.steady_s(received) - date_s) * 1000
        self._dates.append((lowest, highest))

    def roll(self, now: float) -> None:
        """Take what arrived since the last call into account; call it a few times a second."""
        if self.least < inf:
            self._good_at = now
            self._strays.clear()
            self._recent.append(self.least)
            self._window.append((now, self.least))
            self.least = inf
            self._refer_to(min(self._recent))
        elif len(self._strays) >= _LEARNT_FROM and self._may_learn(now):
            self._good_at = now
            self._recent.clear()
            self._window.clear()
            self._refer_to(median(self._strays))
            self._strays.clear()
        while self._window and self._window[0][0] < now - self._forget_after:
            self._window.popleft()
        self.correction_ms = (self._steady_offset() or 0.0) if self._has_evidence else 0.0

    def offset(self) -> ClockOffset:
        """Return the estimate of this moment."""
        steady = self._steady_offset() if self._has_evidence else None
        return ClockOffset(None if steady is None else steady + self._stepped_ms())

    @property
    def _has_evidence(self) -> bool:
        return bool(self._window or self._dates)

    def _refer_to(self, lag_ms: float) -> None:
        self._reference = lag_ms
        self.low, self.high = lag_ms - _LIMIT_MS, lag_ms + _LIMIT_MS

    def _may_learn(self, now: float) -> bool:
        """Whether the frames of now may say what is right.

        In the beginning they may. Later only when nothing else came for long and HTTP agrees:
        an exchange whose streams are all wrong isn't believed for saying so long enough.
        """
        if self._reference is None:
            return True
        if now - self._good_at <= self._forget_after:
            return False
        dated = self._dated()
        found = median(self._strays)
        return dated is None or dated[0] - _LIMIT_MS <= found <= dated[1] + _LIMIT_MS

    def _dated(self) -> tuple[float, float] | None:
        """Return between what the offset lies by HTTP; the newest answer wins a contradiction."""
        if not self._dates:
            return None
        lowest = max(low for low, _ in self._dates)
        highest = min(high for _, high in self._dates)
        return (lowest, highest) if lowest <= highest else self._dates[-1]

    def _steady_offset(self) -> float | None:
        """Return the estimate against the steady clock.

        The fastest frame bounds it from above, HTTP from both sides. While the evidence allows
        that the wall clock is right, it is: a latency mustn't be taken for an offset.
        """
        dated = self._dated()
        lowest, highest = dated or (-inf, inf)
        fastest = min((lag for _, lag in self._window), default=inf)
        if fastest >= lowest - _NOTED_MS:  # else the frames' times are wrong, all of them
            highest = min(highest, max(fastest, lowest)) if fastest < inf else highest
        right = -self._stepped_ms()
        if lowest <= right <= highest:
            return right
        return highest if highest < inf else None

    def _stepped_ms(self) -> float:
        """How far the wall clock was put forward since the start."""
        return (self._clock.wall() - self.steady_s(self._clock.monotonic())) * 1000
