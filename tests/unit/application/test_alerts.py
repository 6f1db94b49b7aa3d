"""Alerts of a real paper account: told once, through the sinks that were asked for."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.paper_child import HIGH, MARKET
from tests.paper_desk import LOW, PaperRoom
from tests.paper_strategies import at_least, churning
from tests.waiting import until
from upbit_auto_trading.application.alerts import AlertNotDeliveredError, alert_of
from upbit_auto_trading.domain.alert import Alert, AlertSettings, AlertSeverity, AlertSink
from upbit_auto_trading.domain.failure import NoDataInTimeError
from upbit_auto_trading.domain.subscription import ConnectionState


class Box:
    """A sink that keeps what it gets, or fails."""

    def __init__(self, failure: AlertNotDeliveredError | None = None) -> None:
        self.failure = failure
        self.got: list[tuple[Alert, str]] = []

    async def deliver(self, alert: Alert, text: str) -> None:
        if self.failure is not None:
            raise self.failure
        self.got.append((alert, text))


@pytest.fixture
def room(tmp_path: Path) -> PaperRoom:
    return PaperRoom(tmp_path)


async def test_a_fill_is_told_to_the_tray_once_with_what_it_is_about(room: PaperRoom) -> None:
    async with room.open() as trading:
        tray, sound = Box(), Box()
        trading.alerts.attach(AlertSink.TRAY, tray)
        trading.alerts.attach(AlertSink.SOUND, sound)
        trading.alerts.words = lambda alert: f"{alert.code}!"
        await trading.runs.start(churning(at_least(HIGH)), MARKET)
        room.quote(HIGH)
        room.print_at(LOW)
        room.print_at(HIGH)
        await until(lambda: tray.got)
        (alert, text) = tray.got[0]
        assert (alert.code, alert.market, text) == ("filled", MARKET, "filled!")
        assert alert.facts["side"] == "buy"
        assert await trading.journal.about(alert.correlation)
        room.print_at(LOW)
        await room.until_told("order", id=2, state="filled")
        # The second fill is the same news too soon; it is in the list all the same.
        assert len(tray.got) == 1
        assert trading.alerts.held_back == 1
        assert "data" not in {alert.code for alert in trading.alerts.newest}
        assert [a.code for a in trading.alerts.newest].count("filled") == 2
        assert sound.got == []


async def test_data_that_stays_missing_is_told_and_a_short_gap_is_not(
    room: PaperRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("upbit_auto_trading.application.alerts.DATA_GRACE_S", 0.01)
    async with room.open() as trading:
        tray = Box()
        trading.alerts.attach(AlertSink.TRAY, tray)
        await trading.runs.start(churning(at_least(HIGH)), MARKET)
        room.print_at(LOW)
        await room.until_told("data", quality="live")
        room.feed.connection_state = ConnectionState.RECONNECTING
        room.feed.request_error = NoDataInTimeError("trades", 1.0)
        await until(lambda: tray.got)
        (alert, _) = tray.got[-1]
        assert (alert.code, alert.facts["quality"]) == ("data", "missing")


async def test_settings_survive_a_restart_and_a_test_reaches_its_sink(room: PaperRoom) -> None:
    settings = AlertSettings(repeat_s=10, quiet_from=0, quiet_until=60)
    async with room.open() as trading:
        await trading.alerts.change(settings)
        with pytest.raises(AlertNotDeliveredError) as caught:
            await trading.alerts.test(AlertSink.SOUND)
        assert caught.value.code == "not_set_up"
    async with room.open() as trading:
        assert trading.alerts.settings == settings
        box = Box()
        detach = trading.alerts.attach(AlertSink.SOUND, box)
        await trading.alerts.test(AlertSink.SOUND)
        assert box.got[0][0].code == "test"
        detach()
        assert trading.alerts.attached == frozenset()


async def test_a_sink_that_fails_is_said_and_the_others_still_get_it(room: PaperRoom) -> None:
    async with room.open() as trading:
        failing = Box(AlertNotDeliveredError(AlertSink.WEBHOOK, "unreachable"))
        tray = Box()
        trading.alerts.attach(AlertSink.WEBHOOK, failing)
        trading.alerts.attach(AlertSink.TRAY, tray)
        everywhere = dict.fromkeys(AlertSeverity, frozenset(AlertSink))
        await trading.alerts.change(replace(AlertSettings(), sinks=everywhere))
        trading.alerts.tell(Alert(AlertSeverity.CRITICAL, "failed", room.now_ms))
        await until(lambda: trading.alerts.failures and tray.got)
        assert trading.alerts.failures == {AlertSink.WEBHOOK: "unreachable"}


@pytest.mark.parametrize(
    ("told", "severity", "code"),
    [
        ({"event": "order", "state": "refused"}, AlertSeverity.WARNING, "refused"),
        ({"event": "order", "state": "intended"}, None, ""),
        ({"event": "decision", "outcome": "entered_mode"}, AlertSeverity.WARNING, "mode"),
        ({"event": "decision", "outcome": "suppressed"}, None, ""),
        ({"event": "data", "quality": "stale"}, AlertSeverity.WARNING, "data"),
        ({"event": "data", "quality": "live"}, None, ""),
        ({"event": "ledger", "state": "failing"}, AlertSeverity.CRITICAL, "ledger_failing"),
        ({"event": "run", "state": "failed"}, AlertSeverity.CRITICAL, "failed"),
        ({"event": "run", "state": "started"}, None, ""),
        ({"event": "fill"}, None, ""),
    ],
)
def test_what_is_worth_an_alert(
    told: dict[str, Any], severity: AlertSeverity | None, code: str
) -> None:
    alert = alert_of(told, 5)
    if severity is None:
        assert alert is None
    else:
        assert alert is not None
        assert (alert.severity, alert.code, alert.ms) == (severity, code, 5)
