"""Plans how history is asked for: pages without gap or overlap. Sans-I/O.

`to` is exclusive and a page holds at most 200 candles that exist, so a page is continued from
its oldest start, never by counting slots.
"""

from dataclasses import dataclass, field
from typing import Final

from upbit_auto_trading.domain.candle import Candle

PAGE: Final = 200


@dataclass(slots=True)
class CandlePages:
    """The `count` newest candles that start before `before_ms` (None: now).

    With `since_ms` the pages end there instead, whatever the count.
    """

    count: int
    before_ms: int | None = None
    since_ms: int | None = None
    _pages: list[list[Candle]] = field(default_factory=list)
    _taken: int = 0
    _ended: bool = False

    def next_request(self) -> tuple[int, int | None] | None:
        """Return (count, before_ms) of the next page; None when there is nothing to ask."""
        if self._ended or self._taken >= self.count:
            return None
        return min(PAGE, self.count - self._taken), self.before_ms

    def took(self, page: list[Candle]) -> None:
        """Take a page, oldest first, as the answer to the last request."""
        asked = min(PAGE, self.count - self._taken)
        kept = [
            candle
            for candle in page
            if (self.before_ms is None or candle.start_ms < self.before_ms)
            and (self.since_ms is None or candle.start_ms >= self.since_ms)
        ]
        if kept:
            self._pages.append(kept)
            self._taken += len(kept)
        # A page that is short, or brings nothing older, is the start of what exists.
        if len(page) < asked or not kept or len(kept) < len(page):
            self._ended = True
        if page:
            oldest = page[0].start_ms
            if self.before_ms is not None and oldest >= self.before_ms:
                self._ended = True
            self.before_ms = oldest

    def took_known(self, candles: list[Candle], from_ms: int) -> None:
        """Take what is already known back to `from_ms`; asking goes on before it."""
        if candles:
            self._pages.append(candles)
            self._taken += len(candles)
        self.before_ms = from_ms

    @property
    def missing(self) -> int:
        """How many candles are still wanted."""
        return self.count - self._taken

    def candles(self) -> list[Candle]:
        """Return everything taken, oldest first."""
        return [candle for page in reversed(self._pages) for candle in page]
