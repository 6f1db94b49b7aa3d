"""The ticker of one market, from the same trades as everything else."""

from bisect import bisect_right
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Final

import numpy as np

from upbit_auto_trading.domain.market_minutes import MINUTE_MS, Floats, Ints
from upbit_auto_trading.domain.market_path import BLOCK
from upbit_auto_trading.domain.price_grid import E8
from upbit_auto_trading.domain.trade import Side
from upbit_auto_trading.simulator.market.candle_model import (
    DAY_MS,
    CandleModel,
    CandleRows,
    joined,
)
from upbit_auto_trading.simulator.market.tape import Tape
from upbit_auto_trading.simulator.market.yearly_extremes import extremes

_DAY_MINUTES: Final = 1440
_YEAR_DAYS: Final = 364


@dataclass(frozen=True, slots=True)
class TickerFigures:
    """A market at `at_ms`. Prices and turnovers in the quote currency, volumes in the base.

    The day is the UTC day. The 24 hours begin at a whole minute: at most one minute more.
    Change is signed; its rate is a fraction of `prev_closing_price`. Extremes of 52 weeks come
    with the epoch milliseconds of their UTC day.
    """

    market: str
    opening_price: float
    high_price: float
    low_price: float
    trade_price: float
    prev_closing_price: float
    signed_change_price: float
    signed_change_rate: float
    side: Side
    trade_volume: float
    trade_ms: int
    acc_trade_price: float
    acc_trade_volume: float
    acc_ask_volume: float
    acc_bid_volume: float
    acc_trade_price_24h: float
    acc_trade_volume_24h: float
    highest_52_week_price: float
    highest_52_week_day_ms: int
    lowest_52_week_price: float
    lowest_52_week_day_ms: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class _Day:
    """Figures of a day up to each of its minutes (1,441 entries); prices 0 where none was.

    `turnover_left` is that from each minute on, added up from the day's end: whatever is known
    of its beginning, it is the same number.
    """

    volume: Ints
    turnover: Floats
    turnover_left: Floats
    ask_volume: Ints
    high: Ints
    low: Ints
    opening: int
    closing: int
    first_minute: int


@dataclass(frozen=True, slots=True)
class _Days:
    """Today so far and what counts of yesterday.

    `rows` are today's candles of its first `end` minutes, yesterday is known from its minute
    `begin` on: of the minutes of two days half are in the last 24 hours.
    """

    day: int
    since_ms: int
    rows: CandleRows
    end: int
    begin: int
    today: _Day
    yesterday: _Day


@dataclass(frozen=True, slots=True)
class _Minute:
    """Figures within the running minute after each of its trades (one entry more than trades)."""

    minute: int
    times: list[int]
    prices: list[int]
    volumes: list[int]
    bids: list[bool]
    volume: list[int]
    turnover: list[float]
    ask_volume: list[int]
    high: list[int]
    low: list[int]


class TickerModel:
    """Tickers of one market; remembers today, yesterday and the running minute."""

    def __init__(self, tape: Tape, candles: CandleModel) -> None:
        self._tape = tape
        self._candles = candles
        self._known_days: _Days | None = None
        self._year: tuple[int, int, tuple[int, int, int, int]] | None = None
        self._previous: tuple[int, int, int] | None = None
        self._minute: _Minute | None = None

    def forget(self) -> None:
        """Drop everything remembered."""
        self._known_days = self._year = self._previous = self._minute = None

    def previous_close_e8(self, at_ms: int, since_ms: int) -> int:
        """Return the last price before the UTC day of `at_ms`; 0 where there was none."""
        day = at_ms // DAY_MS
        known = self._known_days
        if (
            known is not None
            and (known.day, known.since_ms) == (day, since_ms)
            and known.yesterday.closing
        ):
            return known.yesterday.closing
        found = self._previous
        if found is None or found[:2] != (day, since_ms):
            last = None
            if day * DAY_MS > since_ms:
                last = self._tape.last_trade(day * DAY_MS - 1, since_ms)
            price = 0 if last is None else int(self._tape.grid.e8(np.array([last.index]))[0])
            found = self._previous = (day, since_ms, price)
        return found[2]

    def ticker(self, at_ms: int, since_ms: int) -> TickerFigures | None:
        """Return the ticker after all trades at or before `at_ms`, or None if there were none."""
        last = self._last(at_ms, since_ms)
        if last is None:
            return None
        price, volume, bid, trade_ms = last
        known = self._days(at_ms, since_ms)
        day, yesterday = known.today, known.yesterday
        running = self._running(at_ms // MINUTE_MS)
        done = bisect_right(running.times, at_ms)
        place = at_ms // MINUTE_MS % _DAY_MINUTES
        previous = self.previous_close_e8(at_ms, since_ms)
        traded = day.volume[place] > 0 or done > 0
        if traded:
            previous = previous or self._opening(day, place, running)
            opening = self._opening(day, place, running)
            highs = [int(day.high[place]), *running.high[:done][-1:]]
            lows = [int(day.low[place]), *running.low[:done][-1:]]
            high, low = max(highs), min(value for value in lows if value)
        else:
            opening = high = low = price
            previous = previous or price
        volume_lots = int(day.volume[place]) + running.volume[done]
        ask_lots = int(day.ask_volume[place]) + running.ask_volume[done]
        turnover = float(day.turnover[place]) + running.turnover[done]
        earlier = float(yesterday.turnover_left[place])
        earlier_lots = int(yesterday.volume[-1] - yesterday.volume[place])
        highest, highest_ms, lowest, lowest_ms = self._extremes(at_ms // DAY_MS, since_ms)
        today_ms = at_ms // DAY_MS * DAY_MS
        if high > highest:
            highest, highest_ms = high, today_ms
        if not lowest or low < lowest:
            lowest, lowest_ms = low, today_ms
        change = price - previous
        return TickerFigures(
            self._tape.market,
            opening / E8,
            high / E8,
            low / E8,
            price / E8,
            previous / E8,
            change / E8,
            round(change / previous, 10),
            Side.BID if bid else Side.ASK,
            volume / self._tape.lots,
            trade_ms,
            turnover,
            volume_lots / self._tape.lots,
            ask_lots / self._tape.lots,
            (volume_lots - ask_lots) / self._tape.lots,
            turnover + earlier,
            (volume_lots + earlier_lots) / self._tape.lots,
            highest / E8,
            highest_ms,
            lowest / E8,
            lowest_ms,
            at_ms,
        )

    def _opening(self, day: _Day, place: int, running: _Minute) -> int:
        return day.opening if day.first_minute < place else running.prices[0]

    def _last(self, at_ms: int, since_ms: int) -> tuple[int, int, bool, int] | None:
        running = self._running(at_ms // MINUTE_MS)
        done = bisect_right(running.times, at_ms)
        if done:
            return (
                running.prices[done - 1],
                running.volumes[done - 1],
                running.bids[done - 1],
                running.times[done - 1],
            )
        found = self._tape.last_trade(at_ms, since_ms)
        if found is None:
            return None
        minute = self._tape.columns(found.trade_ms, found.trade_ms + 1)
        return (
            int(minute.price_e8[-1]),
            int(minute.volume[-1]),
            bool(minute.bid[-1]),
            found.trade_ms,
        )

    def _running(self, minute: int) -> _Minute:
        found = self._minute
        if found is not None and found.minute == minute:
            return found
        trades = self._tape.minute(minute)
        prices, volumes = trades.price_e8.tolist(), trades.volume.tolist()
        bids = trades.bid.tolist()
        totals = (trades.price_e8 / E8 * trades.volume / self._tape.lots).tolist()
        asks = [0 if bid else volume for volume, bid in zip(volumes, bids, strict=True)]
        self._minute = _Minute(
            minute,
            trades.trade_ms.tolist(),
            prices,
            volumes,
            bids,
            [0, *accumulate(volumes)],
            [0.0, *accumulate(totals)],
            [0, *accumulate(asks)],
            list(accumulate(prices, max)),
            list(accumulate(prices, min)),
        )
        return self._minute

    def _days(self, at_ms: int, since_ms: int) -> _Days:
        day, place = divmod(at_ms // MINUTE_MS, _DAY_MINUTES)
        found = self._known_days
        if found is None or (found.day, found.since_ms) != (day, since_ms) or place < found.begin:
            found = self._known_days = self._made_days(day, place, since_ms, found)
        elif place > found.end:
            end = _horizon(place)
            more = self._rows(day, found.end, end, since_ms)
            rows = joined((found.rows, more))
            found = self._known_days = replace(found, rows=rows, end=end, today=_day_of(rows, day))
        return found

    def _made_days(self, day: int, place: int, since_ms: int, earlier: _Days | None) -> _Days:
        end, begin = _horizon(place), place
        follows = earlier is not None and earlier.day == day - 1 and since_ms <= (day - 1) * DAY_MS
        if earlier is not None and follows:
            begin = 0
            rows = self._rows(day - 1, earlier.end, _DAY_MINUTES + end, since_ms)
            rows = joined((earlier.rows, rows))
        else:
            rows = self._rows(day - 1, begin, _DAY_MINUTES + end, since_ms)
        midnight = int(np.searchsorted(rows.start_ms, day * DAY_MS))
        yesterday, rows = rows[:midnight], rows[midnight:]
        return _Days(
            *(day, since_ms, rows, end, begin),
            today=_day_of(rows, day),
            yesterday=_day_of(yesterday, day - 1),
        )

    def _rows(self, day: int, first: int, end: int, since_ms: int) -> CandleRows:
        """Return the candles of minutes from `first` on and before `end`, counted from a day's."""
        begin_ms, end_ms = (day * DAY_MS + minute * MINUTE_MS for minute in (first, end))
        return self._candles.between(min(max(begin_ms, since_ms), end_ms), end_ms)

    def _extremes(self, day: int, since_ms: int) -> tuple[int, int, int, int]:
        """Return highest, its day, lowest, its day of the 52 weeks before a day; 0 if untraded."""
        found = self._year
        begin = max(since_ms, (day - _YEAR_DAYS) * DAY_MS)
        if found is not None and found[0] == day - 1:
            found = self._year = self._next_year(day, since_ms, begin, found[2])
        if found is None or found[:2] != (day, since_ms):
            year = extremes(self._tape, begin, day * DAY_MS)
            figures = (0, 0, 0, 0)
            if year is not None:
                high, low = self._tape.grid.e8(np.array([year.high, year.low])).tolist()
                figures = (high, _day_ms(year.high_minute), low, _day_ms(year.low_minute))
            found = self._year = (day, since_ms, figures)
        return found[2]

    def _next_year(
        self, day: int, since_ms: int, begin_ms: int, known: tuple[int, int, int, int]
    ) -> tuple[int, int, tuple[int, int, int, int]] | None:
        """Return the extremes with a day more, None where one of them is too old by now."""
        days = self._known_days
        highest, highest_ms, lowest, lowest_ms = known
        is_whole = days is not None and days.day == day and days.begin == 0
        if days is None or not is_whole or min(highest_ms, lowest_ms) < begin_ms or not lowest:
            return None
        yesterday, yesterday_ms = days.yesterday, (day - 1) * DAY_MS
        if yesterday.high[-1] > highest:
            highest, highest_ms = int(yesterday.high[-1]), yesterday_ms
        if 0 < yesterday.low[-1] < lowest:
            lowest, lowest_ms = int(yesterday.low[-1]), yesterday_ms
        return day, since_ms, (highest, highest_ms, lowest, lowest_ms)


def _horizon(place: int) -> int:
    """Return up to which minute of the day to look when the one at `place` is asked about."""
    return min(_DAY_MINUTES, (place // BLOCK + 1) * BLOCK)


def _day_ms(minute: int) -> int:
    return minute * MINUTE_MS // DAY_MS * DAY_MS


def _day_of(rows: CandleRows, day: int) -> _Day:
    place = rows.start_ms // MINUTE_MS - day * _DAY_MINUTES
    volume = np.zeros(_DAY_MINUTES + 1, dtype=np.int64)
    asks, high, low = volume.copy(), volume.copy(), volume + np.iinfo(np.int64).max
    turnover = np.zeros(_DAY_MINUTES + 1)
    volume[place + 1], asks[place + 1] = rows.volume, rows.ask_volume
    turnover[place + 1] = rows.turnover
    high[place + 1], low[place + 1] = rows.high, rows.low
    low = np.minimum.accumulate(low)
    first = int(place[0]) if len(rows) else _DAY_MINUTES
    low[: first + 1] = 0
    return _Day(
        np.cumsum(volume),
        np.cumsum(turnover),
        np.append(np.cumsum(turnover[:0:-1])[::-1], 0.0),
        np.cumsum(asks),
        np.maximum.accumulate(high),
        low,
        int(rows.open[0]) if len(rows) else 0,
        int(rows.close[-1]) if len(rows) else 0,
        first,
    )
