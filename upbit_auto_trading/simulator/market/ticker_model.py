"""The ticker of one market, from the same trades as everything else."""

from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

import numpy as np

from upbit_auto_trading.domain.market_minutes import MINUTE_MS
from upbit_auto_trading.domain.price_grid import E8
from upbit_auto_trading.domain.trade import Side
from upbit_auto_trading.simulator.market.candle_model import (
    DAY_MS,
    CandleModel,
)
from upbit_auto_trading.simulator.market.day_figures import DayFigures, DayKeeper
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
        self._days = DayKeeper(candles)
        self._year: tuple[int, int, tuple[int, int, int, int]] | None = None
        self._previous: tuple[int, int, int] | None = None
        self._minute: _Minute | None = None

    def forget(self) -> None:
        """Drop everything remembered."""
        self._days.forget()
        self._year = self._previous = self._minute = None

    def previous_close_e8(self, at_ms: int, since_ms: int) -> int:
        """Return the last price before the UTC day of `at_ms`; 0 where there was none."""
        day = at_ms // DAY_MS
        known = self._days.known(day, since_ms)
        if known is not None and known.yesterday.closing:
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
        # The days first: the block the market is in is made with them.
        known = self._days.days(at_ms, since_ms)
        day = known.today
        last = self._last(at_ms, since_ms)
        if last is None:
            return None
        price, volume, bid, trade_ms = last
        running = self._running(at_ms // MINUTE_MS)
        done = bisect_right(running.times, at_ms)
        place = at_ms // MINUTE_MS % _DAY_MINUTES
        previous = self.previous_close_e8(at_ms, since_ms)
        before = day.before(place)
        traded = before.volume > 0 or done > 0
        if traded:
            previous = previous or self._opening(day, place, running)
            opening = self._opening(day, place, running)
            highs = [before.high, *running.high[:done][-1:]]
            lows = [before.low, *running.low[:done][-1:]]
            high, low = max(highs), min(value for value in lows if value)
        else:
            opening = high = low = price
            previous = previous or price
        volume_lots = before.volume + running.volume[done]
        ask_lots = before.ask_volume + running.ask_volume[done]
        turnover = before.turnover + running.turnover[done]
        earlier_lots, earlier = known.yesterday.since(place)
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

    def _opening(self, day: DayFigures, place: int, running: _Minute) -> int:
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

    def _extremes(self, day: int, since_ms: int) -> tuple[int, int, int, int]:
        """Return highest, its day, lowest, its day of the 52 weeks before a day; 0 if untraded."""
        found = self._year
        if found is None or found[:2] != (day, since_ms):
            begin = max(since_ms, (day - _YEAR_DAYS) * DAY_MS)
            year = extremes(self._tape, begin, day * DAY_MS)
            figures = (0, 0, 0, 0)
            if year is not None:
                high, low = self._tape.grid.e8(np.array([year.high, year.low])).tolist()
                figures = (high, _day_ms(year.high_minute), low, _day_ms(year.low_minute))
            found = self._year = (day, since_ms, figures)
        return found[2]


def _day_ms(minute: int) -> int:
    return minute * MINUTE_MS // DAY_MS * DAY_MS
