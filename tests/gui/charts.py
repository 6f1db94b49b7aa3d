"""A chart of known candles, and what is painted of it, for tests of charts."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QImage
from PyQt6.QtTest import QTest

from tests.builders import START_MS, candle
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.candle_series import CandleSeries
from upbit_auto_trading.domain.chart_indicator import IndicatorKinds
from upbit_auto_trading.domain.timeframe import parse_timeframe
from upbit_auto_trading.infrastructure.indicators import TaLibIndicators
from upbit_auto_trading.presentation.screens.indicator_plan import compose
from upbit_auto_trading.presentation.theme import Theme
from upbit_auto_trading.presentation.viewmodels.indicator_lines import IndicatorLines
from upbit_auto_trading.presentation.widgets.chart_view import ChartView

MINUTE_MS = 60_000
KINDS = IndicatorKinds(shipped_variables())
Hands: Any = QTest  # its stubs declare static functions as methods


def show_walk(
    chart: ChartView, *kinds: str, candles: int = 300, has_volume: bool = True
) -> CandleSeries:
    """Show minutes of KRW-BTC that swing between 100,000 and 104,000."""
    series = CandleSeries("KRW-BTC", parse_timeframe("1m"))
    series.merge(
        candle(
            start_ms=minute(n),
            open_=100_000.0 + 1000 * (n % 5),
            close=100_000.0 + 1000 * ((n + 2) % 5),
        )
        for n in range(candles)
    )
    composed = compose(KINDS, [KINDS.usual(kind) for kind in kinds], has_volume=has_volume)
    lines = IndicatorLines(TaLibIndicators(), composed.readings)
    lines.update(series)
    chart.show_plan(composed.plan)
    chart.show_series(series, lines.values, lines.revision)
    return series


def minute(number: int) -> int:
    return START_MS + number * MINUTE_MS


def pixels(chart: ChartView) -> NDArray[np.uint32]:
    """The chart's picture as a colour a pixel."""
    image = chart.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    memory = image.constBits()
    assert memory is not None
    memory.setsize(image.sizeInBytes())
    rows = np.frombuffer(memory, dtype=np.uint32).reshape(image.height(), -1)  # type: ignore[call-overload]
    colours: NDArray[np.uint32] = rows[:, : image.width()].copy() & np.uint32(0xFFFFFF)
    return colours


def count_of(chart: ChartView, theme: Theme, token: str) -> int:
    return int((pixels(chart) == int(theme.hex(token)[1:], 16)).sum())


def column_of(chart: ChartView, number: int) -> int:
    """The pixel column of a minute's candle."""
    return int(chart.viewport.x_of(minute(number) // MINUTE_MS))


def row_of(chart: ChartView, price: float) -> int:
    return round(chart.scales.price.y_of(price))


def drag(chart: ChartView, start: QPoint, end: QPoint) -> None:
    Hands.mousePress(chart, Qt.MouseButton.LeftButton, pos=start)
    Hands.mouseMove(chart, end)
    Hands.mouseRelease(chart, Qt.MouseButton.LeftButton, pos=end)


def click(chart: ChartView, at: QPoint) -> None:
    Hands.mouseMove(chart, at)
    Hands.mouseClick(chart, Qt.MouseButton.LeftButton, pos=at)
