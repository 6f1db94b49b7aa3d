"""Prints and books over REST while the socket can't bring them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from upbit_auto_trading.domain.failure import MarketDataError
from upbit_auto_trading.domain.stream import Source

if TYPE_CHECKING:
    from collections.abc import Callable

    from upbit_auto_trading.application.ports import MarketDataFeed
    from upbit_auto_trading.application.tick_intake import TickIntake
    from upbit_auto_trading.domain.orderbook import Orderbook
    from upbit_auto_trading.domain.recording import TickTaken

FRESH_S: Final = 5.0
"""A print may fire rules if the answer before the one that brought it is at most this old."""

_COUNTS: Final = (50, 500, 2_000)
_BOOK_S: Final = 2.0
_TRUSTED: Final = frozenset({Source.REST, Source.WEBSOCKET})


class TickFallback:
    """Asks REST for one market's newest prints and lets an intake carry them.

    `clock` is monotonic, in seconds. How old a print can be is known without comparing clocks:
    it wasn't in the answer before.
    """

    def __init__(
        self, feed: MarketDataFeed, market: str, intake: TickIntake, clock: Callable[[], float]
    ) -> None:
        self.age_s: float | None = None
        self._feed, self._market, self._intake, self._clock = feed, market, intake, clock
        self._asked_at: float | None = None
        self._book: Orderbook | None = None
        self._book_at = float("-inf")

    def rest(self) -> None:
        """Note that the socket brings prints again."""
        self._asked_at = self.age_s = None

    async def prints(self, is_needed: Callable[[], bool]) -> list[TickTaken]:
        """Return what REST knows more; nothing, and no trust, where it doesn't answer.

        Nothing either once the answer isn't needed any more.
        """
        asked_at = self._clock()
        for count in _COUNTS:
            try:
                page = await self._feed.trades(self._market, count)
            except MarketDataError:
                self._expire()
                return []
            if not is_needed():
                return []
            if page.channel not in _TRUSTED:
                self._expire()
                return []
            if self._intake.joins(page.values, count):
                before, self._asked_at = self._asked_at, asked_at
                late_s = float("inf") if before is None else self._clock() - before
                self.age_s = None if before is None else late_s
                return self._intake.carry(page.values, in_time=late_s <= FRESH_S)
        # So much happened meanwhile that prints are missing between: the feed's repair brings
        # them, and until then nothing can be judged.
        self._intake.end_carrying()
        self._asked_at = None
        return []

    async def refresh_book(self) -> None:
        """Ask for the book, for an order or a rule that needs it now."""
        try:
            answer = await self._feed.orderbook(self._market)
        except MarketDataError:
            return
        if answer.channel in _TRUSTED and answer.age_ms <= _BOOK_S * 1000:
            self._book, self._book_at = answer.value, self._clock()

    def book(self) -> Orderbook | None:
        """Return the book REST gave, None where it is too old to be traded against."""
        return self._book if self._clock() - self._book_at <= _BOOK_S else None

    def _expire(self) -> None:
        if self._asked_at is None or self._clock() - self._asked_at > FRESH_S:
            self._asked_at = self.age_s = None
            self._intake.end_carrying()
