"""Closed candles on disk, and which ranges of them are complete. Blocking; one thread.

A minute without trades has no row, so rows alone can't tell a quiet minute from one that was
never asked for. Coverage does: `[from_ms, to_ms)` of a market and timeframe are known wholly.
"""

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from upbit_auto_trading.domain.candle import Candle
from upbit_auto_trading.domain.stream import Origin
from upbit_auto_trading.domain.timeframe import Timeframe
from upbit_auto_trading.infrastructure.persistence.database import open_database

_MIGRATIONS: Final = (
    """
    CREATE TABLE candle (
        market TEXT NOT NULL,
        timeframe TEXT NOT NULL,
        start_ms INTEGER NOT NULL,
        open REAL NOT NULL,
        high REAL NOT NULL,
        low REAL NOT NULL,
        close REAL NOT NULL,
        volume REAL NOT NULL,
        turnover REAL NOT NULL,
        exchange_ms INTEGER NOT NULL,
        PRIMARY KEY (market, timeframe, start_ms)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE coverage (
        market TEXT NOT NULL,
        timeframe TEXT NOT NULL,
        from_ms INTEGER NOT NULL,
        to_ms INTEGER NOT NULL,
        PRIMARY KEY (market, timeframe, from_ms)
    ) STRICT, WITHOUT ROWID
    """,
)


class CandleStore:
    """The candle table of one endpoint's market data."""

    def __init__(self, path: Path) -> None:
        self._database = open_database(path, _MIGRATIONS, is_durable=False)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def put(
        self, market: str, timeframe: Timeframe, candles: Iterable[Candle], from_ms: int, to_ms: int
    ) -> None:
        """Keep `candles` as everything that exists in `[from_ms, to_ms)`, all of them closed."""
        rows = [
            (
                market, timeframe.code, one.start_ms, one.open, one.high, one.low, one.close,
                one.volume, one.turnover, one.exchange_ms,
            )
            for one in candles
            if from_ms <= one.start_ms < to_ms
        ]  # fmt: skip
        if from_ms >= to_ms:
            return
        key = (market, timeframe.code)
        self._database.execute("BEGIN IMMEDIATE")
        try:
            self._database.executemany(
                "INSERT OR REPLACE INTO candle VALUES (?,?,?,?,?,?,?,?,?,?)", rows
            )
            for begin, end in self._touching(key, from_ms, to_ms):
                from_ms, to_ms = min(from_ms, begin), max(to_ms, end)
                self._database.execute(
                    "DELETE FROM coverage WHERE market=? AND timeframe=? AND from_ms=?",
                    (*key, begin),
                )
            self._database.execute("INSERT INTO coverage VALUES (?,?,?,?)", (*key, from_ms, to_ms))
        except sqlite3.Error:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    def covered_before(self, market: str, timeframe: Timeframe, before_ms: int) -> int | None:
        """Return from when on everything up to `before_ms` is known; None when nothing is."""
        row = self._database.execute(
            "SELECT from_ms FROM coverage"
            " WHERE market=? AND timeframe=? AND from_ms<? AND to_ms>=?",
            (market, timeframe.code, before_ms, before_ms),
        ).fetchone()
        return None if row is None else int(row[0])

    def newest(
        self,
        market: str,
        timeframe: Timeframe,
        count: int,
        from_ms: int,
        before_ms: int,
        origin: Origin,
    ) -> list[Candle]:
        """Return the `count` newest candles of `[from_ms, before_ms)`, oldest first."""
        rows = self._database.execute(
            "SELECT start_ms, open, high, low, close, volume, turnover, exchange_ms FROM candle"
            " WHERE market=? AND timeframe=? AND start_ms>=? AND start_ms<?"
            " ORDER BY start_ms DESC LIMIT ?",
            (market, timeframe.code, from_ms, before_ms, count),
        ).fetchall()
        return [
            Candle(market, timeframe, start, open_, high, low, close, volume, turnover, at, origin)
            for start, open_, high, low, close, volume, turnover, at in reversed(rows)
        ]

    def forget(self, market: str, timeframe: Timeframe) -> None:
        """Drop everything of one market and timeframe."""
        self._database.execute("BEGIN IMMEDIATE")
        for table in ("candle", "coverage"):
            self._database.execute(
                f"DELETE FROM {table} WHERE market=? AND timeframe=?",  # noqa: S608 - two constants
                (market, timeframe.code),
            )
        self._database.execute("COMMIT")

    def covered_within(
        self, market: str, timeframe: Timeframe, from_ms: int, to_ms: int
    ) -> list[tuple[int, int]]:
        """Return the known parts of `[from_ms, to_ms)`."""
        return [
            (max(begin, from_ms), min(end, to_ms))
            for begin, end in self._touching((market, timeframe.code), from_ms, to_ms)
            if max(begin, from_ms) < min(end, to_ms)
        ]

    def is_alone(self, market: str, timeframe: Timeframe, from_ms: int) -> bool:
        """Whether nothing is kept of the market and timeframe before `from_ms`."""
        row = self._database.execute(
            "SELECT 1 FROM coverage WHERE market=? AND timeframe=? AND from_ms<?",
            (market, timeframe.code, from_ms),
        ).fetchone()
        return row is None

    def _touching(self, key: tuple[str, str], from_ms: int, to_ms: int) -> list[tuple[int, int]]:
        return self._database.execute(
            "SELECT from_ms, to_ms FROM coverage"
            " WHERE market=? AND timeframe=? AND from_ms<=? AND to_ms>=?",
            (*key, to_ms, from_ms),
        ).fetchall()
