"""Chart painting: one tick, one pan frame, against the peer's way of rebuilding one picture.

    python -m benchmarks.chart [--json]

A figure is the median time of changing the data and painting the window, synchronously, with
every candle visible, volume, two overlays, an RSI pane and 200 markers. Both charts are painted
by the same window system (offscreen unless QT_QPA_PLATFORM says otherwise).
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from typing import TYPE_CHECKING, Any, Final

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pyqtgraph as pg
from PyQt6.QtCore import QPointF, QRectF
from PyQt6.QtGui import QPainter, QPicture
from PyQt6.QtWidgets import QApplication

from benchmarks.result import Result, show, versions_of
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.candle import Candle
from upbit_auto_trading.domain.candle_series import CandleSeries
from upbit_auto_trading.domain.chart_indicator import IndicatorKinds
from upbit_auto_trading.domain.stream import Delivery, Origin, Source
from upbit_auto_trading.domain.timeframe import parse_timeframe
from upbit_auto_trading.infrastructure.indicators import TaLibIndicators
from upbit_auto_trading.presentation.screens.indicator_plan import compose
from upbit_auto_trading.presentation.theme import Theme, load_fonts
from upbit_auto_trading.presentation.viewmodels.indicator_lines import IndicatorLines
from upbit_auto_trading.presentation.widgets.chart_markers import ChartMarker, MarkerKind
from upbit_auto_trading.presentation.widgets.chart_tags import LastPrice
from upbit_auto_trading.presentation.widgets.chart_view import ChartView

if TYPE_CHECKING:
    from collections.abc import Callable

SIZES: Final = (1_000, 10_000, 100_000)
MINUTE_MS: Final = 60_000
_NOW_MS: Final = 1_790_000_040_000
_WINDOW: Final = (1310, 750)
_ORIGIN: Final = Origin(Source.WEBSOCKET, Delivery.BACKFILL, 0.0)


def candles(count: int) -> list[Candle]:
    """A seeded random walk of minutes that ends now."""
    random = np.random.default_rng(7)
    closes = 100_000_000 + np.round(random.normal(0, 60, count)).cumsum() * 1000
    opens = np.concatenate(([closes[0]], closes[:-1]))
    spread = np.round(np.abs(random.normal(0, 30, (2, count)))) * 1000
    volumes = np.abs(random.normal(2, 3, count))
    minute = parse_timeframe("1m")
    made = []
    for n in range(count):
        start = _NOW_MS - (count - 1 - n) * MINUTE_MS
        low = min(opens[n], closes[n]) - spread[0, n]
        high = max(opens[n], closes[n]) + spread[1, n]
        made.append(
            Candle(
                "KRW-BTC", minute, start, float(opens[n]), float(high), float(low),
                float(closes[n]), float(volumes[n]), 0.0, start, _ORIGIN,
            )
        )  # fmt: skip
    return made


def medians(name: str, repetitions: int, work: Callable[[int], None]) -> dict[str, float]:
    """The median wall-clock and processor time of `work` in ms, after three unmeasured runs.

    On a busy machine the processor time says what the work costs, the wall clock what it waits.
    """
    for number in range(3):
        work(number)
    walls, processors = [], []
    for number in range(repetitions):
        wall, processor = time.perf_counter(), time.process_time()
        work(number + 3)
        processors.append((time.process_time() - processor) * 1000)
        walls.append((time.perf_counter() - wall) * 1000)
    return {
        f"{name}_ms": statistics.median(walls),
        f"{name}_cpu_ms": statistics.median(processors),
    }


def _markers(rows: list[Candle]) -> list[ChartMarker]:
    """Two hundred markers, evenly spread."""
    step = max(1, len(rows) // 200)
    return [
        ChartMarker(row.start_ms, row.low, MarkerKind.FIRED, number)
        for number, row in enumerate(rows[::step], 1)
    ]


def ours(count: int) -> dict[str, float]:
    """Measure the product's chart with `count` candles, all visible."""
    chart = ChartView(Theme())
    chart.resize(*_WINDOW)
    chart.show()
    series = CandleSeries("KRW-BTC", parse_timeframe("1m"))
    rows = candles(count)
    series.merge(rows)
    kinds = IndicatorKinds(shipped_variables())
    composed = compose(kinds, [kinds.usual(kind) for kind in ("sma", "ema", "rsi")])
    lines = IndicatorLines(TaLibIndicators(), composed.readings)
    lines.update(series)
    chart.show_plan(composed.plan)
    chart.show_series(series, lines.values, lines.revision)
    chart.show_markers(_markers(rows))
    chart.viewport.zoom(chart.viewport.width / (count + 5) / chart.viewport.slot_width, 0)
    chart.repaint_changes()
    QApplication.processEvents()
    newest = rows[-1]
    middle = (newest.high + newest.low) / 2

    def tick(number: int) -> None:
        price = middle + (number % 9 - 4) * 1000.0
        series.apply(
            Candle(
                newest.market, newest.timeframe, newest.start_ms, newest.open,
                max(newest.high, price), min(newest.low, price), price,
                newest.volume + number * 1e-4, 0.0, newest.start_ms + number, _ORIGIN,
            )
        )  # fmt: skip
        lines.update(series)
        chart.show_series(series, lines.values, lines.revision)
        chart.show_last_price(
            LastPrice(price, f"{price:,.0f}", "up", "00:53", is_stale=False), is_live=True
        )
        QApplication.processEvents()

    def pan(number: int) -> None:
        chart.viewport.pan(3 if number % 2 else -3)
        chart.repaint_changes()
        QApplication.processEvents()

    chart.viewport.pan(1)
    painted = chart.frames_painted
    figures = medians("tick", 200, tick)
    if chart.frames_painted - painted < 200:
        raise RuntimeError("ticks were timed that painted nothing")
    figures |= medians("pan", 60, pan)
    chart.close()
    return figures


def peer(count: int) -> dict[str, float]:
    """Measure pyqtgraph's example item, which rebuilds one QPicture of every candle."""

    class PictureItem(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph has no types
        def __init__(self, rows: list[list[float]]) -> None:
            super().__init__()
            self.rows = rows
            self.picture = QPicture()

        def generate(self) -> None:
            self.picture = QPicture()
            painter = QPainter(self.picture)
            painter.setPen(pg.mkPen("w"))
            for x, opened, closed, low, high in self.rows:
                if low != high:
                    painter.drawLine(QPointF(x, low), QPointF(x, high))
                painter.setBrush(pg.mkBrush("r" if opened > closed else "g"))
                painter.drawRect(QRectF(x - 0.33, opened, 0.66, closed - opened))
            painter.end()

        def paint(self, painter: QPainter, *_: Any) -> None:
            painter.drawPicture(0, 0, self.picture)

        def boundingRect(self) -> QRectF:  # noqa: N802 -- Qt's name
            return QRectF(self.picture.boundingRect())

    rows = [
        [float(n), row.open, row.close, row.low, row.high] for n, row in enumerate(candles(count))
    ]
    plot = pg.PlotWidget()
    plot.resize(*_WINDOW)
    item = PictureItem(rows)
    item.generate()
    plot.addItem(item)
    plot.show()
    QApplication.processEvents()
    box = plot.getViewBox()

    def tick(number: int) -> None:
        rows[-1][2] += 1000.0 if number % 2 else -1000.0
        item.generate()
        item.informViewBoundsChanged()
        item.update()
        QApplication.processEvents()

    def pan(number: int) -> None:
        box.translateBy(x=3 if number % 2 else -3)
        QApplication.processEvents()

    repetitions = max(3, min(30, 30_000 // count))
    figures = medians("tick", repetitions, tick) | medians("pan", repetitions, pan)
    plot.close()
    return figures


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chart", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    given = parser.parse_args(arguments)
    _application = QApplication(sys.argv[:1])
    load_fonts()
    # What a process does slower at first would fall on the first size alone.
    ours(SIZES[0])
    figures: dict[str, float] = {}
    floor: dict[str, float] = {}
    for count in SIZES:
        figures |= {f"{name}_{count}": round(ms, 3) for name, ms in ours(count).items()}
        floor |= {f"{name}_{count}": round(ms, 3) for name, ms in peer(count).items()}
    ratio = {name: round(floor[name] / figures[name], 1) for name in figures}
    versions = versions_of("PyQt6", "PyQt6-Qt6", "numpy", "pyqtgraph")
    show(Result("chart", figures, floor, ratio, versions), as_json=given.json)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
