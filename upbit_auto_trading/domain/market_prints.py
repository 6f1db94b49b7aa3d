"""The trades of planned minutes: exactly the plan's candle, ordered along a plausible path."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from upbit_auto_trading.domain.market_minutes import MINUTE_MS, MinutePlans, heavy
from upbit_auto_trading.domain.price_grid import E8, PriceGrid
from upbit_auto_trading.domain.seeded_noise import hashes, stream_key, uniform_pairs, uniforms

_SLOTS: Final = 4096
_IDS_PER_MS: Final = 10_000
_TURNS: Final = 2.0 * np.pi


@dataclass(frozen=True, slots=True)
class PrintColumns:
    """Trades in order: epoch milliseconds, price in 1e-8, volume in lots, side, id."""

    trade_ms: NDArray[np.int64]
    price_e8: NDArray[np.int64]
    volume: NDArray[np.int64]
    bid: NDArray[np.bool_]
    sequential_id: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.trade_ms)

    def __getitem__(self, rows: slice) -> "PrintColumns":
        return PrintColumns(
            self.trade_ms[rows],
            self.price_e8[rows],
            self.volume[rows],
            self.bid[rows],
            self.sequential_id[rows],
        )


def numbered(
    trade_ms: NDArray[np.int64],
    price_e8: NDArray[np.int64],
    volume: NDArray[np.int64],
    bid: NDArray[np.bool_],
) -> PrintColumns:
    """Return trades, already in order, with ids: milliseconds and a counter within each."""
    places = np.arange(len(trade_ms))
    new = np.diff(trade_ms, prepend=-1) != 0
    repeats = places - np.maximum.accumulate(np.where(new, places, 0))
    return PrintColumns(trade_ms, price_e8, volume, bid, trade_ms * _IDS_PER_MS + repeats)


def joined_prints(parts: Sequence[PrintColumns]) -> PrintColumns:
    """Return trades one after the other."""
    return PrintColumns(
        *(
            np.concatenate([getattr(part, field.name) for part in parts])
            for field in fields(PrintColumns)
        )
    )


def restate(plans: MinutePlans, row: int, grid: PriceGrid, lots: int, prints: PrintColumns) -> None:
    """Make one of `plans` say what these trades are, in place, whatever was planned.

    The parts it was planned of stay meaningless: no trades can be made from it.
    """
    held = len(prints)
    price = prints.price_e8 if held else np.zeros(1, dtype=np.int64)
    moment = prints.trade_ms % MINUTE_MS if held else np.zeros(1, dtype=np.int64)
    for column, price_e8 in (
        (plans.open, price[0]),
        (plans.high, price.max()),
        (plans.low, price.min()),
        (plans.close, price[-1]),
    ):
        column[row] = grid.index_of_e8(int(price_e8))
    plans.count[row] = held
    plans.first_ms[row], plans.last_ms[row] = moment[0], moment[-1]
    plans.last_bid[row] = bool(held) and prints.bid[-1]
    plans.volume[row] = prints.volume.sum()
    plans.ask_volume[row] = prints.volume[~prints.bid].sum()
    plans.turnover[row] = (prints.price_e8 / E8 * prints.volume / lots).sum()


class PrintMaker:
    """Makes the trades of one market's planned minutes."""

    def __init__(self, name: str, seed: int, grid: PriceGrid) -> None:
        self._grid = grid
        self._key = stream_key("print", seed, name)

    def prints(self, plans: MinutePlans) -> PrintColumns:
        """Return the trades of all `plans`, which are in order of time, in order of time."""
        plans = plans[plans.count > 0]
        rows = np.repeat(np.arange(len(plans)), plans.count)
        total = len(rows)
        ends = np.cumsum(plans.count)
        slot = np.arange(total) - np.repeat(ends - plans.count, plans.count)
        first = slot == 0
        last = (slot == plans.count[rows] - 1) & ~first
        inner = ~(first | last)

        price = np.where(first, plans.open[rows], plans.close[rows])
        volume = np.where(first, plans.first_volume[rows], plans.last_volume[rows])
        bid = np.where(first, plans.first_bid[rows], plans.last_bid[rows])
        draw = plans.minute[rows] * _SLOTS + slot
        if inner.any():
            item_price, item_volume, item_bid = self._items(plans, rows[inner], slot[inner] - 1)
            walk = self._walk(plans, rows[inner], slot[inner], draw[inner])
            items = np.lexsort((item_price, rows[inner]))
            places = np.flatnonzero(inner)[np.lexsort((walk, rows[inner]))]
            price[places] = item_price[items]
            volume[places] = item_volume[items]
            bid[places] = item_bid[items]
        flat = (plans.high == plans.low)[rows]
        bid = np.where(flat, plans.first_bid[rows], bid)
        moment = self._moments(plans, rows, draw, inner)
        moment = _same_takers(moment, price, bid, inner, self._key, draw)
        return numbered(plans.minute[rows] * MINUTE_MS + moment, self._grid.e8(price), volume, bid)

    def _items(
        self, plans: MinutePlans, rows: NDArray[np.int64], number: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        """Return price, volume and side of every inner trade, by its number in its minute."""
        peaks, dips = plans.peaks.astype(np.int64)[rows], plans.dips.astype(np.int64)[rows]
        odd = (plans.odd_volume > 0).astype(np.int64)[rows]
        extra = number - peaks - dips
        is_high = (number == 0) & (peaks == 1)
        is_low = (number == peaks) & (dips == 1)
        is_odd = (extra == 0) & (odd == 1)
        paired = extra >= odd
        place = extra - odd
        price = np.where(is_high, plans.high[rows], plans.low[rows])
        volume = np.where(is_high, plans.high_volume[rows], plans.low_volume[rows])
        price = np.where(is_odd, plans.open[rows], price)
        volume = np.where(is_odd, plans.odd_volume[rows], volume)
        bid = np.where(is_odd, plans.first_bid[rows], is_high & ~is_low)

        place, row = place[paired], rows[paired]
        pair, upper = place >> 1, (place & 1) == 0
        inset = self._insets(plans)[row] * np.sqrt(
            uniforms(self._key, plans.minute[row] * _SLOTS + (pair >> 1))
        )
        inset = np.floor(inset).astype(np.int64)
        price[paired] = np.where(upper, plans.high[row] - inset, plans.low[row] + inset)
        sizes, swapped = self._pair_volumes(plans, row[upper], pair[upper])
        halves = np.empty(len(row), dtype=np.int64)
        halves[upper] = sizes
        halves[~upper] = swapped
        volume[paired] = halves
        bid[paired] = upper
        return price, volume, bid

    def _insets(self, plans: MinutePlans) -> NDArray[np.float64]:
        """Return how many insets from the extremes pairs may have: 1 for the extremes alone."""
        room = (plans.high - plans.low + 1) >> 1
        # Across a change of the tick equal steps in index aren't equal steps in price.
        even = self._grid.band(plans.high) == self._grid.band(plans.low)
        insets: NDArray[np.float64] = np.where(even, np.maximum(room, 1), 1).astype(np.float64)
        return insets

    def _pair_volumes(
        self, plans: MinutePlans, row: NDArray[np.int64], pair: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the volumes of upper and lower halves; two pairs of one inset share their sum."""
        if not len(row):
            return row, row
        one, two = uniform_pairs(self._key + 1, plans.minute[row] * _SLOTS + pair)
        running = np.cumsum(heavy(one) + 0.02)
        starts = np.flatnonzero(pair == 0)
        stops = np.append(starts[1:], len(row)) - 1
        base = np.concatenate(([0.0], running[stops[:-1]]))
        group = np.cumsum(pair == 0) - 1
        share = (running - base[group]) / (running[stops] - base)[group]
        share[stops] = 1.0
        lots = plans.pair_volume[row] - (stops - starts + 1)[group]
        reached = np.floor(lots * share).astype(np.int64)
        reached[stops] = lots[stops]
        upper = np.diff(reached, prepend=0)
        upper[starts] = reached[starts]
        upper += 1
        lower = upper.copy()
        partner = np.flatnonzero((pair & 1) == 1)
        both = upper[partner] + upper[partner - 1]
        cut = 1 + np.floor((both - 2) * two[partner]).astype(np.int64)
        lower[partner], lower[partner - 1] = cut, both - cut
        return upper, lower

    def _walk(
        self,
        plans: MinutePlans,
        rows: NDArray[np.int64],
        slot: NDArray[np.int64],
        draw: NDArray[np.int64],
    ) -> NDArray[np.float64]:
        """Return the course inner prices are ordered along: from open to close with a swing."""
        phase, bend = uniform_pairs(self._key + 2, plans.minute)
        progress = slot / (plans.count[rows] - 1)
        reach = (plans.high - plans.low).astype(np.float64)[rows]
        swing = np.sin(_TURNS * (progress * (0.4 + 2.2 * bend[rows]) + phase[rows]))
        bounce = uniforms(self._key + 3, draw) - 0.5
        drift: NDArray[np.float64] = (plans.close - plans.open)[rows] * progress
        # The farther the minute goes, the straighter it goes there.
        noise: NDArray[np.float64] = reach - 0.85 * np.abs(plans.close - plans.open)[rows]
        return drift + noise * (0.4 * swing + 0.7 * bounce)

    def _moments(
        self,
        plans: MinutePlans,
        rows: NDArray[np.int64],
        draw: NDArray[np.int64],
        inner: NDArray[np.bool_],
    ) -> NDArray[np.int64]:
        length = (plans.last_ms - plans.first_ms + 1)[rows]
        moment = np.floor(uniforms(self._key + 4, draw) * length).astype(np.int64)
        moment += plans.first_ms[rows]
        if inner.any():
            # Sorting by minute first keeps every minute's trades in its own places.
            order = np.argsort(moment[inner] + rows[inner] * MINUTE_MS)
            moment[inner] = moment[inner][order]
        outer = ~inner
        is_first = np.diff(rows, prepend=-1) > 0
        moment[outer] = np.where(is_first, plans.first_ms[rows], plans.last_ms[rows])[outer]
        return moment


def _same_takers(
    moment: NDArray[np.int64],
    price: NDArray[np.int64],
    bid: NDArray[np.bool_],
    inner: NDArray[np.bool_],
    key: int,
    draw: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Move some trades to the millisecond of the one before: one order that took several levels."""
    step = np.diff(price, prepend=price[:1])
    onward = np.where(bid, step >= 0, step <= 0)
    same_side = np.diff(bid.astype(np.int8), prepend=0) == 0
    joined = inner & onward & same_side & ((hashes(key + 5, draw) & np.uint64(3)) != 0)
    leader = np.maximum.accumulate(np.where(joined, 0, np.arange(len(moment))))
    return moment[leader]
