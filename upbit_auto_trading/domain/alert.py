"""Alerts: what is worth interrupting somebody for, through which sinks, and how often."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from upbit_auto_trading.domain.document import (
    DocumentProblem,
    Fields,
    InvalidDocumentError,
    checked_member,
    checked_number,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_MINUTE_MS: Final = 60_000
_DAY_MINUTES: Final = 1_440
_KST_MINUTES: Final = 540
_VERSION: Final = 1
_LONGEST_REPEAT_S: Final = 86_400


class AlertSeverity(StrEnum):
    """INFO: an order was filled. WARNING: something didn't happen. CRITICAL: act now."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class AlertSink(StrEnum):
    """Where an alert goes. The window brings TRAY and SOUND."""

    TRAY = "tray"
    SOUND = "sound"
    WEBHOOK = "webhook"
    TELEGRAM = "telegram"


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing to be told. `code` says what, `facts` with which numbers.

    Two alerts of the same code, market and strategy are the same news.
    """

    severity: AlertSeverity
    code: str
    ms: int
    market: str = ""
    strategy_id: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    correlation: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it the same news as another one."""
        return (self.code, self.market, self.strategy_id)


DEFAULT_SINKS: Final[Mapping[AlertSeverity, frozenset[AlertSink]]] = {
    AlertSeverity.INFO: frozenset({AlertSink.TRAY}),
    AlertSeverity.WARNING: frozenset({AlertSink.TRAY}),
    AlertSeverity.CRITICAL: frozenset({AlertSink.TRAY, AlertSink.SOUND}),
}


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """Sinks per severity; the same news again at most every `repeat_s`.

    In quiet hours, minutes of the day in Korea from `quiet_from` up to `quiet_until` (over
    midnight where it is less; None for no quiet hours), only CRITICAL alerts go out.
    """

    sinks: Mapping[AlertSeverity, frozenset[AlertSink]] = field(
        default_factory=lambda: dict(DEFAULT_SINKS)
    )
    repeat_s: int = 300
    quiet_from: int | None = None
    quiet_until: int | None = None

    def is_quiet(self, ms: int) -> bool:
        """Whether a moment in epoch milliseconds lies in the quiet hours."""
        begin, end = self.quiet_from, self.quiet_until
        if begin is None or end is None or begin == end:
            return False
        minute = (ms // _MINUTE_MS + _KST_MINUTES) % _DAY_MINUTES
        if begin < end:
            return begin <= minute < end
        return minute >= begin or minute < end

    def data(self) -> dict[str, Any]:
        """Return the settings as plain data for JSON."""
        return {
            "version": _VERSION,
            "sinks": {
                severity.value: sorted(sink.value for sink in sinks)
                for severity, sinks in self.sinks.items()
            },
            "repeat_s": self.repeat_s,
            "quiet_from": self.quiet_from,
            "quiet_until": self.quiet_until,
        }

    @classmethod
    def from_data(cls, data: object) -> AlertSettings:
        """Return the settings that `data` gave.

        Raises:
            InvalidDocumentError: a field is missing, unknown or out of its range.
        """
        fields = Fields("alerts", data)
        fields.version(_VERSION)
        table = Fields(fields.at("sinks"), fields.take("sinks"))
        sinks = {
            severity: frozenset(
                checked_member(path, item, AlertSink)
                for path, item in table.items(severity.value, len(AlertSink))
            )
            for severity in AlertSeverity
        }
        table.finish()
        repeat_s = fields.whole("repeat_s", lowest=0, highest=_LONGEST_REPEAT_S)
        quiet_from = _minute(fields, "quiet_from")
        quiet_until = _minute(fields, "quiet_until")
        fields.finish()
        return cls(sinks, repeat_s, quiet_from, quiet_until)


def _minute(fields: Fields, name: str) -> int | None:
    value = fields.take(name)
    if value is None:
        return None
    path = fields.at(name)
    minute = checked_number(path, value, 0, _DAY_MINUTES - 1)
    if not isinstance(minute, int):
        raise InvalidDocumentError(path, DocumentProblem.WRONG_TYPE, "a whole number")
    return minute


class AlertPolicy:
    """Decides which sinks an alert goes to. Sans-I/O: time comes with the alerts.

    `held_back` counts what was the same news too soon, or came in quiet hours.
    """

    def __init__(self, settings: AlertSettings) -> None:
        self.settings = settings
        self.held_back = 0
        self._told: dict[tuple[str, str, str], int] = {}

    def sinks_for(self, alert: Alert, now_ms: int) -> frozenset[AlertSink]:
        """Return where an alert goes now; nowhere where it is to be kept quiet about."""
        settings = self.settings
        told_ms = self._told.get(alert.key)
        if told_ms is not None and now_ms - told_ms < settings.repeat_s * 1000:
            self.held_back += 1
            return frozenset()
        if alert.severity is not AlertSeverity.CRITICAL and settings.is_quiet(now_ms):
            self.held_back += 1
            return frozenset()
        self._told[alert.key] = now_ms
        self._forget(now_ms)
        return settings.sinks.get(alert.severity, frozenset())

    def _forget(self, now_ms: int) -> None:
        oldest = now_ms - self.settings.repeat_s * 1000
        self._told = {key: ms for key, ms in self._told.items() if ms > oldest or ms == now_ms}
