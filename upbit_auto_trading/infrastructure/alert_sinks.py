"""Alerts over the network: a webhook of the user's, or a Telegram bot. Optional."""

from __future__ import annotations

import asyncio
import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import requests

if TYPE_CHECKING:
    from collections.abc import Callable

    from upbit_auto_trading.domain.alert import Alert

TELEGRAM: Final = "https://api.telegram.org"
_TIMEOUT_S: Final = (3.0, 5.0)
_HERE: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_TOKEN: Final = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]{20,100}")
_LONGEST: Final = 4_000


class InvalidSinkError(ValueError):
    """What was given can't be such a sink. `field` and `expected` say what is wrong."""

    def __init__(self, field: str, expected: str) -> None:
        super().__init__(f"{field}: {expected}")
        self.field = field
        self.expected = expected


class HttpAlerts:
    """Posts alerts as JSON with a thread of its own; redirects aren't followed.

    Built by `webhook` or `telegram`. `failed` makes the error to raise from a code and a detail,
    which never holds the address: it may be a secret.
    """

    def __init__(
        self,
        address: str,
        body: Callable[[Alert, str], dict[str, Any]],
        failed: Callable[[str, str], Exception],
    ) -> None:
        self._address, self._body, self._failed = address, body, failed
        self._session = requests.Session()
        self._session.trust_env = urlsplit(address).hostname not in _HERE
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="alerts")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {urlsplit(self._address).hostname}>"

    async def deliver(self, alert: Alert, text: str) -> None:
        """Post it; raises what `failed` makes of `unreachable` or `refused`."""
        data = json.dumps(self._body(alert, text), ensure_ascii=False).encode()
        loop = asyncio.get_running_loop()
        status = await loop.run_in_executor(self._executor, self._post, data)
        if not 200 <= status < 300:
            raise self._failed("refused", f"HTTP {status}")

    def close(self) -> None:
        """End the thread once what is under way has ended."""
        self._executor.shutdown(wait=False, cancel_futures=True)
        self._session.close()

    def _post(self, data: bytes) -> int:
        try:
            answer = self._session.post(
                self._address,
                data=data,
                headers={"Content-Type": "application/json; charset=utf-8"},
                timeout=_TIMEOUT_S,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise self._failed("unreachable", type(error).__name__) from None
        with answer:
            return answer.status_code


def webhook(address: str, failed: Callable[[str, str], Exception]) -> HttpAlerts:
    """Return a sink that posts severity, code, text and facts to an address.

    Raises:
        InvalidSinkError: no https address (http is for this machine only).
    """
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        raise InvalidSinkError("address", "https://host/path") from None
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and host in _HERE)
    if not host or not is_safe or parts.username is not None:
        raise InvalidSinkError("address", "https://host/path")
    return HttpAlerts(address, _webhook_body, failed)


def telegram(
    token: str, chat: str, failed: Callable[[str, str], Exception], base: str = TELEGRAM
) -> HttpAlerts:
    """Return a sink that writes to a chat through a bot.

    Raises:
        InvalidSinkError: the token or the chat can't be one.
    """
    if _TOKEN.fullmatch(token) is None:
        raise InvalidSinkError("token", "123456:ABC…")
    if not chat.lstrip("-").isdecimal() and not re.fullmatch(r"@[A-Za-z0-9_]{5,32}", chat):
        raise InvalidSinkError("chat", "a number or @name")

    def body(_: Alert, text: str) -> dict[str, Any]:
        return {"chat_id": chat, "text": text[:_LONGEST], "disable_web_page_preview": True}

    return HttpAlerts(f"{base}/bot{token}/sendMessage", body, failed)


def _webhook_body(alert: Alert, text: str) -> dict[str, Any]:
    return {
        "text": text[:_LONGEST],
        "severity": alert.severity.value,
        "code": alert.code,
        "time_ms": alert.ms,
        "market": alert.market,
        "strategy": alert.strategy_id,
        "facts": dict(alert.facts),
        "correlation": alert.correlation,
    }
