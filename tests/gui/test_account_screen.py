"""The account screen on a real ledger: worth, positions, orders by hand, the journal, the stop."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QFontMetricsF
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QTableView
from pytestqt.qtbot import QtBot

from tests.builders import START_MS
from tests.gui.conftest import services_of
from tests.paper_child import HIGH, MARKET
from tests.paper_desk import LOW, PaperRoom
from tests.paper_strategies import at_least, churning
from tests.waiting import until
from upbit_auto_trading.application.paper_service import PaperTrading
from upbit_auto_trading.application.paper_views import TradingRefusedError
from upbit_auto_trading.application.parity import Difference, Parity
from upbit_auto_trading.application.settings import SettingsService
from upbit_auto_trading.application.strategies import SEVEN_RULES, shipped_template
from upbit_auto_trading.domain.decision import Suppression
from upbit_auto_trading.domain.order import Refusal
from upbit_auto_trading.domain.paper_account import TimelineEntry
from upbit_auto_trading.domain.risk import Guard
from upbit_auto_trading.domain.tick import Quality
from upbit_auto_trading.presentation.screens import account_words, journal_words, refusal_words
from upbit_auto_trading.presentation.screens.account_screen import AccountScreen
from upbit_auto_trading.presentation.screens.parity_pane import ParityPane
from upbit_auto_trading.presentation.screens.screen import Navigation, ScreenContext
from upbit_auto_trading.presentation.screens.trading_guard import TradingGuard
from upbit_auto_trading.presentation.theme import Theme, font
from upbit_auto_trading.presentation.viewmodels.account import Proof
from upbit_auto_trading.presentation.viewmodels.settings import SettingsViewModel
from upbit_auto_trading.presentation.widgets.data_table import _PAD, Cell
from upbit_auto_trading.presentation.widgets.text import Text

Hands: Any = QTest  # its stubs declare static functions as methods

# Without a window system nobody is told how small a window may become.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints")

CASH = Decimal(1_000_000)
SEVEN = shipped_template(SEVEN_RULES).strategy


@pytest.fixture
async def screen(
    theme: Theme, room: PaperRoom, trading: PaperTrading
) -> AsyncIterator[AccountScreen]:
    settings = SettingsViewModel(SettingsService())
    context = ScreenContext(theme, settings, lambda: START_MS / 1000, Navigation())
    made = AccountScreen(context)
    made.resize(1500, 900)
    made.show()
    made.attach(replace(services_of(room.feed), trading=trading))
    await until(lambda: bool(made._names.markets))
    yield made
    await made.detach()
    await settings.close()
    made.close()
    made.deleteLater()


def cells(table: QTableView, row: int) -> list[str]:
    model = table.model()
    assert model is not None
    return [str(model.index(row, column).data()) for column in range(model.columnCount())]


def count(table: QTableView) -> int:
    model = table.model()
    assert model is not None
    return model.rowCount()


async def hold(room: PaperRoom, trading: PaperTrading) -> int:
    run = await trading.runs.start(churning(at_least(HIGH)), MARKET, CASH)
    room.quote(HIGH)
    room.print_at(LOW)
    room.print_at(HIGH)
    await room.until_told("order", state="filled", market=MARKET)
    return run.run_id


async def test_the_worth_of_a_position_goes_on_where_nothing_is_ordered(
    theme: Theme, room: PaperRoom, trading: PaperTrading
) -> None:
    await hold(room, trading)
    settings = SettingsViewModel(SettingsService())
    now = [START_MS / 1000]
    screen = AccountScreen(ScreenContext(theme, settings, lambda: now[0], Navigation()))
    screen.attach(replace(services_of(room.feed), trading=trading))
    await until(lambda: screen._model is not None and screen._model.equity is not None)
    model = screen._model
    assert model is not None
    before = model.equity
    room.print_at(LOW)
    now[0] += 15
    screen.refresh()
    await asyncio.sleep(0)
    assert model.equity is before
    now[0] += 10
    screen.refresh()
    await until(lambda: model.equity is not before)
    assert before is not None
    assert model.equity is not None
    assert model.equity.held[-1] < before.held[-1]
    await screen.detach()
    await settings.close()
    screen.deleteLater()


async def test_without_a_run_it_says_how_to_start_one(screen: AccountScreen) -> None:
    screen.refresh()
    assert screen.body.no_positions.isVisible()
    asked: list[tuple[str, object]] = []
    screen._context.navigation.screen_asked.connect(lambda *told: asked.append(told))
    screen.body.no_positions.action.click()
    assert asked == [("strategy", None)]


async def test_a_position_its_orders_and_their_reasons_are_shown(
    screen: AccountScreen, room: PaperRoom, trading: PaperTrading
) -> None:
    await hold(room, trading)
    await until(lambda: count(screen.body.orders) == 1)
    screen.refresh()
    view = trading.account.view()
    position = cells(screen.body.positions, 0)
    assert position[1].startswith("회전")
    assert position[2] == account_words.coins(view.positions[0].quantity)
    assert position[8] == "보유"
    order = cells(screen.body.orders, 0)
    assert "매수" in order[2]
    assert order[3] == "2 enter"
    assert "체결" in order[8]
    journal = screen._journal_model
    assert journal is not None
    await until(lambda: any(entry.kind == "fill" for entry in journal.entries))
    decision = next(entry for entry in journal.entries if entry.kind == "decision")
    screen.body.journal.list.choose(decision.id)
    values = cells(screen.body.journal.values, 0)
    assert values[1:3] == [account_text(HIGH), account_text(HIGH)]
    assert "참" in values[3]


def account_text(value: float) -> str:
    return f"{value:,.0f}"


async def test_an_entry_shows_its_moment_and_its_flow(
    screen: AccountScreen, room: PaperRoom, trading: PaperTrading
) -> None:
    await hold(room, trading)
    room.print_at(LOW)
    await room.until_told("order", id=2, state="filled")
    journal = screen._journal_model
    assert journal is not None
    await until(lambda: sum(entry.kind == "fill" for entry in journal.entries) >= 4)
    entry = next(entry for entry in journal.entries if entry.kind == "fill")
    screen.body.journal.list.choose(entry.id)
    asked: list[tuple[str, int]] = []
    screen._context.navigation.moment_asked.connect(lambda *told: asked.append(told))
    screen.body.journal.chart_button.click()
    assert asked == [(MARKET, entry.ms)]
    before = len(journal.entries)
    screen.body.journal.flow.click()
    await until(lambda: not journal.is_loading)
    assert 1 < len(journal.entries) < before
    assert {one.correlation for one in journal.entries} == {entry.correlation}


async def test_filters_that_match_nothing_say_so(
    screen: AccountScreen, room: PaperRoom, trading: PaperTrading
) -> None:
    await hold(room, trading)
    journal = screen._journal_model
    assert journal is not None
    await until(lambda: bool(journal.entries))
    screen.body.journal.search.setText("nowhere-to-be-found")
    await until(lambda: not journal.entries)
    assert screen.body.journal.empty.isVisible()
    screen.body.journal.search.setText("")
    await until(lambda: bool(journal.entries))


async def test_the_journal_names_a_strategy_as_soon_as_its_name_is_known(
    screen: AccountScreen, room: PaperRoom, trading: PaperTrading
) -> None:
    await hold(room, trading)
    journal = screen.body.journal
    await until(lambda: any("전략을 시작" in row.title for row in journal.list._model.rows))
    journal.use_strategies({})
    assert any("churning v1" in row.text for row in journal.list._model.rows)
    journal.use_strategies({"churning": replace(SEVEN, id="churning")})
    assert any("기본 7규칙 v1" in row.text for row in journal.list._model.rows)


async def test_an_order_by_hand_is_looked_at_first_and_no_key_places_it(
    screen: AccountScreen, room: PaperRoom, trading: PaperTrading
) -> None:
    room.quote(HIGH)
    screen.body.by_hand.click()
    form = screen.body.ticket_pane.form
    form.market.setText(MARKET)
    form.amount.setText("100,000")
    Hands.keyClick(form.amount, Qt.Key.Key_Return)
    await until(form.confirm.isEnabled)
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Space, Qt.Key.Key_Enter):
        Hands.keyClick(form.amount, key)
        Hands.keyClick(form.confirm, key)
    await until(form.confirm.isEnabled)
    assert not await trading.account.orders()
    form.confirm.click()
    await until(lambda: count(screen.body.orders) == 1)
    (order,) = await trading.account.orders()
    assert order.funds <= 100_000
    await until(lambda: "체결" in form.lines.text())
    assert not form.confirm.isEnabled()


@pytest.mark.parametrize(
    ("market", "amount", "words"),
    [
        (MARKET, "많이", "숫자"),
        (MARKET, "4,999", "5,000원"),
        (MARKET, "0", "0원보다"),
        (MARKET, "99,000,000", "원 필요"),
        (MARKET, "99,000,000", "현금"),
        ("KRW-NOPE", "10,000", "종목"),
        ("BTC-ETH", "10,000", "원화"),
    ],
)
async def test_an_order_that_cannot_be_is_refused_at_its_field_with_the_limit(
    screen: AccountScreen, room: PaperRoom, market: str, amount: str, words: str
) -> None:
    room.quote(HIGH)
    form = screen.body.ticket_pane.form
    form.market.setText(market)
    form.amount.setText(amount)
    form.prepare.click()
    await until(lambda: words in form.lines.text())
    assert not form.confirm.isEnabled()


def test_refusals_tell_sums_in_won_and_amounts_of_coins_exactly() -> None:
    held = {"held": Decimal("0.00093589"), "value": Decimal(1)}
    said = refusal_words.refusal(TradingRefusedError("more_than_held", "quantity", **held))
    assert "0.00093589" in said
    below = TradingRefusedError("out_of_range", "quantity", lowest=0, value=Decimal("1e-9"))
    assert "소수점 아래 8자리" in refusal_words.refusal(below)
    bounds = {"lowest": 5_000, "highest": 10**12}
    assert "5,000원" in refusal_words.refusal(TradingRefusedError("out_of_range", "cash", **bounds))
    many = TradingRefusedError("out_of_range", "orders_a_minute", lowest=1, highest=60)
    assert "원" not in refusal_words.refusal(many)


async def test_what_was_prepared_is_forgotten_when_a_field_changes(
    screen: AccountScreen, room: PaperRoom
) -> None:
    room.quote(HIGH)
    form = screen.body.ticket_pane.form
    form.market.setText(MARKET)
    form.amount.setText("100,000")
    form.prepare.click()
    await until(form.confirm.isEnabled)
    form.amount.setText("200,000")
    assert not form.confirm.isEnabled()


async def test_everything_is_stopped_and_allowed_again(
    screen: AccountScreen, room: PaperRoom, trading: PaperTrading, theme: Theme
) -> None:
    await hold(room, trading)
    guard = TradingGuard(theme, screen)
    guard.attach(trading)
    told: list[str] = []
    guard.told.connect(told.append)
    assert guard.live_runs == 1
    guard.button.click()
    await until(lambda: bool(told))
    guard.stop_everything()
    await until(lambda: len(told) == 2)
    assert "전략 1개" in told[0]
    screen._note_moved()
    screen.refresh()
    assert screen.body.allow.isVisible()
    screen.body.allow.click()
    await until(lambda: not trading.account.view().is_stopped)
    await guard.detach()
    guard.stop_everything()
    assert len(told) == 3


async def test_a_run_is_proven_to_decide_the_same_again_and_prices_are_told_apart(
    screen: AccountScreen, room: PaperRoom, trading: PaperTrading
) -> None:
    run_id = await hold(room, trading)
    screen._note_moved()
    screen.refresh()
    screen.body.positions.choose(run_id)
    screen._show_run_buttons()
    screen.body.prove.click()
    pane = screen.body.parity
    await until(lambda: "/" in pane.score.text())
    agreeing, _, compared = pane.score.text().partition(" / ")
    assert agreeing == compared != "0"
    assert not pane.differences.isVisible()
    assert "1" in pane.words.text()
    assert "%" in pane.words.text()


def test_a_difference_is_listed_with_both_records(theme: Theme, qtbot: QtBot) -> None:
    pane = ParityPane(theme)
    qtbot.addWidget(pane)
    recorded = {"t": START_MS, "rule": "enter", "outcome": "ordered", "why": {"left": 1.0}}
    replayed = recorded | {"outcome": "suppressed", "why": {"left": 2.0}}
    parity = Parity(3, 1, (Difference(0, 5, recorded, replayed),), segments=1, unproven=2)
    pane.show_proof(Proof(7, parity, (0.02, -0.01)))
    assert pane.score.text() == "2 / 3"
    assert cells(pane.differences, 0)[1:] == ["enter", "ordered", "suppressed"]
    pane._chosen(0)
    assert "1.0" in [cells(pane.records[0], row)[1] for row in range(count(pane.records[0]))]
    assert "2.0" in [cells(pane.records[1], row)[1] for row in range(count(pane.records[1]))]
    assert "+0.005 %" in pane.words.text()
    assert "+0.020 %" in pane.words.text()


async def test_a_reset_begins_anew_and_keeps_the_journal(
    screen: AccountScreen, room: PaperRoom, trading: PaperTrading
) -> None:
    await hold(room, trading)
    screen.body.reset_button.click()
    screen.body.reset.cash.setText("nothing")
    screen.body.reset.begin.click()
    assert screen.body.reset_pane.isVisible()
    screen.body.reset.cash.setText("2,000,000")
    screen.body.reset.begin.click()
    await until(lambda: trading.account.view().start_cash == 2_000_000)
    await until(lambda: count(screen.body.orders) == 0)
    journal = screen._journal_model
    assert journal is not None
    await until(lambda: any(entry.kind == "account" for entry in journal.entries))
    assert any(entry.kind == "fill" for entry in journal.entries)
    (told,) = [row for row in screen.body.journal.list._model.rows if "새로 시작" in row.title]
    assert told.text.startswith("현금 2,000,000원")
    assert "_" not in told.text
    # What was ordered before is a press away.
    screen.body.which.chosen.emit("earlier")
    await until(lambda: count(screen.body.orders) == 1)
    screen.body.which.chosen.emit("all")
    await until(lambda: count(screen.body.orders) == 0)


async def test_without_an_account_it_says_why(theme: Theme, room: PaperRoom) -> None:
    settings = SettingsViewModel(SettingsService())
    context = ScreenContext(theme, settings, lambda: START_MS / 1000, Navigation())
    made = AccountScreen(context)
    made.show()
    made.attach(replace(services_of(room.feed), trading_trouble="in_use"))
    words = " ".join(part.text() for part in made.unavailable.findChildren(Text))
    assert "--data-dir" in words
    await made.detach()
    await settings.close()
    made.close()
    made.deleteLater()


async def test_an_order_s_time_is_there_to_the_second(
    screen: AccountScreen, room: PaperRoom, trading: PaperTrading
) -> None:
    run = await trading.runs.start(churning(at_least(HIGH)), MARKET, CASH)
    room.quote(HIGH)
    room.print_at(LOW)
    room.print_at(HIGH)
    await room.until_told("order", state="filled")
    assert trading.runs.view(run.run_id).position is not None
    await until(lambda: count(screen.body.orders) > 0)
    orders = screen.body.orders
    moment = cells(orders, 0)[0]
    assert moment.count(":") == 2
    width = orders.columnWidth(0) - 2 * _PAD
    assert QFontMetricsF(font(Cell("").font)).horizontalAdvance(moment) <= width


def entry(kind: str, **data: object) -> TimelineEntry:
    return TimelineEntry(1, START_MS, kind, MARKET, SEVEN.id, 1, "", data)


@pytest.mark.parametrize("state", ["started", "recovered", "stopped", "closed", "changed", "ended"])
def test_the_journal_names_what_became_of_a_run_and_of_which_strategy(state: str) -> None:
    counts = {"ticks": 1234, "held_back": 0, "decisions": 3, "orders": 2, "fills": 1}
    facts = {"counts": counts} if state == "ended" else {"revision": 2}
    row = journal_words.journal_row(entry("run", state=state, **facts), {}, {SEVEN.id: SEVEN})
    assert not row.title.isascii()
    assert "7규칙" in row.text
    assert ("1,234" if state == "ended" else "v2") in row.text


def test_a_fill_says_every_sum_in_won() -> None:
    sold = entry("fill", side="sell", price=97_043_000.0, quantity="0.00098512", funds="95599",
                 fee="47.8")  # fmt: skip
    row = journal_words.journal_row(sold, {}, {SEVEN.id: SEVEN})
    assert row.text == "0.00098512개 · 97,043,000원 · 95,599원 · 수수료 48원"
    moved = journal_words.journal_row(entry("cash", amount="100050"), {}, {SEVEN.id: SEVEN})
    assert moved.text == "+100,050원"
    decided = entry("decision", outcome="ordered", rule="crash", price=97_054_000.0)
    assert "97,054,000원에서" in journal_words.journal_row(decided, {}, {SEVEN.id: SEVEN}).text


def test_what_no_rule_could_judge_is_nobody_s_decision() -> None:
    held = entry("decision", outcome="held_back", rule="", reason="missing", price=LOW)
    row = journal_words.journal_row(held, {}, {SEVEN.id: SEVEN})
    assert row.title == "판단 보류"


def test_every_limit_and_refusal_has_words() -> None:
    untrusted = [quality for quality in Quality if not quality.is_print]
    codes = [*Guard, *Refusal, *Suppression, *untrusted, "kept_too_late", "interrupted"]
    for code in codes:
        words = journal_words.reason_words(str(code))
        assert words
        assert not words.isascii(), f"{code} isn't worded"
