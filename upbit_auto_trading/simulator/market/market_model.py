"""The simulated exchange's markets: trades, books, tickers and candles at any exchange time.

With no scenario in play everything is a pure function of (seed, market, exchange time), made when
it is asked for. Times are epoch milliseconds of the exchange and always passed in.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

import numpy as np

from upbit_auto_trading.domain.market_minutes import MINUTE_MS
from upbit_auto_trading.domain.price_grid import E8
from upbit_auto_trading.domain.seeded_noise import stream_key
from upbit_auto_trading.domain.timeframe import Timeframe
from upbit_auto_trading.simulator.market.book_model import DEPTH, Book, BookModel, supported_levels
from upbit_auto_trading.simulator.market.candle_model import DAY_MS, CandleFigures, CandleModel
from upbit_auto_trading.simulator.market.course import Courses
from upbit_auto_trading.simulator.market.listing import (
    ListedMarket,
    listed_market,
    load_listing,
    new_listing,
)
from upbit_auto_trading.simulator.market.replay import minutes_from, shipped_candles
from upbit_auto_trading.simulator.market.scenarios import (
    LISTING_DAY,
    SCENARIO_NAMES,
    RunningScenario,
    ScenarioStart,
    next_minute,
    running_scenarios,
    scenario_start,
)
from upbit_auto_trading.simulator.market.tape import Print, Tape
from upbit_auto_trading.simulator.market.ticker_model import TickerFigures, TickerModel

DEFAULT_HISTORY_DAYS: Final = 400
_USUAL_HISTORY_MS: Final = DEFAULT_HISTORY_DAYS * DAY_MS


class UnlistedMarketError(LookupError):
    """A market the simulated exchange doesn't list."""

    def __init__(self, market: str) -> None:
        super().__init__(f"{market!r} is not listed")
        self.market = market


class _Market:
    """Everything about one market."""

    def __init__(self, listed: ListedMarket, courses: Courses, seed: int) -> None:
        self.listed = listed
        self.started = 0
        self._seed = seed
        self.tape = Tape(listed, courses.course(listed), seed)
        self.books = BookModel(listed, self.tape, seed)
        self.candles = CandleModel(self.tape)
        self.tickers = TickerModel(self.tape, self.candles)

    def start(self, scenario: ScenarioStart) -> None:
        """Go on under a scenario if it is for this market."""
        if scenario.market not in (None, self.listed.market):
            return
        if scenario.regime is None:
            first = next_minute(scenario.start_ms)
            self.tape.replay(minutes_from(shipped_candles(), first, self._seed))
        else:
            self.tape.start(scenario.regime, scenario.start_ms, is_listing=scenario.is_listing)
        self.books.forget()
        self.candles.forget_from(scenario.start_ms)
        self.tickers.forget()

    def change_tick(self, factor: int, start_ms: int) -> None:
        """Trade at another price unit from `start_ms` on."""
        self.tape.change_tick(factor, start_ms)
        self.books.forget()
        self.candles.forget_from(start_ms)
        self.tickers.forget()


@dataclass(frozen=True, slots=True)
class Instrument:
    """Order book settings of a market at its current price, spelled as on the wire."""

    tick_size: str
    supported_levels: tuple[str, ...]


class MarketModel:
    """All markets of one simulated exchange.

    A market's trades begin `history_days` before the UTC day that is asked about. `pace` names how
    time passes where it isn't real time: what was seen then may lie ahead of the next start.
    """

    def __init__(
        self,
        *,
        seed: int,
        markets: int | None = None,
        history_days: int = DEFAULT_HISTORY_DAYS,
        pace: str = "",
    ) -> None:
        self._seed = seed
        self._pace = pace
        self._history_ms = history_days * DAY_MS
        self.listing: tuple[ListedMarket, ...] = load_listing(markets)
        self._listed = {listed.market: listed for listed in self.listing}
        self._listed_ms: dict[str, int] = {}
        self._courses = Courses(seed)
        self._markets: dict[str, _Market] = {}
        self._scenarios: list[ScenarioStart] = []
        self._tick_changes: list[tuple[str, int, int]] = []

    @property
    def run_id(self) -> str:
        """Names the world this model makes: changes when a scenario alters it."""
        starts = (
            f"{start.name}/{start.regime and start.regime.minutes}/{start.market}/{start.start_ms}"
            for start in self._scenarios
        )
        ticks = (f"{factor}*{market}@{start}" for market, factor, start in self._tick_changes)
        past = f"{self._history_ms}" if self._history_ms != _USUAL_HISTORY_MS else ""
        return f"{stream_key('run', self._seed, *starts, *ticks, self._pace + past):016x}"

    def scenario_names(self) -> Sequence[str]:
        """Return the names `start_scenario` takes."""
        return SCENARIO_NAMES

    def running_scenarios(self, now_ms: int) -> Sequence[RunningScenario]:
        """Return the scenarios at work."""
        return running_scenarios(self._scenarios, now_ms)

    def start_scenario(
        self, name: str, market: str | None, now_ms: int, minutes: float | None = None
    ) -> None:
        """Put a market, or all where it is None, on a regime from `now_ms` on.

        It lasts `minutes`, or as long as it usually does; then the market goes on from where it
        is. `recorded` plays real candles of KRW-BTC from the next minute on. `listing-day` lists a
        new market whose trades begin at `now_ms`, the one named if it isn't listed. Trades before
        `now_ms` stay what they were. Starts come in order of time.

        Raises:
            UnknownScenarioError: there is no such scenario.
            UnlistedMarketError: there is no such market.
            ScenarioMarketError: the scenario is not for that market.
        """
        if name == LISTING_DAY and market is None:
            market = new_listing(self._listed)
        start = scenario_start(name, market, now_ms, minutes)
        if start.market is not None and start.market not in self._listed:
            if name != LISTING_DAY:
                raise UnlistedMarketError(start.market)
            self._list(start.market, now_ms)
            start = replace(start, is_listing=True)
        self._scenarios.append(start)

    def change_tick(self, market: str, factor: int, now_ms: int) -> None:
        """Let a market trade at `factor` times its usual price unit from now on; 1 ends that.

        Raises:
            UnlistedMarketError: there is no such market.
        """
        self._market(market).change_tick(factor, now_ms)
        self._tick_changes.append((market, factor, now_ms))

    def prints(self, market: str, since_ms: int, until_ms: int) -> Sequence[Print]:
        """Return the trades from `since_ms` on and before `until_ms`, oldest first."""
        since_ms = max(since_ms, self._begin(market, until_ms))
        if since_ms >= until_ms:
            return []
        tape = self._market(market).tape
        return tape.prints(tape.columns(since_ms, until_ms))

    def newest_prints(
        self, market: str, before_ms: int, count: int, since_ms: int = 0
    ) -> Sequence[Print]:
        """Return up to `count` trades before `before_ms` and from `since_ms` on, newest first."""
        since_ms = max(since_ms, self._begin(market, before_ms))
        return self._market(market).tape.newest(before_ms, count, since_ms)

    def prints_older_than(
        self, market: str, sequential_id: int, before_ms: int, count: int, since_ms: int = 0
    ) -> Sequence[Print]:
        """Return up to `count` trades of lower ids before `before_ms`, newest first."""
        before_ms = min(before_ms, sequential_id // 10_000 + 1)
        # Trades of the id's own millisecond are cut off again, so more are asked for.
        prints = self.newest_prints(market, before_ms, count + 100, since_ms)
        return [trade for trade in prints if trade.sequential_id < sequential_id][:count]

    def book(
        self, market: str, at_ms: int, depth: int = DEPTH, grouping: float | Decimal | str = 0
    ) -> Book | None:
        """Return the book at `at_ms`, or None where the market doesn't support the grouping."""
        level = Decimal(str(grouping))
        if level and level not in self._levels(market, at_ms)[1]:
            return None
        return self._market(market).books.book(at_ms, depth, level, self._begin(market, at_ms))

    def book_changes(self, market: str, since_ms: int, until_ms: int) -> Sequence[int]:
        """Return the times from `since_ms` on and before `until_ms` at which the book changes."""
        return self._market(market).books.changes(since_ms, until_ms)

    def ticker(self, market: str, at_ms: int) -> TickerFigures | None:
        """Return the ticker after the trades at or before `at_ms`; None if there were none."""
        return self._market(market).tickers.ticker(at_ms, self._begin(market, at_ms))

    def prev_closing_price(self, market: str, at_ms: int) -> float:
        """Return the last price before the UTC day of `at_ms`; 0 where nothing was traded."""
        return (
            self._market(market).tickers.previous_close_e8(at_ms, self._begin(market, at_ms)) / E8
        )

    def candles(
        self, market: str, timeframe: Timeframe, before_ms: int, count: int, now_ms: int
    ) -> Sequence[CandleFigures]:
        """Return up to `count` existing candles that start before `before_ms`, newest first.

        Only trades before `now_ms` are in them, so the newest may still be running.
        """
        model = self._market(market).candles
        return model.candles(timeframe, before_ms, count, now_ms, self._begin(market, now_ms))

    def next_event_ms(self, market: str, after_ms: int) -> int:
        """Return when the next trade or book change after `after_ms` happens.

        Looks ahead a minute at most: the start of the next minute is returned if nothing happens.
        """
        found = self._market(market)
        end = (after_ms // MINUTE_MS + 1) * MINUTE_MS
        times = found.tape.minute(after_ms // MINUTE_MS).trade_ms
        place = int(np.searchsorted(times, after_ms, side="right"))
        trade = int(times[place]) if place < len(times) else end
        changes = found.books.changes(after_ms + 1, end)
        return min(trade, changes[0] if changes else end)

    def instruments(self, market: str, at_ms: int) -> Instrument:
        """Return the tick size and the supported groupings at the market's price."""
        tick, levels = self._levels(market, at_ms)
        return Instrument(f"{tick:f}", tuple(f"{level:f}" for level in levels))

    def _levels(self, market: str, at_ms: int) -> tuple[Decimal, tuple[Decimal, ...]]:
        found = self._market(market)
        grid = found.tape.grid
        last = found.tape.last_trade(at_ms, self._begin(market, at_ms))
        index = 1 if last is None else last.index
        tick_e8 = grid.tick_e8(index) * found.tape.coarse_ticks.factor(at_ms)
        price_e8 = int(grid.e8(np.array([index]))[0])
        tick = (Decimal(tick_e8) / E8).normalize() + 0
        return tick, supported_levels(found.listed.quote, price_e8, tick_e8)

    def _list(self, market: str, now_ms: int) -> None:
        """Add a market to the list, behind the last one of its quote currency."""
        row = listed_market(market)
        place = max(
            (number for number, other in enumerate(self.listing) if other.quote == row.quote),
            default=len(self.listing) - 1,
        )
        self.listing = (*self.listing[: place + 1], row, *self.listing[place + 1 :])
        self._listed[market] = row
        self._listed_ms[market] = now_ms

    def _begin(self, market: str, now_ms: int) -> int:
        history_ms = now_ms // DAY_MS * DAY_MS - self._history_ms
        return max(0, history_ms, self._listed_ms.get(market, 0))

    def _market(self, market: str) -> _Market:
        found = self._markets.get(market)
        if found is None:
            listed = self._listed.get(market)
            if listed is None:
                raise UnlistedMarketError(market)
            found = self._markets[market] = _Market(listed, self._courses, self._seed)
        while found.started < len(self._scenarios):
            found.start(self._scenarios[found.started])
            found.started += 1
        return found
