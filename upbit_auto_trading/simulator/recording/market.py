"""A recorded session as a market: what REST, tickers and candles say of it. Time comes in.

Only what was received by the moment asked about counts. Figures of the day, of 24 hours and of 52
weeks are those of the recorded stretch.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

from upbit_auto_trading.domain.market import quote_of
from upbit_auto_trading.domain.price_grid import E8, price_grid
from upbit_auto_trading.domain.timeframe import Timeframe
from upbit_auto_trading.simulator.market.book_model import Book
from upbit_auto_trading.simulator.market.candle_model import DAY_MS, CandleFigures
from upbit_auto_trading.simulator.market.market_model import Instrument, UnlistedMarketError
from upbit_auto_trading.simulator.market.market_progress import publish_lag_ms
from upbit_auto_trading.simulator.market.market_source import Listed, RunningScenario
from upbit_auto_trading.simulator.market.scenarios import UnknownScenarioError
from upbit_auto_trading.simulator.market.tape import Print
from upbit_auto_trading.simulator.market.ticker_model import TickerFigures
from upbit_auto_trading.simulator.recording.figures import TradeFigures, candles_of, day_of
from upbit_auto_trading.simulator.recording.session import RecordedSession

_DEPTH: Final = 30
_NOTHING_MS: Final = 60_000
_FIRST_LOOK: Final = 1000


class _Market:
    """One market's trades and books, each list with the moments they count from."""

    def __init__(self, market: str) -> None:
        self.market = market
        self.lag_ms = publish_lag_ms(market)
        self.prints: list[Print] = []
        self.print_ms: list[int] = []
        self.figures: list[TradeFigures] = []
        self.books: list[Book] = []
        self.book_ms: list[int] = []
        self.previous_close = 0.0
        self.tick_factor = 1

    def add_print(self, trade: Print, moment_ms: int) -> None:
        """Take the next trade."""
        before = self.figures[-1] if self.figures else None
        if before is not None and day_of(self.prints[-1]) >= day_of(trade):
            self.figures.append(before.after(trade))
        else:
            self.figures.append(TradeFigures.first(trade, before))
        self.prints.append(trade)
        self.print_ms.append(moment_ms)

    def known(self, at_ms: int) -> int:
        """Return how many trades are known at a moment."""
        return bisect_right(self.print_ms, at_ms)


class RecordedMarket:
    """The market source of a recorded session.

    An event counts from its market's publishing lag before it was received, so that what the
    exchange makes of it leaves at the moment it was received.
    """

    def __init__(self, session: RecordedSession) -> None:
        self.listing: Sequence[Listed] = session.listing
        self._digest = session.digest
        self._markets = {row.market: _Market(row.market) for row in session.listing}
        for frame in session.frames:
            market = self._markets[frame.market]
            moment_ms = frame.moment_ms - market.lag_ms
            if isinstance(frame.value, Print):
                market.add_print(frame.value, moment_ms)
                market.previous_close = market.previous_close or frame.previous_close
            else:
                market.books.append(frame.value)
                market.book_ms.append(moment_ms)

    @property
    def run_id(self) -> str:
        """Names the recording."""
        return f"recorded-{self._digest}"

    def scenario_names(self) -> Sequence[str]:
        """Return no name: what was recorded stays as it was."""
        return ()

    def running_scenarios(self, now_ms: int) -> Sequence[RunningScenario]:
        """Return nothing."""
        del now_ms
        return ()

    def start_scenario(
        self, name: str, market: str | None, now_ms: int, minutes: float | None = None
    ) -> None:
        """Refuse.

        Raises:
            UnknownScenarioError: always.
        """
        del market, now_ms, minutes
        raise UnknownScenarioError(name)

    def change_tick(self, market: str, factor: int, now_ms: int) -> None:
        """Name another price unit: what was recorded keeps its prices."""
        del now_ms
        self._market(market).tick_factor = factor

    def prints(self, market: str, since_ms: int, until_ms: int) -> Sequence[Print]:
        """Return the trades that became known from `since_ms` on and before `until_ms`."""
        found = self._market(market)
        begin, end = (bisect_left(found.print_ms, moment) for moment in (since_ms, until_ms))
        return found.prints[begin:end]

    def newest_prints(
        self, market: str, before_ms: int, count: int, since_ms: int = 0
    ) -> Sequence[Print]:
        """Return up to `count` trades known before `before_ms`, newest first."""
        found = self._market(market)
        end = bisect_left(found.print_ms, before_ms)
        begin = max(bisect_left(found.print_ms, since_ms), end - count)
        return found.prints[begin:end][::-1]

    def prints_older_than(
        self, market: str, sequential_id: int, before_ms: int, count: int, since_ms: int = 0
    ) -> Sequence[Print]:
        """Return up to `count` trades of lower ids known before `before_ms`, newest first."""
        known = self.newest_prints(market, before_ms, len(self._market(market).prints), since_ms)
        return [trade for trade in known if trade.sequential_id < sequential_id][:count]

    def book(
        self, market: str, at_ms: int, depth: int = _DEPTH, grouping: float | Decimal | str = 0
    ) -> Book | None:
        """Return the last book received; None before the first and for any grouping."""
        found = self._market(market)
        place = bisect_right(found.book_ms, at_ms) - 1
        if place < 0 or Decimal(str(grouping)):
            return None
        book = found.books[place]
        return replace(
            book,
            ask_prices=_cut(book.ask_prices, depth),
            bid_prices=_cut(book.bid_prices, depth),
            ask_sizes=_cut(book.ask_sizes, depth),
            bid_sizes=_cut(book.bid_sizes, depth),
        )

    def book_changes(self, market: str, since_ms: int, until_ms: int) -> Sequence[int]:
        """Return the moments of books from `since_ms` on and before `until_ms`."""
        found = self._market(market)
        begin, end = (bisect_left(found.book_ms, moment) for moment in (since_ms, until_ms))
        return found.book_ms[begin:end]

    def ticker(self, market: str, at_ms: int) -> TickerFigures | None:
        """Return the ticker of what was recorded; None before the first trade."""
        found = self._market(market)
        known = found.known(at_ms)
        if not known:
            return None
        last, figures = found.prints[known - 1], found.figures[known - 1]
        day_before = found.known(at_ms - DAY_MS)
        earlier = found.figures[day_before - 1] if day_before else None
        previous = found.previous_close or figures.opening
        change = last.price - previous
        return TickerFigures(
            market=market,
            opening_price=figures.opening,
            high_price=figures.high.price,
            low_price=figures.low.price,
            trade_price=last.price,
            prev_closing_price=previous,
            signed_change_price=change,
            signed_change_rate=round(change / previous, 10),
            side=last.side,
            trade_volume=last.volume,
            trade_ms=last.trade_ms,
            acc_trade_price=figures.turnover,
            acc_trade_volume=figures.volume,
            acc_ask_volume=figures.asks,
            acc_bid_volume=figures.volume - figures.asks,
            acc_trade_price_24h=figures.all_turnover - (earlier.all_turnover if earlier else 0.0),
            acc_trade_volume_24h=figures.all_volume - (earlier.all_volume if earlier else 0.0),
            highest_52_week_price=figures.highest.price,
            highest_52_week_day_ms=day_of(figures.highest) * DAY_MS,
            lowest_52_week_price=figures.lowest.price,
            lowest_52_week_day_ms=day_of(figures.lowest) * DAY_MS,
            at_ms=at_ms,
        )

    def prev_closing_price(self, market: str, at_ms: int) -> float:
        """Return the previous day's close as it was sent with the trades, 0 if it wasn't."""
        del at_ms
        return self._market(market).previous_close

    def candles(
        self, market: str, timeframe: Timeframe, before_ms: int, count: int, now_ms: int
    ) -> Sequence[CandleFigures]:
        """Return up to `count` candles that start before `before_ms`, newest first."""
        found = self._market(market)
        known = found.known(now_ms - 1)
        size = _FIRST_LOOK
        while True:
            begin = max(0, known - size)
            candles = list(candles_of(found.prints[begin:known], timeframe))
            # The first one of a part of the trades isn't whole, and has none before it.
            older = [c for c in candles[1 if begin else 0 :] if c.start_ms < before_ms]
            if not begin or len(older) > count:
                return older[-count:][::-1]
            size *= 4

    def next_event_ms(self, market: str, after_ms: int) -> int:
        """Return when the next trade or book comes; a minute later where there is none."""
        found = self._market(market)
        upcoming = [after_ms + _NOTHING_MS]
        for moments in (found.print_ms, found.book_ms):
            place = bisect_right(moments, after_ms)
            upcoming += moments[place : place + 1]
        return min(upcoming)

    def instruments(self, market: str, at_ms: int) -> Instrument:
        """Return today's price unit at the market's price; there are no groupings."""
        found = self._market(market)
        known = found.known(at_ms)
        grid = price_grid(quote_of(market))
        index = grid.index_of_e8(round(found.prints[known - 1].price * E8)) if known else 1
        tick = (Decimal(grid.tick_e8(index)) * found.tick_factor / E8).normalize() + 0
        return Instrument(f"{tick:f}", ("0",))

    def _market(self, market: str) -> _Market:
        found = self._markets.get(market)
        if found is None:
            raise UnlistedMarketError(market)
        return found


def _cut(values: tuple[float, ...], depth: int) -> tuple[float, ...]:
    row = values[:depth]
    return row + (0.0,) * (depth - len(row))
