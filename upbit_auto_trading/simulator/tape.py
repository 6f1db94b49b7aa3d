"""The tape of one market: its planned minutes and, on demand, their trades."""

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from upbit_auto_trading.domain.market_minutes import MINUTE_MS, MinutePlanner, MinutePlans
from upbit_auto_trading.domain.market_path import BLOCK
from upbit_auto_trading.domain.market_prints import PrintColumns, PrintMaker
from upbit_auto_trading.domain.price_grid import E8, PriceGrid, price_grid
from upbit_auto_trading.domain.trade import Side
from upbit_auto_trading.simulator.course import Course
from upbit_auto_trading.simulator.listing import ListedMarket

_KEPT_BLOCKS: Final = 3
_KEPT_MINUTES: Final = 8
_LARGEST_RUN: Final = 1 << 15


@dataclass(frozen=True, slots=True)
class Print:
    """One trade of the simulated exchange; `side` is the taker's."""

    market: str
    price: float
    volume: float
    side: Side
    trade_ms: int
    sequential_id: int


@dataclass(frozen=True, slots=True)
class LastTrade:
    """The newest trade before a moment: price as index of the grid, taker's side, time."""

    index: int
    bid: bool
    trade_ms: int


class Tape:
    """Plans and trades of one market. Everything is remade when it was forgotten."""

    def __init__(self, listed: ListedMarket, course: Course, seed: int) -> None:
        self.market = listed.market
        self.grid: PriceGrid = price_grid(listed.quote)
        self._course = course
        self._planner = MinutePlanner(listed.market, seed, self.grid, listed.style)
        self._maker = PrintMaker(listed.market, seed, self.grid, listed.style.lot_e8)
        self._blocks: OrderedDict[int, MinutePlans] = OrderedDict()
        self._minutes: OrderedDict[int, PrintColumns] = OrderedDict()

    def plans(self, first_minute: int, count: int) -> MinutePlans:
        """Return the plans of consecutive minutes."""
        first, last = first_minute // BLOCK, (first_minute + count - 1) // BLOCK
        if first == last:
            skip = first_minute - first * BLOCK
            return self._block(first)[skip : skip + count]
        return self._planner.plans(self._course.drive(first_minute, count))

    def runs(self, first_minute: int, count: int) -> Iterator[MinutePlans]:
        """Yield the plans of many minutes in pieces that fit the processor's cache."""
        done = 0
        while done < count:
            size = min(_LARGEST_RUN, count - done)
            yield self.plans(first_minute + done, size)
            done += size

    def business(self, minute: int) -> float:
        """Return how busy the minute is, about 1."""
        return float(self._course.drive(minute // BLOCK * BLOCK, BLOCK).business[minute % BLOCK])

    def minute(self, minute: int) -> PrintColumns:
        """Return the trades of one minute."""
        found = self._minutes.get(minute)
        if found is None:
            found = self._maker.prints(self.plans(minute, 1))
            self._minutes[minute] = found
            if len(self._minutes) > _KEPT_MINUTES:
                self._minutes.popitem(last=False)
        return found

    def columns(self, since_ms: int, until_ms: int) -> PrintColumns:
        """Return the trades from `since_ms` on and before `until_ms`."""
        first, last = since_ms // MINUTE_MS, (until_ms - 1) // MINUTE_MS
        if first == last:
            found = self.minute(first)
        else:
            found = self._maker.prints(self.plans(first, last - first + 1))
        begin, end = np.searchsorted(found.trade_ms, (since_ms, until_ms))
        return found[int(begin) : int(end)]

    def prints(self, columns: PrintColumns) -> list[Print]:
        """Return trades as values."""
        return [
            Print(self.market, price, volume, Side.BID if bid else Side.ASK, trade_ms, number)
            for price, volume, bid, trade_ms, number in zip(
                (columns.price_e8 / E8).tolist(),
                (columns.volume_e8 / E8).tolist(),
                columns.bid.tolist(),
                columns.trade_ms.tolist(),
                columns.sequential_id.tolist(),
                strict=True,
            )
        ]

    def newest(self, before_ms: int, count: int, since_ms: int) -> Sequence[Print]:
        """Return up to `count` trades before `before_ms`, newest first."""
        found: list[Print] = []
        end = before_ms
        minutes = 1
        while end > since_ms and len(found) < count:
            begin = max(since_ms, (end - 1) // MINUTE_MS * MINUTE_MS - (minutes - 1) * MINUTE_MS)
            newest = self.prints(self.columns(begin, end)) if begin < end else []
            found += newest[::-1]
            end = begin
            minutes = min(minutes * 4, 1024)
        return found[:count]

    def last_trade(self, until_ms: int, since_ms: int) -> LastTrade | None:
        """Return the newest trade at or before `until_ms`, or None since `since_ms`."""
        minute = until_ms // MINUTE_MS
        trades = self.minute(minute)
        place = bisect_left(trades.trade_ms.tolist(), until_ms + 1)
        if place:
            return LastTrade(
                self.grid.index_of_e8(int(trades.price_e8[place - 1])),
                bool(trades.bid[place - 1]),
                int(trades.trade_ms[place - 1]),
            )
        block, end = minute // BLOCK, minute % BLOCK
        while block * BLOCK * MINUTE_MS + BLOCK * MINUTE_MS > since_ms:
            plans = self._block(block)
            held = np.flatnonzero(plans.count[:end])
            if len(held):
                row = int(held[-1])
                return LastTrade(
                    int(plans.close[row]),
                    bool(plans.last_bid[row]),
                    int(plans.minute[row]) * MINUTE_MS + int(plans.last_ms[row]),
                )
            block, end = block - 1, BLOCK
        return None

    def _block(self, block: int) -> MinutePlans:
        found = self._blocks.get(block)
        if found is None:
            found = self._planner.plans(self._course.drive(block * BLOCK, BLOCK))
            self._blocks[block] = found
            if len(self._blocks) > _KEPT_BLOCKS:
                self._blocks.popitem(last=False)
        return found
