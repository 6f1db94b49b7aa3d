"""How far one market's events have been published. Sans-I/O; exchange milliseconds."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from upbit_auto_trading.domain.timeframe import Timeframe
from upbit_auto_trading.simulator.market.market_source import MarketSource, Print

_CANDLE_CADENCE_MS = 1000
LONGEST_CATCH_UP_MS = 600_000
_LONGEST_STEP_MS = 60_000


def publish_lag_ms(market: str) -> int:
    """Return how long after an event of `market` its frames leave: 35 to 60 ms, as measured."""
    return 35 + zlib.crc32(market.encode()) % 26


@dataclass(frozen=True, slots=True)
class Happened:
    """What became due: prints in order, whether the book changed, whether candles are to go."""

    prints: Sequence[Print]
    book_changed: bool
    candles_due: bool


class MarketProgress:
    """A cursor over a market's prints and book changes.

    Everything is published `lag_ms` after it happened; candles at most once a second, at a phase
    of their own. Both are fixed per market. After a stop of more than `longest_catch_up_ms` the
    part before that is left out.
    """

    def __init__(
        self,
        source: MarketSource,
        market: str,
        now_ms: int,
        longest_catch_up_ms: int = LONGEST_CATCH_UP_MS,
    ) -> None:
        self._longest_catch_up_ms = longest_catch_up_ms
        self._source = source
        self.market = market
        self.lag_ms = publish_lag_ms(market)
        self._phase_ms = zlib.crc32(market.encode()) % _CANDLE_CADENCE_MS
        self.seen_ms = now_ms - self.lag_ms
        self._unsent: list[int] = []
        self._candles_due_ms: int | None = None

    def due_ms(self) -> int:
        """Return when there is something to publish next."""
        event_ms = self._source.next_event_ms(self.market, self.seen_ms) + self.lag_ms
        return event_ms if self._candles_due_ms is None else min(event_ms, self._candles_due_ms)

    def advance(self, now_ms: int) -> Happened:
        """Take what happened until `now_ms`, of a longer time its first minute.

        The next one is due at once then, so that others have their turn in between.
        """
        until_ms = max(now_ms - self.lag_ms, self.seen_ms)
        since_ms = max(self.seen_ms, until_ms - self._longest_catch_up_ms) + 1
        if until_ms - since_ms > _LONGEST_STEP_MS:
            until_ms = since_ms + _LONGEST_STEP_MS
            now_ms = until_ms + self.lag_ms
        prints = self._source.prints(self.market, since_ms, until_ms + 1)
        changed = bool(self._source.book_changes(self.market, since_ms, until_ms + 1))
        self.seen_ms = until_ms
        if prints:
            self._unsent.extend(trade.trade_ms for trade in prints)
            if self._candles_due_ms is None:
                self._candles_due_ms = self._next_candle_ms(now_ms)
        due = self._candles_due_ms is not None and self._candles_due_ms <= now_ms
        if due:
            self._candles_due_ms = None
        return Happened(prints, changed, due)

    def touched(self, timeframe: Timeframe) -> Sequence[int]:
        """Return starts of the candles traded in since candles were last sent, oldest first."""
        return sorted({timeframe.start_of_ms(moment) for moment in self._unsent})

    def candles_sent(self) -> None:
        """Forget the trades that the candles just sent contain."""
        self._unsent.clear()

    def _next_candle_ms(self, now_ms: int) -> int:
        passed = (now_ms - self._phase_ms) % _CANDLE_CADENCE_MS
        return now_ms + _CANDLE_CADENCE_MS - passed
