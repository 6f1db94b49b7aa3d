"""The preview pane: firings, records, scenarios, the latest edit, what is said while it waits."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from tests.builders import START_MS, candle
from tests.fakes import FakeMarketDataFeed, FakeWorker
from tests.gui.conftest import services_of
from tests.waiting import until
from upbit_auto_trading.application.preview_scenarios import PATHS, SCENARIOS
from upbit_auto_trading.application.settings import SettingsService
from upbit_auto_trading.application.strategies import SEVEN_RULES, shipped_template
from upbit_auto_trading.domain.evaluation_record import ComparisonRecord
from upbit_auto_trading.domain.expression import (
    Comparator,
    Comparison,
    Constant,
    Group,
    GroupKind,
    all_of,
    variable,
    with_ids,
)
from upbit_auto_trading.domain.failure import NotConnectedError
from upbit_auto_trading.domain.rsi import wilder_rsi
from upbit_auto_trading.domain.rule import Role
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.presentation.screens.screen import Navigation, ScreenContext
from upbit_auto_trading.presentation.screens.trigger_preview import TriggerPreview
from upbit_auto_trading.presentation.theme import Theme
from upbit_auto_trading.presentation.viewmodels.preview_model import PreviewState
from upbit_auto_trading.presentation.viewmodels.settings import SettingsViewModel
from upbit_auto_trading.presentation.widgets.chart_markers import MarkerKind
from upbit_auto_trading.presentation.widgets.text import Text

Hands: Any = QTest  # its stubs declare static functions as methods

# Without a window system nobody is told how small a window may become.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints")

MINUTE = 60_000
OVERSOLD = with_ids(
    Comparison(variable("rsi", "1m", period=5), Comparator.LESS_EQUAL, Constant(30.0))
)


def wavy(feed: FakeMarketDataFeed, market: str = "KRW-BTC", count: int = 2_000) -> None:
    """A history in which an RSI goes up and down."""
    rng = np.random.default_rng(4)
    prices = np.round(100_000 * np.exp(np.cumsum(rng.normal(0, 0.003, count))))
    first = START_MS // MINUTE * MINUTE - count * MINUTE
    feed.history[market, "1m"] = [
        candle(market, "1m", first + (n + 1) * MINUTE, close=float(price), open_=float(price))
        for n, price in enumerate(prices)
    ]


@pytest.fixture
def context(theme: Theme, qtbot: QtBot) -> ScreenContext:
    settings = SettingsViewModel(SettingsService())
    return ScreenContext(theme, settings, lambda: START_MS / 1000, Navigation())


@pytest.fixture
async def pane(context: ScreenContext, feed: FakeMarketDataFeed) -> AsyncIterator[TriggerPreview]:
    wavy(feed)
    made = TriggerPreview(context)
    made.resize(1200, 460)
    made.show()
    made.attach(services_of(feed))
    yield made
    await made.detach()
    await context.settings.close()
    made.close()
    made.deleteLater()


async def ready(pane: TriggerPreview) -> None:
    model = pane.model
    assert model is not None
    await until(lambda: model.state is PreviewState.READY and not model.is_outdated)


def words(widget: QWidget) -> str:
    return " | ".join(one.text() for one in widget.findChildren(Text) if one.text())


def press(parent: QWidget, text: str) -> None:
    for button in parent.findChildren(QPushButton):
        if text in (button.text().strip(), button.accessibleName()):
            button.click()
            return
    raise AssertionError(f"no button {text}")


async def test_firings_are_numbered_markers_where_the_rsi_falls_below(
    pane: TriggerPreview, feed: FakeMarketDataFeed
) -> None:
    pane.show_trigger(OVERSOLD, Role.ENTRY)
    await ready(pane)
    assert pane.model is not None
    result = pane.model.result
    assert result is not None
    columns = pane.model._history.closed(24 * 60 * MINUTE + 24 * MINUTE)
    assert columns is not None
    low = wilder_rsi(columns.close, 5) <= 30.0
    rises = np.flatnonzero(low[1:] & ~low[:-1]) + 1
    closes = [int(columns.start_ms[n + 1]) for n in rises if n + 1 < len(columns)]
    # What came before the day is there to settle the RSI; what it did there isn't told.
    since = int(columns.start_ms[-1]) + MINUTE - 24 * 60 * MINUTE
    expected = [ms for ms in closes if ms >= since]
    assert 0 < len(expected) < len(closes)
    assert result.bars == 24 * 60
    assert [firing.ms for firing in result.firings] == expected
    markers = pane.chart.plot.markers._markers
    assert [marker.ms for marker in markers] == expected
    assert [marker.number for marker in markers] == list(range(1, len(expected) + 1))
    assert {marker.kind for marker in markers} == {MarkerKind.FIRED}
    assert f"▲ 발동 {len(expected)}회" in words(pane)
    assert Stream("candle.1m", "KRW-BTC") in feed.held


async def test_a_pane_with_an_exchange_and_no_condition_says_what_is_missing(
    pane: TriggerPreview,
) -> None:
    assert pane.chart.plot.notice._notice.title == "아직 미리 볼 것이 없어요"


async def test_the_first_preview_is_a_first_step_and_an_empty_pane_is_none(
    pane: TriggerPreview, context: ScreenContext
) -> None:
    steps: list[str] = []
    context.navigation.step_taken.connect(steps.append)
    pane.show_trigger(Group(GroupKind.ALL), Role.ENTRY)
    assert steps == []
    pane.show_trigger(OVERSOLD, Role.ENTRY)
    await ready(pane)
    assert steps == ["preview"]


async def test_a_marker_opens_the_record_with_every_number_and_lights_its_conditions(
    pane: TriggerPreview,
) -> None:
    lit: list[object] = []
    pane.record_hovered.connect(lit.append)
    both = with_ids(
        all_of(OVERSOLD, Comparison(variable("close", "1m"), Comparator.GREATER, Constant(1.0)))
    )
    pane.show_trigger(both, Role.ENTRY)
    await ready(pane)
    marker = pane.chart.plot.markers._markers[0]
    pane.chart.marker_hovered.emit(marker)
    assert lit[-1] is not None
    assert pane._card.isVisibleTo(pane)
    told = words(pane._card)
    assert "▲ 발동 1" in told
    assert "| A | RSI(5)" in told
    assert "≤ 30.0" in told
    assert "| B | 종가" in told
    pane.chart.marker_hovered.emit(None)
    assert lit[-1] is None
    assert not pane._card.isVisibleTo(pane)


async def test_the_steps_go_from_firing_to_firing_and_round(pane: TriggerPreview) -> None:
    pane.show_trigger(OVERSOLD, Role.ENTRY)
    await ready(pane)
    assert pane.model is not None
    assert pane.model.result is not None
    count = len(pane.model.result.firings)
    press(pane, "앞 발동")
    assert f"발동 {count}" in words(pane._card)
    press(pane, "다음 발동")
    assert "발동 1 " in words(pane._card) + " "


async def test_the_limit_is_a_line_that_can_be_dragged_and_tells_its_address(
    pane: TriggerPreview,
) -> None:
    dragged: list[tuple[str, float]] = []
    pane.threshold_dragged.connect(lambda path, value: dragged.append((path, value)))
    pane.show_trigger(OVERSOLD, Role.ENTRY)
    await ready(pane)
    assert isinstance(OVERSOLD, Comparison)
    (level,) = pane.chart.plot.levels.levels
    assert (level.key, level.value, level.is_draggable) == (f"{OVERSOLD.id}.right", 30.0, True)
    pane.chart.value_dropped.emit(level.key, 24.678)
    assert dragged == [(f"{OVERSOLD.id}.right", 24.7)]


async def test_the_latest_edit_wins_whatever_was_under_way(pane: TriggerPreview) -> None:
    for limit in (10.0, 15.0, 20.0, 45.0):
        edited = with_ids(
            Comparison(variable("rsi", "1m", period=5), Comparator.LESS_EQUAL, Constant(limit))
        )
        pane.show_trigger(edited, Role.ENTRY)
        await asyncio.sleep(0)
    await ready(pane)
    assert pane.model is not None
    result = pane.model.result
    assert result is not None
    record = result.firings[0].record
    assert isinstance(record, ComparisonRecord)
    assert record.right == 45.0


async def test_another_closed_candle_is_previewed_as_well(
    pane: TriggerPreview, feed: FakeMarketDataFeed
) -> None:
    pane.show_trigger(OVERSOLD, Role.ENTRY)
    await ready(pane)
    assert pane.model is not None
    before = pane.model.result
    assert before is not None
    newest = START_MS // MINUTE * MINUTE + MINUTE
    feed.emit(candle("KRW-BTC", "1m", newest, close=60_000.0))
    feed.emit(candle("KRW-BTC", "1m", newest + MINUTE, close=60_000.0))
    await until(lambda: pane.model is not None and pane.model.result is not before)
    assert pane.model.result is not None
    assert pane.model.result.last_ms > before.last_ms


async def test_the_warm_up_is_hatched_and_a_younger_market_said(
    pane: TriggerPreview, feed: FakeMarketDataFeed
) -> None:
    pane.show_trigger(OVERSOLD, Role.ENTRY)
    await ready(pane)
    (gap,) = pane.chart.plot.gaps._gaps
    assert gap.is_warm_up
    assert gap.to_ms - gap.from_ms == 6 * 4 * MINUTE
    assert pane.model is not None
    pane.period.chosen.emit("30d")
    await ready(pane)
    assert "기간보다 짧아요" in words(pane)
    assert pane.model.result is not None
    assert pane.model.result.bars == len(feed.history["KRW-BTC", "1m"]) - 1


async def test_a_rule_on_a_position_says_that_it_ran_through_the_paper_engine(
    pane: TriggerPreview,
) -> None:
    rule = shipped_template(SEVEN_RULES).strategy.rule("average_down")
    pane.show_trigger(rule.trigger, rule.role)
    await ready(pane)
    assert "모의 엔진으로 돌렸어요" in words(pane)
    assert "발동" in words(pane)


async def test_scenarios_pass_or_fail_against_what_is_expected_of_them(
    pane: TriggerPreview,
) -> None:
    crash = shipped_template(SEVEN_RULES).strategy.rule("crash")
    pane.show_trigger(crash.trigger, crash.role)
    await ready(pane)
    press(pane.scenarios, "모두 시험")
    assert pane.model is not None
    await until(lambda: pane.model is not None and len(pane.model.tried) == len(SCENARIOS))
    cells = pane.scenarios.cells
    assert "PASS" in words(cells["crash"])
    assert f"길 {PATHS}/{PATHS}" in words(cells["crash"])
    assert "PASS" in words(cells["trend"])
    press(cells["trend"], "상승: 기대: 조용")
    assert not {"PASS", "FAIL"} & set(words(cells["trend"]).split())
    press(cells["trend"], "상승: 기대: 상관없음")
    assert "FAIL" in words(cells["trend"])
    press(cells["trend"], "상승: 기대: 발동")
    assert "PASS" in words(cells["trend"])


async def test_an_entry_on_weakness_passes_by_keeping_quiet_in_a_rise(pane: TriggerPreview) -> None:
    entry = shipped_template(SEVEN_RULES).strategy.rule("oversold_entry")
    pane.show_trigger(entry.trigger, entry.role)
    await ready(pane)
    press(pane.scenarios, "모두 시험")
    await until(lambda: pane.model is not None and len(pane.model.tried) == len(SCENARIOS))
    told = {name: words(cell) for name, cell in pane.scenarios.cells.items()}
    assert all("PASS" in told[name] for name in ("decline", "crash", "trend"))
    assert "PASS" not in told["sideways"]
    assert "FAIL" not in " ".join(told.values())


async def test_a_scenario_is_shown_on_the_chart_and_the_market_again(pane: TriggerPreview) -> None:
    crash = shipped_template(SEVEN_RULES).strategy.rule("crash")
    pane.show_trigger(crash.trigger, crash.role)
    await ready(pane)
    assert pane.model is not None
    assert not pane.chart.plot.markers._markers
    pane.scenarios.cells["crash"].button.click()
    await until(lambda: pane.model is not None and "crash" in pane.model.tried)
    assert len(pane.chart.plot.markers._markers) == 1
    assert "실제 가격이 아니에요" in words(pane)
    pane.scenarios.cells["crash"].button.click()
    assert pane.model.scenario == ""
    assert not pane.chart.plot.markers._markers


async def test_an_unfinished_trigger_says_what_to_do_and_keeps_quiet(pane: TriggerPreview) -> None:
    pane.show_trigger(Group(GroupKind.ALL), Role.ENTRY)
    assert pane.model is not None
    assert pane.model.state is PreviewState.NOTHING
    assert "아직 미리 볼 것이 없어요" in words(pane)
    pane.show_trigger(Comparison(variable("rsi", "1m"), Comparator.LESS), Role.ENTRY)
    await until(lambda: pane.model is not None and pane.model.state is PreviewState.UNFINISHED)
    assert "트리거가 아직 끝나지 않았어요" in words(pane)


async def test_candles_that_do_not_come_are_said_and_asked_for_again(
    pane: TriggerPreview, feed: FakeMarketDataFeed
) -> None:
    feed.request_error = NotConnectedError("candles", "offline")
    pane.show_trigger(OVERSOLD, Role.ENTRY)
    await until(lambda: pane.model is not None and pane.model.state is PreviewState.FAILED)
    assert "봉을 받지 못했어요" in words(pane)
    feed.request_error = None
    pane.reload()
    await ready(pane)
    assert "봉을 받지 못했어요" not in words(pane)


async def test_another_market_is_previewed_on_its_own_candles(
    pane: TriggerPreview, feed: FakeMarketDataFeed
) -> None:
    wavy(feed, "KRW-ETH", 700)
    pane.show_trigger(OVERSOLD, Role.ENTRY)
    await ready(pane)
    pane.market.market_chosen.emit("KRW-ETH")
    await ready(pane)
    assert pane.model is not None
    assert pane.model.series is not None
    assert pane.model.series.market == "KRW-ETH"
    assert Stream("candle.1m", "KRW-BTC") not in feed.held


async def test_leaving_the_exchange_releases_the_stream_and_shows_nothing_of_it(
    pane: TriggerPreview, feed: FakeMarketDataFeed
) -> None:
    pane.show_trigger(OVERSOLD, Role.ENTRY)
    await ready(pane)
    await pane.detach()
    assert not feed.held
    assert not len(pane.chart._data)


async def test_nothing_is_calculated_on_the_loop_but_asked_of_the_worker(
    context: ScreenContext, feed: FakeMarketDataFeed
) -> None:
    wavy(feed)
    worker = FakeWorker()
    pane = TriggerPreview(context)
    pane.attach(dataclasses.replace(services_of(feed), worker=worker))
    pane.show_trigger(OVERSOLD, Role.ENTRY)
    await ready(pane)
    assert worker.asked == ["answer"]
    await pane.detach()
    await context.settings.close()
    pane.deleteLater()
