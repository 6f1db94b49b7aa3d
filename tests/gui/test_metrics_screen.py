"""The metrics screen over a fake feed: what it lists, judges, offers and hands on."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QComboBox, QLineEdit, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from tests.builders import START_MS
from tests.fakes import FakeMarketDataFeed
from tests.gui.conftest import services_of
from tests.waiting import until
from upbit_auto_trading.application.metrics_grades import Metric
from upbit_auto_trading.application.settings import SettingsService
from upbit_auto_trading.domain.feed_sample import (
    FeedSample,
    GapCounts,
    GuessedMarket,
    GuessFigures,
    RequestBudget,
    StreamAge,
    StreamCounts,
    StreamRow,
)
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.subscription import (
    ConnectionState,
    StreamState,
    SwapKind,
    SwapRecord,
)
from upbit_auto_trading.presentation.i18n import choose_language
from upbit_auto_trading.presentation.main_window import MainWindow
from upbit_auto_trading.presentation.screens.log_screen import LogTarget
from upbit_auto_trading.presentation.screens.metrics_screen import MetricsScreen
from upbit_auto_trading.presentation.screens.screen import Navigation, ScreenContext
from upbit_auto_trading.presentation.theme import Theme
from upbit_auto_trading.presentation.tokens import ThemeName
from upbit_auto_trading.presentation.viewmodels.metrics_overview import Shown, Span
from upbit_auto_trading.presentation.viewmodels.settings import SettingsViewModel
from upbit_auto_trading.presentation.widgets.metrics_plot import MetricsPlot
from upbit_auto_trading.presentation.widgets.metrics_streams import AGE, REASON, SOURCE, STATE
from upbit_auto_trading.presentation.widgets.metrics_tile import MetricsTile
from upbit_auto_trading.presentation.widgets.metrics_tile_row import LEAST
from upbit_auto_trading.presentation.widgets.metrics_trouble import TroubleLook
from upbit_auto_trading.presentation.widgets.text import Text

Hands: Any = QTest  # its stubs declare static functions as methods
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints")
BTC, ETH = Stream("trade", "KRW-BTC"), Stream("ticker", "KRW-ETH")
SWAP = SwapRecord(
    SwapKind.SMART, frozenset({BTC}), frozenset(), START_MS / 1000 - 5, 186.0, 186.0, own_ms=1.8
)
SAMPLE = FeedSample(
    at=START_MS / 1000,
    epoch=1,
    rtt_ms=20.0,
    sockets=2,
    streams=StreamCounts(2, 2, 2, 2, fresh=2, judged=2),
    oldest=StreamAge(BTC, StreamState.LIVE, 0.2, 1.0, 8.0),
    swap_count=1,
    newest_swaps=(SWAP,),
    latency_ms={40.0: 100},
    budgets=(RequestBudget("ticker", 3, 10, 9),),
    fallbacks={"no_data_in_time": 6},
    guesses=GuessFigures(
        made=31, hits=23, judged=20, recent_rate=0.74, saved_ms=6600.0,
        by_market=(GuessedMarket("KRW-ETH", 31, 23, 6600.0, 1),),
    ),
)  # fmt: skip
STALLED = replace(
    SAMPLE,
    streams=StreamCounts(2, 2, 2, 1, stalled=1, fresh=1, judged=2),
    oldest=StreamAge(BTC, StreamState.STALLED, 14.2, 1.0, 8.0),
)


def row(
    stream: Stream, holder: str, state: StreamState = StreamState.LIVE, **more: Any
) -> StreamRow:
    age = StreamAge(stream, state, more.pop("age_s", 0.2), 1.0, 8.0)
    made = StreamRow(stream, (holder,), True, True, True, age, 50, is_complete=True)
    return replace(made, **more)


class Showing:
    """A metrics screen on a fake feed, second by second."""

    def __init__(self, theme: Theme, feed: FakeMarketDataFeed) -> None:
        self.feed = feed
        feed.measured = SAMPLE
        feed.rows = [row(BTC, "chart"), row(ETH, "watchlist")]
        self.navigation = Navigation()
        settings = SettingsViewModel(SettingsService())
        self.screen = MetricsScreen(
            ScreenContext(theme, settings, lambda: START_MS / 1000, self.navigation)
        )
        self.services = services_of(feed)
        self.screen.resize(1500, 900)

    def open(self) -> None:
        self.services.metrics.sample()
        self.screen.attach(self.services)
        self.screen.show()
        self.second()

    async def end(self) -> None:
        await self.screen.detach()
        self.screen.hide()
        self.screen.deleteLater()

    @property
    def at(self) -> float:
        assert self.feed.measured is not None
        return self.feed.measured.at

    async def says(self, *parts: str) -> None:
        """Wait until all of that can be read; new labels appear with the next turn of the loop."""
        await until(lambda: all(part in texts(self) for part in parts))

    def second(self, sample: FeedSample | None = None) -> None:
        assert self.feed.measured is not None
        at = self.feed.measured.at + 1.0
        self.feed.measured = replace(sample or self.feed.measured, at=at)
        self.services.metrics.sample()
        for _ in range(5):
            self.screen.refresh()
        self.screen.finish()

    def column(self, column: int) -> list[str]:
        model = self.screen.list.table.model()
        assert model is not None
        return [str(model.index(n, column).data()) for n in range(model.rowCount())]

    def tile(self, metric: Metric) -> str:
        return self.screen.tiles[metric].accessibleName()

    async def press(self, name: str) -> None:
        def found() -> list[QPushButton]:
            buttons = self.screen.findChildren(QPushButton)
            return [one for one in buttons if one.accessibleName() == name and one.isVisible()]

        await until(lambda: bool(found()))
        found()[0].click()


@pytest.fixture
async def showing(theme: Theme, feed: FakeMarketDataFeed, qtbot: QtBot) -> Any:
    made = Showing(theme, feed)
    made.open()
    yield made
    await made.end()


def texts(showing: Showing) -> str:
    labels = showing.screen.findChildren(Text)
    return " | ".join(label.text() for label in labels if label.isVisible() and label.text())


async def test_streams_are_listed_with_who_how_old_and_why_those_relied_on_first(
    showing: Showing,
) -> None:
    await until(lambda: showing.column(0) == ["비트코인", "이더리움"])
    assert showing.column(STATE) == ["실시간", "실시간"]
    assert showing.column(AGE) == ["0.2초", "0.2초"]
    assert showing.column(SOURCE) == ["WS", "WS"]
    assert showing.column(REASON)[0] == "실시간이고 가장 빨라요"
    await showing.says("원함 2 → 보냄 2 → 실시간 2 · 소켓 2/2")


async def test_a_narrow_table_gives_up_what_tells_least_and_keeps_the_reason(
    showing: Showing,
) -> None:
    table = showing.screen.list.table
    table.setFixedWidth(850)
    assert not any(map(table.isColumnHidden, range(REASON + 1)))
    table.setFixedWidth(590)
    hidden = [column for column in range(REASON + 1) if table.isColumnHidden(column)]
    assert len(hidden) == 3
    assert not {STATE, AGE, SOURCE, REASON} & set(hidden)
    assert table.columnWidth(REASON) > 100


async def test_a_stopped_stream_says_so_in_its_row_its_tile_and_the_panel(
    showing: Showing,
) -> None:
    showing.feed.rows = [
        row(BTC, "chart", StreamState.STALLED, age_s=14.2),
        row(ETH, "watchlist"),
    ]
    showing.feed.ways[BTC] = "rest", "stalled"
    showing.second(STALLED)
    assert showing.column(STATE)[0] == "정체"
    assert showing.column(SOURCE)[0] == "REST"
    assert "14.2초" in showing.tile(Metric.FRESHNESS)
    assert showing.screen.trouble.isVisible()
    await showing.says("E-WS-STALL", "내 돈에 미치는 영향", "판단을 보류해요")
    await showing.says("앱이 이미 하는 일", "할 수 있는 일")
    showing.second(SAMPLE)
    assert "E-WS-STALL" not in texts(showing)


async def test_its_actions_ask_again_and_reconnect(showing: Showing) -> None:
    showing.second(STALLED)
    await showing.press("다시 구독")
    await showing.press("다시 연결")
    assert (showing.feed.asked_again, showing.feed.renewed) == (1, 1)


async def test_one_button_is_filled_whatever_trouble_was_told_before(showing: Showing) -> None:
    def offered() -> list[tuple[str, bool]]:
        shown = [one for one in showing.screen.trouble.findChildren(QPushButton) if one.isVisible()]
        shown.sort(key=lambda one: one.x())
        return [(one.accessibleName(), one.objectName() == "primary") for one in shown]

    showing.second(replace(SAMPLE, connection=ConnectionState.RECONNECTING))
    await until(lambda: ("다시 연결", True) in offered())
    showing.second(STALLED)
    expected = ["다시 구독", "다시 연결", "관련 로그", "진단 묶음 저장"]
    await until(lambda: offered() == [(name, not place) for place, name in enumerate(expected)])


async def test_once_it_is_over_nothing_holds_back_any_more_and_the_figure_says_why_it_is_red(
    showing: Showing,
) -> None:
    lost = replace(SAMPLE, streams=replace(SAMPLE.streams, live=0, fresh=0))
    for _ in range(3):
        showing.second(replace(lost, at=showing.at))
    await showing.says("E-NOT-IN-TIME", "판단을 보류해요")
    for _ in range(4):
        showing.second(replace(SAMPLE, at=showing.at))
    assert not showing.screen.trouble.isVisible()
    await showing.says("다시 정상이에요", "제때 오지 않는 값이 있어요")
    Hands.mouseClick(showing.screen.tiles[Metric.SUCCESS], Qt.MouseButton.LeftButton)
    assert showing.screen.trouble.isVisible()
    await showing.says("E-NOT-IN-TIME", "끝났어요")
    assert "판단을 보류해요" not in texts(showing)


async def test_a_trouble_that_began_before_the_screen_was_looked_at_is_as_old_as_it_is(
    showing: Showing,
) -> None:
    lost = replace(SAMPLE, connection=ConnectionState.RECONNECTING)
    showing.feed.connection_state = ConnectionState.RECONNECTING
    for _ in range(20):
        showing.feed.measured = replace(lost, at=showing.at + 1.0)
        showing.services.metrics.sample()
    showing.second(replace(lost, at=showing.at))
    await showing.says("E-WS-LOST")
    assert any("20.0초" in said for said in texts(showing).split(" | "))


async def test_red_for_streams_nobody_relies_on_isnt_explained_by_an_age_that_is_fine(
    showing: Showing,
) -> None:
    assert SAMPLE.oldest is not None
    showing.second(replace(STALLED, oldest=replace(SAMPLE.oldest, age_s=0.5)))
    assert "1개 멈춤" in showing.tile(Metric.FRESHNESS)


async def test_a_trouble_that_comes_leaves_the_training_drawer_where_it_is(
    showing: Showing,
) -> None:
    screen = showing.screen
    screen.resize(1280, 640)
    screen.faults.drawer.show()
    layout = screen.layout()
    assert layout is not None
    layout.activate()
    before = screen.faults.drawer.geometry()
    screen.trouble.show_look(
        TroubleLook("title", "E-X", "now", [("one", "words"), ("two", "words")], ())
    )
    layout.activate()
    assert screen.trouble.isVisible()
    assert screen.trouble.height() > 20
    assert screen.faults.drawer.geometry() == before


async def test_beside_the_training_drawer_no_figure_is_cut_off(showing: Showing) -> None:
    screen = showing.screen
    layout = screen.layout()
    assert layout is not None

    def rows() -> list[int]:
        layout.activate()
        return sorted({tile.mapTo(screen, tile.rect().topLeft()).y() for tile in tiles})

    tiles = list(screen.tiles.values())
    screen.resize(1210, 640)
    await until(lambda: len(rows()) == 1)
    screen.faults.drawer.show()
    await until(lambda: len(rows()) == 2)
    assert min(tile.width() for tile in tiles) >= LEAST
    guesses = screen.list._guesses
    await until(lambda: guesses.isColumnHidden(1) and guesses.columnWidth(0) > 50)
    panels = screen.panels
    assert panels is not None
    plots = panels.findChildren(MetricsPlot)
    await until(lambda: len({plot.mapTo(panels, QPoint()).x() for plot in plots}) == 1)
    screen.faults.drawer.hide()
    await until(lambda: len({plot.mapTo(panels, QPoint()).x() for plot in plots}) == 2)
    await until(lambda: len(rows()) == 1)


async def test_the_log_lines_behind_a_trouble_are_asked_for_by_its_words(
    showing: Showing,
) -> None:
    asked: list[tuple[str, object]] = []
    showing.navigation.screen_asked.connect(lambda name, target: asked.append((name, target)))
    showing.second(STALLED)
    await showing.press("관련 로그")
    ((name, target),) = asked
    assert name == "log"
    assert isinstance(target, LogTarget)
    assert "stall" in target.words


async def test_a_tile_shows_the_trouble_behind_it_while_it_lasts(showing: Showing) -> None:
    showing.second(replace(SAMPLE, gaps=GapCounts(found=1, open=1)))
    assert not showing.screen.trouble.isVisible()
    showing.screen.go_to(Metric.GAPS)
    await showing.says("W-GAP-FILLING")
    showing.second(SAMPLE)
    assert not showing.screen.trouble.isVisible()


async def test_figures_that_are_fine_show_no_trouble_when_pressed(showing: Showing) -> None:
    Hands.mouseClick(showing.screen.tiles[Metric.AGREEMENT], Qt.MouseButton.LeftButton)
    assert not showing.screen.trouble.isVisible()


async def test_search_and_filter_narrow_the_list(showing: Showing) -> None:
    search = next(one for one in showing.screen.findChildren(QLineEdit) if one.accessibleName())
    search.setText("eth")
    assert len(showing.column(0)) == 1
    search.setText("시장표")
    assert showing.column(0) == []
    search.setText("")
    choice = showing.screen.findChild(QComboBox)
    assert choice is not None
    choice.setCurrentIndex(list(Shown).index(Shown.RELIED_ON))
    assert len(showing.column(0)) == 1
    choice.setCurrentIndex(list(Shown).index(Shown.TROUBLED))
    assert showing.column(0) == []


async def test_the_range_changes_what_the_charts_reach_back_to(showing: Showing) -> None:
    overview = showing.screen._overview
    assert overview is not None
    await showing.press("24시간")
    assert overview.span is Span.DAY
    await showing.press("10분")
    assert overview.span_s == 600.0


async def test_a_new_look_takes_range_filter_and_search_over(
    showing: Showing, theme: Theme, feed: FakeMarketDataFeed, qtbot: QtBot
) -> None:
    await showing.press("10분")
    showing.screen.list.search("eth", Shown.ALL)
    state = showing.screen.view_state()
    other = Showing(theme, feed)
    other.open()
    other.screen.restore_view(state)
    assert other.screen.view_state() == (Span.TEN_MINUTES, Shown.ALL, "eth")
    assert len(other.column(0)) == 1
    await other.end()


async def test_faults_are_offered_for_a_simulated_exchange_alone(showing: Showing) -> None:
    buttons = showing.screen.findChildren(QPushButton)
    names = [one.accessibleName() for one in buttons if one.isVisible()]
    assert "장애 넣기" not in names
    assert "진단 묶음 저장" in names


async def test_a_bundle_is_saved_and_its_place_is_told(showing: Showing, qtbot: QtBot) -> None:
    class Diagnostics:
        async def save_bundle(self, _now: object) -> Path:
            return Path("diagnostics-1.zip")

        async def export_json(self, _now: object) -> Path:
            raise OSError(28, "No space left on device")

        export_csv = export_json

    told: list[str] = []
    showing.screen.told.connect(told.append)
    await showing.screen.detach()
    showing.services = replace(showing.services, diagnostics=Diagnostics())  # type: ignore[arg-type]
    showing.screen.attach(showing.services)
    await showing.press("진단 묶음 저장")
    await until(lambda: bool(told))
    assert "diagnostics-1.zip" in told[0]
    assert "키는 들어 있지 않아요" in told[0]
    await showing.press("JSON")
    await until(lambda: len(told) == 2)
    assert "저장하지 못했어요: No space left on device" in told[1]


@pytest.mark.parametrize("theme", [ThemeName.DARK, ThemeName.LIGHT], indirect=True)
@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("size", [(1500, 900), (1220, 620)])
async def test_it_paints_in_every_look(
    theme: Theme, feed: FakeMarketDataFeed, qtbot: QtBot, language: str, size: tuple[int, int]
) -> None:
    choose_language(language)
    showing = Showing(theme, feed)
    showing.screen.resize(*size)
    showing.screen.set_compact(compact=size[0] < 1440)
    showing.open()
    showing.second(STALLED)
    picture = showing.screen.grab().toImage()
    assert (picture.width(), picture.height()) == size
    for tile in showing.screen.findChildren(MetricsTile):
        assert tile.visibleRegion().boundingRect().width() > 90
    await showing.end()


async def test_hidden_it_reads_nothing(showing: Showing) -> None:
    calls = 0

    def rows() -> list[StreamRow]:
        nonlocal calls
        calls += 1
        return []

    showing.feed.stream_rows = rows  # type: ignore[method-assign]
    showing.screen.left()
    showing.services.metrics.sample()
    assert calls == 0


def test_nothing_is_shown_before_an_exchange_is_there(theme: Theme, qtbot: QtBot) -> None:
    navigation = Navigation()
    settings = SettingsViewModel(SettingsService())
    screen = MetricsScreen(ScreenContext(theme, settings, lambda: 0.0, navigation))
    qtbot.addWidget(screen)
    screen.refresh()
    screen.go_to(Metric.SWAP)
    assert screen.view_state() is None


async def test_the_rail_marks_trouble_of_the_data_on_every_screen(
    theme: Theme, feed: FakeMarketDataFeed, qtbot: QtBot
) -> None:
    window = MainWindow(theme, lambda: START_MS / 1000)
    services = services_of(feed)
    window.attach(services, "KRW-BTC")

    def names() -> list[str]:
        return [one.accessibleName() for one in window.body.rail.findChildren(QToolButton)]

    for sample, name in (
        (SAMPLE, "구독 현황"),
        (STALLED, "구독 현황: 실시간 데이터에 문제가 있어요"),
        (SAMPLE, "구독 현황"),
    ):
        feed.measured = sample
        services.metrics.sample()
        window.refresh()
        assert name in names()
    await window.detach()
    window.stop_refreshing()
    window.close_now()
    window.deleteLater()
