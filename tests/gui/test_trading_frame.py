"""What the account adds to the window's frame: stop, alerts, limits, a window closed mid-run."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QShortcut
from PyQt6.QtWidgets import QMenu

from tests.builders import START_MS
from tests.gui.conftest import services_of
from tests.paper_child import HIGH, MARKET
from tests.paper_desk import PaperRoom
from tests.paper_strategies import at_least, churning
from tests.waiting import until
from upbit_auto_trading.application.paper_service import PaperTrading
from upbit_auto_trading.domain.alert import Alert, AlertSeverity, AlertSink
from upbit_auto_trading.presentation.main_window import MainWindow
from upbit_auto_trading.presentation.screens import alert_words
from upbit_auto_trading.presentation.theme import Theme
from upbit_auto_trading.presentation.tray import Tray

# Without a window system nobody is told how small a window may become.
pytestmark = pytest.mark.qt_log_ignore(
    "This plugin does not support propagateSizeHints",
    "This plugin does not support raise",
    "No such signal QPlatformNativeInterface::systemTrayWindowChanged",
)


@pytest.fixture
async def window(theme: Theme, room: PaperRoom, trading: PaperTrading) -> AsyncIterator[MainWindow]:
    room.feed.metrics = {
        "streams": {"messages_per_s": 3.0, "messages_received": 9, "reconnects": 0},
        "swaps": {"last": {"kind": "smart", "first_ms": 21.3}, "count": 2},
    }
    made = MainWindow(theme, lambda: START_MS / 1000)
    made.show()
    made.attach(replace(services_of(room.feed), trading=trading), MARKET)
    yield made
    await made.detach()
    made.stop_refreshing()
    made.close_now()
    made.deleteLater()


async def start(trading: PaperTrading) -> int:
    run = await trading.runs.start(churning(at_least(HIGH)), MARKET, Decimal(1_000_000))
    return run.run_id


async def test_the_keys_stop_everything_from_any_screen(
    window: MainWindow, trading: PaperTrading
) -> None:
    await start(trading)
    window.body.show_screen("settings")
    shortcuts = window.body.findChildren(QShortcut)
    (stop,) = [one for one in shortcuts if one.key().toString() == "Ctrl+Shift+X"]
    assert stop.context() is Qt.ShortcutContext.ApplicationShortcut
    # A window without a window system has no focus that keys could go to.
    stop.activated.emit()
    await until(lambda: trading.account.view().is_stopped)
    assert window.body.guard.live_runs == 1


async def test_a_window_closed_while_a_strategy_runs_asks_first(
    window: MainWindow, trading: PaperTrading, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[bool] = []
    window.close_requested.connect(lambda: ended.append(True))
    window.close()
    assert ended == [True], "without a run it just ends"
    await start(trading)
    monkeypatch.setattr(Tray, "is_available", staticmethod(lambda: False))
    window.close()
    question = window.body.close_question
    assert question.isVisible()
    assert not question.tray.isVisible()
    question.stay.click()
    assert not question.isVisible()
    assert window.isVisible()
    window.close()
    question.end.click()
    assert len(ended) == 2


async def test_a_window_in_the_tray_comes_back(
    window: MainWindow, trading: PaperTrading, monkeypatch: pytest.MonkeyPatch
) -> None:
    await start(trading)
    monkeypatch.setattr(Tray, "is_available", staticmethod(lambda: True))
    window.close()
    window.body.close_question.tray.click()
    assert not window.isVisible()
    assert window.body.tray is not None
    window.body.tray.window_wanted.emit()
    assert window.isVisible()


async def test_an_alert_is_counted_at_the_bell_and_the_bell_leads_to_the_journal(
    window: MainWindow, trading: PaperTrading, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without a display a menu can't take the keyboard.
    opened: list[QMenu] = []
    monkeypatch.setattr(QMenu, "popup", lambda menu, _at: opened.append(menu))
    desk = window.body.alerts
    trading.alerts.tell(Alert(AlertSeverity.WARNING, "refused", START_MS, MARKET))
    assert desk.bell.text().strip() == "1"
    desk.bell.click()
    assert desk.bell.text().strip() == ""
    (menu,) = opened
    told, *others = [action for action in menu.actions() if not action.isSeparator()]
    assert "주문 거부" in told.text()
    told.trigger()
    assert window.body.screen_shown == "account"
    others[-1].trigger()
    assert window.body.screen_shown == "settings"
    menu.close()


async def test_a_bell_without_alerts_says_so_and_leads_on(window: MainWindow) -> None:
    menu = window.body.alerts.menu()
    first, *others = [action for action in menu.actions() if not action.isSeparator()]
    assert not first.isEnabled()
    assert "알림이 없어요" in first.text()
    others[0].trigger()
    assert window.body.screen_shown == "account"
    menu.close()


async def test_alert_settings_are_kept_and_a_test_says_what_came_of_it(
    window: MainWindow, trading: PaperTrading
) -> None:
    card = window.body.alerts.card
    box = card._boxes[AlertSeverity.INFO, AlertSink.SOUND]
    box.setChecked(True)
    await until(lambda: AlertSink.SOUND in trading.alerts.settings.sinks[AlertSeverity.INFO])
    card.quiet.setChecked(True)
    await until(lambda: trading.alerts.settings.quiet_from == 23 * 60)
    card._tests[AlertSink.SOUND].click()
    await until(lambda: "소리" in card.state.text())
    card.webhook.setText("ftp://nowhere")
    card.connect_webhook.click()
    await until(lambda: "https://" in card.state.text() or "주소" in card.state.text())


async def test_limits_are_refused_at_their_field_and_kept_when_they_can_be(
    window: MainWindow, trading: PaperTrading
) -> None:
    card = window.body.limits.card
    card.fields["largest_order"].setText("많이")
    card.save.click()
    assert card.fields["largest_order"].property("problem") == "true"
    card.fields["largest_order"].setText("500,000")
    card.fields["orders_a_minute"].setText("5000")
    card.save.click()
    await until(lambda: card.fields["orders_a_minute"].property("problem") == "true")
    assert "1,000" in card.state.text()
    card.fields["orders_a_minute"].setText("20")
    card.save.click()
    await until(lambda: trading.account.limits.orders_a_minute == 20)
    assert trading.account.limits.largest_order == 500_000


@pytest.mark.parametrize(
    "code",
    [
        "filled",
        "refused",
        "cancelled",
        "mode",
        "notified",
        "data",
        "ledger_failing",
        "ledger_kept",
        "failed",
        "test",
    ],
)
def test_every_alert_has_words(code: str) -> None:
    facts = {"rule": "enter", "side": "buy", "reason": "below_minimum"}
    text = alert_words.alert_text(
        Alert(AlertSeverity.INFO, code, START_MS, MARKET, "churning", facts)
    )
    assert text.startswith(f"{MARKET} churning — ")
    assert code not in text.removeprefix(f"{MARKET} churning — ").split()
