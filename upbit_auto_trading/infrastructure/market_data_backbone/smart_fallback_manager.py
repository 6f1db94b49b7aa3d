"""How long to wait for the socket, when to ask REST beside it, and what a failure means.

Sans-I/O. Waiting ends the moment data arrives; the time-outs only bound it. All of them follow
the measured round trip, so that a far or slow line isn't taken for a broken one.
"""

from dataclasses import dataclass, field
from typing import Final

from upbit_auto_trading.domain.failure import FailureCause, MarketDataError
from upbit_auto_trading.infrastructure.market_data_backbone.histogram import LogHistogram
from upbit_auto_trading.infrastructure.upbit.timings import Timings

_LEARNT_FROM: Final = 20
_ROUND_TRIPS: Final = 4
_TRANSIENT: Final = frozenset(
    {
        FailureCause.NOT_CONNECTED,
        FailureCause.NO_DATA_IN_TIME,
        FailureCause.RATE_LIMITED,
        FailureCause.BANNED,
        FailureCause.BAD_DATA,
        FailureCause.SERVER_ERROR,
        FailureCause.NOT_UPBIT,
    }
)


@dataclass(slots=True)
class FallbackFigures:
    """What the fallback did: causes, hedges, returns to the socket."""

    by_cause: dict[str, int] = field(default_factory=dict)
    hedges_sent: int = 0
    hedges_won: int = 0
    returns: int = 0


class SmartFallbackManager:
    """Decides on waiting, hedging and standing in; remembers whether the socket answers."""

    def __init__(self, timings: Timings) -> None:
        self._timings = timings
        self._waits = LogHistogram()
        self._fell_back = False
        self.rtt_s: float | None = None
        self.figures = FallbackFigures()

    def timeouts(self) -> tuple[float, ...]:
        """Return how long each of the up to three waits may take, in seconds."""
        least = 0.0 if self.rtt_s is None else _ROUND_TRIPS * self.rtt_s
        return tuple(max(timeout, least) for timeout in self._timings.answer_timeouts)

    def hedge_after(self) -> float:
        """Return after how many seconds of waiting REST is asked as well.

        That is the wait which 95 % of answers don't exceed, once enough have been seen.
        """
        first = self.timeouts()[0]
        if self._waits.count < _LEARNT_FROM:
            return first / 2
        learnt = self._waits.percentile(0.95)
        return first if learnt is None else min(first, learnt / 1000)

    def waited(self, seconds: float) -> None:
        """Learn from a wait for the socket that was answered."""
        self._waits.add(seconds * 1000)

    def fell_back(self, cause: str) -> bool:
        """Count an answer that REST or a cache had to give in the socket's place.

        Returns whether it is the first since the socket answered.
        """
        self.figures.by_cause[cause] = self.figures.by_cause.get(cause, 0) + 1
        is_first = not self._fell_back
        self._fell_back = True
        return is_first

    def answered_live(self) -> bool:
        """Note that the socket answered; return whether that ends a fallback."""
        is_return = self._fell_back
        self._fell_back = False
        self.figures.returns += is_return
        return is_return

    def hedged(self, *, rest_won: bool) -> None:
        """Count a request that was asked both ways."""
        self.figures.hedges_sent += 1
        self.figures.hedges_won += rest_won

    @staticmethod
    def may_stand_in(error: MarketDataError) -> bool:
        """Whether a kept value may stand in for what failed with `error`.

        It may where the way failed, never where Upbit said that there is no such thing.
        """
        return error.cause in _TRANSIENT
