"""A series of candles that history and live updates both flow into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from upbit_auto_trading.domain.stream import Delivery

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from upbit_auto_trading.domain.candle import Candle
    from upbit_auto_trading.domain.timeframe import Timeframe
    from upbit_auto_trading.domain.trade import Trade

_FIRST_CAPACITY: Final = 512
_PRICES: Final = ("open", "high", "low", "close", "volume", "turnover")


@dataclass(frozen=True, slots=True)
class CandleColumns:
    """Candles as columns, oldest first, all of one length.

    `start_ms` is int64 epoch milliseconds, the others float64. Views of a series' memory:
    valid until the series' next change.
    """

    start_ms: NDArray[np.int64]
    open: NDArray[np.float64]
    high: NDArray[np.float64]
    low: NDArray[np.float64]
    close: NDArray[np.float64]
    volume: NDArray[np.float64]
    turnover: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.start_ms)


class CandleSeries:
    """The candles of one market and timeframe, each slot once, oldest first.

    Candles may come in any order and any number of times. For one slot the candle with the
    newest trade stands; of two with the same newest trade a live one replaces what was there,
    and one from history only a candle of less volume.

    `revision` counts every change, `history_revision` those of any candle but the newest: while
    it stands, what was computed from the candles before the newest stays true.
    """

    def __init__(self, market: str, timeframe: Timeframe) -> None:
        self.market = market
        self.timeframe = timeframe
        self.revision = 0
        self.history_revision = 0
        self._length = 0
        self._start = np.empty(_FIRST_CAPACITY, dtype=np.int64)
        self._newest_trade = np.empty(_FIRST_CAPACITY, dtype=np.int64)
        self._prices = np.empty((len(_PRICES), _FIRST_CAPACITY), dtype=np.float64)
        self._whole = self._columns(0)

    def __len__(self) -> int:
        return self._length

    @property
    def columns(self) -> CandleColumns:
        """Every candle, the running one included."""
        if len(self._whole) != self._length:
            self._whole = self._columns(self._length)
        return self._whole

    def closed_columns(self, now_ms: int) -> CandleColumns:
        """The candles proven closed at exchange time `now_ms`: a moment at the end is past it."""
        return self._columns(self.closed_length(now_ms))

    def closed_length(self, now_ms: int) -> int:
        """How many candles are proven closed: all but a last one whose slot isn't over."""
        if self._length == 0:
            return 0
        last = int(self._start[self._length - 1])
        over = self.timeframe.next_start_ms(last) <= now_ms
        return self._length if over else self._length - 1

    def apply(self, candle: Candle) -> bool:
        """Take in one candle; return whether anything changed.

        Raises:
            ValueError: it belongs to another market or timeframe.
        """
        self._check(candle)
        length = self._length
        if length and candle.start_ms == self._start[length - 1]:
            place = length - 1
        elif not length or candle.start_ms > self._start[length - 1]:
            self._reserve(length + 1)
            self._length += 1
            return self._write(length, candle)
        else:
            place = int(np.searchsorted(self._start[:length], candle.start_ms))
            if self._start[place] != candle.start_ms:
                self._insert(place)
                return self._write(place, candle)
        if not self._stands_over(place, candle):
            return False
        if place != length - 1:
            self.history_revision += 1
        return self._write(place, candle)

    def apply_trade(self, trade: Trade) -> bool:
        """Let the running candle follow a live trade; return whether it did.

        The trade must be newer than everything in its candle. The next candle from the
        exchange, which counts the same trade, replaces what was added here.

        Raises:
            ValueError: it belongs to another market.
        """
        if trade.market != self.market:
            raise ValueError(f"a trade of {trade.market} doesn't belong to {self.market}")
        start_ms = self.timeframe.start_of_ms(trade.trade_ms)
        last = self._length - 1
        if last < 0 or start_ms < self._start[last]:
            return False
        if start_ms > self._start[last]:
            self._reserve(self._length + 1)
            self._length += 1
            last += 1
            self._start[last] = start_ms
            self._prices[:4, last] = trade.price
            self._prices[4:, last] = 0.0
        elif trade.trade_ms <= self._newest_trade[last]:
            return False
        prices = self._prices
        prices[1, last] = max(prices[1, last], trade.price)
        prices[2, last] = min(prices[2, last], trade.price)
        prices[3, last] = trade.price
        prices[4, last] += trade.volume
        prices[5, last] += trade.volume * trade.price
        self._newest_trade[last] = trade.trade_ms
        self.revision += 1
        return True

    def merge(self, candles: Iterable[Candle]) -> int:
        """Take in many candles; return how many changed something.

        A page older than everything held costs one move of the series, not one per candle.
        """
        ordered = sorted(candles, key=lambda candle: candle.start_ms)
        for candle in ordered:
            self._check(candle)
        older = [c for c in ordered if not self._length or c.start_ms < self._start[0]]
        starts = {candle.start_ms for candle in older}
        changed = 0
        if older and len(starts) == len(older):
            self._prepend(older)
            changed = len(older)
        else:
            starts = set()
        return changed + sum(self.apply(c) for c in ordered if c.start_ms not in starts)

    def _check(self, candle: Candle) -> None:
        if candle.market != self.market or candle.timeframe != self.timeframe:
            raise ValueError(
                f"a {candle.timeframe} candle of {candle.market} doesn't belong to "
                f"{self.timeframe} of {self.market}"
            )

    def _columns(self, length: int) -> CandleColumns:
        return CandleColumns(self._start[:length], *(row[:length] for row in self._prices))

    def _stands_over(self, place: int, candle: Candle) -> bool:
        held = int(self._newest_trade[place])
        if candle.exchange_ms != held:
            return candle.exchange_ms > held
        if candle.origin.delivery is Delivery.REALTIME:
            return True
        return candle.volume > float(self._prices[4, place])

    def _write(self, place: int, candle: Candle) -> bool:
        row = (
            candle.open,
            candle.high,
            candle.low,
            candle.close,
            candle.volume,
            candle.turnover,
        )
        self._start[place] = candle.start_ms
        self._newest_trade[place] = candle.exchange_ms
        self._prices[:, place] = row
        self.revision += 1
        return True

    def _insert(self, place: int) -> None:
        length = self._length
        self._reserve(length + 1)
        self._start[place + 1 : length + 1] = self._start[place:length].copy()
        self._newest_trade[place + 1 : length + 1] = self._newest_trade[place:length].copy()
        self._prices[:, place + 1 : length + 1] = self._prices[:, place:length].copy()
        self._length += 1
        self.history_revision += 1

    def _prepend(self, older: list[Candle]) -> None:
        count, length = len(older), self._length
        self._reserve(length + count)
        self._start[count : count + length] = self._start[:length].copy()
        self._newest_trade[count : count + length] = self._newest_trade[:length].copy()
        self._prices[:, count : count + length] = self._prices[:, :length].copy()
        self._length += count
        self.history_revision += 1
        for place, candle in enumerate(older):
            self._write(place, candle)

    def _reserve(self, length: int) -> None:
        capacity = len(self._start)
        if length <= capacity:
            return
        capacity = max(length, 2 * capacity)
        self._start = _grown(self._start, capacity)
        self._newest_trade = _grown(self._newest_trade, capacity)
        prices = np.empty((len(_PRICES), capacity), dtype=np.float64)
        prices[:, : self._length] = self._prices[:, : self._length]
        self._prices = prices
        self._whole = self._columns(0)


def _grown(column: NDArray[np.int64], capacity: int) -> NDArray[np.int64]:
    grown = np.empty(capacity, dtype=np.int64)
    grown[: len(column)] = column
    return grown
