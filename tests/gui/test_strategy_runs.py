"""A strategy's paper run where its rules are: started, held, changed now or later, refused."""

import dataclasses
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from PyQt6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from tests.builders import START_MS, candle, ticker
from tests.gui.conftest import services_of, within_the_loop
from tests.paper_child import HIGH, MARKET
from tests.paper_desk import LOW, PaperRoom
from tests.paper_strategies import at_least, churning
from tests.waiting import until
from upbit_auto_trading.application.chart_status import ChartState, ChartStatus
from upbit_auto_trading.application.paper_service import PaperTrading
from upbit_auto_trading.application.settings import SettingsService
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.candle_series import CandleSeries
from upbit_auto_trading.domain.decision import Suppression
from upbit_auto_trading.domain.rule import Role, Sell
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.subscription import ConnectionState, StreamHealth, StreamState
from upbit_auto_trading.domain.timeframe import parse_timeframe
from upbit_auto_trading.domain.truth import Truth
from upbit_auto_trading.infrastructure.strategy_library import StrategyLibrary
from upbit_auto_trading.presentation.screens.screen import Navigation, ScreenContext
from upbit_auto_trading.presentation.screens.strategy_chart import FiringChart
from upbit_auto_trading.presentation.screens.strategy_now import rule_now
from upbit_auto_trading.presentation.screens.strategy_screen import StrategyScreen
from upbit_auto_trading.presentation.screens.strategy_state import state_look
from upbit_auto_trading.presentation.theme import Theme
from upbit_auto_trading.presentation.viewmodels.settings import SettingsViewModel
from upbit_auto_trading.presentation.widgets.strategy_run import RunLook
from upbit_auto_trading.presentation.widgets.text import Text

# Without a window system nobody is told how small a window may become.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints")

STRATEGY = churning(at_least(HIGH))


@pytest.fixture
async def screen(
    theme: Theme, room: PaperRoom, trading: PaperTrading, tmp_path: Path, qtbot: QtBot
) -> AsyncIterator[StrategyScreen]:
    settings = SettingsViewModel(SettingsService())
    async with StrategyLibrary(tmp_path, shipped_variables()) as library:
        made = StrategyScreen(ScreenContext(theme, settings, lambda: START_MS / 1000, Navigation()))
        made.resize(1500, 900)
        made.show()
        services = services_of(room.feed)
        made.attach(dataclasses.replace(services, trading=trading, library=library))
        made.editor.open(STRATEGY, is_saved=False)
        yield made
        await made.detach()
    await settings.close()
    made.close()
    made.deleteLater()


def words(widget: QWidget) -> str:
    return " | ".join(one.text() for one in widget.findChildren(Text) if one.text())


def button(screen: StrategyScreen, text: str) -> QPushButton:
    for one in screen.board.run.findChildren(QPushButton):
        if one.text().strip() == text:
            return one
    raise AssertionError(f"no button {text}")


async def run(screen: StrategyScreen, room: PaperRoom, trading: PaperTrading) -> int:
    screen.keeping.save()
    await until(lambda: not screen.editor.is_changed)
    start = button(screen, "모의투자 시작")
    await until(start.isEnabled)
    start.click()
    await until(lambda: any(view.is_live for view in trading.runs.views()))
    screen._show_now()
    assert "판단 보류" in words(screen.board.run)  # nothing was printed yet
    room.quote(LOW)
    room.print_at(LOW)
    await until(lambda: "모의투자 실행 중" in words(screen.board.run))
    return trading.runs.views()[0].run_id


@within_the_loop
async def test_starting_leaves_the_keyboard_on_what_was_pressed(
    screen: StrategyScreen, room: PaperRoom, trading: PaperTrading
) -> None:
    bar = screen.board.run
    bar.show_look(RunLook("rests", "text-2", "eye"))
    screen.activateWindow()
    bar.action.setFocus()
    assert screen.focusWidget() is bar.action
    bar.show_look(RunLook("starting", "acc", "hourglass", may_act=False))
    assert screen.focusWidget() is bar
    bar.show_look(RunLook("runs", "good", "circle-play", "stop"))
    assert screen.focusWidget() is bar.action


async def hold(screen: StrategyScreen, room: PaperRoom) -> None:
    room.quote(HIGH)
    room.print_at(LOW)
    room.print_at(HIGH)
    await room.until_told("order", state="filled", market=MARKET)
    screen._show_now()


@within_the_loop
async def test_only_what_is_saved_can_be_started(screen: StrategyScreen) -> None:
    start = button(screen, "모의투자 시작")
    assert not start.isEnabled()
    assert "먼저 저장" in start.toolTip()
    screen.keeping.save()
    await until(start.isEnabled)


@within_the_loop
async def test_a_started_run_lights_its_state_counts_firings_and_shows_the_average(
    screen: StrategyScreen, room: PaperRoom, trading: PaperTrading
) -> None:
    await run(screen, room, trading)
    look = screen.outlook.diagram._look
    assert look is not None
    assert [box.is_now for box in look.boxes] == [True, False, False, False]
    await hold(screen, room)
    look = screen.outlook.diagram._look
    assert look is not None
    assert [box.is_now for box in look.boxes] == [False, False, True, False]
    entry = words(screen.board.rules.cards[STRATEGY.rules[-1].id])
    assert "발동 1회" in entry or any(
        "발동 1회" in words(card) for card in screen.board.rules.cards.values()
    )
    levels = {level.key for level in screen.outlook.chart.chart.plot.levels.levels}
    assert "average" in levels


@within_the_loop
async def test_a_rule_says_what_keeps_it_from_acting_and_that_a_buy_waits_for_its_edge(
    screen: StrategyScreen, room: PaperRoom, trading: PaperTrading
) -> None:
    views = trading.runs.rules(await run(screen, room, trading))
    entry = next(view for view in views if view.rule.role is Role.ENTRY)
    sale = next(view for view in views if isinstance(view.rule.action, Sell))
    for code in Suppression:
        outlook = rule_now(replace(entry, truth=Truth.FALSE, suppression=code), MARKET, {}).outlook
        assert not outlook.isascii(), f"{code} isn't worded"
    for view, said in ((entry, "다시 참이 될 때"), (sale, "지금 참")):
        held = replace(view, truth=Truth.TRUE, suppression=None)
        assert said in rule_now(held, MARKET, {}).outlook


@within_the_loop
async def test_nothing_on_the_screen_looks_live_while_the_data_is_old(
    screen: StrategyScreen, room: PaperRoom, trading: PaperTrading
) -> None:
    await run(screen, room, trading)
    room.feed.health[Stream("trade", MARKET)] = StreamHealth(StreamState.STALLED, 7.2, True)
    room.feed.connection_state = ConnectionState.RECONNECTING
    screen._show_now()
    cards = [words(card) for card in screen.board.rules.cards.values()]
    assert any("판단 보류 (데이터" in card for card in cards)
    assert all("판단 보류 (데이터" in card or "포지션" in card for card in cards)
    assert not any("남음" in card for card in cards)


class Session:
    """What a chart reads of a session whose connection may be lost."""

    def __init__(self) -> None:
        self.series = CandleSeries("KRW-BTC", parse_timeframe("1m"))
        self.series.merge([candle(start_ms=START_MS)])
        self.ticker = ticker(price=100.0)
        self.exchange_ms = START_MS
        self.state = ChartState.LIVE

    def status(self) -> ChartStatus:
        return ChartStatus(self.state, 1.0)


def test_the_firing_chart_s_price_grows_old_without_any_data_to_say_so(
    theme: Theme, qtbot: QtBot
) -> None:
    chart, session = FiringChart(theme), Session()
    qtbot.addWidget(chart)
    chart._session = session  # type: ignore[assignment]
    chart._show_price(chart._session)  # type: ignore[arg-type]
    assert chart.shown_price is not None
    assert chart.shown_price.countdown
    session.state = ChartState.OFFLINE
    chart.refresh()
    assert chart.shown_price.is_stale
    assert chart.shown_price.countdown == ""
    chart._session = None


@within_the_loop
async def test_a_run_is_suspended_let_go_on_and_stopped(
    screen: StrategyScreen, room: PaperRoom, trading: PaperTrading
) -> None:
    told: list[str] = []
    screen.told.connect(told.append)
    run_id = await run(screen, room, trading)
    button(screen, "잠시 멈춤").click()
    await until(lambda: "판단만 해요" in words(screen.board.run))
    button(screen, "다시 시작").click()
    await until(lambda: "모의투자 실행 중" in words(screen.board.run))
    button(screen, "멈추기").click()
    await until(lambda: not trading.runs.view(run_id).is_live)
    await until(lambda: "판단만 하고" in words(screen.board.run))
    assert any("멈췄어요" in text for text in told)


@within_the_loop
async def test_a_changed_strategy_asks_and_is_applied_now(
    screen: StrategyScreen, room: PaperRoom, trading: PaperTrading
) -> None:
    run_id = await run(screen, room, trading)
    rule = STRATEGY.rules[0]
    screen.editor.replace(STRATEGY.with_rule(replace(rule, note="changed")))
    screen.keeping.save()
    await until(lambda: "언제부터 쓸까요" in words(screen.board.run))
    assert trading.runs.view(run_id).strategy.revision == 1
    button(screen, "지금 적용").click()
    await until(lambda: trading.runs.view(run_id).strategy.revision == 2)
    await until(lambda: "v2" in words(screen.board.run))
    assert not screen.board.run._change.isVisibleTo(screen.board.run)


@within_the_loop
async def test_a_changed_strategy_may_wait_for_the_next_entry(
    screen: StrategyScreen, room: PaperRoom, trading: PaperTrading
) -> None:
    run_id = await run(screen, room, trading)
    await hold(screen, room)
    screen.editor.replace(STRATEGY.with_rule(replace(STRATEGY.rules[0], note="later")))
    screen.keeping.save()
    await until(lambda: "언제부터 쓸까요" in words(screen.board.run))
    button(screen, "다음 진입부터").click()
    await until(lambda: trading.runs.view(run_id).pending is not None)
    await until(lambda: "다음 진입부터 v2" in words(screen.board.run))
    assert trading.runs.view(run_id).strategy.revision == 1


@within_the_loop
async def test_a_refused_start_says_why_and_changes_nothing(
    screen: StrategyScreen, trading: PaperTrading
) -> None:
    told: list[str] = []
    screen.told.connect(told.append)
    screen.keeping.save()
    await until(lambda: not screen.editor.is_changed)
    await trading.stop_everything()
    screen._show_now()
    start = button(screen, "모의투자 시작")
    assert not start.isEnabled()
    assert "전체 정지" in start.toolTip()
    await trading.allow_again()
    screen.market = "KRW-XXX"
    assert screen.outlook.live is not None
    screen.outlook.live.market = "KRW-XXX"
    assert screen.editor.saved is not None
    screen.outlook.live.start(screen.editor.saved)
    await until(lambda: any("거래소에 없는 종목" in text for text in told))
    assert not trading.runs.views()


@within_the_loop
async def test_leaving_the_exchange_lets_runs_go_on(
    screen: StrategyScreen, room: PaperRoom, trading: PaperTrading
) -> None:
    run_id = await run(screen, room, trading)
    await screen.detach()
    assert trading.runs.view(run_id).is_live


@within_the_loop
async def test_a_block_of_entries_is_lit_and_says_until_when(
    screen: StrategyScreen, room: PaperRoom, trading: PaperTrading
) -> None:
    run_id = await run(screen, room, trading)
    views = {view.rule.id: view for view in trading.runs.rules(run_id)}
    view = trading.runs.view(run_id)
    blocking = dataclasses.replace(
        STRATEGY, rules=tuple(replace(rule, blocks_entry_ms=1_800_000) for rule in STRATEGY.rules)
    )
    block = state_look(blocking, view, views).block
    assert block is not None
    assert (block.word, block.is_now) == ("진입 차단 30분", False)
    blocked = {
        name: replace(
            one, suppression=Suppression.ENTRY_BLOCKED, facts=(("until_ms", float(START_MS)),)
        )
        for name, one in views.items()
    }
    block = state_look(blocking, view, blocked).block
    assert block is not None
    assert block.is_now
    assert "까지 진입 차단" in block.word
    assert state_look(STRATEGY, view, blocked).block is None
