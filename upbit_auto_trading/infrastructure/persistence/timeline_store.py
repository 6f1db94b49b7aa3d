"""The timeline in the trading database: everything that happened, filtered and in pages."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, Final

from upbit_auto_trading.domain.paper_account import TimelineEntry, TimelineFilter
from upbit_auto_trading.infrastructure.persistence.trading_store import TradingStore, add_told

_ENTRIES: Final = "SELECT id, ms, kind, market, strategy, run, correlation, data FROM timeline"


class TimelineStore:
    """Reads and adds to the timeline. The store's own thread."""

    def __init__(self, store: TradingStore) -> None:
        self._store = store
        self._database = store.database

    def add(self, told: Sequence[Mapping[str, Any]]) -> None:
        """Add things that happened outside any run."""
        with self._store.transaction() as database:
            for each in told:
                add_told(database, each)

    def page(
        self, wanted: TimelineFilter, limit: int, before: TimelineEntry | None = None
    ) -> list[TimelineEntry]:
        """Return the newest entries that match, newest first; `before` ends the page before."""
        where, values = conditions(wanted)
        if before is not None:
            where.append("(ms < ? OR (ms = ? AND id < ?))")
            values += [before.ms, before.ms, before.id]
        rows = self._rows(where, values, f"ORDER BY ms DESC, id DESC LIMIT {int(limit)}")
        return [_entry(row) for row in rows]

    def count(self, wanted: TimelineFilter) -> int:
        """Return how many entries match."""
        where, values = conditions(wanted)
        clause = f"WHERE {' AND '.join(where)}" if where else ""
        query = f"SELECT count(*) FROM timeline {clause}"  # noqa: S608 - fixed conditions
        return int(self._database.execute(query, values).fetchone()[0])

    def _rows(self, where: list[str], values: list[Any], order: str) -> sqlite3.Cursor:
        clause = f"WHERE {' AND '.join(where)}" if where else ""
        query = f"{_ENTRIES} {clause} {order}"
        return self._database.execute(query, values)


def conditions(wanted: TimelineFilter) -> tuple[list[str], list[Any]]:
    """Return the filter as conditions of SQL and their values."""
    where: list[str] = []
    values: list[Any] = []
    if wanted.kinds:
        where.append(f"kind IN ({','.join('?' * len(wanted.kinds))})")
        values += sorted(wanted.kinds)
    for column, value in (
        ("market", wanted.market),
        ("strategy", wanted.strategy_id),
        ("correlation", wanted.correlation),
    ):
        if value:
            where.append(f"{column} = ?")
            values.append(value)
    if wanted.since_ms is not None:
        where.append("ms >= ?")
        values.append(wanted.since_ms)
    if wanted.until_ms is not None:
        where.append("ms < ?")
        values.append(wanted.until_ms)
    if wanted.text:
        # instr, so that a percent sign or an underscore means itself.
        where.append("instr(lower(market || ' ' || strategy || ' ' || data), ?) > 0")
        values.append(wanted.text.lower())
    return where, values


def _entry(row: Sequence[Any]) -> TimelineEntry:
    number, ms, kind, market, strategy, run, correlation, data = row
    return TimelineEntry(number, ms, kind, market, strategy, run, correlation, json.loads(data))
