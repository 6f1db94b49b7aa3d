"""Indicators of the window's chart: found, added, set up, hidden, removed, kept."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PyQt6.QtCore import QRect, Qt
from PyQt6.QtWidgets import QAbstractButton, QListWidget, QMainWindow, QWidget
from pytestqt.qtbot import QtBot

from tests.gui.charts import KINDS, Hands
from upbit_auto_trading.application.settings import SettingsService
from upbit_auto_trading.domain.chart_choices import ChartChoices
from upbit_auto_trading.domain.chart_drawing import Drawing, DrawingKind, DrawnPoint
from upbit_auto_trading.domain.chart_indicator import MOST_INDICATORS, ChartIndicator
from upbit_auto_trading.domain.settings import KeptSettings
from upbit_auto_trading.presentation.i18n import choose_language
from upbit_auto_trading.presentation.screens.chart_centre import ChartCentre
from upbit_auto_trading.presentation.screens.indicator_plan import LINE_INKS, compose, label
from upbit_auto_trading.presentation.screens.indicator_words import rows_of
from upbit_auto_trading.presentation.theme import Theme
from upbit_auto_trading.presentation.viewmodels.settings import SettingsViewModel
from upbit_auto_trading.presentation.widgets.property_fields import NumberField


@pytest.fixture
def settings() -> SettingsViewModel:
    return SettingsViewModel(SettingsService())


@pytest.fixture
def centre(theme: Theme, settings: SettingsViewModel, qtbot: QtBot) -> Iterator[ChartCentre]:
    shown, window = ChartCentre(theme, settings), QMainWindow()
    qtbot.addWidget(window)
    window.setFixedSize(2000, 760)
    shown.setParent(window)
    shown.resize(1000, 760)
    window.show()
    qtbot.waitExposed(window)
    yield shown
    window.close()


def press(over: QWidget, name: str) -> None:
    buttons = [one for one in over.findChildren(QAbstractButton) if one.accessibleName() == name]
    assert buttons, name
    Hands.mouseClick(buttons[-1], Qt.MouseButton.LeftButton)


def labels(centre: ChartCentre) -> list[str]:
    return [label(KINDS[one.kind], one) for one in centre.indicators.indicators]


def search(query: str) -> list[str]:
    rows, _note = rows_of(KINDS, query)
    return [row.key for row in rows if row.key]


def test_a_new_user_sees_an_average_and_the_rsi(centre: ChartCentre) -> None:
    assert labels(centre) == ["SMA 20", "RSI 14"]
    assert centre.toolbar.indicators.text().endswith("2")


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("bol", "bollinger"),
        ("볼린저", "bollinger"),
        ("일목", "ichimoku"),
        ("rsi", "rsi"),
        ("이동평균", "sma"),
        ("macd", "macd"),
        ("sar", "parabolic_sar"),
        ("거래량", "vwap"),
    ],
)
def test_indicators_are_found_by_korean_and_english_names(query: str, first: str) -> None:
    assert first in search(query)[:6]
    if first != "vwap":
        assert search(query)[0] == first


def test_nothing_that_fits_is_said(centre: ChartCentre) -> None:
    assert rows_of(KINDS, "zzz")[1]


def test_every_kind_is_listed_and_named_in_both_languages() -> None:
    for code in ("ko", "en"):
        choose_language(code)
        rows, _ = rows_of(KINDS, "")
        assert {row.key for row in rows if row.key} == {kind.id for kind in KINDS}
        assert all(row.title for row in rows)


def test_a_lone_line_of_several_is_named_itself() -> None:
    both = ChartIndicator("macd", KINDS.usual("macd").parameters, hidden_lines=("macd_histogram",))
    lone = replace(both, hidden_lines=("macd", "macd_histogram"))
    assert {line.label for line in compose(KINDS, [both]).plan.lines} == {"MACD 12, 26, 9"}
    assert [line.label for line in compose(KINDS, [lone]).plan.lines] == ["MACD 시그널 12, 26, 9"]


def test_every_kind_can_be_composed_and_set_up(centre: ChartCentre) -> None:
    usual = centre.chart.plan
    for kind in KINDS:
        if kind.id == "volume":
            continue
        centre.indicators.add(kind.id)
        wanted = len(kind.variables) if kind.needs_candles else 0
        composed = compose(KINDS, [KINDS.usual(kind.id)])
        assert len(composed.plan.lines) == len(composed.readings) == wanted
        assert len(centre.chart.plan.lines) == len(usual.lines) + wanted
        centre.indicators.open_popover("2", QRect(20, 20, 60, 18))
        assert centre.indicators.popover.key == "2"
        centre.indicators.popover.remove_pressed.emit()
        assert centre.chart.plan == usual


def test_the_volume_bars_go_and_come_back(centre: ChartCentre) -> None:
    assert centre.chart.plan.has_volume
    centre.indicators.add("volume")
    assert not centre.chart.plan.has_volume
    centre.indicators.add("volume")
    assert centre.chart.plan.has_volume


def test_typing_and_enter_adds_an_indicator_and_keeps_it(
    centre: ChartCentre, settings: SettingsViewModel
) -> None:
    press(centre, centre.toolbar.indicators.accessibleName())
    picker = centre.indicators.picker
    assert picker.isVisible()
    Hands.keyClicks(picker.search, "macd")
    Hands.keyClick(picker.search, Qt.Key.Key_Return)
    assert labels(centre) == ["SMA 20", "RSI 14", "MACD 12, 26, 9"]
    assert [one.kind for one in settings.settings.chart.indicators] == ["sma", "rsi", "macd"]
    assert len(centre.chart.plan.panes) == 2
    Hands.keyClick(picker.search, Qt.Key.Key_Escape)
    Hands.keyClick(picker.search, Qt.Key.Key_Escape)
    assert not picker.isVisible()


def test_the_list_can_be_walked_with_the_arrow_keys(centre: ChartCentre) -> None:
    press(centre, centre.toolbar.indicators.accessibleName())
    picker = centre.indicators.picker
    rows = picker.findChild(QListWidget)
    assert rows is not None
    before = rows.currentRow()
    Hands.keyClick(picker.search, Qt.Key.Key_Down)
    assert rows.currentRow() > before


def test_a_period_is_typed_stepped_and_refused_where_it_cannot_be(
    centre: ChartCentre, settings: SettingsViewModel
) -> None:
    centre.indicators.open_popover("0", QRect(20, 20, 60, 18))
    popover = centre.indicators.popover
    field = popover.findChild(NumberField)
    assert field is not None
    field.input.selectAll()
    Hands.keyClicks(field.input, "60")
    assert labels(centre)[0] == "SMA 60"
    Hands.keyClick(field.input, Qt.Key.Key_Up)
    assert labels(centre)[0] == "SMA 61"
    field.input.selectAll()
    Hands.keyClicks(field.input, "1")
    assert labels(centre)[0] == "SMA 61"
    assert dict(settings.settings.chart.indicators[0].parameters) == {"period": 61}
    Hands.keyClick(field.input, Qt.Key.Key_Escape)
    assert not popover.isVisible()


def test_a_line_gets_another_colour_and_goes_away_while_the_others_stay(
    centre: ChartCentre, settings: SettingsViewModel
) -> None:
    centre.indicators.add("bollinger")
    centre.indicators.open_popover("2", QRect(20, 20, 60, 18))
    popover = centre.indicators.popover
    popover.ink_chosen.emit("bollinger_middle", LINE_INKS[4])
    popover.line_toggled.emit("bollinger_upper", False)
    drawn = {line.key.split(".")[1]: line.ink for line in centre.chart.plan.lines}
    assert drawn["bollinger_middle"] == LINE_INKS[4]
    assert "bollinger_upper" not in drawn
    assert "bollinger_lower" in drawn
    assert settings.settings.chart.indicators[2].hidden_lines == ("bollinger_upper",)


def test_hiding_keeps_an_indicators_place_and_removing_closes_its_popover(
    centre: ChartCentre,
) -> None:
    centre.indicators.open_popover("1", QRect(20, 20, 60, 18))
    popover = centre.indicators.popover
    popover.hide_pressed.emit()
    assert len(centre.chart.plan.panes) == 0
    assert len(labels(centre)) == 2
    assert centre.toolbar.indicators.text().endswith("1")
    popover.hide_pressed.emit()
    assert len(centre.chart.plan.panes) == 1
    popover.remove_pressed.emit()
    assert labels(centre) == ["SMA 20"]
    assert not popover.isVisible()


def test_a_full_chart_says_so(centre: ChartCentre, qtbot: QtBot) -> None:
    while len(centre.indicators.indicators) < MOST_INDICATORS:
        centre.indicators.add("ema")
    with qtbot.waitSignal(centre.told):
        centre.indicators.add("ema")
    assert len(centre.indicators.indicators) == MOST_INDICATORS


def test_kept_indicators_this_program_does_not_know_are_left_out(
    theme: Theme, qtbot: QtBot
) -> None:
    plain = ChartChoices(
        (
            ChartIndicator("from_the_future", (("period", 3),)),
            ChartIndicator("ema", (("period", 5),)),
            ChartIndicator("sma", (("period", 5000),)),
        ),
        is_log=True,
    ).plain()
    line = Drawing("KRW-ETH", DrawingKind.HORIZONTAL, (DrawnPoint(1, 2.0),))
    kept = KeptSettings({"chart": plain, "drawings": [line.plain()]})
    settings = SettingsViewModel(SettingsService(kept))
    assert not settings.problems
    shown = ChartCentre(theme, settings)
    qtbot.addWidget(shown)
    assert labels(shown) == ["EMA 5"]
    assert shown.toolbar.log.isChecked()
    shown.show_market("KRW-ETH", "1m")
    assert list(shown.chart.plot.drawings.drawings) == [line]
    shown.show_market("KRW-BTC", "1m")
    assert not shown.chart.plot.drawings.drawings


def test_damaged_choices_cost_only_themselves() -> None:
    kept = KeptSettings({"chart": {"indicators": 5}, "drawings": [{}], "theme": "light"})
    settings = SettingsViewModel(SettingsService(kept))
    assert settings.settings.chart == ChartChoices()
    assert settings.settings.drawings == ()
    assert settings.settings.theme == "light"
    assert len(settings.problems) == 2


def test_what_is_drawn_is_kept_for_its_market(
    centre: ChartCentre, settings: SettingsViewModel
) -> None:
    centre.show_market("KRW-BTC", "1m")
    line = Drawing("KRW-BTC", DrawingKind.HORIZONTAL, (DrawnPoint(1, 2.0),))
    centre.chart.drawings_changed.emit((line,))
    assert list(settings.settings.drawings) == [line]
    centre.show_market("KRW-ETH", "1m")
    other = Drawing("KRW-ETH", DrawingKind.HORIZONTAL, (DrawnPoint(1, 3.0),))
    centre.chart.drawings_changed.emit((other,))
    assert list(settings.settings.drawings) == [line, other]
    centre.chart.drawings_changed.emit(())
    assert list(settings.settings.drawings) == [line]


def test_a_narrow_bar_keeps_the_chosen_timeframe_and_puts_others_into_a_menu(
    centre: ChartCentre, qtbot: QtBot
) -> None:
    centre.show_market("KRW-BTC", "30m")
    bar = centre.toolbar
    centre.resize(2000, 760)
    assert bar.timeframes.codes_in_menu == []
    centre.resize(560, 760)
    hidden = bar.timeframes.codes_in_menu
    assert hidden
    assert not {"1m", "30m", "1d"} & set(hidden)
    assert not bar.indicators.isHidden()
    with qtbot.waitSignal(centre.timeframe_chosen) as chosen:
        bar.timeframes.menu().actions()[0].trigger()
    assert chosen.args == [hidden[0]]
