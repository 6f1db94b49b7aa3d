"""Copies of the trading database: one an hour, and the newest good one put back when needed.

Blocking; the ledger's thread. 24 hourly copies and 14 daily ones are kept.
"""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.domain.paper_account import LedgerUse

if TYPE_CHECKING:
    from pathlib import Path

FOLDER: Final = "backups"
HOURLY: Final = 24
DAILY: Final = 14
_STAMP: Final = "%Y%m%d-%H%M%S"
_COUNTS: Final = {
    "run": "SELECT count(*) FROM run",
    "order": "SELECT count(*) FROM intent",
    "fill": "SELECT count(*) FROM fill",
    "timeline": "SELECT count(*) FROM timeline",
}


def back_up(database: sqlite3.Connection, path: Path, now: datetime) -> Path:
    """Copy the open database of `path` while it is used; return the copy, checked whole.

    Raises:
        sqlite3.Error, OSError: it can't be copied; no half copy is left.
    """
    folder = path.parent / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    target = folder / f"{path.stem}-{now.astimezone(UTC).strftime(_STAMP)}.sqlite3"
    unfinished = target.with_suffix(".unfinished")
    try:
        with contextlib.closing(sqlite3.connect(unfinished)) as copy:
            database.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
            if not _is_whole(copy):
                raise sqlite3.DatabaseError("the copy isn't whole")
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    for old in superseded(backups(path)):
        old.unlink(missing_ok=True)
    return target


def backups(path: Path) -> list[Path]:
    """Return the copies of `path`, newest first."""
    return sorted((path.parent / FOLDER).glob(f"{path.stem}-*.sqlite3"), reverse=True)


def backup_time(copy: Path) -> datetime:
    """Return when a copy was made."""
    return datetime.strptime(copy.stem[-15:], _STAMP).replace(tzinfo=UTC)


def superseded(copies: list[Path]) -> list[Path]:
    """Return what may go: all but the newest 24, and the newest of each of 14 days."""
    keep = set(copies[:HOURLY])
    days: dict[str, Path] = {}
    for copy in copies:
        days.setdefault(copy.stem[-15:-7], copy)
    keep.update(list(days.values())[:DAILY])
    return [copy for copy in copies if copy not in keep]


def restore(path: Path) -> Path | None:
    """Put the newest whole copy in the place of `path`, which must be gone; return the copy."""
    for copy in backups(path):
        try:
            address = f"{copy.absolute().as_uri()}?mode=ro"
            with contextlib.closing(sqlite3.connect(address, uri=True)) as source:
                if not _is_whole(source):
                    continue
                with contextlib.closing(sqlite3.connect(path)) as target:
                    source.backup(target)
        except sqlite3.Error:
            path.unlink(missing_ok=True)
            continue
        return copy
    return None


def measure(database: sqlite3.Connection, path: Path) -> LedgerUse:
    """Return what the database and its copies take, and how many rows there are of a kind."""
    copies = backups(path)
    files = [path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm")]
    return LedgerUse(
        sum(map(_size, files)),
        sum(map(_size, copies)),
        {name: int(database.execute(query).fetchone()[0]) for name, query in _COUNTS.items()},
        round(backup_time(copies[0]).timestamp() * 1000) if copies else None,
    )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _is_whole(database: sqlite3.Connection) -> bool:
    (verdict,) = database.execute("PRAGMA quick_check(1)").fetchone()
    return bool(verdict == "ok")
