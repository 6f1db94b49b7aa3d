"""Markers, levels, gaps and the user's lines on the chart: painted, hovered, held, moved."""

from collections.abc import Iterator

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from tests.builders import candle
from tests.gui.charts import (
    Hands,
    click,
    column_of,
    count_of,
    drag,
    minute,
    pixels,
    row_of,
    show_walk,
)
from upbit_auto_trading.domain.chart_drawing import Drawing, DrawingKind, DrawnPoint
from upbit_auto_trading.presentation.theme import Theme
from upbit_auto_trading.presentation.widgets.chart_gaps import ChartGap
from upbit_auto_trading.presentation.widgets.chart_levels import ChartLevel
from upbit_auto_trading.presentation.widgets.chart_markers import ChartMarker, MarkerKind
from upbit_auto_trading.presentation.widgets.chart_plan import ChartPlan
from upbit_auto_trading.presentation.widgets.chart_tools import ChartTool
from upbit_auto_trading.presentation.widgets.chart_view import ChartView


@pytest.fixture
def chart(theme: Theme, qtbot: QtBot) -> Iterator[ChartView]:
    view = ChartView(theme)
    qtbot.addWidget(view)
    view.resize(900, 640)
    view.show()
    qtbot.waitExposed(view)
    yield view
    view.close()


def fired(number: int, kind: MarkerKind = MarkerKind.FIRED) -> ChartMarker:
    return ChartMarker(minute(number) + 30_000, 100_000.0, kind, number, f"marker {number}")


def test_a_marker_stands_below_its_candle_and_tells_when_it_is_hovered_and_pressed(
    chart: ChartView, theme: Theme, qtbot: QtBot
) -> None:
    show_walk(chart, "rsi")
    markers = [fired(250), fired(280, MarkerKind.SUPPRESSED)]
    chart.show_markers(markers)
    assert count_of(chart, theme, "entry") > 20
    at = QPoint(column_of(chart, 250), row_of(chart, 100_000.0) + 10)
    with qtbot.waitSignal(chart.marker_hovered) as hovered:
        Hands.mouseMove(chart, at)
    assert hovered.args == [markers[0]]
    with qtbot.waitSignal(chart.marker_chosen) as chosen:
        click(chart, at)
    assert chosen.args == [markers[0]]
    assert chart.viewport.follows
    with qtbot.waitSignal(chart.marker_hovered) as left:
        Hands.mouseMove(chart, QPoint(column_of(chart, 240), 80))
    assert left.args == [None]


def test_markers_out_of_sight_cost_nothing_and_come_back_with_their_candles(
    chart: ChartView, theme: Theme
) -> None:
    show_walk(chart)
    chart.show_markers([fired(20)])
    assert count_of(chart, theme, "entry") == 0
    chart.show_moment(minute(20))
    assert count_of(chart, theme, "entry") > 20


def test_a_crowd_of_markers_is_thinned_until_one_zooms_in(chart: ChartView, theme: Theme) -> None:
    show_walk(chart, candles=2000)
    chart.show_markers([fired(number) for number in range(2000)])
    chart.viewport.show_range(minute(0) // 60_000, minute(1999) // 60_000)
    chart.repaint_changes()
    pixels(chart)
    assert len(chart.plot.markers._drawn) <= chart.width() / 8 + 1
    chart.show_moment(minute(1000))
    chart.viewport.show_range(minute(990) // 60_000, minute(1010) // 60_000)
    chart.repaint_changes()
    pixels(chart)
    assert len(chart.plot.markers._drawn) >= 21


def test_a_threshold_is_dragged_in_its_pane_and_told_in_the_panes_values(
    chart: ChartView, qtbot: QtBot
) -> None:
    show_walk(chart, "rsi")
    chart.show_levels([ChartLevel("limit", 30.0, "RSI < 30", "entry", "rsi", is_draggable=True)])
    pixels(chart)
    pane = chart.plot.scene_shown.pane("rsi")  # type: ignore[union-attr]
    assert pane is not None
    _, scale = pane
    start, end = QPoint(300, round(scale.y_of(30.0))), QPoint(310, round(scale.y_of(45.0)))
    with qtbot.waitSignals([chart.value_dragged, chart.value_dropped]) as told:
        drag(chart, start, end)
    for signal in told.all_signals_and_args:
        key, value = signal.args
        assert key == "limit"
        assert value == pytest.approx(45.0, abs=0.6)
    assert chart.viewport.follows


def test_a_level_that_cannot_be_dragged_lets_the_chart_move(chart: ChartView, qtbot: QtBot) -> None:
    show_walk(chart)
    chart.show_levels([ChartLevel("average", 102_000.0, "평단")])
    pixels(chart)
    row = row_of(chart, 102_000.0)
    with qtbot.assertNotEmitted(chart.value_dragged):
        drag(chart, QPoint(200, row), QPoint(400, row))
    assert not chart.viewport.follows


def test_a_level_s_line_crosses_out_no_other_level_s_name(chart: ChartView, theme: Theme) -> None:
    show_walk(chart)
    chart.show_levels([ChartLevel("higher", 102_000.0, "higher level", "text-2")])
    pixels(chart)
    lower = chart.scales.price.value_at(row_of(chart, 102_000.0) + 3)
    chart.show_levels(
        [
            ChartLevel("higher", 102_000.0, "higher level", "text-2"),
            ChartLevel("lower", lower, "lower level", "risk", dashes=()),
        ]
    )
    row = pixels(chart)[row_of(chart, lower)]
    of_lower = np.flatnonzero(row == int(theme.hex("risk")[1:], 16))
    assert len(of_lower) > 200  # the line is there
    name = range(10, 60)
    assert not set(name) & set(of_lower.tolist())


def test_levels_outside_the_scale_are_not_drawn(chart: ChartView, theme: Theme) -> None:
    show_walk(chart)
    chart.show_levels([ChartLevel("far", 900_000.0, "far", "risk")])
    assert count_of(chart, theme, "risk") == 0
    chart.show_levels([ChartLevel("near", 102_000.0, "near", "risk")])
    assert count_of(chart, theme, "risk") > 200


def test_missing_data_is_hatched_over_every_pane_and_minutes_without_trades_are_not(
    chart: ChartView, theme: Theme
) -> None:
    show_walk(chart, "rsi")
    assert count_of(chart, theme, "gap-hatch") == 0
    chart.show_gaps([ChartGap(minute(250), minute(270), "결손")])
    left, right = column_of(chart, 250), column_of(chart, 270)
    hatched = pixels(chart) == int(theme.hex("gap-hatch")[1:], 16)
    columns = np.flatnonzero(hatched.any(axis=0))
    assert left - 4 <= columns.min()
    assert columns.max() <= right + 4
    rows = np.flatnonzero(hatched.any(axis=1))
    layout = chart.plot.scene_shown.layout  # type: ignore[union-attr]
    assert rows.min() < layout.price.bottom()
    assert rows.max() > layout.subplots[0].top()
    chart.show_gaps([])
    assert count_of(chart, theme, "gap-hatch") == 0


def test_a_horizontal_line_is_drawn_with_one_press_chosen_moved_and_deleted(
    chart: ChartView, qtbot: QtBot
) -> None:
    show_walk(chart)
    chart.use_tool(ChartTool.HORIZONTAL)
    row = row_of(chart, 102_000.0)
    with qtbot.waitSignal(chart.drawings_changed) as drawn:
        click(chart, QPoint(300, row))
    (line,) = drawn.args[0]
    assert line.kind is DrawingKind.HORIZONTAL
    assert line.points[0].price == pytest.approx(102_000.0, abs=100)
    assert chart.tool is ChartTool.NONE
    target = row_of(chart, 103_000.0)
    with qtbot.waitSignal(chart.drawings_changed) as moved:
        drag(chart, QPoint(500, row_of(chart, line.points[0].price)), QPoint(520, target))
    assert moved.args[0][0].points[0].price == pytest.approx(103_000.0, abs=100)
    with qtbot.waitSignal(chart.drawings_changed) as deleted:
        Hands.keyClick(chart, Qt.Key.Key_Delete)
    assert deleted.args == [()]


def test_a_trend_line_goes_through_two_presses_and_each_end_can_be_moved(
    chart: ChartView, qtbot: QtBot
) -> None:
    show_walk(chart)
    chart.use_tool(ChartTool.TREND)
    first, last = QPoint(200, row_of(chart, 101_000.0)), QPoint(500, row_of(chart, 103_000.0))
    click(chart, first)
    Hands.mouseMove(chart, QPoint(350, 200))
    with qtbot.waitSignal(chart.drawings_changed) as drawn:
        click(chart, last)
    (line,) = drawn.args[0]
    assert [point.price for point in line.points] == pytest.approx([101_000, 103_000], abs=100)
    assert line.points[0].ms < line.points[1].ms
    end = QPoint(560, row_of(chart, 101_500.0))
    with qtbot.waitSignal(chart.drawings_changed) as moved:
        drag(chart, last, end)
    (bent,) = moved.args[0]
    assert bent.points[0] == line.points[0]
    assert bent.points[1].price == pytest.approx(101_500.0, abs=100)


def test_escape_puts_the_tool_away_and_gives_up_what_was_begun(
    chart: ChartView, qtbot: QtBot
) -> None:
    show_walk(chart)
    chart.use_tool(ChartTool.TREND)
    click(chart, QPoint(200, 200))
    with (
        qtbot.assertNotEmitted(chart.drawings_changed),
        qtbot.waitSignal(chart.tool_changed) as changed,
    ):
        Hands.keyClick(chart, Qt.Key.Key_Escape)
    assert changed.args == ["none"]
    assert chart.plot.drawings.begun is None


def test_lines_can_be_chosen_moved_and_deleted_without_a_mouse(
    chart: ChartView, qtbot: QtBot
) -> None:
    show_walk(chart)
    line = Drawing("KRW-BTC", DrawingKind.HORIZONTAL, (DrawnPoint(minute(250), 102_000.0),))
    chart.show_drawings([line])
    chart.setFocus()
    Hands.keyClick(chart, Qt.Key.Key_D)
    with qtbot.waitSignal(chart.drawings_changed) as moved:
        Hands.keyClick(chart, Qt.Key.Key_Up)
    assert moved.args[0][0].points[0].price > 102_000.0
    with qtbot.waitSignal(chart.drawings_changed) as deleted:
        Hands.keyClick(chart, Qt.Key.Key_Delete)
    assert deleted.args == [()]


def test_a_line_stands_at_the_same_moment_in_every_timeframe(chart: ChartView) -> None:
    series = show_walk(chart)
    layer, point = chart.plot.drawings, DrawnPoint(minute(250) + 30_000, 102_000.0)
    scene = chart.plot.scene_shown
    assert scene is not None
    at = layer.pixel_of(scene, point)
    assert int(at.x()) == column_of(chart, 250)
    assert layer.point_of(scene, at).ms == point.ms
    assert series.timeframe.code == "1m"


def test_a_logarithmic_scale_gives_equal_ratios_equal_heights(chart: ChartView) -> None:
    show_walk(chart, "sma")
    chart.set_log(is_log=True)
    y_of = chart.scales.price.y_of
    assert y_of(101_000.0) - y_of(102_010.0) == pytest.approx(y_of(102_010.0) - y_of(103_030.1))
    labels = [text for _row, text in chart.axis_labels()]
    assert any(text.startswith("10") for text in labels)
    chart.set_log(is_log=False)
    y_of = chart.scales.price.y_of
    assert y_of(101_000.0) - y_of(102_000.0) == pytest.approx(y_of(102_000.0) - y_of(103_000.0))


def test_dragging_the_price_axis_holds_the_scale_and_a_double_click_lets_it_fit_again(
    chart: ChartView, qtbot: QtBot
) -> None:
    show_walk(chart)
    before = chart.scales.price
    axis = chart.width() - 30
    with qtbot.waitSignal(chart.scale_changed):
        drag(chart, QPoint(axis, 200), QPoint(axis, 120))
    held = chart.scales.price
    assert held.high - held.low < before.high - before.low
    assert not chart.scales.fits
    Hands.keyClick(chart, Qt.Key.Key_Left)
    assert chart.scales.price == held
    with qtbot.waitSignal(chart.scale_changed):
        Hands.mouseDClick(chart, Qt.MouseButton.LeftButton, pos=QPoint(axis, 200))
    assert chart.scales.fits


def test_a_moment_is_brought_to_the_middle_and_one_before_the_candles_is_told(
    chart: ChartView,
) -> None:
    show_walk(chart)
    assert chart.show_moment(minute(100))
    assert column_of(chart, 100) == pytest.approx(chart.viewport.width / 2, abs=2)
    assert not chart.viewport.follows
    assert not chart.show_moment(minute(-500))
    chart.return_to_newest()
    assert chart.viewport.follows


@pytest.mark.parametrize("candles", [900, 6000])
@pytest.mark.parametrize("ways", [(3, 5, 40, 7), (200, -60, -30, 11, -3)])
def test_a_chart_that_was_moved_looks_as_if_drawn_anew(
    chart: ChartView, ways: tuple[int, ...], candles: int
) -> None:
    show_walk(chart, "sma", "rsi", "macd", "parabolic_sar", candles=candles)
    chart.show_markers([fired(number) for number in range(0, candles, 40)])
    chart.show_levels([ChartLevel("level", 102_000.0, "level", "entry")])
    if candles > 2000:
        chart.viewport.show_range(minute(2000) // 60_000, minute(5000) // 60_000)
    else:
        chart.viewport.pan(1500)
    chart.repaint_changes()
    pixels(chart)
    for way in ways:
        chart.pan_pixels(way)
        assert chart.plot._settled._is_strip
        pixels(chart)
    moved = pixels(chart)
    chart.plot.redraw_ground()
    anew = pixels(chart)
    assert (moved != anew).sum() <= 0.001 * moved.size


def test_the_price_scale_stays_while_the_chart_moves_until_candles_leave_it(
    chart: ChartView,
) -> None:
    show_walk(chart, "rsi")
    before = chart.scales.price
    chart.pan_pixels(120)
    assert chart.scales.price is before
    series = show_walk(chart, "rsi", candles=400)
    columns = series.columns
    columns.high[100], columns.low[100] = 180_000.0, 60_000.0
    series.history_revision += 1
    chart.show_plan(ChartPlan())
    chart.show_series(series)
    before = chart.scales.price
    chart.show_moment(minute(100))
    assert chart.scales.price.high > 180_000.0 > before.high


def test_history_that_comes_after_a_live_candle_sets_the_width_unless_one_has_zoomed(
    chart: ChartView,
) -> None:
    series = show_walk(chart, candles=1)
    assert chart.viewport.slot_width > 20
    older = [candle(start_ms=minute(-n), close=101_000.0) for n in range(1, 400)]
    series.merge(older)
    chart.show_series(series)
    assert chart.viewport.slot_width == 6.0
    chart.zoom(3)
    width = chart.viewport.slot_width
    series.merge(candle(start_ms=minute(-n), close=101_000.0) for n in range(400, 500))
    chart.show_series(series)
    assert chart.viewport.slot_width == width


@pytest.mark.parametrize("width", [900, 520, 400])
def test_the_names_of_levels_leave_the_candles_figures_readable(
    chart: ChartView, width: int
) -> None:
    show_walk(chart, "rsi")
    chart.resize(width, 640)
    chart.refresh_readout()
    scene = chart.plot.scene_shown
    assert scene is not None
    figures = chart.plot.readouts.corner()
    assert figures
    # Beyond the candles, in the rows where the figures stand.
    top, scale = scene.layout.price.top(), scene.scales.price
    step = (scale.high - scale.low) / (scale.bottom - scale.top)
    above = [scale.high + (scale.top - top - row) * step for row in (12, 22, 34)]
    chart.show_levels(
        [ChartLevel(str(value), value, f"level {n}") for n, value in enumerate(above)]
    )
    chart.grab()
    names = chart.plot.levels.names
    assert len(names) == len(above)
    for number, name in enumerate(names):
        others = [*figures, *names[number + 1 :]]
        assert not any(name.intersects(other) for other in others)


@pytest.mark.parametrize("width", [900, 400, 300])
def test_the_candles_figures_end_before_the_axis(chart: ChartView, width: int) -> None:
    show_walk(chart)
    chart.resize(width, 640)
    chart.refresh_readout()
    scene = chart.plot.scene_shown
    assert scene is not None
    figures = chart.plot.readouts.corner()[0]
    assert scene.layout.plot_width // 3 < figures.right() <= scene.layout.plot_width
