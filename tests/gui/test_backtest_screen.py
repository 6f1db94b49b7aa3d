"""The backtest screen: asking, what is wrong with it, the report, comparing, sweeps, saving."""

import asyncio
import csv
import io
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyqtgraph as pg
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QStyle, QStyleOptionComboBox

from tests.builders import START_MS, candle
from tests.fakes import FakeMarketDataFeed
from tests.gui.conftest import services_of
from tests.waiting import until
from upbit_auto_trading.application.backtest_assumptions import AssumptionCode
from upbit_auto_trading.application.backtest_service import PeriodTooLongError, Stage
from upbit_auto_trading.application.settings import SettingsService
from upbit_auto_trading.application.strategies import SEVEN_RULES, shipped_template
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.calculation import CalculationError
from upbit_auto_trading.domain.failure import NotConnectedError
from upbit_auto_trading.domain.strategy import Strategy
from upbit_auto_trading.domain.variable import Words
from upbit_auto_trading.infrastructure.strategy_library import FILE_NAME, StrategyLibrary
from upbit_auto_trading.presentation.screens import backtest_export, backtest_words, sweep_words
from upbit_auto_trading.presentation.screens.assumption_words import assumption_looks
from upbit_auto_trading.presentation.screens.backtest_screen import BacktestScreen
from upbit_auto_trading.presentation.screens.screen import Navigation, ScreenContext
from upbit_auto_trading.presentation.theme import Theme
from upbit_auto_trading.presentation.viewmodels.backtest import TEMPLATE, Job
from upbit_auto_trading.presentation.viewmodels.settings import SettingsViewModel
from upbit_auto_trading.presentation.widgets.data_table import DataTable

# Without a window system nobody is told how small a window may become.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints")

Hands: Any = QTest  # its stubs declare static functions as methods


@pytest.fixture
async def screen(theme: Theme, feed: FakeMarketDataFeed) -> AsyncIterator[BacktestScreen]:
    context = ScreenContext(
        theme,
        SettingsViewModel(SettingsService()),
        lambda: START_MS / 1000,
        Navigation(),
    )
    falling_and_rising(feed)
    made = BacktestScreen(context)
    made.resize(1500, 900)
    made.show()
    made.attach(services_of(feed))
    await until(lambda: made.form.strategy.count() > 0)
    made.form.cash.setText("1,000,000")
    yield made
    await made.detach()
    made.close()
    made.deleteLater()


def falling_and_rising(feed: FakeMarketDataFeed) -> None:
    """Give both markets prices on which the seven rules buy and sell."""
    for market in ("KRW-BTC", "KRW-ETH"):
        first = START_MS // 60_000 * 60_000 - 300 * 60_000
        closes = [100_000.0 - 200 * (n if n < 20 else 40 - n) for n in range(60)] * 5
        feed.history[market, "1m"] = [
            candle(market, "1m", first + n * 60_000, close=close) for n, close in enumerate(closes)
        ]


def texts(table: DataTable, column: int) -> list[str]:
    model = table.model()
    assert model is not None
    return [str(model.index(row, column).data()) for row in range(model.rowCount())]


async def test_the_strategy_saved_last_is_chosen_until_the_user_chooses(
    theme: Theme, feed: FakeMarketDataFeed, tmp_path: Path
) -> None:
    template = shipped_template(SEVEN_RULES).strategy
    settings = SettingsViewModel(SettingsService())
    async with StrategyLibrary(tmp_path, shipped_variables()) as library:
        screen = BacktestScreen(ScreenContext(theme, settings, lambda: 1e9, Navigation()))
        await save(library, replace(template, id="z-older"), 1)
        await save(library, replace(template, id="a-newer"), 2)
        screen.attach(replace(services_of(feed), library=library))
        await until(lambda: screen.form.strategy.count() == 3)
        assert screen.form.entry().strategy == "a-newer"
        await save(library, replace(template, id="z-older", note="changed"), 3)
        screen.opened()
        await until(lambda: screen.form.entry().strategy == "z-older")
        assert "v2" in screen.form.strategy.currentText()
        choose(screen, TEMPLATE)
        await save(library, replace(template, id="a-newer", note="changed"), 4)
        screen.opened()
        await until(lambda: "v2" in screen.form.strategy.itemText(0))
        assert screen.form.entry().strategy == TEMPLATE
        await screen.detach()
        screen.deleteLater()


async def test_runs_are_told_apart_by_what_differs_among_them(
    screen: BacktestScreen, feed: FakeMarketDataFeed
) -> None:
    falling_and_rising(feed)
    template = shipped_template(SEVEN_RULES).strategy
    screen.form.markets.setText("KRW-BTC, KRW-ETH")
    await run(screen)
    by_market = texts(screen.report.runs, 1)
    assert [words.partition(" · ")[0] for words in by_market] == ["2. KRW-ETH", "1. KRW-BTC"]
    screen.go_to(replace(template, id="mine", name=Words("내 것", "Mine")))
    screen.form.markets.setText("KRW-BTC")
    await run(screen)
    told = [words.split(" · ")[:2] for words in texts(screen.report.runs, 1)]
    assert [parts[0] for parts in told] == ["3. 편집 중", "2. 기본 7규칙 v1", "1. 기본 7규칙 v1"]
    assert told[0][1] == "내 것 v1"
    assert [parts[1] for parts in told[1:]] == ["KRW-ETH", "KRW-BTC"]


async def test_the_smallest_order_is_said_in_the_market_s_currency(screen: BacktestScreen) -> None:
    await run(screen)
    assert screen._model is not None
    assert screen._model.shown is not None
    result = screen._model.shown.result
    assert "5,000원" in [look.text for look in assumption_looks(result)]
    dollars = replace(
        result,
        market="USDT-BTC",
        assumptions=[
            replace(one, facts=(("amount", "0.50"),))
            if one.code is AssumptionCode.MINIMUM_ORDER
            else one
            for one in result.assumptions
        ],
    )
    assert "0.5 USDT" in [look.text for look in assumption_looks(dollars)]


async def test_a_strategy_that_is_being_edited_is_run_as_it_is(screen: BacktestScreen) -> None:
    template = shipped_template(SEVEN_RULES).strategy
    screen.go_to(replace(template, id="mine", rules=template.rules[:3]))
    assert "편집 중" in screen.form.strategy.currentText()
    await run(screen)
    assert screen._model is not None
    assert screen._model.shown is not None
    assert len(screen._model.shown.result.strategy.rules) == 3
    assert "편집 중" in backtest_words.run_title(screen._model.shown)


async def test_names_of_strategies_are_shown_whole_where_there_is_room(
    screen: BacktestScreen,
) -> None:
    box = screen.form.strategy
    for name in ("Template: The seven rules v1", "Being edited: My very own breakout v12", "short"):
        screen.form.show_strategies([(name, name), ("other", "other")])
        await until(lambda: box.width() == min(380, max(170, box.sizeHint().width())))
        option = QStyleOptionComboBox()
        box.initStyleOption(option)
        style = box.style()
        assert style is not None
        inside = style.subControlRect(
            QStyle.ComplexControl.CC_ComboBox,
            option,
            QStyle.SubControl.SC_ComboBoxEditField,
            box,
        )
        assert box.fontMetrics().horizontalAdvance(name) <= inside.width(), name
    assert screen.form.minimumSizeHint().width() <= 1180, "it must fit into a window of 1280"


async def test_a_damaged_strategy_hides_no_other(
    theme: Theme, feed: FakeMarketDataFeed, tmp_path: Path
) -> None:
    template = shipped_template(SEVEN_RULES).strategy
    settings = SettingsViewModel(SettingsService())
    async with StrategyLibrary(tmp_path, shipped_variables()) as library:
        await save(library, replace(template, id="whole"), 1)
        await save(library, replace(template, id="damaged"), 2)
        with closing(sqlite3.connect(tmp_path / FILE_NAME)) as database:
            database.execute("UPDATE document SET text='{}' WHERE id='damaged'")
            database.commit()
        screen = BacktestScreen(ScreenContext(theme, settings, lambda: 1e9, Navigation()))
        screen.attach(replace(services_of(feed), library=library))
        await until(lambda: screen.form.entry().strategy == "whole")
        await screen.detach()
        screen.deleteLater()


async def save(library: StrategyLibrary, strategy: Strategy, now_ms: int) -> None:
    await library.use(lambda shelf: shelf.save_strategy(strategy, now_ms))


def choose(screen: BacktestScreen, key: str) -> None:
    """Choose a strategy as hands do."""
    place = screen.form.strategy.findData(key)
    screen.form.strategy.setCurrentIndex(place)
    screen.form.strategy.activated.emit(place)


async def run(screen: BacktestScreen) -> None:
    screen.form.run_button.click()
    await until(lambda: screen._model is not None and screen._model.job is None)


async def test_it_says_what_to_do_before_anything_was_run(screen: BacktestScreen) -> None:
    assert screen.empty.isVisible()
    assert not screen.form.csv_button.isEnabled()
    assert screen.form.entry().strategy == TEMPLATE
    assert screen.form.entry().markets == "KRW-BTC"


async def test_a_run_shows_assumptions_figures_trades_rules_and_months(
    screen: BacktestScreen,
) -> None:
    await run(screen)
    assert screen.report.isVisible()
    model = screen._model
    assert model is not None
    assert model.shown is not None
    result = model.shown.result
    assert result.bars > 100
    assert texts(screen.report.rules, 0)[-1].startswith("수수료")
    assert [text[0] for text in texts(screen.report.rules, 0)[:-1]] == [
        str(rule.number) for rule in result.strategy.rules
    ]
    # Each rule's "without it" came after the report, and isn't a placeholder any more.
    assert "…" not in texts(screen.report.rules, 5)
    assert texts(screen.report.months, 0)
    assert len(texts(screen.report.trades, 0)) == len(result.trips)
    assert screen.form.csv_button.isEnabled()


async def test_trades_are_found_by_their_date_and_by_the_rule_that_closed_them(
    screen: BacktestScreen,
) -> None:
    await run(screen)
    report = screen.report
    opened, closed_by = texts(report.trades, 1), texts(report.trades, 6)
    moment, rule = opened[0][-5:], closed_by[-1].split(" ", 1)[1]
    report.search.setText(moment)
    assert 0 < len(texts(report.trades, 1)) < len(opened)
    assert all(
        moment in f"{a}|{b}"
        for a, b in zip(texts(report.trades, 1), texts(report.trades, 2), strict=True)
    )
    report.search.setText(rule.upper())
    assert texts(report.trades, 6) == [one for one in closed_by if rule in one]
    report.search.setText("no such rule")
    assert texts(report.trades, 1) == []
    report.search.clear()
    assert texts(report.trades, 1) == opened
    assert screen._model is not None
    assert screen._model.shown is not None
    closed = screen._model.shown.result.closed_trips
    items = [one for one in report.plot._worth.items if isinstance(one, pg.ScatterPlotItem)]
    assert len(closed) > len(items) == len({trip.closed_by for trip in closed})
    assert sum(len(item.points()) for item in items) == len(closed)


async def test_a_field_that_cannot_be_used_is_marked_and_nothing_runs(
    screen: BacktestScreen,
) -> None:
    form = screen.form
    for field, value, words in (
        ("markets", "KRW-NOPE", "KRW-NOPE"),
        ("markets", "", "KRW-BTC"),
        ("markets", ", ".join(["KRW-BTC"] * 21), "20"),
        ("cash", "많이", "1"),
        ("cash", "1e999", "1"),
        ("slippage", "11", "10"),
    ):
        edit = getattr(form, field)
        before = edit.text()
        edit.setText(value)
        form.run_button.click()
        assert edit.property("problem") == "true"
        assert words in form.state.text()
        assert screen._model is not None
        assert screen._model.job is None
        edit.setText(before)
    form.start.setDate(date(2030, 1, 1))
    form.run_button.click()
    assert form.start.property("problem") == "true"
    form.take_days(7)
    form.run_button.click()
    assert form.start.property("problem") == "false"
    await until(lambda: screen._model is not None and screen._model.job is None)


async def test_a_period_with_too_many_candles_names_the_limit(screen: BacktestScreen) -> None:
    screen.form.start.setDate(date(2010, 1, 1))
    screen.form.run_button.click()
    assert "2,000,000" in screen.form.state.text()


async def test_history_that_does_not_come_is_said_and_the_result_before_stays(
    screen: BacktestScreen, feed: FakeMarketDataFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    await run(screen)

    async def refused(*_: object, **__: object) -> Any:
        raise NotConnectedError("http://127.0.0.1:9", "refused")

    monkeypatch.setattr(feed, "candles", refused)
    screen.form.take_days(2)
    screen.form.run_button.click()
    await until(lambda: screen._model is not None and screen._model.refusal is not None)
    assert "연결" in screen.form.state.text()
    assert screen.report.isVisible()
    assert screen.form.run_button.isVisible()


async def test_several_markets_run_one_after_the_other_and_can_be_compared(
    screen: BacktestScreen,
) -> None:
    screen.form.markets.setText("KRW-BTC, krw-eth")
    await run(screen)
    model = screen._model
    assert model is not None
    assert [entry.result.market for entry in model.runs] == ["KRW-ETH", "KRW-BTC"]
    # The market comes first: the end of a long title is cut off.
    titles = texts(screen.report.runs, 1)
    assert [title.split(" · ")[0] for title in titles] == ["2. KRW-ETH", "1. KRW-BTC"]
    screen.report.run_compared.emit(1)
    assert model.compared == {1}
    screen.report.run_chosen.emit(1)
    assert model.shown is model.runs[1]
    assert model.compared == frozenset()


async def test_cancelling_ends_the_run_and_leaves_what_was_there(
    screen: BacktestScreen, feed: FakeMarketDataFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    never = asyncio.Event()

    async def waits(*_: object, **__: object) -> Any:
        await never.wait()

    monkeypatch.setattr(feed, "candles", waits)
    screen.form.run_button.click()
    await until(screen.form.cancel_button.isVisible)
    screen.form.cancel_button.click()
    assert screen._model is not None
    assert screen._model.job is None
    assert screen.form.run_button.isVisible()
    assert screen.empty.isVisible()


async def test_enter_on_a_trade_shows_its_beginning_on_the_chart(screen: BacktestScreen) -> None:
    await run(screen)
    model = screen._model
    assert model is not None
    assert model.shown is not None
    assert model.shown.result.trips
    asked: list[tuple[str, int]] = []
    screen._context.navigation.moment_asked.connect(lambda *told: asked.append(told))
    screen.report.trades.choose(1)
    Hands.keyClick(screen.report.trades, Qt.Key.Key_Return)
    assert asked == [("KRW-BTC", model.shown.result.trips[0].opened_ms)]


async def test_a_sweep_tries_every_pair_and_one_of_them_can_be_run(
    screen: BacktestScreen,
) -> None:
    screen._show_part("sweep")
    for axis in (screen.sweep.across, screen.sweep.down):
        axis.count.setValue(2)
    screen.sweep.run_button.click()
    sweeps = screen._sweeps
    assert sweeps is not None
    await until(lambda: not sweeps.is_running)
    assert sweeps.refusal is None
    assert sweeps.shown is not None
    assert len(sweeps.shown.results) == 4
    screen.sweep.grid.choose(1, 0)
    assert screen.sweep.open_button.isEnabled()
    screen.sweep.open_button.click()
    await until(lambda: screen._model is not None and screen._model.shown is not None)
    assert screen._model is not None
    assert screen._model.shown is not None
    pair = sweeps.shown.columns[1], sweeps.shown.rows[0]
    assert screen._model.shown.result.strategy == sweeps.shown.strategies[pair]
    # It is told apart from a run of the strategy as it is.
    title = backtest_words.run_title(screen._model.shown)
    assert sweep_words.pair(sweeps.shown.names, pair) in title


async def test_a_sweep_of_one_number_is_refused_at_once(screen: BacktestScreen) -> None:
    sweep = screen.sweep
    sweep.down.name.setCurrentIndex(sweep.across.name.currentIndex())
    assert not sweep.run_button.isEnabled()
    assert "서로 다른" in sweep.state.text()


async def test_the_report_and_the_trades_can_be_saved(
    screen: BacktestScreen, tmp_path: Path
) -> None:
    await run(screen)
    model = screen._model
    assert model is not None
    assert model.shown is not None
    rows = list(csv.reader(io.StringIO(backtest_export.trades_csv(model.shown).lstrip("\ufeff"))))
    assert len(rows) == 1 + len(model.shown.result.trips)
    page = backtest_export.report_html(model.shown)
    assert page.index("가정") < page.index("순손익")
    told: list[str] = []
    screen.told.connect(told.append)
    screen._write(tmp_path / "report.html", page)
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == page
    screen._write(tmp_path / "nowhere" / "report.html", page)
    assert "nowhere" in told[1]


def test_every_refusal_has_words_and_progress_grows_over_the_stages() -> None:
    for error in (PeriodTooLongError(3_000_000), CalculationError(-9)):
        assert backtest_words.refusal(error)
    early, _ = backtest_words.progress(Job("KRW-BTC", 0, 2, Stage.HISTORY, 0.9))
    late, words = backtest_words.progress(Job("KRW-BTC", 0, 2, Stage.RUN, 0.1))
    assert 0 < early < late < 0.5
    assert "KRW-BTC" in words
