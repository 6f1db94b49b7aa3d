"""Drops minute candles that are older than anybody looks at. They can be asked for again."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.domain.recording import LedgerError
from upbit_auto_trading.infrastructure.persistence.trading_store import error_code

if TYPE_CHECKING:
    from pathlib import Path

FILE_NAME: Final = "market_data.sqlite3"
_SHORT: Final = ("1s", "1m")
_BUSY_S: Final = 5.0


class CandleRetention:
    """The candle file of one exchange's folder, beside whoever has it open."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME

    async def forget_minutes(self, before_ms: int) -> int:
        """Drop candles of seconds and minutes that began before; return how many there were.

        What is known wholly shrinks with them, in the same transaction.

        Raises:
            LedgerError: the disk doesn't let it; nothing was dropped.
        """
        return await asyncio.to_thread(self._forget, before_ms)

    def _forget(self, before_ms: int) -> int:
        if not self._path.is_file():
            return 0
        try:
            with closing(self._connected()) as database:
                return _forget(database, before_ms)
        except sqlite3.Error as error:
            raise LedgerError(error_code(error), str(self._path), str(error)) from error

    def _connected(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, isolation_level=None, timeout=_BUSY_S)


def _forget(database: sqlite3.Connection, before_ms: int) -> int:
    tables = database.execute(
        "SELECT count(*) FROM sqlite_master WHERE name IN ('candle','coverage')"
    ).fetchone()
    if tables != (2,):
        return 0
    database.execute("BEGIN IMMEDIATE")
    try:
        dropped = 0
        for timeframe in _SHORT:
            before = (timeframe, before_ms)
            dropped += database.execute(
                "DELETE FROM candle WHERE timeframe=? AND start_ms<?", before
            ).rowcount
            database.execute("DELETE FROM coverage WHERE timeframe=? AND to_ms<=?", before)
            database.execute(
                "UPDATE coverage SET from_ms=? WHERE timeframe=? AND from_ms<?",
                (before_ms, *before),
            )
        database.execute("COMMIT")
    except BaseException:
        database.execute("ROLLBACK")
        raise
    return dropped
