"""The chart's view-model: the session's data with indicator lines, at a pace a screen can show."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QObject, pyqtSignal

from upbit_auto_trading.application.candles import ChartSession, ChartState, ChartStatus
from upbit_auto_trading.application.triggers import ConditionView, RsiCondition
from upbit_auto_trading.domain.failure import MarketDataError
from upbit_auto_trading.domain.orderbook import Orderbook
from upbit_auto_trading.presentation.viewmodels.coalescer import Coalescer
from upbit_auto_trading.presentation.viewmodels.indicator_lines import IndicatorLines
from upbit_auto_trading.presentation.viewmodels.orderbook import OrderbookViewModel
from upbit_auto_trading.presentation.viewmodels.paint_watch import PaintWatch
from upbit_auto_trading.presentation.viewmodels.trade_tape import TradeTapeViewModel
from upbit_auto_trading.tasks import TaskOwner

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Mapping

    from upbit_auto_trading.application.metrics_painting import PaintMeter
    from upbit_auto_trading.application.ports import MarketDataFeed
    from upbit_auto_trading.domain.candle_series import CandleSeries
    from upbit_auto_trading.domain.expression import ParameterValue
    from upbit_auto_trading.domain.indicator import IndicatorPort
    from upbit_auto_trading.domain.stream import Source
    from upbit_auto_trading.domain.ticker import Ticker
    from upbit_auto_trading.domain.timeframe import Timeframe

_PERIOD: Final = 14
_THRESHOLD: Final = 20.0


class ChartViewModel(QObject):
    """What the chart screen shows.

    `changed` is emitted at most thirty times a second, after new data; `refused` when a market
    can't be shown and the one before stays.
    """

    changed = pyqtSignal()
    refused = pyqtSignal(str, object)

    def __init__(
        self,
        feed: MarketDataFeed,
        indicators: IndicatorPort,
        wall_clock: Callable[[], float],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._wall_clock = wall_clock
        self._tasks = TaskOwner("chart-view")
        self._coalescer = Coalescer(self)
        self._coalescer.flushed.connect(self.tell)
        self._books = Coalescer(self)
        self._session = ChartSession(feed, self._coalescer.mark, self._books.mark)
        self._condition = RsiCondition(self._session, period=_PERIOD, threshold=_THRESHOLD)
        self._older_failed = False
        self.lines = IndicatorLines(indicators)
        self.orderbook = OrderbookViewModel(self._session, self._books, self._tasks, self)
        self.tape = TradeTapeViewModel(self._session, self)

    def measure_painting(self, meter: PaintMeter, is_visible: Callable[[], bool]) -> None:
        """Tell `meter` of every value taken in while `is_visible`, and when it is on screen."""
        chart = PaintWatch("chart", meter, self._coalescer, is_visible, self)
        books = PaintWatch("orderbook", meter, self._books, is_visible, self)
        self._session.on_value = lambda value: (
            books if isinstance(value, Orderbook) else chart
        ).take()

    @property
    def series(self) -> CandleSeries | None:
        return self._session.series

    @property
    def ticker(self) -> Ticker | None:
        return self._session.ticker

    @property
    def history_way(self) -> tuple[Source, str] | None:
        """How the candles of the past came, and the code of why; None before they did."""
        return self._session.history_way

    @property
    def market(self) -> str | None:
        return self._session.market

    @property
    def timeframe(self) -> Timeframe | None:
        return self._session.timeframe

    @property
    def status(self) -> ChartStatus:
        """What the data is worth now."""
        status, ticker = self._session.status(), self._session.ticker
        if status.age_s is None and ticker is not None:
            return replace(status, age_s=self._wall_clock() - ticker.origin.received_at)
        return status

    @property
    def is_trustworthy(self) -> bool:
        """Whether what is shown is live."""
        return self.status.state in (ChartState.LIVE, ChartState.REST, ChartState.INCOMPLETE)

    @property
    def is_loading_older(self) -> bool:
        return self._session.is_loading_older

    @property
    def older_failed(self) -> bool:
        """Whether the last page of history asked for didn't come."""
        return self._older_failed

    @property
    def reached_start(self) -> bool:
        return self._session.reached_start

    def missing(self) -> tuple[int, int] | None:
        """The stretch of time whose candles may lack trades, None while none does."""
        return self._session.missing(self.now_ms)

    def live_value(self, variable: str, parameters: Mapping[str, ParameterValue]) -> float | None:
        """What a variable without candles is now, None while it isn't known."""
        book, tape = self._session.orderbook, self._session.tape
        if variable in ("best_bid", "best_ask"):
            if book is None or not book.levels:
                return None
            best = book.levels[0]
            return (best.bid_price if variable == "best_bid" else best.ask_price) or None
        if tape is None or variable not in ("window_high", "window_low"):
            return None
        since = self.now_ms - round(float(parameters["window"]) * 1000)
        if not tape.trades or tape.trades[0].trade_ms > since:
            return None  # what was traded before the tape begins isn't known
        prices = [trade.price for trade in reversed(tape.trades) if trade.trade_ms >= since]
        if not prices:
            return None
        return max(prices) if variable == "window_high" else min(prices)

    def condition(self) -> ConditionView:
        """The live condition, judged now."""
        return self._condition.evaluate()

    @property
    def now_ms(self) -> int:
        """The wall clock, or the exchange's where that is ahead."""
        return max(round(self._wall_clock() * 1000), self._session.exchange_ms)

    def seconds_to_close(self) -> float | None:
        """How long the present slot still runs, None before a timeframe is chosen."""
        timeframe = self._session.timeframe
        if timeframe is None:
            return None
        now_ms = self.now_ms
        return (timeframe.next_start_ms(timeframe.start_of_ms(now_ms)) - now_ms) / 1000

    def show(self, market: str, timeframe: str) -> asyncio.Task[None]:
        """Show another market or timeframe; the task ends once its streams have delivered."""
        return self._tasks.start(self._show(market, timeframe), f"show-{market}-{timeframe}")

    def load_older(self) -> None:
        """Load the page before the oldest candle, unless there is none or one is under way."""
        if self._session.can_load_older:
            self._tasks.start(self._load_older(), "older")

    async def close(self) -> None:
        """Release everything."""
        self._coalescer.stop()
        self._books.stop()
        await self._tasks.close()
        await self._session.close()

    async def _show(self, market: str, timeframe: str) -> None:
        try:
            await self._session.show(market, timeframe)
        except MarketDataError as error:
            self.refused.emit(market, error.cause)

    async def _load_older(self) -> None:
        self._older_failed = False
        self._coalescer.mark()
        try:
            await self._session.load_older()
        except MarketDataError:
            self._older_failed = True
        self._coalescer.mark()

    def tell(self) -> None:
        """Bring the lines up to date with the candles, then say `changed`."""
        series = self._session.series
        if series is not None:
            self.lines.update(series)
        self.changed.emit()
