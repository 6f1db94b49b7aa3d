"""Opening sqlite files: WAL, strict settings, numbered migrations, one owner thread. Blocking."""

import contextlib
import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

_BUSY_MS: Final = 5000
_WAL_LIMIT: Final = 64 * 2**20


class DatabaseTooNewError(Exception):
    """A newer version of the program wrote this file."""

    def __init__(self, path: Path, version: int, known: int) -> None:
        super().__init__(f"{path.name} has version {version}, this program knows {known}")
        self.path = path
        self.version = version
        self.known = known


class DatabaseUnusableError(Exception):
    """The file can't be opened or written: disk full, read-only, locked by another program."""

    def __init__(self, path: Path, detail: str) -> None:
        super().__init__(f"{path} can't be used: {detail}")
        self.path = path
        self.detail = detail


def open_database(
    path: Path,
    migrations: Sequence[str],
    *,
    is_durable: bool = True,
    on_set_aside: Callable[[Path], None] | None = None,
) -> sqlite3.Connection:
    """Open `path`, made when missing, and bring it to version `len(migrations)`.

    `is_durable` syncs every commit (orders, settings); without it a power loss may cost the
    last commits, never the consistency (market data). A file that fails its check is set
    aside as `NAME.corrupt-<time>`, which `on_set_aside` is told, and begun anew. An older
    version is copied to `NAME.version-<n>` before it is changed. Call and use it from one
    thread only.

    Raises:
        DatabaseTooNewError: the file is of a newer version; it is left as it is.
        DatabaseUnusableError: it can't be opened or written.
    """
    try:
        return _opened(path, migrations, is_durable=is_durable)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise DatabaseUnusableError(path, str(error)) from error
        kept = _set_aside(path)
        if on_set_aside is not None:
            on_set_aside(kept)
    try:
        return _opened(path, migrations, is_durable=is_durable)
    except sqlite3.Error as error:
        raise DatabaseUnusableError(path, str(error)) from error


def open_read_only(path: Path) -> sqlite3.Connection:
    """Open a file to be read only: one of a newer version, say.

    Raises:
        DatabaseUnusableError: it can't be opened.
    """
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=_BUSY_MS / 1000
        )
        connection.execute("PRAGMA query_only=ON")
    except sqlite3.Error as error:
        raise DatabaseUnusableError(path, str(error)) from error
    return connection


def _opened(path: Path, migrations: Sequence[str], *, is_durable: bool) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=_BUSY_MS / 1000)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={'FULL' if is_durable else 'NORMAL'}")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute(f"PRAGMA journal_size_limit={_WAL_LIMIT}")
        _check(connection)
        _migrate(connection, path, migrations)
    except BaseException:
        connection.close()
        raise
    return connection


def _check(connection: sqlite3.Connection) -> None:
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise sqlite3.DatabaseError(verdict)


def _migrate(connection: sqlite3.Connection, path: Path, migrations: Sequence[str]) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(migrations):
        raise DatabaseTooNewError(path, version, len(migrations))
    if version == len(migrations):
        return
    if version:
        _copy(connection, path.with_name(f"{path.name}.version-{version}"))
    connection.execute("BEGIN IMMEDIATE")
    try:
        for script in migrations[version:]:
            for statement in filter(str.strip, script.split(";")):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version={len(migrations)}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _copy(connection: sqlite3.Connection, to: Path) -> None:
    copy = sqlite3.connect(to)
    try:
        connection.backup(copy)
    finally:
        copy.close()


def _set_aside(path: Path) -> Path:
    stamp = time.strftime("%Y%m%d-%H%M%S")
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        with contextlib.suppress(FileNotFoundError):
            part.rename(path.with_name(f"{path.name}.corrupt-{stamp}{suffix}"))
    return path.with_name(f"{path.name}.corrupt-{stamp}")
