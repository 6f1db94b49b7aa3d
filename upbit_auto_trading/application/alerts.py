"""Alerts: what runs do, told through tray, sound, webhook and Telegram, never twice in a row."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING, Any, Final, Protocol

from upbit_auto_trading.application.listeners import subscribed, tell_all
from upbit_auto_trading.domain.alert import (
    Alert,
    AlertPolicy,
    AlertSettings,
    AlertSeverity,
    AlertSink,
)
from upbit_auto_trading.domain.document import InvalidDocumentError
from upbit_auto_trading.tasks import TaskOwner

if TYPE_CHECKING:
    from collections.abc import Callable

    from upbit_auto_trading.application.paper_runs import PaperRuns
    from upbit_auto_trading.application.run_journal import Told
    from upbit_auto_trading.application.trading_ports import Books

DATA_GRACE_S: Final = 10.0
"""How long data can't be trusted until somebody is told."""

_KEPT: Final = "alerts"
_CONNECTED: Final = "alert_sinks"
_NEWEST: Final = 200
_WITH_ADDRESS: Final = frozenset({AlertSink.WEBHOOK, AlertSink.TELEGRAM})
_RISKY: Final = frozenset({"missing", "stale", "unkept", "transition_cache"})
_log = logging.getLogger(__name__)


class AlertNotDeliveredError(Exception):
    """A sink couldn't take an alert. `code`: `not_set_up`, `unreachable`, `refused`."""

    def __init__(self, sink: AlertSink, code: str, detail: str = "") -> None:
        super().__init__(f"{sink}: {code} {detail}".strip())
        self.sink = sink
        self.code = code
        self.detail = detail


class AlertDelivery(Protocol):
    """Takes alerts to one sink."""

    async def deliver(self, alert: Alert, text: str) -> None:
        """Bring it there; `text` is the alert in words.

        Raises:
            AlertNotDeliveredError: it couldn't be brought.
        """
        ...


class SinkConnections(Protocol):
    """Makes the sinks that need an address of the user's, and keeps it as a secret."""

    async def connect_webhook(self, address: str) -> tuple[AlertDelivery, bool]:
        """Return the sink, and whether the next start will have it; ValueError names the field."""
        ...

    async def connect_telegram(self, token: str, chat: str) -> tuple[AlertDelivery, bool]:
        """Return the sink, and whether the next start will have it; ValueError names the field."""
        ...

    async def restore(self, sink: AlertSink) -> AlertDelivery | None:
        """Return a sink as an earlier start connected it, None where that is gone."""
        ...

    async def disconnect(self, sink: AlertSink) -> None:
        """Forget a sink's address."""
        ...


class AlertService:
    """Turns what runs tell into alerts and brings them to their sinks.

    `newest` are the last 200, newest first, delivered or not. `words` makes the text; without
    one, codes and facts are the text.
    """

    def __init__(
        self,
        runs: PaperRuns,
        books: Books,
        wall: Callable[[], float],
        connections: SinkConnections | None = None,
    ) -> None:
        self._books, self._wall, self._connections = books, wall, connections
        self._policy = AlertPolicy(AlertSettings())
        self._sinks: dict[AlertSink, AlertDelivery] = {}
        self._listeners: list[Callable[[Alert], None]] = []
        self._untrusted: dict[tuple[str, str], Alert] = {}
        self._tasks = TaskOwner("alerts")
        self.newest: deque[Alert] = deque(maxlen=_NEWEST)
        self.failures: dict[AlertSink, str] = {}
        self.words: Callable[[Alert], str] = _plain
        runs.listen_to_events(self._told)

    @property
    def settings(self) -> AlertSettings:
        """Sinks per severity, repetition, quiet hours."""
        return self._policy.settings

    @property
    def held_back(self) -> int:
        """How many alerts were the same news too soon, or came in quiet hours."""
        return self._policy.held_back

    async def open(self) -> None:
        """Take over the settings that were kept; damaged ones are forgotten.

        Raises:
            LedgerError: the disk doesn't let it.
        """
        kept = await self._books.kept(_KEPT)
        if kept is not None:
            try:
                self._policy.settings = AlertSettings.from_data(kept)
            except InvalidDocumentError as error:
                _log.warning("E-ALERTS: the alerts' settings are damaged: %s", error)

        sinks = (await self._books.kept(_CONNECTED) or {}).get("sinks", [])
        if sinks:
            # The system may ask the user to unlock the keyring; nothing waits for that.
            self._tasks.start(self._restore([AlertSink(sink) for sink in sinks]), "restore")

    async def close(self) -> None:
        """Bring nothing any more. Harmless when repeated."""
        await self._tasks.close()

    def attach(self, sink: AlertSink, delivery: AlertDelivery) -> Callable[[], None]:
        """Let `delivery` take the alerts of a sink; return what ends that."""
        self._sinks[sink] = delivery

        def detach() -> None:
            if self._sinks.get(sink) is delivery:
                del self._sinks[sink]

        return detach

    async def connect_webhook(self, address: str) -> bool:
        """Post alerts to an https address from now on; return whether the next start will, too.

        Raises:
            ValueError: the address can't be one.
            LedgerError: it counts, but isn't kept for the next start.
        """
        if self._connections is None:
            raise AlertNotDeliveredError(AlertSink.WEBHOOK, "not_set_up")
        delivery, is_lasting = await self._connections.connect_webhook(address)
        return await self._connected(AlertSink.WEBHOOK, delivery, is_lasting=is_lasting)

    async def connect_telegram(self, token: str, chat: str) -> bool:
        """Write alerts to a Telegram chat from now on; return whether the next start will, too.

        Raises:
            ValueError: the bot's token or the chat can't be one.
            LedgerError: it counts, but isn't kept for the next start.
        """
        if self._connections is None:
            raise AlertNotDeliveredError(AlertSink.TELEGRAM, "not_set_up")
        delivery, is_lasting = await self._connections.connect_telegram(token, chat)
        return await self._connected(AlertSink.TELEGRAM, delivery, is_lasting=is_lasting)

    async def disconnect(self, sink: AlertSink) -> None:
        """Forget a webhook's or Telegram's address.

        Raises:
            LedgerError: it is forgotten, but asked for again at the next start.
        """
        self._sinks.pop(sink, None)
        if self._connections is not None:
            await self._connections.disconnect(sink)
        await self._keep_connected()

    @property
    def attached(self) -> frozenset[AlertSink]:
        """The sinks that somebody takes alerts to."""
        return frozenset(self._sinks)

    def listen(self, listener: Callable[[Alert], None]) -> Callable[[], None]:
        """Call `listener` with every alert, delivered or not; return what ends that."""
        return subscribed(self._listeners, listener)

    async def change(self, settings: AlertSettings) -> None:
        """Use other settings from now on.

        Raises:
            LedgerError: they count, but aren't kept for the next start.
        """
        self._policy.settings = settings
        await self._books.keep(_KEPT, settings.data())

    def tell(self, alert: Alert) -> None:
        """Tell an alert that comes from somewhere else than a run."""
        self.newest.appendleft(alert)
        tell_all(self._listeners, alert)
        for sink in sorted(self._policy.sinks_for(alert, self._now_ms())):
            if sink in self._sinks:
                self._tasks.start(self._deliver(sink, alert), f"{sink} {alert.code}")

    async def test(self, sink: AlertSink) -> None:
        """Bring a test alert to a sink, whatever the hour.

        Raises:
            AlertNotDeliveredError: it couldn't be brought; `not_set_up` where nobody takes it.
        """
        delivery = self._sinks.get(sink)
        if delivery is None:
            raise AlertNotDeliveredError(sink, "not_set_up")
        alert = Alert(AlertSeverity.INFO, "test", self._now_ms())
        await delivery.deliver(alert, self.words(alert))
        self.failures.pop(sink, None)

    async def _deliver(self, sink: AlertSink, alert: Alert) -> None:
        try:
            await self._sinks[sink].deliver(alert, self.words(alert))
        except AlertNotDeliveredError as error:
            self.failures[sink] = error.code
            _log.warning("E-ALERT: %s", error)
        else:
            self.failures.pop(sink, None)

    async def _restore(self, sinks: list[AlertSink]) -> None:
        for sink in sinks:
            if self._connections is not None:
                delivery = await self._connections.restore(sink)
                if delivery is not None:
                    self._sinks[sink] = delivery

    async def _connected(
        self, sink: AlertSink, delivery: AlertDelivery, *, is_lasting: bool
    ) -> bool:
        self._sinks[sink] = delivery
        if is_lasting:
            await self._keep_connected()
        return is_lasting

    async def _keep_connected(self) -> None:
        sinks = sorted(sink.value for sink in self._sinks if sink in _WITH_ADDRESS)
        await self._books.keep(_CONNECTED, {"sinks": sinks})

    def _told(self, told: Told) -> None:
        alert = alert_of(told, self._now_ms())
        if told["event"] == "data":
            about = (str(told["market"]), str(told["strategy"]))
            self._untrusted.pop(about, None)
            if alert is not None:
                self._untrusted[about] = alert
                self._tasks.start(self._tell_if_it_lasts(about, alert), "data")
        elif alert is not None:
            self.tell(alert)

    async def _tell_if_it_lasts(self, about: tuple[str, str], alert: Alert) -> None:
        """Tell that data can't be trusted, unless it soon can: a new connection is no news."""
        await asyncio.sleep(DATA_GRACE_S)
        if self._untrusted.get(about) is alert:
            self.tell(alert)

    def _now_ms(self) -> int:
        return round(self._wall() * 1000)


def alert_of(told: Told, now_ms: int) -> Alert | None:
    """Return the alert that something a run told is worth, None for none.

    Codes: `filled`, `refused`, `cancelled` (orders), `mode` (a mode was entered), `notified` (a
    rule that only tells), `data` (can't be trusted), `ledger_failing`, `ledger_kept`, `failed`.
    """
    event, state = told["event"], str(told.get("state", ""))
    severity, code = None, ""
    if event == "order":
        found = {
            "filled": (AlertSeverity.INFO, "filled"),
            "partly_filled": (AlertSeverity.WARNING, "filled"),
            "refused": (AlertSeverity.WARNING, "refused"),
            "cancelled": (AlertSeverity.WARNING, "cancelled"),
        }
        severity, code = found.get(state, (None, ""))
    elif event == "decision":
        found = {
            "entered_mode": (AlertSeverity.WARNING, "mode"),
            "notified": (AlertSeverity.INFO, "notified"),
        }
        severity, code = found.get(str(told["outcome"]), (None, ""))
    elif event == "data" and told["quality"] in _RISKY:
        severity, code = AlertSeverity.WARNING, "data"
    elif event == "ledger":
        is_failing = state == "failing"
        severity = AlertSeverity.CRITICAL if is_failing else AlertSeverity.INFO
        code = "ledger_failing" if is_failing else "ledger_kept"
    elif event == "run" and state == "failed":
        severity, code = AlertSeverity.CRITICAL, "failed"
    if severity is None:
        return None
    return Alert(
        severity,
        code,
        int(told.get("t", now_ms)),
        str(told.get("market", "")),
        str(told.get("strategy", "")),
        {name: value for name, value in told.items() if name not in _OWN and _is_plain(value)},
        str(told.get("correlation", "")),
    )


_OWN: Final = frozenset({"event", "t", "market", "strategy", "correlation"})


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float | None)


def _plain(alert: Alert) -> str:
    facts = ", ".join(f"{name} {value}" for name, value in alert.facts.items())
    return " ".join(part for part in (alert.code, alert.market, alert.strategy_id, facts) if part)
