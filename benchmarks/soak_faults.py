"""The faults of a soak: drawn from a seed, put in force through the simulated exchange's door."""

import http.client
import json
import random
import sys
from collections import Counter
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


class TradeCheck:
    """What was told of some markets' trades against what the exchange made."""

    def __init__(self, door: Door, markets: tuple[str, ...]) -> None:
        self._door = door
        self._told: dict[str, Counter[int]] = {market: Counter() for market in markets}
        self._since: dict[str, int] = {}
        self.expected = self.missing = self.doubled = self.unchecked = 0

    def take(self, market: str, sequential_id: int, *, is_live: bool) -> None:
        """Note one trade told to a listener; the first live one is where the check begins."""
        if is_live:
            self._since.setdefault(market, sequential_id)
        self._told[market][sequential_id] += 1

    def look(self, until_ms: int) -> None:
        """Compare what happened since the last look and before `until_ms`. Blocking."""
        for market, told in self._told.items():
            since = self._since.get(market)
            if since is None:
                continue
            try:
                made = self._made(market, since, until_ms)
            except (OSError, http.client.HTTPException, ValueError):
                self.unchecked += 1  # a fault of the exchange hit the check; next time it is whole
                continue
            self.expected += len(made)
            self.missing += sum(one not in told for one in made)
            self.doubled += sum(told[one] - 1 for one in made if told[one] > 1)
            if made:
                self._since[market] = max(made) + 1
                for one in [one for one in told if one <= max(made)]:
                    del told[one]

    def _made(self, market: str, since: int, until_ms: int) -> set[int]:
        made: set[int] = set()
        for days_ago in (0, 1):
            cursor = None
            while True:
                page = self._door.trades(market, cursor, days_ago)
                rows = [row for row in page if row["sequential_id"] >= since]
                made |= {row["sequential_id"] for row in rows if row["timestamp"] <= until_ms}
                if len(rows) < len(page):
                    return made
                if len(page) < 500:
                    break  # the day's first trade; the rest lies in the day before
                cursor = page[-1]["sequential_id"]
        return made
