"""What is traded in a minute, in closed form: its candle without its trades.

A minute is drawn from its path as a plan: how many trades, where they open, peak, bottom and close,
and how much the singled-out trades and all others together take. The others come in pairs of
equal volume at prices equally far from the low and the high, so the plan alone fixes turnover and
volume exactly; `market_prints` makes trades that are this plan and nothing else.
"""

from dataclasses import dataclass, fields
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from upbit_auto_trading.domain.price_grid import E8, PriceGrid
from upbit_auto_trading.domain.seeded_noise import stream_key, uniform_pairs

MINUTE_MS: Final = 60_000
FARTHEST_OVERSHOOT: Final = 3.0
"""How far a minute can trade beyond both its ends, in its own volatility."""
_MASK: Final = (1 << 64) - 1
_MOST_TRADES: Final = 3000
_LARGEST_TRADE: Final = 60.0

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class TradingStyle:
    """How a market trades at a pace of 1.

    `trades` a minute, `trade_total` the mean trade in the quote currency, `volatility` a
    minute's move in log price; volumes are whole lots, `lots` of them one of the base currency.
    """

    trades: float
    trade_total: float
    volatility: float
    lots: int


@dataclass(frozen=True, slots=True)
class MinuteDrive:
    """What drives a run of minutes: log prices at their ends, pace and business (both about 1)."""

    minute: Ints
    start: Floats
    end: Floats
    pace: Floats
    business: Floats

    def __getitem__(self, rows: Flags) -> "MinuteDrive":
        return MinuteDrive(
            self.minute[rows],
            self.start[rows],
            self.end[rows],
            self.pace[rows],
            self.business[rows],
        )


@dataclass(frozen=True, slots=True)
class MinuteExtents:
    """How high and how low minutes trade, as indexes of the market's grid; all are traded in."""

    minute: Ints
    high: Ints
    low: Ints

    def __len__(self) -> int:
        return len(self.minute)


@dataclass(frozen=True, slots=True)
class MinutePlans:
    """Plans of consecutive or picked minutes, one row each; all arrays have one length.

    Prices are indexes of the market's grid, volumes whole lots, times milliseconds of the minute.
    A minute without trades has `count` 0 and nothing else.
    """

    minute: Ints
    count: Ints
    open: Ints
    high: Ints
    low: Ints
    close: Ints
    first_ms: Ints
    last_ms: Ints
    first_volume: Ints
    last_volume: Ints
    high_volume: Ints
    low_volume: Ints
    odd_volume: Ints
    pair_volume: Ints
    first_bid: Flags
    last_bid: Flags
    volume: Ints
    ask_volume: Ints
    turnover: Floats

    def __getitem__(self, rows: slice | NDArray[np.bool_] | NDArray[np.int64]) -> Self:
        return type(self)(*(getattr(self, field.name)[rows] for field in fields(self)))

    def __len__(self) -> int:
        return len(self.minute)

    @property
    def peaks(self) -> Flags:
        """Whether the minute has a trade of its own at the high."""
        return self.high_volume > 0

    @property
    def dips(self) -> Flags:
        """Whether the minute has a trade of its own at the low."""
        return self.low_volume > 0


def heavy(draw: Floats) -> Floats:
    """Return trade sizes for draws in (0, 1): mean about 1, many small, few large."""
    sizes: Floats = np.minimum((-np.log(draw)) ** 1.6 * 0.7, _LARGEST_TRADE)
    return sizes


@dataclass(frozen=True, slots=True)
class _Shape:
    """Where minutes open, peak, bottom and close; `begin` and `finish` lie between two prices."""

    begin: Floats
    finish: Floats
    opening: Floats
    closing: Floats
    high: Floats
    low: Floats
    peaks: Flags
    dips: Flags


class MinutePlanner:
    """Draws the minutes of one market. A pure function of (name, seed) and the drive."""

    def __init__(self, name: str, seed: int, grid: PriceGrid, style: TradingStyle) -> None:
        self.grid = grid
        self.style = style
        self._key = stream_key("minute", seed, name)
        self._keys = np.array(
            [[(self._key + number) & _MASK] for number in range(1, 8)], dtype=np.uint64
        )

    def counts(self, drive: MinuteDrive, share: float = 1.0) -> Ints:
        """Return how many trades the minutes have, in `share` of their time."""
        draw = uniform_pairs(self._key, drive.minute)
        return _counts(self.style.trades * share * drive.business, *draw)

    def extents(self, drive: MinuteDrive) -> MinuteExtents:
        """Return how high and low the plans of the traded minutes go, for less than the plans."""
        count = self.counts(drive)
        traded = count > 0
        drive = drive[traded]
        draw = np.stack(uniform_pairs(self._keys[:3], drive.minute), axis=1)
        shape = self._shape(drive, count[traded], draw)
        return MinuteExtents(drive.minute, shape.high.astype(np.int64), shape.low.astype(np.int64))

    def plans(
        self,
        drive: MinuteDrive,
        window: tuple[int, int] = (0, MINUTE_MS),
        count: Ints | None = None,
    ) -> MinutePlans:
        """Return the minutes' plans; trades fall into `window`, milliseconds of the minute.

        `count` is what `counts` says, where that is known.
        """
        style = self.style
        minute = drive.minute
        if count is None:
            count = self.counts(drive, (window[1] - window[0]) / MINUTE_MS)
        # Draws, prices and volumes are made in one array each: most questions are about a few
        # minutes, where what counts is how often numpy is called.
        draw = np.stack(uniform_pairs(self._keys, minute), axis=1)
        many, several = count >= 1, count >= 2
        shape = self._shape(drive, count, draw)
        opening, closing, high, low = shape.opening, shape.closing, shape.high, shape.low
        peaks, dips = shape.peaks, shape.dips
        first_ms, last_ms = _ends(count, window, *draw[3])
        flat = high == low
        first_bid = opening >= shape.begin
        last_bid = np.where(flat | ~several, first_bid, closing >= shape.finish)
        inner = np.maximum(count - 2 - peaks - dips, 0)
        pairs, odd = inner >> 1, (inner & 1) == 1
        indexes = np.stack((opening, closing, high, low)).astype(np.int64)
        prices = self.grid.e8(indexes) / E8
        lots = style.trade_total / prices[0] * style.lots
        *sizes, pair_size = heavy(draw[4:7].reshape(6, -1))
        volumes = _volume(lots * np.stack(sizes), np.stack((many, several, peaks, dips, odd)))
        # The sum of the pairs' sizes: closer to its mean the more of them there are.
        spread = 1.0 + (pair_size - 1.0) / np.sqrt(np.maximum(pairs, 1))
        paired = np.maximum(np.rint(lots * pairs * spread).astype(np.int64), 3 * pairs)
        volume = volumes.sum(axis=0) + 2 * paired
        first, last, peak, dip, single = volumes
        asks = np.where(
            flat,
            np.where(first_bid, 0, volume),
            np.where(first_bid, 0, first + single) + np.where(last_bid, 0, last) + dip + paired,
        )
        turnover = (
            prices[0] * (first + single)
            + prices[1] * last
            + prices[2] * peak
            + prices[3] * dip
            + (prices[2] + prices[3]) * paired
        ) / style.lots
        indexes *= many
        return MinutePlans(
            minute=minute,
            count=count,
            open=indexes[0],
            high=indexes[2],
            low=indexes[3],
            close=indexes[1],
            first_ms=first_ms,
            last_ms=last_ms,
            first_volume=first,
            last_volume=last,
            high_volume=peak,
            low_volume=dip,
            odd_volume=single,
            pair_volume=paired,
            first_bid=first_bid,
            last_bid=last_bid,
            volume=volume,
            ask_volume=asks,
            turnover=turnover,
        )

    def _shape(self, drive: MinuteDrive, count: Ints, draw: Floats) -> _Shape:
        """Return the minutes' prices as indexes; `draw` holds three pairs of numbers for each."""
        several, busy = count >= 2, count >= 3
        start, end = np.exp(drive.start), np.exp(drive.end)
        swing = self.style.volatility * drive.pace * np.minimum(1.0, np.sqrt(count / 30.0))
        rise, fall = _overshoot(draw[1]) * swing
        highest, lowest = np.maximum(start, end), np.minimum(start, end)
        begin, finish, top, bottom = self.grid.position(
            np.stack((start, end, highest * np.exp(rise), lowest * np.exp(-fall)))
        )
        opening = np.maximum(np.floor(begin + draw[0][0]), 1.0)
        closing = np.where(several, np.maximum(np.floor(finish + draw[0][1]), 1.0), opening)
        eagerness = 1.0 / (1.0 + count * 0.25)
        upper, lower = np.maximum(opening, closing), np.minimum(opening, closing)
        high = np.where(
            busy, np.maximum(upper, np.floor(top + 1.0 - draw[2][0] * eagerness)), upper
        )
        low = np.where(busy, np.minimum(lower, np.floor(bottom + draw[2][1] * eagerness)), lower)
        low = np.maximum(low, 1.0)
        peaks = high > upper
        dips = (low < lower) & ~((count == 3) & peaks)
        low = np.where(dips, low, lower)
        return _Shape(begin, finish, opening, closing, high, low, peaks, dips)


def _overshoot(draw: Floats) -> Floats:
    """Return how far a minute goes beyond its ends, in its own volatility."""
    return np.minimum(-0.55 * np.log(draw), FARTHEST_OVERSHOOT)


def _counts(mean: Floats, one: Floats, two: Floats) -> Ints:
    """Return how many trades a minute has: a steady half for busy ones, bursts on top of it."""
    steady = np.where(mean >= 4.0, np.floor(0.5 * mean), 0.0)
    rest = (mean - steady) * 0.5
    ratio = np.log(rest / (1.0 + rest))
    bursts = np.floor(np.log(one) / ratio) + np.floor(np.log(two) / ratio)
    count: Ints = np.minimum(steady + bursts, _MOST_TRADES).astype(np.int64)
    return count


def _ends(count: Ints, window: tuple[int, int], one: Floats, two: Floats) -> tuple[Ints, Ints]:
    """Return when the first and the last of `count` evenly likely moments fall."""
    begin, length = window[0], window[1] - window[0]
    first = np.floor((1.0 - one ** (1.0 / np.maximum(count, 1))) * length)
    left = length - 1 - first
    last = np.where(
        count >= 2, first + np.rint(left * two ** (1.0 / np.maximum(count - 1, 1))), first
    )
    return first.astype(np.int64) + begin, last.astype(np.int64) + begin


def _volume(lots: Floats, present: Flags) -> Ints:
    volume: Ints = np.maximum(np.rint(lots), 1.0).astype(np.int64) * present
    return volume
