"""Previews as the user feels them: from an edit of the trigger to its markers on the chart.

    python -m benchmarks.preview [--json] [--edits 20]

The whole way is measured: the pane asks for candles (from memory), sends them to the worker's
process, gets the firings back and puts them on the chart. Each edit changes the trigger's limit,
so nothing can be reused. `forming` reads indicators of candles that still form, which change with
every print; `many` fires a thousand times; `trading` sells at any gain or loss of 0.1 %, so that
it buys and sells some 16,000 times, `every_tick` on the tick after each buy. `blocked` is the
longest time the window's thread was away from its loop meanwhile, `held` the longest that the
process calculated between two turns of the loop, which other programs don't lengthen.
The floor is the same calculation alone, in the worker's place.
"""

import argparse
import asyncio
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import qasync
from PyQt6.QtWidgets import QApplication

from benchmarks.result import Result, show, versions_of
from upbit_auto_trading.application.connection import (
    ConnectionNotice,
    EndpointKind,
    ExchangeEndpoint,
)
from upbit_auto_trading.application.market_data import MarketDataService
from upbit_auto_trading.application.preview_job import PreviewJob, preview
from upbit_auto_trading.application.preview_scenarios import scenario_candles
from upbit_auto_trading.application.services import Services
from upbit_auto_trading.application.settings import SettingsService
from upbit_auto_trading.application.subscription_metrics import SubscriptionMetricsService
from upbit_auto_trading.domain.answer import Answers
from upbit_auto_trading.domain.candle import Candle
from upbit_auto_trading.domain.expression import (
    Bar,
    Comparator,
    Comparison,
    Constant,
    Expression,
    all_of,
    any_of,
    variable,
    with_ids,
)
from upbit_auto_trading.domain.market import MarketInfo
from upbit_auto_trading.domain.own_indicators import OwnIndicators
from upbit_auto_trading.domain.rule import Role
from upbit_auto_trading.domain.stream import Delivery, Origin, Source
from upbit_auto_trading.domain.subscription import (
    ConnectionState,
    StreamHealth,
    StreamState,
    SwapKind,
    SwapRecord,
)
from upbit_auto_trading.domain.timeframe import parse_timeframe, to_epoch_ms
from upbit_auto_trading.infrastructure.indicators import TaLibIndicators
from upbit_auto_trading.infrastructure.worker_process import WorkerProcess
from upbit_auto_trading.presentation.screens.screen import Navigation, ScreenContext
from upbit_auto_trading.presentation.screens.trigger_preview import TriggerPreview
from upbit_auto_trading.presentation.theme import Theme, load_fonts
from upbit_auto_trading.presentation.viewmodels.preview_model import PreviewModel, PreviewState
from upbit_auto_trading.presentation.viewmodels.settings import SettingsViewModel

MINUTE_MS = 60_000
FIRST_MS = 1_700_000_040_000
MARKET = "KRW-BTC"


class _Subscription:
    streams: frozenset[Any] = frozenset()

    async def replace(self, streams: Any) -> SwapRecord:
        self.streams = frozenset(streams)
        return SwapRecord(SwapKind.SMART, self.streams, frozenset(), 0.0, 0.0, 0.0)

    def close(self) -> None: ...


class HeldMarket:
    """A feed that has 31 days of a generated market in memory and nothing live."""

    connection_state = ConnectionState.CONNECTED

    def __init__(self) -> None:
        columns = scenario_candles("normal", 44_640, 11)
        origin = Origin(Source.CACHE, Delivery.BACKFILL, 0.0, 0)
        table = (
            columns.open,
            columns.high,
            columns.low,
            columns.close,
            columns.volume,
            columns.turnover,
        )
        minute = parse_timeframe("1m")
        self._candles = []
        for place, start in enumerate((columns.start_ms + FIRST_MS).tolist()):
            values: list[float] = [float(column[place]) for column in table]
            first, high, low, close, volume, turnover = values
            self._candles.append(
                Candle(
                    MARKET, minute, start, first, high, low, close, volume, turnover, start, origin
                )
            )
        self._starts = [candle.start_ms for candle in self._candles]

    def subscribe(self, *_: Any, **__: Any) -> _Subscription:
        return _Subscription()

    def stream_health(self, _stream: Any) -> StreamHealth:
        return StreamHealth(StreamState.LIVE, 0.1, complete=True)

    async def markets(self) -> Answers[MarketInfo]:
        return Answers([], Source.CACHE, "held", 0.0)

    async def candles(
        self, _market: str, _timeframe: str, count: int, to: datetime | None = None
    ) -> Answers[Candle]:
        end = len(self._starts)
        if to is not None:
            end = max(0, (to_epoch_ms(to) - self._starts[0]) // MINUTE_MS)
            end = next(
                n for n in range(end, -1, -1) if not n or self._starts[n - 1] < to_epoch_ms(to)
            )
        return Answers(self._candles[max(0, end - count) : end], Source.CACHE, "held", 0.0)

    def get_performance_metrics(self) -> dict[str, Any]:
        return {}


def closed(limit: float) -> Expression:
    """A trigger on closed candles after an edit of its limit."""
    return with_ids(Comparison(variable("rsi", "1m"), Comparator.LESS_EQUAL, Constant(limit)))


def forming(limit: float) -> Expression:
    """A trigger on forming candles of three lengths after an edit of its limit."""
    bar = Bar.FORMING
    low = Comparison(variable("rsi", "15m", bar=bar), Comparator.LESS_EQUAL, Constant(limit + 15.0))
    falls = Comparison(variable("macd", "5m", bar=bar), Comparator.LESS, Constant(0.0))
    below = Comparison(
        variable("price", "1h", bar=bar),
        Comparator.LESS,
        variable("bollinger_middle", "1h", bar=bar),
    )
    return with_ids(all_of(low, falls, below))


def many(limit: float) -> Expression:
    """A trigger that fires about 1,200 times in 30 days."""
    return closed(limit + 16.0)


def trading(limit: float) -> Expression:
    """An exit that sells after about five ticks."""
    profit = variable("profit_percent")
    away = limit / 180.0
    up = Comparison(profit, Comparator.GREATER_EQUAL, Constant(away))
    return with_ids(any_of(up, Comparison(profit, Comparator.LESS_EQUAL, Constant(-away))))


def every_tick(limit: float) -> Expression:
    """An exit that sells on the tick after each buy, so that every tick trades."""
    profit = variable("profit_percent")
    return with_ids(Comparison(profit, Comparator.GREATER_EQUAL, Constant(-limit)))


@dataclass(frozen=True, slots=True)
class Case:
    """A period of the pane, how many candles it has, and the trigger after each edit."""

    period: str
    length: int
    trigger: Callable[[float], Expression]
    role: Role = Role.ENTRY


CASES = {
    "candles_1000": Case("1000", 1_000, closed),
    "days_30": Case("30d", 43_200, closed),
    "days_30_forming": Case("30d", 43_200, forming),
    "days_30_many": Case("30d", 43_200, many),
    "days_30_trading": Case("30d", 43_200, trading, Role.EXIT),
    "days_30_every_tick": Case("30d", 43_200, every_tick, Role.EXIT),
}


class Watch:
    """How long the loop was away from a timer that rings every millisecond, by both clocks."""

    def __init__(self) -> None:
        self._handle: asyncio.TimerHandle | None = None
        self.start()

    def start(self) -> None:
        self.longest = self.busiest = 0.0
        self._rang_at, self._worked = time.perf_counter(), time.process_time()

    def stop(self) -> tuple[float, float]:
        if self._handle is not None:
            self._handle.cancel()
        return self.longest, self.busiest

    def ring(self) -> None:
        now, worked = time.perf_counter(), time.process_time()
        self.longest = max(self.longest, now - self._rang_at)
        self.busiest = max(self.busiest, worked - self._worked)
        self._rang_at, self._worked = now, worked
        self._handle = asyncio.get_running_loop().call_later(0.001, self.ring)


async def ours(names: Sequence[str], edits: int) -> tuple[dict[str, float], dict[str, float]]:
    """Return the figures of the window's way, and of the calculation alone, in milliseconds."""
    figures: dict[str, float] = {}
    floor: dict[str, float] = {}
    context = ScreenContext(Theme(), SettingsViewModel(SettingsService()), time.time, Navigation())
    feed: Any = HeldMarket()
    indicators = OwnIndicators(TaLibIndicators())
    endpoint = ExchangeEndpoint(EndpointKind.SIMULATOR, "http://held", "ws://held")
    watch = Watch()
    async with WorkerProcess("preview-benchmark") as worker:
        services = Services(
            endpoint,
            ConnectionNotice.NONE,
            feed,
            MarketDataService(feed),
            SubscriptionMetricsService(feed),
            worker,
            indicators,
        )
        pane = TriggerPreview(context)
        pane.resize(1300, 420)
        pane.show()
        pane.attach(services)
        model = pane.model
        if model is None:
            raise RuntimeError("the pane has no model after it was attached")
        for name in names:
            case = CASES[name]
            model.show_period(case.period)
            took, blocked = [], []
            for edit in range(edits + 1):
                started = time.perf_counter()
                watch.start()
                watch.ring()
                pane.show_trigger(case.trigger(18.0 + edit / 10), case.role)
                await ready(model)
                pane.chart.plot.repaint()
                blocked.append(watch.stop())
                took.append(time.perf_counter() - started)
            # The first one also starts the process and fetches the candles.
            figures[f"{name}_ms"] = round(statistics.median(took[1:]) * 1000, 2)
            figures[f"{name}_slowest_ms"] = round(max(took[1:]) * 1000, 2)
            result = model.result
            figures[f"{name}_firings"] = 0 if result is None else result.fired
            longest, busiest = (max(one) for one in zip(*blocked[1:], strict=True))
            figures[f"{name}_blocked_ms"] = round(longest * 1000, 2)
            figures[f"{name}_held_ms"] = round(busiest * 1000, 2)
            floor[f"{name}_ms"] = round(alone(indicators, case, edits) * 1000, 2)
        await pane.detach()
        pane.close()
        await context.settings.close()
    return figures, floor


async def ready(model: PreviewModel) -> None:
    """Wait for the preview of the newest edit."""
    done = asyncio.Event()

    def look() -> None:
        if model.state is PreviewState.READY and not model.is_outdated:
            done.set()

    model.changed.connect(look)
    look()
    await done.wait()
    model.changed.disconnect(look)


def alone(indicators: OwnIndicators, case: Case, edits: int) -> float:
    """Return what the calculation takes here, without a window, a process or a chart."""
    columns = scenario_candles("normal", case.length, 11)
    took = []
    for edit in range(edits):
        trigger = case.trigger(18.0 + edit / 10)
        job = PreviewJob(trigger, case.role, columns, MINUTE_MS, indicators)
        started = time.perf_counter()
        preview(lambda _fraction: None, job)
        took.append(time.perf_counter() - started)
    return statistics.median(took)


def main(arguments: Sequence[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.preview", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    parser.add_argument("--edits", type=int, default=20, metavar="N", help="edits a period")
    parser.add_argument("--case", action="append", choices=list(CASES), help="only this one")
    given = parser.parse_args(arguments)
    application = QApplication(sys.argv[:1])
    load_fonts()
    loop = qasync.QEventLoop(application)
    asyncio.set_event_loop(loop)
    with loop:
        figures, floor = loop.run_until_complete(
            ours(given.case or list(CASES), max(1, given.edits))
        )
    ratio = {name: round(figures[name] / floor[name], 2) for name in floor}
    versions = versions_of("PyQt6", "numpy", "TA-Lib", "pyqtgraph")
    show(Result("preview", figures, floor, ratio, versions), as_json=given.json)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
