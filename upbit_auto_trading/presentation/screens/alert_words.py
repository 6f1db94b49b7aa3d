"""Alerts in words, for every sink the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upbit_auto_trading.domain.alert import Alert, AlertSeverity, AlertSink
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens.refusal_words import refusal_code

if TYPE_CHECKING:
    from collections.abc import Mapping


def alert_text(alert: Alert) -> str:
    """One line that says what happened, where, and what it means for the money."""
    facts = {name: "" if value is None else str(value) for name, value in alert.facts.items()}
    where = " ".join(filter(None, (alert.market, alert.strategy_id)))
    return " — ".join(filter(None, (where, _what(alert.code, facts))))


def _what(code: str, facts: Mapping[str, str]) -> str:
    rule = facts.get("rule", "")
    if code == "filled":
        is_buy = facts.get("side") == "buy"
        words = _("bought on paper ({rule})") if is_buy else _("sold on paper ({rule})")
        return words.format(rule=rule or _("by hand"))
    if code in ("refused", "cancelled"):
        words = _("order refused: {why}") if code == "refused" else _("order cancelled: {why}")
        return words.format(why=refusal_code(facts.get("reason", "")) or "—")
    return {
        "mode": _("the rule {rule} has entered its mode").format(rule=rule),
        "notified": _("the rule {rule} is true").format(rule=rule),
        "data": _("its data can't be trusted: no rule acts until it can"),
        "ledger_failing": _("the disk can't be written: nothing is judged, nothing is lost"),
        "ledger_kept": _("the disk can be written again: rules are judged"),
        "failed": _("the run ended by itself; what it holds is still held"),
        "test": _("This is a test alert."),
    }.get(code, code)


def severity_word(severity: AlertSeverity) -> str:
    """A severity in a word or two."""
    return {
        AlertSeverity.INFO: _("Information"),
        AlertSeverity.WARNING: _("Warnings"),
        AlertSeverity.CRITICAL: _("Act now"),
    }[severity]


def severity_hint(severity: AlertSeverity) -> str:
    """What alerts of a severity are about."""
    return {
        AlertSeverity.INFO: _("orders filled"),
        AlertSeverity.WARNING: _("something didn't happen: refused, cancelled, data not trusted"),
        AlertSeverity.CRITICAL: _("a run ended by itself, the disk can't be written"),
    }[severity]


def sink_word(sink: AlertSink) -> str:
    """A sink's name."""
    return {
        AlertSink.TRAY: _("Tray"),
        AlertSink.SOUND: _("Sound"),
        AlertSink.WEBHOOK: _("Webhook"),
        AlertSink.TELEGRAM: "Telegram",
    }[sink]


def not_delivered(code: str) -> str:
    """Why an alert didn't get there, and what can be done."""
    return {
        "not_set_up": _("It isn't set up: enter its address first, or use a desktop with a tray."),
        "unreachable": _("It can't be reached. Check the network and the address."),
        "refused": _("It refused the alert. Check the address, token and chat."),
    }.get(code, code)
