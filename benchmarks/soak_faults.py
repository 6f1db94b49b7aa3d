"""The faults of a soak, and the door of the simulated exchange they are put in force through."""

import http.client
import json
import random
import sys
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

Arguments = Callable[[random.Random], dict[str, Any]]

_CODES: Final = (1000, 1001, 1006, 1011, 1012)
FAULTS: Final[tuple[tuple[str, Arguments], ...]] = (
    ("close", lambda dice: {"code": dice.choice(_CODES)}),
    ("outage", lambda dice: {"target": "ws", "seconds": dice.uniform(0.5, 5)}),
    ("black_hole", lambda dice: {"target": "ws", "seconds": dice.uniform(3, 12)}),
    ("lose", lambda dice: {"channel": "trade", "share": 0.3, "seconds": dice.uniform(1, 4)}),
    ("stall", lambda dice: {"channel": "orderbook", "seconds": dice.uniform(2, 8)}),
    ("stall", lambda dice: {"channel": "ticker", "seconds": dice.uniform(2, 8)}),
    ("duplicate", lambda dice: {"copies": 3, "seconds": dice.uniform(1, 5)}),
    ("reorder", lambda dice: {"window": 50, "seconds": dice.uniform(1, 4)}),
    (
        "malformed",
        lambda dice: {"kind": "truncated", "every": 7, "seconds": dice.uniform(0.5, 3)},
    ),
    ("server_error", lambda dice: {"status": 502, "seconds": dice.uniform(0.5, 4)}),
    ("hang", lambda dice: {"delay_s": 1.0, "seconds": dice.uniform(1, 4)}),
    ("slow_pong", lambda dice: {"ms": 2000, "seconds": dice.uniform(5, 15)}),
    ("lost_request", lambda _: {"count": 1}),
    ("keep_old_set", lambda _: {"count": 1}),
)


class Door:
    """The exchange's control door and public REST, asked without the backbone. Blocking.

    On Linux it comes from another address, so that what a check asks isn't counted against the
    backbone's own quota.
    """

    def __init__(self, rest_url: str) -> None:
        self._address = urlsplit(rest_url)
        self._source = ("127.0.0.2", 0) if sys.platform.startswith("linux") else None

    def fault(self, name: str, arguments: dict[str, Any]) -> None:
        """Put a fault in force."""
        self._asked("POST", "/simulator/fault", {"name": name, "args": arguments})

    def trades(self, market: str, cursor: int | None, days_ago: int = 0) -> list[dict[str, Any]]:
        """Return up to 500 trades of a day before `cursor`, newest first."""
        query = f"market={market}&count=500"
        if cursor is not None:
            query += f"&cursor={cursor}"
        if days_ago:
            query += f"&days_ago={days_ago}"
        found: list[dict[str, Any]] = self._asked("GET", f"/v1/trades/ticks?{query}")
        return found

    def _asked(self, method: str, path: str, body: Any = None) -> Any:
        connection = http.client.HTTPConnection(
            str(self._address.hostname), self._address.port, 30, self._source
        )
        try:
            text = None if body is None else json.dumps(body)
            connection.request(method, path, text, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            data = answer.read()
        finally:
            connection.close()
        if answer.status != http.client.OK:
            raise ConnectionError(f"{method} {path}: {answer.status} {data[:200]!r}")
        return json.loads(data)
