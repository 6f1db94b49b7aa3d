"""What a tick costs the chart: it paints the rows that changed, whatever the newest candle is."""

import math
import random
from collections.abc import Iterator

import pytest
from PyQt6.QtCore import QEvent, QObject, QRect
from PyQt6.QtGui import QImage, QPaintEvent, QRegion
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.builders import START_MS, candle
from tests.gui.charts import KINDS, MINUTE_MS
from upbit_auto_trading.domain.candle_series import CandleSeries
from upbit_auto_trading.domain.timeframe import parse_timeframe
from upbit_auto_trading.infrastructure.indicators import TaLibIndicators
from upbit_auto_trading.presentation.screens.indicator_plan import compose
from upbit_auto_trading.presentation.theme import Theme
from upbit_auto_trading.presentation.viewmodels.indicator_lines import IndicatorLines
from upbit_auto_trading.presentation.widgets.chart_live import Stroke, changed_rows
from upbit_auto_trading.presentation.widgets.chart_tags import LastPrice
from upbit_auto_trading.presentation.widgets.chart_view import ChartView

CANDLES = 300
LOW, HIGH = 99_000.0, 105_000.0


class Ticking:
    """A chart with several indicators whose newest candle reaches over most of its pane."""

    def __init__(self, chart: ChartView) -> None:
        self.chart = chart
        self.series = CandleSeries("KRW-BTC", parse_timeframe("1m"))
        self.series.merge(
            candle(
                start_ms=START_MS + n * MINUTE_MS,
                open_=100_000.0 + 1000 * (n % 5),
                close=100_000.0 + 1000 * ((n + 2) % 5),
            )
            for n in range(CANDLES)
        )
        composed = compose(KINDS, [KINDS.usual(name) for name in ("sma", "ema", "rsi", "macd")])
        self.lines = IndicatorLines(TaLibIndicators(), composed.readings)
        chart.show_plan(composed.plan)

    def tick(self, price: float, volume: float = 1.0) -> None:
        self.series.apply(
            candle(
                start_ms=START_MS + (CANDLES - 1) * MINUTE_MS,
                open_=102_000.0,
                close=price,
                high=HIGH,
                low=LOW,
                volume=volume,
            )
        )
        self.lines.update(self.series)
        self.chart.show_series(self.series, self.lines.values, self.lines.revision)
        ink = "up" if price >= 102_000 else "down"
        last = LastPrice(price, f"{price:,.0f}", ink, "00:53", is_stale=False)
        self.chart.show_last_price(last, is_live=True)
        QApplication.processEvents()


@pytest.fixture
def chart(theme: Theme, qtbot: QtBot) -> Iterator[ChartView]:
    view = ChartView(theme)
    qtbot.addWidget(view)
    view.resize(800, 700)
    view.show()
    qtbot.waitExposed(view)
    yield view
    view.close()


def in_the_window(chart: ChartView) -> QImage:
    """What stands in the window, not what would be painted into a new picture."""
    QApplication.processEvents()
    screen = chart.screen()
    assert screen is not None
    return screen.grabWindow(chart.winId()).toImage()


class Painted(QObject):
    """The region of the newest painting of a chart's plot."""

    def __init__(self, chart: ChartView) -> None:
        super().__init__()
        self.region = QRegion()
        viewport = chart.plot.viewport()
        assert viewport is not None
        viewport.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 -- Qt's name
        del watched
        if isinstance(event, QPaintEvent):
            self.region = event.region()
        return False


def test_however_tall_the_newest_candle_is_a_tick_paints_few_rows_of_its_column(
    chart: ChartView,
) -> None:
    ticking = Ticking(chart)
    ticking.tick(102_500.0)
    painted = Painted(chart)
    ticking.tick(102_400.0)
    scale, pane = chart.scales.price, chart.plot.scene_shown
    assert pane is not None
    height = scale.y_of(LOW) - scale.y_of(HIGH)
    assert height > 150
    newest = START_MS // MINUTE_MS + CANDLES - 1
    column = QRect(int(chart.viewport.x_of(newest)), 0, 1, pane.layout.price.bottom())
    rows = [
        row
        for row in range(column.height())
        if not painted.region.intersected(QRect(column.left(), row, 1, 1)).isEmpty()
    ]
    assert 0 < len(rows) < height / 4
    assert min(abs(row - scale.y_of(102_400.0)) for row in rows) <= 1


def test_ticks_painted_row_by_row_leave_the_picture_that_is_painted_at_once(
    chart: ChartView,
) -> None:
    ticking, chance = Ticking(chart), random.Random(11)
    ticking.tick(102_500.0)
    # Small steps, leaps over the opening price, back to where it was.
    prices = [102_500 + chance.gauss(0, 40) for _ in range(12)]
    prices += [LOW + 10, HIGH - 10, 101_999.0, 102_000.0, 102_001.0, 102_001.0]
    for number, price in enumerate(prices):
        ticking.tick(price, volume=1.0 + number % 3)
    chart.refresh_readout()
    row_by_row = in_the_window(chart)
    chart.plot.redraw_ground()
    chart.viewport.pan(0)
    chart.viewport.return_to_newest()
    chart.repaint_changes()
    assert in_the_window(chart) == row_by_row


def test_a_stroke_that_grows_changes_only_where_its_end_moved() -> None:
    before: list[Stroke] = [("up", 100, 40), (7.5, 50.0, 7.5), ("idle", 3, 3)]
    assert changed_rows(before, before) == []
    assert changed_rows(before, [("up", 100, 38), *before[1:]]) == [40, 38]
    assert changed_rows(before, [("down", 100, 120), *before[1:]]) == [100, 40, 100, 120]
    assert changed_rows(before, [before[0], (9.0, 50.0, 9.0), before[2]]) == [50.0, 7.5, 50.0, 9.0]
    unknown: Stroke = (math.nan, math.nan, math.nan)
    assert changed_rows(before, [*before[:2], unknown]) == [3, 3]
