"""How the exchange can group one market's book, and the book it groups."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from upbit_auto_trading.domain.failure import FailureCause, MarketDataError
from upbit_auto_trading.domain.money import exact, tick_size
from upbit_auto_trading.domain.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from upbit_auto_trading.application.ports import MarketDataFeed
    from upbit_auto_trading.domain.instrument import Instrument
    from upbit_auto_trading.domain.orderbook import Orderbook

_HOPELESS = (FailureCause.UNKNOWN_MARKET, FailureCause.REFUSED)


class BookLevels:
    """The levels of one market, the one chosen, and the newest book grouped by it.

    The grouped book is a stream beside the plain one, whose best prices stay exact.
    """

    def __init__(self, market: str) -> None:
        self.market = market
        self.chosen = 0.0
        self.book: Orderbook | None = None
        self.instrument: Instrument | None = None

    @property
    def streams(self) -> list[Stream]:
        """The stream of the chosen level, none where the plain book is shown."""
        return [Stream("orderbook", self.market, self.chosen)] if self.chosen else []

    def usable(self, price: float) -> tuple[float, ...]:
        """The won sizes the exchange groups by now; none where it isn't known for this price.

        Levels follow the price band, so those read in another band don't count.
        """
        instrument = self.instrument
        if instrument is None or instrument.tick_size != tick_size(self.market, exact(price)):
            return ()
        return tuple(level for level in instrument.levels if level > 0)

    def choose(self, level: float) -> bool:
        """Have the book grouped by `level` won, 0 for not at all; return whether that's new."""
        if level == self.chosen:
            return False
        self.chosen, self.book = level, None
        return True

    def take(self, book: Orderbook) -> bool:
        """Take in a grouped book; return whether it is the one shown."""
        if not self.chosen or book.grouping != self.chosen:
            return False
        self.book = book
        return True

    async def load(
        self,
        feed: MarketDataFeed,
        on_change: Callable[[], None],
        retry_delays_s: Sequence[float],
    ) -> None:
        """Learn the levels, trying again until they are there or refused."""
        attempt = 0
        while True:
            try:
                answer = await feed.instrument(self.market)
            except MarketDataError as error:
                if error.cause in _HOPELESS:
                    return
                await asyncio.sleep(retry_delays_s[min(attempt, len(retry_delays_s) - 1)])
                attempt += 1
                continue
            self.instrument = answer.value
            on_change()
            return
