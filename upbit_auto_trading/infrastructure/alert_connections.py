"""The user's own addresses for alerts, kept as the secrets they are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.domain.alert import AlertSink
from upbit_auto_trading.infrastructure.alert_sinks import HttpAlerts, telegram, webhook

if TYPE_CHECKING:
    from collections.abc import Callable

    from upbit_auto_trading.infrastructure.secret_store import SecretStore

_NAMES: Final = {AlertSink.WEBHOOK: "alert-webhook", AlertSink.TELEGRAM: "alert-telegram"}


class AlertConnections:
    """Fits `application.alerts.SinkConnections`.

    `failed` makes the error of a delivery from the sink, a code and a detail.
    """

    def __init__(
        self, secrets: SecretStore, failed: Callable[[AlertSink, str, str], Exception]
    ) -> None:
        self._secrets, self._failed = secrets, failed
        self._open: dict[AlertSink, HttpAlerts] = {}

    async def connect_webhook(self, address: str) -> tuple[HttpAlerts, bool]:
        """Return the sink of an address, and whether the next start will have it.

        Raises:
            ValueError: with the `field` that is wrong and what is `expected`.
        """
        return await self._connect(AlertSink.WEBHOOK, [address])

    async def connect_telegram(self, token: str, chat: str) -> tuple[HttpAlerts, bool]:
        """Return the sink of a bot and a chat, and whether the next start will have it.

        Raises:
            ValueError: with the `field` that is wrong and what is `expected`.
        """
        return await self._connect(AlertSink.TELEGRAM, [token, chat])

    async def restore(self, sink: AlertSink) -> HttpAlerts | None:
        """Return a sink as an earlier start connected it, None where that is gone."""
        kept = await self._secrets.get(_NAMES[sink])
        if kept is None:
            return None
        try:
            return self._made(sink, [str(part) for part in json.loads(kept)])
        except (ValueError, TypeError, IndexError):
            return None

    async def disconnect(self, sink: AlertSink) -> None:
        """Forget a sink's address. Harmless where there is none."""
        self._end(sink)
        await self._secrets.forget(_NAMES[sink])

    def close(self) -> None:
        """End every sink's thread."""
        for sink in tuple(self._open):
            self._end(sink)
        self._secrets.close()

    async def _connect(self, sink: AlertSink, parts: list[str]) -> tuple[HttpAlerts, bool]:
        made = self._made(sink, parts)
        return made, await self._secrets.put(_NAMES[sink], json.dumps(parts))

    def _made(self, sink: AlertSink, parts: list[str]) -> HttpAlerts:
        def failed(code: str, detail: str) -> Exception:
            return self._failed(sink, code, detail)

        if sink is AlertSink.WEBHOOK:
            made = webhook(parts[0], failed)
        else:
            made = telegram(parts[0], parts[1], failed)
        self._end(sink)
        self._open[sink] = made
        return made

    def _end(self, sink: AlertSink) -> None:
        earlier = self._open.pop(sink, None)
        if earlier is not None:
            earlier.close()
