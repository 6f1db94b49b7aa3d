"""The chart as it is used: painted pixels, dragging, zooming, the way back, older candles."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyqtgraph as pg
import pytest
from PyQt6.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from PyQt6.QtGui import QImage, QPaintEvent, QRegion, QWheelEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from tests.builders import START_MS, candle
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.candle_series import CandleSeries
from upbit_auto_trading.domain.chart_indicator import IndicatorKinds
from upbit_auto_trading.domain.timeframe import parse_timeframe
from upbit_auto_trading.domain.variable import Unit
from upbit_auto_trading.infrastructure.indicators import TaLibIndicators
from upbit_auto_trading.presentation.screens.indicator_plan import compose
from upbit_auto_trading.presentation.theme import Theme
from upbit_auto_trading.presentation.viewmodels.indicator_lines import IndicatorLines
from upbit_auto_trading.presentation.widgets.chart_levels import ChartLevel
from upbit_auto_trading.presentation.widgets.chart_notice import ChartNotice, OlderEdge
from upbit_auto_trading.presentation.widgets.chart_plan import value_text
from upbit_auto_trading.presentation.widgets.chart_tags import LastPrice
from upbit_auto_trading.presentation.widgets.chart_view import ChartView
from upbit_auto_trading.presentation.widgets.chart_viewport import ChartLayout

MINUTE_MS = 60_000
KINDS = IndicatorKinds(shipped_variables())
Hands: Any = QTest  # its stubs declare static functions as methods


def lines_of(chart: ChartView, *kinds: str) -> IndicatorLines:
    """Lines for a chart that shows indicators, the usual two unless others are named."""
    composed = compose(KINDS, [KINDS.usual(kind) for kind in kinds or ("sma", "rsi")])
    chart.show_plan(composed.plan)
    return IndicatorLines(TaLibIndicators(), composed.readings)


class Shown:
    """A chart with a series that a test changes."""

    def __init__(self, chart: ChartView, candles: int = 300, without: tuple[int, ...] = ()) -> None:
        self.chart = chart
        self.series = CandleSeries("KRW-BTC", parse_timeframe("1m"))
        self.lines = lines_of(chart)
        self.series.merge(
            candle(
                start_ms=START_MS + n * MINUTE_MS,
                open_=100_000.0 + 1000 * (n % 5),
                close=100_000.0 + 1000 * ((n + 2) % 5),
            )
            for n in range(candles)
            if n not in without
        )
        self.newest = START_MS + (candles - 1) * MINUTE_MS
        self.show()

    def show(self) -> None:
        self.lines.update(self.series)
        self.chart.show_series(self.series, self.lines.values, self.lines.revision)

    def tick(self, price: float) -> None:
        self.series.apply(candle(start_ms=self.newest, open_=102_000.0, close=price))
        self.show()


@pytest.fixture
def chart(theme: Theme, qtbot: QtBot) -> Iterator[ChartView]:
    view = ChartView(theme)
    qtbot.addWidget(view)
    view.resize(800, 600)
    view.show()
    qtbot.waitExposed(view)
    yield view
    view.close()


def picture(chart: ChartView) -> QImage:
    return chart.grab().toImage()


def pixels(image: QImage) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint32]]":
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    memory = image.constBits()
    assert memory is not None
    memory.setsize(image.sizeInBytes())
    rows = np.frombuffer(memory, dtype=np.uint32).reshape(image.height(), -1)  # type: ignore[call-overload]
    colours: np.ndarray[tuple[int, ...], np.dtype[np.uint32]]
    colours = rows[:, : image.width()].copy() & np.uint32(0xFFFFFF)
    return colours


def drawn(chart: ChartView) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint32]]":
    """What stands in the window after only what was asked for was painted."""
    QApplication.processEvents()
    screen = chart.screen()
    assert screen is not None
    return pixels(screen.grabWindow(chart.winId()).toImage())


def colour_count(chart: ChartView, theme: Theme, token: str) -> int:
    return int((pixels(picture(chart)) == int(theme.hex(token)[1:], 16)).sum())


def last_price(price: float = 102_000.0, *, is_stale: bool = False) -> LastPrice:
    return LastPrice(price, f"{price:,.0f}", "up", "" if is_stale else "00:53", is_stale)


def test_rising_and_falling_candles_are_painted_in_their_colours(
    chart: ChartView, theme: Theme
) -> None:
    Shown(chart)
    assert colour_count(chart, theme, "up-pen") > 200
    assert colour_count(chart, theme, "down-pen") > 200
    assert colour_count(chart, theme, "volume-up") > 200


class PaintedRegions(QObject):
    """Adds up what was painted of a widget."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__()
        self.region = QRegion()
        self._widget = widget
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 -- Qt's name
        del watched
        if isinstance(event, QPaintEvent):
            self.region += event.region()
        return False

    def stop(self) -> None:
        self._widget.removeEventFilter(self)


def test_a_tick_paints_only_what_it_touches(chart: ChartView, qapp: QApplication) -> None:
    shown = Shown(chart)
    shown.tick(102_500.0)
    chart.show_last_price(last_price(), is_live=True)
    before = drawn(chart)
    plot = chart.plot.viewport()
    assert plot is not None
    painted = PaintedRegions(plot)
    shown.tick(101_800.0)
    chart.show_last_price(last_price(101_800.0), is_live=True)
    after = drawn(chart)
    painted.stop()
    rows, columns = np.nonzero(before != after)
    assert len(rows) > 0
    pairs = zip(columns.tolist(), rows.tolist(), strict=True)
    assert all(painted.region.contains(QPoint(x, y)) for x, y in pairs)
    touched = sum(
        1 for x in range(0, 800, 4) for y in range(600) if painted.region.contains(QPoint(x, y))
    )
    assert touched < 0.06 * 200 * 600


def test_painting_piecewise_gives_the_picture_painted_at_once(
    chart: ChartView, qapp: QApplication
) -> None:
    shown = Shown(chart)
    for price in (101_500.0, 103_900.0, 102_200.0):
        shown.tick(price)
        chart.show_last_price(last_price(price), is_live=True)
        qapp.processEvents()
    chart.refresh_readout()
    piecewise = drawn(chart)
    chart.viewport.pan(0)
    chart.viewport.return_to_newest()
    chart.repaint_changes()
    at_once = drawn(chart)
    np.testing.assert_array_equal(piecewise, at_once)


def test_a_movement_is_painted_once(chart: ChartView, qapp: QApplication) -> None:
    Shown(chart)
    chart.show_last_price(last_price(), is_live=True)
    chart.point_at(QPoint(300, 200))
    chart.viewport.pan(25)
    chart.repaint_changes()
    drawn(chart)
    qapp.processEvents()
    paintings: list[None] = []
    chart.plot.painted.connect(lambda: paintings.append(None))
    for _ in range(5):
        before = drawn(chart)
        paintings.clear()
        chart.viewport.pan(25)
        chart.repaint_changes()
        assert (before != drawn(chart)).any()
        qapp.processEvents()
        assert len(paintings) == 1


def test_panes_show_the_same_stretch_of_time_and_curves_the_series_own_values(
    chart: ChartView,
) -> None:
    shown = Shown(chart)
    chart.viewport.pan(300)
    chart.repaint_changes()
    panes = [item for item in chart.plot.scene().items() if isinstance(item, pg.ViewBox)]
    assert len(panes) == 3
    for pane in panes:
        assert pane.viewRange()[0] == pytest.approx([chart.viewport.left, chart.viewport.right])
    curves = [item for item in chart.plot.scene().items() if isinstance(item, pg.PlotCurveItem)]
    assert len(curves) == 2
    for curve in curves:
        slots, values = curve.getData()
        average, rsi = shown.lines.values
        line = rsi if values.max() <= 100 else average
        first = np.floor(slots).astype(np.int64) - START_MS // MINUTE_MS
        np.testing.assert_allclose(values, line[first], rtol=1e-9)


def test_a_line_that_leaves_its_scale_stays_in_its_pane(chart: ChartView, theme: Theme) -> None:
    series = CandleSeries("KRW-BTC", parse_timeframe("1m"))
    prices = [100_000.0] * 30 + [150_000.0, 180_000.0] * 6
    series.merge(
        candle(start_ms=START_MS + n * MINUTE_MS, close=price) for n, price in enumerate(prices)
    )
    lines = lines_of(chart)
    lines.update(series)
    chart.show_series(series, lines.values, lines.revision)
    chart.hold_prices(145_000.0, 185_000.0)
    assert lines.values[0][-1] < chart.scales.price.low
    ink = int(theme.hex("average-20")[1:], 16)
    pane = ChartLayout.of(chart.width(), chart.height()).volume
    below = pixels(picture(chart))[pane.top() :, :]
    assert not (below == ink).any()


def test_an_axis_label_gives_way_to_the_price_tag_and_comes_back(
    chart: ChartView, theme: Theme
) -> None:
    Shown(chart)
    row, _text = chart.axis_labels()[2]
    without_tag = label_pixels(chart, theme, row)
    assert without_tag.any()
    above = chart.scales.price.value_at(row - 26)
    chart.show_last_price(last_price(above), is_live=True)
    assert not label_pixels(chart, theme, row).any()
    chart.show_last_price(None, is_live=False)
    np.testing.assert_array_equal(label_pixels(chart, theme, row), without_tag)


def test_an_axis_label_gives_way_to_the_tag_of_a_level_and_comes_back(
    chart: ChartView, theme: Theme
) -> None:
    Shown(chart)
    row, _text = chart.axis_labels()[2]
    without_tag = label_pixels(chart, theme, row)
    for away in (-14, 14):
        chart.show_levels([ChartLevel("crash", chart.scales.price.value_at(row + away))])
        between = pixels(picture(chart))[row - 2 : row + 3, -78:-4]
        assert (between == int(theme.hex("bg1")[1:], 16)).all(), "the label is drawn beside a tag"
    chart.show_levels([])
    np.testing.assert_array_equal(label_pixels(chart, theme, row), without_tag)


def test_the_tag_of_a_line_s_newest_value_gives_way_to_a_level_beside_it(
    chart: ChartView,
) -> None:
    Shown(chart)
    (subplot,) = chart.plot._subplots
    (tag,) = subplot._tags.values()
    assert tag.isVisible()
    newest = float(chart.plot._scene.data.last().lines[-1, 0])  # type: ignore[union-attr]
    for away, is_shown in ((2.0, False), (60.0, True), (-60.0, True)):
        level = ChartLevel("limit", newest + away, pane=subplot.look.key)
        chart.show_levels([level])
        assert tag.isVisible() is is_shown, away
    chart.show_levels([])
    assert tag.isVisible()


def test_zero_is_spelled_without_decimals() -> None:
    assert value_text("KRW-BTC", Unit.CENTRED, 0.0) == "0"
    assert value_text("KRW-BTC", Unit.CENTRED, 0.25) == "0.2500"


def label_pixels(
    chart: ChartView, theme: Theme, row: int
) -> "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]":
    """What is written in the lower half of a row of the axis."""
    area = pixels(picture(chart))[row - 1 : row + 8, -78:-4]
    written: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] = area != int(theme.hex("bg1")[1:], 16)
    return written


def test_minutes_without_trades_are_dotted_and_have_no_volume(
    chart: ChartView, theme: Theme
) -> None:
    Shown(chart)
    full = colour_count(chart, theme, "volume-up") + colour_count(chart, theme, "volume-down")
    chart.clear()
    Shown(chart, without=tuple(range(270, 290)))
    thin = colour_count(chart, theme, "volume-up") + colour_count(chart, theme, "volume-down")
    assert thin < full
    row = pixels(picture(chart))
    dots = (row == int(theme.hex("text-3")[1:], 16)).sum(axis=1)
    assert dots[60:400].max() >= 20


def test_time_that_passed_without_trades_is_dotted_up_to_now(
    chart: ChartView, theme: Theme
) -> None:
    shown = Shown(chart)
    newest = chart.viewport.x_of(chart.viewport.last_slot)
    chart.show_now(shown.newest + 30 * MINUTE_MS)
    assert chart.viewport.x_of(chart.viewport.last_slot) == newest
    row = pixels(picture(chart))
    dots = (row == int(theme.hex("text-3")[1:], 16)).sum(axis=1)
    assert dots[60:400].max() >= 40


def test_a_market_that_stood_still_is_not_blown_up(chart: ChartView) -> None:
    series, lines = CandleSeries("KRW-USDT", parse_timeframe("1m")), lines_of(chart)
    series.merge(
        candle("KRW-USDT", start_ms=START_MS + n * MINUTE_MS, close=1465.0) for n in range(40)
    )
    lines.update(series)
    chart.show_series(series, lines.values, lines.revision)
    picture(chart)
    prices = [text for _row, text in chart.axis_labels() if text.startswith("1,4")]
    assert len(prices) >= 3
    assert len(set(prices)) == len(prices)


def test_frames_count_only_when_they_show_live_data(chart: ChartView) -> None:
    Shown(chart)
    picture(chart)
    assert chart.frames_painted == 0
    chart.show_last_price(last_price(), is_live=True)
    picture(chart)
    assert chart.frames_painted > 0
    painted = chart.frames_painted
    chart.show_last_price(last_price(is_stale=True), is_live=False)
    picture(chart)
    assert chart.frames_painted == painted


def test_a_stale_price_loses_its_colour_and_countdown(chart: ChartView, theme: Theme) -> None:
    Shown(chart)
    chart.show_last_price(last_price(), is_live=True)
    assert colour_count(chart, theme, "up-solid") > 500
    chart.show_last_price(last_price(is_stale=True), is_live=False)
    assert colour_count(chart, theme, "up-solid") == 0


def test_the_wheel_zooms_round_the_pointer(chart: ChartView) -> None:
    Shown(chart)
    chart.viewport.pan(400)
    at = chart.viewport.slot_at(300)
    width = chart.viewport.slot_width
    turn(chart, 300, 240)
    assert chart.viewport.slot_width > width
    assert chart.viewport.slot_at(300) == pytest.approx(at)


def test_dragging_back_shows_the_way_home_and_pressing_it_goes_there(
    chart: ChartView, qtbot: QtBot
) -> None:
    Shown(chart)
    button = chart.findChild(QPushButton)
    assert button is not None
    assert not button.isVisible()
    Hands.mousePress(chart, Qt.MouseButton.LeftButton, pos=QPoint(200, 200))
    Hands.mouseMove(chart, QPoint(420, 200))
    Hands.mouseRelease(chart, Qt.MouseButton.LeftButton, pos=QPoint(420, 200))
    assert not chart.viewport.follows
    assert button.isVisible()
    Hands.mouseClick(button, Qt.MouseButton.LeftButton)
    assert chart.viewport.follows
    assert not button.isVisible()


def test_nearing_the_oldest_candle_asks_for_older_ones_once(chart: ChartView, qtbot: QtBot) -> None:
    shown = Shown(chart)
    with qtbot.waitSignal(chart.older_wanted):
        for _ in range(30):
            Hands.keyClick(chart, Qt.Key.Key_Left)
    chart.show_older_edge(OlderEdge.LOADING)
    with qtbot.assertNotEmitted(chart.older_wanted):
        Hands.keyClick(chart, Qt.Key.Key_Left)
    left = chart.viewport.left
    shown.series.merge(
        candle(start_ms=START_MS - n * MINUTE_MS, close=101_000.0) for n in range(1, 200)
    )
    shown.show()
    assert chart.viewport.left == left


def test_the_keyboard_can_do_what_the_mouse_does(chart: ChartView, qtbot: QtBot) -> None:
    Shown(chart)
    Hands.keyClick(chart, Qt.Key.Key_Left)
    assert not chart.viewport.follows
    width = chart.viewport.slot_width
    Hands.keyClick(chart, Qt.Key.Key_Plus)
    assert chart.viewport.slot_width > width
    Hands.keyClick(chart, Qt.Key.Key_Minus)
    assert chart.viewport.slot_width == pytest.approx(width)
    Hands.keyClick(chart, Qt.Key.Key_End)
    assert chart.viewport.follows


def test_the_crosshair_comes_and_goes_with_the_pointer(
    chart: ChartView, theme: Theme, qtbot: QtBot
) -> None:
    Shown(chart)
    before = picture(chart)
    Hands.mouseMove(chart, QPoint(300, 200))
    assert colour_count(chart, theme, "crosshair") > 300
    chart.leaveEvent(QEvent(QEvent.Type.Leave))
    assert picture(chart) == before


def test_an_empty_chart_says_what_it_waits_for(chart: ChartView) -> None:
    chart.show_notice(ChartNotice(""))
    silent = picture(chart)
    chart.show_notice(ChartNotice("KRW-BTC 불러오는 중", "1분 봉을 기다리고 있어요"))
    assert picture(chart) != silent


def test_another_series_starts_at_its_newest_candle(chart: ChartView) -> None:
    Shown(chart)
    chart.viewport.pan(400)
    Shown(chart, candles=50)
    assert chart.viewport.follows


@pytest.mark.parametrize("candles", [1, 2, 15, 21])
def test_a_short_history_can_be_shown(chart: ChartView, candles: int) -> None:
    shown = Shown(chart, candles=candles)
    shown.tick(103_000.0)
    chart.show_last_price(last_price(103_000.0), is_live=True)
    picture(chart)
    assert chart.frames_painted == 1


def turn(chart: ChartView, x: int, angle: int) -> None:
    at = QPointF(x, 200)
    event = QWheelEvent(
        at,
        chart.mapToGlobal(at),
        QPoint(),
        QPoint(0, angle),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    chart.wheelEvent(event)
