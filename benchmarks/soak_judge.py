"""What strikes a soak and judges its trades: a process of its own.

The process that is measured then holds the backbone and its listeners, and nothing of the check.
Read from standard input, a line of JSON each: `["trade", market, id, is_live]`, `["look", until]`
(epoch ms), `["fault", name, arguments]`. At the end of it the totals are printed.
"""

import http.client
import json
import queue
import subprocess
import sys
import threading
from collections import Counter
from functools import partial
from typing import Any, Final

from benchmarks.soak_faults import Door

Work = queue.Queue[partial[None] | None]
CHECKED: Final = ("KRW-BTC", "KRW-ETH", "KRW-XRP", "KRW-SOL")


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


class Judge:
    """The judge as the process that is measured sees it."""

    def __init__(self, rest_url: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.soak_judge", rest_url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self._stdin: Any = self._process.stdin

    def trade(self, market: str, sequential_id: int, *, is_live: bool) -> None:
        """Tell of one trade told to a listener."""
        self._tell("trade", market, sequential_id, is_live)

    def look(self, until_ms: int) -> None:
        """Have compared what happened before `until_ms`."""
        self._tell("look", until_ms)

    def fault(self, name: str, arguments: dict[str, Any]) -> None:
        """Have a fault put in force."""
        self._tell("fault", name, arguments)

    def totals(self) -> dict[str, int]:
        """Return what was found, once all was judged. Blocking.

        Raises:
            RuntimeError: a fault couldn't be put in force.
        """
        said, _ = self._process.communicate()
        if self._process.returncode:
            raise RuntimeError(f"the judge ended with {self._process.returncode}")
        totals: dict[str, int] = json.loads(said)
        return totals

    def _tell(self, *what: object) -> None:
        self._stdin.write(json.dumps(what) + "\n")


def _carry_out(work: Work, failed: list[Exception]) -> None:
    while (one := work.get()) is not None:
        try:
            one()
        except (OSError, http.client.HTTPException, ValueError) as error:
            failed.append(error)


def main(rest_url: str) -> int:
    """Judge what standard input tells until it ends."""
    door = Door(rest_url)
    check = TradeCheck(door, CHECKED)
    failed: list[Exception] = []
    # A look may hang in a fault; the next fault strikes on time all the same.
    checks: Work = queue.Queue()
    faults: Work = queue.Queue()
    workers = [threading.Thread(target=_carry_out, args=(one, failed)) for one in (checks, faults)]
    for worker in workers:
        worker.start()
    for line in sys.stdin:
        match json.loads(line):
            case ["trade", market, sequential_id, is_live]:
                checks.put(partial(check.take, market, sequential_id, is_live=is_live))
            case ["look", until_ms]:
                checks.put(partial(check.look, until_ms))
            case ["fault", name, arguments]:
                faults.put(partial(door.fault, name, arguments))
    for one, worker in zip((checks, faults), workers, strict=True):
        one.put(None)
        worker.join()
    for error in failed:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
    kinds = ("expected", "missing", "doubled", "unchecked")
    print(json.dumps({kind: getattr(check, kind) for kind in kinds}))
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
