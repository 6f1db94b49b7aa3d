"""Candles of every timeframe, from plans and, where a slot is cut, from the trades themselves."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final, Self

import numpy as np

from upbit_auto_trading.domain.market_minutes import MINUTE_MS, Floats, Ints, MinutePlans
from upbit_auto_trading.domain.market_prints import PrintColumns
from upbit_auto_trading.domain.price_grid import E8, PriceGrid
from upbit_auto_trading.domain.timeframe import Timeframe, TimeframeUnit
from upbit_auto_trading.simulator.market.tape import Tape

DAY_MS: Final = 86_400_000
_DAY_MINUTES: Final = 1440
_SECONDS_WINDOW_MS: Final = 3_600_000
_LONGEST_WINDOW: Final = 1 << 15


@dataclass(frozen=True, slots=True)
class CandleFigures:
    """One candle, with the time of its last trade.

    `previous_close` is the close of the candle before it, or its own opening price where there is
    none.
    """

    start_ms: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    turnover: float
    last_ms: int
    previous_close: float


@dataclass(frozen=True, slots=True)
class CandleRows:
    """Candles as columns, oldest first, slots without trades left out.

    Prices are in 1e-8, volumes in lots.
    """

    start_ms: Ints
    open: Ints
    high: Ints
    low: Ints
    close: Ints
    volume: Ints
    ask_volume: Ints
    turnover: Floats
    last_ms: Ints

    def __len__(self) -> int:
        return len(self.start_ms)

    def __getitem__(self, rows: slice) -> Self:
        return type(self)(*(getattr(self, field.name)[rows] for field in fields(self)))

    def gathered(self, starts: Ints) -> Self:
        """Return the rows joined to longer candles; `starts` holds each row's new start."""
        if not len(starts):
            return self
        first = np.flatnonzero(np.diff(starts, prepend=starts[0] - 1))
        last = np.append(first[1:], len(starts)) - 1
        return type(self)(
            starts[first],
            self.open[first],
            np.maximum.reduceat(self.high, first),
            np.minimum.reduceat(self.low, first),
            self.close[last],
            np.add.reduceat(self.volume, first),
            np.add.reduceat(self.ask_volume, first),
            np.add.reduceat(self.turnover, first),
            self.last_ms[last],
        )


def joined(parts: Sequence[CandleRows]) -> CandleRows:
    """Return rows one after the other."""
    return CandleRows(
        *(
            np.concatenate([getattr(part, field.name) for part in parts])
            for field in fields(CandleRows)
        )
    )


def rows_of_plans(plans: MinutePlans, grid: PriceGrid) -> CandleRows:
    """Return the one-minute candles of whole minutes."""
    held = plans[plans.count > 0]
    start = held.minute * MINUTE_MS
    return CandleRows(
        start,
        grid.e8(held.open),
        grid.e8(held.high),
        grid.e8(held.low),
        grid.e8(held.close),
        held.volume,
        held.ask_volume,
        held.turnover,
        start + held.last_ms,
    )


def rows_of_prints(prints: PrintColumns, lots: int, slot_ms: int) -> CandleRows:
    """Return the candles of `slot_ms` milliseconds that these trades make."""
    price = prints.price_e8
    single = CandleRows(
        prints.trade_ms,
        price,
        price,
        price,
        price,
        prints.volume,
        prints.volume * ~prints.bid,
        price / E8 * prints.volume / lots,
        prints.trade_ms,
    )
    return single.gathered(prints.trade_ms // slot_ms * slot_ms)


class CandleModel:
    """Candles of one market. Whole days are remembered once they were asked for."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._known: tuple[int, int, CandleRows] | None = None

    def forget_from(self, moment_ms: int) -> None:
        """Drop what is remembered of the day of `moment_ms` and later ones."""
        day = moment_ms // DAY_MS
        known = self._known
        if known is None or known[0] >= day:
            self._known = None
        elif known[1] > day:
            self._known = known[0], day, _days_between(known[2], known[0], day)

    def candles(
        self, timeframe: Timeframe, before_ms: int, count: int, now_ms: int, since_ms: int
    ) -> list[CandleFigures]:
        """Return up to `count` candles that start before `before_ms`, newest first.

        Only trades from `since_ms` on and before `now_ms` exist.
        """
        last_start = timeframe.start_of_ms(min(before_ms, now_ms) - 1)
        end = min(timeframe.next_start_ms(last_start), now_ms)
        wanted = count + 1
        parts: list[CandleRows] = []
        found = 0
        window = self._first_window(timeframe, wanted)
        while end > since_ms and found < wanted:
            begin = max(since_ms, timeframe.start_of_ms(max(end - 1 - window, 0)))
            rows = self._between(timeframe, begin, end)
            parts.append(rows)
            found += len(rows)
            end = begin
            window = min(window * 4, max(window, _LONGEST_WINDOW * MINUTE_MS))
        rows = (
            joined(parts[::-1])
            if parts
            else rows_of_prints(self._tape.columns(0, 0), self._tape.lots, 1000)
        )
        return figures(rows[-wanted:], self._tape.lots)[:count]

    def between(self, begin_ms: int, end_ms: int) -> CandleRows:
        """Return one-minute candles of the trades from `begin_ms` on and before `end_ms`."""
        first, last = -(-begin_ms // MINUTE_MS), end_ms // MINUTE_MS
        if first > last:
            return rows_of_prints(self._tape.columns(begin_ms, end_ms), self._tape.lots, MINUTE_MS)
        parts = []
        if begin_ms < first * MINUTE_MS:
            parts.append(
                rows_of_prints(
                    self._tape.columns(begin_ms, first * MINUTE_MS), self._tape.lots, MINUTE_MS
                )
            )
        parts += [
            rows_of_plans(plans, self._tape.grid)
            for plans in self._tape.traded(first, last - first)
        ]
        if last * MINUTE_MS < end_ms or not parts:
            parts.append(
                rows_of_prints(
                    self._tape.columns(last * MINUTE_MS, end_ms), self._tape.lots, MINUTE_MS
                )
            )
        return joined(parts)

    def days(self, begin_ms: int, end_ms: int) -> CandleRows:
        """Return day candles of the trades from `begin_ms` on and before `end_ms`."""
        first, last = -(-begin_ms // DAY_MS), end_ms // DAY_MS
        if first > last:
            return self._part_of_day(begin_ms, end_ms)
        parts = [self._whole_days(first, last)]
        if begin_ms < first * DAY_MS:
            parts.insert(0, self._part_of_day(begin_ms, first * DAY_MS))
        if last * DAY_MS < end_ms:
            parts.append(self._part_of_day(last * DAY_MS, end_ms))
        return joined(parts)

    def _part_of_day(self, begin_ms: int, end_ms: int) -> CandleRows:
        rows = self.between(begin_ms, end_ms)
        return rows.gathered(rows.start_ms // DAY_MS * DAY_MS)

    def _whole_days(self, first: int, last: int) -> CandleRows:
        """Return the candles of days from `first` on and before `last`; remember them."""
        known = self._known
        if known is None:
            known = self._known = first, last, self._made_days(first, last)
        begin, end, rows = known
        if first < begin or end < last:
            # Days between what is known and what is asked are made too: known days have no gap.
            before = self._made_days(min(first, begin), begin)
            after = self._made_days(end, max(last, end))
            begin, end, rows = min(first, begin), max(last, end), joined((before, rows, after))
            self._known = begin, end, rows
        return _days_between(rows, first, last)

    def _made_days(self, first: int, last: int) -> CandleRows:
        rows = self.between(first * DAY_MS, last * DAY_MS)
        return rows.gathered(rows.start_ms // DAY_MS * DAY_MS)

    def _between(self, timeframe: Timeframe, begin_ms: int, end_ms: int) -> CandleRows:
        match timeframe.unit:
            case TimeframeUnit.SECOND:
                return rows_of_prints(
                    self._tape.columns(begin_ms, end_ms), self._tape.lots, timeframe.seconds * 1000
                )
            case TimeframeUnit.MINUTE:
                rows = self.between(begin_ms, end_ms)
            case _:
                rows = self.days(begin_ms, end_ms)
        if timeframe.is_fixed:
            step = timeframe.seconds * 1000
            anchor = timeframe.start_of_ms(0)
            return rows.gathered(anchor + (rows.start_ms - anchor) // step * step)
        starts = [timeframe.start_of_ms(start) for start in rows.start_ms.tolist()]
        return rows.gathered(np.array(starts, dtype=np.int64))

    def _first_window(self, timeframe: Timeframe, wanted: int) -> int:
        """Return how far back to look first: the slots asked for, more where the market is thin."""
        slot = timeframe.seconds * 1000
        if timeframe.unit is TimeframeUnit.SECOND:
            return min(_SECONDS_WINDOW_MS, wanted * slot * 3)
        return wanted * slot


def _days_between(rows: CandleRows, first: int, last: int) -> CandleRows:
    begin, end = np.searchsorted(rows.start_ms, (first * DAY_MS, last * DAY_MS))
    return rows[int(begin) : int(end)]


def figures(rows: CandleRows, lots: int) -> list[CandleFigures]:
    """Return the candles of columns, newest first."""
    closes = (rows.close / E8).tolist()
    opens = (rows.open / E8).tolist()
    columns = zip(
        rows.start_ms.tolist(),
        opens,
        (rows.high / E8).tolist(),
        (rows.low / E8).tolist(),
        closes,
        (rows.volume / lots).tolist(),
        rows.turnover.tolist(),
        rows.last_ms.tolist(),
        opens[:1] + closes[:-1],
        strict=True,
    )
    return [CandleFigures(*column) for column in columns][::-1]
