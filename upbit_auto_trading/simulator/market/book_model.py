"""The order book of one market: whole at every change, at most one in every 100 ms.

Books in won change on a grid of 100 ms at a phase of their own, those in BTC and USDT irregularly.

The best prices follow the newest trade: a buyer's print leaves the best ask at its price, a
seller's the best bid. Deeper levels stand at fixed prices and change their sizes one by one.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np
from numpy.typing import NDArray

from upbit_auto_trading.domain.market_minutes import MINUTE_MS, Floats, Ints, heavy
from upbit_auto_trading.domain.price_grid import E8
from upbit_auto_trading.domain.seeded_noise import stream_key, uniform, uniform_pairs, uniforms
from upbit_auto_trading.simulator.market.listing import ListedMarket
from upbit_auto_trading.simulator.market.tape import LastTrade, Tape

SLOT_MS: Final = 100
DEPTH: Final = 30
_SLOTS_A_MINUTE: Final = MINUTE_MS // SLOT_MS
_DEEPEST: Final = 3000
_LEVEL_GAP: Final = 6e-5
_WIDE_TICK: Final = 0.004
_LEVEL_TRADES: Final = {"KRW": 4.0, "USDT": 2.0, "BTC": 2.0}
_KEPT_MINUTES: Final = 3
_KEPT_LADDERS: Final = 2
_SPREAD_OUT: Final = 0x1000003
_PHASES: Final = 31
_SHALLOW_SHARE: Final = {"KRW": 0.0, "USDT": 0.25, "BTC": 0.7}


@dataclass(frozen=True, slots=True)
class Book:
    """A whole book, best level first; a shorter side is padded with price 0 and size 0.

    `exchange_ms` is the time of its last change; totals are over 30 levels whatever was asked for.
    """

    ask_prices: tuple[float, ...]
    bid_prices: tuple[float, ...]
    ask_sizes: tuple[float, ...]
    bid_sizes: tuple[float, ...]
    total_ask_size: float
    total_bid_size: float
    exchange_ms: int
    grouping: float


@dataclass(frozen=True, slots=True)
class _Ladder:
    """Levels of both sides for one pair of best prices, asks first: `asks` of them.

    `usual` are the levels' sizes in lots; a level changes its size every `periods` slots, at a
    phase of its own.
    """

    index: Ints
    asks: int
    prices: Floats
    usual: Floats
    periods: NDArray[np.int8]


class BookModel:
    """Books of one market, a pure function of seed, market and slot."""

    def __init__(self, listed: ListedMarket, tape: Tape, seed: int) -> None:
        self._listed = listed
        self._tape = tape
        self._grid = tape.grid
        self._key = stream_key("book", seed, listed.market)
        self._phase_ms = int(uniform(self._key, 0) * SLOT_MS)
        self._changes: OrderedDict[int, array[int]] = OrderedDict()
        self._ladders: OrderedDict[tuple[int, int], _Ladder] = OrderedDict()
        # Recorded: 14 million won a level in KRW-BTC, 40 to 240 where a tick is 0.8 per cent.
        depth = _LEVEL_TRADES[listed.quote] * listed.style.trades**0.25
        self._level_total = listed.style.trade_total * depth
        shallow = _SHALLOW_SHARE[listed.quote]
        self._shallow = uniform(self._key, 1) < shallow
        self._lots = listed.style.lots

    def forget(self) -> None:
        """Drop everything remembered."""
        self._changes.clear()

    def changes(self, since_ms: int, until_ms: int) -> list[int]:
        """Return when the book changed, from `since_ms` on and before `until_ms`."""
        found: list[int] = []
        for minute in range(since_ms // MINUTE_MS, (until_ms - 1) // MINUTE_MS + 1):
            times = self._minute_changes(minute)
            found += times[bisect_left(times, since_ms) : bisect_left(times, until_ms)]
        return found

    def last_change(self, at_ms: int, since_ms: int) -> int | None:
        """Return the time of the newest change at or before `at_ms`, or None since `since_ms`."""
        minute = at_ms // MINUTE_MS
        while (minute + 1) * MINUTE_MS > since_ms:
            times = self._minute_changes(minute)
            place = bisect_right(times, at_ms)
            if place:
                return times[place - 1]
            minute -= 1
        return None

    def _minute_changes(self, minute: int) -> "array[int]":
        found = self._changes.get(minute)
        if found is None:
            found = self._changes[minute] = self._made_changes(minute)
            if len(self._changes) > _KEPT_MINUTES:
                self._changes.popitem(last=False)
        return found

    def _made_changes(self, minute: int) -> "array[int]":
        begin = minute * MINUTE_MS
        slot = np.arange(_SLOTS_A_MINUTE, dtype=np.int64) + minute * _SLOTS_A_MINUTE
        chance = self._listed.book_changes * SLOT_MS / 1000.0
        chance *= min(1.3, self._tape.business(minute) ** 0.25)
        changed = uniforms(self._key + 1, slot) < chance
        previous = self._tape.plans(minute - 1, 1)
        moments = self._tape.minute(minute).trade_ms
        if len(previous):
            last = (minute - 1) * MINUTE_MS + int(previous.last_ms[0])
            moments = np.concatenate(([last], moments))
        offsets = self._offsets(np.concatenate((slot[:1] - 1, slot)))
        places, passed = np.divmod(moments - begin, SLOT_MS)
        places += offsets[np.maximum(places, -1) + 1] < passed
        changed[places[(places >= 0) & (places < _SLOTS_A_MINUTE)]] = True
        found = np.flatnonzero(changed)
        times = found * SLOT_MS + begin + offsets[found + 1]
        return array("q", times.astype(np.int64).tobytes())

    def _offsets(self, slot: Ints) -> Ints:
        """Return how long after its slot's start a change shows, in ms."""
        if self._listed.quote == "KRW":
            return np.full(len(slot), self._phase_ms, dtype=np.int64)
        return (uniforms(self._key + 9, slot) * SLOT_MS).astype(np.int64)

    def book(self, at_ms: int, depth: int, grouping: Decimal, since_ms: int) -> Book | None:
        """Return the book as of its last change at or before `at_ms`.

        None where the market has no change or no trade since `since_ms`.
        """
        changed_ms = self.last_change(at_ms, since_ms)
        if changed_ms is None:
            return None
        last = self._tape.last_trade(changed_ms, since_ms)
        if last is None:
            return None
        best = self._best(last, changed_ms)
        factor = self._tape.coarse_ticks.factor(changed_ms)
        if grouping or factor > 1:
            coarse = (Decimal(self._grid.tick_e8(last.index)) * factor / E8).normalize() + 0
            step = max(grouping, coarse) if factor > 1 else grouping
            return self._grouped(changed_ms, best, depth, step, shown=grouping)
        return self._cut(changed_ms, self._ladder(*best), depth)

    def _best(self, last: LastTrade, changed_ms: int) -> tuple[int, int]:
        """Return the indexes of best bid and best ask, which hold the newest trade between them."""
        gap = self._level_gap(last.index)
        slot = changed_ms // SLOT_MS
        near = uniform(self._key + 2, slot // 50)
        drawn = uniform(self._key + 3, slot // 20)
        width = 1 + int(gap * 2.5 * near * near)
        if not self._shallow and gap == 1:
            width = 1 if near < 0.93 else 2
        away = int(drawn * drawn * min(width, 3)) if near > 0.5 else 0
        if last.bid:
            return max(last.index + away - width, min(1, last.index - 1)), last.index + away
        return max(last.index - away, 1), max(last.index - away, 1) + width

    def _level_gap(self, index: int) -> int:
        gap = max(1, round(_LEVEL_GAP / self._step_share(index)))
        return gap * 4 if self._shallow else gap

    def _step_share(self, index: int) -> float:
        """Return a tick as a share of the price."""
        return self._grid.tick_e8(index) / int(self._grid.e8(np.array([index]))[0])

    def _ladder(self, bid: int, ask: int) -> _Ladder:
        key = (bid, ask)
        found = self._ladders.get(key)
        if found is None:
            found = self._ladders[key] = self._made_ladder(bid, ask, DEPTH)
            if len(self._ladders) > _KEPT_LADDERS:
                self._ladders.popitem(last=False)
        return found

    def _reaching_ladder(self, bid: int, ask: int, step: int) -> _Ladder:
        """Return a ladder that fills every group of `step` (1e-8) shown, else the deepest one."""
        # One group more than is shown: the last one may go on beyond the ladder.
        reach = (DEPTH + 1) * step
        near = reach * 5 // (4 * self._level_gap(ask) * self._grid.tick_e8(bid)) + DEPTH
        if near < _DEEPEST and reach < int(self._grid.e8(np.array([bid]))[0]):
            ladder = self._made_ladder(bid, ask, near)
            price = self._grid.e8(ladder.index)
            sides = (price[: ladder.asks], price[ladder.asks :])
            # A side shorter than asked for has no more levels.
            if all(len(side) < near or abs(side[-1] - side[0]) > reach for side in sides):
                return ladder
        return self._made_ladder(bid, ask, _DEEPEST)

    def _made_ladder(self, bid: int, ask: int, levels: int) -> _Ladder:
        gap = self._level_gap(ask)
        step = np.arange(1, levels, dtype=np.int64)
        above, below = ask // gap + step, bid // gap - step
        bucket = np.concatenate((above, below))
        place = bucket * gap
        if gap > 1:
            place += (uniforms(self._key + 4, bucket) * gap).astype(np.int64)
        ask_side = np.concatenate(([ask], place[: levels - 1]))
        bid_side = np.concatenate(([bid], place[levels - 1 :]))
        bid_side = bid_side[bid_side > 0]
        if self._shallow:
            keep = (
                uniform(self._key + 5, ask // (gap * 8)),
                uniform(self._key + 6, bid // (gap * 8)),
            )
            ask_side = ask_side[: 3 + int(keep[0] * 40)]
            bid_side = bid_side[: 3 + int(keep[1] * 40)]
        index = np.concatenate((ask_side, bid_side))
        far = np.concatenate((np.arange(len(ask_side)), np.arange(len(bid_side))))
        prices = self._grid.e8(index) / E8
        usual, change = uniform_pairs(self._key + 7, index)
        profile = 0.35 + 0.65 * (1.0 - np.exp(-far / 6.0))
        width = min(1.0, self._step_share(ask) * gap / _WIDE_TICK)
        total = self._level_total * (1.0 + 8.0 * width)
        sizes = total * profile * heavy(usual) / prices * self._lots
        periods = (2.0 + 60.0 * change * change).astype(np.int8)
        asks = len(ask_side)
        # The best levels differ at every change, so that every change is one.
        periods[[0, asks] if asks < len(periods) else [0]] = 1
        return _Ladder(index, asks, prices, sizes, periods)

    def _sizes(self, ladder: _Ladder, changed_ms: int) -> Floats:
        """Return the sizes of a ladder's levels at a change, in lots."""
        epoch = ladder.index * _PHASES
        epoch += changed_ms // SLOT_MS
        epoch //= ladder.periods
        epoch += ladder.index * _SPREAD_OUT
        share = uniforms(self._key + 8, epoch)
        share *= share
        share += 0.15
        share *= ladder.usual
        share += 1.0
        lots: Floats = np.floor(share, out=share)
        return lots

    def _cut(self, changed_ms: int, ladder: _Ladder, depth: int) -> Book:
        lots = self._sizes(ladder, changed_ms)
        sizes: list[float] = (lots / self._lots).tolist()
        prices: list[float] = ladder.prices.tolist()
        asks = ladder.asks
        ask_sizes, bid_sizes = sizes[:asks], sizes[asks:]
        return Book(
            _padded(prices[:asks], depth),
            _padded(prices[asks:], depth),
            _padded(ask_sizes, depth),
            _padded(bid_sizes, depth),
            round(sum(ask_sizes), 8),
            round(sum(bid_sizes), 8),
            changed_ms,
            0.0,
        )

    def _grouped(
        self,
        changed_ms: int,
        best: tuple[int, int],
        depth: int,
        level: Decimal,
        *,
        shown: Decimal,
    ) -> Book:
        """Return the book on steps of `level`; `shown` is what was asked for."""
        step = int(level * E8)
        ladder = self._reaching_ladder(*best, step)
        lots = self._sizes(ladder, changed_ms)
        price_e8 = self._grid.e8(ladder.index)
        asks = ladder.asks
        up = -(-price_e8[:asks] // step) * step
        # Bids cheaper than one step have no group.
        down = price_e8[asks:] // step * step
        down = down[down > 0]
        ask_prices, ask_lots = _gathered(up, lots[:asks])
        bid_prices, bid_lots = _gathered(down, lots[asks : asks + len(down)])
        ask_sizes, bid_sizes = (ask_lots / self._lots).tolist(), (bid_lots / self._lots).tolist()
        return Book(
            _padded(ask_prices.tolist(), depth),
            _padded(bid_prices.tolist(), depth),
            _padded(ask_sizes, depth),
            _padded(bid_sizes, depth),
            round(sum(ask_sizes[:DEPTH]), 8),
            round(sum(bid_sizes[:DEPTH]), 8),
            changed_ms,
            float(shown),
        )


def supported_levels(quote: str, price_e8: int, tick_e8: int) -> tuple[Decimal, ...]:
    """Return the groupings of a market at a price: none, then powers of ten of ticks below it."""
    levels = [Decimal(0)]
    step = tick_e8 * 10
    while quote == "KRW" and step <= price_e8:
        levels.append((Decimal(step) / E8).normalize() + 0)
        step *= 10
    return tuple(levels)


def _gathered(prices_e8: Ints, lots: Floats) -> tuple[Floats, Floats]:
    """Return prices and sizes with levels of one price added up."""
    if not len(prices_e8):
        return prices_e8 / E8, lots
    first = np.flatnonzero(np.diff(prices_e8, prepend=prices_e8[0] - 1))
    return prices_e8[first] / E8, np.add.reduceat(lots, first)


def _padded(values: Sequence[float], depth: int) -> tuple[float, ...]:
    row = tuple(values[:depth])
    return row if len(row) == depth else (*row, *(0.0,) * (depth - len(row)))
