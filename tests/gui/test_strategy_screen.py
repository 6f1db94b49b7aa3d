"""The strategy screen: the template in one click, rules edited in place, checked, saved, judged."""

import dataclasses
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QMouseEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from tests.builders import START_MS, orderbook, origin, trade
from tests.fakes import FakeMarketDataFeed
from tests.gui.conftest import services_of, within_the_loop
from tests.waiting import until
from upbit_auto_trading.application.settings import SettingsService
from upbit_auto_trading.application.strategies import SEVEN_RULES, shipped_template
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.expression import Comparator, Comparison, Constant, variable
from upbit_auto_trading.domain.rule import BuyAmount, Role, Sell
from upbit_auto_trading.domain.stream import Delivery, Stream
from upbit_auto_trading.domain.trigger import Trigger
from upbit_auto_trading.infrastructure.strategy_library import StrategyLibrary
from upbit_auto_trading.infrastructure.trigger_shelf import SqliteTriggerShelf
from upbit_auto_trading.presentation.i18n import choose_language
from upbit_auto_trading.presentation.screens.screen import Navigation, ScreenContext
from upbit_auto_trading.presentation.screens.strategy_screen import StrategyScreen
from upbit_auto_trading.presentation.theme import Theme
from upbit_auto_trading.presentation.viewmodels.settings import SettingsViewModel
from upbit_auto_trading.presentation.widgets.rule_sentence import NumberField
from upbit_auto_trading.presentation.widgets.text import Text

Hands: Any = QTest  # its stubs declare static functions as methods

# Without a window system nobody is told how small a window may become.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints")

ORDER = [rule.id for rule in shipped_template(SEVEN_RULES).strategy.rules]


@pytest.fixture
def context(theme: Theme, qtbot: QtBot) -> ScreenContext:
    settings = SettingsViewModel(SettingsService())
    return ScreenContext(theme, settings, lambda: START_MS / 1000, Navigation())


@pytest.fixture
async def library(tmp_path: Path, qtbot: QtBot) -> AsyncIterator[StrategyLibrary]:
    async with StrategyLibrary(tmp_path, shipped_variables()) as opened:
        yield opened


@pytest.fixture
async def screen(
    context: ScreenContext, feed: FakeMarketDataFeed, library: StrategyLibrary
) -> AsyncIterator[StrategyScreen]:
    made = StrategyScreen(context)
    made.resize(1500, 900)
    made.show()
    services = services_of(feed)
    made.attach(
        dataclasses.replace(
            services, library=library, triggers=SqliteTriggerShelf(library, shipped_variables())
        )
    )
    await until(lambda: made.keeping.shelf is not None and made.keeping.shelf.is_listed)
    yield made
    await made.detach()
    await context.settings.close()
    made.close()
    made.deleteLater()


def press(parent: QWidget, words: str) -> None:
    for button in parent.findChildren(QPushButton):
        if button.isVisibleTo(parent) and words in (button.text().strip(), button.accessibleName()):
            button.click()
            return
    raise AssertionError(f"no button {words}")


def type_number(screen: StrategyScreen, rule: str, path: str, text: str) -> None:
    field = screen.board.rules.cards[rule].sentence.field(path)
    field.setFocus()
    field.selectAll()
    Hands.keyClicks(field, text)


def words(widget: QWidget) -> str:
    return " | ".join(one.text() for one in widget.findChildren(Text) if one.text())


def sentence(screen: StrategyScreen, rule: str) -> str:
    return screen.board.rules.cards[rule].sentence.accessibleName()


def order(screen: StrategyScreen) -> list[str]:
    strategy = screen.editor.strategy
    assert strategy is not None
    assert [rule.id for rule in strategy.rules] == list(screen.board.rules.cards)
    return list(screen.board.rules.cards)


@within_the_loop
async def test_an_empty_screen_says_what_to_do_and_one_click_brings_the_seven_rules(
    screen: StrategyScreen,
) -> None:
    assert "아직 열린 전략이 없어요" in words(screen.board)
    press(screen.board, "기본 7규칙 불러오기")
    assert order(screen) == ORDER
    assert sentence(screen, "oversold_entry") == (
        "1분 마감봉 RSI(14)가 20 이하이면 100,000원어치 사요"
    )
    assert sentence(screen, "trailing_stop") == (
        "수익률이 5% 이상이면 켜지고, 그 뒤 고점 대비 하락률이 −3% 이하이면 모두 팔아요"
    )
    assert "통과 7" in words(screen.check)
    assert screen.editor.needed == Decimal("600300.0000")


@within_the_loop
async def test_every_number_of_the_template_stands_in_its_sentence(screen: StrategyScreen) -> None:
    for language in ("ko", "en"):
        choose_language(language)
        screen.load_template()
        screen._show()
        for rule, card in screen.board.rules.cards.items():
            fields = [one for one in card._look.pieces if isinstance(one, NumberField)]  # type: ignore[union-attr]
            numbers = {path for (_rule, path) in [(rule, one.path) for one in fields]}
            assert numbers == set(card.sentence._fields)
            assert all(one.name for one in fields)
    assert sentence(screen, "average_down") == (
        "When the profit is at or below −5 %: buy for 100,000 KRW more · at most 2 times a position"
    )


@within_the_loop
async def test_typing_a_number_changes_the_rule_the_capital_and_the_check_at_once(
    screen: StrategyScreen,
) -> None:
    screen.load_template()
    type_number(screen, "pyramid", "amount", "400000")
    strategy = screen.editor.strategy
    assert strategy is not None
    assert strategy.rule("pyramid").action == BuyAmount(Decimal(400_000))
    assert screen.editor.needed > 1_000_000
    assert "배정 금액보다 더 쓸 수 있어요" in words(screen.check)
    assert not screen.board.save.isEnabled()
    press(screen.check, "1,500,750원 배정하기")
    assert screen.editor.allocated == Decimal("1500750.0000")
    assert screen.board.save.isEnabled()


@within_the_loop
async def test_a_number_that_is_refused_is_marked_with_its_range_and_esc_brings_it_back(
    screen: StrategyScreen,
) -> None:
    screen.load_template()
    type_number(screen, "oversold_entry", "trigger.0.right", "120")
    field = screen.board.rules.cards["oversold_entry"].sentence.field("trigger.0.right")
    assert field.property("problem") is True
    assert "0부터 100까지" in field.toolTip()
    # Said in the card, too: whoever types looks at no tooltip.
    assert "0부터 100까지" in words(screen.board.rules.cards["oversold_entry"])
    assert not screen.board.save.isEnabled()
    told: list[str] = []
    screen.told.connect(told.append)
    screen.keeping.save()
    assert "빨간" in told[-1]
    type_number(screen, "oversold_entry", "trigger.0.right", "abc")
    assert field.property("problem") is True
    Hands.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == "20"
    assert field.property("problem") is False
    assert "20 이하이면" in sentence(screen, "oversold_entry")
    assert screen.board.save.isEnabled()


@within_the_loop
async def test_leaving_a_field_with_a_refused_number_brings_back_the_one_before_typing(
    screen: StrategyScreen,
) -> None:
    screen.load_template()
    type_number(screen, "oversold_entry", "trigger.0.right", "120")
    field = screen.board.rules.cards["oversold_entry"].sentence.field("trigger.0.right")
    told: list[str] = []
    screen.told.connect(told.append)
    Hands.keyClick(field, Qt.Key.Key_Return)
    assert field.text() == "20"
    assert "0부터 100까지" in told[-1]
    assert "0부터 100까지" not in words(screen.board.rules.cards["oversold_entry"])
    assert not screen.editor.refused
    assert not screen.editor.can_undo


@within_the_loop
async def test_up_and_down_count_a_number_and_typing_on_is_one_change_to_undo(
    screen: StrategyScreen,
) -> None:
    screen.load_template()
    field = screen.board.rules.cards["crash"].sentence.field("trigger.0.right")
    field.setFocus()
    for _ in range(3):
        Hands.keyClick(field, Qt.Key.Key_Down)
    assert "−8%" in sentence(screen, "crash")
    screen.editor.undo()
    assert "−5%" in sentence(screen, "crash")
    screen.editor.redo()
    assert "−8%" in sentence(screen, "crash")


@within_the_loop
async def test_the_level_thirty_is_one_click_away_and_twenty_again(screen: StrategyScreen) -> None:
    screen.load_template()
    card = screen.board.rules.cards["oversold_entry"]
    press(card, "30으로")
    assert "30 이하이면" in sentence(screen, "oversold_entry")
    press(card, "20으로")
    assert "20 이하이면" in sentence(screen, "oversold_entry")


@within_the_loop
async def test_rules_are_switched_moved_and_deleted_from_the_keyboard_and_brought_back(
    screen: StrategyScreen,
) -> None:
    told: list[str] = []
    screen.told.connect(told.append)
    screen.load_template()
    card = screen.board.rules.cards["surge"]
    card.setFocus()
    Hands.keyClick(card, Qt.Key.Key_Space)
    assert screen.editor.strategy is not None
    assert not screen.editor.strategy.rule("surge").enabled
    Hands.keyClick(card, Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier)
    assert order(screen).index("surge") == 2
    assert card.hasFocus()
    Hands.keyClick(card, Qt.Key.Key_Delete)
    assert "surge" not in order(screen)
    assert "Ctrl+Z" in told[-1]
    screen.editor.undo()
    assert order(screen).index("surge") == 2


@within_the_loop
async def test_a_rule_that_others_count_is_not_deleted_and_says_who_counts_it(
    screen: StrategyScreen,
) -> None:
    told: list[str] = []
    screen.told.connect(told.append)
    screen.load_template()
    card = screen.board.rules.cards["pyramid"]
    Hands.keyClick(card, Qt.Key.Key_Delete)
    assert "pyramid" in order(screen)
    assert "계획된 익절" in told[-1]


@within_the_loop
async def test_the_keyboard_goes_from_the_bar_through_each_card_and_its_numbers(
    screen: StrategyScreen,
) -> None:
    screen.load_template()
    press(screen.board, "저장 (Ctrl+S)")  # undo has nothing more to do with it
    at: QWidget | None = screen.board._add
    passed: list[QWidget] = []
    while at is not None and len(passed) < 12:
        at = at.nextInFocusChain()
        if at is not None and at.focusPolicy() & Qt.FocusPolicy.TabFocus and not at.isHidden():
            passed.append(at)
    crash, trailing = (screen.board.rules.cards[name] for name in ("crash", "trailing_stop"))
    expected = [stop for stop in (*crash.stops, *trailing.stops) if not stop.isHidden()]
    assert len(expected) == 10
    assert passed[:10] == expected


@within_the_loop
async def test_a_card_is_dragged_past_its_neighbour_with_the_mouse(screen: StrategyScreen) -> None:
    screen.load_template()
    first, second = (screen.board.rules.cards[rule] for rule in ORDER[:2])
    await until(lambda: second.geometry().top() > first.geometry().bottom() > 40)
    start = QPoint(first.width() // 2, 12)
    beyond = second.mapToGlobal(QPoint(20, second.height() - 4))
    Hands.mousePress(first, Qt.MouseButton.LeftButton, pos=start)
    for point in (first.mapToGlobal(start) + QPoint(0, 20), beyond):
        local = QPointF(first.mapFromGlobal(point))
        QApplication.sendEvent(
            first,
            QMouseEvent(
                QMouseEvent.Type.MouseMove,
                local,
                QPointF(point),
                Qt.MouseButton.NoButton,
                Qt.MouseButton.LeftButton,
                Qt.KeyboardModifier.NoModifier,
            ),
        )
    Hands.mouseRelease(first, Qt.MouseButton.LeftButton)
    assert order(screen)[:2] == [ORDER[1], ORDER[0]]
    assert "위험 규칙" not in words(screen.check).split("|")[0]
    assert "뒤에 있어요" in words(screen.check)
    press(screen.check, "맨 위로 옮기기")
    assert order(screen) == ORDER


@within_the_loop
async def test_a_strategy_is_saved_in_versions_and_found_again(
    screen: StrategyScreen,
    context: ScreenContext,
    feed: FakeMarketDataFeed,
    library: StrategyLibrary,
) -> None:
    screen.load_template()
    press(screen.board, "저장 (Ctrl+S)")
    await until(lambda: screen.editor.saved is not None)
    assert not screen.editor.is_changed
    assert "v1" in words(screen.board)
    type_number(screen, "surge", "trigger.0.right", "7")
    screen.keeping.save()
    await until(lambda: screen.editor.saved is not None and screen.editor.saved.revision == 2)
    other = StrategyScreen(context)
    other.attach(dataclasses.replace(services_of(feed), library=library))
    await until(lambda: other.editor.strategy is not None)
    assert other.editor.strategy is not None
    assert other.editor.strategy.revision == 2
    assert "7%" in sentence(other, "surge")
    await other.detach()
    other.deleteLater()


@within_the_loop
async def test_a_saved_trigger_becomes_a_rule_with_role_and_action(screen: StrategyScreen) -> None:
    below = Comparison(variable("rsi", "15m"), Comparator.LESS, Constant(30.0))
    assert screen._services is not None
    assert screen._services.triggers is not None
    await screen._services.triggers.save(Trigger("mine", "내 과매도", below, Role.ENTRY), START_MS)
    press(screen.board, "새로 만들기")
    press(screen.board, "규칙 더하기")
    await until(lambda: screen.form.trigger.count() == 1)
    press(screen.form, "더하기")
    strategy = screen.editor.strategy
    assert strategy is not None
    assert [(rule.name.korean, rule.role) for rule in strategy.rules] == [("내 과매도", Role.ENTRY)]
    assert strategy.rules[0].trigger == below
    press(screen.board, "규칙 더하기")
    await until(screen.form.isVisible)
    press(screen.form, "역할: 청산")
    press(screen.form, "더하기")
    assert screen.editor.strategy is not None
    assert isinstance(screen.editor.strategy.rules[1].action, Sell)


@within_the_loop
async def test_cards_show_what_rules_see_and_the_chart_where_they_would_fire(
    screen: StrategyScreen, feed: FakeMarketDataFeed
) -> None:
    feed.past_trades["KRW-BTC"] = [trade("KRW-BTC", 130_000.0, trade_ms=START_MS, sequential_id=1)]
    screen.load_template()
    await until(lambda: bool(screen.outlook.live and screen.outlook.live.rules()))
    live = origin(START_MS / 1000, delivery=Delivery.REALTIME)
    feed.emit(orderbook("KRW-BTC", exchange_ms=START_MS, origin=live))
    for number, price in enumerate((130_000.0, 129_000.0), start=2):
        feed.emit(
            trade(
                "KRW-BTC",
                price,
                trade_ms=START_MS + number,
                sequential_id=number,
                origin=live,
            )
        )
    screen._show_now()
    crash = words(screen.board.rules.cards["crash"])
    assert "−0.77%" in crash
    assert "4.23%p 남음" in crash
    assert "→ 123,500원" in crash
    assert "포지션이 생기면 판단해요" in words(screen.board.rules.cards["pyramid"])
    levels = {level.key: level.value for level in screen.outlook.chart.chart.plot.levels.levels}
    assert levels["crash"] == 123_500.0
    assert set(levels) == {"crash", "surge"}


@within_the_loop
async def test_dragging_a_firing_price_changes_the_rules_number(
    screen: StrategyScreen, feed: FakeMarketDataFeed
) -> None:
    feed.past_trades["KRW-BTC"] = [trade("KRW-BTC", 130_000.0, trade_ms=START_MS, sequential_id=1)]
    screen.load_template()
    await until(lambda: bool(screen.outlook.live and screen.outlook.live.rules()))
    feed.emit(
        trade(
            "KRW-BTC",
            130_000.0,
            trade_ms=START_MS + 2,
            sequential_id=2,
            origin=origin(START_MS / 1000, delivery=Delivery.REALTIME),
        )
    )
    screen._show_now()
    screen.outlook.chart.chart.value_dropped.emit("crash", 117_000.0)
    assert "−10%" in sentence(screen, "crash")


@within_the_loop
async def test_leaving_the_exchange_keeps_what_is_edited_and_releases_every_stream(
    screen: StrategyScreen, feed: FakeMarketDataFeed
) -> None:
    screen.load_template()
    await until(lambda: Stream("trade", "KRW-BTC") in feed.held)
    type_number(screen, "surge", "trigger.0.right", "9")
    await screen.detach()
    assert not feed.held
    assert "9%" in sentence(screen, "surge")
    assert "봉을 불러오는 중" in words(screen.board.rules.cards["crash"])


@within_the_loop
async def test_defaults_put_the_shipped_rules_back_and_leave_others(
    screen: StrategyScreen,
) -> None:
    told: list[str] = []
    screen.told.connect(told.append)
    screen.load_template()
    press(screen.board, "기본값으로")
    assert "되돌릴 것이 없어요" in told[-1]
    type_number(screen, "surge", "trigger.0.right", "9")
    press(screen.board, "기본값으로")
    assert "Ctrl+Z" in told[-1]
    assert "5%" in sentence(screen, "surge")
    screen.editor.undo()
    assert "9%" in sentence(screen, "surge")


@within_the_loop
async def test_another_look_goes_on_with_the_same_draft(
    screen: StrategyScreen, context: ScreenContext
) -> None:
    screen.load_template()
    type_number(screen, "crash", "trigger.0.right", "-6")
    screen.board.run.market_chosen.emit("KRW-ETH")
    other = StrategyScreen(context)
    other.restore_view(screen.view_state())
    assert other.market == "KRW-ETH"
    assert "−6%" in sentence(other, "crash")
    assert other.editor.is_changed
    other.deleteLater()


@within_the_loop
async def test_an_unsaved_strategy_comes_back_after_another_was_opened(
    screen: StrategyScreen,
) -> None:
    screen.keeping.start_empty()
    screen.editor.rename("내 전략")
    screen.load_template()
    assert order(screen) == ORDER
    screen.editor.undo()
    assert screen.editor.strategy is not None
    assert screen.editor.strategy.name.korean == "내 전략"
    assert screen.editor.saved is None
    screen.editor.redo()
    assert order(screen) == ORDER


@within_the_loop
async def test_a_trigger_sent_from_the_builder_is_offered_as_a_new_rule(
    screen: StrategyScreen,
) -> None:
    assert screen._services is not None
    shelf = screen._services.triggers
    assert shelf is not None
    below = Comparison(variable("rsi", "15m"), Comparator.LESS, Constant(30.0))
    await shelf.save(Trigger("first", "가", below, Role.ENTRY), START_MS)
    await shelf.save(Trigger("second", "나", below, Role.EXIT), START_MS)
    screen.go_to(("trigger", "second"))
    await until(lambda: screen.form.trigger.currentData() == "second")
    press(screen.form, "더하기")
    assert screen.editor.strategy is not None
    (rule,) = screen.editor.strategy.rules
    assert (rule.name.korean, rule.role) == ("나", Role.EXIT)
