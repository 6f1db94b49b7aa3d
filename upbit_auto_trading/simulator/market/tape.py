"""The tape of one market: its planned minutes and, on demand, their trades."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from upbit_auto_trading.domain.market_generator import REGIMES, Regime
from upbit_auto_trading.domain.market_minutes import (
    MINUTE_MS,
    Flags,
    Floats,
    Ints,
    MinuteDrive,
    MinuteExtents,
    MinutePlanner,
    MinutePlans,
)
from upbit_auto_trading.domain.market_path import BLOCK
from upbit_auto_trading.domain.market_prints import (
    PrintColumns,
    PrintMaker,
    joined_prints,
    numbered,
    restate,
)
from upbit_auto_trading.domain.price_grid import E8, PriceGrid, price_grid
from upbit_auto_trading.domain.trade import Side
from upbit_auto_trading.simulator.market.coarse_ticks import CoarseTicks
from upbit_auto_trading.simulator.market.course import CoarseCourse, Course
from upbit_auto_trading.simulator.market.listing import ListedMarket
from upbit_auto_trading.simulator.market.turned_minutes import TurnedMinutes

_KEPT_MINUTES: Final = 4
_FEW_MINUTES: Final = 3
_MOST_BLOCKS: Final = 64
_LARGEST_RUN: Final = 1 << 15
_FRESH_MS: Final = 10 * MINUTE_MS


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


@dataclass(frozen=True, slots=True)
class _Block:
    """The block of minutes the market is in: how busy each is, and the plans of the traded ones."""

    number: int
    plans: MinutePlans
    business: Floats


_NOTHING: Final = numbered(
    np.zeros(0, dtype=np.int64),
    np.zeros(0, dtype=np.int64),
    np.zeros(0, dtype=np.int64),
    np.zeros(0, dtype=np.bool_),
)


class Tape:
    """Plans and trades of one market. Everything is remade when it was forgotten.

    Only the minutes in which a scenario starts or ends are kept: the first holds the trades from
    before it, as they were, and then its own.
    """

    def __init__(self, listed: ListedMarket, course: Course, seed: int) -> None:
        self.market = listed.market
        self.grid: PriceGrid = price_grid(listed.quote)
        self.lots = listed.style.lots
        self._style = listed.style
        self._course = course
        self._planner = MinutePlanner(listed.market, seed, self.grid, listed.style)
        self._maker = PrintMaker(listed.market, seed, self.grid)
        self._block: _Block | None = None
        self._minutes: OrderedDict[int, PrintColumns] = OrderedDict()
        self._turned = TurnedMinutes(listed, seed, self.grid)
        self.coarse_ticks = CoarseTicks(self.grid)
        self._last: tuple[tuple[int, int], LastTrade | None] | None = None
        self._before: tuple[int, LastTrade | None] | None = None
        self._old_business: dict[int, float] = {}

    def plans(self, first_minute: int, count: int) -> MinutePlans:
        """Return the plans of those of consecutive minutes that are traded in."""
        block = self._block
        begin = first_minute - block.number * BLOCK if block is not None else -1
        if block is not None and begin >= 0 and begin + count <= BLOCK:
            known = block.plans
            rows = np.searchsorted(known.minute, (first_minute, first_minute + count)).tolist()
            return known[rows[0] : rows[1]]
        drive = self._drive(first_minute, count)
        plans = self._planned(drive)
        if count > BLOCK and (first_minute + count) % BLOCK == 0:
            self._remember_end(drive, plans)
        return plans

    def traded(self, first_minute: int, count: int) -> Iterator[MinutePlans]:
        """Yield the plans of many minutes in pieces that fit the processor's cache."""
        for done in range(0, count, _LARGEST_RUN):
            yield self.plans(first_minute + done, min(_LARGEST_RUN, count - done))

    def business(self, minute: int) -> float:
        """Return how busy the minute is, about 1; as before in one a scenario starts in."""
        found = self._old_business.get(minute)
        if found is None:
            block = self._followed(minute)
            among = self._drive(minute, 1).business if block is None else block.business
            found = float(among[minute % len(among)])
        return found

    def minute(self, minute: int) -> PrintColumns:
        """Return the trades of one minute."""
        found = self._minutes.get(minute)
        if found is None:
            block = self._followed(minute)
            may_trade = block is None or minute in block.plans.minute
            found = (may_trade and self._columns(minute, minute)) or _NOTHING
            self._minutes[minute] = found
            if len(self._minutes) > _KEPT_MINUTES:
                self._minutes.popitem(last=False)
        return found

    def columns(self, since_ms: int, until_ms: int) -> PrintColumns:
        """Return the trades from `since_ms` on and before `until_ms`."""
        first, last = since_ms // MINUTE_MS, (until_ms - 1) // MINUTE_MS
        if first >= last:
            found = self.minute(first)
        elif last - first < _FEW_MINUTES:
            found = joined_prints([self.minute(minute) for minute in range(first, last + 1)])
        else:
            found = self._columns(first, last)
        begin, end = np.searchsorted(found.trade_ms, (since_ms, until_ms))
        return found[int(begin) : int(end)]

    def coarse(self, first_block: int, last_block: int) -> CoarseCourse:
        """Return the market's course at the ends of blocks of minutes."""
        coarse = self._course.coarse(first_block, last_block)
        for minute, _ in self._turned.within(first_block * BLOCK, last_block * BLOCK - 1):
            coarse.bent[minute // BLOCK - first_block] = True
        if self.coarse_ticks:
            minutes = np.arange(first_block * BLOCK, last_block * BLOCK, dtype=np.int64)
            touched = self.coarse_ticks.among(minutes).reshape(-1, BLOCK).any(axis=1)
            np.logical_or(coarse.bent, touched, out=coarse.bent)
        return coarse

    def extents(
        self, coarse: CoarseCourse, places: Ints, keeps: Callable[[MinuteDrive], Flags]
    ) -> MinuteExtents:
        """Return the extents of the traded minutes of picked blocks, by places in `coarse`.

        Minutes that `keeps` says no to are left out, unless a scenario may have a hand in them.
        """
        drive = self._course.picked(coarse, places, self._style.trades)
        if not self.coarse_ticks and not self._turned:
            return self._planner.extents(drive[keeps(drive)])
        plans = self._planned(drive)
        return MinuteExtents(plans.minute, plans.high, plans.low)

    @property
    def volatility(self) -> float:
        """The usual move of a minute in log price."""
        return self._style.volatility

    def start(self, regime: Regime, start_ms: int, *, is_listing: bool = False) -> None:
        """Put the market on a regime from `start_ms` on; trades before it stay.

        Of the minute in which a market is listed none stay: it has no trades before.
        """
        minute = start_ms // MINUTE_MS
        trades = self.minute(minute)
        business = self.business(minute)
        before = trades[: 0 if is_listing else int(np.searchsorted(trades.trade_ms, start_ms))]
        fresh_ms = 0 if is_listing else _FRESH_MS
        last = self.last_trade(start_ms - 1, start_ms - fresh_ms)
        if last is None:
            level = self._course.at(start_ms)
        else:
            level = float(np.log(self.grid.e8(np.array([last.index]))[0] / E8))
        bend = self._course.bend(regime, start_ms, level)
        self._forget()
        turns = [(start_ms, level)]
        if bend.end_ms > start_ms:
            turns.append((bend.end_ms, bend.end_level))
        name = f"{regime.name}@{start_ms}"
        kept = {}
        end = bend.end_ms // MINUTE_MS
        if end > minute:
            # So that the regime is over when it says, not at the end of that minute.
            drive = self._drive(end, 1)
            opening = (end * MINUTE_MS, float(drive.start[0]))
            kept[end] = self._turned.turned(drive, [opening, turns.pop()], name)
        after = self._turned.turned(self._drive(minute, 1), turns, name)
        kept[minute] = joined_prints((before, after))
        self._turned.keep(kept)
        self._old_business[minute] = business

    def change_tick(self, factor: int, start_ms: int) -> None:
        """Trade at `factor` times the usual price unit from `start_ms` on."""
        self.coarse_ticks.change(factor, start_ms)
        self._forget()

    def replay(self, minutes: Mapping[int, PrintColumns]) -> None:
        """Let consecutive minutes hold these trades; then the market goes on from their price."""
        self._turned.keep(minutes)
        prices = [trades.price_e8[-1] for trades in minutes.values() if len(trades)]
        end_ms = (max(minutes) + 1) * MINUTE_MS
        self._course.bend(REGIMES["normal"], end_ms, float(np.log(prices[-1] / E8)))
        self._forget()

    def _forget(self) -> None:
        self._block = None
        self._minutes.clear()
        self._last = self._before = None

    def _drive(self, first_minute: int, count: int) -> MinuteDrive:
        return self._course.drive(first_minute, count, self._style.trades)

    def _planned(self, drive: MinuteDrive) -> MinutePlans:
        """Return the plans of the minutes traded in; those of kept ones say what they hold."""
        count = self._planner.counts(drive)
        traded = count > 0
        if self._turned:
            traded |= self._turned.among(drive.minute)
        plans = self._planner.plans(drive[traded], count=count[traded])
        moved = self._moved_minutes(plans) if self.coarse_ticks else ()
        self._turned.restate(plans)
        for row, prints in moved:
            restate(plans, row, self.grid, self.lots, prints)
        # A kept minute may hold nothing.
        return plans[plans.count > 0] if self._turned else plans

    def _moved_minutes(self, plans: MinutePlans) -> list[tuple[int, PrintColumns]]:
        """Return the rows of minutes with another price unit, and their trades."""
        touched = self.coarse_ticks.among(plans.minute) & ~self._turned.among(plans.minute)
        rows = np.flatnonzero(touched & (plans.count > 0))
        prints = self.coarse_ticks.moved(self._maker.prints(plans[rows]))
        ends = np.cumsum(plans.count[rows]).tolist()
        found = [
            (row, prints[end - count : end])
            for row, count, end in zip(rows.tolist(), plans.count[rows].tolist(), ends, strict=True)
        ]
        if len(plans):
            for minute, held in self._turned.within(int(plans.minute[0]), int(plans.minute[-1])):
                row = int(np.searchsorted(plans.minute, minute))
                if plans.minute[row] == minute:
                    found.append((row, self.coarse_ticks.moved(held)))
        return found

    def _as_drawn(self, first_minute: int, count: int) -> MinutePlans:
        """Return plans that trades can be made from."""
        if self.coarse_ticks:
            return self._planner.plans(self._drive(first_minute, count))
        return self.plans(first_minute, count)

    def _columns(self, first_minute: int, last_minute: int) -> PrintColumns:
        """Return the trades of whole minutes."""
        parts = []
        begin = first_minute
        for minute, held in self._turned.within(first_minute, last_minute):
            if begin < minute:
                parts.append(self._maker.prints(self._as_drawn(begin, minute - begin)))
            parts.append(held)
            begin = minute + 1
        if begin <= last_minute:
            parts.append(self._maker.prints(self._as_drawn(begin, last_minute + 1 - begin)))
        whole = parts[0] if len(parts) == 1 else joined_prints(parts)
        return self.coarse_ticks.moved(whole)

    def prints(self, columns: PrintColumns) -> list[Print]:
        """Return trades as values."""
        return [
            Print(self.market, price, volume, Side.BID if bid else Side.ASK, trade_ms, number)
            for price, volume, bid, trade_ms, number in zip(
                (columns.price_e8 / E8).tolist(),
                (columns.volume / self.lots).tolist(),
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
        place = int(np.searchsorted(trades.trade_ms, until_ms, side="right"))
        found = self._last
        if found is None or found[0] != (minute, place):
            last = self._printed(trades, place - 1) if place else self._earlier(minute, since_ms)
            found = self._last = (minute, place), last
        last = found[1]
        return last if last is not None and last.trade_ms >= since_ms else None

    def _printed(self, trades: PrintColumns, place: int) -> LastTrade:
        return LastTrade(
            self.grid.index_of_e8(int(trades.price_e8[place])),
            bool(trades.bid[place]),
            int(trades.trade_ms[place]),
        )

    def _earlier(self, minute: int, since_ms: int) -> LastTrade | None:
        """Return the newest trade before a minute, from its plan.

        What is known from an earlier question isn't looked for again.
        """
        known = self._before if self._before is not None and self._before[0] <= minute else None
        lowest = known[0] if known is not None else since_ms // MINUTE_MS
        found = None if known is None else known[1]
        end, blocks = minute, 1
        while end > lowest:
            begin = max(lowest, (end - 1) // BLOCK * BLOCK - (blocks - 1) * BLOCK)
            plans = self.plans(begin, end - begin)
            if len(plans):
                found = _last_of(plans)
                break
            end, blocks = begin, min(blocks * 4, _MOST_BLOCKS)
        self._before = minute, found
        return found

    def _followed(self, minute: int) -> _Block | None:
        """Return the block of a minute, None where it lies before the one remembered.

        A later block takes that one's place: whoever follows the market needs no more, and what
        is asked of earlier times is made and let go.
        """
        number = minute // BLOCK
        block = self._block
        if block is None or number > block.number:
            drive = self._drive(number * BLOCK, BLOCK)
            block = self._block = _Block(number, self._planned(drive), drive.business)
        return block if number == block.number else None

    def _remember_end(self, drive: MinuteDrive, plans: MinutePlans) -> None:
        """Remember the last block of a long stretch if it is later than the one remembered.

        A ticker's day is such a stretch, and ends with the block the market is in.
        """
        first = int(drive.minute[-1]) + 1 - BLOCK
        if self._block is not None and self._block.number >= first // BLOCK:
            return
        # Copies: a slice would hold on to the whole stretch.
        inside = plans.minute >= first
        self._block = _Block(first // BLOCK, plans[inside], drive.business[-BLOCK:].copy())
        earlier = len(plans) - int(np.count_nonzero(inside))
        if earlier:
            self._before = first, _last_of(plans[:earlier])


def _last_of(plans: MinutePlans) -> LastTrade:
    """Return the last trade of plans of traded minutes."""
    moment_ms = int(plans.minute[-1]) * MINUTE_MS + int(plans.last_ms[-1])
    return LastTrade(int(plans.close[-1]), bool(plans.last_bid[-1]), moment_ms)
