"""Pieces of every screen: inks on any ground, marks of check boxes, words in place of rows."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PyQt6.QtCore import QEvent, QRect, QSize, Qt
from PyQt6.QtGui import QColor, QFontMetrics, QHelpEvent
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QTableView, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from upbit_auto_trading.application.strategies import SEVEN_RULES, shipped_template
from upbit_auto_trading.presentation.i18n import choose_language
from upbit_auto_trading.presentation.screens.backtest_rows import rule_columns, trade_columns
from upbit_auto_trading.presentation.theme import Theme, font
from upbit_auto_trading.presentation.widgets.check_box import CheckBox
from upbit_auto_trading.presentation.widgets.data_table import (
    Cell,
    Column,
    DataTable,
    MadeRows,
    Row,
)
from upbit_auto_trading.presentation.widgets.elided_text import ElidedText
from upbit_auto_trading.presentation.widgets.file_dialog import FileDialog
from upbit_auto_trading.presentation.widgets.market_picker import MarketPicker
from upbit_auto_trading.presentation.widgets.metric_tile import Metric, MetricTile
from upbit_auto_trading.presentation.widgets.metrics_pane import MetricsPane
from upbit_auto_trading.presentation.widgets.metrics_plot import Line, MetricsPlot, PlotLook
from upbit_auto_trading.presentation.widgets.segmented import Segmented
from upbit_auto_trading.presentation.widgets.text import Text

# Without a window system nobody is told how small a window may become.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support (propagateSizeHints|raise)")


def pixels(widget: QWidget, colour: QColor, area: QRect | None = None) -> int:
    image = widget.grab(area or widget.rect()).toImage()
    return sum(
        image.pixelColor(x, y).rgb() == colour.rgb()
        for x in range(image.width())
        for y in range(image.height())
    )


def viewport_of(table: QTableView) -> QWidget:
    viewport = table.viewport()
    assert viewport is not None
    return viewport


@pytest.mark.parametrize("kind", [QFrame, QPushButton, QTableView])
def test_a_text_has_its_ink_on_any_ground(
    theme: Theme, qtbot: QtBot, kind: Callable[[], QWidget]
) -> None:
    holder = kind()
    qtbot.addWidget(holder)
    ground = viewport_of(holder) if isinstance(holder, QTableView) else holder
    row = QHBoxLayout(ground)
    text = Text(theme, "title", "text-1", "■■■")
    row.addWidget(text)
    holder.resize(200, 60)
    holder.show()
    text.show_text("■■■", "bad")
    assert pixels(text, theme.colour("bad")) > 20
    assert pixels(text, theme.colour("text-1")) == 0


def test_a_checked_box_has_a_mark_and_not_only_another_colour(theme: Theme, qtbot: QtBot) -> None:
    box = CheckBox("호가 단위")
    qtbot.addWidget(box)
    box.show()
    area = box.box.toRect()
    assert area.width() > 10
    before = pixels(box, theme.colour("on-fill"), area)
    box.setChecked(True)
    assert pixels(box, theme.colour("on-fill"), area) > before


def test_a_table_says_why_it_has_no_rows_until_it_has_some(theme: Theme, qtbot: QtBot) -> None:
    table = DataTable(theme, "orders", [Column("market"), Column("state")])
    qtbot.addWidget(table)
    table.resize(400, 200)
    table.show()
    message = viewport_of(table).findChildren(Text)[0]
    assert not message.isVisible()
    table.show_message("아직 주문이 없어요.")
    assert message.isVisible()
    assert message.geometry().width() > 300
    table.show_rows([Row("1", (Cell("BTC"), Cell("done")))])
    assert not message.isVisible()
    table.show_rows([])
    assert message.isVisible()


def test_a_targets_words_leave_the_newest_values_of_a_plot_in_sight(
    theme: Theme, qtbot: QtBot
) -> None:
    holder = QFrame()
    qtbot.addWidget(holder)
    plot = MetricsPlot(theme, "lag", holder)
    plot.resize(QSize(400, 200))
    holder.show()
    low = Line("up", (1.0, 1.0))
    plot.show_look(PlotLook((low,), target=50.0, target_text="p99 목표 50", least_top=100.0))
    above = round(plot.y_of(50.0)) - 2
    middle = round(plot.area.center().x())
    older = QRect(0, 0, middle, above)
    newer = QRect(middle, 0, plot.width() - middle, above)
    assert pixels(plot, theme.colour("good"), older) > 0
    assert pixels(plot, theme.colour("good"), newer) == 0


def test_a_text_without_room_is_shortened_visibly_and_told_whole_by_its_tool_tip(
    theme: Theme, qtbot: QtBot
) -> None:
    tile = MetricTile(theme)
    qtbot.addWidget(tile)
    tile.show_metric(Metric("Exchange → app", "1,234,567 KRW", "detail", explanation="where from"))
    tile.show()
    value = next(text for text in tile.findChildren(ElidedText) if "1,234,567" in text.text())
    for width, is_shortened in ((400, False), (90, True)):
        tile.resize(width, tile.height())
        assert value.is_shortened is is_shortened
        # The last pixel columns are free where a text ends in an ellipsis instead of being cut.
        assert pixels(value, theme.colour("text-1"), QRect(value.width() - 1, 0, 1, 30)) == 0
    at = value.rect().center()
    event = QHelpEvent(QEvent.Type.ToolTip, at, value.mapToGlobal(at))
    assert value.event(event)
    assert QToolTip.text() == "1,234,567 KRW\nwhere from"
    QToolTip.hideText()


def test_a_legend_shortens_its_words_instead_of_losing_the_last_one(
    theme: Theme, qtbot: QtBot
) -> None:
    entries = [("entry", "부드러운 교체"), ("acc", "전체"), ("warn", "재연결")]
    pane = MetricsPane(theme, "구독 교체", "ms", legend=entries, is_filled=True)
    qtbot.addWidget(pane)
    legend = next(part for part in pane.findChildren(QWidget) if part.toolTip())
    assert legend.toolTip() == "부드러운 교체 · 전체 · 재연결"
    legend.resize(legend.sizeHint())
    words = getattr(legend, "words")  # noqa: B009 -- its own part
    assert words == [word for _ink, word in entries]
    legend.resize(legend.sizeHint().width() - 20, legend.height())
    short = getattr(legend, "words")  # noqa: B009
    assert short[0].endswith("…")
    assert short[1:] == words[1:]


def test_a_cell_that_may_be_shortened_tells_its_whole_text(theme: Theme, qtbot: QtBot) -> None:
    table = DataTable(theme, "rules", [Column("rule"), Column("profit", 80)])
    qtbot.addWidget(table)
    table.show_rows([Row("1", (Cell("RSI oversold entry"), Cell("+5,451")))])
    model = table.model()
    assert model is not None
    tips = [model.index(0, n).data(Qt.ItemDataRole.ToolTipRole) for n in range(2)]
    assert tips == ["RSI oversold entry", None]


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_days_and_heads_of_a_backtests_tables_have_room(
    theme: Theme, qtbot: QtBot, language: str
) -> None:
    choose_language(language)
    body, small = QFontMetrics(font("control")), QFontMetrics(font("small"))
    # What the usual window leaves for the rule that closed a trade, its badge included.
    left = 743 - sum(column.width or 0 for column in trade_columns())
    name = shipped_template(SEVEN_RULES).strategy.rule("trailing_stop").name
    assert (
        body.horizontalAdvance(getattr(name, {"ko": "korean", "en": "english"}[language])) + 40
        <= left
    )
    day = body.horizontalAdvance("11-28 20:58")
    opened, closed = trade_columns()[1:3]
    assert min(opened.width or 0, closed.width or 0) >= day + 18
    for column in (*trade_columns(), *rule_columns()):
        assert small.horizontalAdvance(column.title) + 12 <= (column.width or 200), column.title


def test_a_market_picker_shows_the_code_alone_where_the_name_would_be_cut(
    theme: Theme, qtbot: QtBot
) -> None:
    del theme
    picker = MarketPicker()
    qtbot.addWidget(picker)
    picker.show_market("KRW-BTC")
    picker.show_markets([("KRW-BTC", "Bitcoin"), ("KRW-ETH", "Ethereum")])
    picker.show()
    assert picker.currentText() == "KRW-BTC  Bitcoin"
    picker.setFixedWidth(132)
    picker.resize(132, picker.height())
    assert picker.currentText() == "KRW-BTC"
    assert picker.toolTip() == "KRW-BTC  Bitcoin"
    picker.setFixedWidth(240)
    picker.resize(240, picker.height())
    assert picker.currentText() == "KRW-BTC  Bitcoin"


@pytest.mark.skipif(sys.platform != "linux", reason="where documents lie is the system's")
def test_files_are_saved_where_a_users_files_belong_and_the_dialog_speaks_korean(
    theme: Theme, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del theme
    choose_language("ko")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    holder = QWidget()
    qtbot.addWidget(holder)
    at_home = FileDialog(holder, "title", "a.csv")
    assert at_home.directory().path() == str(tmp_path)
    (tmp_path / "Documents").mkdir()
    in_documents = FileDialog(holder, "title", "a.csv")
    assert in_documents.directory().path() == str(tmp_path / "Documents")
    assert at_home.labelText(FileDialog.DialogLabel.LookIn) == "폴더:"


def test_a_chosen_segment_has_room_for_its_bold_words(theme: Theme, qtbot: QtBot) -> None:
    del theme
    words = "Before a reset, too"
    row = Segmented("Which", [("one", "One"), ("long", words)])
    qtbot.addWidget(row)
    row.show_value("long")
    row.show()
    button = row._group.button(1)
    assert button is not None
    bold = QFontMetrics(font("control-strong")).horizontalAdvance(words)
    assert button.width() >= bold + 2 * 6


def test_a_long_table_makes_only_the_rows_that_are_looked_at(theme: Theme, qtbot: QtBot) -> None:
    made: list[int] = []

    def row(number: int) -> Row:
        made.append(number)
        return Row(number, (Cell(str(number)),))

    table = DataTable(theme, "trades", [Column("trade")])
    qtbot.addWidget(table)
    table.resize(200, 200)
    table.show_rows(MadeRows(range(20_000, 0, -1), row))
    table.grab()
    assert made[0] == 20_000
    assert len(made) < 50
    table.choose(3)
    assert table.chosen_key() == 3
    table.show_rows(MadeRows([7, 3], row))
    assert table.chosen_key() == 3
    model = table.model()
    assert model is not None
    assert [model.index(place, 0).data() for place in range(model.rowCount())] == ["7", "3"]
