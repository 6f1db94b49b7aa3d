"""The journal: one timeline of decisions, orders, fills and what the data was worth."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from upbit_auto_trading.application.csv_text import csv_text
from upbit_auto_trading.domain.paper_account import TimelineFilter

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from upbit_auto_trading.application.paper_runs import PaperRuns
    from upbit_auto_trading.application.run_journal import Told
    from upbit_auto_trading.application.trading_ports import Books
    from upbit_auto_trading.domain.paper_account import TimelineEntry

EVERYTHING: Final = TimelineFilter()
COLUMNS: Final = (
    "time_kst",
    "time_ms",
    "kind",
    "market",
    "strategy",
    "rule",
    "outcome",
    "reason",
    "side",
    "price",
    "quantity",
    "funds",
    "fee",
    "correlation",
    "facts",
)
_KST: Final = timezone(timedelta(hours=9))
_PAGE: Final = 1_000


class TradingJournal:
    """Reads the timeline, newest first, in pages; `listen` tells what comes while it is read."""

    def __init__(self, books: Books, runs: PaperRuns) -> None:
        self._books, self._runs = books, runs

    async def page(
        self,
        wanted: TimelineFilter = EVERYTHING,
        limit: int = 200,
        before: TimelineEntry | None = None,
    ) -> Sequence[TimelineEntry]:
        """Return the newest entries that match; `before` is the last one of the page before.

        Raises:
            LedgerError: the disk doesn't let it.
        """
        return await self._books.timeline(wanted, limit, before)

    async def count(self, wanted: TimelineFilter = EVERYTHING) -> int:
        """Return how many entries match.

        Raises:
            LedgerError: the disk doesn't let it.
        """
        return await self._books.count(wanted)

    async def about(self, correlation: str) -> Sequence[TimelineEntry]:
        """Return everything that followed from one tick, oldest first.

        Raises:
            LedgerError: the disk doesn't let it.
        """
        found = await self._books.timeline(TimelineFilter(correlation=correlation), _PAGE)
        return found[::-1]

    def listen(self, teller: Callable[[Told], None]) -> Callable[[], None]:
        """Call `teller` with everything runs do from now on; return what ends that."""
        return self._runs.listen_to_events(teller)

    async def csv(self, wanted: TimelineFilter = EVERYTHING) -> str:
        """Return every entry that matches as CSV with a header, newest first, no cell a formula.

        Raises:
            LedgerError: the disk doesn't let it.
        """
        rows = [_row(entry) async for entry in self._all(wanted)]
        return csv_text(COLUMNS, rows)

    async def _all(self, wanted: TimelineFilter) -> AsyncIterator[TimelineEntry]:
        before: TimelineEntry | None = None
        while True:
            page = await self._books.timeline(wanted, _PAGE, before)
            for entry in page:
                yield entry
            if len(page) < _PAGE:
                return
            before = page[-1]


def _row(entry: TimelineEntry) -> list[object]:
    data = entry.data
    moment = datetime.fromtimestamp(entry.ms / 1000, UTC).astimezone(_KST)
    known = ("rule", "outcome", "reason", "side", "price", "quantity", "funds", "fee")
    values: list[object] = [data.get(name) for name in known[:4]]
    values[1] = data.get("outcome", data.get("state", data.get("quality")))
    values += [None if data.get(name) is None else Decimal(str(data[name])) for name in known[4:]]
    rest = {n: v for n, v in data.items() if n not in known and not isinstance(v, dict | list)}
    return [
        f"{moment:%Y-%m-%d %H:%M:%S}.{entry.ms % 1000:03d}",
        entry.ms,
        entry.kind,
        entry.market,
        entry.strategy_id,
        *values,
        entry.correlation,
        "; ".join(f"{name}={value}" for name, value in _facts(rest, data)),
    ]


def _facts(rest: dict[str, Any], data: Any) -> list[tuple[str, Any]]:
    facts = data.get("facts")
    return [*rest.items(), *(facts.items() if isinstance(facts, dict) else ())]
