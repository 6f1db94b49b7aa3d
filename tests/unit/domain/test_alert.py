"""Alerts: where they go, how often, and when they keep quiet."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_auto_trading.domain.alert import (
    Alert,
    AlertPolicy,
    AlertSettings,
    AlertSeverity,
    AlertSink,
)
from upbit_auto_trading.domain.document import InvalidDocumentError

NOON_KST_MS = 1_750_042_800_000  # 2025-06-16 12:00 in Korea
MINUTE_MS = 60_000
FILLED = Alert(AlertSeverity.INFO, "filled", NOON_KST_MS, "KRW-BTC", "s")
CRITICAL = Alert(AlertSeverity.CRITICAL, "ledger_failing", NOON_KST_MS)

minutes = st.integers(0, 1439)
settings = st.builds(
    AlertSettings,
    st.fixed_dictionaries(
        {severity: st.frozensets(st.sampled_from(AlertSink)) for severity in AlertSeverity}
    ),
    st.integers(0, 86_400),
    st.none() | minutes,
    st.none() | minutes,
)


def at(minute: int) -> int:
    """A moment of that minute of the day in Korea."""
    return NOON_KST_MS + (minute - 12 * 60) * MINUTE_MS


def test_the_same_news_goes_out_once_until_its_time_is_over() -> None:
    policy = AlertPolicy(AlertSettings(repeat_s=300))
    assert policy.sinks_for(FILLED, NOON_KST_MS) == {AlertSink.TRAY}
    assert policy.sinks_for(FILLED, NOON_KST_MS + 299_999) == frozenset()
    other = replace(FILLED, market="KRW-ETH")
    assert policy.sinks_for(other, NOON_KST_MS + 1) == {AlertSink.TRAY}
    assert policy.sinks_for(FILLED, NOON_KST_MS + 300_000) == {AlertSink.TRAY}
    assert policy.held_back == 1


def test_in_quiet_hours_only_what_is_critical_goes_out() -> None:
    policy = AlertPolicy(AlertSettings(quiet_from=23 * 60, quiet_until=7 * 60))
    assert policy.sinks_for(FILLED, at(23 * 60)) == frozenset()
    assert policy.sinks_for(CRITICAL, at(2 * 60)) == {AlertSink.TRAY, AlertSink.SOUND}
    assert policy.sinks_for(FILLED, at(7 * 60)) == {AlertSink.TRAY}


@given(minutes, minutes, minutes)
def test_quiet_hours_are_the_minutes_between_also_over_midnight(
    begin: int, end: int, minute: int
) -> None:
    quiet = {(begin + n) % 1440 for n in range((end - begin) % 1440)}
    told = AlertSettings(quiet_from=begin, quiet_until=end).is_quiet(at(minute))
    assert told is (minute in quiet)


@given(settings)
def test_settings_come_back_as_they_were_kept(given_settings: AlertSettings) -> None:
    assert AlertSettings.from_data(given_settings.data()) == given_settings


@pytest.mark.parametrize(
    ("field", "value", "path"),
    [
        ("version", 2, "alerts.version"),
        ("sinks", {"info": ["pager"], "warning": [], "critical": []}, "alerts.sinks.info[0]"),
        ("sinks", {"info": [], "urgent": []}, "alerts.sinks.urgent"),
        ("repeat_s", -1, "alerts.repeat_s"),
        ("quiet_from", 1440, "alerts.quiet_from"),
        ("quiet_until", 1.5, "alerts.quiet_until"),
        ("more", 1, "alerts.more"),
    ],
)
def test_damaged_settings_are_refused_by_their_field(field: str, value: object, path: str) -> None:
    with pytest.raises(InvalidDocumentError) as caught:
        AlertSettings.from_data(AlertSettings().data() | {field: value})
    assert caught.value.path == path
